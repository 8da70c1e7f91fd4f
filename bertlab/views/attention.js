// The face of `AttentionWidget`: draws the maps that Python sent.

function render({ model, el }) {
  const get = (name) => model.get(name);
  const options = (select, texts, chosen) => {
    select.replaceChildren(...texts.map((t, i) => node("option", { value: i, textContent: t })));
    select.value = chosen;
  };
  const sentence = node("input", { type: "text", value: get("sentence"), spellcheck: false });
  const layer = node("select"), head = node("select"), piece = node("select");
  const status = node("p", { role: "status" });
  const map = shape("svg", { role: "img" });
  const scale = node("span", { className: "bertlab-scale" });
  const least = node("span", { textContent: "0 %" }), most = node("span");
  const pointed = node("span", { className: "bertlab-pointed" });
  const bars = node("div", { className: "bertlab-bars" });
  const rows = node("tbody");
  const twin = fold("The map as a table", columns("Piece", "Looks most at", "Share"), rows);
  el.append(node("div", { className: "bertlab-attention" },
    node("div", { className: "bertlab-controls" }, field("Sentence", sentence),
      field("Layer", layer), field("Head", head), field("Piece", piece)),
    status,
    node("div", { className: "bertlab-pictures" },
      node("div", {}, map, node("div", { className: "bertlab-legend", ariaHidden: "true" },
        least, scale, most, pointed)), bars),
    twin));
  keepKeys([sentence, layer, head, piece, twin.firstChild]);

  let weights, cells, frame, names; // weights[i * n + j]; names[i], the rows' labels
  const count = () => get("pieces").length;

  function choose() { // the map of the chosen layer and head out of the bytes that Python sent
    const n = count(), heads = get("heads"), bytes = get("maps");
    const from = bytes.byteOffset;
    const all = new Float32Array(bytes.buffer.slice(from, from + bytes.byteLength)); // aligned
    const at = (h) => ((get("layer") - 1) * heads + h) * n * n;
    if (get("head") > 0) {
      weights = all.slice(at(get("head") - 1), at(get("head") - 1) + n * n);
      return;
    }
    weights = new Float32Array(n * n);
    for (let h = 0; h < heads; h++) {
      for (let k = 0; k < n * n; k++) weights[k] += all[at(h) + k] / heads;
    }
  }

  function build() { // a new sentence: new cells and labels
    const pieces = get("pieces"), n = count(), size = Math.max(13, Math.min(30, 480 / n));
    const widest = Math.max(...pieces.map((p) => p.length));
    const font = Math.min(13, size - 1), left = 16 + 0.62 * font * widest, side = n * size;
    const middle = (i) => left + (i + 0.5) * size;
    options(piece, pieces.map((p, i) => `${i} ${p}`), get("piece"));
    map.replaceChildren();
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${left + side + 2} ${left + side + 2}`,
      width: left + side + 2, height: left + side + 2, "font-size": font })) map.setAttribute(name, value);
    names = pieces.map((p, i) => shape("text",
      { x: left - 6, y: middle(i), "text-anchor": "end", "dominant-baseline": "central" }, p));
    const tops = pieces.map((p, i) => shape("text", { "dominant-baseline": "central",
      transform: `translate(${middle(i)} ${left - 6}) rotate(-90)` }, p));
    cells = Array.from({ length: n * n }, (_, k) => shape("rect",
      { x: left + (k % n) * size, y: left + Math.floor(k / n) * size, width: size, height: size }));
    frame = shape("rect", { class: "bertlab-frame", x: left, width: side, height: size });
    map.append(...names, ...tops, ...cells, frame);
    map.onclick = (event) => {
      const k = cells.indexOf(event.target);
      const row = k < 0 ? names.indexOf(event.target) : Math.floor(k / n);
      if (row >= 0) set("piece", row);
    };
    map.onpointermove = (event) => {
      const k = cells.indexOf(event.target);
      pointed.textContent = k < 0 ? "" :
        `${pieces[Math.floor(k / n)]} → ${pieces[k % n]}: ${percent(weights[k])}`;
    };
  }

  function draw() {
    choose();
    const pieces = get("pieces"), n = count(), row = Math.min(get("piece"), n - 1);
    const top = weights.reduce((a, b) => Math.max(a, b), 0);
    cells.forEach((cell, k) => cell.setAttribute("fill-opacity", (weights[k] / top).toFixed(3)));
    frame.setAttribute("y", Number(cells[row * n].getAttribute("y")));
    names.forEach((name, i) => name.setAttribute("font-weight", i === row ? "bold" : "normal"));
    const order = (i) => [...pieces.keys()].sort((a, b) => weights[i * n + b] - weights[i * n + a]);
    const links = order(row).slice(0, 8);
    const where = `layer ${get("layer")}, ${get("head") ? `head ${get("head")}` : "mean of all heads"}`;
    const told = links.slice(0, 3).map((j) => `${pieces[j]} ${percent(weights[row * n + j])}`).join(", ");
    bars.replaceChildren(
      node("p", { textContent: `Where “${pieces[row]}” (${row}) looks:` }),
      ...links.map((j) => node("div", {},
        node("span", { textContent: `${pieces[j]} (${j})` }),
        node("span", { className: "bertlab-bar" }, Object.assign(node("i"),
          { style: `width:${100 * weights[row * n + j]}%` })),
        node("span", { textContent: percent(weights[row * n + j]) }))));
    most.textContent = percent(top);
    layer.value = get("layer") - 1;
    head.value = get("head");
    piece.value = row;
    status.textContent = `${get("message")} In ${where}, “${pieces[row]}” (${row}) looks most at ${told}.`.trim();
    map.setAttribute("aria-label", `Heat map of ${where}: one row for each piece, one column for ` +
      "each piece it looks at. The table below holds the strongest link of each row.");
    if (twin.open) fill();
  }

  function fill() {
    const pieces = get("pieces"), n = count();
    rows.replaceChildren(...pieces.map((p, i) => {
      const line = weights.subarray(i * n, i * n + n), j = line.indexOf(Math.max(...line));
      return node("tr", {}, node("th", { scope: "row", textContent: `${p} (${i})` }),
        node("td", { textContent: `${pieces[j]} (${j})` }), node("td", { textContent: percent(line[j]) }));
    }));
  }

  const set = (name, value) => send(model, name, value);
  let waiting;
  const read = () => { clearTimeout(waiting); set("sentence", sentence.value); };
  sentence.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(read, 200); });
  sentence.addEventListener("change", read);
  layer.addEventListener("change", () => set("layer", Number(layer.value) + 1));
  head.addEventListener("change", () => set("head", Number(head.value)));
  piece.addEventListener("change", () => set("piece", Number(piece.value)));
  twin.addEventListener("toggle", () => { if (twin.open) fill(); });
  const range = (n) => Array.from({ length: n }, (_, i) => `${i + 1} of ${n}`);
  options(layer, range(get("layers")), get("layer") - 1);
  options(head, ["mean of all", ...range(get("heads"))], get("head"));
  let built;
  const update = () => { // once a message, when all of its values are in place
    if (get("maps") !== built) build();
    built = get("maps");
    draw();
  };
  model.on("change", update);
  update();
  return () => model.off("change", update);
}

export default { render };
