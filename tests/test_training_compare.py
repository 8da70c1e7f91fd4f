import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from bertlab.bench import comparison
from bertlab.cli import app
from bertlab.data.labelled import Tagged
from bertlab.data.vocabulary import train_wordpiece
from bertlab.errors import BertlabError
from bertlab.training import compare as ways
from bertlab.training import compare_entities as entities
from bertlab.training.compare import FROZEN, SCRATCH, TFIDF, TUNED, file_task, reviews_task
from bertlab.training.compare_entities import EntityTask, entities_task
from tests.small_bert import small_bert

WORDS = {0: "dull cold broken".split(), 1: "fine warm bright".split()}


@pytest.fixture
def model(tmp_path):
    words = train_wordpiece(["the lamp is " + " ".join(WORDS[0] + WORDS[1])] * 3, 100)
    folder = tmp_path / "model"
    model = small_bert(words.get_vocab_size(), intermediate_size=16, max_position_embeddings=16)
    model.save_pretrained(folder, words)
    return folder


@pytest.fixture
def file(tmp_path):
    lines = [f"lamp {i} is {WORDS[i % 2][i // 2 % 3]}\t{i % 2}" for i in range(60)]
    path = tmp_path / "lamps.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_file_is_split_without_leaks(tmp_path, file):
    file.write_text(file.read_text() * 2)  # every sentence twice
    task = file_task(file)
    assert {split: len(texts) for split, texts in task.texts.items()} == {
        "test": 6, "validation": 6, "train": 48,
    }  # fmt: skip
    assert len({text for texts in task.texts.values() for text in texts}) == 60
    assert file_task(file).texts == task.texts and task.name == "lamps"
    for split, texts in task.texts.items():
        assert [int(text.split()[1]) % 2 for text in texts] == task.labels[split].tolist()


@pytest.mark.parametrize("line", ["no tab", "text\t", "\t1", "text\tgood", "text\t-1"])
def test_a_line_that_does_not_fit_is_named(file, line):
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(BertlabError, match="line 61 of lamps.tsv"):
        file_task(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BertlabError, match="nothing.tsv"):
        file_task(tmp_path / "nothing.tsv")
    (tmp_path / "latin.tsv").write_bytes("café\t1\n".encode("latin-1"))
    with pytest.raises(BertlabError, match="UTF-8"):
        file_task(tmp_path / "latin.tsv")


def test_the_reviews_have_a_hard_slice_and_splits_by_product():
    task = reviews_task()
    assert task.slices["hard"].sum() > 200 and not (task.slices["hard"] & task.slices["easy"]).any()
    assert len(task.labels["test"]) == len(task.slices["hard"])
    fewer = task.smaller(50)
    assert len(fewer.texts["train"]) == len(fewer.labels["train"]) == 50
    assert fewer.texts["test"] == task.texts["test"]
    pairs = dict(zip(task.texts["train"], task.labels["train"], strict=True))
    assert all(
        pairs[t] == y for t, y in zip(fewer.texts["train"], fewer.labels["train"], strict=True)
    )


def test_counts_alone_beat_chance_on_the_reviews_and_stay_under_the_bounds():
    scores = ways.score_tfidf(reviews_task())
    assert 0.6 < scores["test"] < 0.9 and scores["hard"] < 0.75 < scores["easy"]


def test_all_four_ways_over_seeds(model, file):
    config = ways.FinetuneConfig(epochs=30, batch_size=8, learning_rate=5e-3)
    seen = []

    class Quick(ways.Task):
        recipes = config, replace(config, epochs=1, learning_rate=1e-5)

    found = ways.compare(
        Quick(**vars(file_task(file))),
        model,
        [0, 1],
        on_way=lambda way, seed, scores: seen.append((way, seed)),
    )
    assert seen == [(TFIDF, 0), (FROZEN, 0), (TUNED, 0), (TUNED, 1), (SCRATCH, 0), (SCRATCH, 1)]
    assert found["ways"][TUNED]["test"]["mean"] == 1.0  # the adjective decides
    assert found["ways"][TUNED]["test"]["mean"] > found["ways"][SCRATCH]["validation"]["mean"]
    difference = found["differences"][f"{TUNED} - {SCRATCH}"]["test"]["values"]
    assert difference == tuple(
        a - b
        for a, b in zip(
            found["ways"][TUNED]["test"]["values"],
            found["ways"][SCRATCH]["test"]["values"],
            strict=True,
        )
    )
    assert found["sizes"] == {"train": 48, "validation": 6, "test": 6}


