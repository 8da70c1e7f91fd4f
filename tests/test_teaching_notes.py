"""The notes' statements and the claims that settle them: neither without the other."""

from pathlib import Path

from bertlab.teaching import collect_claims
from bertlab.teaching.course import LESSONS
from bertlab.teaching.notes import NOTES

FOLDER = Path(__file__).parents[1] / "notebooks"
CLAIMS = {row.id: row for row in collect_claims(FOLDER)}
WRITTEN = {one.number for one in LESSONS if not one.planned}


def test_every_statement_of_a_written_lesson_names_claims_that_exist():
    missing = [id for note in NOTES for id in note.claims if id[:2] in WRITTEN and id not in CLAIMS]
    assert missing == []


def test_every_claim_on_the_notes_stands_in_a_row():
    listed = {id for note in NOTES for id in note.claims}
    assert [id for id, row in CLAIMS.items() if row.source == "notes" and id not in listed] == []


def test_a_row_names_claims_whose_source_is_the_notes():
    assert {CLAIMS[id].source for note in NOTES for id in note.claims if id in CLAIMS} == {"notes"}


def test_rows_are_complete_and_said_once():
    assert all(note.topic and note.says and note.claims for note in NOTES)
    assert len({note.says for note in NOTES}) == len(NOTES)
