"""Sentence pairs: what is drawn, how it is laid out, and that a slow and plain way gives the same."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from bertlab.data.pairs import SPECIALS_A_PAIR, Batch, SentencePairs, _that_fit
from bertlab.data.store import TokenStore, encode_corpus
from bertlab.data.vocabulary import SPECIAL_TOKENS, train_wordpiece
from bertlab.errors import BertlabError
from bertlab.text.corpora import open_corpus

PAD, UNK, CLS, SEP, MASK = range(5)


def words_tokenizer(size: int) -> Tokenizer:
    vocab = {token: i for i, token in enumerate(SPECIAL_TOKENS)}
    return Tokenizer(models.WordPiece(vocab | {f"w{i}": i for i in range(5, size)}))


def store_of(documents: list[list[int]]) -> TokenStore:
    """Documents given by the lengths of their sentences. Sentence i consists of the token 5 + i."""
    lengths = [length for document in documents for length in document]
    homes = [home for home, document in enumerate(documents) for _ in document]
    return TokenStore(
        np.repeat(np.arange(5, 5 + len(lengths)), lengths).astype(np.uint16),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array(homes, dtype=np.int32),
    )


def pairs_of(documents, length=64, batch_size=16, mask_share=0.15) -> SentencePairs:
    size = 5 + sum(map(len, documents))
    return SentencePairs(store_of(documents), words_tokenizer(size), length, batch_size, mask_share)


def follows(documents: list[list[int]]) -> set[int]:
    """The sentences that have a successor in their document."""
    found, number = set(), 0
    for document in documents:
        found.update(range(number, number + len(document) - 1))
        number += len(document)
    return found


def fitting(documents, length) -> tuple[list[tuple], list[tuple]]:
    """All neighbours and all strangers that fit in a row, found by trying every pair."""
    sizes = [size for document in documents for size in document]
    heads = follows(documents)
    every = [
        (i, j)
        for i in range(len(sizes))
        for j in range(len(sizes))
        if i != j and sizes[i] + sizes[j] + SPECIALS_A_PAIR <= length
    ]
    true = [(i, j) for i, j in every if j == i + 1 and i in heads]
    return true, [pair for pair in every if pair not in set(true)]


def slow_batch(pairs: SentencePairs, generator: np.random.Generator) -> dict[str, list]:
    """The batch as anyone would write it first: lists, loops, one row after another, padded."""
    first, second, label = pairs.choose(generator)
    rows, types = [], []
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        a, b = pairs.store.sentence(a).tolist(), pairs.store.sentence(b).tolist()
        rows.append([CLS, *a, SEP, *b, SEP])
        types.append([0] * (len(a) + 2) + [1] * (len(b) + 1))
    draws = iter(generator.random(sum(map(len, rows)), dtype=np.float32).tolist())
    share = float(np.float32(pairs.mask_share))
    labels, swaps = [], []
    for r, row in enumerate(rows):
        labels.append([-100] * len(row))
        for c, token in enumerate(row):
            draw = next(draws)
            if token not in (PAD, UNK, CLS, SEP, MASK) and draw < share:
                labels[r][c] = token
                if draw / share < 0.8:
                    row[c] = MASK
                elif draw / share < 0.9:
                    swaps.append((r, c))
    ordinary = range(5, pairs.tokenizer.get_vocab_size())
    for (r, c), pick in zip(swaps, generator.integers(len(ordinary), size=len(swaps)), strict=True):
        rows[r][c] = ordinary[pick]
    length = max(map(len, rows))
    return {
        "input_ids": [row + [PAD] * (length - len(row)) for row in rows],
        "token_type_ids": [row + [0] * (length - len(row)) for row in types],
        "attention_mask": [[1] * len(row) + [0] * (length - len(row)) for row in rows],
        "labels": [row + [-100] * (length - len(row)) for row in labels],
        "next_sentence_label": label.tolist(),
    }


documents = st.lists(
    st.lists(st.integers(1, 40), min_size=1, max_size=8), min_size=1, max_size=6
).filter(lambda made: sum(map(len, made)) > 3)


@settings(max_examples=150, deadline=None)
@given(documents, st.integers(8, 64), st.sampled_from([2, 4, 10, 64]), st.integers(0, 2**32))
def test_every_pair_is_what_its_label_says(documents, length, batch_size, seed):
    try:
        pairs = pairs_of(documents, length, batch_size)
    except BertlabError as error:
        true, _ = fitting(documents, length)
        assert not true or "at least 3" in str(error)
        return
    first, second, label = pairs.choose(np.random.default_rng(seed))
    true, strangers = map(set, fitting(documents, length))
    assert sorted(label.tolist()) == [0] * (batch_size // 2) + [1] * (batch_size // 2)
    for pair, other in zip(zip(first.tolist(), second.tolist(), strict=True), label, strict=True):
        assert pair in (strangers if other else true)


@settings(max_examples=60, deadline=None)
@given(documents, st.sampled_from([2, 16]), st.floats(0, 1), st.integers(0, 2**32))
def test_the_slow_way_gives_the_same_batch(documents, batch_size, share, seed):
    try:
        pairs = pairs_of(documents, 64, batch_size, share)
    except BertlabError:
        return
    batch = pairs.draw(np.random.default_rng(seed))
    slow = slow_batch(pairs, np.random.default_rng(seed))
    padded = batch.padded(pad_id=PAD)
    assert list(padded) == list(slow)
    for name, values in padded.items():
        assert values.tolist() == slow[name], name
        assert values.dtype == torch.int64, name


@pytest.fixture(scope="module")
def real():
    """The shipped corpus with a vocabulary of its own."""
    texts = [document.text for document in open_corpus("bertlab")][:60]
    tokenizer = train_wordpiece(texts, 1000)
    return encode_corpus(texts, tokenizer), tokenizer


def test_the_slow_way_gives_the_same_batch_of_real_text(real):
    pairs = SentencePairs(*real, length=48, batch_size=64)
    slow = slow_batch(pairs, np.random.default_rng(3))
    for name, values in pairs.draw(np.random.default_rng(3)).padded().items():
        assert values.tolist() == slow[name], name


DOCUMENTS = [[4, 9, 20, 3, 7], [30, 2], [5], [6, 6, 25, 1], [11]]


def chi_square_fits(seen: Counter, cells: list) -> bool:
    """Whether counts over equally likely cells lie within five deviations of a chi-square."""
    assert set(seen) <= set(cells)
    expected = sum(seen.values()) / len(cells)
    statistic = sum((seen[cell] - expected) ** 2 / expected for cell in cells)
    return statistic - (len(cells) - 1) < 5 * math.sqrt(2 * (len(cells) - 1))


def test_neighbours_and_strangers_are_uniform_over_all_that_fit():
    """So the refilling prefers none: 34 tokens leave out about a third of the strangers."""
    pairs = pairs_of(DOCUMENTS, length=34, batch_size=20_000)
    first, second, label = pairs.choose(np.random.default_rng(0))
    true, strangers = fitting(DOCUMENTS, 34)
    found = list(zip(first.tolist(), second.tolist(), label.tolist(), strict=True))
    assert 4 < len(true) < len(strangers)
    assert chi_square_fits(Counter((a, b) for a, b, other in found if not other), true)
    assert chi_square_fits(Counter((a, b) for a, b, other in found if other), strangers)


def test_the_label_does_not_tell_by_the_place_in_the_batch():
    pairs = pairs_of(DOCUMENTS, batch_size=10)
    labels = [pairs.choose(np.random.default_rng(seed))[2] for seed in range(2000)]
    assert np.abs(np.mean(labels, axis=0) - 0.5).max() < 5 * 0.5 / math.sqrt(2000)


def test_a_sentence_of_another_document_is_a_stranger_though_it_comes_next():
    pairs = pairs_of([[3, 3], [3, 3], [3, 3]], batch_size=2000)
    first, second, label = pairs.choose(np.random.default_rng(0))
    across = (second == first + 1) & np.isin(first, [1, 3])
    assert across.any() and (label[across] == 1).all()
    assert set(first[label == 0].tolist()) == {0, 2, 4}


def test_too_long_pairs_are_replaced_within_their_class():
    """Most pairs are too long; the rows that come are full in number and balanced all the same."""
    lengths = [[3, 90, 4, 5, 90, 90, 90, 2], [90] * 12, [6, 90]]
    pairs = pairs_of(lengths, length=20, batch_size=512, mask_share=0.0)
    for seed in range(5):
        batch = pairs.draw(np.random.default_rng(seed))
        assert batch.row_offsets.diff().max() <= 20 and len(batch) == 512
        assert int(batch.next_sentence_label.sum()) == 256
        assert not np.isin(batch.input_ids, [5 + i for i in (1, 4, 5, 6, *range(8, 20), 21)]).any()


def test_the_longest_pair_that_fits_is_used_and_one_more_token_is_not():
    documents = [[10, 10], [10, 11], [1, 1]]
    pairs = pairs_of(documents, length=23, batch_size=400)
    first, _, label = pairs.choose(np.random.default_rng(0))
    assert set(first[label == 0].tolist()) == {0, 4}


def test_small_batches_find_strangers_that_are_rare():
    """One draw in 1,600 fits. With one try a round, half the batches of two would give up."""
    pairs = pairs_of([[10, 10], *[[15]] * 38], length=23, batch_size=2)
    for seed in range(300):
        pairs.choose(np.random.default_rng(seed))


def test_strangers_that_are_too_rare_are_an_error_not_a_hang():
    lengths = [10, 10] + [19] * 20_000
    store = TokenStore(
        np.full(sum(lengths), 5, dtype=np.uint16),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.zeros(len(lengths), dtype=np.int32),
    )
    pairs = SentencePairs(store, words_tokenizer(6), length=23, batch_size=2)
    with pytest.raises(BertlabError, match="too rare to find"):
        pairs.choose(np.random.default_rng(0))


def test_equal_generators_give_equal_batches_and_nothing_else_matters():
    pairs = pairs_of(DOCUMENTS)
    torch.manual_seed(0), np.random.seed(0)
    batches = [pairs.draw(np.random.default_rng(7))]
    torch.manual_seed(1), np.random.seed(1)
    batches.append(pairs_of(DOCUMENTS).draw(np.random.default_rng(7)))
    for name in ("input_ids", "mlm_positions", "mlm_labels", "row_offsets", "next_sentence_label"):
        assert torch.equal(getattr(batches[0], name), getattr(batches[1], name)), name
    other = pairs.draw(np.random.default_rng(8))
    assert not torch.equal(other.input_ids, batches[0].input_ids)


def test_one_generator_gives_one_batch_after_another():
    pairs, generator = pairs_of(DOCUMENTS), np.random.default_rng(0)
    pairs.draw(generator)
    state = generator.bit_generator.state
    second = pairs.draw(generator)
    generator.bit_generator.state = state  # what a checkpoint restores
    assert torch.equal(pairs.draw(generator).input_ids, second.input_ids)


def test_a_mapped_store_gives_the_same_batches(tmp_path):
    texts = [document.text for document in open_corpus("bertlab")][:20]
    tokenizer = train_wordpiece(texts, 500)
    stores = encode_corpus(texts, tokenizer), encode_corpus(texts, tokenizer, tmp_path)
    a, b = (SentencePairs(s, tokenizer, 64, 8).draw(np.random.default_rng(0)) for s in stores)
    assert torch.equal(a.input_ids, b.input_ids) and a.tokens == b.tokens


@pytest.mark.parametrize("kind", [np.uint16, np.uint32])
def test_the_type_of_the_stored_tokens_does_not_show(kind):
    store = store_of(DOCUMENTS)
    store = TokenStore(store.tokens.astype(kind), store.sentence_offsets, store.document_of)
    batch = SentencePairs(store, words_tokenizer(70_000)).draw(np.random.default_rng(0))
    swapped = batch.input_ids[batch.mlm_positions]
    assert batch.input_ids.dtype == torch.int64 and swapped.max() > 65_536


def test_the_first_and_last_sentence_of_the_store_are_laid_out_whole():
    """[CLS] of the first row would lie before the store, [SEP] of the last one behind it."""
    pairs = pairs_of([[2, 3, 2]], mask_share=0.0)
    stream = pairs.lay_out(np.array([0, 1, 2]), np.array([1, 2, 0]))
    assert stream["input_ids"].tolist() == [
        *(CLS, 5, 5, SEP, 6, 6, 6, SEP),
        *(CLS, 6, 6, 6, SEP, 7, 7, SEP),
        *(CLS, 7, 7, SEP, 5, 5, SEP),
    ]
    assert stream["position_ids"].tolist() == [*range(8), *range(8), *range(7)]
    assert stream["row_offsets"].tolist() == [0, 8, 16, 23]


def test_the_padded_form_says_the_same_as_the_stream():
    batch: Batch = pairs_of(DOCUMENTS, batch_size=32).draw(np.random.default_rng(0))
    padded = batch.padded(pad_id=9, ignore_index=-1)
    seen = padded["attention_mask"].bool()
    assert padded["input_ids"].shape == (32, batch.length) == tuple(seen.shape)
    assert torch.equal(seen, batch.visible())
    for name in ("input_ids", "token_type_ids"):
        assert torch.equal(padded[name][seen], getattr(batch, name))
    assert (padded["input_ids"][~seen] == 9).all() and (padded["labels"][~seen] == -1).all()
    labels = padded["labels"][seen]
    assert torch.equal(labels.ne(-1).nonzero().flatten(), batch.mlm_positions)
    assert torch.equal(labels[batch.mlm_positions], batch.mlm_labels)
    places = torch.arange(seen.numel()).view_as(seen)[seen]
    assert torch.equal(places, batch.grid) and batch.tokens == int(seen.sum())
    columns = torch.arange(batch.length).expand_as(seen)[seen]
    assert torch.equal(columns, batch.position_ids)


def test_moving_a_batch_keeps_it_whole():
    batch = pairs_of(DOCUMENTS).draw(np.random.default_rng(0))
    moved = batch.to("meta")
    assert moved.input_ids.is_meta and moved.next_sentence_label.is_meta
    assert (moved.length, len(moved)) == (batch.length, len(batch))


@pytest.mark.parametrize("size, better", [(5, 6), (1, 2), (0, 2), (-2, 2), (-3, 2)])
def test_a_batch_that_cannot_be_balanced_is_refused(size, better):
    with pytest.raises(BertlabError, match=f"batch_size={size}; wanted an even .* Use {better}"):
        pairs_of(DOCUMENTS, batch_size=size)


@pytest.mark.parametrize(
    "documents, length, found",
    [
        ([[5]], 64, "no two neighbouring sentences"),
        ([[5], [6], [7]], 64, "no two neighbouring sentences"),
        ([[40, 40, 40]], 64, "no two neighbouring sentences of one document that fit in 64"),
        ([[5, 6, 7]], 3, "no two neighbouring sentences"),
        ([[5, 6]], 64, "2 sentences that fit in 64 tokens; wanted at least 3"),
    ],
)
def test_a_corpus_without_pairs_is_refused(documents, length, found):
    with pytest.raises(BertlabError, match=found):
        pairs_of(documents, length)


@pytest.mark.parametrize("at_once", [1, 2, 7, 2**16])
@pytest.mark.parametrize("room", [4, 9, 40])
def test_what_fits_is_found_in_blocks_as_in_one_piece(room, at_once):
    store = store_of([[1, 3, 5, 8, 2], [7], [4, 4, 30, 2], [39, 1, 1, 9], [2, 2]])
    lengths, homes = store.lengths, store.document_of
    starts, short = _that_fit(store, room, at_once)
    pairs = zip(range(len(store) - 1), range(1, len(store)), strict=True)
    wanted = [a for a, b in pairs if homes[a] == homes[b] and lengths[a] + lengths[b] <= room]
    assert starts.tolist() == wanted
    assert short.tolist() == [i for i, size in enumerate(lengths) if size < room]
