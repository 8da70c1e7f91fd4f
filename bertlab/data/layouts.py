"""How a table is laid out in its file: encoding, delimiter, header, and where its rows begin."""

import codecs
import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bertlab.data.encodings import detect
from bertlab.errors import BertlabError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LINE = (
    1 << 15
)  # characters looked at: with 20 lines of an eighth each, under the csv module's limit


@dataclass(frozen=True)
class Note:
    """Something in the file that was handled: how many rows it met, and the first lines of them."""

    what: str
    count: int = 0
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not self.count:
            return self.what
        shown = ", ".join(f"{line:,}" for line in self.lines)
        more = ", …" if self.count > len(self.lines) else ""
        plural = "s" * (self.count > 1)
        where = f" (line{plural} {shown}{more})" if self.lines else ""
        return f"{self.what}: {self.count:,} row{plural}{where}"


@dataclass(frozen=True)
class Layout:
    """Where a file's rows and wanted cells are."""

    path: Path
    encoding: str
    delimiter: str
    header: list[str] | None  # as it stands in the file; None: there is none
    skip: int  # lines before the header
    places: tuple[int, ...]  # of text, label, group (if any), kept columns
    names: tuple[str, ...]  # of the same columns
    width: int

    def open(self) -> io.TextIOWrapper:
        stream = open(self.path, encoding=self.encoding, newline="")
        for _ in range(self.skip):
            stream.readline()
        return stream


def find_layout(path: Path, encoding: str, delimiter, named: list, notes: list[Note]) -> Layout:
    """Which character parts the cells, and where the wanted columns are."""
    with open(path, encoding=encoding, newline="") as stream:
        skip = 0
        while (first := stream.readline(_LINE)) and not first.strip("\x00\r\n ,;\t|"):
            skip += 1
        declared = re.fullmatch(r"sep=(.)\s*", first)  # a first line that Excel understands
        if declared:
            skip, delimiter, first = skip + 1, delimiter or declared[1], stream.readline(_LINE)
        head = first + "".join(stream.readline(_LINE // 8) for _ in range(20))
    if not head.strip("\x00\r\n "):
        raise BertlabError(f"{path.name} without any text", "a header and rows", "Check the file.")
    head = head.replace("\x00", "")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n '):
        raise BertlabError(
            f"delimiter={delimiter!r}", "one of , ; | or a tab", "Leave it out to have it found."
        )
    headers = {
        mark: [cell.strip() for cell in _head_rows(head, mark)[0]]
        for mark in ([delimiter] if delimiter else DELIMITERS)
    }
    numbers = [column for column in named if isinstance(column, int)]
    if numbers and len(numbers) < len(named):
        raise BertlabError(
            f"columns {named}",
            "names for all, or positions for all (a file without a header)",
            "Use one kind.",
        )
    best = max(headers, key=lambda mark: _fit(mark, headers[mark], named, head))
    cells = headers[best]
    for column in named:
        _require_column(column, cells, path.name, delimiter)
    if best != "," and delimiter is None:
        notes.append(Note(f"cells are parted by a {DELIMITERS[best]}"))
    places = tuple(column if numbers else cells.index(column) for column in named)
    kept = tuple(str(column) for column in named)
    return Layout(path, encoding, best, None if numbers else cells, skip, places, kept, len(cells))


def _head_rows(head: str, delimiter: str) -> list[list[str]]:
    lines = io.StringIO(head, newline="")
    return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))


def _fit(mark: str, first: list[str], named: list, head: str) -> tuple[int, float, int]:
    """How well a delimiter explains a file: wanted columns found, rows as wide as the first, width."""
    found = sum(column in first or column in range(len(first)) for column in named)
    rows = [row for row in _head_rows(head, mark) if row]
    return found, sum(len(row) == len(first) for row in rows) / len(rows), len(first)


def _require_column(column, cells: list[str], file: str, given: str | None) -> None:
    if isinstance(column, int):
        if column not in range(len(cells)):
            raise BertlabError(
                f"{len(cells)} columns in {file}",
                f"a column {column} (the first is 0)",
                "Name the columns if the file has a header.",
            )
        return
    times = cells.count(column)
    if times == 1:
        return
    there = listed([cell if len(cell) <= 40 else cell[:39] + "…" for cell in cells])
    if times:
        raise BertlabError(
            f"{times} columns {column!r} in {file}", "one", "Rename the others in its first line."
        )
    remedy = nearest(column, cells)
    if given and any(mark in cell for cell in cells for mark in DELIMITERS):
        remedy = (
            f"{given!r} may not be what parts the cells: leave `delimiter` out to have it found."
        )
    elif not remedy:
        remedy = f"Name yours: text=…, label=…; without a header, positions: text=0, label={len(cells) - 1}."
    raise BertlabError(f"the columns {there} in {file}", f"a column {column!r}", remedy)


def nearest(name: str, names: Sequence[str]) -> str:
    folded = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.5)
    near = near or [other for other in folded if name.casefold() in other]
    return f"Do you mean {folded[near[0]]!r}?" if near else ""


def listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def find_encoding(path: Path, encoding: str | None, notes: list[Note]) -> str:
    """The encoding of a file that exists and is text."""
    if not path.exists():
        raise BertlabError(f"no file {path}", "a CSV file", "Check the path and the folder.")
    if path.is_dir():
        raise BertlabError(f"the folder {path}", "a CSV file", "Name the file inside it.")
    if encoding is None:
        encoding, remark = detect(path)
        notes.extend([Note(remark)] if remark else [])
    try:
        known = codecs.lookup(encoding).name
    except LookupError as error:
        raise BertlabError(
            f"encoding {encoding!r}", "one that Python knows", "Leave it out to have it found."
        ) from error
    return "utf-8-sig" if known == "utf-8" else encoding  # reads both, with a mark and without


class BadQuote(BertlabError):
    """Quotes that do not pair up: in a TSV they may be no quotes at all."""


def records(stream, layout: Layout, quoting: int) -> Iterator[tuple[int, list[str]]]:
    """(line where it begins, cells) of every row below the header."""
    reader = csv.reader(
        stream, delimiter=layout.delimiter, quoting=quoting, strict=True, skipinitialspace=True
    )
    line = layout.skip + 1
    try:
        for row in reader:
            if line > layout.skip + 1 or layout.header is None:
                yield line, row
            line = layout.skip + reader.line_num + 1
    except csv.Error as error:
        raise _bad_quote(error, line, layout) from error


def _bad_quote(error: csv.Error, line: int, layout: Layout) -> BadQuote:
    row = f"the row at line {line:,} of {layout.path.name}"
    remedy = "Close it, or double a quote that belongs to the text, as csv.writer does."
    if "field larger" in str(error):
        limit = csv.field_size_limit()
        found = f"a cell of more than {limit:,} characters in {row}: a quote may never close"
        remedy = "Close it there; cut a text that really is as long."
    elif "end of data" in str(error):
        found = f"a quote that never closes in {row}"
    else:
        found = f"a stray quote in {row}"
    return BadQuote(found, "quotes in pairs", remedy)
