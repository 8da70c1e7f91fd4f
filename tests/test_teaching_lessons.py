"""The proof of every lesson's bank: right answers accepted, each wrong one met by its own diagnosis."""

import pytest

from bertlab.teaching.bank import lesson_bank, lessons_with_banks
from bertlab.teaching.course import LESSONS
from bertlab.teaching.course import lesson as registered
from bertlab.teaching.judging import judge

EXERCISES = [
    pytest.param(exercise, id=f"lesson{lesson}-{exercise.id[3:]}")
    for lesson in lessons_with_banks()
    for exercise in lesson_bank(lesson)[0].values()
]
MISCONCEPTIONS = [
    pytest.param(*exercise.values, one, id=f"{exercise.id}-{one.name}")
    for exercise in EXERCISES
    for one in exercise.values[0].misconceptions
]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_right_answer_is_accepted(exercise):
    for answer in (exercise.reference, *exercise.alternatives):
        assert judge(exercise, answer).state == "right", judge(exercise, answer)


@pytest.mark.parametrize("exercise, misconception", MISCONCEPTIONS)
def test_a_banked_wrong_answer_meets_its_own_diagnosis(exercise, misconception):
    verdict = judge(exercise, misconception.wrong)
    assert (verdict.state, verdict.misconception) == ("wrong", misconception.name), verdict
    assert verdict.message == misconception.diagnosis


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_exercise_is_complete(exercise):
    assert len(exercise.misconceptions) >= 4
    assert len(exercise.hints) == len(set(exercise.hints)) == 3
    assert exercise.minutes > 0 and exercise.difficulty in ("easy", "medium", "hard")
    written = [exercise.title, exercise.task, *exercise.hints]
    written += [text for m in exercise.misconceptions for text in (m.name, m.diagnosis)]
    assert all(text.strip() for text in written)
    assert exercise.source().strip()


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_untouched_exercise_is_not_judged(exercise):
    def untouched(*args, **kwargs):
        raise NotImplementedError

    assert judge(exercise, ... if exercise.kind == "value" else untouched).state == "unwritten"


@pytest.mark.parametrize("lesson", [f"lesson{number}" for number in lessons_with_banks()])
def test_a_recap_has_five_questions_with_every_option_explained(lesson):
    _, questions = lesson_bank(lesson.removeprefix("lesson"))
    assert len(questions) == 5
    for question in questions:
        assert sum(option.right for option in question.options) == 1
        assert all(option.why.strip() for option in question.options)
        assert len({option.text for option in question.options}) == len(question.options) >= 2


@pytest.mark.parametrize("lesson", [f"lesson{number}" for number in lessons_with_banks()])
def test_the_exercises_leave_time_for_the_lesson(lesson):
    number = lesson.removeprefix("lesson")
    minutes = [exercise.minutes for exercise in lesson_bank(number)[0].values()]
    assert sum(minutes) <= registered(number).minutes, minutes


def test_the_course_has_the_exercises_that_it_promises():
    assert len(EXERCISES) >= 40 and len(MISCONCEPTIONS) >= 4 * len(EXERCISES)


def test_every_bank_belongs_to_a_lesson():
    assert set(lessons_with_banks()) <= {one.number for one in LESSONS}
