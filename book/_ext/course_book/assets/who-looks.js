/* Who looks at whom: self-attention of four words or five with all of its numbers. A row of the first table is a query; hover it, or
   choose it, and the second table goes from its scores to its output. What an output would be for the text as it was at the
   beginning, with the same mask and scale, says whether it has changed. */
"use strict";
window.courseFigure.start("who-looks-at-whom", (box, { text, more, vectors }, keep) => {
  const { element, select, player } = window.courseFigure;
  const dimensions = vectors[text[0]].q.length, number = (x) => (x === -Infinity ? "−∞" : x.toFixed(2).replace("-", "−"));
  const vector = (v) => `(${v.map(number).join(", ")})`, plain = (v) => `(${v.join(", ")})`;
  const RULES = { none: () => true, A: (i, j) => j >= i, B: (i, j) => j <= i, C: (i, j) => j === i, shifted: (i, j) => j < i };
  const SCALES = { root: [Math.sqrt(dimensions), "√d_k"], none: [1, "1"], width: [dimensions, "d_k"] };
  const STAGES = 6;
  let order = text.map((_, i) => i), asks = text.length, hovered = null, stage = Infinity;    // asks counts from 1

  const mask = select("mask", "Mask", [["none", "none"], ["A", "A: −∞ below the diagonal"], ["B", "B: −∞ above it"],
    ["C", "C: −∞ off it"], ["shifted", "j < i: B without the diagonal"]], "B", draw);
  const scale = select("scale", "Divide the scores by", [["root", `√d_k = ${Math.sqrt(dimensions)}`], ["none", "nothing"],
    ["width", `d_k = ${dimensions}`]], "root", draw);
  const appended = select("append", "Append a word", [["none", "none"], ...more.map((word) => [word, word])], "none", draw);
  const left = element("button", { type: "button" }, "Swap with the word before");
  const right = element("button", { type: "button" }, "Swap with the word after");
  const steps = player("Step by step", {
    every: 900,
    begin: () => { stage = 0; detail(); },
    step: () => { stage++; detail(); return stage < STAGES; },
    ended: () => { stage = Infinity; detail(); },
  });
  const all = element("div", { class: "map-scroll" });
  const one = element("div", { class: "map-scroll", tabindex: 0, role: "region", "aria-label": "Numbers of the word that asks" });
  const readout = element("p", { class: "readout", role: "status" });
  box.append(element("div", { class: "controls" }, mask.row, scale.row, appended.row), all, readout, one,
    element("div", { class: "actions" }, left, right, steps));

  const words = () => [...order.map((i) => text[i]), ...(appended.value() === "none" ? [] : [appended.value()])];
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

  /* All numbers of query i of a list of words: [{word, product, scaled, seen, e, weight, part}, …], and the output. */
  function look(list, i) {
    const rows = list.map((word, j) => {
      const product = dot(vectors[list[i]].q, vectors[word].k), seen = RULES[mask.value()](i, j);
      const scaled = product / SCALES[scale.value()][0];
      return { word, product, scaled, seen, e: seen ? Math.exp(scaled) : 0 };
    });
    const total = rows.reduce((sum, { e }) => sum + e, 0);
    rows.forEach((row) => {
      row.weight = total ? row.e / total : 0;
      row.part = vectors[row.word].v.map((x) => row.weight * x);
    });
    return { rows, total, output: vectors[list[0]].v.map((_, c) => rows.reduce((sum, { part }) => sum + part[c], 0)) };
  }

  function same(word, output) {
    const before = text.indexOf(word);
    return before >= 0 && look(text, before).output.every((x, c) => Math.abs(x - output[c]) < 1e-9);
  }

  function draw() {
    const list = words();
    asks = Math.min(asks, list.length);
    const body = list.map((word, i) => {
      const { rows, output } = look(list, i);
      const choose = element("button", { type: "button", "data-asks": i + 1, "aria-pressed": String(i + 1 === asks),
        "aria-label": `${word} asks` }, word);
      const row = element("tr", { "data-row": i + 1 }, element("th", { scope: "row" }, choose),
        ...rows.map(({ weight, seen }) => element("td", { class: seen ? "weight" : "unseen", style: `--weight:${weight.toFixed(4)}` },
          seen ? number(weight) : "–")),
        element("td", { class: "output" }, vector(output)),
        element("td", {}, text.includes(word) ? (same(word, output) ? "same" : "changed") : "new"));
      choose.addEventListener("click", () => { asks = i + 1; mark(); });
      row.addEventListener("mouseenter", () => { hovered = i + 1; mark(); });
      return row;
    });
    const had = box.contains(document.activeElement) && document.activeElement.dataset.asks;
    const table = element("table", { class: "looks" },
      element("caption", {}, "Weights: rows ask, columns are asked"),
      element("thead", {}, element("tr", {}, element("td", {}), ...list.map((word) => element("th", { scope: "col" }, word)),
        element("th", { scope: "col" }, "output"), element("th", { scope: "col" }, "at first"))),
      element("tbody", {}, ...body));
    table.addEventListener("mouseleave", () => { hovered = null; mark(); });
    table.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key], next = step && asks + step;
      if (!step || next < 1 || next > list.length) return;
      event.preventDefault();
      asks = next;
      mark();
      all.querySelector(`[data-asks="${asks}"]`).focus();
    });
    all.replaceChildren(table);
    if (had) all.querySelector(`[data-asks="${Math.min(Number(had), list.length)}"]`).focus();
    mark();
  }

  /* Which row asks now, and its numbers. */
  function mark() {
    all.querySelectorAll("[data-row]").forEach((row) => {
      row.classList.toggle("asking", Number(row.dataset.row) === (hovered || asks));
      row.querySelector("button").setAttribute("aria-pressed", String(Number(row.dataset.row) === asks));
    });
    left.disabled = asks === 1 || asks > text.length;
    right.disabled = asks >= text.length;
    detail();
  }

  function detail() {
    const list = words(), i = Math.min((hovered || asks), list.length) - 1, { rows, total, output } = look(list, i);
    const [divisor, name] = SCALES[scale.value()];
    const hidden = (s) => (stage < s ? "waiting" : null);
    one.replaceChildren(element("table", { class: "looks looks-one" },
      element("caption", {}, `“${list[i]}” asks, q = ${plain(vectors[list[i]].q)}`),
      element("thead", {}, element("tr", {}, ...["key of", "k", "q·k", divisor === 1 ? "not scaled" : `÷ ${name}`, "+ mask", "e to it",
        "weight", "v", "weight · v"].map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.map((row) => element("tr", { class: row.seen ? null : "unseen" },
        element("th", { scope: "row" }, row.word), element("td", {}, plain(vectors[row.word].k)),
        element("td", { class: hidden(1) }, number(row.product)), element("td", { class: hidden(2) }, number(row.scaled)),
        element("td", { class: hidden(3) }, row.seen ? number(row.scaled) : "−∞"), element("td", { class: hidden(4) }, number(row.e)),
        element("td", { class: hidden(5) }, element("span", { class: "bar", style: `width:${(4 * row.weight).toFixed(3)}rem` }),
          number(row.weight)),
        element("td", {}, plain(vectors[row.word].v)), element("td", { class: hidden(6) }, vector(row.part))))),
      element("tfoot", {}, element("tr", {}, element("th", { scope: "row", colspan: 5 }, "sum"),
        element("td", { class: hidden(4) }, number(total)), element("td", { class: hidden(5) }, number(total ? 1 : 0)),
        element("td", {}), element("td", { class: hidden(6) }, vector(output))))));
    readout.textContent = describe(list, i, rows, total, output);
  }

  function describe(list, i, rows, total, output) {
    if (!total) return `“${list[i]}” may look nowhere: all weights are 0, and so is its output.`;
    const best = rows.reduce((a, b) => (b.weight > a.weight ? b : a)), seen = rows.filter((row) => row.seen).length;
    const said = `“${list[i]}” sees ${seen} of ${list.length} words and gives “${best.word}” the most, ${number(best.weight)}. Its `
      + `output is ${vector(output)}. `;
    if (list.join(" ") === text.join(" ")) return `${said}Swap words or append one, and see whose output changes.`;
    const kept = list.filter((word, j) => same(word, look(list, j).output)).map((word) => `“${word}”`);
    return `${said}In “${text.join(" ")}”, with this mask and scale, ${kept.length ? kept.join(", ") : "no word"} `
      + `${kept.length > 1 ? "have" : "has"} the same output.`;
  }

  function swap(step) {
    const a = asks - 1, b = a + step;
    [order[a], order[b]] = [order[b], order[a]];
    asks = b + 1;
    draw();
  }
  left.addEventListener("click", () => swap(-1));
  right.addEventListener("click", () => swap(1));

  keep("order", () => order.map((i) => i + 1).join(""), (value) => {
    const wanted = [...value].map((digit) => Number(digit) - 1);
    if (wanted.length !== text.length || !text.every((_, i) => wanted.includes(i))) return;
    order = wanted;
    draw();
  });
  keep("asks", () => String(asks), (value) => {
    if (!/^[1-9]$/.test(value) || Number(value) > words().length) return;
    asks = Number(value);
    mark();
  });
  draw();
});
