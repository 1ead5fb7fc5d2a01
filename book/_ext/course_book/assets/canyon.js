/* The loss of a line w·x + b on 16 points, seen from above: step size and batch size move the path of the descent. */
"use strict";
window.courseFigure.start("canyon", (box, settings, keep) => {
  const { element, drawn, slider, select, player, set } = window.courseFigure;
  const X = [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3];
  const Y = [0.6, 1.1, 2.3, 1.9, 0.7, 1.8, 1.6, 2.2, 1.3, 2.6, 2.7, 3.7, 3.1, 3.4, 2.3, 4.8];
  const N = X.length, LONGEST = 100, FAR = 1e6, ALL = X.map((_, i) => i);
  const LEFT = 38, TOP = 8, SIDE = 352, LOW = -1.5, SPAN = 5;
  const LEVELS = [0.02, 0.1, 0.4, 1, 2, 4, 7, 11, 16, 24, 34];
  const STARTS = { slope: [-1, -1], far: [-1, 3], floor: [2.1, -1.2] };
  const px = (w) => LEFT + SIDE * (w - LOW) / SPAN, py = (b) => TOP + SIDE * (1 - (b - LOW) / SPAN);
  const mean = (values) => values.reduce((a, v) => a + v, 0) / values.length;
  let seed = 1;

  const eta = slider("eta", "Step size η", { min: -2.5, max: -0.4, step: 0.02, value: -1, show: (v) => (10 ** v).toFixed(3) }, draw);
  const size = slider("batch", "Batch size B", { min: 1, max: N, step: 1, value: N, show: (v) => (v === N ? `${N}: all` : String(v)) }, draw);
  const steps = slider("steps", "Steps made", { min: 0, max: LONGEST, step: 1, value: 25, show: String }, draw);
  const start = select("start", "Start", [["slope", "low on the slope"], ["far", "on the other side"], ["floor", "on the valley floor"]],
    "slope", draw);
  const play = player("Walk", { every: 120, begin, step, ended });
  const again = element("button", { type: "button" }, "Draw other batches");
  const map = element("div", { class: "canyon-map" });
  const readout = element("p", { class: "readout", role: "status" });
  const chart = element("div", { class: "masses" });
  again.addEventListener("click", () => { seed += 1; draw(); });
  keep("draw", () => String(seed), (text) => {
    if (/^\d{1,9}$/.test(text)) seed = Number(text);
    draw();
  });
  box.append(element("div", { class: "controls" }, eta.row, size.row, steps.row, start.row),
    element("div", { class: "actions" }, play, again), map, readout, chart);

  /* Mulberry32: the same seed gives the same batches. */
  function random(state) {
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  function draws(next, count) {
    const left = [...ALL];
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(next() * (N - i));
      [left[i], left[j]] = [left[j], left[i]];
    }
    return left.slice(0, count);
  }

  const loss = ([w, b]) => mean(ALL.map((i) => (w * X[i] + b - Y[i]) ** 2));

  function gradient([w, b], batch) {
    const errors = batch.map((i) => w * X[i] + b - Y[i]);
    return [2 * mean(errors.map((e, k) => e * X[batch[k]])), 2 * mean(errors)];
  }

  function path() {
    const next = random(seed), step = 10 ** eta.value(), count = size.value();
    const points = [STARTS[start.value()]];
    while (points.length <= LONGEST) {
      const here = points[points.length - 1], g = gradient(here, draws(next, count));
      const there = here.map((v, k) => v - step * g[k]);
      if (there.some((v) => Math.abs(v) > FAR)) break;
      points.push(there);
    }
    return points;
  }

  /* The loss is a quadratic: its lowest point, and the ellipses of equal loss from the curvature's main axes. */
  const mx = mean(X), my = mean(Y);
  const slope = mean(X.map((x, i) => (x - mx) * (Y[i] - my))) / mean(X.map((x) => (x - mx) ** 2));
  const best = [slope, my - slope * mx], least = loss(best);
  const [a, c, d] = [2 * mean(X.map((x) => x * x)), 2 * mx, 2];
  const root = Math.hypot((a - d) / 2, c), big = (a + d) / 2 + root, small = (a + d) / 2 - root;
  const tilt = Math.atan2(big - a, c);

  function contour(level) {
    const steep = Math.sqrt(2 * level / big), flat = Math.sqrt(2 * level / small);
    return drawn("polygon", { class: "contour", points: Array.from({ length: 90 }, (_, k) => {
      const u = steep * Math.cos(k * Math.PI / 45), v = flat * Math.sin(k * Math.PI / 45);
      const w = best[0] + u * Math.cos(tilt) - v * Math.sin(tilt), b = best[1] + u * Math.sin(tilt) + v * Math.cos(tilt);
      return `${px(w).toFixed(1)},${py(b).toFixed(1)}`;
    }).join(" ") });
  }

  const inside = ([w, b]) => w >= LOW && w <= LOW + SPAN && b >= LOW && b <= LOW + SPAN;
  const short = (v) => (Math.abs(v) >= 1e4 ? v.toExponential(1) : v.toFixed(Math.abs(v) < 10 ? 3 : 1));

  function drawMap(points) {
    const here = points[points.length - 1], g = gradient(here, ALL), length = Math.hypot(...g);
    const svg = drawn("svg", { viewBox: `0 0 ${LEFT + SIDE + 10} ${TOP + SIDE + 38}`, role: "img",
      "aria-label": `Map of the loss over w and b with contour lines. The path goes from (${STARTS[start.value()].join(", ")}) to `
        + `(${short(here[0])}, ${short(here[1])}); the lowest point is (${short(best[0])}, ${short(best[1])}).` });
    const frame = drawn("svg", { x: LEFT, y: TOP, width: SIDE, height: SIDE, viewBox: `${LEFT} ${TOP} ${SIDE} ${SIDE}` });
    frame.append(...LEVELS.map(contour),
      drawn("polyline", { class: "walked", points: points.map(([w, b]) => `${px(w)},${py(b)}`).join(" ") }),
      ...points.filter(inside).map(([w, b]) => drawn("circle", { class: "stop-over", cx: px(w), cy: py(b), r: 2.6 })));
    if (inside(here) && length > 0.02) {
      const [x, y] = [px(here[0]), py(here[1])], [dx, dy] = [-46 * g[0] / length, 46 * g[1] / length];
      const wing = (turn) => {
        const angle = Math.atan2(dy, dx) + turn;
        return `L${x + dx} ${y + dy}L${x + dx - 9 * Math.cos(angle)} ${y + dy - 9 * Math.sin(angle)}`;
      };
      frame.append(drawn("path", { class: "downhill", d: `M${x} ${y}${wing(0.45)}${wing(-0.45)}` }));
    }
    const cross = [px(best[0]), py(best[1])];
    frame.append(drawn("path", { class: "lowest", d: `M${cross[0] - 6} ${cross[1]}h12M${cross[0]} ${cross[1] - 6}v12` }),
      drawn("text", { x: cross[0] + 9, y: cross[1] - 8 }, "lowest"),
      drawn("text", { x: px(points[0][0]) + 8, y: py(points[0][1]) + 16 }, "start"));
    svg.append(drawn("rect", { class: "frame", x: LEFT, y: TOP, width: SIDE, height: SIDE }), frame);
    for (let v = -1; v <= 3; v++) {
      svg.append(drawn("text", { x: px(v), y: TOP + SIDE + 16, "text-anchor": "middle" }, String(v)),
        drawn("text", { x: LEFT - 6, y: py(v) + 4, "text-anchor": "end" }, String(v)));
    }
    svg.append(drawn("text", { x: LEFT + SIDE / 2, y: TOP + SIDE + 33, "text-anchor": "middle" }, "w"),
      drawn("text", { x: 12, y: TOP + SIDE / 2 }, "b"));
    map.replaceChildren(svg);
  }

  function drawChart(all, shown) {
    const left = 46, wide = 420, top = 10, high = 104, [low, top10] = [-1, 3];
    const x = (t) => left + wide * t / LONGEST;
    const y = (v) => top + high * (1 - (Math.min(Math.max(Math.log10(v), low), top10) - low) / (top10 - low));
    const values = all.slice(0, shown).map(loss);
    const svg = drawn("svg", { viewBox: `0 0 ${left + wide + 12} ${top + high + 34}`, role: "img",
      "aria-label": `Loss after each step: it starts at ${short(values[0])} and is ${short(values[values.length - 1])} at the end.` });
    for (let p = low; p <= top10; p++) {
      svg.append(drawn("line", { class: "grid", x1: left, x2: left + wide, y1: y(10 ** p), y2: y(10 ** p) }),
        drawn("text", { x: left - 6, y: y(10 ** p) + 4, "text-anchor": "end" }, String(10 ** p)));
    }
    svg.append(drawn("line", { class: "limit", x1: left, x2: left + wide, y1: y(least), y2: y(least) }),
      drawn("polyline", { class: "sum", points: values.map((v, t) => `${x(t)},${y(v)}`).join(" ") }),
      drawn("text", { x: left + wide / 2, y: top + high + 30, "text-anchor": "middle" }, "steps"));
    for (let t = 0; t <= LONGEST; t += 25) {
      svg.append(drawn("text", { x: x(t), y: top + high + 16, "text-anchor": "middle" }, String(t)));
    }
    chart.replaceChildren(svg);
  }

  function draw() {
    const all = path(), shown = Math.min(steps.value() + 1, all.length), points = all.slice(0, shown);
    const here = points[shown - 1], value = loss(here), done = shown - 1;
    again.disabled = size.value() === N;
    drawMap(points);
    drawChart(all, shown);
    const reached = `${done} steps looked at ${done * size.value()} points: w = ${short(here[0])}, b = ${short(here[1])}, loss `
      + `${short(value)}. `;
    const state = steps.value() > done ? `Step ${done + 1} leaves the map by more than a million: the steps are too large.`
      : value > loss(points[0]) ? "That is higher than the start: every step overshoots the valley by more than it went down."
        : `The least possible loss is ${short(least)}, at the cross and the dashed line.`;
    readout.textContent = reached + state;
  }

  function begin() {
    if (steps.value() >= LONGEST) set(steps.input, 0);
    readout.setAttribute("aria-live", "off");
  }

  function step() {
    set(steps.input, steps.value() + 1);
    return steps.value() < LONGEST;
  }

  function ended() {
    readout.removeAttribute("aria-live");
    draw();
  }
  draw();
});
