/* What the interactive figures share. A figure is one script:

     window.courseFigure.start("name", (box, settings, keep) => {
       const { select, slider, element } = window.courseFigure;
       const size = slider("size", "Batch size", { min: 1, max: 16, step: 1, value: 4 }, draw);
       box.append(element("div", { class: "controls" }, size.row), …);
       function draw() { … size.value() … }
       draw();
     });

   The first argument of every control is its key, and with it comes, at no cost to the figure:
   - State in the address. What differs from the beginning stands behind the #, as `name.key=value&…`, and a page that is
     opened with such an address shows that state. What is no control (a chosen node, a step) is given to
     `keep(key, read, write)`: read() returns it as text, write(text) sets it and leaves alone what it does not understand.
   - Examples (`examples`) that can be picked again after something was changed.
   - `player`, a button that plays steps; readers who asked for less motion get the last step at once.
   - On paper the box shows the figure's sentence (FIGURES in interactive.py) in place of its controls.
   A figure stays inside its box at 1280 and at 375 pixels; what is wider goes into a box of its own that scrolls.
   Text enters the page as text nodes only. */
"use strict";
window.courseFigure = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const figures = [];    // {name, box, parts: [{key, read, write, first}]}
  let serial = 0, waiting = null;

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...(children || []));
    return node;
  }
  const element = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const drawn = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  function labelled(text, control, ...after) {
    control.id = control.id || `figure-control-${++serial}`;
    return element("div", { class: "control" }, element("label", { for: control.id }, text), control, ...after);
  }

  /* A range input with its value written beside it. Returns {row, input, value()}. */
  function slider(key, text, { min, max, step, value, show = (x) => x.toFixed(2) }, changed) {
    const input = element("input", { type: "range", min, max, step, value, "data-key": key });
    const output = element("output", { "aria-hidden": "true" });
    const read = () => Number(input.value);
    const write = () => {
      output.textContent = show(read());
      input.setAttribute("aria-valuetext", show(read()));
    };
    write();
    input.addEventListener("input", () => { write(); changed(); });
    return { row: labelled(text, input, output), input, value: read };
  }

  /* A drop-down list; options are [value, text] pairs. Returns {row, input, value()}. */
  function select(key, text, options, value, changed) {
    const input = element("select", { "data-key": key }, ...options.map(([v, t]) => element("option", { value: v }, t)));
    input.value = value;
    input.addEventListener("change", changed);
    return { row: labelled(text, input), input, value: () => input.value };
  }

  /* A line of text; attributes such as maxlength or list. Returns {row, input, value()}. */
  function line(key, text, value, changed, attributes = {}, ...after) {
    const input = element("input", { type: "text", value, autocomplete: "off", spellcheck: "false", "data-key": key, ...attributes });
    input.addEventListener("input", changed);
    return { row: labelled(text, input, ...after), input, value: () => input.value };
  }

  /* Give a control a value as if the reader had done it. */
  function set(input, value) {
    input.value = value;
    input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
  }

  /* A drop-down list of examples: [text, {key: value, …}] pairs over the controls {key: control}. As soon as the reader has
     changed something (a control, or what untouched() looks at), the list shows an entry of its own that says so: a browser
     reports no choice of the entry that is shown already, and so the example can be picked again. Returns {row, input, check()};
     call check() where what untouched() looks at changes without a control. */
  function examples(text, list, controls, untouched = () => true) {
    const NONE = "choose an example", changed = element("option", { value: "" }, NONE);
    const input = element("select", { "data-example": "" }, changed, ...list.map(([name], i) => element("option", { value: i }, name)));
    const holds = ([, values]) => Object.entries(values).every(([key, value]) => controls[key].input.value === value);
    let choosing = false;
    function check() {
      if (choosing) return;
      const shown = input.value, found = untouched() ? list.findIndex(holds) : -1;
      if (found >= 0) changed.textContent = NONE;
      else if (shown !== "") changed.textContent = `${list[Number(shown)][0]} (changed)`;
      input.value = found < 0 ? "" : String(found);
    }
    input.addEventListener("change", () => {
      if (input.value === "") return;
      choosing = true;
      Object.entries(list[Number(input.value)][1]).forEach(([key, value]) => set(controls[key].input, value));
      choosing = false;
      check();
    });
    Object.values(controls).forEach((one) => ["input", "change"].forEach((event) => one.input.addEventListener(event, check)));
    check();
    return { row: labelled(text, input), input, check };
  }

  const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* A button that calls step() again and again until it returns false, and ended() after that; pressed meanwhile, it stops. */
  function player(text, { every, begin, step, ended }) {
    const button = element("button", { type: "button" }, text);
    let timer = null;
    function stop() {
      clearInterval(timer);
      timer = null;
      button.textContent = text;
      ended();
    }
    button.addEventListener("click", () => {
      if (timer) {
        stop();
        return;
      }
      begin();
      if (still()) {
        while (step());
        ended();
      } else {
        button.textContent = "Stop";
        timer = setInterval(() => step() || stop(), every);
      }
    });
    return button;
  }

  /* What the address says behind its #, or null where that is a place on the page. */
  const asked = () => (location.hash.includes("=") ? new URLSearchParams(location.hash.slice(1)) : null);

  /* Write what differs from the beginning behind the #, the figure that was touched last in front. */
  function save(box) {
    const state = new URLSearchParams();
    [...figures].sort((a, b) => (b.box === box) - (a.box === box)).forEach(({ name, parts }) => parts.forEach(({ key, read, first }) => {
      if (read() !== first) state.set(`${name}.${key}`, read());
    }));
    const text = state.toString();
    if (text ? `#${text}` !== location.hash : asked()) {
      history.replaceState(history.state, "", text ? `#${text}` : location.href.split("#")[0]);
    }
  }

  function later(box) {
    clearTimeout(waiting);
    waiting = setTimeout(() => save(box), 150);    // browsers allow few changes of the address a second
  }

  /* Show the state in the address; what it does not name is as it was at the beginning. */
  function restore({ name, parts }) {
    const state = asked();
    if (!state) return;
    parts.forEach(({ key, read, write, first }) => {
      const wanted = state.get(`${name}.${key}`) ?? first;
      if (wanted !== read()) write(wanted);
    });
  }

  function controlPart(input) {
    const first = input.value;
    const write = (value) => {
      const fits = input.tagName === "SELECT" ? [...input.options].some((option) => option.value === value)
        : input.type !== "range" || /^-?\d+(\.\d+)?$/.test(value);
      set(input, fits ? value.slice(0, input.maxLength > 0 ? input.maxLength : undefined) : first);
    };
    return { key: input.dataset.key, read: () => input.value, write, first };
  }

  /* Call build(box, settings, keep) for every figure of this name on the page. */
  function start(name, build) {
    document.querySelectorAll(`.interactive[data-figure="${name}"]`).forEach((box, i) => {
      const figure = { name: i ? `${name}-${i + 1}` : name, box, parts: [] }, kept = [];
      build(box, JSON.parse(box.querySelector('script[type="application/json"]').textContent),
        (key, read, write) => kept.push({ key, read, write }));
      box.dataset.ready = "";
      figure.parts.push(...[...box.querySelectorAll("[data-key]")].map(controlPart), ...kept.map((part) => ({ ...part, first: part.read() })));
      figures.push(figure);
      restore(figure);
      if (Object.keys(Object.fromEntries(asked() || [])).some((key) => key.startsWith(`${figure.name}.`))) {
        window.addEventListener("load", () => box.scrollIntoView());
      }
      ["input", "change", "click", "keyup", "focusin"].forEach((event) => box.addEventListener(event, () => later(box)));
    });
  }
  window.addEventListener("hashchange", () => figures.forEach(restore));

  const number = (x) => (x === 0 ? "0" : x >= 0.001 ? x.toFixed(4).replace(/0+$/, "").replace(/\.$/, "") : x.toExponential(1));
  return { element, drawn, labelled, slider, select, line, examples, player, set, start, number };
})();
