"""Lesson 00, start here: three warm-ups that teach how an exercise answers back, and the recap."""

from bertlab.teaching.bank import Exercise, Misconception, Option, Question


def count_tokens(text: str) -> int:
    """How many tokens whitespace separates."""
    return len(text.split())


def _count_by_loop(text: str) -> int:
    count, inside = 0, False
    for character in text:
        count += not character.isspace() and not inside
        inside = not character.isspace()
    return count


def _number_of_spaces(text: str) -> int:
    return text.count(" ")


def _spaces_plus_one(text: str) -> int:
    return text.count(" ") + 1


def _split_at_single_spaces(text: str) -> int:
    return len([piece for piece in text.split(" ") if piece])


def _characters(text: str) -> int:
    return len(text)


def _different_words(text: str) -> int:
    return len(set(text.split()))


def _names_wikitext(answer) -> str | None:
    if answer in ("wikitext-2", "wikitext-103"):
        return None
    return "`open_corpus` knows no such name, or it brings something else than Wikipedia."


EXERCISES = [
    Exercise(
        id="00-hidden-number",
        title="Give a value",
        task="""
            How many tokens does whitespace separate in `"to be, or not to be"`? Put the number in
            place of `...`. A wrong answer is often wrong for a reason, and the check looks for the
            reason.
        """,
        kind="value",
        reference=6,
        alternatives=[len("to be, or not to be".split()), 6.0],
        misconceptions=[
            Misconception(
                "counting types",
                4,
                "Four is how many *different* words there are. The second *to* and the second "
                "*be* (the first carries a comma, look closely) are tokens of their own.",
            ),
            Misconception(
                "counting types and splitting off the comma",
                5,
                "Five is the number of different pieces: *to*, *be,* (with its comma), *or*, "
                "*not*, *be*. Every occurrence counts as a token, so *to* counts twice.",
            ),
            Misconception(
                "giving the comma a token",
                7,
                "Seven makes the comma a token, as spaCy and NLTK do. Whitespace alone leaves it "
                "on *be,*. Which of the two is wanted depends on the tokenizer; lesson 01 is "
                "about that.",
            ),
            Misconception(
                "giving the tokens instead of their number",
                ["to", "be,", "or", "not", "to", "be"],
                "Those are the tokens. How many are there?",
                matches=lambda answer: isinstance(answer, list | tuple),
            ),
            Misconception(
                "counting characters",
                19,
                "Nineteen is the length of the string in characters, blanks included.",
            ),
        ],
        hints=[
            "Read the string aloud and tap once for each stretch without a blank.",
            'Python will do it: `"to be, or not to be".split()` gives a list.',
            'It is `len("to be, or not to be".split())`.',
        ],
        solution="Six stretches without whitespace: *to*, *be,*, *or*, *not*, *to*, *be*.",
        difficulty="easy",
        minutes=2,
    ),
    Exercise(
        id="00-read-the-error",
        title="Read an error to its end",
        task="""
            Somebody wanted articles from Wikipedia and typed `open_corpus("wikitex-2")`. The
            error above lists the names that would have worked. Answer with one that brings what
            they wanted, as a string.
        """,
        kind="value",
        reference="wikitext-2",
        alternatives=["wikitext-103"],
        check=_names_wikitext,
        misconceptions=[
            Misconception(
                "repeating what was found",
                "wikitex-2",
                "That is what was *found*, and it is what the error complains of: a *t* is "
                "missing. The names that work stand after *wanted*.",
            ),
            Misconception(
                "taking the default for the wish",
                "bertlab",
                "`bertlab` opens, without a network even, but it is the corpus that ships with "
                "the course. Nothing in it comes from Wikipedia.",
            ),
            Misconception(
                "guessing the spelling",
                "wikitext2",
                "Nearly. Names have to match to the letter, hyphen and small letters included; "
                "copy one from the error.",
                matches=lambda answer: (
                    answer.lower().replace("-", "").replace("_", "").replace(" ", "")
                    in ("wikitext", "wikitext2", "wikitext103")
                ),
            ),
            Misconception(
                "any known name will do",
                "gutenberg",
                "The error lists this name, so it would have opened. But Gutenberg's texts are "
                "books and Brown's are American prose of 1961; neither is Wikipedia.",
                matches=lambda answer: answer == "brown",
            ),
            Misconception(
                "giving the corpus instead of its name",
                None,
                "What `open_corpus` gives back, or nothing, is not a name. The answer is a string, "
                "in quotation marks.",
                matches=lambda answer: not isinstance(answer, str),
            ),
        ],
        hints=[
            "An error of bertlab has three parts: found, wanted, and what to do. Read the second.",
            "Two of the names listed have Wikipedia's encyclopaedia in their own name, shortened.",
            "One letter is missing: it is `wikitex?-2`, with a letter for the question mark.",
        ],
        solution="`wikitext-2` is the small one and `wikitext-103` the large one; both are cut from "
        "Wikipedia's articles. The error had named both.",
        difficulty="easy",
        minutes=1,
    ),
    Exercise(
        id="00-count-tokens",
        title="Write a function",
        task="""
            Write `count_tokens(text)`: how many tokens whitespace separates in `text`. It may hold
            newlines, tabs, several blanks in a row, or nothing at all.
        """,
        kind="function",
        reference=count_tokens,
        alternatives=[_count_by_loop, lambda text: sum(1 for _ in text.split())],
        probes=[
            ("to be or not to be",),
            ("two  blanks",),
            (" one at each end ",),
            ("a line\nand another",),
            ("a\ttab",),
            ("",),
            ("   ",),
        ],
        misconceptions=[
            Misconception(
                "counting blanks instead of tokens",
                _number_of_spaces,
                "Your function counts the blanks. Between *n* tokens there are *n* − 1 gaps, and "
                "a gap may be more than one blank.",
            ),
            Misconception(
                "one token more than blanks",
                _spaces_plus_one,
                "Blanks plus one is right while every gap is exactly one blank. Try two blanks in "
                "a row, a newline, and the empty string, which holds no token but gets one.",
            ),
            Misconception(
                "only the blank is whitespace",
                _split_at_single_spaces,
                'Your function knows one kind of whitespace. `split(" ")` cuts at blanks only; '
                "newlines and tabs separate tokens too. `split()` without an argument takes any "
                "run of whitespace as one gap.",
            ),
            Misconception(
                "counting characters",
                _characters,
                "`len(text)` counts characters. Cut the text into tokens first.",
            ),
            Misconception(
                "counting types",
                _different_words,
                "A set keeps each word once, so *to be or not to be* gives four. Tokens are "
                "occurrences; the different ones are called types.",
            ),
        ],
        hints=[
            "A string has a method that cuts it into pieces.",
            "`split()` and `split(' ')` do different things when two blanks meet.",
            "`return len(text.split())`",
        ],
        solution="`split()` without an argument takes any run of whitespace as one gap and gives "
        "no empty pieces, so an empty text has no tokens.",
        difficulty="easy",
        minutes=5,
    ),
]

