"""Lesson 02, spaCy pipelines: a missing quote, who needs whom, stems, switches, a component."""

import ast
from functools import cache

from bertlab.teaching.bank import Exercise, Misconception, Option, Question, Wrong

# ---- 02-missing-quote: a line of Python that is to be mended

SNIPPET = 'nlp = spacy.load("en_core_web_sm", disable=["tagger", "parser", "ner", "lemmatizer])'
_MENDED = SNIPPET.replace("lemmatizer]", 'lemmatizer"]')


def _disabled(answer) -> list[str]:
    """The names that the line gives to `disable`; raises SyntaxError or ValueError."""
    call = next(node for node in ast.walk(ast.parse(answer)) if isinstance(node, ast.Call))
    return ast.literal_eval(next(k.value for k in call.keywords if k.arg == "disable"))


def _check_quote(answer) -> str | None:
    if not isinstance(answer, str):
        return "Give the mended line as a string, for instance `SNIPPET.replace(…, …)`."
    try:
        names = _disabled(answer)
    except SyntaxError as error:
        return (
            f"Python still cannot read it: {error.msg}, line {error.lineno}, column {error.offset}."
        )
    except (ValueError, StopIteration):
        return "Keep the call and its list of four names as they are; only a quote is missing."
    if list(names) != ["tagger", "parser", "ner", "lemmatizer"]:
        return f"Python can read it, but the list is now `{names}`."
    return None


def _is_line(*parts: str):
    """Whether an answer has these parts, whatever its spaces and kind of quotes."""

    def matches(answer: str) -> bool:
        line = "".join(answer.split()).replace("'", '"')
        return all(part in line for part in parts)

    return matches


# ---- 02-lemma-needs: a set of names


def _check_needs(answer) -> str | None:
    if isinstance(answer, str):
        return 'Give the names in a list or a set, such as `["tagger", "ner"]`.'
    names = set(answer)
    if names == {"tok2vec", "tagger", "attribute_ruler", "lemmatizer"}:
        return None
    known = {"tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"}
    if strange := sorted(map(str, names - known)):
        return f"`{strange[0]}` is no component of this pipeline; look at `nlp.component_names`."
    return "Run it: `with nlp.select_pipes(enable=[…])`, and read `token.lemma_`."


def _names(*wanted: str):
    return lambda answer: not isinstance(answer, str) and set(answer) == set(wanted)


# ---- 02-stem-pair: two words that a stemmer confuses and a lemmatizer does not


def _stems_and_lemmas(answer) -> tuple[list[str], list[str]]:
    from nltk.stem import PorterStemmer

    nlp, stemmer = _looking_up(), PorterStemmer()
    lemma = nlp.get_pipe("lemmatizer").lookup_lemmatize
    words = [word.strip() for word in answer]
    return [stemmer.stem(w) for w in words], [lemma(nlp.make_doc(w)[0])[0].lower() for w in words]


def _check_pair(answer) -> str | None:
    fine = isinstance(answer, list | tuple) and len(answer) == 2
    if not fine or not all(isinstance(word, str) and word.strip().isalpha() for word in answer):
        return 'Give two words, such as `("cats", "cat")`.'
    if {word.strip().lower() for word in answer} == {"universe", "university"}:
        raise Wrong("", "the lesson's own pair")
    stems, lemmas = _stems_and_lemmas(answer)
    if answer[0].strip().lower() == answer[1].strip().lower():
        raise Wrong("", "one word, written twice")
    if stems[0] == stems[1] and lemmas[0] == lemmas[1]:
        raise Wrong("", "two forms of one word")
    if stems[0] != stems[1] and lemmas[0] == lemmas[1]:
        raise Wrong("", "the other way round")
    if stems[0] == stems[1]:
        return None
    if answer[0].strip().lower()[:3] == answer[1].strip().lower()[:3]:
        return f"Porter keeps these apart too: `{stems[0]}` and `{stems[1]}`."
    raise Wrong("", "words akin in meaning, not in letters")


# ---- 02-which-switch

_SWITCHES = ("disable", "exclude", "select_pipes")


