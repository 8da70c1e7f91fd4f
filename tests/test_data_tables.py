"""Reading a learner's table: what is handled and told, what is one clear line, what comes back."""

import csv
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertlab.data.labelled import reviews
from bertlab.data.layouts import Note
from bertlab.data.tables import read_table
from bertlab.errors import BertlabError

GOOD = "text,label\nIt sings.,good\nIt squeaks.,bad\n"


@pytest.fixture
def file(tmp_path):
    """Writes bytes, or text as UTF-8, to a file and gives its path."""

    def write(content, name="mine.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def notes(table) -> list[str]:
    return [str(note) for note in table.notes]


# ---- what is read


def test_texts_labels_and_lines_come_back(file):
    table = read_table(file(GOOD))
    assert table.texts == ("It sings.", "It squeaks.")
    assert table.classes == ("bad", "good")
    assert table.labels.tolist() == [1, 0]
    assert table.lines.tolist() == [2, 3]
    assert table.counts() == {"bad": 1, "good": 1}
    assert table.groups is None and notes(table) == []


def test_groups_and_further_columns_come_along(file):
    path = file("shop,text,stars,product\nA,fine,2,lamp\nB,poor,1,lamp\n")
    table = read_table(path, label="stars", group="product", keep=["shop"])
    assert table.groups == ("lamp", "lamp")
    assert table.columns == {"shop": ("A", "B")}
    assert table.classes == ("1", "2")


def test_numbers_are_sorted_as_numbers(file):
    rows = "".join(f"t{n},{n}\n" for n in (10, 9, 2, 1))
    assert read_table(file("text,label\n" + rows)).classes == ("1", "2", "9", "10")


def test_a_file_without_header_is_read_by_position(file):
    path = file("fine, really fine\t1\npoor, so poor, alas\t0\n", "sst.tsv")
    table = read_table(path, text=0, label=1)
    assert table.texts == ("fine, really fine", "poor, so poor, alas")
    assert notes(table) == ["cells are parted by a tab"]


def test_quotes_newlines_and_delimiters_inside_a_text(file):
    table = read_table(file('text,label\n"He said ""no"", and\r\nleft.",bad\nFine.,good\n'))
    assert table.texts == ('He said "no", and\nleft.', "Fine.")
    assert table.lines.tolist() == [2, 4]


def test_a_space_after_the_delimiter_does_not_spoil_quotes(file):
    table = read_table(file('text, label\n"a, b", "x"\n"c", "y"\n'))
    assert table.texts == ("a, b", "c") and table.classes == ("x", "y")


@pytest.mark.parametrize("mark", [";", "\t", "|", ","])
def test_the_delimiter_is_found(file, mark):
    content = f"id{mark}text{mark}label\n1{mark}well, well; indeed{mark}a\n2{mark}no{mark}b\n"
    if mark in ",;":
        content = content.replace("well, well; indeed", '"well, well; indeed"')
    table = read_table(file(content))
    assert table.texts == ("well, well; indeed", "no")
    assert bool(notes(table)) == (mark != ",")


def test_excels_own_first_line_names_the_delimiter(file):
    assert read_table(file("sep=;\ntext;label\na;x\nb;y\n")).lines.tolist() == [3, 4]


def test_a_tsv_whose_quotes_are_mere_characters(file):
    table = read_table(file('text\tlabel\n"Fine" she said\tgood\n5" too short\tbad\n'))
    assert table.texts == ('"Fine" she said', '5" too short')
    assert "quotes read as plain characters: they do not pair up" in notes(table)


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", None),
        ("utf-8-sig", "a byte-order mark, taken off"),
        ("utf-16", "read as UTF-16"),
        ("utf-16-le", "read as UTF-16, though it has no byte-order mark"),
        ("utf-16-be", "read as UTF-16, though it has no byte-order mark"),
        ("utf-32", "read as UTF-32"),
        ("cp1252", "read as Windows-1252: it is not UTF-8"),
        ("latin-1", "read as Latin-1: it is not UTF-8"),
    ],
)
def test_the_encoding_is_found_and_the_letters_are_right(file, encoding, told):
    text = "Très bon café"
    if encoding != "latin-1":
        text += " – “œuvre”"  # Latin-1 has none of these
    content = f"text,label\n{text},bien\nnul,mal\n".encode(encoding)
    table = read_table(file(content))
    assert table.texts[0] == text
    assert notes(table) == ([told] if told else [])


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_one(file, ending):
    table = read_table(file(GOOD.replace("\n", ending)))
    assert len(table) == 2 and table.lines.tolist() == [2, 3]


