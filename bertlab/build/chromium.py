"""Printing a page to PDF with the Chromium or Chrome that is on this machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bertlab.errors import BertlabError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, else None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def print_pdf(chromium: str, page: Path, target: Path, timeout: float = 180) -> None:
    """Print the HTML file `page` to `target`. The network is cut off: a page needs none.

    Raises: BertlabError when the browser writes no PDF.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [chromium, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={profile}", "--proxy-server=127.0.0.1:9"]
        command += ["--disable-dev-shm-usage"]  # containers have a small one
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # as root, Chromium refuses to start with its sandbox
        command += [f"--print-to-pdf={target}", page.resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
            said = done.stderr
        except subprocess.TimeoutExpired:
            said = f"no answer in {timeout:g} s"
    if not target.is_file():
        last = said.strip().splitlines()[-1:] or ["nothing"]
        raise BertlabError(
            f"no PDF of {page.name} from {chromium}: {last[0]}",
            "a Chromium that prints",
            "Print the HTML from any browser instead.",
        )
