// The form of the pipeline builder. Names are set as text; `shown` was rendered and escaped in Python.

function render({ model, el }) {
  const boxes = model.get("components").map((name) => node("input",
    { type: "checkbox", value: name, checked: model.get("chosen").includes(name) }));
  const labels = boxes.map((box) => node("label", {}, box, box.value));
  const text = node("input", { type: "text", value: model.get("text"), maxLength: 300 });
  const shown = node("div", { innerHTML: model.get("shown") });
  shown.setAttribute("aria-live", "polite");
  const choose = () =>
    send(model, "chosen", boxes.filter((box) => box.checked).map((box) => box.value));
  let waiting;
  text.addEventListener("input", () => {
    clearTimeout(waiting); // until the typing pauses
    waiting = setTimeout(() => send(model, "text", text.value), 300);
  });
  keepKeys([...boxes, text]);
  boxes.forEach((box) => box.addEventListener("change", choose));
  model.on("change:shown", () => { shown.innerHTML = model.get("shown"); });
  const fields = node("fieldset", { className: "bertlab-pipeline" },
    node("legend", { textContent: "Components that run, in this order" }), ...labels);
  el.append(fields, node("label", { className: "bertlab-pipeline-text" }, "Text ", text), shown);
}

export default { render };
