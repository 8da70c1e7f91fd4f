"""One run is an anecdote: a result over several seeds, with its interval."""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import numpy as np

from bertlab.errors import BertlabError


@dataclass(frozen=True)
class Spread:
    """Values over seeds. deviation: of the sample (n - 1). low, high: the 95 % interval of the mean."""

    values: tuple[float, ...]
    mean: float
    deviation: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Mean, deviation and Student's interval. Give differences, seed by seed, to compare two ways.

        With one value there is no deviation: it is NaN, and so are the bounds.
        Raises BertlabError for no values.
        """
        values = tuple(float(value) for value in values)
        if not values:
            raise BertlabError("no values", "one or more", "Run at least one seed.")
        mean, count = float(np.mean(values)), len(values)
        if count == 1:
            return cls(values, mean, math.nan, math.nan, math.nan)
        from scipy.stats import t  # half a second of import that a plain run need not pay

        deviation = float(np.std(values, ddof=1))
        reach = float(t.ppf(0.975, count - 1)) * deviation / math.sqrt(count)
        return cls(values, mean, deviation, mean - reach, mean + reach)

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.deviation:.3f}, 95 % interval {self.low:.3f} to {self.high:.3f}"

    def as_dict(self) -> dict:
        """For JSON, which knows no NaN: None stands for it."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def over_seeds(run: Callable[[int], float], seeds: Iterable[int] = range(5)) -> Spread:
    """`run(seed)` for each seed. It must begin from scratch each time: a new model, a new head."""
    return Spread.of(run(seed) for seed in seeds)
