"""Lesson 10, tuning: what is tuned, fresh models, log axes, seeds, and a test set that stays out of it."""

import math

from bertlab.teaching.bank import Exercise, Misconception, Option, Question, Wrong

# ---- 10-sort-out: weights, hyperparameters, neither

_THINGS = (
    "the query matrix of layer 2",
    "the learning rate",
    "the new layer's bias",
    "the number of epochs",
    "the vector of “ferry” in the embedding table",
    "the share of dropout",
    "the scale of a LayerNorm",
    "AdamW's running mean of a gradient",
    "the validation accuracy",
    "the batch size",
)
_SORTED = "WHWHWHWNNH"


def _letters(answer) -> str:
    return "".join(letter for letter in str(answer).upper() if letter in "WHN")


def _check_sorting(answer) -> None:
    letters = _letters(answer)
    if len(letters) != len(_SORTED):
        raise Wrong(f"The answer has {len(letters)} letters; wanted are ten, each W, H or N.")
    wrong = [t for t, a, b in zip(_THINGS, letters, _SORTED, strict=True) if a != b]
    if wrong:
        raise Wrong(f"Think again about: {'; '.join(wrong)}.")


def _sorted_as(letters: str):
    return lambda answer: _letters(answer) == letters


# ---- 10-repair: a new model for every rate


class Toy:
    """A model of one number, for probes."""

    def __init__(self):
        self.weight = 1.0

    def __repr__(self) -> str:
        return f"Toy(weight={self.weight:g})"


def train_toy(model: Toy, rate: float) -> float:
    """Changes the model in place, as training does, and returns its score."""
    model.weight -= rate * model.weight
    return round(model.weight, 6)


def compare_rates(make_model, train, rates):
    """{rate: score}, each rate on a model of its own."""
    return {rate: train(make_model(), rate) for rate in rates}


def _compare_with_a_loop(make_model, train, rates):
    scores = {}
    for rate in rates:
        model = make_model()
        scores[rate] = train(model, rate)
    return scores


def _one_model(make_model, train, rates):
    model = make_model()
    return {rate: train(model, rate) for rate in rates}


def _an_alias(make_model, train, rates):
    start, scores = make_model(), {}
    for rate in sorted(rates):
        model = start
        scores[rate] = train(model, rate)
    return scores


def _only_the_best(make_model, train, rates):
    scores = compare_rates(make_model, train, rates)
    return max(scores, key=scores.get) if scores else None


def _goes_on_from_the_best(make_model, train, rates):
    scores, best = {}, make_model()
    for rate in rates:
        model = Toy()
        model.weight = best.weight
        scores[rate] = train(model, rate)
        if model.weight > best.weight or len(scores) == 1:
            best = model
    return scores


def _twice(make_model, train, rates):
    scores = {}
    for rate in rates:
        model = make_model()
        train(model, rate)
        scores[rate] = train(model, rate)
    return scores


# ---- 10-log-uniform: evenly on a log axis


def log_uniform(u, low, high):
    """The rate at the share `u` of the way from `low` to `high` on a log axis."""
    return low * (high / low) ** u


def _by_exponent(u, low, high):
    a, b = math.log10(low), math.log10(high)
    return 10 ** (a + u * (b - a))


def _linear(u, low, high):
    return low + u * (high - low)


def _two_bases(u, low, high):
    a, b = math.log10(low), math.log10(high)
    return math.exp(a + u * (b - a))


def _whole_powers(u, low, high):
    a, b = math.log10(low), math.log10(high)
    return 10.0 ** round(a + u * (b - a))


def _only_the_exponent(u, low, high):
    a, b = math.log10(low), math.log10(high)
    return a + u * (b - a)


def _downwards(u, low, high):
    return high * (low / high) ** u


# ---- 10-better: is the gain more than noise?


def is_better(ours, theirs, t):
    """Whether the 95 % interval of the mean difference, seed by seed, lies above 0."""
    gains = [a - b for a, b in zip(ours, theirs, strict=True)]
    n = len(gains)
    mean = sum(gains) / n
    deviation = (sum((gain - mean) ** 2 for gain in gains) / (n - 1)) ** 0.5
    return mean - t * deviation / n**0.5 > 0


