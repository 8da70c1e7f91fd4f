"""Lesson 09's exercises and recap: fine-tuning."""

import math

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

IGNORED = -100


def align(tags: list[int], word_ids: list[int | None]) -> list[int]:
    """A label a piece: the word's tag at its first piece, -100 at its others and at special tokens."""
    labels, before = [], None
    for word in word_ids:
        first = word is not None and word != before
        labels.append(tags[word] if first else -100)
        before = word
    return labels


def _align_by_set(tags, word_ids):
    seen = {None}
    labels = []
    for word in word_ids:
        labels.append(IGNORED if word in seen else tags[word])
        seen.add(word)
    return labels


def _every_piece(tags, word_ids):
    return [IGNORED if word is None else tags[word] for word in word_ids]


def _last_piece(tags, word_ids):
    after = [*word_ids[1:], None]
    return [
        tags[word] if word is not None and word != following else IGNORED
        for word, following in zip(word_ids, after, strict=True)
    ]


def _specials_are_outside(tags, word_ids):
    labels, before = [], None
    for word in word_ids:
        if word is None:
            labels.append(0)
        else:
            labels.append(tags[word] if word != before else IGNORED)
        before = word
    return labels


def _rest_is_outside(tags, word_ids):
    labels, before = [], None
    for word in word_ids:
        if word is None:
            labels.append(IGNORED)
        else:
            labels.append(tags[word] if word != before else 0)
        before = word
    return labels


def best_span(start: list[float], end: list[float], longest: int) -> tuple[int, int]:
    """(first, last) of the span of at most `longest` pieces with the highest start[first] + end[last]."""
    spans = [(i, j) for i in range(len(start)) for j in range(i, min(i + longest, len(end)))]
    return max(spans, key=lambda span: start[span[0]] + end[span[1]])


def _best_span_by_loops(start, end, longest):
    best, found = -math.inf, (0, 0)
    for last, score in enumerate(end):
        for first in range(max(0, last - longest + 1), last + 1):
            if start[first] + score > best:
                best, found = start[first] + score, (first, last)
    return found


def _each_alone(start, end, longest):
    return start.index(max(start)), end.index(max(end))


def _start_first(start, end, longest):
    first = start.index(max(start))
    window = end[first : first + longest]
    return first, first + window.index(max(window))


def _any_length(start, end, longest):
    return best_span(start, end, len(end))


def _one_too_long(start, end, longest):
    return best_span(start, end, longest + 1)


def layer_rates(top: float, layers: int, decay: float) -> list[float]:
    """Rates of the embeddings, of each layer from below, and of the head, which gets `top`."""
    return [top * decay ** (layers + 1 - place) for place in range(layers + 2)]


def _rates_downwards(top, layers, decay):
    rates = [top]
    for _ in range(layers + 1):
        rates.append(rates[-1] * decay)
    return rates[::-1]


def _upside_down(top, layers, decay):
    return layer_rates(top, layers, decay)[::-1]


def _no_embeddings(top, layers, decay):
    return [top * decay ** (layers - place) for place in range(layers + 1)]


def _head_decays_too(top, layers, decay):
    return [top * decay ** (layers + 2 - place) for place in range(layers + 2)]


def _by_steps(top, layers, decay):
    return [top * (1 - (1 - decay) * (layers + 1 - place)) for place in range(layers + 2)]


def interval(values: list[float], t: float) -> tuple[float, float]:
    """The interval of the mean: mean ± t · s / √n, with s the deviation of the sample (n - 1)."""
    n = len(values)
    mean = sum(values) / n
    s = math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    return mean - t * s / math.sqrt(n), mean + t * s / math.sqrt(n)


def _interval_by_statistics(values, t):
    import statistics

    mean = statistics.fmean(values)
    reach = t * statistics.stdev(values) / len(values) ** 0.5
    return mean - reach, mean + reach


def _of_one_run(values, t):
    import statistics

    mean, reach = statistics.fmean(values), t * statistics.stdev(values)
    return mean - reach, mean + reach


def _population(values, t):
    import statistics

    mean, reach = statistics.fmean(values), t * statistics.pstdev(values) / len(values) ** 0.5
    return mean - reach, mean + reach


def _without_t(values, t):
    return _interval_by_statistics(values, 1.0)


def _least_to_most(values, t):
    return min(values), max(values)


