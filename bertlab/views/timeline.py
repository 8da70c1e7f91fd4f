"""A pipeline of batches over time: who makes, copies and computes when, and where the model waits."""

from collections.abc import Sequence
from typing import NamedTuple

import anywidget
import traitlets

from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, Markup, escape, table
from bertlab.views.face import face

MAKING = ("in the loop", "beforehand", "by a thread")
DEVICES = ("CPU", "GPU")
LANES = ("main thread", "loader thread", "GPU")
LOOKS = {"make": ("#E69F00", "M"), "copy": ("#56B4E9", "C"), "model": ("#0072B2", "")}
BATCHES, AHEAD = 6, 2  # batches shown; how many the loader thread may have ready


class Span(NamedTuple):
    """A piece of work: its lane, what it is ("make", "copy", "model"), for which batch, from when to when."""

    lane: str
    work: str
    batch: int
    begin: float
    end: float


class Pipeline(NamedTuple):
    """How batches come and go. make, copy, model: milliseconds a batch.

    making: one of `MAKING`. device: one of `DEVICES`; a CPU needs no copy and works in the main thread.
    pinned: the copy is asked for and not waited for. reads: the result of each batch is read at once
    (`.item()`), which waits for it; else once, at the end.
    """

    make: float = 40
    copy: float = 10
    model: float = 50
    making: str = "in the loop"
    device: str = "GPU"
    pinned: bool = False
    reads: bool = True


def schedule(pipeline: Pipeline, batches: int = BATCHES) -> list[Span]:
    """Who works when, if everything takes exactly as long as it says.

    A GPU does what it is asked in order, copies too (one stream, as PyTorch's default). The thread that
    makes batches may be `AHEAD` of the loop. What was made beforehand costs nothing here.

    Raises BertlabError for a negative time, or a name that is unknown.
    """
    if min(pipeline.make, pipeline.copy, pipeline.model) < 0:
        raise BertlabError("a negative time", "milliseconds from 0", "Change it.")
    if pipeline.making not in MAKING or pipeline.device not in DEVICES:
        raise BertlabError(
            f"{pipeline.making!r} and {pipeline.device!r}",
            f"one of {', '.join(MAKING)}, and one of {', '.join(DEVICES)}",
            "Choose one of each.",
        )
    spans: list[Span] = []
    main = loader = queue = 0.0  # until when each of them is busy
    taken: list[float] = []  # when the loop took each batch

    def work(lane: str, kind: str, begin: float, length: float) -> float:
        if length:
            spans.append(Span(lane, kind, number, begin, begin + length))
        return begin + length

    for number in range(batches):
        if pipeline.making == "in the loop":
            main = work(LANES[0], "make", main, pipeline.make)
        elif pipeline.making == "by a thread":
            if number >= AHEAD:
                loader = max(loader, taken[number - AHEAD])
            loader = work(LANES[1], "make", loader, pipeline.make)
            main = max(main, loader)
        taken.append(main)
        if pipeline.device == "CPU":
            main = work(LANES[0], "model", main, pipeline.model)
            continue
        queue = work(LANES[2], "copy", max(main, queue), pipeline.copy)
        if not pipeline.pinned:
            main = queue
        queue = work(LANES[2], "model", queue, pipeline.model)
        if pipeline.reads:
            main = queue
    return spans


def told(pipeline: Pipeline, spans: Sequence[Span]) -> dict[str, float]:
    """Milliseconds in all, and the share of them (%) in which the model ran."""
    total = max(span.end for span in spans) if spans else 0.0
    busy = sum(span.end - span.begin for span in spans if span.work == "model")
    return {"milliseconds": round(total, 1), "model %": round(100 * busy / total) if total else 0}


class PipelineTimeline(LiveView):
    """Move the times, choose who makes the batches, and see where the model waits.

    The twin shows four ways side by side, at the times given, and the picture of the first.

    Raises BertlabError for what `schedule` refuses.
    """

    def __init__(self, make: float = 40, copy: float = 10, model: float = 50):
        self.start = Pipeline(make, copy, model)
        self._shown = picture(self.start)

    def static_html(self) -> str:
        note = "With a kernel running, you can change every one of these."
        return f"<div><p><small>{note}</small></p>{self._shown.html}{self._ways().html}</div>"

    def text(self) -> str:
        return f"{self._shown.text}\n{self._ways().text}"

    def _ways(self) -> Markup:
        ways = {
            "made in the loop, waited for": self.start,
            "made beforehand": self.start._replace(making="beforehand"),
            "made by a thread": self.start._replace(making="by a thread"),
            "by a thread, pinned, read at the end": self.start._replace(
                making="by a thread", pinned=True, reads=False
            ),
        }
        rows = [{"way": name, **told(way, schedule(way))} for name, way in ways.items()]
        return table(rows, f"{BATCHES} batches; how long, and how much of it the model runs")

    def widget(self) -> "TimelineForm":
        return TimelineForm(self.start)


