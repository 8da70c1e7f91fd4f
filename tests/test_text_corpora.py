"""Corpora: every source gives the same documents, bad ones give one clear error, memory is flat."""

import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import tracemalloc

import pytest

from bertlab.errors import BertlabError
from bertlab.text import hubs
from bertlab.text.corpora import Document, open_corpus

TWO_BOOKS = "One.\nTwo.\n\nChapter two.\n\n\nAnother book.\n"
TEXTS = ["One.\nTwo.\n\nChapter two.", "Another book."]


def texts(source, **options):
    return [document.text for document in open_corpus(source, **options)]


def test_the_shipped_corpus_has_documents_with_titles_and_genres():
    documents = list(open_corpus())
    assert len({document.id for document in documents}) == len(documents) > 10
    assert sum(len(document.text) for document in documents) > 40_000
    assert all(document.title and document.genre for document in documents)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.txt.gz", "a.txt.xz"])
def test_documents_stand_two_blank_lines_apart(tmp_path, name):
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(os.path.splitext(name)[1], open)
    with opener(tmp_path / name, "wt", encoding="utf-8") as file:
        file.write(TWO_BOOKS)
    assert texts(tmp_path / name) == TEXTS
    assert [document.id for document in open_corpus(tmp_path / name)] == ["a", "a-2"]


def test_more_blank_lines_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbf\n \n" + TWO_BOOKS.replace("\n\n\n", "\n \n\t\n\n\n").encode())
    assert texts(file) == TEXTS
    file.write_bytes(TWO_BOOKS.replace("\n", "\r\n").encode())
    assert texts(file) == TEXTS


def test_white_space_and_control_characters_inside_a_document_are_kept(tmp_path):
    text = "a\x00b\x0cc\x1c\x85\u2028  d\t\n  e"
    (tmp_path / "a.txt").write_bytes(text.encode())
    assert texts(tmp_path / "a.txt") == [text]


def test_json_lines_keep_their_fields_and_lone_surrogates(tmp_path):
    file = tmp_path / "a.jsonl"
    rows = [{"id": "x", "text": "A \ud83d.", "title": "T", "genre": "g", "split": "train"}]
    file.write_text("\n".join(json.dumps(row) for row in [*rows, {"text": "B"}]) + "\n")
    assert list(open_corpus(file)) == [
        Document("x", "A \ud83d.", "T", "g", "train"),
        Document("a:2", "B"),
    ]
    assert texts(file, split="train") == ["A \ud83d."]


def test_only_the_split_that_was_asked_for_is_read(tmp_path):
    file = tmp_path / "a.jsonl"
    rows = [{"text": "A", "split": "train"}, {"text": "B", "split": "test"}, {"text": "C"}]
    file.write_text("\n".join(map(json.dumps, rows)))
    assert texts(file, split="test") == ["B"]
    with pytest.raises(BertlabError, match=r"no text in a.jsonl \(dev\)"):
        texts(file, split="dev")


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.txt").write_text("last")
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "picture.png").write_bytes(b"\xff\xd8")
    assert [(d.id, d.text) for d in open_corpus(str(tmp_path))] == [
        ("a.txt", "first"),
        ("b/z.txt", "last"),
    ]


def test_a_stream_is_read_once():
    corpus = open_corpus(io.StringIO(TWO_BOOKS))
    assert [document.text for document in corpus] == TEXTS
    with pytest.raises(BertlabError, match="already read"):
        list(corpus)


def test_sentences_come_document_by_document():
    sentences = list(open_corpus(io.StringIO("One. Two.\n\n\nThree.")).sentences())
    assert [tuple(s) for s in sentences] == [("One.", 0, 4), ("Two.", 5, 9), ("Three.", 0, 6)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no text in a.txt"),
        (b"\n \n", "no text in a.txt"),
        (b"abc caf\xe9 x", "byte 0xe9 at offset 7 of .*a.txt; wanted UTF-8.*iconv"),
        (b"x" * 9000 + b"\n" * 9 + b"\xff", "byte 0xff at offset 9,009"),
        (b"\xff\xfea\x00", "byte 0xff at offset 0"),
        (b"end \xe2\x82", "half a character at the end"),
        (b"a" * 300 + b"\n", "200 characters from character 0 on in which no white space ends"),
    ],
)
def test_bad_files_get_one_clear_error(tmp_path, content, message):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(BertlabError, match=message):
        list(open_corpus(tmp_path / "a.txt", limit=200 if b"aaa" in content else 10**6))


def test_half_a_character_between_two_blocks_is_counted_right(tmp_path):
    start = b"a " * ((1 << 19) - 1) + b"a" + "é".encode() + b"\n"
    (tmp_path / "a.txt").write_bytes(start + b"\xe9")
    with pytest.raises(BertlabError, match=f"half a character .* offset {len(start) + 1:,}"):
        list(open_corpus(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 of a"),
        ("[1]", "line 2 of a without a text"),
        ('{"text": 3}', "without a text"),
    ],
)
def test_a_bad_json_line_is_named(tmp_path, line, message):
    (tmp_path / "a.jsonl").write_text('{"text": "fine"}\n' + line)
    with pytest.raises(BertlabError, match=message):
        list(open_corpus(tmp_path / "a.jsonl"))


