"""The form of a prediction: native radio buttons, slider and button, so keyboard and labels work."""

import anywidget
import traitlets

# The options and the message are set as text, never as HTML; the question was rendered and
# escaped in Python.
_ESM = """
function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const group = crypto.randomUUID();
  const radios = model.get("options").map((text, i) =>
    element("input", { type: "radio", name: group, value: i, checked: i === model.get("chosen") }));
  const labels = radios.map((radio, i) => element("label", {}, radio, model.get("options")[i]));
  const shown = element("output", {});
  const slider = element("input",
    { type: "range", min: 0, max: 100, step: 5, value: model.get("confidence") });
  const tell = () => { shown.value = `${slider.value} %`; };
  slider.addEventListener("input", tell);
  tell();
  const button = element("button", { type: "button", textContent: "Commit" });
  const message = element("p", { role: "status", tabIndex: -1, textContent: model.get("message") });
  const legend = element("legend", { innerHTML: `Predict. ${model.get("question")}` });
  const fieldset = element("fieldset", { className: "bertlab-prediction" }, legend, ...labels,
    element("label", {}, "How sure are you? ", slider, shown), button);
  const settle = () => { fieldset.disabled = model.get("chosen") >= 0; };
  button.addEventListener("click", () => {
    const chosen = radios.findIndex((radio) => radio.checked);
    if (chosen < 0) {
      message.textContent = "Choose an answer first.";
      return;
    }
    model.set("confidence", Number(slider.value));
    model.set("chosen", chosen);
    model.save_changes();
    message.focus(); // the button is disabled from now on and would drop the focus
  });
  model.on("change:message", () => { message.textContent = model.get("message"); });
  model.on("change:chosen", settle);
  settle();
  for (const control of [...radios, slider, button]) {
    control.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the keys for its cells
  }
  el.append(fieldset, message);
}

export default { render };
"""

_CSS = """
.bertlab-prediction { border: 1px solid currentColor; border-radius: 4px; padding: 0.5em 1em;
  color: var(--jp-ui-font-color1, inherit); font-size: var(--jp-content-font-size1, 1em); }
.bertlab-prediction legend { font-weight: 600; padding: 0 0.4em; }
.bertlab-prediction label { display: flex; align-items: center; gap: 0.5em; padding: 0.2em 0; }
.bertlab-prediction button { padding: 0.3em 1.2em; margin: 0.4em 0; font: inherit; }
"""


class PredictionForm(anywidget.AnyWidget):
    """A question with options; `chosen` is -1 until an option is committed, and then stays."""

    _esm = _ESM
    _css = _CSS
    question = traitlets.Unicode().tag(sync=True)  # HTML
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    confidence = traitlets.Int(50).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
