"""The model card: complete, and harmless whatever the learner's file holds."""

import html
import re

import mistune
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bertlab.data.layouts import Note
from bertlab.data.splits import split_table
from bertlab.data.tables import Table
from bertlab.errors import BertlabError
from bertlab.training.card import Run, escape, model_card
from bertlab.training.finetune import FinetuneConfig
from bertlab.training.report import Results

NASTY = (
    "<script>alert(1)</script> | [x](javascript:alert(1)) ![y](http://e.vil/z.png) **b** `c` # d"
)


def made(text="text {}", classes=("bad", "good"), source="mine.csv", rows=100, **changes):
    table = Table(
        source=source,
        texts=tuple(text.format(row) for row in range(rows)),
        labels=np.arange(rows) % 2,
        classes=classes,
        groups=None,
        lines=np.arange(2, rows + 2),
        notes=(Note("left out, empty", 3, (5, 6, 9)),),
    )
    split = split_table(table, np.random.default_rng(0))
    test = split.part("test")
    wrong = np.where(np.arange(len(test)) < 4, 1 - test.labels, test.labels)
    best = Results(test, np.eye(2)[wrong] * 0.8 + 0.1)
    major = Results(test, np.tile([0.45, 0.55], (len(test), 1)))
    values = {
        "name": "my-model",
        "base": "bertlab-mini",
        "split": split,
        "config": FinetuneConfig(epochs=2),
        "test": best,
        "command": "bertlab run 12",
        "rivals": {"majority": major},
        "slices": best.slices("number", lambda text: "even" if text[-1] in "02468" else "odd"),
        "limits": ["English only."],
        "searched": 6,
    }
    return Run(**{**values, **changes})


def rendered(markdown: str) -> str:
    plugins = ["table", "strikethrough", "url", "task_lists", "footnotes"]
    return mistune.create_markdown(escape=False, plugins=plugins)(markdown)


def visible(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_card_tells_the_whole_run():
    card = model_card(made())
    page = visible(rendered(card.split("---\n", 2)[2]))
    for fact in (
        "mine.csv: 100 texts",
        "left out, empty: 3 rows (lines 5, 6, 9)",
        "No copy of a text is on two sides.",
        "Chosen on the validation side out of 6 configurations.",
        "learning_rate 0.0003",
        "bertlab run 12",
        "my-model 80.0 58.4 to 91.9",
        "majority 50.0 29.9 to 70.1 2 texts won, 8 lost, p = 0.109",
        "number: even",
        "90 to 100 20 90.0 80.0",
        "bad, taken for good (90 %), line",
        "English only.",
        "Fewer than 30 test texts in the slices",
        "34 points wide and says nothing of other sources",
    ):
        assert fact in page, fact


def test_the_front_matter_is_yaml_whatever_the_base_is_called():
    card = model_card(made(base='a"b: [c]\n'))
    assert yaml.safe_load(card.split("---\n", 2)[1])["base_model"] == 'a"b: [c]\n'


@pytest.mark.parametrize(
    "where", ["text", "classes", "source", "name", "limits", "slices", "rivals"]
)
def test_nothing_of_the_learners_becomes_markup(where):
    plain = made()
    changes = {
        "text": {"text": NASTY + " {}"},
        "classes": {"classes": (NASTY, "good")},
        "source": {"source": NASTY},
        "name": {"name": NASTY},
        "limits": {"limits": [NASTY]},
        "slices": {"slices": plain.test.slices("kind", [NASTY] * len(plain.test.table))},
        "rivals": {"rivals": {NASTY: plain.test}},
    }[where]
    page = rendered(model_card(made(**changes)).split("---\n", 2)[2])
    tags = set(re.findall(r"<(\w+)", page))
    assert tags <= set("h1 h2 h3 p ul li table thead tbody tr th td strong pre code".split())
    assert "alert(1)" in visible(page)
    assert page.count("<tr>") == rendered(model_card(plain).split("---\n", 2)[2]).count("<tr>") - (
        where == "slices"  # one slice instead of two
    )


def test_a_command_with_backticks_stays_in_its_fence():
    page = rendered(model_card(made(command="echo ```\n# no heading")).split("---\n", 2)[2])
    assert "<h1>no heading" not in page and "# no heading" in page


def test_long_texts_are_cut_in_the_list_of_mistakes():
    card = model_card(made(text="word " * 200 + "{}"))
    assert max(len(line) for line in card.splitlines() if "taken for" in line) < 300


def test_contradicting_copies_become_a_limit():
    run = made()
    table = run.split.table
    texts = ("same", "same", *table.texts[2:])
    split = split_table(Table(**{**vars(table), "texts": texts}), np.random.default_rng(0))
    test = Results(split.part("test"), np.eye(2)[split.part("test").labels])
    card = model_card(made(split=split, test=test, rivals={}, slices=()))
    limits = card.split("## Limits")[1]
    assert "a limit to any accuracy: 1 row" in limits
    assert "No mistake on the test side." in card


def test_results_of_another_side_are_refused():
    run = made()
    part = run.split.part("validation")
    with pytest.raises(BertlabError, match="other rows than the test side"):
        model_card(made(test=Results(part, np.eye(2)[part.labels])))


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_escaped_text_renders_as_itself(text):
    shown = " ".join(text.split())
    for page in (rendered(escape(text)), rendered("- " + escape(text))):
        assert set(re.findall(r"<(/?\w+)", page)) <= {"p", "/p", "ul", "/ul", "li", "/li"}
        assert " ".join(html.unescape(re.sub(r"</?(p|ul|li)>", "", page)).split()) == shown
