"""Features of frozen encoders: the same vectors alone, together, from disk, after a pickle, in a pipeline."""

import pickle
import shutil
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from bertlab.data.vocabulary import load_tokenizer, train_wordpiece
from bertlab.data.words import split_words
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_config import ElmoConfig
from bertlab.models.loading import load
from bertlab.models.static import StaticVectors
from bertlab.training.features import EncoderFeatures, with_neighbours
from bertlab.training.readers import fingerprint
from tests.small_bert import small_bert

TEXTS = [
    "the cat sat on the mat",
    "a dog ran to the river bank and back again",
    "",
    "she went to the bank for money, and then she went home",
    "no",
    "the cat sat on the mat",  # twice
    "0.123 4.567 -8.9",
]
SENTENCES = [["the", "catriver", "cat"], [], ["money", "\x00", "again", "!"], ["no"]]
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789.,-!"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A BERT of 5 layers × 16 with random weights, on disk."""
    tokenizer = train_wordpiece([*TEXTS, " ".join(ALPHABET)], 120, min_frequency=1)
    model = small_bert(
        tokenizer.get_vocab_size(),
        num_hidden_layers=5,
        intermediate_size=24,
        max_position_embeddings=40,
        initializer_range=0.2,
    )
    path = tmp_path_factory.mktemp("models") / "tiny"
    model.save_pretrained(path, tokenizer)
    return path


@pytest.fixture(scope="module")
def elmo():
    config = ElmoConfig(
        filters=((1, 4), (2, 6)),
        character_dim=5,
        dim=12,
        projection_dim=7,
        cell_clip=None,
        proj_clip=None,
        vocabulary_size=0,
        cutoffs=(),
    )
    return Elmo(config, (), torch.Generator().manual_seed(0)).eval()


@pytest.fixture(scope="module")
def static():
    vectors = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    return StaticVectors(["the", "cat", "bank", "Bank"], vectors)


def states(folder, text):
    """Every layer's vectors of one text read alone: (6, pieces, 16)."""
    model, tokenizer = load(folder)
    with torch.no_grad():
        ids = torch.tensor([tokenizer.encode(text).ids])
        return torch.cat(model(ids, output_hidden_states=True).hidden_states).numpy()


# --- the vectors

CHOICES = {
    -1: lambda s: s[5],
    0: lambda s: s[0],
    3: lambda s: s[3],
    -2: lambda s: s[4],
    (0, -1): lambda s: np.concatenate([s[0], s[5]], axis=-1),
    "sum": lambda s: s[2:].sum(axis=0),
    "concat": lambda s: np.concatenate(s[2:], axis=-1),
}
POOLED = {
    "mean": lambda v: v[1:-1].mean(axis=0),
    "max": lambda v: v[1:-1].max(axis=0),
    "first": lambda v: v[0],
}


@pytest.mark.parametrize("layers", CHOICES)
@pytest.mark.parametrize("pooling", POOLED)
def test_together_as_one_by_one(folder, layers, pooling):
    texts = [text for text in TEXTS if text]
    features = EncoderFeatures(folder, layers=layers, pooling=pooling, batch_tokens=50)
    wanted = [POOLED[pooling](CHOICES[layers](states(folder, text))) for text in texts]
    np.testing.assert_allclose(features.transform(texts), wanted, atol=1e-5)


def test_nothing_to_pool_gives_zeros(folder):
    for pooling in ("mean", "max"):
        assert not EncoderFeatures(folder, pooling=pooling).transform([""]).any()
    assert EncoderFeatures(folder, pooling="first").transform([""]).any()
    assert EncoderFeatures(folder, layers="concat").transform([]).shape == (0, 64)


def test_the_type_and_the_order_are_kept(folder):
    found = EncoderFeatures(folder).transform(np.array(TEXTS))
    assert found.dtype == np.float32 and found.shape == (7, 16)
    assert (found[0] == found[5]).all() and np.abs(found[0] - found[1]).max() > 0.1


