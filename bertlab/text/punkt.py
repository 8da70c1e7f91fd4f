"""Punkt, NLTK's unsupervised sentence splitter: pretrained where its data is, else trained here."""

from functools import cache

from bertlab.errors import BertlabError


def nltk_data_installed(name: str) -> bool:
    """Whether NLTK finds the data package `name`, such as "punkt_tab", "brown" or "gutenberg"."""
    import nltk

    for kind in ("tokenizers", "corpora", "taggers", "stemmers", "chunkers", "help"):
        for suffix in ("", ".zip"):
            try:
                nltk.data.find(f"{kind}/{name}{suffix}")
                return True
            except LookupError:
                continue
    return False


def pretrained_punkt():
    """NLTK's English Punkt. Raises: BertlabError where the data package punkt_tab is missing."""
    from nltk.tokenize.punkt import PunktTokenizer

    try:
        return PunktTokenizer("english")
    except LookupError as error:
        raise BertlabError(
            "no NLTK data package punkt_tab",
            "Punkt's trained English parameters",
            "Run `python -m nltk.downloader punkt_tab` where there is a network, or use "
            "bertlab.text.train_punkt(text), which needs none.",
        ) from error


def train_punkt(text: str):
    """A Punkt sentence splitter trained on `text`: it learns abbreviations, frequent sentence
    starters and collocations from their counts alone (Kiss and Strunk 2006).

    Raises: BertlabError where `text` has no words to count.
    """
    from nltk.tokenize.punkt import PunktSentenceTokenizer, PunktTrainer

    if not text.strip():
        raise BertlabError("an empty text", "a text to train Punkt on", "Give it some pages.")
    trainer = PunktTrainer()
    trainer.INCLUDE_ALL_COLLOCS = True
    trainer.train(text)
    return PunktSentenceTokenizer(trainer.get_params())


@cache
def punkt():
    """The pretrained Punkt where NLTK's data is installed, else one trained on the shipped
    corpus; `punkt_origin()` says which."""
    if nltk_data_installed("punkt_tab"):
        return pretrained_punkt()
    from bertlab.text.corpora import open_corpus

    return train_punkt("\n\n".join(document.text for document in open_corpus()))


def punkt_origin() -> str:
    """Where `punkt()` comes from, in words."""
    return "pretrained" if nltk_data_installed("punkt_tab") else "trained on the shipped corpus"
