"""What an instructor wants to know of an exercise, as Markdown."""

import re

from nbformat import NotebookNode

from bertlab.teaching.bank import Exercise, lesson_bank, lessons_with_banks

_CALL = re.compile(r"""\bexercise\(\s*["'](\d\d-[\w-]+)["']\s*\)""")


def answer(exercise: Exercise) -> str:
    """Solution, expected misconceptions with what to say to each, hints, difficulty, minutes."""
    from bertlab.views.base import plain

    unit = "minute" if exercise.minutes == 1 else "minutes"
    parts = [
        f"**Answer to {exercise.id}: {exercise.title}** "
        f"({exercise.difficulty}, {exercise.minutes} {unit} planned)",
        f"```python\n{exercise.source()}\n```",
    ]
    if exercise.solution:
        parts.append(plain(exercise.solution))
    parts.append("*Misconceptions that the check knows by name, and what it says to each:*")
    parts.append(
        "\n".join(f"- **{one.name}.** {_inline(one.diagnosis)}" for one in exercise.misconceptions)
    )
    parts.append("*Hints:*")
    parts.append("\n".join(f"{n}. {_inline(hint)}" for n, hint in enumerate(exercise.hints, 1)))
    return "\n\n".join(parts)


def _inline(markdown: str) -> str:
    """Markdown as the text of one list item: what follows its first line is indented."""
    from bertlab.views.base import plain

    first, *rest = plain(markdown).splitlines()
    return "\n".join([first, *(f"   {line}" if line else line for line in rest)])


def recap_answers(number: str) -> str:
    """The right option to each recap question, with its reason; empty where there is no recap."""
    from bertlab.views.base import plain

    if number not in lessons_with_banks():
        return ""
    lines = []
    for n, question in enumerate(lesson_bank(number)[1], 1):
        for letter, option in zip("ABCDEFGH", question.options, strict=False):
            if option.right:
                why = _inline(option.why)
                lines.append(f"{n}. **{letter}.** {plain(option.text)} {why}")
    return "\n".join(lines)


def exercises_in(notebook: NotebookNode) -> dict[int, list[Exercise]]:
    """Where answers belong: cell index → the exercises whose last cell that is.

    An exercise ends with the first cell, from the one that shows its task on, that checks it.
    """
    found: dict[int, list[Exercise]] = {}
    seen: set[str] = set()
    cells = notebook.cells
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        for id in _CALL.findall(cell.source):
            if id not in seen:
                seen.add(id)
                last = _end(cells, index)
                found.setdefault(last, []).append(lesson_bank(id[:2])[0][id])
    return found


def _end(cells: list[NotebookNode], start: int) -> int:
    for index in range(start, len(cells)):
        if cells[index].cell_type != "code":
            continue
        if ".check(" in cells[index].source:
            return index
        if index > start and _CALL.search(cells[index].source):
            break  # the next exercise begins: this one is never checked
    return start
