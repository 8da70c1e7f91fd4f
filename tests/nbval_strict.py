"""nbval, made to compare all that a notebook stores and nothing that changes by itself.

Two classes derive from nbval's and take their place (`pytest_collect_file`); nothing of nbval is
patched. Against plain nbval 0.11 they differ in this:

* text must agree exactly, but a number written with a point or an exponent may differ by
  1e-4 of its size or by 1e-6; so may numbers within HTML and SVG;
* pictures within HTML (`data:image/png;base64,…`) are left out, as nbval leaves out image/png;
* stderr is left out: it holds paths, and warnings that differ between versions;
* cells run with `store_history=True`, as Jupyter runs them, so that `In`, `Out` and `_` work;
* what an Output widget captures belongs to the widget, not to the cell, except an error, which
  fails the cell; `clear_output` and updates of a display do what they do in Jupyter;
* the kernel gets the environment of `bertlab.notebooks.reference_environment`.
"""

import os
import re
import tempfile
import time
from queue import Empty

import pytest
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel, start_new_kernel
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

from bertlab.notebooks import reference_environment

RELATIVE, ABSOLUTE = 1e-4, 1e-6
# A number on its own, not part of a word or of a version such as 3.8.18.
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?(?!\w|\.\d)")
PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    collected = yield
    return [
        StrictFile.from_parent(parent, path=file_path) if type(one) is IPyNbFile else one
        for one in collected
    ]


def close(stored: str, fresh: str) -> bool:
    """Whether two texts agree: exactly, but for floats, which may differ by the tolerance.

    >>> close("loss 0.500000", "loss 0.500001"), close("3 of 4", "3 of 5")
    (True, False)
    """
    if stored == fresh:
        return True
    stored, fresh = PICTURE.sub("", stored), PICTURE.sub("", fresh)
    if NUMBER.split(stored) != NUMBER.split(fresh):
        return False
    return all(
        a == b or (is_float(a) and is_float(b) and near(float(a), float(b)))
        for a, b in zip(NUMBER.findall(stored), NUMBER.findall(fresh), strict=True)
    )


def is_float(number: str) -> bool:
    """Whether the number is written with a point or an exponent; whole numbers must agree."""
    return not number.lstrip("+-").isdigit()


def near(a: float, b: float) -> bool:
    return abs(a - b) <= ABSOLUTE + RELATIVE * max(abs(a), abs(b))


def comparable(outputs) -> list:
    """Copies of a cell's outputs without stderr."""
    return [one.copy() for one in outputs if one.get("name") != "stderr"]


def snap(fresh: list, stored: list) -> None:
    """Where a fresh value agrees with its stored one within the tolerance, put the stored one.

    nbval then compares for equality, and its report shows only what really differs.
    """
    places, values = texts(fresh), texts(stored)
    for key in places.keys() & values.keys():
        for (holder, name), (other, _) in zip(places[key], values[key], strict=False):
            if close(joined(other[name]), joined(holder[name])):
                holder[name] = other[name]


def texts(outputs: list) -> dict[str, list]:
    """Kind of text → the places (mapping, key) that hold it, in nbval's own grouping."""
    places = {}
    for output in outputs:
        if "data" in output:
            output["data"] = output["data"].copy()
            for mime, value in output["data"].items():
                if isinstance(value, str | list):
                    places.setdefault(mime, []).append((output["data"], mime))
        elif output["output_type"] == "stream":
            places.setdefault(output["name"], []).append((output, "text"))
        elif output["output_type"] == "error":
            places.setdefault("evalue", []).append((output, "evalue"))
    return places


def joined(text: str | list) -> str:
    return text if isinstance(text, str) else "".join(text)


