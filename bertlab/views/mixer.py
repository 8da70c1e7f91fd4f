"""The layer mixer: how the weights of ELMo's scalar mix decide which uses of a word are neighbours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import anywidget
import numpy as np
import traitlets

from bertlab.data.word_senses import Use, sense_words, uses
from bertlab.errors import BertlabError
from bertlab.views.base import LiveView, escape, table
from bertlab.views.face import face

if TYPE_CHECKING:
    from bertlab.models.elmo import Elmo

SHOWN = 6  # neighbours in the twin


class Mixed(NamedTuple):
    """One setting of the mix. shares: after the softmax, they sum to 1; cosines: (uses, uses);
    length: of the mixed vectors, on average; right: for each use, whether its nearest neighbour has its
    sense, None where no other use has it."""

    shares: np.ndarray
    cosines: np.ndarray
    length: float
    right: list[bool | None]

    def nearest(self, chosen: int) -> list[int]:
        """The other uses, most alike first; equal ones (to four digits) in their own order."""
        order = np.argsort(-np.round(self.cosines[chosen], 4), kind="stable")
        return [int(i) for i in order if i != chosen]


def mix(
    layers: np.ndarray, senses: Sequence[str], weights: Sequence[float], gamma: float = 1.0
) -> Mixed:
    """gamma times the sum of the layers under softmax-normalised weights (Peters et al. 2018, equation 1).

    layers: (layers, uses, dim). About a millisecond.
    """
    raised = np.exp(np.asarray(weights, dtype=float) - max(weights))
    shares = raised / raised.sum()
    vectors = gamma * np.tensordot(shares, layers, axes=1)  # (uses, dim)
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ vectors.T / np.outer(lengths, lengths)
    mixed = Mixed(shares, cosines, float(lengths.mean()), [])
    for i, sense in enumerate(senses):
        alike = senses.count(sense) > 1
        mixed.right.append(senses[mixed.nearest(i)[0]] == sense if alike else None)
    return mixed


class LayerMixer(LiveView):
    """Choose a word and one of its uses, move the weights of the layers, and see who its neighbours are.

    weights: one a layer, before the softmax; gamma: the factor of the whole. The twin shows the start, and
    what each layer alone would say.

    Raises BertlabError for a word without labelled uses, or another number of weights than the model's
    layers.
    """

    def __init__(
        self,
        model: "Elmo",
        word: str = "bank",
        *,
        use: int = 0,
        weights: Sequence[float] | None = None,
        gamma: float = 1.0,
    ):
        from bertlab.training.senses import span_vectors

        count = model.config.n_layers + 1
        self.weights = [0.0] * count if weights is None else [float(w) for w in weights]
        if len(self.weights) != count:
            raise BertlabError(
                f"{len(self.weights)} weights", f"{count}, one a layer", "Pass those."
            )
        self.word, self.use, self.gamma = word, use, gamma
        self.uses: dict[str, list[Use]] = {
            name: uses(name) for name in {word: 0} | dict.fromkeys(sense_words())
        }
        everything = [use for found in self.uses.values() for use in found]
        vectors = span_vectors(
            model, [u.text for u in everything], [u.span for u in everything]
        ).numpy()
        cuts = np.cumsum([len(found) for found in self.uses.values()])[:-1]
        self.layers = dict(zip(self.uses, np.split(vectors, cuts, axis=1), strict=True))

    def mixed(self, word: str, weights: Sequence[float], gamma: float) -> Mixed:
        """The mix of one word's uses."""
        return mix(self.layers[word], [use.sense for use in self.uses[word]], weights, gamma)

    def rows(self, word: str, mixed: Mixed, chosen: int) -> list[dict]:
        """The other uses, nearest first: whether the sense is the same, the sense, cosine, sentence."""
        found = self.uses[word]
        return [
            {
                "same": found[i].sense == found[chosen].sense,
                "sense": found[i].sense,
                "cosine": round(float(mixed.cosines[chosen, i]), 3),
                "before": found[i].text[: found[i].span[0]],
                "word": found[i].text[slice(*found[i].span)],
                "after": found[i].text[found[i].span[1] :],
            }
            for i in mixed.nearest(chosen)
        ]

    def static_html(self) -> str:
        neighbours, layers = self._tables()
        return f"<div><p>{escape(self._told())}</p>{neighbours.html}{layers.html}</div>"

    def text(self) -> str:
        neighbours, layers = self._tables()
        return f"{self._told()}\n{neighbours.text}\n{layers.text}"

    def widget(self) -> "MixerWidget":
        return MixerWidget(self)

    def _told(self) -> str:
        chosen = self.uses[self.word][self.use]
        return (
            f"Layer mixer, “{self.word}” in “{chosen.text}” ({chosen.sense}). While a kernel runs, sliders "
            "for the weight of each layer and for gamma stand here; the neighbours follow them."
        )

    def _tables(self):
        mixed = self.mixed(self.word, self.weights, self.gamma)
        neighbours = [
            {
                "Neighbour": f"{row['before']}{row['word']}{row['after']}",
                "Sense": f"{row['sense']}, {'the same' if row['same'] else 'another'}",
                "Cosine": f"{row['cosine']:.2f}",
            }
            for row in self.rows(self.word, mixed, self.use)[:SHOWN]
        ]
        shares = ", ".join(f"{share:.0%}" for share in mixed.shares)
        settings = {
            f"layer {i} alone": np.eye(len(self.weights))[i] * 99 for i in range(len(self.weights))
        }
        settings |= {"all in equal shares": np.zeros(len(self.weights))}
        layers = [
            {
                "Mix": name,
                "Nearest neighbour has the same sense": self.score(self.word, list(weights)),
            }
            for name, weights in settings.items()
        ]
        return (
            table(neighbours, f"The nearest uses, layers mixed {shares}"),
            table(layers, f"All uses of “{self.word}” that have a like one"),
        )

    def score(self, word: str, weights: Sequence[float]) -> str:
        """Such as `"9 of 14"`: uses whose nearest neighbour has the same sense."""
        return counted(self.mixed(word, weights, 1.0))


