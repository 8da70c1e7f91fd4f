"""Lesson 11, speed: Amdahl's law, padding, sorted batches put back, and a clock that waits."""

import math

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

# ---- 11-amdahl: what a faster part does for the whole


def amdahl(share, factor):
    """How many times as fast the whole is, when `share` of its time becomes `factor` times as fast."""
    return 1 / ((1 - share) + share / factor)


def _amdahl_by_seconds(share, factor):
    before = 100.0
    after = before - before * share * (1 - 1 / factor)
    return before / after


def _amdahl_mean(share, factor):
    return (1 - share) + share * factor


def _amdahl_part_only(share, factor):
    return factor


def _amdahl_removed(share, factor):
    return 1 / (1 - share)


def _amdahl_product(share, factor):
    return share * factor


def _amdahl_inverted(share, factor):
    return (1 - share) + share / factor


_AMDAHL_PROBES = [(0.5, 2.0), (0.9, 10.0), (0.02, 100.0), (0.25, 4.0), (0.7, 1.0), (0.6, 0.5)]


# ---- 11-padding: the places that hold nothing


def padding(lengths, size):
    """The share of places that are padding, when rows are batched in order, each batch to its longest."""
    places = 0
    for begin in range(0, len(lengths), size):
        batch = lengths[begin : begin + size]
        places += max(batch) * len(batch)
    return 1 - sum(lengths) / places


def _padding_by_rows(lengths, size):
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    empty = sum(max(batch) - length for batch in batches for length in batch)
    return empty / (empty + sum(lengths))


def _padding_to_the_longest_of_all(lengths, size):
    return 1 - sum(lengths) / (max(lengths) * len(lengths))


def _padding_mean_of_batches(lengths, size):
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    shares = [1 - sum(batch) / (max(batch) * len(batch)) for batch in batches]
    return sum(shares) / len(shares)


def _padding_full_last_batch(lengths, size):
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    return 1 - sum(lengths) / sum(max(batch) * size for batch in batches)


