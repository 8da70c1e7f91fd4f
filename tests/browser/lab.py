"""JupyterLab in a real browser: started on a copy, driven through its own commands, looked at.

    python -m tests.browser.drive 01 --shots DIR

is the command on top; `Lab` and `Notebook` are for tests that move a slider or press a button.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from bertlab.build.chromium import NAMES, find_chromium
from bertlab.notebooks import course_root, private_home

# Lab's own settings for a run that can be looked at: no news request, every cell in the page.
SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "notebook-extension/tracker": {"windowingMode": "none"},
}
# Messages in the console that a page without any fault of ours writes too.
HARMLESS = ("favicon", "ResizeObserver loop", "/lsp/", "WebGL", "GPU stall", "Download the React")


@contextmanager
def copy_of_course(draft: Path | None = None):
    """A temporary folder with a copy of `notebooks/`; the package itself is the installed one.

    A `draft` from elsewhere is put beside the lessons.
    """
    with tempfile.TemporaryDirectory(prefix="bertlab-lab-", ignore_cleanup_errors=True) as folder:
        notebooks = Path(folder, "notebooks")
        ignored = shutil.ignore_patterns(".ipynb_checkpoints")
        shutil.copytree(course_root() / "notebooks", notebooks, ignore=ignored)
        if draft is not None:
            shutil.copy(draft, notebooks)
        yield Path(folder)


@contextmanager
def server(root: Path, dark: bool = False):
    """JupyterLab on `root`: loopback only, with a token. Yields (address, token)."""
    with tempfile.TemporaryDirectory(prefix="bertlab-jupyter-", ignore_cleanup_errors=True) as home:
        settings = dict(SETTINGS)
        if dark:
            settings["apputils-extension/themes"] = {"theme": "JupyterLab Dark"}
        for name, value in settings.items():
            path = Path(home, "settings", "@jupyterlab", f"{name}.jupyterlab-settings")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value))
        token, port = secrets.token_hex(16), free_port()
        environment = {
            **os.environ,
            **private_home(Path(home)),
            "JUPYTER_CONFIG_DIR": f"{home}/config",
            "JUPYTER_RUNTIME_DIR": f"{home}/runtime",
            "JUPYTERLAB_SETTINGS_DIR": f"{home}/settings",
            "JUPYTERLAB_WORKSPACES_DIR": f"{home}/workspaces",
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
        command += [
            f"--port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}",
        ]
        command += [f"--ServerApp.root_dir={root}", "--LabApp.expose_app_in_browser=True"]
        command += ["--ServerApp.allow_root=True"]  # containers run as root
        log = open(f"{home}/server.log", "w+")
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=root
        )
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for_server(address, token, process, log)
            yield address, token
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_server(address, token, process, log, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=2).read()
            return
        except OSError:
            time.sleep(0.2)
    log.seek(0)
    raise RuntimeError(f"JupyterLab did not answer at {address}:\n{log.read()}")


@contextmanager
def browser(width=1280, height=1400):
    """A page of a headless Chromium."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        raise RuntimeError(f"none of {', '.join(NAMES)} is on the PATH")
    with sync_playwright() as playwright:
        # --no-sandbox: Chromium refuses to start as root, as in a container, without it.
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield chromium.new_page(viewport={"width": width, "height": height})
        finally:
            chromium.close()


class Lab:
    """A JupyterLab page; keeps every console error, page error, failed and outside request."""

    def __init__(self, page, address: str, token: str):
        self.page, self.address, self.problems = page, address, []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._problem(f"page error: {error}"))
        page.on("request", self._request)
        page.on("response", self._response)
        page.goto(f"{address}/lab?reset&token={token}")
        page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
        page.evaluate("() => window.jupyterapp.restored")

    def _problem(self, text):
        if not any(word in text for word in HARMLESS):
            self.problems.append(text)

    def _console(self, message):
        if message.type == "error":
            self._problem(f"console error: {message.text} ({message.location.get('url', '')})")

    def _request(self, request):
        if not request.url.startswith((self.address, "data:", "blob:", "ws://127.0.0.1")):
            self._problem(f"request to the outside: {request.url}")

    def _response(self, response):
        if response.status >= 400:
            self._problem(f"HTTP {response.status}: {response.url}")

    def open(self, path: str) -> "Notebook":
        """Open the notebook at `path` (relative to the server's root) and wait for its kernel."""
        self.page.evaluate(
            """path => {
                const app = window.jupyterapp;
                const open = async () => {
                    const widget = await app.commands.execute('docmanager:open', {path});
                    await widget.context.ready;
                    await widget.revealed;
                    await widget.sessionContext.ready;
                    await widget.sessionContext.session.kernel.info;
                    app.shell.collapseLeft();
                    app.shell.activateById(widget.id);
                };
                const late = (resolve, reject) => setTimeout(
                    () => reject(new Error('no kernel in 120 s; does the notebook name one?')), 12e4);
                return Promise.race([open(), new Promise(late)]);
            }""",
            path,
        )
        return Notebook(self)