class StrictKernel(RunningKernel):
    """nbval's kernel, with an environment of our own and with history."""

    def __init__(self, kernel_name, environment, cwd=None, startup_timeout=60):
        self._devnull = open(os.devnull, "w")
        self.km, self.kc = start_new_kernel(
            startup_timeout, kernel_name, stderr=self._devnull, cwd=cwd, env=environment
        )
        self._ensure_iopub_up()

    def execute_cell_input(self, cell_input, allow_stdin=None):
        return self.kc.execute(
            cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
        )

    def await_reply(self, msg_id, timeout=None):
        """As nbval's, but a kernel that died is noticed within a second, not at the timeout."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                msg = self.get_message(stream="shell", timeout=1)
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("The kernel died while it ran this cell.") from None
                if end is not None and time.monotonic() > end:
                    raise
                continue
            if msg["parent_header"].get("msg_id") == msg_id:
                if msg["content"]["status"] == "aborted":
                    raise RuntimeError("The kernel aborted this cell.")
                return

    def stop(self):
        super().stop()
        self._devnull.close()


class StrictFile(IPyNbFile):
    """A notebook whose cells are `StrictCell`s and whose kernel runs in a home of its own."""

    current = None  # the cell that runs

    def setup(self):
        self.home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.display = Display()
        name = self.config.option.nbval_kernel_name or CURRENT_ENV_KERNEL_NAME
        self.kernel = StrictKernel(
            name,
            reference_environment(self.home.name),
            cwd=str(self.path.parent),
            startup_timeout=self.config.option.nbval_kernel_startup_timeout,
        )
        self.setup_sanitize_files()

    def teardown(self):
        super().teardown()
        if hasattr(self, "home"):
            self.home.cleanup()

    def collect(self):
        for cell in super().collect():
            yield StrictCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )

    def get_kernel_message(self, timeout=None, stream="iopub"):
        while True:
            msg = super().get_kernel_message(timeout, stream)
            if self.display.shows(msg, self.current.test_outputs):
                return msg


class Display:
    """What a frontend does with messages that change what is shown instead of adding to it."""

    def __init__(self):
        self.output_widgets, self.capturing = set(), {}
        self.new_cell()

    def new_cell(self):
        """Forget what belongs to one cell's outputs: a pending clear, displays by their id."""
        self.clear_next, self.positions = False, {}

    def shows(self, msg, outputs: list) -> bool:
        """Whether `msg` is to be added to the cell's `outputs` (which this may clear or update)."""
        kind, content = msg["msg_type"], msg["content"]
        if kind.startswith("comm"):
            self._comm(kind, content)
            return True  # nbval passes over it
        if kind not in (
            "stream",
            "display_data",
            "execute_result",
            "clear_output",
            "update_display_data",
        ):
            return True  # errors too, whoever captured them
        if msg["parent_header"].get("msg_id") in self.capturing.values():
            return False
        if kind == "clear_output":
            self.clear_next = bool(content.get("wait"))
            if not self.clear_next:
                outputs.clear()
                self.positions = {}
            return False
        display_id = content.get("transient", {}).get("display_id")
        if kind == "update_display_data":
            for position in self.positions.get(display_id, ()):
                outputs[position]["data"] = content["data"]
            return False
        if self.clear_next:
            outputs.clear()
            self.clear_next, self.positions = False, {}
        if display_id:
            self.positions.setdefault(display_id, []).append(len(outputs))
        return True

    def _comm(self, kind, content):
        identity, state = content["comm_id"], content.get("data", {}).get("state", {})
        if kind == "comm_open" and state.get("_model_name") == "OutputModel":
            self.output_widgets.add(identity)
        if identity in self.output_widgets and "msg_id" in state:
            if state["msg_id"]:
                self.capturing[identity] = state["msg_id"]
            else:
                self.capturing.pop(identity, None)


class StrictCell(IPyNbCell):
    """A code cell, compared as this module's docstring says."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.output_timeout = 60  # nbval's 5 s are short on a busy machine

    def runtest(self):
        self.parent.current = self
        self.parent.display.new_cell()
        super().runtest()

    def compare_outputs(self, test, ref, skip_compare=None):
        fresh, stored = comparable(test), comparable(coalesce_streams(ref))
        snap(fresh, stored)
        return super().compare_outputs(fresh, stored, skip_compare)
