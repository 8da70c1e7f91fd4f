"""Corpora behind one face: documents from the package, files, folders, streams, WikiText, NLTK.

Documents come one at a time and none is longer than a limit, so that memory stays the same
whatever the size of the corpus.
"""

import bz2
import codecs
import gzip
import io
import json
import lzma
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bertlab.assets import asset
from bertlab.errors import BertlabError
from bertlab.text import hubs
from bertlab.text.chunking import cut
from bertlab.text.sentences import split_sentences
from bertlab.text.tokens import Token


class Document(NamedTuple):
    """One text that hangs together: a book, an article, an essay, or a part of a very long one."""

    id: str
    text: str
    title: str = ""
    genre: str = ""
    split: str = ""


_OPENERS: dict[str, Callable] = {".bz2": bz2.open, ".gz": gzip.open, ".xz": lzma.open}
_KINDS = (".jsonl", ".md", ".txt")
_SUFFIXES = tuple(kind + packed for kind in _KINDS for packed in ("", *_OPENERS))

# spaCy takes texts of up to 1,000,000 characters by default (E088), so it takes every document.
LIMIT = 1_000_000


class Corpus:
    """Documents from one source; iterate over it for `Document`s, as often as you like.

    (A stream can be read once; a second reading raises BertlabError.)
    """

    def __init__(self, name: str, read: Callable[[], Iterator[Document]], limit: int):
        self.name, self.limit, self._read = name, limit, read

    def __iter__(self) -> Iterator[Document]:
        """Documents in order. A document longer than `limit` comes in parts, cut where a paragraph,
        a line, a sentence or a word ends; the id of the second part ends in "#2".

        Raises: BertlabError for bytes that are not UTF-8, a line that is not what the format wants,
        a run longer than `limit` without white space, or where there is no text at all.
        """
        empty = True
        for document in self._read():
            if document.text.strip():
                empty = False
                yield from _parts(document, self.limit)
        if empty:
            raise BertlabError(
                f"no text in {self.name}", "at least one document", "Check that this is the source."
            )

    def sentences(self) -> Iterator[Token]:
        """Sentences of one document after another; offsets count from their document's start."""
        for document in self:
            yield from split_sentences(document.text)

    def __repr__(self) -> str:
        return f"<Corpus {self.name}>"


def open_corpus(source="bertlab", *, split: str | None = None, limit: int = LIMIT) -> Corpus:
    """The corpus at `source`; nothing is read before it is iterated.

    source  "bertlab"                      the shipped corpus
            "wikitext-2", "wikitext-103"   from the Hugging Face hub, one document an article
            "gutenberg", "brown"           from NLTK's data
            path of a file                 .txt or .md: documents stand two or more blank lines
                                           apart; .jsonl: a document a line with "text" and, if you
                                           like, "id", "title", "genre", "split"; each also packed
                                           (.gz, .xz, .bz2)
            path of a folder               every such file below it, in the order of their names
            an open text stream            like a .txt file
    split   only the documents of this split ("train", "validation", "test"); default: all, and
            "train" for WikiText
    limit   characters of the longest document; longer ones come in parts

    Text is UTF-8, with or without a byte-order mark; line ends become "\\n".

    Raises: BertlabError for a source that is neither known nor there, or a folder without text.
    """
    if limit < 1:
        raise BertlabError(f"limit={limit}", "at least 1 character", "Leave it out, or raise it.")
    if isinstance(source, str) and source in hubs.NAMES:
        rows = hubs.reader(source, split)
        return Corpus(source, lambda: (Document(*row) for row in rows(limit)), limit)
    if hasattr(source, "readline"):
        name, read = _stream(source, limit)
    elif source == "bertlab":
        name, path = "bertlab", asset("corpus.jsonl")
        read = _files([(path, "corpus")], limit)
    else:
        name, read = _local(source, limit)
    if split is None:
        return Corpus(name, read, limit)
    return Corpus(f"{name} ({split})", lambda: (doc for doc in read() if doc.split == split), limit)


def _parts(document: Document, limit: int) -> Iterator[Document]:
    start = end = 0
    number = 1
    while len(document.text) - start > limit:
        end = cut(document.text, start, limit)
        yield _part(document, document.text[start:end], number)
        start, number = end, number + 1
    yield _part(document, document.text[start:], number)


def _part(document: Document, text: str, number: int) -> Document:
    return (
        document
        if number == 1 and text == document.text
        else document._replace(
            text=text.rstrip(), id=document.id if number == 1 else f"{document.id}#{number}"
        )
    )


def _require(path: Path) -> None:
    if not path.exists():
        raise BertlabError(
            f"no file or folder {path}",
            f"a path, an open text stream, or one of {', '.join(('bertlab', *hubs.NAMES))}",
            "Check the spelling and the current folder.",
        )


