"""Lesson 12, the capstone: leaks, how many test texts, slices, and a project of one's own."""

from bertlab.teaching.bank import Exercise, Misconception, Option, Question, Wrong

# ---- 12-leaks: which test texts were seen


def leaked(train, test):
    """Test texts whose words or whose group were seen in training; rows are (text, group)."""
    key = lambda text: " ".join(text.lower().split())  # noqa: E731
    texts = {key(text) for text, _ in train}
    groups = {group for _, group in train if group}
    return sum(key(text) in texts or group in groups for text, group in test)


def _leaked_by_loops(train, test):
    count = 0
    for text, group in test:
        for other, family in train:
            if text.lower().split() == other.lower().split() or (group and group == family):
                count += 1
                break
    return count


def _leaked_exact(train, test):
    texts = {text for text, _ in train}
    groups = {group for _, group in train if group}
    return sum(text in texts or group in groups for text, group in test)


def _leaked_texts_only(train, test):
    texts = {" ".join(text.lower().split()) for text, _ in train}
    return sum(" ".join(text.lower().split()) in texts for text, _ in test)


def _leaked_empty_group(train, test):
    texts = {" ".join(text.lower().split()) for text, _ in train}
    groups = {group for _, group in train}
    return sum(" ".join(text.lower().split()) in texts or group in groups for text, group in test)


def _leaked_pairs(train, test):
    return sum(
        text.lower().split() == other.lower().split() or bool(group and group == family)
        for text, group in test
        for other, family in train
    )


def _leaked_train_rows(train, test):
    return leaked(test, train)


_LEAK_PROBES = [
    ([("a b", "x")], [("c", "y"), ("d", "z")]),
    ([("A b", "x"), ("c", "y")], [("a  B", "z"), ("c", "w"), ("d", "v")]),
    ([("a", "x"), ("b", "x"), ("c", "")], [("d", "x"), ("e", "x"), ("f", "y")]),
    ([("a", ""), ("b", "x")], [("c", ""), ("d", ""), ("b", "")]),
    ([("a", "x"), ("A", "x"), ("a ", "x")], [("a", "y")]),
    ([], [("a", "x")]),
]


# ---- 12-slices: each row in the slice of each of its tags


def by_tag(right, tags):
    """{tag: (right rows, rows)}; a row counts in the slice of each of its tags."""
    found = {}
    for good, names in zip(right, tags, strict=True):
        for name in set(names):
            hits, rows = found.get(name, (0, 0))
            found[name] = (hits + bool(good), rows + 1)
    return found


def _by_tag_in_turn(right, tags):
    every = {name for names in tags for name in names}
    return {
        name: (
            sum(bool(good) for good, names in zip(right, tags, strict=True) if name in names),
            sum(name in names for names in tags),
        )
        for name in every
    }


def _by_tag_first_only(right, tags):
    return by_tag(right, [names[:1] for names in tags])


def _by_tag_of_all(right, tags):
    return {name: (hits, len(right)) for name, (hits, _) in by_tag(right, tags).items()}


def _by_tag_untagged_too(right, tags):
    return by_tag(right, [names or ["none"] for names in tags])


def _by_tag_wrong_ones(right, tags):
    return {name: (rows - hits, rows) for name, (hits, rows) in by_tag(right, tags).items()}


def _by_tag_twice(right, tags):
    found = {}
    for good, names in zip(right, tags, strict=True):
        for name in names:
            hits, rows = found.get(name, (0, 0))
            found[name] = (hits + bool(good), rows + 1)
    return found


_SLICE_PROBES = [
    ([True, False, True], [["irony"], ["irony"], ["contrast"]]),
    ([True, False, False], [["irony", "contrast"], ["contrast", "irony"], ["mixed"]]),
    ([True, True, False], [[], ["mixed"], []]),
    ([True, False], [["mixed", "mixed"], ["mixed"]]),
    ([], []),
]


# ---- 12-project: the milestones of a project of one's own

