"""A model card out of a run: what it was trained on, how well it does, where it fails, how to repeat it."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

from bertlab import markdown
from bertlab.data.splits import SIDES, Split
from bertlab.errors import BertlabError
from bertlab.training.report import Results, Slice

_MARKS = re.compile(r"([\\`*_\[\]|~$@]|:(?=//))")
_FEW = 30  # rows below which a slice is called small
_QUOTED = 200  # characters of a text that a card quotes


def escape(text: object) -> str:
    """Text of a file or a person as one line of Markdown that shows it and does nothing else.

    HTML becomes entities and every mark of Markdown gets a backslash, so neither a tag, a link, an image,
    a table cell's end nor a heading can come out of it.
    """
    line = " ".join(str(text).split())
    line = _MARKS.sub(r"\\\1", html.escape(line, quote=False))
    line = line.replace("www.", "www\\.")  # else GitHub makes a link of it
    return re.sub(r"^([-+#=:]|\d+[.)])", lambda found: _listless(found[1]), line)


def _listless(start: str) -> str:
    return start[:-1] + "\\" + start[-1]


@dataclass(frozen=True, eq=False)
class Run:
    """What a card is written from.

    base: the pre-trained model. config: the `FinetuneConfig` chosen. test: results on the split's test side.
    rivals: results of other models on the same rows, by name. slices: of `test.slices`. command: what repeats
    the run. searched: how many configs were compared on validation rows to choose this one.
    """

    name: str
    base: str
    split: Split
    config: object
    test: Results
    command: str
    rivals: Mapping[str, Results]
    slices: Sequence[Slice] = ()
    limits: Sequence[str] = ()
    searched: int = 1


def model_card(run: Run) -> str:
    """The card as Markdown, to be saved as README.md beside the weights; a hub shows it as it is.

    Everything that came from the learner's file is escaped. Limits that the numbers themselves show (a
    wide interval, small slices, contradicting labels) are written without being asked for.

    Raises BertlabError when the results are not those of the split's test side.
    """
    if run.test.table.texts != run.split.part("test").texts:
        raise BertlabError(
            "results on other rows than the test side",
            "results of split.part('test')",
            "Predict for it.",
        )
    parts = [_front(run), _purpose(run), _data(run), _training(run), _measures(run)]
    return "\n".join([*parts, _weak_spots(run), _limits(run)])


def _front(run: Run) -> str:
    return (
        "---\n"
        "library_name: transformers\n"
        "pipeline_tag: text-classification\n"
        f"base_model: {json.dumps(run.base)}\n"  # JSON strings are YAML strings
        "---\n"
    )


def _purpose(run: Run) -> str:
    classes = ", ".join(escape(name) for name in run.test.table.classes)
    return (
        f"# {escape(run.name)}\n\n"
        f"Sorts a text into one of {len(run.test.table.classes)} classes: {classes}. "
        f"Fine-tuned from {escape(run.base)}.\n\n"
        "```python\n"
        "from transformers import pipeline\n\n"
        'classify = pipeline("text-classification", model="THIS FOLDER")\n'
        'classify("Your text.")\n'
        "```\n"
    )


def _data(run: Run) -> str:
    table = run.split.table
    rows = [
        {"side": side, "texts": len(part), **part.counts()}
        for side in SIDES
        for part in [run.split.part(side)]
    ]
    grouped = "" if table.groups is None else " No group is on two sides."
    notes = "".join(f"- {escape(note)}\n" for note in (*table.notes, *run.split.notes))
    return (
        f"## Data\n\n{escape(table.source)}: {len(table):,} texts. No copy of a text is on two sides."
        f"{grouped}\n\n{_grid(rows)}"
        + (f"\nHandled while reading and splitting:\n\n{notes}" if notes else "")
    )


def _training(run: Run) -> str:
    settings = [{"setting": name, "value": value} for name, value in asdict(run.config).items()]
    chosen = (
        f"Chosen on the validation side out of {run.searched} configurations."
        if run.searched > 1
        else "One configuration, not searched."
    )
    made = ", ".join(f"{name} {version(name)}" for name in ("bertlab", "torch"))
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", run.command)), default=0))
    return (
        f"## Training\n\n{chosen}\n\n{_grid(settings)}\nTo repeat it:\n\n"
        f"{fence}\n{run.command}\n{fence}\n\nMade with {made}.\n"
    )


def _measures(run: Run) -> str:
    rows = []
    for name, results in [(run.name, run.test), *run.rivals.items()]:
        found = results.overall()
        rows.append(
            {
                "model": _Ready(f"**{escape(name)}**") if results is run.test else name,
                "right %": round(100 * found.accuracy, 1),
                "95 % interval": f"{100 * found.low:.1f} to {100 * found.high:.1f}",
                "against this model": "" if results is run.test else _duel(run.test, results),
            }
        )
    return (
        f"## Measures\n\nOn {len(run.test.table):,} test texts, which took no part in training or choosing.\n\n"
        f"{_grid(rows)}\nIntervals are Wilson's; p is McNemar's exact test on the texts that only one of two "
        "models has right.\n\n" + _calibration(run.test)
    )


def _duel(mine: Results, other: Results) -> str:
    won, lost, p = mine.beats(other)
    return f"{lost} texts won, {won} lost, p = {p:.3f}"


def _calibration(test: Results) -> str:
    rows = [
        {
            "confidence %": f"{100 * one.low:.0f} to {100 * one.high:.0f}",
            "texts": one.count,
            "promised %": round(100 * one.confidence, 1),
            "right %": round(100 * one.accuracy, 1),
        }
        for one in test.reliability()
    ]
    return (
        "### Calibration\n\nHow often it is right where it is so sure; mean distance "
        f"{100 * test.calibration_error():.1f} points.\n\n{_grid(rows)}"
    )


def _weak_spots(run: Run) -> str:
    rows = [one.row() for one in run.slices]
    mistakes = "".join(
        f"- {escape(one.label)}, taken for {escape(one.predicted)} ({100 * one.confidence:.0f} %), line "
        f"{one.line}: {escape(_shortened(one.text))}\n"
        for one in run.test.mistakes(5)
    )
    return (
        "## Where it fails\n\n"
        + (f"{_grid(rows)}\n\\* the interval of the gap leaves out 0.\n\n" if rows else "")
        + (f"Its surest mistakes:\n\n{mistakes}" if mistakes else "No mistake on the test side.\n")
    )


def _limits(run: Run) -> str:
    whole = run.test.overall()
    found = [
        f"Measured on {whole.count:,} texts of one source: the interval is "
        f"{100 * (whole.high - whole.low):.0f} points wide and says nothing of other sources.",
        *run.limits,
    ]
    small = [f"{one.kind}: {one.name}" for one in run.slices if one.count < _FEW]
    if small:
        found.append(f"Fewer than {_FEW} test texts in the slices {', '.join(small)}.")
    found += [str(note) for note in run.split.notes if "another label" in note.what]
    if run.searched > 1:
        found.append(
            f"The validation side chose among {run.searched} configurations, so its own accuracy flatters."
        )
    return "## Limits\n\n" + "".join(f"- {escape(limit)}\n" for limit in found)


class _Ready(str):
    """Markdown already."""


def _grid(rows: list[dict]) -> str:
    return markdown.table([{escape(k): _cell(v) for k, v in row.items()} for row in rows]) + "\n"


def _cell(value) -> str:
    return str(value) if isinstance(value, (_Ready, int, float)) else escape(value)


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
