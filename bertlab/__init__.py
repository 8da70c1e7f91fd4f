"""bertlab: BERT and ELMo taught by running them.

Names resolve on first use (PEP 562), so `import bertlab` loads no torch, spaCy, NLTK or transformers.
"""

import importlib

__version__ = "0.1.0"

_HOME = {
    "BertlabError": "bertlab.errors",
    "Document": "bertlab.text.corpora",
    "Token": "bertlab.text.tokens",
    "chunks": "bertlab.text.chunking",
    "english": "bertlab.text.pipelines",
    "gaps": "bertlab.text.tokens",
    "open_corpus": "bertlab.text.corpora",
    "split_sentences": "bertlab.text.sentences",
    "tokenizer": "bertlab.text.tokens",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'bertlab' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__():
    return sorted([*globals(), *__all__])
