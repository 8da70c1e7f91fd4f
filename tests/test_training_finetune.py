import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from bertlab.data.examples import encode_questions, encode_tagged, encode_texts
from bertlab.data.labelled import Question, Tagged
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.models.heads import SequenceClassifier, SpanPicker, TokenClassifier
from bertlab.training.checkpoint import checkpoints
from bertlab.training.finetune import FinetuneConfig, evaluate, finetune, predict
from bertlab.training.seeds import Spread, over_seeds
from tests.small_bert import small_bert

CONFIG = FinetuneConfig(epochs=4, batch_size=8, learning_rate=5e-3, dropout=0.1, bf16=False)
GOOD, BAD = ("fine warm bright", "cold dull broken")
NOUNS = "lamp kettle chair radio coat clock drill stove".split()


def texts(count: int, seed: int) -> tuple[list[str], list[int]]:
    """Sentences whose class is the adjective's."""
    choose = np.random.default_rng(seed)
    labels = choose.integers(2, size=count).tolist()
    adjectives = [(BAD, GOOD)[label].split()[choose.integers(3)] for label in labels]
    return [f"the {choose.choice(NOUNS)} is {word} today" for word in adjectives], labels


TOKENIZER = train_wordpiece([" ".join([GOOD, BAD, *NOUNS, "the is today where ?"])] * 3, 300)
TRAIN = encode_texts(TOKENIZER, *texts(60, 0))
VALIDATION = encode_texts(TOKENIZER, *texts(40, 1))


def encoder(seed: int = 0, layers: int = 2) -> Bert:
    return small_bert(TOKENIZER.get_vocab_size(), seed, num_hidden_layers=layers)


def make() -> SequenceClassifier:
    return SequenceClassifier(encoder(), 2, generator=torch.Generator().manual_seed(1))


def run(config=CONFIG, validation=None, **how):
    model = make()
    how = {"device": "cpu", "progress": False} | how
    return model, finetune(model, TRAIN, validation, config, **how)


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_it_learns_the_task():
    model, history = run(replace(CONFIG, epochs=8), VALIDATION)
    assert history[-1]["validation_accuracy"] > 0.95 > 0.8 > history[0]["accuracy"]
    assert history[-1]["loss"] < history[0]["loss"]
    assert [record["epoch"] for record in history] == list(range(1, 9))
    assert history[-1]["step"] == 8 * 8 and history[0]["examples_per_second"] > 0
    assert evaluate(model, VALIDATION)["accuracy"] == history[-1]["validation_accuracy"]
    assert not model.training


def test_tags_and_answers_are_learned_too():
    tagged = [
        Tagged(str(i), f"the {noun} is {word}", ((4, 4 + len(noun), "THING"),), "train")
        for i, (noun, word) in enumerate(
            zip(NOUNS, (GOOD + " " + BAD + " fine cold").split(), strict=True)
        )
    ]
    examples = encode_tagged(TOKENIZER, tagged)
    model = TokenClassifier(
        encoder(), 3, names=examples.names, generator=torch.Generator().manual_seed(0)
    )
    finetune(model, examples, config=replace(CONFIG, epochs=12), device="cpu", progress=False)
    assert evaluate(model, examples)["f1"] > 0.9
    asked = [
        Question(str(i), i, f"the {noun} is {word}", "where ?", word, (8 + len(noun), 8 + len(noun) + len(word)), "train")
        for i, (noun, word) in enumerate(zip(NOUNS, ("fine cold " * 4).split(), strict=True))
    ]  # fmt: skip
    examples = encode_questions(TOKENIZER, asked)
    model = SpanPicker(encoder(), torch.Generator().manual_seed(0))
    finetune(model, examples, config=replace(CONFIG, epochs=12), device="cpu", progress=False)
    found = evaluate(model, examples)
    assert found["f1"] >= found["accuracy"] > 0.9
    spans = model.decode(predict(model, examples), examples)
    assert asked[0].passage[slice(*spans[0])] == asked[0].answer


def test_a_run_is_a_function_of_its_seed_alone():
    torch.manual_seed(1)
    one = run()[0].state_dict()
    torch.manual_seed(2)
    model, before = make(), torch.get_rng_state()
    finetune(model, TRAIN, config=CONFIG, device="cpu", progress=False)
    assert same(one, model.state_dict()) and torch.equal(before, torch.get_rng_state())
    assert not same(one, run(replace(CONFIG, seed=1))[0].state_dict())


