"""What this machine has, what the course wants, and a remedy for each difference.

    from bertlab.doctor import examine
    findings = examine()             # a list of Finding, for a table of your own

`bertlab doctor` prints the same list.
"""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

MINIMUM_MEMORY = 4 * 2**30  # bytes in all; the largest lesson peaks well below
MINIMUM_DISK = 2**30


class Finding(NamedTuple):
    """One line of the doctor's table.

    `state` is "fine", "optional" (the course runs without it; `remedy` says how to get it) or
    "problem" (`remedy` says what to do).
    """

    topic: str
    found: str
    state: Literal["fine", "optional", "problem"]
    remedy: str = ""


def examine(network: bool = True) -> list[Finding]:
    """Every finding, in a fixed order of topics. Without `network` no connection is tried."""
    findings = [*python(), *packages(), *machine(), *gpu(), *models(), *extras(), *shipped()]
    return [*findings, *(connection() if network else ()), *course()]


def python() -> Iterator[Finding]:
    """The interpreter's version and what importing bertlab costs."""
    version = platform.python_version()
    if (3, 11) <= sys.version_info < (3, 14):
        yield Finding("Python", f"{version}, {sys.executable}", "fine")
    else:
        remedy = "Make the environment with Python 3.11, 3.12 or 3.13."
        yield Finding("Python", version, "problem", remedy)
    yield Finding("import bertlab", f"{import_milliseconds():.0f} ms", "fine")


def import_milliseconds(repeats: int = 3) -> float:
    """Milliseconds that `import bertlab` takes beyond starting Python (the least of `repeats`)."""

    def seconds(code):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    bare = min(seconds("pass") for _ in range(repeats))
    return 1000 * max(0.0, min(seconds("import bertlab") for _ in range(repeats)) - bare)


def packages() -> Iterator[Finding]:
    """Each package that bertlab needs: its version against the range asked for."""
    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in importlib.metadata.requires("bertlab") or ()]
    for need in sorted(needed, key=lambda one: one.name):
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        remedy = f"python -m pip install '{need.name}{need.specifier}'"
        try:
            version = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(need.name, "not installed", "problem", remedy)
            continue
        if need.specifier.contains(version, prereleases=True):
            yield Finding(need.name, version, "fine")
        else:
            found = f"{version}, outside {need.specifier}"
            yield Finding(need.name, found, "problem", remedy)


def machine() -> Iterator[Finding]:
    """Cores this process may use, memory, free disk."""
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("cores", f"{cores}, {platform.machine()}, {platform.system()}", "fine")
    memory = psutil.virtual_memory()
    found = f"{memory.total / 2**30:.1f} GiB, {memory.available / 2**30:.1f} GiB free"
    remedy = "Close other programs; run one lesson at a time."
    enough = memory.total >= MINIMUM_MEMORY
    yield Finding("memory", found, "fine" if enough else "problem", "" if enough else remedy)
    free = shutil.disk_usage(Path.cwd()).free
    enough = free >= MINIMUM_DISK
    remedy = "" if enough else "Free a gigabyte: checkpoints and working copies need room."
    yield Finding("disk", f"{free / 2**30:.1f} GiB free", "fine" if enough else "problem", remedy)


def gpu() -> Iterator[Finding]:
    """The accelerator that torch sees, and an NVIDIA card that it does not see."""
    if importlib.util.find_spec("torch") is None:
        return  # packages() has said so
    import torch

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        yield Finding("GPU", ", ".join(names), "fine")
    elif torch.backends.mps.is_available():
        yield Finding("GPU", "Apple GPU (mps)", "fine")
    elif shutil.which("nvidia-smi"):
        remedy = "Install the CUDA build of PyTorch: pytorch.org, Get started."
        found = f"an NVIDIA driver, but torch {torch.__version__} does not use it"
        yield Finding("GPU", found, "optional", remedy)
    else:
        yield Finding("GPU", "none; every lesson runs without", "fine")


def models() -> Iterator[Finding]:
    """spaCy's trained pipeline and NLTK's Punkt data; both are optional."""
    try:
        version = importlib.metadata.version("en_core_web_sm")
        yield Finding("en_core_web_sm", version, "fine")
    except importlib.metadata.PackageNotFoundError:
        found = "not installed; lessons use a blank pipeline with rules"
        remedy = "python -m spacy download en_core_web_sm"
        yield Finding("en_core_web_sm", found, "optional", remedy)
    if importlib.util.find_spec("nltk") is None:
        return
    import nltk

    try:
        yield Finding("NLTK punkt_tab", str(nltk.data.find("tokenizers/punkt_tab")), "fine")
    except LookupError:
        found = "not there; lessons train a Punkt of their own"
        remedy = "python -m nltk.downloader punkt_tab"
        yield Finding("NLTK punkt_tab", found, "optional", remedy)


def extras() -> Iterator[Finding]:
    """Packages of the extra `hub`, for real models and corpora."""
    for name in ("datasets", "transformers"):
        try:
            yield Finding(name, importlib.metadata.version(name), "fine")
        except importlib.metadata.PackageNotFoundError:
            found = "not installed; lessons use what ships with the course"
            remedy = "python -m pip install -c requirements.lock -e '.[hub]'"
            yield Finding(name, found, "optional", remedy)


def shipped() -> Iterator[Finding]:
    """The files that come with the package, against their checksums."""
    from bertlab import assets
    from bertlab.errors import BertlabError

    try:
        problems = assets.verify()
    except BertlabError as error:
        yield Finding("shipped files", error.found, "problem", error.remedy)
        return
    for problem in problems:
        yield Finding(f"shipped {problem.file}", problem.found, "problem", problem.remedy)
    if not problems:
        names = ", ".join(assets.names())
        yield Finding("shipped files", f"{names}: checksums agree", "fine")


def connection() -> Iterator[Finding]:
    """Whether the Hugging Face hub answers (at the address that `HF_ENDPOINT` may set)."""
    import urllib.request

    if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0"):
        remedy = "Unset HF_HUB_OFFLINE to let lessons download real models."
        yield Finding("network", "switched off by HF_HUB_OFFLINE", "optional", remedy)
        return
    from huggingface_hub.constants import ENDPOINT

    try:
        request = urllib.request.Request(ENDPOINT, method="HEAD")
        urllib.request.urlopen(request, timeout=3).close()
        yield Finding("network", f"{ENDPOINT} answers", "fine")
    except OSError as error:
        reason = getattr(error, "reason", error)
        found = f"{ENDPOINT} does not answer ({reason}); every lesson runs without"
        remedy = "Behind a proxy, set HTTPS_PROXY; for a mirror, HF_ENDPOINT."
        yield Finding("network", found, "optional", remedy)


def course() -> Iterator[Finding]:
    """The lessons, and whether answers can be stored."""
    from bertlab.errors import BertlabError
    from bertlab.notebooks import find_notebooks

    try:
        lessons = find_notebooks()
        yield Finding("lessons", f"{len(lessons)} in {lessons[0].parent}", "fine")
    except BertlabError as error:
        yield Finding("lessons", error.found, "problem", error.remedy)
    from bertlab.teaching.store import learner_file

    folder = learner_file().parent
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if os.access(there, os.W_OK):
        yield Finding("your answers", str(folder), "fine")
    else:
        remedy = "Set BERTLAB_HOME to a folder you can write to."
        yield Finding("your answers", f"{folder} cannot be written", "problem", remedy)
