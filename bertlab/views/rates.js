// The face of `RatesWidget`: rate against outcome on a log axis, and the chosen rate's epochs.

const WIDTH = 420, HEIGHT = 290, LEFT = 48, RIGHT = 14, TOP = 26, BOTTOM = 40;

const named = (rate) => (rate >= 0.01 ? String(+rate.toPrecision(3)) : rate.toExponential().replace("e-", "e−"));
const isLoss = (name) => name.endsWith("loss");
function value(number, name) {
  if (number === null) return "not finite";
  return isLoss(name) ? number.toFixed(2) : percent(number, 1);
}
const within = (text) => text[0].toLowerCase() + text.slice(1); // inside a sentence; F1 stays F1
const last = (run, name) => run[name][run[name].length - 1];

function render({ model, el }) {
  const get = (name) => model.get(name);
  const set = (name, chosen) => send(model, name, chosen);
  const measure = node("select"), rate = node("input", { type: "range", min: 0, step: 1 });
  const title = (name) => get("measures").find(([one]) => one === name)[1];
  measure.append(...get("measures").map(([name, text]) => node("option", { value: name, textContent: text })));
  const size = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, role: "img" };
  const left = shape("svg", size), right = shape("svg", size);
  const status = node("p", { role: "status" });
  const head = columns("Learning rate", ...get("measures").map(([, text]) => text));
  const body = node("tbody"), twin = fold("The sweep as a table", head, body);
  el.append(node("div", { className: "bertlab-rates" },
    node("div", { className: "bertlab-controls" }, field("Learning rate", rate), field("Measure", measure)),
    status, node("div", { className: "bertlab-pictures" }, left, right), twin));
  keepKeys([measure, rate, twin.firstChild]);

  function scale(names, losses) { // [low, high] of what is drawn
    if (losses) return [0, get("ceiling")];
    const all = get("runs").flatMap((run) => names.flatMap((name) => run[name])).filter((v) => v !== null);
    const low = Math.min(...all), high = Math.max(...all), room = Math.max(0.02, 0.08 * (high - low));
    return [Math.max(0, low - room), Math.min(1, high + room)];
  }
  function frame(svg, [low, high], text, xlabel, shares) {
    svg.replaceChildren();
    const y = (v) => TOP + ((high - Math.min(v === null ? high : v, high)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((one) => one * power >= rough); // round numbers on the axis
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9; i++) {
      const v = i * step;
      svg.append(shape("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }),
        shape("text", { x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" },
          shares ? `${+(100 * v).toFixed(1)} %` : String(+v.toFixed(2))));
    }
    svg.append(shape("text", { x: 4, y: 13 }, text), shape("text",
      { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 5, "text-anchor": "middle" }, xlabel));
    return y;
  }

  function drawSweep(runs, chosen, name) {
    const y = frame(left, scale([name], isLoss(name)), `${title(name)} after the last epoch`,
      "learning rate (each line is ten times the one before)", !isLoss(name));
    const from = Math.log10(runs[0].rate), to = Math.log10(runs[runs.length - 1].rate);
    const x = (r) => LEFT + 14 + ((Math.log10(r) - from) / (to - from)) * (WIDTH - LEFT - RIGHT - 28);
    for (let power = Math.ceil(from - 1e-9); power <= to + 1e-9; power++) {
      const at = x(10 ** power);
      left.append(shape("line", { class: "grid", x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM }),
        shape("text", { x: at, y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, named(10 ** power)));
    }
    const points = runs.map((run) => [x(run.rate), y(last(run, name))]);
    left.append(shape("polyline", { class: "curve", points: points.map((p) => p.join(",")).join(" ") }));
    points.forEach(([cx, cy], i) => {
      const dot = shape("circle", { class: i === chosen ? "dot chosen" : "dot", cx, cy, r: i === chosen ? 8 : 5 });
      dot.append(shape("title", {}, `${named(runs[i].rate)}: ${value(last(runs[i], name), name)}`));
      dot.addEventListener("click", () => set("chosen", i));
      left.append(dot);
    });
    left.setAttribute("aria-label", `${title(name)} after the last epoch, by learning rate: ` +
      runs.map((run) => `${named(run.rate)} ${value(last(run, name), name)}`).join(", "));
  }

  function drawEpochs(runs, chosen) {
    const names = get("measures").map(([name]) => name).filter(isLoss);
    const run = runs[chosen], grey = `epoch (grey: ${within(title(names[0]))} at the other rates)`;
    const y = frame(right, scale(names, true), `Loss by epoch at rate ${named(run.rate)}`, grey, false);
    const longest = Math.max(...runs.map((one) => one[names[0]].length));
    const x = (i) => LEFT + 14 + (longest > 1 ? i / (longest - 1) : 0.5) * (WIDTH - LEFT - RIGHT - 120);
    const line = (values) => values.map((v, i) => `${x(i)},${y(v)}`).join(" ");
    for (let i = 0; i < longest; i++) {
      right.append(shape("text", { x: x(i), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, i + 1));
    }
    runs.forEach((one, i) => {
      if (i !== chosen) right.append(shape("polyline", { class: "faint", points: line(one[names[0]]) }));
    });
    const ends = names.map((name) => [name, y(last(run, name))]).sort((a, b) => a[1] - b[1]);
    let lowest = -Infinity;
    for (const [name, end] of ends) {
      const at = Math.max(end + 4, lowest + 15);
      lowest = at;
      right.append(shape("polyline", { class: name === "loss" ? "train" : "held", points: line(run[name]) }),
        shape("text", { x: x(run[name].length - 1) + 9, y: at }, title(name)));
      run[name].forEach((v, i) => right.append(name === "loss"
        ? shape("circle", { class: "train-mark", cx: x(i), cy: y(v), r: 4.5 })
        : shape("rect", { class: "held-mark", x: x(i) - 4, y: y(v) - 4, width: 8, height: 8 })));
    }
    right.setAttribute("aria-label", `Loss by epoch at rate ${named(run.rate)}. ` + names.map((name) =>
      `${title(name)}: ${run[name].map((v) => value(v, name)).join(", ")}`).join(". "));
  }

  function draw() {
    const runs = get("runs"), name = get("measure"), chosen = Math.min(get("chosen"), runs.length - 1);
    drawSweep(runs, chosen, name);
    drawEpochs(runs, chosen);
    rate.max = runs.length - 1;
    rate.value = chosen;
    measure.value = name;
    const sign = isLoss(name) ? -1 : 1;
    const score = (run) => (last(run, name) === null ? -Infinity : sign * last(run, name));
    const place = 1 + runs.filter((run) => score(run) > score(runs[chosen])).length;
    const off = Object.keys(runs[chosen]).filter(isLoss).some((one) =>
      runs[chosen][one].some((v) => v === null || v > get("ceiling")));
    status.textContent = `Rate ${named(runs[chosen].rate)}: ` + get("measures").map(([one, text]) =>
      `${within(text)} ${value(last(runs[chosen], one), one)}`).join(", ") +
      `. By ${within(title(name))}, place ${place} of ${runs.length}.` +
      (off ? " Losses at the upper edge are above the scale." : "");
    rate.setAttribute("aria-valuetext", status.textContent);
    body.replaceChildren(...runs.map((run) => node("tr", {},
      node("th", { scope: "row", textContent: named(run.rate) }),
      ...get("measures").map(([one]) => node("td", { textContent: value(last(run, one), one) })))));
  }

  rate.addEventListener("input", () => set("chosen", Number(rate.value)));
  measure.addEventListener("change", () => set("measure", measure.value));
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

export default { render };
