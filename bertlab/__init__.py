"""bertlab: BERT and ELMo taught by running them.

Names resolve on first use (PEP 562), so `import bertlab` loads no torch, spaCy, NLTK or transformers.
"""

import importlib

__version__ = "0.1.0"

_HOME = {
    "Batch": "bertlab.data.pairs",
    "Bert": "bertlab.models.bert",
    "BertConfig": "bertlab.models.bert_config",
    "BertlabError": "bertlab.errors",
    "Document": "bertlab.text.corpora",
    "Elmo": "bertlab.models.elmo",
    "ElmoConfig": "bertlab.models.elmo_config",
    "EncoderFeatures": "bertlab.training.features",
    "FinetuneConfig": "bertlab.training.finetune",
    "PretrainConfig": "bertlab.training.pretrain",
    "SentencePairs": "bertlab.data.pairs",
    "SequenceClassifier": "bertlab.models.heads",
    "SpanPicker": "bertlab.models.heads",
    "Spread": "bertlab.training.seeds",
    "Token": "bertlab.text.tokens",
    "TokenClassifier": "bertlab.models.heads",
    "TokenStore": "bertlab.data.store",
    "chunks": "bertlab.text.chunking",
    "encode_corpus": "bertlab.data.store",
    "encode_questions": "bertlab.data.examples",
    "encode_tagged": "bertlab.data.examples",
    "encode_texts": "bertlab.data.examples",
    "english": "bertlab.text.pipelines",
    "evaluate_pretraining": "bertlab.training.evaluate",
    "finetune": "bertlab.training.finetune",
    "gaps": "bertlab.text.tokens",
    "load": "bertlab.models.loading",
    "load_tokenizer": "bertlab.data.vocabulary",
    "mask_tokens": "bertlab.data.masking",
    "model_card": "bertlab.training.card",
    "open_corpus": "bertlab.text.corpora",
    "over_seeds": "bertlab.training.seeds",
    "pretrain": "bertlab.training.pretrain",
    "pretrain_bert": "bertlab.training.run",
    "pretrain_elmo": "bertlab.training.run",
    "read_table": "bertlab.data.tables",
    "split_sentences": "bertlab.text.sentences",
    "split_table": "bertlab.data.splits",
    "tokenizer": "bertlab.text.tokens",
    "train_wordpiece": "bertlab.data.vocabulary",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'bertlab' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__():
    return sorted([*globals(), *__all__])
