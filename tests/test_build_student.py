"""Student copies: they work, and no solution can be had by calling, printing or opening."""

import json
import subprocess
import sys

import pytest

from bertlab.build import student
from bertlab.notebooks import find_notebooks
from bertlab.teaching import lessons
from bertlab.teaching.bank import lesson_bank, lessons_with_banks


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    out = tmp_path_factory.mktemp("student")
    student.build(find_notebooks(), out)
    return out


def run(copy, code: str) -> str:
    """What `code` prints in a fresh interpreter that imports the package of the copy."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, '.')\n{code}"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_notebooks_have_no_outputs_and_no_counts(copy):
    for path in (copy / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        assert code and all(not c["outputs"] and c["execution_count"] is None for c in code)


def test_solution_declines_and_hints_help(copy):
    said = run(
        copy,
        "import bertlab; from bertlab.teaching import exercise\n"
        "assert bertlab.__file__.startswith(sys.path[0]) or 'student' in bertlab.__file__\n"
        "ex = exercise('00-hidden-number'); ex.solution(); ex.hint(3); print(ex)",
    )
    assert "your instructor has the solution" in said
    assert "Hint 3 of 3" in said
    assert ".solution()" not in said


def test_checks_and_diagnoses_work_as_before(copy, tmp_path):
    said = run(
        copy,
        f"import os; os.environ['BERTLAB_HOME'] = {str(tmp_path)!r}\n"
        "from bertlab.teaching import exercise\n"
        "ex = exercise('00-hidden-number'); ex.check(4); ex.check(ex.exercise.reference)\n"
        "ex = exercise('00-count-tokens'); ex.check(lambda text: text.count(' ') + 1)",
    )
    assert said.count("✘ Not yet: ") == 2 and said.count("✔ Right.") == 1


def test_every_bank_is_sealed_and_whole(copy):
    said = run(
        copy,
        "from bertlab.teaching.bank import lesson_bank, lessons_with_banks\n"
        "for n in lessons_with_banks():\n"
        "    bank, recap = lesson_bank(n)\n"
        "    assert all(e.sealed and e.solution_source is None for e in bank.values())\n"
        "    print(n, len(bank), len(recap))",
    )
    here = [(n, *map(len, lesson_bank(n))) for n in lessons_with_banks()]
    assert said.split() == [str(part) for row in here for part in row]


def test_no_reference_and_no_solution_stands_in_any_file(copy):
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in copy.rglob("*")
        if path.suffix in (".py", ".md", ".toml")
    )
    for path in (copy / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text += "\n".join("".join(cell["source"]) for cell in cells)
    looked_for = 0
    for number in lessons_with_banks():
        for exercise in lesson_bank(number)[0].values():
            own = getattr(exercise.reference, "__module__", "").startswith(lessons.__name__)
            if exercise.kind == "function" and own:  # else it is the package's, which lessons show
                looked_for += 1
                assert exercise.source() not in text, exercise.id
            if len(exercise.solution) > 40:
                looked_for += 1
                assert exercise.solution not in text, exercise.id
    assert looked_for > 40


def test_the_source_of_a_reference_cannot_be_shown(copy):
    said = run(
        copy,
        "import inspect\n"
        "from bertlab.teaching import exercise\n"
        "try:\n    print(inspect.getsource(exercise('00-count-tokens').exercise.reference))\n"
        "except OSError:\n    print('no source')",
    )
    source = lesson_bank("00")[0]["00-count-tokens"].source()
    assert not [line for line in source.splitlines() if line.strip() and line in said]


def test_nothing_of_the_instructors_is_in_the_folder(copy):
    names = {path.name for path in copy.iterdir()}
    assert not names & {"tests", ".git", "results", "conftest.py"}
    assert not (copy / "bertlab" / "build").exists()