@pytest.mark.parametrize(
    ("freeze", "still"),
    [
        ("nothing", []),
        (0, ["embeddings"]),
        (1, ["embeddings", "layers.0"]),
        (2, ["embeddings", "layers.0", "layers.1"]),
        ("encoder", ["embeddings", "layers.0", "layers.1", "pooler"]),
    ],
)
def test_what_is_frozen_stays_and_the_rest_moves(freeze, still):
    fresh = make().state_dict()
    model, _ = run(replace(CONFIG, freeze=freeze, epochs=2))
    for name, value in model.state_dict().items():
        part = name.removeprefix("encoder.")
        unused = part.startswith(("mlm", "nsp"))
        frozen = unused or any(part.startswith(f"{head}.") for head in still)
        moved = not torch.equal(value, fresh[name])
        assert moved != frozen, name
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_layers_thaw_from_the_top():
    config = replace(CONFIG, epochs=3, thaw_every=1)
    states = []
    model = make()
    states.append({k: v.clone() for k, v in model.state_dict().items()})
    keep = lambda record: states.append({k: v.clone() for k, v in model.state_dict().items()})  # noqa: E731
    finetune(model, TRAIN, config=config, device="cpu", progress=False, on_epoch=keep)
    name = "encoder.{}.weight"
    for part, thawed in [
        ("pooler", 1), ("layers.1.narrow", 2), ("layers.0.narrow", 3), ("embeddings.position", 4),
    ]:  # fmt: skip
        key = name.format(part)
        moved = [not torch.equal(a[key], b[key]) for a, b in zip(states, states[1:], strict=False)]
        assert moved == [epoch >= thawed for epoch in (1, 2, 3)], part


def test_lower_layers_take_smaller_steps_with_layer_decay():
    def travelled(decay):
        fresh, model = make().state_dict(), run(replace(CONFIG, epochs=1, layer_decay=decay))[0]
        after = model.state_dict()
        parts = [f"encoder.layers.{i}.widen.weight" for i in (0, 1)]
        return [(after[part] - fresh[part]).norm().item() for part in parts]

    (low, high), (low_even, high_even) = travelled(0.1), travelled(1.0)
    assert low < 0.25 * high and low_even > 0.5 * high_even


def test_the_rate_rises_and_falls():
    config = FinetuneConfig(learning_rate=1.0, warmup=0.4)
    rates = [round(config.rate(step, 10), 3) for step in range(10)]
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0, 0.833, 0.667, 0.5, 0.333, 0.167]


def test_it_stops_early_and_restores_the_best_weights():
    config = replace(CONFIG, epochs=30, patience=2, learning_rate=5e-3)
    kept = {}
    model = make()

    def see(record):
        kept[record["epoch"]] = {k: v.clone() for k, v in model.state_dict().items()}

    history = finetune(model, TRAIN, VALIDATION, config, device="cpu", progress=False, on_epoch=see)
    scores = [(r["validation_accuracy"], -r["validation_loss"]) for r in history]
    best = max(range(len(scores)), key=scores.__getitem__) + 1
    assert len(history) < 30 and len(history) == best + 2
    assert same(model.state_dict(), kept[best])


def test_a_stopped_run_resumes_to_the_same_weights(tmp_path):
    class Stop(Exception):
        pass

    def stop(record):
        if record["epoch"] == 3:
            raise Stop

    for name, config in {
        "plain": CONFIG,
        "frozen": replace(CONFIG, freeze="encoder"),
        "thawing": replace(CONFIG, thaw_every=2),
        "patient": replace(CONFIG, patience=2, epochs=12),
    }.items():
        whole, history = run(config, VALIDATION, output=tmp_path / name / "whole")
        cut = tmp_path / name / "cut"
        with pytest.raises(Stop):
            run(config, VALIDATION, output=cut, on_epoch=stop)
        assert checkpoints(cut / "checkpoints")[-1].name == "step-00000003"
        torch.manual_seed(99)
        resumed, again = run(config, VALIDATION, output=cut, resume=True)
        assert same(whole.state_dict(), resumed.state_dict()), name
        files = (load_file(path / "model.safetensors") for path in (cut, tmp_path / name / "whole"))
        assert same(*files)
        drop = {"examples_per_second"}
        assert [{k: v for k, v in r.items() if k not in drop} for r in again] == [
            {k: v for k, v in r.items() if k not in drop} for r in history
        ]


