"""Lesson 07, pre-training: the first loss, clipping, the schedule, when to stop, what it costs."""

import math

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

# ---- 07-clip: one factor for the whole gradient


def clip(gradients, limit):
    """Shorten the whole gradient to length `limit` if it is longer; its direction stays."""
    length = sum(x * x for row in gradients for x in row) ** 0.5
    factor = min(1.0, limit / length) if length > 0 else 1.0
    return [[x * factor for x in row] for row in gradients]


def _clip_by_hypot(gradients, limit):
    length = math.hypot(*(x for row in gradients for x in row))
    if length <= limit:
        return gradients
    return [[limit * x / length for x in row] for row in gradients]


def _clip_values(gradients, limit):
    return [[max(-limit, min(limit, x)) for x in row] for row in gradients]


def _clip_each_row(gradients, limit):
    return [_clip_by_hypot([row], limit)[0] for row in gradients]


def _clip_always(gradients, limit):
    length = math.hypot(*(x for row in gradients for x in row))
    return [[limit * x / length for x in row] if length else row for row in gradients]


def _clip_to_one(gradients, limit):
    length = math.hypot(*(x for row in gradients for x in row))
    return [[x / length for x in row] for row in gradients] if length > limit else gradients


def _clip_by_sum(gradients, limit):
    length = sum(abs(x) for row in gradients for x in row)
    return [[limit * x / length for x in row] for row in gradients] if length > limit else gradients


_CLIP_PROBES = [
    ([[3.0, 0.0], [0.0, 4.0]], 1.0),
    ([[3.0, 0.0], [0.0, 4.0]], 2.5),
    ([[3.0, 0.0], [0.0, 4.0]], 6.0),
    ([[0.1, -0.2]], 1.0),
    ([[0.0, 0.0], [0.0]], 1.0),
    ([[-6.0], [2.0, 3.0]], 3.5),
]


# ---- 07-rate: warm-up, then linear decay


