"""Punkt: trained where there is a text, pretrained where its data is."""

import pytest

from bertlab.errors import BertlabError
from bertlab.text import punkt as module
from bertlab.text.punkt import nltk_data_installed, pretrained_punkt, train_punkt

nltk = pytest.importorskip("nltk")

LETTERS = "I met Dr. Hall. He met Dr. Wood. She saw Dr. Ames. We know Dr. Bell. They like tea. " * 5


def test_punkt_learns_an_abbreviation_from_a_text():
    assert "dr" in train_punkt(LETTERS)._params.abbrev_types
    assert len(train_punkt(LETTERS).tokenize("I met Dr. Reed. He was kind.")) == 2


def test_an_empty_text_teaches_nothing():
    with pytest.raises(BertlabError, match="empty text"):
        train_punkt(" \n")


@pytest.fixture
def no_data(tmp_path, monkeypatch):
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    module.punkt.cache_clear()
    yield tmp_path
    module.punkt.cache_clear()


def test_without_data_the_remedy_is_told_and_the_shipped_corpus_teaches(no_data):
    assert not nltk_data_installed("punkt_tab")
    with pytest.raises(BertlabError, match="nltk.downloader punkt_tab.*train_punkt"):
        pretrained_punkt()
    assert module.punkt_origin() == "trained on the shipped corpus"
    assert len(module.punkt().tokenize("One ended. Another began.")) == 2


def test_with_data_the_pretrained_one_is_taken(no_data):
    from nltk.tokenize.punkt import save_punkt_params

    folder = no_data / "tokenizers" / "punkt_tab" / "english"
    folder.mkdir(parents=True)
    save_punkt_params(train_punkt(LETTERS)._params, dir=str(folder))
    assert nltk_data_installed("punkt_tab") and module.punkt_origin() == "pretrained"
    assert len(pretrained_punkt().tokenize("I met Dr. Reed. He was kind.")) == 2
