"""The form of the pipeline builder: native checkboxes and a text field, so keys and labels work."""

import anywidget
import traitlets

from bertlab.views.face import face


class PipelineForm(anywidget.AnyWidget):
    """`chosen` of the `components` are ticked; `text` is what was typed; `shown` answers in HTML."""

    _esm, _css = face(__file__)
    components = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.List(traitlets.Unicode()).tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)  # HTML
