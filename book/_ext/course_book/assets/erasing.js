/* Erasing: an unrolled network of one to three layers over ten words. Choose a word and a state: the shortest chain from the one
   to the other lights up, and below it stands what is left of the state's gradient at each word on the way back. */
"use strict";
window.courseFigure.start("erasing", (box, settings, keep) => {
  const { element, drawn, slider, select, player } = window.courseFigure;
  const number = (x) => (x < 1e4 ? window.courseFigure.number(x) : x.toExponential(1).replace("+", ""));
  const WORDS = ["Ada", "lived", "at", "the", "mill", ".", "one", "rainy", "day", ","], T = WORDS.length;
  const LEFT = 74, COLUMN = 60, ROW = 62, TOP = 26;
  let from = 1, to = { t: T, layer: 2 }, arrived = Infinity, focus = { t: T, layer: 2 };   // the row of words is layer 0

  const kind = select("kind", "Network", [["rnn", "RNN"], ["lstm", "LSTM"], ["attention", "attention (unit 08)"]], "rnn", draw);
  const layers = select("layers", "Layers", [1, 2, 3].map((n) => [n, String(n)]), 2, draw);
  const w = slider("w", "Recurrent weight w", { min: 0, max: 2, step: 0.05, value: 0.9 }, draw);
  const slope = slider("slope", "Slope of tanh, 1 − h²", { min: 0, max: 1, step: 0.05, value: 0.5 }, draw);
  const gate = slider("gate", "Forget gate f", { min: 0, max: 1, step: 0.01, value: 0.95 }, draw);
  const weight = slider("weight", "Weight that attention gives the word", { min: 0, max: 1, step: 0.05, value: 0.5 }, draw);
  const far = slider("far", "The same after so many steps in time", { min: 1, max: 100, step: 1, value: 30, show: (n) => String(n) }, draw);
  const grid = element("div", { class: "map-scroll" });
  const readout = element("p", { class: "readout", role: "status" });
  const back = element("table", { class: "bars erased" });
  const later = element("p", { class: "readout" });
  const send = player("Send the gradient back", {
    every: 500,
    begin: () => { arrived = 0; draw(); },
    step: () => { arrived++; draw(); return arrived < steps().length - 1; },
    ended: () => { arrived = Infinity; draw(); },
  });
  box.append(
    element("div", { class: "controls" }, kind.row, layers.row, w.row, slope.row, gate.row, weight.row, far.row),
    grid, readout, element("div", { class: "actions" }, send), back, later,
  );

  const x = (t) => LEFT + (t - 0.5) * COLUMN;
  const y = (layer) => TOP + (Number(layers.value()) - layer) * ROW;
  const attention = () => kind.value() === "attention";
  const earliest = (t, layer) => (attention() ? layer : t + layer - 1);
  const factor = () => ({ rnn: w.value() * slope.value(), lstm: gate.value(), attention: weight.value() }[kind.value()]);

  /* The cells of a shortest chain: along the lowest layer, then upwards; with attention at once. None where the state comes first. */
  function chain() {
    if (from > to.t) return [];
    const along = attention() ? [to.t] : Array.from({ length: to.t - from + 1 }, (_, i) => from + i);
    return [...along.map((t) => ({ t, layer: 1 })), ...Array.from({ length: to.layer - 1 }, (_, i) => ({ t: to.t, layer: i + 2 }))];
  }

  /* What is left of the gradient at each word from the state's own back to the chosen one: [[word number, share], …]. */
  function steps() {
    if (from > to.t) return [];
    return Array.from({ length: to.t - from + 1 }, (_, k) => [to.t - k, attention() ? factor() : factor() ** k]);
  }

  const same = (a, b) => a.t === b.t && a.layer === b.layer;
  const cellAt = ({ t, layer }) => grid.querySelector(`[data-cell="${t}.${layer}"]`);

  function arrow(a, b, on) {
    const [x0, y0, x1, y1] = [x(a.t), y(a.layer), x(b.t), y(b.layer)], long = Math.hypot(x1 - x0, y1 - y0);
    const [dx, dy] = [(x1 - x0) / long, (y1 - y0) / long], lines = kind.value() === "lstm" && y0 === y1 ? [-3, 3] : [0];
    return drawn("path", { class: on ? "edge on" : "edge",
      d: lines.map((side) => `M${x0 + 19 * dx} ${y0 + 17 * dy + side}L${x1 - 19 * dx} ${y1 - 17 * dy + side}`).join("") });
  }

  function drawGrid() {
    const top = Number(layers.value()), path = chain(), lit = [{ t: from, layer: 0 }, ...path];
    const width = LEFT + T * COLUMN + 4, height = TOP + top * ROW + 22;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, class: `unrolled ${kind.value()}`, role: "grid",
      "aria-label": "Words and the states above them; arrow keys move, Enter chooses a word or a state" });
    const edges = drawn("g", { "aria-hidden": "true" });
    const on = (a, b) => lit.some((one, i) => same(one, a) && lit[i + 1] && same(lit[i + 1], b));
    for (let layer = 1; layer <= top; layer++) {
      for (let t = 1; t <= T; t++) {
        const here = { t, layer }, before = attention() ? Array.from({ length: t }, (_, i) => ({ t: i + 1, layer: layer - 1 }))
          : [{ t, layer: layer - 1 }, ...(t > 1 ? [{ t: t - 1, layer }] : [])];
        before.forEach((one) => edges.append(arrow(one, here, on(one, here))));
      }
    }
    [...edges.querySelectorAll(".on")].forEach((one) => edges.append(one));        // above the others
    const rows = [];
    for (let layer = top; layer >= 0; layer--) {
      const row = drawn("g", { role: "row" });
      row.append(drawn("text", { x: 2, y: y(layer) + 4.5, class: "layer", role: "rowheader" }, layer ? `layer ${layer}` : "words"));
      for (let t = 1; t <= T; t++) row.append(cell({ t, layer }, lit));
      rows.push(row);
    }
    svg.append(edges, ...rows);
    svg.addEventListener("click", (event) => choose(event.target.closest("[data-cell]")));
    svg.addEventListener("keydown", keys);
    const hadFocus = grid.contains(document.activeElement);
    grid.replaceChildren(svg);
    if (hadFocus) cellAt(focus).focus();
  }

  function cell(here, lit) {
    const { t, layer } = here, on = lit.some((one) => same(one, here)), chosen = layer ? same(here, to) : t === from;
    const name = layer ? `layer ${layer} at “${WORDS[t - 1]}”, step ${earliest(t, layer)}` : `word ${t}, “${WORDS[t - 1]}”`;
    const wide = layer ? 38 : 56, high = layer ? 32 : 26;
    return drawn("g", { role: "gridcell", tabindex: same(here, focus) ? 0 : -1, "data-cell": `${t}.${layer}`,
      class: `${layer ? "node" : "leaf"}${on ? " on" : ""}${chosen ? " chosen" : ""}`, "aria-selected": String(chosen),
      "aria-label": `${name}${on ? ", on the chain" : ""}`, transform: `translate(${x(t)} ${y(layer)})` },
    drawn("rect", { x: -wide / 2, y: -high / 2, width: wide, height: high, rx: layer ? 16 : 5 }),
    drawn("text", { "text-anchor": "middle", y: 4.5 }, layer ? String(earliest(t, layer)) : WORDS[t - 1]));
  }

  function choose(target) {
    if (!target) return;
    const [t, layer] = target.dataset.cell.split(".").map(Number);
    focus = { t, layer };
    if (layer) to = { t, layer };
    else from = t;
    draw();
  }

  function keys(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (["Enter", " "].includes(event.key)) {
      event.preventDefault();
      choose(event.target.closest("[data-cell]"));
    } else if (step) {
      event.preventDefault();
      const [t, layer] = [focus.t + step[0], focus.layer + step[1]];
      if (!cellAt({ t, layer })) return;
      cellAt(focus).setAttribute("tabindex", -1);
      focus = { t, layer };
      cellAt(focus).setAttribute("tabindex", 0);
      cellAt(focus).focus();
    }
  }

  function describe() {
    const state = `the state of layer ${to.layer} at “${WORDS[to.t - 1]}”`, path = chain().length;
    if (!path) return `${state[0].toUpperCase()}${state.slice(1)} comes before “${WORDS[from - 1]}” and knows nothing of it.`;
    const times = to.t - from, cells = `${path} ${path === 1 ? "cell" : "cells"}`;
    const rule = attention() ? "as many as layers" : from === 1 ? `t + ℓ − 1 = ${to.t} + ${to.layer} − 1`
      : `${times} + ${to.layer}`;
    const kept = steps()[times][1], often = times === 1 ? "once" : `${times} times`;
    const said = attention() ? `One step, whatever the distance: the gradient is multiplied by ${number(factor())}`
      : `${times ? `${times} ${times === 1 ? "step" : "steps"}` : "No step"} in time: the gradient is `
        + (times ? `multiplied ${often} by ${number(factor())}` : "not multiplied");
    return `From “${WORDS[from - 1]}” to ${state}: ${cells} (${rule}). ${said}, and ${number(kept)} of it is left. `
      + "A step from layer to layer is counted as 1 here.";
  }

  function draw() {
    const top = Number(layers.value());
    if (to.layer > top) to = { t: to.t, layer: top };
    if (focus.layer > top) focus = { ...to };
    const shown = { rnn: [w, slope], lstm: [gate], attention: [weight] }[kind.value()];
    [w, slope, gate, weight].forEach((one) => { one.row.hidden = !shown.includes(one); });
    drawGrid();
    readout.textContent = describe();
    const rows = steps(), most = Math.max(1, ...rows.map(([, share]) => share));
    back.replaceChildren(
      element("caption", {}, "What is left of the gradient on its way back, word by word"),
      element("tbody", {}, ...rows.map(([t, share], k) => element("tr", { class: k > arrived ? "waiting" : null },
        element("th", { scope: "row" }, WORDS[t - 1]),
        element("td", { class: "bar-cell" }, element("span", { class: "bar", style: `width:${(100 * share / most).toFixed(2)}%` })),
        element("td", {}, number(share))))));
    const n = far.value();
    later.textContent = attention() ? `After ${n} ${n === 1 ? "word" : "words"} still one step: ${number(factor())} is left.`
      : `After ${n} ${n === 1 ? "step" : "steps"} in time, ${number(factor())} to the power of ${n}: ${number(factor() ** n)} is left.`;
  }

  keep("from", () => String(from), (text) => {
    if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > T) return;
    from = Number(text);
    draw();
  });
  keep("to", () => `${to.t}.${to.layer}`, (text) => {
    const [t, layer] = /^\d+\.\d$/.test(text) ? text.split(".").map(Number) : [0, 0];
    if (t < 1 || t > T || layer < 1 || layer > Number(layers.value())) return;
    to = { t, layer };
    draw();
  });
  draw();
});
