"""Lesson 08, features of a frozen encoder: pooling, word pieces, what is learned, and a leak."""

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

# -- pooling by mask -------------------------------------------------------------------------------


def mean_pool(vectors: list[list[float]], mask: list[int]) -> list[float]:
    """The mean of the vectors whose mask is 1; zeros where there is none."""
    kept = [vector for vector, seen in zip(vectors, mask, strict=True) if seen]
    if not kept:
        return [0.0] * len(vectors[0])
    return [sum(column) / len(kept) for column in zip(*kept, strict=True)]


def _mean_pool_by_numpy(vectors, mask):
    import numpy as np

    seen = np.asarray(mask, dtype=float)
    return (seen @ np.asarray(vectors, dtype=float)) / max(1.0, seen.sum())


def _mean_of_everything(vectors, mask):
    return mean_pool(vectors, [1] * len(mask))


def _divided_by_the_row(vectors, mask):
    total = [v * sum(mask) for v in mean_pool(vectors, mask)]
    return [v / len(mask) for v in total]


def _sum_pool(vectors, mask):
    return [v * sum(mask) for v in mean_pool(vectors, mask)]


def _nothing_gives_nan(vectors, mask):
    return mean_pool(vectors, mask) if any(mask) else [float("nan")] * len(vectors[0])


def _max_pool(vectors, mask):
    kept = [vector for vector, seen in zip(vectors, mask, strict=True) if seen]
    return [max(column) for column in zip(*kept, strict=True)] if kept else [0.0] * len(vectors[0])


def _mask_as_a_length(vectors, mask):
    count = sum(mask)
    return mean_pool(vectors, [1] * count + [0] * (len(mask) - count))


# -- the first piece of each word ------------------------------------------------------------------


def first_pieces(word_ids: list[int | None]) -> list[int]:
    """The place of each word's first piece."""
    before = [None, *word_ids]
    pairs = enumerate(zip(before, word_ids, strict=False))
    return [place for place, (last, now) in pairs if now is not None and now != last]


def _first_by_dict(word_ids):
    places = {}
    for place, word in enumerate(word_ids):
        if word is not None:
            places.setdefault(word, place)
    return list(places.values())


def _every_piece(word_ids):
    return [place for place, word in enumerate(word_ids) if word is not None]


def _last_pieces(word_ids):
    after = [*word_ids[1:], None]
    pairs = enumerate(zip(word_ids, after, strict=True))
    return [place for place, (now, coming) in pairs if now is not None and now != coming]


def _specials_are_words(word_ids):
    before = ["nothing", *word_ids]
    return [p for p, (last, now) in enumerate(zip(before, word_ids, strict=False)) if now != last]


def _without_cls(word_ids):
    return [place - 1 for place in first_pieces(word_ids)]


def _the_words_themselves(word_ids):
    return [word_ids[place] for place in first_pieces(word_ids)]


# -- scaling without a leak ------------------------------------------------------------------------


def scale(train: list[float], test: list[float]) -> tuple[list[float], list[float]]:
    """Both columns on the scale of the training one."""
    mean = sum(train) / len(train)
    spread = (sum((x - mean) ** 2 for x in train) / len(train)) ** 0.5 or 1.0
    return [(x - mean) / spread for x in train], [(x - mean) / spread for x in test]


def _scale_by_numpy(train, test):
    import numpy as np

    column = np.array(train, dtype=float)
    spread = column.std() or 1.0
    return tuple((np.array(x, dtype=float) - column.mean()) / spread for x in (train, test))


def _each_by_itself(train, test):
    return scale(train, train)[0], scale(test, test)[0]


def _both_together(train, test):
    both = scale([*train, *test], test)
    return both[0][: len(train)], both[1]


def _test_untouched(train, test):
    return scale(train, test)[0], list(test)


def _only_centred(train, test):
    mean = sum(train) / len(train)
    return [x - mean for x in train], [x - mean for x in test]


