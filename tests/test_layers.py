"""Imports run one way. Read from the source, so that imports inside functions count too."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "bertlab"
LAYERS = [
    {"errors", "files", "markdown", "assets"},
    {"text"},
    {"data"},
    {"models"},
    {"training"},
    {"clinic", "views"},
    {"teaching"},
    {"bench"},
    {"build", "cli", "commands", "doctor", "normalise", "notebooks"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
TRAINING_PATH = {"data", "models", "training"}
NOT_IN_TRAINING = {"spacy", "nltk", "transformers"}


def imports(path: Path, package: Path) -> set[str]:
    """Full names of the modules that the file imports anywhere in it."""
    here = [package.name, *path.relative_to(package).with_suffix("").parts]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            found.add(module)
            if module == package.name:  # from bertlab import text
                found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def violations(package: Path) -> list[str]:
    """Every import in `package` that breaks a rule of CONTRIBUTING.md."""
    found = []
    for path in sorted(package.rglob("*.py")):
        layer = path.relative_to(package).with_suffix("").parts[0]
        if layer == "__init__":
            continue
        for name in sorted(imports(path, package)):
            top, _, rest = name.partition(".")
            other = rest.split(".")[0]
            if top == package.name and other in RANK:
                same_floor = RANK[other] == RANK[layer] and RANK[layer] not in (0, len(LAYERS) - 1)
                if RANK[other] > RANK[layer] or (same_floor and other != layer):
                    found.append(f"{path.name} ({layer}) imports {name}")
                elif other == "clinic" and layer not in ("clinic", "bench"):
                    found.append(
                        f"{path.name} imports {name}: only notebooks, tests and the benches may"
                    )
            if layer == "text" and top == "torch":
                found.append(f"{path.name} (text) imports torch")
            if layer in TRAINING_PATH and top in NOT_IN_TRAINING:
                found.append(f"{path.name} ({layer}) imports {top}")
    return found


def test_the_package_keeps_its_layers():
    assert violations(PACKAGE) == []


def test_every_part_of_the_package_has_a_layer():
    parts = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()
    }
    assert parts - {"__init__"} <= set(RANK)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("text/words.py", "from bertlab.data import pairs"),
        ("text/words.py", "def late():\n    import torch.nn"),
        ("data/pairs.py", "from ..models import bert"),
        ("data/pairs.py", "import spacy"),
        ("training/pretrain.py", "from transformers import AutoModel"),
        ("views/base.py", "from bertlab.clinic import masking"),
        ("teaching/claims.py", "from bertlab import clinic"),
        ("teaching/claims.py", "import bertlab.cli"),
        ("errors.py", "from bertlab.text import corpora"),
    ],
)
def test_a_wrong_import_is_found(tmp_path, file, line):
    path = tmp_path / "bertlab" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(line)
    assert len(violations(tmp_path / "bertlab")) == 1


def modules(*layers: str) -> list[str]:
    """Names of all modules of these layers."""
    paths = [path for layer in layers for path in (PACKAGE / layer).rglob("*.py")]
    dotted = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in paths]
    return sorted(name.removesuffix(".__init__") for name in dotted)


@pytest.mark.parametrize(
    ("absent", "layers"),
    [(["torch"], ["text"]), (sorted(NOT_IN_TRAINING), ["data", "models", "training"])],
    ids=["text without torch", "training without spaCy, NLTK, transformers"],
)
def test_modules_import_where_a_package_is_absent(absent, layers):
    lines = ["import sys", *(f"sys.modules[{name!r}] = None" for name in absent)]
    lines += [f"import {name}" for name in modules(*layers)]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