def _check_switch(answer) -> str | None:
    if not isinstance(answer, list | tuple) or len(answer) != 3:
        return f"Give three names in a list, each one of {', '.join(_SWITCHES)}."
    if strange := [name for name in answer if name not in _SWITCHES]:
        return f"`{strange[0]}` is none of {', '.join(_SWITCHES)}."
    for i, wanted in enumerate(("exclude", "select_pipes", "disable")):
        if answer[i] != wanted:
            return f"Job {i + 1} has something better than `{answer[i]}`."
    return None


# ---- 02-semicolons: a component


def semicolons(doc):
    """Start a sentence after each semicolon; leave the other starts as they are."""
    for token in doc[:-1]:
        if token.text == ";":
            token.nbor().is_sent_start = True
    return doc


def _semicolons_by_index(doc):
    for i in range(1, len(doc)):
        doc[i].is_sent_start = doc[i].is_sent_start or doc[i - 1].text == ";"
    return doc


def _semicolons_no_return(doc):
    semicolons(doc)


def _semicolons_at_the_mark(doc):
    for token in doc:
        if token.text == ";":
            token.is_sent_start = True
    return doc


def _semicolons_wiping(doc):
    for i in range(1, len(doc)):
        doc[i].is_sent_start = doc[i - 1].text == ";"
    return doc


def _semicolons_past_the_end(doc):
    for token in doc:
        if token.text == ";":
            doc[token.i + 1].is_sent_start = True
    return doc


def _semicolons_giving_sentences(doc):
    return list(semicolons(doc).sents)


def _semicolons_in_smileys(doc):
    for token in doc[:-1]:
        if ";" in token.text:
            token.nbor().is_sent_start = True
    return doc


_SEMICOLON_TEXTS = (
    "It rained; we stayed. Nobody minded; why would they?",
    "There is none here. Nor here.",
    "We won ;-) or so they said; I forget.",
    "The last token is one;",
)


def _starts(function, text: str) -> str:
    """What `function` makes of the text behind a sentencizer, in words."""
    try:
        doc = function(_sentencizing()(text))
        if not hasattr(doc, "sents"):
            return f"a {type(doc).__name__} instead of the Doc"
        return " | ".join(sentence.text for sentence in doc.sents)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _check_semicolons(function) -> str | None:
    got = [_starts(function, text) for text in _SEMICOLON_TEXTS]
    wanted = [_starts(semicolons, text) for text in _SEMICOLON_TEXTS]
    if got == wanted:
        return None
    for one in _SEMICOLON_WRONGS:
        if got == [_starts(one.wrong, text) for text in _SEMICOLON_TEXTS]:
            raise Wrong("", one.name)
    i = next(i for i in range(len(got)) if got[i] != wanted[i])
    return f"`{_SEMICOLON_TEXTS[i]}` became `{got[i]}`; wanted `{wanted[i]}`."


_SEMICOLON_WRONGS = [
    Misconception(
        "a component that returns nothing",
        _semicolons_no_return,
        "The pipeline hands your function's *result* to the next component. Without "
        "`return doc` that is `None`, and spaCy stops with E005.",
    ),
    Misconception(
        "the semicolon starts the sentence",
        _semicolons_at_the_mark,
        "You marked the semicolon itself, so it opens the new sentence instead of closing the "
        "old one. The start is the token *after* it: `token.nbor()`.",
    ),
    Misconception(
        "deciding for every token",
        _semicolons_wiping,
        "You set `False` wherever no semicolon stands before, and so wipe out the starts that "
        "the sentencizer has found. Set `True` after semicolons and leave the rest alone.",
    ),
    Misconception(
        "a token after the last one",
        _semicolons_past_the_end,
        "When the text ends with a semicolon there is no next token, and `doc[i + 1]` raises "
        "IndexError. Go through `doc[:-1]`.",
    ),
    Misconception(
        "returning the sentences",
        _semicolons_giving_sentences,
        "A component gives back the *Doc*, with its findings written on it. Whoever wants the "
        "sentences asks `doc.sents` afterwards.",
    ),
    Misconception(
        "a semicolon inside a token",
        _semicolons_in_smileys,
        '`";" in token.text` is also true of `;-)`, which spaCy keeps as one token. Compare '
        'whole tokens: `token.text == ";"`.',
    ),
]

# ---- 02-count-sentences: texts with something that has to come along


