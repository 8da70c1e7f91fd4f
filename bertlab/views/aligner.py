"""The aligner: one text, cut by several tokenizers, one below the other on a ruler of characters."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import anywidget
import traitlets

from bertlab.errors import BertlabError
from bertlab.text.tokens import Token, gaps
from bertlab.views.base import LiveView, Markup, table
from bertlab.views.face import face

LONGEST = 200  # characters: more would be too wide to read, and too slow to redraw at every key

Tokenizers = Mapping[str, Callable[[str], list[Token]]]

_NAMES = {  # characters that would be invisible, or change the look of their neighbours
    "\t": "⇥",
    "\n": "↵",
    "\r": "↵",
    " ": "␣",
    "\u00a0": "NBSP",
    "\u00ad": "SHY",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LS",
    "\u2029": "PS",
    "\ufe0e": "VS15",
    "\ufe0f": "VS16",
    "\ufeff": "BOM",
}


_JOINING = "\u200c\u200d\ufe0e\ufe0f"


class Box(NamedTuple):
    """A token as it is drawn: `label` over the characters `start` to `end`.

    kind  "word", or of WordPiece "inside" (goes on with a word: `##x`), "unknown" ([UNK]) or
          "special" (one of the model's own signs, such as [MASK])
    """

    label: str
    start: int
    end: int
    kind: str = "word"


class Row(NamedTuple):
    """What one tokenizer made of the text; `count` counts pieces, where a box shows several."""

    name: str
    boxes: list[Box]
    count: int


def visible(text: str) -> str:
    """`text` on one line, with a sign or a name in the place of each character one cannot see.

    What joins or alters its neighbours (an emoji family, an accent) stays as it is, and so does a
    blank between two words; alone, or in a row of blanks, they are shown.

    >>> visible("a  b\\n")
    'a␣␣b↵'
    """
    if len(text) == 1:
        return sign(text)
    shown = []
    for i, character in enumerate(text):
        around = text[i - 1 : i] + text[i + 1 : i + 2]
        between = character == " " and len(around) == 2 and " " not in around
        joining = i > 0 and (character in _JOINING or unicodedata.combining(character))
        if between or joining:
            shown.append(character)
        else:
            name = sign(character)
            shown.append(f"⟨{name}⟩" if len(name) > 2 else name)
    return "".join(shown)


def sign(character: str) -> str:
    """One character made visible: itself, a sign such as ␣, a short name such as ZWJ, else U+…."""
    if character in _NAMES:
        return _NAMES[character]
    category = unicodedata.category(character)
    if category in ("Mn", "Me"):
        return f"◌{character}"  # a combining mark needs something to stand on
    if category in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"):
        return f"U+{ord(character):04X}"
    return character


def boxes(tokenize: Callable[[str], list[Token]], text: str) -> tuple[list[Box], int]:
    """The tokens of `text` as boxes, and how many tokens or pieces they are.

    WordPiece is recognised by what its library returns; its boxes are labelled by their pieces,
    because a piece can differ from the text below it. Pieces that share a character share a box.
    """
    tokens = tokenize(text)
    encoding = tokenize.library(text) if hasattr(tokenize, "library") else None
    if not hasattr(encoding, "word_ids"):
        return [Box(visible(token.text), token.start, token.end) for token in tokens], len(tokens)
    drawn, count, at = [], 0, 0
    spans = zip(encoding.tokens, encoding.offsets, strict=True)
    pieces = [(piece, start) for piece, (start, end) in spans if start < end]
    for token in tokens:
        labels = []
        while at < len(pieces) and pieces[at][1] < token.end:
            labels.append(pieces[at][0])
            at += 1
        drawn.append(Box(" ".join(labels), token.start, token.end, _kind(labels, token.text)))
        count += len(labels)
    return drawn, count


def _kind(labels: list[str], text: str) -> str:
    first = labels[0]
    if first.startswith("[") and first == text != "[":  # brackets are cut off from all other words
        return "special"
    if "[UNK]" in labels:
        return "unknown"
    return "inside" if first.startswith("##") else "word"


def align(text: str, tokenizers: Tokenizers) -> list[Row]:
    """One row for each tokenizer, in their order.

    Raises: BertlabError where there is no tokenizer, or one whose tokens are no slices of `text`.
    """
    if not tokenizers:
        raise BertlabError("no tokenizer", "a name and a tokenizer or more", "Pass a dict of them.")
    rows = []
    for name, tokenize in tokenizers.items():
        gaps(text, tokenize(text))
        rows.append(Row(name, *boxes(tokenize, text)))
    return rows


def agreement(rows: Sequence[Row]) -> tuple[int, int]:
    """(boundaries that all rows have, boundaries that any row has); a token has two boundaries."""
    edges = [{edge for box in row.boxes for edge in (box.start, box.end)} for row in rows]
    return len(set.intersection(*edges)), len(set.union(*edges))


def side_by_side(texts: Sequence[str], tokenizers: Tokenizers, caption: str = "") -> Markup:
    """A table with a row for each text and, for each tokenizer, the number of tokens and the tokens.

    Raises: BertlabError where there is no text.
    """
    rows = [
        {"Text": visible(text)}
        | {row.name: f"{row.count}: {_joined(row)}" for row in align(text, tokenizers)}
        for text in texts
    ]
    return table(rows, caption)


def _joined(row: Row) -> str:
    return " | ".join(box.label for box in row.boxes)


class Aligner(LiveView):
    """Type a text and see where each tokenizer cuts it.

    `examples` are offered in a menu. The twin is a table of the text at the start.

    Raises: BertlabError for no tokenizers, or more than `LONGEST` characters to start with.
    """

    def __init__(self, text: str, tokenizers: Tokenizers, examples: Sequence[str] = ()):
        if len(text) > LONGEST:
            raise BertlabError(
                f"{len(text):,} characters", f"at most {LONGEST}", "Begin with a shorter text."
            )
        self.source, self.tokenizers, self.examples = text, dict(tokenizers), list(examples)
        self.rows = align(text, self.tokenizers)

    def static_html(self) -> str:
        return f"<div>{self._twin().html}</div>"

    def text(self) -> str:
        return self._twin().text

    def widget(self) -> "AlignerWidget":
        return AlignerWidget(self)

    def _twin(self) -> Markup:
        rows = [
            {"Tokenizer": row.name, "Number": row.count, "Tokens": _joined(row)}
            for row in self.rows
        ]
        caption = (
            f"Aligner: “{visible(self.source)}”. {told(self.rows)} With a kernel running, you can "
            "type a text of your own and see the tokens on a ruler of characters."
        )
        return table(rows, caption)


def told(rows: Sequence[Row]) -> str:
    """In a sentence, how far the rows agree."""
    common, every = agreement(rows)
    if not every:
        return "There is nothing to cut."
    return f"All {len(rows)} agree on {common} of the {every} places where any of them cuts."


class AlignerWidget(anywidget.AnyWidget):
    """The live face. Python cuts the text; the browser draws rows of boxes over a ruler."""

    _esm, _css = face(__file__)
    text = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    examples = traitlets.List().tag(sync=True)  # [shown, text] each
    ruler = traitlets.List(traitlets.Unicode()).tag(sync=True)  # one sign a code point
    rows = traitlets.List().tag(sync=True)  # {name, count, boxes: [label, start, end, kind]} each

    def __init__(self, aligner: Aligner):
        examples = [[visible(text), text] for text in aligner.examples]
        super().__init__(text=aligner.source, examples=examples)
        self._tokenizers = aligner.tokenizers
        self._show(aligner.source, aligner.rows, "")
        self.observe(self._read, "text")

    def _read(self, change) -> None:
        # half of a UTF-16 pair, as a browser may send it, cannot be sent back
        text = change["new"].encode("utf-16", "replace").decode("utf-16", "replace")
        cut = text[:LONGEST]
        message = f"Only the first {LONGEST} characters are shown. " if cut != text else ""
        self._show(cut, align(cut, self._tokenizers), message)

    def _show(self, text: str, rows: list[Row], message: str) -> None:
        with self.hold_sync():  # one message, so that ruler and rows arrive together
            self.message = message + told(rows)
            self.ruler = [sign(character) for character in text]
            self.rows = [
                {"name": row.name, "count": row.count, "boxes": [list(box) for box in row.boxes]}
                for row in rows
            ]
