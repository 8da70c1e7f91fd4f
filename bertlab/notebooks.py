"""Executing the lessons and storing them so that a second run changes no byte.

    python -m bertlab.notebooks            every lesson
    python -m bertlab.notebooks 01 03      these two
    python -m bertlab.notebooks --refresh  also new outputs for cells whose output is not compared

What is stored is what a test compares: no widget state, no timing, no stderr, no path of a machine.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from bertlab.errors import BertlabError
from bertlab.files import atomic_write
from bertlab.normalise import dump, normalise


class Failure(NamedTuple):
    """A cell that raised: its index among all cells, its source and the error as IPython told it."""

    index: int
    source: str
    error: str


class Run(NamedTuple):
    """One executed notebook."""

    notebook: NotebookNode
    seconds: float
    peak_bytes: int  # largest resident memory of the kernel and its children together
    failure: Failure | None


def course_root(start: Path | None = None) -> Path:
    """The folder that holds `notebooks/`: the one we stand in or above, else beside the package.

    Raises: BertlabError where neither has lessons (a package installed without its repository).
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[1]):
        if any((folder / "notebooks").glob("[0-9][0-9]_*.ipynb")):
            return folder
    raise BertlabError(
        f"no lessons in {here} or above it",
        "the folder notebooks/ of the repository",
        "Change into your clone of the repository and try again.",
    )


def find_notebooks(names: Iterable[str] = (), folder: Path | None = None) -> list[Path]:
    """The lessons named (`"01"`, `"1"`, a file name or a path), in order; all of them for no name.

    Raises: BertlabError for a name that fits no lesson.
    """
    folder = folder or course_root() / "notebooks"
    lessons = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    found = [match_notebook(name, lessons, folder) for name in names]
    return found or lessons


def match_notebook(name: str, lessons: list[Path], folder: Path) -> Path:
    """The one lesson that `name` means."""
    if name.endswith(".ipynb") and Path(name).is_file():
        return Path(name).resolve()
    number = name.zfill(2) if name.isdigit() else None
    for path in lessons:
        if path.name[:2] == number or name in (path.name, path.stem):
            return path
    have = ", ".join(path.stem for path in lessons) or "none"
    raise BertlabError(f"the lesson name {name!r}", f"one of {have}", f"Look into {folder}.")


def reference_environment(home: str | os.PathLike) -> dict[str, str]:
    """The environment variables of a run that is stored or compared, as a complete environment.

    One thread, no GPU and no network, so that numbers agree between machines; a home of its own,
    so that the answers a learner has stored are neither read nor touched.
    """
    home = Path(home)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    offline = dict.fromkeys(("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"), "1")
    return {**os.environ, **threads, **offline, "CUDA_VISIBLE_DEVICES": "", **private_home(home)}


