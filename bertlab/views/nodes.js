// What every face is made of; `face` in face.py puts it in front of each. No library, no request.

function node(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children); // strings become text nodes: what somebody typed is never markup
  return made;
}
const field = (name, control, ...more) =>
  node("label", {}, node("span", { textContent: name }), control, ...more);
const columns = (...names) =>
  node("tr", {}, ...names.map((name) => node("th", { scope: "col", textContent: name })));
function fold(summary, head, body) { // a table that opens by mouse or keyboard
  return node("details", {}, node("summary", { textContent: summary }),
    node("table", {}, node("thead", {}, head), body));
}
function keepKeys(controls) { // or JupyterLab takes the keys for its cells
  for (const control of controls) control.dataset.lmSuppressShortcuts = "true";
}
function send(model, name, value) {
  model.set(name, value);
  model.save_changes();
}
const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;
