// The cut explorer's controls. The report is HTML that Python has escaped; all else is set as text.

function render({ model, el }) {
  const [smallest, largest, longest] = model.get("bounds");
  const shown = node("output", {});
  const slider = node("input",
    { type: "range", min: smallest, max: largest, value: model.get("limit") });
  const group = crypto.randomUUID();
  const radios = Object.keys(model.get("ways")).map((key) =>
    node("input", { type: "radio", name: group, value: key, checked: key === model.get("way") }));
  const choices = radios.map((radio) =>
    node("label", {}, radio, ` ${model.get("ways")[radio.value]}`));
  const text = node("textarea", { rows: 4, maxLength: longest, value: model.get("source") });
  const report = node("div", { className: "bertlab-cuts-report" });
  report.setAttribute("role", "region");
  report.setAttribute("aria-label", "Chunks");
  report.setAttribute("aria-live", "polite");

  const tell = () => { shown.value = `${slider.value} characters`; };
  slider.addEventListener("input", () => { tell(); send(model, "limit", Number(slider.value)); });
  text.addEventListener("input", () => send(model, "source", text.value));
  for (const radio of radios) radio.addEventListener("change", () => send(model, "way", radio.value));
  const draw = () => { report.innerHTML = model.get("report"); };
  model.on("change:report", draw);
  tell();
  draw();
  keepKeys([slider, text, ...radios]);
  const cut = node("fieldset", {}, node("legend", { textContent: "Cut" }), ...choices);
  el.append(node("div", { className: "bertlab-cuts" },
    node("label", {}, "At most ", slider, " ", shown), cut,
    node("label", { className: "bertlab-cuts-text" }, "Text ", text), report));
}

export default { render };
