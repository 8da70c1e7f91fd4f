"""Texts: corpora, sentences, words, spaCy pipelines. Needs no torch.

Names resolve on first use, so that this import loads neither spaCy nor NLTK.
"""

import importlib

_HOME = {
    "Document": "corpora",
    "TOKENIZERS": "tokens",
    "Token": "tokens",
    "chunks": "chunking",
    "component_costs": "pipelines",
    "component_table": "pipelines",
    "cost": "memory",
    "describe": "pipelines",
    "english": "pipelines",
    "gaps": "tokens",
    "is_trained": "pipelines",
    "nltk_data_installed": "punkt",
    "open_corpus": "corpora",
    "practice_pipeline": "practice",
    "pretrained_punkt": "punkt",
    "spacy_model_installed": "pipelines",
    "split_sentences": "sentences",
    "tokenizer": "tokens",
    "train_punkt": "punkt",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'bertlab.text' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bertlab.text.{_HOME[name]}"), name)


def __dir__():
    return sorted([*globals(), *__all__])
