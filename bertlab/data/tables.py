"""Your own table, a CSV or TSV file, as labelled texts.

A fault in the file is either handled and told in the table's report, or it is one clear line
(`BertlabError`). Rows are read as a stream: memory is that of the rows kept, whatever the file holds.
"""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path

import numpy as np

from bertlab.data.layouts import (
    BadQuote,
    Layout,
    Note,
    find_encoding,
    find_layout,
    listed,
    nearest,
)
from bertlab.data.rows import Rows
from bertlab.errors import BertlabError


@dataclass(frozen=True, eq=False)
class Table:
    """Labelled texts out of a file.

    labels: (rows,) class numbers, `classes[label]` is the name. groups: one a row, "" where unknown;
    None where no group column was named. lines: (rows,) the line of the file where a row begins.
    columns: the values of the further columns asked for. notes: what was handled on the way.
    """

    source: str
    texts: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    groups: tuple[str, ...] | None
    lines: np.ndarray
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"<Table {self.source}: {len(self):,} texts, {len(self.classes)} classes>"

    def counts(self) -> dict[str, int]:
        """Rows of each class, by its name."""
        found = np.bincount(self.labels, minlength=len(self.classes))
        return dict(zip(self.classes, found.tolist(), strict=True))

    def select(self, rows: Sequence[int] | np.ndarray) -> "Table":
        """The rows with these numbers, counted from 0, in this order. Classes stay as they are."""
        rows = np.asarray(rows, dtype=np.int64)
        take = lambda values: tuple(values[row] for row in rows.tolist())  # noqa: E731
        return replace(
            self,
            texts=take(self.texts),
            labels=self.labels[rows],
            groups=None if self.groups is None else take(self.groups),
            lines=self.lines[rows],
            columns={name: take(values) for name, values in self.columns.items()},
        )

    def without(self, *classes: str) -> "Table":
        """The table without these classes.

        Raises BertlabError for a name that is not a class, or where fewer than two would remain.
        """
        for name in classes:
            if name not in self.classes:
                raise BertlabError(
                    f"no class {name!r}",
                    f"one of {listed(self.classes)}",
                    nearest(name, self.classes) or "Check the spelling.",
                )
        stay = [number for number, name in enumerate(self.classes) if name not in classes]
        if len(stay) < 2:
            raise BertlabError(f"{len(stay)} classes left", "at least two", "Leave out fewer.")
        smaller = self.select(np.flatnonzero(np.isin(self.labels, stay)))
        return replace(
            smaller,
            labels=np.searchsorted(stay, smaller.labels),
            classes=tuple(self.classes[number] for number in stay),
        )

    def describe(self) -> str:
        """The report to read before anything else: size, classes, and all that was handled."""
        words = [len(text.split()) for text in self.texts]
        classes = ", ".join(f"{name} {count:,}" for name, count in self.counts().items())
        lines = [
            f"{self.source}: {len(self):,} texts",
            f"classes: {classes}",
            f"words a text: median {int(np.median(words))}, longest {max(words):,}",
        ]
        if self.groups is not None:
            lines.append(f"groups: {len(set(self.groups) - {''}):,}")
        return "\n".join(lines + [f"- {note}" for note in self.notes])


def read_table(
    path: str | os.PathLike,
    text: str | int = "text",
    label: str | int = "label",
    *,
    group: str | int | None = None,
    keep: Sequence[str | int] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
    sample: int | None = None,
    generator: np.random.Generator | None = None,
) -> Table:
    """Read the labelled texts of a CSV or TSV file.

    text, label, group: names of columns, or positions counted from 0 in a file without a header.
    group: what rows have in common beyond their class, such as a product or an author; `split_table`
    keeps a group on one side. keep: further columns, for slices. delimiter, encoding: found out
    where they are None. sample: keep this many rows, drawn evenly with `generator` (default: seed 0)
    while the file streams by, so that a file of any size fits.

    Handled and noted: byte-order mark, UTF-16, Windows-1252 (Latin-1), NUL bytes, the delimiter, rows
    without text or label, rows of the wrong width, repeated headers, labels that differ only in
    case, white space or form of number.

    Raises BertlabError for: no file, no text file, no rows, a missing column (with the nearest name),
    damaged UTF-8, quotes that do not close, one class only, labels that are no classes.
    """
    path = Path(path)
    notes: list[Note] = []
    encoding = find_encoding(path, encoding, notes)
    named = [text, label, *([] if group is None else [group]), *keep]
    try:
        layout = find_layout(path, encoding, delimiter, named, notes)
        rows = _read(layout, sample, generator or np.random.default_rng(0), group is not None)
    except UnicodeError as error:
        raise BertlabError(
            f"bytes in {path.name} that are not {encoding} ({error})",
            f"{encoding} throughout",
            "Leave `encoding` out to have it found, or save the file again as UTF-8.",
        ) from error
    rows.check()
    classes, place = rows.classes()
    texts, labels, lines, *more = zip(*sorted(rows.kept, key=itemgetter(2)), strict=True)
    groups = None if group is None else more.pop(0)
    return Table(
        source=path.name,
        texts=texts,
        labels=place[np.array(labels)],
        classes=tuple(classes),
        groups=groups,
        lines=np.array(lines),
        columns=dict(zip(map(str, keep), more, strict=True)),
        notes=(*notes, *rows.notes()),
    )


def _read(layout: Layout, sample: int | None, generator, grouped: bool) -> Rows:
    rows = Rows(layout, sample, generator, grouped)
    try:
        rows.read(csv.QUOTE_MINIMAL)
    except BadQuote:
        if (
            layout.delimiter != "\t"
        ):  # many a TSV has no quoting, and its quotes are mere characters
            raise
        rows = Rows(layout, sample, generator, grouped)
        rows.read(csv.QUOTE_NONE)
        rows.odd["quotes read as plain characters: they do not pair up"] = (0, [])
    return rows
