import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from bertlab.teaching import store


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BERTLAB_HOME", str(tmp_path / "new" / "home"))
    return tmp_path / "new" / "home"


DAMAGE = [
    b"",
    b'{"version": 1, "predictions": {"01',
    b"\xff\xfe\x00",
    b"[1, 2]",
    b"[" * 100_000,
    b'{"version": 1, "predictions": [], "attempts": []}',
    b'{"version": 1, "predictions": {"a": 3}, "attempts": []}',
    b'{"version": 1, "predictions": {"a": {"answer": 1, "confidence": "x", "late": 0}}, "attempts": []}',
    b'{"version": 1, "predictions": {}, "attempts": [{}]}',
]


def tried(record):
    return [attempt["id"] for attempt in record["attempts"]]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_without_a_copy_is_set_aside_with_a_message(home, capsys, damage):
    home.mkdir(parents=True)
    (home / "learner.json").write_bytes(damage)
    store.record_attempt("01-x", "right")
    assert "was damaged. It is kept as learner.json.damaged-" in capsys.readouterr().err
    assert tried(store.read()) == ["01-x"]
    [aside] = home.glob("learner.json.damaged-*")
    assert aside.read_bytes() == damage


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_copy_takes_the_place_of_a_damaged_file(home, capsys, damage):
    store.record_attempt("01-x", "right")
    (home / "learner.json").write_bytes(damage)
    assert tried(store.read()) == ["01-x"]
    assert "its copy took its place" in capsys.readouterr().err
    [aside] = home.glob("learner.json.damaged-*")
    assert aside.read_bytes() == damage
    assert tried(json.loads((home / "learner.json").read_text())) == ["01-x"]
    assert tried(store.read()) == ["01-x"] and capsys.readouterr().err == ""


def test_a_file_cut_off_at_any_byte_is_recovered(home, capsys, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)  # hundreds of writes; no power fails here
    store.record_prediction("01-p", "spaCy", 0.7, late=False)
    store.record_attempt("01-x", "wrong", "counting types – ‘quoted’")
    whole, wanted = (home / "learner.json").read_bytes(), store.read()
    for length in range(len(whole)):
        (home / "learner.json").write_bytes(whole[:length])
        assert store.read() == wanted
        assert "its copy took its place" in capsys.readouterr().err
        [aside] = home.glob("learner.json.damaged-*")
        assert aside.read_bytes() == whole[:length]
        aside.unlink()


def test_file_and_copy_cut_off_alike_lose_nothing_but_the_record(home, capsys):
    store.record_attempt("01-x", "right")
    for name in ("learner.json", "learner.backup.json"):
        (home / name).write_bytes((home / name).read_bytes()[:-9])
    assert tried(store.read()) == []
    assert "a new record is begun" in capsys.readouterr().err


KILLED_AT = """
import os, signal, sys
from bertlab.teaching import store

calls, replace = 0, os.replace
def dying(*args):
    global calls
    calls += 1
    if calls == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*args)

os.replace = dying
store.record_attempt("01-new", "right")
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="no SIGKILL there; Linux and macOS stand for it"
)
@pytest.mark.parametrize(("call", "kept"), [(1, ["01-x"]), (2, ["01-x", "01-new"])])
def test_a_writer_killed_before_either_file_is_in_place_loses_at_most_its_entry(home, call, kept):
    store.record_attempt("01-x", "right")
    done = subprocess.run([sys.executable, "-c", KILLED_AT, str(call)])
    assert done.returncode == -signal.SIGKILL
    assert tried(store.read()) == kept
    assert len(list(home.glob(".learner*.tmp"))) == 1  # the torso; nobody reads it


ENDLESS = """
from bertlab.teaching import store
n = 0
while True:
    store.record_attempt(f"01-{n}", "wrong", "m" * 2000)
    n += 1
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="no SIGKILL there; Linux and macOS stand for it"
)
def test_a_writer_killed_at_any_moment_leaves_a_sound_file(home, capsys):
    chance, before = random.Random(0), 0
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", ENDLESS])
        deadline = time.monotonic() + 30
        while len(tried(store.read())) <= before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.random() / 20)
        writer.kill()
        writer.wait()
        assert len(tried(store.read())) > before
        before = len(tried(store.read()))
    assert capsys.readouterr().err == ""


def test_torsos_of_killed_writers_are_swept_up_later(home):
    store.record_attempt("01-x", "right")
    old, new = home / ".learner.json.old.tmp", home / ".learner.json.new.tmp"
    old.write_text("{")
    new.write_text("{")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    store.record_attempt("01-y", "right")
    assert not old.exists() and new.exists()


def test_a_write_that_fails_half_way_leaves_the_old_file(home, monkeypatch, capsys):
    store.record_attempt("01-x", "right")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store.record_attempt("01-y", "right")
    assert "was not kept" in capsys.readouterr().err
    assert tried(store.read()) == ["01-x"]
    assert sorted(path.name for path in home.iterdir()) == ["learner.backup.json", "learner.json"]


def test_a_reader_never_sees_half_a_file(home):
    store.record_attempt("01-x", "right")
    stop = threading.Event()

    def write():
        while not stop.is_set():
            store.record_attempt("01-x", "wrong", "m" * 2000)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            json.loads((home / "learner.json").read_text())
    finally:
        stop.set()
        writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="platform folders differ; Linux stands for all")
def test_without_a_setting_the_platforms_folder_is_used(monkeypatch, tmp_path):
    monkeypatch.delenv("BERTLAB_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert store.learner_file() == tmp_path / "bertlab" / "learner.json"


def test_an_outcome_is_kept_where_there_was_a_prediction():
    store.record_outcome("01-p", "spaCy")
    assert store.read()["predictions"] == {}
    store.record_prediction("01-p", "spaCy", 0.7, late=False)
    store.record_outcome("01-p", "spaCy")
    assert store.read()["predictions"]["01-p"]["right"] is True
    store.record_outcome("01-p", "NLTK")
    assert store.read()["predictions"]["01-p"]["right"] is False
