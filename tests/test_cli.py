"""The command `bertlab`."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from typer.testing import CliRunner

from bertlab import cli
from bertlab.assets import Problem
from bertlab.commands import lessons
from bertlab.doctor import Finding
from bertlab.errors import BertlabError
from tests.browser.lab import free_port
from tests.tiny import code, stdout, write

HEAVY = {"torch", "spacy", "nltk", "transformers", "numpy", "jupyterlab", "nbformat", "nbclient"}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with two tiny lessons, in which the command is given."""
    write(tmp_path / "notebooks" / "00_start.ipynb", "# Start", code("print(1)", stdout("1\n")))
    write(tmp_path / "notebooks" / "01_bad.ipynb", code("print(1)"), code("broken = 1 / 0"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Child:
    """A process that notes how it was started, is interrupted once and ends with status 3."""

    started = []

    def __init__(self, command, cwd):
        self.started.append((command, cwd))
        self.waits = iter([KeyboardInterrupt, 3])

    def wait(self):
        end = next(self.waits)
        if end is KeyboardInterrupt:
            raise KeyboardInterrupt
        return end


@pytest.fixture
def called(monkeypatch):
    """(command, folder) of each process that would have been started."""
    monkeypatch.setattr(Child, "started", [])
    # not subprocess.Popen itself, which others call too
    monkeypatch.setattr(lessons, "subprocess", SimpleNamespace(Popen=Child))
    return Child.started


def invoke(*arguments):
    return CliRunner().invoke(cli.app, arguments)


def test_help_names_every_command_and_loads_nothing_heavy():
    said = invoke("--help").output
    assert all(name in said for name in ("lab", "run", "start", "doctor", "test"))
    code = "import sys, bertlab.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in done.stdout.split()} & HEAVY == set()


def test_lab_opens_the_lesson_on_loopback_with_its_token(course, called):
    assert invoke("lab").exit_code == 3
    (command, folder), *_ = called
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={course}" in command and folder == course
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start.ipynb" in command
    assert "--ServerApp.ip=127.0.0.1" in command
    assert not any("token" in word or "password" in word for word in command)


def test_lab_takes_a_lesson_and_passes_options_on(course, called):
    invoke("lab", "01", "--no-browser")
    invoke("lab", "--no-browser", "--port=9999")
    assert "--LabApp.default_url=/lab/tree/notebooks/01_bad.ipynb" in called[0][0]
    assert called[0][0][-1] == "--no-browser"
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start.ipynb" in called[1][0]
    assert set(called[1][0]) >= {"--no-browser", "--port=9999"}


def answer(url: str, seconds: float = 60):
    """The response to a request, once the server listens."""
    end = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(url, timeout=30)
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_lab_really_serves_the_lesson_to_those_who_have_the_token(course):
    command = [sys.executable, "-m", "bertlab.cli", "lab", "--no-browser", f"--port={free_port()}"]
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(course / "config")}
    server = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    try:
        url = next(
            found[0]
            for line in server.stderr
            if (found := re.findall(r"http://127\.0\.0\.1:\S+token=\w+", line))
        )
        assert "/lab/tree/notebooks/00_start.ipynb?token=" in url
        assert answer(url).status == 200
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url.split("/lab/")[0] + "/api/contents")
    finally:
        stop = os.killpg if hasattr(os, "killpg") else os.kill
        stop(server.pid, signal.SIGTERM)
        server.wait()
        server.stderr.close()


def test_run_shows_time_memory_and_the_failing_cell(course):
    before = [path.read_bytes() for path in sorted((course / "notebooks").iterdir())]
    done = invoke("run")
    assert done.exit_code == 1
    lines = done.output.splitlines()
    assert lines[0].startswith("00_start") and " s " in lines[0] and "MiB" in lines[0]
    assert "ran" in lines[0] and "failed" in lines[1]
    assert "01_bad.ipynb, cell 1" in done.output
    assert "broken = 1 / 0" in done.output and "ZeroDivisionError" in done.output
    assert before == [path.read_bytes() for path in sorted((course / "notebooks").iterdir())]


def test_start_makes_a_cleared_copy_and_never_overwrites(course):
    assert invoke("start", "0").exit_code == 0
    copy = course / "work" / "00_start.ipynb"
    cells = nbformat.read(copy, as_version=4).cells
    assert cells[1].outputs == [] and cells[1].execution_count is None
    assert cells[1].source == "print(1)"
    copy.write_text("my work")
    assert "stays as it is" in invoke("start", "0").output.replace("\n", " ")
    invoke("start", "0", "--again")
    assert copy.read_text() == "my work"
    assert (course / "work" / "00_start-2.ipynb").is_file()


@pytest.mark.parametrize(("state", "status"), [("fine", 0), ("optional", 0), ("problem", 1)])
def test_doctor_ends_with_one_where_there_is_a_problem(monkeypatch, state, status):
    finding = Finding("disk", "full", state, "Buy one.")
    monkeypatch.setattr("bertlab.doctor.examine", lambda network: [finding])
    done = invoke("doctor", "--no-network")
    assert done.exit_code == status
    assert all(word in done.output for word in ("disk", "full", state, "Buy one."))


def test_test_runs_pytest_in_the_repository(course, called):
    assert invoke("test", "-x").exit_code == 3
    (command, folder), *_ = called
    assert command[:3] == [sys.executable, "-m", "pytest"] and command[-1] == "-x"
    assert folder == course


