"""From texts to a trained model on disk: what `bertlab pretrain` does, as one function."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from bertlab.data.pairs import SentencePairs
from bertlab.data.store import TokenStore, encode_corpus, is_held_out
from bertlab.data.vocabulary import load_tokenizer, train_wordpiece
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert, BertConfig
from bertlab.text.corpora import open_corpus
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
    if preset not in PRESETS:
        raise BertlabError(
            f"preset {preset!r}", f"one of {', '.join(PRESETS)}", "Choose one of these."
        )
    config, folder = PRESETS[preset], Path(output) / "data"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if tokenizer is None:
            tokenizer = train_wordpiece(texts_of(corpora, held_out=False), config.vocab_size)
        elif not isinstance(tokenizer, Tokenizer):
            tokenizer = load_tokenizer(tokenizer)
        tokenizer.save(str(folder / "tokenizer.json"))
        for part in ("train", "held_out"):
            encode_corpus(texts_of(corpora, part == "held_out"), tokenizer, folder / part)
        (folder / "done").touch()  # last: a killed preparation starts over
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
