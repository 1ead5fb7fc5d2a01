/* What the interactive figures share: building elements, labelled controls, and reading a figure's settings.
   Text enters the page as text nodes only. */
"use strict";
window.courseFigure = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  let serial = 0;

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
  function slider(text, { min, max, step, value, show = (x) => x.toFixed(2) }, changed) {
    const input = element("input", { type: "range", min, max, step, value });
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
  function select(text, options, value, changed) {
    const input = element("select", {}, ...options.map(([v, t]) => element("option", { value: v }, t)));
    input.value = value;
    input.addEventListener("change", changed);
    return { row: labelled(text, input), input, value: () => input.value };
  }

  /* Call build(box, settings) for every figure of this name on the page. */
  function start(name, build) {
    document.querySelectorAll(`.interactive[data-figure="${name}"]`).forEach((box) => {
      build(box, JSON.parse(box.querySelector('script[type="application/json"]').textContent));
    });
  }

  const number = (x) => (x === 0 ? "0" : x >= 0.001 ? x.toFixed(4).replace(/0+$/, "").replace(/\.$/, "") : x.toExponential(1));
  return { element, drawn, labelled, slider, select, start, number };
})();
