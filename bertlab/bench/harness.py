"""Timing several contenders in turn, so that a machine that slows down slows all of them."""

import gc
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True)
class Contender:
    """One way to do the work. `run()` does it once and returns how many units were done."""

    name: str
    run: Callable[[], float]


@dataclass(frozen=True)
class Timing:
    """Units a second of one contender: the median round, the slowest and the fastest."""

    name: str
    per_second: float
    low: float
    high: float

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self)


def compare(
    contenders: list[Contender],
    *,
    rounds: int = 5,
    seconds: float = 1.0,
    warmup: int = 2,
    finish: Callable[[], None] = lambda: None,
) -> list[Timing]:
    """Time the contenders A B C A B C …, each for about `seconds` a round.

    finish: waits until the work is really done, e.g. `torch.cuda.synchronize`.
    """
    for contender in contenders:
        for _ in range(warmup):
            contender.run()
        finish()
    speeds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            gc.collect()
            done, begun = 0.0, time.perf_counter()
            while True:
                done += contender.run()
                finish()
                passed = time.perf_counter() - begun
                if passed >= seconds:
                    break
            speeds[contender.name].append(done / passed)
    return [
        Timing(name, statistics.median(values), min(values), max(values))
        for name, values in speeds.items()
    ]


def machine() -> dict:
    """What a reader must know beside a figure: processor, threads, versions, commit."""
    import torch

    versions = {}
    for package in ("torch", "transformers", "tokenizers", "spacy", "nltk", "numpy"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    facts = {
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "versions": versions,
        "commit": _commit(),
    }
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    return facts


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _commit() -> str | None:
    answer = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        check=False,
    )
    return answer.stdout.strip() or None
