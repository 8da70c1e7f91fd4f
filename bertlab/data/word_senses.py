"""Which sense a word has in each sentence of some word-in-context pairs, by hand: for showing neighbours."""

from typing import NamedTuple

from bertlab.data.labelled import word_pairs
from bertlab.errors import BertlabError

# word: names of its senses, and the two senses of each of its pairs, in the order of `word_pairs()`
_INVENTORY = {
    "bank": (
        {"r": "riverside", "m": "money", "w": "row of things", "t": "tilting"},
        "rr mm ww tt rm mt rw wm",
    ),
    "bark": ({"t": "of a tree", "d": "of a dog"}, "tt dd tt td dt td"),
    "bat": ({"a": "animal", "c": "club", "b": "blinking"}, "aa cc aa ca ac ba"),
    "crane": ({"m": "machine", "b": "bird", "n": "stretching"}, "mm bb bb mb nm bn"),
    "light": (
        {"b": "brightness", "w": "not heavy", "i": "setting fire", "l": "lamp"},
        "bb ww ii ll wb wi bw ib",
    ),
    "match": ({"g": "game", "f": "for fire", "s": "going together"}, "gg ff ss gf sg fs"),
    "note": ({"l": "message", "m": "music", "c": "money"}, "ll mm cc ll lm cm ml lc"),
    "palm": ({"h": "of a hand", "t": "tree"}, "hh tt hh th ht th"),
    "pitch": (
        {"f": "sports field", "t": "tone", "p": "putting up", "r": "tar"},
        "ff tt pp ff tf rt fp tp",
    ),
    "plant": ({"g": "living", "f": "factory"}, "gg ff gg fg gf fg"),
    "seal": ({"a": "animal", "s": "stamp", "c": "closure"}, "aa ss cc sa ac cs"),
    "spring": (
        {"s": "season", "c": "coil", "w": "water", "j": "leaping"},
        "ss cc ww jj cs wc sw jc",
    ),
}


class Use(NamedTuple):
    """A word in a sentence, `text[start:end]`, and its sense there."""

    text: str
    span: tuple[int, int]
    sense: str


def sense_words() -> list[str]:
    """The words whose uses are labelled."""
    return list(_INVENTORY)


def uses(word: str) -> list[Use]:
    """The labelled uses of a word, twelve to sixteen. Raises BertlabError for a word without."""
    if word not in _INVENTORY:
        raise BertlabError(
            f"no labelled uses of {word!r}", f"one of {sense_words()}", "Choose one."
        )
    names, codes = _INVENTORY[word]
    pairs = [pair for pair in word_pairs() if pair.word == word]
    found = []
    for pair, (first, second) in zip(pairs, codes.split(), strict=True):
        found.append(Use(pair.first, pair.first_span, names[first]))
        found.append(Use(pair.second, pair.second_span, names[second]))
    return found
