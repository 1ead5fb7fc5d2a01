/* Critical path: a stack of LSTM layers over n words beside a transformer of as many layers. Forwards, everything that can be
   computed lights up tick by tick; backwards, the longest chain that a gradient has to go. */
"use strict";
window.courseFigure.start("critical-path", (box, settings, keep) => {
  const { element, drawn, slider, select, player } = window.courseFigure;
  const LEFT = 62, ROW = 46, TOP = 20;
  const KINDS = [["lstm", "LSTM"], ["transformer", "Transformer"]];
  let phase = "forward", tick = 0;                       // so many ticks have passed; 0: nothing has begun

  const words = slider("n", "Words n", { min: 2, max: 20, step: 1, value: 10, show: String }, again);
  const layers = select("layers", "Layers", [1, 2, 3, 4].map((one) => [one, String(one)]), 3, again);
  const scrolling = (name, ...inside) => element("div", { class: "map-scroll", role: "group", tabindex: 0,
    "aria-label": name }, ...inside);
  const maps = Object.fromEntries(KINDS.map(([kind, name]) => [kind, scrolling(name)]));
  const readout = element("p", { class: "readout", role: "status" });
  const counters = element("table", { class: "bars counters" });
  const play = (text, name) => player(text, {
    every: 450,
    begin: () => { phase = name; tick = 0; draw(); },
    step: () => { tick++; draw(); return tick < last(); },
    ended: draw,
  });
  const next = element("button", { type: "button" }, "One tick");
  next.addEventListener("click", () => {
    tick = tick < last() ? tick + 1 : 0;
    draw();
  });
  box.append(
    element("div", { class: "controls" }, words.row, layers.row),
    element("div", { class: "actions" }, play("Forward", "forward"), play("Backward", "backward"), next),
    ...KINDS.flatMap(([kind, name]) => [element("p", { class: "map-title" }, name), maps[kind]]), readout,
      scrolling("Counters", counters),
  );

  const N = () => words.value(), L = () => Number(layers.value());
  const column = () => Math.max(31, Math.min(52, 600 / N()));
  const earliest = (kind, t, layer) => (kind === "lstm" ? t + layer - 1 : layer);
  const length = (kind) => earliest(kind, N(), L());     // of the longest chain, and ticks until all is done
  const last = () => length("lstm");

  /* The longest chain from the last state back to the first word, which is no part of it: [{t, layer}, …]. */
  function chain(kind) {
    const across = Array.from({ length: kind === "lstm" ? N() : 1 }, (_, i) => ({ t: N() - i, layer: L() }));
    const t = kind === "lstm" ? 1 : N();
    return [...across, ...Array.from({ length: L() - 1 }, (_, i) => ({ t, layer: L() - 1 - i }))];
  }

  const passed = (kind) => Math.min(tick, length(kind));
  const reached = (kind) => (phase === "backward" ? chain(kind).slice(0, tick) : []);
  const same = (a, b) => a.t === b.t && a.layer === b.layer;

  function before(kind, { t, layer }) {
    if (kind === "lstm") return [{ t, layer: layer - 1 }, ...(t > 1 ? [{ t: t - 1, layer }] : [])];
    return Array.from({ length: t }, (_, i) => ({ t: i + 1, layer: layer - 1 }));
  }

  function map(kind) {
    const x = (t) => LEFT + (t - 0.5) * column(), y = (layer) => TOP + (L() - layer) * ROW;
    const width = LEFT + N() * column(), height = TOP + L() * ROW + 16, lit = reached(kind);
    const way = [...lit, ...(lit.length === length(kind) ? [{ t: 1, layer: 0 }] : [])];
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: `critical ${kind}`, role: "img",
      "aria-label": `${kind === "lstm" ? "An LSTM" : "A transformer"} of ${L()} layers over ${N()} words; each state bears the tick in which it can be computed` });
    const edges = [], nodes = [];
    for (let layer = 0; layer <= L(); layer++) {
      nodes.push(drawn("text", { x: 2, y: y(layer) + 4.5 }, layer ? `layer ${layer}` : "words"));
      for (let t = 1; t <= N(); t++) {
        const here = { t, layer }, at = earliest(kind, t, layer);
        if (layer) {
          before(kind, here).forEach((from) => edges.push(drawn("path", {
            class: way.some((one, i) => same(one, here) && way[i + 1] && same(way[i + 1], from)) ? "edge on" : "edge",
            d: `M${x(from.t)} ${y(from.layer)}L${x(t)} ${y(layer)}` })));
        }
        const done = layer && (phase === "forward" ? at <= tick : true);
        const now = layer && (phase === "forward" ? at === tick : lit.some((one) => same(one, here)));
        nodes.push(drawn("g", { class: `node${layer ? "" : " word"}${done ? " done" : ""}${now ? " on" : ""}`,
          transform: `translate(${x(t)} ${y(layer)})` },
          layer ? drawn("rect", { x: -13, y: -13, width: 26, height: 26, rx: 13 })
            : drawn("rect", { x: -10, y: -8, width: 20, height: 16, rx: 3 }),
          drawn("text", { "text-anchor": "middle", y: 4.5 }, String(layer ? at : t))));
      }
    }
    edges.sort((a, b) => a.classList.contains("on") - b.classList.contains("on"));       // the chain above the others
    svg.append(drawn("g", {}, ...edges), ...nodes);
    return svg;
  }

  const up = (n) => Array.from({ length: n }, (_, i) => i + 1);
  const counted = (kind) => up(L()).flatMap((layer) => up(N()).map((t) => earliest(kind, t, layer)))
    .filter((at) => at <= tick).length;

  function describe() {
    if (!tick) return "Each state bears the tick in which it can be computed at the earliest, if there is a processor for everyone. Press Forward.";
    const said = KINDS.map(([kind, name]) => {
      const done = tick >= length(kind);
      if (phase === "backward") return `${name}: ${passed(kind)} ${passed(kind) === 1 ? "function" : "functions"}${done ? ", and the first word is reached" : ""}`;
      return `${name}: ${counted(kind)} of ${N() * L()} states${done ? ", all that there are" : ""}`;
    });
    return `${phase === "forward" ? "Forward" : "Backward from the last state"}, tick ${tick}. ${said.join(". ")}.`;
  }

  function draw() {
    KINDS.forEach(([kind]) => maps[kind].replaceChildren(map(kind)));
    readout.textContent = describe();
    const row = (cells) => element("tr", {}, element("th", { scope: "row" }, cells[0]),
      ...cells.slice(1).map((one) => element("td", {}, String(one))));
    counters.replaceChildren(
      element("thead", {}, element("tr", {},
        ...["", "states", "arrows", "ticks", "longest chain"].map((one) => (one ? element("th", { scope: "col" }, one) : element("td"))))),
      element("tbody", {}, ...KINDS.map(([kind, name]) => {
        const arrows = kind === "lstm" ? L() * N() + L() * (N() - 1) : L() * N() * (N() + 1) / 2;
        return row([name, N() * L(), arrows, length(kind), length(kind)]);
      })));
  }

  function again() {
    phase = "forward";
    tick = 0;
    draw();
  }

  keep("at", () => `${phase}.${tick}`, (text) => {
    const found = /^(forward|backward)\.(\d{1,2})$/.exec(text);
    if (!found || Number(found[2]) > last()) return;
    phase = found[1];
    tick = Number(found[2]);
    draw();
  });
  draw();
});
