"""The masking playground: true to mask_tokens, the same at every run, alive when a kernel runs."""

import re
from collections import Counter

import pytest

from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.text.corpora import open_corpus
from bertlab.views import base
from bertlab.views.masking import FATES, LONGEST, MaskingPlayground, picture, token_fates

SENTENCE = "The ferry left the harbour before sunrise, and nobody waved."


@pytest.fixture(scope="module")
def tokenizer():
    return train_wordpiece([document.text for document in open_corpus("bertlab")][:60], 800)


def test_every_fate_is_told_truly(tokenizer):
    whole = tokenizer.encode(SENTENCE).tokens
    met = Counter()
    for seed in range(60):
        fates = token_fates(tokenizer, SENTENCE, 0.5, seed)
        assert [one.token for one in fates] == whole
        for token, seen, fate in fates:
            met[fate] += 1
            assert (fate == "special") == (token in ("[CLS]", "[SEP]"))
            assert (seen == "[MASK]") == (fate == "hidden")
            assert (seen != token) == (fate in ("hidden", "random"))
    assert set(met) == set(FATES)
    picked = met["hidden"] + met["random"] + met["kept"]
    assert abs(picked / (picked + met["not picked"]) - 0.5) < 0.1
    assert abs(met["hidden"] / picked - 0.8) < 0.1


def test_no_share_and_the_whole_share(tokenizer):
    nothing, everything = (token_fates(tokenizer, SENTENCE, share) for share in (0, 1))
    assert {one.fate for one in nothing} == {"special", "not picked"}
    assert "not picked" not in {one.fate for one in everything}


def test_a_long_text_is_cut_and_an_empty_one_refused(tokenizer):
    assert len(token_fates(tokenizer, SENTENCE * 20)) == LONGEST
    for empty in ("", " \n"):
        with pytest.raises(BertlabError, match="a sentence without words"):
            MaskingPlayground(tokenizer, empty)
    with pytest.raises(BertlabError, match="found share=15;"):
        MaskingPlayground(tokenizer, SENTENCE, share=15)


def test_the_picture_says_in_words_what_it_colours(tokenizer):
    fates = token_fates(tokenizer, SENTENCE, 0.6, 1)
    drawn = picture(fates, 0.6)
    notes = re.findall(r"<rt[^>]*>([^<]+)</rt>", drawn.html)
    picked = [one for one in fates if one.fate in ("hidden", "random", "kept")]
    assert [note.split(",")[0] for note in notes] == [one.fate for one in picked]
    counts = Counter(one.fate for one in fates)
    for fate in ("hidden", "random", "kept", "not picked"):
        assert re.search(rf"^{fate} .* {counts[fate]} ", drawn.text, re.MULTILINE), fate


def test_what_the_learner_types_is_escaped(tokenizer):
    view = MaskingPlayground(tokenizer, "a < b & <script>alert(1)</script>", share=1.0)
    assert "<script" not in view.static_html()


def test_the_twin_is_the_same_every_time(tokenizer):
    one, other = (MaskingPlayground(tokenizer, SENTENCE, seed=3) for _ in range(2))
    assert one._repr_mimebundle_() == other._repr_mimebundle_()
    assert "share 0.15, seed 3" in one.text() and "share 0.15, seed 3" in one.static_html()


def test_the_controls_redraw_and_errors_stay_in_the_view(tokenizer, monkeypatch):
    monkeypatch.setattr(base, "live", lambda: True)
    view = MaskingPlayground(tokenizer, SENTENCE, seed=3)
    assert base.WIDGET in view._repr_mimebundle_()
    sentence, share, seed, shown = view.widget().children
    assert [control.description for control in (sentence, share, seed)] == [
        "Sentence", "Share picked", "Seed",
    ]  # fmt: skip
    first = shown.value
    share.value = 1.0
    assert (
        shown.value != first
        and shown.value == picture(token_fates(tokenizer, SENTENCE, 1.0, 3), 1.0).html
    )
    share.value, seed.value = 0.15, 4
    assert shown.value == picture(token_fates(tokenizer, SENTENCE, 0.15, 4), 0.15).html
    seed.value = 3
    assert shown.value == first
    sentence.value = ""
    assert "a sentence without words" in shown.value
    sentence.value = SENTENCE
    assert shown.value == first