def test_a_model_as_an_object_is_the_one_in_its_folder(folder):
    model, tokenizer = load(folder)
    wanted = EncoderFeatures(folder).transform(TEXTS)
    model.train()  # dropout must not show, and the mode must come back
    np.testing.assert_array_equal(
        EncoderFeatures(model, tokenizer=tokenizer).transform(TEXTS), wanted
    )
    assert model.training


def test_an_encoder_of_transformers_gives_the_same(folder):
    transformers = pytest.importorskip("transformers", reason="comes with the extra 'test'")
    theirs = transformers.AutoModel.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for layers in (0, -1, "concat"):
        features = EncoderFeatures(theirs, tokenizer=tokenizer, layers=layers)
        wanted = EncoderFeatures(folder, layers=layers).transform(TEXTS)
        np.testing.assert_allclose(features.transform(TEXTS), wanted, atol=1e-5)


def test_a_transformer_without_token_types_and_with_another_architecture(folder):
    transformers = pytest.importorskip("transformers", reason="comes with the extra 'test'")
    tokenizer = load_tokenizer(folder)
    config = transformers.DistilBertConfig(
        vocab_size=200, dim=8, n_layers=2, n_heads=2, hidden_dim=16, max_position_embeddings=40
    )
    theirs = transformers.DistilBertModel(config).eval()
    found = EncoderFeatures(theirs, tokenizer=tokenizer, layers="concat").transform(TEXTS)
    assert found.shape == (7, 24)  # two layers and the embeddings: fewer than four
    alone = EncoderFeatures(theirs, tokenizer=tokenizer, layers="concat").transform(TEXTS[1:2])
    np.testing.assert_allclose(found[1:2], alone, atol=1e-5)


def test_elmo_reads_sentence_by_sentence(elmo):
    text = "The bank was closed. She went home to the river bank."
    sentences = [split_words(part) for part in ("The bank was closed.", text[21:])]
    layers = torch.cat(elmo.embed(sentences), dim=1).numpy()  # (3, words, 14)
    for chosen, wanted in ((0, layers[0]), (-1, layers[2]), ("sum", layers.sum(axis=0))):
        found = EncoderFeatures(elmo, layers=chosen).transform(["no", text, ""])
        np.testing.assert_allclose(found[1], wanted.mean(axis=0), atol=1e-5)
        assert not found[2].any()
    assert EncoderFeatures(elmo, layers="concat").fit([text]).transform([text]).shape == (1, 42)


def test_static_vectors_know_lower_case_and_give_zeros_for_the_unknown(static):
    found = EncoderFeatures(static).transform(["The Bank", "the bank", "unheard of"])
    the, bank, capital = static.vectors[[0, 2, 3]].numpy()
    np.testing.assert_allclose(
        found, [(the + capital) / 2, (the + bank) / 2, np.zeros(6)], atol=1e-6
    )
    words = EncoderFeatures(static, layers=0).words([["cat", "x"], []])
    assert [w.shape for w in words] == [(2, 6), (0, 6)] and not words[0][1].any()


# --- a vector a word


def test_words_of_several_pieces(folder):
    _, tokenizer = load(folder)
    sentence = ["the", "catriver", "cat"]
    pieces = tokenizer.encode(sentence, is_pretokenized=True)
    assert pieces.word_ids.count(1) > 1  # the test is about this word
    every = states(folder, " ".join(sentence))[-1]
    inside = [place for place, word in enumerate(pieces.word_ids) if word == 1]
    for how, wanted in (("first", every[inside[0]]), ("mean", every[inside].mean(axis=0))):
        found = EncoderFeatures(folder).words(SENTENCES, pieces=how)
        assert [len(words) for words in found] == [3, 0, 4, 1]
        np.testing.assert_allclose(found[0][1], wanted, atol=1e-5)
        np.testing.assert_allclose(found[0][0], every[1], atol=1e-5)
        assert not found[2][1].any() and found[2][2].any()  # a control character has no piece


