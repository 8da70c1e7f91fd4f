"""Features on disk, by content: what was computed once is read the next time.

A *shard* is a safetensors file with the vectors of many rows. The folder is named by a hash of everything
that decides a vector apart from the row itself (weights, tokenizer, layer, pooling), the entries by a hash
of their row. So nothing has ever to be declared out of date: what changes has another name.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from bertlab.files import atomic_write

KEY_BYTES = 16


def key_of(content) -> bytes:
    """A hash of anything that JSON can write: `KEY_BYTES` bytes."""
    written = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return blake2b(written.encode(), digest_size=KEY_BYTES).digest()


class FeatureCache:
    """Vectors by key, for one encoder with one way of pooling.

    folder: where all caches may live; made when something is first written. settings: anything that
    JSON can write and on which the vectors depend.
    """

    def __init__(self, folder: str | os.PathLike, settings: object):
        self.folder = Path(folder).expanduser() / key_of(settings).hex()

    def read(self, wanted: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        """Those of the wanted keys that are there: key -> (rows, features), float32.

        A shard that is damaged is removed: its entries count as absent and get computed again.
        """
        wanted, found = set(wanted), {}
        for path in sorted(self.folder.glob("*.safetensors")):
            try:
                shard = _checked(path)
            except (SafetensorError, OSError, KeyError, ValueError):
                path.unlink(missing_ok=True)
                continue
            ends = np.cumsum(shard["rows"])
            for number, key in enumerate(map(bytes, shard["keys"])):
                if key in wanted:
                    end = int(ends[number])
                    found[key] = shard["values"][end - int(shard["rows"][number]) : end]
        return found

    def write(self, entries: Mapping[bytes, np.ndarray]) -> None:
        """Add a shard with these entries, in one step: a reader sees all of it or nothing.

        Raises: OSError when the disk is full or the folder cannot be written.
        """
        if not entries:
            return
        shard = {
            "keys": np.array([list(key) for key in entries], dtype=np.uint8),
            "rows": np.array([len(values) for values in entries.values()], dtype=np.int64),
            "values": np.concatenate(list(entries.values())).astype(np.float32),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        name = key_of([key.hex() for key in entries]).hex()
        with atomic_write(self.folder / f"{name}.safetensors") as path:
            save_file({**shard, "digest": _digest(shard)}, path)


_PARTS: Sequence[str] = ("keys", "rows", "values")


def _checked(path: Path) -> dict[str, np.ndarray]:
    """A shard whose contents are what was written; safetensors itself checks the layout alone."""
    shard = load(path.read_bytes())
    if not np.array_equal(shard["digest"], _digest(shard)):
        raise ValueError("another digest than the one stored")
    return shard


def _digest(shard: Mapping[str, np.ndarray]) -> np.ndarray:
    digest = blake2b(digest_size=KEY_BYTES)
    for name in _PARTS:
        digest.update(np.ascontiguousarray(shard[name]))
    return np.frombuffer(digest.digest(), dtype=np.uint8)