def private_home(home: Path) -> dict[str, str]:
    """Variables that keep a run away from the learner's answers and from personal settings."""
    return {
        "BERTLAB_HOME": str(home / "bertlab"),
        "IPYTHONDIR": str(home / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONUTF8": "1",
    }


def execute(
    path: Path,
    environment: dict[str, str],
    on_cell: Callable[[int, int], None] = lambda done, total: None,
    timeout: float = 600,
) -> Run:
    """Run the notebook at `path` in a fresh kernel of this interpreter, in the notebook's folder.

    `on_cell(done, total)` is called before each cell. A cell that raises ends the run (unless it
    is tagged `raises-exception`) and comes back as the run's `failure`.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)
    position = 0

    def starting(cell: NotebookNode, cell_index: int) -> None:
        nonlocal position
        position = cell_index
        on_cell(cell_index, len(notebook.cells))

    client = NotebookClient(
        notebook,
        kernel_manager_class=_this_interpreter(),
        timeout=timeout,
        startup_timeout=120,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=starting,
    )
    failure = None
    begin = time.perf_counter()
    with _PeakMemory(client) as memory:
        try:
            client.execute(env=environment, stderr=subprocess.DEVNULL)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failure = Failure(position, notebook.cells[position].source, str(error))
    if failure is None and (hidden := _error_in_widget(notebook)):
        failure = Failure(position, "an Output widget", hidden)
    return Run(notebook, time.perf_counter() - begin, memory.peak, failure)


def _error_in_widget(notebook: NotebookNode) -> str | None:
    """The first error that an Output widget (of `interact`, say) caught and so hid from its cell."""
    states = notebook.metadata.get("widgets", {}).values()
    for model in (model for state in states for model in state.get("state", {}).values()):
        for output in model.get("state", {}).get("outputs", ()):
            if output["output_type"] == "error":
                return "\n".join(output["traceback"])
    return None


def _this_interpreter() -> type:
    """A kernel manager to which every kernel name means the running interpreter.

    A learner may have a kernel called `python3` that belongs to another environment.
    """
    from ipykernel.kernelspec import RESOURCES, get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import default

    class Specs(KernelSpecManager):
        def get_kernel_spec(self, kernel_name):
            return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())

    class Manager(AsyncKernelManager):
        @default("kernel_spec_manager")
        def _specs(self):
            return Specs(parent=self)

    return Manager


class _PeakMemory:
    """Samples the resident memory of a kernel and its children twenty times a second."""

    def __init__(self, client):
        self.client, self.peak = client, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stop.set()
        self._thread.join()

    def _watch(self):
        import psutil

        while not self._stop.wait(0.05):
            pid = getattr(getattr(self.client.km, "provisioner", None), "pid", None)
            if pid is None:
                continue
            try:
                kernel = psutil.Process(pid)
                family = [kernel, *kernel.children(recursive=True)]
                self.peak = max(self.peak, sum(one.memory_info().rss for one in family))
            except psutil.Error:
                continue  # a process ended between listing and asking


def rebuild(path: Path, refresh: bool = False) -> tuple[Run, bool]:
    """Execute and normalise the notebook at `path` in place; nothing is written if a cell fails.

    What its claims measured goes into `results/claims.json` beside the folder of lessons. Returns
    the run and whether the notebook changed.
    """
    from bertlab.teaching import measures

    before = path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        figures = Path(home) / "measures.jsonl"
        environment = {**reference_environment(home), measures.VARIABLE: str(figures)}
        run = execute(path, environment)
        measured = measures.noted(figures)
    if run.failure:
        return run, False
    after = dump(normalise(run.notebook, path.stem, nbformat.reads(before, as_version=4), refresh))
    if after != before:
        with atomic_write(path) as temporary:
            temporary.write_text(after, encoding="utf-8", newline="\n")
    measures.store(path.parent.parent, measured, replace=refresh or after != before)
    return run, after != before


def main(arguments: list[str] | None = None) -> int:
    """The command `python -m bertlab.notebooks`; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m bertlab.notebooks", description=__doc__)
    parser.add_argument("names", nargs="*", help="lessons, such as 01; all for none")
    parser.add_argument(
        "--refresh", action="store_true", help="also renew outputs that are not compared"
    )
    options = parser.parse_args(arguments)
    failed = False
    for path in find_notebooks(options.names):
        run, changed = rebuild(path, options.refresh)
        for index, text in stderr_lines(run.notebook):
            print(f"{path.name} cell {index} wrote to stderr (not stored): {text}")
        if run.failure:
            failed = True
            print(f"{path.name} FAILED in cell {run.failure.index}\n{run.failure.error}")
        else:
            state = "changed" if changed else "unchanged"
            print(f"{path.name} {state}, {run.seconds:.1f} s, {run.peak_bytes / 2**20:.0f} MiB")
    return int(failed)


def stderr_lines(notebook: NotebookNode) -> list[tuple[int, str]]:
    """(cell index, text) of everything an executed notebook wrote to stderr."""
    return [
        (index, output.text.strip())
        for index, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr" and output.text.strip()
    ]


if __name__ == "__main__":
    sys.exit(main())
