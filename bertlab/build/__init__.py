"""What is handed out: everything here is made from the notebooks as they are stored, offline.

student     a folder to work in, outputs cleared, solutions sealed
instructor  the lessons with answers, expected misconceptions, hints and minutes after each exercise
slides      a reveal.js deck a lesson
site        a static website with the stored outputs
handout     a lesson for printing, as HTML and (where Chromium is) as PDF; once more with answers

`make` is the one way in; each kind has a module of its own, imported when it is asked for.
"""

import importlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bertlab.errors import BertlabError

KINDS = ("student", "instructor", "slides", "site", "handout")


class Made(NamedTuple):
    """One kind of build: its folder, what is in it in a few words, and how long it took."""

    kind: str
    folder: Path
    what: str
    seconds: float


def make(kind: str, out: Path, lessons: Sequence[str] = ()) -> Iterator[Made]:
    """Build `kind` (or all five for "all") into folders below `out`, one after the other.

    lessons: numbers such as "01"; all for none. A folder of an earlier build is replaced.

    Raises: BertlabError for an unknown kind, for a folder that no build has made, or where a
    build lacks a package.
    """
    from bertlab.notebooks import find_notebooks

    if kind not in (*KINDS, "all"):
        raise BertlabError(f"{kind!r}", f"one of {', '.join(KINDS)} or all", "Choose one.")
    paths = find_notebooks(lessons)
    for one in KINDS if kind == "all" else (kind,):
        begin = time.perf_counter()
        folder = fresh(out / one)
        what = importlib.import_module(f"bertlab.build.{one}").build(paths, folder)
        yield Made(one, folder, what, time.perf_counter() - begin)


_MARK = ".made-by-bertlab-build"


def fresh(folder: Path) -> Path:
    """`folder`, empty. One that an earlier build has made is removed, any other is left alone.

    Raises: BertlabError for a folder with something else in it.
    """
    import shutil

    if (folder / _MARK).is_file():
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise BertlabError(
            f"files in {folder} that no build has made",
            "an empty folder, or one of an earlier build",
            "Name another folder with --out.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return folder
