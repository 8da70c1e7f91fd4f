"""What the vector of a word in a sentence knows: its sense, its part of speech, the kind of name it is in.

Two kinds of measurement, for every layer of a model. *Word in context* (Pilehvar & Camacho-Collados 2019,
arXiv 1808.09121): is a word used in the same sense in two sentences? Yes, where the cosine of its two vectors is
above a threshold. *Probes* (Peters et al. 2018, section 5.3): how well does a linear classifier read a property
off the frozen vectors? Every figure is over five seeds, each with a split of its own.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from bertlab.assets import asset
from bertlab.data.labelled import Tagged, WordPair, tagged, word_pairs
from bertlab.data.words import word_spans
from bertlab.models.loading import load
from bertlab.models.static import StaticVectors
from bertlab.text.corpora import open_corpus
from bertlab.text.sentences import split_sentences
from bertlab.training.features import _by_word
from bertlab.training.readers import open_reader
from bertlab.training.seeds import Spread

SEEDS = range(5)
BEFORE_NOUNS = frozenset("the a an my your his its our their no every each".split())
BEFORE_VERBS = frozenset(
    "to will would can could may might must shall should cannot can't don't doesn't didn't won't "
    "wouldn't couldn't shouldn't i you we they".split()
)


def word_vectors(encoder, sentences: Sequence[Sequence[str]], tokenizer=None) -> list[Tensor]:
    """Every layer's vector of every word: one (layers, words, dim) a sentence.

    encoder, tokenizer: as `bertlab.training.readers.open_reader` takes them. A word of several word pieces
    gets their mean.
    """
    reader = open_reader(encoder, tokenizer)
    rows = [list(sentence) for sentence in sentences]
    found: list = [None] * len(rows)
    for read in reader.read(rows, lambda layers: torch.cat(list(layers), dim=-1), 4096):
        words = _by_word(read, rows[read.row], "mean")  # (words, layers * dim)
        found[read.row] = words.view(len(words), reader.layers, reader.dim).transpose(0, 1)
    return found


def span_vectors(
    encoder, texts: Sequence[str], spans: Sequence[tuple[int, int]], tokenizer=None
) -> Tensor:
    """Every layer's vector of the word at a span of each text: (layers, texts, dim)."""
    cut = [word_spans(text) for text in texts]
    read = word_vectors(encoder, [[word.text for word in words] for words in cut], tokenizer)
    chosen = []
    for words, vectors, (start, end) in zip(cut, read, spans, strict=True):
        inside = [i for i, word in enumerate(words) if word.start < end and word.end > start]
        chosen.append(vectors[:, inside].mean(dim=1))
    return torch.stack(chosen, dim=1)


def pair_cosines(encoder, pairs: Sequence[WordPair], tokenizer=None) -> Tensor:
    """How alike a word's vectors in two sentences are, by layer: (layers, pairs)."""
    sides = [
        span_vectors(encoder, [p.first for p in pairs], [p.first_span for p in pairs], tokenizer),
        span_vectors(encoder, [p.second for p in pairs], [p.second_span for p in pairs], tokenizer),
    ]
    return torch.cosine_similarity(*sides, dim=2)


def neighbour_cosines(vectors: StaticVectors, pairs: Sequence[WordPair]) -> Tensor:
    """How alike the *other* words of two sentences are on average, (1, pairs): context without order."""
    sides = []
    for text, span in ("first", "first_span"), ("second", "second_span"):
        others = [
            [w.text for w in word_spans(getattr(p, text)) if w.end <= getattr(p, span)[0]]
            + [w.text for w in word_spans(getattr(p, text)) if w.start >= getattr(p, span)[1]]
            for p in pairs
        ]
        sides.append(torch.stack([v[0].mean(dim=0) for v in word_vectors(vectors, others)]))
    return torch.cosine_similarity(*sides, dim=1)[None]


def best_threshold(cosines: np.ndarray, same: np.ndarray) -> float:
    """The threshold with most right answers, "same" above it; between two values, the lowest of equals."""
    values = np.unique(cosines)
    cuts = np.concatenate([[values[0] - 1], (values[:-1] + values[1:]) / 2])
    right = [((cosines > cut) == same).mean() for cut in cuts]
    return float(cuts[int(np.argmax(right))])