def _padding_drops_last_batch(lengths, size):
    whole = lengths[: len(lengths) // size * size]
    return _padding_by_rows(whole, size) if whole else 0.0


def _padding_of_the_tokens(lengths, size):
    batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
    empty = sum(max(batch) - length for batch in batches for length in batch)
    return empty / sum(lengths)


_PADDING_PROBES = [
    ([2, 4], 2),
    ([1, 10, 1, 10], 2),
    ([3, 3, 9, 9, 6], 2),
    ([5, 5, 5], 4),
    ([20, 1, 1], 2),
    ([7, 2, 4, 4, 4, 12, 1], 3),
]


# ---- 11-put-back: results of sorted rows in the order of the rows


def put_back(order, results):
    """`results[k]` belongs to row `order[k]`; give a list in which place i holds row i's result."""
    placed = [None] * len(order)
    for row, result in zip(order, results, strict=True):
        placed[row] = result
    return placed


def _put_back_by_sorting(order, results):
    return [result for _, result in sorted(zip(order, results, strict=True))]


def _put_back_index_again(order, results):
    return [results[row] for row in order]


def _put_back_as_they_come(order, results):
    return list(results)


def _put_back_sorted_results(order, results):
    return sorted(results)


def _put_back_reversed(order, results):
    return list(results)[::-1]


_PUT_BACK_PROBES = [
    ([2, 0, 1], ["c", "a", "b"]),
    ([1, 2, 3, 0], [3.0, 9.0, 1.0, 7.0]),
    ([3, 1, 0, 2, 4], [10, 20, 30, 40, 5]),
    ([0], ["x"]),
    ([], []),
]


EXERCISES = [
    Exercise(
        id="11-free-logits",
        title="Logits for nothing",
        task="""
            A profile of some evaluation says: 60 % of the time goes into making batches, 30 % into the
            encoder, 10 % into scoring words. You make the scoring *infinitely* fast. How many times as fast
            is the whole? Set `answer` to the number, right to two decimals.
        """,
        kind="value",
        reference=1 / 0.9,
        alternatives=[1.11, 10 / 9],
        tolerance=2e-3,
        misconceptions=[
            Misconception(
                "infinitely fast as a whole",
                math.inf,
                "The other 90 % still take their time.",
                matches=lambda answer: answer > 100,
            ),
            Misconception(
                "ten per cent as ten times",
                10,
                "A part that took a tenth of the time can give back a tenth of the time, no more.",
            ),
            Misconception(
                "a tenth more, not a ninth",
                1.1,
                "The whole falls from 100 to 90. How many times does 90 go into 100?",
                matches=lambda answer: abs(answer - 1.1) < 0.004,
            ),
            Misconception(
                "the time that is left",
                0.9,
                "That is the time that is left. How many times as *fast* is that?",
            ),
        ],
        hints=[
            "How many of 100 seconds are left?",
            "90 seconds are left of 100.",
            "`answer = 100 / 90`",
        ],
        solution="100 seconds become 90, so 1.11 times as fast. The profile had told you before you began.",
        difficulty="easy",
        minutes=2,
    ),
    Exercise(
        id="11-amdahl",
        title="Amdahl's law",
        task="""
            Write `amdahl(share, factor)`: how many times as fast is the whole, when the part that took
            `share` of the time (0 to 1) becomes `factor` times as fast? A factor below 1 makes it slower.
        """,
        kind="function",
        reference=amdahl,
        alternatives=[_amdahl_by_seconds],
        probes=_AMDAHL_PROBES,
        misconceptions=[
            Misconception(
                "averaging the factors",
                _amdahl_mean,
                "Factors cannot be averaged by their shares of *time*: it is the times that add up. Half "
                "the time made a hundred times as fast would be 50 by your rule, and is not even 2.",
            ),
            Misconception(
                "the part for the whole",
                _amdahl_part_only,
                "That is how much faster the part is. The rest takes as long as before.",
            ),
            Misconception(
                "the part taken away",
                _amdahl_removed,
                "That would be the limit, with the part at no cost at all. It still takes share / factor.",
            ),
            Misconception(
                "multiplying share and factor",
                _amdahl_product,
                "With half the time made twice as fast this gives 1: no gain.",
            ),
            Misconception(
                "the time that is left",
                _amdahl_inverted,
                "That is the new time as a share of the old. How many times as *fast* is that?",
            ),
        ],
        hints=[
            "Think in seconds: let the whole take 1 second before.",
            "After the change the rest takes 1 - share, the part share / factor.",
            "`return 1 / ((1 - share) + share / factor)`",
        ],
        solution=(
            "The new time is (1 - share) + share / factor; the whole is faster by one over that. However "
            "large the factor, it never exceeds 1 / (1 - share)."
        ),
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="11-padding",
        title="Places that hold nothing",
        task="""
            Write `padding(lengths, size)`. Rows with these lengths are put into batches of `size` in the
            order in which they come; each batch is padded to *its* longest row; the last batch may have fewer
            rows. What share of all places, over all batches, is padding (0 to 1)?
        """,
        kind="function",
        reference=padding,
        alternatives=[_padding_by_rows],
        probes=_PADDING_PROBES,
        misconceptions=[
            Misconception(
                "padding to the longest row of all",
                _padding_to_the_longest_of_all,
                "Each batch has its own longest row; a batch of short rows is small.",
            ),
            Misconception(
                "a mean over batches",
                _padding_mean_of_batches,
                "The mean of the batches' shares counts a small batch as much as a large one. Add up the "
                "places first and divide once.",
            ),
            Misconception(
                "a last batch filled up",
                _padding_full_last_batch,
                "The last batch has only the rows that are left; no empty rows are computed.",
            ),
            Misconception(
                "the last batch forgotten",
                _padding_drops_last_batch,
                "What is left over after the full batches is a batch too.",
            ),
            Misconception(
                "a share of the tokens",
                _padding_of_the_tokens,
                "That is padding over *tokens*. The share of places has padding and tokens below the line.",
            ),
        ],
        hints=[
            "How many places has a batch? How many of all hold a token?",
            "A batch has max(batch) * len(batch) places. Add that up over the batches.",
            "`return 1 - sum(lengths) / places`",
        ],
        solution="Count places batch by batch; what is not a token is padding.",
        difficulty="medium",
        minutes=7,
    ),
    Exercise(
        id="11-put-back",
        title="Put back in order",
        task="""
            Rows were sorted by length before they were evaluated: `order[k]` is the number of the row that
            came k-th, `results[k]` its result. Write `put_back(order, results)`: the list in which place i holds
            the result of row i.
        """,
        kind="function",
        reference=put_back,
        alternatives=[_put_back_by_sorting],
        probes=_PUT_BACK_PROBES,
        misconceptions=[
            Misconception(
                "sorting once more",
                _put_back_index_again,
                "`results[row] for row in order` applies the order a second time instead of undoing it. It "
                "looks right whenever rows were only swapped in pairs, which is why this bug lives long.",
            ),
            Misconception(
                "leaving them as they come",
                _put_back_as_they_come,
                "They are still in the order of the lengths: every score is right and belongs to another row.",
            ),
            Misconception(
                "sorting the results",
                _put_back_sorted_results,
                "That sorts by the *values* of the results. The row numbers decide.",
            ),
            Misconception(
                "turning the list round",
                _put_back_reversed,
                "The rows were sorted, not reversed.",
            ),
        ],
        hints=[
            "Make an empty list of the right length first.",
            "Walk through both lists together: this result belongs to that row.",
            "`placed[row] = result` for each row and result of `zip(order, results)`.",
        ],
        solution=(
            "Each result goes to the place that its row number names. With arrays: `placed[order] = results`, "
            "or `results[order.argsort()]`."
        ),
        difficulty="medium",
        minutes=5,
    ),
    Exercise(
        id="11-clock",
        title="What the clock says",
        task="""
            A device takes 20 ms for a piece of work. Handing it over takes the caller 0.1 ms, and the device
            works by itself. You start a clock, launch 50 pieces, and read the clock without waiting. About how
            many *milliseconds* does it say? Set `answer`.
        """,
        kind="value",
        reference=5.0,
        alternatives=[5, 50 * 0.1],
        tolerance=0.05,
        misconceptions=[
            Misconception(
                "the work itself",
                1000,
                "That is how long the device is busy. Nobody waited for it.",
                matches=lambda answer: abs(answer - 1000) < 2,
            ),
            Misconception(
                "work and launches, one after the other",
                1005,
                "So it would be if each call came back with its work done, as on a CPU.",
                matches=lambda answer: abs(answer - 1005) < 2,
            ),
            Misconception("one launch", 0.1, "That is one launch. There are fifty."),
            Misconception(
                "one piece of work", 20, "Nobody waits for a piece of work here, not even for one."
            ),
        ],
        hints=[
            "What does the caller itself do between start and stop?",
            "It makes 50 launches, each 0.1 ms.",
            "`answer = 50 * 0.1`",
        ],
        solution=(
            "50 launches of 0.1 ms: 5 ms, two hundred times too little. Wait for the device before the clock "
            "starts and before it stops."
        ),
        difficulty="easy",
        minutes=2,
    ),
]

RECAP = [
    Question(
        "What do you do first with a program that is too slow?",
        [
            Option(
                "Measure where its time goes.",
                "A profile bounds every gain beforehand: a part of a tenth can give back a tenth.",
                right=True,
            ),
            Option(
                "Put `argmax` where `max` stands.",
                "Perhaps it takes a hundredth of the time. You would not know.",
            ),
            Option(
                "Move it to a GPU.",
                "A loop that searches for its batches in Python searches as slowly beside a GPU.",
            ),
            Option(
                "Compile it.",
                "The compiler sees the model. It does not see the search for batches, or the padding.",
            ),
        ],
    ),
    Question(
        "Is making batches the bottleneck of an evaluation?",
        [
            Option(
                "It depends on the corpus: the search grows with it, the model's part does not.",
                "A few hundred sentences hide the fault, millions leave nothing else.",
                right=True,
            ),
            Option(
                "Yes, always.",
                "On a small held-out set the model takes longer. The notes' corpus was large.",
            ),
            Option(
                "No, the model is.",
                "On a small corpus, yes. On the whole of a large one the search is nearly all.",
            ),
            Option(
                "Only without a GPU.",
                "With a fast device beside it, the search weighs more, not less.",
            ),
        ],
    ),
    Question(
        "What does `inference_mode` save?",
        [
            Option(
                "The memory of everything a backward pass would need, and a little time.",
                "The products are the same. What is not kept need not be allocated and freed.",
                right=True,
            ),
            Option(
                "The backward pass.",
                "There was none: nobody called `backward`, with it or without.",
            ),
            Option(
                "Dropout.", "That is `model.eval()`. The two have nothing to do with each other."
            ),
            Option(
                "Half of the products.",
                "The forward pass does the same products. Only its traces are not kept.",
            ),
        ],
    ),
    Question(
        "What does `non_blocking=True` do on a CPU?",
        [
            Option(
                "Nothing: the tensor is there already and comes back as the same object.",
                "There is no transfer to hide.",
                right=True,
            ),
            Option("It copies in a thread.", "It copies nothing at all."),
            Option(
                "It raises an error.",
                "It is accepted and ignored; it is `pin_memory()` that complains.",
            ),
            Option(
                "It makes the copy faster.",
                "Not even on a GPU: there it lets the caller go on, if the memory is pinned.",
            ),
        ],
    ),
    Question(
        "You time a step on a GPU and it seems a hundred times faster than anyone else's. What is likely?",
        [
            Option(
                "The clock stopped before the work was done.",
                "Calls return when the work is queued. Synchronize before starting and before stopping.",
                right=True,
            ),
            Option("The GPU is new.", "A hundredfold between generations there is not."),
            Option(
                "The first run was counted.",
                "A first run is slower: it loads and chooses kernels. That error goes the other way.",
            ),
            Option(
                "bfloat16 was on.",
                "It brings a small factor, where the hardware has it.",
            ),
        ],
    ),
]
