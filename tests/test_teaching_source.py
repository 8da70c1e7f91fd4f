import re
from html import unescape
from xml.etree import ElementTree

import pytest

from bertlab import files
from bertlab.errors import BertlabError
from bertlab.teaching import course_map, show
from bertlab.teaching.course import _PLACES, LESSONS, lesson, map_svg
from bertlab.teaching.source import highlight


def test_show_prints_the_packages_own_source(capsys):
    show(files.atomic_write)
    out = capsys.readouterr().out
    assert out.startswith("# atomic_write in bertlab/files.py\n@contextmanager\ndef atomic_write(")
    assert "os.replace(temporary, path)" in out


def test_show_takes_classes_and_methods(capsys):
    show(BertlabError)
    show(BertlabError.__reduce__)
    out = capsys.readouterr().out
    assert "# BertlabError in bertlab/errors.py\nclass BertlabError(ValueError):" in out
    assert "# BertlabError.__reduce__ in bertlab/errors.py\ndef __reduce__(self):" in out


@pytest.mark.parametrize("nonsense", [3, len, re.compile, lambda: 1])
def test_show_shows_nothing_from_elsewhere(nonsense):
    with pytest.raises(BertlabError, match="of bertlab"):
        show(nonsense)


def test_highlighting_changes_no_character():
    source = 'def f(a: str = "<b>&") -> int:\n    # note\n    return len(a) + 1'
    shown = highlight(source)
    assert unescape(re.sub(r"<[^>]*>", "", shown)) == source
    assert "keyword-color" in shown and "string-color" in shown and "comment-color" in shown


def test_the_map_is_well_formed_and_shows_every_lesson_once():
    root = ElementTree.fromstring(map_svg())
    space = "{http://www.w3.org/2000/svg}"
    texts = " ".join(node.text for node in root.iter(f"{space}text"))
    assert set(_PLACES) == {one.number for one in LESSONS}
    assert len(set(_PLACES.values())) == len(LESSONS)
    for one in LESSONS:
        assert f"{one.number} {one.title}" in texts
    arrows = [node for node in root.iter(f"{space}path") if node.get("marker-end")]
    assert len(arrows) == sum(len(one.needs) for one in LESSONS)
    assert root.find(f"{space}desc").text.startswith("from lesson 00, lesson 01 after 00;")


def test_the_map_points_downwards():
    for one in LESSONS:
        assert all(_PLACES[need][0] < _PLACES[one.number][0] for need in one.needs)


def test_the_map_has_a_table(capsys):
    course_map()
    assert "12 Capstone: your own text" in capsys.readouterr().out


def test_planned_lessons_are_marked_in_picture_table_and_description(capsys):
    planned = [one for one in LESSONS if one.planned]
    drawn = map_svg()
    assert drawn.count(">(planned)<") == drawn.count("stroke-dasharray") == len(planned)
    course_map()
    lines = capsys.readouterr().out.splitlines()
    for one in LESSONS:
        row = next(line for line in lines if line.startswith(f"{one.number} {one.title}"))
        assert row.split()[-1] == ("planned" if one.planned else "ready")
        assert (f"lesson {one.number} (planned)" in drawn) == one.planned


def test_a_header_names_title_minutes_and_needs():
    assert lesson("08").header().splitlines() == [
        "# 08 · Feature-based: the model stays frozen",
        "",
        "*60 minutes · after 04 and 05*",
    ]
    assert lesson("00").header().endswith("*20 minutes*")
    with pytest.raises(BertlabError, match="'00' to '12'"):
        lesson("13")