def _is_better_with_statistics(ours, theirs, t):
    from statistics import mean, stdev

    gains = [a - b for a, b in zip(ours, theirs, strict=True)]
    return mean(gains) > t * stdev(gains) / math.sqrt(len(gains))


def _by_means(ours, theirs, t):
    return sum(ours) / len(ours) > sum(theirs) / len(theirs)


def _by_the_best_seed(ours, theirs, t):
    return max(ours) > max(theirs)


def _without_root(ours, theirs, t):
    from statistics import mean, stdev

    gains = [a - b for a, b in zip(ours, theirs, strict=True)]
    return mean(gains) > t * stdev(gains)


def _as_if_n_were_known(ours, theirs, t):
    from statistics import mean, pstdev

    gains = [a - b for a, b in zip(ours, theirs, strict=True)]
    return mean(gains) > t * pstdev(gains) / math.sqrt(len(gains))


def _apart(ours, theirs, t):
    from statistics import mean, stdev

    def reach(values):
        return t * stdev(values) / math.sqrt(len(values))

    return mean(ours) - reach(ours) > mean(theirs) + reach(theirs)


_BETTER_PROBES = [
    ([0.80, 0.82, 0.79], [0.78, 0.80, 0.77], 4.303),
    ([0.80, 0.84, 0.76], [0.79, 0.82, 0.75], 4.303),
    ([0.90, 0.70, 0.80], [0.70, 0.75, 0.74], 4.303),
    ([0.81, 0.80, 0.80, 0.83], [0.79, 0.80, 0.78, 0.80], 3.182),
    ([0.81, 0.80, 0.80, 0.822], [0.79, 0.79, 0.80, 0.80], 3.182),
    ([0.70, 0.71, 0.72], [0.73, 0.74, 0.75], 4.303),
    ([0.90, 0.60, 0.75, 0.80, 0.70], [0.89, 0.58, 0.74, 0.78, 0.69], 2.776),
    ([0.92, 0.50, 0.51, 0.50], [0.65, 0.66, 0.64, 0.67], 3.182),
    ([0.70, 0.80, 0.60], [0.82, 0.60, 0.60], 4.303),
]


# ---- 10-report: choose on one set, report on the other


def report(scores):
    """The test score of whoever is best on validation; `scores` is name → (validation, test)."""
    return max(scores.values(), key=lambda pair: pair[0])[1]


def _report_by_name(scores):
    winner, highest = None, -1.0
    for name, (validation, _) in scores.items():
        if validation > highest:
            winner, highest = name, validation
    return scores[winner][1]


def _best_test(scores):
    return max(test for _, test in scores.values())


def _winners_validation(scores):
    return max(validation for validation, _ in scores.values())


def _mean_test(scores):
    return sum(test for _, test in scores.values()) / len(scores)


def _both_averaged(scores):
    return max(scores.values(), key=lambda pair: sum(pair))[1]


def _mean_of_winner(scores):
    return sum(max(scores.values(), key=lambda pair: pair[0])) / 2


