"""Lesson 04, from one vector a word to ELMo: counting company, perplexity, who reads what, the mix."""

import math

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

# -- company, counted ------------------------------------------------------------------------------


def ppmi(together: int, word: int, context: int, total: int) -> float:
    """Positive pointwise mutual information of two words, in nats, from counts."""
    if not together:
        return 0.0
    expected = word * context / total
    return max(0.0, math.log(together / expected))


def _ppmi_by_shares(together, word, context, total):
    if together == 0:
        return 0
    shares = together / total, word / total, context / total
    information = math.log(shares[0]) - math.log(shares[1]) - math.log(shares[2])
    return information if information > 0 else 0


def _keeps_the_negative(together, word, context, total):
    return math.log(together * total / (word * context)) if together else -math.inf


def _no_logarithm(together, word, context, total):
    return together * total / (word * context)


def _no_total(together, word, context, total):
    return max(0.0, math.log(together / (word * context))) if together else 0.0


def _given_the_word(together, word, context, total):
    return math.log(together / word) if together else 0.0


def _bits(together, word, context, total):
    return ppmi(together, word, context, total) / math.log(2)


# -- perplexity ------------------------------------------------------------------------------------


def perplexity(log_probabilities: list[float]) -> float:
    """exp of minus the mean of natural log-probabilities: among how many words the model wavers."""
    return math.exp(-sum(log_probabilities) / len(log_probabilities))


def _perplexity_as_geometric_mean(log_probabilities):
    product = math.prod(math.exp(value) for value in log_probabilities)
    return product ** (-1 / len(log_probabilities))


def _mean_chance(log_probabilities):
    return math.exp(sum(log_probabilities) / len(log_probabilities))


def _only_the_loss(log_probabilities):
    return -sum(log_probabilities) / len(log_probabilities)


def _whole_sentence(log_probabilities):
    return math.exp(-sum(log_probabilities))


def _mean_of_inverses(log_probabilities):
    return sum(math.exp(-value) for value in log_probabilities) / len(log_probabilities)


def _two_to_the_nats(log_probabilities):
    return 2.0 ** (-sum(log_probabilities) / len(log_probabilities))


# -- who reads what --------------------------------------------------------------------------------


def sees(reader: str, i: int, n: int) -> list[int]:
    """The places, of n words, on which the reader's vector of word i can depend."""
    if reader == "static":
        return [i]
    if reader == "forward":  # an LSTM from left to right, its own word included
        return list(range(i + 1))
    if reader == "backward":
        return list(range(i, n))
    return list(range(n))  # "elmo": the two side by side; "bert": attention to everything


def _sees_by_bounds(reader, i, n):
    first = i if reader in ("static", "backward") else 0
    last = i if reader in ("static", "forward") else n - 1
    return [place for place in range(n) if first <= place <= last]


def _not_its_own_word(reader, i, n):
    return [place for place in sees(reader, i, n) if place != i or reader == "static"]


def _directions_swapped(reader, i, n):
    other = {"forward": "backward", "backward": "forward"}
    return sees(other.get(reader, reader), i, n)


def _bert_reads_ahead_only(reader, i, n):
    return sees("forward" if reader == "bert" else reader, i, n)


def _bert_is_masked_here(reader, i, n):
    return [place for place in sees(reader, i, n) if place != i or reader != "bert"]


def _neighbours_only(reader, i, n):
    return [place for place in sees(reader, i, n) if abs(place - i) <= 1]


def _elmo_is_the_forward_one(reader, i, n):
    return sees("forward" if reader == "elmo" else reader, i, n)


# -- the scalar mix --------------------------------------------------------------------------------


def mix(layers: list[list[float]], weights: list[float], gamma: float) -> list[float]:
    """gamma times the sum of the layers, each times its weight after a softmax."""
    raised = [math.exp(weight) for weight in weights]
    shares = [value / sum(raised) for value in raised]
    return [
        gamma * sum(share * value for share, value in zip(shares, column, strict=True))
        for column in zip(*layers, strict=True)
    ]


def _mix_by_numpy(layers, weights, gamma):
    import numpy as np

    weights = np.asarray(weights, dtype=float)
    raised = np.exp(weights - weights.max())
    return gamma * (raised[:, None] * np.asarray(layers)).sum(axis=0) / raised.sum()


def _weighted(layers, shares, gamma):
    return [
        gamma * sum(s * value for s, value in zip(shares, column, strict=True))
        for column in zip(*layers, strict=True)
    ]


