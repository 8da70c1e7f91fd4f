"""The weights of the best epoch, for a run that stops when validation gets no better."""

import math
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import nn

from bertlab.files import atomic_write


class BestWeights:
    """The best weights so far, in memory and, where there is a folder, in its `best.safetensors`."""

    def __init__(self, model: nn.Module, folder: Path | None, history: list[dict]):
        self.model, self.kept = model, None
        self.path = None if folder is None else folder / "best.safetensors"
        self.score, self.waited = (-math.inf, -math.inf), 0
        for record in history:  # a resumed run: the file holds the weights of the best record
            self._note(record)
        if history and self.score[0] > -math.inf and self.path.is_file():
            self.kept = load_file(self.path)

    def _note(self, record: dict) -> bool:
        if "validation_accuracy" not in record:
            return False
        score = (record["validation_accuracy"], -record["validation_loss"])
        better = score > self.score
        self.score, self.waited = max(score, self.score), 0 if better else self.waited + 1
        return better

    def see(self, record: dict) -> None:
        """Keep the weights if the record is the best."""
        if not self._note(record):
            return
        state = self.model.state_dict().items()
        self.kept = {name: tensor.detach().clone() for name, tensor in state}
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self.path) as temporary:
                save_file({k: v.cpu().contiguous() for k, v in self.kept.items()}, temporary)

    def stale(self, patience: int | None) -> bool:
        """Whether so many records in a row were no better; never for None."""
        return patience is not None and self.waited >= patience

    def restore(self) -> None:
        """Put the kept weights back, if any were."""
        if self.kept is not None:
            self.model.load_state_dict(self.kept)
