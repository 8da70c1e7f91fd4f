"""Lesson 03, when spaCy refuses: E088, E030, memory, chunks and streams."""

from bertlab.teaching.bank import Exercise, Misconception, Option, Question, Wrong

# ---- 03-which-raise: six calls

_WHICH = ["ok", "E088", "ok", "E030", "ok", "E030"]
_WHY = [
    "1: a million characters is the limit itself, and only more is too much.",
    "2: a blank pipeline has no component, but the check comes before the components.",
    "3: one token is one sentence; there is nothing to be unsure of.",
    "4: two tokens, and nobody has said whether the second begins a sentence.",
    "5: the check is in `nlp`, and `nlp.tokenizer` does not go through it.",
    "6: the flag of the first token is never looked at, so the question about the second stays.",
]


def _check_which(answer) -> str | None:
    given = [str(one).strip() for one in answer]
    if len(given) != len(_WHICH) or not set(given) <= {"ok", "E088", "E030"}:
        raise Wrong('The answer is a list of six: each "ok", "E088" or "E030".')
    wrong = [
        str(n) for n, pair in enumerate(zip(given, _WHICH, strict=True), 1) if len({*pair}) > 1
    ]
    if wrong:
        raise Wrong(f"Not quite. Think again about: {', '.join(wrong)}.")
    return None


# ---- 03-peak: an array that doubles


def peak_bytes(tokens: int, size: int = 120) -> int:
    """Bytes held at the worst moment while an array grows one token at a time."""
    places = before = 20
    while places < tokens:
        before, places = places, 2 * places
    if places == before:  # it never grew
        return places * size
    return (before + places) * size


