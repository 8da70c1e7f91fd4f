"""Lesson 01's exercises and recap: offsets, gaps, what three tokenizers do, and why."""

import re

from bertlab.teaching.bank import Exercise, Misconception, Option, Question

# ---- offsets


def offsets(tokens: list[str], text: str) -> list[int]:
    """Where each token starts in `text`."""
    starts, position = [], 0
    for token in tokens:
        position = text.index(token, position)
        starts.append(position)
        position += len(token)
    return starts


def _offsets_by_regex(tokens, text):
    pattern = r"\s*".join(f"({re.escape(token)})" for token in tokens)
    match = re.search(pattern, text)
    return [match.start(i + 1) for i in range(len(tokens))]


def _first_occurrence(tokens, text):
    return [text.index(token) for token in tokens]


def _one_blank_between(tokens, text):
    starts, position = [], 0
    for token in tokens:
        starts.append(position)
        position += len(token) + 1
    return starts


def _one_character_on(tokens, text):
    starts, position = [], 0
    for token in tokens:
        position = text.index(token, position)
        starts.append(position)
        position += 1
    return starts


def _ends(tokens, text):
    return [start + len(token) for start, token in zip(offsets(tokens, text), tokens, strict=True)]


def _numbers(tokens, text):
    return list(range(len(tokens)))


# ---- gaps


def rebuild(tokens: list[str], gaps: list[str]) -> str:
    """The text that `tokens` and `gaps` came from; there is one gap more than tokens."""
    text = gaps[0]
    for token, gap in zip(tokens, gaps[1:], strict=True):
        text += token + gap
    return text


def _rebuild_by_slots(tokens, gaps):
    slots = [""] * (len(tokens) + len(gaps))
    slots[::2], slots[1::2] = gaps, tokens
    return "".join(slots)


def _with_blanks(tokens, gaps):
    return " ".join(tokens)


def _without_gaps(tokens, gaps):
    return "".join(tokens)


def _without_the_last_gap(tokens, gaps):
    return "".join(gap + token for gap, token in zip(gaps, tokens, strict=False))


def _token_first(tokens, gaps):
    return "".join(token + gap for token, gap in zip(tokens, gaps, strict=False))


# ---- longest match


def longest_match(word: str, vocabulary: set[str]) -> list[str]:
    """The pieces of `word`, the longest that fits first; `["[UNK]"]` where they run out."""
    pieces, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        for end in range(len(word), start, -1):
            if mark + word[start:end] in vocabulary:
                pieces.append(mark + word[start:end])
                break
        else:
            return ["[UNK]"]
        start = end
    return pieces


def _longest_match_by_shrinking(word, vocabulary):
    pieces, rest = [], word
    while rest:
        head = rest
        while head and head not in vocabulary:
            head = head[:-1] if len(head) > (2 if pieces else 0) else ""
        if head in ("", "#", "##"):
            return ["[UNK]"]
        pieces.append(head)
        left = rest[len(head) :]
        rest = f"##{left}" if left else ""
    return pieces


def _greedy(word, vocabulary, mark_inside="##", shortest=False, partial=False):
    pieces, start = [], 0
    while start < len(word):
        mark = mark_inside if start else ""
        ends = range(start + 1, len(word) + 1) if shortest else range(len(word), start, -1)
        end = next((end for end in ends if mark + word[start:end] in vocabulary), None)
        if end is None:
            return [*pieces, "[UNK]"] if partial else ["[UNK]"]
        pieces.append(mark + word[start:end])
        start = end
    return pieces


def _no_marks(word, vocabulary):
    return _greedy(word, vocabulary, mark_inside="")


def _shortest_first(word, vocabulary):
    return _greedy(word, vocabulary, shortest=True)


def _keeps_what_it_found(word, vocabulary):
    return _greedy(word, vocabulary, partial=True)


def _from_the_end(word, vocabulary):
    pieces, end = [], len(word)
    while end:
        for start in range(end):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                pieces.insert(0, piece)
                break
        else:
            return ["[UNK]"]
        end = start
    return pieces


def _fewest_pieces(word, vocabulary):
    best = {0: []}
    for end in range(1, len(word) + 1):
        found = [
            [*best[start], ("##" if start else "") + word[start:end]]
            for start in range(end)
            if start in best and ("##" if start else "") + word[start:end] in vocabulary
        ]
        if found:
            best[end] = min(found, key=len)
    return best.get(len(word), ["[UNK]"])


