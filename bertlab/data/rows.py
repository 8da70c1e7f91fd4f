"""The rows of a table as they stream by: kept or drawn, with everything odd counted."""

import unicodedata
from collections import Counter

import numpy as np

from bertlab.data.layouts import DELIMITERS, Layout, Note, listed, records
from bertlab.errors import BertlabError

_MISSING = {"", "nan"}  # what spreadsheets and data frames write for an empty cell
_MOST_CLASSES = 1000
_LINES_SHOWN = 5
_WIDE = "left out, with more cells than the header"


class Rows:
    """The rows of one reading, kept or drawn, with everything odd counted."""

    def __init__(self, layout: Layout, sample: int | None, generator, grouped: bool):
        if sample is not None and sample < 1:
            raise BertlabError(f"sample={sample}", "at least 1 row", "Leave it out to keep all.")
        self.layout, self.sample, self.generator, self.grouped = layout, sample, generator, grouped
        self.kept: list[tuple] = []  # (text, label number, line, group and further columns …)
        self.draws: list[float] = []
        self.seen = 0
        self.numbers: dict[str, int] = {}  # label without case and spaces -> number
        self.known: dict[str, int] = {}  # the same by spelling: most labels were met before
        self.spellings: list[Counter] = []  # of each number
        self.odd: dict[str, tuple[int, list[int]]] = {}
        self.cells: dict[str, str] = {}  # one object for equal cells: groups repeat

    def note(self, what: str, line: int) -> None:
        count, lines = self.odd.get(what, (0, []))
        if count < _LINES_SHOWN:
            lines.append(line)
        self.odd[what] = (count + 1, lines)

    def read(self, quoting: int) -> None:
        layout, names = self.layout, list(self.layout.names)
        with layout.open() as stream:
            for line, row in records(stream, layout, quoting):
                if len(row) != layout.width and (odd := self.odd_width(row)):
                    self.note(odd, line)
                    continue
                cells = [row[place] for place in layout.places]
                if cells == names:
                    self.note("left out, a repeat of the header", line)
                elif not any(map(str.strip, row)):
                    self.note("left out, empty", line)
                else:
                    self.row(line, *cells)

    def odd_width(self, row: list[str]) -> str | None:
        """What is wrong with a row of another width than the header; None if it holds all we need."""
        if not any(map(str.strip, row)):
            return "left out, empty"
        if any(row[self.layout.width :]):
            return _WIDE
        return "left out, with too few cells" if len(row) <= max(self.layout.places) else None

    def row(self, line: int, text: str, label: str, *more: str) -> None:
        if "\x00" in text or "\x00" in label:
            self.note("NUL bytes, taken out of the text", line)
            text, label = text.replace("\x00", ""), label.replace("\x00", "")
        text = text.strip().replace("\r\n", "\n")
        spelling = " ".join(label.split())
        if text.casefold() in _MISSING:
            return self.note("left out, without text", line)
        if spelling.casefold() in _MISSING:
            return self.note("left out, without a label", line)
        if self.grouped and not more[0].strip():
            self.note("without a group, each a group of its own", line)
        columns = tuple(self.cells.setdefault(cell.strip(), cell.strip()) for cell in more)
        self.keep((text, self.number(spelling), line, *columns))

    def number(self, spelling: str) -> int:
        found = self.known.get(spelling)
        if found is None:
            found = self.numbers.setdefault(_key(spelling), len(self.numbers))
            self.known[spelling] = found
            if found == len(self.spellings):
                self.spellings.append(Counter())
                if found >= _MOST_CLASSES:
                    raise self.too_many()
        self.spellings[found][spelling] += 1
        return found

    def keep(self, row: tuple) -> None:
        self.seen += 1
        if self.sample is None or self.seen <= self.sample:
            self.kept.append(row)
            return
        if not self.draws:  # one call for many: a call a row costs more than reading the row
            self.draws = self.generator.random(4096).tolist()
        place = int(self.draws.pop() * self.seen)  # a reservoir: each row stays equally likely
        if place < self.sample:
            self.kept[place] = row

    def too_many(self) -> BertlabError:
        examples = listed([next(iter(found)) for found in self.spellings[:3]])
        return BertlabError(
            f"{len(self.spellings):,} different labels in {self.seen + 1:,} rows, such as {examples}",
            "classes, each with many texts",
            "Check that `label` names the right column; put numbers into a few ranges.",
        )

    def check(self) -> None:
        """Raises BertlabError where what was read is no set of labelled texts."""
        source = self.layout.path.name
        left_out = sum(
            count for what, (count, _) in self.odd.items() if what.startswith("left out")
        )
        wide, lines = self.odd.get(_WIDE, (0, [0]))
        if wide > self.seen:
            raise BertlabError(
                f"{wide:,} of {self.seen + left_out:,} rows of {source} with more cells than the "
                f"header (first: line {lines[0]})",
                f"{self.layout.width} cells in each",
                f"Put texts that hold a {DELIMITERS.get(self.layout.delimiter, 'delimiter')} "
                'in quotes ("…"), as spreadsheets and csv.writer do.',
            )
        if not self.kept:
            dropped = "; ".join(map(str, self.notes()))
            raise BertlabError(
                f"no row with a text and a label in {source}{f' ({dropped})' if dropped else ''}",
                "at least one text of each class",
                "Check the file below its header.",
            )
        if len(self.numbers) == 1:
            raise BertlabError(
                f"one class only, {self.spelling(0)!r}, in all {self.seen:,} rows of {source}",
                "at least two classes",
                "Check that `label` names the right column, or add texts of another class.",
            )
        if len(self.numbers) > max(20, self.seen / 5):
            raise self.too_many()

    def spelling(self, number: int) -> str:
        """The commonest way of writing a label; of equals the first in the file."""
        return self.spellings[number].most_common(1)[0][0]

    def classes(self) -> tuple[list[str], np.ndarray]:
        """Names of the classes in order, and (classes,) the place there of each label number."""
        names = [self.spelling(number) for number in range(len(self.numbers))]
        order = sorted(range(len(names)), key=lambda number: _sort_key(names[number]))
        return [names[number] for number in order], np.argsort(order)

    def notes(self) -> list[Note]:
        """Everything that was handled."""
        notes = [Note(what, count, tuple(lines)) for what, (count, lines) in self.odd.items()]
        if self.seen > len(self.kept):
            notes.append(Note(f"drawn evenly: {len(self.kept):,} of {self.seen:,} rows"))
        for number, found in enumerate(self.spellings):
            if len(found) > 1:
                ways = ", ".join(f"{way!r} {count:,}" for way, count in found.most_common(6))
                notes.append(Note(f"one class {self.spelling(number)!r} made of the labels {ways}"))
        return notes


def _key(label: str) -> str:
    """What labels of one class have in common: no case, no spaces, one way to write a number."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    try:
        return repr(float(folded))
    except ValueError:
        return folded


def _sort_key(name: str) -> tuple:
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name.casefold())
