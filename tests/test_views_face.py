import re
from collections import Counter
from pathlib import Path

import pytest

import bertlab
from bertlab.views.face import face

PACKAGE = Path(bertlab.__file__).parent
HELPERS = ("nodes.js", "svg.js")
FACES = sorted(
    path
    for folder in ("views", "teaching")
    for path in (PACKAGE / folder).glob("*.js")
    if path.name not in HELPERS
)
# at the left margin: seen by the whole module
DECLARED = r"^(?:function|const|let|class) +(\w+)"


@pytest.mark.parametrize("path", FACES, ids=lambda path: path.stem)
def test_a_face_holds_its_own_logic_and_asks_for_the_helpers_it_uses(path):
    own = path.read_text(encoding="utf-8")
    module = path.with_suffix(".py")
    call = re.search(r"face\(__file__.*?\)", module.read_text(encoding="utf-8"))[0]
    script, style = face(str(module), *re.findall(r"\w+\.js", call))
    names = Counter(re.findall(DECLARED, script, re.MULTILINE))
    assert max(names.values()) == 1, f"declared twice, so that nothing is drawn: {names}"
    assert names["node"] and names["render"] and script.count("export ") == 1
    assert "shape(" not in own or names["shape"]
    assert "createElement" not in own
    assert not re.search(r"\bimport\b|\bfetch\(|https://", script), "offline, and one module"
    assert style.startswith(".bertlab-")


def test_only_the_helpers_asked_for_are_joined():
    module = str(PACKAGE / "views" / "cuts.py")
    plain, drawing = face(module)[0], face(module, "svg.js")[0]
    assert "createElementNS" not in plain
    assert drawing.index("createElementNS") < drawing.index("render")