def _local(source, limit: int) -> tuple[str, Callable[[], Iterator[Document]]]:
    if not isinstance(source, (str, os.PathLike)):
        raise BertlabError(
            f"a {type(source).__name__}", "a name, a path or an open text stream", "Pass one."
        )
    path = Path(source)
    _require(path)
    if path.is_file():
        return path.name, _files([(path, path.name.split(".")[0])], limit)
    files = sorted(
        file for file in path.rglob("*") if file.name.endswith(_SUFFIXES) and file.is_file()
    )
    if not files:
        count = sum(1 for file in path.rglob("*") if file.is_file())
        raise BertlabError(
            f"{count} files but no text in the folder {path}",
            f"files that end in {', '.join(_KINDS)}, also packed as {', '.join(_OPENERS)}",
            "Put text there, or pass the path of another folder.",
        )
    named = [(file, file.relative_to(path).as_posix()) for file in files]
    return path.name, _files(named, limit)


def _files(files: list[tuple[Path, str]], limit: int) -> Callable[[], Iterator[Document]]:
    def read() -> Iterator[Document]:
        for path, name in files:
            yield from _file(path, name, limit)

    return read


def _file(path: Path, name: str, limit: int) -> Iterator[Document]:
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig") as stream:
            if ".jsonl" in path.suffixes[-2:]:
                yield from _json_lines(stream, name)
            else:
                yield from _plain(stream, name, limit)
    except UnicodeDecodeError as error:
        raise _not_utf8(path, opener) from error
    except (lzma.LZMAError, gzip.BadGzipFile, EOFError) as error:
        raise BertlabError(
            f"{path}, which does not unpack ({error})", f"a {path.suffix} file", "Fetch it again."
        ) from error


def _not_utf8(path: Path, opener: Callable) -> BertlabError:
    decoder, offset = codecs.getincrementaldecoder("utf-8")(), 0
    with opener(path, "rb") as raw:
        while block := raw.read(1 << 20):
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                offset += error.start - held
                found = f"byte 0x{error.object[error.start]:02x} at offset {offset:,} of {path}"
                break
            offset += len(block)
        else:
            found = f"half a character at the end of {path}, at offset {offset:,}"
    return BertlabError(
        found, "UTF-8", "Convert the file, for example `iconv -f latin1 -t utf-8 OLD > NEW`."
    )


def _json_lines(stream: Iterable[str], name: str) -> Iterator[Document]:
    for number, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BertlabError(
                f"line {number} of {name} ({error})", "one JSON object a line", "Mend that line."
            ) from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise BertlabError(
                f"line {number} of {name} without a text",
                'an object with "text"',
                "Mend that line.",
            )
        fields = (str(row.get(key) or "") for key in ("title", "genre", "split"))
        yield Document(str(row.get("id", f"{name}:{number}")), row["text"], *fields)


def _stream(stream, limit: int) -> tuple[str, Callable[[], Iterator[Document]]]:
    name = Path(str(getattr(stream, "name", "stream"))).name
    spent = False

    def read() -> Iterator[Document]:
        nonlocal spent
        if spent:
            raise BertlabError(
                f"the stream {name} already read", "an unread one", "Open it anew, or pass a path."
            )
        spent = True
        try:
            yield from _plain(stream, name, limit)
        except UnicodeDecodeError as error:
            raise BertlabError(
                f"bytes in the stream {name} that are not {error.encoding} ({error.reason})",
                "text in the encoding the stream was opened with",
                "Open it with the encoding that it has: open(path, encoding=…).",
            ) from error

    return name, read


_BLANK = re.compile(r"[^\S\n]*\n")


def _plain(stream, name: str, limit: int) -> Iterator[Document]:
    """Documents two or more blank lines apart.

    At most about twice `limit` characters are held: what is longer is given out in parts.
    """
    lines: list[str] = []
    size = blank = number = 0
    part = 1

    def document() -> Document:
        suffix = "" if part == 1 else f"#{part}"
        ending = "" if number == 1 else f"-{number}"
        return Document(f"{name}{ending}{suffix}", "".join(lines).rstrip())

    while line := stream.readline(limit):
        if not isinstance(line, str):
            raise BertlabError("a stream of bytes", "a text stream", "Open it with mode 'rt'.")
        visible = not _BLANK.fullmatch(line)
        if visible and (blank >= 2 or not number):
            if size:
                yield document()
            lines, size, number, part = [], 0, number + 1, 1
        blank = 0 if visible else blank + 1
        if not number or blank > 2:
            continue  # white space before the first document, or more of it between two
        lines.append(line)
        size += len(line)
        while size > limit:
            text = "".join(lines)
            end = cut(text, 0, limit)
            lines = [text[:end]]
            yield document()
            lines, size, part = [text[end:]], size - end, part + 1
    if size:
        yield document()
