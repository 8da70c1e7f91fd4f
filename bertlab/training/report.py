"""What a classifier gets wrong, and where: accuracy by slice with intervals, mistakes, calibration."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bertlab.data.tables import Table
from bertlab.errors import BertlabError

Z = 1.959963984540054  # 95 % of a normal distribution lies within


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share of `right` in `total` (Wilson 1927), within 0 and 1.

    Unlike share ± 1.96 · √(share · (1 - share) / total) it holds for small totals, and for 0 or all.
    """
    if not 0 <= right <= total or total < 1:
        raise BertlabError(
            f"{right} right of {total}", "0 ≤ right ≤ total, total ≥ 1", "Count again."
        )
    share, squared = right / total, Z * Z / total
    middle = (share + squared / 2) / (1 + squared)
    reach = Z / (1 + squared) * math.sqrt(share * (1 - share) / total + squared / (4 * total))
    return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True)
class Slice:
    """Accuracy on some of the rows. low, high: its 95 % interval (Wilson).

    gap: how far it lies below (-) or above (+) the accuracy of all other rows, None where there are
    none; gap_low, gap_high: the 95 % interval of that (Newcombe 1998, method 10).
    """

    kind: str
    name: str
    right: int
    count: int
    accuracy: float
    low: float
    high: float
    gap: float | None = None
    gap_low: float | None = None
    gap_high: float | None = None

    @property
    def apart(self) -> bool:
        """Whether its interval against the rest leaves out 0. Of twenty slices one does by chance."""
        return self.gap is not None and (self.gap_low > 0 or self.gap_high < 0)

    def row(self) -> dict:
        """For a table: kind, name, rows, per cent right with bounds, and the gap to the rest."""
        return {
            "slice": f"{self.kind}: {self.name}" if self.kind else self.name,
            "rows": self.count,
            "right %": round(100 * self.accuracy, 1),
            "95 % interval": f"{100 * self.low:.0f} to {100 * self.high:.0f}",
            "against the rest": _signed(self),
        }


def _signed(found: Slice) -> str:
    if found.gap is None:
        return ""
    return (
        f"{100 * found.gap:+.0f} ({100 * found.gap_low:+.0f} to {100 * found.gap_high:+.0f})"
        + " *" * found.apart
    )


@dataclass(frozen=True)
class Mistake:
    """A row that the classifier is sure about, and wrong. line: of the learner's file."""

    row: int
    line: int
    text: str
    label: str
    predicted: str
    confidence: float


