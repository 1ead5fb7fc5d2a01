/* The tokenizers of the chapter in the page: words, characters, byte-level BPE with the first k merges, WordPiece.
   Each gives a list of {text, id, unknown}. */
"use strict";
window.courseTokenizers = (() => {
  const WORDS = /[\p{L}\p{N}_'’][\p{L}\p{N}_'’\p{M}\p{Join_Control}]*|[^\s\p{L}\p{N}_'’][\p{M}\p{Join_Control}]*/gu;
  const MARKS = /[\p{L}\p{N}][\p{L}\p{N}\p{M}\p{Join_Control}]*|[^\s\p{L}\p{N}][\p{M}\p{Join_Control}]*/gu;
  const PRE_TOKENS = / ?\p{L}[\p{L}\p{M}\p{Join_Control}]*| ?\p{N}[\p{N}\p{M}]*| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
  const SPECIAL = 3;                                     // <bos>, <eos>, <unk> come before the words
  const parts = (pattern, text) => text.match(pattern) || [];
  const visible = (text) => text.replace(/ /g, "␣").replace(/\n/g, "↵").replace(/\t/g, "⇥");

  /* Bytes as text where they are UTF-8, else in hexadecimal. */
  function named(bytes) {
    try {
      return visible(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)));
    } catch {
      return bytes.map((b) => b.toString(16).toUpperCase().padStart(2, "0")).join(" ");
    }
  }

  function words(known) {
    const ids = new Map(known.map((word, i) => [word, SPECIAL + i]));
    return (text) => parts(WORDS, text).map((part) => part.toLowerCase()).map((word) => ({ text: word, id: ids.get(word) ?? 2, unknown: !ids.has(word) }));
  }

  const characters = (text) => [...text].map((c) => ({ text: visible(c), id: c.codePointAt(0), unknown: false }));

  function bytePairs(merges) {
    const tokens = Array.from({ length: 256 }, (_, i) => [i]);
    for (const [left, right] of merges) tokens.push([...tokens[left], ...tokens[right]]);
    const ranks = new Map(merges.map(([left, right], k) => [left * 65536 + right, k]));

    function encodeWord(word, k) {
      const ids = [...new TextEncoder().encode(word)];
      for (;;) {
        let best = k, place = -1;
        for (let i = 0; i + 1 < ids.length; i++) {
          const rank = ranks.get(ids[i] * 65536 + ids[i + 1]);
          if (rank !== undefined && rank < best) [best, place] = [rank, i];
        }
        if (place < 0) return ids;
        ids.splice(place, 2, 256 + best);
      }
    }
    const cut = (text, k) => parts(PRE_TOKENS, text).flatMap((word) => encodeWord(word, k))
      .map((id) => ({ text: named(tokens[id]), id, unknown: false }));
    return { cut, name: (id) => named(tokens[id]), merges };
  }

  function wordPieces(pieces) {
    const ids = new Map(pieces.map((piece, i) => [piece, i]));
    function cutWord(word) {
      const letters = [...word], out = [];
      for (let start = 0; start < letters.length;) {
        let end = letters.length, piece;
        for (; end > start; end--) {
          piece = (start ? "##" : "") + letters.slice(start, end).join("");
          if (ids.has(piece)) break;
        }
        if (end === start) return [{ text: "[UNK]", id: ids.get("[UNK]"), unknown: true }];
        out.push({ text: piece, id: ids.get(piece), unknown: false });
        start = end;
      }
      return out;
    }
    return (text) => parts(MARKS, text).map((part) => part.toLowerCase()).flatMap(cutWord);
  }

  return { words, characters, bytePairs, wordPieces };
})();
