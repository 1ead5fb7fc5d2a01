/* Beam search over stored next-token probabilities: llmcourse.decoding.beam_search in the browser, with all that it looked at.
   tests/test_figure_data.py compares the two. nodes: {text so far: [[token, log p], …]}, the most probable first, at least as
   many as the beam is wide. */
"use strict";
window.courseBeams = (() => {
  const EOS = "<eos>";

  /* The steps that are made, each {options, kept}: hypotheses {text, token, n, logP, score, ended, parent}; kept: those that stay,
     the best first; parent: the hypothesis that was extended. An ended text that stays is the same object in every step. */
  function search(nodes, width, longest, alpha) {
    const steps = [];
    let beam = [{ text: "", token: "", n: 0, logP: 0, score: 0, ended: false, parent: null }];
    while (beam.some((one) => !one.ended && one.n < longest)) {
      const options = beam.flatMap((parent, place) => (parent.ended ? [] : nodes[parent.text].map(([token, logP], rank) => ({
        text: parent.text ? `${parent.text} ${token}` : token, token, n: parent.n + 1, logP: parent.logP + logP,
        score: (parent.logP + logP) / (parent.n + 1) ** alpha, ended: token === EOS, parent, place, rank }))));
      const best = [...options].sort((a, b) => b.logP - a.logP || a.place - b.place || a.rank - b.rank).slice(0, width);
      const rivals = [...beam.map((one, place) => ({ one, place, rank: -1 })).filter(({ one }) => one.ended),
        ...best.map((one) => ({ one, place: one.place, rank: one.rank }))];
      beam = rivals.sort((a, b) => b.one.score - a.one.score || a.place - b.place || a.rank - b.rank).slice(0, width).map(({ one }) => one);
      steps.push({ options, kept: beam });
    }
    return steps;
  }

  return { EOS, search };
})();
