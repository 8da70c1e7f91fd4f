import pytest

from bertlab.bench import finetuning
from bertlab.bench.harness import Contender


def test_both_train_on_the_same_reviews(monkeypatch):
    pytest.importorskip("transformers", reason="the peer; it comes with the extra 'test'")
    names, done = [], []

    def once(contenders: list[Contender], **how):
        for contender in contenders:
            names.append(contender.name)
            done.append(contender.run())
        return []

    monkeypatch.setattr(finetuning, "compare", once)
    monkeypatch.setattr(finetuning, "reviews", lambda split: REVIEWS)
    result = finetuning.finetuning(quick=True)
    assert names == ["bertlab", "transformers' Trainer", "transformers' Trainer, bf16"]
    assert done == [4, 4, 4] and result["unit"] == "examples/s"


REVIEWS = finetuning.reviews("train")[:4]