class Notebook:
    """The notebook in front."""

    def __init__(self, lab: Lab):
        self.lab, self.page = lab, lab.page

    def run_all(self, timeout: float = 600):
        """Run all cells from top to bottom; returns when the last has its count."""
        self.page.evaluate(
            """() => {
                const app = window.jupyterapp;
                window.bertlabDone = false;
                app.commands.execute('notebook:run-all-cells')
                    .finally(() => { window.bertlabDone = true; });
            }"""
        )
        self.page.wait_for_function("window.bertlabDone", timeout=timeout * 1000)
        self.settle(timeout=timeout)
        # Lab calls it done as soon as a cell raises, even one tagged to, and goes on with the rest
        end = time.monotonic() + timeout
        while time.monotonic() < end and self._goes_on():
            self.settle(timeout=timeout)

    def _goes_on(self) -> bool:
        """Whether a code cell waits for its turn, and no error has ended the run."""
        cells = [one for one in self.cells() if one["type"] == "code" and one["source"].strip()]
        ended = any(
            output["output_type"] == "error" and "raises-exception" not in cell["tags"]
            for cell in cells
            for output in cell["outputs"]
        )
        return not ended and any(cell["count"] is None for cell in cells)

    def settle(self, seconds: float = 1.5, timeout: float = 60):
        """Wait until the kernel is idle and views have drawn themselves."""
        self.page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'",
            timeout=timeout * 1000,
        )
        self.page.wait_for_timeout(seconds * 1000)

    def cells(self) -> list[dict]:
        """Every cell as {type, source, tags, count, outputs} from Lab's own model."""
        return self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.map(
                cell => ({type: cell.cell_type, source: [].concat(cell.source).join(''),
                          tags: cell.metadata.tags || [], count: cell.execution_count,
                          outputs: cell.outputs || []}))"""
        )

    def faults(self) -> list[str]:
        """What a learner would see go wrong: errors, stderr, cells not run, widgets not drawn."""
        found = []
        for index, cell in enumerate(self.cells()):
            if cell["type"] != "code":
                continue
            expected = "raises-exception" in cell["tags"]
            if cell["count"] is None and cell["source"].strip():
                found.append(f"cell {index} did not run")
            for output in cell["outputs"]:
                if output["output_type"] == "error" and not expected:
                    found.append(f"cell {index} {output['ename']}: {output['evalue']}")
                if output["output_type"] == "stream" and output["name"] == "stderr":
                    text = "".join(output["text"]).strip()
                    if text:
                        found.append(f"cell {index} stderr: {text}")
        for text in ("Error displaying widget", "Error creating widget", "Loading widget"):
            count = self.page.get_by_text(text).count()
            if count:
                found.append(f"{count} × {text!r} on the page")
        return found + self.lab.problems

    def shots(self, folder: Path, name: str) -> list[Path]:
        """Pictures of the whole notebook, one screen after the other: `name-01.png` …"""
        folder.mkdir(parents=True, exist_ok=True)
        scroller = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer"
        total, step = self.page.evaluate(
            "selector => { const box = document.querySelector(selector);"
            " return [box.scrollHeight, box.clientHeight]; }",
            scroller,
        )
        paths = []
        for number, top in enumerate(range(0, total, step - 60), 1):
            self.page.evaluate(
                "([selector, top]) => { document.querySelector(selector).scrollTop = top; }",
                [scroller, top],
            )
            self.page.wait_for_timeout(150)
            paths.append(folder / f"{name}-{number:02}.png")
            self.page.screenshot(path=paths[-1])
            if top + step >= total:
                break
        return paths


@contextmanager
def lab(draft: Path | None = None, dark: bool = False, width: int = 1280, height: int = 1400):
    """A `Lab` on a fresh copy of the course, with `draft` put in."""
    with (
        copy_of_course(draft) as root,
        server(root, dark) as (address, token),
        browser(width, height) as page,
    ):
        yield Lab(page, address, token)