_FACTS = {
    "texts": 2200,
    "classes": 2,
    "leaked": 0,
    "majority": 0.51,
    "baseline": 0.72,
    "model": 0.76,
    "interval": (0.72, 0.80),
    "chosen on": "validation",
    "looks at the test": 1,
    "limits": 3,
}


def _project(answer) -> None:
    if not isinstance(answer, dict):
        raise Wrong("Give the facts of your project as a dict; the cell above shows its keys.")
    missing = [name for name in _FACTS if answer.get(name, ...) is ...]
    if missing:
        raise Wrong(f"Not there yet: {', '.join(missing)}.")
    low, high = answer["interval"]
    for failed, name, message in (
        (
            answer["leaked"] > 0,
            "a leak left in",
            "Test texts were seen in training, so every later figure flatters. Split with "
            "`split_table` and count again with `leaks`.",
        ),
        (
            answer["chosen on"] != "validation",
            "choosing on the test set",
            "Whatever chose the config has seen the answers. Choose on validation; the test is for "
            "the model that is already chosen.",
        ),
        (
            answer["looks at the test"] != 1,
            "looking at the test more than once",
            "The second look can steer. If you must change the model now, new test texts are due.",
        ),
        (
            answer["baseline"] < answer["majority"],
            "a baseline below the majority",
            "It does worse than always giving the commonest class: something in it is broken, "
            "often labels that lost their rows.",
        ),
        (
            not low <= answer["model"] <= high,
            "an interval of something else",
            "The model's accuracy lies outside its own interval. `results.overall()` has both.",
        ),
        (
            answer["model"] > 0.995,
            "believing what is too good",
            "Hardly any text is wrong. Look for the label in the text, in a column you kept, or in "
            "the order of the rows before you celebrate.",
        ),
        (
            high - low > 0.2,
            "a test too small to say",
            "The interval is wider than 20 points: two models would have to differ enormously to be "
            "told apart. Collect more test texts.",
        ),
        (
            answer["limits"] < 2,
            "a card without limits",
            "A card that names no limit of its own was not finished. Whose texts are these, from "
            "when, who labelled them, where should nobody use this?",
        ),
    ):
        if failed:
            raise Wrong(message, misconception=name)


def _but(**changes) -> dict:
    return _FACTS | {name.replace("_", " "): value for name, value in changes.items()}


_PROJECT_WRONGS = {
    "a leak left in": _but(leaked=12),
    "choosing on the test set": _but(chosen_on="test"),
    "looking at the test more than once": _but(looks_at_the_test=4),
    "a baseline below the majority": _but(baseline=0.4),
    "an interval of something else": _but(model=0.85),
    "believing what is too good": _but(model=0.999, interval=(0.99, 1.0)),
    "a test too small to say": _but(interval=(0.6, 0.9)),
    "a card without limits": _but(limits=0),
}


def _told(name: str) -> str:
    try:
        _project(_PROJECT_WRONGS[name])
    except Wrong as found:
        return found.message
    raise AssertionError(name)


