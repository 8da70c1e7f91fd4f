"""What the course's source notes state, row by row, and the claims that confirm or correct it.

The notes are the material that this course grew from: snippets and sentences on spaCy, NLTK, BERT and
speed, some right and some wrong. A claim whose source is "notes" stands in a row here, and every row of a
lesson that has a notebook names claims that exist; a test holds the two together.
"""

from typing import NamedTuple


class Note(NamedTuple):
    """One statement of the notes, in our words, and the identifiers of the claims that settle it."""

    topic: str
    says: str
    claims: tuple[str, ...]


_STATEMENTS = {  # topic: what they say: the claims
    "spaCy": {
        '`disable=["tagger", "parser", "ner", "lemmatizer]` is a line of Python.': "02-missing-quote",
        "With tagger, parser, ner and lemmatizer disabled, only tokenization is left.": "02-not-only-tokenization",
        "The tagger may be off while the lemmatizer is on.": "02-w108",
        "`nlp.pipe` is much faster than a loop.": "02-pipe-cheap 02-pipe-networks",
        "spaCy is much faster for large-scale processing.": "01-spacy-words 01-regex",
    },
    "NLTK": {
        "NLTK's `word_tokenize` is much faster than spaCy.": "01-like-for-like 01-words-alone 01-full-pipeline",
    },
    "tokenizers": {
        "Hugging Face tokenizers are much faster.": "01-wordpiece-speed 01-wordpiece-regex",
    },
    "errors": {
        "E088: parser and NER want about 1 GB per 100,000 characters.": "03-message",
        "E088: without parser and NER it is safe to raise `max_length`.": "03-safe-limit",
        '`"".join(dataset["text"])` makes one text of a corpus.': "03-join-glues",
        "E030: the sentencizer sets the sentences that are missing.": "03-sentencizer",
        "`sentences.append([…])` collects the sentences.": "03-list-of-lists",
    },
    "BERT": {
        "BERT reads bidirectionally.": "05-all-at-once",
    },
    "ELMo": {
        "ELMo is bidirectional, as BERT is.": "04-shallow-bidirectional",
        "A word has one vector in static embeddings, and one for each context in ELMo and BERT.": "04-senses-apart",
    },
    "make_batch": {
        "Of 15 % picked tokens 80 % are masked, 10 % swapped, 10 % kept, by two draws in a row.": "06-second-draw-skews",
        "Searching for two neighbours at random takes close to a minute a batch.": "06-search-takes-a-minute 06-search-is-linear",
        "Looking the special tokens up for every token is slow.": "06-look-ups-cost",
        "Random tokens are drawn by way of `id2word` and back.": "06-round-trip-draws-specials",
        "Rows are filled up with `[0] * (length - len(row))`, whatever their length.": "06-negative-padding",
        "Half of a batch are neighbours: the count is compared with `batch_size / 2`.": "06-odd-batch",
        "Five changes make `make_batch` fast.": "11-make-batch",
    },
    "using BERT": {
        "Feature-based: the pre-trained model stays as it is.": "08-frozen",
        "The features go into logistic regression, an SVM or a small network.": "08-any-classifier",
        "`nn.Sequential(pretrained_model, nn.Linear(768, 2))` is a classifier.": "09-sequential-fails",
        "The training loops: one never calls `zero_grad`.": "09-zero-grad",
        "`BertForSequenceClassification.from_pretrained` puts a head on the encoder.": "09-from-pretrained",
        "Fine-tuning means training for more epochs.": "09-more-epochs",
        "With a head on top the whole model is trained with labels.": "09-supervised",
    },
    "tuning": {
        "Is fine-tuning hyperparameter tuning?": "10-two-things",
        "A loop over learning rates finds the best of them.": "10-same-model",
        "0.1, 0.01 and 0.001 are rates to try.": "10-too-hot",
    },
    "evaluation": {
        "Making batches inside the evaluation loop is the main bottleneck.": "11-bottleneck",
        "Batches made beforehand make evaluation faster.": "11-batches-beforehand",
        "Pinned memory and `non_blocking=True` make transfers faster.": "11-pinned",
        "`argmax(dim=2)` is faster than `.data.max(2)[1]`.": "11-argmax",
        "Evaluation without gradients is faster.": "11-no-grad",
    },
}
NOTES = tuple(
    Note(topic, says, tuple(claims.split()))
    for topic, statements in _STATEMENTS.items()
    for says, claims in statements.items()
)
