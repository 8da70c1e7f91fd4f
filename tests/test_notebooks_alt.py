"""Every picture of every lesson is there in words and in numbers too, for those who do not see it."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output

from tests.tiny import code, shown, write

LESSONS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
PICTURES = ("image/png", "image/jpeg", "image/gif")
TAG = re.compile(r"<(?:img|svg)\b[^>]*>(?:\s*<title>[^<]+</title>)?", re.IGNORECASE)
NAMED = re.compile(r'\b(?:alt|aria-label)="[^"]+"|<title>|aria-hidden="true"')


def unseen(path: Path) -> list[str]:
    """Pictures in a notebook's outputs and prose without alt text, or without a table twin."""
    found = []
    for index, cell in enumerate(nbformat.read(path, as_version=4).cells):
        if cell.cell_type == "markdown":
            found += [
                f"cell {index}: {hit}" for hit in re.findall(r"!\[\s*\]\([^)]*\)", cell.source)
            ]
            found += [f"cell {index}: {tag}" for tag in _unnamed(cell.source)]
            continue
        outputs = [one for one in cell.get("outputs", []) if "data" in one]
        for place, output in enumerate(outputs):
            for mime in set(PICTURES) & output.data.keys():
                if not output.metadata.get(mime, {}).get("alt", "").strip():
                    found.append(f"cell {index}: a picture without alt text")
                twins = "".join(one.data.get("text/html", "") for one in outputs[place + 1 :])
                if "<table" not in twins or "Figure in words" not in twins:
                    found.append(f"cell {index}: a picture without a table under it")
            for mime in ("text/html", "image/svg+xml"):
                found += [f"cell {index}: {tag}" for tag in _unnamed(output.data.get(mime, ""))]
    return found


def _unnamed(markup: str) -> list[str]:
    return [tag[:80] for tag in TAG.findall(markup) if not NAMED.search(tag)]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_picture_has_words_and_numbers(path):
    assert unseen(path) == []


def picture(**metadata):
    return new_output("display_data", data={"image/png": "iVBORw0KGgo="}, metadata=metadata)


TWIN = shown("<details>Figure in words</details><table></table>", "text/html")
ALT = {"image/png": {"alt": "A line rises."}}


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (code("p", picture(**ALT), TWIN), None),
        (code("p", picture(), TWIN), "without alt text"),
        (code("p", picture(**{"image/png": {"alt": " "}}), TWIN), "without alt text"),
        (code("p", picture(**ALT)), "without a table"),
        (code("p", TWIN, picture(**ALT)), "without a table"),
        (code("p", shown('<img src="x">', "text/html")), "<img"),
        (code("p", shown('<img src="x" alt="">', "text/html")), "<img"),
        (code("p", shown('<img alt="x" src="x">', "text/html")), None),
        (code("p", shown("<svg><path/></svg>", "image/svg+xml")), "<svg"),
        (code("p", shown("<svg><title>Map</title></svg>", "image/svg+xml")), None),
        ("Look: ![](x.png)", "![]"),
        ("Look: ![A map](x.png)", None),
    ],
)
def test_what_is_missing_is_found(tmp_path, cell, fault):
    found = unseen(write(tmp_path / "00_x.ipynb", cell))
    assert len(found) == bool(fault)
    assert not fault or fault in found[0]
