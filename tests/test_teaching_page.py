import json

import pytest
from typer.testing import CliRunner

from bertlab.cli import app
from bertlab.teaching import page
from tests.tiny import code, write

CLAIM = """claim("{}", "{}", measured=f(), expect=at_least(3), source="{}", verdict="{}")"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one small lesson with two claims on the notes, one of them measured."""
    write(
        tmp_path / "notebooks" / "02_small.ipynb",
        "# T\n\nA loop is slower. <!-- claims: 02-pipe-cheap -->\n\nIt takes 17 s. A pipe is faster.",
        code(CLAIM.format("02-pipe-cheap", "A | B.", "notes", "it depends")),
        code(CLAIM.format("02-pipe-networks", "C.", "notes", "corrected")[:-1] + ", timing=True)"),
        code("predict('02-a', 'Which?', ['x', 'y'])"),
    )
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "claims.json").write_text(json.dumps({"02-pipe-cheap": 12345.5}))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["claims", *arguments])


def test_a_claim_has_its_row_with_what_was_measured(course):
    first, second = page.claim_rows(course)
    assert first == {
        "Lesson": "02",
        "Claim": "02-pipe-cheap",
        "What holds": "A | B.",
        "Expected": "at least 3",
        "Measured": "12,345.5",
        "Verdict": "it depends",
        "Source": "notes",
    }
    assert (second["Expected"], second["Measured"]) == ("at least 3 (a time)", "")


def test_a_statement_of_the_notes_has_the_gravest_verdict_of_its_claims(course):
    [row] = [row for row in page.note_rows(course) if "02-pipe-cheap" in row["Claims"]]
    assert (row["Verdict"], row["What holds"]) == ("corrected", "A | B. C.")
    [other] = [row for row in page.note_rows(course) if row["Claims"] == "02-w108"]
    assert other["Verdict"] == "awaits its lesson"


def test_the_page_is_two_tables_of_markdown(course):
    text = page.markdown(course)
    assert "| 02 | 02-pipe-cheap | A \\| B. | at least 3 | 12,345.5 | it depends | notes |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 2  # two widths


def test_counts_come_from_the_files(course):
    counts = page.counts(course)
    wanted = {"lessons": 1, "claims": 2, "claims measured in the stored run": 1, "predictions": 1}
    wanted |= {"statements in prose": 3, "… bound to a claim": 1, "uncovered": 2}
    assert wanted.items() <= counts.items()
    assert counts["fewest misconceptions of an exercise"] >= 4


def test_the_command_lists_what_is_uncovered_and_fails(course):
    done = run("--uncovered")
    assert done.exit_code == 1
    assert "02_small.ipynb cell 0: A pipe is faster. [nothing covers it]" in done.output
    assert done.output.endswith("2 uncovered\n")


def test_the_command_shows_claims_notes_and_counts(course):
    shown = run().output
    assert "02-pipe-networks" in shown and "not recorded" in shown and "source notes say" in shown
    assert "statements of the notes settled" in run("--counts").output
    done = run("--markdown", "claims.md")
    assert done.exit_code == 0
    assert (course / "claims.md").read_text(encoding="utf-8") == page.markdown(course)