EXERCISES = [
    Exercise(
        id="09-new-weights",
        title="How many new weights?",
        kind="value",
        task="A tagger for four kinds of entities (PER, LOC, ORG, DATE) in BIO tags on vectors of 256. "
        "How many new weights does fine-tuning add?",
        reference=2313,
        alternatives=[2313.0],
        misconceptions=[
            Misconception(
                "no biases",
                2304,
                "9 × 256 is the matrix. A linear layer also adds a bias to each output.",
            ),
            Misconception(
                "a tag a kind and O",
                1285,
                "Five outputs could not tell where one person's name ends and the next begins: each kind "
                "has B- for a first word and I- for a further one.",
            ),
            Misconception(
                "O forgotten",
                2056,
                "Most words are in no entity. They need a tag too: O.",
            ),
            Misconception(
                "two classes",
                514,
                "514 is the classifier of reviews. Here each token gets one of more than two tags.",
            ),
            Misconception(
                "a new pooler as well",
                2313 + 256 * 257,
                "The tagger reads every token's vector as it is; the pooler is for [CLS] alone.",
            ),
        ],
        hints=[
            "Count the tags first: B- and I- for each kind, and one more.",
            "A linear layer from 256 to n has a matrix and a bias.",
            "9 tags: 9 × 256 + 9.",
        ],
        solution="Nine tags (O, and B- and I- for each of four kinds), so 9 × 256 + 9 = 2,313. The other "
        "millions are there already: that is the point.",
        difficulty="easy",
        minutes=3,
    ),
    Exercise(
        id="09-align",
        title="Tags to word pieces",
        kind="function",
        task="Write `align(tags, word_ids)`. `tags` has a number a word. `word_ids` says of each piece which "
        "word it belongs to, None for special tokens. Return a label a piece: the word's tag at its *first* "
        "piece, -100 everywhere else.",
        reference=align,
        alternatives=[_align_by_set],
        probes=[
            ([3, 0], [None, 0, 0, 1, None]),
            ([1, 2, 0], [None, 0, 1, 1, 1, 2, None]),
            ([5], [None, 0, None]),
            ([1, 1], [None, 0, 0, 1, 1, None]),
            ([], [None, None]),
        ],
        misconceptions=[
            Misconception(
                "every piece is tagged",
                _every_piece,
                "All pieces of a word got its tag. A long name then counts several times in the loss, and a "
                "word could end up with two tags. Only the first piece speaks.",
            ),
            Misconception(
                "the last piece speaks",
                _last_piece,
                "The tag stands on the last piece. The paper takes the *first* one's vector (section 5.3).",
            ),
            Misconception(
                "special tokens are outside",
                _specials_are_outside,
                "[CLS] and [SEP] got tag 0. They are no words: as O they would only make the score look good.",
            ),
            Misconception(
                "further pieces are outside",
                _rest_is_outside,
                "Further pieces got tag 0, so the model is told that half of a name is no name. -100 says "
                "nothing at all.",
            ),
        ],
        hints=[
            "Walk along `word_ids` and remember the word before.",
            "A piece is a first piece if it has a word, and another one than the piece before it.",
            "`first = word is not None and word != before`",
        ],
        solution="-100 is `ignore_index` of PyTorch's cross-entropy: these places have no loss and no gradient.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="09-best-span",
        title="The best answer",
        kind="function",
        task="Write `best_span(start, end, longest)`: of all spans `(first, last)` with `first <= last` and at "
        "most `longest` pieces, the one with the highest `start[first] + end[last]`.",
        reference=best_span,
        alternatives=[_best_span_by_loops],
        probes=[
            ([0.0, 5.0, 1.0], [4.0, 0.0, 3.0], 3),
            ([9.0, 0.0, 0.0, 7.0], [0.0, 0.0, 1.0, 8.0], 2),
            ([9.0, 0.0, 0.0, 7.0], [0.0, 0.0, 1.5, 8.0], 3),
            ([2.0, 3.0], [9.0, 0.0], 2),
            ([1.0], [1.0], 5),
            ([4.0, 3.0, 0.0], [0.0, 1.0, 6.0], 2),
        ],
        misconceptions=[
            Misconception(
                "start and end each for itself",
                _each_alone,
                "Two separate maxima can give an end before the start, or an answer of half a page.",
            ),
            Misconception(
                "the best start first",
                _start_first,
                "You fixed the best start and looked for an end behind it. A slightly worse start may have a much better end: only the sum counts.",
            ),
            Misconception(
                "any length",
                _any_length,
                "Your span may be longer than `longest` pieces.",
            ),
            Misconception(
                "one piece too many",
                _one_too_long,
                "A span from first to last has last - first + 1 pieces: you allow one too many.",
            ),
        ],
        hints=[
            "List all allowed pairs first.",
            "`last` runs from `first` to `first + longest - 1`, and not beyond the end.",
            "`max(spans, key=lambda s: start[s[0]] + end[s[1]])`",
        ],
        solution="All pairs, then the largest sum: Devlin et al. 2018, section 4.2.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="09-layer-rates",
        title="A rate for each layer",
        kind="function",
        task="Write `layer_rates(top, layers, decay)`: the learning rates of the embeddings, of each layer from "
        "below, and of the head, in this order. The head gets `top`; each part below gets `decay` times the "
        "rate of the part above it.",
        reference=layer_rates,
        alternatives=[_rates_downwards],
        probes=[(1.0, 2, 0.5), (3e-4, 4, 0.8), (1e-3, 1, 0.9), (0.1, 3, 1.0)],
        misconceptions=[
            Misconception(
                "upside down",
                _upside_down,
                "Your embeddings move fastest. The lower a layer, the more general what it knows: it should "
                "move least.",
            ),
            Misconception(
                "embeddings forgotten",
                _no_embeddings,
                "One rate is missing: below layer 1 lie the embeddings, the largest part of a small model.",
            ),
            Misconception(
                "the head decays too",
                _head_decays_too,
                "The head starts from noise and must learn most: it gets `top` itself.",
            ),
            Misconception(
                "down in equal steps",
                _by_steps,
                "You subtract the same amount each time; the rates should shrink by a factor. With many layers yours would fall below 0.",
            ),
        ],
        hints=[
            "There are layers + 2 rates.",
            "Begin at the head and multiply by `decay` on the way down.",
            "`top * decay ** (layers + 1 - place)`",
        ],
        solution="The discriminative rates of ULMFiT (Howard & Ruder 2018, section 3.2); here "
        "`FinetuneConfig(layer_decay=…)`.",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="09-interval",
        title="An interval over seeds",
        kind="function",
        task="Write `interval(values, t)`: the bounds of the mean, mean ± t · s / √n, where s is the standard "
        "deviation of the *sample*. (For five seeds and 95 %, Student's t is 2.776.)",
        reference=interval,
        alternatives=[_interval_by_statistics],
        probes=[
            ([0.70, 0.74, 0.72, 0.76, 0.73], 2.776),
            ([0.5, 0.9], 12.706),
            ([1.0, 2.0, 4.0], 4.303),
        ],
        misconceptions=[
            Misconception(
                "where one run falls",
                _of_one_run,
                "Without √n this is about where *one* further run may fall. The mean of n runs is steadier.",
            ),
            Misconception(
                "deviation of a whole population",
                _population,
                "You divide by n. The mean was estimated from the same few runs, so divide by n - 1.",
            ),
            Misconception(
                "t left out",
                _without_t,
                "mean ± s/√n covers the true mean only about two times in three: t stretches it to 95 %.",
            ),
            Misconception(
                "from the least to the most",
                _least_to_most,
                "The range grows with every seed you add; an interval of the mean should shrink.",
            ),
        ],
        hints=[
            "Mean first, then the squared distances from it.",
            "Divide their sum by n - 1, take the root, divide by √n.",
            "`reach = t * statistics.stdev(values) / len(values) ** 0.5`",
        ],
        solution="`bertlab.training.finetune.Spread.of(values)` does this and looks t up.",
        difficulty="easy",
        minutes=6,
    ),
]

