"""The cut explorer: where a long text is cut into chunks, and which tokens that breaks."""

from collections.abc import Callable, Iterable, Sequence

import anywidget
import traitlets

from bertlab.errors import BertlabError
from bertlab.text import Token, chunks, tokenizer
from bertlab.views.base import LiveView, details, escape, table
from bertlab.views.face import face

LONGEST = 2_000  # characters: more would be too much to read, and slow at every move of the slider
SMALLEST, LARGEST = 10, 200  # the slider's ends, characters a chunk


def fixed_width(text: str, limit: int) -> list[Token]:
    """`text` in slices of `limit` characters, the last one shorter: cut wherever that falls.

    Raises: BertlabError where `limit` is not positive.
    """
    if limit < 1:
        raise BertlabError(f"limit={limit}", "at least 1 character", "Raise it.")
    starts = range(0, len(text), limit)
    return [Token(text[i : i + limit], i, min(i + limit, len(text))) for i in starts]


def tokens_in(
    pieces: Iterable[Token], tokenize: Callable[[str], Iterable[Token]]
) -> list[tuple[str, int]]:
    """The tokens of all pieces, each with the character at which it starts in the whole text."""
    return [
        (token.text, piece.start + token.start)
        for piece in pieces
        for token in tokenize(piece.text)
    ]


def broken(
    text: str, pieces: Sequence[Token], tokenize: Callable[[str], Iterable[Token]]
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """(lost, made up): tokens of `text` that no piece has, and tokens that only the pieces have.

    Each is (text, start in the whole text), in the text's order.
    """
    whole = [(token.text, token.start) for token in tokenize(text)]
    parts = tokens_in(pieces, tokenize)
    in_parts, in_whole = set(parts), set(whole)
    return [t for t in whole if t not in in_parts], [t for t in parts if t not in in_whole]


WAYS = {"fixed": "at a fixed width", "space": "where white space ends"}
_CUTTERS = {"fixed": fixed_width, "space": lambda text, limit: list(chunks(text, limit))}


class CutExplorer(LiveView):
    """Move the chunk size and see where the cuts fall and which tokens they break.

    The twin shows both ways of cutting, at a fixed width and where white space ends (`chunks`), at
    the size given. Tokens are those of `bertlab.text.tokenizer(name)`.

    Raises: BertlabError for a text of more than `LONGEST` characters, or a size off the slider.
    """

    def __init__(self, text: str, *, limit: int = 48, name: str = "spacy"):
        if len(text) > LONGEST:
            raise BertlabError(
                f"{len(text):,} characters", f"at most {LONGEST:,}", "Show a part of it."
            )
        if not SMALLEST <= limit <= LARGEST:
            raise BertlabError(
                f"limit={limit}", f"{SMALLEST} to {LARGEST} characters", "Choose again."
            )
        self.source, self.limit, self.tokenize = text, limit, tokenizer(name)

    def static_html(self) -> str:
        folds = "".join(
            details(f"Cut {way}", self.report(self.source, self.limit, key))
            for key, way in WAYS.items()
        )
        return f"<div>{self._summary().html}{folds}</div>"

    def text(self) -> str:
        lines = [self._summary().text]
        for key, way in WAYS.items():
            lines.append(f"Cut {way}:")
            lines += [f"  {shown}" for shown, _ in self._lines(self.source, self.limit, key)]
        return "\n".join(lines)

    def widget(self) -> "CutWidget":
        return CutWidget(self)

    def report(self, text: str, limit: int, key: str) -> str:
        """One way of cutting as HTML: what happened to the tokens, then the chunks as a list.

        Raises: BertlabError where the text cannot be cut within `limit`.
        """
        pieces = _CUTTERS[key](text, limit)
        lost, made = broken(text, pieces, self.tokenize)
        chunk = "chunk" if len(pieces) == 1 else "chunks"
        count = f"{len(pieces)} {chunk} of at most {limit} characters. "
        if lost or made:
            verdict = f"Tokens lost: {_listed(lost)}. Tokens made up: {_listed(made)}."
        else:
            verdict = "Every token is as it was."
        rows = "".join(f"<li>{line}</li>" for _, line in self._lines(text, limit, key))
        return f"<p>{escape(count)}<strong>{escape(verdict)}</strong></p><ol>{rows}</ol>"

    def _summary(self):
        rows = []
        for key, way in WAYS.items():
            pieces = _CUTTERS[key](self.source, self.limit)
            lost, made = broken(self.source, pieces, self.tokenize)
            rows.append(
                {
                    "Cut": way,
                    "Chunks": len(pieces),
                    "Tokens": len(tokens_in(pieces, self.tokenize)),
                    "Tokens lost": len(lost),
                    "Tokens made up": len(made),
                }
            )
        caption = (
            f"Cut explorer: {len(self.source)} characters, chunks of at most {self.limit}. With a "
            "kernel running, you can move the size and type a text of your own."
        )
        return table(rows, caption)

    def _lines(self, text: str, limit: int, key: str) -> list[tuple[str, str]]:
        """Each chunk as plain text and as HTML, its made-up tokens marked."""
        pieces = _CUTTERS[key](text, limit)
        made = set(broken(text, pieces, self.tokenize)[1])
        lines = []
        for piece in pieces:
            plain = marked = ""
            end = 0
            for token in self.tokenize(piece.text):
                gap = _visible(piece.text[end : token.start])
                shown, end = _visible(token.text), token.end
                if (token.text, piece.start + token.start) in made:
                    plain += f"{gap}[{shown}]"
                    marked += f"{escape(gap)}<mark>{escape(shown)}</mark>"
                else:
                    plain += gap + shown
                    marked += escape(gap + shown)
            rest = _visible(piece.text[end:])
            html = f'<code style="white-space:pre-wrap">{marked}{escape(rest)}</code>'
            lines.append((plain + rest, html))
        return lines


def _visible(text: str) -> str:
    return text.replace("\n", "⏎")


def _listed(tokens: Sequence[tuple[str, int]]) -> str:
    if not tokens:
        return "none"
    return ", ".join(f"“{_visible(text)}”" for text, _ in tokens)


class CutWidget(anywidget.AnyWidget):
    """The live face. Python cuts, tokenizes and escapes; the browser shows what it is sent."""

    _esm, _css = face(__file__)
    source = traitlets.Unicode().tag(sync=True)
    limit = traitlets.Int().tag(sync=True)
    way = traitlets.Unicode("fixed").tag(sync=True)
    ways = traitlets.Dict(WAYS).tag(sync=True)
    bounds = traitlets.List([SMALLEST, LARGEST, LONGEST]).tag(sync=True)
    report = traitlets.Unicode().tag(sync=True)  # HTML, escaped

    def __init__(self, explorer: CutExplorer):
        super().__init__(source=explorer.source, limit=explorer.limit)
        self._explorer = explorer
        self.observe(self._cut, ["source", "limit", "way"])
        self._cut()

    def _cut(self, change=None) -> None:
        try:
            self.report = self._explorer.report(self.source[:LONGEST], self.limit, self.way)
        except BertlabError as error:  # a word longer than the chunk: say so, nothing breaks
            self.report = f"<p><strong>It cannot be cut:</strong> {escape(error)}</p>"
