/* The decoder's desk: a next-token distribution, and what temperature, top-k and top-p leave of it, in this order. Cut tokens
   turn grey, and the readout says what they had. Draws fall in one after the other: each takes one number from a fixed row of
   numbers, so the same settings always give the same draws. */
"use strict";
window.courseFigure.start("decoders-desk", (box) => {
  const { element, drawn, slider, select } = window.courseFigure;
  const PLACES = [
    ["and thanks for all the ▁", [["fish", 0.70], ["memories", 0.10], ["support", 0.05], ["help", 0.05], ["love", 0.04],
      ["time", 0.02], ["work", 0.02], ["fun", 0.01], ["(all the rest)", 0.01]]],
    ["the old guide met a ▁", [["fox", 0.14], ["mouse", 0.13], ["dragon", 0.12], ["badger", 0.11], ["hedgehog", 0.10],
      ["owl", 0.10], ["troll", 0.09], ["bat", 0.08], ["snail", 0.13]]],
  ];
  const MOST = 200, ROUNDING = 1e-6;

  const place = select("place", "Text", PLACES.map(([text], i) => [i, text]), 0, draw);
  const tau = slider("tau", "Temperature τ", { min: 0, max: 3, step: 0.1, value: 1, show: (x) => x.toFixed(1) }, draw);
  const most = slider("k", "Top-k", { min: 1, max: 9, step: 1, value: 9, show: String }, draw);
  const share = slider("p", "Top-p", { min: 0, max: 1, step: 0.01, value: 1 }, draw);
  const draws = slider("n", "Draws", { min: 0, max: MOST, step: 1, value: 0, show: String }, draw);
  const table = element("div", { class: "map-scroll", role: "group", tabindex: 0, "aria-label": "Tokens and probabilities" });
  const readout = element("p", { class: "readout", role: "status" });
  box.append(element("div", { class: "controls" }, place.row, tau.row, most.row, share.row, draws.row), table, readout);

  /* Numbers in [0, 1) from a linear congruential generator, always the same. */
  const uniforms = [];
  for (let i = 0, state = 1; i < MOST; i++) {
    state = (1664525 * state + 1013904223) % 4294967296;
    uniforms.push(state / 4294967296);
  }
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const divided = (values) => values.map((value) => value / sum(values));
  const entropy = (p) => sum(p.map((x) => (x > 0 ? -x * Math.log2(x) : 0)));

  function warmed(p) {
    if (tau.value() === 0) return p.map((x, i) => Number(i === p.indexOf(Math.max(...p))));
    return divided(p.map((x) => Math.exp(Math.log(x / Math.max(...p)) / tau.value())));
  }

  /* The most probable tokens come first, of equal ones the one that is listed first. */
  const ranked = (p) => p.map((x, i) => i).sort((a, b) => p[b] - p[a] || a - b);

  function cut(p) {
    const kept = ranked(p).slice(0, most.value());
    const inK = divided(p.map((x, i) => (kept.includes(i) ? x : 0)));
    if (share.value() === 1) return inK;
    let before = 0;
    const left = inK.map(() => 0);
    ranked(inK).forEach((i, rank) => {
      if (rank === 0 || before < share.value() - ROUNDING) left[i] = inK[i];
      before += inK[i];
    });
    return divided(left);
  }

  function chosen(q, u) {
    let upto = 0;
    const i = q.findIndex((x) => (upto += x) > u && x > 0);
    return i < 0 ? q.lastIndexOf(Math.max(...q)) : i;
  }

  const bar = (width, css) => drawn("rect", { x: 0, y: 1, height: 8, width: (100 * width).toFixed(2), class: css });
  const bars = (...rects) => drawn("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "desk-bar", "aria-hidden": "true" },
    ...rects);

  function draw() {
    const [, tokens] = PLACES[Number(place.value())];
    const p = warmed(tokens.map(([, x]) => x)), q = cut(p), counts = tokens.map(() => 0);
    uniforms.slice(0, draws.value()).forEach((u) => { counts[chosen(q, u)] += 1; });
    const head = ["token", "after τ", "drawn from", "as bars", "draws"].map((text) => element("th", { scope: "col" }, text));
    table.replaceChildren(element("table", { class: "desk" }, element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...tokens.map(([word], i) => element("tr", { class: q[i] > 0 ? null : "cut" },
        element("th", { scope: "row" }, word), element("td", {}, p[i].toFixed(3)),
        element("td", {}, q[i] > 0 ? q[i].toFixed(3) : "cut"),
        element("td", {}, bars(bar(p[i], "lost"), bar(q[i], "left")),
          draws.value() ? bars(bar(counts[i] / draws.value(), "fallen")) : ""),
        element("td", {}, String(counts[i])))))));
    const left = q.filter((x) => x > 0).length, lost = sum(p.filter((x, i) => q[i] === 0));
    readout.textContent = `${left} of ${q.length} tokens ${left === 1 ? "is" : "are"} left; the others had ${Math.abs(lost).toFixed(3)} of the `
      + `probability after the temperature. Entropy: ${entropy(tokens.map(([, x]) => x)).toFixed(2)} bits in the model, `
      + `${Math.abs(entropy(q)).toFixed(2)} in what is drawn from.`;
  }
  draw();
});
