"""Handouts: print-ready pages, without answers for learners, with them at the back for instructors."""

import nbformat
import pytest

from bertlab.build import chromium, handout
from bertlab.errors import BertlabError
from tests import tiny


@pytest.fixture
def path(tmp_path):
    return tiny.write(
        tmp_path / "00_x.ipynb",
        "# 00 · Start",
        tiny.code('ex = exercise("00-count-tokens")\nex', tiny.shown("<p>Task</p>", "text/html")),
        tiny.code("ex.check()", tiny.shown("○ Not written yet. Put …")),
    )


def test_answers_stand_at_the_back_of_the_instructors_only(path, tmp_path, monkeypatch):
    monkeypatch.setattr(handout, "find_chromium", lambda: None)
    out = tmp_path / "out"
    out.mkdir()
    what = handout.build([path], out)
    assert "HTML only" in what and "print from any browser" in what
    learners = (out / "00_x.html").read_text(encoding="utf-8")
    instructors = (out / "answers" / "00_x.html").read_text(encoding="utf-8")
    assert "Task" in learners and "Not written yet" not in learners
    assert "Answer to" not in learners and "Answer to 00-count-tokens" in instructors
    assert "Answers to the recap" in instructors


def test_a_handout_is_one_file(path):
    page = handout.handout(nbformat.read(path, as_version=4))
    assert "<style>" in page and '<link rel="stylesheet"' not in page and "<script" not in page


@pytest.mark.skipif(chromium.find_chromium() is None, reason="no Chromium or Chrome to print with")
def test_a_pdf_is_printed(tmp_path):
    page = tmp_path / "x.html"
    page.write_text("<!doctype html><title>x</title><p>words", encoding="utf-8")
    chromium.print_pdf(chromium.find_chromium(), page, tmp_path / "x.pdf")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF-")


def test_a_browser_that_prints_nothing_is_an_error(tmp_path):
    page = tmp_path / "x.html"
    page.write_text("x")
    with pytest.raises(BertlabError, match="no PDF of x.html"):
        chromium.print_pdf("true", page, tmp_path / "x.pdf")
