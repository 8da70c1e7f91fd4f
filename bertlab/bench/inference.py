"""Reading texts without training: `embed` against transformers, on the shipped reviews."""

import logging

import torch

from bertlab.assets import ROOT
from bertlab.bench.harness import Contender, compare
from bertlab.data.examples import encode_texts
from bertlab.data.labelled import reviews
from bertlab.models.loading import load
from bertlab.training.inference import embed

MODEL, BATCH_SIZE, LENGTH = "bertlab-mini", 32, 128


def their_reader(texts: list[str], device: str, attention: str, bf16: bool, by_length: bool):
    """transformers as its documentation shows it: batches of 32, each padded to its longest text.

    by_length: the texts sorted beforehand, what a careful user does.
    """
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging as their_logging

    their_logging.set_verbosity(logging.ERROR)
    their_logging.disable_progress_bar()
    tokenizer = AutoTokenizer.from_pretrained(ROOT / MODEL)
    model = AutoModel.from_pretrained(ROOT / MODEL, attn_implementation=attention)
    model.to(device).eval()

    def run() -> torch.Tensor:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i])) if by_length else None
        some = [texts[i] for i in order] if by_length else texts
        found = []
        with (
            torch.no_grad(),
            torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16),
        ):
            for begin in range(0, len(some), BATCH_SIZE):
                inputs = tokenizer(
                    some[begin : begin + BATCH_SIZE],
                    padding=True,
                    truncation=True,
                    max_length=LENGTH,
                    return_tensors="pt",
                ).to(device)
                found.append(model(**inputs).last_hidden_state[:, 0].float().cpu())
        vectors = torch.cat(found)
        return vectors[torch.tensor(order).argsort()] if by_length else vectors

    return run


def inference(device: str = "cpu", quick: bool = False) -> dict:
    """Real tokens a second from strings to a [CLS] vector each, tokenizing included.

    The contenders' vectors are compared first: in float32 they must be equal to 1e-4.
    """
    model, tokenizer = load(MODEL)
    model.to(device)
    texts = [review.text for review in reviews()][:: 56 if quick else 7]
    tokens = int(encode_texts(tokenizer, texts, max_length=LENGTH).lengths.sum())

    def ours(bf16: bool | None):
        return lambda: embed(model, encode_texts(tokenizer, texts, max_length=LENGTH), bf16=bf16)

    def theirs(attention: str, bf16: bool = False, by_length: bool = False):
        return their_reader(texts, device, attention, bf16, by_length)

    readers = {
        "bertlab": ours(None),
        "transformers, eager": theirs("eager"),
        "transformers, sdpa, sorted by length": theirs("sdpa", by_length=True),
        "transformers, sdpa, sorted, bf16": theirs("sdpa", True, True),
        "bertlab, fp32": ours(False),
    }
    exact = readers["bertlab, fp32"]()
    for name in ("transformers, eager", "transformers, sdpa, sorted by length"):
        assert torch.allclose(readers[name](), exact, atol=1e-4), f"{name}: other vectors"

    def contender(name: str) -> Contender:
        return Contender(name, lambda: readers[name]() is not None and tokens)

    timings = compare(
        [contender(name) for name in readers],
        rounds=3 if quick else 7,
        seconds=0.0,
        warmup=1,
        finish=torch.cuda.synchronize if device != "cpu" else lambda: None,
    )
    sizes = encode_texts(tokenizer, texts, max_length=LENGTH).lengths
    return {
        "name": f"reading {len(texts):,} reviews of {sizes.min()} to {sizes.max()} pieces, {device}",
        "unit": "tokens/s",
        "timings": [timing.as_dict() for timing in timings],
    }