EXERCISES = [
    Exercise(
        id="12-leaks",
        title="Count the leaks",
        task="""
            Write `leaked(train, test)`: how many *test* rows were seen in training. Both are lists of
            `(text, group)`. A row is seen if a training row has the same words in the same order
            (whatever the case and the white space), or the same group. An empty group `""` means
            unknown: it never counts as the same.
        """,
        kind="function",
        reference=leaked,
        alternatives=[_leaked_by_loops],
        probes=_LEAK_PROBES,
        misconceptions=[
            Misconception(
                "copies are letter by letter the same",
                _leaked_exact,
                "A copy with another case or a double space slips through. Compare what is left after "
                "`lower()` and `split()`.",
            ),
            Misconception(
                "only texts leak",
                _leaked_texts_only,
                "Two reviews of one product are two texts and one leak: the group counts as well.",
            ),
            Misconception(
                "unknown is a group",
                _leaked_empty_group,
                'Rows without a group have nothing in common. `"" == ""` is true in Python and false '
                "in meaning.",
            ),
            Misconception(
                "counting pairs",
                _leaked_pairs,
                "You count every pair of a test and a training row. A test row is seen or not, once.",
            ),
            Misconception(
                "counting training rows",
                _leaked_train_rows,
                "You count training rows with a twin in the test. What flatters is the share of *test* "
                "rows that were seen.",
            ),
        ],
        hints=[
            "Two sets made from the training rows, then one pass over the test rows.",
            "A key for a text: `' '.join(text.lower().split())`. Leave the empty group out of its set.",
            "`sum(key(text) in texts or group in groups for text, group in test)`",
        ],
        solution="Sets make it one pass each; the loops inside loops give the same answer a few "
        "thousand times slower.",
        difficulty="medium",
        minutes=10,
    ),
    Exercise(
        id="12-how-many",
        title="How many test texts?",
        task="""
            A classifier is right about 80 % of the time. How many test texts do you need so that its
            accuracy is known to two points either way (95 %)? Use 1.96 · √(p · (1 − p) / n). Set `answer`;
            anything within 3 % is right.
        """,
        kind="value",
        reference=1536.64,
        alternatives=[1537, 1540.0],
        tolerance=0.03,
        misconceptions=[
            Misconception(
                "the full width",
                384,
                "Two points *either way* is an interval four points wide, so 1.96 · √(…/n) is 0.02, "
                "not 0.04.",
                matches=lambda answer: 375 <= answer <= 390,
            ),
            Misconception(
                "one standard error",
                400,
                "You left out the 1.96: one standard error holds 68 % of the time.",
                matches=lambda answer: 395 <= answer <= 405,
            ),
            Misconception(
                "forgetting the square",
                39,
                "The root belongs to n too: halving the interval takes four times the texts.",
                matches=lambda answer: 30 <= answer <= 50,
            ),
            Misconception(
                "the worst case",
                2401,
                "That is for a classifier that is right half of the time, where the interval is widest.",
                matches=lambda answer: 2330 <= answer <= 2470,
            ),
        ],
        hints=[
            "Set 1.96 · √(0.8 · 0.2 / n) equal to 0.02 and solve for n.",
            "n = 1.96² · 0.8 · 0.2 / 0.02²",
            "`1.96**2 * 0.16 / 0.0004`",
        ],
        solution="1.96² · 0.16 / 0.0004 ≈ 1,537. Our test side has fewer than a third of that, so two "
        "points between two models are not much to go by.",
        solution_source="answer = 1.96**2 * 0.8 * 0.2 / 0.02**2",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="12-slices",
        title="Accuracy by tag",
        task="""
            Write `by_tag(right, tags)`. `right` is a list of True and False, one a row; `tags` a list of
            lists of names, one a row, perhaps empty. Return a dict from each tag to the pair
            `(right rows, rows)` that carry it. A row with two tags counts in both; a tag named twice
            in one row counts once; rows without a tag count nowhere.
        """,
        kind="function",
        reference=by_tag,
        alternatives=[_by_tag_in_turn],
        probes=_SLICE_PROBES,
        misconceptions=[
            Misconception(
                "a row has one tag",
                _by_tag_first_only,
                "Only the first tag of a row counts with you. Slices may overlap.",
            ),
            Misconception(
                "a slice of all rows",
                _by_tag_of_all,
                "You divide by all rows. A slice's accuracy is a share of the *slice*.",
            ),
            Misconception(
                "no tag is a tag",
                _by_tag_untagged_too,
                "Rows without a tag make a slice of their own with you. It may be worth a look, but it "
                "was not asked for.",
            ),
            Misconception(
                "counting mistakes",
                _by_tag_wrong_ones,
                "These are the wrong rows. The pair wants the right ones.",
            ),
            Misconception(
                "a row twice in one slice",
                _by_tag_twice,
                "A tag that is named twice in a row counts its row twice.",
            ),
        ],
        hints=[
            "Go through rows and tags together; keep two counts for each tag.",
            "`set(names)` names each tag once.",
            "`hits, rows = found.get(name, (0, 0))`, then store both, raised.",
        ],
        solution="Keep the count beside the share: 3 of 4 and 300 of 400 are both 75 %, and only one of "
        "them says anything.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="12-project",
        title="Your own classifier",
        task="""
            Take the lesson through once more with a file of your own, milestone by milestone. When the
            card is written, put its facts into `answer` (the cell above fills most of them in), and let
            this check go through it as a reviewer would.
        """,
        kind="value",
        reference=_FACTS,
        alternatives=[
            _but(
                texts=640, classes=5, majority=0.3, baseline=0.3, model=0.61, interval=(0.55, 0.67)
            )
        ],
        check=_project,
        misconceptions=[
            Misconception(name, wrong, _told(name)) for name, wrong in _PROJECT_WRONGS.items()
        ],
        hints=[
            "Change `MINE` at the top, run up to section 4, and read the report before you go on.",
            "The order of work is the order of sections: read, split, baseline, model, analysis, card.",
            "`{'texts': len(table), 'leaked': sum(leaks(…).values()), …}`, as in the cell above.",
        ],
        solution="There is no one solution. A project is done when a stranger could repeat it from its "
        "card and would not be surprised by what the model does.",
        solution_source="# yours",
        difficulty="hard",
        minutes=90,
    ),
]

