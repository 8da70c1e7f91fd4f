"""The hand-made sense labels against the pairs they come from."""

import pytest

from bertlab.data.labelled import word_pairs
from bertlab.data.word_senses import sense_words, uses
from bertlab.errors import BertlabError


@pytest.mark.parametrize("word", sense_words())
def test_labels_say_what_the_pairs_say(word):
    pairs = [pair for pair in word_pairs() if pair.word == word]
    found = uses(word)
    for pair, first, second in zip(pairs, found[::2], found[1::2], strict=True):
        assert (first.text, second.text) == (pair.first, pair.second)
        assert (first.sense == second.sense) == bool(pair.same), pair.id
    for use in found:
        assert use.text[slice(*use.span)].lower().startswith(word[:2])  # lit, sprang


def test_a_word_without_labels_is_refused():
    with pytest.raises(BertlabError, match="no labelled uses of 'cat'"):
        uses("cat")
