/* Whose text goes: the pages of a small web, a row for each kind of author, and which of them the rules, the word list and a quality
   filter remove. What is kept stands in front, so that a row is a bar with the share that is kept. Every page can be chosen: its
   first words, and why it goes. */
"use strict";
window.courseFigure.start("whose-text-goes", (box, settings, keep) => {
  const { element, slider, select, examples, player, set } = window.courseFigure;
  const { STEPS, verdicts } = window.courseWebText;
  const { pages, sources, words, references } = settings;
  const MARKS = { "language": "L", "lines and pages": "R", "blocked words": "W", "duplicates": "C", "quality": "Q" };
  const DONE = ["none", ...STEPS];
  const rows = sources.map((source) => pages.map((page, i) => i).filter((i) => pages[i].source === source));
  let blocked = new Set(words), chosen = pages.findIndex((page) => page.title === "When breast milk comes slowly");

  const percent = (x) => (x > 1 ? "keep all" : x.toFixed(2));
  const language = select("language", "1 Language", [["english", "English alone"], ["any", "any"]], "english", draw);
  const rules = select("rules", "2 Rules for lines and pages", [["on", "as for C4"], ["off", "none"]], "on", draw);
  const list = select("list", "3 Blocked words", [["own", "those that are pressed below"], ["none", "no list"]], "own", draw);
  const similar = slider("similar", "4 A copy from similarity … on", { min: 0.3, max: 1.05, step: 0.05, value: 0.5, show: percent }, draw);
  const filter = select("reference", "5 Quality: what counts as good",
    [...references.map((name, i) => [i, name]), [-1, "no filter"]], 0, draw);
  const least = slider("least", "Least quality", { min: 0.3, max: 0.95, step: 0.01, value: 0.75 }, draw);
  const steps = slider("steps", "Steps done", { min: 0, max: 5, step: 1, value: 5, show: String }, draw);
  const controls = { language, rules, list, similar, reference: filter, least, steps };
  const normal = { language: "english", rules: "on", list: "own", similar: "0.5", reference: "0", least: "0.75", steps: "5" };
  const example = examples("Start from an example", [
    ["as in the table above", normal],
    ["no filter", { ...normal, reference: "-1" }],
    ["no word list", { ...normal, list: "none" }],
    ["no word list, a mild filter", { ...normal, list: "none", least: "0.5" }],
    ["valley school and dialect are good", { ...normal, reference: "2" }],
  ], controls, () => blocked.size === words.length);

  example.row.addEventListener("change", () => {
    if (example.input.value !== "") blocked = new Set(words);         // an example has the whole list
  }, true);
  const buttons = words.map((word) => element("button", { type: "button", "data-word": word }, word));
  buttons.forEach((button) => button.addEventListener("click", () => {
    const word = button.dataset.word;
    if (!blocked.delete(word)) blocked.add(word);
    example.check();
    draw();
  }));
  const play = player("Step by step", {
    every: 1200,
    begin: () => set(steps.input, 0),
    step: () => { set(steps.input, steps.value() + 1); return steps.value() < 5; },
    ended: draw,
  });
  const grid = element("div", { class: "crawl", role: "grid", "aria-label": "Pages by author; arrow keys move from page to page" });
  const legend = element("p", { class: "crawl-legend" });
  const readout = element("p", { class: "readout", role: "status" });
  const page = element("div", { class: "crawl-page" });
  box.append(element("div", { class: "controls" }, example.row, language.row, rules.row, list.row, similar.row, filter.row, least.row, steps.row),
    element("div", { class: "actions", role: "group", "aria-label": "Blocked words" }, ...buttons, play), grid, legend, readout, page);

  /* Built once, and only marked anew, so that the page with the focus keeps it. */
  const cells = pages.map((one, i) => element("div", { role: "gridcell", "data-page": i, tabindex: -1 }));
  const counts = rows.map(() => element("span", { class: "crawl-count", role: "gridcell" }));
  grid.append(...rows.map((row, r) => element("div", { role: "row", class: "crawl-row" },
    element("span", { role: "rowheader", class: "crawl-source" }, sources[r]),
    counts[r], element("span", { role: "presentation", class: "crawl-pages", style: `--pages: ${row.length}` },
      ...row.map((i) => cells[i])))));
  grid.addEventListener("click", (event) => choose(event.target.closest("[data-page]")));
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step || !event.target.closest("[data-page]")) return;
    event.preventDefault();
    const r = sources.indexOf(pages[chosen].source), inOrder = (i) => [...rows[i]].sort((a, b) => cells[a].style.order - cells[b].style.order);
    if (!rows[r + step[0]]) return;
    const row = inOrder(r + step[0]), at = Math.min(inOrder(r).indexOf(chosen) + step[1], row.length - 1);
    if (at >= 0) choose(cells[row[at]]);
  });

  function choose(cell) {
    if (!cell) return;
    chosen = Number(cell.dataset.page);
    draw();
    cell.focus();
  }

  const now = () => ({ english: language.value() === "english", rules: rules.value() === "on",
    blocked: list.value() === "own" ? [...blocked] : [], similar: similar.value(), reference: Number(filter.value()),
    least: least.value(), steps: steps.value() });

  function draw() {
    const setting = now(), found = verdicts(pages, setting), kept = (i) => !found[i][0];
    buttons.forEach((button) => {
      button.setAttribute("aria-pressed", String(blocked.has(button.dataset.word)));
      button.disabled = list.value() === "none";
    });
    least.row.hidden = setting.reference < 0;
    cells.forEach((cell, i) => {
      const [step, reason] = found[i];
      cell.className = `crawl-cell${step ? " gone" : ""}${i === chosen ? " chosen" : ""}`;
      cell.textContent = MARKS[step] || "";
      cell.tabIndex = i === chosen ? 0 : -1;
      cell.setAttribute("aria-selected", String(i === chosen));
      cell.setAttribute("aria-label", `${pages[i].title || "a page"}: ${step ? `goes, ${step}: ${reason}` : "kept"}`);
    });
    rows.forEach((row, r) => {
      counts[r].textContent = `${row.filter(kept).length} of ${row.length} kept`;
      const place = (i) => (kept(i) ? STEPS.length : STEPS.indexOf(found[i][0]));
      [...row].sort((a, b) => place(b) - place(a) || a - b).forEach((i, at) => { cells[i].style.order = at; });
    });
    const gone = (step) => found.filter((one) => one[0] === step).length;
    legend.textContent = `Full: kept. Empty: gone, by ${STEPS.map((step) => `${step} (${MARKS[step]}, ${gone(step)})`).join(", ")}.`;
    const nothing = sources.filter((_, r) => !rows[r].some(kept)), whole = sources.filter((_, r) => rows[r].every(kept));
    readout.textContent = `${setting.steps < 5 ? `After step ${setting.steps} (${DONE[setting.steps]}) ` : ""}`
      + `${pages.filter((_, i) => kept(i)).length} of ${pages.length} pages are kept. Nothing is left of: ${nothing.join(", ") || "nobody"}. `
      + `Kept as a whole: ${whole.join(", ") || "nobody"}.`;
    const one = pages[chosen], on = setting.rules ? one.rules : one.plain, [step, reason] = found[chosen];
    const score = setting.reference < 0 ? "" : ` Its quality is ${on.scores[setting.reference].toFixed(2)}, like ${references[setting.reference]}.`;
    page.replaceChildren(
      element("p", { class: "crawl-title" }, `${one.title ? `“${one.title}”` : "A page"}, ${one.source}: `,
        element("strong", {}, step ? `goes by ${step} (${reason}).` : "kept."), step === "language" ? "" : score),
      element("p", { class: "crawl-words" }, one.begins));
  }

  keep("page", () => String(chosen), (text) => {
    if (!/^\d+$/.test(text) || Number(text) >= pages.length) return;
    chosen = Number(text);
    draw();
  });
  keep("words", () => words.filter((word) => blocked.has(word)).join(" "), (text) => {
    const wanted = text.split(" ").filter(Boolean);
    if (!wanted.every((word) => words.includes(word))) return;
    blocked = new Set(wanted);
    example.check();
    draw();
  });
  draw();
});
