"""One face for every model: shipped, in a folder, or on a hub."""

import os
from collections.abc import Callable

from tokenizers import Tokenizer

from bertlab.assets import ROOT
from bertlab.data.vocabulary import load_tokenizer
from bertlab.data.words import split_words
from bertlab.models.bert import Bert
from bertlab.models.elmo import Elmo
from bertlab.models.elmo_files import is_elmo, load_elmo
from bertlab.models.interchange import find_model, load_bert


def load(
    name: str | os.PathLike = "bertlab-mini",
) -> tuple[Bert, Tokenizer] | tuple[Elmo, Callable[[str], list[str]]]:
    """(model, what cuts text for it), the model in float32 and in evaluation mode.

    name: a shipped model (`"bertlab-mini"`, `"bertlab-elmo"`), a folder (`"./mine"`), or a name on
    Hugging Face's hub (`"bert-base-uncased"`), which needs a network the first time. A BERT comes with its
    tokenizer, an ELMo with `split_words`: `model.embed([words(text) for text in texts])`.

    Raises BertlabError when there is no such model, the hub does not answer, or a file is damaged.
    """
    shipped = ROOT / str(name)
    folder = shipped if (shipped / "config.json").is_file() else find_model(name)
    if is_elmo(folder):
        return load_elmo(folder), split_words
    return load_bert(folder), load_tokenizer(folder)
