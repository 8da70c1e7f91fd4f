"""NLTK's word tokenizers with exact offsets.

Treebank and NLTKWordTokenizer rewrite quotes, and their `span_tokenize` finds the places again.
Toktok has no spans and TweetTokenizer loses text; both are mended here.
"""

from collections.abc import Callable, Iterable, Iterator

from bertlab.errors import BertlabError

Spans = Iterable[tuple[int, int]]


def build(name: str, **options) -> tuple[Callable, Callable[[str], Spans], str]:
    """Library call, span function and description of the NLTK tokenizer `name`.

    Raises: BertlabError for an option that this tokenizer does not have.
    """
    import nltk
    from nltk import tokenize

    version = f"NLTK {nltk.__version__}"
    if name == "punkt+words":
        return _punkt_words(version, **options)
    if options:
        raise BertlabError(f"{', '.join(options)} for {name}", "no option", "Leave it out.")
    if name == "tweet":
        return *_tweet(), f"{version}, pattern of the TweetTokenizer, nothing rewritten"
    if name == "toktok":
        words = tokenize.ToktokTokenizer().tokenize
        return words, lambda text: _toktok_spans(text, words(text)), f"{version}, ToktokTokenizer"
    kind, note = {
        "nltk-treebank": (tokenize.TreebankWordTokenizer, "wants one sentence at a time"),
        "nltk-words": (tokenize.NLTKWordTokenizer, "wants one sentence at a time"),
        "wordpunct": (tokenize.WordPunctTokenizer, "letters or signs in a row"),
    }[name]
    splitter = kind()
    return splitter.tokenize, splitter.span_tokenize, f"{version}, {kind.__name__}; {note}"


def _toktok_spans(text: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Lay toktok's words along the text: between two of them lies only white space, and a word
    that does not stand at the next visible character is one of the few that toktok rewrites."""
    place, size = 0, len(text)
    for word in words:
        if word == "&#9;":
            continue  # a tab, so white space; a text that spells it out has its ";" set apart
        while place < size and text[place].isspace():
            place += 1
        length = len(word) if text.startswith(word, place) else _rewritten(text, place, word)
        if not length:
            raise _lost(text, place, word)
        yield place, place + length
        place += length
    if text[place:].strip():
        raise _lost(text, place, "the end")


def _rewritten(text: str, place: int, word: str) -> int:
    """Characters that toktok's `word` stands for at `place`, 0 if it cannot stand there."""
    if word == "/" and text.startswith("://", place) and text[place + 4 : place + 5] == "/":
        return 5  # its rule for URLs puts "/" in the place of "://", one character and "/"
    word = word.replace("&amp;", "&").replace("&#124;", "|")
    return len(word) if text.startswith(word, place) else 0


def _lost(text: str, place: int, word: str) -> BertlabError:
    return BertlabError(
        f"{text[place : place + 20]!r} at character {place:,} where the tokenizer says {word!r}",
        "tokens that follow the text",
        "Use another tokenizer, and report this text: bertlab does not know this rewriting.",
    )


def _tweet() -> tuple[Callable, Callable[[str], Spans]]:
    """The TweetTokenizer decodes entities and cuts `!!!!!!` to `!!!`, which loses text, and then
    searches a pattern; only the search is used for the spans."""
    from nltk import redos
    from nltk.tokenize import TweetTokenizer

    splitter = TweetTokenizer(match_phone_numbers=False)

    def spans(text: str) -> Spans:
        found = splitter.WORD_RE.finditer(text, timeout=redos.DEFAULT_TIMEOUT)
        return (match.span() for match in found)

    return splitter.tokenize, spans


def _punkt_words(version: str, punkt=None) -> tuple[Callable, Callable[[str], Spans], str]:
    """What `nltk.word_tokenize` does: Punkt's sentences, then NLTKWordTokenizer's words."""
    from nltk.tokenize import NLTKWordTokenizer

    from bertlab.text import punkt as splitters

    if punkt is None:
        splitter, origin = splitters.punkt(), splitters.punkt_origin()
    else:
        splitter, origin = punkt, "given"
    words = NLTKWordTokenizer()

    def library(text: str) -> list[str]:
        return [word for sentence in splitter.tokenize(text) for word in words.tokenize(sentence)]

    def spans(text: str) -> Spans:
        for start, end in splitter.span_tokenize(text):
            for left, right in words.span_tokenize(text[start:end]):
                yield start + left, start + right

    return library, spans, f"{version}, Punkt ({origin}), then NLTKWordTokenizer"