def count_sentences(nlp, records) -> list:
    """(name, number of sentences) of each record, in order, in one stream of `nlp.pipe`."""
    pairs = ((text, name) for name, text in records)
    return [(name, len(list(doc.sents))) for doc, name in nlp.pipe(pairs, as_tuples=True)]


def _count_with_lists(nlp, records):
    records = list(records)
    docs = nlp.pipe([text for _, text in records])
    return [(name, sum(1 for _ in doc.sents)) for (name, _), doc in zip(records, docs, strict=True)]


def _count_swapped(nlp, records):
    return [(name, len(list(doc.sents))) for doc, name in nlp.pipe(records, as_tuples=True)]


def _count_reading_twice(nlp, records):
    names = [name for name, _ in records]
    docs = nlp.pipe(text for _, text in records)
    return [(name, len(list(doc.sents))) for name, doc in zip(names, docs, strict=False)]


def _count_len(nlp, records):
    pairs = ((text, name) for name, text in records)
    return [(name, len(doc.sents)) for doc, name in nlp.pipe(pairs, as_tuples=True)]


def _count_tokens(nlp, records):
    pairs = ((text, name) for name, text in records)
    return [(name, len(doc)) for doc, name in nlp.pipe(pairs, as_tuples=True)]


def _count_in_a_dict(nlp, records):
    return list(dict(count_sentences(nlp, records)).items())


def _count_full_stops(nlp, records):
    return [(name, text.count(".")) for name, text in records]


def _records():
    nlp = _sentencizing()
    first = [("a", "It rained. We stayed."), ("b", "Why? Nobody knows. It is 3.5 p.m. now.")]
    second = [("x", "One."), ("x", "Two. Three."), ("y", "Four")]
    return [(nlp, iter(first)), (nlp, iter(second)), (nlp, iter([]))]


@cache
def _sentencizing():
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


@cache
def _looking_up():
    from bertlab.text.pipelines import english

    return english(trained=False)