def _no_softmax(layers, weights, gamma):
    return _weighted(layers, weights, gamma)


def _divided_by_the_sum(layers, weights, gamma):
    total = sum(weights)
    return _weighted(layers, [w / total if total else 1 / len(weights) for w in weights], gamma)


def _gamma_as_a_temperature(layers, weights, gamma):
    return mix(layers, [gamma * weight for weight in weights], 1.0)


def _gamma_forgotten(layers, weights, gamma):
    return mix(layers, weights, 1.0)


def _plain_mean(layers, weights, gamma):
    return mix(layers, [0.0] * len(weights), gamma)


def _top_layer(layers, weights, gamma):
    return [gamma * value for value in layers[-1]]


_LOGS = [
    ([math.log(0.5), math.log(0.125)],),
    ([math.log(0.25)] * 3,),
    ([0.0],),
    ([-1.0, -2.0, -6.0, -0.5],),
]
_LAYERS = [[1.0, 2.0], [3.0, -1.0], [0.0, 5.0]]

EXERCISES = [
    Exercise(
        id="04-ppmi",
        title="Count the company a word keeps",
        kind="function",
        task="""
            Write `ppmi(together, word, context, total)`. Of `total` pairs of neighbouring words counted in a text,
            `together` are this word with this context, `word` have the word at all and `context` the
            context. Return log(P(word, context) / (P(word) · P(context))), natural logarithm, or 0 where that
            is negative or the two never met.
        """,
        reference=ppmi,
        alternatives=[_ppmi_by_shares],
        probes=[
            (10, 100, 50, 10_000),
            (1, 100, 500, 10_000),
            (0, 7, 9, 1_000),
            (3, 3, 3, 900),
            (20, 40, 50, 100),
        ],
        misconceptions=[
            Misconception(
                "PMI, not positive PMI",
                _keeps_the_negative,
                "Pairs that meet more rarely than chance give negative numbers, and pairs that never meet minus "
                "infinity. From a text of any finite size those are mostly noise; the P in PPMI sets them to 0.",
            ),
            Misconception(
                "a ratio without its logarithm",
                _no_logarithm,
                "That is how many times as often as by chance they meet. Without the logarithm a "
                "few rare pairs are so large that they drown everything else.",
            ),
            Misconception(
                "counts in place of probabilities",
                _no_total,
                "`together / (word * context)` compares counts of different kinds. Divide each by `total`: one "
                "`total` stays, above the line.",
            ),
            Misconception(
                "how likely the context is, given the word",
                _given_the_word,
                "log P(context | word) is large for every frequent context: *the* keeps company with all. Divide by "
                "P(context), and only company that is *unusual* counts.",
            ),
            Misconception(
                "bits instead of nats",
                _bits,
                "That is the logarithm to base 2. `math.log(x)` is the natural one.",
            ),
        ],
        hints=[
            "By chance, `word * context / total` pairs would be expected. How many times as many are there?",
            "`math.log(together * total / (word * context))`; mind the two cases in which the answer is 0.",
            "`if not together: return 0.0`, then `max(0.0, math.log(together * total / (word * context)))`.",
        ],
        solution="Expected by chance are `word * context / total`; the logarithm of observed over expected is the "
        "information. `bertlab.models.static.ppmi` does this for all pairs at once.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="04-perplexity",
        title="Perplexity",
        kind="function",
        task="""
            Write `perplexity(log_probabilities)`: given the natural logarithms of the probabilities that a model
            gave to the words that really came, the number of equally likely words among which it was, on
            average, as unsure.
        """,
        reference=perplexity,
        alternatives=[_perplexity_as_geometric_mean],
        probes=_LOGS,
        misconceptions=[
            Misconception(
                "the average chance",
                _mean_chance,
                "That is the (geometric) mean probability, between 0 and 1. Perplexity is one over it: mind the minus.",
            ),
            Misconception(
                "the loss itself",
                _only_the_loss,
                "The mean of minus the logarithms is the loss, in nats. Perplexity is its exponential.",
            ),
            Misconception(
                "of the whole sentence",
                _whole_sentence,
                "Without dividing by the number of words a long sentence always looks worse. Take the mean before "
                "the exponential.",
            ),
            Misconception(
                "the mean of 1/p",
                _mean_of_inverses,
                "The mean is taken of the logarithms, not of 1/p: one hopeless word would otherwise decide all.",
            ),
            Misconception(
                "two to the power of nats",
                _two_to_the_nats,
                "Base and logarithm must agree: natural logarithms want e, logarithms to base 2 want 2.",
            ),
        ],
        hints=[
            "A model that always gives 1/50 should get 50.",
            "Take the mean of the logarithms, then undo the logarithm.",
            "`math.exp(-sum(log_probabilities) / len(log_probabilities))`",
        ],
        solution="It is the exponential of the loss, and one over the geometric mean of the probabilities.",
        difficulty="easy",
        minutes=4,
    ),
    Exercise(
        id="04-sees",
        title="Who reads what",
        kind="function",
        task="""
            Write `sees(reader, i, n)`: the list of places, from 0 to n − 1 and in order, on whose words the vector of
            word `i` can depend. `reader` is `"static"`, `"forward"` or `"backward"` (one direction of ELMo, a layer
            above the characters), `"elmo"` (both directions side by side) or `"bert"` (any layer above the embeddings).
        """,
        reference=sees,
        alternatives=[_sees_by_bounds],
        probes=[
            (reader, i, n)
            for reader in ("static", "forward", "backward", "elmo", "bert")
            for i, n in ((0, 1), (2, 5), (0, 4), (3, 4))
        ],
        misconceptions=[
            Misconception(
                "the word itself is hidden",
                _not_its_own_word,
                "The state that *predicts* word i has not read it. But the vector *of* word i is the state after "
                "reading it, which predicts the next word.",
            ),
            Misconception(
                "forward and backward swapped",
                _directions_swapped,
                "The forward LSTM reads from left to right: when it stands at word i, it knows 0 … i.",
            ),
            Misconception(
                "BERT reads from left to right",
                _bert_reads_ahead_only,
                "That is GPT. Nothing in BERT hides the words to the right; each place looks at all.",
            ),
            Misconception(
                "BERT cannot see the word itself",
                _bert_is_masked_here,
                "Only where a [MASK] was put does the word itself lack. Given a plain sentence, BERT reads it.",
            ),
            Misconception(
                "neighbours only",
                _neighbours_only,
                "An LSTM hands its state on from word to word, so in principle everything on its side arrives; attention "
                "reaches every place in one step.",
            ),
            Misconception(
                "ELMo is the forward model",
                _elmo_is_the_forward_one,
                "ELMo's vector is both directions side by side: half of its numbers come from the right.",
            ),
        ],
        hints=[
            "Imagine the forward LSTM after it has just read word i. What has it read by then?",
            "Forward: 0 … i. Backward: i … n − 1. What do you get when the two lie side by side?",
            "`list(range(i + 1))`, `list(range(i, n))`, and `list(range(n))` for both ELMo and BERT.",
        ],
        solution="ELMo and BERT give the same list. The difference is *how*: in ELMo one half of the numbers "
        "depends on the left and the other on the right, in BERT each number on everything.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="04-mix",
        title="The scalar mix",
        kind="function",
        task="""
            Write `mix(layers, weights, gamma)`, equation 1 of the ELMo paper: turn the weights into shares with a
            softmax, add up the layers (lists of numbers) by their shares, and multiply all by gamma.
        """,
        reference=mix,
        alternatives=[_mix_by_numpy],
        probes=[
            (_LAYERS, [0.0, 0.0, 0.0], 1.0),
            (_LAYERS, [1.0, -1.0, 0.5], 2.0),
            (_LAYERS, [-3.0, 0.0, 2.0], 0.5),
            (_LAYERS[:2], [2.0, 1.0], 1.0),
        ],
        misconceptions=[
            Misconception(
                "weights without a softmax",
                _no_softmax,
                "The weights are what is learned, any numbers; the shares are their softmax, positive and adding up to 1. "
                "All weights 0 must give the mean of the layers, not zeros.",
            ),
            Misconception(
                "dividing by the sum",
                _divided_by_the_sum,
                "Weights may be negative, or add up to 0. The softmax raises e to each of them first.",
            ),
            Misconception(
                "gamma as a temperature",
                _gamma_as_a_temperature,
                "Gamma stands outside: it makes the finished vector longer or shorter and leaves the shares alone.",
            ),
            Misconception(
                "gamma left out",
                _gamma_forgotten,
                "The shares are right. Multiply by gamma at the end: it fits the vectors to the size that the task wants.",
            ),
            Misconception(
                "the plain mean",
                _plain_mean,
                "With all weights 0 that is right, and it is where training begins. Then each task learns its own weights.",
            ),
            Misconception(
                "the top layer alone",
                _top_layer,
                "That is what TagLM and CoVe did before. ELMo's point is to use all layers.",
            ),
        ],
        hints=[
            "First the shares: `math.exp(w)` for each weight, over the sum of them all.",
            "Number j of the result is gamma · Σ share · layer[j]; `zip(*layers)` walks along j.",
            "`[gamma * sum(s * x for s, x in zip(shares, column)) for column in zip(*layers)]`",
        ],
        solution="Four parameters for three layers: three weights and gamma. They are all that ELMo adds to a task.",
        difficulty="medium",
        minutes=8,
        tolerance=1e-6,
    ),
    Exercise(
        id="04-static-score",
        title="What one vector a word can score",
        kind="value",
        task="""
            100 pairs of sentences hold the same word form, 50 of them in the same sense. One vector a word, and a threshold
            on the cosine, chosen as well as can be: how many pairs does it get right?
        """,
        reference=50,
        alternatives=[50.0],
        misconceptions=[
            Misconception(
                "none",
                0,
                "It answers something, and always the same. On half of the pairs that happens to be right.",
            ),
            Misconception(
                "all",
                100,
                "The two vectors are the same in *every* pair, since the word is the same. Nothing is left by which to tell "
                "the pairs apart.",
            ),
            Misconception(
                "half of the undecided",
                75,
                "No pair is decided by the vectors: the cosine is 1 for all 100.",
            ),
            Misconception(
                "a quarter",
                25,
                "A threshold says yes to all or no to all here. Either way half are right.",
            ),
        ],
        hints=[
            "What is the cosine of a vector with itself?",
            "All cosines are 1. Which answers can a threshold give?",
            "All yes or all no.",
        ],
        solution="All cosines are 1, so it says the same of every pair, and is right on half of them.",
        difficulty="easy",
        minutes=2,
    ),
]

