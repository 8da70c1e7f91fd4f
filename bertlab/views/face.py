"""A live view's face in the browser: its own JavaScript behind the helpers that all faces share."""

from pathlib import Path


def face(module: str, *helpers: str) -> tuple[str, str]:
    """The script and the style sheet of the widget in `module`, as anywidget takes them.

    `module` is the widget's `__file__`: its `.js` and `.css` lie beside it. In front of the script
    come `nodes.js` and the `helpers` asked for ("svg.js"). They are joined, not imported: a face is
    one self-contained module, so that no notebook asks a server for a second one.
    """
    own, shared = Path(module), Path(__file__).parent
    parts = [shared / "nodes.js", *(shared / name for name in helpers), own.with_suffix(".js")]
    script = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    return script, own.with_suffix(".css").read_text(encoding="utf-8")