EXERCISES = [
    Exercise(
        id="02-missing-quote",
        title="Find the fault",
        task="""
            This line, word for word from the notes that the course grew from, is in the variable
            `SNIPPET`. Python refuses it. Give the mended line as a string:
            `SNIPPET.replace("…", "…")` is a handy way.
        """,
        kind="value",
        check=_check_quote,
        reference=_MENDED,
        alternatives=[
            _MENDED.replace('"', "'"),
            "import spacy\nnlp = spacy.load('en_core_web_sm',\n"
            "  disable=['tagger', 'parser', 'ner', 'lemmatizer'])",
        ],
        misconceptions=[
            Misconception(
                "seeing what ought to be there",
                SNIPPET,
                "That is the line as it was. Count the quotes in the list: there are seven, and "
                "quotes come in pairs.",
                matches=lambda answer: answer.strip() == SNIPPET,
            ),
            Misconception(
                "closing the quote after the bracket",
                SNIPPET.replace("lemmatizer]", 'lemmatizer]"'),
                "Now the bracket belongs to the name and the list is never closed. The quote goes "
                "before the bracket.",
                matches=_is_line('lemmatizer]"'),
            ),
            Misconception(
                "taking the other quote away",
                SNIPPET.replace('"lemmatizer', "lemmatizer"),
                "Python can read this, but without quotes `lemmatizer` is a variable, and running "
                "it ends in a NameError. The list wants the *name*, a string.",
                matches=_is_line(",lemmatizer]"),
            ),
            Misconception(
                "taking the word away",
                SNIPPET.replace(', "lemmatizer]', "]"),
                "That runs, and does something else: the lemmatizer stays on while its tagger is "
                "off. You will meet what it says to that (W108) further down.",
                matches=lambda answer: _disabled(answer) == ["tagger", "parser", "ner"],
            ),
            Misconception(
                "blaming the brackets",
                SNIPPET.replace("lemmatizer])", "lemmatizer]])"),
                "Brackets inside a string are text. Python never saw yours: the string that begins "
                "before `lemmatizer` runs to the end of the line.",
                matches=_is_line("lemmatizer]]"),
            ),
        ],
        hints=[
            "Look at the colours of an editor that highlights Python: where does the string end?",
            "Each of the four names wants a quote on either side. Check the fourth.",
            '`SNIPPET.replace("lemmatizer]", …)`: which character goes before the bracket?',
        ],
        solution="The string that opens before `lemmatizer` never closes. Python reports the place "
        "where it *opens*, the last place where it still knew what you meant.",
        solution_source="""answer = SNIPPET.replace('lemmatizer]', 'lemmatizer"]')""",
        difficulty="easy",
        minutes=2,
    ),
    Exercise(
        id="02-which-switch",
        title="Disable, exclude or select_pipes",
        task="""
            Three jobs. Give a list of three names, each `"disable"`, `"exclude"` or
            `"select_pipes"`.

            1. A nightly job on a small machine reads entities and will never want the parser.
            2. A notebook wants one quick pass without `ner`, then the whole pipeline again.
            3. A pipeline goes to colleagues; `senter` should be off at first, there for whoever
               calls `enable_pipe`.
        """,
        kind="value",
        check=_check_switch,
        reference=["exclude", "select_pipes", "disable"],
        alternatives=[("exclude", "select_pipes", "disable")],
        misconceptions=[
            Misconception(
                "disable does it all",
                ["disable", "disable", "disable"],
                "It would run. But a disabled component still lies in memory (job 1), and stays off "
                "until somebody remembers to switch it on (job 2).",
            ),
            Misconception(
                "disabled means not loaded",
                ["disable", "select_pipes", "exclude"],
                "The other way round: `disable` loads the component and leaves it off, `exclude` "
                "never loads it. Your colleagues could not enable what is not there (E001).",
            ),
            Misconception(
                "exclude for a while",
                ["exclude", "exclude", "disable"],
                "What was excluded is not in the object. For job 2 you would have to load the "
                "pipeline a second time; `with nlp.select_pipes(disable=[…])` gives it back by itself.",
            ),
            Misconception(
                "select_pipes is kept on disk",
                ["exclude", "disable", "select_pipes"],
                "`with nlp.select_pipes(…)` ends with its block, so it is for passing wishes such "
                "as job 2. What colleagues load has to be disabled when it is saved.",
            ),
            Misconception(
                "select_pipes saves memory",
                ["select_pipes", "select_pipes", "disable"],
                "`select_pipes` only switches. All weights stay in memory, which job 1 has little of.",
            ),
        ],
        hints=[
            "Ask of each job: will this process ever want the component again? Who decides?",
            "Only one of the three keeps weights out of memory. Only one undoes itself.",
            "Job 1 wants it gone, job 2 wants it off for a block, job 3 wants it there but off.",
        ],
        solution="`exclude`: not loaded, gone. `disable`: loaded, off, one call away, and saved that "
        "way. `select_pipes`: off for the length of a `with` block.",
        difficulty="easy",
        minutes=3,
    ),
    Exercise(
        id="02-lemma-needs",
        title="What a rule lemmatizer needs",
        task="""
            You want right lemmas from `nlp`, the practice pipeline, and nothing else. Which
            components have to run? Give the smallest set of names. Try before you answer:
            `with nlp.select_pipes(enable=[…]): …`.
        """,
        kind="value",
        check=_check_needs,
        reference=["tok2vec", "tagger", "attribute_ruler", "lemmatizer"],
        alternatives=[
            {"lemmatizer", "attribute_ruler", "tagger", "tok2vec"},
            ("lemmatizer", "tagger", "tok2vec", "attribute_ruler"),
        ],
        misconceptions=[
            Misconception(
                "lemmas come from the lemmatizer alone",
                ["lemmatizer"],
                "Alone it warns (W108) and gives every word back in small letters: its rules are "
                "kept by part of speech, and nobody has set any.",
                matches=_names("lemmatizer"),
            ),
            Misconception(
                "a tag is a part of speech",
                ["tok2vec", "tagger", "lemmatizer"],
                "The tagger sets the fine `token.tag_` (VBD), the rules ask for the coarse "
                "`token.pos_` (VERB). The attribute ruler translates; without it W108 again.",
                matches=_names("tok2vec", "tagger", "lemmatizer"),
            ),
            Misconception(
                "the tagger reads words",
                ["tagger", "attribute_ruler", "lemmatizer"],
                "It reads what tok2vec left on the document. Without that it reads zeros, gives "
                "every token the same tag, and nothing warns you.",
                matches=_names("tagger", "attribute_ruler", "lemmatizer"),
            ),
            Misconception(
                "grammar needs a parser",
                ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"],
                "That works, but it is not the smallest set: no rule asks for `token.dep_`, and the "
                "parser is one of the dear ones.",
                matches=_names("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"),
            ),
            Misconception(
                "everything needs everything",
                ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"],
                "That works, at full price. Switch components off one at a time and watch "
                "`token.lemma_`: two of the six can go.",
                matches=lambda answer: not isinstance(answer, str) and len(set(answer)) == 6,
            ),
        ],
        hints=[
            "Go backwards: what does the lemmatizer ask a token for? Who sets that?",
            "`token.pos_` comes from the attribute ruler, which goes by `token.tag_`. And that?",
            "Four names. The first is the one that the tagger listens to.",
        ],
        solution="Backwards: the lemmatizer needs `pos`, the attribute ruler makes it from `tag`, the "
        "tagger predicts that from the vectors of tok2vec. The parser and `ner` can go.",
        difficulty="medium",
        minutes=5,
    ),
    Exercise(
        id="02-stem-pair",
        title="Catch a stemmer",
        task="""
            Find two English words that Porter's stemmer makes one and the lookup lemmatizer keeps
            apart, as with *universe* and *university*, but a pair of your own. Give it as
            `("…", "…")`.
        """,
        kind="value",
        check=_check_pair,
        reference=("organ", "organization"),
        alternatives=[("general", "generous"), ["Execute", "executive"]],
        misconceptions=[
            Misconception(
                "the lesson's own pair",
                ("universe", "university"),
                "That one is taken. The stemmer cuts long Latin endings such as *-ization*, *-al*, "
                "*-ous* off: what is left of other words?",
            ),
            Misconception(
                "two forms of one word",
                ("cats", "cat"),
                "The stemmer joins these, and so does the lemmatizer, rightly. Wanted are "
                "two *different* words.",
            ),
            Misconception(
                "the other way round",
                ("goose", "geese"),
                "Here it is the lemmatizer that joins and the stemmer that keeps apart: cutting "
                "endings does not reach a vowel in the middle. Wanted is the opposite.",
            ),
            Misconception(
                "words akin in meaning, not in letters",
                ("good", "best"),
                "A stemmer knows no meanings, only letters: it joins words that *begin* alike. "
                "These keep different stems.",
            ),
            Misconception(
                "one word, written twice",
                ("News", "news"),
                "Capitals are the same word to both tools. Wanted are two different words.",
            ),
        ],
        hints=[
            "Think of a short word that a long word of another meaning begins with.",
            "Endings that Porter cuts: -ization, -al, -ous, -ly, -s, -ing, -ed, -ity.",
            "What does an *organization* have to do with an *organ*? Or a *general* with being kind?",
        ],
        solution="The stemmer sees *organ*+*ization*; that the two have parted ways in meaning is "
        "nothing that letters could tell.",
        difficulty="medium",
        minutes=5,
    ),
    Exercise(
        id="02-semicolons",
        title="A component of your own",
        task="""
            Write `semicolons(doc)`: the token after each semicolon starts a sentence
            (`token.is_sent_start = True`). Starts that an earlier component has set stay.
            A component gets a Doc and returns it.
        """,
        kind="function",
        check=_check_semicolons,
        reference=semicolons,
        alternatives=[_semicolons_by_index],
        probes=lambda: [(_sentencizing()("It rained; we stayed."),)],
        misconceptions=_SEMICOLON_WRONGS,
        hints=[
            "Go through the tokens; where one's text is `;`, the *next* one starts a sentence.",
            "`token.nbor()` is the next token. The last token has none, so go through `doc[:-1]`.",
            'In the loop: `if token.text == ";": token.nbor().is_sent_start = True`. After it: '
            "`return doc`.",
        ],
        solution="A component is a function from Doc to Doc. It writes on the document and hands "
        "it on; what it leaves alone stays.",
        difficulty="medium",
        minutes=7,
    ),
    Exercise(
        id="02-count-sentences",
        title="Keep the names with the texts",
        task="""
            Write `count_sentences(nlp, records)`. `records` gives `(name, text)` pairs, once: it may
            be a file being read. Return a list of `(name, number of sentences)` in the same order,
            using `nlp.pipe`. Look up its argument `as_tuples`.
        """,
        kind="function",
        reference=count_sentences,
        alternatives=[_count_with_lists],
        probes=_records,
        misconceptions=[
            Misconception(
                "the context comes first",
                _count_swapped,
                "With `as_tuples=True`, `nlp.pipe` wants `(text, context)`. Your records are "
                "`(name, text)`, so the *names* were read as texts.",
            ),
            Misconception(
                "reading a stream twice",
                _count_reading_twice,
                "The first pass for the names uses the records up; nothing is left for the texts. "
                "Send name and text through together.",
            ),
            Misconception(
                "sentences have a length",
                _count_len,
                "`doc.sents` is a generator, and `len` of it is a TypeError. Read it out: "
                "`len(list(doc.sents))`.",
            ),
            Misconception(
                "a document's length is its sentences",
                _count_tokens,
                "`len(doc)` counts tokens. Sentences are in `doc.sents`.",
            ),
            Misconception(
                "names are unique",
                _count_in_a_dict,
                "A dictionary keeps one entry a name; two records with the same name became one.",
            ),
            Misconception(
                "a full stop is a sentence",
                _count_full_stops,
                "*3.5 p.m.* has three full stops and ends nothing, and *Why?* has none. Let the "
                "pipeline decide: `doc.sents`.",
            ),
        ],
        hints=[
            "`nlp.pipe(pairs, as_tuples=True)` takes `(text, anything)` and gives `(doc, anything)`.",
            "Turn each record round on the way in: `((text, name) for name, text in records)`.",
            "`[(name, len(list(doc.sents))) for doc, name in nlp.pipe(…, as_tuples=True)]`",
        ],
        solution="The context travels with its text through every batch, so nothing has to be held "
        "or matched up, however long the stream is.",
        difficulty="medium",
        minutes=6,
        seconds=10,
    ),
]


