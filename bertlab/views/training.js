// The face of `MonitorWidget`: a loss curve, levels to compare with, and a slider over the records.

const WIDTH = 720, HEIGHT = 300, LEFT = 44, RIGHT = 96, TOP = 26, BOTTOM = 34;
function told(record, total) {
  const parts = [`Step ${record.step} of ${total}: MLM loss ${record.plotted.toFixed(3)}`];
  if ("nsp_loss" in record) parts.push(`NSP loss ${record.nsp_loss.toFixed(3)}`);
  if ("masked_accuracy" in record) parts.push(`masked accuracy ${percent(record.masked_accuracy, 1)}`);
  if ("learning_rate" in record) parts.push(`learning rate ${record.learning_rate.toExponential(1)}`);
  if ("tokens_per_second" in record) {
    parts.push(`${record.tokens_per_second.toLocaleString("en")} tokens a second`);
  }
  return parts.join(", ");
}

function render({ model, el }) {
  const plot = shape("svg", { role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH });
  const slider = node("input", { type: "range", min: 0, max: 0, value: 0 });
  keepKeys([slider]);
  const readout = node("p", { textContent: "Waiting for the first record." });
  el.append(node("div", { className: "bertlab-training" }, plot, field("Record", slider), readout));
  let follow = true; // until the learner moves the slider, it stays at the newest record

  function draw() {
    const records = model.get("records"), levels = model.get("levels"), total = model.get("total");
    const heights = [...records.map((r) => r.plotted), ...levels.map(([, level]) => level)];
    const low = heights.length ? Math.floor(Math.min(...heights)) : 0;
    const high = Math.max(low + 1, heights.length ? Math.ceil(Math.max(...heights)) : 1);
    const x = (step) => LEFT + (step / total) * (WIDTH - LEFT - RIGHT);
    const y = (loss) => TOP + ((high - loss) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    const bottom = HEIGHT - BOTTOM, right = WIDTH - RIGHT;
    plot.replaceChildren();
    const every = Math.max(1, Math.ceil((high - low) / 6));
    for (let loss = low; loss <= high; loss += every) {
      plot.append(shape("line", { class: "grid", x1: LEFT, x2: right, y1: y(loss), y2: y(loss) }),
        shape("text", { x: LEFT - 8, y: y(loss) + 4, "text-anchor": "end" }, loss));
    }
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      plot.append(shape("text", { x: x(share * total), y: bottom + 16, "text-anchor": "middle" },
        Math.round(share * total).toLocaleString("en")));
    }
    plot.append(shape("text", { x: (LEFT + right) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, "step"));
    plot.append(shape("text", { x: 0, y: 12 }, "MLM loss (nats)"));
    let above = Infinity; // labels that would overlap are moved down
    for (const [name, level] of [...levels].sort((a, b) => a[1] - b[1])) {
      above = Math.min(y(level) + 4, above - 15);
      plot.append(shape("line", { class: "level", x1: LEFT, x2: right, y1: y(level), y2: y(level) }),
        shape("text", { x: right + 6, y: above }, name));
    }
    if (records.length) {
      const points = records.map((r) => `${x(r.step)},${y(r.plotted)}`).join(" ");
      plot.append(shape("polyline", { class: "curve", points }));
      slider.max = records.length - 1;
      if (follow) slider.value = records.length - 1;
      const record = records[Number(slider.value)];
      plot.append(shape("line", { class: "cursor", x1: x(record.step), x2: x(record.step), y1: TOP, y2: bottom }),
        shape("circle", { cx: x(record.step), cy: y(record.plotted), r: 5 }));
      readout.textContent = told(record, total);
      slider.setAttribute("aria-valuetext", readout.textContent);
      const last = records[records.length - 1];
      plot.setAttribute("aria-label", `Loss over steps, from ${records[0].plotted.toFixed(2)} at step ` +
        `${records[0].step} to ${last.plotted.toFixed(2)} at step ${last.step}` +
        levels.map(([name, level]) => `; ${name} at ${level.toFixed(2)}`).join(""));
    }
    slider.disabled = records.length < 2;
  }

  slider.addEventListener("input", () => {
    follow = Number(slider.value) === Number(slider.max);
    draw();
  });
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

export default { render };
