import pytest

from bertlab.teaching.statements import numbers_in, numbers_of_code, statements, told

STATING = [
    "X is three times faster than Y.",
    "The pipe is much faster.",
    "It takes 3.1 seconds.",
    "It reads 15 % of the tokens.",
    "That costs half the time.",
    "One in five is wrong.",
    "Nine steps in ten had short rows.",
    "It needs about two hundred pages.",
    "NLTK beats spaCy.",
    "It is as fast as the other.",
    "The largest share goes to the parser.",
    "Most of the time goes into the parser.",
    "Memory doubles with the text.",
    "Both take equally long.",
    "The loss drops tenfold.",
    "Errors fall by one-third, a two-fold gain.",
    "It reads several times as many tokens as ours.",
    "The new one is superior.",
    "*Twice* the text takes **twice** the time.",
    "| spaCy | 40 MB |",
    "No more than 3 of them remain.",
]
FREE = [
    "There are two games, and three ways to lose.",
    "Is X faster than Y?",
    "The notes say: “X is much faster than Y.” We shall see.",
    'They wrote "ten times faster" in a slide.',
    "See §3.1, appendix A.2 and chapter 11 of lessons 05 to 07.",
    "`for i in range(100)` is code.",
    "E088 and W108 were met in 2018 (section 5).",
    "It is one more row, no longer here, rather than there.",
    "Text is UTF-8, weights are float32.",
    "Go on as soon as it ends.",
    "A half-way house.",
    "AllenNLP 2.10.1 came out on 14 October 2022.",
]


@pytest.mark.parametrize("sentence", STATING)
def test_a_statement_is_found(sentence):
    assert [one.text for one in statements(sentence)] == [
        " ".join(sentence.replace("**", "").split())
    ]


@pytest.mark.parametrize("sentence", FREE)
def test_what_asserts_nothing_is_free(sentence):
    assert statements(sentence) == []


def test_only_the_stating_sentence_of_a_passage_is_named():
    [found] = statements("Look at it. A pipe is\nfaster than a loop. Then go on.")
    assert found.text == "A pipe is faster than a loop." and found.compares and found.numbers == ()


def test_numbers_have_their_worth():
    [found] = statements("Of 8,192 pieces 15 % and 1.8 million, twice, a third and half a dozen.")
    assert found.numbers == (8192, 15, 1.8e6, 2, None, 0.5, 12)
    assert not found.compares


@pytest.mark.parametrize(
    ("sentence", "cited"),
    [
        ("Wettig et al. 2022 found 40 % better.", True),
        ("They pick 15 % (§3.1).", True),
        ("BERT-large is better (Devlin and others 2018).", True),
        ("The paper's own figure is 15 %.", True),
        ("Somebody found 40 % better.", False),
    ],
)
def test_a_sentence_that_names_its_source_is_told_apart(sentence, cited):
    assert [one.cited for one in statements(sentence)] == [cited]


def test_numbers_that_cells_show_and_set():
    assert numbers_in("8,192 pieces, 3.5 s, 1e-05 and 0.25.") == {8192, 3.5, 1e-5, 0.25}
    assert numbers_of_code("f(512, x=0.1)  # not 7\ns = '8'") == {512, 0.1}
    assert numbers_of_code("disable=['tagger]") == set()


@pytest.mark.parametrize(
    ("number", "printed", "holds"),
    [
        (8192.0, {8192.0}, True),
        (8193.0, {8192.0}, False),
        (15.0, {0.15}, True),
        (3.1e6, {3145728.0}, True),
        (3.2e6, {3145728.0}, False),
        (3e6, {3145728.0}, False),  # one digit is no rounding, it is a guess
        (0.5, {0.5}, True),
        (None, {3.0}, False),
    ],
)
def test_a_number_is_told_exactly_as_a_percentage_or_rounded(number, printed, holds):
    assert told(number, printed) is holds
