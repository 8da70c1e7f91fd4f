"""Writing a file so that a reader finds the old content or the new, never half of either."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path` in one step.

    The temporary file is flushed to disk before the rename, so that a power cut after the rename
    cannot leave an empty file behind. If the block raises, `path` is untouched.

    Raises: OSError when the folder cannot be written or the disk is full.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp makes it private to its owner
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
