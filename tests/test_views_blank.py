"""Fill in the blank: a proper distribution at the right place; a twin and a form that agree."""

import pytest
import torch

from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.text.corpora import open_corpus
from bertlab.views import base
from bertlab.views.blank import FillTheBlank, fill_blank
from tests.small_bert import small_bert

SENTENCE = "The ferry left the ___ before sunrise."


@pytest.fixture(scope="module")
def tokenizer():
    return train_wordpiece([document.text for document in open_corpus("bertlab")][:40], 600)


@pytest.fixture(scope="module")
def model(tokenizer):
    return small_bert(tokenizer.get_vocab_size(), max_position_embeddings=24).eval()


def test_guesses_are_the_models_distribution_at_the_blank(model, tokenizer):
    guesses = fill_blank(model, tokenizer, SENTENCE)
    assert len(guesses) == tokenizer.get_vocab_size() == len({one.token for one in guesses})
    assert sum(one.probability for one in guesses) == pytest.approx(1, abs=1e-5)
    chances = [one.probability for one in guesses]
    assert chances == sorted(chances, reverse=True)

    encoding = tokenizer.encode(SENTENCE.replace("___", "[MASK]"))
    with torch.no_grad():
        logits = model.mlm_logits(model(torch.tensor([encoding.ids])).last_hidden_state)[0]
    wanted = logits.softmax(-1)[encoding.tokens.index("[MASK]")]
    for one in guesses[:5]:
        assert one.probability == pytest.approx(wanted[tokenizer.token_to_id(one.token)].item())


def test_both_ways_of_writing_the_blank_mean_the_same(model, tokenizer):
    masked = SENTENCE.replace("___", "[MASK]")
    assert fill_blank(model, tokenizer, masked) == fill_blank(model, tokenizer, SENTENCE)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [("No blank here.", "0 blanks"), ("", "0 blanks"), ("One ___ and ___ another.", "2 blanks")],
)
def test_exactly_one_blank_is_wanted(model, tokenizer, sentence, found):
    with pytest.raises(BertlabError, match=found):
        FillTheBlank(model, tokenizer, sentence)


def test_the_twin_is_the_same_every_time_and_escapes_what_was_typed(model, tokenizer):
    one, other = (FillTheBlank(model, tokenizer, "<script> ___") for _ in range(2))
    assert one._repr_mimebundle_() == other._repr_mimebundle_()
    assert "<script" not in one.static_html()
    first = fill_blank(model, tokenizer, "<script> ___")[0].token
    assert one.text().splitlines()[2].startswith(first)
    assert len(one.text().splitlines()) == 10  # caption, head, eight guesses


def test_the_form_redraws_and_keeps_errors_to_itself(model, tokenizer, monkeypatch):
    monkeypatch.setattr(base, "live", lambda: True)
    view = FillTheBlank(model, tokenizer, SENTENCE)
    assert base.WIDGET in view._repr_mimebundle_()
    sentence, shown = view.widget().children
    first = shown.value
    sentence.value = "The crew ___ at noon."
    assert shown.value != first and "The crew ___ at noon." in shown.value
    sentence.value = "Nothing to guess."
    assert "0 blanks" in shown.value
    sentence.value = "long " * 40 + "___"
    assert "at most 24" in shown.value
    sentence.value = SENTENCE
    assert shown.value == first
