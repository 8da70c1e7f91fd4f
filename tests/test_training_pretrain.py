import json
import math
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from bertlab.data.pairs import SentencePairs
from bertlab.data.store import encode_corpus
from bertlab.data.vocabulary import SPECIAL_TOKENS
from bertlab.errors import BertlabError
from bertlab.models.bert import Bert
from bertlab.training.checkpoint import checkpoints, save_checkpoint
from bertlab.training.pretrain import PretrainConfig, pretrain
from tests.small_bert import small_bert

CONFIG = PretrainConfig(
    steps=12, warmup_steps=3, log_every=4, checkpoint_every=4, micro_batches=2, bf16=False
)


def make(seed: int = 0) -> tuple[Bert, SentencePairs]:
    """A model of 1 layer × 16 and pairs over some small documents, alike in every process."""
    words = [
        f"{a} {b} {c}" for a in ("old", "red") for b in ("bat", "seal") for c in ("ran", "sat")
    ]
    texts = [". ".join(words[i:] + words[:i]).title() + "." for i in range(8)]
    pieces = [*SPECIAL_TOKENS, ".", "old", "red", "bat", "seal", "ran", "sat"]
    tokenizer = Tokenizer(
        models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pairs = SentencePairs(encode_corpus(texts, tokenizer), tokenizer, 32, batch_size=4)
    return small_bert(len(pieces), seed), pairs


def run(config: PretrainConfig, **how) -> tuple[Bert, list[dict]]:
    model, pairs = make()
    return model, pretrain(model, pairs, config, device="cpu", progress=False, **how)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_the_rate_rises_and_falls():
    config = PretrainConfig(steps=10, warmup_steps=4, learning_rate=1.0)
    rates = [round(config.rate(step), 3) for step in range(10)]
    assert rates == [0.25, 0.5, 0.75, 1.0, 1.0, 0.833, 0.667, 0.5, 0.333, 0.167]


@pytest.mark.parametrize("change", [{"steps": 0}, {"learning_rate": 0.0}, {"log_every": 0}])
def test_a_config_that_cannot_work_is_refused(change):
    with pytest.raises(BertlabError, match=next(iter(change))):
        PretrainConfig(**change)


def test_it_learns():
    config = replace(CONFIG, steps=150, learning_rate=1e-2, log_every=50, checkpoint_every=50)
    _, history = run(config)
    assert history[-1]["mlm_loss"] < 0.7 * history[0]["mlm_loss"]
    assert [record["step"] for record in history] == [50, 100, 150]
    assert history[-1]["tokens"] > history[0]["tokens"] > 0


def test_two_runs_are_alike_and_another_seed_is_not():
    one, two, other = (run(replace(CONFIG, seed=seed))[0].state_dict() for seed in (1, 1, 2))
    assert same(one, two) and not same(one, other)


def test_dropout_is_off_in_training_and_back_afterwards():
    model, pairs = make()
    seen = []
    pretrain(
        model,
        pairs,
        CONFIG,
        device="cpu",
        progress=False,
        on_log=lambda record: seen.append(model.embeddings.dropout.p),
    )
    assert seen == [0.0] * 3 and model.embeddings.dropout.p == 0.1


def test_a_stopped_run_resumes_to_the_same_weights(tmp_path):
    class Stop(Exception):
        pass

    def stop(record):
        if record["step"] == 8:
            raise Stop

    whole, history = run(CONFIG, output=tmp_path / "whole")
    with pytest.raises(Stop):
        run(CONFIG, output=tmp_path / "cut", on_log=stop)
    assert [path.name for path in checkpoints(tmp_path / "cut" / "checkpoints")] == [
        "step-00000004"
    ]
    resumed, again = run(CONFIG, output=tmp_path / "cut", resume=True)
    assert same(whole.state_dict(), resumed.state_dict())
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))
    assert [r["loss"] for r in history] == [r["loss"] for r in again]


def test_dropout_resumes_with_its_random_state(tmp_path):
    config = replace(CONFIG, dropout=0.3)
    torch.manual_seed(5)
    whole, _ = run(config, output=tmp_path / "whole")
    last = checkpoints(tmp_path / "whole" / "checkpoints")[0]
    (tmp_path / "cut" / "checkpoints").mkdir(parents=True)
    shutil.copytree(last, tmp_path / "cut" / "checkpoints" / last.name)
    torch.manual_seed(99)
    resumed, _ = run(config, output=tmp_path / "cut", resume=True)
    assert same(whole.state_dict(), resumed.state_dict())