EXERCISES = [
    Exercise(
        id="10-sort-out",
        title="What is what",
        task="Write one letter for each of the ten, in a row: `W` for what fine-tuning changes in the model, "
        "`H` for what you set before it, `N` for neither. Set `answer` to a string of ten letters.\n\n"
        + "\n".join(f"{number}. {thing}" for number, thing in enumerate(_THINGS, 1)),
        kind="value",
        reference=_SORTED,
        alternatives=["whwhw hwnnh", "W H W H W H W N N H"],
        check=_check_sorting,
        misconceptions=[
            Misconception(
                "whatever changes in training is a weight",
                "WHWHWHWWNH",
                "AdamW's running means change at every step, but they are the optimizer's notes, not part "
                "of the model: the saved model is complete without them.",
                matches=_sorted_as("WHWHWHWWNH"),
            ),
            Misconception(
                "the learning rate is learned",
                "WWWHWHWNNH",
                "The rate moves along a schedule that you fixed beforehand. No gradient ever touches it.",
                matches=_sorted_as("WWWHWHWNNH"),
            ),
            Misconception(
                "embeddings are a fixed dictionary",
                "WHWHNHWNNH",
                "The embedding table is a matrix like any other: it has a gradient, and fine-tuning moves it.",
                matches=_sorted_as("WHWHNHWNNH"),
            ),
            Misconception(
                "a LayerNorm only computes",
                "WHWHWHHNNH",
                "A LayerNorm subtracts and divides, and then multiplies by a learned scale, one number a "
                "dimension. You never set it.",
                matches=_sorted_as("WHWHWHHNNH"),
            ),
            Misconception(
                "a result is a hyperparameter",
                "WHWHWHWNHH",
                "The validation accuracy is what comes out. It is what you compare configs *by*.",
                matches=_sorted_as("WHWHWHWNHH"),
            ),
        ],
        hints=[
            "Ask of each: does a gradient change it? Would you have to type it before the run?",
            "Four are weights and four are hyperparameters.",
            "Neither: what the optimizer remembers, and what is measured.",
        ],
        solution="Weights have gradients; hyperparameters are typed before the run and stay as they are.",
        difficulty="easy",
        minutes=4,
    ),
    Exercise(
        id="10-repair",
        title="Repair the loop",
        task="""
            Write `compare_rates(make_model, train, rates)`. `make_model()` returns a model as it is before any
            training; `train(model, rate)` trains it *in place* and returns its score. Return a dict, rate →
            score, in which no score depends on the other rates.
        """,
        kind="function",
        reference=compare_rates,
        alternatives=[_compare_with_a_loop],
        probes=[
            (Toy, train_toy, [0.1]),
            (Toy, train_toy, [0.5, 0.1]),
            (Toy, train_toy, [0.1, 0.5, 0.9]),
            (Toy, train_toy, [-0.2, 0.3, 0.1]),
            (Toy, train_toy, []),
        ],
        misconceptions=[
            Misconception(
                "one model for all",
                _one_model,
                "Your model is made once, before the loop: each rate goes on from what the one before it "
                "has left. That is the notes' fault itself.",
            ),
            Misconception(
                "a second name is a copy",
                _an_alias,
                "`model = start` gives the same object a second name. Training one trains the other.",
            ),
            Misconception(
                "returning only the winner",
                _only_the_best,
                "You return the best rate. Wanted is the score of each, so that one can see by how much.",
            ),
            Misconception(
                "going on from the best so far",
                _goes_on_from_the_best,
                "You start each rate from the best model so far. A late rate then profits from an early "
                "one, and the comparison depends on the order again.",
            ),
            Misconception(
                "training twice",
                _twice,
                "Each rate trains its model two times. `train` already returns the score.",
            ),
        ],
        hints=[
            "How often must `make_model` be called?",
            "Once for each rate: inside the loop.",
            "`{rate: train(make_model(), rate) for rate in rates}`",
        ],
        solution="One line moved into the loop. Nothing else about the notes' loop was wrong but its rates.",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="10-grid-runs",
        title="The price of a grid",
        task="""
            The paper's grid (appendix A.3) has batch sizes 16 and 32; learning rates 5e-5, 3e-5 and 2e-5; and 2, 3
            or 4 epochs. How many *trainings* are it, if every combination is to be run with five seeds?
            Set `answer`.
        """,
        kind="value",
        reference=90,
        alternatives=[90.0],
        misconceptions=[
            Misconception(
                "adding the choices up",
                40,
                "2 + 3 + 3 = 8, times five. But every batch size meets every rate and every number of "
                "epochs: the choices multiply.",
                matches=lambda answer: answer in (8, 40),
            ),
            Misconception(
                "forgetting the seeds",
                18,
                "18 is right for the combinations. Each is to be trained with five seeds.",
            ),
            Misconception(
                "adding the seeds",
                23,
                "Five seeds are not five runs more: they are five runs for each combination.",
            ),
            Misconception(
                "counting the epochs as runs",
                270,
                "A run of four epochs is one training. (True, a run of four also passes through two and three, "
                "but its rate falls more slowly: it is another run.)",
                matches=lambda answer: answer in (54, 270),
            ),
        ],
        hints=[
            "Every combination means: the numbers of choices multiply.",
            "2 · 3 · 3 combinations.",
            "18 combinations, five trainings each.",
        ],
        solution="2 · 3 · 3 · 5 = 90. One hyperparameter more with three values, and it is 270: that is why "
        "people draw instead of listing.",
        difficulty="easy",
        minutes=2,
    ),
    Exercise(
        id="10-log-uniform",
        title="Evenly on a log axis",
        task="""
            Write `log_uniform(u, low, high)`: `u` is a random number from 0 to 1; return the rate that lies at
            the share `u` of the way from `low` to `high` *on a log axis*. So `log_uniform(0.5, 1e-5, 1e-3)` is
            1e-4.
        """,
        kind="function",
        reference=log_uniform,
        alternatives=[_by_exponent],
        probes=[
            (0.0, 1e-5, 1e-2),
            (1.0, 1e-5, 1e-2),
            (0.5, 1e-5, 1e-3),
            (0.25, 1e-6, 1e-2),
            (0.3, 2e-5, 5e-3),
            (0.9, 1e-4, 1e-1),
        ],
        misconceptions=[
            Misconception(
                "evenly on the plain axis",
                _linear,
                "That is even on the plain axis: nine in ten of the draws have the largest power of ten.",
            ),
            Misconception(
                "two bases at once",
                _two_bases,
                "You take logarithms to base 10 and undo them with `exp`, which has base e.",
            ),
            Misconception(
                "powers of ten only",
                _whole_powers,
                "You round to whole powers of ten: that is a grid again, not a draw.",
            ),
            Misconception(
                "stopping at the exponent",
                _only_the_exponent,
                "You return the exponent, a number such as -4. The rate is 10 to that power.",
            ),
            Misconception(
                "from the top",
                _downwards,
                "Evenly spaced, but `u = 0` gives `high`. It should give `low`.",
            ),
        ],
        hints=[
            "On a log axis equal steps multiply.",
            "From `low` to `high` the rate is multiplied by `high / low`; at the share `u`, by a power of it.",
            "`low * (high / low) ** u`",
        ],
        solution="Optuna's `FloatDistribution(low, high, log=True)` draws like this.",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="10-better",
        title="Better, or luck?",
        task="""
            `ours` and `theirs` are scores of two configs, with the same seeds in the same order. Write
            `is_better(ours, theirs, t)`: True if the 95 % interval of the *mean difference*, seed by seed, lies
            above 0 as a whole. The interval reaches `t · s / √n` to either side of the mean, where `s` is the
            sample's deviation (divided by n − 1) and `t` is given.
        """,
        kind="function",
        reference=is_better,
        alternatives=[_is_better_with_statistics],
        probes=_BETTER_PROBES,
        misconceptions=[
            Misconception(
                "comparing means",
                _by_means,
                "One mean is always higher. The question is whether it would be, with other seeds.",
            ),
            Misconception(
                "comparing the best seeds",
                _by_the_best_seed,
                "The best of several seeds says how lucky the luckiest was.",
            ),
            Misconception(
                "the spread of one run for that of a mean",
                _without_root,
                "You left out √n: a mean over n seeds scatters less than a single seed.",
            ),
            Misconception(
                "dividing by n",
                _as_if_n_were_known,
                "Your deviation divides by n. With a mean taken from the same few numbers that is too small: "
                "n − 1.",
            ),
            Misconception(
                "two intervals that must not overlap",
                _apart,
                "You compare two separate intervals. The seeds are the same, so take the differences first: much "
                "of the scatter is common to both and falls away.",
            ),
        ],
        hints=[
            "Begin with the differences, seed by seed.",
            "Mean and deviation of the *differences*.",
            "True if the mean is greater than `t * s / n ** 0.5`.",
        ],
        solution="`Spread.of(differences).low > 0` says the same. False does not mean equal; it means: cannot be told "
        "from so few seeds.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="10-report",
        title="What goes into the report",
        task="""
            `scores` is a dict, name → (validation score, test score), of all configs that you tried. Write
            `report(scores)`: the one number that may stand in your report as the accuracy of the config that
            you chose.
        """,
        kind="function",
        reference=report,
        alternatives=[_report_by_name],
        probes=[
            ({"a": (0.80, 0.77), "b": (0.78, 0.79)},),
            ({"a": (0.70, 0.90), "b": (0.75, 0.60), "c": (0.74, 0.72)},),
            ({"a": (0.60, 0.65)},),
            ({"a": (0.81, 0.80), "b": (0.90, 0.78), "c": (0.85, 0.84)},),
        ],
        misconceptions=[
            Misconception(
                "the best test score",
                _best_test,
                "That lets the test set choose. Its best of several is too high for new data.",
            ),
            Misconception(
                "the score it was chosen by",
                _winners_validation,
                "The winner's validation score is the highest of several, partly by luck. The test score was not "
                "looked at in choosing, so it is not inflated.",
            ),
            Misconception(
                "the mean of all",
                _mean_test,
                "That is the accuracy of a config picked blindly. You picked one by validation.",
            ),
            Misconception(
                "letting the test have a say",
                _both_averaged,
                "You choose by both together. As soon as the test score has a say in the choice, it is "
                "no test any more.",
            ),
            Misconception(
                "averaging the winner's two scores",
                _mean_of_winner,
                "Half of that average is the inflated validation score.",
            ),
        ],
        hints=[
            "Two steps, two columns.",
            "The first column chooses.",
            "The second column of the winner is the report.",
        ],
        solution="Choose by validation, report the test. In that order, and once.",
        difficulty="easy",
        minutes=4,
    ),
]

