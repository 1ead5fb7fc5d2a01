/* N-gram models in the browser: the same definitions as llmcourse.ngrams, which a test compares with these numbers.
   A text of T words is read with n−1 BOS in front and EOS at the end; every symbol but BOS can be predicted. */
"use strict";
(() => {
  const BOS = "<bos>", EOS = "<eos>", SEPARATOR = " ";
  const words = (text) => text.split(/\s+/).filter(Boolean);
  const sum = (values) => values.reduce((a, b) => a + b, 0);

  function vocabulary(texts) {
    return [EOS, ...[...new Set(texts.flatMap(words))].sort()];
  }

  /* Map from an n-gram (words joined by spaces) to how often it occurs. */
  function count(texts, n) {
    const counts = new Map();
    for (const text of texts) {
      const padded = [...Array(n - 1).fill(BOS), ...words(text), EOS];
      for (let i = 0; i + n <= padded.length; i++) {
        const key = padded.slice(i, i + n).join(SEPARATOR);
        counts.set(key, (counts.get(key) || 0) + 1);
      }
    }
    return counts;
  }

  /* The counts of the (n−1)-grams in which the n-grams end: how often, or (continuation) after how many words. */
  function shorter(counts, continuation) {
    const out = new Map();
    for (const [ngram, c] of counts) {
      const key = ngram.slice(ngram.indexOf(SEPARATOR) + 1);
      out.set(key, (out.get(key) || 0) + (continuation ? 1 : c));
    }
    return out;
  }

  function discountOf(counts) {
    const values = [...counts.values()];
    const n1 = values.filter((c) => c === 1).length, n2 = values.filter((c) => c === 2).length;
    return n1 && n2 ? n1 / (n1 + 2 * n2) : 0.5;
  }

  /* {context: {followers: Map(word -> count), total}} */
  function followers(counts) {
    const table = new Map();
    for (const [ngram, c] of counts) {
      const cut = ngram.lastIndexOf(SEPARATOR), context = cut < 0 ? "" : ngram.slice(0, cut);
      if (!table.has(context)) table.set(context, { followers: new Map(), total: 0 });
      table.get(context).followers.set(ngram.slice(cut + 1), c);
      table.get(context).total += c;
    }
    return table;
  }

  /* smoothing: "mle", "additive" (with k), "absolute" or "kneser-ney".
     probability(word, context) is null where MLE has 0/0: nothing ever followed the context. */
  function train(texts, order, smoothing, k = 1) {
    const symbols = vocabulary(texts), outcomes = symbols.length;
    const levels = {}, discounts = {};
    let counts = count(texts, order);
    for (let n = order; n >= 1; n--) {
      levels[n] = followers(counts);
      discounts[n] = discountOf(counts);
      if (n > 1) counts = shorter(counts, smoothing === "kneser-ney");
    }
    const window = (context) => [...Array(order - 1).fill(BOS), ...context].slice(context.length);

    function interpolated(word, u) {
      const lower = u.length ? interpolated(word, u.slice(1)) : 1 / outcomes;
      const n = u.length + 1, seen = levels[n].get(u.join(SEPARATOR));
      if (!seen) return lower;
      const D = discounts[n];
      return Math.max((seen.followers.get(word) || 0) - D, 0) / seen.total + D * seen.followers.size / seen.total * lower;
    }

    function probability(word, context) {
      const u = window(context);
      if (smoothing === "absolute" || smoothing === "kneser-ney") return interpolated(word, u);
      const seen = levels[order].get(u.join(SEPARATOR)) || { followers: new Map(), total: 0 };
      const add = smoothing === "additive" ? k : 0, total = seen.total + add * outcomes;
      return total ? ((seen.followers.get(word) || 0) + add) / total : null;
    }

    /* How often the word followed the context that the model looks at. */
    function seen(word, context) {
      return levels[order].get(window(context).join(SEPARATOR))?.followers.get(word) || 0;
    }

    /* [{word, p}] for the words of a text and its EOS; p is 0 after a context that MLE never saw. */
    function score(text) {
      const all = [...words(text), EOS];
      return all.map((word, t) => ({ word, p: probability(word, all.slice(0, t)) ?? 0 }));
    }

    function perplexity(held) {
      const logs = held.flatMap(score).map(({ p }) => Math.log(p));
      return Math.exp(-sum(logs) / logs.length);
    }
    return { symbols, order, discounts, probability, seen, score, perplexity, window };
  }

  window.courseNgrams = { BOS, EOS, words, vocabulary, train };
})();