def _life(output: str, steps: int, started) -> None:
    config = replace(CONFIG, steps=steps, log_every=1, checkpoint_every=3)
    run(config, output=output, resume=True, on_log=lambda record: started.set())


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither SIGKILL nor a fork server for quick starts"
)
def test_twenty_kills_change_nothing(tmp_path):
    """SIGKILL at random moments, some of them while a checkpoint is being written."""
    steps, kills, generator = 400, 0, random.Random(0)
    context = multiprocessing.get_context("forkserver")
    # imported once, before the forks: the first optimiser of a process loads torch._dynamo
    context.set_forkserver_preload(["tests.test_training_pretrain", "torch._dynamo"])
    code = None
    while code != 0:
        started = context.Event()
        process = context.Process(target=_life, args=(str(tmp_path / "cut"), steps, started))
        process.start()
        if kills < 20:
            assert started.wait(120)
            time.sleep(generator.uniform(0, 0.1))
            process.kill()
        process.join(240)
        code = process.exitcode
        assert code in (0, -signal.SIGKILL)
        kills += code == -signal.SIGKILL
    assert kills == 20
    _life(str(tmp_path / "whole"), steps, context.Event())
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "cut"))


def test_a_loss_that_is_not_finite_stops_with_the_step(tmp_path):
    model, pairs = make()
    sound, calls = model.loss, iter(range(100))

    def loss(batch):
        value, report = sound(batch)
        return (value * math.nan if next(calls) == 10 else value), report

    model.loss = loss
    with pytest.raises(BertlabError, match="nan at step 6.*learning rate"):
        pretrain(model, pairs, CONFIG, output=tmp_path, device="cpu", progress=False)
    assert [path.name for path in checkpoints(tmp_path / "checkpoints")] == ["step-00000004"]


def test_another_config_or_other_data_is_refused_on_resume(tmp_path):
    run(CONFIG, output=tmp_path)
    with pytest.raises(BertlabError, match="learning_rate=0.5 on resume"):
        run(replace(CONFIG, learning_rate=0.5), output=tmp_path, resume=True)
    model, pairs = make()
    with pytest.raises(BertlabError, match="other data"):
        pretrain(
            model,
            replace(pairs, batch_size=6),
            CONFIG,
            output=tmp_path,
            resume=True,
            device="cpu",
            progress=False,
        )
    with pytest.raises(BertlabError, match="earlier run"):
        run(CONFIG, output=tmp_path)


def test_a_full_disk_leaves_the_last_checkpoint_whole(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, 1, {"model.a": torch.ones(3)}, {"step": 1})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bertlab.training.checkpoint.save_file", full)
    with pytest.raises(BertlabError, match="No space left.*Free some disk"):
        save_checkpoint(tmp_path, 2, {"model.a": torch.ones(3)}, {"step": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BertlabError, match="could not be written"):
        run(CONFIG, output=tmp_path / "file" / "run")


def test_a_damaged_checkpoint_is_named(tmp_path):
    run(CONFIG, output=tmp_path)
    newest = checkpoints(tmp_path / "checkpoints")[-1]
    state = newest / "state.safetensors"
    state.write_bytes(state.read_bytes()[:50])
    with pytest.raises(BertlabError, match=newest.name):
        run(CONFIG, output=tmp_path, resume=True)


def test_models_kept_on_the_way_open(tmp_path):
    run(replace(CONFIG, keep_at=(6,)), output=tmp_path)
    kept = Bert.from_pretrained(tmp_path / "kept" / "step-00000006")
    assert not same(kept.state_dict(), Bert.from_pretrained(tmp_path).state_dict())


_WORKER = """
import json, os, sys
from tests.test_training_pretrain import CONFIG, run
_, history = run(CONFIG, output=sys.argv[1])
if os.environ["RANK"] == "0":
    print("HISTORY" + json.dumps(history))
"""


def test_two_processes_have_the_curve_of_one(tmp_path):
    """Under a launcher the processes share each step's micro-batches (gloo on the CPU)."""
    _, alone = run(CONFIG, output=tmp_path / "one")
    worker = tmp_path / "worker.py"
    worker.write_text(_WORKER, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
    command += [f"--master-port={port}", str(worker), str(tmp_path / "two")]
    root = Path(__file__).resolve().parents[1]
    environment = {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=root,
        timeout=240,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("HISTORY"))
    shared = json.loads(line.removeprefix("HISTORY"))
    assert [r["tokens"] for r in shared] == [r["tokens"] for r in alone]
    np.testing.assert_allclose([r["loss"] for r in shared], [r["loss"] for r in alone], rtol=1e-5)
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=2e-5, rtol=1e-4)


def test_micro_batches_that_processes_cannot_share_are_refused(monkeypatch):
    class Pretended:
        process_index, num_processes, device = 0, 3, torch.device("cpu")

    monkeypatch.setattr("bertlab.training.pretrain._accelerator", lambda device: Pretended())
    with pytest.raises(BertlabError, match="2 micro-batches for 3 processes"):
        run(CONFIG)
