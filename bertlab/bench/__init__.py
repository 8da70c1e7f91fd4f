"""`bertlab bench`: our speed against named peers, in one run, as ratios."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from bertlab.errors import BertlabError
from bertlab.files import atomic_write


def _training(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.training import training, utilisation

    found = [training(device, quick, full=full) for full in ((False,) if quick else (True, False))]
    if device != "cpu":
        found += [training(device, quick, batch_size=512), utilisation()]
    return found


def _batches(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.batches import collator, rejection

    return [collator(quick), rejection(quick)]


def _elmo(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.language_model import language_model

    return [language_model(device, quick)]


def _evaluation(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.evaluation import evaluation

    return evaluation(device, quick)


def _finetuning(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.finetuning import finetuning

    return [finetuning(device, quick)]


def _inference(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.inference import inference

    return [inference(device, quick)]


def _scaling(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.scaling import scaling

    return [scaling(device, quick)]


def _startup(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.startup import startup

    return [startup(device, quick)]


def _text(device: str, quick: bool) -> list[dict]:
    from bertlab.bench.text import text

    return text(device, quick)


BENCHES: dict[str, Callable[[str, bool], list[dict]]] = {
    "batches": _batches,
    "elmo": _elmo,
    "evaluation": _evaluation,
    "finetuning": _finetuning,
    "inference": _inference,
    "scaling": _scaling,
    "startup": _startup,
    "text": _text,
    "training": _training,
}


def run(name: str, device: str = "cpu", quick: bool = False) -> dict:
    """Run one bench; what it returns is what `record` writes.

    Raises BertlabError for an unknown name.
    """
    if name not in BENCHES:
        raise BertlabError(
            f"bench {name!r}", f"one of {', '.join(BENCHES)}", "Choose one of these."
        )
    from bertlab.bench.harness import machine

    results = BENCHES[name](device, quick)
    command = f"bertlab bench {name} --device {device}{' --quick' if quick else ''} --record"
    return {
        "bench": name,
        "device": device,
        "command": command,
        "machine": machine(),
        "results": results,
    }


def record(outcome: dict, folder: Path) -> Path:
    """Write the outcome as JSON (and its picture), and the pages that show all outcomes anew."""
    from bertlab.bench import page

    folder.mkdir(exist_ok=True)
    path = folder / f"{outcome['bench']}-{outcome['device']}.json"
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
    for result in outcome["results"]:
        if "picture" in result:
            from bertlab.bench.scaling import draw

            draw(result["rows"], folder / f"{result['picture']}-{outcome['device']}.png")
    page.write(folder)
    return path


def main(names: list[str], device: str, quick: bool, folder: Path | None) -> None:
    """What the command does: run, print, and record where a folder is given."""
    from bertlab.bench import page

    for name in names or list(BENCHES):
        outcome = run(name, device, quick)
        for result in outcome["results"]:
            sys.stdout.write(page.table(result) + "\n")
        if folder is not None:
            print(f"recorded in {record(outcome, folder).name}")
