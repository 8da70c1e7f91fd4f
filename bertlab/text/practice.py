"""A pipeline with the parts and the wiring of en_core_web_sm, trained in seconds on ten sentences.

It is for looking inside, where the real one is not installed. It runs the same code at the same
sizes, so it costs about the same; but it knows ten sentences by heart and hardly anything else.
"""

import random

from bertlab.errors import BertlabError

# word/tag/head/relation, and an entity's label; heads count from 1 within their sentence.
SENTENCES = (
    "She/PRP/2/nsubj saw/VBD/2/ROOT the/DT/4/det leaves/NNS/2/dobj ././2/punct",
    "He/PRP/2/nsubj leaves/VBZ/2/ROOT the/DT/4/det house/NN/2/dobj at/IN/2/prep noon/NN/5/pobj "
    "././2/punct",
    "Dr./NNP/2/compound Lopez/NNP/3/nsubj/PERSON left/VBD/3/ROOT the/DT/5/det meeting/NN/3/dobj "
    "early/RB/3/advmod ././3/punct",
    "The/DT/2/det saw/NN/3/nsubj was/VBD/3/ROOT better/JJR/3/acomp ././3/punct",
    "We/PRP/3/nsubj are/VBP/3/aux meeting/VBG/3/ROOT Anna/NNP/3/dobj/PERSON in/IN/3/prep "
    "Paris/NNP/5/pobj/GPE ././3/punct",
    "The/DT/2/det universities/NNS/5/nsubj of/IN/2/prep Europe/NNP/3/pobj/LOC met/VBD/5/ROOT "
    "there/RB/5/advmod ././5/punct",
    "Time/NN/2/nsubj flies/VBZ/2/ROOT ././2/punct",
    "Two/CD/2/nummod flies/NNS/3/nsubj sat/VBD/3/ROOT on/IN/3/prep the/DT/6/det window/NN/4/pobj "
    "././3/punct",
    "Is/VBZ/1/ROOT this/DT/1/nsubj better/JJR/1/acomp ?/./1/punct",
    "She/PRP/2/nsubj saw/VBD/2/ROOT the/DT/4/det saw/NN/2/dobj ././2/punct",
)

# What the attribute ruler of a trained English pipeline does first: coarse parts of speech from
# the tags. Forms of "be" come last and win; their lemma too is left to it.
_POS = {
    "PRON": ["PRP"], "VERB": ["VBD", "VBG", "VBP", "VBZ"], "NOUN": ["NN", "NNS"], "DET": ["DT"],
    "ADP": ["IN"], "PROPN": ["NNP"], "ADV": ["RB"], "ADJ": ["JJR"], "NUM": ["CD"], "PUNCT": ["."],
}  # fmt: skip
_BE = ["are", "is", "was"]

# Layers and sizes after those of spaCy's small English pipelines.
_WIDTH = 96
_TOK2VEC = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": _WIDTH,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
        "rows": [5000, 1000, 2500, 2500],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": _WIDTH,
        "depth": 4,
        "window_size": 1,
        "maxout_pieces": 3,
    },
}
_LISTENER = {
    "@architectures": "spacy.Tok2VecListener.v1",
    "width": _WIDTH,
    "upstream": "tok2vec",
}


def practice_pipeline(rounds: int = 30, seed: int = 0):
    """tok2vec → tagger → parser → attribute_ruler → lemmatizer → ner, trained on `SENTENCES`.

    The tagger and the parser read what tok2vec computed; ner has a network of its own. The
    sentences come in pairs, for the parser to learn where one ends and the next begins.

    rounds  over the five pairs; 30 take a few seconds and learn them all by heart
    seed    of the first weights. spaCy draws them from the global generators of `random` and
            NumPy; those are set back afterwards to where they stood.

    Raises: BertlabError where `rounds` is below 1.
    """
    import numpy as np
    import spacy
    from spacy.util import fix_random_seed

    if rounds < 1:
        raise BertlabError(f"rounds={rounds}", "1 or more", "Leave it out for 30.")
    held = random.getstate(), np.random.get_state()
    nlp = spacy.blank("en", meta={"name": "practice", "version": "1.0.0"})
    nlp.add_pipe("tok2vec", config={"model": _TOK2VEC})
    nlp.add_pipe("tagger", config={"model": {"tok2vec": _LISTENER}})
    # every relation here is rarer than the 30 that a parser wants by default
    nlp.add_pipe("parser", config={"model": {"tok2vec": _LISTENER}, "min_action_freq": 1})
    nlp.add_pipe("attribute_ruler")
    nlp.add_pipe("lemmatizer", config={"mode": "rule"})
    nlp.add_pipe("ner", config={"model": {"tok2vec": _TOK2VEC}})
    try:
        fix_random_seed(seed)
        pairs = examples(nlp)
        optimizer = nlp.initialize(lambda: pairs)
        for _ in range(rounds):
            nlp.update(pairs, sgd=optimizer)
    finally:
        random.setstate(held[0]), np.random.set_state(held[1])
    _add_parts_of_speech(nlp.get_pipe("attribute_ruler"))  # initialize would have wiped them
    return nlp


def examples(nlp) -> list:
    """`SENTENCES` in pairs as spaCy's training examples: tags, heads, relations, entities."""
    from spacy.tokens import Doc
    from spacy.training import Example

    pairs = zip(SENTENCES[::2], SENTENCES[1::2], strict=True)
    return [
        Example(nlp.make_doc(gold.text), gold)
        for gold in (Doc(nlp.vocab, **_columns(pair)) for pair in pairs)
    ]


def _columns(pair: tuple[str, str]) -> dict[str, list]:
    columns: dict[str, list] = {
        name: [] for name in ("words", "spaces", "tags", "heads", "deps", "ents")
    }
    for sentence in pair:
        first = len(columns["words"])
        rows = [token.split("/") for token in sentence.split()]
        for i, (word, tag, head, relation, *label) in enumerate(rows):
            columns["words"].append(word)
            columns["spaces"].append(i != len(rows) - 2)  # none before the full stop
            columns["tags"].append(tag)
            columns["heads"].append(first + int(head) - 1)
            columns["deps"].append(relation)
            columns["ents"].append(f"B-{label[0]}" if label else "O")
    columns["spaces"][-1] = False
    return columns


def _add_parts_of_speech(ruler) -> None:
    for pos, tags in _POS.items():
        ruler.add([[{"TAG": {"IN": tags}}]], {"POS": pos})
    ruler.add([[{"LOWER": {"IN": _BE}}]], {"POS": "AUX", "LEMMA": "be"})