def test_words_of_elmo(elmo):
    found = EncoderFeatures(elmo).words(SENTENCES)
    for words, layers in zip(found, elmo.embed(SENTENCES), strict=True):
        np.testing.assert_allclose(words, layers[-1].numpy(), atol=1e-5)


def test_neighbours_stand_beside_each_word():
    found = with_neighbours(np.array([[1, 2], [3, 4], [5, 6]]))
    assert found.tolist() == [[0, 0, 1, 2, 3, 4], [1, 2, 3, 4, 5, 6], [3, 4, 5, 6, 0, 0]]
    assert with_neighbours(np.array([[1, 2]])).tolist() == [[0, 0, 1, 2, 0, 0]]
    assert with_neighbours(np.empty((0, 2))).shape == (0, 6)


# --- bad input is told


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"layers": 6}, "0 to 5"),
        ({"layers": "all"}, "'sum' or 'concat'"),
        ({"layers": 1.0}, "'sum' or 'concat'"),
        ({"layers": ()}, "several as a tuple"),
        ({"layers": (0, 6)}, r"layers=\(0, 6\)"),
        ({"pooling": "cls"}, "pooling='cls'"),
        ({"max_length": 41}, "3 to 40"),
        ({"max_length": 2}, "3 to 40"),
        ({"batch_tokens": 0}, "at least 1"),
        ({"encoder": 3}, "int as the encoder"),
        ({"encoder": "./no/such/folder"}, "no folder"),
        ({"tokenizer": "x"}, "a name alone"),
    ],
)
def test_bad_settings(folder, settings, told):
    with pytest.raises(BertlabError, match=told):
        EncoderFeatures(**{"encoder": folder, **settings}).fit_transform(TEXTS)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ("one string", "a list"),
        ([["a"], ["b"]], "text 0"),
        (np.array([["a"], ["b"]]), r"shape \(2, 1\)"),
        (["a", None], "None .* as text 1"),
        (["a", float("nan")], "nan .* as text 1"),
        ([b"bytes"], "bytes"),
        (7, "a list"),
    ],
)
def test_what_is_no_list_of_texts(folder, texts, told):
    for method in ("fit", "transform"):
        with pytest.raises(BertlabError, match=told):
            getattr(EncoderFeatures(folder), method)(texts)


def test_a_model_without_its_tokenizer(folder, elmo, static):
    with pytest.raises(BertlabError, match="no tokenizer"):
        EncoderFeatures(Bert.from_pretrained(folder)).fit(TEXTS)
    for encoder in (elmo, static):
        with pytest.raises(BertlabError, match="'first'"):
            EncoderFeatures(encoder, pooling="first").fit(TEXTS)


def test_long_texts_are_cut_aloud_and_long_sentences_refused(folder):
    short = EncoderFeatures(folder, max_length=8)
    with pytest.warns(UserWarning, match="1 of 2 texts have more than 8 pieces"):
        found = short.transform(["no", "the cat sat on the mat " * 5])
    np.testing.assert_allclose(found[1], short.transform(["the cat sat on the mat"])[0], atol=1e-5)
    with pytest.raises(BertlabError, match="9 words in more than 8 pieces"):
        short.words([["no"], ["the"] * 9])
    with pytest.raises(BertlabError, match="a list of words"):
        short.words(["a string"])
    with pytest.raises(BertlabError, match="pieces='last'"):
        short.words([["no"]], pieces="last")


# --- frozen


def test_reading_changes_no_weight_and_training_one_is_seen(folder):
    model, tokenizer = load(folder)
    before = fingerprint(model)
    features = EncoderFeatures(model, tokenizer=tokenizer).fit(TEXTS)
    features.transform(TEXTS)
    assert fingerprint(model) == before
    assert not any(parameter.grad is not None for parameter in model.parameters())
    with torch.no_grad():
        model.layers[2].narrow.weight[0, 0] += 1e-6
    assert fingerprint(model) != before
    with pytest.raises(BertlabError, match="other weights"):
        features.transform(TEXTS)
    features.fit(TEXTS).transform(TEXTS)


