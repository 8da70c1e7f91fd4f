"""Corpora that other libraries bring: WikiText through `datasets`, Gutenberg and Brown by NLTK.

All give plain tuples (id, text, title, genre, split); `open_corpus` makes documents of them.
"""

import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies

from bertlab.errors import BertlabError

NAMES = ("brown", "gutenberg", "wikitext-103", "wikitext-2")

Row = tuple[str, str, str, str, str]
# " = Title = " begins an article; " = = Section = = " does not.
_HEADING = re.compile(r"\s*= (?!=)(?P<title>[^\n]*?\S) =\s*")


def reader(name: str, split: str | None) -> Callable[[int], Iterator[Row]]:
    """Function that reads the corpus `name`; its argument is the limit of one document.

    Raises: BertlabError for a split that the corpus does not have.
    """
    if name in ("brown", "gutenberg"):
        if split is not None:
            raise BertlabError(f"split={split!r}", f"none, for {name} has no splits", "Omit it.")
        return lambda limit: _nltk(name)
    split = split or "train"
    if split not in ("train", "validation", "test"):
        raise BertlabError(f"split={split!r}", "train, validation or test", "Choose one of them.")
    return lambda limit: wikitext_articles(_wikitext_lines(name, split), name, split, limit)


def _wikitext_lines(name: str, split: str) -> Iterator[str]:
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise BertlabError(
            f"no package `datasets` for {name}", "it installed", "Run `pip install datasets`."
        ) from error
    _require_hub(name)
    try:
        rows = load_dataset("Salesforce/wikitext", f"{name}-raw-v1", split=split, streaming=True)
        for row in rows:
            yield row["text"]
    except Exception as error:  # offline shows as any of a dozen classes of four libraries
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise _no_hub(name, f"{type(error).__name__}: {reason}") from error


def _require_hub(name: str) -> None:
    """Ask for the hub's address first: the hub's library tries six times, for 24 seconds."""
    host = urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co").hostname
    if getproxies():
        return  # then the proxy asks for the address
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        raise _no_hub(name, f"no address for {host}") from error


def _no_hub(name: str, reason: str) -> BertlabError:
    return BertlabError(
        f"no way to {name} on the Hugging Face hub ({reason})",
        "a network, and HF_DATASETS_OFFLINE and HF_HUB_OFFLINE unset",
        'Connect and try again, or use open_corpus("bertlab"), which needs no network.',
    )


def wikitext_articles(
    lines: Iterable[str], name: str, split: str = "train", limit: int = 1_000_000
) -> Iterator[Row]:
    """Articles out of WikiText's lines, each from its ` = Title = ` to the next one.

    An article that would outgrow `limit` characters ends there; what follows is an article with
    the same title, so that memory stays bounded.
    """
    held: list[str] = []
    size = number = 0
    title = ""

    def row() -> Row:
        return f"{name}-{split}-{number}", "".join(held).strip(), title, "encyclopaedia", split

    for line in lines:
        line = line if line.endswith("\n") else line + "\n"
        heading = _HEADING.fullmatch(line)
        if heading or size + len(line) > limit:
            if "".join(held).strip():
                number += 1
                yield row()
            held, size = [], 0
            title = heading["title"] if heading else title
        held.append(line)
        size += len(line)
    if "".join(held).strip():
        number += 1
        yield row()


def _nltk(name: str) -> Iterator[Row]:
    import nltk.corpus

    corpus = getattr(nltk.corpus, name)
    try:
        ids = corpus.fileids()
    except LookupError as error:
        raise BertlabError(
            f"no NLTK data package {name}",
            "it installed",
            f"Run `python -m nltk.downloader {name}` where there is a network, or use "
            'open_corpus("bertlab"), which needs none.',
        ) from error
    for file in ids:
        if name == "gutenberg":
            yield file, corpus.raw(file).rstrip(), file.removesuffix(".txt"), "book", ""
        else:
            genre = ", ".join(corpus.categories(file))
            yield file, _brown_text(corpus.paras(file)), file, genre, ""


def _brown_text(paragraphs: Iterable[Iterable[Iterable[str]]]) -> str:
    """Brown comes as words; a blank between them, a sentence a line, a blank line a paragraph."""
    return "\n\n".join(
        "\n".join(" ".join(words) for words in sentences) for sentences in paragraphs
    )