# ---- what is handled and told


def test_everything_handled_is_told_with_its_lines(file):
    path = file(
        "text,label,product\nfine,good,a\n,good,a\n\nlost,,a\n,,\nshort\ntext,label,product\n"
        "too,many,cells,here\nnul\x00byte,bad,\nfine too, Good ,b\nNaN,good,b\nlater,nan,b\n"
        "trailing,bad,b,,\n"
    )
    table = read_table(path, group="product")
    assert table.texts == ("fine", "nulbyte", "fine too", "trailing")
    assert table.classes == ("bad", "good")
    assert notes(table) == [
        "left out, without text: 2 rows (lines 3, 12)",
        "left out, empty: 2 rows (lines 4, 6)",
        "left out, without a label: 2 rows (lines 5, 13)",
        "left out, with too few cells: 1 row (line 7)",
        "left out, a repeat of the header: 1 row (line 8)",
        "left out, with more cells than the header: 1 row (line 9)",
        "NUL bytes, taken out of the text: 1 row (line 10)",
        "without a group, each a group of its own: 1 row (line 10)",
        "one class 'good' made of the labels 'good' 1, 'Good' 1",
    ]


def test_only_the_first_lines_are_listed():
    assert str(Note("odd", 7, (2, 3, 4))) == "odd: 7 rows (lines 2, 3, 4, …)"


def test_labels_that_differ_in_form_only_are_one_class(file):
    labels = ["1", "1.0", "01", " 1 ", "0", "0.0"]
    table = read_table(file("text,label\n" + "".join(f"t{i},{x}\n" for i, x in enumerate(labels))))
    assert table.counts() == {"0": 2, "1": 4}
    assert notes(table)[0] == "one class '1' made of the labels '1' 2, '1.0' 1, '01' 1"


def test_the_report_says_size_classes_and_notes(file):
    table = read_table(file(GOOD + ",good\n"))
    assert table.describe().splitlines() == [
        "mine.csv: 2 texts",
        "classes: bad 1, good 1",
        "words a text: median 2, longest 2",
        "- left out, without text: 1 row (line 4)",
    ]
    assert repr(table) == "<Table mine.csv: 2 texts, 2 classes>"