_PIECES = {"un", "unb", "u", "##n", "##b", "##be", "##lie", "##el", "##ie", "##v", "##va", "##able"}
_PIECES |= {"##ble", "a", "ab", "abc", "b", "c", "##c", "##cd", "##bcd", "##d", "snow", "##fall"}
_PIECES |= {"fall", "##l", "x", "##y", "play", "##ing", "playing"}
_PIECES |= {"o", "opq", "opqr", "##p", "##s", "##tu", "##rstu", "##qrstu"}


# ---- a rule of one's own for spaCy


def cut_underscores(nlp, text: str) -> list[str]:
    """Tokens of `text`, an underscore between two letters being a token of its own."""
    import spacy

    infixes = [*nlp.Defaults.infixes, r"(?<=[A-Za-z])_(?=[A-Za-z])"]
    nlp.tokenizer.infix_finditer = spacy.util.compile_infix_regex(infixes).finditer
    return [token.text for token in nlp(text)]


def _underscores_by_hand(nlp, text):
    import re

    default, underscore = nlp.tokenizer.infix_finditer, re.compile(r"(?<=[A-Za-z])_(?=[A-Za-z])")

    def find(word):
        return sorted([*default(word), *underscore.finditer(word)], key=lambda match: match.start())

    nlp.tokenizer.infix_finditer = find
    found = [token.text for token in nlp(text)]
    nlp.tokenizer.infix_finditer = default
    return found


def _with_infixes(nlp, infixes, text):
    import spacy

    nlp.tokenizer.infix_finditer = spacy.util.compile_infix_regex(infixes).finditer
    return [token.text for token in nlp(text)]


def _only_the_new_rule(nlp, text):
    return _with_infixes(nlp, [r"(?<=[A-Za-z])_(?=[A-Za-z])"], text)


def _every_underscore(nlp, text):
    return _with_infixes(nlp, [*nlp.Defaults.infixes, "_"], text)


def _blanks_around_underscores(nlp, text):
    return [token.text for token in nlp(text.replace("_", " _ "))]


def _one_special_case(nlp, text):
    nlp.tokenizer.add_special_case(
        "snake_case", [{"ORTH": "snake"}, {"ORTH": "_"}, {"ORTH": "case"}]
    )
    return [token.text for token in nlp(text)]


def _prefix_rule(nlp, text):
    import spacy

    prefixes = [*nlp.Defaults.prefixes, r"_"]
    nlp.tokenizer.prefix_search = spacy.util.compile_prefix_regex(prefixes).search
    return [token.text for token in nlp(text)]


def _underscore_probes():
    import spacy

    texts = [
        "snake_case",
        "my_long_name here",
        "Call read_file.",
        "__init__",
        "x_1",
        "a well-known snake_case",
        "see https://example.com/a_b now",
        "_private",
    ]
    nlp = spacy.blank("en")
    return [(nlp, text) for text in texts]


