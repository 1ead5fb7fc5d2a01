/* Find sections of the book: entries in search-entries.js, as [page address, page title, [[place, title, text], …]].
   An entry is found where each word of the query, or a form of it, or a longer word that begins with it, stands in its text or
   titles. Everything is written as text nodes. */
"use strict";
(() => {
  const MOST = 60, QUOTE = 160;
  const asked = (new URLSearchParams(location.search).get("q") || "").trim();
  const stemmer = new Stemmer(), stems = new Map();
  const stem = (word) => {
    if (!stems.has(word)) stems.set(word, /^[a-z]+$/.test(word) ? stemmer.stemWord(word) : word);
    return stems.get(word);
  };
  const split = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
  const ignored = new Set(typeof stopwords === "undefined" ? [] : stopwords);
  const all = split(asked), some = all.filter((word) => !ignored.has(word));
  const query = [...new Set(some.length ? some : all)].map((word) => ({ word, stem: stem(word) }));

  /* How well words fit one word of the query: 1 for each that is a form of it, 0.4 for each that only begins with it. */
  const fit = (words, one) => words.reduce((sum, word) => sum
    + (word === one.word || stem(word) === one.stem ? 1 : one.word.length > 2 && word.startsWith(one.word) ? 0.4 : 0), 0);

  function score(page, title, text) {
    const parts = [[split(title), 12], [split(page), 4], [split(text), 1]];
    let total = 0;
    for (const one of query) {
      const worth = parts.reduce((sum, [words, weight], i) => {
        const found = fit(words, one);
        return sum + (i < 2 ? weight * Math.min(found, 1) / Math.sqrt(words.length || 1) : weight * Math.log1p(found));
      }, 0);
      if (!worth) return 0;
      total += worth;
    }
    const phrase = all.join(" ");
    if ([title, title.split(".").at(-1)].some((one) => split(one).join(" ") === phrase)) total += 20;    // also a function's name
    else if (!title && split(page).join(" ") === phrase) total += 15;
    else if (all.length > 1 && split(text).join(" ").includes(phrase)) total += 4;
    return page.startsWith("Reference:") ? 0.6 * total : total;    // what explains comes before what lists
  }

  function quote(text) {
    const place = query.map(({ word, stem: root }) => {
      const found = [...text.matchAll(/[\p{L}\p{N}_]+/gu)].find(([one]) => {
        const lower = one.toLowerCase();
        return lower.startsWith(word) || stem(lower) === root;
      });
      return found ? found.index : -1;
    }).filter((index) => index >= 0);
    const begin = Math.max(0, (place.length ? Math.min(...place) : 0) - 60);
    const from = begin ? text.indexOf(" ", begin) + 1 : 0, end = text.indexOf(" ", from + QUOTE);
    const part = text.slice(from, end < 0 ? undefined : end);
    const out = [from ? "… " : ""];
    let last = 0;
    for (const { 0: one, index } of part.matchAll(/[\p{L}\p{N}_]+/gu)) {
      const lower = one.toLowerCase();
      if (!query.some(({ word, stem: root }) => (word.length > 2 && lower.startsWith(word)) || stem(lower) === root)) continue;
      const mark = document.createElement("mark");
      mark.textContent = one;
      out.push(part.slice(last, index), mark);
      last = index + one.length;
    }
    return [...out, part.slice(last), end < 0 ? "" : " …"];
  }

  const make = (tag, className, ...children) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  };
  const box = document.querySelector("#search-results"), field = document.querySelector(".bd-search-container input");
  const status = make("p", "search-summary");
  status.setAttribute("role", "status");
  box.replaceChildren(status);
  if (field) field.value = asked;
  if (!query.length) {
    status.textContent = "Type a word or two above.";
    return;
  }
  const found = window.courseEntries.flatMap(([address, page, entries]) => entries.map(([place, title, text]) => (
    { address, page, place, title, text, worth: score(page, title, text) }))).filter(({ worth }) => worth > 0);
  found.sort((a, b) => b.worth - a.worth);
  const places = found.length === 1 ? "1 place" : `${found.length} places`;
  status.textContent = found.length
    ? `${places} matching the search query${found.length > MOST ? `; the best ${MOST} are shown` : ""}.`
    : `Nothing matching the search query “${asked}”. Try fewer words, or another form of them.`;
  box.append(make("ul", "search", ...found.slice(0, MOST).map(({ address, page, place, title, text }) => {
    const link = make("a", "", title ? `${page} › ${title}` : page);
    link.href = `${address}?highlight=${encodeURIComponent(asked)}${place ? `#${place}` : ""}`;
    return make("li", "", link, make("p", "search-quote", ...quote(text)));
  })));
})();