def test_the_command_records_what_it_measured(model, file, tmp_path, monkeypatch):
    monkeypatch.setattr("bertlab.notebooks.course_root", lambda: tmp_path)
    for name in ("FINE_TUNED", "FROM_SCRATCH"):
        monkeypatch.setattr(ways, name, replace(getattr(ways, name), epochs=3))
    monkeypatch.setattr(ways, "LARGE", 20)
    arguments = ["compare", str(file), "--as", "lamp", "--model", str(model), "--seeds", "1"]
    answer = CliRunner().invoke(app, [*arguments, "--limit", "20", "--record"])
    assert answer.exit_code == 0, answer.output
    path = tmp_path / "results" / "compare_lamp.json"
    outcome = json.loads(path.read_text())
    assert outcome["command"] == (
        "bertlab compare lamps.tsv --as lamp --model model --seeds 1 --limit 20 --record"
    )
    assert str(tmp_path) not in path.read_text()  # no path of this machine
    assert outcome["sizes"]["train"] == 20 and outcome["ways"][TUNED]["test"]["low"] is None
    assert outcome["recipes"][TUNED]["epochs"] == 1  # two fewer from LARGE texts on
    assert outcome["machine"]["versions"]["torch"] and "fine-tuned - from scratch" in answer.output
    assert "recorded in compare_lamp.json" in answer.output


def test_a_cell_shows_the_interval_where_there_is_one():
    spread = ways.Spread.of([0.70, 0.74]).as_dict()
    assert comparison.cell(spread) == "72.0 % (46.6 to 97.4)"
    assert comparison.cell(ways.Spread.of([0.7]).as_dict()) == "70.0 %"
    assert comparison.cell(ways.Spread.of([0.7, 0.7]).as_dict()) == "70.0 %"
    assert comparison.cell(ways.Spread.of([-0.0001]).as_dict()) == "0.0 %"
    assert np.isfinite(spread["low"])


def test_entities_four_ways(monkeypatch):
    task = entities_task().smaller(40)
    assert task.sizes == {"train": 40, "validation": 36, "test": 70}
    quick = replace(entities.FINE_TUNED, epochs=8, learning_rate=2e-3)
    monkeypatch.setattr(EntityTask, "recipes", (quick, quick))
    found = ways.compare(task, seeds=[0, 1])
    means = {way: measures["test"]["mean"] for way, measures in found["ways"].items()}
    assert set(means) == {entities.USUAL, FROZEN, TUNED, SCRATCH} == set(found["how"])
    assert means[TUNED] > means[SCRATCH] + 0.1  # the weights are all that differs
    assert f"{TUNED} - {entities.USUAL}" in found["differences"]
    assert "fine-tuned" in comparison.table(found)


def test_a_words_usual_tag_is_the_one_it_has_most_often():
    def item(text, *found):
        return Tagged(text, text, found, "train")

    train = [item("Ada met Ida.", (0, 3, "PER"), (8, 11, "PER")), item("Ada, again"), item("Ada")]
    test = [item("Ida met ada", (0, 3, "PER")), item("met Ron", (4, 7, "PER"))]
    task = EntityTask({"train": train, "validation": test[:1], "test": test})
    assert task.baselines[entities.USUAL]("no model") == {
        "validation": 1.0,
        "test": pytest.approx(2 / 3),  # of two entities one is found, and nothing else
    }
