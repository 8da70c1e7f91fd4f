"""The commands on the cards of the weights run as they stand, made small."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bertlab.assets import asset
from bertlab.text.corpora import open_corpus

SMALLER = [  # what is made small; all else is run to the letter
    (r"--steps \d+", "--steps 2"),
    (r"--warmup \d+", "--warmup 1"),
    (r"--keep-at \d+", "--keep-at 2"),
    (r"--batch-size \d+", "--batch-size 2"),
    (r"kept/step-\d+", "kept/step-00000002"),
    (r"(?:--corpus bertlab\s+\\?\s*)+", "--corpus some.jsonl "),
    (r" \* \d+\b", " * 1"),
    (r"size=20_000", "size=500"),
]


def blocks(card: Path) -> list[str]:
    """The indented blocks of a card that are typed into a shell."""
    found = re.findall(r"(?m)(?:^    .*\n|^\n(?=    ))+", card.read_text(encoding="utf-8"))
    texts = [re.sub(r"(?m)^    ", "", block).strip("\n") for block in found]
    return [text for text in texts if text.startswith(("bertlab ", "python "))]


@pytest.fixture
def folder(tmp_path):
    """Where a reader would stand: the books beside the command, here a few of our own documents."""
    lines = [json.dumps({"text": document.text}) + "\n" for document in open_corpus()]
    for name in ("chapters", "books", "movies"):
        (tmp_path / f"{name}.jsonl").write_text("".join(lines[:60]), encoding="utf-8")
    (tmp_path / "some.jsonl").write_text("".join(lines[60:100]), encoding="utf-8")
    shutil.copy(asset("bertlab-mini") / "tokenizer.json", tmp_path)
    commands = tmp_path / "commands"
    commands.mkdir()
    for name, what in (("bertlab", "-m bertlab.cli"), ("python", "")):
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {what} "$@"\n')
        script.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the cards' commands are for a POSIX shell")
@pytest.mark.parametrize("name", ["bertlab-mini", "bertlab-tiny", "bertlab-elmo", "bertlab-static"])
def test_the_commands_of_a_card_run(name, folder):
    script = "set -e\n" + "\n".join(blocks(asset(name) / "README.md"))
    assert "bertlab pretrain" in script
    for pattern, small in SMALLER:
        script = re.sub(pattern, small, script)
    environment = os.environ | {
        "PATH": f"{folder / 'commands'}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    last = re.findall(r"bertlab pretrain (\S+)", script)[-1]
    assert json.loads((folder / last / "measures.json").read_text(encoding="utf-8"))["model"]
    assert (folder / last / "model.safetensors").is_file()
    if name == "bertlab-static":
        assert (folder / name / "vocab.txt").is_file()