def test_new_settings_open_another_encoder(folder, elmo):
    features = EncoderFeatures(folder).fit(TEXTS)
    features.set_params(encoder=elmo).fit(TEXTS)
    assert features.transform(TEXTS).shape == (7, 14)


# --- the cache


def counting(monkeypatch):
    """Counts the rows that are really read."""
    from bertlab.training.readers import PieceReader

    seen, plain = [], PieceReader.read

    def read(self, rows, combine, batch_tokens):
        seen.extend(rows)
        return plain(self, rows, combine, batch_tokens)

    monkeypatch.setattr(PieceReader, "read", read)
    return seen


def test_what_is_on_disk_is_not_read_again(folder, tmp_path, monkeypatch):
    seen = counting(monkeypatch)
    first = EncoderFeatures(folder, cache=tmp_path).transform(TEXTS)
    assert sorted(seen) == sorted(set(TEXTS))  # a text that comes twice is read once
    seen.clear()
    again = EncoderFeatures(folder, cache=str(tmp_path)).transform(TEXTS[::-1])
    assert seen == [] and (again == first[::-1]).all()
    more = EncoderFeatures(folder, cache=tmp_path).transform([*TEXTS, "new"])
    assert seen == ["new"] and (more[:7] == first).all()


@pytest.mark.parametrize(
    "settings", [{"layers": 2}, {"pooling": "max"}, {"layers": "sum"}, {"layers": "concat"}]
)
def test_other_settings_have_other_entries(folder, tmp_path, settings):
    EncoderFeatures(folder, cache=tmp_path).transform(TEXTS)
    cached = EncoderFeatures(folder, cache=tmp_path, **settings).transform(TEXTS)
    np.testing.assert_array_equal(cached, EncoderFeatures(folder, **settings).transform(TEXTS))


def test_words_and_texts_do_not_mix(folder, tmp_path):
    features = EncoderFeatures(folder, cache=tmp_path)
    wanted = {how: EncoderFeatures(folder).words(SENTENCES, how) for how in ("first", "mean")}
    for how in ("first", "mean", "first", "mean"):
        features.transform(["no"])
        for found, right in zip(features.words(SENTENCES, how), wanted[how], strict=True):
            np.testing.assert_array_equal(found, right)


def test_changed_weights_have_other_entries(folder, tmp_path):
    model, tokenizer = load(folder)
    features = EncoderFeatures(model, tokenizer=tokenizer, cache=tmp_path)
    before = features.transform(TEXTS)
    with torch.no_grad():
        model.layers[4].output_norm.bias += 1
    np.testing.assert_allclose(features.transform(TEXTS)[0], before[0] + 1, atol=1e-5)


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "other", "folder of rubbish"])
def test_a_damaged_cache_is_computed_again(folder, tmp_path, monkeypatch, damage):
    wanted = EncoderFeatures(folder, cache=tmp_path).transform(TEXTS)
    [shard] = tmp_path.rglob("*.safetensors")
    whole = shard.read_bytes()
    flipped = bytearray(whole)
    flipped[-20] ^= 4  # safetensors itself would not notice
    contents = {"cut": whole[:-9], "empty": b"", "flipped": bytes(flipped), "other": b"x" * 999}
    shard.write_bytes(contents.get(damage, b"\x00" * 64))
    seen = counting(monkeypatch)
    again = EncoderFeatures(folder, cache=tmp_path).transform(TEXTS)
    assert len(seen) == 6 and (again == wanted).all()
    seen.clear()
    EncoderFeatures(folder, cache=tmp_path).transform(TEXTS)
    assert seen == []


def test_a_break_leaves_whole_shards(folder, tmp_path, monkeypatch):
    from bertlab.training import feature_cache, features

    def full(*_, **__):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(feature_cache, "save_file", full)
        with pytest.raises(OSError, match="no space"):
            EncoderFeatures(folder, cache=tmp_path).transform(TEXTS)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    monkeypatch.setattr(features, "SHARD", 2)
    EncoderFeatures(folder, cache=tmp_path).transform(TEXTS)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 3