EXERCISES = [
    Exercise(
        id="01-offsets",
        title="Find the offsets",
        kind="function",
        task="""
            Write `offsets(tokens, text)`: the list of the characters at which the tokens start.
            `tokens` are strings in the order of the text, each unchanged; between two of them there
            may be nothing, one blank, or more.
        """,
        reference=offsets,
        alternatives=[_offsets_by_regex],
        probes=[
            (["to", "be", "or", "not", "to", "be"], "to be or not to be"),
            (["wo", "n't", "!"], "won't!"),
            (["ana", "na"], "anana"),
            (["two", "blanks"], "  two   blanks"),
            (["a", "b", "a"], "a b a"),
            ([], ""),
        ],
        misconceptions=[
            Misconception(
                "finding the first occurrence always",
                _first_occurrence,
                "`text.index(token)` begins at 0 each time, so the second *to* gets the offset of "
                "the first. Search from where the token before it ended: "
                "`text.index(token, position)`.",
            ),
            Misconception(
                "one blank between any two tokens",
                _one_blank_between,
                "You count one blank after each token. Between *wo* and *n't* there is none, and a "
                "text may have three. Offsets have to be looked up in the text.",
            ),
            Misconception(
                "searching on from one character after the start",
                _one_character_on,
                "The next search begins inside the token just found, so in *anana* the token *na* "
                "is found within *ana*. Tokens do not overlap: go on from the token's end.",
            ),
            Misconception(
                "giving the ends",
                _ends,
                "Those are the characters at which the tokens *end*. A token covers "
                "`text[start:end]`; the start is wanted.",
            ),
            Misconception(
                "numbering the tokens",
                _numbers,
                "That is the place of each token in the list. An offset counts characters of the "
                "text.",
            ),
        ],
        hints=[
            "Walk along the text; remember how far you have come.",
            "`str.index` takes a second argument: where to begin to look.",
            "`position = text.index(token, position)`, note it down, then `position += len(token)`.",
        ],
        solution="Each search begins where the last token ended, so repeated tokens are found in "
        "their turn. It works only for tokens that are slices of the text, which is why a tokenizer "
        "that rewrites its tokens makes trouble.",
        difficulty="easy",
        minutes=5,
    ),
    Exercise(
        id="01-rebuild",
        title="Nothing is lost",
        kind="function",
        task="""
            Write `rebuild(tokens, gaps)`: the text again. `gaps[0]` stands before the first token,
            the last gap behind the last token; there is always one gap more than there are tokens.
        """,
        reference=rebuild,
        alternatives=[_rebuild_by_slots],
        probes=[
            (["Wo", "n't", "it", "?"], ["", "", " ", "", "\n"]),
            (["a", "b"], ["  ", "\t", ""]),
            ([], ["   "]),
            (["x"], ["", ""]),
            (["one", "two"], ["", "  ", " "]),
        ],
        misconceptions=[
            Misconception(
                "joining with blanks",
                _with_blanks,
                "A blank between all tokens makes `Wo n't it ?` of *Won't it?*. This is what "
                '`" ".join(tokens)` in so many scripts does to a text; the gaps know better.',
            ),
            Misconception(
                "leaving the gaps out",
                _without_gaps,
                "All tokens are there, and all white space is gone.",
            ),
            Misconception(
                "losing the last gap",
                _without_the_last_gap,
                "What stands behind the last token is missing: `zip` stops with the shorter list, "
                "and there is one gap more than tokens.",
            ),
            Misconception(
                "beginning with a token",
                _token_first,
                "The first gap stands *before* the first token. Yours begins with the token, so "
                "every gap slips one place to the right.",
            ),
        ],
        hints=[
            "Write down gap, token, gap, token, gap for a text with two tokens.",
            "Begin with `gaps[0]`; then each token is followed by one gap.",
            "`gaps[0] + ''.join(t + g for t, g in zip(tokens, gaps[1:]))`",
        ],
        solution="Gap, token, gap, …, token, gap: as long as every token is a slice of the text, "
        "nothing is ever lost.",
        difficulty="easy",
        minutes=4,
    ),
    Exercise(
        id="01-how-many",
        title="Count before you run",
        kind="value",
        task="""
            How many tokens do whitespace, spaCy and NLTK (in this order) make of
            `It's state-of-the-art.`? Give three numbers: `answer = (…, …, …)`.
        """,
        reference=(2, 10, 4),
        alternatives=[[2, 10, 4]],
        misconceptions=[
            Misconception(
                "spaCy and NLTK the wrong way round",
                (2, 4, 10),
                "The right numbers, two of them exchanged. It is spaCy whose *infix* rules cut at a "
                "hyphen between letters; Treebank's conventions leave the compound whole.",
            ),
            Misconception(
                "the full stop stays on the word",
                (2, 9, 3),
                "Both cut *'s* off and treat the hyphens as you say, but both also make the full "
                "stop at the end a token.",
            ),
            Misconception(
                "no tokenizer cuts at hyphens",
                (2, 4, 4),
                "Right for NLTK. spaCy has a rule for hyphens between letters, and each hyphen is "
                "then a token too: state, -, of, -, the, -, art.",
            ),
            Misconception(
                "every tokenizer cuts at hyphens",
                (2, 10, 10),
                "Right for spaCy. The Penn Treebank kept hyphenated words whole, and NLTK follows "
                "it.",
            ),
            Misconception(
                "the hyphens vanish",
                (2, 7, 4),
                "spaCy loses nothing: the three hyphens at which it cuts are tokens too, so "
                "*state-of-the-art* alone is seven.",
            ),
        ],
        hints=[
            "Take the words one by one: first *It's*, then *state-of-the-art*, then the full stop.",
            "All but whitespace cut *It's* in two and the full stop off. Who cuts at hyphens?",
            "spaCy: It, 's, seven for the compound, and the stop. NLTK keeps the compound.",
        ],
        solution="Whitespace: *It's*, *state-of-the-art.*; spaCy: 2 + 7 + 1; NLTK: 2 + 1 + 1.",
        difficulty="easy",
        minutes=3,
    ),
    Exercise(
        id="01-longest-match",
        title="WordPiece in ten lines",
        kind="function",
        task="""
            Write `longest_match(word, vocabulary)`: the list of pieces that WordPiece makes of one
            word. `vocabulary` is a set of strings. From the left, take the longest piece that is in
            it; pieces inside the word carry the mark `##`. If at some place nothing fits, the whole
            word is `["[UNK]"]`.
        """,
        reference=longest_match,
        alternatives=[_longest_match_by_shrinking],
        probes=[
            (word, _PIECES)
            for word in (
                "unable",
                "unbelieva",
                "snowfall",
                "abcd",
                "playing",
                "xyz",
                "xfall",
                "uno",
            )
        ]
        + [("unbelievable", _PIECES), ("abccd", _PIECES), ("opqrstu", _PIECES)],
        misconceptions=[
            Misconception(
                "forgetting the mark inside words",
                _no_marks,
                "Inside a word only pieces with `##` count. *fall* and *##fall* are two different "
                "entries of the vocabulary, with two different vectors in the model later.",
            ),
            Misconception(
                "taking the shortest piece",
                _shortest_first,
                "Yours takes the first piece that fits from the short end. Begin with the whole rest "
                "of the word and shorten it from the right.",
            ),
            Misconception(
                "keeping the pieces found before nothing fits",
                _keeps_what_it_found,
                "If the rest of a word cannot be covered, WordPiece gives up the *whole* word: "
                "`['[UNK]']`, not the beginning and then [UNK].",
            ),
            Misconception(
                "matching from the right",
                _from_the_end,
                "You take the longest piece at the *end* of the word first. That often gives nicer "
                "pieces, but WordPiece goes from left to right.",
            ),
            Misconception(
                "looking for the fewest pieces",
                _fewest_pieces,
                "You search all ways to cut and take the one with the fewest pieces. Greedy "
                "matching looks at no other way: what it took it keeps, even where that leads to "
                "more pieces, or to [UNK].",
            ),
        ],
        hints=[
            "Two loops: one along the word, one that tries ends from the far right inwards.",
            'The mark is `"##" if start > 0 else ""`; look up mark plus slice.',
            "`for end in range(len(word), start, -1): if mark + word[start:end] in vocabulary: …`, "
            "and the `else` of that `for` returns `['[UNK]']`.",
        ],
        solution="Greedy, from left to right, never going back. It is quick, and it does not "
        "care where a linguist would cut.",
        difficulty="medium",
        minutes=10,
    ),
    Exercise(
        id="01-underscores",
        title="Teach spaCy a rule",
        kind="function",
        task="""
            spaCy leaves `snake_case` whole. Write `cut_underscores(nlp, text)`: give the tokenizer
            of `nlp` (a blank English pipeline) a rule that makes an underscore *between two
            letters* a token of its own, and return the texts of the tokens of `text`. `snake_case`
            becomes three; `__init__`, `x_1`, URLs and hyphenated words stay as they were.
        """,
        reference=cut_underscores,
        alternatives=[_underscores_by_hand],
        probes=_underscore_probes,
        misconceptions=[
            Misconception(
                "a special case for one string",
                _one_special_case,
                "`add_special_case` mends exactly the string you name; *read_file* is still whole. "
                "A pattern for the middle of words is an *infix* rule.",
            ),
            Misconception(
                "replacing the infix rules",
                _only_the_new_rule,
                "The underscore works, but *well-known* is no longer cut: your rule took the place "
                "of all others. Add it to `nlp.Defaults.infixes`.",
            ),
            Misconception(
                "every underscore",
                _every_underscore,
                "`__init__` and `x_1` fall apart too. Ask for a letter on both sides: "
                "`(?<=[A-Za-z])_(?=[A-Za-z])`.",
            ),
            Misconception(
                "changing the text first",
                _blanks_around_underscores,
                "Putting blanks into the text changes the text: every offset after the underscore "
                "is off, and the URL is in pieces. Change the rules, not the input.",
            ),
            Misconception(
                "a prefix rule",
                _prefix_rule,
                "A prefix is taken off the *front* of a word, so your rule touches `_private` and "
                "leaves `snake_case`. In the middle of words it is the infixes that cut.",
            ),
        ],
        hints=[
            "Prefix, suffix, infix, special case: which is about the middle of a word?",
            "`spacy.util.compile_infix_regex(patterns).finditer` is what "
            "`nlp.tokenizer.infix_finditer` wants.",
            'The patterns: `[*nlp.Defaults.infixes, r"(?<=[A-Za-z])_(?=[A-Za-z])"]`.',
        ],
        solution="Lookbehind and lookahead ask for a letter on both sides without taking it, and "
        "the old rules stay in the list. URLs are safe because spaCy matches them before it "
        "looks for infixes.",
        difficulty="hard",
        minutes=10,
        seconds=20.0,
    ),
]

