/* What becomes of each page, from what llmcourse.web_text has found on it (book/figure_data.py): the steps of
   web_text.clean, in its order. tests/test_figure_data.py compares the two. */
"use strict";
window.courseWebText = (() => {
  const STEPS = ["language", "lines and pages", "blocked words", "duplicates", "quality"];

  /* A verdict [step, reason] for each page, ["", ""] for one that is kept. settings: english, rules: true or false; blocked: a
     list of words; similar: from which similarity on a page is a copy (but for pairs that MinHash misses there), above 1 none is; reference: the number of the quality
     filter, -1 for none; least: the score that a page needs; steps: how many of the five are done. */
  function verdicts(pages, { english, rules, blocked, similar, reference, least, steps }) {
    const found = pages.map((page) => (rules && steps >= 2 ? page.rules : page.plain));
    const alone = pages.map((page, i) => {
      const words = found[i].blocked.filter((word) => blocked.includes(word));
      if (steps >= 1 && english && page.english < 0.99) return [STEPS[0], "p(english) below 0.99"];
      if (steps >= 2 && rules && found[i].why) return [STEPS[1], found[i].why];
      if (steps >= 3 && words.length) return [STEPS[2], words.join(", ")];
      return ["", ""];
    });
    const left = alone.map(([step]) => !step);
    pages.forEach((_, i) => {
      if (steps < 4 || !left[i]) return;
      const twin = found[i].alike.find(([earlier, likeness, missed = []]) => left[earlier] && likeness >= similar
        && !missed.includes(similar));
      if (!twin) return;
      left[i] = false;
      alone[i] = [STEPS[3], `${Math.round(100 * twin[1])} % like an earlier page`];
    });
    return alone.map((verdict, i) => {
      const score = found[i].scores[reference];
      return steps >= 5 && !verdict[0] && reference >= 0 && score < least ? [STEPS[4], `a score of ${score.toFixed(2)}`] : verdict;
    });
  }

  return { STEPS, verdicts };
})();