RECAP = [
    Question(
        "`spacy.load(folder, disable=['tager'])`: what happens?",
        [
            Option(
                "Nothing is disabled, and nothing is said.",
                "Unknown names are passed over in `load`. Print `nlp.pipe_names` and look.",
                right=True,
            ),
            Option("E001.", "That is `nlp.select_pipes(disable=…)`, which does check names."),
            Option("E050.", "E050 is for a pipeline that is not there; this folder is."),
        ],
    ),
    Question(
        "You need tokens and nothing else. What is cheapest?",
        [
            Option(
                "`spacy.blank('en')`, or `nlp.make_doc`.",
                "No component runs at all, and nothing has to be loaded for the blank one.",
                right=True,
            ),
            Option(
                "`disable=['tagger', 'parser', 'ner', 'lemmatizer']`.",
                "tok2vec, one of the two dearest parts, would still run for nobody.",
            ),
            Option(
                "`exclude=['ner']`.",
                "That keeps ner's weights out of memory; all others still run.",
            ),
        ],
    ),
    Question(
        "Every token has got the same tag. What do you look at first?",
        [
            Option(
                "Whether tok2vec runs.",
                "A listening tagger without tok2vec reads zeros, and spaCy does not warn.",
                right=True,
            ),
            Option("Whether the lemmatizer runs.", "It comes after the tagger and reads tags."),
            Option("The batch size.", "It changes speed, never what is predicted."),
        ],
    ),
    Question(
        "When does `nlp.pipe` beat a loop clearly?",
        [
            Option(
                "When a network runs in the pipeline.",
                "Many texts then go through one matrix product. A tokenizer has nothing to batch.",
                right=True,
            ),
            Option("Always.", "With tokenizer and sentencizer alone the two took the same time."),
            Option(
                "With `n_process=2` on a cheap pipeline.",
                "Sending documents between processes cost more than the work it shared.",
            ),
        ],
    ),
    Question(
        "Which tool tells *saw* the noun from *saw* the verb?",
        [
            Option(
                "A rule lemmatizer behind a tagger.",
                "It asks for the part of speech first, then looks in that part's rules.",
                right=True,
            ),
            Option("A lookup lemmatizer.", "It has one entry a word: *see*, for the tool as well."),
            Option("A stemmer.", "It cuts endings; *saw* has none, so both stay *saw*."),
        ],
    ),
]