RECAP = [
    Question(
        "Somebody fine-tunes for ten epochs instead of three. What is this?",
        [
            Option(
                "Fine-tuning in both cases; choosing ten over three is hyperparameter tuning.",
                "The number of epochs is in the config. The training that follows changes weights.",
                right=True,
            ),
            Option(
                "Hyperparameter tuning: more training is more tuning.",
                "However long it runs, a training changes weights only. The config is what it was.",
            ),
            Option(
                "Pre-training, since the model sees more text.",
                "It sees the same labelled examples more often. Pre-training is the games of lesson 06 on "
                "plain text.",
            ),
        ],
    ),
    Question(
        "A loop tries three rates on one model. Which of the scores can you use?",
        [
            Option(
                "The last one: it has been trained longest.",
                "It stands on two trainings at other rates. Were one of these too hot, nothing may be left.",
            ),
            Option(
                "All three, if the order goes from low to high.",
                "No order makes it fair: a later rate always inherits the earlier ones.",
            ),
            Option(
                "The first one only.",
                "The first rate began from the pre-trained weights. The others began from what was left of it.",
                right=True,
            ),
        ],
    ),
    Question(
        "Why search the learning rate on a log axis?",
        [
            Option(
                "Because Optuna cannot draw from a plain axis.",
                "It can: that is what `log=False` does, and for dropout it is right.",
            ),
            Option(
                "Because what counts is its order of magnitude.",
                "The step from 1e-5 to 1e-4 matters as much as that from 1e-3 to 1e-2. A plain axis would "
                "spend nearly all draws on the hottest power of ten.",
                right=True,
            ),
            Option(
                "Because small rates train faster.",
                "A small rate makes small steps. Each step takes as long as any other.",
            ),
        ],
    ),
    Question(
        "A study's winner beats your default by one point, with one seed each. What next?",
        [
            Option(
                "Take the winner: a point is a point.",
                "Train it with another seed and the point may be gone.",
            ),
            Option(
                "Ask the test set which of the two is better.",
                "Then the test set has chosen, and its score is no honest report any more.",
            ),
            Option(
                "Run both with several seeds and look at the differences.",
                "A point is well within what a seed alone may do. The winner was also picked for being high.",
                right=True,
            ),
        ],
    ),
    Question(
        "A study of 20 trials is killed in the 12th. What does resuming cost?",
        [
            Option(
                "All twelve: the sampler's memory is gone.",
                "Here each draw depends on the seed and the stored trials only, so nothing in the dead process "
                "is missed.",
            ),
            Option(
                "The epochs of the 12th trial.",
                "Eleven trials stand in the file. The half one is marked, and its config runs again from the "
                "start.",
                right=True,
            ),
            Option(
                "Nothing: the 12th goes on from its last epoch.",
                "The study stores scores, not weights. (`finetune` with an output folder would.)",
            ),
        ],
    ),
]
