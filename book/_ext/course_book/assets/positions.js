/* Positions as clocks: every pair of features is a hand. Choose a position and how many words to go on: each hand turns by an
   angle that does not depend on the position, and so the dot product of the two depends on the distance alone. */
"use strict";
window.courseFigure.start("positions", (box) => {
  const { element, drawn, slider, select } = window.courseFigure;
  const MOST = 60, CELL = 9, LEFT = 44, SHOWN = 8;

  const kind = select("index", "Pairs counted from",
    [["0", "j = 0, as in the paper"], ["1", "j = 1, as on the slide of deck L"]], "0", draw);
  const width = select("d", "Features d", [4, 8, 16, 32].map((d) => [d, String(d)]), 16, draw);
  const position = slider("t", "Position t", { min: 0, max: 40, step: 1, value: 12, show: String }, draw);
  const shift = slider("k", "Go on by k words", { min: 0, max: 20, step: 1, value: 3, show: String }, draw);
  const clocks = element("div", { class: "clocks" });
  const scrolling = (name) => element("div", { class: "map-scroll", role: "group", tabindex: 0, "aria-label": name });
  const map = scrolling("Features of all positions"), curve = scrolling("Dot products");
  const readout = element("p", { class: "readout", role: "status" });
  box.append(element("div", { class: "controls" }, kind.row, width.row, position.row, shift.row), clocks, readout,
    element("p", { class: "map-title" }, "One column for each position: blue is positive, orange negative"), map,
    element("p", { class: "map-title" }, "Dot product of position t with every position"), curve);

  const d = () => Number(width.value());
  const speeds = () => Array.from({ length: d() / 2 }, (_, j) => 10000 ** (-2 * (j + Number(kind.value())) / d()));
  const vector = (t) => speeds().flatMap((w) => [Math.sin(w * t), Math.cos(w * t)]);
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const short = (x) => x.toFixed(3).replace("-", "−");
  const row = (v) => `(${v.slice(0, 4).map(short).join(", ")}${v.length > 4 ? ", …" : ""})`;

  /* A hand is drawn as a clock's: straight up at angle 0, turning to the right. Up is the cosine, right the sine. */
  function clock(w, j) {
    const hand = (t, css) => drawn("path", { class: css,
      d: `M0 0L${(26 * Math.sin(w * t)).toFixed(2)} ${(-26 * Math.cos(w * t)).toFixed(2)}` });
    const t = position.value(), k = shift.value(), angle = w * k;
    return element("div", { class: "clock" },
      drawn("svg", { viewBox: "-34 -34 68 68", width: 68, height: 68, role: "img",
        "aria-label": `pair ${j}: the hand turns by ${short(angle)} radians for ${k} words` },
      drawn("circle", { r: 30, cx: 0, cy: 0, class: "dial" }), hand(t + k, "hand later"), hand(t, "hand")),
      element("div", { class: "clock-words" },
        `${angle >= 0.0005 || !angle ? short(angle) : angle.toExponential(0).replace("-", "−")} rad`));
  }

  const x = (t) => LEFT + t * CELL;
  function marks(height) {
    const t = position.value();
    return [[t, "mark"], [t + shift.value(), "mark later"]].map(([s, css]) => drawn("rect",
      { x: x(s), y: 1, width: CELL, height, class: css }));
  }

  function heat() {
    const rows = Math.min(CELL, 180 / d()), height = rows * d();
    const svg = drawn("svg", { viewBox: `0 0 ${x(MOST + 1) + 6} ${height + 22}`, class: "wave-map", role: "img",
      "aria-label": "Positions from left to right, features from top to bottom: the upper ones alternate quickly, the lower ones slowly" });
    for (let t = 0; t <= MOST; t++) {
      vector(t).forEach((value, i) => svg.append(drawn("rect", { x: x(t), y: 1 + i * rows, width: CELL, height: rows,
        class: value < 0 ? "minus" : "plus", "fill-opacity": Math.abs(value).toFixed(2) })));
    }
    svg.append(...marks(height), drawn("text", { x: 0, y: 13 }, "fast"), drawn("text", { x: 0, y: height - 2 }, "slow"),
      ...[0, 20, 40, 60].map((t) => drawn("text", { x: x(t) + CELL / 2, y: height + 17, "text-anchor": "middle" }, String(t))));
    return svg;
  }

  function products() {
    const here = vector(position.value()), all = Array.from({ length: MOST + 1 }, (_, s) => dot(here, vector(s)));
    const low = Math.min(0, ...all), high = d() / 2, y = (value) => 8 + 90 * (high - value) / (high - low);
    const svg = drawn("svg", { viewBox: `0 0 ${x(MOST + 1) + 6} 122`, class: "wave-map", role: "img",
      "aria-label": "The dot product is largest at position t and falls to both sides in the same way" });
    svg.append(...marks(98), drawn("path", { class: "grid", d: `M${LEFT} ${y(0)}H${x(MOST + 1)}` }),
      drawn("path", { class: "product-curve",
        d: all.map((value, s) => `${s ? "L" : "M"}${(x(s) + CELL / 2).toFixed(1)} ${y(value).toFixed(1)}`).join("") }),
      drawn("text", { x: LEFT - 6, y: y(high) + 8, "text-anchor": "end" }, String(high)),
      drawn("text", { x: LEFT - 6, y: y(0) + 4, "text-anchor": "end" }, "0"),
      ...[0, 20, 40, 60].map((t) => drawn("text", { x: x(t) + CELL / 2, y: 117, "text-anchor": "middle" }, String(t))));
    return svg;
  }

  function draw() {
    const t = position.value(), k = shift.value(), here = vector(t), there = vector(t + k);
    clocks.replaceChildren(...speeds().slice(0, SHOWN).map(clock));
    map.replaceChildren(heat());
    curve.replaceChildren(products());
    const rest = d() / 2 > SHOWN ? ` (${SHOWN} of ${d() / 2} pairs are drawn)` : "";
    readout.textContent = `Blue: p at t = ${t} is ${row(here)}. Orange: at t + k = ${t + k} it is ${row(there)}. `
      + `Below each clock is the angle between its hands, the same for every t${rest}. The dot product is ${short(dot(here, there))}, also for every t: `
      + `${k ? `it depends on k = ${k} alone` : "with itself it is d/2, one for each pair"}.`;
  }
  draw();
});
