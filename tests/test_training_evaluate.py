"""Baselines and evaluation: by hand, against slow independent counts, and weighted as promised."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from bertlab.data.pairs import SentencePairs
from bertlab.data.store import TokenStore, encode_corpus, is_held_out
from bertlab.data.vocabulary import SPECIAL_TOKENS, train_wordpiece
from bertlab.models.bert import Bert
from bertlab.text.corpora import open_corpus
from bertlab.training import baselines
from bertlab.training.baselines import CountModel
from bertlab.training.evaluate import evaluate_baselines, evaluate_pretraining, fixed_batches
from tests.small_bert import small_bert


def whole_words(*words: str) -> Tokenizer:
    pieces = [*SPECIAL_TOKENS, *words]
    tokenizer = Tokenizer(
        models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


@pytest.fixture(scope="module")
def corpus():
    """(training store, held-out pairs, tokenizer) of the shipped corpus."""
    texts = [document.text for document in open_corpus("bertlab")]
    train = [text for text in texts if not is_held_out(text)]
    tokenizer = train_wordpiece(train, 2000)
    held_out = encode_corpus((text for text in texts if is_held_out(text)), tokenizer)
    pairs = SentencePairs(held_out.merged(30), tokenizer, 64, 16)
    return encode_corpus(train, tokenizer), pairs, tokenizer


def test_a_corpus_counted_by_hand():
    tokenizer = whole_words(".", "a", "b", "c")
    full, a, b, c = range(5, 9)
    counts = CountModel.fit(encode_corpus(["A b a b. C a b. A c."], tokenizer), 9)
    # a b a b . | c a b . | a c . : 12 tokens (a 4, b 3, c 2, . 3), and one more for each of 9 ids
    assert np.allclose(counts.unigram * 21, [1, 1, 1, 1, 1, 4, 5, 4, 3])
    # after a: b three times, c once. The end of a sentence is no neighbour: "." begins no pair.
    assert counts.left_totals.tolist() == [0] * 5 + [0, 4, 3, 2]
    k = baselines._BACKOFF
    assert counts.bigram(np.array([a]), np.array([b])) == pytest.approx((3 + k * 4 / 21) / (4 + k))
    assert counts.bigram(np.array([b]), np.array([c])) == pytest.approx((0 + k * 3 / 21) / (3 + k))
    assert counts.bigram(np.array([full]), np.array([a])) == pytest.approx(5 / 21)  # never a left
    # after b: "." twice, a once; after c: a and "." once each, a is the more frequent word
    assert counts.best_after[[full, a, b, c]].tolist() == [a, b, full, a]


def test_a_successor_seen_as_often_goes_to_the_more_frequent_word():
    tokenizer = whole_words("x", "rare", "often", "z")
    often = tokenizer.token_to_id("often")
    counts = CountModel.fit(encode_corpus(["X often. X z. Often often."], tokenizer), 9)
    assert counts.best_after[tokenizer.token_to_id("x")] == often
    counts = CountModel.fit(encode_corpus(["X z. X rare. Rare rare."], tokenizer), 9)
    assert counts.best_after[tokenizer.token_to_id("x")] == tokenizer.token_to_id("rare")


def slow_guesses(store: TokenStore, size: int, batches, mask_id: int) -> dict:
    """Both baselines with dictionaries and one loop over the masked tokens."""
    words, after = Counter(), defaultdict(Counter)
    for number in range(len(store)):
        ids = store.sentence(number).tolist()
        words.update(ids)
        for left, right in zip(ids, ids[1:], strict=False):
            after[left][right] += 1
    total = sum(words.values()) + size
    chance = {word: (words[word] + 1) / total for word in range(size)}
    top = max(range(size), key=lambda word: chance[word])
    right_guesses, logs = {"unigram": [], "bigram": []}, {"unigram": [], "bigram": []}
    for batch in batches:
        for place, label in zip(
            batch.mlm_positions.tolist(), batch.mlm_labels.tolist(), strict=True
        ):
            left = batch.input_ids[place - 1].item()
            right_guesses["unigram"].append(label == top)
            logs["unigram"].append(math.log(chance[label]))
            seen = after[left] if left != mask_id else Counter()
            guess = max(seen, key=lambda w: (seen[w], chance[w], w)) if seen else top
            k = baselines._BACKOFF
            double = (seen[label] + k * chance[label]) / (sum(seen.values()) + k)
            right_guesses["bigram"].append(label == guess)
            logs["bigram"].append(math.log(double))
    return {
        name: {
            "masked_accuracy": sum(right_guesses[name]) / len(logs[name]),
            "mlm_loss": -sum(logs[name]) / len(logs[name]),
        }
        for name in logs
    }


def test_baselines_equal_slow_counts(corpus):
    store, pairs, tokenizer = corpus
    size, mask_id = tokenizer.get_vocab_size(), tokenizer.token_to_id("[MASK]")
    batches = fixed_batches(pairs, 6)
    found = evaluate_baselines(CountModel.fit(store, size), batches, mask_id)
    assert found.keys() == {"unigram", "bigram"}
    for name, wanted in slow_guesses(store, size, batches, mask_id).items():
        assert found[name] == pytest.approx(wanted), name


def test_probabilities_add_up_to_one(corpus):
    store, _, tokenizer = corpus
    size = tokenizer.get_vocab_size()
    counts = CountModel.fit(store, size)
    assert counts.unigram.sum() == pytest.approx(1)
    everything = np.arange(size)
    for left in (0, 5, 100, int(store.tokens[0])):
        assert counts.bigram(np.full(size, left), everything).sum() == pytest.approx(1)


def test_a_bigram_beats_a_unigram_on_text_it_has_not_seen(corpus):
    store, pairs, tokenizer = corpus
    counts = CountModel.fit(store, tokenizer.get_vocab_size())
    found = evaluate_baselines(counts, fixed_batches(pairs), tokenizer.token_to_id("[MASK]"))
    assert found["bigram"]["masked_accuracy"] > 1.5 * found["unigram"]["masked_accuracy"]
    assert found["bigram"]["mlm_loss"] < found["unigram"]["mlm_loss"]


def test_the_pseudo_count_is_about_the_best(corpus, monkeypatch):
    store, pairs, tokenizer = corpus
    counts = CountModel.fit(store, tokenizer.get_vocab_size())
    batches, losses = fixed_batches(pairs, 20), {}
    chosen = baselines._BACKOFF
    for factor in (1 / 16, 1 / 8, 1 / 4, 1, 4, 8, 16):
        monkeypatch.setattr(baselines, "_BACKOFF", factor * chosen)
        found = evaluate_baselines(counts, batches, tokenizer.token_to_id("[MASK]"))["bigram"]
        losses[factor] = found["mlm_loss"]
    best = min(losses.values())
    assert losses[1] < best + 0.03
    assert losses[1 / 16] > losses[1] + 0.1


# ---- evaluate_pretraining


def small(pairs: SentencePairs, seed: int = 0) -> Bert:
    return small_bert(pairs.tokenizer.get_vocab_size(), seed, max_position_embeddings=64)


def test_every_masked_token_and_every_pair_counts_the_same(corpus):
    _, pairs, tokenizer = corpus
    wide = SentencePairs(pairs.store, tokenizer, 64, 30)
    batches = [*fixed_batches(pairs, 2), *fixed_batches(wide, 1)]  # batches of 16, 16 and 30 rows
    model = small(pairs)
    found = evaluate_pretraining(model, batches)
    logs, right, verdicts, choices = [], [], [], []
    model.eval()
    with torch.no_grad():
        for batch in batches:
            rows = batch.padded()
            out = model(rows["input_ids"], rows["attention_mask"], rows["token_type_ids"])
            there = rows["labels"] != -100
            chances = model.mlm_logits(out.last_hidden_state[there]).log_softmax(-1)
            labels = rows["labels"][there]
            logs += chances[torch.arange(len(labels)), labels].tolist()
            right += (chances.argmax(-1) == labels).tolist()
            answer = model.nsp_logits(out.pooler_output).log_softmax(-1)
            truth = batch.next_sentence_label
            verdicts += answer[torch.arange(len(truth)), truth].tolist()
            choices += (answer.argmax(-1) == truth).tolist()
    assert found["masked_tokens"] == len(logs)
    assert found["mlm_loss"] == pytest.approx(-np.mean(logs), rel=1e-5)
    assert found["masked_accuracy"] == pytest.approx(np.mean(right), rel=1e-5)
    assert found["nsp_loss"] == pytest.approx(-np.mean(verdicts), rel=1e-5)
    assert found["nsp_accuracy"] == pytest.approx(np.mean(choices), rel=1e-5)
    assert found["perplexity"] == pytest.approx(math.exp(found["mlm_loss"]))


class Says:
    """Reports set numbers instead of computing a loss."""

    def __init__(self, *reports):
        self.reports, self.training = iter(reports), True
        self.pooler = torch.nn.Linear(1, 1)

    def eval(self):
        self.training = False

    def train(self, mode):
        self.training = mode

    def loss(self, batch):
        assert not self.training
        return None, next(self.reports)


def test_pooling_is_weighted_by_masked_tokens_and_by_rows(corpus):
    _, pairs, tokenizer = corpus
    two = SentencePairs(pairs.store, tokenizer, 64, 2)
    batches = [*fixed_batches(pairs, 1), *fixed_batches(two, 1)]
    (many, few), rows = [len(batch.mlm_labels) for batch in batches], (16, 2)
    assert many > 3 * few
    reports = [
        {"mlm_loss": value, "masked_accuracy": value, "nsp_loss": value, "nsp_accuracy": value}
        for value in (1.0, 0.0)
    ]
    model = Says(*reports)
    found = evaluate_pretraining(model, batches)
    assert found["mlm_loss"] == found["masked_accuracy"] == many / (many + few)
    assert found["nsp_loss"] == found["nsp_accuracy"] == rows[0] / sum(rows)
    assert model.training


def test_evaluation_leaves_the_model_as_it_was(corpus):
    _, pairs, _ = corpus
    model, batches = small(pairs), fixed_batches(pairs, 1)
    for mode in (True, False):
        model.train(mode)
        evaluate_pretraining(model, batches)
        assert model.training is mode
    dropped = small(pairs)  # dropout 0.1 in its configuration: off while it is judged
    dropped.train()
    assert evaluate_pretraining(dropped, batches) == evaluate_pretraining(model, batches)


def test_fixed_batches_are_fixed(corpus):
    _, pairs, _ = corpus
    one, other = fixed_batches(pairs, 3), fixed_batches(pairs, 3)
    assert all(torch.equal(a.input_ids, b.input_ids) for a, b in zip(one, other, strict=True))
    assert not torch.equal(one[0].mlm_positions, one[1].mlm_positions)
    different = fixed_batches(pairs, 1, seed=1)
    assert not torch.equal(one[0].mlm_positions, different[0].mlm_positions)