def test_test_without_nbval_says_what_to_install(course, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BertlabError, match="pip install"):
        CliRunner().invoke(cli.app, ["test"], catch_exceptions=False)


def test_pretrain_trains_saves_and_resumes(tmp_path):
    corpus, output = tmp_path / "text", tmp_path / "model"
    corpus.mkdir()
    for number in range(60):
        (corpus / f"{number}.txt").write_text(
            f"Sheep {number} sleeps. It dreams of {number} dogs.\n" * 30
        )
    arguments = ["pretrain", str(output), "--corpus", str(corpus), "--preset", "tiny"]
    arguments += ["--batch-size", "2", "--steps", "2", "--device", "cpu"]
    done = invoke(*arguments)
    assert done.exit_code == 0, done.output
    assert (output / "model.safetensors").is_file()
    assert all(word in done.output for word in ("masked accuracy", "unigram", "bigram"))
    measures = json.loads((output / "measures.json").read_text(encoding="utf-8"))
    assert 0 <= measures["bigram"]["masked_accuracy"] <= 1
    assert isinstance(invoke(*arguments).exception, BertlabError)
    assert invoke(*arguments, "--resume").exit_code == 0


MEASURES = {"masked_accuracy": 0.5, "mlm_loss": 2.0, "nsp_accuracy": 0.9}


def test_pretrain_of_an_elmo(tmp_path):
    corpus, output = tmp_path / "text", tmp_path / "model"
    corpus.mkdir()
    for number in range(60):
        (corpus / f"{number}.txt").write_text(f"Sheep {number} sleeps, not {number} dogs.\n" * 20)
    arguments = ["pretrain", str(output), "--model", "elmo", "--corpus", str(corpus)]
    arguments += ["--preset", "tiny", "--batch-size", "2", "--device", "cpu"]
    done = invoke(*arguments, "--steps", "2", "--keep-at", "1")
    assert done.exit_code == 0, done.output
    assert (output / "model.safetensors").is_file() and (output / "vocab.txt").is_file()
    assert (output / "kept" / "step-00000001" / "vocab.txt").is_file()
    assert all(word in done.output for word in ("forward perplexity", "trigram"))
    measures = json.loads((output / "measures.json").read_text(encoding="utf-8"))
    assert measures["model"]["backward_perplexity"] > measures["trigram"]["backward_perplexity"]
    assert isinstance(invoke(*arguments, "--steps", "2").exception, BertlabError)
    assert invoke(*arguments, "--steps", "2", "--keep-at", "1", "--resume").exit_code == 0


def test_pretrain_hands_every_option_on(tmp_path, monkeypatch):
    from bertlab.training.run import RECIPES, Recipe

    calls = []

    def record(*args, **more):
        calls.append((args, more))
        return None, [], None

    stub = Recipe(lambda *_, **_more: (None,) * 3, record, lambda *_: {"model": MEASURES}, 64)
    monkeypatch.setitem(RECIPES, "bert", stub)
    options = "--corpus a --corpus b --preset base --steps 50 --batch-size 8 --micro-batches 2"
    options += " --learning-rate 0.01 --seed 3 --from m --device cpu --resume"
    options += " --compile --keep-at 10 --keep-at 20 --tokenizer t"
    assert invoke("pretrain", str(tmp_path), *options.split()).exit_code == 0
    ((corpora, preset, output, config), more), *_ = calls
    assert (corpora, preset, output) == (["a", "b"], "base", tmp_path)
    assert (config.steps, config.micro_batches, config.seed) == (50, 2, 3)
    assert (config.learning_rate, config.warmup_steps) == (0.01, 5)
    assert (config.compile, config.keep_at) == (True, (10, 20))
    assert more == {
        "batch_size": 8,
        "tokenizer": Path("t"),
        "start": Path("m"),
        "device": "cpu",
        "resume": True,
    }


@pytest.mark.parametrize(("problems", "status"), [([], 0), ([Problem("a.txt", "gone", "Do.")], 1)])
def test_assets_verify(monkeypatch, problems, status):
    monkeypatch.setattr("bertlab.assets.verify", lambda: problems)
    monkeypatch.setattr("bertlab.assets.names", lambda: ["a.txt"])
    done = invoke("assets", "verify")
    assert done.exit_code == status
    assert ("gone. Do." if problems else "checksums agree") in done.output


def test_a_foreseen_error_is_one_line(course, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bertlab", "start", "77"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert str(end.value).startswith("bertlab: found the lesson name '77'; wanted one of 00_start")


def test_outside_of_a_clone_the_error_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bertlab.notebooks.__file__", str(tmp_path / "site" / "notebooks.py"))
    with pytest.raises(BertlabError, match="Change into your clone"):
        CliRunner().invoke(cli.app, ["lab"], catch_exceptions=False)


def test_build_names_each_folder_and_its_time(tmp_path, monkeypatch):
    from bertlab import build

    def make(kind, out):
        yield build.Made(kind, out / kind, "7 decks", 1.23)

    monkeypatch.setattr(build, "make", make)
    done = CliRunner().invoke(cli.app, ["build", "slides", "--out", str(tmp_path)])
    assert done.exit_code == 0
    assert "1.2 s" in done.output and f"{tmp_path / 'slides'}: 7 decks" in done.output
