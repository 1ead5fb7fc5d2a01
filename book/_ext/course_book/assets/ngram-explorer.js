/* Next-word probabilities of n-gram models of every order and smoothing, learnt in the page from a short text. */
"use strict";
window.courseFigure.start("ngram-explorer", (box, { training, heldout }) => {
  const { element, line, slider, select, examples, number } = window.courseFigure;
  const { BOS, EOS, words, train } = window.courseNgrams;
  const SHOWN = 10, LONGEST = 30;
  const pretty = (word) => ({ [EOS]: "⟨eos⟩", [BOS]: "⟨bos⟩" }[word] || word);

  const order = select("order", "Order n (the model sees n − 1 words)", [1, 2, 3, 4, 5].map((n) => [n, String(n)]), "2", draw);
  const smoothing = select("smoothing", "Smoothing", [["mle", "none (maximum likelihood)"], ["additive", "add k"],
    ["absolute", "absolute discounting"], ["kneser-ney", "Kneser–Ney"]], "mle", draw);
  const k = slider("k", "k, added to every count", { min: 0.05, max: 2, step: 0.05, value: 1 }, draw);
  const context = line("context", "Context: the words so far", "in the", draw);
  const starts = [...new Set(["", "in the", "the old", "the young", "the cat", "a", "the milk", "the young cat"]
    .filter((start) => words(start).every((word) => training.join(" ").split(" ").includes(word))))];
  const pick = examples("… or pick a context", starts.map((one) => [one || "(start of the text)", { context: one }]), { context });
  const chart = element("div", { class: "chart" });
  const summary = element("p", { class: "readout", role: "status" });
  const surprise = element("div", {});
  const generated = element("p", { class: "generated", role: "status" });
  const button = element("button", { type: "button" }, "Generate a text");
  const text = element("details", {}, element("summary", {}, `The training text (${training.length} sentences)`),
    element("p", {}, training.map((one) => `${one}.`).join(" ")));
  button.addEventListener("click", generate);
  box.append(
    element("div", { class: "controls" }, order.row, smoothing.row, k.row, context.row, pick.row),
    summary, chart, surprise, element("div", { class: "actions" }, button), generated, text,
  );
  let model;

  function draw() {
    k.row.hidden = smoothing.value() !== "additive";
    model = train(training, Number(order.value()), smoothing.value(), k.value());
    generated.textContent = "";
    drawNext();
    drawHeldOut();
  }

  function drawNext() {
    const typed = words(context.value().toLowerCase());
    const unknown = typed.filter((word) => !model.symbols.includes(word));
    if (unknown.length) {
      summary.textContent = `“${unknown[0]}” is not among the ${model.symbols.length - 1} words of the training text.`;
      chart.replaceChildren();
      return;
    }
    const used = model.window(typed).map(pretty).join(" ") || "nothing";
    const rows = model.symbols.map((word) => ({ word, p: model.probability(word, typed), seen: model.seen(word, typed) }));
    const kinds = rows.filter((row) => row.seen).length, total = rows.reduce((a, row) => a + row.seen, 0);
    if (rows[0].p === null) {
      summary.textContent = `The model sees: ${used}. Nothing ever followed that in the training text, so maximum `
        + "likelihood has 0/0: no answer. Lower the order or choose a smoothing.";
      chart.replaceChildren();
      return;
    }
    const unseen = rows.filter((row) => !row.seen).reduce((a, row) => a + row.p, 0);
    const D = ["absolute", "kneser-ney"].includes(smoothing.value()) ? ` Discount D = ${number(model.discounts[model.order])}.` : "";
    summary.textContent = `The model sees: ${used}. ${kinds} of ${rows.length} possible next tokens were seen after it `
      + `(${total} times in all); the ${rows.length - kinds} others share the probability ${number(unseen)}.${D}`;
    rows.sort((a, b) => b.p - a.p || b.seen - a.seen);
    const top = rows[0].p;
    chart.replaceChildren(element("table", { class: "bars" },
      element("caption", {}, `The ${SHOWN} most probable next tokens`),
      element("thead", {}, element("tr", {}, ...["token", "seen", "p", "bar"].map((h) => element("th", { scope: "col" }, h)))),
      element("tbody", {}, ...rows.slice(0, SHOWN).map((row) => element("tr", { class: row.seen ? "seen" : "unseen" },
        element("th", { scope: "row" }, pretty(row.word)),
        element("td", {}, row.seen ? `${row.seen}×` : "never"),
        element("td", { class: "p" }, number(row.p)),
        element("td", { class: "bar-cell" }, element("span", { class: "bar", style: `width:${100 * row.p / top}%` })))))));
  }

  function drawHeldOut() {
    const perplexity = model.perplexity(heldout);
    surprise.replaceChildren(
      element("p", { class: "readout perplexity" }, "Held-out perplexity: ",
        element("strong", {}, Number.isFinite(perplexity) ? perplexity.toFixed(2) : "∞"),
        Number.isFinite(perplexity) ? "" : " (a token below has probability 0)",
        ". Each held-out token with its probability:"),
      ...heldout.map((one) => element("ul", { class: "surprise" }, ...model.score(one).map(({ word, p }) => element("li",
        { class: p ? null : "zero" }, pretty(word), element("small", {}, number(p)))))),
    );
  }

  function generate() {
    const out = [];
    while (out.length < LONGEST) {
      let u = Math.random();
      const next = model.symbols.find((word) => (u -= model.probability(word, out)) < 0) || EOS;
      if (next === EOS) break;
      out.push(next);
    }
    generated.textContent = out.length < LONGEST ? `${out.join(" ")} ⟨eos⟩` : `${out.join(" ")} … (stopped here)`;
  }
  draw();
});
