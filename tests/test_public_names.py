"""Public names: listed in order, resolving, light to import, and each met by a test or a lesson."""

import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import bertlab

ROOT = Path(__file__).parents[1]
HEAVY = {"numpy", "torch", "spacy", "nltk", "transformers", "matplotlib", "IPython", "tokenizers"}
MODULES = ["bertlab"] + [
    found.name for found in pkgutil.walk_packages(bertlab.__path__, "bertlab.")
]
PACKAGES = [name for name in MODULES if importlib.util.find_spec(name).submodule_search_locations]


@pytest.mark.parametrize("name", MODULES)
def test_listed_names_are_sorted_and_resolve(name):
    module = importlib.import_module(name)
    listed = list(getattr(module, "__all__", ()))
    assert listed == sorted(set(listed))
    for public in listed:
        assert getattr(module, public) is not None
        assert public in dir(module)


@pytest.mark.parametrize("name", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError):
        importlib.import_module(name).no_such_name  # noqa: B018


def test_every_public_name_is_met_by_a_test_or_a_lesson():
    sources = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("notebooks/*.ipynb")]
    words = set(re.findall(r"\w+", " ".join(path.read_text(encoding="utf-8") for path in sources)))
    public = {
        f"{name}.{listed}"
        for name in PACKAGES
        for listed in getattr(importlib.import_module(name), "__all__", ())
    }
    assert sorted(one for one in public if one.rsplit(".", 1)[1] not in words) == []


def loaded_by(statement: str) -> set[str]:
    """Modules that a fresh interpreter holds after `statement`."""
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


def test_importing_bertlab_loads_almost_nothing():
    # The time is in `bertlab doctor`; a count does not depend on how busy the machine is.
    assert len(loaded_by("import bertlab") - loaded_by("pass")) < 25


def test_importing_a_package_loads_nothing_heavy():
    loaded = loaded_by("import " + ", ".join(PACKAGES))
    assert {name.split(".")[0] for name in loaded} & HEAVY == set()