RECAP = [
    Question(
        "A test accuracy jumps by ten points after you added a second source of texts. First thought?",
        [
            Option(
                "Count texts and groups that are now on two sides.",
                "Two sources often hold the same texts, and a copy in training is an answer sheet.",
                right=True,
            ),
            Option(
                "More data helped.",
                "Perhaps. But a leak looks just the same, and counting takes a second.",
            ),
            Option(
                "Tune again to gain more.",
                "On a test that leaks, tuning finds whatever uses the leak best.",
            ),
        ],
    ),
    Question(
        "When does splitting by product (or author, or patient) matter?",
        [
            Option(
                "Always do it; how much it changes depends on what the group tells about the label.",
                "Where the group says nothing of the label, a random split flatters little. You know "
                "that only after measuring it.",
                right=True,
            ),
            Option(
                "Never: only copies of a text leak.",
                "A model can recognise the product and give the answer that its other reviews had.",
            ),
            Option(
                "It always costs ten points.",
                "It costs what the leak was worth, which may be nothing at all.",
            ),
        ],
    ),
    Question(
        "Slice 'irony' has 8 of 14 right, the rest 75 %. What do you write in the card?",
        [
            Option(
                "The share with its interval, and that the slice is too small to tell.",
                "8 of 14 is anything from a third to four fifths. Say so, and collect more.",
                right=True,
            ),
            Option(
                "The model fails at irony.",
                "It may. Fourteen texts cannot tell that from bad luck.",
            ),
            Option(
                "Nothing: too few texts.",
                "Leaving it out hides that nobody has looked. The limit belongs in the card.",
            ),
        ],
    ),
    Question(
        "A fine-tuned model says 97 % and is right four times in five where it does. What repairs that?",
        [
            Option(
                "A temperature found on validation texts.",
                "One number cools the logits; no answer changes, only how sure it sounds.",
                right=True,
            ),
            Option(
                "More epochs.",
                "Longer training makes it surer still, right or wrong.",
            ),
            Option(
                "Taking 97 % off the screen.",
                "Then nobody can choose to ask a human where the model is unsure.",
            ),
        ],
    ),
    Question(
        "Two models differ by two points on 440 test texts. Which statement is fair?",
        [
            Option(
                "Look at the texts that only one of them has right; they decide.",
                "On most texts both agree. McNemar's test asks how lopsided the others are.",
                right=True,
            ),
            Option(
                "The better one is better: numbers do not lie.",
                "Another draw of test texts may turn it round. The interval says how easily.",
            ),
            Option(
                "They are equal, since their intervals overlap.",
                "Overlap does not mean equal: on the same texts the comparison is sharper than that.",
            ),
        ],
    ),
]