# ---- what is one clear line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "found mine.csv with 0 bytes"),
        ("\n\n  \n", "found mine.csv without any text"),
        ("text,label\n", "found no row with a text and a label in mine.csv; wanted"),
        ("text,label\n,a\nb,\n", "(left out, without text: 1 row (line 2); left out, without a"),
        ("review,label\na,x\n", "found the columns 'review', 'label' in mine.csv; wanted a column"),
        ("texts,label\na,x\n", "wanted a column 'text'. Do you mean 'texts'?"),
        ("Text,label\na,x\n", "Do you mean 'Text'?"),
        ("customer_text,label\na,x\n", "Do you mean 'customer_text'?"),
        ("text,label,text\na,x,b\n", "found 2 columns 'text' in mine.csv; wanted one"),
        ("text,label\na,x\nb,x\n", "found one class only, 'x', in all 2 rows of mine.csv"),
        ('text,label\na,x\n"b,y\nc,x\n', "found a quote that never closes in the row at line 3 of"),
        ('text,label\n"he "said", so",x\n', "found a stray quote in the row at line 2 of mine.csv"),
        ("text,label\nyes, but,x\nno, and,y\nfine,x\n", "found 2 of 3 rows of mine.csv with more"),
        (b"PK\x03\x04 and so on", "found a zip archive, as .xlsx and .ods are, in mine.csv"),
        (b"\x1f\x8b and so on", "found a gzip archive, in mine.csv"),
        ("text,label\ncafé,x\n".encode() + b"caf\xe9,y\nna\xc3\xafve,x\n", "first in line 3"),
        (b"\xff\xfe" + "text,label\na,x".encode("utf-16-le") + b"\n", "that are not utf-16"),
        ("text,label\n" + "".join(f"t,w{n}\n" for n in range(30)), "30 different labels in 3"),
        ("text,label\n" + "".join(f"t,w{n}\n" for n in range(2000)), "1,001 different labels in"),
        ('text,label\n"' + "word " * 40_000 + '",x\n', "a cell of more than 131,072 characters"),
    ],
)
def test_a_fault_is_one_line(file, content, message):
    with pytest.raises(BertlabError) as caught:
        read_table(file(content))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith((".", "?"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"delimiter": ";"},
            "found the columns 'text,label' in mine.csv; wanted a column 'text'. ';'",
        ),
        ({"delimiter": ";;"}, "found delimiter=';;'"),
        ({"delimiter": '"'}, "found delimiter='\"'"),
        ({"encoding": "klingon"}, "found encoding 'klingon'"),
        ({"encoding": "utf-16"}, "found bytes in mine.csv that are not utf-16"),
        ({"group": "shop"}, "wanted a column 'shop'"),
        ({"keep": ["labels"]}, "Do you mean 'label'?"),
        ({"text": 0, "label": 7}, "found 2 columns in mine.csv; wanted a column 7"),
        ({"text": 0}, "wanted names for all, or positions for all"),
        ({"sample": 0}, "found sample=0"),
    ],
)
def test_a_wrong_argument_is_one_line(file, options, message):
    with pytest.raises(BertlabError) as caught:
        read_table(file(GOOD), **options)
    assert message in str(caught.value)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(BertlabError, match="found no file .*nowhere.csv"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(BertlabError, match="found the folder"):
        read_table(tmp_path)


# ---- choosing rows and classes


def test_select_and_without(file):
    table = read_table(file("text,label,n\na,x,1\nb,y,2\nc,z,3\nd,x,4\n"), keep=["n"])
    some = table.select([3, 0])
    assert (some.texts, some.columns["n"], some.lines.tolist()) == (("d", "a"), ("4", "1"), [5, 2])
    fewer = table.without("y")
    assert (fewer.classes, fewer.labels.tolist()) == (("x", "z"), [0, 1, 0])
    with pytest.raises(BertlabError, match="found no class 'X'.*Do you mean 'x'"):
        table.without("X")
    with pytest.raises(BertlabError, match="found 1 classes left"):
        table.without("x", "y")


# ---- size


def test_a_sample_is_even_and_seeded(file):
    path = file("text,label\n" + "".join(f"t{n},{n % 2}\n" for n in range(20_000)))
    table = read_table(path, sample=2000)
    places = np.array([int(text[1:]) for text in table.texts])
    assert len(set(places.tolist())) == 2000 and (np.diff(places) > 0).all()
    by_quarter = np.bincount(places // 5000)
    assert by_quarter.min() > 430 and by_quarter.max() < 570  # 500 each; deviation about 19
    again = read_table(path, sample=2000, generator=np.random.default_rng(0))
    other = read_table(path, sample=2000, generator=np.random.default_rng(1))
    assert again.texts == table.texts != other.texts
    assert "drawn evenly: 2,000 of 20,000 rows" in notes(table)


def test_memory_is_that_of_the_rows_kept(file):
    """60,000 rows, 9 MB: a sample of 500 stays under 3 MB. (A million rows: same code, measured once.)"""
    line = "word " * 30
    path = file("text,label\n" + "".join(f"{line}{n},{n % 2}\n" for n in range(60_000)))
    assert path.stat().st_size > 9e6
    tracemalloc.start()
    read_table(path, sample=500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6


# ---- round trips


def test_the_shipped_reviews_go_through_a_csv_unharmed(tmp_path):
    path = tmp_path / "reviews.csv"
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "rating", "product"])
        writer.writerows([one.text, one.rating, one.product] for one in reviews())
    table = read_table(path, label="rating", group="product")
    assert list(table.texts) == [one.text for one in reviews()]
    assert [int(table.classes[label]) for label in table.labels] == [
        one.rating for one in reviews()
    ]
    assert list(table.groups) == [one.product for one in reviews()]


printable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)


@settings(max_examples=200, deadline=None)
@given(
    texts=st.lists(
        printable.filter(lambda x: x.strip() not in ("", "text")), min_size=2, max_size=8
    ),
    mark=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_csv_writes_is_read_as_it_was(tmp_path_factory, texts, mark, encoding, quoting):
    texts = [text for text in texts if text.strip().casefold() != "nan"] + ["a", "b"]
    path = tmp_path_factory.mktemp("round") / "trip.csv"
    with open(path, "w", newline="", encoding=encoding) as stream:
        writer = csv.writer(stream, delimiter=mark, quoting=quoting)
        writer.writerow(["text", "label"])
        writer.writerows([text, number % 2] for number, text in enumerate(texts))
    table = read_table(path)
    assert table.texts == tuple(text.strip().replace("\r\n", "\n") for text in texts)
    assert table.labels.tolist() == [number % 2 for number in range(len(texts))]
