"""WordPiece vocabularies: the same for the same texts, never too large, never without its letters."""

import json
import os
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, trainers

from bertlab.data import vocabulary
from bertlab.data.vocabulary import SPECIAL_TOKENS, load_tokenizer, train_wordpiece
from bertlab.errors import BertlabError
from bertlab.text.corpora import open_corpus

TEXTS = [
    "The café on the corner opens early; the baker, who never sleeps, opens earlier.",
    "Earlier still, the corner itself opens: a door, a window, a cat.",
    "Nobody opens the cat.",
]


@pytest.fixture(scope="module")
def corpus():
    return [document.text for document in open_corpus("bertlab")][:80]


def test_special_tokens_come_first():
    tokenizer = train_wordpiece(TEXTS, 120)
    assert [tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == [0, 1, 2, 3, 4]


def test_a_pair_is_laid_out_as_bert_wants_it():
    tokenizer = train_wordpiece(TEXTS, 120)
    pair = tokenizer.encode("the cat", "the door")
    a, b = (tokenizer.encode(x, add_special_tokens=False).tokens for x in ("the cat", "the door"))
    assert pair.tokens == ["[CLS]", *a, "[SEP]", *b, "[SEP]"]
    assert pair.type_ids == [0] * (len(a) + 2) + [1] * (len(b) + 1)


def test_equal_texts_in_any_order_give_equal_files(corpus):
    wanted = train_wordpiece(corpus, 1500).to_str()
    for seed in range(3):
        shuffled = random.Random(seed).sample(corpus, len(corpus))
        assert train_wordpiece(shuffled, 1500).to_str() == wanted


def test_another_process_gives_the_same_file():
    code = (
        "import json, sys; from bertlab.data.vocabulary import train_wordpiece;"
        "print(train_wordpiece(json.load(sys.stdin), 120).to_str())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=json.dumps(TEXTS),
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {train_wordpiece(TEXTS, 120).to_str()}


def test_it_learns_what_the_library_learns():
    """The library's choice among ties is random, so its own runs differ by a few pieces too.

    On the whole corpus ties are rare: on a part of it the library differs from itself by over 3 %.
    """
    corpus = [document.text for document in open_corpus("bertlab")]
    ours = train_wordpiece(corpus, 2000)
    theirs = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    theirs.normalizer, theirs.pre_tokenizer = ours.normalizer, ours.pre_tokenizer
    trainer = trainers.WordPieceTrainer(
        vocab_size=2000, min_frequency=2, special_tokens=list(SPECIAL_TOKENS), show_progress=False
    )
    theirs.train_from_iterator(corpus, trainer)
    a, b = set(ours.get_vocab()), set(theirs.get_vocab())
    assert len(a) == len(b) == 2000
    assert len(a & b) / len(a | b) > 0.97


def test_known_characters_never_become_unknown(corpus):
    tokenizer = train_wordpiece(corpus, 400)
    assert "[UNK]" not in {token for text in corpus for token in tokenizer.encode(text).tokens}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6), st.integers(7, 200))
def test_the_size_is_never_exceeded(texts, size):
    try:
        tokenizer = train_wordpiece(texts, size)
    except BertlabError as error:
        assert "without a single word" in str(error)
    else:
        ids = sorted(tokenizer.get_vocab().values())
        assert ids == list(range(len(ids))) and 5 < len(ids) <= size


def test_the_most_frequent_characters_are_kept(monkeypatch):
    monkeypatch.setattr(vocabulary, "ALPHABET", 2)
    tokenizer = train_wordpiece(["aab ab ac zb"], 50)
    assert {"a", "b"} <= set(tokenizer.get_vocab())
    assert not {"c", "z", "##c"} & set(tokenizer.get_vocab())
    assert tokenizer.encode("c", add_special_tokens=False).tokens == ["[UNK]"]


def test_a_generator_of_texts_will_do():
    assert train_wordpiece(iter(TEXTS), 120).to_str() == train_wordpiece(TEXTS, 120).to_str()


def test_frequent_words_are_whole_and_rare_pairs_are_not_merged():
    texts = ["the cat"] * 5 + ["quiz"]
    assert train_wordpiece(texts, 60).encode("cat quiz").tokens == [
        "[CLS]", "cat", "q", "##u", "##i", "##z", "[SEP]",
    ]  # fmt: skip
    assert "quiz" in train_wordpiece(texts, 60, min_frequency=1).get_vocab()


def test_case_and_accents_fall_unless_asked_to_stay():
    lower, cased = (train_wordpiece(TEXTS * 3, 200, lowercase=x) for x in (True, False))
    assert lower.encode("CAFÉ").tokens == lower.encode("cafe").tokens
    assert "T" in cased.get_vocab() and "é" in {c for t in cased.get_vocab() for c in t}
    assert lower.decode(lower.encode("Nobody opens").ids) == "nobody opens"


def test_special_tokens_are_special_and_other_pieces_are_not():
    tokenizer = train_wordpiece(TEXTS, 120)
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    assert added == set(SPECIAL_TOKENS)
    assert tokenizer.encode("[MASK]", add_special_tokens=False).ids == [4]
    assert 4 not in tokenizer.encode("##a a", add_special_tokens=False).ids


@pytest.mark.parametrize("size", [0, 5, 6])
def test_a_size_without_room_is_refused(size):
    with pytest.raises(BertlabError, match=f"found vocab_size={size}; wanted room"):
        train_wordpiece(TEXTS, size)


@pytest.mark.parametrize("texts", [[], [""], [" \n", "\u200b"]])
def test_texts_without_a_word_are_refused(texts):
    with pytest.raises(BertlabError, match="without a single word"):
        train_wordpiece(texts, 100)


def test_a_saved_tokenizer_opens_by_file_and_by_folder(tmp_path):
    tokenizer = train_wordpiece(TEXTS, 120)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    for path in (tmp_path, tmp_path / "tokenizer.json", str(tmp_path)):
        assert load_tokenizer(path).to_str() == tokenizer.to_str()


def test_what_is_no_tokenizer_is_refused(tmp_path):
    with pytest.raises(BertlabError, match="no file"):
        load_tokenizer(tmp_path)
    file = tmp_path / "tokenizer.json"
    file.write_text(train_wordpiece(TEXTS, 120).to_str()[:500])
    with pytest.raises(BertlabError, match="does not open"):
        load_tokenizer(file)
    Tokenizer(models.WordPiece({"[PAD]": 0, "a": 1}, unk_token="[UNK]")).save(str(file))
    with pytest.raises(BertlabError, match=r"without \[UNK\], \[CLS\], \[SEP\], \[MASK\]"):
        load_tokenizer(file)
