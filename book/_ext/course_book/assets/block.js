/* Step through a block: three words of four features pass an encoder block, with the numbers of every step. Weights are fixed
   and have one decimal, so that every number can be worked out by hand; attention has one head. */
"use strict";
window.courseFigure.start("block", (box, settings, keep) => {
  const { element, slider, select } = window.courseFigure;
  const E = { fox: [1, 0.5, -0.5, 0], sees: [0, -1, 0.5, 1], owl: [0.5, 1, 0, -1] };
  const W_q = [[1, 0, 0.5, 0], [0, 1, 0, -0.5], [0.5, 0, 1, 0], [0, 0.5, 0, 1]];
  const W_k = [[0.5, 0, 1, 0], [0, 1, 0, 0.5], [1, 0, -0.5, 0], [0, -0.5, 0, 1]];
  const W_v = [[1, 0, 0, 0.5], [0, 1, 0.5, 0], [0, -0.5, 1, 0], [0.5, 0, 0, 1]];
  const W_o = [[1, 0.5, 0, 0], [0, 1, 0, 0.5], [0, 0, 1, -0.5], [-0.5, 0, 0, 1]];
  const W_1 = [[1, -1, 0, 0.5, 0, 0], [0, 0.5, 1, -1, 0, 0], [0.5, 0, 0, 1, -1, 0], [0, 0, 0.5, 0, 1, -1]];
  const W_2 = [[0.5, 0, 0, 1], [0, 0.5, 1, 0], [1, 0, 0.5, 0], [0, 1, 0, -0.5], [-0.5, 0, 1, 0], [0, 1, 0, 0.5]];
  const ORDERS = { "fox sees owl": ["fox", "sees", "owl"], "owl sees fox": ["owl", "sees", "fox"] };

  const multiply = (A, B) => A.map((row) => B[0].map((_, j) => row.reduce((sum, a, i) => sum + a * B[i][j], 0)));
  const transpose = (A) => A[0].map((_, j) => A.map((row) => row[j]));
  const each = (A, f) => A.map((row, i) => row.map((a, j) => f(a, i, j)));
  const add = (A, B) => each(A, (a, i, j) => a + B[i][j]);
  const softmax = (A) => A.map((row) => {
    const powers = row.map((a) => Math.exp(a - Math.max(...row))), sum = powers.reduce((x, y) => x + y, 0);
    return powers.map((p) => p / sum);
  });
  const norm = (A) => A.map((row) => {
    const mean = row.reduce((x, y) => x + y, 0) / row.length;
    const variance = row.reduce((sum, a) => sum + (a - mean) ** 2, 0) / row.length;
    return row.map((a) => (a - mean) / Math.sqrt(variance + 1e-5));
  });
  const waves = (t) => [Math.sin(t), Math.cos(t), Math.sin(t / 100), Math.cos(t / 100)];

  const order = select("words", "Words", Object.keys(ORDERS).map((text) => [text, text]), "fox sees owl", draw);
  const positions = select("positions", "Positions", [["yes", "added"], ["no", "left out"]], "yes", draw);
  const wire = select("norm", "Norm",
    [["post", "post-norm: norm(x + f(x))"], ["pre", "pre-norm: x + f(norm(x))"]], "post", draw);
  const residual = select("residual", "Residual", [["yes", "x is added"], ["no", "f takes the place of x"]], "yes", draw);
  const step = slider("at", "Step", { min: 0, max: 13, step: 1, value: 0, show: (n) => String(n + 1) }, draw);
  const back = element("button", { type: "button" }, "Back"), on = element("button", { type: "button" }, "Next step");
  const go = (by) => window.courseFigure.set(step.input, step.value() + by);
  back.addEventListener("click", () => go(-1));
  on.addEventListener("click", () => go(1));
  const title = element("p", { class: "readout", role: "status" });
  const arrays = element("div", { class: "arrays" });
  box.append(element("div", { class: "controls" }, order.row, positions.row, wire.row, residual.row, step.row),
    element("div", { class: "actions" }, back, on), title, element("div", { class: "shapes-scroll", role: "group",
      tabindex: 0, "aria-label": "Numbers of this step" }, arrays));

  /* All steps: {says, parts: [[sign, name, matrix, names of its rows], …]}, the last part being the result. */
  function steps() {
    const words = ORDERS[order.value()], pre = wire.value() === "pre", adds = residual.value() === "yes", found = [];
    const note = (says, ...parts) => { found.push({ says, parts }); return parts[parts.length - 1][2]; };
    const own = (name, matrix, sign = "") => [sign, name, matrix, words];
    const table = (name, matrix, sign = "·") => [sign, name, matrix, null];
    const vectors = words.map((word) => E[word]);
    let x = note("Each word has its embedding, a row of four features.", own("E", vectors));
    const p = words.map((_, t) => (positions.value() === "yes" ? waves(t) : [0, 0, 0, 0]));
    x = note(positions.value() === "yes" ? "Positions 0, 1, 2 are added: a fast pair of waves and a slow one."
      : "No positions are added: from here on nothing knows the order.",
    own("E", vectors), own("p", p, "+"), own("x", add(vectors, p), "="));

    const says = "Pre-norm: what goes into the attention has mean 0 and variance 1 in each row.";
    const asked = pre ? note(says, own("norm(x)", norm(x))) : x;
    const name = pre ? "norm(x)" : "x", d = Math.sqrt(4);
    const q = note("Queries: what does each word look for?",
      own(name, asked), table("W_q", W_q), own("Q", multiply(asked, W_q), "="));
    const k = note("Keys: what does each word offer?",
      own(name, asked), table("W_k", W_k), own("K", multiply(asked, W_k), "="));
    const v = note("Values: what does it hand over?", own(name, asked), table("W_v", W_v), own("V", multiply(asked, W_v), "="));
    const s = note("Scores: every query with every key, divided by √4 = 2.", own("Q", q), table("Kᵀ", transpose(k), "·"),
      own("S", each(multiply(q, transpose(k)), (a) => a / d), "/ 2 ="));
    const a = note("Softmax over each row: each word's weights sum to 1.", own("S", s), own("A", softmax(s), "→"));
    const mixed = note("Each word gets an average of the values.",
      own("A", a), own("V", v, "·"), own("A V", multiply(a, v), "="));
    const change = note("The output projection.", own("A V", mixed), table("W_o", W_o), own("f", multiply(mixed, W_o), "="));
    x = note(adds ? "The residual: x and what attention found are added."
      : "Without the residual, what attention found takes the place of x.",
      ...(adds ? [own("x", x), own("f", change, "+"), own("x", add(x, change), "=")] : [own("x", change)]));
    if (!pre) x = note("Post-norm: each row gets mean 0 and variance 1.", own("x", x), own("norm(x)", norm(x), "→"));

    const read = pre ? norm(x) : x;
    const hidden = note(`The feed-forward network: six hidden units, and ReLU sets what is negative to 0.${pre ? " It reads norm(x)." : ""}`,
      own(name, read), table("W₁", W_1), own("ReLU", each(multiply(read, W_1), (b) => Math.max(b, 0)), "→"));
    const thought = note("Back to four features.", own("ReLU", hidden), table("W₂", W_2), own("f", multiply(hidden, W_2), "="));
    const sum = adds ? add(x, thought) : thought, how = adds ? "x + f" : "f";
    note(`${pre ? "" : "Normed, and "}${pre ? "The" : "the"} block is done: three rows of four features, as at the beginning.`,
      ...(adds ? [own("x", x), own("f", thought, "+")] : [own("f", thought)]),
      pre ? own(how, sum, "=") : own(`norm(${how})`, norm(sum), "→"));
    return found;
  }

  function array(name, matrix, rows) {
    return element("table", { class: "array" }, element("caption", {}, name),
      element("tbody", {}, ...matrix.map((row, i) => element("tr", {},
      ...(rows ? [element("th", { scope: "row" }, rows[i])] : []),
      ...row.map((a) => element("td", {}, (Math.abs(a) < 0.005 ? 0 : a).toFixed(2).replace("-", "−")))))));
  }

  function draw() {
    const all = steps(), at = Math.min(step.value(), all.length - 1), { says, parts } = all[at];
    title.textContent = `Step ${at + 1} of ${all.length}. ${says}`;
    arrays.replaceChildren(...parts.flatMap(([sign, name, matrix, rows]) => [
      ...(sign ? [element("span", { class: "sign" }, sign)] : []), array(name, matrix, rows)]));
    back.disabled = at === 0;
    on.disabled = at === all.length - 1;
  }
  draw();
});
