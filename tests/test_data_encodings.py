"""Which encoding a file has, by its bytes alone; through `read_table` in test_data_tables."""

import pytest

from bertlab.data import encodings
from bertlab.data.encodings import detect
from bertlab.errors import BertlabError


@pytest.fixture
def found(tmp_path):
    def of(content: bytes):
        path = tmp_path / "some.csv"
        path.write_bytes(content)
        return detect(path)[0]

    return of


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
def test_block_borders_make_no_difference(found, monkeypatch, block):
    monkeypatch.setattr(encodings, "_BLOCK", block)
    assert found("naïve café 😀\nplain\n".encode()) == "utf-8"
    assert found("plain\nœuvre – so\n".encode("cp1252")) == "cp1252"
    assert found("plain\nété\n".encode("latin-1")) == "latin-1"


def test_one_letter_in_the_last_line_decides(found):
    assert found(b"plain\n" * 300_000 + b"caf\xe9") == "latin-1"


def test_bytes_that_windows_1252_lacks_mean_latin_1(found):
    assert found(b"a\x93b\x81c") == "latin-1"


def test_half_a_character_at_the_end_is_damage(tmp_path):
    path = tmp_path / "cut.csv"
    path.write_bytes("é é é\né".encode()[:-1])
    with pytest.raises(
        BertlabError, match="1 damaged byte in cut.csv, first in line 2, and 3 whole"
    ):
        detect(path)


def test_the_first_damaged_line_is_right_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "_BLOCK", 8)
    path = tmp_path / "bad.csv"
    path.write_bytes("ééé\nascii only here\nok\n".encode() + b"x\xffy\n" + "é\n".encode())
    with pytest.raises(BertlabError, match="first in line 4"):
        detect(path)


def test_chinese_in_utf_16_is_known_by_its_mark(found):
    assert found("文本,标签\n".encode("utf-16")) == "utf-16"
