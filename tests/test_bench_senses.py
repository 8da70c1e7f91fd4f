"""`bertlab compare senses`: its table and its record, on made-up figures."""

import json

from typer.testing import CliRunner

from bertlab import cli
from bertlab.bench import senses
from bertlab.training.seeds import Spread

ONE = Spread.of([0.5, 0.6, 0.7]).as_dict()
FOUND = {
    "splits": "made up",
    "word in context": {
        "accuracy by layer": {"static": [ONE], "elmo": [ONE, ONE], "static neighbours": [ONE]},
        "accuracy, layer chosen": {"elmo": ONE},
        "gain over static": {"elmo": ONE},
    },
    "probes, F1 by layer": {
        name: {"entities": [ONE] * n, "noun or verb": [ONE] * n}
        for name, n in (("static", 1), ("elmo", 2))
    },
}


def test_a_row_a_layer(monkeypatch):
    monkeypatch.setattr("bertlab.training.senses.compare_senses", lambda: FOUND)
    rows = senses.rows(senses.run())
    assert [row["layer"] for row in rows] == [
        "static 0", "ELMo 0", "ELMo 1", "other words 0", "ELMo, layer chosen",
    ]  # fmt: skip
    assert rows[1]["noun or verb"] == "60.0 % (35.2 to 84.8)"
    assert rows[3]["entities"] == rows[4]["entities"] == ""


def test_the_command_prints_and_records(monkeypatch, tmp_path):
    monkeypatch.setattr("bertlab.training.senses.compare_senses", lambda: FOUND)
    monkeypatch.setattr("bertlab.notebooks.course_root", lambda: tmp_path)
    done = CliRunner().invoke(cli.app, ["compare", "senses", "--record"], catch_exceptions=False)
    assert done.exit_code == 0 and "| ELMo 1 | 60.0 %" in done.output
    recorded = json.loads((tmp_path / "results" / "compare_senses.json").read_text())
    assert recorded["command"] == "bertlab compare senses --record"
    assert recorded["word in context"] == json.loads(json.dumps(FOUND["word in context"]))
