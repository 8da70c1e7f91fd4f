"""The masking playground: a sentence of the learner's own, masked as in training, every token's fate."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bertlab.data.masking import mask_tokens
from bertlab.data.vocabulary import SPECIAL_TOKENS
from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, Markup, escape, table
from bertlab.views.style import PALETTE

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST = 60  # word pieces: more would be a page of them

# fate: (what a reader is told, line under the token). Words and lines tell them apart, colour helps.
FATES = {
    "hidden": ("becomes [MASK]", f"3px solid {PALETTE['blue']}"),
    "random": ("becomes a random token", f"3px dashed {PALETTE['vermilion']}"),
    "kept": ("picked, yet kept", f"3px double {PALETTE['green']}"),
    "not picked": ("nothing to guess here", ""),
    "special": ("never picked", ""),
}


class Fate(NamedTuple):
    """token: as it stood. seen: as the model sees it. fate: one of `FATES`."""

    token: str
    seen: str
    fate: str


def token_fates(
    tokenizer: "Tokenizer", sentence: str, share: float = 0.15, seed: int = 0
) -> list[Fate]:
    """What one draw of `mask_tokens` makes of each word piece of a sentence, [CLS] and [SEP] included.

    A swap that draws the very token that stood there counts as kept: nobody could tell.

    Raises BertlabError when the sentence has no token, or `share` is not between 0 and 1.
    """
    ids = np.array(tokenizer.encode(sentence).ids[:LONGEST])
    if len(ids) <= 2:
        raise BertlabError("a sentence without words", "a word or two", "Type something.")
    special = tuple(tokenizer.token_to_id(token) for token in SPECIAL_TOKENS)
    hidden, positions, labels = mask_tokens(
        ids,
        np.random.default_rng(seed),
        mask_id=special[-1],
        special_ids=special,
        ordinary_ids=np.setdiff1d(np.arange(tokenizer.get_vocab_size()), special),
        share=share,
    )
    fates = np.where(np.isin(ids, special), "special", "not picked").astype("<U10")
    seen = hidden[positions]
    fates[positions] = np.where(
        seen == special[-1], "hidden", np.where(seen == labels, "kept", "random")
    )
    tokens, shown = (
        [tokenizer.id_to_token(i) for i in row] for row in (ids.tolist(), hidden.tolist())
    )
    return [Fate(*one) for one in zip(tokens, shown, fates.tolist(), strict=True)]


class MaskingPlayground(LiveView):
    """Type a sentence, move the share and the seed, and see what the model would see.

    The twin shows the first sentence, share and seed: every picked token with its fate written above
    it, then the fates counted beside what is expected.

    Raises BertlabError when the sentence has no word, or the share is not between 0 and 1.
    """

    def __init__(
        self, tokenizer: "Tokenizer", sentence: str, *, share: float = 0.15, seed: int = 0
    ):
        self.tokenizer, self.sentence, self.share, self.seed = tokenizer, sentence, share, seed
        self._shown = picture(token_fates(tokenizer, sentence, share, seed), share)

    def static_html(self) -> str:
        note = "With a kernel running, you can type a sentence and move the share and the seed."
        return f"<div><p><small>{self._heading()}. {note}</small></p>{self._shown.html}</div>"

    def text(self) -> str:
        return f"{self._heading()}\n{self._shown.text}"

    def _heading(self) -> str:
        return f"Masking playground: share {self.share:.2f}, seed {self.seed}"

    def widget(self):
        import ipywidgets

        style = {"description_width": "7em"}
        wide = {"style": style, "layout": ipywidgets.Layout(width="min(60em, 95%)")}
        sentence = ipywidgets.Text(value=self.sentence, description="Sentence", **wide)
        share = ipywidgets.FloatSlider(
            value=self.share, min=0, max=1, step=0.05, description="Share picked", **wide
        )
        seed = ipywidgets.IntSlider(value=self.seed, min=0, max=99, description="Seed", **wide)
        shown = ipywidgets.HTML(self._shown.html)

        def redraw(_):
            try:
                fates = token_fates(self.tokenizer, sentence.value, share.value, seed.value)
                shown.value = picture(fates, share.value).html
            except BertlabError as error:
                shown.value = f"<p>{escape(error)}</p>"

        for control in (sentence, share, seed):
            control.observe(redraw, names="value")
        return ipywidgets.VBox([sentence, share, seed, shown])


def picture(fates: list[Fate], share: float) -> Markup:
    """The sentence as the model sees it, each picked token with its fate above it, and the counts."""
    found = Counter(one.fate for one in fates)
    ordinary = len(fates) - found["special"]
    expected = {"hidden": 0.8 * share, "random": 0.1 * share, "kept": 0.1 * share}
    expected |= {"not picked": 1 - share}
    counts = table(
        [
            {
                "Fate": fate,
                "Meaning": FATES[fate][0],
                "Tokens here": found[fate],
                "Expected": round(part * ordinary, 1),
            }
            for fate, part in expected.items()
        ],
        f"{ordinary} tokens that may be picked, {ordinary - found['not picked']} picked",
    )
    line = " ".join(map(_token, fates))
    body = f'<p style="line-height:2.9">{line}</p>{counts.html}'
    words = " ".join(
        one.seen if one.fate in ("special", "not picked") else f"{one.seen}({_note(one)})"
        for one in fates
    )
    return Markup(body, f"{words}\n{counts.text}")


def _note(one: Fate) -> str:
    return one.fate if one.fate == "kept" else f"{one.fate}, was “{one.token}”"


def _token(one: Fate) -> str:
    seen = escape(one.seen)
    if one.fate == "special":
        return f"<small>{seen}</small>"
    if one.fate == "not picked":
        return seen
    note = escape(_note(one))
    # GitHub drops the style and keeps <ruby>; a browser without it shows the brackets of <rp>
    style = f"border-bottom:{FATES[one.fate][1]};padding:0 0.25em"
    return (
        f'<ruby style="{style}"><strong>{seen}</strong>'
        f'<rp>(</rp><rt style="font-size:80%">{note}</rt><rp>)</rp></ruby>'
    )
