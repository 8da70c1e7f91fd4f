"""One way to read texts with any encoder: BERTs of this package or of transformers, ELMo, static vectors.

A reader takes rows, either texts or sentences that are already words, and yields each row's vectors
together with the word that every vector belongs to. What a feature is made of these is decided in
`bertlab.training.features`.
"""

import json
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from bertlab.assets import ROOT
from bertlab.data.words import split_words
from bertlab.errors import BertlabError
from bertlab.models.elmo import Elmo
from bertlab.models.loading import load
from bertlab.models.static import StaticVectors
from bertlab.text.sentences import split_sentences

Row = str | Sequence[str]
Combine = Callable[[Sequence[Tensor]], Tensor]  # a tensor a layer, (…, dim), -> (…, features)
AT_ONCE = 256  # texts that ELMo reads before their vectors are pooled: they are large


class Read(NamedTuple):
    """One row as the encoder sees it.

    vectors: (tokens, features). words: for each token the number of its word in the row, None for
    [CLS] and [SEP].
    """

    row: int
    vectors: Tensor
    words: Sequence[int | None]


def fingerprint(model: nn.Module) -> str:
    """A hash of every weight and buffer, by name, type and shape: 32 hexadecimal digits.

    Equal before and after means that not one bit of the model changed. About 1 second a gigabyte.
    """
    digest = blake2b(digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)};".encode())
        whole = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(whole.view(torch.uint8).numpy())
    return digest.hexdigest()


def open_reader(encoder, tokenizer=None, max_length: int | None = None, device=None):
    """The reader for an encoder: a name that `bertlab.load` opens, or a model.

    encoder: a shipped name ("bertlab-mini", "bertlab-elmo", "bertlab-static"), a folder or a hub name; a
    `Bert`; an encoder of transformers; an `Elmo`; `StaticVectors`. tokenizer: what belongs to a model that is given as an object (a `tokenizers`
    tokenizer, or a fast one of transformers; for ELMo and static vectors a function that splits a
    sentence into words). max_length: in word pieces, [CLS] and [SEP] included; None is the model's own
    limit. device: None leaves a model where it is and puts a named one on the GPU, if there is one.

    Raises BertlabError for anything else, or for a BERT without its tokenizer.
    """
    if isinstance(encoder, str | os.PathLike):
        if tokenizer is not None:
            raise BertlabError(
                f"a tokenizer beside the name {str(encoder)!r}",
                "a name alone: its folder holds the tokenizer",
                "Leave tokenizer out, or pass the model itself.",
            )
        static = _static_folder(encoder)
        encoder, tokenizer = load(encoder) if static is None else (StaticVectors.load(static), None)
        if device is None:
            device = torch.accelerator.current_accelerator()
    if isinstance(encoder, StaticVectors):
        return StaticReader(encoder, tokenizer or split_words)
    if not isinstance(encoder, nn.Module):
        raise BertlabError(
            f"{type(encoder).__name__} as the encoder",
            "a name, a folder, a BERT, an ELMo or StaticVectors",
            "Try encoder='bertlab-mini'.",
        )
    if device is not None:
        encoder.to(device)
    if isinstance(encoder, Elmo):
        return ElmoReader(encoder, tokenizer or split_words)
    return PieceReader(encoder, tokenizer, max_length)


