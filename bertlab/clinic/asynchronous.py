"""A device that works by itself, as a GPU does, and the clock that fits it."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait


class StandIn:
    """Work is handed over and done in order, by a thread; the caller goes on at once.

    So behaves a GPU: a call puts work into a queue and returns. It is a stand-in for the *order of
    events* alone; it makes nothing faster.
    """

    def __init__(self):
        self._worker = ThreadPoolExecutor(1)
        self._queued: list[Future] = []

    def launch(self, work: Callable, *arguments) -> Future:
        """Queue `work(*arguments)`. Its value: `.result()`, which waits, as `.item()` does on a GPU."""
        self._queued.append(self._worker.submit(work, *arguments))
        return self._queued[-1]

    def synchronize(self) -> None:
        """Wait until everything that was launched is done."""
        wait(self._queued)
        self._queued.clear()


class Stopwatch:
    """Seconds of a block, told only when the device has really finished.

        with Stopwatch(torch.cuda.synchronize) as watch: ...
        watch.seconds

    wait: what waits for the device; None where calls return with their work done, as on a CPU.
    """

    def __init__(self, wait: Callable[[], None] | None = None):
        self.wait = wait or (lambda: None)
        self.seconds = 0.0

    def __enter__(self) -> "Stopwatch":
        self.wait()  # what was asked for earlier is not ours
        self.begun = time.perf_counter()
        return self

    def __exit__(self, *_) -> None:
        self.wait()
        self.seconds = time.perf_counter() - self.begun
