// The face of `LayerForm`: two choices of layer and pooling; the comparison comes from Python.

function render({ model, el }) {
  const controls = [];
  const choice = (name, label, options) => {
    const input = node("select", {}, ...options.map(([value, text]) =>
      node("option", { textContent: text, selected: value === model.get(name) })));
    input.addEventListener("change", () => send(model, name, options[input.selectedIndex][0]));
    controls.push(input);
    return field(label, input);
  };
  const poolings = model.get("poolings").map((name) => [name, name]);
  const row = (letter) => node("div", {},
    choice(`layer_${letter}`, `${letter.toUpperCase()}: layer`, model.get("layers")),
    choice(`pooling_${letter}`, `${letter.toUpperCase()}: pooling`, poolings));
  const shown = node("div", { innerHTML: model.get("shown") });
  shown.setAttribute("aria-live", "polite");
  const redraw = () => { shown.innerHTML = model.get("shown"); };
  model.on("change:shown", redraw);
  el.append(node("div", { className: "bertlab-choices" }, row("a"), row("b"), shown));
  keepKeys(controls);
  return () => model.off("change:shown", redraw);
}

export default { render };
