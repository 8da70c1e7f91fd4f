// The face of `TimelineForm`: native controls; the picture comes from Python.

function render({ model, el }) {
  const box = node("div", { className: "bertlab-timeline" });
  const shown = node("div", { innerHTML: model.get("shown") });
  shown.setAttribute("aria-live", "polite");
  const set = (name, value) => send(model, name, value);
  const slider = (name, label) => {
    const output = node("output", { textContent: `${model.get(name)} ms` });
    const input = node("input", { type: "range", min: 0, max: 100, step: 5, value: model.get(name) });
    input.setAttribute("aria-valuetext", `${model.get(name)} milliseconds`);
    input.addEventListener("input", () => {
      output.textContent = `${input.value} ms`;
      input.setAttribute("aria-valuetext", `${input.value} milliseconds`);
      set(name, Number(input.value));
    });
    return [input, field(label, input, output)];
  };
  const choice = (name, label, options) => {
    const input = node("select", {}, ...options.map((text) =>
      node("option", { value: text, textContent: text, selected: text === model.get(name) })));
    input.addEventListener("change", () => set(name, input.value));
    return [input, field(label, input)];
  };
  const tick = (name, label) => {
    const input = node("input", { type: "checkbox", checked: model.get(name) });
    input.addEventListener("change", () => set(name, input.checked));
    return [input, node("label", {}, input, label)];
  };
  const controls = [
    slider("make", "Making a batch"), slider("copy", "Copying it"), slider("model_ms", "Model"),
    choice("making", "Batches are made", model.get("ways")),
    choice("device", "Device", model.get("devices")),
    tick("pinned", "pinned, non_blocking: the copy is not waited for"),
    tick("reads", "the result is read after each batch (.item())"),
  ];
  keepKeys(controls.map(([input]) => input));
  const redraw = () => { shown.innerHTML = model.get("shown"); };
  model.on("change:shown", redraw);
  box.append(node("div", { className: "bertlab-timeline-controls" },
    ...controls.map(([, label]) => label)), shown);
  el.append(box);
  return () => model.off("change:shown", redraw);
}

export default { render };