RECAP = [
    Question(
        "Why do the nearest neighbours of a static *bank* come from two worlds?",
        [
            Option(
                "Its one vector was fitted to the company of all its uses.",
                "Rivers and money both pull at the same numbers; the mixture follows how often each occurs.",
                right=True,
            ),
            Option(
                "The corpus was too small.",
                "More text makes the mixture more exact; it never takes it apart.",
            ),
            Option(
                "Cosine similarity cannot tell directions apart.",
                "It can, and well: the vector itself is the mixture.",
            ),
        ],
    ),
    Question(
        "What does ELMo's forward language model predict at word i?",
        [
            Option(
                "Word i + 1, from words 0 … i.",
                "Reading stops at word i; the answer is the next one.",
                right=True,
            ),
            Option(
                "Word i, from both sides.",
                "That is BERT's masked language model, with word i hidden.",
            ),
            Option(
                "A masked word somewhere in the sentence.",
                "No word is hidden from a language model: it just has not come to it yet.",
            ),
        ],
    ),
    Question(
        "Why is ELMo called *shallowly* bidirectional?",
        [
            Option(
                "Its two directions never meet inside the network, only side by side at the end.",
                "Each number of a vector comes from one direction. Devlin et al. 2018 call this a shallow concatenation.",
                right=True,
            ),
            Option(
                "It has only two layers.",
                "A twenty-layer ELMo would be as shallow in this sense: depth is not the point.",
            ),
            Option(
                "It sees only neighbouring words.",
                "An LSTM's state can carry things from far away; it is their *joining* that is missing.",
            ),
        ],
    ),
    Question(
        "What may a task learn about the scalar mix?",
        [
            Option(
                "Softmax-normalised weights of the layers and one factor gamma.",
                "A handful of numbers; the biLM itself stays frozen in the paper.",
                right=True,
            ),
            Option(
                "All weights of the LSTMs.",
                "That would be fine-tuning. As features, the biLM stays as it is.",
            ),
            Option(
                "One weight for each word of the vocabulary.",
                "The weights belong to layers, and are shared by all words and places.",
            ),
        ],
    ),
    Question(
        "What about a word that ELMo has never seen?",
        [
            Option(
                "It gets a vector all the same, made from its characters and its sentence.",
                "Convolutions over characters read any word. Only as a *prediction* it counts as <UNK>.",
                right=True,
            ),
            Option(
                "It becomes <UNK> when read.", "Only when predicted: reading goes by characters."
            ),
            Option(
                "It is cut into word pieces.",
                "That is BERT. ELMo reads whole words, letter by letter.",
            ),
        ],
    ),
]
