import shutil

import pytest

from bertlab import assets
from bertlab.errors import BertlabError


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A small asset folder of its own, with its sums written."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "corpus.jsonl").write_text("text")
    (tmp_path / "__init__.py").write_text("")
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    monkeypatch.setattr(assets, "_SUMS", tmp_path / "SHA256SUMS")
    assets.write_sums()
    return tmp_path


def test_what_ships_is_whole():
    assert assets.verify() == []


def test_every_shipped_file_is_listed():
    listed = set(assets._listed())
    found = {
        path.relative_to(assets.ROOT).as_posix()
        for path in assets.ROOT.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and path.name != "SHA256SUMS"
    }
    assert listed == found


def test_a_whole_folder_has_no_problem(copy):
    assert assets.verify() == []
    assert assets.names() == ["corpus.jsonl", "model"]


def test_damage_and_loss_name_the_file_and_the_remedy(copy):
    (copy / "corpus.jsonl").write_text("texT")
    shutil.rmtree(copy / "model")
    damaged, missing = assets.verify()
    assert damaged.file == "corpus.jsonl" and "damaged (4 bytes)" in damaged.found
    assert missing.file == "model/config.json" and missing.found == "missing"
    assert "git checkout" in missing.remedy


def test_an_unknown_asset_names_the_known_ones(copy):
    with pytest.raises(
        BertlabError, match="no shipped 'corpse'; wanted one of corpus.jsonl, model"
    ):
        assets.asset("corpse")


def test_all_weights_stay_under_60_megabytes():
    size = sum(path.stat().st_size for path in assets.ROOT.rglob("*.safetensors"))
    assert size < 60e6
