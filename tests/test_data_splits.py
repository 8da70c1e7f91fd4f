"""Splits: nothing on two sides, shares kept, and a clear line where that cannot be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertlab.data.splits import SIDES, leaks, normalised, split_table
from bertlab.data.tables import Table
from bertlab.errors import BertlabError


def make(labels, texts=None, groups=None, classes=None):
    rows = len(labels)
    return Table(
        source="made.csv",
        texts=tuple(texts or (f"text {row}" for row in range(rows))),
        labels=np.array(labels),
        classes=classes or tuple("abcdefgh"[: max(labels) + 1]),
        groups=None if groups is None else tuple(groups),
        lines=np.arange(2, rows + 2),
    )


def seeded(seed=0):
    return np.random.default_rng(seed)


def test_every_row_is_on_one_side_in_the_wanted_shares():
    table = make([0] * 300 + [1] * 100)
    split = split_table(table, seeded())
    rows = np.concatenate([split.train, split.validation, split.test])
    assert sorted(rows.tolist()) == list(range(400))
    assert [list(split.part(side).counts().values()) for side in SIDES] == [
        [210, 70],
        [30, 10],
        [60, 20],
    ]


def test_the_same_generator_state_gives_the_same_split():
    table = make([0, 1] * 50, groups=[str(row // 4) for row in range(100)])
    one, two, other = (split_table(table, seeded(seed)) for seed in (3, 3, 4))
    assert one.test.tolist() == two.test.tolist() != other.test.tolist()


def test_a_group_is_on_one_side():
    table = make([row % 2 for row in range(200)], groups=[f"g{row // 7}" for row in range(200)])
    split = split_table(table, seeded())
    for one, two in [("train", "test"), ("train", "validation"), ("validation", "test")]:
        assert leaks(table, getattr(split, one), getattr(split, two)) == {"texts": 0, "groups": 0}
    assert abs(len(split.test) - 40) <= 7 and abs(len(split.validation) - 20) <= 7


def test_rows_without_a_group_are_free():
    table = make([0, 1] * 30, groups=[""] * 60)
    split = split_table(table, seeded())
    assert [len(split.train), len(split.validation), len(split.test)] == [42, 6, 12]
    assert leaks(table, split.train, split.test)["groups"] == 0


def test_copies_share_a_side_and_are_told():
    texts = [f"Text number {row}" for row in range(60)]
    texts[20], texts[40] = "TEXT  number – 0!", "text number 0"
    table = make([0, 1] * 30, texts)
    split = split_table(table, seeded())
    side = {row: name for name in SIDES for row in getattr(split, name).tolist()}
    assert side[0] == side[20] == side[40]
    assert (
        str(split.notes[0])
        == "copies of another text, on the same side as it: 2 rows (lines 22, 42)"
    )
    assert len(split.notes) == 1


def test_copies_that_contradict_each_other_are_told():
    table = make([0, 1] * 30, ["same"] * 2 + [f"t{row}" for row in range(58)])
    notes = [str(note) for note in split_table(table, seeded()).notes]
    assert (
        "copies with another label than the first: a limit to any accuracy: 1 row (line 3)" in notes
    )


def test_a_copy_joins_two_groups():
    texts = [f"t{row}" for row in range(90)]
    texts[0] = texts[89]
    groups = [f"g{row // 3}" for row in range(90)]
    for seed in range(5):
        split = split_table(make([0, 1] * 45, texts, groups), seeded(seed))
        side = {row: name for name in SIDES for row in getattr(split, name).tolist()}
        assert len({side[row] for row in (0, 1, 2, 87, 88, 89)}) == 1


def test_leaks_are_counted():
    table = make([0, 1, 0, 1], ["a b", "c", "A, b.", "d"], ["x", "x", "y", ""])
    assert leaks(table, [0], [1, 2, 3]) == {"texts": 1, "groups": 1}
    assert leaks(make([0, 1]), [0], [1]) == {"texts": 0}


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("It's  fine.", "it s FINE", True),
        ("cafe\u0301", "café", True),
        ("a_b", "a b", True),
        ("50", "5 0", False),
        ("!!!", "???", False),
        ("👍", "👎", False),
        ("good", "not good", False),
    ],
)
def test_what_makes_two_texts_copies(one, two, same):
    assert (normalised(one) == normalised(two)) is same


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (make([0] * 9 + [1] * 2), {}, "found class 'b' with 2 texts; wanted at least 3"),
        (make([0, 1] * 9, groups=["x", "x", "y", "y"] * 4 + ["x", "x"]), {}, "texts in 2 groups"),
        (make([0] * 9, classes=("a", "none")), {}, "class 'none' with 0 texts"),
        (make([0, 1] * 9), {"test": 0.95}, "validation=0.1 and test=0.95"),
        (make([0, 1] * 9), {"validation": 0.0}, "validation=0.0"),
    ],
)
def test_what_cannot_be_split_is_one_line(table, options, message):
    with pytest.raises(BertlabError) as caught:
        split_table(table, seeded(), **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_the_remedy_for_a_small_class_works():
    table = make([0] * 9 + [1] * 2 + [2] * 9)
    with pytest.raises(BertlabError, match="without"):
        split_table(table, seeded())
    assert len(split_table(table.without("b"), seeded()).train)


def test_an_unknown_side():
    with pytest.raises(BertlabError, match="found side 'dev'"):
        split_table(make([0, 1] * 9), seeded()).part("dev")


def test_three_groups_of_one_size_are_one_for_each_side():
    table = make([0, 1] * 30, groups=[f"g{row // 20}" for row in range(60)])
    split = split_table(table, seeded())
    assert [len(split.train), len(split.validation), len(split.test)] == [20, 20, 20]


def test_the_report():
    split = split_table(make([0] * 30 + [1] * 30), seeded())
    assert split.describe().splitlines() == [
        "train           42 texts: a 21, b 21",
        "validation       6 texts: a 3, b 3",
        "test            12 texts: a 6, b 6",
    ]


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 30)),
        min_size=12,
        max_size=150,
    ),
    seed=st.integers(0, 5),
)
def test_no_leak_and_no_empty_side_whatever_the_groups(rows, seed):
    labels = [label for label, _, _ in rows] + [0, 1, 2] * 3
    texts = [f"copy {text}" if text < 10 else f"own {row}" for row, (_, text, _) in enumerate(rows)]
    groups = [f"g{group}" for _, _, group in rows] + [f"h{row}" for row in range(9)]
    table = make(labels, texts + [f"late {row}" for row in range(9)], groups)
    try:
        split = split_table(table, seeded(seed))
    except BertlabError as error:
        assert "no text of class" in str(error)  # one class can hang together in one large bundle
        return
    sides = [split.train, split.validation, split.test]
    assert sorted(np.concatenate(sides).tolist()) == list(range(len(table)))
    for side in SIDES:
        assert min(split.part(side).counts().values()) > 0
    for one in range(3):
        for two in range(one):
            assert leaks(table, sides[one], sides[two]) == {"texts": 0, "groups": 0}
