"""The thirteen lessons, what each rests on, and the map of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bertlab.errors import BertlabError
from bertlab.views.base import Markup, details, display, escape, table


@dataclass(frozen=True)
class Lesson:
    """One lesson. `needs` are the lessons to have done before; `minutes` a first reading's.

    `planned`: its notebook is not written yet. It is said here, not read from the folder of
    notebooks, which an installed package may lack; a test holds the two together.
    """

    number: str
    slug: str
    title: str
    minutes: int
    needs: tuple[str, ...] = ()
    planned: bool = False

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
    Lesson("05", "inside_bert", "Inside BERT", 90, ("01",)),
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
    Both mark the lessons that are planned.
    """
    rows = [
        {
            "Lesson": f"{one.number} {one.title}",
            "Minutes": one.minutes,
            "After": ", ".join(one.needs) or "nothing",
            "State": "planned" if one.planned else "ready",
        }
        for one in LESSONS
    ]
    ready = [one.minutes for one in LESSONS if not one.planned]
    title = f"The lessons: {len(ready)} ready, about {round(sum(ready) / 60)} hours in all"
    numbers = table(rows, title)
    fold = Markup(f"<div>{details('The map as a table', numbers.html)}</div>", numbers.text)
    display(_Map(), fold)


class _Map:
    def __repr__(self) -> str:
        return f"Map: {_described()}"

    def _repr_svg_(self) -> str:
        return map_svg()


_PLACES = {  # lesson → row and column on the map, set by hand so that no arrow crosses a box
    "00": (0, 1.5),
    "01": (1, 1.5),
    "02": (2, 0),
    "04": (2, 1),
    "05": (2, 2.5),
    "03": (3, 0),
    "08": (3, 1),
    "09": (3, 2),
    "06": (3, 3),
    "10": (4, 2),
    "07": (4, 3),
    "12": (5, 1),
    "11": (5, 3),
}
_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 172, 58, 196, 96, 12  # pixels


def map_svg(
    address: Callable[[str], str | None] = lambda number: None,
    done: Mapping[str, float] | None = None,
) -> str:
    """The map as SVG, from the first lesson at the top down to the last.

    `address` gives the page of a lesson by its number; a box with one is a link to it. `done`: the
    share of a lesson that is done, 0 to 1, by its number; it fills a bar under the box's title.
    """
    arrows = "".join(_arrow(need, one.number) for one in LESSONS for need in one.needs)
    boxes = "".join(
        _linked(_box(one) + _bar(one, done or {}), address(one.number)) for one in LESSONS
    )
    rows, columns = (max(place[i] for place in _PLACES.values()) for i in (0, 1))
    role = "group" if "<a " in boxes else "img"  # a picture has nothing in it to press
    width, height = 2 * _EDGE + columns * _ACROSS + _WIDTH, 2 * _EDGE + rows * _DOWN + _HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="{role}" font-family="sans-serif">'
        f"<title>Map of the lessons</title><desc>{escape(_described())}</desc>"
        '<defs><marker id="tip" markerWidth="7" markerHeight="7" refX="2" refY="3.5" '
        'orient="auto"><path d="M0 0L6 3.5L0 7z" fill="#0072B2"/></marker></defs>'
        f'<rect width="100%" height="100%" fill="white"/>{arrows}{boxes}</svg>'
    )


def _corner(number: str) -> tuple[float, float]:
    row, column = _PLACES[number]
    return _EDGE + column * _ACROSS, _EDGE + row * _DOWN


def _arrow(start: str, end: str) -> str:
    (x1, y1), (x2, y2) = _corner(start), _corner(end)
    x1, x2, y1, y2 = x1 + _WIDTH / 2, x2 + _WIDTH / 2, y1 + _HEIGHT, y2 - 6
    bend = y2 - 24  # a long arrow stays in its own column until it has passed the boxes between
    return (
        f'<path d="M{x1:g} {y1:g}C{x1:g} {bend:g} {x2:g} {y1 + 8:g} {x2:g} {y2:g}" '
        'fill="none" stroke="#0072B2" stroke-width="1.6" marker-end="url(#tip)"/>'
    )


def _linked(box: str, address: str | None) -> str:
    return f'<a href="{escape(address)}">{box}</a>' if address else box


def _box(one: Lesson) -> str:
    from textwrap import wrap

    x, y = _corner(one.number)
    lines = wrap(f"{one.number} {one.title}", 24) + ["(planned)"] * one.planned
    first = y + _HEIGHT / 2 + 13 - 8 * len(lines)
    texts = (
        f'<text x="{x + 10:g}" y="{first + 16 * i:g}" font-size="13" fill="#1A1A1A">'
        f"{escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    look = 'fill="white" stroke-dasharray="6 4"' if one.planned else 'fill="#EAF3F9"'
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" '
        f'{look} stroke="#0072B2"/>{"".join(texts)}'
    )


def _bar(one: Lesson, done: Mapping[str, float]) -> str:
    if one.number not in done:
        return ""
    x, y = _corner(one.number)
    width = f"{(_WIDTH - 20) * done[one.number]:g}"
    frame = f'x="{x + 10:g}" y="{y + _HEIGHT - 9:g}" height="5"'
    return (
        f"<g><title>{100 * done[one.number]:.0f} % of the exercises solved</title>"
        f'<rect {frame} width="{_WIDTH - 20}" fill="white" stroke="#0072B2" stroke-width="0.6"/>'
        f'<rect {frame} width="{width}" fill="#009E73"/></g>'
    )


def _described() -> str:
    parts = [
        f"lesson {one.number}{' (planned)' * one.planned} after {_listed(one.needs)}"
        for one in LESSONS
        if one.needs
    ]
    return "from lesson 00, " + "; ".join(parts) + "."


def _listed(numbers: tuple[str, ...]) -> str:
    return " and ".join([", ".join(numbers[:-1]), numbers[-1]] if numbers[1:] else numbers)
