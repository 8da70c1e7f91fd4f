import re

import pytest

from bertlab.errors import BertlabError
from bertlab.teaching import exercise, recap, store
from bertlab.teaching.bank import Exercise, Misconception, Option, Question, Wrong, lesson_bank
from bertlab.teaching.exercises import Handle
from bertlab.teaching.judging import judge
from bertlab.teaching.outcomes import Endless


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("BERTLAB_HOME", str(tmp_path))


def double(x):
    return 2 * x


def hangs_on_negatives(x):
    if x < 0:
        raise Endless
    return 2 * x


def make(**changes) -> Exercise:
    fields = {
        "id": "01-double",
        "title": "Double",
        "task": "Write `double(x)`; mind <b>.",
        "kind": "function",
        "reference": double,
        "alternatives": [lambda x: x + x],
        "probes": [(0,), (1,), (2,), (3,), (-1,)],
        "misconceptions": [
            Misconception("squaring", lambda x: x * x, "That squares `x`."),
            Misconception("adding two", lambda x: x + 2, "That adds two."),
            Misconception("negatives hang", hangs_on_negatives, "It never ends below zero."),
            Misconception("raising below two", lambda x: 2 * x if x > 1 else x.y, "It raises."),
        ],
        "hints": ["one", "two", "three"],
        "difficulty": "easy",
        "minutes": 1,
        "seconds": 0.5,
    }
    return Exercise(**fields | changes)


def value(**changes) -> Exercise:
    wrongs = [Misconception(str(n), n, f"Not {n}.") for n in (1, 2, 3)]
    wrongs.append(
        Misconception("negative", -1, "A count.", matches=lambda answer: answer < 0),
    )
    fields = {"kind": "value", "reference": 7, "alternatives": [7.0], "misconceptions": wrongs}
    return make(**fields | changes)


def test_a_misconception_is_known_by_behaviour_and_not_by_text():
    def another_square(number):
        total = 0
        for _ in range(abs(number)):
            total += abs(number)
        return total

    assert judge(make(), another_square).misconception == "squaring"
    assert judge(make(), lambda x: sum([x, x])).state == "right"


def test_a_learner_who_agrees_only_by_half_is_not_called_by_that_name():
    def square_of_small(x):
        return x * x if x < 3 else 100

    verdict = judge(make(), square_of_small)
    assert (verdict.state, verdict.misconception) == ("wrong", None)
    assert verdict.message == "`double(1)` gave `1`; wanted `2`."


def test_a_loop_without_end_is_told_kindly_or_known_by_name():
    def hang_below_zero(x):
        while x < 0:
            pass
        return 2 * x

    def hang_at_three(x):
        while x == 3:
            pass
        return 2 * x

    assert judge(make(), hang_below_zero).misconception == "negatives hang"
    verdict = judge(make(), hang_at_three)
    assert (verdict.state, verdict.misconception) == ("stopped", None)
    assert verdict.message.startswith("`double(3)`: no answer, it was still running")


def test_an_exception_is_part_of_behaviour():
    verdict = judge(make(), lambda x: int("x"))
    assert verdict.message.startswith("`double(0)` gave `ValueError: invalid literal")
    assert judge(make(), lambda x: None.nothing).misconception == "raising below two"
    assert judge(make(), lambda: 1).message.startswith("`double(0)` gave `TypeError")


def test_a_probe_is_fresh_for_each_call():
    def reference(items):
        return sorted(items)

    def sorts_in_place(items):
        items.sort()
        return items

    bank = make(
        reference=reference,
        probes=[([3, 1, 2],), ([],)],
        misconceptions=[
            Misconception("a", lambda items: items.clear() or [], "a"),
            Misconception("b", lambda items: items, "b"),
            Misconception("c", lambda items: items.sort(), "c"),
            Misconception("d", lambda items: items[::-1], "d"),
        ],
    )
    assert judge(bank, sorts_in_place).state == "right"
    assert [judge(bank, m.wrong).misconception for m in bank.misconceptions] == list("abcd")


def test_probes_can_be_made_anew():
    made = []

    def probes():
        made.append(1)
        return [(iter([1, 2]),), (iter([]),)]

    bank = make(reference=lambda items: sum(items), probes=probes)
    assert judge(bank, lambda items: sum(list(items))).state == "right"
    assert len(made) == 2


def test_an_own_check_judges_and_may_name_the_misconception():
    def check(function):
        if function(10) % 2:
            raise Wrong("odd", misconception="adding two")
        return "too small" if function(10) < 10 else None

    bank = make(check=check)
    assert judge(bank, lambda x: 4 * x).state == "right"
    assert judge(bank, lambda x: 11).misconception == "adding two"
    assert judge(bank, lambda x: 0 if x else 5).message == "too small"
    assert "ZeroDivisionError" in judge(bank, lambda x: x / 0).message
    assert judge(bank, lambda x: 5).message == "That adds two."


def test_of_two_misconceptions_within_one_tolerance_the_exact_one_is_named():
    wrongs = [Misconception(str(n), n, f"Not {n}.") for n in (1000, 1005, 20, 1)]
    bank = value(tolerance=0.05, misconceptions=wrongs)
    assert [judge(bank, float(m.wrong)).misconception for m in wrongs] == [m.name for m in wrongs]
    assert judge(bank, 990.0).misconception == "1000"  # still within five per cent of it