def _by_the_variance(train, test):
    mean = sum(train) / len(train)
    spread = sum((x - mean) ** 2 for x in train) / len(train) or 1.0
    return [(x - mean) / spread for x in train], [(x - mean) / spread for x in test]


EXERCISES = [
    Exercise(
        id="08-mean-pool",
        title="Average by mask",
        task="""
            Write `mean_pool(vectors, mask)`: the mean of those vectors whose mask is 1, number by number.
            `vectors` is a list of lists, one a place; `mask` has a 1 or a 0 a place. If no place counts,
            return zeros.
        """,
        kind="function",
        reference=mean_pool,
        alternatives=[_mean_pool_by_numpy],
        probes=[
            ([[1.0, 2.0], [3.0, 8.0], [100.0, 100.0]], [1, 1, 0]),
            ([[9.0, 9.0], [1.0, 2.0], [5.0, 0.0], [7.0, 7.0]], [0, 1, 1, 0]),  # [CLS] a b [SEP]
            ([[1.0], [5.0], [6.0]], [1, 1, 1]),
            ([[4.0, 4.0], [4.0, 4.0]], [0, 0]),
        ],
        misconceptions=[
            Misconception(
                "padding counts too",
                _mean_of_everything,
                "You average every place. Padding has vectors as well, and they differ with the row's "
                "neighbours: only places with mask 1 count.",
            ),
            Misconception(
                "dividing by the length of the row",
                _divided_by_the_row,
                "Your sum is right, but you divide by all places. Divide by the number of ones in the mask, "
                "or a short text in a long row shrinks towards zero.",
            ),
            Misconception(
                "a sum instead of a mean",
                _sum_pool,
                "You add up and do not divide: a text twice as long gets a vector twice as long.",
            ),
            Misconception(
                "nothing divided by nothing",
                _nothing_gives_nan,
                "A text without a token divides 0 by 0, and one NaN spoils a whole fit. Return zeros there.",
            ),
            Misconception(
                "the largest instead of the mean",
                _max_pool,
                "That is max pooling: the largest number of each column. Asked for is the mean.",
            ),
            Misconception(
                "a mask is only a length",
                _mask_as_a_length,
                "You keep as many places as there are ones, from the left. A mask may begin with a 0, "
                "as it does where [CLS] is left out.",
            ),
        ],
        hints=[
            "First collect the vectors whose mask is 1.",
            "`zip(*kept)` gives the columns of a list of vectors.",
            "Sum each column, divide by `len(kept)`; if `kept` is empty, return zeros.",
        ],
        solution="Only the places that the mask shows are summed and counted, and none at all gives zeros.",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="08-first-pieces",
        title="One vector a word",
        task="""
            A tokenizer says of each piece which word it belongs to: `[None, 0, 1, 1, 2, None]` is [CLS],
            a word of one piece, one of two, one of one, [SEP]. Write `first_pieces(word_ids)`: the places
            of each word's *first* piece, in order. Here `[1, 2, 4]`.
        """,
        kind="function",
        reference=first_pieces,
        alternatives=[_first_by_dict],
        probes=[
            ([None, 0, 1, 1, 2, None],),
            ([None, 0, 0, 0, 1, None],),
            ([None, 0, 1, 2, None],),
            ([None, None],),
            ([None, 0, 0, 1, 1, None, None],),  # padding is nobody's word either
        ],
        misconceptions=[
            Misconception(
                "a vector a piece",
                _every_piece,
                "You return every piece. A tagger wants as many vectors as there are words, so the "
                "continuations are passed over.",
            ),
            Misconception(
                "the last piece stands for the word",
                _last_pieces,
                "You return each word's last piece. That can work too, but Devlin et al. and this exercise "
                "take the first.",
            ),
            Misconception(
                "[CLS] and [SEP] are words",
                _specials_are_words,
                "None marks a piece that belongs to no word of the sentence. Leave it out, or the tags slip "
                "by one.",
            ),
            Misconception(
                "counting without [CLS]",
                _without_cls,
                "Your places are one too low: [CLS] stands at place 0 of the row, and the vectors have it too.",
            ),
            Misconception(
                "words instead of places",
                _the_words_themselves,
                "You return the numbers of the words. Asked for are the places in the row, to pick vectors by.",
            ),
        ],
        hints=[
            "Walk along with the place and the word number side by side: `enumerate(word_ids)`.",
            "A piece is a first one if it has a word, and the piece before it has another or none.",
            "Keep `place` where `word is not None and word != word_before`.",
        ],
        solution="A first piece is one whose word differs from the word of the piece before it.",
        difficulty="medium",
        minutes=5,
    ),
    Exercise(
        id="08-trained",
        title="What is learned",
        task="""
            A logistic regression decides between positive and negative, on vectors of 256 numbers, with an
            intercept. How many numbers does it learn?
        """,
        kind="value",
        reference=257,
        alternatives=[257.0, 256 + 1],
        misconceptions=[
            Misconception(
                "no intercept",
                256,
                "A weight for each feature makes 256, and the intercept is one more.",
            ),
            Misconception(
                "a column a class",
                514,
                "A softmax over two classes would have two columns. For two classes one is enough: the score "
                "of the other is its negative, and scikit-learn keeps one.",
                matches=lambda answer: answer in (512, 514),
            ),
            Misconception(
                "the encoder learns along",
                5_400_000,
                "Those are the encoder's parameters. They are frozen: none of them is learned here.",
                matches=lambda answer: isinstance(answer, int | float) and answer > 1_000_000,
            ),
            Misconception(
                "a number an example",
                1500,
                "That is how many reviews it learns from. What it learns is a number a feature.",
            ),
            Misconception(
                "a matrix from features to features",
                256 * 256,
                "A layer of a network would map 256 numbers to 256. Logistic regression maps them to one score.",
                matches=lambda answer: answer in (256 * 256, 256 * 257),
            ),
        ],
        hints=[
            "One weight for each feature.",
            "And what shifts the score where all features are zero?",
            "256 weights and one intercept.",
        ],
        solution="256 weights and one intercept; the millions of numbers below stay as they are.",
        difficulty="easy",
        minutes=2,
    ),
    Exercise(
        id="08-concat",
        title="How wide",
        task="""
            BERT-base has 12 layers of 768 numbers a token. The paper's best features lay the last four hidden
            layers side by side. How many numbers is that a token?
        """,
        kind="value",
        reference=3072,
        alternatives=[4 * 768, 3072.0],
        misconceptions=[
            Misconception(
                "adding up", 768, "A sum would keep 768. Side by side, the widths add up."
            ),
            Misconception(
                "all twelve layers", 12 * 768, "Only the last four layers: 4 · 768, not 12 · 768."
            ),
            Misconception(
                "the embeddings come along",
                5 * 768,
                "The embeddings are below layer 1; the last four are layers 9 to 12.",
            ),
            Misconception(
                "four numbers more", 772, "Each of the four layers brings 768 numbers, not one."
            ),
            Misconception(
                "a number a layer",
                4,
                "That is how many *weights* a weighted sum of them has. The features are 768 a layer.",
            ),
        ],
        hints=[
            "Each layer has a vector of 768 for the token.",
            "Four of them, end to end.",
            "4 · 768.",
        ],
        solution="4 · 768 = 3072: side by side keeps everything and costs width.",
        difficulty="easy",
        minutes=1,
    ),
    Exercise(
        id="08-scale",
        title="Scale without a leak",
        task="""
            Write `scale(train, test)` for one feature, two lists of numbers: subtract a mean and divide by a
            standard deviation (of the population, `/ n`), so that the *training* column gets mean 0 and
            deviation 1, and return both columns on that scale. If all training values are equal,
            divide by 1.
        """,
        kind="function",
        reference=scale,
        alternatives=[_scale_by_numpy],
        probes=[
            ([1.0, 3.0], [2.0, 7.0]),
            ([0.0, 10.0, 20.0, 50.0], [100.0]),
            ([5.0, 5.0], [6.0, 4.0]),
            ([-1.0, 0.0, 4.0], [0.0, 0.0, 3.0]),
        ],
        misconceptions=[
            Misconception(
                "each column by its own mean",
                _each_by_itself,
                "You scale the test column by itself. A single new text would then always come out as 0, "
                "whatever it says: the scale belongs to the training data.",
            ),
            Misconception(
                "a scale from both together",
                _both_together,
                "Your mean and deviation have seen the test data. That is a leak: the score on the test is "
                "no longer that of unseen texts.",
            ),
            Misconception(
                "the test stays raw",
                _test_untouched,
                "A classifier that learned on scaled numbers must meet scaled numbers: transform the test too.",
            ),
            Misconception(
                "only centring",
                _only_centred,
                "The mean is gone, the deviation is not yet 1: divide.",
            ),
            Misconception(
                "dividing by the variance",
                _by_the_variance,
                "You divide by the variance. The deviation is its square root.",
            ),
        ],
        hints=[
            "Compute mean and deviation from `train` only.",
            "Use the same two numbers for both columns.",
            "`(x - mean) / (deviation or 1.0)`.",
        ],
        solution="The scale is learned on the training column and applied to both: so does a pipeline's fit.",
        difficulty="medium",
        minutes=6,
    ),
]

