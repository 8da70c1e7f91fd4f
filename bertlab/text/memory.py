"""What a piece of code costs in time and memory, measured in a process of its own."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from bertlab.errors import BertlabError


class Cost(NamedTuple):
    """Seconds of the statement; bytes resident before it and at its peak; its `result`."""

    seconds: float
    before: int
    peak: int
    result: Any = None

    @property
    def extra(self) -> int:
        """Bytes at the peak beyond those before."""
        return self.peak - self.before


def cost(statement: str, setup: str = "", *, timeout: float = 300) -> Cost:
    """Run `setup`, then `statement`, in a fresh interpreter, and measure the statement.

    Both are Python source, as in `timeit`. What the statement leaves in the variable `result`
    comes back, if it can be written as JSON. A fresh process is the one way to a true peak: memory
    that an earlier call gave back stays with the process and would hide what the next one takes.

    Raises: BertlabError where the code raises (with its last line), is killed, or needs more than
    `timeout` seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        program = [sys.executable, "-m", "bertlab.text.memory", str(report)]
        code = json.dumps([setup, statement])
        try:
            done = subprocess.run(
                program, input=code, capture_output=True, text=True, timeout=timeout
            )
        except subprocess.TimeoutExpired as error:
            raise BertlabError(
                f"code that ran past {timeout:g} seconds", "an end", "Raise timeout, or do less."
            ) from error
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            reason = lines[-1] if lines else f"exit status {done.returncode}, killed for memory?"
            raise BertlabError(
                f"code that failed ({reason})", "code that runs", "Try it in a cell by itself."
            )
        return Cost(**json.loads(report.read_text(encoding="utf-8")))


def _measure(setup: str, statement: str) -> dict[str, Any]:
    import psutil

    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(setup, "<setup>", "exec"), names)
    code = compile(statement, "<statement>", "exec")
    _forget_peak()
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    exec(code, names)
    seconds = time.perf_counter() - started
    peak = max(before, _peak())
    return {"seconds": seconds, "before": before, "peak": peak, "result": names.get("result")}


def _forget_peak() -> None:
    """Let the peak begin at what is resident now. Only Linux can; elsewhere a setup that took more
    than the statement does would hide it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def _peak() -> int:
    """The most bytes that this process has had resident."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        pass
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(_measure(*json.load(sys.stdin))), encoding="utf-8")
