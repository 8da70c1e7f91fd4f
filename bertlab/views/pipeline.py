"""The pipeline builder: tick components, see what each attribute of a document then holds."""

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, Markup, escape, table

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

LONGEST = 300  # characters: the answer is to fit beside the question


class Finding(NamedTuple):
    """attribute: as one writes it. state: "set", "empty" or "raises …". holds: what is there."""

    attribute: str
    state: str
    holds: str


class Report(NamedTuple):
    """What a choice of components leaves on a document: findings, warnings (once each), traps."""

    findings: list[Finding]
    warnings: list[str]
    traps: list[str]


def listens(nlp: "Language", name: str) -> bool:
    """Whether the component reads what tok2vec left on the document instead of the words."""
    model = getattr(nlp.get_pipe(name), "model", None)
    walk = getattr(model, "walk", tuple)
    return any(layer.name == "tok2vec-listener" for layer in walk())


def weights(nlp: "Language", name: str) -> int:
    """How many numbers the component has learned; 0 for one that runs no network."""
    model = getattr(nlp.get_pipe(name), "model", None)
    walk = getattr(model, "walk", tuple)
    return sum(
        layer.get_param(parameter).size
        for layer in walk()
        for parameter in layer.param_names
        if layer.has_param(parameter)
    )


def inspect(nlp: "Language", chosen: Collection[str], text: str) -> Report:
    """Run the chosen components of `nlp` on `text`, in the pipeline's order, and look at the result.

    `nlp` itself is as before afterwards. An error of a component (E109, say) is told instead of
    findings; so is a text of more than `LONGEST` characters, which is cut.

    Raises: BertlabError where the text is blank, or a component is not in the pipeline.
    """
    if not text.strip():
        raise BertlabError("a text without words", "a sentence or two", "Type something.")
    if unknown := sorted(set(chosen) - set(nlp.component_names)):
        raise BertlabError(
            f"no component {', '.join(unknown)}",
            f"some of {', '.join(nlp.component_names)}",
            "Correct the names.",
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _running(nlp, chosen):
                doc = nlp(text[:LONGEST])
        except ValueError as error:
            return Report([Finding("doc", f"raises {_code(error)}", str(error))], [], [])
    told = dict.fromkeys(str(one.message).split("\n")[0] for one in caught)
    return Report(_findings(doc), list(told), _traps(nlp, chosen))


@contextmanager
def _running(nlp: "Language", chosen: Collection[str]) -> Iterator[None]:
    """Exactly the chosen run; `select_pipes(enable=…)` would leave off what was off before."""
    before = set(nlp.pipe_names)
    _switch(nlp, chosen)
    try:
        yield
    finally:
        _switch(nlp, before)


def _switch(nlp: "Language", on: Collection[str]) -> None:
    for name in nlp.component_names:
        (nlp.enable_pipe if name in on else nlp.disable_pipe)(name)


def _findings(doc: "Doc") -> list[Finding]:
    found = [Finding("tokens", "set", " · ".join(token.text for token in doc))]
    for attribute in ("tag_", "pos_", "lemma_", "dep_"):
        values = [getattr(token, attribute) for token in doc]
        found.append(_finding(f"token.{attribute}", values))
    for attribute, look, none in (
        ("doc.sents", lambda: [f"[{sentence.text}]" for sentence in doc.sents], ""),
        ("doc.ents", lambda: [f"{one.text} ({one.label_})" for one in doc.ents], _why_none(doc)),
        ("doc.noun_chunks", lambda: [f"[{chunk.text}]" for chunk in doc.noun_chunks], "none found"),
    ):
        found.append(_look(attribute, look, none))
    size = f"{doc.tensor.shape[1]} numbers a token" if doc.tensor.size else "no numbers"
    found.append(Finding("doc.tensor", "set" if doc.tensor.size else "empty", size))
    return found


def _finding(attribute: str, values: list[str]) -> Finding:
    if not any(values):
        return Finding(attribute, "empty", 'the empty string "", for every token')
    return Finding(attribute, "set", " · ".join(value or "–" for value in values))


def _look(attribute: str, look: Callable[[], list[str]], none: str) -> Finding:
    try:
        values = look()
    except ValueError as error:
        reason = str(error).split("] ", 1)[-1].split(".")[0]
        return Finding(attribute, f"raises {_code(error)}", reason)
    return (
        Finding(attribute, "set", " ".join(values)) if values else Finding(attribute, "empty", none)
    )


def _why_none(doc: "Doc") -> str:
    looked = doc.has_annotation("ENT_IOB")
    return "() because none was found" if looked else "() because nobody looked"


def _traps(nlp: "Language", chosen: Collection[str]) -> list[str]:
    deaf = [name for name in nlp.component_names if name in chosen and listens(nlp, name)]
    if not deaf or "tok2vec" in chosen:
        return []
    verb = "reads" if len(deaf) == 1 else "read"
    return [
        f"{' and '.join(deaf)} {verb} zeros: tok2vec is off. The values above are worth nothing, "
        "and spaCy says nothing."
    ]


def _code(error: Exception) -> str:
    code = re.match(r"\[([EW]\d+)\]", str(error))
    return code[1] if code else type(error).__name__


def report_markup(report: Report) -> Markup:
    """The report as a table, with warnings and traps under it."""
    rows = [
        {"Attribute": one.attribute, "State": one.state, "Holds": one.holds}
        for one in report.findings
    ]
    markup = table(rows, "What the document holds")
    notes = [("Warning", text) for text in report.warnings]
    notes += [("Trap", text) for text in report.traps]
    body = "".join(f"<p><strong>{kind}.</strong> {escape(text)}</p>" for kind, text in notes)
    lines = [f"{kind}. {text}" for kind, text in notes]
    return Markup(f"<div>{markup.html}{body}</div>", "\n".join([markup.text, *lines]))


def cost_markup(nlp: "Language", chosen: Collection[str], costs: Mapping[str, float]) -> Markup:
    """Bars of microseconds a token, one a component of `costs`; a component that is off has none.

    A bar's length is its share of the whole of `costs`, which is what everything together takes.
    """
    whole = sum(costs.values())
    spent = sum(cost for name, cost in costs.items() if _runs(name, nlp, chosen))
    rows, lines = "", []
    for name, cost in costs.items():
        on = _runs(name, nlp, chosen)
        said = f"{cost:.1f} µs" if on else f"off (saves {cost:.1f} µs)"
        bar = f"width:{100 * cost / whole:.1f}%;min-width:1px;height:0.9em;background:#0072B2"
        drawn = f'<div style="{bar}"></div>' if on else ""
        rows += (
            f'<tr><th scope="row" style="text-align:left;padding:0.2em 0.75em">{escape(name)}</th>'
            f'<td style="width:16em;padding:0.2em 0">{drawn}</td>'
            f'<td style="text-align:left;padding:0.2em 0.75em">{said}</td></tr>'
        )
        lines.append(f"{name}: {said}")
    title = f"{spent:.0f} of {whole:.0f} µs a token, as measured above on this machine"
    caption = f'<caption style="text-align:left">{title}</caption>'
    return Markup(
        f'<table style="margin-bottom:0.8em">{caption}<tbody>{rows}</tbody></table>',
        "\n".join([title, *lines]),
    )


def _runs(name: str, nlp: "Language", chosen: Collection[str]) -> bool:
    return name in chosen or name not in nlp.component_names  # the tokenizer cannot be unticked


class PipelineBuilder(LiveView):
    """Tick components of a pipeline, type a text, and see what the document holds and what it cost.

    chosen  ticked at first (default: those that run)
    costs   microseconds a token as measured, "tokenizer" included; the live view draws them as
            bars. The twin leaves them out, for they differ between machines, and tells the
            number of weights instead.

    Raises: BertlabError for a blank text or a component that the pipeline does not have.
    """

    def __init__(
        self,
        nlp: "Language",
        text: str,
        chosen: Collection[str] | None = None,
        costs: Mapping[str, float] | None = None,
    ):
        self.nlp, self.sentence, self.costs = nlp, text, costs
        self.chosen = list(nlp.pipe_names if chosen is None else chosen)
        self._report = report_markup(inspect(nlp, self.chosen, text))

    def static_html(self) -> str:
        note = "With a kernel running, you can tick components and type a text."
        heading = f"<p><small>{escape(self._heading())} {note}</small></p>"
        return f"<div>{heading}{self._components().html}{self._report.html}</div>"

    def text(self) -> str:
        return f"{self._heading()}\n{self._components().text}\n{self._report.text}"

    def _heading(self) -> str:
        return f"Pipeline builder, on the text: {self.sentence}"

    def _components(self) -> Markup:
        rows = [
            {
                "Component": name,
                "Runs": "yes" if name in self.chosen else "no",
                "Reads tok2vec": "yes" if listens(self.nlp, name) else "no",
                "Weights": f"{weights(self.nlp, name):,}",
            }
            for name in self.nlp.component_names
        ]
        return table(rows, "The components in their order")

    def widget(self):
        from bertlab.views.pipeline_form import PipelineForm

        form = PipelineForm(
            components=list(self.nlp.component_names), chosen=self.chosen, text=self.sentence
        )

        def redraw(_=None):
            try:
                shown = report_markup(inspect(self.nlp, form.chosen, form.text)).html
            except BertlabError as error:
                shown = f"<p>{escape(error)}</p>"
            if self.costs:
                shown = cost_markup(self.nlp, form.chosen, self.costs).html + shown
            form.shown = shown

        redraw()
        form.observe(redraw, ["chosen", "text"])
        return form