def word_in_context(
    cosines: Tensor, pairs: Sequence[WordPair], seed: int
) -> tuple[list[float], list[float]]:
    """The share of right answers by layer: where the threshold was chosen, and on unseen words.

    One half of the words, drawn by `seed`, is for choosing; no word is in both. Only the second list measures.
    """
    same = np.array([pair.same == 1 for pair in pairs])
    known = _half([pair.word for pair in pairs], seed)
    seen, unseen = [], []
    for layer in cosines.numpy():
        right = (layer > best_threshold(layer[known], same[known])) == same
        seen.append(float(right[known].mean()))
        unseen.append(float(right[~known].mean()))
    return seen, unseen


def felt_by_distance(
    read: Callable[[list[list[str]]], Sequence[Tensor]],
    sentences: Sequence[Sequence[str]],
    reach: int = 5,
    other: str = "green",
) -> dict[int, float]:
    """How much a word's vector changes (1 - cosine) when the word at a distance becomes `other`.

    read: sentences -> a (words, dim) tensor each. Looked at is the middle word of each sentence that
    reaches far enough; the mean over the sentences, by distance from -reach to reach, without 0.
    """
    rows = [list(sentence) for sentence in sentences if len(sentence) > 2 * reach]
    middles = [len(row) // 2 for row in rows]
    before = read(rows)
    felt = {}
    for distance in [*range(-reach, 0), *range(1, reach + 1)]:
        changed = [
            [*row[: m + distance], other, *row[m + distance + 1 :]]
            for row, m in zip(rows, middles, strict=True)
        ]
        cosines = [
            torch.cosine_similarity(one[m], new[m], dim=0)
            for one, new, m in zip(before, read(changed), middles, strict=True)
        ]
        felt[distance] = 1 - float(torch.stack(cosines).mean())
    return felt


def entity_words(items: Sequence[Tagged]) -> tuple[list[list[str]], list[list[str]]]:
    """(sentences as words, the kind of entity each word is in, "O" for none): labels made by hand."""
    sentences, kinds = [], []
    for item in items:
        words = word_spans(item.text)
        sentences.append([word.text for word in words])
        kinds.append(
            [
                next((k for s, e, k in item.entities if word.start < e and word.end > s), "O")
                for word in words
            ]
        )
    return sentences, kinds


def nouns_and_verbs(
    texts: Sequence[str], most: int = 20
) -> tuple[list[list[str]], list[tuple[int, int, str]]]:
    """(sentences, occurrences (sentence, word, "noun" or "verb")) of words that are both in these texts.

    The label is a rule's, not a hand's: a lower-case word right after *the*, *my*, *every* … is called a
    noun, after *to*, *will*, *they* … a verb. Kept are words seen at least twice as either, with at most
    `most` occurrences of each kind.
    """
    sentences, found = [], {}
    for text in texts:
        for sentence in split_sentences(text):
            words = [word.text for word in word_spans(sentence.text)]
            for i, (before, word) in enumerate(zip(words, words[1:], strict=False), start=1):
                before = before.lower()
                kind = "verb" if before in BEFORE_VERBS else ""
                kind = "noun" if before in BEFORE_NOUNS else kind
                if kind and word.isalpha() and word.islower():
                    places = found.setdefault(word, {"noun": [], "verb": []})[kind]
                    places.append((len(sentences), i, kind))
            sentences.append(words)
    both = [kinds for kinds in found.values() if min(map(len, kinds.values())) >= 2]
    occurrences = sorted(
        place for kinds in both for places in kinds.values() for place in places[:most]
    )
    used = sorted({sentence for sentence, _, _ in occurrences})
    number = {sentence: i for i, sentence in enumerate(used)}
    return [sentences[i] for i in used], [(number[s], w, kind) for s, w, kind in occurrences]


def probe(vectors: Tensor, labels: Sequence[str], groups: Sequence, seed: int) -> list[float]:
    """How well a logistic regression reads the labels off each layer's vectors, (layers, words, dim).

    Trained on the words of one half of the groups (drawn by `seed`), judged on the other: F1 over all
    labels but "O", which is the share of right answers where there is no "O".
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    labels = np.array(labels)
    kinds = sorted(set(labels) - {"O"})
    known = _half(groups, seed)
    scores = []
    for layer in vectors.numpy():
        scale = layer[known].std() or 1.0  # one scale for all features: layers differ in length
        model = LogisticRegression(C=0.1, max_iter=300, tol=1e-3)
        model.fit(layer[known] / scale, labels[known])
        guesses = model.predict(layer[~known] / scale)
        scores.append(float(f1_score(labels[~known], guesses, labels=kinds, average="micro")))
    return scores


def _half(groups: Sequence, seed: int) -> np.ndarray:
    """Whether each item's group is in the half that is learned from."""
    names = sorted(set(groups))
    chosen = np.random.default_rng(seed).permutation(len(names))[: len(names) // 2]
    return np.isin(np.array(groups), np.array(names)[chosen])


def sense_accuracy(cosines: Tensor, pairs: Sequence[WordPair]) -> tuple[list[Spread], np.ndarray]:
    """`word_in_context` over the seeds: a `Spread` a layer, and the layer that did best in choosing.

    The second is an accuracy a seed, of the layer that was best on the words that the threshold came from:
    what one may expect who does not know the layer beforehand.
    """
    found = [word_in_context(cosines, pairs, seed) for seed in SEEDS]
    seen, unseen = np.swapaxes(found, 0, 1)  # (seeds, layers) each
    spreads = [Spread.of(layer) for layer in unseen.T]
    return spreads, unseen[np.arange(len(seen)), seen.argmax(axis=1)]


def probe_encoder(encoder, tokenizer=None) -> dict[str, list[Spread]]:
    """Both probes over the seeds: `{"entities": …, "noun or verb": …}`, a `Spread` of F1 for each layer.

    Entities: the labelled sentences that ship, halved by sentence. Nouns and verbs: the shipped corpus,
    halved by word, so that a word's own vector cannot have been learned by heart.
    """
    sentences, kinds = entity_words(tagged())
    vectors = torch.cat(word_vectors(encoder, sentences, tokenizer), dim=1)
    labels = [kind for row in kinds for kind in row]
    homes = [i for i, row in enumerate(kinds) for _ in row]
    entities = [probe(vectors, labels, homes, seed) for seed in SEEDS]
    texts, places = nouns_and_verbs([document.text for document in open_corpus("bertlab")])
    read = word_vectors(encoder, texts, tokenizer)
    vectors = torch.stack([read[s][:, w] for s, w, _ in places], dim=1)
    labels, words = [kind for *_, kind in places], [texts[s][w] for s, w, _ in places]
    nouns = [probe(vectors, labels, words, seed) for seed in SEEDS]
    return {
        "entities": [Spread.of(layer) for layer in zip(*entities, strict=True)],
        "noun or verb": [Spread.of(layer) for layer in zip(*nouns, strict=True)],
    }


def compare_senses() -> dict:
    """Everything above for the shipped static vectors, ELMo and BERT: what `bertlab compare senses` records.

    About a minute on two quiet cores. "static neighbours" are the other words of the two sentences.
    """
    pairs = word_pairs()
    static = StaticVectors.load(asset("bertlab-static"))
    encoders = {
        "static": (static, None),
        "elmo": load("bertlab-elmo"),
        "bert": load("bertlab-mini"),
    }
    cosines = {name: pair_cosines(model, pairs, cut) for name, (model, cut) in encoders.items()}
    cosines["static neighbours"] = neighbour_cosines(static, pairs)
    senses = {name: sense_accuracy(values, pairs) for name, values in cosines.items()}
    chosen = {name: values for name, (_, values) in senses.items()}
    return {
        "splits": "five seeds, each with its own halves: of words (senses, noun or verb) or sentences",
        "word in context": {
            "pairs": len(pairs),
            "words": len({pair.word for pair in pairs}),
            "chance": 0.5,
            "accuracy by layer": _told({name: layers for name, (layers, _) in senses.items()}),
            "accuracy, layer chosen": {k: Spread.of(v).as_dict() for k, v in chosen.items()},
            "gain over static": {
                name: Spread.of(chosen[name] - chosen["static"]).as_dict()
                for name in ("elmo", "bert")
            },
        },
        "probes, F1 by layer": {
            name: _told(probe_encoder(model, cut)) for name, (model, cut) in encoders.items()
        },
    }


def _told(found: dict[str, list[Spread]]) -> dict[str, list[dict]]:
    return {name: [spread.as_dict() for spread in layers] for name, layers in found.items()}
