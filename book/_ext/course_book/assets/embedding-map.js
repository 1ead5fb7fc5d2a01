/* A map of word vectors: search a word, see its neighbours, and compare counted with predicted vectors.
   The plane holds a small part of the space, so the lists of neighbours come from the full space, not from the map.
   Hundreds of dots lie closer together than a finger or a pixel. So a press chooses the nearest dot, another press at the same
   place the next one, and the map can be zoomed until all dots lie apart. A label stands beside its dot or has a line to it;
   where there is no room it waits until somebody points at the dot. */
"use strict";
window.courseFigure.start("embedding-map", (box, { words, kinds, details, views }, keep) => {
  const { element, drawn, line, select } = window.courseFigure;
  const ZOOMS = [1, 2, 4, 8, 16, 32], FINGER = 24, BENEATH = 6;    // pixels: how far a press reaches, and what lies under a dot
  const pen = document.createElement("canvas").getContext("2d");
  const NAMES = { counted: "counted (PPMI and SVD)", predicted: "predicted (skip-gram)" };
  const MANY = { activity: "activities", daytime: "times of day", handling: "verbs of handling", motion: "verbs of motion",
    saying: "verbs of saying", stirring: "verbs of stirring", food: "food", scenery: "scenery" };
  const plural = (kind) => MANY[kind] || `${kind}s`;
  const order = [...new Set(kinds)].sort((a, b) => plural(a).localeCompare(plural(b)));
  let chosen = words.indexOf("waves") < 0 ? 0 : words.indexOf("waves");
  let zoom = { k: 1, u: 0.5, v: 0.5 };    // the magnification, and the middle of what is shown as shares of width and height
  let spots = [], pressed = null;         // the dots drawn last as {i, x, y}; the last press as {x, y, i}

  const view = select("vectors", "Vectors", Object.keys(views).map((v) => [v, NAMES[v] || v]), Object.keys(views)[0],
    () => whole());
  const shown = select("kind", "Words on the map", [["", "all kinds"], ...order.map((kind) => [kind, plural(kind)])], "", () => {
    if (shown.value() && kinds[chosen] !== shown.value()) chosen = kinds.indexOf(shown.value());
    whole();
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
  const map = element("div", { class: "map-box", tabindex: "0", role: "group",
    "aria-label": "Map; arrow keys choose the next word in their direction, plus and minus zoom, 0 shows the whole map" });
  const button = (text, pressed) => {
    const one = element("button", { type: "button" }, text);
    one.addEventListener("click", pressed);
    return one;
  };
  const nearer = button("Zoom in", () => zoomTo(1)), farther = button("Zoom out", () => zoomTo(-1));
  const all = button("Whole map", () => whole());
  keep("view", () => (zoom.k === 1 ? "" : [zoom.k, zoom.u, zoom.v].join(" ")), (text) => {
    const [k, u, v] = text.split(" ").map(Number);
    if (text && !(ZOOMS.includes(k) && u >= 0 && u <= 1 && v >= 0 && v <= 1)) return;
    zoom = text ? { k, u, v } : { k: 1, u: 0.5, v: 0.5 };
    draw();
  });
  const readout = element("p", { class: "readout", role: "status" });
  const near = element("ul", { class: "neighbours" });
  box.append(
    element("div", { class: "controls" }, view.row, shown.row, search.row),
    missing, map, element("div", { class: "actions" }, nearer, farther, all), readout, near,
  );

  function hint(typed) {
    const begins = words.filter((word) => word.toLowerCase().startsWith(typed)).slice(0, 8);
    return begins.length ? `Go on: ${begins.join(", ")}` : `“${typed}” is not among the ${words.length} words of the map.`;
  }

  function whole() {
    zoom = { k: 1, u: 0.5, v: 0.5 };
    draw();
  }

  /* So many steps nearer, around the chosen word or around a place {u, v} that stays where it is. */
  function zoomTo(steps, place = null) {
    const k = ZOOMS[Math.min(Math.max(ZOOMS.indexOf(zoom.k) + steps, 0), ZOOMS.length - 1)];
    const kept = place ?? homes()(chosen), share = place ? zoom.k / k : 0;
    zoom = { k, u: kept.u + (zoom.u - kept.u) * share, v: kept.v + (zoom.v - kept.v) * share };
    draw();
  }

  function choose(i, write = true) {
    chosen = i;
    if (shown.value() && kinds[i] !== shown.value()) {
      shown.input.value = "";
      zoom = { k: 1, u: 0.5, v: 0.5 };
    }
    if (write) {
      search.input.value = words[i];
      missing.textContent = "";
    }
    const { u, v } = homes()(i);
    if (Math.max(Math.abs(u - zoom.u), Math.abs(v - zoom.v)) > 0.48 / zoom.k) zoom = { ...zoom, u, v };
    draw();
  }

  const about = (i) => `${words[i]} (${kinds[i]}${details[i] ? `: ${details[i]}` : ""})`;
  const size = () => {
    const width = Math.min(map.clientWidth || 640, 768);
    return [width, Math.round(Math.min(Math.max(width * 0.72, 300), 480))];
  };
  const members = () => words.map((_, i) => i).filter((i) => !shown.value() || kinds[i] === shown.value());

  /* The function from a word to its place on the whole map, as shares of width and height; one unit is as long on both axes. */
  function homes() {
    const [width, height] = size(), margin = Math.min(46, width / 10);
    const places = views[view.value()][shown.value() ? "within" : "places"];
    const range = (axis) => {                                 // lowest value and width of the shown words along an axis
      const values = members().map((j) => places[j][axis]);
      return [Math.min(...values), Math.max(...values) - Math.min(...values)];
    };
    const [[left, wide], [low, high]] = [range(0), range(1)];
    const unit = Math.min((width - 2 * margin) / (wide || 1), (height - 2 * margin) / (high || 1));
    return (i) => ({
      u: 0.5 + (places[i][0] - left - wide / 2) * unit / width,
      v: 0.5 - (places[i][1] - low - high / 2) * unit / height,
    });
  }

  /* The width of a label; its sizes and weights are those of the style sheet. */
  function wide(text, css) {
    const weight = /chosen|hover/.test(css) ? "bold" : css === "kind" ? "italic" : "";
    pen.font = `${weight} ${css.includes("plain") ? 11.5 : 13}px ${getComputedStyle(box).fontFamily}`;
    return pen.measureText(text).width;
  }

  /* Place labels {text, x, y, css} where they are free: beside their dot, or a little off with a line to it, or not at all. */
  function label(list, width, height, lines, labels) {
    const taken = [];
    const free = (a) => taken.every((b) => a.x1 < b.x0 || a.x0 > b.x1 || a.y1 < b.y0 || a.y0 > b.y1);
    list.forEach(({ text, x, y, css, must }) => {
      const long = wide(text, css);
      const beside = [[9, 4], [-9 - long, 4], [-long / 2, -9], [-long / 2, 19]];
      const off = [[16, 20], [16, -14], [-16 - long, 20], [-16 - long, -14], [-long / 2, -24], [-long / 2, 34]];
      for (const [dx, dy] of [...beside, ...off]) {
        const spot = { x0: x + dx, x1: x + dx + long, y0: y + dy - 11, y1: y + dy + 3 };
        if (spot.x0 < 0 || spot.x1 > width || spot.y0 < 0 || spot.y1 > height || !free(spot)) continue;
        taken.push(spot);
        if (!beside.some((one) => one[0] === dx && one[1] === dy)) {
          const end = Math.min(Math.max(x, spot.x0), spot.x1);
          lines.append(drawn("line", { x1: x, y1: y, x2: end, y2: y < spot.y0 ? spot.y0 : spot.y1, class: "leader" }));
        }
        labels.append(drawn("text", { x: x + dx, y: y + dy, class: css }, text));
        return;
      }
      if (must) labels.append(drawn("text", { x: Math.min(x + 9, width - long), y: y + 4, class: css }, text));
    });
  }

  function draw() {
    const { neighbours, shares } = views[view.value()], kind = shown.value();
    const [width, height] = size(), friends = neighbours[chosen].map(([j]) => j), home = homes();
    const room = 0.5 / zoom.k;                                // the middle stays so far from the edge that nothing lies beyond
    const held = (share) => Number(Math.min(Math.max(share, room), 1 - room).toFixed(4));
    zoom = { k: zoom.k, u: held(zoom.u), v: held(zoom.v) };
    const at = (i) => {
      const { u, v } = home(i);
      return { i, x: ((u - zoom.u) * zoom.k + 0.5) * width, y: ((v - zoom.v) * zoom.k + 0.5) * height };
    };
    const inside = ({ x, y }) => x >= 0 && x <= width && y >= 0 && y <= height;
    const own = members();
    spots = own.map(at).filter(inside);
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", class: "word-map",
      "aria-label": `Map of ${own.length} words${zoom.k > 1 ? `, ${spots.length} of them shown` : ""}. ${about(chosen)} is marked. `
        + `Nearest in the full space: ${friends.map((j) => words[j]).join(", ")}.` });
    const lines = drawn("g"), dots = drawn("g"), labels = drawn("g"), me = at(chosen);
    friends.filter((j) => own.includes(j)).map(at).forEach(({ x, y }) => lines.append(
      drawn("line", { x1: me.x, y1: me.y, x2: x, y2: y, class: "to-neighbour" })));
    spots.forEach(({ i, x, y }) => {
      const role = i === chosen ? "chosen" : friends.includes(i) ? "neighbour" : "";
      const dot = drawn("circle", { cx: x, cy: y, r: role === "chosen" ? 7 : role ? 5 : kind ? 4 : 3, class: `word ${role}`,
        "data-word": i });
      dots[role ? "append" : "prepend"](dot);
    });
    const named = (css, must) => ({ i, x, y }) => ({ text: words[i], x, y, css, must });
    const wanted = spots.filter(({ i }) => i === chosen).map(named("name chosen", true));
    if (kind || zoom.k > 1) wanted.push(...spots.filter(({ i }) => friends.includes(i) && i !== chosen).map(named("name")));
    if (!kind) {
      order.forEach((one) => {
        const group = spots.filter(({ i }) => kinds[i] === one);
        if (!group.length) return;
        const middle = (axis) => group.reduce((sum, spot) => sum + spot[axis], 0) / group.length;
        wanted.push({ text: plural(one), x: middle("x"), y: middle("y"), css: "kind" });
      });
    }
    if (kind || zoom.k > 1) {
      wanted.push(...spots.filter(({ i }) => i !== chosen && !friends.includes(i)).map(named("name plain")));
    }
    label(wanted, width, height, lines, labels);
    svg.append(lines, dots, labels);
    map.replaceChildren(svg);
    map.style.touchAction = zoom.k > 1 ? "none" : "pan-y pinch-zoom";
    map.classList.toggle("zoomed", zoom.k > 1);
    nearer.disabled = zoom.k === ZOOMS.at(-1);
    farther.disabled = all.disabled = zoom.k === 1;
    const under = within(me, BENEATH).length - 1;
    readout.textContent = `${about(chosen)}. ${under > 0 ? `${under === 1 ? "Another word lies" : `${under} other words lie`} under `
      + "its dot: zoom in, or press the same place again. " : ""}The two axes keep ${Math.round(100 * shares[kind || "all"])} % of `
      + "the variance; its nearest neighbours in the full space, with their cosines:";
    near.replaceChildren(...neighbours[chosen].map(([j, cosine]) => {
      const one = button(words[j], () => { choose(j); near.querySelector("button").focus(); });
      return element("li", {}, one, ` ${cosine.toFixed(2)}`, element("small", {}, kinds[j]));
    }));
  }

  /* The dots around a place, nearest first. */
  function within({ x, y }, reach) {
    return spots.map((spot) => ({ ...spot, far: Math.hypot(spot.x - x, spot.y - y) })).filter(({ far }) => far <= reach)
      .sort((a, b) => a.far - b.far);
  }
  const place = ({ clientX, clientY }) => {
    const edge = map.firstChild.getBoundingClientRect(), [width, height] = size();
    return { x: (clientX - edge.left) * width / edge.width, y: (clientY - edge.top) * height / edge.height };
  };

  function press(event) {
    const { x, y } = place(event), again = pressed && Math.hypot(x - pressed.x, y - pressed.y) < 3;
    const list = within({ x, y }, FINGER).filter(({ far }, i) => i === 0 || far <= BENEATH).map(({ i }) => i);
    if (!list.length) return;
    const at = again && list.length > 1 ? (list.indexOf(pressed.i) + 1) % list.length : 0;
    pressed = { x, y, i: list[at] };
    choose(list[at]);
  }

  function point(event) {
    const svg = map.firstChild, [spot] = within(place(event), FINGER), [width] = size();
    svg.querySelectorAll(".hover").forEach((one) => one.remove());
    if (!spot) return;
    const long = wide(words[spot.i], "hover");
    svg.append(drawn("circle", { cx: spot.x, cy: spot.y, r: 8, class: "ring hover" }),
      drawn("text", { x: Math.min(spot.x + 11, width - long), y: spot.y < 24 ? spot.y + 22 : spot.y - 9, class: "name hover" },
        words[spot.i]));
  }

  /* A pointer that moves while it is down pushes the map; one that stays chooses. */
  let held = null;
  map.addEventListener("pointerdown", (event) => {
    if (event.button === 0) held = { x: event.clientX, y: event.clientY, u: zoom.u, v: zoom.v, moved: false };
  });
  map.addEventListener("pointermove", (event) => {
    if (!event.buttons) held = null;
    if (!held || zoom.k === 1) {
      if (event.pointerType === "mouse") point(event);
      return;
    }
    const [width, height] = size(), dx = event.clientX - held.x, dy = event.clientY - held.y;
    if (!held.moved && Math.hypot(dx, dy) < 5) return;
    if (!held.moved) map.setPointerCapture(event.pointerId);
    held.moved = true;
    zoom = { ...zoom, u: held.u - dx / width / zoom.k, v: held.v - dy / height / zoom.k };
    draw();
  });
  map.addEventListener("click", (event) => {
    if (!held?.moved) press(event);
    held = null;
  });
  map.addEventListener("pointercancel", () => { held = null; });
  map.addEventListener("pointerleave", () => map.firstChild.querySelectorAll(".hover").forEach((one) => one.remove()));
  map.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;                               // a wheel alone scrolls the page; two fingers on a pad pinch
    event.preventDefault();
    const { x, y } = place(event), [width, height] = size();
    zoomTo(event.deltaY < 0 ? 1 : -1, { u: zoom.u + (x / width - 0.5) / zoom.k, v: zoom.v + (y / height - 0.5) / zoom.k });
  }, { passive: false });
  map.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const key = { "+": () => zoomTo(1), "=": () => zoomTo(1), "-": () => zoomTo(-1), 0: () => whole() }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(way || key)) return;
    event.preventDefault();
    if (key) {
      key();
      return;
    }
    const me = spots.find(({ i }) => i === chosen);
    const ahead = me ? spots.filter(({ i }) => i !== chosen).map((spot) => {
      const dx = spot.x - me.x, dy = spot.y - me.y;
      return { ...spot, along: dx * way[0] + dy * way[1], aside: Math.abs(dx * way[1]) + Math.abs(dy * way[0]) };
    }).filter(({ along, aside }) => along > 0 && aside <= along) : spots;
    const [next] = ahead.sort((a, b) => a.along + 2 * a.aside - b.along - 2 * b.aside);
    if (next) choose(next.i);
  });
  let before = 0;
  new ResizeObserver(() => {
    if (map.clientWidth && map.clientWidth !== before) {
      before = map.clientWidth;
      draw();
    }
  }).observe(map);
  draw();
});
