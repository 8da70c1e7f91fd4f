"""Fill in the blank: a sentence with a gap, and what a masked language model would put there."""

from typing import TYPE_CHECKING, NamedTuple

from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, Markup, escape, table

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from bertlab.models.bert import Bert

BLANK = "___"


class Guess(NamedTuple):
    """A piece of the vocabulary and the probability (0 to 1) that it stands in the blank."""

    token: str
    probability: float


def fill_blank(model: "Bert", tokenizer: "Tokenizer", sentence: str) -> list[Guess]:
    """Every piece of the vocabulary as a guess for the blank (`___` or `[MASK]`), likeliest first.

    One forward pass and a softmax over the vocabulary at the masked place (Devlin et al. 2018,
    section 3.1, Task #1).

    Raises BertlabError when the sentence has no blank, more than one, or too many pieces.
    """
    import torch

    encoding = tokenizer.encode(sentence.replace(BLANK, "[MASK]"))
    blanks = encoding.tokens.count("[MASK]")
    if blanks != 1:
        raise BertlabError(f"{blanks} blanks", f"one {BLANK}", f"Write {BLANK} for one word.")
    place = encoding.tokens.index("[MASK]")
    ids = torch.tensor([encoding.ids], device=model.pooler.weight.device)
    with torch.inference_mode():
        hidden = model(ids).last_hidden_state  # (1, length, hidden)
        chances = model.mlm_logits(hidden[0, place]).float().softmax(dim=-1)  # (vocabulary,)
    chances, order = chances.cpu().sort(descending=True, stable=True)
    pairs = zip(order.tolist(), chances.tolist(), strict=True)
    return [Guess(tokenizer.id_to_token(number), chance) for number, chance in pairs]


class FillTheBlank(LiveView):
    """Type a sentence with `___` in it and see the model's likeliest guesses.

    The twin shows the guesses for the first sentence, as words with a bar and a whole percentage.

    Raises BertlabError when the sentence does not have exactly one blank.
    """

    def __init__(self, model: "Bert", tokenizer: "Tokenizer", sentence: str, count: int = 8):
        self.model, self.tokenizer, self.sentence, self.count = model, tokenizer, sentence, count
        self._shown = self._guesses(sentence)

    def static_html(self) -> str:
        note = "With a kernel running, you can type a sentence of your own."
        return f"<div>{self._shown.html}<p><small>{note}</small></p></div>"

    def text(self) -> str:
        return self._shown.text

    def _guesses(self, sentence: str) -> Markup:
        found = fill_blank(self.model, self.tokenizer, sentence)[: self.count]
        rows = [
            {
                "Guess": one.token,
                "Probability": f"{100 * one.probability:.0f} %",
                "Against the first": "█" * round(20 * one.probability / found[0].probability),
            }
            for one in found
        ]
        return table(rows, sentence.replace("[MASK]", BLANK))

    def widget(self):
        import ipywidgets

        sentence = ipywidgets.Text(
            value=self.sentence,
            description="Sentence",
            style={"description_width": "5em"},
            layout=ipywidgets.Layout(width="min(40em, 95%)"),
        )
        shown = ipywidgets.HTML(self._shown.html)

        def redraw(_):
            try:
                shown.value = self._guesses(sentence.value).html
            except BertlabError as error:
                shown.value = f"<p>{escape(error)}</p>"

        sentence.observe(redraw, names="value")
        return ipywidgets.VBox([sentence, shown])
