/* The ladder of all models: bits per token over the floor, unit by unit. */
"use strict";
window.courseFigure.start("ladder", (box, { rows }) => {
  const { element, select, slider } = window.courseFigure;
  const floor = rows.find((row) => row.gap === 0), models = rows.filter((row) => row.gap !== 0);
  const units = [...new Set(models.map((row) => row.unit))], named = (unit) => String(unit).padStart(2, "0");
  const through = slider("through", "Units climbed", { min: 0, max: units.length - 1, step: 1, value: units.length - 1,
    show: (i) => `to ${named(units[i])}` }, draw);
  const which = select("which", "Models", [["best", "the best of each unit"], ["all", "all of them"]], "best", draw);
  const scale = select("scale", "Bars show", [["bits", "bits per token"], ["gap", "bits above the floor, as a logarithm"]], "bits", draw);
  const readout = element("p", { class: "readout", role: "status" });
  const body = element("tbody"), caption = element("caption");
  box.append(element("div", { class: "controls" }, through.row, which.row, scale.row), readout,
    element("table", { class: "bars ladder" }, caption,
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "unit"), element("th", { scope: "col" }, "model"),
        element("th", { scope: "col" }, "bits"), element("th", { scope: "col" }, "above the floor"))), body));

  function draw() {
    const last = units[through.value()], all = which.value() === "all", log = scale.value() === "gap";
    const climbed = models.filter((row) => row.unit <= last);
    const best = (unit) => climbed.filter((row) => row.unit === unit).reduce((a, b) => (b.gap < a.gap ? b : a));
    const shown = all ? climbed : units.filter((unit) => unit <= last).map(best);
    const gaps = models.map((row) => row.gap), least = Math.min(...gaps), most = Math.max(...gaps);
    const wide = ({ gap, bits_per_token: bits }) => (log
      ? 0.03 + 0.97 * Math.log(gap / least) / Math.log(most / least) : bits / (floor.bits_per_token + most));
    const long = (share) => `calc((100% - 3.2rem) * ${share.toFixed(4)})`;    // beside the longest bar its number has room
    body.replaceChildren(...shown.map((row) => {
      const bar = element("span", { class: "bar", style: `width: ${long(wide(row))}` });
      const line = element("span", { class: "floor", style: `left: ${long(wide(floor))}` });
      return element("tr", { class: row.unit === last ? "newest" : null }, element("td", {}, named(row.unit)),
        element("th", { scope: "row" }, row.model), element("td", {}, row.bits_per_token.toFixed(2)),
        element("td", { class: "bar-cell" }, element("span", { class: "track" }, bar, log ? "" : line, element("span", { class: "value" },
          row.gap.toFixed(row.gap < 0.1 ? 3 : 2)))));
    }));
    caption.textContent = log ? "A step to the left is a factor; there is no floor on this scale."
      : `The dashed line is the floor, ${floor.bits_per_token.toFixed(2)} bits: what the language itself cannot be without.`;
    const top = shown.reduce((a, b) => (b.gap < a.gap ? b : a));
    readout.textContent = `After unit ${named(last)} the best model is ${top.model} of unit ${named(top.unit)}: `
      + `${top.bits_per_token.toFixed(2)} bits per token, ${top.gap.toFixed(3)} above the floor, with `
      + `${top.parameters.toLocaleString("en")} parameters.`;
  }
  draw();
});
