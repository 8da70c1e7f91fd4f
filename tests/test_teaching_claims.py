import json
import pickle
import re

import numpy as np
import pytest

from bertlab.errors import BertlabError
from bertlab.teaching import at_least, below, between, claim, collect_claims, equals, measures
from bertlab.teaching.claims import ClaimFailed


def notebook(folder, name, *cells):
    found = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    found.append({"cell_type": "markdown", "source": ["claim('not code')"]})
    (folder / name).write_text(json.dumps({"cells": found}))


@pytest.mark.parametrize(
    "expect, fits, fails, text",
    [
        (at_least(1.2), [1.2, 5], [1.19, -3], "at least 1.2"),
        (below(1000), [999.9, -1], [1000, 2e9], "below 1,000"),
        (between(2, 3), [2, 3, 2.5], [1.99, 3.01], "between 2 and 3"),
        (equals(7), [7, 7.0], [7.001, 6], "exactly 7"),
        (equals(100, rel=0.05), [95.1, 105], [94, 106], "100, give or take 5 %"),
        (equals(0.5, abs=0.1), [0.45, 0.6], [0.39, 0.61], "0.5, give or take 0.1"),
        (equals(True), [True], [False, 1], "exactly True"),
        (equals("E088"), ["E088"], ["E030", True], "exactly 'E088'"),
    ],
)
def test_an_expectation_tests_and_says_what_it_tests(expect, fits, fails, text):
    assert str(expect) == text
    assert [expect.holds(x) for x in fits] == [True] * len(fits)
    assert [expect.holds(x) for x in fails] == [False] * len(fails)


def test_a_bound_refuses_what_has_no_size():
    for nonsense in (True, "2"):
        with pytest.raises(BertlabError, match="a number to compare"):
            at_least(1).holds(nonsense)
    with pytest.raises(BertlabError, match="lower bound first"):
        between(3, 2)
    with pytest.raises(BertlabError, match="tolerance"):
        equals("E088", abs=1)


@pytest.mark.parametrize("measured", [1.73205, np.float64(1.73205), np.array(1.73205), 2])
def test_a_claim_that_holds_prints_its_verdict_and_never_the_measurement(capsys, measured):
    claim("01-x", "It is fast.", measured=measured, expect=at_least(1.2), source="notes")
    assert capsys.readouterr().out == (
        "✔ Confirmed. It is fast. (expected: at least 1.2; source: notes)\n"
    )


def test_a_claim_shows_what_its_author_knows_to_be_stable(capsys):
    claim("01-x", "S.", measured=3, expect=equals(3), source="ours", verdict="it depends", show="3")
    assert "≈ It depends. S. (expected: exactly 3; shown: 3;" in capsys.readouterr().out


def test_a_claim_that_fails_names_all_three(capsys):
    with pytest.raises(ClaimFailed) as caught:
        claim("01-x", "It is fast.", measured=1.1, expect=at_least(1.2), source="notes")
    assert str(caught.value) == "claim 01-x (It is fast.): measured 1.1, expected at least 1.2"
    assert capsys.readouterr().out == ""
    with pytest.raises(ClaimFailed):
        claim("01-x", "S.", measured=np.bool_(False), expect=equals(True), source="ours")


def test_a_time_stops_nobody_but_a_run_that_is_stored(capsys, monkeypatch, tmp_path):
    def slow(measured):
        claim("01-x", "S.", measured=measured, expect=at_least(2), source="ours", timing=True)
        return capsys.readouterr()

    held, missed = slow(2.5), slow(1.5)
    assert held.out == missed.out and held.err == ""
    assert "otherwise: claim 01-x (S.): measured 1.5, expected at least 2. A time" in missed.err
    monkeypatch.setenv(measures.VARIABLE, str(tmp_path / "measures.jsonl"))
    slow(2.5)
    with pytest.raises(ClaimFailed):
        slow(1.5)


@pytest.mark.parametrize(
    "nonsense", [float("nan"), float("inf"), None, [1.0], np.array([1.0]), np.float32("nan"), 1j]
)
def test_a_measurement_is_one_finite_value(nonsense):
    with pytest.raises(BertlabError, match="claim 01-x; wanted one finite"):
        claim("01-x", "S.", measured=nonsense, expect=at_least(0), source="notes")


def test_names_sources_and_verdicts_are_checked():
    good = {"statement": "S.", "measured": 1, "expect": equals(1), "source": "ours"}
    for wrong in ({"source": "rumour"}, {"verdict": "maybe"}, {"id": "pipe"}, {"id": "1-pipe"}):
        with pytest.raises(BertlabError):
            claim(**{"id": "01-x", **good, **wrong})


def test_user_text_is_escaped():
    shown = []
    from bertlab.teaching import claims

    original, claims.display = claims.display, shown.append
    try:
        claim("01-x", "<b>&", measured=1, expect=equals(1), source="ours", show="<i>")
    finally:
        claims.display = original
    assert not re.search("<b>|<i>", shown[0].html)
    assert "&lt;b&gt;&amp;" in shown[0].html


def test_claims_are_read_from_notebooks_in_order(tmp_path):
    notebook(
        tmp_path,
        "02_b.ipynb",
        "%time x = 1\nclaim('02-b', 'Later.', measured=x, expect=at_least(2 * x), source='ours')",
    )
    notebook(
        tmp_path,
        "01_a.ipynb",
        "disable = ['tagger]",  # a cell that shows a syntax error
        "claim('01-b', 'First '\n  'half.', measured=f(1), expect=equals(3, rel=0.01),\n"
        "      source='notes', verdict='corrected')\nclaim('01-a', 'Second.', measured=1,\n"
        "  expect=below(2), source='paper')",
    )
    rows = collect_claims(tmp_path)
    assert [(row.id, row.lesson, row.verdict) for row in rows] == [
        ("01-b", "01", "corrected"),
        ("01-a", "01", "confirmed"),
        ("02-b", "02", "confirmed"),
    ]
    assert rows[0].statement == "First half."
    assert [row.expect for row in rows] == ["3, give or take 1 %", "below 2", "at_least(2 * x)"]


def test_two_claims_of_one_name_or_a_computed_statement_are_refused(tmp_path):
    call = "claim('01-a', 'S.', measured=1, expect=below(2), source='ours')"
    notebook(tmp_path, "01_a.ipynb", call, call)
    with pytest.raises(BertlabError, match="two claims named '01-a'"):
        collect_claims(tmp_path)
    notebook(tmp_path, "01_a.ipynb", call.replace("'S.'", "f'{x}'"))
    with pytest.raises(BertlabError, match="plain strings"):
        collect_claims(tmp_path)


def test_a_failed_claim_crosses_processes():
    failed = ClaimFailed("01-x", "S.", 1, 2)
    assert str(pickle.loads(pickle.dumps(failed))) == str(failed)
