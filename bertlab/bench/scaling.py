"""Cost against the size of the corpus: encoding it, and drawing batches from it. Each size in a process
of its own, so that its peak of memory is its own."""

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SIZES, QUICK = (1, 3, 10, 30, 90), (0.5, 1, 2)  # million characters
DRAWS = 500


def documents(millions: float, seed: int = 0) -> Iterator[str]:
    """Documents of 5,000 characters or so: sentences of the shipped corpus, mixed anew, until it is enough.

    A generator: never more than one document is held.
    """
    from bertlab.text.corpora import open_corpus
    from bertlab.text.sentences import split_sentences

    sentences = [
        span.text for document in open_corpus("bertlab") for span in split_sentences(document.text)
    ]
    generator = np.random.default_rng(seed)
    left = millions * 1e6
    while left > 0:
        text = " ".join(sentences[i] for i in generator.integers(len(sentences), size=70))
        left -= len(text)
        yield text


def measure(millions: float) -> dict:
    """Encode a corpus of that size to disk, then draw `DRAWS` batches of 64."""

    from bertlab.data.pairs import SentencePairs
    from bertlab.data.store import encode_corpus
    from bertlab.models.loading import load

    _, tokenizer = load("bertlab-mini")
    begun = time.perf_counter()
    mixing = sum(len(text) for text in documents(millions))  # its own cost, taken off below
    mixed = time.perf_counter() - begun
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _Memory() as memory,
    ):
        begun = time.perf_counter()
        store = encode_corpus(documents(millions), tokenizer, folder)
        encoding = time.perf_counter() - begun - mixed
        pairs, generator = SentencePairs(store, tokenizer), np.random.default_rng(0)
        pairs.draw(generator)
        turns = []
        for _ in range(DRAWS):
            begun = time.perf_counter()
            pairs.draw(generator)
            turns.append(time.perf_counter() - begun)
        drawing = statistics.median(turns)
        row = {
            "million characters": round(mixing / 1e6, 2),
            "sentences": len(store),
            "encoding, s": round(encoding, 2),
            "million characters a second": round(mixing / 1e6 / encoding, 2),
            "a batch of 64, µs": round(1e6 * drawing),
            "memory before, MB": round(memory.before / 1e6),
            "peak, MB": round(memory.peak / 1e6),
            "peak with mapped files, MB": round(memory.peak_mapped / 1e6),
        }
        del store, pairs  # a mapped file cannot be deleted on Windows
    return row


class _Memory:
    """The process's memory while a block runs, looked at fifty times a second, in bytes.

    before, peak: what is the process's own. peak_mapped: with pages of files, which belong to the system's
    cache: it takes them back when it needs the room.
    """

    def __enter__(self) -> "_Memory":
        import psutil

        self._process, self._over = psutil.Process(), threading.Event()
        self.before, self.peak_mapped = self._look()
        self.peak = self.before
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            own, mapped = self._look()
            self.peak, self.peak_mapped = max(self.peak, own), max(self.peak_mapped, mapped)

    def _look(self) -> tuple[int, int]:
        found = self._process.memory_info()
        if hasattr(found, "shared"):  # Linux
            return found.rss - found.shared, found.rss
        return self._process.memory_full_info().uss, found.rss


def scaling(device: str = "cpu", quick: bool = False) -> dict:
    """A line a size, the power of the size with which encoding grows (1 is linear), and what memory does."""
    rows = []
    for size in QUICK if quick else SIZES:
        answer = subprocess.run(
            [sys.executable, "-m", "bertlab.bench.scaling", str(size)],
            capture_output=True,
            text=True,
            check=True,
        )
        rows.append(json.loads(answer.stdout.splitlines()[-1]))
    sizes = np.log([row["million characters"] for row in rows])
    power = float(np.polyfit(sizes, np.log([row["encoding, s"] for row in rows]), 1)[0])
    least, most = (rows[i]["peak, MB"] for i in (0, -1))
    return {
        "name": "cost against the size of the corpus",
        "rows": rows,
        "encoding grows with the power": round(power, 2),
        "peak of its own memory, smallest to largest corpus": f"{least} to {most} MB",
        "picture": "scaling",
    }


def draw(rows: list[dict], path: Path) -> None:
    """Three panels against size: encoding time, time of a batch, peak memory."""
    from bertlab.views.style import PALETTE, figure

    fig, axes = figure(9.5, 3.2, columns=3)
    x = [row["million characters"] for row in rows]
    panels = (
        ("encoding, seconds", {"encoding, s": "blue"}),
        ("a batch of 64, µs", {"a batch of 64, µs": "green"}),
        ("peak memory, MB", {"peak, MB": "vermilion", "peak with mapped files, MB": "sky"}),
    )
    names = {"peak, MB": "its own", "peak with mapped files, MB": "with mapped files"}
    for ax, (label, lines) in zip(axes, panels, strict=True):
        for (name, colour), style in zip(lines.items(), ("o-", "s--"), strict=False):
            ax.plot(
                x, [row[name] for row in rows], style, color=PALETTE[colour], label=names.get(name)
            )
        ax.set(xlabel="million characters", ylabel=label)
        ax.set_ylim(0, 1.3 * max(row[name] for row in rows for name in lines))
        if len(lines) > 1:
            ax.legend(loc="lower right")
    fig.savefig(path, dpi=110, facecolor="white", metadata={"Software": None})


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]))))