def counted(mixed: Mixed) -> str:
    """Of the uses with a like one, how many have such a one as nearest neighbour."""
    judged = [right for right in mixed.right if right is not None]
    return f"{sum(judged)} of {len(judged)}"


class MixerWidget(anywidget.AnyWidget):
    """The live face. The browser has the controls; Python mixes the layers and ranks the neighbours."""

    _esm, _css = face(__file__)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    word = traitlets.Unicode().tag(sync=True)
    sentences = traitlets.List(traitlets.Unicode()).tag(sync=True)
    use = traitlets.Int().tag(sync=True)
    sense = traitlets.Unicode().tag(sync=True)
    weights = traitlets.List(traitlets.Float()).tag(sync=True)
    gamma = traitlets.Float(1.0).tag(sync=True)
    shares = traitlets.List(traitlets.Float()).tag(sync=True)
    score = traitlets.Unicode().tag(sync=True)
    length = traitlets.Float().tag(sync=True)
    rows = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, mixer: LayerMixer):
        super().__init__(
            words=sorted(mixer.uses),
            word=mixer.word,
            use=mixer.use,
            weights=mixer.weights,
            gamma=mixer.gamma,
        )
        self._mixer = mixer
        self._mix()
        self.observe(self._another_word, "word")
        self.observe(self._mix, ["use", "weights", "gamma"])

    def _another_word(self, _) -> None:
        if self.use:
            self.use = 0  # mixes
        else:
            self._mix()

    def _mix(self, _=None) -> None:
        found = self._mixer.uses[self.word]
        mixed = self._mixer.mixed(self.word, self.weights, self.gamma)
        with self.hold_sync():  # one message, so that shares and neighbours arrive together
            self.sentences = [use.text for use in found]
            self.sense = found[self.use].sense
            self.shares = mixed.shares.tolist()
            self.score, self.length = counted(mixed), mixed.length
            self.rows = self._mixer.rows(self.word, mixed, self.use)
