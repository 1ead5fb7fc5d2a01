/* Workers: the same step of training by one worker, by two and by four, on one scale of time. The batch is shared out, or the
   layers are; a line of time goes over all three. */
"use strict";
window.courseFigure.start("workers", (box) => {
  const { element, drawn, slider, select, examples, player, set } = window.courseFigure;
  const { pipeline, dataParallel, end, idleShare } = window.courseTimelines;
  const FORWARD = 4, BACKWARD = 8, ALONE = FORWARD + BACKWARD, TICK = 0.05, WORKERS = [1, 2, 4];   // of the whole model and batch, on one worker
  const LEFT = 62, WIDE = 412, ROW = 24, TOP = 20, GAP = 14, RIGHT = 12;
  const KINDS = { forward: "there", backward: "back", communicate: "sending" };

  const way = select("way", "What is shared out", [["pipeline", "the layers (pipeline)"], ["data", "the batch (data parallel)"]], "pipeline", draw);
  const parts = slider("m", "Micro-batches m", { min: 1, max: 12, step: 1, value: 4, show: String }, draw);
  const sending = slider("sending", "Time to send a gradient", { min: 0, max: 6, step: 0.25, value: 1 }, draw);
  const time = slider("t", "Time", { min: 0, max: ALONE, step: TICK, value: ALONE }, draw);
  const begins = { way: "pipeline", m: "4", sending: "1", t: String(ALONE) };
  const example = examples("Start from an example", [
    ["four micro-batches", begins],
    ["one micro-batch: nobody works at the same time", { ...begins, m: "1" }],
    ["the batch, and a quick network", { ...begins, way: "data", sending: "0.25" }],
    ["the batch, and a slow network", { ...begins, way: "data", sending: "6" }],
  ], { way, m: parts, sending, t: time });
  const play = player("Play", {
    every: 60,
    begin: () => { if (time.value() >= ALONE) set(time.input, 0); },
    step: () => { set(time.input, Math.min(ALONE, time.value() + 3 * TICK)); return time.value() < ALONE; },
    ended: draw,
  });
  const next = element("button", { type: "button" }, "Next moment");
  next.addEventListener("click", () => {
    const moments = all().flatMap((slots) => slots.map((slot) => slot[4])).sort((a, b) => a - b);
    const after = moments.find((moment) => moment > time.value() + 1e-6);
    set(time.input, time.value() >= ALONE ? 0 : Math.min(ALONE, TICK * Math.ceil(after / TICK - 1e-6)) || ALONE);
  });
  const map = element("div", { class: "timelines" });
  const readout = element("p", { class: "readout", role: "status" });
  const table = element("div", { class: "map-scroll", role: "group", tabindex: 0, "aria-label": "Times and idle shares" });
  box.append(element("div", { class: "controls" }, example.row, way.row, parts.row, sending.row, time.row),
    element("div", { class: "actions" }, play, next), map, readout, table);

  const all = () => WORKERS.map((workers) => (way.value() === "pipeline"
    ? pipeline(workers, parts.value(), FORWARD / workers, BACKWARD / workers)
    : dataParallel(workers, FORWARD, BACKWARD, sending.value())));
  const x = (t) => LEFT + WIDE * t / ALONE;

  function bar([, kind, part, start, stop], y) {
    const shown = Math.min(stop, time.value()), width = x(stop) - x(start), name = way.value() === "data" ? "" : String(part + 1);
    const marks = [drawn("rect", { class: "slot later", x: x(start), y, width, height: ROW - 4 })];
    if (shown > start) marks.push(drawn("rect", { class: `slot ${kind}`, x: x(start), y, width: x(shown) - x(start), height: ROW - 4 }));
    if (shown > start && kind === "backward") {
      const right = x(shown), lines = [];
      for (let at = x(start) + 3; at < right - 3; at += 6) lines.push(`M${at} ${y + ROW - 4}l3 ${4 - ROW}`);
      marks.push(drawn("path", { class: "hatch", d: lines.join("") }));
    }
    if (name && width > 19) {
      marks.push(drawn("text", { x: (x(start) + x(stop)) / 2, y: y + 14.5, "text-anchor": "middle", class: shown >= stop ? "done" : null }, name));
    }
    return marks;
  }

  function draw() {
    const timelines = all(), pipe = way.value() === "pipeline";
    parts.row.hidden = !pipe;
    sending.row.hidden = pipe;
    const height = TOP + timelines.reduce((sum, _, i) => sum + WORKERS[i] * ROW + GAP, 0) + 20, marks = [];
    let y = TOP;
    timelines.forEach((slots, i) => {
      for (let worker = 0; worker < WORKERS[i]; worker++) {
        marks.push(drawn("rect", { class: "waits", x: x(0), y: y + worker * ROW, width: x(end(slots)) - x(0), height: ROW - 4 }));
        marks.push(drawn("text", { x: 0, y: y + worker * ROW + 14.5 }, `${worker + 1} of ${WORKERS[i]}`));
      }
      slots.forEach((slot) => marks.push(...bar(slot, y + slot[0] * ROW)));
      y += WORKERS[i] * ROW + GAP;
    });
    for (let t = 0; t <= ALONE; t += 3) marks.push(drawn("text", { x: x(t), y: height - 5, "text-anchor": "middle" }, String(t)));
    marks.push(drawn("text", { x: 0, y: height - 5 }, "time"));
    marks.push(drawn("path", { class: "now", d: `M${x(time.value())} ${TOP - 8}V${height - 22}` }));
    map.replaceChildren(drawn("svg", { viewBox: `0 0 ${LEFT + WIDE + RIGHT} ${height}`, role: "img",
      "aria-label": `Timelines of one, two and four workers: done after ${timelines.map((slots) => end(slots).toFixed(2)).join(", ")}` }, ...marks));

    const busy = (slots) => slots.filter(([, , , start, stop]) => start <= time.value() && time.value() < stop);
    const said = (slots, i) => {
      const now = busy(slots), counts = Object.keys(KINDS).map((kind) => [now.filter((slot) => slot[1] === kind).length, kind]);
      const doing = counts.filter(([n]) => n).map(([n, kind]) => `${n} ${KINDS[kind]}`).join(", ");
      return `of ${WORKERS[i]}: ${time.value() >= end(slots) - 1e-9 ? "done" : doing || "all wait"}`;
    };
    const four = timelines[2], idle = Math.round(100 * idleShare(four));
    readout.textContent = time.value() >= ALONE
      ? `Four workers are done after ${end(four).toFixed(2)} instead of ${ALONE}: ${(ALONE / end(four)).toFixed(2)} times as fast. They `
        + `${pipe ? "wait" : "send"} for ${idle} % of their time.`
      : `At time ${time.value().toFixed(2)}: ${timelines.map(said).join("; ")}.`;
    const head = ["workers p", "done after", "times as fast", pipe ? "waiting" : "sending", ...(pipe ? ["(p − 1)/(m + p − 1)"] : [])];
    table.replaceChildren(element("table", { class: "bars counters" },
      element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, ...timelines.map((slots, i) => {
        const p = WORKERS[i], m = parts.value();
        const cells = [end(slots).toFixed(2), (ALONE / end(slots)).toFixed(2), `${(100 * Math.abs(idleShare(slots))).toFixed(1)} %`];
        if (pipe) cells.push(`${p - 1}/${m + p - 1} = ${(100 * (p - 1) / (m + p - 1)).toFixed(1)} %`);
        return element("tr", {}, element("th", { scope: "row" }, String(p)), ...cells.map((text) => element("td", {}, text)));
      }))));
  }
  draw();
});
