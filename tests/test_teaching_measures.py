import json

import pytest

from bertlab.teaching import at_least, claim, equals, measures
from bertlab.teaching.claims import ClaimFailed


@pytest.fixture
def course(tmp_path):
    (tmp_path / "results").mkdir()
    return tmp_path


def test_a_claim_notes_its_measurement_where_a_run_asks_for_it(tmp_path, monkeypatch):
    path = tmp_path / "measures.jsonl"
    claim("01-a", "S.", measured=1, expect=at_least(1), source="ours")
    monkeypatch.setenv(measures.VARIABLE, str(path))
    assert measures.noted(path) == {}
    claim("01-a", "S.", measured=2.718281828, expect=at_least(1), source="ours")
    claim("01-b", "S.", measured=True, expect=equals(True), source="ours")
    claim("01-a", "S.", measured=3_141_592.6, expect=at_least(1), source="ours")
    with pytest.raises(ClaimFailed):
        claim("01-c", "S.", measured=0, expect=at_least(1), source="ours")
    assert measures.noted(path) == {"01-a": 3142000, "01-b": True}


def test_the_last_stored_run_of_a_lesson_is_kept(course):
    measures.store(course, {"02-x": 1.5, "02-y": "E088"}, replace=True)
    measures.store(course, {"01-a": 3, "01-b": 4}, replace=True)
    assert list(measures.stored(course)) == ["01-a", "01-b", "02-x", "02-y"]
    measures.store(course, {"01-b": 5}, replace=True)  # 01-a is no longer claimed
    assert measures.stored(course) == {"01-b": 5, "02-x": 1.5, "02-y": "E088"}


def test_an_unchanged_lesson_changes_no_figure_and_no_byte(course):
    measures.store(course, {"01-a": 3, "01-b": 4}, replace=True)
    before = (course / measures.FILE).read_bytes()
    measures.store(course, {"01-a": 3.01, "01-b": 4.2}, replace=False)
    assert (course / measures.FILE).read_bytes() == before
    measures.store(course, {"01-a": 3.01, "01-b": 4.2, "01-c": 1}, replace=False)
    assert measures.stored(course) == {"01-a": 3, "01-b": 4, "01-c": 1}


def test_without_a_folder_of_results_nothing_is_kept(tmp_path):
    measures.store(tmp_path, {"01-a": 3}, replace=True)
    assert list(tmp_path.iterdir()) == [] and measures.stored(tmp_path) == {}


def test_the_file_is_json_in_order(course):
    measures.store(course, {"01-b": 1, "01-a": "ja"}, replace=True)
    text = (course / measures.FILE).read_text(encoding="utf-8")
    assert json.loads(text) == {"01-a": "ja", "01-b": 1} and text.endswith("}\n")
