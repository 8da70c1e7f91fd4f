"""Accessibility faults of a page, found by axe-core (MPL-2.0), which npm puts beside this file."""

from pathlib import Path

SCRIPT = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"


def faults(page, within: str | None = None) -> list[str]:
    """Every violation on the page (or below the selector `within`), one line an element."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.add_script_tag(path=SCRIPT)
    found = page.evaluate(
        # preload: it would ask for the style sheets once more, which a page opened as a file refuses
        "within => axe.run(within || document, {preload: false}).then(done => done.violations)",
        within,
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} [{summary(node)}]"
        for rule in found
        for node in rule["nodes"]
    ]


def summary(node: dict) -> str:
    return " ".join(node["failureSummary"].split())[:240]
