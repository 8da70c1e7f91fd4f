// The cut explorer's controls. The report is HTML that Python has escaped; all else is set as text.
function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const [smallest, largest, longest] = model.get("bounds");
  const shown = element("output", {});
  const slider = element("input",
    { type: "range", min: smallest, max: largest, value: model.get("limit") });
  const group = crypto.randomUUID();
  const radios = Object.keys(model.get("ways")).map((key) =>
    element("input", { type: "radio", name: group, value: key, checked: key === model.get("way") }));
  const choices = radios.map((radio) =>
    element("label", {}, radio, ` ${model.get("ways")[radio.value]}`));
  const text = element("textarea", { rows: 4, maxLength: longest, value: model.get("source") });
  const report = element("div", { className: "bertlab-cuts-report" });
  report.setAttribute("role", "region");
  report.setAttribute("aria-label", "Chunks");
  report.setAttribute("aria-live", "polite");

  const send = (name, value) => { model.set(name, value); model.save_changes(); };
  const tell = () => { shown.value = `${slider.value} characters`; };
  slider.addEventListener("input", () => { tell(); send("limit", Number(slider.value)); });
  text.addEventListener("input", () => send("source", text.value));
  for (const radio of radios) radio.addEventListener("change", () => send("way", radio.value));
  const draw = () => { report.innerHTML = model.get("report"); };
  model.on("change:report", draw);
  tell();
  draw();
  for (const control of [slider, text, ...radios]) {
    control.dataset.lmSuppressShortcuts = "true"; // or JupyterLab takes the keys for its cells
  }
  const cut = element("fieldset", {}, element("legend", { textContent: "Cut" }), ...choices);
  el.append(element("div", { className: "bertlab-cuts" },
    element("label", {}, "At most ", slider, " ", shown), cut,
    element("label", { className: "bertlab-cuts-text" }, "Text ", text), report));
}

export default { render };
