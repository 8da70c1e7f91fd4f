"""The token store: what is encoded, where it lies, and what a damaged one says."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from bertlab.data import store as module
from bertlab.data.store import TokenStore, encode_corpus, is_held_out
from bertlab.data.vocabulary import SPECIAL_TOKENS, train_wordpiece
from bertlab.errors import BertlabError
from bertlab.text.corpora import Document, open_corpus
from bertlab.text.sentences import split_sentences

FILES = ("tokens.npy", "sentence_offsets.npy", "document_of.npy")


@pytest.fixture(scope="module")
def texts():
    return [document.text for document in open_corpus("bertlab")][:40]


@pytest.fixture(scope="module")
def tokenizer(texts):
    return train_wordpiece(texts, 1000)


def words_tokenizer(size: int) -> Tokenizer:
    """A vocabulary of `size` pieces: the special ones, then w5, w6, …"""
    vocab = {token: i for i, token in enumerate(SPECIAL_TOKENS)}
    vocab |= {f"w{i}": i for i in range(5, size)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer


def store_of(documents: list[list[int]]) -> TokenStore:
    """Documents given by the lengths of their sentences; the tokens are numbered through."""
    lengths = [length for document in documents for length in document]
    homes = [home for home, document in enumerate(documents) for _ in document]
    return TokenStore(
        np.arange(5, 5 + sum(lengths), dtype=np.uint16),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array(homes, dtype=np.int32),
    )


def same(a: TokenStore, b: TokenStore) -> bool:
    return all(
        getattr(a, name).dtype == getattr(b, name).dtype
        and np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("tokens", "sentence_offsets", "document_of")
    )


def test_encoding_equals_sentence_by_sentence(texts, tokenizer):
    store = encode_corpus(texts, tokenizer)
    rows, homes = [], []
    for home, text in enumerate(texts):
        for sentence in split_sentences(text):
            rows.append(tokenizer.encode(sentence.text, add_special_tokens=False).ids)
            homes.append(home)
    assert len(store) == len(rows) == len(store.lengths)
    assert [store.sentence(i).tolist() for i in range(len(store))] == rows
    assert store.document_of.tolist() == homes
    assert store.lengths.tolist() == [len(row) for row in rows]
    assert (store.tokens.dtype, store.sentence_offsets.dtype) == (np.uint16, np.int64)
    assert store.document_of.dtype == np.int32


def test_how_many_are_handled_at_once_changes_nothing(texts, tokenizer, monkeypatch):
    whole = encode_corpus(texts, tokenizer)
    merged = whole.merged(20)
    monkeypatch.setattr(module, "SENTENCES_AT_ONCE", 3)
    assert same(encode_corpus(texts, tokenizer), whole)
    assert same(whole.merged(20), merged) and len(merged) < len(whole)


def test_documents_and_generators_will_do(texts, tokenizer):
    whole = encode_corpus(texts, tokenizer)
    documents = (Document(str(i), text) for i, text in enumerate(texts))
    assert same(encode_corpus(documents, tokenizer), whole)


def test_documents_and_sentences_without_tokens_leave_no_gap(tokenizer):
    store = encode_corpus(["", "One. Two.", " \n", "\u200b\u200b", "Three."], tokenizer)
    assert store.document_of.tolist() == [0, 0, 1]
    assert (store.lengths > 0).all()


@pytest.mark.parametrize("documents", [[], [""], ["\u200b", " "]])
def test_a_corpus_without_a_token_is_refused(documents, tokenizer, tmp_path):
    for folder in (None, tmp_path):
        with pytest.raises(BertlabError, match="without a single token"):
            encode_corpus(documents, tokenizer, folder)


def test_special_tokens_written_out_are_plain_text(tokenizer):
    before = tokenizer.to_str()
    store = encode_corpus(["They wrote [MASK] here [SEP] and [CLS] there."], tokenizer)
    specials = {tokenizer.token_to_id(token) for token in SPECIAL_TOKENS} - {1}  # [UNK] may be
    assert not specials & set(store.tokens.tolist())
    assert tokenizer.to_str() == before
    assert 4 in tokenizer.encode("[MASK]").ids, "the caller's tokenizer still knows it"


@pytest.mark.parametrize("size, dtype", [(65_536, np.uint16), (65_537, np.uint32)])
@pytest.mark.parametrize("on_disk", [False, True])
def test_the_largest_id_fits(size, dtype, on_disk, tmp_path):
    store = encode_corpus([f"w5 w{size - 1}"], words_tokenizer(size), tmp_path if on_disk else None)
    assert store.tokens.dtype == dtype and store.tokens.tolist() == [5, size - 1]


def test_on_disk_it_is_the_same_and_mapped(texts, tokenizer, tmp_path):
    mapped = encode_corpus(texts, tokenizer, tmp_path / "new" / "folder")
    assert same(mapped, encode_corpus(texts, tokenizer))
    for array in (mapped.tokens, mapped.sentence_offsets, mapped.document_of):
        assert isinstance(array.base, np.memmap) and not array.flags.writeable
    assert sorted(file.name for file in (tmp_path / "new" / "folder").iterdir()) == sorted(FILES)


def test_encoding_that_breaks_off_leaves_the_folder_as_it_was(
    texts, tokenizer, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "SENTENCES_AT_ONCE", 3)
    before = encode_corpus(["Older text."], tokenizer, tmp_path)

    def breaks_off():
        yield from texts
        raise RuntimeError("the source ended")

    with pytest.raises(RuntimeError):
        encode_corpus(breaks_off(), tokenizer, tmp_path)
    assert same(TokenStore.load(tmp_path), before)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES)


def test_saving_and_loading_is_the_identity(tmp_path):
    store = store_of([[3, 4], [5], [1, 1, 2]])
    store.save(tmp_path)
    assert same(TokenStore.load(tmp_path), store)


def test_a_mapped_store_may_be_saved_over_its_own_files(tmp_path):
    """Truncating the file under the map would end the process with a bus error."""
    store_of([[10_000] * 4]).save(tmp_path)
    code = (
        "import sys; from bertlab.data.store import TokenStore;"
        "TokenStore.load(sys.argv[1]).merged(20_000).save(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert same(TokenStore.load(tmp_path), store_of([[20_000] * 2]))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage"])
def test_a_damaged_file_is_refused(name, damage, tmp_path):
    store_of([[3, 4], [5, 6], [7]]).save(tmp_path)
    file = tmp_path / name
    if damage == "missing":
        file.unlink()
    else:
        content = {"empty": b"", "cut": file.read_bytes()[:-3], "garbage": b"no array" * 40}
        file.write_bytes(content[damage])
    with pytest.raises(BertlabError, match="does not open.*Encode it again"):
        TokenStore.load(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_files_of_two_corpora_do_not_mix(name, tmp_path):
    store_of([[3, 4], [5, 6], [7]]).save(tmp_path / "one")
    store_of([[3, 4, 2], [8, 6], [9]]).save(tmp_path / "other")
    shutil.copy(tmp_path / "other" / name, tmp_path / "one" / name)
    with pytest.raises(BertlabError, match="boundaries that do not fit"):
        TokenStore.load(tmp_path / "one")


@pytest.mark.parametrize(
    "name, values",
    [("sentence_offsets", [0, 9, 7, 25]), ("sentence_offsets", [1, 3, 7, 25])]
    + [("document_of", [1, 0, 1])],
)
def test_boundaries_that_run_backwards_are_refused(name, values, tmp_path):
    store_of([[3, 4], [18]]).save(tmp_path)
    np.save(tmp_path / f"{name}.npy", np.array(values))
    with pytest.raises(BertlabError, match="boundaries that do not fit"):
        TokenStore.load(tmp_path)


documents = st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=12), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(documents, st.integers(1, 30))
def test_merged_fills_segments_greedily_and_never_crosses_a_document(documents, length):
    store = store_of(documents)
    wanted = []
    for document in documents:
        segments = []
        for size in document:
            if segments and segments[-1] + size <= length:
                segments[-1] += size
            else:
                segments.append(size)
        wanted.append(segments)
    assert same(store.merged(length), store_of(wanted))


def test_held_out_documents_are_fixed_and_about_the_share(texts):
    assert [is_held_out(text, 0.5) for text in ("a", "b", "c", "\ud800")] == [
        False, True, True, True,
    ]  # fmt: skip
    share = np.mean([is_held_out(f"document {i}") for i in range(20_000)])
    assert abs(share - 0.05) < 0.008
    assert not any(is_held_out(text, 0.0) for text in texts)
    assert all(is_held_out(text, 1.0) for text in texts)
    assert all(is_held_out(t, 0.3) for t in texts if is_held_out(t, 0.1)), "shares nest"
