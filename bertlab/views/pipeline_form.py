"""The form of the pipeline builder: native checkboxes and a text field, so keys and labels work."""

import anywidget
import traitlets

# Names are set as text; `shown` was rendered and escaped in Python.
_ESM = """
function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const boxes = model.get("components").map((name) => element("input",
    { type: "checkbox", value: name, checked: model.get("chosen").includes(name) }));
  const labels = boxes.map((box) => element("label", {}, box, box.value));
  const text = element("input", { type: "text", value: model.get("text"), maxLength: 300 });
  const shown = element("div", { innerHTML: model.get("shown") });
  shown.setAttribute("aria-live", "polite");
  const choose = () => {
    model.set("chosen", boxes.filter((box) => box.checked).map((box) => box.value));
    model.save_changes();
  };
  let waiting;
  text.addEventListener("input", () => {
    clearTimeout(waiting); // until the typing pauses
    waiting = setTimeout(() => { model.set("text", text.value); model.save_changes(); }, 300);
  });
  for (const control of [...boxes, text]) {
    control.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the keys for its cells
  }
  boxes.forEach((box) => box.addEventListener("change", choose));
  model.on("change:shown", () => { shown.innerHTML = model.get("shown"); });
  const field = element("fieldset", { className: "bertlab-pipeline" },
    element("legend", { textContent: "Components that run, in this order" }), ...labels);
  el.append(field, element("label", { className: "bertlab-pipeline-text" }, "Text ", text), shown);
}

export default { render };
"""

_CSS = """
.bertlab-pipeline { border: 1px solid currentColor; border-radius: 4px; padding: 0.4em 1em;
  color: var(--jp-ui-font-color1, inherit); font-size: var(--jp-content-font-size1, 1em); }
.bertlab-pipeline legend { font-weight: 600; padding: 0 0.4em; }
.bertlab-pipeline label { display: inline-flex; align-items: center; gap: 0.4em;
  margin: 0.2em 1.2em 0.2em 0; }
.bertlab-pipeline-text { display: flex; align-items: center; gap: 0.6em; margin: 0.6em 0;
  font-size: var(--jp-content-font-size1, 1em); color: var(--jp-ui-font-color1, inherit); }
.bertlab-pipeline-text input { flex: 1; max-width: 44em; padding: 0.3em; font: inherit;
  color: inherit; background: var(--jp-layout-color1, white); border: 1px solid currentColor; }
"""


class PipelineForm(anywidget.AnyWidget):
    """`chosen` of the `components` are ticked; `text` is what was typed; `shown` answers in HTML."""

    _esm = _ESM
    _css = _CSS
    components = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.List(traitlets.Unicode()).tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)  # HTML
