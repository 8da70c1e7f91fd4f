// The form of a prediction. Options and message are set as text, never as HTML; the question was
// rendered and escaped in Python.

function render({ model, el }) {
  const group = crypto.randomUUID();
  const radios = model.get("options").map((text, i) =>
    node("input", { type: "radio", name: group, value: i, checked: i === model.get("chosen") }));
  const labels = radios.map((radio, i) => node("label", {}, radio, model.get("options")[i]));
  const shown = node("output", {});
  const slider = node("input",
    { type: "range", min: 0, max: 100, step: 5, value: model.get("confidence") });
  const tell = () => { shown.value = `${slider.value} %`; };
  slider.addEventListener("input", tell);
  tell();
  const button = node("button", { type: "button", textContent: "Commit" });
  const message = node("p", { role: "status", tabIndex: -1, textContent: model.get("message") });
  const legend = node("legend", { innerHTML: `Predict. ${model.get("question")}` });
  const fieldset = node("fieldset", { className: "bertlab-prediction" }, legend, ...labels,
    node("label", {}, "How sure are you? ", slider, shown), button);
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
  keepKeys([...radios, slider, button]);
  el.append(fieldset, message);
}

export default { render };