@dataclass(frozen=True)
class Bin:
    """Rows whose confidence lies between `low` and `high`: what was promised and what was kept."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


@dataclass(frozen=True, eq=False)
class Results:
    """Predictions for a table. probabilities: (rows, classes), each row adding up to 1."""

    table: Table
    probabilities: np.ndarray

    def __post_init__(self):
        wanted = (len(self.table), len(self.table.classes))
        if self.probabilities.shape != wanted or not len(self.table):
            raise BertlabError(
                f"probabilities of shape {self.probabilities.shape}",
                f"(rows, classes) = {wanted}, at least one row",
                "Predict for this very table.",
            )
        if (self.probabilities < 0).any() or not np.allclose(
            self.probabilities.sum(1), 1, atol=1e-3
        ):
            raise BertlabError(
                "rows of probabilities that do not add up to 1",
                "probabilities",
                "Pass logits to Results.of_logits.",
            )

    @classmethod
    def of_logits(cls, table: Table, logits, temperature: float = 1.0) -> "Results":
        """From logits, (rows, classes), each divided by `temperature` first."""
        return cls(table, softmax(np.asarray(logits, dtype=np.float64) / temperature))

    @property
    def predicted(self) -> np.ndarray:
        """(rows,) the likeliest class."""
        return self.probabilities.argmax(1)

    @property
    def right(self) -> np.ndarray:
        """(rows,) whether it is the label."""
        return self.predicted == self.table.labels

    def overall(self) -> Slice:
        """All rows as one slice."""
        return _slice("", "all rows", self.right, np.ones(len(self.table), dtype=bool))

    def slices(self, kind: str, values: Sequence | Callable[[str], object]) -> list[Slice]:
        """A slice for each value, the weakest first.

        values: one a row, or a function of the text; a row whose value is a tuple or list is in the
        slice of each of its members, and in none if that is empty.
        """
        if callable(values):
            values = [values(text) for text in self.table.texts]
        if len(values) != len(self.table):
            raise BertlabError(
                f"{len(values)} values for {len(self.table)} rows",
                "one a row",
                "Check their source.",
            )
        members: dict[str, list[int]] = {}
        for row, value in enumerate(values):
            for name in value if isinstance(value, (tuple, list)) else (value,):
                members.setdefault(str(name), []).append(row)
        found = []
        for name, rows in members.items():
            inside = np.zeros(len(self.table), dtype=bool)
            inside[rows] = True
            found.append(_slice(kind, name, self.right, inside))
        return sorted(found, key=lambda one: (one.accuracy, one.name))

    def mistakes(self, most: int = 10) -> list[Mistake]:
        """Wrong answers, the surest first."""
        confidence = self.probabilities.max(1)
        wrong = np.flatnonzero(~self.right)
        names = self.table.classes
        return [
            Mistake(
                row,
                int(self.table.lines[row]),
                self.table.texts[row],
                names[self.table.labels[row]],
                names[self.predicted[row]],
                float(confidence[row]),
            )
            for row in wrong[np.argsort(-confidence[wrong], kind="stable")][:most].tolist()
        ]

    def reliability(self, bins: int = 5) -> list[Bin]:
        """Confidence against accuracy, in `bins` of equal width from chance to 1; empty ones left out."""
        if bins < 1:
            raise BertlabError(f"bins={bins}", "at least 1", "Try 5.")
        confidence, right = self.probabilities.max(1), self.right
        edges = np.linspace(1 / len(self.table.classes), 1, bins + 1)
        place = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, bins - 1)
        found = []
        for number in range(bins):
            inside = place == number
            count, good = int(inside.sum()), int(right[inside].sum())
            if count:
                mean = float(confidence[inside].mean())
                bounds = float(edges[number]), float(edges[number + 1])
                found.append(Bin(*bounds, count, mean, good / count, *wilson(good, count)))
        return found

    def calibration_error(self, bins: int = 5) -> float:
        """Mean distance of confidence and accuracy over the bins, by rows (Guo et al. 2017, section 2)."""
        parts = self.reliability(bins)
        return sum(one.count * abs(one.confidence - one.accuracy) for one in parts) / len(
            self.table
        )

    def beats(self, other: "Results") -> tuple[int, int, float]:
        """(rows only this one has right, rows only the other has, p) on the same rows.

        p: how likely so uneven a share of the rows on which they differ would be, if both were equally
        good (McNemar's exact test, two-sided).
        """
        if other.table.texts != self.table.texts:
            raise BertlabError("results on other texts", "the same rows", "Predict for one table.")
        mine = int((self.right & ~other.right).sum())
        theirs = int((other.right & ~self.right).sum())
        total = mine + theirs
        tail = sum(math.comb(total, k) for k in range(min(mine, theirs) + 1))
        return mine, theirs, min(1.0, 2 * tail / 2**total)


def softmax(logits: np.ndarray) -> np.ndarray:
    """(rows, classes) probabilities."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def find_temperature(logits, labels: np.ndarray) -> float:
    """The number to divide logits by so that confidence fits (Guo et al. 2017, section 4.2).

    It minimises the loss on rows that the model was not trained on, validation rows, say. No answer
    changes by it, only how sure it is. Between 0.05 and 20.
    """
    logits = np.asarray(logits, dtype=np.float64)
    rows = np.arange(len(logits))

    def loss(power: float) -> float:
        return -np.log(softmax(logits / math.exp(power))[rows, labels].clip(min=1e-300)).mean()

    low, high = math.log(0.05), math.log(20)
    for _ in range(
        60
    ):  # the loss has one valley in 1/temperature: two thirds of it remain each time
        third = (high - low) / 3
        if loss(low + third) < loss(high - third):
            high -= third
        else:
            low += third
    return math.exp((low + high) / 2)


def by_length(*edges: int) -> Callable[[str], str]:
    """A function for `slices`: which range of words a text falls in. `by_length(20, 40)` makes three."""

    def name(text: str) -> str:
        words = len(text.split())
        for low, high in zip((0, *edges), edges, strict=False):
            if words < high:
                return f"{low} to {high - 1} words" if low else f"under {high} words"
        return f"{edges[-1]} words or more"

    return name


def _slice(kind: str, name: str, right: np.ndarray, inside: np.ndarray) -> Slice:
    count, good = int(inside.sum()), int(right[inside].sum())
    share, (low, high) = good / count, wilson(good, count)
    others = len(right) - count
    if not others:
        return Slice(kind, name, good, count, share, low, high)
    rest = int(right[~inside].sum())
    gap, (rest_low, rest_high) = share - rest / others, wilson(rest, others)
    return Slice(
        kind,
        name,
        good,
        count,
        share,
        low,
        high,
        gap,
        gap - math.hypot(share - low, rest_high - rest / others),
        gap + math.hypot(high - share, rest / others - rest_low),
    )
