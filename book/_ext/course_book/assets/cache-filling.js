/* The decoder's desk, the cache: tokens are written one after the other, with a cache of keys and values beside without one.
   What is computed in a step is orange, what was kept and is only read is blue; both are counted. */
"use strict";
window.courseFigure.start("cache-filling", (box) => {
  const { element, drawn, slider, select, player, set } = window.courseFigure;
  const TOKENS = ["⟨bos⟩", "Lova", "saw", "the", "owl", ",", "and", "the", "owl", "saw", "her", "."], MOST = TOKENS.length;
  const V = 483, SIZES = { "4": [4, 128], "2": [2, 128], "12": [12, 768] };              // layers: [layers, width]
  const LEFT = 46, CELL = 17, HALF = 12, HEAD = 20, FAR = [16, 64, 256, 1024];
  const whole = (x) => x.toLocaleString("en-US");

  const t = slider("t", "Tokens written", { min: 1, max: MOST, step: 1, value: 6, show: String }, draw);
  const size = select("size", "Network", Object.entries(SIZES).map(([key, [L, d]]) => [key, `${L} layers of width ${d}`]), "4", draw);
  const far = select("far", "And for so many tokens", FAR.map((T) => [T, whole(T)]), 256, draw);
  const play = player("Write", {
    every: 800,
    begin: () => set(t.input, 1),
    step: () => { set(t.input, t.value() + 1); return t.value() < MOST; },
    ended: draw,
  });
  const next = element("button", { type: "button" }, "Next token");
  next.addEventListener("click", () => set(t.input, t.value() % MOST + 1));
  const panels = element("div", { class: "cache-panels" });
  const readout = element("p", { class: "readout", role: "status" });
  const table = element("div", { class: "map-scroll", role: "group", tabindex: 0, "aria-label": "Counts" });
  box.append(element("div", { class: "controls" }, t.row, size.row, far.row), element("div", { class: "actions" }, play, next),
    panels, readout, table);

  /* In step n a key row is new, or read from the cache; a pair of query i and key j is compared, or was before. */
  const isNew = (cached, n, row) => row === n || !cached;

  /* Computed in step n, or in all steps up to T: rows of keys and values, pairs, and operations as decoding.generation_flops
     counts them. */
  function counts(cached, steps) {
    const [L, d] = SIZES[size.value()];
    let rows = 0, pairs = 0;
    steps.forEach((n) => {
      for (let row = 1; row <= n; row++) {
        rows += isNew(cached, n, row) ? 1 : 0;
        pairs += isNew(cached, n, row) ? row : 0;
      }
    });
    return { rows, pairs, flops: rows * (L * 24 * d * d + 2 * d * V) + pairs * L * 4 * d };
  }
  const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);

  function panel(cached) {
    const n = t.value(), marks = [], keys = LEFT, values = LEFT + CELL + 3, scores = values + CELL + HALF;
    const cell = (x, y, state) => drawn("rect", { class: `cache-cell ${state}`, x, y, width: CELL - 2, height: CELL - 2, rx: 2 });
    marks.push(drawn("text", { x: keys + 7, y: 13, "text-anchor": "middle" }, "K"), drawn("text", { x: values + 7, y: 13, "text-anchor": "middle" }, "V"),
      drawn("text", { x: scores, y: 13 }, "query · key"));
    for (let row = 1; row <= MOST; row++) {
      const y = HEAD + (row - 1) * CELL, state = row > n ? "none" : isNew(cached, n, row) ? "new" : "read";
      if (row <= n) marks.push(drawn("text", { x: LEFT - 5, y: y + 12, "text-anchor": "end" }, TOKENS[row - 1]));
      marks.push(cell(keys, y, state), cell(values, y, state));
      for (let key = 1; key <= row; key++) {
        marks.push(cell(scores + (key - 1) * CELL, y, row > n ? "none" : isNew(cached, n, row) ? "new" : "before"));
      }
    }
    const name = cached ? "With a cache" : "Without";
    return element("div", { class: "cache-panel" }, element("p", { class: "map-title" }, name),
      drawn("svg", { viewBox: `0 0 ${scores + MOST * CELL + 2} ${HEAD + MOST * CELL}`, role: "img",
        "aria-label": `${name}: step ${n} computes ${counts(cached, [n]).rows} rows of keys and values and ${counts(cached, [n]).pairs} products` }, ...marks));
  }

  function draw() {
    const n = t.value(), [L, d] = SIZES[size.value()], T = Number(far.value());
    panels.replaceChildren(panel(true), panel(false));
    const [a, b] = [true, false].map((cached) => counts(cached, [n]));
    const rows = (x) => `${x} ${x === 1 ? "row" : "rows"} of K and V`, products = (x) => `${x} ${x === 1 ? "product" : "products"}`;
    readout.textContent = `Step ${n} reads “${TOKENS[n - 1]}”. With a cache it computes ${rows(a.rows)}, reads ${n - 1} that ${n === 2 ? "was" : "were"} kept, and `
      + `compares one query: ${products(a.pairs)}. Without, it computes ${rows(b.rows)} and ${products(b.pairs)}.`;
    const line = (name, one) => element("tr", {}, element("th", { scope: "row" }, name),
      ...[whole(one.rows), whole(one.pairs), (one.flops / 1e6).toFixed(1).replace(/\B(?=(\d{3})+\.)/g, ",")].map((x) => element("td", {}, x)));
    const part = (title, steps) => [true, false].map((cached) => line(`${title}, ${cached ? "cache" : "without"}`, counts(cached, steps)));
    table.replaceChildren(element("table", { class: "bars counters" },
      element("thead", {}, element("tr", {}, ...["", "rows of K, V a layer", "products a layer", "million operations"].map((text) => (text ? element("th", { scope: "col" }, text) : element("td"))))),
      element("tbody", {}, ...part("this step", [n]), ...part(`${n} ${n === 1 ? "token" : "tokens"}`, upTo(n)), ...part(`${whole(T)} tokens`, upTo(T)))),
    element("p", { class: "readout" }, `The cache then holds 2 · ${L} · ${n} · ${d} numbers, ${whole(2 * L * n * d * 4)} bytes; with ${whole(T)} tokens ${whole(2 * L * T * d * 4)}.`));
  }
  draw();
});