RECAP = [
    Question(
        "What is new when a pre-trained BERT becomes a classifier of reviews?",
        [
            Option(
                "One linear layer on the pooled vector of [CLS].", "514 weights here.", right=True
            ),
            Option(
                "A new top layer of the encoder.",
                "The encoder is taken whole; the head is a linear layer on top.",
            ),
            Option(
                "Nothing: the next-sentence head is used again.",
                "That head answers another question. It stays behind, like the masked-word head.",
            ),
        ],
    ),
    Question(
        "Is fine-tuning training for more epochs?",
        [
            Option(
                "No: it is another goal, on other data, from weights that are there already.",
                "And more epochs on few labels mostly fit those labels more tightly.",
                right=True,
            ),
            Option(
                "Yes: the same training goes on.",
                "The pre-training heads and the games are gone; labels set the goal now.",
            ),
            Option(
                "Yes, as long as the training loss falls.",
                "It falls even when validation gets worse: watch the validation curve.",
            ),
        ],
    ),
    Question(
        "A head is put on the encoder and nothing is frozen. Which weights do the labels move?",
        [
            Option(
                "All that the loss depends on, down to the embeddings.",
                "So the whole is supervised. The masked-word head gets no gradient.",
                right=True,
            ),
            Option("The head's only.", "That is the frozen, feature-based way of lesson 08."),
            Option(
                "The head's and the top layer's.",
                "The gradient flows through every layer; drift shows that all of them moved.",
            ),
        ],
    ),
    Question(
        "Why does `nn.Sequential(pretrained_model, nn.Linear(768, 2))` fail?",
        [
            Option(
                "The encoder returns an output object, and Linear wants a tensor.",
                "Something between them must choose a vector, such as that of [CLS].",
                right=True,
            ),
            Option(
                "768 is the wrong size.", "For BERT-base 768 is right, and it fails all the same."
            ),
            Option(
                "Linear needs a softmax after it.",
                "Cross-entropy takes plain scores; the error comes earlier.",
            ),
        ],
    ),
    Question(
        "Method A beats method B by two points with one seed each. What now?",
        [
            Option(
                "Run several seeds of each and look at the interval of the difference.",
                "On small sets, seeds alone can differ by as much as that.",
                right=True,
            ),
            Option("Report it: two points are a lot.", "Not if another seed turns it round."),
            Option(
                "Report the best of several seeds.",
                "The best of five is not what a sixth would bring, and the more you run the better it looks.",
            ),
        ],
    ),
]
