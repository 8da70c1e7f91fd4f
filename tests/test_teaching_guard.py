import ctypes
import itertools
import os
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from bertlab.teaching import guard
from bertlab.teaching.guard import attempt, trust
from bertlab.teaching.outcomes import Endless, Outcome, alike, brief, same, to_plain

forks = pytest.mark.skipif(sys.platform != "linux", reason="only Linux runs checks in a fork")


@pytest.fixture(params=["fork", "thread"])
def way(request, monkeypatch):
    if request.param == "fork" and sys.platform != "linux":
        pytest.skip("only Linux runs checks in a fork")
    monkeypatch.setattr(guard, "_may_fork", lambda: request.param == "fork")
    return request.param


def endless():
    while True:
        pass


def stubborn():
    end = time.monotonic() + 6  # longer than anybody waits; then the test's thread is gone too
    while time.monotonic() < end:
        try:
            time.sleep(0.001)
        except BaseException:  # what a learner's bare `except:` does
            pass


def test_values_and_errors_come_back_in_order(way):
    def fail():
        raise KeyError("colour")

    calls = [lambda: 3, fail, lambda: (np.arange(2.0), {"a": {1}}), lambda: sys.exit(3)]
    assert attempt(calls, 5) == [
        Outcome("value", 3),
        Outcome("error", "KeyError", "'colour'"),
        Outcome("value", [[0.0, 1.0], {"a": frozenset({1})}]),
        Outcome("error", "SystemExit", "3"),
    ]


@pytest.mark.parametrize("call", [endless, stubborn, lambda: [x for x in itertools.count()]])
def test_an_endless_loop_is_stopped_and_ends_the_run(way, call, monkeypatch):
    monkeypatch.setattr(guard, "MEMORY", 2**28)
    begin = time.monotonic()
    kinds = [outcome.kind for outcome in attempt([lambda: 1, call, lambda: 2], 0.5)]
    assert kinds[0] == "value" and kinds[1] in ("endless", "memory")
    assert time.monotonic() - begin < 5


def test_an_endless_loop_leaves_nothing_running(way):
    process = psutil.Process()
    before = set(threading.enumerate()), set(process.children())
    attempt([endless], 0.2)
    assert set(threading.enumerate()) <= before[0] and set(process.children()) <= before[1]


def test_running_out_of_depth_is_an_ordinary_error(way):
    def deeper():
        return deeper()

    assert attempt([deeper], 5)[0][:2] == ("error", "RecursionError")


@forks
@pytest.mark.parametrize(
    "crash", [lambda: ctypes.string_at(0), lambda: os._exit(0), lambda: os.abort()]
)
def test_a_crash_of_the_interpreter_ends_the_copy_only(crash):
    assert [o.kind for o in attempt([crash, lambda: 1], 10)] == ["died", "not run"]


@forks
def test_a_loop_inside_c_code_is_stopped():
    assert attempt([lambda: sum(itertools.count())], 0.3)[0].kind == "endless"


@forks
def test_hunger_for_memory_is_refused():
    assert attempt([lambda: bytearray(2**40), lambda: bytearray(3 * 2**30)], 10) == [
        Outcome("memory"),
        Outcome("memory"),
    ]


@forks
def test_the_learners_code_cannot_change_the_notebooks_things():
    kept = [1]
    attempt([lambda: kept.append(2)], 5)
    assert kept == [1]


def test_printing_is_silenced(way, capfd):
    def talk():
        print("hello")
        return 1

    assert attempt([talk], 5) == [Outcome("value", 1)] == trust([talk])
    assert capfd.readouterr() == ("", "")


def test_once_cuda_is_in_use_nothing_forks(monkeypatch):
    class Torch:
        class cuda:
            is_initialized = staticmethod(lambda: True)

    monkeypatch.setitem(sys.modules, "torch", Torch)
    assert not guard._may_fork()


def test_a_banked_endless_loop_counts_as_one():
    def banked():
        raise Endless

    assert trust([banked]) == [Outcome("endless")]
    assert alike(trust([banked])[0], attempt([endless], 0.1)[0])


@pytest.mark.parametrize(
    "value, plain",
    [
        (np.float32(0.5), 0.5),
        (np.array([[1, 2]]), [[1, 2]]),
        ((1, "a", None), [1, "a", None]),
        (iter("ab"), ["a", "b"]),
        ({(1, 2): np.int64(3)}, {(1, 2): 3}),
        ({1, 2}, frozenset({1, 2})),
        (range(2), [0, 1]),
    ],
)
def test_results_become_plain_data(value, plain):
    assert to_plain(value) == plain


def test_an_endless_iterator_is_read_to_a_limit(monkeypatch):
    monkeypatch.setattr("bertlab.teaching.outcomes.LONGEST", 5)
    assert to_plain(itertools.count()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "a, b, equal",
    [
        (0.1 + 0.2, 0.3, True),
        (1, 1.0, True),
        (1, 2, False),
        ([1, [2]], (1, (2,)), True),
        ([1, 2], [1], False),
        ("1", 1, False),
        ("1", 1.0, False),
        (float("nan"), float("nan"), True),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        (True, 1, True),
        (None, 0, False),
        (10**20, 10**20 + 1, False),
        (0.0, 1e-10, True),
        (0.0, 1e-3, False),
    ],
)
def test_equal_means_the_same_result_and_not_the_same_type(a, b, equal):
    assert same(a, b) is same(b, a) is equal


def test_a_brief_text_has_no_address_and_fits_a_line():
    assert "0x" not in brief(object()) and len(brief("x" * 10_000)) < 200
