import numpy as np
import pytest

from bertlab.data.examples import encode_texts
from bertlab.data.vocabulary import train_wordpiece

TEXTS = ["A kettle.", "The trustees met in the room above the fish market.", "Rain fell."]


@pytest.fixture(scope="module")
def tokenizer():
    return train_wordpiece(TEXTS * 3, 200)


def test_a_batch_holds_the_rows_it_was_asked_for(tokenizer):
    examples = encode_texts(tokenizer, TEXTS, [0, 1, 2])
    batch = examples.batch([2, 0])
    assert batch.labels.tolist() == [2, 0] and len(batch) == 2
    padded = batch.padded()
    for row, number in enumerate([2, 0]):
        ids = padded["input_ids"][row][padded["attention_mask"][row].bool()]
        assert ids.tolist() == tokenizer.encode(TEXTS[number]).ids
    first = batch.position_ids[: batch.row_offsets[1]]
    assert first.tolist() == list(range(examples.lengths[2]))


def test_select_and_batches_meet_every_row_once(tokenizer):
    examples = encode_texts(tokenizer, TEXTS, [0, 1, 2])
    assert examples.select([1]).labels.tolist() == [1]
    assert examples.select(np.array([True, False, True])).labels.tolist() == [0, 2]
    shuffled = np.concatenate([r for r, _ in examples.batches(2, np.random.default_rng(3))])
    by_length = np.concatenate([r for r, _ in examples.batches(2)])
    assert sorted(shuffled) == [0, 1, 2] and by_length.tolist()[0] == 1


def test_the_checksum_sees_tokens_and_labels(tokenizer):
    one = encode_texts(tokenizer, TEXTS, [0, 1, 1]).checksum()
    assert one == encode_texts(tokenizer, TEXTS, [0, 1, 1]).checksum()
    assert one != encode_texts(tokenizer, TEXTS, [0, 1, 0]).checksum()
    assert one != encode_texts(tokenizer, TEXTS[::-1], [0, 1, 1]).checksum()