def picture(pipeline: Pipeline) -> Markup:
    """The lanes as SVG, what they say in a sentence, and every span in a table for readers of text."""
    spans = schedule(pipeline)
    found = told(pipeline, spans)
    who = f"batches made {pipeline.making}" if pipeline.make else "batches that cost nothing"
    sentence = (
        f"{BATCHES} batches on a {pipeline.device}, {who}: {found['milliseconds']:g} ms in all; the "
        f"model runs {found['model %']} % of the time."
    )
    svg = _svg(spans, max(found["milliseconds"], 1.0), sentence)
    lanes = [
        {
            "lane": lane,
            **{
                work: ", ".join(
                    f"{span.begin:g}–{span.end:g}"
                    for span in spans
                    if (span.lane, span.work) == (lane, work)
                )
                or "–"
                for work in LOOKS
            },
        }
        for lane in dict.fromkeys(span.lane for span in spans)
    ] or [{"lane": "nothing to do"}]
    numbers = table(lanes, "Each piece of work, in milliseconds")
    return Markup(f"<p>{escape(sentence)}</p>{svg}{numbers.html}", f"{sentence}\n{numbers.text}")


def _svg(spans: Sequence[Span], total: float, sentence: str) -> str:
    lanes = [lane for lane in LANES if any(span.lane == lane for span in spans)]
    left, width, high = 110, 600, 34
    across = width / total
    parts = []
    for row, lane in enumerate(lanes):
        y = 8 + row * (high + 8)
        parts.append(
            f'<text x="{left - 8}" y="{y + 22}" text-anchor="end" fill="currentColor">{lane}</text>'
            f'<line x1="{left}" x2="{left + width}" y1="{y + high}" y2="{y + high}" '
            'stroke="currentColor" stroke-opacity="0.3"/>'
        )
        for span in spans:
            if span.lane != lane:
                continue
            colour, letter = LOOKS[span.work]
            x, wide = left + span.begin * across, (span.end - span.begin) * across
            ink = "white" if span.work == "model" else "black"
            name = f"{letter}{span.batch + 1}"
            label = (
                f'<text x="{x + wide / 2:.1f}" y="{y + 22}" text-anchor="middle" fill="{ink}">'
                f"{name}</text>"
                if wide > 9 * len(name)
                else ""
            )
            parts.append(
                f'<rect x="{x:.1f}" y="{y + 3}" width="{wide:.1f}" height="{high - 6}" '
                f'fill="{colour}" stroke="white"/>{label}'
            )
    bottom = 8 + len(lanes) * (high + 8)
    for share in (0, 0.5, 1):
        parts.append(
            f'<text x="{left + share * width:g}" y="{bottom + 14}" text-anchor="middle" '
            f'fill="currentColor">{share * total:.0f} ms</text>'
        )
    key = "M makes a batch, C copies it to the GPU, a number alone runs the model on it"
    parts.append(f'<text x="{left}" y="{bottom + 34}" fill="currentColor">{key}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(sentence)}" '
        f'viewBox="0 0 740 {bottom + 42}" width="740" font-family="sans-serif" font-size="12">'
        f"{''.join(parts)}</svg>"
    )


def worth(pipeline: Pipeline) -> str:
    """What each box to tick is worth at these times: often nothing, and that is the lesson."""
    said = []
    for name, off, on in (
        ("pinned", "the copy is waited for", "the copy is not waited for"),
        ("reads", "results are read at the end", "each result is read at once"),
    ):
        ticked = getattr(pipeline, name)
        other = pipeline._replace(**{name: not ticked})
        otherwise = told(other, schedule(other))["milliseconds"]
        said.append(f"{on if ticked else off} (else: {otherwise:g} ms in all)")
    sentence = "; ".join(said)
    return sentence[0].upper() + sentence[1:] + "."


class TimelineForm(anywidget.AnyWidget):
    """The live face: native controls; Python computes and draws (`shown`, HTML rendered and escaped here)."""

    _esm, _css = face(__file__)
    make = traitlets.Float().tag(sync=True)
    copy = traitlets.Float().tag(sync=True)
    model_ms = traitlets.Float().tag(sync=True)  # `model` is anywidget's own
    making = traitlets.Unicode().tag(sync=True)
    device = traitlets.Unicode().tag(sync=True)
    pinned = traitlets.Bool().tag(sync=True)
    reads = traitlets.Bool().tag(sync=True)
    ways = traitlets.List(list(MAKING)).tag(sync=True)
    devices = traitlets.List(list(DEVICES)).tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)

    def __init__(self, start: Pipeline):
        times = start._asdict()
        times["model_ms"] = times.pop("model")
        super().__init__(**times)
        self._redraw()

    @traitlets.observe("make", "copy", "model_ms", "making", "device", "pinned", "reads")
    def _redraw(self, _=None) -> None:
        asked = Pipeline(
            self.make, self.copy, self.model_ms, self.making, self.device, self.pinned, self.reads
        )
        try:
            self.shown = f"<p>{worth(asked)}</p>{picture(asked).html}"
        except BertlabError as error:
            self.shown = f"<p>{escape(error)}</p>"
