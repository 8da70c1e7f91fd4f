"""Tokens with character offsets: spaCy, NLTK and WordPiece behind one face.

Every tokenizer here maps a text to tokens that are slices of it, in order and without overlap, so
tokens and the gaps between them give the text back exactly, and two tokenizers can be aligned.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bertlab.assets import asset
from bertlab.errors import BertlabError


class Token(NamedTuple):
    """A slice of a text: `text == source[start:end]`, offsets in characters (code points)."""

    text: str
    start: int
    end: int


def gaps(text: str, tokens: Iterable[Token]) -> list[str]:
    """The pieces of `text` before, between and after `tokens`: one more than there are tokens.

    Interleaved (gap, token, gap, …, token, gap) they are `text` again.

    Raises: BertlabError where a token is no slice of `text` at its offsets, or starts before the
    one before it ends.

    >>> gaps("a  b!", [Token("a", 0, 1), Token("b", 3, 4)])
    ['', '  ', '!']
    """
    result, end = [], 0
    for token in tokens:
        if token.start < end or text[token.start : token.end] != token.text:
            raise BertlabError(
                f"the token {token!r} where the text has {text[token.start : token.end]!r}",
                f"slices of the text in order, the next from character {end} on",
                "Pass the tokens that came from this very text.",
            )
        result.append(text[end : token.start])
        end = token.end
    result.append(text[end:])
    return result


_SURROGATE = re.compile("[\ud800-\udfff]")


def check_text(text: str) -> str:
    """`text` itself; anything but a string is refused with a BertlabError."""
    if not isinstance(text, str):
        remedy = (
            "Decode it first: data.decode('utf-8')." if isinstance(text, bytes) else "Pass one."
        )
        raise BertlabError(f"a {type(text).__name__}", "a text (str)", remedy)
    return text


class Tokenizer:
    """A named function from a text to its tokens.

    name     its name in `TOKENIZERS`
    about    one line: what it is, which version or training it rests on
    library  the library's own call on a text, with nothing converted or aligned: time this one
    """

    def __init__(
        self,
        name: str,
        about: str,
        library: Callable[[str], object],
        spans: Callable[[str], Iterable[tuple[int, int]]],
    ):
        self.name, self.about, self.library, self._spans = name, about, library, spans

    def __call__(self, text: str) -> list[Token]:
        """Tokens of `text`, in order.

        A lone surrogate (half of a UTF-16 pair, which no UTF-8 text can hold) is shown to the
        library as U+FFFD, which has the same length; the tokens are cut from `text` itself.

        Raises: BertlabError where `text` is not a string, or where the library gives up on it.
        """
        check_text(text)
        seen = text if text.isascii() else _SURROGATE.sub("\ufffd", text)
        try:
            return [Token(text[start:end], start, end) for start, end in self._spans(seen)]
        except TimeoutError as error:  # NLTK 3.10 gives each of its patterns five seconds
            raise BertlabError(
                f"a text of {len(text):,} characters that {self.name} did not finish ({error})",
                "a text that it takes a few seconds for",
                "Give it one sentence or paragraph at a time; see bertlab.text.chunks.",
            ) from error

    def __repr__(self) -> str:
        return f"<Tokenizer {self.name}: {self.about}>"


def tokenizer(name: str, **options) -> Tokenizer:
    """The tokenizer called `name`, one of `TOKENIZERS`.

    "wordpiece" takes `vocabulary`: the path of a tokenizer.json or a `tokenizers.Tokenizer`
    (default: the shipped one). "punkt+words" takes `punkt`: a Punkt sentence splitter
    (default: `bertlab.text.punkt.punkt()`).

    Raises: BertlabError for an unknown name, or a vocabulary that is missing or not readable.

    >>> [token.text for token in tokenizer("whitespace")("To be, or")]
    ['To', 'be,', 'or']
    """
    if name not in _BUILDERS:
        raise BertlabError(
            f"the tokenizer name {name!r}", f"one of {', '.join(TOKENIZERS)}", "Choose one of them."
        )
    return _BUILDERS[name](name, **options) if options else _default(name)


@cache
def _default(name: str) -> Tokenizer:
    return _BUILDERS[name](name)


def _whitespace(name: str) -> Tokenizer:
    word = re.compile(r"\S+")
    return Tokenizer(
        name, "str.split", str.split, lambda text: (match.span() for match in word.finditer(text))
    )


# Stripping one character of a run of punctuation copies what is left of it, so spaCy's time grows
# with the square of the run: 5,000 take a second or two, a million would take a day.
_LONG_RUN = 5_000
_PUNCTUATION = re.compile(rf"[^\w\s]{{{_LONG_RUN},}}+")


def _spacy(name: str) -> Tokenizer:
    import spacy

    tokenize = spacy.blank("en").tokenizer

    def spans(text: str):
        if run := _PUNCTUATION.search(text):
            raise BertlabError(
                f"{run.end() - run.start():,} characters of punctuation in a row from "
                f"character {run.start():,} on",
                f"fewer than {_LONG_RUN:,}, for spaCy's time grows with the square of their number",
                "Take them out, or use another tokenizer.",
            )
        return ((token.idx, token.idx + len(token)) for token in tokenize(text))

    return Tokenizer(
        name, f"spaCy {spacy.__version__}, English rules; keeps white space", tokenize, spans
    )


def _wordpiece(name: str, vocabulary=None) -> Tokenizer:
    import tokenizers

    if isinstance(vocabulary, tokenizers.Tokenizer):
        model = tokenizers.Tokenizer.from_str(vocabulary.to_str())  # the caller's stays as it is
        origin = "a vocabulary given"
    else:
        path = Path(vocabulary) if vocabulary is not None else asset("bertlab-mini/tokenizer.json")
        model, origin = _read_tokenizer(path), path.name
    model.no_truncation()  # a stored truncation would drop the end of every longer text
    model.no_padding()

    def library(text: str):
        return model.encode(text, add_special_tokens=False)

    about = f"tokenizers {tokenizers.__version__}, {origin}, {model.get_vocab_size():,} pieces"
    return Tokenizer(name, about, library, lambda text: _disjoint(library(text).offsets))


def _read_tokenizer(path: Path):
    import tokenizers

    wanted = "a tokenizer.json as the tokenizers library writes it"
    if not path.is_file():
        raise BertlabError(f"no file {path}", wanted, "Check the path given as vocabulary.")
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception for any bad content
        raise BertlabError(f"{path} ({error})", wanted, "Write it with Tokenizer.save.") from error


def _disjoint(offsets: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that share a character joined.

    One character may become several pieces (a Korean syllable is taken apart by the accent
    stripper); all of them carry the offsets of that one character.
    """
    spans: list[tuple[int, int]] = []
    for start, end in offsets:
        if spans and start < spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        elif start < end:
            spans.append((start, end))
    return spans


def _nltk(name: str, **options) -> Tokenizer:
    from bertlab.text import nltk_tokens

    library, spans, about = nltk_tokens.build(name, **options)
    return Tokenizer(name, about, library, spans)


_BUILDERS: dict[str, Callable[..., Tokenizer]] = {
    "nltk-treebank": _nltk,
    "nltk-words": _nltk,
    "punkt+words": _nltk,
    "spacy": _spacy,
    "toktok": _nltk,
    "tweet": _nltk,
    "whitespace": _whitespace,
    "wordpiece": _wordpiece,
    "wordpunct": _nltk,
}

TOKENIZERS = tuple(sorted(_BUILDERS))
