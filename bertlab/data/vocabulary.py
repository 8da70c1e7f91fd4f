"""WordPiece vocabularies, trained and opened by the `tokenizers` library.

The five special tokens always have the ids 0 to 4, in this order.
"""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from bertlab.errors import BertlabError

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ALPHABET = 1000  # characters with a piece of their own, about as many as in BERT's vocabularies


def train_wordpiece(
    texts: Iterable[str], vocab_size: int = 8192, *, lowercase: bool = True, min_frequency: int = 2
) -> Tokenizer:
    """Learn a WordPiece vocabulary from texts (Devlin et al. 2018, section 3, "Input").

    lowercase also strips accents, as BERT's uncased models do. The result encodes a text, or a pair of
    texts, as `[CLS] a [SEP] b [SEP]`. The ALPHABET most frequent characters keep a piece of their own
    (fewer where `vocab_size` is small), so that few words become [UNK].

    Equal texts, in whatever order, give equal vocabularies. The library alone does not: it numbers the
    characters inside words in the order of a hash table that is seeded anew for every call, and among
    pairs that occur equally often it merges those with the lower numbers. So we number them first.

    Raises BertlabError when `vocab_size` cannot hold even the special tokens, or the texts are empty.
    """
    room = vocab_size - len(SPECIAL_TOKENS)
    if room < 2:
        raise BertlabError(
            f"vocab_size={vocab_size}", "room for pieces beside the 5 special tokens", "Raise it."
        )
    tokenizer = Tokenizer(models.WordPiece())
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = _count_words(texts, tokenizer)
    if not words:
        raise BertlabError(
            "texts without a single word", "some text to learn from", "Check the corpus."
        )
    # a character takes two places: one where it begins a word, one ("##x") inside
    alphabet = _alphabet(words, min(ALPHABET, room // 2))
    inner = sorted({f"##{c}" for word in words for c in word[1:] if c in alphabet})
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        # those that are not special come first too, in a fixed order; they are plain pieces below
        special_tokens=[*SPECIAL_TOKENS, *sorted(alphabet), *inner],
        initial_alphabet=sorted(alphabet),
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    learner = Tokenizer(models.WordPiece())
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    learner.train_from_iterator((f"{word} " * count for word, count in words.items()), trainer)
    tokenizer.model = models.WordPiece(
        learner.get_vocab(), unk_token="[UNK]", max_input_chars_per_word=100
    )
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def _count_words(texts: Iterable[str], tokenizer: Tokenizer) -> Counter[str]:
    """How often each word occurs, words as the tokenizer sees them before it cuts them into pieces."""
    normalize = tokenizer.normalizer.normalize_str
    cut = tokenizer.pre_tokenizer.pre_tokenize_str
    words: Counter[str] = Counter()
    for text in texts:
        words.update([word for word, _ in cut(normalize(text))])
    return words


def _alphabet(words: Counter[str], size: int) -> set[str]:
    """The most frequent characters; of equally frequent ones those with the lower code point."""
    characters: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            characters[character] += count
    return set(sorted(characters, key=lambda c: (-characters[c], c))[:size])


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