class PieceReader:
    """BERT and its like: word pieces, several rows of like length at once."""

    has_first = True  # [CLS] stands for the whole row

    def __init__(self, model: nn.Module, tokenizer, max_length: int | None):
        tokenizer = getattr(tokenizer, "backend_tokenizer", tokenizer)
        if not isinstance(tokenizer, Tokenizer):
            found = "no tokenizer" if tokenizer is None else f"a {type(tokenizer).__name__}"
            raise BertlabError(
                f"a {type(model).__name__} with {found}",
                "the model's tokenizer (of `tokenizers`, or a fast one of transformers)",
                "Pass tokenizer=…, or the model's folder instead of the model.",
            )
        limit = model.config.max_position_embeddings
        if max_length is not None and not 3 <= max_length <= limit:
            raise BertlabError(
                f"max_length={max_length}", f"3 to {limit}, the model's limit", "Change it."
            )
        self.model, self.max_length = model, max_length or limit
        self.layers = model.config.num_hidden_layers + 1
        self.dim = model.config.hidden_size
        self.tokenizer = Tokenizer.from_str(tokenizer.to_str())  # ours to set up
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.max_length)

    def fingerprint(self) -> str:
        return _joined(fingerprint(self.model), _told(self.model.config), self.tokenizer.to_str())

    def read(self, rows: Sequence[Row], combine: Combine, batch_tokens: int) -> Iterator[Read]:
        """Vectors of every row, in an order of its own; padding never reaches the outside.

        Rows are sorted by length, so that a batch of `batch_tokens` places has hardly any padding.

        Raises BertlabError when a sentence given as words is too long to be read whole. A text that is
        too long is cut, with a warning.
        """
        if not rows:
            return
        as_words = not isinstance(rows[0], str)
        encodings = self.tokenizer.encode_batch(list(rows), is_pretokenized=as_words)
        cut = [i for i, encoding in enumerate(encodings) if encoding.overflowing]
        if cut and as_words:
            raise BertlabError(
                f"a sentence of {len(rows[cut[0]])} words in more than {self.max_length} pieces",
                "sentences that the model can read whole",
                "Split it.",
            )
        if cut:
            warnings.warn(
                f"{len(cut)} of {len(rows)} texts have more than {self.max_length} pieces: only "
                "their beginning is read",
                stacklevel=5,
            )
        order = sorted(range(len(rows)), key=lambda i: -len(encodings[i]))  # the costliest first
        while order:
            fit = max(1, batch_tokens // len(encodings[order[0]]))
            batch, order = order[:fit], order[fit:]
            vectors = self._encode([encodings[i].ids for i in batch], combine)
            for i, row in zip(batch, vectors, strict=True):
                yield Read(i, row[: len(encodings[i])], encodings[i].word_ids)

    def _encode(self, ids: list[list[int]], combine: Combine) -> Tensor:
        device = next(self.model.parameters()).device
        length = len(ids[0])
        padded = torch.tensor([row + [0] * (length - len(row)) for row in ids], device=device)
        lengths = torch.tensor([len(row) for row in ids], device=device)
        mask = (torch.arange(length, device=device) < lengths[:, None]).long()
        with _evaluating(self.model), torch.inference_mode():
            output = self.model(padded, attention_mask=mask, output_hidden_states=True)
            return combine([state.float() for state in output.hidden_states]).cpu()


class ElmoReader:
    """ELMo: words, each sentence of a text read alone, as it was in pre-training."""

    has_first = False

    def __init__(self, model: Elmo, words: Callable[[str], list[str]]):
        self.model, self.split = model, words
        self.layers, self.dim = model.config.n_layers + 1, 2 * model.config.projection_dim

    def fingerprint(self) -> str:
        return _joined(fingerprint(self.model), _told(self.model.config), _name(self.split))

    def read(self, rows: Sequence[Row], combine: Combine, batch_tokens: int) -> Iterator[Read]:
        size = max(1, batch_tokens // 64)  # sentences
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            sentences = [self._sentences(row) for row in some]
            flat = iter(self.model.embed([s for row in sentences for s in row], size))
            for i, row in enumerate(sentences):
                read = [next(flat) for _ in row] or [torch.zeros(self.layers, 0, self.dim)]
                layers = torch.cat(read, dim=1).cpu()  # (layers, words, dim)
                yield Read(start + i, combine(layers.unbind()), range(layers.shape[1]))

    def _sentences(self, row: Row) -> list[Sequence[str]]:
        if not isinstance(row, str):
            return [row]
        return [self.split(sentence.text) for sentence in split_sentences(row)]


class StaticReader:
    """One vector a word, wherever it stands; for unknown words that of their lower case, or zeros."""

    has_first = False
    layers = 1

    def __init__(self, vectors: StaticVectors, words: Callable[[str], list[str]]):
        self.vectors, self.split = vectors, words
        self.dim = vectors.vectors.shape[1]

    def fingerprint(self) -> str:
        table = nn.ParameterDict({"vectors": self.vectors.vectors})
        return _joined(fingerprint(table), json.dumps(self.vectors.words), _name(self.split))

    def read(self, rows: Sequence[Row], combine: Combine, batch_tokens: int) -> Iterator[Read]:
        places = self.vectors.places
        for i, row in enumerate(rows):
            words = self.split(row) if isinstance(row, str) else row
            found = [places.get(word, places.get(word.lower(), -1)) for word in words]
            values = self.vectors.vectors[found] if found else torch.zeros(0, self.dim)
            values = values.masked_fill(torch.tensor(found)[:, None] < 0, 0.0) if found else values
            yield Read(i, combine([values]), range(len(words)))


class _evaluating:
    """Without dropout for the time of a block; `train()` of a model in evaluation mode costs nothing."""

    def __init__(self, model: nn.Module):
        self.model = model

    def __enter__(self):
        self.was = self.model.training
        if self.was:
            self.model.eval()

    def __exit__(self, *_):
        if self.was:
            self.model.train()


def _static_folder(name: str | os.PathLike) -> Path | None:
    """The folder of this name if static vectors lie there: words and vectors, and no configuration."""
    for folder in (ROOT / str(name), Path(name)):
        if (folder / "vocab.txt").is_file() and not (folder / "config.json").is_file():
            return folder
    return None


def _told(config) -> str:
    """A configuration as text that is equal for equal configurations."""
    content = asdict(config) if is_dataclass(config) else config.to_dict()
    return json.dumps(content, sort_keys=True, default=str)


def _name(function: Callable) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _joined(*parts: str) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()
