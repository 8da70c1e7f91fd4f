"""Windows of a stream: what they hold, where they begin, and that a generator's state is all of it."""

import numpy as np
import pytest
import torch

from bertlab.data.characters import encode_words
from bertlab.data.language_batches import LanguageBatches
from bertlab.data.words import output_words, word_stream
from bertlab.errors import BertlabError

TEXTS = [
    "The cat sat. The dog sat on the cat!",
    "A dog. It ran and ran and ran away from the cat.",
] * 5


@pytest.fixture(scope="module")
def stream():
    return word_stream(TEXTS)


def read(batch, vocabulary):
    """The words of a batch, from its characters, and from its targets."""
    spelled = []
    for row in batch.characters.tolist():
        inside = [i - 1 for i in row[1:] if i not in (259, 260, 261)]
        spelled.append({256: "<S>", 257: "</S>"}.get(inside[0]) or bytes(inside).decode())
    words = [[spelled[i] for i in row] for row in batch.words.tolist()]
    return words, [[vocabulary[i] for i in row] for row in batch.targets.tolist()]


def test_a_stream_keeps_the_sentences(stream):
    assert stream.types[:2] == ["<S>", "</S>"]
    assert stream.sentences()[:2] == [
        ["The", "cat", "sat", "."],
        ["The", "dog", "sat", "on", "the", "cat", "!"],
    ]
    assert len(stream.starts) == 20
    counts = np.bincount(stream.tokens)[2:]
    assert (np.diff(counts) <= 0).all()  # most frequent first


def test_text_without_words_is_refused():
    with pytest.raises(BertlabError, match="no word"):
        word_stream(["", "\n"])


def test_output_words_begin_with_the_marks(stream):
    words = output_words(stream, 8)
    assert words[:3] == ["<S>", "</S>", "<UNK>"] and len(words) == 8
    assert len(output_words(stream, 1000)) == len(stream.types) + 1


def test_batches_hold_the_text(stream):
    vocabulary = output_words(stream, 9)
    batch = LanguageBatches(stream, vocabulary, 6, 7).draw(np.random.default_rng(0))
    words, targets = read(batch, vocabulary)
    whole = [stream.types[i] for i in stream.tokens]
    windows = [whole[i : i + 8] for i in range(len(whole))]
    for row, target in zip(words, targets, strict=True):
        assert row in windows
        assert target == [w if w in vocabulary else "<UNK>" for w in row]
    assert batch.tokens == 6 * 7
    assert "<UNK>" in {w for row in targets for w in row}


def test_half_begin_and_half_end_with_a_sentence(stream):
    vocabulary = output_words(stream, 30)
    batch = LanguageBatches(stream, vocabulary, 8, 5).draw(np.random.default_rng(1))
    words, _ = read(batch, vocabulary)
    assert all(row[0] == "<S>" for row in words[:4])
    assert all(row[-1] == "</S>" for row in words[4:])


def test_characters_are_those_of_the_words_once_each(stream):
    batch = LanguageBatches(stream, output_words(stream, 30), 8, 5).draw(np.random.default_rng(1))
    assert (
        len(batch.characters.unique(dim=0)) == len(batch.characters) == int(batch.words.max()) + 1
    )
    width = batch.characters.shape[1]
    known = encode_words(stream.types)[:, :width].tolist()
    assert all(row in known for row in batch.characters.tolist())


def test_restoring_the_generator_resumes(stream):
    source = LanguageBatches(stream, output_words(stream, 30), 4, 5)
    generator = np.random.default_rng(2)
    source.draw(generator)
    state = generator.bit_generator.state
    first = [source.draw(generator) for _ in range(3)]
    generator = np.random.default_rng(99)
    generator.bit_generator.state = state
    again = LanguageBatches(stream, output_words(stream, 30), 4, 5)
    for one in first:
        other = again.draw(generator)
        assert torch.equal(one.words, other.words) and torch.equal(one.targets, other.targets)
        assert torch.equal(one.characters, other.characters)


@pytest.mark.parametrize("length", [3, 20, 60])
def test_every_length_that_fits_works(stream, length):
    source = LanguageBatches(stream, output_words(stream, 30), 5, length)
    assert source.draw(np.random.default_rng(0)).words.shape == (5, length + 1)


def test_a_window_longer_than_the_text_is_refused(stream):
    size = len(stream.tokens)
    LanguageBatches(stream, output_words(stream, 30), 2, size - 1).draw(np.random.default_rng(0))
    with pytest.raises(BertlabError, match=f"a stream of {size} words"):
        LanguageBatches(stream, output_words(stream, 30), 2, size)


def test_moving_keeps_everything(stream):
    batch = LanguageBatches(stream, output_words(stream, 30), 2, 5).draw(np.random.default_rng(0))
    moved = batch.to("meta", non_blocking=True)
    assert moved.words.is_meta and moved.targets.is_meta and moved.characters.is_meta
    assert moved.tokens == batch.tokens
