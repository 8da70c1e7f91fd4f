"""From texts to a model on disk: what is prepared once, what is refused, where a run begins."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bertlab.assets import asset
from bertlab.data.store import encode_corpus, is_held_out
from bertlab.data.words import split_words, word_stream
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert, BertConfig
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig
from bertlab.models.loading import load
from bertlab.training import run
from bertlab.training.evaluate import evaluate_beside_trigrams, evaluate_pretraining
from bertlab.training.pretrain import PretrainConfig
from bertlab.training.run import (
    ELMO_PRESETS,
    PRESETS,
    prepare,
    prepare_elmo,
    pretrain_bert,
    pretrain_elmo,
    recipe,
    texts_of,
)
from tests.small_bert import small_config

CONFIG = PretrainConfig(
    steps=6, warmup_steps=2, log_every=2, checkpoint_every=3, seed=5, bf16=False
)
ANIMALS = ("seal", "otter", "heron", "badger", "toad")
PLACES = ("harbour", "meadow", "attic", "bridge")


def document(number: int) -> str:
    generator = np.random.default_rng(number)
    return " ".join(
        f"The {generator.choice(ANIMALS)} number {number} slept near the {generator.choice(PLACES)}."
        for _ in range(6)
    )


TEXTS = [document(number) for number in range(120)]


@pytest.fixture(autouse=True)
def presets(monkeypatch):
    """A model of 1 layer × 16 stands in for the smallest preset."""
    monkeypatch.setitem(PRESETS, "tiny", small_config(300, max_position_embeddings=48))
    small = ElmoConfig(
        filters=((1, 4), (3, 8)), dim=16, projection_dim=8, vocabulary_size=30, cutoffs=(10,),
        cell_clip=None, proj_clip=None,
    )  # fmt: skip
    monkeypatch.setitem(ELMO_PRESETS, "tiny", small)


@pytest.fixture
def corpus(tmp_path) -> Path:
    path = tmp_path / "animals.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf-8")
    return path


def train(corpus, output, **how):
    return pretrain_bert(
        [corpus], "tiny", output, how.pop("config", CONFIG), batch_size=8, device="cpu", **how
    )


def train_elmo(corpus, output, **how):
    return pretrain_elmo(
        [corpus], "tiny", output, how.pop("config", CONFIG), batch_size=4, device="cpu", **how
    )


def test_presets_are_the_published_sizes():
    shapes = {
        name: (shape.num_hidden_layers, shape.hidden_size, shape.num_attention_heads)
        for name, shape in PRESETS.items()
    }
    del shapes["tiny"]
    assert shapes == {"mini": (4, 256, 4), "small": (4, 512, 8), "base": (12, 768, 12)}
    assert PRESETS["base"] == BertConfig(
        hidden_dropout_prob=0.1, vocab_size=30522, max_position_embeddings=512
    )


def test_held_out_documents_are_in_neither_training_text_nor_vocabulary(corpus, tmp_path):
    rest, aside = (list(texts_of([corpus], held_out)) for held_out in (False, True))
    assert 0 < len(aside) < 20 and sorted(rest + aside) == sorted(TEXTS)
    assert all(map(is_held_out, aside)) and not any(map(is_held_out, rest))
    words, training, held_out = prepare([corpus], "tiny", tmp_path / "out", batch_size=8)
    for pairs, texts in ((training, rest), (held_out, aside)):
        wanted = encode_corpus(texts, words)
        assert np.array_equal(pairs.store.tokens, wanted.tokens)
        assert pairs.store.document_of[-1] == len(texts) - 1
    numbers = {text.split()[3] for text in aside}  # each document's own, and in no other
    spelled = words.encode(" ".join(numbers)).tokens
    assert not numbers & set(spelled)


def test_a_corpus_named_twice_weighs_twice(corpus):
    assert list(texts_of([corpus, corpus], False)) == 2 * list(texts_of([corpus], False))


def test_segments_fill_a_row(corpus, tmp_path):
    _, pairs, _ = prepare([corpus], "tiny", tmp_path, batch_size=8)
    half = (48 - 3) // 2
    lengths = pairs.store.lengths
    sentences = len(encode_corpus(texts_of([corpus], False), pairs.tokenizer))
    assert lengths.max() <= half and len(lengths) < sentences
    assert (pairs.length, pairs.batch_size) == (48, 8)


def test_a_second_call_opens_what_the_first_encoded(corpus, tmp_path, monkeypatch):
    first = prepare([corpus], "tiny", tmp_path / "out", batch_size=8)
    monkeypatch.setattr(run, "encode_corpus", None)  # calling it would raise
    monkeypatch.setattr(run, "train_wordpiece", None)
    corpus.unlink()
    second = prepare([corpus], "tiny", tmp_path / "out", batch_size=8)
    assert first[0].to_str() == second[0].to_str()
    for one, other in zip(first[1:], second[1:], strict=True):
        assert np.array_equal(one.store.tokens, other.store.tokens)
        assert np.array_equal(one.store.sentence_offsets, other.store.sentence_offsets)


def test_a_preparation_that_was_killed_starts_over(corpus, tmp_path, monkeypatch):
    encode, calls = run.encode_corpus, []

    def killed_at_the_second(texts, words, folder):
        calls.append(folder)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return encode(texts, words, folder)

    monkeypatch.setattr(run, "encode_corpus", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        prepare([corpus], "tiny", tmp_path, batch_size=8)
    _, training, held_out = prepare([corpus], "tiny", tmp_path, batch_size=8)
    assert len(calls) == 4 and len(training.store) > len(held_out.store) > 0


def test_a_tokenizer_may_be_given_by_path_or_as_it_is(corpus, tmp_path):
    trained, *_ = prepare([corpus], "tiny", tmp_path / "first", batch_size=8)
    path = tmp_path / "first" / "data"
    for number, given in enumerate((trained, path, path / "tokenizer.json")):
        words, *_ = prepare(
            [corpus], "tiny", tmp_path / f"other{number}", batch_size=8, tokenizer=given
        )
        assert words.get_vocab() == trained.get_vocab()


def test_an_unknown_preset_is_refused_before_anything_is_written(corpus, tmp_path):
    with pytest.raises(BertlabError, match="found preset 'huge'; wanted one of tiny, mini, small"):
        prepare([corpus], "huge", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_leaves_a_model_that_opens(corpus, tmp_path):
    seen = []
    model, history, held_out = train(corpus, tmp_path / "out", on_log=seen.append)
    assert [record["step"] for record in history] == [2, 3, 4, 6] and seen == history
    opened, words = load(tmp_path / "out")
    assert (
        words.get_vocab_size() == model.config.vocab_size
    )  # not the preset's, if fewer were found
    for name, tensor in opened.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name
    found = evaluate_pretraining(opened, [held_out.draw(np.random.default_rng(0))])
    assert found["masked_tokens"] > 0


def test_the_seed_decides_the_first_weights(corpus, tmp_path):
    still = PretrainConfig(steps=1, learning_rate=1e-30, weight_decay=0.0, seed=5, bf16=False)
    model, *_ = train(corpus, tmp_path / "out", config=still)
    fresh = Bert(model.config, torch.Generator().manual_seed(5))
    assert torch.equal(model.nsp.weight, fresh.nsp.weight)


def test_a_run_may_start_from_a_model_with_its_words(corpus, tmp_path):
    first, *_ = train(corpus, tmp_path / "first")
    still = PretrainConfig(steps=1, learning_rate=1e-30, weight_decay=0.0, bf16=False)
    second, *_ = pretrain_bert(
        [corpus], "tiny", tmp_path / "second", still, batch_size=8,
        start=tmp_path / "first", device="cpu",
    )  # fmt: skip
    for name, tensor in first.state_dict().items():
        assert torch.allclose(tensor, second.state_dict()[name], atol=1e-12), name
    words = [(tmp_path / name / "tokenizer.json").read_text() for name in ("first", "second")]
    assert words[0] == words[1]


@pytest.mark.parametrize("train", [train, train_elmo])
def test_resume_goes_on_and_ends_alike(corpus, tmp_path, train):
    whole, history, _ = train(corpus, tmp_path / "whole")

    class Killed(Exception):
        pass

    def stop(record):
        if record["step"] == 4:
            raise Killed

    with pytest.raises(Killed):
        train(corpus, tmp_path / "cut", on_log=stop)
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    steps = []
    again, resumed, _ = train(
        corpus, tmp_path / "cut", resume=True, on_log=lambda record: steps.append(record["step"])
    )
    assert steps == [4, 6]  # from the checkpoint after step 3
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert [r["loss"] for r in resumed] == [r["loss"] for r in history]


def test_a_folder_of_an_earlier_run_is_not_overwritten(corpus, tmp_path):
    train(corpus, tmp_path / "out")
    before = (tmp_path / "out" / "model.safetensors").read_bytes()
    with pytest.raises(BertlabError, match="checkpoints of an earlier run"):
        train(corpus, tmp_path / "out")
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == before


def test_an_elmo_comes_from_the_same_loop(corpus, tmp_path):
    seen = []
    model, history, held_out = train_elmo(corpus, tmp_path / "out", on_log=seen.append)
    assert [record["step"] for record in history] == [2, 3, 4, 6] and seen == history
    assert {"forward_loss", "backward_loss"} < set(history[0])
    opened, words = load(tmp_path / "out")
    assert words is split_words and opened.vocabulary == model.vocabulary
    assert opened.config.vocabulary_size == len(opened.vocabulary) == 30
    for name, tensor in opened.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name
    aside = [text for text in TEXTS if is_held_out(text)]
    assert held_out == word_stream(aside).sentences()
    _, batches, _ = prepare_elmo([corpus], "tiny", tmp_path / "out", batch_size=4)
    rest = word_stream(text for text in TEXTS if not is_held_out(text))
    assert np.array_equal(batches.stream.tokens, rest.tokens)


def test_an_elmo_may_go_on_from_another_with_its_words(corpus, tmp_path):
    first, *_ = train_elmo(corpus, tmp_path / "first")
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"text": "Nothing in common with animals. " * 40}) + "\n")
    still = PretrainConfig(steps=1, learning_rate=1e-30, weight_decay=0.0, bf16=False)
    second, *_ = pretrain_elmo(
        [corpus, other], "tiny", tmp_path / "second", still, batch_size=4,
        start=tmp_path / "first", device="cpu",
    )  # fmt: skip
    assert second.vocabulary == first.vocabulary
    for name, tensor in first.state_dict().items():
        assert torch.allclose(tensor, second.state_dict()[name], atol=1e-12), name


def test_an_elmo_of_few_words_has_two_clusters(corpus, tmp_path, monkeypatch):
    few = ELMO_PRESETS["tiny"].for_words(1000)
    monkeypatch.setitem(ELMO_PRESETS, "tiny", few)
    model, *_ = train_elmo(corpus, tmp_path / "out")
    size = len(model.vocabulary)
    assert 100 < size < 400 and model.config.cutoffs == (10,)
    assert few.for_words(8).cutoffs == (4,)
    Elmo(few.for_words(8))  # torch refuses a softmax without a cutoff


def test_an_elmo_takes_no_tokenizer(corpus, tmp_path):
    with pytest.raises(BertlabError, match="a tokenizer for ELMo"):
        train_elmo(corpus, tmp_path, tokenizer=tmp_path)
    with pytest.raises(BertlabError, match="found preset 'base'; wanted one of tiny, mini, orig"):
        prepare_elmo([corpus], "base", tmp_path / "out")
    with pytest.raises(BertlabError, match="found model 'gpt'; wanted one of bert, elmo"):
        recipe("gpt")


def test_data_of_the_other_kind_is_refused(corpus, tmp_path):
    train(corpus, tmp_path / "out")
    with pytest.raises(BertlabError, match="a saved stream of words"):
        train_elmo(corpus, tmp_path / "out", resume=True)


def test_perplexities_beside_trigrams_are_of_the_same_words(corpus, tmp_path):
    model, _, held_out = train_elmo(corpus, tmp_path / "out")
    _, batches, _ = prepare_elmo([corpus], "tiny", tmp_path / "out", batch_size=4)
    found = recipe("elmo").measure(model, batches, held_out)
    assert found == evaluate_beside_trigrams(model, batches.stream, held_out)
    words = sum(len(sentence) + 1 for sentence in held_out)
    assert [row["predicted_words"] for row in found.values()] == [words, words]
    # the text is made by a template: counts know it, a model after six steps does not
    for direction in ("forward_perplexity", "backward_perplexity"):
        assert 1 < found["trigram"][direction] < 10 < found["model"][direction]


def test_a_start_too_short_for_the_preset_is_refused(tmp_path):
    with pytest.raises(BertlabError, match="rows of 128 tokens.*one for 512"):
        pretrain_bert(
            ["bertlab"], "base", tmp_path, PretrainConfig(steps=1), start=asset("bertlab-mini")
        )