def rate(step, steps, peak, warmup):
    """The learning rate of `step`, counted from 0."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (steps - step) / (steps - warmup)


def _rate_as_minimum(step, steps, peak, warmup):
    rise = (step + 1) / warmup if warmup else 1.0
    fall = (steps - step) / (steps - warmup)
    return peak * min(rise, fall, 1.0)


def _rate_from_zero(step, steps, peak, warmup):
    if step < warmup:
        return peak * step / warmup
    return peak * (steps - step) / (steps - warmup)


def _rate_constant_after(step, steps, peak, warmup):
    return peak * (step + 1) / warmup if step < warmup else peak


def _rate_jumps_down(step, steps, peak, warmup):
    return peak * (step + 1) / warmup if step < warmup else peak * (steps - step) / steps


def _rate_without_warmup(step, steps, peak, warmup):
    return peak * (steps - step) / steps


def _rate_cosine(step, steps, peak, warmup):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def _rate_ends_early(step, steps, peak, warmup):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (steps - 1 - step) / (steps - warmup)


_RATE_PROBES = [(step, 100, 1e-3, 10) for step in (0, 4, 9, 10, 30, 55, 80, 99)] + [
    (0, 8, 0.5, 0),
    (7, 8, 0.5, 0),
]


# ---- 07-stop: patience, counted from the best


def best_checkpoint(held_out, patience):
    """The number of the checkpoint to keep, by held-out losses that come in one by one."""
    best = 0
    for number, loss in enumerate(held_out):
        if loss < held_out[best]:
            best = number
        elif number - best >= patience:
            break
    return best


def _best_with_counter(held_out, patience):
    lowest, keep, bad = float("inf"), 0, 0
    for number, loss in enumerate(held_out):
        if loss < lowest:
            lowest, keep, bad = loss, number, 0
            continue
        bad += 1
        if bad == patience:
            return keep
    return keep


def _best_overall(held_out, patience):
    return held_out.index(min(held_out))


def _best_is_last(held_out, patience):
    return len(held_out) - 1


def _best_is_where_it_stopped(held_out, patience):
    best = 0
    for number, loss in enumerate(held_out):
        if loss < held_out[best]:
            best = number
        elif number - best >= patience:
            return number
    return len(held_out) - 1


def _best_without_patience(held_out, patience):
    return best_checkpoint(held_out, 1)


def _best_by_neighbours(held_out, patience):
    best = bad = 0
    for number in range(1, len(held_out)):
        bad = bad + 1 if held_out[number] >= held_out[number - 1] else 0
        if held_out[number] < held_out[best]:
            best = number
        if bad == patience:
            break
    return best


_STOP_PROBES = [
    ([5.0, 4.0, 3.0, 3.5, 4.0, 4.5], 2),
    ([5.0, 4.0, 4.2, 3.9, 4.0, 4.1, 4.2], 2),
    ([5.0, 4.0, 4.5, 4.4, 4.3, 3.0], 3),
    ([5.0, 4.0, 4.1, 4.2, 2.0], 2),
    ([5.0, 4.0, 3.0], 2),
    ([3.0], 1),
    ([4.0, 3.0, 3.0, 2.0], 3),
]

# BERT-base: 1 M steps of 256 rows, 128 tokens in nine steps of ten and 512 in the tenth
_TOKENS = 1_000_000 * 256 * (0.9 * 128 + 0.1 * 512)

EXERCISES = [
    Exercise(
        id="07-first-loss-of-base",
        title="The first loss of BERT-base",
        task="""
            BERT-base has 30,522 word pieces. What is its loss, MLM and NSP added up, before the first
            step? Set `answer` to a number of nats, right to two decimals. (`math.log` or `np.log` may
            do the sum.)
        """,
        kind="value",
        reference=math.log(30522) + math.log(2),
        alternatives=[11.02, math.log(2 * 30522)],
        tolerance=1e-3,
        misconceptions=[
            Misconception(
                "forgetting the second game",
                math.log(30522),
                "That is the masked language model's share. The next-sentence game adds its own: "
                "a choice between two.",
                matches=lambda answer: abs(answer - math.log(30522)) < 0.02,
            ),
            Misconception(
                "logarithms to base 2",
                math.log2(30522) + 1,
                "That is the loss in bits. PyTorch's `cross_entropy` takes natural logarithms: nats.",
                matches=lambda answer: abs(answer - math.log2(30522) - 1) < 0.02,
            ),
            Misconception(
                "logarithms to base 10",
                math.log10(30522) + math.log10(2),
                "That is a logarithm to base 10. `cross_entropy` takes natural logarithms.",
                matches=lambda answer: abs(answer - math.log10(61044)) < 0.02,
            ),
            Misconception(
                "multiplying the two losses",
                math.log(30522) * math.log(2),
                "The losses are added, so the logarithms are; it is the *numbers of choices* that "
                "multiply.",
                matches=lambda answer: abs(answer - math.log(30522) * math.log(2)) < 0.02,
            ),
            Misconception(
                "our model's vocabulary",
                math.log(8192) + math.log(2),
                "That is the first loss of the model in this notebook, with its 8,192 pieces.",
                matches=lambda answer: abs(answer - math.log(16384)) < 0.02,
            ),
        ],
        hints=[
            "What does a model that knows nothing give to each of its choices?",
            "One choice among 30,522 and one between 2; the loss of each is minus the logarithm of its chance.",
            "`math.log(30522) + math.log(2)`",
        ],
        solution="ln 30,522 + ln 2 = 10.33 + 0.69 = 11.02. Nearly four times the vocabulary costs "
        "1.3 nats more.",
        solution_source="answer = math.log(30522) + math.log(2)",
        difficulty="easy",
        minutes=3,
    ),
    Exercise(
        id="07-clip",
        title="Clip a gradient",
        task="""
            Write `clip(gradients, limit)`. `gradients` is a list of rows, one for each weight vector of
            the model. Taken together they are *one* long vector. If that is longer than `limit`, give
            the rows back shortened by one common factor, so that the whole has length `limit`; else
            give them back as they are.
        """,
        kind="function",
        reference=clip,
        alternatives=[_clip_by_hypot],
        probes=_CLIP_PROBES,
        misconceptions=[
            Misconception(
                "clipping each number",
                _clip_values,
                "Each number is cut off by itself. That changes the *direction* of the step; "
                "`clip_grad_norm_` keeps it and changes the length only.",
            ),
            Misconception(
                "clipping each row",
                _clip_each_row,
                "Each row is measured by itself. The limit holds for the whole gradient: one length, "
                "one factor.",
            ),
            Misconception(
                "lengthening short gradients too",
                _clip_always,
                "A gradient shorter than the limit is stretched to it. Clipping only ever shortens.",
            ),
            Misconception(
                "shortening to length 1",
                _clip_to_one,
                "The result has length 1 instead of `limit`.",
            ),
            Misconception(
                "adding up absolute values",
                _clip_by_sum,
                "The length of a vector is the root of the sum of its squares, not the sum of its "
                "absolute values.",
            ),
        ],
        hints=[
            "First the length of everything, then one factor for everything.",
            "The length is the square root of the sum of all squares, over all rows.",
            "`factor = min(1, limit / length)`; mind a gradient of zeros.",
        ],
        solution="One factor for all, so the step points where it pointed. A single odd batch can no "
        "longer throw the weights far off.",
        difficulty="easy",
        minutes=6,
    ),
    Exercise(
        id="07-rate",
        title="Warm up, then decay",
        task="""
            Write `rate(step, steps, peak, warmup)`: the learning rate of `step`, counted from 0, in a run
            of `steps`. It rises in a straight line and reaches `peak` in the last warm-up step, number
            `warmup - 1`; step 0 already moves a little. From step `warmup`, which has `peak` too, it falls in a
            straight line that would reach 0 at step `steps`. `warmup` may be 0.
        """,
        kind="function",
        reference=rate,
        alternatives=[_rate_as_minimum],
        probes=_RATE_PROBES,
        misconceptions=[
            Misconception(
                "a first step of rate 0",
                _rate_from_zero,
                "Step 0 has rate 0: a batch is computed and nothing is learned from it. Count the "
                "warm-up steps from 1.",
            ),
            Misconception(
                "no decay",
                _rate_constant_after,
                "The rate stays at its peak after the warm-up. It should fall to the end.",
            ),
            Misconception(
                "a jump after the warm-up",
                _rate_jumps_down,
                "The decay is reckoned from step 0, so the rate jumps down when the warm-up ends. It "
                "has `steps - warmup` steps to fall.",
            ),
            Misconception(
                "no warm-up",
                _rate_without_warmup,
                "The rate is highest at step 0, when AdamW knows least about the gradients.",
            ),
            Misconception(
                "a cosine",
                _rate_cosine,
                "That is cosine decay, a fine schedule too. BERT's falls in a straight line.",
            ),
            Misconception(
                "a last step of rate 0",
                _rate_ends_early,
                "The last step, `steps - 1`, has rate 0 and is wasted; and step `warmup` is below the "
                "peak. The line reaches 0 at `steps`, one after the last.",
            ),
        ],
        hints=[
            "Two cases, divided by `step < warmup`.",
            "Rising: the share `(step + 1) / warmup` of the peak.",
            "Falling: `peak * (steps - step) / (steps - warmup)`.",
        ],
        solution="The two lines meet at the peak, which two steps share. No step has rate 0, so none is wasted.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="07-stop",
        title="When to stop",
        task="""
            Held-out losses come in one by one, one a checkpoint. Write `best_checkpoint(held_out, patience)`:
            the number, from 0, of the checkpoint to keep. You stop as soon as `patience` checkpoints in
            a row have brought no loss below the lowest so far, and never see what would have come
            after; then you keep the one with the lowest loss.
        """,
        kind="function",
        reference=best_checkpoint,
        alternatives=[_best_with_counter],
        probes=_STOP_PROBES,
        misconceptions=[
            Misconception(
                "looking into the future",
                _best_overall,
                "That is the lowest of all. A run that was stopped never computes what comes after.",
            ),
            Misconception(
                "the last one",
                _best_is_last,
                "The last checkpoint has trained longest and is, once the model overfits, not the best.",
            ),
            Misconception(
                "keeping the one where you stopped",
                _best_is_where_it_stopped,
                "You return the checkpoint at which patience ran out. The one to keep is the best "
                "*before* it: that is why checkpoints are kept.",
            ),
            Misconception(
                "stopping at the first rise",
                _best_without_patience,
                "One worse checkpoint ends your run. Held-out loss wobbles; `patience` is there to see "
                "through that.",
            ),
            Misconception(
                "comparing with the checkpoint before",
                _best_by_neighbours,
                "You count rises against the previous checkpoint. A loss that climbs, dips and climbs "
                "again is no progress: compare with the *lowest so far*.",
            ),
        ],
        hints=[
            "Remember the number of the best so far.",
            "How many checkpoints without progress there were is the present number minus the best's.",
            "Stop when `number - best >= patience`; return `best`.",
        ],
        solution="Early stopping costs `patience` evaluations and saves the rest of the run. The price is "
        "that a later, lower loss is never seen.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="07-tokens-of-base",
        title="The tokens of BERT-base",
        task="""
            BERT-base was trained for 1,000,000 steps of 256 rows. By appendix A.2 of the paper, 90 % of the
            steps had rows of 128 tokens and 10 % rows of 512. How many tokens went through the model
            in all? Set `answer`; 1 % off is near enough.
        """,
        kind="value",
        reference=_TOKENS,
        alternatives=[42.6e9, 4.26e10],
        tolerance=0.01,
        misconceptions=[
            Misconception(
                "512 tokens in every row",
                1e6 * 256 * 512,
                "That takes all rows for 512 tokens long. Nine steps in ten had rows of 128.",
                matches=lambda answer: 1.25e11 < answer < 1.35e11,
            ),
            Misconception(
                "128 tokens in every row",
                1e6 * 256 * 128,
                "That leaves out that the last tenth of the steps had rows of 512.",
                matches=lambda answer: 3.2e10 < answer < 3.4e10,
            ),
            Misconception(
                "the plain mean of the two lengths",
                1e6 * 256 * 320,
                "The two lengths had not equally many steps: weigh them 0.9 and 0.1.",
                matches=lambda answer: 8.1e10 < answer < 8.3e10,
            ),
            Misconception(
                "forgetting the rows",
                1e6 * (0.9 * 128 + 0.1 * 512),
                "That is the tokens of one row a step. A step has 256 rows.",
                matches=lambda answer: 1.6e8 < answer < 1.7e8,
            ),
            Misconception(
                "counting the corpus",
                3.3e9,
                "That is the length of the corpus in words. The model went over it many times.",
                matches=lambda answer: 3.2e9 < answer < 3.4e9,
            ),
            Misconception(
                "shares the wrong way round",
                1e6 * 256 * (0.1 * 128 + 0.9 * 512),
                "You gave 90 % of the steps the long rows. It was the short ones.",
                matches=lambda answer: 1.2e11 < answer < 1.24e11,
            ),
        ],
        hints=[
            "Tokens in all = steps × rows a step × tokens a row.",
            "The mean row had 0.9 · 128 + 0.1 · 512 tokens.",
            "1,000,000 · 256 · 166.4",
        ],
        solution="About 43 billion: 1,000,000 · 256 · 166.4. Short rows are cheaper twice over: fewer "
        "tokens, and attention's cost for each token grows with the length of its row.",
        solution_source="answer = 1_000_000 * 256 * (0.9 * 128 + 0.1 * 512)",
        difficulty="easy",
        minutes=4,
    ),
]

RECAP = [
    Question(
        "A fresh model with 8,192 word pieces starts with a loss of 25. What do you make of it?",
        [
            Option(
                "Something is wrong: knowing nothing costs 9.7.",
                "ln 8192 + ln 2. More than that means that it is *sure of wrong things*: weights too "
                "large, labels shifted, a broken mask.",
                right=True,
            ),
            Option(
                "Nothing, losses start high.",
                "They start at the price of knowing nothing, which you can work out beforehand.",
            ),
            Option(
                "The learning rate is too high.",
                "Before the first step the rate has not done anything yet.",
            ),
        ],
    ),
    Question(
        "After a short run the loss has hardly moved for a while, near the unigram counts. What has the model learned?",
        [
            Option(
                "How often pieces occur, whatever stands around them.",
                "The output bias learns that first. Then comes a plateau until attention carries "
                "something useful.",
                right=True,
            ),
            Option(
                "Nothing at all.",
                "Nothing at all costs ln V; frequencies bring the loss well below that.",
            ),
            Option(
                "Everything it can: training is over.",
                "The long run of this lesson left the same plateau, with more text and more steps.",
            ),
        ],
    ),
    Question(
        "Training loss falls, held-out loss has been rising for a while. What now?",
        [
            Option(
                "Keep the checkpoint with the lowest held-out loss; get more text.",
                "What it learns since then holds for the training documents only.",
                right=True,
            ),
            Option(
                "Go on: the training loss is what counts.",
                "The training loss would fall even if the model learned the documents by heart.",
            ),
            Option(
                "Raise the learning rate.",
                "The model is not stuck. It is learning the wrong thing well.",
            ),
        ],
    ),
    Question(
        "A run is resumed from its weights alone, with fresh AdamW and step 0. What happens?",
        [
            Option(
                "Another run: new warm-up, old data again, empty moments.",
                "It may end well all the same; but it is not the run that was stopped.",
                right=True,
            ),
            Option(
                "The same run, since the weights are what is learned.",
                "The weights are the result. Where the run was going depends on moments, schedule "
                "and place in the data too.",
            ),
            Option(
                "An error.",
                "Nothing complains, which is why it is worth knowing.",
            ),
        ],
    ),
    Question(
        "Four micro-batches of 16 rows make one step. How does this differ from one batch of 64?",
        [
            Option(
                "In memory and time; in the step hardly.",
                "Only one micro-batch's activations are held at a time. The gradients agree to "
                "rounding, if all hide equally many tokens.",
                right=True,
            ),
            Option(
                "It makes four steps instead of one.",
                "The weights move once, after the fourth.",
            ),
            Option(
                "The gradient is four times as large.",
                "Each loss is divided by four before its gradient is added.",
            ),
        ],
    ),
]
