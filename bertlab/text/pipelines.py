"""spaCy pipelines for English: the trained one where it is installed, else one from rules."""

import time
from collections.abc import Sequence
from importlib import metadata

from bertlab.errors import BertlabError

MODEL = "en_core_web_sm"

# Components of en_core_web_sm in their order, then those that need no training.
STANDARD = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer", "ner")
STANDARD += ("sentencizer", "morphologizer")


def spacy_model_installed() -> str | None:
    """Version of the installed en_core_web_sm, None where it is not installed."""
    try:
        return metadata.version(MODEL)
    except metadata.PackageNotFoundError:
        return None


def english(*, trained: bool | None = None, lemmatizer: str = "lookup", disable=()):
    """An English spaCy pipeline.

    trained     None: en_core_web_sm where it is installed, else the pipeline from rules;
                False: from rules always, so that the result is the same on every machine;
                True: en_core_web_sm or an error
    lemmatizer  of the pipeline from rules: "lookup" finds each word in a table, whatever its part
                of speech; "rule" needs parts of speech, which nothing here sets, so it warns
                (W108) and gives back each word in small letters until you set `token.pos_`
    disable     components of the trained pipeline that are loaded but do not run

    The pipeline from rules is `spacy.blank("en")` with a sentencizer and a lemmatizer whose tables
    come with the package spacy-lookups-data. `describe` says which one is in use.

    Raises: BertlabError where en_core_web_sm is asked for and missing, where the tables are
    missing, for an unknown mode, or for a name in `disable` that the pipeline does not have.
    """
    import spacy

    version = spacy_model_installed()
    if trained and version is None:
        raise BertlabError(
            f"no spaCy model {MODEL}",
            "it installed",
            f"Run `python -m spacy download {MODEL}`, or use english(trained=False).",
        )
    if trained is not False and version is not None:
        nlp = spacy.load(MODEL)
    else:
        nlp = _from_rules(lemmatizer)
    unknown = [name for name in disable if name not in nlp.component_names]
    if unknown:  # spacy.load(disable=…) would pass over a misspelt name without a word
        raise BertlabError(
            f"no component {', '.join(unknown)}",
            f"some of {', '.join(nlp.component_names)}",
            "Correct the names in disable.",
        )
    for name in disable:
        nlp.disable_pipe(name)
    return nlp


def _from_rules(mode: str):
    import spacy

    if mode not in ("lookup", "rule"):
        raise BertlabError(f"lemmatizer={mode!r}", '"lookup" or "rule"', "Choose one of them.")
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("lemmatizer", config={"mode": mode})
    try:
        nlp.initialize()  # loads the tables; without it the first call raises E1004
    except ValueError as error:  # E955
        raise BertlabError(
            f"no lemmatizer tables ({str(error)[:60]}…)",
            "the package spacy-lookups-data",
            "Run `pip install spacy-lookups-data`.",
        ) from error
    return nlp


def is_trained(nlp) -> bool:
    """Whether `nlp` is a trained package (it then has weights, and a name other than "pipeline")."""
    return nlp.meta["name"] != "pipeline"


def describe(nlp) -> str:
    """Which pipeline `nlp` is and what it does differently, in a few lines."""
    running = ", ".join(nlp.pipe_names) or "nothing behind the tokenizer"
    if is_trained(nlp):
        name = f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}"
        return (
            f"{name}, a trained pipeline: {running}.\n"
            "Parts of speech, parses and entities are predicted by a small network; lemmas follow "
            "rules that look at the part of speech; sentences follow the parse."
        )
    text = f"A pipeline from rules, nothing trained: {running}.\n"
    if nlp.has_pipe("lemmatizer"):
        lemmas = {
            "lookup": "come from a table, one for each word whatever its part of speech",
            "rule": "need parts of speech, and nothing here sets them (W108)",
        }
        text += f"Lemmas {lemmas.get(nlp.get_pipe('lemmatizer').mode, 'are its own')}. "
    if nlp.has_pipe("sentencizer"):
        text += (
            "Sentences end wherever the tokenizer made a full stop a token of its own: after "
            "abbreviations that it does not know too, and not after those that it knows. "
        )
    return text + "There are no parts of speech, no parses, no entities."


def component_table(nlp=None) -> list[dict[str, str]]:
    """What each component sets and needs, a row a component: name, sets, needs, state.

    For the components of `nlp` ("runs" or "disabled"), or, without it, for the usual ones of an
    English pipeline, none of which has to be installed or trained for this.

    What spaCy declares is not all: a tagger "needs" nothing here, yet in en_core_web_sm it listens
    to tok2vec; and the rule lemmatizer declares no need of `token.pos` but warns without it.
    """
    if nlp is not None:
        metas = [(name, nlp.get_pipe_meta(name)) for name in nlp.component_names]
    else:
        import spacy

        blank = spacy.blank("en")
        metas = [(name, blank.get_factory_meta(name)) for name in STANDARD]
    running = set(nlp.pipe_names) if nlp is not None else None
    rows = []
    for name, meta in metas:
        row = {"name": name, "sets": ", ".join(meta.assigns), "needs": ", ".join(meta.requires)}
        if running is not None:
            row["state"] = "runs" if name in running else "disabled"
        rows.append(row)
    return rows


def component_costs(nlp, texts: Sequence[str], rounds: int = 3) -> dict[str, float]:
    """Microseconds a token of the tokenizer and of each component that runs, in their order.

    Each component gets the documents that those before it have made, in batches of 64, as in
    `nlp.pipe`. The best of `rounds` counts: the first one fills caches, and a busy machine only
    ever adds.

    Raises: BertlabError where there is nothing to measure.
    """
    costs: dict[str, float] = {}
    for _ in range(rounds):
        started = time.perf_counter()
        docs = [nlp.make_doc(text) for text in texts]
        seconds = {"tokenizer": time.perf_counter() - started}
        for name, component in nlp.pipeline:
            started = time.perf_counter()
            docs = _through(component, docs)
            seconds[name] = time.perf_counter() - started
        tokens = sum(map(len, docs))
        if not tokens:
            raise BertlabError("no tokens", "texts to measure on", "Give it some.")
        for name, value in seconds.items():
            costs[name] = min(1e6 * value / tokens, costs.get(name, float("inf")))
    return costs


def _through(component, docs: list) -> list:
    if hasattr(component, "pipe"):
        return list(component.pipe(docs, batch_size=64))
    return [component(doc) for doc in docs]
