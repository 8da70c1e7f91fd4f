"""WordPiece vocabularies, trained and opened by the `tokenizers` library.

The five special tokens always have the ids 0 to 4, in this order.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from bertlab.errors import BertlabError

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def train_wordpiece(
    texts: Iterable[str], vocab_size: int = 8192, *, lowercase: bool = True, min_frequency: int = 2
) -> Tokenizer:
    """Learn a WordPiece vocabulary from texts (Devlin et al. 2018, section 3, "Input").

    lowercase also strips accents, as BERT's uncased models do. The result encodes a text, or a pair of
    texts, as `[CLS] a [SEP] b [SEP]`. Every character that occurs keeps a piece of its own as long as
    there is room, so that few words become [UNK].

    Raises BertlabError when `vocab_size` cannot hold even the special tokens, or the texts are empty.
    """
    if vocab_size <= len(SPECIAL_TOKENS):
        raise BertlabError(
            f"vocab_size={vocab_size}", "room for words beside the 5 special tokens", "Raise it."
        )
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL_TOKENS),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() == len(SPECIAL_TOKENS):
        raise BertlabError(
            "texts without a single word", "some text to learn from", "Check the corpus."
        )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def load_tokenizer(path: str | os.PathLike) -> Tokenizer:
    """Open a `tokenizer.json`, or the one in a model folder.

    Raises BertlabError when there is none, it is damaged, or it lacks one of BERT's special tokens.
    """
    path = Path(path)
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file():
        raise BertlabError(f"no file {file}", "a tokenizer.json", "Name a saved model's folder.")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises bare Exception
        raise BertlabError(
            f"{file.name} that does not open ({error})", "a tokenizer.json", "Save it again."
        ) from error
    missing = [token for token in SPECIAL_TOKENS if tokenizer.token_to_id(token) is None]
    if missing:
        raise BertlabError(
            f"a vocabulary without {', '.join(missing)}",
            "BERT's special tokens",
            "Use a BERT tokenizer, or train one with train_wordpiece.",
        )
    return tokenizer