RECAP = [
    Question(
        "What is trained in the feature-based approach?",
        [
            Option(
                "The encoder's last layer and what stands on top.",
                "That would be partial fine-tuning: gradients flow into the last layer.",
            ),
            Option(
                "Only what stands on top of the encoder.",
                "The encoder's weights are byte for byte the same before and after.",
                right=True,
            ),
            Option(
                "Everything, at a small learning rate.",
                "That is fine-tuning, the matter of lesson 09.",
            ),
        ],
    ),
    Question(
        "Why may features be kept on disk here, and not in fine-tuning?",
        [
            Option(
                "Because scikit-learn is faster when it reads files.",
                "It reads arrays from memory; what is saved is the encoder's work.",
            ),
            Option(
                "They may in both.",
                "After one step of fine-tuning every stored vector is out of date.",
            ),
            Option(
                "The encoder never changes, so a text's vector never changes.",
                "With other weights it would: that is why the weights' hash belongs into the key.",
                right=True,
            ),
        ],
    ),
    Question(
        "A colleague averages `last_hidden_state` over all places of a padded row. What goes wrong?",
        [
            Option(
                "A text's vector depends on the texts it is batched with.",
                "Padding has vectors of its own, and the longest text decides how many.",
                right=True,
            ),
            Option(
                "Nothing: padding's vectors are zero.",
                "They are not. Only attention is told to look past them.",
            ),
            Option(
                "The gradients are wrong.",
                "There are none here. The features themselves are wrong.",
            ),
        ],
    ),
    Question(
        "Two features differ by 2 points of F1 over five splits; the interval of the difference is -1 to 5.",
        [
            Option(
                "The first is better, by 2 points.",
                "That is the middle of what the data allow, not what they show.",
            ),
            Option(
                "They are equally good.",
                "Not shown either: a difference of 5 points lies inside the interval too.",
            ),
            Option(
                "They are not told apart yet.",
                "0 lies inside: as far as these splits show, either may be better.",
                right=True,
            ),
        ],
    ),
    Question(
        "When is the feature-based approach the better choice?",
        [
            Option(
                "When each text is seen once and the time to answer counts.",
                "There it saves nothing: a new text has to go through the encoder either way.",
            ),
            Option(
                "Many quick experiments, or several tasks, on the same texts.",
                "They are read once, and every further experiment costs next to nothing.",
                right=True,
            ),
            Option(
                "When the task is far from what the encoder was trained on.",
                "There the weights would have to move, which is what fine-tuning allows.",
            ),
        ],
    ),
]
