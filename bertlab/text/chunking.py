"""Cutting a text that is too long for one call, without cutting a token."""

import re
from collections.abc import Iterator

from bertlab.errors import BertlabError
from bertlab.text.sentences import split_sentences
from bertlab.text.tokens import Token, check_text

# From the best place to cut at to the last resort; a cut falls behind all of the white space, so
# that a tokenizer that keeps white space (spaCy) sees each run of it whole.
_BREAKS = (
    re.compile(r"\n[^\S\n]*+\n\s*+(?=\S)"),  # between paragraphs or documents
    re.compile(r"\n\s*+(?=\S)"),  # between lines
)
_SPACE = re.compile(r"\s++(?=\S)")
_NEAR = 4096  # how far back from the limit sentences and words are looked for first


def chunks(text: str, limit: int) -> Iterator[Token]:
    """`text` in slices of at most `limit` characters that follow each other without a gap.

    Each cut falls where white space ends, at the last place within `limit` that is best: between
    paragraphs, else lines, else sentences, else words. A tokenizer that looks no further than the
    white space around it (spaCy's, WordPiece, wordpunct, toktok but for a final full stop) finds
    the same tokens in the chunks as in the text. NLTK's sentence-wise tokenizers detach the full
    stop at the end of what they get, so give them whole sentences.

    Raises: BertlabError where more than `limit` characters follow each other without white space.
    """
    check_text(text)
    if limit < 1:
        raise BertlabError(f"limit={limit}", "at least 1 character", "Raise it.")
    start = 0
    while start < len(text):
        end = cut(text, start, limit)
        yield Token(text[start:end], start, end)
        start = end


def cut(text: str, start: int, limit: int) -> int:
    """Where the chunk that begins at `start` ends: at most `limit` characters on.

    Raises: BertlabError where there is no white space to cut at.
    """
    end = start + limit
    if end >= len(text):
        return len(text)
    # Paragraphs and lines are worth giving up to half a chunk for; else chunks would get too small.
    half = start + limit // 2
    for pattern in _BREAKS:
        if place := _last(pattern, text, half, end):
            return place
    near = max(half, end - _NEAR)
    for sentence in reversed(split_sentences(text[near:end])[1:]):
        if text[near + sentence.start - 1].isspace():  # in Japanese there may be none
            return near + sentence.start
    for left in (near, start):
        if place := _last(_SPACE, text, left, end):
            return place
    raise BertlabError(
        f"{limit:,} characters from character {start:,} on in which no white space ends",
        f"a place to cut at, between two words, within {limit:,} characters",
        "Raise the limit, or take the run out.",
    )


def _last(pattern: re.Pattern, text: str, start: int, end: int) -> int:
    """End of the last match in `text[start:end + 1]`, 0 if there is none beyond `start`."""
    place = 0
    for match in pattern.finditer(text, start, end + 1):
        place = match.end()
    return place if place > start else 0
