"""The form of a prediction: native radio buttons, slider and button, so keyboard and labels work."""

import anywidget
import traitlets

from bertlab.views.face import face


class PredictionForm(anywidget.AnyWidget):
    """A question with options; `chosen` is -1 until an option is committed, and then stays."""

    _esm, _css = face(__file__)
    question = traitlets.Unicode().tag(sync=True)  # HTML
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    confidence = traitlets.Int(50).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
