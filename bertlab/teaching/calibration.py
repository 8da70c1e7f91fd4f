"""How sure a learner was, beside how often they were right, over all predictions of the course."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bertlab.teaching.predictions import brier

BINS = 5


class Bin(NamedTuple):
    """Predictions whose confidence lies in one part of 0 to 1."""

    low: float
    high: float
    count: int
    confidence: float  # their mean
    right: float  # share of them that were right


class Calibration(NamedTuple):
    """`made`: all predictions; `scored`: those whose answer was told, and told afterwards."""

    made: int
    scored: int
    right: int
    confidence: float  # mean over the scored
    brier: float  # mean over the scored; 0 is best, 0.25 what always saying 50 % earns
    bins: tuple[Bin, ...]  # those that hold a prediction

    def words(self) -> str:
        """The verdict in a sentence or two."""
        if not self.scored:
            return f"{self.made} predictions, none of them scored yet."
        said = (
            f"You were right in {self.right} of {self.scored} predictions ({_share(self.right / self.scored)}) "
            f"and {_share(self.confidence)} sure on average: {self._leaning()}. "
            f"Mean Brier score {self.brier:.2f} (0 is best; always saying 50 % earns 0.25)."
        )
        few = " With so few predictions, chance has a large say." if self.scored < 20 else ""
        return said + few

    def rows(self) -> list[dict[str, Any]]:
        """The bins as rows of a table."""
        return [
            {
                "How sure": f"{_share(one.low)} to {_share(one.high)}",
                "Predictions": one.count,
                "Mean confidence %": round(100 * one.confidence),
                "Right %": round(100 * one.right),
            }
            for one in self.bins
        ]

    def _leaning(self) -> str:
        gap = self.confidence - self.right / self.scored
        if abs(gap) < 0.05:
            return "well judged"
        return ("much " if abs(gap) > 0.2 else "a little ") + (
            "too sure" if gap > 0 else "too modest"
        )


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def calibrate(predictions: Mapping[str, Mapping[str, Any]]) -> Calibration:
    """The calibration of the `predictions` of a learner's record."""
    scored = [
        (float(one["confidence"]), bool(one["right"]))
        for one in predictions.values()
        if "right" in one and not one["late"]
    ]
    count = max(len(scored), 1)
    bins = []
    for place in range(BINS):
        inside = [one for one in scored if min(int(one[0] * BINS), BINS - 1) == place]
        if inside:
            sure, right = (sum(part) / len(inside) for part in zip(*inside, strict=True))
            bins.append(Bin(place / BINS, (place + 1) / BINS, len(inside), sure, right))
    return Calibration(
        made=len(predictions),
        scored=len(scored),
        right=sum(right for _, right in scored),
        confidence=sum(sure for sure, _ in scored) / count,
        brier=sum(brier(*one) for one in scored) / count,
        bins=tuple(bins),
    )
