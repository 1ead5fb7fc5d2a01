/* The decoder's desk, a beam: the tree of texts that beam search has looked at, step by step. In each column stand the best
   extensions of the texts that were kept; what leads to no text of the beam any more turns pale. */
"use strict";
window.courseFigure.start("beam-tree", (box, settings) => {
  const { element, drawn, slider, select, examples, player, set } = window.courseFigure;
  const { search, EOS } = window.courseBeams;
  const { models, longest } = settings, SHOWN = 3, COLUMN = 121, WIDE = 109, ROW = 25, TOP = 14, LEFT = 16, LAST = 2 * longest;
  const shown = (text) => text.replaceAll(EOS, "⟨eos⟩"), minus = (x) => Math.abs(x) < 0.005 ? "0.00" : `−${Math.abs(x).toFixed(x > -10 ? 2 : 1)}`;

  const model = select("model", "Text so far", models.map(({ name }, i) => [i, name]), 0, draw);
  const width = slider("width", "Width of the beam", { min: 1, max: 5, step: 1, value: 2, show: String }, draw);
  const alpha = select("alpha", "Score", [["0", "log p (α = 0)"], ["0.5", "log p/√n (α = ½)"], ["1", "log p/n (α = 1)"]], "0", draw);
  const step = slider("step", "Step", { min: 0, max: LAST, step: 1, value: LAST, show: (n) => `${Math.ceil(n / 2)}${n % 2 ? " ext." : ""}` }, draw);
  const begins = { model: "0", width: "2", alpha: "0", step: String(LAST) };
  const example = examples("Start from an example", [
    ["two find more than one", begins],
    ["greedy: a beam of one", { ...begins, width: "1" }],
    ["a longer text wins by its mean", { ...begins, model: "1", width: "3", alpha: "1" }],
    ["two find less than one", { ...begins, model: "3" }],
  ], { model, width, alpha, step });
  const play = player("Step by step", {
    every: 900,
    begin: () => set(step.input, 0),
    step: () => { set(step.input, step.value() + 1); return step.value() < 2 * steps().length; },
    ended: draw,
  });
  const next = element("button", { type: "button" }, "Next step");
  next.addEventListener("click", () => set(step.input, step.value() >= 2 * steps().length ? 0 : step.value() + 1));
  const map = element("div", { class: "map-scroll", role: "group", tabindex: 0, "aria-label": "The tree" });
  const readout = element("p", { class: "readout", role: "status" });
  const table = element("div", { class: "map-scroll", role: "group", tabindex: 0, "aria-label": "The beam" });
  box.append(element("div", { class: "controls" }, example.row, model.row, width.row, alpha.row, step.row),
    element("div", { class: "actions" }, play, next), map, readout, table);

  const steps = (wide = width.value()) => search(models[Number(model.value())].nodes, wide, longest, Number(alpha.value()));
  const withAncestors = (one) => (one ? [one, ...withAncestors(one.parent)] : []);

  /* Of each text that was extended its best extensions, and all that were kept. */
  const column = ({ options, kept }) => options.filter((one) => one.rank < SHOWN || kept.includes(one));

  function draw() {
    const all = steps(), at = Math.min(step.value(), 2 * all.length), full = Math.ceil(at / 2), opened = all.slice(0, full);
    const extended = at % 2 === 1;                       // the last column is not pruned yet
    const beam = extended ? (all[full - 2] || { kept: [] }).kept : full ? all[full - 1].kept : [];
    const alive = new Set(beam.flatMap(withAncestors)), places = new Map(), marks = [];
    const height = TOP + ROW * Math.max(...all.map((one) => column(one).length)) + 4;
    opened.forEach((one, t) => {
      const height = ({ parent }) => (places.get(parent) || [0, 0])[1];       // children stand as their parents do: no lines cross
      const nodes = column(one).sort((a, b) => height(a) - height(b)), last = extended && t === full - 1;
      nodes.forEach((node, i) => {
        const x = LEFT + 14 + t * COLUMN, y = TOP + ROW * (i + 0.5);
        places.set(node, [x, y]);
        const lives = last || alive.has(node), from = places.get(node.parent) || [LEFT - WIDE, TOP + ROW / 2];
        const [x0, y0] = [from[0] + WIDE, from[1]];
        marks.unshift(drawn("path", { class: lives && !last ? "edge on" : "edge", d: `M${x0} ${y0}C${x0 + 8} ${y0} ${x - 8} ${y} ${x} ${y}` }));
        marks.push(drawn("g", { class: `beam-node${lives ? "" : " pruned"}${node.ended ? " ended" : ""}${beam.includes(node) ? " kept" : ""}` },
          drawn("rect", { x, y: y - 10, width: WIDE, height: 20, rx: 4 }),
          drawn("text", { x: x + 5, y: y + 4.5 }, shown(node.token)),
          drawn("text", { x: x + WIDE - 5, y: y + 4.5, "text-anchor": "end" }, minus(node.score))));
      });
    });
    marks.push(drawn("circle", { class: "beam-root", cx: LEFT - 5, cy: TOP + ROW / 2, r: 5 }));
    map.replaceChildren(drawn("svg", { viewBox: `0 0 ${LEFT + 14 + longest * COLUMN} ${height}`, class: "beam-tree", role: "img",
      "aria-label": `A tree with ${places.size} extensions in ${full} steps, of which the beam has kept ${beam.length}; the table below lists them.` }, ...marks));

    const head = ["place", "text", "n", "log p", "score", "state"];
    table.replaceChildren(element("table", { class: "bars beam-table" },
      element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...beam.map((one, i) => element("tr", {}, element("th", { scope: "row" }, String(i + 1)),
        ...[shown(one.text), String(one.n), minus(one.logP), minus(one.score), one.ended ? "ended" : one.n < longest ? "goes on" : "cut off"]
          .map((text) => element("td", {}, text)))))));
    describe(all, at, full, extended, beam);
  }

  function describe(all, at, full, extended, beam) {
    const told = (one) => `“${shown(one.text)}” with log p ${minus(one.logP)}`;
    if (!at) readout.textContent = `Nothing is written yet. Press Step by step, or Next step.`;
    else if (extended) {
      const open = full > 1 ? beam.filter((one) => !one.ended).length : 1;
      readout.textContent = `Step ${full}: ${open === 1 ? "one text is" : `${open} texts are`} extended by every token; the best ${SHOWN} of each and all that will be kept are drawn. `
        + "Which stay is decided over all of them together.";
    } else if (at < 2 * all.length) {
      const ended = beam.filter((one) => one.ended).length;
      readout.textContent = `Step ${full}: ${beam.length} ${beam.length === 1 ? "stays" : "stay"}${ended ? `, ${ended} of them ended, with ${ended === 1 ? "its" : "their"} place kept` : ""}.`;
    } else {
      const greedy = steps(1).at(-1).kept[0], found = beam[0];
      readout.textContent = `Found: ${told(found)}. ` + (greedy.text === found.text ? "Greedy search finds the same."
        : `Greedy search finds ${told(greedy)}, which is ${greedy.logP < found.logP ? "less" : "more"} probable.`);
    }
  }
  draw();
});
