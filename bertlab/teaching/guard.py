"""Running a learner's code so that whatever it does, the kernel is still there afterwards.

Two ways, chosen by the platform:

- On Linux each run is a forked process. It sees everything the notebook sees, and an endless loop,
  a crash of the interpreter, an exit or a hunger for memory ends that process only.
- Elsewhere (Windows cannot fork, macOS may crash when it does), and once CUDA is in use (it does
  not survive a fork), a thread runs it. An endless loop in Python is stopped by an exception
  raised inside it, again and again until it gives up. What this cannot stop: a loop inside C code,
  such as `sum(itertools.count())`, and a crash of the interpreter itself.

Printing is silenced meanwhile: a function is called many times, and its output would bury the
verdict.
"""

import contextlib
import ctypes
import faulthandler
import gc
import multiprocessing.connection
import os
import pickle
import queue
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bertlab.teaching.outcomes import Endless, Outcome, to_plain

MEMORY = 2 * 2**30  # bytes a check may use beyond what the kernel already holds


def attempt(calls: Sequence[Callable[[], Any]], seconds: float) -> list[Outcome]:
    """The outcome of each call, made in order, each with `seconds` to answer.

    A call that never ends or takes its process down ends the run; later calls are "not run".
    """
    run = _by_fork if _may_fork() else _by_thread
    outcomes = []
    with contextlib.closing(run(calls, seconds)) as running:
        for outcome in running:
            outcomes.append(outcome)
            if outcome.kind in ("endless", "died"):
                break
    return outcomes + [Outcome("not run")] * (len(calls) - len(outcomes))


def trust(calls: Sequence[Callable[[], Any]]) -> list[Outcome]:
    """The outcome of each call of code from the lesson itself, made right here."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        return [_call(call) for call in calls]


def _call(call: Callable[[], Any]) -> Outcome:
    try:
        return Outcome("value", to_plain(call()))
    except (_Stopped, Endless):
        return Outcome("endless")
    except MemoryError:
        return Outcome("memory")
    except (Exception, SystemExit) as error:
        return Outcome("error", type(error).__name__, str(error).split("\n")[0][:200])


def _may_fork() -> bool:
    torch = sys.modules.get("torch")
    cuda = torch is not None and torch.cuda.is_initialized()
    return sys.platform == "linux" and not cuda


# ---- in a forked process


def _by_fork(calls: Sequence[Callable[[], Any]], seconds: float) -> Iterator[Outcome]:
    receiver, sender = multiprocessing.connection.Pipe(duplex=False)
    with warnings.catch_warnings():
        # Python 3.12 warns that a fork copies no threads; the child below needs none of them
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _live_as_child(calls, sender)  # never returns
    sender.close()
    try:
        for _ in calls:
            if not receiver.poll(seconds):
                yield Outcome("endless")
                return
            try:
                yield pickle.loads(receiver.recv_bytes())
            except EOFError:
                yield Outcome("died")
                return
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        receiver.close()


def _live_as_child(calls: Sequence[Callable[[], Any]], sender) -> None:
    try:
        gc.disable()  # finalisers of the kernel's sockets and threads must not run in here
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1), os.dup2(silence, 2)
        sys.stdout = sys.stderr = open(os.devnull, "w")
        sys.settrace(None)
        faulthandler.disable()  # its report would read as if the kernel itself had crashed
        _limit_memory()
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)  # its thread pool did not survive the fork
        for call in calls:
            sender.send_bytes(_packed(_call(call)))
    finally:
        os._exit(0)  # without the exit handlers of the kernel that this process is a copy of


def _packed(outcome: Outcome) -> bytes:
    try:
        return pickle.dumps(outcome)
    except Exception:  # an exotic key or subclass: its text stands for it
        return pickle.dumps(outcome._replace(value=repr(outcome.value)))


def _limit_memory() -> None:
    import resource

    with open("/proc/self/status") as file:
        held = next(int(line.split()[1]) for line in file if line.startswith("VmData"))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(ValueError):  # a lower limit is already in force
        resource.setrlimit(resource.RLIMIT_DATA, (held * 1024 + MEMORY, hard))


# ---- in a thread


class _Stopped(BaseException):
    """Raised inside a thread that has had its time; not an Exception, so few handlers catch it."""


def _by_thread(calls: Sequence[Callable[[], Any]], seconds: float) -> Iterator[Outcome]:
    import psutil

    done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    over = threading.Event()

    def work() -> None:
        with contextlib.suppress(_Stopped):
            for call in calls:
                if over.is_set():
                    return
                done.put(_call(call))

    worker = threading.Thread(target=work, daemon=True, name="bertlab-check")
    memory = psutil.Process().memory_info
    ceiling = memory().rss + MEMORY
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        worker.start()
        try:
            for _ in calls:
                outcome = _wait(done, time.monotonic() + seconds, lambda: memory().rss > ceiling)
                yield outcome
                if outcome.kind in ("endless", "memory"):
                    return
        finally:
            over.set()
            _stop(worker)


def _wait(
    done: "queue.SimpleQueue[Outcome]", deadline: float, hungry: Callable[[], bool]
) -> Outcome:
    while time.monotonic() < deadline:
        try:
            return done.get(timeout=0.02)
        except queue.Empty:
            if hungry():
                return Outcome("memory")
    return Outcome("endless")


def _stop(worker: threading.Thread, patience: float = 2.0) -> None:
    deadline = time.monotonic() + patience
    worker.join(0.02)  # it may just be through with the last call
    while worker.is_alive() and time.monotonic() < deadline:
        ident, stopped = ctypes.c_ulong(worker.ident), ctypes.py_object(_Stopped)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, stopped)
        worker.join(0.25)  # then once more, if the code caught it and went on