def test_an_own_check_that_hangs_on_the_answer_is_stopped():
    def check(function):
        function(10)

    def hang_at_ten(x):
        while x == 10:
            pass
        return 2 * x

    assert "still running" in judge(make(check=check), hang_at_ten).message


def test_a_value_is_judged_by_what_it_equals():
    assert judge(value(), 7.0000001).state == "right"
    assert judge(value(), 2).message == "Not 2."
    assert judge(value(), -50).misconception == "negative"
    assert judge(value(), "seven").message == "`'seven'` is not it."
    assert judge(value(), ...).state == "unwritten"


def test_a_value_with_many_right_answers_has_a_check():
    def check(answer):
        return None if answer % 7 == 0 else "Not a multiple of seven."

    bank = value(check=check)
    assert judge(bank, 21).state == "right"
    assert judge(bank, 20).message == "Not a multiple of seven."
    assert judge(bank, 2).misconception == "2"
    assert "could not use `None`" in judge(bank, None).message


def test_what_is_not_a_function_is_told_so():
    assert "wants a function, not `4`" in judge(make(), 4).message


@pytest.mark.parametrize(
    "changes",
    [
        {"hints": ["one", "two"]},
        {"misconceptions": make().misconceptions[:3]},
        {"misconceptions": make().misconceptions[:1] * 4},
        {"alternatives": []},
        {"difficulty": "tricky"},
        {"minutes": 0},
        {"kind": "essay"},
        {"kind": "value"},
        {"probes": []},
        {"id": "double"},
    ],
)
def test_an_incomplete_exercise_is_refused(changes):
    with pytest.raises(BertlabError):
        make(**changes)


def test_until_it_is_written_a_function_is_the_reference(capsys):
    handle = Handle(make())

    @handle.write
    def double(x):
        raise NotImplementedError

    assert double(4) == 8
    handle.check()
    assert capsys.readouterr().out.startswith("○ Not written yet.")
    assert store.read()["attempts"] == []

    @handle.write
    def double(x):
        return x * x

    assert double(4) == 16
    handle.check()
    handle.check(double)
    assert capsys.readouterr().out.count("✘ Not yet: squaring. That squares `x`.") == 2
    assert [a["misconception"] for a in store.read()["attempts"]] == ["squaring", "squaring"]


def test_a_librarys_not_implemented_error_is_not_hidden():
    handle = Handle(make())

    def library():
        raise NotImplementedError("this dtype")

    @handle.write
    def double(x):
        return library()

    with pytest.raises(NotImplementedError, match="this dtype"):
        double(1)


def test_a_handle_keeps_what_was_written_when_its_cell_runs_again():
    assert exercise("00-count-tokens") is exercise("00-count-tokens")
    with pytest.raises(BertlabError, match="one of 00-"):
        exercise("00-missing")
    with pytest.raises(BertlabError, match="lesson '99'"):
        exercise("99-missing")


def test_checks_are_recorded(capsys):
    handle = Handle(value())
    for answer in (..., 2, 5, 7):
        handle.check(answer)
    Handle(make()).check(lambda x: 1 if x != 2 else hangs())
    attempts = store.read()["attempts"]
    assert [(a["outcome"], a["misconception"]) for a in attempts] == [
        ("wrong", "2"),
        ("wrong", None),
        ("right", None),
        ("wrong", None),
    ]
    out = capsys.readouterr().out
    assert "○ Not answered yet." in out and "✔ Right." in out


def hangs():
    raise RuntimeError


def test_hints_and_solution(capsys):
    handle = Handle(make(solution="Because **two** times."))
    handle.hint()
    handle.hint(3)
    handle.solution()
    out = capsys.readouterr().out
    assert "Hint 1 of 3. one" in out and "Hint 3 of 3. three" in out
    assert "def double(x):\n    return 2 * x" in out and "Because **two** times." in out
    with pytest.raises(BertlabError, match="hint 1, 2 or 3"):
        handle.hint(4)
    assert value().source() == "answer = 7"
    assert make(solution_source="x = 1").source() == "x = 1"


def test_the_task_is_shown_escaped_with_its_difficulty():
    shown = Handle(make())._repr_html_()
    assert "Exercise 01-double: Double (easy, 1 minute)" in shown
    assert "<code>double(x)</code>" in shown and "&lt;b&gt;" in shown and "<b>" not in shown


def test_a_recap_opens_each_option_to_its_own_explanation(capsys, monkeypatch):
    shown = []
    monkeypatch.setattr("bertlab.teaching.recaps.display", shown.append)
    recap("00")
    _, questions = lesson_bank("00")
    options = [option for question in questions for option in question.options]
    folds = re.findall(r"<details><summary[^>]*>(.*?)</summary>(.*?)</details>", shown[0].html)
    assert len(folds) == len(options)
    for (summary, body), option in zip(folds, options, strict=True):
        assert summary[1:3] == ". " and ("✔ Right." in body) == option.right
    assert shown[0].text.count("[right:") == 5


@pytest.mark.parametrize(
    "rights, why", [([True, True], "w"), ([False, False], "w"), ([True], "w"), ([True, False], " ")]
)
def test_a_recap_question_has_one_right_option_and_explains_all(rights, why):
    with pytest.raises(BertlabError):
        Question("Q?", [Option("o", why, right=right) for right in rights])