# --- scikit-learn


class NumbersAsText(EncoderFeatures):
    """What check_estimator needs to try a transformer of texts at all: it knows rows of numbers only.

    Its tables are checked as scikit-learn checks them and then written out as texts.
    """

    def fit(self, X, y=None):
        return super().fit(self._written(X, True))

    def transform(self, X):
        return super().transform(self._written(X, False))

    def _written(self, X, reset):
        from sklearn.utils.validation import validate_data

        table = validate_data(self, X, reset=reset)
        return [" ".join(f"{number:.2f}" for number in row) for row in table]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array = True, False
        tags.input_tags.string = False
        return tags


def test_scikit_learns_own_contract(folder, tmp_path):
    """Over forty checks: fitting twice, subsets and order of rows, clones, pickles, parameters …"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(
            NumbersAsText(str(folder), max_length=40, cache=tmp_path), on_fail=None
        )
    failed = {
        one["check_name"]: str(one["exception"]) for one in results if one["status"] == "failed"
    }
    assert failed == {}
    assert sum(one["status"] == "passed" for one in results) > 35


def test_clones_share_the_encoder_and_not_the_fit(folder):
    model, tokenizer = load(folder)
    fitted = EncoderFeatures(model, tokenizer=tokenizer, layers=2, cache="x").fit(TEXTS)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params() and copy.encoder is model
    assert not hasattr(copy, "fingerprint_") and copy._opened is fitted._opened


def test_a_pickle_holds_a_name_and_no_weights(folder):
    texts = [f"{text} {i}" for i, text in enumerate(TEXTS)]
    pipeline = make_pipeline(EncoderFeatures(folder), LogisticRegression())
    pipeline.fit(texts, [0, 1, 0, 1, 0, 1, 0])
    written = pickle.dumps(pipeline)
    assert len(written) < 5000 < (folder / "model.safetensors").stat().st_size
    np.testing.assert_array_equal(
        pickle.loads(written).predict_proba(texts), pipeline.predict_proba(texts)
    )


def test_a_pickle_refuses_other_weights_than_those_it_was_made_with(folder, tmp_path):
    moved = tmp_path / "mine"
    shutil.copytree(folder, moved)
    written = pickle.dumps(EncoderFeatures(moved).fit(TEXTS))
    model, tokenizer = load(moved)
    with torch.no_grad():
        model.layers[0].narrow.bias += 0.5
    model.save_pretrained(moved, tokenizer)
    with pytest.raises(BertlabError, match="other weights"):
        pickle.loads(written).transform(TEXTS)


def test_an_object_without_a_name_cannot_be_pickled(folder, elmo):
    model, tokenizer = load(folder)
    with pytest.raises(BertlabError, match="a Bert as the encoder .* save_pretrained"):
        pickle.dumps(EncoderFeatures(model, tokenizer=tokenizer))
    with pytest.raises(BertlabError, match="an? Elmo"):
        pickle.dumps(EncoderFeatures(elmo))


@pytest.mark.parametrize(
    "classifier",
    [LogisticRegression(), LinearSVC(), SVC(), MLPClassifier((8,), solver="lbfgs", random_state=0)],
    ids=lambda one: type(one).__name__,
)
def test_in_a_pipeline(folder, tmp_path, classifier):
    texts = [f"the {animal} went {n}" for n in range(20) for animal in ("cat", "bank")]
    labels = [0, 1] * 20
    pipeline = make_pipeline(
        EncoderFeatures(folder, layers=0, cache=tmp_path), StandardScaler(), classifier
    )
    assert cross_val_score(pipeline, texts, labels, cv=2).mean() > 0.9


def test_columns_have_names(folder):
    frame = pytest.importorskip("pandas", reason="only for set_output").DataFrame({"text": TEXTS})
    features = EncoderFeatures(folder).set_output(transform="pandas")
    found = clone(features).fit(frame["text"]).transform(frame["text"])
    assert list(found.columns[:2]) == ["encoderfeatures0", "encoderfeatures1"]
