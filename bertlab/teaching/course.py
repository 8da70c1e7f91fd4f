"""The thirteen lessons, what each rests on, and the map of them."""

from dataclasses import dataclass

from bertlab.errors import BertlabError
from bertlab.views.base import Markup, details, display, escape, table


@dataclass(frozen=True)
class Lesson:
    """One lesson. `needs` are the lessons to have done before; `minutes` a first reading's."""

    number: str
    slug: str
    title: str
    minutes: int
    needs: tuple[str, ...] = ()

    @property
    def notebook(self) -> str:
        """The file's name under `notebooks/`."""
        return f"{self.number}_{self.slug}.ipynb"

    def header(self) -> str:
        """The two lines of Markdown that the lesson's notebook begins with."""
        after = f" · after {_listed(self.needs)}" if self.needs else ""
        return f"# {self.number} · {self.title}\n\n*{self.minutes} minutes{after}*"


LESSONS = (
    Lesson("00", "start_here", "Start here", 20),
    Lesson("01", "tokens", "Tokens: spaCy, NLTK, WordPiece", 60, ("00",)),
    Lesson("02", "spacy_pipelines", "spaCy pipelines", 60, ("01",)),
    Lesson("03", "spacy_limits", "When spaCy refuses: E088 and E030", 60, ("02",)),
    Lesson("04", "elmo", "From one vector a word to ELMo", 75, ("01",)),
    Lesson("05", "inside_bert", "Inside BERT", 75, ("01",)),
    Lesson("06", "mlm_and_nsp", "Two games: MLM and NSP", 75, ("05",)),
    Lesson("07", "pretrain", "Pre-train a small BERT", 75, ("06",)),
    Lesson("08", "features", "Feature-based: the model stays frozen", 60, ("04", "05")),
    Lesson("09", "finetuning", "Fine-tuning", 90, ("05",)),
    Lesson("10", "tuning", "Fine-tuning is not hyperparameter tuning", 60, ("09",)),
    Lesson("11", "make_it_fast", "Make it fast", 75, ("07",)),
    Lesson("12", "capstone", "Capstone: your own text", 120, ("03", "08", "10")),
)


def lesson(number: str) -> Lesson:
    """The lesson with this number, such as `"01"`.

    Raises: BertlabError when there is none.
    """
    for found in LESSONS:
        if found.number == number:
            return found
    raise BertlabError(f"lesson {number!r}", "'00' to '12'", "Give the two digits as a string.")


def course_map() -> None:
    """Show the lessons as boxes, with an arrow from each to those that build on it.

    The picture is SVG on a white ground, which GitHub shows; beside it stands the same as a table.
    """
    rows = [
        {
            "Lesson": f"{one.number} {one.title}",
            "Minutes": one.minutes,
            "After": ", ".join(one.needs) or "nothing",
        }
        for one in LESSONS
    ]
    hours = round(sum(one.minutes for one in LESSONS) / 60)
    numbers = table(rows, f"The lessons: about {hours} hours in all")
    fold = Markup(f"<div>{details('The map as a table', numbers.html)}</div>", numbers.text)
    display(_Map(), fold)


class _Map:
    def __repr__(self) -> str:
        return f"Map: {_described()}"

    def _repr_svg_(self) -> str:
        return map_svg()


def map_svg() -> str:
    """The map as SVG: a column for each step away from the start, an arrow for each need."""
    width, height, across, down, edge = 150, 58, 190, 80, 12
    columns: dict[int, list[Lesson]] = {}
    for one in LESSONS:
        columns.setdefault(_depth(one), []).append(one)
    deepest, tallest = max(columns), max(map(len, columns.values()))
    total = (edge * 2 + deepest * across + width, edge * 2 + (tallest - 1) * down + height)
    corner = {
        one.number: (edge + depth * across, edge + (row + (tallest - len(column)) / 2) * down)
        for depth, column in columns.items()
        for row, one in enumerate(column)
    }
    arrows, boxes = [], []
    for one in LESSONS:
        x, y = corner[one.number]
        for need in one.needs:
            ox, oy = corner[need]
            x1, y1, y2 = ox + width, oy + height / 2, y + height / 2
            bend = (x1 + x - 6) / 2
            arrows.append(
                f'<path d="M{x1:g} {y1:g}C{bend:g} {y1:g} {bend:g} {y2:g} {x - 6:g} {y2:g}" '
                'fill="none" stroke="#0072B2" stroke-width="1.6" marker-end="url(#tip)"/>'
            )
        boxes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width}" height="{height}" rx="6" '
            'fill="#EAF3F9" stroke="#0072B2"/>' + _label(one, x + 10, y)
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total[0]:g} {total[1]:g}" '
        f'width="{total[0]:g}" height="{total[1]:g}" role="img" font-family="sans-serif">'
        f"<title>Map of the lessons</title><desc>{escape(_described())}</desc>"
        '<defs><marker id="tip" markerWidth="7" markerHeight="7" refX="2" refY="3.5" '
        'orient="auto"><path d="M0 0L6 3.5L0 7z" fill="#0072B2"/></marker></defs>'
        '<rect width="100%" height="100%" fill="white"/>'
        f"{''.join(arrows)}{''.join(boxes)}</svg>"
    )


def _label(one: Lesson, x: float, y: float) -> str:
    from textwrap import wrap

    lines = wrap(f"{one.number} {one.title}", 21)
    first = y + 36 - 8 * len(lines)
    return "".join(
        f'<text x="{x:g}" y="{first + 16 * i:g}" font-size="13" fill="#1A1A1A">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )


def _depth(one: Lesson) -> int:
    return 1 + max(map(_depth, map(lesson, one.needs))) if one.needs else 0


def _described() -> str:
    parts = [f"lesson {one.number} after {_listed(one.needs)}" for one in LESSONS if one.needs]
    return "from lesson 00, " + "; ".join(parts) + "."


def _listed(numbers: tuple[str, ...]) -> str:
    return " and ".join([", ".join(numbers[:-1]), numbers[-1]] if numbers[1:] else numbers)
