from dataclasses import replace

from typer.testing import CliRunner

from bertlab.cli import app
from bertlab.teaching import bank
from bertlab.teaching.bank import lesson_bank
from bertlab.teaching.proof import faults

COUNT = lesson_bank("00")[0]["00-hidden-number"]


def test_a_sound_exercise_is_proved():
    assert faults(COUNT) == []


def test_a_right_answer_that_is_refused_is_a_fault():
    wrong = COUNT.misconceptions[0]
    [fault] = faults(replace(COUNT, alternatives=[wrong.wrong]))
    assert fault == f"00-hidden-number: the right answer 1 is refused ({wrong.name})"


def test_a_wrong_answer_under_another_name_or_accepted_is_a_fault():
    first, second, *rest = COUNT.misconceptions
    same = replace(COUNT, misconceptions=[first, replace(second, wrong=first.wrong), *rest])
    assert faults(same) == [f"00-hidden-number: “{second.name}” meets “{first.name}”"]
    accepted = replace(COUNT, misconceptions=[replace(first, wrong=COUNT.reference), second, *rest])
    assert faults(accepted) == [f"00-hidden-number: “{first.name}” meets “right”"]


def test_the_command_says_how_many_stood(monkeypatch):
    monkeypatch.setattr(bank, "lessons_with_banks", lambda: ["00"])
    done = CliRunner().invoke(app, ["claims", "--prove"])
    assert done.exit_code == 0
    assert done.output == "3 of 3 exercises proved (100%)\n"