def test_the_best_weights_survive_a_stop_after_them(tmp_path):
    config = replace(CONFIG, epochs=30, patience=2)
    whole, history = run(config, VALIDATION, output=tmp_path)
    # as if killed after the last checkpoint, when the best weights are two epochs old
    (tmp_path / "model.safetensors").unlink()
    resumed, _ = run(config, VALIDATION, output=tmp_path, resume=True)
    assert same(whole.state_dict(), resumed.state_dict()) and len(history) < 30


def test_resume_refuses_another_run(tmp_path):
    run(replace(CONFIG, epochs=1), output=tmp_path)
    with pytest.raises(BertlabError, match="resume"):
        run(replace(CONFIG, epochs=1), output=tmp_path)
    with pytest.raises(BertlabError, match="learning_rate"):
        run(replace(CONFIG, epochs=1, learning_rate=1e-3), output=tmp_path, resume=True)
    with pytest.raises(BertlabError, match="other data"):
        finetune(make(), VALIDATION, config=replace(CONFIG, epochs=1), output=tmp_path, resume=True)


def test_the_folder_holds_the_model_with_its_tokenizer(tmp_path):
    model, _ = run(replace(CONFIG, epochs=1), output=tmp_path, tokenizer=TOKENIZER)
    again = SequenceClassifier.from_pretrained(tmp_path)
    torch.testing.assert_close(predict(again, VALIDATION), predict(model, VALIDATION))
    assert (tmp_path / "tokenizer.json").is_file()
    shutil.rmtree(tmp_path)


def test_a_loss_that_is_not_finite_stops_the_run():
    model = make()
    with torch.no_grad():
        model.encoder.layers[0].narrow.weight[0, 0] = math.nan
    with pytest.raises(BertlabError, match="a loss of nan at step 1; .*learning rate"):
        finetune(model, TRAIN, config=CONFIG, device="cpu", progress=False)


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0.0}, {"dropout": 1.0},
        {"freeze": "half"}, {"freeze": True}, {"freeze": -1}, {"freeze": "encoder", "thaw_every": 1},
    ],
)  # fmt: skip
def test_a_config_that_cannot_work_is_refused(change):
    with pytest.raises(BertlabError, match=next(iter(change))):
        replace(CONFIG, **change)


def test_examples_that_do_not_fit_are_refused():
    tags = encode_tagged(TOKENIZER, ["the lamp"], names=("O",))
    with pytest.raises(BertlabError, match="kind 'tags' for a SequenceClassifier"):
        finetune(make(), tags)
    with pytest.raises(BertlabError, match="3 labels"):
        finetune(make(), encode_texts(TOKENIZER, ["a", "b", "c"], [0, 1, 2]))
    with pytest.raises(BertlabError, match="max_length=32"):
        predict(make(), encode_texts(TOKENIZER, ["the lamp " * 40]))
    with pytest.raises(BertlabError, match="patience"):
        finetune(make(), TRAIN, config=replace(CONFIG, patience=1))
    with pytest.raises(BertlabError, match="without labels"):
        evaluate(make(), encode_texts(TOKENIZER, ["the lamp"]))


def test_predictions_come_in_the_order_of_the_examples():
    model = make().eval()
    sizes = [5, 1, 9, 2, 7]
    examples = encode_texts(TOKENIZER, ["lamp " * size for size in sizes])
    one_by_one = torch.cat([predict(model, examples.select([i])) for i in range(5)])
    torch.testing.assert_close(predict(model, examples, batch_size=2), one_by_one)
    tagger = TokenClassifier(encoder(), 3).eval()
    examples = encode_tagged(
        TOKENIZER, ["lamp " * size for size in sizes], names=("O", "B-A", "I-A")
    )
    one_by_one = torch.cat([predict(tagger, examples.select([i])) for i in range(5)])
    torch.testing.assert_close(predict(tagger, examples, batch_size=2), one_by_one)


def test_spread_is_students_interval():
    spread = Spread.of([0.70, 0.74, 0.72, 0.76, 0.73])
    assert spread.mean == pytest.approx(0.73) and spread.deviation == pytest.approx(
        0.02236, abs=1e-4
    )
    assert spread.high - spread.mean == pytest.approx(2.7764 * 0.02236 / 5**0.5, abs=1e-4)
    assert math.isnan(Spread.of([0.5]).low)
    with pytest.raises(BertlabError, match="no values"):
        Spread.of([])


def test_over_seeds_runs_each_seed():
    assert over_seeds(lambda seed: seed / 10, range(3)).values == (0.0, 0.1, 0.2)
