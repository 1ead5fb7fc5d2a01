/* NumPy's rules for shapes: broadcasting, and sums along an axis. No page is touched here. Arrays are flat, in row order. */
"use strict";
window.courseShapes = (() => {
  const AXES = 4, LARGEST = 99;

  /* "(3, 1)", "3,1" or "3" as a list of sizes; "" and "()" are the shape of a single number. Throws with a sentence. */
  function parse(text) {
    const inside = text.trim().replace(/^\((.*)\)$/, "$1").trim().replace(/,$/, "");
    if (!inside) return [];
    const sizes = inside.split(",").map((part) => part.trim());
    const odd = sizes.find((part) => !/^[0-9]+$/.test(part) || Number(part) < 1 || Number(part) > LARGEST);
    if (odd !== undefined) throw new Error(`“${odd}” is no size: write whole numbers from 1 to ${LARGEST}, such as 3, 1`);
    if (sizes.length > AXES) throw new Error(`${sizes.length} axes are more than this figure shows; take at most ${AXES}`);
    return sizes.map(Number);
  }

  const format = (shape) => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);
  const count = (shape) => shape.reduce((product, size) => product * size, 1);

  /* One step an axis of the result, from the right: {axis, a, b, size}. A missing axis is null, and so is size where a
     and b do not fit; there the steps end. */
  function steps(a, b) {
    const out = [], axes = Math.max(a.length, b.length);
    for (let k = 1; k <= axes; k += 1) {
      const [m, n] = [a, b].map((shape) => (k <= shape.length ? shape[shape.length - k] : null));
      const [p, q] = [m ?? 1, n ?? 1];
      const size = p === q || q === 1 ? p : p === 1 ? q : null;
      out.push({ axis: axes - k, a: m, b: n, size });
      if (size === null) break;
    }
    return out;
  }

  /* The shape of a + b, or null where NumPy would raise ValueError. */
  function together(a, b) {
    const all = steps(a, b);
    return all.some((step) => step.size === null) ? null : all.map((step) => step.size).reverse();
  }

  /* The shape of a.sum(axis, keepdims), or null where there is no such axis. */
  function reduced(shape, axis, keepdims) {
    if (axis >= shape.length) return null;
    return keepdims ? shape.map((size, i) => (i === axis ? 1 : size)) : shape.filter((_, i) => i !== axis);
  }

  /* All index lists of a shape, in row order. */
  function indices(shape) {
    return shape.reduce((all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])), [[]]);
  }
  const place = (shape, index) => index.reduce((sum, i, axis) => sum * shape[axis] + i, 0);

  function sum(values, shape, axis) {
    const small = reduced(shape, axis, true), out = new Array(count(small)).fill(0);
    indices(shape).forEach((index, i) => { out[place(small, index.map((n, k) => (k === axis ? 0 : n)))] += values[i]; });
    return out;
  }

  /* The array stretched to a shape: [{value, copy}], copy where the entry exists only in the stretched array. */
  function stretch(values, shape, target) {
    return indices(target).map((index) => {
      const own = index.slice(index.length - shape.length).map((n, axis) => (shape[axis] === 1 ? 0 : n));
      const first = index.every((n, axis) => {
        const k = axis - (index.length - shape.length);
        return n === 0 || (k >= 0 && shape[k] !== 1);
      });
      return { value: values[place(shape, own)], copy: !first };
    });
  }

  return { parse, format, count, steps, together, reduced, sum, stretch };
})();
