"""From texts to a trained model on disk: what `bertlab pretrain` does, one function a kind of model."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Tokenizer

from bertlab.data.language_batches import LanguageBatches
from bertlab.data.pairs import SentencePairs
from bertlab.data.store import TokenStore, encode_corpus, is_held_out
from bertlab.data.vocabulary import load_tokenizer, train_wordpiece
from bertlab.data.words import WordStream, output_words, word_stream
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.models.bert_config import BertConfig
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig
from bertlab.text.corpora import open_corpus
from bertlab.training.evaluate import evaluate_beside_baselines, evaluate_beside_trigrams
from bertlab.training.pretrain import PretrainConfig, pretrain

# the names and sizes of Google's BERT miniatures (Turc et al. 2019, arXiv 1908.08962)
PRESETS = {
    name: BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // 64,
        intermediate_size=4 * hidden,
        max_position_embeddings=length,
    )
    for name, layers, hidden, vocabulary, length in [
        ("tiny", 2, 128, 8192, 128),
        ("mini", 4, 256, 8192, 128),
        ("small", 4, 512, 8192, 128),
        ("base", 12, 768, 30522, 512),
    ]
}

ELMO_PRESETS = {
    "tiny": replace(
        ElmoConfig.mini(), filters=((1, 16), (2, 16), (3, 32)), dim=128, projection_dim=32
    ),
    "mini": ElmoConfig.mini(),
    "original": ElmoConfig(),
}
WINDOW = 64  # words that each direction of an ELMo predicts in a row of a batch


def texts_of(corpora: Iterable[str | os.PathLike], held_out: bool) -> Iterator[str]:
    """The documents of all corpora that are for training, or those that are held out.

    A corpus named twice is read twice, and so weighs twice.
    """
    for corpus in corpora:
        for document in open_corpus(corpus):
            if is_held_out(document.text) == held_out:
                yield document.text


def prepare(
    corpora: list[str | os.PathLike],
    preset: str,
    output: str | os.PathLike,
    *,
    batch_size: int = 64,
    tokenizer: str | os.PathLike | Tokenizer | None = None,
) -> tuple[Tokenizer, SentencePairs, SentencePairs]:
    """(tokenizer, training batches, held-out batches), the encoded text kept under `output/data`.

    tokenizer: one to use, by path or as it is; None trains one on the training texts.
    A second call with the same `output` opens what the first one encoded.
    """
    config, folder = _choose(PRESETS, preset, "preset"), Path(output) / "data"

    def encode(tokenizer=tokenizer) -> None:
        if tokenizer is None:
            tokenizer = train_wordpiece(texts_of(corpora, held_out=False), config.vocab_size)
        elif not isinstance(tokenizer, Tokenizer):
            tokenizer = load_tokenizer(tokenizer)
        tokenizer.save(str(folder / "tokenizer.json"))
        for part in ("train", "held_out"):
            encode_corpus(texts_of(corpora, part == "held_out"), tokenizer, folder / part)

    _once(folder, encode)
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    length = config.max_position_embeddings
    train, held_out = (
        # segments of half a row each, so that a pair fills it
        SentencePairs(
            TokenStore.load(folder / part).merged((length - 3) // 2), tokenizer, length, batch_size
        )
        for part in ("train", "held_out")
    )
    return tokenizer, train, held_out


def prepare_elmo(
    corpora: list[str | os.PathLike],
    preset: str,
    output: str | os.PathLike,
    *,
    batch_size: int = 32,
    vocabulary: list[str] | None = None,
) -> tuple[list[str], LanguageBatches, list[list[str]]]:
    """(output words, training batches, held-out sentences), the text as words kept under `output/data`.

    vocabulary: output words to use; None takes the most frequent of the training texts, as many as the
    preset predicts. A second call with the same `output` opens what the first one split.
    """
    config, folder = _choose(ELMO_PRESETS, preset, "preset"), Path(output) / "data"

    def split() -> None:
        for part in ("train", "held_out"):
            word_stream(texts_of(corpora, part == "held_out")).save(folder / part)

    _once(folder, split)
    train, held_out = (WordStream.load(folder / part) for part in ("train", "held_out"))
    vocabulary = vocabulary or output_words(train, config.vocabulary_size)
    return vocabulary, LanguageBatches(train, vocabulary, batch_size, WINDOW), held_out.sentences()


def _choose(known: Mapping, name: str, what: str):
    """The named one. Raises BertlabError listing what there is."""
    if name not in known:
        wanted = f"one of {', '.join(known)}"
        raise BertlabError(f"{what} {name!r}", wanted, "Choose one of these.")
    return known[name]


def _once(folder: Path, make: Callable[[], None]) -> None:
    """Fill a folder, unless an earlier call did so to its end: a killed one starts over."""
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make()
        (folder / "done").touch()


def pretrain_bert(
    corpora: list[str | os.PathLike],
    preset: str,
    output: str | os.PathLike,
    config: PretrainConfig,
    *,
    batch_size: int = 64,
    tokenizer: str | os.PathLike | None = None,
    start: str | os.PathLike | None = None,
    resume: bool = False,
    device: str | None = None,
    on_log: Callable[[dict], None] | None = None,
) -> tuple[Bert, list[dict], SentencePairs]:
    """Pre-train a BERT from texts and save it in `output`; (model, history, held-out batches).

    corpora: anything `open_corpus` takes. preset: one of PRESETS. start: a model to go on from, whose
    tokenizer is used too; None begins with random weights drawn from `config.seed`.
    """
    if start is not None:
        tokenizer = tokenizer or start
    words, train, held_out = prepare(
        corpora, preset, output, batch_size=batch_size, tokenizer=tokenizer
    )
    if start is not None:
        model = Bert.from_pretrained(start)
        reach, wanted = (
            model.config.max_position_embeddings,
            PRESETS[preset].max_position_embeddings,
        )
        if reach < wanted:
            raise BertlabError(
                f"a model for rows of {reach} tokens to go on from",
                f"one for {wanted}, as preset {preset!r} has",
                "Choose the preset that the model was made with.",
            )
    else:
        shape = replace(PRESETS[preset], vocab_size=words.get_vocab_size())
        model = Bert(shape, torch.Generator().manual_seed(config.seed))
    history = pretrain(
        model,
        train,
        config,
        output=output,
        resume=resume,
        tokenizer=words,
        device=device,
        on_log=on_log,
    )
    return model, history, held_out


def pretrain_elmo(
    corpora: list[str | os.PathLike],
    preset: str,
    output: str | os.PathLike,
    config: PretrainConfig,
    *,
    batch_size: int = 32,
    tokenizer: None = None,
    start: str | os.PathLike | None = None,
    resume: bool = False,
    device: str | None = None,
    on_log: Callable[[dict], None] | None = None,
) -> tuple[Elmo, list[dict], list[list[str]]]:
    """Pre-train an ELMo from texts and save it in `output`; (model, history, held-out sentences).

    The same as `pretrain_bert`, for words instead of word pieces. preset: one of ELMO_PRESETS.
    start: a model to go on from, whose output words are used too. Raises BertlabError for a tokenizer.
    """
    if tokenizer is not None:
        raise BertlabError(
            "a tokenizer for ELMo", "none: it reads words by their characters", "Leave it out."
        )
    model = None if start is None else Elmo.from_pretrained(start)
    vocabulary, train, held_out = prepare_elmo(
        corpora,
        preset,
        output,
        batch_size=batch_size,
        vocabulary=None if model is None else model.vocabulary,
    )
    if model is None:
        shape = ELMO_PRESETS[preset].for_words(len(vocabulary))
        model = Elmo(shape, vocabulary, torch.Generator().manual_seed(config.seed))
    history = pretrain(
        model, train, config, output=output, resume=resume, device=device, on_log=on_log
    )
    return model, history, held_out


class Recipe(NamedTuple):
    """How one kind of model comes to be. All kinds share the training loop; this is what differs.

    prepare: (corpora, preset, output, batch_size=) -> (words, training batches, held-out text);
    pretrain: `pretrain_bert` or its like; measure: (model, training batches, held-out text) -> measures of
    the model and of its baselines; batch_size: the usual one.
    """

    prepare: Callable
    pretrain: Callable
    measure: Callable
    batch_size: int


RECIPES = {
    "bert": Recipe(prepare, pretrain_bert, evaluate_beside_baselines, 64),
    "elmo": Recipe(
        prepare_elmo,
        pretrain_elmo,
        lambda model, train, held_out: evaluate_beside_trigrams(model, train.stream, held_out),
        32,
    ),
}


def recipe(model: str) -> Recipe:
    """The recipe of "bert" or "elmo". Raises BertlabError for another name."""
    return _choose(RECIPES, model, "model")
