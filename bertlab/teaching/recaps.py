"""Recaps: a lesson's five closing questions, as folds that answer without a kernel."""

from bertlab.teaching.bank import Question, lesson_bank
from bertlab.views.base import Markup, block, details, display, escape, plain, prose


def recap(lesson: str) -> None:
    """Show the questions of a lesson, such as `"01"`. Opening an option tells why it is right or not.

    Raises: BertlabError when the lesson has none.
    """
    _, questions = lesson_bank(lesson)
    title = f"Recap of lesson {lesson}"
    intro = "Choose an answer and open it: each one says whether it is right, and why."
    body = f"<p><strong>{title}.</strong> {intro}</p>"
    body += "".join(_html(number, question) for number, question in enumerate(questions, 1))
    asked = "\n\n".join(_text(number, question) for number, question in enumerate(questions, 1))
    display(Markup(block(title, body, "ask"), f"{title}\n\n{asked}"))


def _html(number: int, question: Question) -> str:
    options = (
        details(
            f"{escape(letter)}. {prose(option.text)}",
            f"<strong>{'✔ Right.' if option.right else '✘ No.'}</strong> {prose(option.why)}",
        )
        for letter, option in zip("ABCDEFGH", question.options, strict=False)
    )
    return f'<p style="margin:1em 0 0.25em"><strong>{number}.</strong> {prose(question.text)}</p>{"".join(options)}'


def _text(number: int, question: Question) -> str:
    lines = [f"{number}. {plain(question.text)}"]
    for letter, option in zip("ABCDEFGH", question.options, strict=False):
        mark = "right" if option.right else "no"
        lines.append(f"   {letter}. {plain(option.text)} [{mark}: {plain(option.why)}]")
    return "\n".join(lines)
