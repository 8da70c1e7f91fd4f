"""Train, validation and test without leaks: what belongs together stays on one side."""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from bertlab.data.layouts import Note
from bertlab.data.tables import Table
from bertlab.errors import BertlabError

SIDES = ("train", "validation", "test")
_TRIES = 20  # dealings of groups before a class is held to be missing from a side
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, eq=False)
class Split:
    """The rows of a table on three sides, as sorted row numbers."""

    table: Table
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    notes: tuple[Note, ...] = ()

    def part(self, side: str) -> Table:
        """The table's rows on one side: "train", "validation" or "test"."""
        if side not in SIDES:
            raise BertlabError(f"side {side!r}", f"one of {', '.join(SIDES)}", "Choose one.")
        return self.table.select(getattr(self, side))

    def describe(self) -> str:
        """Size and classes of each side, and what was kept together."""
        lines = []
        for side in SIDES:
            counts = self.part(side).counts()
            classes = ", ".join(f"{name} {count:,}" for name, count in counts.items())
            lines.append(f"{side:<10} {sum(counts.values()):>7,} texts: {classes}")
        return "\n".join(lines + [f"- {note}" for note in self.notes])


def normalised(text: str) -> str:
    """What two copies of a text have in common: its letters and digits, in lower case.

    Case, accents' encoding (NFKC), punctuation, emoji and white space do not tell copies apart. A text
    of nothing else stays as it is, stripped.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_WORDS.sub(" ", folded).strip() or text.strip()


def leaks(table: Table, seen: np.ndarray, judged: np.ndarray) -> dict[str, int]:
    """How many of the rows `judged` have a twin among the rows `seen`.

    texts: the same text after `normalised`. groups: the same group, where the table has groups.
    """
    keys = [normalised(text) for text in table.texts]
    known = {keys[row] for row in np.asarray(seen).tolist()}
    judged = np.asarray(judged).tolist()
    found = {"texts": sum(keys[row] in known for row in judged)}
    if table.groups is not None:
        known = {table.groups[row] for row in np.asarray(seen).tolist()} - {""}
        found["groups"] = sum(table.groups[row] in known for row in judged)
    return found


def split_table(
    table: Table,
    generator: np.random.Generator,
    *,
    validation: float = 0.1,
    test: float = 0.2,
) -> Split:
    """Divide a table so that no group and no copy of a text is on two sides.

    Copies are equal after `normalised`. Classes keep their shares on every side as nearly as groups
    allow; single texts are dealt out exactly. The same generator state gives the same split.

    Raises BertlabError for shares that leave no training rows, a class with fewer texts or groups than
    sides, and groups too large or too few to give every side every class.
    """
    shares = {"train": 1 - validation - test, "validation": validation, "test": test}
    if min(shares.values()) <= 0:
        raise BertlabError(
            f"validation={validation} and test={test}",
            "two positive shares that leave some for training",
            "For example validation=0.1, test=0.2.",
        )
    bundle, copies = _bundles(table)
    _check_classes(table, bundle)
    target = np.outer(
        list(shares.values()), np.bincount(table.labels, minlength=len(table.classes))
    )
    for _ in range(_TRIES):
        side = _deal(table.labels, bundle, target, generator)
        found = np.zeros(target.shape, dtype=np.int64)
        np.add.at(found, (side, table.labels), 1)
        if found.all():
            sides = (np.flatnonzero(side == number) for number in range(len(SIDES)))
            return Split(table, *sides, notes=tuple(copies))
    lacking, of = np.argwhere(found == 0)[0]
    raise BertlabError(
        f"no text of class {table.classes[of]!r} for {SIDES[lacking]}: its groups are too few or "
        "too large",
        "every class on every side",
        "Use a finer group, another seed or larger shares, or leave the class out.",
    )


def _bundles(table: Table) -> tuple[np.ndarray, list[Note]]:
    """(rows,) the bundle of each row: rows joined by a group or a copied text share one."""
    parent = list(range(len(table)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[object, int] = {}
    copies, contrary = [], []
    for row, text in enumerate(table.texts):
        key = hash(normalised(text))  # 64 bits: a clash would only keep two texts together
        if (other := first.setdefault(key, row)) != row:
            copies.append(row)
            if table.labels[row] != table.labels[other]:
                contrary.append(row)
            parent[root(row)] = root(other)
        if table.groups is not None and table.groups[row]:
            parent[root(row)] = root(first.setdefault((table.groups[row],), row))
    notes = []
    for rows, what in (
        (copies, "copies of another text, on the same side as it"),
        (contrary, "copies with another label than the first: a limit to any accuracy"),
    ):
        if rows:
            notes.append(Note(what, len(rows), tuple(table.lines[rows[:5]].tolist())))
    return np.unique([root(row) for row in range(len(table))], return_inverse=True)[1], notes


def _check_classes(table: Table, bundle: np.ndarray) -> None:
    for number, name in enumerate(table.classes):
        mine = bundle[table.labels == number]
        bundles = len(np.unique(mine))
        if bundles < len(SIDES):
            what = "texts" if bundles == len(mine) else f"texts in {bundles} groups"
            raise BertlabError(
                f"class {name!r} with {len(mine)} {what}",
                f"at least {len(SIDES)}, one for each of {', '.join(SIDES)}",
                f"Leave it out with table.without({name!r}), or collect more.",
            )


def _deal(
    labels: np.ndarray, bundle: np.ndarray, target: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """(rows,) the side of each row: large bundles first, each where it is needed most; then single rows.

    target: (sides, classes) rows wanted.
    """
    sizes = np.bincount(bundle)
    order = np.argsort(bundle, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    side = np.empty(len(labels), dtype=np.int64)
    need = target.astype(float).copy()
    shares = target.sum(1) / target.sum()
    large = generator.permutation(np.flatnonzero(sizes > 1))
    large = large[np.argsort(-sizes[large], kind="stable")]
    waiting = len(sizes) - len(large)  # bundles of one row, dealt out at the end
    for place, number in enumerate(large):
        rows = order[starts[number] : starts[number + 1]]
        held = np.bincount(labels[rows], minlength=target.shape[1])
        free = (need >= target).all(1)
        scarce = len(large) - place + waiting <= free.sum()
        chosen = max(
            range(len(need)),
            key=lambda one: (
                _want(need[one], held, shares[one]) if free[one] or not scarce else (-1,)
            ),
        )
        side[rows] = chosen
        need[chosen] -= held
    single = np.flatnonzero(sizes[bundle] == 1)
    for number in range(target.shape[1]):
        rows = generator.permutation(single[labels[single] == number])
        side[rows] = np.repeat(np.arange(len(need)), _whole(need[:, number], len(rows)))
    return side


def _want(need: np.ndarray, held: np.ndarray, share: float) -> tuple:
    """How much a side wants a bundle that holds so many rows of each class; the largest gets it.

    Where it fits, sides fill evenly in proportion to their shares; where it fits nowhere, it goes
    where it overfills least.
    """
    fits = bool((need >= held).all())
    wanted = float(need @ held)
    return (1, round(wanted / share, 6), share) if fits else (0, wanted, share)


def _whole(need: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in proportion to what is needed, adding up to `total`; largest remainders win.

    Where there is enough, every side that needs anything gets at least one.
    """
    need = need.clip(min=0)
    exact = need * total / need.sum() if need.sum() else np.full(len(need), total / len(need))
    counts = np.floor(exact).astype(np.int64)
    for place in np.argsort(counts - exact, kind="stable")[: total - counts.sum()]:
        counts[place] += 1
    for place in np.flatnonzero((counts == 0) & (need > 0)):
        if counts.max() > 1:
            counts[counts.argmax()] -= 1
            counts[place] += 1
    return counts
