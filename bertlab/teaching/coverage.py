"""Which statements of a lesson's prose are covered, and by what; what is not is reported.

CONTRIBUTING.md has the rule. In short: a sentence names its source, or prints its numbers nearby, or is
followed by an invisible comment: `<!-- claims: 01-a, 01-b -->`, `<!-- printed: exact text; more -->` or
`<!-- basis: definition -->`.
"""

import json
import re
from collections.abc import Iterator, Set
from html import unescape
from pathlib import Path
from typing import NamedTuple

from bertlab.teaching.collect import collect_from
from bertlab.teaching.statements import Statement, numbers_in, numbers_of_code, statements, told

BASES = ("definition", "arithmetic", "advice", "course", "source")
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
IGNORED = "nbval-ignore-output"
_FENCE = re.compile(r"^(```|~~~).*?^\1`*\s*$", re.DOTALL | re.MULTILINE)
_ITEM = re.compile(r"\n(?=\s*(?:[-*] |\d+\. |\||#))")
_HEADING = re.compile(r"#+ (?:\d+ · )?")
_HEADER = re.compile(r"^\*\d+ minutes.*\*$", re.MULTILINE)  # a test of its own holds that line


class Finding(NamedTuple):
    """A statement of a lesson, or a comment that does not hold.

    cover: "claims", "printed", "cited", "basis: …", or "" for nothing; why: what is wrong then.
    """

    notebook: str
    cell: int
    sentence: str
    cover: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.notebook} cell {self.cell}: {self.sentence} [{self.cover or self.why}]"


class _Passage(NamedTuple):
    text: str
    comments: list[str]
    section: int


class _Shown(NamedTuple):
    """What code cells show: their compared output as text, and all numbers in it and in their code."""

    text: str
    numbers: set[float]


def audit(path: Path, claims: Set[str] = frozenset()) -> list[Finding]:
    """Every statement in the prose of the notebook at `path` and what covers it.

    claims: identifiers beside the notebook's own, such as those of the other lessons.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    known = set(claims) | {row.id for row in collect_from(path)}
    prose: list[tuple[int, _Passage]] = []
    code: list[tuple[int, int, _Shown]] = []  # index of the cell, section, what it shows
    section = 0
    for index, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            code.append((index, section, _shown(cell, source)))
        elif cell["cell_type"] == "markdown":
            found = _passages(source if index else _HEADER.sub("", source), section)
            prose += [(index, passage) for passage in found]
            section = max((passage.section for passage in found), default=section)
    findings = []
    for index, passage in prose:
        near = [shown for at, _, shown in code if abs(at - index) == 1]
        here = [shown for _, where, shown in code if where == passage.section]
        findings += _judge(path.name, index, passage, near, here, known)
    return findings


def _judge(name, index, passage, near, here, known) -> Iterator[Finding]:
    stated = statements(passage.text)
    covers, faults = [], []
    for comment in passage.comments:
        kind, _, rest = (part.strip() for part in comment.partition(":"))
        fault = _fault(kind, rest, here, known)
        faults += [fault] if fault else []
        covers.append(f"basis: {rest}" if kind == "basis" else kind)
        if kind == "basis" and not fault and not stated:
            faults.append("a basis with no statement that needs it")
    for fault in faults:
        yield Finding(name, index, " ".join(passage.text.split())[-80:], "", fault)
    for statement in stated if not faults else ():
        held = [cover for cover in covers if not cover.startswith("basis")]
        alone = _by_itself(statement, near, here)  # a basis counts only where nothing better holds
        cover = ", ".join(held) or alone or ", ".join(covers)
        yield Finding(name, index, statement.text, cover, "" if cover else "nothing covers it")


def _fault(kind: str, rest: str, here: list[_Shown], known: Set[str]) -> str | None:
    parts = [part.strip() for part in rest.split("," if kind == "claims" else ";") if part.strip()]
    if kind == "claims":
        wrong = [part for part in parts if part not in known]
        return f"no claim named {', '.join(wrong) or 'there'}" if wrong or not parts else None
    if kind == "printed":
        shown = " ".join(" ".join(one.text for one in here).split())
        wrong = [part for part in parts if " ".join(part.split()) not in shown]
        return f"not printed in its section: {'; '.join(wrong)}" if wrong or not parts else None
    if kind == "basis":
        word, _, name = rest.partition(" ")
        fits = word in BASES and (word == "source") == bool(name)
        return None if fits else f"the basis {rest!r} is none of {', '.join(BASES)} (source NAME)"
    return f"a comment that begins with {kind!r}, not claims, printed or basis"


def _by_itself(statement: Statement, near: list[_Shown], here: list[_Shown]) -> str:
    if statement.cited:
        return "cited"
    if statement.compares:
        return ""
    beside = set().union(*(one.numbers for one in near)) if near else set()
    section = set().union(*(one.numbers for one in here)) if here else set()
    for number in statement.numbers:
        lone = number is not None and number == int(number) and abs(number) < 10
        if not told(number, beside if lone else section | beside):
            return ""
    return "printed"


def _passages(markdown: str, section: int) -> list[_Passage]:
    """The prose of a cell in blocks, each with the comments that cover it."""
    found: list[_Passage] = []
    begin = 0  # of the last block
    for chunk in re.split(r"\n\s*\n", _FENCE.sub("", markdown)):
        if not COMMENT.sub("", chunk).strip():  # a comment alone covers the block above it
            stating = [one for one in found[begin:] if statements(one.text)]
            for passage in stating or found[-1:]:
                passage.comments.extend(COMMENT.findall(chunk))
            continue
        if chunk.startswith("    "):
            continue  # a block of code
        begin = len(found)
        items = _ITEM.split(chunk.strip("\n"))
        rows = [i for i, item in enumerate(items) if re.fullmatch(r"\s*\|[-:| ]+\|?\s*", item)]
        for at, item in enumerate(items):
            if at in rows or at + 1 in rows:
                continue  # the line under a table's head, and the head
            if item.startswith("#"):
                section += 1
            text = _HEADING.sub("", item, count=1) if item.startswith("#") else item
            text = re.sub(r"^\s*(?:[-*]|\d+\.) ", "", text)
            found += _pieces(text, section, "\n\n" if item.lstrip().startswith("|") else "|")
    return found


def _pieces(text: str, section: int, bar: str) -> list[_Passage]:
    """The text between comments, each with the comments behind it; `bar` stands for each "|"."""
    found: list[_Passage] = []
    for at, piece in enumerate(COMMENT.split(text)):
        if at % 2:
            found[-1].comments.append(piece)
        elif piece.strip() or not found:
            found.append(_Passage(piece.replace("|", bar), [], section))
    return found


def _shown(cell: dict, source: str) -> _Shown:
    texts = []
    for output in cell["outputs"] if IGNORED not in cell["metadata"].get("tags", []) else ():
        if output["output_type"] == "stream":
            texts.append("".join(output["text"]))
        elif output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}")
        else:
            data = {mime: "".join(part) for mime, part in output["data"].items() if "text/" in mime}
            texts += [data.get("text/plain", "")]
            texts += [unescape(re.sub("<[^>]*>", " ", data.get("text/html", "")))]
    text = " ".join(texts)
    return _Shown(text, numbers_in(text) | numbers_of_code(source))
