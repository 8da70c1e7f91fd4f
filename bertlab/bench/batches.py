"""Building batches: against transformers' collator, and against the rejection search of the notes."""

import numpy as np
import torch

from bertlab.bench.harness import Contender, compare
from bertlab.bench.training import MINI, random_pairs
from bertlab.clinic.batches import rejection_search
from bertlab.data.pairs import SentencePairs


def collator(quick: bool = False, batch_size: int = 64, length: int = 128) -> dict:
    """Examples a second of mixed-length pairs, masked and laid out.

    transformers' `DataCollatorForLanguageModeling` is handed pairs that are already chosen and encoded,
    so it only pads and masks; bertlab's figure includes choosing the pairs.
    """
    from transformers import BertTokenizerFast, DataCollatorForLanguageModeling

    pairs = random_pairs(MINI, batch_size, length, full=False)
    generator = np.random.default_rng(0)
    theirs = BertTokenizerFast(tokenizer_object=pairs.tokenizer)
    collate = DataCollatorForLanguageModeling(theirs, mlm_probability=0.15)
    pools = []
    for _ in range(8):
        rows = pairs.draw(generator)
        padded = rows.padded()
        sizes = rows.row_offsets.diff().tolist()
        pools.append(
            [
                {
                    "input_ids": padded["input_ids"][i, :size].tolist(),
                    "token_type_ids": padded["token_type_ids"][i, :size].tolist(),
                    "next_sentence_label": int(padded["next_sentence_label"][i]),
                }
                for i, size in enumerate(sizes)
            ]
        )
    turn = iter(range(10**9))

    def ours(large: int = 1):
        source = SentencePairs(pairs.store, pairs.tokenizer, length, batch_size * large)

        def run() -> int:
            return len(source.draw(generator))

        return run

    def run_theirs() -> int:
        return len(collate(pools[next(turn) % len(pools)])["input_ids"])

    torch.manual_seed(0)  # the collator draws from the global generator
    timings = compare(
        [
            Contender(f"bertlab, batches of {batch_size}", ours()),
            Contender(f"transformers' collator, batches of {batch_size}", run_theirs),
            Contender(f"bertlab, batches of {64 * batch_size}", ours(64)),
        ],
        rounds=3 if quick else 7,
        seconds=0.5,
    )
    return {
        "name": f"batch building, mixed rows of at most {length}",
        "unit": "examples/s",
        "timings": [timing.as_dict() for timing in timings],
    }


def rejection(quick: bool = False) -> dict:
    """Examples a second at 1.8 million sentences (quick: 18,000): the search for neighbours by luck.

    At full size the search takes about half a minute for the notes' batch of 6, six for one of 64: it is
    timed once, ours many times. Equal batch sizes are what to compare: the search pays by the pair, ours
    by the batch.
    """
    count, sizes = (18_000, (6,)) if quick else (1_800_000, (64, 6))
    base = random_pairs(MINI, sizes[0], 128, full=False)
    repeats = count // len(base.store)
    store = base.store
    if repeats > 1:
        lengths = np.tile(store.lengths, repeats)
        store = type(store)(
            np.tile(store.tokens, repeats),
            np.concatenate([[0], np.cumsum(lengths)]),
            np.repeat(np.arange(count // 100), 100).astype(np.int32),
        )
    sentences = [store.sentence(i).tolist() for i in range(min(count, len(store)))]
    generator = np.random.default_rng(0)

    def ours(size: int) -> Contender:
        source = SentencePairs(store, base.tokenizer, 128, size)

        def run() -> int:
            for _ in range(100):
                source.draw(generator)
            return 100 * size

        return Contender(f"bertlab, batches of {size}", run)

    def search(size: int) -> Contender:
        def run() -> int:
            return len(rejection_search(sentences, size, generator).rows)

        return Contender(f"rejection search, batches of {size}", run)

    mine = compare([ours(size) for size in sizes], rounds=5, seconds=0.5)
    theirs = compare([search(size) for size in sizes], rounds=1, seconds=0.0, warmup=0)
    return {
        "name": f"batches from {len(sentences):,} sentences",
        "unit": "examples/s",
        "timings": [timing.as_dict() for timing in mine + theirs],
    }
