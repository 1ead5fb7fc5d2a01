/* Two shapes, lined up from the right, axis by axis; then the stretched arrays and what comes out of them. */
"use strict";
window.courseFigure.start("broadcasting", (box, settings, keep) => {
  const { element, line, select, examples } = window.courseFigure;
  const { parse, format, count, steps, together, reduced, sum, stretch } = window.courseShapes;
  const DRAWN = 6;    // rows and columns that still fit
  const OWN = "own";
  const EXAMPLES = [
    ["one number for each column", { a: "2, 3", kind: OWN, b: "3" }],
    ["one number for each row: does not fit", { a: "2, 3", kind: OWN, b: "2" }],
    ["one number for each row: fits", { a: "2, 3", kind: OWN, b: "2, 1" }],
    ["all pairs of two lists", { a: "3, 1", kind: OWN, b: "4" }],
    ["a batch of tables, one table for all", { a: "5, 2, 3", kind: OWN, b: "2, 3" }],
    ["divide by row sums, axis gone", { a: "3, 3", kind: "1" }],
    ["divide by row sums, axis kept", { a: "3, 3", kind: "1 kept" }],
    ["divide by column sums", { a: "3, 3", kind: "0" }],
  ];
  const KINDS = [[OWN, "an array of its own"], ...[0, 1].flatMap((axis) => [
    [String(axis), `a.sum(axis=${axis})`], [`${axis} kept`, `a.sum(axis=${axis}, keepdims=True)`]])];
  let done = 0;

  const goTo = (step) => { done = step; draw(); };
  const shapeA = line("a", "Shape of a", EXAMPLES[0][1].a, () => goTo(0));
  const kind = select("kind", "b is", KINDS, OWN, () => goTo(0));
  const shapeB = line("b", "Shape of b", EXAMPLES[0][1].b, () => goTo(0));
  const example = examples("Start from an example", EXAMPLES, { a: shapeA, kind, b: shapeB }, () => done === 0);
  const back = element("button", { type: "button" }, "Back"), next = element("button", { type: "button" }, "Next axis");
  const all = element("button", { type: "button" }, "All axes");
  const aligned = element("div", { class: "shapes-scroll" });
  const readout = element("p", { class: "readout", role: "status" });
  const arrays = element("div", { class: "arrays" });
  box.append(element("div", { class: "controls" }, example.row, shapeA.row, kind.row, shapeB.row),
    aligned, element("div", { class: "actions" }, back, next, all), readout, arrays);
  back.addEventListener("click", () => goTo(done - 1));
  next.addEventListener("click", () => goTo(done + 1));
  all.addEventListener("click", () => goTo(Infinity));
  keep("step", () => String(done), (text) => /^\d+$/.test(text) && goTo(Number(text)));

  /* {a, b, axis}: both shapes; axis is that of the sum, or null. Throws with a sentence. */
  function shapes() {
    const a = parse(shapeA.input.value);
    if (kind.value() === OWN) return { a, b: parse(shapeB.input.value), axis: null };
    const axis = Number(kind.value()[0]), b = reduced(a, axis, kind.value().endsWith("kept"));
    if (b === null) throw new Error(`a has ${a.length === 1 ? "one axis" : `${a.length} axes`}: there is no axis ${axis}`);
    return { a, b, axis };
  }

  function draw() {
    shapeB.row.hidden = kind.value() !== OWN;
    let given;
    try {
      given = shapes();
    } catch (problem) {
      aligned.replaceChildren();
      arrays.replaceChildren();
      [back, next, all].forEach((button) => { button.disabled = true; });
      readout.textContent = `${problem.message}.`;
      example.check();
      return;
    }
    const path = steps(given.a, given.b);
    done = Math.min(done, path.length);
    example.check();
    back.disabled = done === 0;
    next.disabled = all.disabled = done === path.length;
    drawShapes(given, path);
    readout.textContent = words(given, path);
    arrays.replaceChildren();
    if (done === path.length) drawArrays(given);
  }

  function drawShapes({ a, b }, path) {
    const axes = Math.max(a.length, b.length);
    const now = done ? path[done - 1] : null;
    const found = new Map(path.slice(0, done).map((step) => [step.axis, step]));
    const cells = (shape) => Array.from({ length: axes }, (_, axis) => {
      const k = axis - (axes - shape.length);
      return k < 0 ? "none" : String(shape[k]);
    });
    const result = Array.from({ length: axes }, (_, axis) => {
      const step = found.get(axis);
      return step ? (step.size === null ? "✗" : String(step.size)) : "?";
    });
    const row = (name, texts) => element("tr", {}, element("th", { scope: "row" }, name), ...texts.map((text, axis) =>
      element("td", { class: now && now.axis === axis ? (now.size === null ? "now wrong" : "now") : null }, text)));
    const head = element("tr", {}, element("td", {}), ...Array.from({ length: axes }, (_, axis) =>
      element("th", { scope: "col" }, axis === axes - 1 ? "last axis" : `${axes - axis}. from the right`)));
    aligned.replaceChildren(element("table", { class: "shapes" }, element("caption", {}, "The shapes, lined up from the right"),
      element("thead", {}, head), element("tbody", {}, row(`a ${format(a)}`, cells(a)), row(`b ${format(b)}`, cells(b)),
        row("result", result))));
  }

  function why({ a, b, size }) {
    const name = a === null ? "b" : "a", there = a === null ? b : a;
    if (size === null) return `${a} and ${b} differ, and neither is 1. NumPy raises a ValueError`;
    if (a === null || b === null) return `only ${name} has this axis. The other is repeated along it ${times(there)}`;
    if (a === b) return `both have ${a}`;
    return `${a === 1 ? "a" : "b"} has 1 and is stretched to ${size}`;
  }
  const times = (n) => (n === 1 ? "once" : `${n} times`);

  function words(given, path) {
    const { a, b, axis } = given, operator = axis === null ? "+" : "/";
    if (!path.length) return `Two single numbers: a ${operator} b is one as well.`;
    if (!done) return `b has the shape ${format(b)}. Go from the right to the left, one axis at a time: press Next axis.`;
    const step = path[done - 1], place_ = step.axis === Math.max(a.length, b.length) - 1 ? "Last axis" : "Next axis to the left";
    const said = `${place_}: ${why(step)}.`;
    const shape = together(a, b);
    if (done < path.length || shape === null) return said;
    return `${said} The result has the shape ${format(shape)}.${axis === null ? "" : ` ${verdict(given, shape)}`}`;
  }

  const entries = (shape) => Array.from({ length: count(shape) }, (_, i) => 1 + (i * 5 + Math.floor(i / 3) * 2) % 8);
  const own = (shape) => Array.from({ length: count(shape) }, (_, i) => 10 * (i + 1));
  const valuesOfB = ({ a, b, axis }) => (axis === null ? own(b) : sum(entries(a), a, axis));

  /* Whether every entry was divided by the sum that it is part of. */
  function verdict(given, shape) {
    const { a, b, axis } = given;
    if (shape.length !== a.length || shape.some((size, i) => size !== a[i])) {
      return `That is not the shape of a, which is ${format(a)}: each number met more than its own row or column.`;
    }
    const x = stretch(entries(a), a, shape), y = stretch(valuesOfB(given), b, shape);
    const sums = sum(x.map((one, i) => one.value / y[i].value), shape, axis).map((s) => s.toFixed(2));
    const along = `the sums of a / b along axis ${axis}`;
    if (sums.every((one) => one === "1.00")) return `Right: ${along} are all 1.`;
    return `No error, and yet wrong: ${along} are ${sums.length <= DRAWN ? sums.join(", ") : "not 1"}. `
      + "Entries met a sum that is not theirs.";
  }

  function drawArrays(given) {
    const { a, b, axis } = given, shape = together(a, b);
    if (shape === null || shape.length > 2 || shape.some((size) => size > DRAWN)) return;
    const x = stretch(entries(a), a, shape), y = stretch(valuesOfB(given), b, shape);
    const result = x.map((one, i) => ({ value: axis === null ? one.value + y[i].value : one.value / y[i].value, copy: false }));
    const sign = axis === null ? "+" : "/";
    const grown = (name, entries_) => `${name}${entries_.some((one) => one.copy) ? ", stretched (dashed: copies)" : ""}`;
    arrays.append(grid(grown("a", x), x, shape), element("span", { class: "sign", "aria-hidden": "true" }, sign),
      grid(grown("b", y), y, shape), element("span", { class: "sign", "aria-hidden": "true" }, "="),
      grid(`a ${sign} b`, result, shape));
  }

  function grid(caption, values, shape) {
    const columns = shape.length ? shape[shape.length - 1] : 1, show = (v) => (Number.isInteger(v) ? String(v) : v.toFixed(2));
    const rows = Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns));
    return element("table", { class: "array" }, element("caption", {}, caption), element("tbody", {}, ...rows.map((row) =>
      element("tr", {}, ...row.map(({ value, copy }) => element("td", { class: copy ? "copy" : null }, show(value)))))));
  }

  draw();
});