def test_bad_sources_are_refused_before_anything_is_read(tmp_path):
    with pytest.raises(BertlabError, match="no file or folder wikitex-2.*wikitext-2"):
        open_corpus("wikitex-2")
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(BertlabError, match="1 files but no text in the folder"):
        open_corpus(tmp_path)
    with pytest.raises(BertlabError, match="found a int"):
        open_corpus(3)
    with pytest.raises(BertlabError, match="limit=0"):
        open_corpus(limit=0)
    with pytest.raises(BertlabError, match="a stream of bytes"):
        list(open_corpus(io.BytesIO(b"abc")))
    latin = io.TextIOWrapper(io.BytesIO(b"caf\xe9"), encoding="utf-8")
    with pytest.raises(BertlabError, match="not utf-8"):
        list(open_corpus(latin))
    (tmp_path / "a.txt.xz").write_bytes(b"not packed")
    with pytest.raises(BertlabError, match="does not unpack"):
        list(open_corpus(tmp_path / "a.txt.xz"))


def test_a_long_document_comes_in_parts_and_loses_no_word():
    text = "  ".join(f"word{i}." for i in range(500))
    parts = list(open_corpus(io.StringIO(text), limit=100))
    assert all(len(part.text) <= 100 for part in parts)
    assert "  ".join(part.text for part in parts) == text
    assert [part.id for part in parts[:3]] == ["stream", "stream#2", "stream#3"]


class Endless:
    """A text stream of `size` characters, made as it is read."""

    def __init__(self, size, line):
        self.left, self.line = size, line

    def readline(self, limit=-1):
        self.left -= len(self.line)
        return self.line if self.left > 0 else ""


@pytest.mark.parametrize("blank", ["\n", ""], ids=["many documents", "one document"])
def test_memory_stays_flat_over_fifty_megabytes(blank):
    line = "The cat sat on the mat and saw it. " * 30_000 + "\n"

    class Stream(Endless):
        def readline(self, limit=-1):
            if blank and self.left % 3:
                self.left -= 1
                return "\n"
            return super().readline(limit)

    tracemalloc.start()
    try:
        size = sum(len(d.text) for d in open_corpus(Stream(50_000_000, line[:1_000_000])))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 48_000_000
    assert peak < 12_000_000


WIKI = """
 = First = \n
 Text of it . \n
 = = Section = = \n
 More = or less = here . \n
 = Second = \n
 Its text . \n"""
ARTICLES = [
    ("First", "= First = \n\n Text of it . \n\n = = Section = = \n\n More = or less = here ."),
    ("Second", "= Second = \n\n Its text ."),
]


def test_wikitext_is_one_document_an_article(tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets", reason="an optional extra, `hub`")
    table = tmp_path / "wiki.parquet"
    lines = [line for line in WIKI.splitlines(keepends=True)]
    datasets.Dataset.from_dict({"text": lines}).to_parquet(str(table))
    rows = datasets.load_dataset("parquet", data_files=str(table), split="train", streaming=True)
    asked = []

    def load(*arguments, **options):
        asked.append((arguments, options))
        return rows

    monkeypatch.setattr(datasets, "load_dataset", load)
    monkeypatch.setattr(hubs, "_require_hub", lambda name: None)
    documents = list(open_corpus("wikitext-2", split="test"))
    assert [(d.title, d.text) for d in documents] == ARTICLES
    assert documents[0].id == "wikitext-2-test-1" and documents[0].split == "test"
    wanted = ("Salesforce/wikitext", "wikitext-2-raw-v1"), {"split": "test", "streaming": True}
    assert asked == [wanted]


def test_a_long_article_is_bounded_too():
    lines = [" = T = \n", *(f"line {i} \n" for i in range(100))]
    rows = list(hubs.wikitext_articles(lines, "w", limit=100))
    assert max(len(row[1]) for row in rows) <= 100
    assert {row[2] for row in rows} == {"T"}
    assert " ".join(row[1] for row in rows).split() == "".join(lines).split()


def test_without_a_network_wikitext_says_so_at_once(monkeypatch):
    pytest.importorskip("datasets", reason="an optional extra, `hub`")

    def refuse(*_):
        raise OSError("no name service")

    monkeypatch.setattr(hubs, "getproxies", dict)
    monkeypatch.setattr(hubs.socket, "getaddrinfo", refuse)
    with pytest.raises(BertlabError, match='no way to wikitext-103.*open_corpus."bertlab"'):
        list(open_corpus("wikitext-103"))
    with pytest.raises(BertlabError, match="split='dev'"):
        open_corpus("wikitext-103", split="dev")


NLTK_PROGRAM = """
import sys
from bertlab.text.corpora import open_corpus
for name in ("gutenberg", "brown"):
    for document in open_corpus(name):
        print(document)
"""


def run_with_nltk_data(folder):
    return subprocess.run(
        [sys.executable, "-c", NLTK_PROGRAM],
        env={**os.environ, "NLTK_DATA": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
    )


def test_nltk_corpora_from_a_small_data_folder(tmp_path):
    gutenberg, brown = tmp_path / "corpora" / "gutenberg", tmp_path / "corpora" / "brown"
    gutenberg.mkdir(parents=True)
    brown.mkdir()
    (gutenberg / "austen-emma.txt").write_text("Emma  Woodhouse.\n")
    (brown / "ca01").write_text("\n\n\tThe/at jury/nn said/vbd ./.\n\n\n\tIt/pps ended/vbd ./.\n")
    (brown / "cats.txt").write_text("ca01 news\n")
    result = run_with_nltk_data(tmp_path)
    assert result.stdout.splitlines() == [
        repr(Document("austen-emma.txt", "Emma  Woodhouse.", "austen-emma", "book")),
        repr(Document("ca01", "The jury said .\n\nIt ended .", "ca01", "news")),
    ], result.stderr


def test_without_nltk_data_the_error_names_the_package(tmp_path):
    result = run_with_nltk_data(tmp_path)
    last = result.stderr.strip().splitlines()[-1]
    assert "no NLTK data package gutenberg" in last and "nltk.downloader gutenberg" in last
