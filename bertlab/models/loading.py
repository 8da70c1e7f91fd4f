"""One face for every model: shipped, in a folder, or on a hub."""

import os

from tokenizers import Tokenizer

from bertlab.assets import ROOT
from bertlab.data.vocabulary import load_tokenizer
from bertlab.models.bert import Bert
from bertlab.models.interchange import find_model, load_bert


def load(name: str | os.PathLike = "bertlab-mini") -> tuple[Bert, Tokenizer]:
    """(model, tokenizer), the model in float32 and in evaluation mode.

    name: a shipped model (`"bertlab-mini"`), a folder (`"./mine"`), or a name on Hugging Face's hub
    (`"bert-base-uncased"`), which needs a network the first time.

    Raises BertlabError when there is no such model, the hub does not answer, or a file is damaged.
    """
    shipped = ROOT / str(name)
    folder = shipped if (shipped / "config.json").is_file() else find_model(name)
    return load_bert(folder), load_tokenizer(folder)
