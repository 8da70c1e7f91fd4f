"""Prose that states something is covered: in small notebooks as the rule says, in every lesson at all."""

from pathlib import Path

import pytest

from bertlab.teaching import collect_claims
from bertlab.teaching.coverage import audit
from tests.tiny import code, result, stdout, write

LESSONS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
KNOWN = {row.id for row in collect_claims(Path(__file__).parents[1] / "notebooks")}
PLANTED = "A loop is three times faster than a pipe."
CLAIM = "claim('01-a', 'S.', measured=f(), expect=at_least(3), source='ours')"


def found(tmp_path, *cells, claims=()):
    return audit(write(tmp_path / "01_tiny.ipynb", *cells), set(claims))


def covers(tmp_path, *cells):
    return [one.cover for one in found(tmp_path, *cells)]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_statement_of_a_lesson_is_covered(path):
    missing = [str(one) for one in audit(path, KNOWN) if not one.cover]
    assert missing == [], "\n" + "\n".join(missing)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_planted_statement_is_found_in_every_lesson(path, tmp_path):
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    cell = [one for one in notebook.cells if one.cell_type == "markdown"][-1]
    cell.source += f"\n\nBy the way. {PLANTED}"
    copy = tmp_path / path.name
    nbformat.write(notebook, copy)
    assert PLANTED in [one.sentence for one in audit(copy, KNOWN) if not one.cover]


def test_nothing_covers_a_bare_comparison(tmp_path):
    [one] = found(tmp_path, "# T", code("3", result("3")), f"Look. {PLANTED} Go on.")
    assert (one.cell, one.sentence, one.cover) == (2, PLANTED, "")
    assert str(one) == f"01_tiny.ipynb cell 2: {PLANTED} [nothing covers it]"


def test_a_claim_covers_what_stands_before_it_in_its_block(tmp_path):
    prose = f"{PLANTED} Lists are worse. <!-- claims: 01-a, 02-b --> But sets win more.\n\nNone is best."
    cells = ("# T", code(CLAIM), prose)
    assert [one.cover for one in found(tmp_path, *cells, claims=["02-b"])] == [
        "claims",
        "claims",
        "",
        "",
    ]


def test_a_comment_alone_covers_the_block_above(tmp_path):
    prose = "First:\n- a is faster\n- b is slower\n\n<!-- claims: 01-a -->\n\nc is better."
    assert covers(tmp_path, code(CLAIM), prose) == ["claims", "claims", ""]
    table = "Worse.\n\n| better | b |\n| --- | --- |\n| x | 40 MB |\n| y | 60 MB <!-- claims: 01-a --> |"
    assert covers(tmp_path, code(CLAIM), table) == ["", "", "claims"]
    mixed = "- a is plain\n- b is worse\n\n<!-- basis: advice -->"
    assert covers(tmp_path, code(CLAIM), mixed) == ["basis: advice"]
    heading = "## Y is faster\n\n<!-- claims: 01-a -->\n\nMore of it."
    assert covers(tmp_path, code(CLAIM), heading) == ["claims", ""]


def test_a_claim_that_is_not_there_covers_nothing(tmp_path):
    [one] = found(tmp_path, code(CLAIM), f"{PLANTED} <!-- claims: 01-b -->")
    assert (one.cover, one.why) == ("", "no claim named 01-b")
    [one] = found(tmp_path, code(CLAIM), f"{PLANTED} <!-- claims: -->")
    assert one.why == "no claim named there"


def test_printed_text_covers_as_long_as_it_is_printed_in_the_section(tmp_path):
    prose = f"{PLANTED} <!-- printed: X 1 s; Y  3 s -->"
    assert covers(tmp_path, "# T", code("x", stdout("X 1 s\nY\n3 s")), prose) == ["printed"]
    [one] = found(tmp_path, "# T", code("x", stdout("X 1 s\nY 2 s")), prose)
    assert (one.cover, one.why) == ("", "not printed in its section: Y  3 s")
    elsewhere = (
        "# T",
        code("x", stdout("X 1 s Y 3 s")),
        f"## U\n\n{PLANTED} <!-- printed: X 1 s -->",
    )
    assert covers(tmp_path, *elsewhere) == [""]


def test_output_that_is_not_compared_covers_nothing(tmp_path):
    tagged = code("x", stdout("X 1 s"), tags=["nbval-ignore-output"])
    assert covers(tmp_path, "# T", tagged, f"{PLANTED} <!-- printed: X 1 s -->") == [""]
    assert covers(tmp_path, "# T", tagged, "It takes 17 s.") == [""]


def test_a_number_that_a_section_prints_or_sets_needs_no_comment(tmp_path):
    cells = ("# T", code("f(512)", result("8,192")), code("g()", result("1")))
    assert covers(tmp_path, *cells, "Of 8,192 pieces we take 512.") == ["printed"]
    assert covers(tmp_path, *cells, "Of 8,191 pieces we take 512.") == [""]
    assert covers(tmp_path, *cells, "It is more than 512.") == [""]  # a comparison wants a claim
    assert covers(tmp_path, *cells, "## U\n\nOf 8,192 pieces.") == [""]


def test_a_single_digit_is_covered_by_a_neighbour_only(tmp_path):
    cells = ("# T", code("f()", result("4")))
    assert covers(tmp_path, *cells, "It gives 4.") == ["printed"]
    assert covers(tmp_path, *cells, code("g()", result("no")), "It gives 4.") == [""]


def test_a_named_source_covers(tmp_path):
    assert covers(tmp_path, "Wettig et al. 2022 found 40 % better.") == ["cited"]


@pytest.mark.parametrize(
    "basis", ["definition", "arithmetic", "advice", "course", "source RFC 3629"]
)
def test_a_basis_covers_and_is_counted_by_its_name(tmp_path, basis):
    assert covers(tmp_path, f"{PLANTED} <!-- basis: {basis} -->") == [f"basis: {basis}"]


@pytest.mark.parametrize(
    "comment", ["basis: hearsay", "basis: source", "claim: 01-a", "basis:", "x"]
)
def test_a_comment_of_no_kind_is_a_fault(tmp_path, comment):
    [one] = found(tmp_path, code(CLAIM), f"{PLANTED} <!-- {comment} -->")
    assert one.cover == "" and one.why


def test_a_basis_that_nothing_needs_is_a_fault(tmp_path):
    [one] = found(tmp_path, "Look at it. <!-- basis: definition -->")
    assert (one.cover, one.why) == ("", "a basis with no statement that needs it")


def test_the_header_is_free_and_the_rest_of_its_cell_is_not(tmp_path):
    assert covers(tmp_path, "# 01 · T\n\n*60 minutes · after 00*\n\nIt takes 60 minutes.") == [""]


def test_code_in_prose_is_no_prose(tmp_path):
    assert (
        covers(tmp_path, "See:\n\n```python\nx = 3  # faster than 4\n```\n\n    y = 100 faster\n")
        == []
    )
