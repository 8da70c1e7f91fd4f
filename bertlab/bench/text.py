"""spaCy, NLTK and tokenizers against each other: cutting text into words, and looping over documents."""

from bertlab.bench.harness import Contender, compare
from bertlab.text.corpora import open_corpus

NAMES = ("spacy", "nltk-words", "wordpunct", "toktok", "punkt+words", "wordpiece", "whitespace")


def text(device: str = "cpu", quick: bool = False) -> list[dict]:
    """Characters a second of each library's own call, and of two ways to run a spaCy pipeline."""
    texts = [document.text for document in open_corpus("bertlab")][: 60 if quick else None]
    return [_tokenizers(texts, quick), _pipelines(texts, quick)]


def _tokenizers(texts: list[str], quick: bool) -> dict:
    from bertlab.text.tokens import tokenizer

    size = sum(map(len, texts))

    def contender(name: str) -> Contender:
        cut = tokenizer(name).library

        def run() -> int:
            for text in texts:
                cut(text)
            return size

        return Contender(name, run)

    timings = compare(
        [contender(name) for name in NAMES], rounds=3 if quick else 7, seconds=0.0 if quick else 0.5
    )
    return {
        "name": f"cutting {len(texts)} documents into words or pieces, one at a time",
        "unit": "characters/s",
        "timings": [timing.as_dict() for timing in timings],
    }


def _pipelines(texts: list[str], quick: bool) -> dict:
    from bertlab.text.pipelines import english

    nlp, size = english(trained=False), sum(map(len, texts))

    def by_pipe() -> int:
        for _ in nlp.pipe(texts):
            pass
        return size

    def by_loop() -> int:
        for one in texts:
            nlp(one)
        return size

    timings = compare(
        [Contender("nlp.pipe", by_pipe), Contender("a loop of nlp(text)", by_loop)],
        rounds=3 if quick else 7,
        seconds=0.0,
        warmup=1,
    )
    return {
        "name": "spaCy's pipeline from rules (sentencizer, lemmatizer)",
        "unit": "characters/s",
        "timings": [timing.as_dict() for timing in timings],
    }
