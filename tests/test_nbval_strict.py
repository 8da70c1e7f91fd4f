"""The comparison of notebooks, through the real plugin: each difference from plain nbval."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.nbval_strict import close
from tests.tiny import code, raised, result, shown, stdout, write

ROOT = Path(__file__).parents[1]
HTML = "from IPython.display import HTML; display(HTML({!r}), metadata={{}})"
WIDGET = "import ipywidgets; box = ipywidgets.Output()\n"


def html(fresh: str, stored: str):
    output = shown(stored, "text/html")
    output.data["text/plain"] = "<IPython.core.display.HTML object>"
    return code(HTML.format(fresh), output)


PASS = {
    "a float within the tolerance": code("print('loss', 0.500001)", stdout("loss 0.500000\n")),
    "a float within HTML": html("<td>0.70001</td>", "<td>0.70000</td>"),
    "a picture within HTML": html(
        "<img src='data:image/png;base64,AAAA'>", "<img src='data:image/png;base64,BBBB='>"
    ),
    "stderr": code("import sys; print('warned', file=sys.stderr)"),
    "history": code("In[1]", result("\"print('loss', 0.500001)\"")),
    "what an Output widget captures": code(WIDGET + "with box: print('inside')"),
    "a cleared output": code(
        "from IPython.display import clear_output\nprint('a'); clear_output(); print('b')",
        stdout("b\n"),
    ),
    "a clear that waits": code("print('a'); clear_output(wait=True); print('c')", stdout("c\n")),
    "an updated display": code(
        "handle = display('one', display_id=True); handle.update('two')", shown("'two'")
    ),
    "an ignored cell": code("print(1)", stdout("2\n"), tags=["nbval-ignore-output"]),
    "an expected error": code(
        "1 / 0", raised("ZeroDivisionError", "division by zero"), tags=["raises-exception"]
    ),
    "a home of its own": code(
        "import os; print(os.environ['BERTLAB_HOME'] != os.path.expanduser('~'),"
        " os.environ['OMP_NUM_THREADS'], os.environ['HF_HUB_OFFLINE'])",
        stdout("True 1 1\n"),
    ),
    "streams in pieces": code("print('a', flush=True); print('b')", stdout("a\nb\n")),
}
FAIL = {
    "a float beyond the tolerance": code("print(0.501)", stdout("0.5\n")),
    "a float in HTML": html("<td>0.71</td>", "<td>0.70</td>"),
    "a whole number": code("print(1000001)", stdout("1000000\n")),
    "a letter": code("print('token')", stdout("tokem\n")),
    "a letter in HTML": html("<b>yes</b>", "<b>yet</b>"),
    "a result": code("1 + 1", result("3")),
    "an output too many": code("print(1)"),
    "an output too few": code("pass", stdout("1\n")),
    "one display of two": code("display('a')", shown("'a'"), shown("'a'")),
    "another error": code("1 / 0", raised("ValueError", "division by zero"),
                          tags=["raises-exception"]),
    "another message": code("1 / 0", raised("ZeroDivisionError", "division by one"),
                            tags=["raises-exception"]),
    "no error": code("pass", raised("ZeroDivisionError", "x"), tags=["raises-exception"]),
    "an unexpected error": code("1 / 0", raised("ZeroDivisionError", "division by zero")),
    "an error that a widget captures": code(WIDGET + "with box: 1 / 0"),
    "a cell that dies": code("import os; os._exit(1)"),
}  # fmt: skip
EVERY = {**{name: "passed" for name in PASS}, **{name: "failed" for name in FAIL}}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What pytest says of each cell of one notebook that holds them all; and how long it took."""
    folder = tmp_path_factory.mktemp("strict")
    write(folder / "cells.ipynb", *PASS.values(), *FAIL.values())
    report, begin = folder / "report.xml", time.monotonic()
    command = [sys.executable, "-m", "pytest", "cells.ipynb", f"--junitxml={report}", "-q"]
    command += ["-p", "tests.nbval_strict", "--nbval", "--nbval-current-env", f"--rootdir={folder}"]
    finished = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--nbval-cell-timeout=120"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    cases = ElementTree.parse(report).iter("testcase")
    said = ["passed" if len(case) == 0 else "failed" for case in cases]
    assert len(said) == len(EVERY), finished.stdout
    return dict(zip(EVERY, said, strict=True)), time.monotonic() - begin


@pytest.mark.parametrize("name", EVERY)
def test_outcome_of_a_cell(outcomes, name):
    assert outcomes[0][name] == EVERY[name]


def test_a_dead_kernel_does_not_wait_for_the_timeout(outcomes):
    assert outcomes[1] < 100  # the cell's own timeout is 120 s


@pytest.mark.parametrize(
    ("stored", "fresh", "agree"),
    [
        ("1.0", "1.00005", True),
        ("1.0", "1.001", False),
        ("0.0", "-0.0000005", True),
        ("1e-3", "0.001", True),
        ("spaCy 3.8.18", "spaCy 3.8.19", False),
        ("x0.5", "x0.50001", False),
        ("ends in 0.5.", "ends in 0.500001.", True),
        ("5", "5.0", False),
        ("a  0.5", "a 0.5", False),
        ("nan 0.5", "nan 0.5", True),
        ("2 tokens", "-2 tokens", False),
    ],
)
def test_close(stored, fresh, agree):
    assert close(stored, fresh) is agree
    assert close(fresh, stored) is agree
