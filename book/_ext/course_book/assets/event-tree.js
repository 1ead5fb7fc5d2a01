/* All texts over {permit, reject} as a tree. A text's probability is the product of its branches. */
"use strict";
window.courseFigure.start("event-tree", (box, settings, keep) => {
  const { element, drawn, slider, select, number } = window.courseFigure;
  const LENGTHS = 13, ROW = 27;
  /* Two ways to draw the tree. The small one leaves the factors to the line below it and draws a stop as a dot. */
  const LARGE = { column: 110, margin: 64, node: 58, leaf: 50, right: 76, stop: 110, product: 32 };
  const SMALL = { column: 49, margin: 24, node: 43, leaf: 14, right: 50, stop: 38, product: 10 };
  const SHORT = { permit: "permit", reject: "reject", stop: "⟨eos⟩" };
  let current = "";

  const model = select("model", "Model", [["tight", "tight: p(stop) stays the same"],
    ["leaky", "leaky: p(stop) halves each word"]], "tight", draw);
  const depth = select("words", "Words at most", [1, 2, 3, 4].map((d) => [d, String(d)]), settings.depth || 2, draw);
  const stop = slider("stop", "p(stop)", { min: 0, max: 0.95, step: 0.05, value: 0.4 }, draw);
  const share = {
    "": slider("permit", "permit's share of the rest, at the start", { min: 0, max: 1, step: 0.05, value: 0.6 }, draw),
    permit: slider("after-permit", "… after permit", { min: 0, max: 1, step: 0.05, value: 0.5 }, draw),
    reject: slider("after-reject", "… after reject", { min: 0, max: 1, step: 0.05, value: 0.3 }, draw),
  };
  const tree = element("div", { class: "tree-scroll" });
  const readout = element("p", { class: "readout", role: "status" });
  const masses = element("div", { class: "masses" });
  const total = element("p", { class: "readout", role: "status" });
  box.append(
    element("div", { class: "controls" }, model.row, depth.row, stop.row, ...Object.values(share).map((s) => s.row)),
    tree, readout, masses, total,
  );

  const stopAt = (t) => stop.value() * (model.value() === "leaky" ? 0.5 ** t : 1);

  function branches(words) {
    const s = stopAt(words.length), permit = share[words[words.length - 1] || ""].value();
    return { permit: (1 - s) * permit, stop: s, reject: (1 - s) * (1 - permit) };
  }

  /* Nodes in the order of their rows; each knows its path, the factors along it, its place and its parent. */
  function nodes(limit) {
    const out = [];
    let row = 0;
    (function grow(words, factors, parent) {
      const node = { path: words.join(" "), words, factors, parent, level: words.length, leaf: false };
      const p = branches(words);
      const child = (word) => {
        if (words.length < limit) grow([...words, word], [...factors, p[word]], node);
      };
      child("permit");
      out.push({ path: [...words, "stop"].join(" "), words: [...words, "stop"], factors: [...factors, p.stop],
        parent: node, level: words.length + 1, leaf: true, row: row++ });
      node.row = row - 1;
      out.push(node);
      child("reject");
    })([], [], null);
    return out;
  }

  const item = (svg, path) => svg.querySelector(`[role="treeitem"][data-path="${path}"]`);

  function describe(node) {
    const p = node.factors.reduce((a, b) => a * b, 1);
    const name = node.words.map((w) => SHORT[w]).join(" ") || "the empty beginning";
    const product = node.factors.length > 1 ? `${node.factors.map(number).join(" × ")} = ` : "";
    const kind = node.leaf ? "Text" : "All texts that begin with";
    return `${kind} ${name}: ${product}${number(p)}`;
  }

  function drawTree() {
    const limit = Number(depth.value()), all = nodes(limit);
    const wide = (way) => way.margin + limit * way.column + way.stop + way.right;
    const way = tree.clientWidth && tree.clientWidth < wide(LARGE) ? SMALL : LARGE, small = way === SMALL;
    const x = (node) => way.margin + (node.level - node.leaf) * way.column + node.leaf * way.stop, y = (node) => 16 + node.row * ROW;
    const width = wide(way), height = Math.max(...all.map(y)) + 20;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "tree", class: small ? "small" : null,
      "aria-label": "Event tree; arrow keys move between nodes" });
    const edges = drawn("g", { "aria-hidden": "true" }), dots = drawn("g", { role: "presentation" });
    if (!all.some((node) => node.path === current)) current = "";
    all.forEach((node) => {
      if (node.parent) {
        const [x0, y0, x1, y1] = [x(node.parent), y(node.parent), x(node), y(node)];
        const [a, b, c] = small ? [14, 16, 26] : [34, 26, 62];
        const bent = y0 === y1 ? `M${x0} ${y0}H${x1}` : `M${x0} ${y0}C${x0 + a} ${y0} ${x0 + b} ${y1} ${x0 + c} ${y1}H${x1}`;
        edges.append(drawn("path", { d: bent, class: node.leaf ? "edge stop" : "edge", "data-path": node.path }),
          small ? "" : drawn("text", { x: x1 - 33, y: y1 - 4, class: "factor", "text-anchor": "end" },
            number(node.factors[node.factors.length - 1])));
      }
      const label = node.words.length ? SHORT[node.words[node.words.length - 1]] : "start";
      const wide = node.leaf ? way.leaf : way.node, high = small && node.leaf ? way.leaf : 22;
      dots.append(drawn("g", { role: "treeitem", tabindex: node.path === current ? 0 : -1, class: node.leaf ? "leaf" : "node",
        "data-path": node.path, "aria-label": describe(node), "aria-level": node.level + 1, "aria-selected": "false",
        transform: `translate(${x(node)} ${y(node)})` },
      drawn("rect", { x: -12, y: -ROW / 2, width: node.leaf ? 24 + way.product + 20 : 24, height: ROW, class: "target" }),
      drawn("rect", { x: -wide / 2, y: -high / 2, width: wide, height: high, rx: node.leaf ? high / 2 : 5 }),
      small && node.leaf ? "" : drawn("text", { "text-anchor": "middle", y: 4.5 }, label),
      node.leaf ? drawn("text", { x: way.product, y: 4.5, class: "product" }, number(node.factors.reduce((a, b) => a * b, 1))) : ""));
    });
    svg.append(edges, dots);
    svg.addEventListener("pointerover", (event) => show(event.target.closest("[role=treeitem]"), all));
    svg.addEventListener("focusin", (event) => show(event.target.closest("[role=treeitem]"), all));
    svg.addEventListener("keydown", (event) => move(event, svg, all));
    const hadFocus = tree.contains(document.activeElement);
    tree.replaceChildren(svg);
    const target = item(svg, current);
    show(target, all);
    if (hadFocus) target.focus();
  }

  function move(event, svg, all) {
    const node = all.find((one) => one.path === current);
    const level = all.filter((one) => one.level === node.level);
    const next = {
      ArrowLeft: node.parent,
      ArrowRight: all.find((one) => one.parent === node),
      ArrowUp: level[level.indexOf(node) - 1],
      ArrowDown: level[level.indexOf(node) + 1],
    }[event.key];
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (next) item(svg, next.path).focus();
  }

  keep("node", () => current, (path) => {
    const target = tree.querySelector(`[role="treeitem"][data-path="${CSS.escape(path)}"]`);
    if (target) show(target, nodes(Number(depth.value())));
  });

  function show(target, all) {
    if (!target) return;
    current = target.dataset.path;
    const on = new Set();
    for (let node = all.find((one) => one.path === current); node; node = node.parent) on.add(node.path);
    tree.querySelectorAll("[data-path]").forEach((one) => one.classList.toggle("on", on.has(one.dataset.path)));
    tree.querySelectorAll("[role=treeitem]").forEach((one) => {
      one.setAttribute("tabindex", one === target ? 0 : -1);
      one.setAttribute("aria-selected", one === target);
    });
    readout.textContent = describe(all.find((one) => one.path === current));
  }

  function drawMasses() {
    const p = [];
    let alive = 1;
    for (let t = 0; t < LENGTHS; t++) {
      p.push(alive * stopAt(t));
      alive *= 1 - stopAt(t);
    }
    let limit = alive;
    for (let t = LENGTHS; t < 4000; t++) limit *= 1 - stopAt(t);
    if (limit < 1e-9) limit = 0;
    const sum = p.reduce((a, b) => a + b, 0), left = 34, step = 34, width = left + LENGTHS * step + 8, top = 14, high = 110;
    const y = (v) => top + high * (1 - v);
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${top + high + 34}`, width, role: "img",
      "aria-label": `Probability by number of words: ${p.map((v, t) => `${t}: ${number(v)}`).join(", ")}` });
    [0, 0.5, 1].forEach((v) => svg.append(
      drawn("line", { x1: left, x2: width - 8, y1: y(v), y2: y(v), class: v === 1 ? "limit" : "grid" }),
      drawn("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)),
    ));
    let before = 0;
    const points = p.map((v, t) => {
      before += v;
      svg.append(
        drawn("rect", { x: left + t * step + 5, y: y(v), width: step - 12, height: high * v, class: "mass" }),
        drawn("text", { x: left + t * step + step / 2 - 1, y: top + high + 16, "text-anchor": "middle" }, String(t)),
      );
      return `${left + t * step + step / 2 - 1},${y(before)}`;
    });
    svg.append(
      drawn("polyline", { points: points.join(" "), class: "sum" }),
      drawn("text", { x: left + LENGTHS * step / 2, y: top + high + 31, "text-anchor": "middle" }, "words in the text"),
    );
    masses.replaceChildren(svg);
    total.textContent = `Bars: the mass of each length. Line: their running sum, ${number(sum)} up to ${LENGTHS - 1} words, `
      + `${number(1 - limit)} over all finite texts${limit ? `; ${number(limit)} leaks to texts that never end` : ""}.`;
  }

  function draw() {
    drawTree();
    drawMasses();
  }
  draw();
  let before = tree.clientWidth;
  new ResizeObserver(() => {
    if (tree.clientWidth && tree.clientWidth !== before) {
      before = tree.clientWidth;
      drawTree();
    }
  }).observe(tree);
});