RECAP = [
    Question(
        "Where does the committed confidence of a prediction go?",
        [
            Option(
                "Into one file on this machine.",
                "It stays there; you may read it, copy it or delete it.",
                right=True,
            ),
            Option(
                "To a server of the course.",
                "There is none. The whole course runs with the network cut.",
            ),
            Option(
                "Into the notebook.",
                "The stored notebook is the same for everybody; your own answers show only while "
                "your kernel runs.",
            ),
        ],
    ),
    Question(
        "A *claim* printed its verdict. What has just happened?",
        [
            Option(
                "Somebody checked the sentence when the lesson was written.",
                "That too, but the claim was measured again now, on your machine. Had the "
                "measurement left the range, the cell would have said so.",
            ),
            Option(
                "A measurement made on your machine was compared with the range it names.",
                "The measured number itself is not part of the line, because it differs from "
                "machine to machine; the range is what the prose relies on.",
                right=True,
            ),
            Option(
                "The sentence was looked up in the paper.",
                "The source says where a sentence comes from, not how it was tested. Some claims "
                "of the sources turn out to be wrong and are marked *corrected*.",
            ),
        ],
    ),
    Question(
        "You are 90 % sure of an answer and it is wrong. What does the Brier score say?",
        [
            Option(
                "0.01",
                "That is the score of being *right* at 90 %: (0.9 − 1)² = 0.01. Low is good.",
            ),
            Option("0.81", "(0.9 − 0)² = 0.81, near the worst, which is 1.", right=True),
            Option(
                "0.25",
                "That is 50 % either way, the score of knowing nothing and saying so.",
            ),
        ],
    ),
    Question(
        "You put `bert-base-uncased` in the place of `bertlab-mini`, and a claim of the lesson "
        "fails. What now?",
        [
            Option(
                "Something is broken; install everything again.",
                "The claim was measured and told you what it found: that is what it is for. "
                "`bertlab doctor` says whether something is broken.",
            ),
            Option(
                "Read what it measured: the claim was made about the other model.",
                "A claim binds a sentence to what the lesson was written with. Where it fails on "
                "another model you have found out how the two differ.",
                right=True,
            ),
            Option(
                "The claim must be wrong for every model.",
                "It still holds for the model that it was written about, and the tests of the "
                "course hold it to that.",
            ),
        ],
    ),
    Question(
        "The lessons show numbers that were measured. Will yours be the same?",
        [
            Option(
                "Yes, every number.",
                "Token counts and scores of a fixed model will be. Timings will not: they depend "
                "on your machine, which is why claims about them name a range.",
            ),
            Option(
                "What is computed, yes; what is timed, no.",
                "Cells with timings are marked so that tests do not compare them; the claim beside "
                "each says what should hold everywhere, and tells you where it does not.",
                right=True,
            ),
            Option(
                "No, everything depends on chance.",
                "Randomness enters by seeded generators, so a run can be repeated.",
            ),
        ],
    ),
]
