/* What the window sees: swap any word of a beginning and watch which models notice. Every answer was computed by a trained
   model; the page looks it up by the words that this model sees. A second part: what a longer window costs. */
"use strict";
window.courseFigure.start("what-the-window-sees", (box, { words, choices, models, sizes }, keep) => {
  const { element, slider } = window.courseFigure;
  const now = choices.map(() => 0);
  let last = null;                                                       // the last swap: {i, from}, the place and the old choice
  const counts = (x) => Math.round(x).toLocaleString("en");

  /* The answer of a model: [[word, p], …], best first. The last of the words that it sees changes fastest. */
  function answer({ sees, answers }) {
    const first = choices.length - sees;
    const row = now.slice(first).reduce((index, choice, j) => index * choices[first + j].length + choice, 0);
    const flat = answers[row];
    return flat.flatMap((_, k) => (k % 2 ? [] : [[words[flat[k]], flat[k + 1] / 1e4]]));
  }

  /* The largest difference between two answers; what is not among the kept words counts as 0. */
  function change(before, after) {
    const one = new Map(before), other = new Map(after);
    return Math.max(...[...one.keys(), ...other.keys()].map((word) => Math.abs((one.get(word) || 0) - (other.get(word) || 0))));
  }

  const text = element("p", { class: "swap-text" });
  const widest = Math.max(...models.map(({ sees }) => sees));
  choices.forEach((options, i) => {
    const back = choices.length - i;                                    // 1: the word just before the blank
    const seen = models.filter(({ sees }) => sees >= back).length;
    const css = `swap seen-${seen === models.length ? "by-all" : seen ? "by-some" : "by-none"}`;
    if (options.length === 1) {
      text.append(element("span", { class: css }, options[0]), " ");
      return;
    }
    const list = element("select", { class: css, "data-key": `word${i + 1}`, "aria-label": `Word ${i + 1}, ${back} before the blank` },
      ...options.map((option, k) => element("option", { value: k }, option)));
    list.addEventListener("change", () => {
      if (Number(list.value) === now[i]) return;                         // an address may name what stands there already
      last = { i, from: now[i] };
      now[i] = Number(list.value);
      report();
    });
    text.append(list, " ");
  });
  text.append(element("span", { class: "blank", "aria-label": "blank" }, "___"));
  const readout = element("p", { class: "readout", role: "status" });
  const panels = element("div", { class: "panels" });

  function report() {
    if (last === null) {
      readout.textContent = `Swap a word. Underlined twice: seen by all three models; once: by the network with ${widest} words; `
        + "not underlined: by none.";
      draw();
      return;
    }
    const { i, from } = last, to = now[i], back = choices.length - i, after = models.map(answer);
    now[i] = from;
    const before = models.map(answer);
    now[i] = to;
    const said = models.map(({ name, sees }, m) => {
      const model = name[0].toUpperCase() + name.slice(1);
      if (sees < back) return `${model}: the word is outside, nothing moves`;
      const most = change(before[m], after[m]);
      return `${model}: ${most < 5e-5 ? "sees it, and nothing moves" : `moves by up to ${most.toFixed(3)}`}`;
    });
    readout.textContent = `“${choices[i][to]}” for “${choices[i][from]}”, ${back} before the blank. ${said.join(". ")}.`;
    draw(before.map((old, m) => models[m].sees >= back && change(old, after[m]) >= 5e-5));
  }

  function draw(moved) {
    panels.replaceChildren(...models.map((model, m) => {
      const rows = answer(model);
      return element("table", { class: `bars${moved && !moved[m] ? " still" : ""}` },
        element("caption", {}, model.name[0].toUpperCase() + model.name.slice(1)),
        element("tbody", {}, ...rows.map(([word, p]) => element("tr", {},
          element("th", { scope: "row" }, word),
          element("td", { class: "bar-cell" }, element("span", { class: "bar", style: `width:${(100 * p).toFixed(2)}%` })),
          element("td", {}, p.toFixed(3))))));
    }));
  }

  const { V, dimensions: d, hidden } = sizes;
  const costs = element("table", { class: "bars costs" });
  const reach = slider("window", "A window of n words", { min: 1, max: 100, step: 1, value: 3, show: (n) => String(n) }, price);
  function price() {
    const n = reach.value(), most = Math.log10(V) * 101;
    const rows = [["E", V * d], ["W", hidden * n * d], ["U", V * hidden]].map(([name, size]) => [name, counts(size), Math.log10(size)]);
    const digits = (n + 1) * Math.log10(V);
    rows.push([n < 4 ? `table of ${n + 1}-grams` : `${n + 1}-grams`,
      digits < 12 ? counts(V ** (n + 1)) : `${(10 ** (digits % 1)).toFixed(1)} · 10^${Math.floor(digits)}`, digits]);
    costs.replaceChildren(
      element("caption", {}, `Numbers to store for a window of ${n}. The bars have a logarithmic scale.`),
      element("tbody", {}, ...rows.map(([name, size, power]) => element("tr", {},
        element("th", { scope: "row" }, name),
        element("td", { class: "bar-cell" }, element("span", { class: "bar", style: `width:${(100 * power / most).toFixed(2)}%` })),
        element("td", {}, size)))));
  }

  box.append(text, readout, panels, element("div", { class: "controls" }, reach.row), costs);
  keep("swap", () => (last ? `${last.i + 1}.${last.from}` : ""), (text) => {
    const [place, from] = text.split(".").map(Number);
    const fits = choices[place - 1]?.[from] !== undefined && from !== now[place - 1];
    if (text !== "" && !fits) return;
    last = text === "" ? null : { i: place - 1, from };
    report();
  });
  report();
  price();
});
