"""The feature-based approach: vectors of a frozen encoder for any scikit-learn estimator.

Devlin et al. 2018, section 5.3; Peters et al. 2018, section 3. The encoder is read, never changed:

    model = make_pipeline(EncoderFeatures("bertlab-mini"), StandardScaler(), LogisticRegression())
    model.fit(texts, labels)
"""

import os
from collections.abc import Iterable, Sequence
from numbers import Integral

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from torch import Tensor

from bertlab.errors import BertlabError
from bertlab.training.feature_cache import FeatureCache, key_of
from bertlab.training.readers import Read, Row, open_reader

POOLINGS = ("mean", "max", "first")
PIECES = ("first", "mean")
LAST = 4  # layers in "sum" and "concat", as in the paper's table 7
SHARD = 2048  # rows computed before they are written to the cache: what a break can cost


class EncoderFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Texts to vectors of a frozen encoder, (texts, features) in float32.

    encoder     a name ("bertlab-mini", "bertlab-elmo", "bertlab-static", a folder, a hub name), or an
                object: a BERT of bertlab or transformers, an `Elmo`, `StaticVectors`
    layers      the number of a layer, 0 being the embeddings and -1 the last; several of them, side by
                side; "sum" or "concat" of the last four (of all, where there are fewer)
    pooling     "mean" or "max" over the text's own tokens, never [CLS], [SEP] or padding; "first": [CLS]
    tokenizer   what belongs to an encoder given as an object, see `open_reader`
    max_length  in word pieces; None: the model's own limit. Longer texts are cut, with a warning
    batch_tokens  places computed at once; texts of like length go together
    cache       a folder in which vectors are kept by content; None: nothing is kept
    device      where a model runs; None: an object stays where it is, a named one takes the GPU if any

    Nothing is learned by `fit`: it opens the encoder, checks the settings and notes `fingerprint_`, the
    hash of weights, configuration and tokenizer. `transform` refuses to work with other weights than
    those, since a classifier trained on the old vectors would be wrong without a sign of it.

    A pickle holds the encoder's name and no weights. A clone shares the opened encoder.

    A text without a word gives zeros.
    """

    def __init__(
        self,
        encoder="bertlab-mini",
        *,
        layers: int | str | Sequence[int] = -1,
        pooling: str = "mean",
        tokenizer=None,
        max_length: int | None = None,
        batch_tokens: int = 4096,
        cache: str | os.PathLike | None = None,
        device=None,
    ):
        self.encoder = encoder
        self.layers = layers
        self.pooling = pooling
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.batch_tokens = batch_tokens
        self.cache = cache
        self.device = device

    def fit(self, X, y=None) -> "EncoderFeatures":
        """Open the encoder and check the settings; X is checked to be texts and not read.

        Raises BertlabError naming what does not fit.
        """
        _texts(X)
        vars(self).pop("fingerprint_", None)
        reader, self.fingerprint_ = self._open()
        self._check_pooling(reader)
        self._n_features_out = self._width(reader)
        return self

    def transform(self, X) -> np.ndarray:
        """A vector a text: (texts, features), float32. X: a list, array or Series of strings.

        Raises BertlabError when X is something else, or the weights are not those of `fit`.
        """
        texts = _texts(X)
        reader, _ = self._open()
        self._check_pooling(reader)
        purpose = ["text", self.pooling]
        found = self._vectors(texts, purpose, lambda read, _: _pool(read, self.pooling))
        return np.concatenate([np.empty((0, self._width(reader)), np.float32), *found])

    def words(self, sentences: Sequence[Sequence[str]], pieces: str = "first") -> list[np.ndarray]:
        """A vector a word, for tagging: one (words, features) a sentence, float32.

        sentences: each a list of words. pieces: what stands for a word of several word pieces, its
        "first" one (Devlin et al. 2018, section 5.3) or their "mean"; ELMo and static vectors have a
        vector a word anyway. A word that the tokenizer drops (a control character) gets zeros.

        Raises BertlabError when a sentence is a string, or too long to be read whole.
        """
        if pieces not in PIECES:
            raise BertlabError(f"pieces={pieces!r}", f"one of {PIECES}", "Choose one.")
        for sentence in sentences:
            if isinstance(sentence, str):
                raise BertlabError(
                    f"the string {sentence[:20]!r} as a sentence",
                    "a list of words",
                    "Split it: bertlab.data.words.split_words(sentence).",
                )
        rows = [list(sentence) for sentence in sentences]
        return self._vectors(rows, ["words", pieces], lambda read, row: _by_word(read, row, pieces))

    def _open(self):
        """The reader, opened once for these settings, and the hash of its weights.

        The hash is taken anew each time: a model given as an object may have been trained on meanwhile.
        """
        settings = (self.encoder, self.tokenizer, self.max_length, self.device)
        opened = vars(self).get("_opened")
        if opened is None or any(a is not b for a, b in zip(opened[0], settings, strict=True)):
            opened = self._opened = settings, open_reader(*settings)
        reader = opened[1]
        now, seen = reader.fingerprint(), vars(self).get("fingerprint_")
        if seen not in (None, now):
            raise BertlabError(
                "other weights, or another tokenizer, than those this was fitted with",
                "the encoder as it was: what was learned on top belongs to its vectors",
                "Put the old weights back, or fit again.",
            )
        return reader, now

    def _check_pooling(self, reader) -> None:
        fitting = POOLINGS if reader.has_first else POOLINGS[:2]
        if self.pooling not in fitting:
            raise BertlabError(
                f"pooling={self.pooling!r}", f"one of {fitting} for this encoder", "Choose one."
            )

    def _chosen(self, reader) -> list[int]:
        """The layers that go into a vector, counted from 0."""
        count, layers = reader.layers, self.layers
        if isinstance(layers, str) and layers in ("sum", "concat"):
            return list(range(max(0, count - LAST), count))
        wanted = list(layers) if isinstance(layers, Sequence) else [layers]
        fit = all(isinstance(one, Integral) and -count <= one < count for one in wanted)
        if not wanted or isinstance(layers, str) or not fit:
            raise BertlabError(
                f"layers={layers!r}",
                f"layers from 0 to {count - 1} (or -1 to {-count}), 'sum' or 'concat'",
                "Choose one, or several as a tuple.",
            )
        return [one % count for one in wanted]

    def _width(self, reader) -> int:
        """Features of one vector."""
        return reader.dim * (1 if self.layers == "sum" else len(self._chosen(reader)))

    def _vectors(self, rows: list[Row], purpose: list[str], finish) -> list[np.ndarray]:
        """What `finish(read, row)` makes of each row: (vectors, features), from the cache where it is."""
        reader, weights = self._open()
        chosen = self._chosen(reader)
        if self.batch_tokens < 1:
            raise BertlabError(f"batch_tokens={self.batch_tokens}", "at least 1", "Raise it.")
        # what stands in the memory of the cache must be all that a vector depends on
        settings = [weights, chosen, self.layers == "sum", purpose, self.max_length]
        cache = None if self.cache is None else FeatureCache(self.cache, settings)
        keys = [key_of(row) for row in rows]
        found = {} if cache is None else cache.read(keys)
        absent = {key: row for key, row in zip(keys, rows, strict=True) if key not in found}
        absent = sorted(absent.items(), key=lambda item: len(item[1]))

        def combine(states: Sequence[Tensor]) -> Tensor:  # (…, dim) a layer -> (…, features)
            wanted = [states[i] for i in chosen]
            return sum(wanted) if self.layers == "sum" else torch.cat(wanted, dim=-1)

        for start in range(0, len(absent), SHARD):
            shard = absent[start : start + SHARD]
            new = {}
            for read in reader.read([row for _, row in shard], combine, self.batch_tokens):
                key, row = shard[read.row]
                new[key] = finish(read, row).numpy()
            if cache is not None:
                cache.write(new)
            found |= new
        return [found[key] for key in keys]

    def __sklearn_clone__(self) -> "EncoderFeatures":
        """Without what `fit` noted, but with the opened encoder: it is never changed, and may be large."""
        copy = type(self)(**self.get_params(deep=False))
        for name in ("_opened", "_sklearn_output_config"):
            if name in vars(self):
                setattr(copy, name, vars(self)[name])
        return copy

    def __getstate__(self) -> dict:
        if not isinstance(self.encoder, str | os.PathLike):
            raise BertlabError(
                f"a {type(self.encoder).__name__} as the encoder of what is to be pickled",
                "its name or folder: a pickle should hold no weights",
                "Save the model with save_pretrained(folder) and use EncoderFeatures(folder).",
            )
        state = dict(super().__getstate__())
        state.pop("_opened", None)
        return state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array = False, True
        tags.input_tags.string = True
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _texts(X) -> list[str]:
    """X as a list of strings, or a BertlabError that says which row is none."""
    if isinstance(X, str) or getattr(X, "ndim", 1) != 1 or not isinstance(X, Iterable):
        shape = getattr(X, "shape", None)
        raise BertlabError(
            f"{type(X).__name__} of shape {shape}" if shape else f"{type(X).__name__} {X!r:.30}",
            "a list (or one column) of texts",
            'Pass ["…", "…"], or choose the column: frame["text"].',
        )
    texts = list(X)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise BertlabError(
                f"{text!r:.30} ({type(text).__name__}) as text {i}",
                "a string",
                "Drop such rows, or turn them into text first.",
            )
    return texts


def _pool(read: Read, pooling: str) -> Tensor:
    """One vector for the row, (1, features)."""
    if pooling == "first":
        return read.vectors[:1].clone()  # a view would keep the whole batch in memory
    own = read.vectors[[i for i, word in enumerate(read.words) if word is not None]]
    if not len(own):
        return read.vectors.new_zeros(1, read.vectors.shape[1])
    return own.mean(dim=0, keepdim=True) if pooling == "mean" else own.amax(dim=0, keepdim=True)


def _by_word(read: Read, row: Row, pieces: str) -> Tensor:
    """One vector for each word of the row, (words, features)."""
    own = [(place, word) for place, word in enumerate(read.words) if word is not None]
    out = read.vectors.new_zeros(len(row), read.vectors.shape[1])
    if not own:
        return out
    places, words = (torch.tensor(column) for column in zip(*own, strict=True))
    if pieces == "mean":
        counts = words.bincount(minlength=len(row)).clamp(min=1)
        return out.index_add_(0, words, read.vectors[places]) / counts[:, None]
    first = torch.ones_like(words, dtype=torch.bool)
    first[1:] = words[1:] != words[:-1]
    out[words[first]] = read.vectors[places[first]]
    return out


def with_neighbours(sentence: np.ndarray) -> np.ndarray:
    """Each word's vector between those of the word before and after it; zeros at the ends.

    sentence: (words, features) -> (words, 3 · features). A linear tagger sees a little context so.
    """
    edge = np.zeros_like(sentence[:1])
    return np.hstack([np.vstack([edge, sentence[:-1]]), sentence, np.vstack([sentence[1:], edge])])
