/* Type a text and see it cut by each tokenizer, with counts; a slider adds the merges of BPE one by one. */
"use strict";
window.courseFigure.start("tokenizer-explorer", (box, settings) => {
  const { element, line, slider, examples } = window.courseFigure;
  const tokenizers = window.courseTokenizers;
  const LONGEST = 400;
  const OTHERS = ["the then there other weather", "1 10 100 1000 10000", "Zoë’s naïve café"];
  const words = tokenizers.words(settings.words), pieces = tokenizers.wordPieces(settings.pieces);
  const bpe = tokenizers.bytePairs(settings.merges);

  const text = line("text", "Text", settings.text, draw, { maxlength: LONGEST });
  const pick = examples("… or pick a text", [settings.text, ...OTHERS].map((one) => [one, { text: one }]), { text });
  const merges = slider("merges", "Merges of BPE", { min: 0, max: settings.merges.length, step: 1, value: 300, show: String }, draw);
  const last = element("p", { class: "readout merge", role: "status" });
  const rows = [
    ["Words", () => words(text.value()), settings.words.length + 3],
    ["Characters", () => tokenizers.characters(text.value()), null],
    ["Byte-level BPE", () => bpe.cut(text.value(), merges.value()), () => 256 + merges.value()],
    ["WordPiece", () => pieces(text.value()), settings.pieces.length],
  ].map(([name, cut, size]) => ({ name, cut, size, heading: element("p", { class: "readout" }), list: element("ul", { class: "surprise tokens" }) }));
  const reach = (list) => (list.scrollHeight > list.clientHeight ? list.setAttribute("tabindex", "0") : list.removeAttribute("tabindex"));
  box.append(element("div", { class: "controls" }, text.row, pick.row, merges.row), last,
    ...rows.flatMap(({ heading, list }) => [heading, list]));

  const count = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

  function draw() {
    const k = merges.value(), length = [...text.value()].length;
    if (k) {
      const [left, right] = settings.merges[k - 1];
      last.textContent = `Merge ${k} joins “${bpe.name(left)}” and “${bpe.name(right)}” into “${bpe.name(255 + k)}”, id ${255 + k}.`;
    } else {
      last.textContent = "No merges yet: every byte is a token.";
    }
    for (const { name, cut, size, heading, list } of rows) {
      const tokens = cut(), unknown = tokens.filter((token) => token.unknown).length;
      const each = tokens.length ? `, ${(length / tokens.length).toFixed(1)} characters each` : "";
      const V = typeof size === "function" ? size() : size;
      heading.replaceChildren(element("strong", {}, name), `: ${count(tokens.length, "token")}${each}`
        + `${unknown ? `, ${unknown} unknown` : ""}${V ? ` (vocabulary of ${V.toLocaleString("en")})` : ""}`);
      list.setAttribute("aria-label", `${name}: tokens`);
      list.replaceChildren(...tokens.map((token) => element("li", { class: token.unknown ? "zero" : null }, token.text,
        element("small", {}, token.unknown && token.text !== "[UNK]" ? `unknown → ${token.id}` : String(token.id)))));
      reach(list);    // a long text scrolls inside its list, and the keyboard gets there
    }
  }
  draw();
  new ResizeObserver(() => rows.forEach(({ list }) => reach(list))).observe(box);
});