RECAP = [
    Question(
        "What do tokens with offsets have that a list of strings has not?",
        [
            Option(
                "You can find each token in the text again, and compare two tokenizers.",
                "Yes: `text[start:end]` is the token, and two cuts of the same text share one ruler.",
                right=True,
            ),
            Option(
                "They are fewer.",
                "Offsets change nothing about where the text is cut.",
            ),
            Option(
                "They know their part of speech.",
                "That takes a tagger (lesson 02). Offsets are two numbers.",
            ),
        ],
    ),
    Question(
        "“NLTK's `word_tokenize` is much faster than spaCy.” What did you measure?",
        [
            Option(
                "It takes longer than spaCy's tokenizer with a sentencizer, and far less than a "
                "pipeline with a tagger and a parser.",
                "Yes. `word_tokenize` splits sentences first; like must be compared with like.",
                right=True,
            ),
            Option(
                "It is right: NLTK is a small library.",
                "Small is not fast: Punkt looks at every candidate in Python. The claim only looks "
                "right against a full pipeline, which does much more.",
            ),
            Option(
                "Both take the same time in every setting.",
                "Only NLTKWordTokenizer alone against a spaCy tokenizer on its first reading is "
                "close.",
            ),
        ],
    ),
    Question(
        "Why does WordPiece give `[UNK]` for a whole word of known letters but one?",
        [
            Option(
                "If any place of the word cannot be covered by a piece, the whole word is given up.",
                "Yes, and a letter the vocabulary never saw is such a place.",
                right=True,
            ),
            Option(
                "Because the word is rare.",
                "Rare words are cut into more pieces; that is what pieces are for.",
            ),
            Option(
                "Because it is longer than the longest piece.",
                "Long words take several pieces. (Only beyond 100 characters the library gives up.)",
            ),
        ],
    ),
    Question(
        "A vocabulary has a fertility of 1.0 on Japanese text. What does that tell you?",
        [
            Option(
                "Nothing, until you have looked at its [UNK] rate.",
                "Yes: one [UNK] for every word is one piece a word too.",
                right=True,
            ),
            Option(
                "It knows Japanese perfectly.",
                "Ours had 1.0 and an [UNK] rate of 100 %: it had read nothing at all.",
            ),
            Option(
                "It must have been trained on Japanese.",
                "Then its [UNK] rate would be low. Fertility alone does not say.",
            ),
        ],
    ),
    Question(
        "A user of your service types `[MASK]` into a text that goes into BERT. What happens?",
        [
            Option(
                "It becomes the model's own mask sign, unless you turn that off.",
                "Yes: special tokens are matched in the text before anything else.",
                right=True,
            ),
            Option(
                "It is cut into [, mask and ].",
                "So do spaCy and NLTK, and WordPiece after `encode_special_tokens = True`.",
            ),
            Option(
                "The tokenizer raises an error.",
                "If only it did: it says nothing at all.",
            ),
        ],
    ),
]
