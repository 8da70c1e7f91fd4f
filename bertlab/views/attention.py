"""The attention explorer: who looks at whom in a sentence, by layer and head."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import anywidget
import numpy as np
import traitlets

from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, escape, table
from bertlab.views.face import face
from bertlab.views.style import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from tokenizers import Tokenizer

    from bertlab.models.bert import Bert

LONGEST = 40  # word pieces: more would be too small to read, and too much to send at every key


def attention_maps(
    model: "Bert", tokenizer: "Tokenizer", sentence: str
) -> tuple[list[str], np.ndarray]:
    """The word pieces of `sentence` and every attention map over them.

    Returns (pieces, maps), maps (layers, heads, length, length) in float32. `maps[l, h, i, j]` is
    the share that piece i takes from piece j, so every row sums to 1. [CLS] and [SEP] are pieces
    too. What goes beyond `LONGEST` pieces, or the model's own limit, is cut off before the [SEP].

    Raises BertlabError when the sentence holds nothing to read.
    """
    import torch

    encoding = tokenizer.encode(sentence)
    if len(encoding.ids) <= 2:
        raise BertlabError("a sentence without words", "a word or two", "Type something.")
    limit = min(LONGEST, model.config.max_position_embeddings)
    ids, pieces = list(encoding.ids), list(encoding.tokens)
    if len(ids) > limit:
        ids, pieces = (whole[: limit - 1] + whole[-1:] for whole in (ids, pieces))
    was_training = model.training
    model.eval()  # dropout would blank random links
    with torch.inference_mode():
        device = model.pooler.weight.device
        found = model(torch.tensor([ids], device=device), output_attentions=True).attentions
        maps = torch.cat(found).float().cpu().numpy()
    model.train(was_training)
    return pieces, maps


def strongest_links(pieces: Sequence[str], weights: np.ndarray) -> list[dict]:
    """One row a piece: the two pieces it takes most from, with their shares in per cent.

    weights: (length, length) with length ≥ 2, the map of one head. Equal shares come in the
    sentence's order.
    """
    rows = []
    for i, shares in enumerate(np.round(100 * weights).astype(int)):
        first, second = np.argsort(-shares, kind="stable")[:2]
        row = {"piece": f"{pieces[i]} ({i})"}
        row["looks most at"] = f"{pieces[first]} ({first}) {shares[first]} %"
        row["then at"] = f"{pieces[second]} ({second}) {shares[second]} %"
        rows.append(row)
    return rows


def draw_maps(pieces: Sequence[str], maps, titles: Sequence[str]) -> "Figure":
    """Heat maps side by side on one scale: rows look, columns are looked at, darker is more.

    maps: (maps, length, length), an array or a tensor without gradient. titles: one a map.
    """
    fig, axes = figure(2.2 * len(maps) + 0.4, 2.9, columns=len(maps))
    everywhere = range(len(pieces))
    top = float(maps.max())
    for i, (ax, weights, title) in enumerate(zip(np.atleast_1d(axes), maps, titles, strict=True)):
        ax.imshow(weights, cmap="Blues", vmin=0, vmax=top)
        ax.set_title(title, fontsize=11)
        ax.set_xticks(everywhere, pieces, rotation=90, fontsize=8)
        ax.set_yticks(everywhere, [""] * len(pieces) if i else pieces, fontsize=8)
        ax.grid(False)
    return fig


def draw_moves(pieces: Sequence[str], curves: Mapping[str, Sequence[float]]) -> "Figure":
    """How far each token's vector moved, one line a reader; `curves` holds one number a piece."""
    fig, ax = figure(7, 3.2)
    for (name, values), mark in zip(curves.items(), cycle(("o-", "s--", "^:")), strict=False):
        ax.plot(range(len(pieces)), values, mark, label=name, clip_on=False)
    ax.set_xticks(range(len(pieces)), pieces)
    ax.set(ylabel="how far the vector moved", ylim=(0, None))
    ax.legend(fontsize=9)
    return fig


class AttentionExplorer(LiveView):
    """Type a sentence, choose a layer, a head and a piece, and see where that piece looks.

    layer and head count from 1, as the controls do; head 0 is the mean of all heads.
    The twin is a table of the strongest links at the start.

    Raises BertlabError for a layer or head that the model lacks, or an empty sentence.
    """

    def __init__(
        self,
        model: "Bert",
        tokenizer: "Tokenizer",
        sentence: str,
        *,
        layer: int = 1,
        head: int = 1,
    ):
        layers, heads = model.config.num_hidden_layers, model.config.num_attention_heads
        if not 1 <= layer <= layers or not 0 <= head <= heads:
            raise BertlabError(
                f"layer {layer}, head {head}",
                f"a layer from 1 to {layers} and a head from 1 to {heads} (0 for their mean)",
                "Choose again.",
            )
        self.model, self.tokenizer, self.sentence = model, tokenizer, sentence
        self.layer, self.head = layer, head
        self.pieces, self.maps = attention_maps(model, tokenizer, sentence)

    def static_html(self) -> str:
        return f"<div><p>{escape(self._told())}</p>{self._links().html}</div>"

    def text(self) -> str:
        return f"{self._told()}\n{self._links().text}"

    def widget(self) -> "AttentionWidget":
        return AttentionWidget(self)

    def _told(self) -> str:
        return (
            f"Attention explorer, “{self.sentence}”. While a kernel runs, type a sentence of your "
            "own here and choose layer, head and piece."
        )

    def _links(self):
        chosen = self.maps[self.layer - 1]
        weights = chosen.mean(axis=0) if self.head == 0 else chosen[self.head - 1]
        name = "mean of all heads" if self.head == 0 else f"head {self.head}"
        return table(strongest_links(self.pieces, weights), f"Layer {self.layer}, {name}")


class AttentionWidget(anywidget.AnyWidget):
    """The live face. Python reads a sentence; the browser draws layer, head and piece by itself."""

    _esm, _css = face(__file__, "svg.js")
    sentence = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    pieces = traitlets.List(traitlets.Unicode()).tag(sync=True)
    maps = traitlets.Bytes().tag(sync=True)  # float32, (layers, heads, length, length)
    layers = traitlets.Int().tag(sync=True)
    heads = traitlets.Int().tag(sync=True)
    layer = traitlets.Int(1).tag(sync=True)
    head = traitlets.Int(1).tag(sync=True)
    piece = traitlets.Int(0).tag(sync=True)

    def __init__(self, explorer: AttentionExplorer):
        layers, heads = explorer.maps.shape[:2]
        super().__init__(
            sentence=explorer.sentence,
            pieces=explorer.pieces,
            maps=explorer.maps.tobytes(),
            layers=layers,
            heads=heads,
            layer=explorer.layer,
            head=explorer.head,
            piece=1,
        )
        self._model, self._tokenizer = explorer.model, explorer.tokenizer
        self.observe(self._read, "sentence")

    def _read(self, change) -> None:
        try:
            pieces, maps = attention_maps(self._model, self._tokenizer, change["new"])
        except BertlabError as error:  # nothing typed yet: the last picture stays
            self.message = error.remedy
            return
        with self.hold_sync():  # one message, so that pieces and maps arrive together
            whole = len(self._tokenizer.encode(change["new"]).ids)
            cut = whole > len(pieces)
            self.message = (
                f"Only the first {len(pieces)} of {whole} pieces are shown." if cut else ""
            )
            self.pieces, self.maps = pieces, maps.tobytes()
            self.piece = min(self.piece, len(pieces) - 1)
