// The face of `AlignerWidget`: draws the boxes that Python sent.

const KINDS = {
  word: "token",
  inside: "piece that goes on with a word",
  unknown: "unknown to the vocabulary",
  special: "sign of the model's own",
};

function box([label, start, end, kind]) {
  const cell = node("td", { colSpan: end - start, className: `bertlab-box bertlab-${kind}`,
    title: `${label}: ${KINDS[kind]}, characters ${start} to ${end}` });
  cell.append(node("span", { textContent: label }));
  return cell;
}

function cells(boxes, length) { // boxes and the gaps between them, which fill the row
  const made = [];
  let at = 0;
  const gap = (end) => { if (end > at) made.push(node("td", { colSpan: end - at })); };
  for (const one of boxes) {
    gap(one[1]);
    made.push(box(one));
    at = one[2];
  }
  gap(length);
  return made;
}

function render({ model, el }) {
  const text = node("textarea", { rows: 2, value: model.get("text"), spellcheck: false });
  const choice = node("select");
  const status = node("p", { role: "status" });
  const scroll = node("div", { className: "bertlab-scroll", tabIndex: 0, role: "region",
    ariaLabel: "Tokens on a ruler of characters" });
  const key = node("div", { className: "bertlab-key", ariaHidden: "true" },
    ...[["a", "word"], ["##a", "inside"], ["[UNK]", "unknown"], ["[SEP]", "special"]].map(
      ([label, kind]) => node("div", { className: `bertlab-box bertlab-${kind}` },
        node("span", { textContent: label }), KINDS[kind])));
  const list = node("tbody");
  const offsets = fold("The offsets as a table",
    columns("Tokenizer", "Tokens, from and up to which character"), list);
  el.append(node("div", { className: "bertlab-aligner" },
    node("div", { className: "bertlab-controls" },
      field("Text", text), field("Or one of these", choice)),
    status, scroll, key, offsets));
  keepKeys([text, choice, scroll, offsets.firstChild]);
  choice.append(node("option", { value: "", textContent: "choose an example" }),
    ...model.get("examples").map(([shown], i) => node("option", { value: i, textContent: shown })));

  function draw() {
    const ruler = model.get("ruler"), length = ruler.length;
    const numbers = node("tr", { ariaHidden: "true" }, node("th"));
    for (let at = 0; at < length; at += 5) {
      numbers.append(node("td", { className: "bertlab-number", textContent: at,
        colSpan: Math.min(5, length - at) }));
    }
    const signs = node("tr", {}, node("th", { scope: "row", textContent: "characters" }),
      ...ruler.map((sign, i) => node("td", { textContent: sign, title: `character ${i}`,
        className: [...sign].length > 2 ? "bertlab-sign bertlab-named" : "bertlab-sign" })));
    const rows = model.get("rows").map(({ name, count, boxes }) => node("tr", {},
      node("th", { scope: "row" }, node("b", { textContent: count }), name),
      ...cells(boxes, length)));
    scroll.replaceChildren(node("table", {}, node("tbody", {}, numbers, signs, ...rows)));
    status.textContent = model.get("message");
    list.replaceChildren(...model.get("rows").map(({ name, boxes }) => node("tr", {},
      node("th", { scope: "row", textContent: name }), node("td", { textContent:
        boxes.map(([label, start, end]) => `${label} ${start}–${end}`).join(" | ") }))));
  }

  let waiting;
  const read = () => { clearTimeout(waiting); send(model, "text", text.value); };
  text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(read, 80); });
  text.addEventListener("keydown", (event) => { // JupyterLab takes line breaks away from textareas
    if (event.key !== "Enter" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    text.setRangeText("\n", text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input"));
  });
  choice.addEventListener("change", () => {
    if (choice.value === "") return;
    text.value = model.get("examples")[Number(choice.value)][1];
    read();
  });
  let drawn;
  const update = () => { // once a message, when all of its values are in place
    if (model.get("rows") !== drawn) draw();
    drawn = model.get("rows");
  };
  model.on("change", update);
  update();
  return () => model.off("change", update);
}

export default { render };
