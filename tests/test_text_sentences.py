"""Sentences by rules: where they end, that no text is lost, and that the time is linear."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bertlab.errors import BertlabError
from bertlab.text.sentences import split_sentences
from bertlab.text.tokens import gaps

# "/" stands where a sentence ends.
CASES = (
    "One. / Two! / Three? / Four",
    "Dr. Smith met Mrs. Jones. / They talked.",
    "J. R. R. Tolkien wrote it. / J. Smith read it.",
    "It was older than I. / Then I. M. Pei came.",
    "We saw cats, dogs, etc. / The rest hid.",
    "We saw cats, dogs, etc. and hid.",
    "He lives in the U.S. / The weather is fine.",
    "The U.S. Army came at 5 p.m. Monday.",
    "See Fig. 3 and pp. 4, vol. 2. / It shows more.",
    "It cost $3.50. / We paid 4.",
    "1. Peel the apples. / 2. Boil them.",
    '"Really?" he asked. / "No." / Then he left.',
    '"Stop!" she cried. / (It was late.) / ‘Why?’ / “Because.”',
    "Wait... / What? / Well … / I never.",
    "Well... you know… that.",
    "… And then it ended.",
    "He said 'that is the question.' \" / Next.",
    "That is known.[12] / Others differ.",
    "see example.com/a.b or file.txt for v1.2.3 of it.",
    "これは本です。/次の文。",
    "What?! / Yes!!! / OK.",
    "He works, e.g. Mondays, i.e. Often.",
)


@pytest.mark.parametrize("case", CASES)
def test_where_sentences_end(case):
    text = case.replace(" / ", " ").replace("。/", "。")
    wanted = [part.strip() for part in case.replace("。/", "。 / ").split(" / ")]
    assert [sentence.text for sentence in split_sentences(text)] == wanted


def test_paragraphs_end_sentences_and_wrapped_lines_do_not():
    assert [s.text for s in split_sentences("A title\n\nthe text\nruns on\n \nMore")] == [
        "A title",
        "the text\nruns on",
        "More",
    ]


def test_lines_are_paragraphs_once_a_line_is_too_long_to_be_wrapped():
    long = "word " * 30 + "end"
    assert len(split_sentences(f"A title\n{long}\nShe said\n")) == 3


@settings(max_examples=1000, derandomize=True, deadline=None, database=None)
@given(
    st.lists(
        st.sampled_from(
            [*'ab A I 1 . ! ? … " ” ) ( 。 」'.split(), " ", "\n", "\n\n", "Mr", "\x85"]
        )
        | st.text(st.characters(exclude_categories=()), max_size=3),
        max_size=20,
    ).map("".join)
)
def test_only_white_space_lies_between_sentences(text):
    sentences = split_sentences(text)
    assert "".join(gaps(text, sentences)).strip() == ""
    assert all(sentence.text == sentence.text.strip() != "" for sentence in sentences)


@pytest.mark.parametrize(
    "text",
    ["!" * 10**6 + "a", "! " * 10**5, '"! ' * 10**5, "." * 10**6, "\n " * 10**5, "a. (" * 10**5]
    + [".[1" * 10**5, "a" * 10**7, "1. " * 10**5, "a.(((" * 10**5],
    ids=lambda text: repr(text[:4]),
)
def test_odd_runs_take_linear_time(text):
    started = time.perf_counter()
    split_sentences(text)
    assert (
        time.perf_counter() - started < 20
    )  # no speed: a guard against minutes, of under a second


def test_a_number_is_refused():
    with pytest.raises(BertlabError, match="found a int"):
        split_sentences(3)
