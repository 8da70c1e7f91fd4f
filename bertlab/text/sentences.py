"""Sentences by plain rules: no model, no dependency, quick enough for a whole training corpus."""

import re

from bertlab.text.tokens import Token, check_text

# Always followed by what they belong to, so their full stop never ends a sentence.
_LEADING = frozenset(
    "adm brig capt cf cmdr col cpl dr e.g fr gen gov hon i.e lt maj messrs mlle mme mr mrs ms mt mx "
    "pres prof rep rev rt sen sgt st vs viz".split()
)
# A full stop after these ends no sentence where a number follows.
_COUNTING = frozenset(
    "app apr art aug ch dec eq eqs feb fig figs jan jul jun lib mar no nos nov oct p para pp pt sec "
    "sect sep sept tab v vol vols".split()
)
# May end a sentence: they do where the next word is one that mostly begins sentences.
_EITHER = frozenset(
    "al approx apt assn ave bldg blvd bros co corp dept est etc ext inc jr ltd mfg sq sr univ".split()
) | (_COUNTING - {"art", "no", "tab"})
_STARTERS = frozenset(
    "a after all although an and another are as at before both but by can did do does each even "
    "every for from had has have he her here his how however i if in is it its just many most my "
    "no not now of on one only or our perhaps she since so some soon such that the their then there "
    "these they this those though thus to under until was we were what when where which while who "
    "whose why will with would yes yet you your".split()
)

# Each alternative takes all that it can and gives nothing back (possessive), so that the time is
# linear in the text even for a million exclamation marks.
_CANDIDATE = re.compile(
    r"""(?P<stop>[.!?…]++(?:["'”’»)\]}*_]|\[\d++\])*+         # end marks, what closes
          (?:[ ]["'”’…]++(?!\S))*+)(?P<space>\s*+)                         # … 'so.' " and …
      | (?P<cjk>[。！？｡]++[」』”’）】》]*+)\s*+                             # no space needed
      | (?P<lines>[\n\u2029]\s*+)                                          # the end of a line""",
    re.VERBOSE,
)
_PARAGRAPH = re.compile(r"\n[^\S\n]*+\n|\u2029")
_LAST_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*$")
_NEXT = re.compile(r"""[\s"'“‘„«‚`´(\[{*_—–-]*+(?P<word>[^\W\d_]+|\d+|)""")
_LONG_LINE = re.compile(r"^[^\n]{121}", re.MULTILINE)
_NUMERAL = re.compile(r"\(?(?:\d{1,3}|[ivxlc]{1,6}|[IVXLC]{1,6}|[A-Za-z])\.")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_VISIBLE = re.compile(r"\S")
# Words before a full stop are looked up in this many characters: longer words are no abbreviations.
_REACH = 24


def split_sentences(text: str) -> list[Token]:
    """The sentences of `text` as slices of it, in order; between them is only white space.

    A full stop, `!`, `?` or `…` ends a sentence, together with the quotes and brackets that close
    after it, if white space follows and the next word does not begin with a small letter; not
    after abbreviations ("Dr."), initials ("J. K."), or the number of a list item ("1."). An
    abbreviation that may stand last ("etc.", "U.S.") ends a sentence before a word that usually
    begins one. A blank line always ends one. A single line end does only in a text that has a
    line of more than 120 characters, for such a text is not wrapped and its lines are paragraphs.

    Raises: BertlabError where `text` is not a string.

    >>> [s.text for s in split_sentences('"Mr. Fox?" she said. "He left at 5 p.m. He ran."')]
    ['"Mr. Fox?" she said.', '"He left at 5 p.m.', 'He ran."']
    """
    check_text(text)
    lines_are_paragraphs = _LONG_LINE.search(text) is not None
    sentences: list[Token] = []
    first = _VISIBLE.search(text)
    start = first.start() if first else len(text)
    word = _next_word(text, start)  # a sentence has one: "… And then" begins with its mark
    for match in _CANDIDATE.finditer(text, start):
        kind = match.lastgroup
        if kind == "space":
            end = match.end("stop")
            space = match.group("space")
            if not space:
                continue
            ends = (
                (lines_are_paragraphs and "\n" in space)
                or _PARAGRAPH.search(space) is not None
                or word < match.start()
                and _stop_ends(text, start, match.start(), match.end("stop"), match.end())
            )
        elif kind == "cjk":
            end, ends = match.end("cjk"), word < match.start()
        else:
            end = match.start()
            ends = lines_are_paragraphs or _PARAGRAPH.search(match.group()) is not None
        if ends:
            # White space before the line end belongs to the gap.
            sentence = text[start:end].rstrip()
            sentences.append(Token(sentence, start, start + len(sentence)))
            start = match.end()
            if word < start:
                word = _next_word(text, start)
    if sentence := text[start:].rstrip():
        sentences.append(Token(sentence, start, start + len(sentence)))
    return sentences


def _next_word(text: str, start: int) -> int:
    found = _ALPHANUMERIC.search(text, start)
    return found.start() if found else len(text)


def _stop_ends(text: str, start: int, stop: int, closed: int, after: int) -> bool:
    """Whether the end mark at `stop` ends the sentence that began at `start`.

    closed  first character after the mark and what closes behind it
    after   first character after the white space that follows
    """
    following = _NEXT.match(text, after).group("word")
    if following and following.islower():
        return False
    if text[stop] != "." or closed > stop + 1 and text[stop + 1] in ".!?…":
        return True
    if stop - start < 8 and _NUMERAL.fullmatch(text, start, stop + 1):
        return False  # "1. Peel the apples": the number of a list item, or "J. Smith" at the start
    word = _LAST_WORD.search(text, max(start, stop - _REACH), stop)
    if word is None:
        return True
    abbreviation = word.group()
    lower = abbreviation.lower()
    if len(abbreviation) == 1 and abbreviation.isupper():
        # An initial; but "than I." ends a sentence unless another initial follows.
        return abbreviation == "I" and len(following) != 1
    if lower in _LEADING:
        return False
    if following.isdigit() and lower in _COUNTING:
        return False
    if "." in abbreviation or lower in _EITHER:
        return following.lower() in _STARTERS
    return True
