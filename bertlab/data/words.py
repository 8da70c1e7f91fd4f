"""Words for a language model over words: one regular expression, no dependency.

A word is a run of letters with inner apostrophes or hyphens (*can't*, *state-of-the-art*), a number,
or one other visible character. Case is kept: ELMo reads characters, so *Bank* and *bank* differ.
"""

import re

_WORD = re.compile(
    r"[^\W\d_]+(?:['’-][^\W\d_]+)*"  # letters, joined by inner apostrophes and hyphens
    r"|\d+(?:[.,:]\d+)*"  # 1,000  3.14  10:30
    r"|[^\s\u200b-\u200d\u2060\ufeff]"  # one mark; invisible joiners are no words
)


def split_words(text: str) -> list[str]:
    """Split a sentence into words and marks.

    >>> split_words("I can't; it’s 3.14 o'clock—well-known!")
    ['I', "can't", ';', 'it’s', '3.14', "o'clock", '—', 'well-known', '!']
    """
    return _WORD.findall(text)
