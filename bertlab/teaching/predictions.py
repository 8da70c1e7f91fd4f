"""Predictions: commit to an answer and a confidence before the run, meet both again after it."""

from collections.abc import Sequence
from typing import Any

from bertlab.errors import BertlabError
from bertlab.teaching import store
from bertlab.teaching.names import lesson_of
from bertlab.views.base import LiveView, block, display, escape, plain, prose

_asked: dict[str, tuple[str, ...]] = {}  # the options of each question put in this kernel
_revealed: set[str] = set()  # the questions answered in this kernel


def predict(id: str, question: str, options: Sequence[str]) -> None:
    """Ask for a prediction. `question` is Markdown; `options` are two plain texts or more.

    While a kernel runs, a form takes the answer and a confidence from 0 to 100 %, and keeps them
    in one local file (`bertlab.teaching.store`); a prediction cannot be changed once committed.

    Raises: BertlabError for fewer than two options, or the same option twice.
    """
    lesson_of(id)
    if len(options) < 2 or len(set(options)) != len(options):
        raise BertlabError(
            f"the options {list(options)}", "two different ones or more", "Add some."
        )
    _asked[id] = tuple(options)
    display(Prediction(id, question, tuple(options)))


def reveal(id: str, answer: str, why: str) -> None:
    """Tell the right answer and why; to a learner who predicted, the score too.

    The score is shown by the widget only: what is stored in the notebook is the same for everyone.

    Raises: BertlabError when the question was not put before, or has no such option.
    """
    if answer not in _asked.get(id, ()):
        raise BertlabError(
            f"the answer {answer!r} to {id}",
            f"one of {list(_asked[id])}" if id in _asked else "predict() to have run before it",
            "Use one of the options, as predict() has them.",
        )
    _revealed.add(id)
    store.record_outcome(id, answer)
    display(Reveal(id, answer, why))


def brier(confidence: float, right: bool) -> float:
    """The Brier score of a prediction held with `confidence` (0 to 1): 0 is best, 1 is worst.

    It is the squared distance from the truth, so always saying 50 % scores 0.25 (Brier 1950).
    """
    return (confidence - float(right)) ** 2


class Prediction(LiveView):
    """The question as a list of options, and as a form while a kernel runs."""

    def __init__(self, id: str, question: str, options: tuple[str, ...]):
        self.id, self.question, self.options = id, question, options

    def static_html(self) -> str:
        items = "".join(f"<li>{escape(option)}</li>" for option in self.options)
        body = f"<p><strong>Predict.</strong> {prose(self.question)}</p><ul>{items}</ul>"
        return block(f"Prediction {self.id}", body, "ask")

    def text(self) -> str:
        return "\n".join([f"Predict. {plain(self.question)}", *(f"- {o}" for o in self.options)])

    def widget(self) -> Any:
        from bertlab.teaching.form import PredictionForm

        form = PredictionForm(question=prose(self.question), options=list(self.options))
        kept = store.read()["predictions"].get(self.id)
        if kept and kept["answer"] in self.options:
            form.chosen = self.options.index(kept["answer"])
            form.confidence, form.message = round(100 * kept["confidence"]), _kept(kept)
        form.observe(lambda change: self._commit(form), "chosen")
        return form

    def _commit(self, form: Any) -> None:
        answer, confidence = self.options[form.chosen], form.confidence / 100
        late = self.id in _revealed
        store.record_prediction(self.id, answer, confidence, late)
        form.message = _kept({"answer": answer, "confidence": confidence, "late": late})


class Reveal(LiveView):
    """The answer and why, with the learner's own score while a kernel runs."""

    def __init__(self, id: str, answer: str, why: str):
        self.id, self.answer, self.why = id, answer, why

    def static_html(self) -> str:
        return self._html("")

    def text(self) -> str:
        return f"Answer: {self.answer}. {plain(self.why)}"

    def widget(self) -> Any:
        import ipywidgets

        return ipywidgets.HTML(self._html(self.score()))

    def score(self) -> str:
        """How the learner's committed prediction did; empty when there is none."""
        kept = store.read()["predictions"].get(self.id)
        if kept is None:
            return ""
        right = kept["answer"] == self.answer
        said = f"You said “{kept['answer']}” at {100 * kept['confidence']:.0f} %: "
        said += "right" if right else "not this time"
        if kept["late"]:
            return f"{said}. It came after the answer, so it has no score."
        score = brier(kept["confidence"], right)
        return f"{said}. Brier score {score:.2f} (0 is best, 1 is worst)."

    def _html(self, score: str) -> str:
        body = f"<strong>Answer: {escape(self.answer)}.</strong> {prose(self.why)}"
        body += f"<br>{escape(score)}" if score else ""
        return block(f"Answer to {self.id}", body, "good")


def _kept(kept: dict) -> str:
    late = " It came after the answer, so it will have no score." if kept["late"] else ""
    return f"Committed: “{kept['answer']}” at {100 * kept['confidence']:.0f} %.{late}"