def _peak_by_logarithm(tokens, size=120):
    doublings = (max(1, -(-tokens // 20)) - 1).bit_length()
    return 20 * size * (2**doublings + (2 ** (doublings - 1) if doublings else 0))


def _peak_straight(tokens, size=120):
    return tokens * size


def _peak_new_only(tokens, size=120):
    places = 20
    while places < tokens:
        places *= 2
    return places * size


def _peak_doubles_when_full(tokens, size=120):
    places = before = 20
    while places <= tokens:
        before, places = places, 2 * places
    return places * size if places == before else (before + places) * size


def _peak_always_two(tokens, size=120):
    places = 20
    while places < tokens:
        places *= 2
    return (places + places // 2) * size


def _peak_keeps_all(tokens, size=120):
    places = total = 20
    while places < tokens:
        places *= 2
        total += places
    return total * size


# ---- 03-chunks: cut where white space ends


def chunks(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` characters, each as long as it can be."""
    pieces, start = [], 0
    while len(text) - start > limit:
        end = start + limit
        while not (text[end - 1].isspace() and not text[end].isspace()):
            end -= 1  # … until white space ends here
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]] if start < len(text) else pieces


def _chunks_by_regex(text, limit):
    import re

    pieces, piece = [], ""
    for unit in re.findall(r"^\s+|\S+\s*", text):
        if len(piece) + len(unit) > limit:
            pieces.append(piece)
            piece = ""
        piece += unit
    return [*pieces, piece] if piece else pieces


def _chunks_fixed(text, limit):
    return [text[i : i + limit] for i in range(0, len(text), limit)]


def _chunks_wrapped(text, limit):
    import textwrap

    return textwrap.wrap(text, limit)


def _chunks_cut_where(fits, text, limit, step=-1):
    """Cut at the first place that fits, looked for from the limit on."""
    pieces, start = [], 0
    while len(text) - start > limit:
        end = start + limit
        while not fits(text, end):
            end += step
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]] if start < len(text) else pieces


def _space_begins(text, end):
    return text[end].isspace() and not text[end - 1].isspace()


def _space_ends(text, end):
    return end == len(text) or text[end - 1].isspace() and not text[end].isspace()


def _chunks_before_space(text, limit):
    return _chunks_cut_where(_space_begins, text, limit)


def _chunks_too_long(text, limit):
    return _chunks_cut_where(_space_ends, text, limit, step=1)


def _chunks_inside_space(text, limit):
    return _chunks_cut_where(lambda text, end: text[end - 1].isspace(), text, limit)


def _chunks_without_rest(text, limit):
    return chunks(text, limit)[:-1]


# ---- 03-stream: documents from lines, one at a time


def documents(lines):
    """Documents, one at a time; blank lines stand between them."""
    document = []
    for line in lines:
        if line.strip():
            document.append(line)
        elif document:
            yield "".join(document)
            document = []
    if document:
        yield "".join(document)


def _documents_by_groups(lines):
    from itertools import groupby

    for visible, group in groupby(lines, key=lambda line: bool(line.strip())):
        if visible:
            text = ""
            for line in group:
                text += line
            yield text


def _documents_at_once(lines):
    whole = list(lines)
    yield from documents(whole)


def _documents_as_list(lines):
    return list(documents(lines))


def _documents_lose_last(lines):
    document = []
    for line in lines:
        if line.strip():
            document.append(line)
        elif document:
            yield "".join(document)
            document = []


def _documents_grow(lines):
    document = []
    for line in lines:
        if line.strip():
            document.append(line)
        elif document:
            yield "".join(document)
    if document:
        yield "".join(document)


def _documents_empty(lines):
    document = []
    for line in lines:
        if line.strip():
            document.append(line)
        else:
            yield "".join(document)
            document = []
    if document:
        yield "".join(document)


class _Tape:
    """Lines that count how far they were read."""

    def __init__(self, lines):
        self.lines, self.read = lines, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.read == len(self.lines):
            raise StopIteration
        self.read += 1
        return self.lines[self.read - 1]


_STREAMS = [
    (["a\n", "b\n", "\n", "c\n"],),
    (["\n", "a\n", "\n", "\n", "b\n", "\n"],),
    ([],),
    (["a\n", "  \n", "b"],),
]


def _check_stream(function) -> str | None:
    tape = _Tape([line for n in range(50) for line in (f"{n}\n", f"more of {n}\n", "\n")])
    got = function(tape)
    if tape.read:
        raise Wrong("It read lines before it was asked for a document.", _AS_LIST)
    for n, document in enumerate(got):
        if document != f"{n}\nmore of {n}\n":
            return f"Document {n} of a stream came as {document!r}."
        if tape.read == len(tape.lines) and n == 0:
            raise Wrong("All lines had been read when the first document came.", _AT_ONCE)
        if tape.read > 3 * (n + 1) + 1:
            return f"When document {n} came, {tape.read} lines were read; {3 * (n + 1)} are enough."
    for (lines,) in _STREAMS:
        got, wanted = list(function(iter(lines))), list(documents(lines))
        if got != wanted:
            return f"The lines {lines!r} gave {got!r}; wanted {wanted!r}."
    return None


_AT_ONCE, _AS_LIST = "reading all of it, then giving it out", "collecting the answers"

# ---- 03-flat: the notes' list of lists


def sentences(docs) -> list[str]:
    """The text of every sentence of every Doc, in one flat list."""
    found = []
    for doc in docs:
        found.extend(sentence.text for sentence in doc.sents)
    return found


def _sentences_by_comprehension(docs):
    return [sentence.text for doc in docs for sentence in doc.sents]


def _sentences_nested(docs):
    found = []
    for doc in docs:
        found.append([sentence.text for sentence in doc.sents])
    return found


def _sentences_last_doc(docs):
    found = []
    for doc in docs:
        found = [sentence.text for sentence in doc.sents]
    return found


def _sentences_extended_by_text(docs):
    found = []
    for doc in docs:
        for sentence in doc.sents:
            found += sentence.text
    return found


def _sentences_joined(docs):
    return [" ".join(sentence.text for sentence in doc.sents) for doc in docs]


def _sentences_first_only(docs):
    found = []
    for doc in docs:
        for sentence in doc.sents:
            found.append(sentence.text)
            break
    return found


def _docs() -> list[tuple]:
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    texts = ("It rained. We stayed in.", "One sentence only.", "Why? Nobody knew. So be it.")
    return [(list(nlp.pipe(texts)),), (list(nlp.pipe(texts[:1])),), ([],)]


EXERCISES = [
    Exercise(
        id="03-which-raise",
        title="Which of these raise?",
        kind="value",
        task="""
        `nlp = spacy.blank("en")`. What does each line do? Give a list of six: `"ok"`, `"E088"` or
        `"E030"`.

        1. `nlp("x" * 1_000_000)`
        2. `nlp("x" * 1_000_001)`
        3. `list(nlp("Yes").sents)`
        4. `list(nlp("Yes indeed").sents)`
        5. `nlp.tokenizer("x " * 1_000_000)`
        6. `doc = nlp("Yes indeed"); doc[0].is_sent_start = True; list(doc.sents)`
        """,
        reference=_WHICH,
        alternatives=[tuple(_WHICH)],
        check=_check_which,
        misconceptions=[
            Misconception(
                "the limit itself is already too long",
                ["E088", *_WHICH[1:]],
                "Your second to sixth are right. The check is `len(text) > nlp.max_length`: exactly "
                "1,000,000 characters pass.",
            ),
            Misconception(
                "a blank pipeline has no limit",
                ["ok", "ok", *_WHICH[2:]],
                "`make_doc` counts characters before it looks at what the pipeline holds. The limit "
                "is about components, but it does not ask whether there are any.",
            ),
            Misconception(
                "no sentence without a component",
                ["ok", "E088", "E030", "E030", "ok", "E030"],
                "A single token can only be one sentence, so spaCy does not ask who said so. "
                "E030 needs two tokens.",
            ),
            Misconception(
                "the tokenizer has the limit",
                ["ok", "E088", "ok", "E030", "E088", "E030"],
                "The check sits in `Language.make_doc`, one step above the tokenizer. Called "
                "directly, the tokenizer takes anything below 2**30 characters.",
            ),
            Misconception(
                "any flag will do",
                ["ok", "E088", "ok", "E030", "ok", "ok"],
                "The first token begins a sentence whatever you say, so spaCy looks at the second "
                "and later ones only. Flag one of *those*, even with `False`, and E030 is gone.",
            ),
        ],
        hints=[
            "Sort them first: which lines can meet E088 at all, which E030?",
            "E088 needs more than the limit, and a way through `make_doc`. E030 needs two tokens.",
            "Section 5 tried the sixth line: a flag on the first token changes nothing.",
        ],
        solution=" ".join(_WHY),
        solution_source="""answer = ["ok", "E088", "ok", "E030", "ok", "E030"]""",
        difficulty="medium",
        minutes=5,
    ),
    Exercise(
        id="03-arithmetic",
        title="What the message asks for",
        kind="value",
        task="""
        The message says 1 GB for every 100,000 characters. How many **terabytes** would the notes'
        538,294,333 characters need by that figure? (1 TB = 1,000 GB; one decimal will do.)
        """,
        reference=5.38294333,
        alternatives=[5.4, 5.38],
        tolerance=0.02,
        misconceptions=[
            Misconception(
                "gigabytes for terabytes",
                5383.0,
                "That is the number of gigabytes. A thousand of them make a terabyte.",
            ),
            Misconception(
                "1 GB for every million",
                0.538,
                "1 GB buys 100,000 characters, so a million needs ten of them.",
                matches=lambda answer: abs(answer - 0.54) < 0.01,
            ),
            Misconception(
                "1 GB for every 10,000",
                53.8,
                "Ten times too many: divide by 100,000, not by 10,000.",
            ),
            Misconception(
                "one byte a character",
                0.000538,
                "That is the text itself. The message speaks of what the parser and the entity "
                "recogniser hold *while they read it*.",
                matches=lambda answer: abs(answer - 0.00054) < 0.0001,
            ),
        ],
        hints=[
            "How many times do 100,000 characters go into the string?",
            "About 5,383 times, each time 1 GB.",
            "5,383 GB, and 1,000 GB are 1 TB.",
        ],
        solution="538,294,333 / 100,000 = 5,383 (GB), which is 5.4 TB.",
        solution_source="answer = 538_294_333 / 100_000 / 1_000",
        difficulty="easy",
        minutes=2,
    ),
    Exercise(
        id="03-peak",
        title="An array that doubles",
        kind="function",
        task="""
        Write `peak_bytes(tokens, size=120)`: the most bytes a growing token array holds. It begins with
        20 places of `size` bytes. When a token comes and no place is free, a new array of twice
        as many places is made, the old one is copied over, and only then let go.
        """,
        reference=peak_bytes,
        alternatives=[_peak_by_logarithm],
        probes=[(1,), (20,), (21,), (40,), (41,), (100, 8), (160, 8), (116_268,), (923_502,)],
        misconceptions=[
            Misconception(
                "memory follows the tokens",
                _peak_straight,
                "The array has room for more tokens than there are: 20, 40, 80, … places.",
            ),
            Misconception(
                "the old array is gone by then",
                _peak_new_only,
                "While tokens are copied, old and new array exist together. Count both.",
            ),
            Misconception(
                "full means too small",
                _peak_doubles_when_full,
                "Twenty tokens fit into twenty places. The array grows when the *twenty-first* comes.",
            ),
            Misconception(
                "there was always an older one",
                _peak_always_two,
                "The first 20 places are nobody's copy. Up to 20 tokens there is one array only.",
            ),
            Misconception(
                "nothing is ever let go",
                _peak_keeps_all,
                "Each array is let go once it is copied. At the worst moment there are two.",
            ),
        ],
        hints=[
            "Find the number of places first: start at 20 and double while it is too small.",
            "At the last doubling, the array before it had half as many places. Both count.",
            "Doubled at least once: 1.5 × places × size. Never doubled: 20 × size.",
        ],
        solution="The last doubling is the worst moment: n places there, n / 2 still here.",
        difficulty="medium",
        minutes=8,
    ),
    Exercise(
        id="03-chunks",
        title="Chunks that cut no token",
        kind="function",
        task="""
        Write `chunks(text, limit)`: a list of pieces of at most `limit` characters that give `text` back
        when joined. Cut only where white space *ends* (a white-space character before the cut, none
        after it), and make each piece as long as possible. You may rely on such a place within every
        `limit` characters.
        """,
        reference=chunks,
        alternatives=[_chunks_by_regex],
        probes=[
            ("one two three four", 9),
            ("a bc def  gh\n\ni jkl m", 8),
            ("short", 10),
            ("", 5),
            ("ab cd ", 6),
            ("ab cd  ef", 6),
            ("It rained. We stayed in.\nThen it stopped.", 20),
        ],
        misconceptions=[
            Misconception(
                "characters are interchangeable",
                _chunks_fixed,
                "A cut at a fixed width falls inside words, and each half becomes a token that the "
                "text never had.",
            ),
            Misconception(
                "white space is nothing",
                _chunks_wrapped,
                "The pieces no longer give the text back: `textwrap` drops the white space at its "
                "breaks and turns every line end into a space. All offsets behind it are wrong.",
            ),
            Misconception(
                "cut before the space",
                _chunks_before_space,
                "Then the next piece begins with the space, and spaCy makes a token of it. A space "
                "goes with the word *before* it.",
            ),
            Misconception(
                "the limit is where to start looking",
                _chunks_too_long,
                "You looked for the cut behind the limit, so pieces become longer than it: E088 "
                "again. Look backwards from the limit.",
            ),
            Misconception(
                "any white space will do",
                _chunks_inside_space,
                "You cut inside a run of white space. spaCy makes one token of a run; cut in two, it "
                "becomes another one. Cut behind all of it.",
            ),
            Misconception(
                "the rest is lost",
                _chunks_without_rest,
                "What is left when the loop ends is shorter than the limit, and still text. Join "
                "your pieces and compare with the text.",
            ),
        ],
        hints=[
            "Start at `start + limit` and walk back until the cut is allowed.",
            "Allowed: `text[end - 1].isspace() and not text[end].isspace()`.",
            "Loop while more than `limit` characters are left; then add what remains, if anything.",
        ],
        solution="""
        Walking back from the limit finds the longest piece. Joined, the pieces are the text, because
        each begins where the last one ended.
        """,
        difficulty="medium",
        minutes=12,
    ),
    Exercise(
        id="03-stream",
        title="A stream in constant memory",
        kind="function",
        task="""
        Write the generator `documents(lines)`: `lines` gives lines one at a time (an open file does);
        one or more blank lines stand between documents. Give out each document (its lines, joined)
        as soon as it is complete, so that never more than one is held.
        """,
        reference=documents,
        alternatives=[_documents_by_groups],
        probes=_STREAMS,
        check=_check_stream,
        misconceptions=[
            Misconception(
                _AT_ONCE,
                _documents_at_once,
                "Your generator is asked for one document and reads every line there is: `list`, "
                "`read` and `sorted` all do. The whole file is in memory again.",
            ),
            Misconception(
                _AS_LIST,
                _documents_as_list,
                "A list is finished before its first entry can be used. `yield` each document instead.",
            ),
            Misconception(
                "a document ends with a blank line",
                _documents_lose_last,
                "The last one ends with the file. After the loop, give out what is left.",
            ),
            Misconception(
                "never starting afresh",
                _documents_grow,
                "Empty the list after each document, or every document carries all before it.",
            ),
            Misconception(
                "every blank line ends a document",
                _documents_empty,
                "Two blank lines in a row, or one at the start, gave out an empty document. Give out "
                "only what holds something.",
            ),
        ],
        hints=[
            "Collect lines in a list; a blank line says that the document is complete.",
            '`yield "".join(document)`, then start a new list, but only if there was something in it.',
            "Do not forget what is left when the loop is over.",
        ],
        solution="The generator stands still at each `yield` and reads on only when asked again.",
        difficulty="medium",
        minutes=10,
    ),
    Exercise(
        id="03-flat",
        title="Sentences, not lists of them",
        kind="function",
        task="""
        The notes collect sentences like this:

        ```python
        sentences = []
        for doc in docs:
            sentences.append([sent.text for sent in doc.sents])
        ```

        Write `sentences(docs)` so that it returns one flat list of strings.
        """,
        reference=sentences,
        alternatives=[_sentences_by_comprehension],
        probes=_docs,
        misconceptions=[
            Misconception(
                "append adds what is in the list",
                _sentences_nested,
                "`append` adds *one* thing: here a list. You get a list of lists. "
                "`extend` adds what is in it.",
            ),
            Misconception(
                "an assignment collects",
                _sentences_last_doc,
                "`=` throws away what was there; at the end you have the last document's only.",
            ),
            Misconception(
                "+= with a string",
                _sentences_extended_by_text,
                "`+=` with a string adds its characters one by one. Use `append` for one string.",
            ),
            Misconception(
                "a document is a sentence",
                _sentences_joined,
                "You joined each document's sentences into one string: one entry a document.",
            ),
            Misconception(
                "one sentence a document",
                _sentences_first_only,
                "You stop after the first sentence of each document.",
            ),
        ],
        hints=[
            "Print `len(sentences)` for three documents: is it the number of sentences?",
            "`append` against `extend`.",
            "`sentences.extend(sent.text for sent in doc.sents)`.",
        ],
        solution="`extend` takes the strings out of the list; a comprehension with two `for` does too.",
        difficulty="easy",
        minutes=4,
    ),
]

RECAP = [
    Question(
        "A blank English pipeline gets 1,200,000 characters. What happens?",
        [
            Option(
                "E088",
                "`make_doc` counts characters before it knows of any component.",
                right=True,
            ),
            Option(
                "It works: there is no parser and no NER",
                "That is the reason *for* the limit, but the check does not ask.",
            ),
            Option("E030", "That one is about sentences, and nobody asked for any."),
        ],
    ),
    Question(
        "`nlp.pipe` meets a text that is too long. What about the texts behind it?",
        [
            Option(
                "They are never reached",
                "The error ends the stream, and no error handler is asked. Check lengths first.",
                right=True,
            ),
            Option(
                "They follow; the long one is skipped",
                "Error handlers are for components. E088 is raised before them.",
            ),
            Option(
                "They follow; the long one comes cut at the limit",
                "spaCy never cuts a text. `bertlab.text.chunks` does, if you ask.",
            ),
        ],
    ),
    Question(
        "Without parser and NER, is it safe to raise `nlp.max_length`?",
        [
            Option(
                "Only if nothing else reads the whole Doc with a network",
                "A tagger alone took hundreds of megabytes per 100,000 characters.",
                right=True,
            ),
            Option("Yes, the message says so", "It says *probably*, and the tagger disagrees."),
            Option(
                "No, raising it always costs memory",
                "The limit is one number. Memory is taken by what then runs.",
            ),
        ],
    ),
    Question(
        "Which cut leaves spaCy's tokens as they are?",
        [
            Option(
                "Behind the white space between two words",
                "Then every word and every run of white space stays in one piece.",
                right=True,
            ),
            Option(
                "Before the white space between two words",
                "Then the next chunk begins with a space, which becomes a token.",
            ),
            Option(
                "Every 100,000 characters",
                "The cut falls inside a word more often than not.",
            ),
        ],
    ),
    Question(
        "`doc[1].is_sent_start = False` on a Doc without sentence boundaries: what does `doc.sents` do?",
        [
            Option(
                "It gives sentences; unset tokens begin none",
                "One flag behind the first token silences E030. A silent one-sentence Doc "
                "may be worse than the error.",
                right=True,
            ),
            Option("It raises E030: False is not a boundary", "Any value other than unset counts."),
            Option(
                "It raises E030 until every token has a flag",
                "spaCy asks whether *any* token behind the first has one.",
            ),
        ],
    ),
]
