/* A map of word vectors: search a word, see its neighbours, and compare counted with predicted vectors.
   The plane holds a small part of the space, so the lists of neighbours come from the full space, not from the map. */
"use strict";
window.courseFigure.start("embedding-map", (box, { words, kinds, details, views }, keep) => {
  const { element, drawn, line, select } = window.courseFigure;
  const WIDTH = 640, HEIGHT = 460, MARGIN = 46;
  const NAMES = { counted: "counted (PPMI and SVD)", predicted: "predicted (skip-gram)" };
  const MANY = { activity: "activities", daytime: "times of day", handling: "verbs of handling", motion: "verbs of motion",
    saying: "verbs of saying", stirring: "verbs of stirring", food: "food", scenery: "scenery" };
  const plural = (kind) => MANY[kind] || `${kind}s`;
  const order = [...new Set(kinds)].sort((a, b) => plural(a).localeCompare(plural(b)));
  let chosen = words.indexOf("waves") < 0 ? 0 : words.indexOf("waves");

  const view = select("vectors", "Vectors", Object.keys(views).map((v) => [v, NAMES[v] || v]), Object.keys(views)[0], draw);
  const shown = select("kind", "Words on the map", [["", "all kinds"], ...order.map((kind) => [kind, plural(kind)])], "", () => {
    if (shown.value() && kinds[chosen] !== shown.value()) chosen = kinds.indexOf(shown.value());
    draw();
  });
  const list = element("datalist", { id: `${box.id}-words` }, ...words.map((word) => element("option", { value: word })));
  const search = line("search", "Search a word", "", () => {
    const typed = search.value().trim().toLowerCase();
    const found = words.findIndex((word) => word.toLowerCase() === typed);
    missing.textContent = typed && found < 0 ? hint(typed) : "";
    if (found >= 0) choose(found, false);
  }, { list: list.id }, list);
  keep("word", () => words[chosen], (word) => words.includes(word) && choose(words.indexOf(word), false));
  const missing = element("p", { class: "readout", role: "status" });
  const map = element("div", { class: "map-scroll", tabindex: "0", role: "group", "aria-label": "Map" });
  const readout = element("p", { class: "readout", role: "status" });
  const near = element("ul", { class: "neighbours" });
  box.append(
    element("div", { class: "controls" }, view.row, shown.row, search.row),
    missing, map, readout, near,
  );

  function hint(typed) {
    const begins = words.filter((word) => word.toLowerCase().startsWith(typed)).slice(0, 8);
    return begins.length ? `Go on: ${begins.join(", ")}` : `“${typed}” is not among the ${words.length} words of the map.`;
  }

  function choose(i, write = true) {
    chosen = i;
    if (shown.value() && kinds[i] !== shown.value()) shown.input.value = "";
    if (write) {
      search.input.value = words[i];
      missing.textContent = "";
    }
    draw();
  }

  const about = (i) => `${words[i]} (${kinds[i]}${details[i] ? `: ${details[i]}` : ""})`;

  function draw() {
    const { places, within, neighbours, shares } = views[view.value()];
    const kind = shown.value(), spots = kind ? within : places;
    const members = words.map((_, i) => i).filter((i) => !kind || kinds[i] === kind);
    const range = (axis) => {                                 // lowest value and width of the shown words along an axis
      const values = members.map((i) => spots[i][axis]);
      return [Math.min(...values), Math.max(...values) - Math.min(...values)];
    };
    const [[left, wide], [low, high]] = [range(0), range(1)];
    const unit = Math.min((WIDTH - 2 * MARGIN) / (wide || 1), (HEIGHT - 2 * MARGIN) / (high || 1));  // the same for both axes
    const x = (i) => WIDTH / 2 + (spots[i][0] - left - wide / 2) * unit;
    const y = (i) => HEIGHT / 2 - (spots[i][1] - low - high / 2) * unit;
    const friends = neighbours[chosen].map(([j]) => j);
    const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", class: "word-map",
      "aria-label": `Map of ${members.length} words. ${about(chosen)} is marked. Nearest in the full space: `
        + `${friends.map((j) => words[j]).join(", ")}.` });
    const lines = drawn("g"), dots = drawn("g"), labels = drawn("g");
    friends.filter((j) => members.includes(j)).forEach((j) => lines.append(
      drawn("line", { x1: x(chosen), y1: y(chosen), x2: x(j), y2: y(j), class: "to-neighbour" })));
    members.forEach((i) => {
      const role = i === chosen ? "chosen" : friends.includes(i) ? "neighbour" : "";
      const dot = drawn("circle", { cx: x(i), cy: y(i), r: role === "chosen" ? 7 : role ? 5 : kind ? 4 : 3, class: `word ${role}`,
        "data-word": i }, drawn("title", {}, about(i)));
      dots[role ? "append" : "prepend"](dot);
    });
    const placed = [];
    const free = (a) => placed.every((b) => a.x1 < b.x0 || a.x0 > b.x1 || a.y1 < b.y0 || a.y0 > b.y1);
    function label(text, cx, cy, css, must) {
      const long = text.length * 7.4 + 4;
      for (const [dx, dy] of [[9, 4], [-9 - long, 4], [-long / 2, -10], [-long / 2, 20], [9, 18], [9, -10], [-9 - long, 18],
        [-9 - long, -10], [-long / 2, -26], [-long / 2, 36], [-long / 2, -42], [-long / 2, 52]]) {
        const spot = { x0: cx + dx, x1: cx + dx + long, y0: cy + dy - 11, y1: cy + dy + 3 };
        if (spot.x0 < 0 || spot.x1 > WIDTH || spot.y0 < 0 || spot.y1 > HEIGHT || !free(spot)) continue;
        placed.push(spot);
        labels.append(drawn("text", { x: cx + dx, y: cy + dy, class: css }, text));
        return;
      }
      if (must) labels.append(drawn("text", { x: Math.min(cx + 9, WIDTH - long), y: cy + 4, class: css }, text));
    }
    label(words[chosen], x(chosen), y(chosen), "name chosen", true);
    if (kind) {
      friends.filter((j) => members.includes(j)).forEach((j) => label(words[j], x(j), y(j), "name"));
      members.filter((i) => i !== chosen && !friends.includes(i)).forEach((i) => label(words[i], x(i), y(i), "name plain"));
    } else {
      order.forEach((one) => {
        const own = members.filter((i) => kinds[i] === one);
        const middle = (f) => own.reduce((sum, i) => sum + f(i), 0) / own.length;
        label(plural(one), middle(x), middle(y), "kind");
      });
    }
    svg.append(lines, dots, labels);
    map.replaceChildren(svg);
    map.scrollLeft = x(chosen) / WIDTH * map.scrollWidth - map.clientWidth / 2;        // where the map is wider than the page
    readout.textContent = `${about(chosen)}. The two axes keep ${Math.round(100 * shares[kind || "all"])} % of the variance; `
      + `its nearest neighbours in the full space, with their cosines:`;
    near.replaceChildren(...neighbours[chosen].map(([j, cosine]) => {
      const button = element("button", { type: "button" }, words[j]);
      button.addEventListener("click", () => { choose(j); near.querySelector("button").focus(); });
      return element("li", {}, button, ` ${cosine.toFixed(2)}`, element("small", {}, kinds[j]));
    }));
    svg.addEventListener("pointerover", ({ target }) => {
      if (!target.dataset.word || labels.querySelector(`[data-hover="${target.dataset.word}"]`)) return;
      labels.querySelectorAll("[data-hover]").forEach((one) => one.remove());
      const i = Number(target.dataset.word), long = words[i].length * 7.4 + 4;
      labels.append(drawn("text", { x: Math.min(x(i) + 9, WIDTH - long), y: y(i) - 8, class: "name hover", "data-hover": i },
        words[i]));
    });
    svg.addEventListener("click", ({ target }) => target.dataset.word && choose(Number(target.dataset.word)));
  }
  draw();
});
