"""Training steps against transformers' `BertForPreTraining`, on the same batches."""

from dataclasses import replace

import numpy as np
import torch

from bertlab.bench.harness import Contender, compare
from bertlab.data.pairs import SentencePairs
from bertlab.data.store import TokenStore
from bertlab.data.vocabulary import train_wordpiece
from bertlab.models.bert import Bert
from bertlab.models.bert_config import BertConfig
from bertlab.training.pretrain import Objective, _bf16_pays
from bertlab.training.run import PRESETS

MINI = replace(PRESETS["mini"], max_position_embeddings=512)
BASE = BertConfig()


def random_pairs(config: BertConfig, batch_size: int, length: int, full: bool) -> SentencePairs:
    """Pairs over random ids, all rows alike and as long as fits (full) or of natural, mixed lengths.

    The speed of a step does not depend on which ids stand in it.
    """
    generator = np.random.default_rng(0)
    count = 20_000
    sizes = (
        np.full(count, (length - 3) // 2)
        if full
        else np.clip(generator.lognormal(np.log(length * 0.3), 0.5, count), 3, length - 6).astype(
            int
        )
    )
    store = TokenStore(
        generator.integers(5, config.vocab_size, size=sizes.sum()).astype(np.uint16),
        np.concatenate([[0], np.cumsum(sizes)]),
        np.repeat(np.arange(count // 100), 100).astype(np.int32),
    )
    words = train_wordpiece([f"w{i}" for i in range(50)], 300)
    words.add_tokens([f"extra{i}" for i in range(config.vocab_size - words.get_vocab_size())])
    return SentencePairs(store, words, length, batch_size)


def training_step(model: torch.nn.Module, batches: list, bf16: bool, compiled: bool = False):
    """A closure that trains one step as `pretrain` does and returns the number of tokens."""
    objective = Objective(model)
    if compiled:
        objective = torch.compile(objective, dynamic=False)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    device = next(model.parameters()).device
    batches = [batch.to(device) for batch in batches]
    turn = iter(range(10**9))

    def run() -> int:
        batch = batches[next(turn) % len(batches)]
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss, _ = objective(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return batch.tokens

    return run


def our_step(config: BertConfig, batches: list, device: str, compiled: bool, bf16: bool):
    """The step of our BERT, dropout 0 as in `pretrain`."""
    model = Bert(config, torch.Generator().manual_seed(0)).to(device).train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return training_step(model, batches, bf16, compiled)


def their_step(
    config: BertConfig, batches: list, device: str, *, bf16: bool, dropout: float, compiled: bool
):
    """The same with transformers, as a user writes it: padded rows, every position projected."""
    from transformers import BertConfig as TheirConfig
    from transformers import BertForPreTraining

    sizes = {
        name: getattr(config, name)
        for name in (
            "vocab_size",
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "max_position_embeddings",
        )
    }
    chances = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    settings = TheirConfig(**sizes, **chances, attn_implementation="sdpa")
    model = BertForPreTraining(settings).to(device).train()
    run_model = torch.compile(model) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    inputs = [{k: v.to(device) for k, v in batch.padded().items()} for batch in batches]
    sizes_of = [batch.tokens for batch in batches]
    turn = iter(range(10**9))

    def run() -> int:
        number = next(turn) % len(inputs)
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16):
            loss = run_model(**inputs[number]).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return sizes_of[number]

    return run


def training(
    device: str = "cpu",
    quick: bool = False,
    batch_size: int = 64,
    length: int = 128,
    full: bool = True,
) -> dict:
    """Tokens a second of a training step at 4 layers × 256, vocabulary 8,192; only real tokens count."""
    pairs = random_pairs(MINI, batch_size, length, full)
    batches = [pairs.draw(np.random.default_rng(i)) for i in range(4)]
    gpu = device != "cpu"
    bf16 = gpu or _bf16_pays(torch.device(device))

    def theirs(**how):
        return their_step(
            MINI, batches, device, **{"bf16": False, "dropout": 0.1, "compiled": False} | how
        )

    contenders = [
        Contender("bertlab", our_step(MINI, batches, device, False, bf16)),
        Contender("transformers, fp32, dropout 0.1", theirs()),
        Contender("transformers, bf16, dropout 0", theirs(bf16=True, dropout=0.0)),
    ]
    if gpu:
        contenders += [
            Contender("bertlab, compiled", our_step(MINI, batches, device, True, bf16)),
            Contender("transformers, bf16, dropout 0.1", theirs(bf16=True)),
        ]
    if gpu or not quick:
        contenders.append(
            Contender(
                "transformers, bf16, dropout 0, compiled",
                theirs(bf16=True, dropout=0.0, compiled=True),
            )
        )
    finish = torch.cuda.synchronize if gpu else lambda: None
    timings = compare(
        contenders,
        rounds=2 if quick else 5,
        seconds=1.0 if gpu or quick else 3.0,
        warmup=10 if gpu else 1,
        finish=finish,
    )
    rows = "full" if full else "mixed"
    return {
        "name": f"training step, {batch_size} × {length} ({rows} rows), {device}",
        "unit": "tokens/s",
        "timings": [timing.as_dict() for timing in timings],
    }


def flops_a_token(config: BertConfig, length: int, mask_share: float = 0.15) -> float:
    """Floating-point operations of one training step, a token: 3 × (2 × weights + attention + heads)."""
    h, wide = config.hidden_size, config.intermediate_size
    layer = 2 * (4 * h * h + 2 * h * wide) + 4 * length * h
    head = mask_share * 2 * (h * h + h * config.vocab_size)
    return 3 * (config.num_hidden_layers * layer + head)


def utilisation(batch_size: int = 128, length: int = 512, seconds: float = 5.0) -> dict:
    """BERT-base on a GPU: the share of the measured bf16 matmul ceiling that a training step reaches."""
    pairs = random_pairs(BASE, batch_size, length, full=True)
    batches = [pairs.draw(np.random.default_rng(i)) for i in range(2)]
    size = 8192
    a, b = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))

    def ceiling() -> float:
        a @ b
        return 2 * size**3

    a_token = flops_a_token(BASE, length)
    step = our_step(BASE, batches, "cuda", True, True)
    timings = compare(
        [
            Contender("bf16 product of 8192 × 8192", ceiling),
            Contender("bertlab, BERT-base, compiled", lambda: step() * a_token),
        ],
        rounds=3,
        seconds=seconds,
        warmup=8,
        finish=torch.cuda.synchronize,
    )
    return {
        "name": f"BERT-base training step, {batch_size} × {length}, cuda",
        "unit": "FLOP/s",
        "timings": [timing.as_dict() for timing in timings],
    }
