"""What ships with the package: text, labels and weights, each with a card and a checksum.

Only paths and checksums live here; `bertlab.models.loading.load` opens models, `bertlab.text.open_corpus`
the corpus.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from bertlab.errors import BertlabError

ROOT = Path(__file__).parent
_SUMS = ROOT / "SHA256SUMS"  # in the format of `sha256sum`, written by `write_sums`
_REMEDY = "Reinstall bertlab, or restore the file with `git checkout -- bertlab/assets`."


class Problem(NamedTuple):
    """A shipped file that is not as it should be, and what to do."""

    file: str
    found: str
    remedy: str


def asset(name: str) -> Path:
    """The path of a shipped file or folder, such as `"corpus.jsonl"` or `"bertlab-mini"`.

    Raises BertlabError when it is missing.
    """
    path = ROOT / name
    if not path.exists():
        raise BertlabError(f"no shipped {name!r}", f"one of {', '.join(names())}", _REMEDY)
    return path


def names() -> list[str]:
    """The shipped files and folders."""
    return sorted({file.split("/")[0] for file in _listed()})


def verify() -> list[Problem]:
    """Compare every shipped file with its checksum; an empty list means all are whole."""
    problems = []
    for file, wanted in _listed().items():
        path = ROOT / file
        if not path.is_file():
            problems.append(Problem(file, "missing", _REMEDY))
        elif _checksum(path) != wanted:
            problems.append(Problem(file, f"damaged ({path.stat().st_size:,} bytes)", _REMEDY))
    return problems


def write_sums() -> None:
    """Record the checksums of what lies here now (for whoever changes an asset)."""
    files = sorted(
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and path != _SUMS
    )
    lines = [f"{_checksum(ROOT / file)}  {file}\n" for file in files]
    _SUMS.write_text("".join(lines), encoding="utf-8", newline="\n")


def _listed() -> dict[str, str]:
    try:
        lines = _SUMS.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise BertlabError(
            f"no {_SUMS.name} among the assets", "a whole package", _REMEDY
        ) from error
    return {file: digest for digest, file in (line.split("  ", 1) for line in lines)}


def _checksum(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
