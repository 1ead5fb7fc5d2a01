/* Who works when in a step of a training that several workers share: llmcourse.training.split in the browser.
   tests/test_figure_data.py compares the two, slot by slot. A slot is [worker, kind, micro-batch, start, end]. */
"use strict";
window.courseTimelines = (() => {
  const up = (n) => Array.from({ length: n }, (_, i) => i);

  function pipeline(stages, microBatches, forward, backward) {
    const slots = [], free = up(stages).map(() => 0);
    [["forward", forward, up(stages)], ["backward", backward, up(stages).reverse()]].forEach(([kind, duration, order]) => {
      up(microBatches).forEach((part) => {
        let ready = 0;
        order.forEach((stage) => {
          const start = Math.max(ready, free[stage]);
          ready = free[stage] = start + duration / microBatches;
          slots.push([stage, kind, part, start, ready]);
        });
      });
    });
    return slots;
  }

  /* sending: how long it takes one worker to send its whole gradient, in the units of forward and backward. */
  function dataParallel(workers, forward, backward, sending) {
    const there = forward / workers, back = there + backward / workers, sent = 2 * (workers - 1) / workers * sending;
    return [...up(workers).map((one) => [one, "forward", one, 0, there]), ...up(workers).map((one) => [one, "backward", one, there, back]),
      ...up(workers > 1 ? workers : 0).map((one) => [one, "communicate", one, back, back + sent])];
  }

  const end = (slots) => Math.max(...slots.map((slot) => slot[4]));

  function idleShare(slots) {
    const workers = new Set(slots.map((slot) => slot[0])).size;
    const busy = slots.reduce((sum, [, kind, , start, stop]) => sum + (kind === "communicate" ? 0 : stop - start), 0);
    return 1 - busy / (workers * end(slots));
  }

  return { pipeline, dataParallel, end, idleShare };
})();
