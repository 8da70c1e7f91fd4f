"""How good is a pre-trained model on text that it has not seen, and against what?"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from bertlab.data.pairs import Batch, SentencePairs
from bertlab.data.words import WordStream
from bertlab.models.bert import Bert
from bertlab.models.elmo import Elmo
from bertlab.training.baselines import CountModel
from bertlab.training.ngrams import KneserNeyTrigram, perplexity


def fixed_batches(pairs: SentencePairs, count: int = 20, seed: int = 0) -> list[Batch]:
    """The same batches at every call, so that two evaluations differ by the model alone."""
    return [pairs.draw(np.random.default_rng([seed, number])) for number in range(count)]


@torch.inference_mode()
def evaluate_pretraining(model: Bert, batches: Iterable[Batch]) -> dict[str, float]:
    """Masked accuracy, MLM loss (nats) and perplexity, NSP accuracy and loss, over all the batches.

    Every masked token counts the same, and so does every pair, however they fall into batches.
    """
    was_training = model.training
    device = model.pooler.weight.device
    model.eval()
    sums = dict.fromkeys(("mlm_loss", "masked_accuracy", "nsp_loss", "nsp_accuracy"), 0.0)
    masked = pairs = 0
    for batch in batches:
        _, report = model.loss(batch.to(device))
        for name, value in report.items():
            weight = len(batch) if name.startswith("nsp") else len(batch.mlm_labels)
            sums[name] += float(value) * weight
        masked += len(batch.mlm_labels)
        pairs += len(batch)
    model.train(was_training)
    result = {
        name: total / (pairs if name.startswith("nsp") else masked) for name, total in sums.items()
    }
    return result | {"perplexity": float(np.exp(result["mlm_loss"])), "masked_tokens": masked}


def evaluate_baselines(
    counts: CountModel, batches: Iterable[Batch], mask_id: int
) -> dict[str, dict[str, float]]:
    """`{"unigram": {"masked_accuracy": …, "mlm_loss": …}, "bigram": …}` on the same masked tokens."""
    found: dict[str, list] = {}
    for batch in batches:
        for name, guesses in counts.guess(batch, mask_id).items():
            found.setdefault(name, []).append(guesses)
    return {
        name: {
            "masked_accuracy": float(np.concatenate([right for right, _ in parts]).mean()),
            "mlm_loss": float(-np.concatenate([logs for _, logs in parts]).mean()),
        }
        for name, parts in found.items()
    }


def evaluate_beside_baselines(
    model: Bert, train: SentencePairs, held_out: SentencePairs, count: int = 20
) -> dict[str, dict[str, float]]:
    """`{"model": …, "unigram": …, "bigram": …}` on the same held-out batches, counts from `train`."""
    words = held_out.tokenizer
    counts = CountModel.fit(train.store, words.get_vocab_size())
    batches = fixed_batches(held_out, count)
    baselines = evaluate_baselines(counts, batches, words.token_to_id("[MASK]"))
    return {"model": evaluate_pretraining(model, batches), **baselines}


def evaluate_beside_trigrams(
    model: Elmo, train: WordStream, sentences: Sequence[Sequence[str]]
) -> dict[str, dict[str, float]]:
    """`{"model": …, "trigram": …}`: perplexity a word of held-out sentences, in both directions.

    The trigram model (interpolated Kneser-Ney) is fitted on `train`, for the backward direction on `train`
    read from its end. All four predict the same words: each sentence alone, with its end (or begin), a word
    outside the model's output words as "<UNK>".
    """
    ahead, back = zip(*model.score(sentences), strict=True)
    turned = [sentence[::-1] for sentence in sentences]
    counted = KneserNeyTrigram(train, model.vocabulary).score(sentences)
    counted_back = KneserNeyTrigram(train.mirrored(), model.vocabulary).score(turned)
    words = sum(map(len, ahead))
    return {
        name: {
            "forward_perplexity": perplexity(one),
            "backward_perplexity": perplexity(other),
            "predicted_words": words,
        }
        for name, one, other in (("model", ahead, back), ("trigram", counted, counted_back))
    }
