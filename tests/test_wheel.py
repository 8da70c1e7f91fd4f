"""The wheel, built and installed away from the tree, has everything that ships, and it loads."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[1]
SAY = """
import sys, torch
import bertlab
from bertlab import assets
from bertlab.data import labelled
from bertlab.models.loading import load
from bertlab.text.corpora import open_corpus

assert bertlab.__file__.startswith(sys.prefix), bertlab.__file__
assert assets.verify() == [], assets.verify()
load("bertlab-tiny")
model, tokenizer = load("bertlab-mini")
ids = torch.tensor([tokenizer.encode("The seal slept.").ids])
assert model(ids).last_hidden_state.isfinite().all()
sets = labelled.reviews(), labelled.word_pairs(), labelled.entailments(), labelled.tagged(), labelled.questions()
print(len(list(open_corpus())), *map(len, sets))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """An environment that holds the wheel, and sees this one's packages for what bertlab needs."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(TREE / "bertlab", source / "bertlab", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-lessons"):
        shutil.copy(TREE / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place), str(source)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = place.glob("*.whl")
    env = place / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(env)], check=True)
    python = env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(wheel)], check=True)
    folder = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # a path in a .pth file comes after the environment's own packages, so the wheel's bertlab wins
    (Path(folder) / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_an_installed_wheel_has_every_asset_and_they_load(environment, tmp_path):
    done = subprocess.run(
        [environment, "-I", "-c", SAY], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["302", "7578", "428", "432", "354", "402"]


def test_the_installed_command_verifies_its_assets(environment, tmp_path):
    command = environment.with_name("bertlab" + environment.suffix)
    done = subprocess.run(
        [command, "assets", "verify"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "checksums agree" in done.stdout
