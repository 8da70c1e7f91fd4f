// The face of `MixerWidget`: controls here, neighbours as Python ranked them.

const NAMES = ["layer 0, characters", "layer 1", "layer 2"];

function render({ model, el }) {
  const get = (name) => model.get(name);
  const word = node("select"), use = node("select");
  word.append(...get("words").map((w) => node("option", { value: w, textContent: w })));
  const slider = (text, min, max, step, value) => {
    const input = node("input", { type: "range", min, max, step, value });
    const bar = node("i"), told = node("output");
    const line = field(text, input, node("span", { className: "bertlab-bar", ariaHidden: "true" }, bar), told);
    return { input, bar, told, line };
  };
  const sliders = get("weights").map((value, i) =>
    slider(NAMES[i] ?? `layer ${i}`, -5, 5, 0.1, value));
  const gamma = slider("gamma", 0.1, 3, 0.1, get("gamma"));
  gamma.bar.parentNode.remove();
  const reset = node("button", { type: "button", textContent: "equal shares" });
  const status = node("p", { role: "status" });
  const body = node("tbody");
  const head = columns("Sense", "Cosine (bars: from the least to 1)", "Other uses, nearest first");
  el.append(node("div", { className: "bertlab-mixer" },
    node("div", { className: "bertlab-chosen" }, field("Word", word), field("Use", use)),
    node("fieldset", {}, node("legend", { textContent: "Weights of the layers" }),
      ...sliders.map((s) => s.line), gamma.line, reset),
    status, node("table", {}, node("thead", {}, head), body)));
  keepKeys([word, use, reset, gamma.input, ...sliders.map((s) => s.input)]);

  let listed;
  function draw() {
    const sentences = get("sentences"), shares = get("shares");
    if (listed !== sentences) { // they arrive after the word: Python looks them up
      use.replaceChildren(...sentences.map((s, i) => node("option", { value: i, textContent: s })));
      listed = sentences;
    }
    word.value = get("word");
    use.value = get("use");
    sliders.forEach((s, i) => {
      s.input.value = get("weights")[i];
      s.bar.style.width = `${100 * shares[i]}%`;
      s.told.textContent = percent(shares[i]);
      s.input.setAttribute("aria-valuetext", `weight ${get("weights")[i].toFixed(1)}, share ${percent(shares[i])}`);
    });
    gamma.input.value = get("gamma");
    gamma.told.textContent = get("gamma").toFixed(1);
    reset.disabled = get("weights").every((weight) => weight === 0);
    const rows = get("rows"), first = rows[0];
    const low = Math.min(...rows.map((row) => row.cosine)); // cosines lie close: bars begin at the least
    const length = (cosine) => 100 * (cosine - low) / Math.max(1 - low, 1e-6);
    status.textContent = `Here “${get("word")}” means: ${get("sense")}. Its nearest use means: ${first.sense} ` +
      `(${first.same ? "the same" : "another sense"}). Over all uses with a like one, the nearest has the same sense in ${get("score")}. ` +
      `The mixed vectors are ${get("length").toFixed(1)} long.`;
    body.replaceChildren(...rows.map((row) => node("tr", { className: row.same ? "bertlab-same" : "" },
      node("td", { textContent: `${row.same ? "●" : "○"} ${row.sense}` }),
      node("td", {}, node("span", { className: "bertlab-bar", ariaHidden: "true" },
        Object.assign(node("i"), { style: `width:${length(row.cosine)}%` })),
        node("span", { textContent: row.cosine.toFixed(3) })),
      node("td", {}, row.before, node("strong", { textContent: row.word }), row.after))));
  }

  const set = (name, value) => send(model, name, value);
  word.addEventListener("change", () => set("word", word.value));
  use.addEventListener("change", () => set("use", Number(use.value)));
  for (const s of sliders) {
    s.input.addEventListener("input", () => set("weights", sliders.map((o) => Number(o.input.value))));
  }
  gamma.input.addEventListener("input", () => set("gamma", Number(gamma.input.value)));
  reset.addEventListener("click", () => {
    set("weights", sliders.map(() => 0));
    sliders[0].input.focus(); // the button goes to sleep, and would take the focus along
  });
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

export default { render };
