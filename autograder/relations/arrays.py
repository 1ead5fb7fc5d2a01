"""Relations between two arrays of numbers."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from autograder.relations.compare import ENOUGH, Array, Comparison, Relation, of_ends, told

FACTORS = {
    -1.0: "the negative of the expected one", 2.0: "twice the expected one", 0.5: "half the expected one",
    math.log(2): "ln 2 times the expected one (was a logarithm to base 2 asked for, or bits turned into nats?)",
    1 / math.log(2): "1/ln 2 times the expected one (was the natural logarithm asked for?)",
    -math.log(2): "−ln 2 times the expected one", -1 / math.log(2): "−1/ln 2 times the expected one",
    math.log(10): "ln 10 times the expected one", 1 / math.log(10): "1/ln 10 times the expected one (a logarithm to base 10?)",
    100.0: "100 times the expected one (a percentage?)", 0.01: "a hundredth of the expected one",
    -2.0: "−2 times the expected one", -0.5: "−½ times the expected one",
}  # fmt: skip
DIGITS = dict(enumerate("six seven eight nine ten eleven twelve 13 14 15".split(), 6))


def of_arrays(a: Array, b: Array, c: Comparison, lengths: dict[int, str]) -> Iterator[Relation | None]:
    """All relations of two arrays of numbers, the most specific first."""
    if a.dtype.kind == "b" and b.dtype.kind == "b":
        yield of_masks(a, b)
    a, b = (x.astype(float) if x.dtype.kind in "biu" else x for x in (a, b))
    if a.shape == b.shape:
        yield precision(a, b, c)
        yield from order(a, b, c)
        yield factor(a, b, c, lengths)
        yield offset(a, b, c)
        yield from of_functions(a, b, c)
        yield from by_rows(a, b, c)
        yield exception(a, b, c)
        yield signs(a, b, c)
    else:
        yield from shapes(a, b, c)
        yield from ends(a, b, c)
        yield from sums(a, b, c)


def of_masks(a: Array, b: Array) -> Relation | None:
    if a.shape == b.shape and b.size > 1 and (a != b).all():
        return told("negated", "True and False are exchanged everywhere.")
    return None


def different(values: Array) -> int:
    return len(np.unique(values[np.isfinite(values)])) if values.dtype.kind in "f" else len(np.unique(values))


def precision(a: Array, b: Array, c: Comparison) -> Relation | None:
    """Right to a few digits only."""
    if not np.isfinite(b).all() or not (b != 0).any():
        return None
    if Comparison(1e-30, 2e-6).all(a, b):
        digits = right_digits(a, b)
        why = ("computed in float32, rounded, or stabilised with a small number such as 1e-8" if digits < 8 else
               f"rounded, or stabilised with a small number such as 1e-{digits}")
        return told("float32", f"Your values agree with the expected ones to about {DIGITS[digits]} digits and no further. Is "
                    f"something {why}?")
    for digits in (4, 3, 2, 1):
        enough = digits * different(b) >= ENOUGH  # half of all numbers near 0.5 are 0.5 when rounded to one digit
        if enough and np.array_equal(a, np.round(b, digits)) and different(a) >= min(ENOUGH, different(b)) and (a != 0).any():
            return told("rounded", f"Your values are the expected ones rounded to {digits} digits. Return them unrounded.")
    if Comparison(1e-30, 1e-3).all(a, b):
        return told("nearly", "Your values are within a thousandth of the expected ones, but not equal to them: close is how a "
                    "small constant or an approximation in the formula looks.")
    return None


def right_digits(a: Array, b: Array) -> int:
    """How many digits of numbers that nearly agree are right everywhere, from 6 to 15."""
    inside = b != 0
    off = float(np.max(abs(a[inside] / b[inside] - 1)))
    return min(max(round(-math.log10(off)) if off > 0 else 15, 6), 15)


def order(a: Array, b: Array, c: Comparison) -> Iterator[Relation | None]:
    """The same numbers in another place."""
    if b.ndim == 0 or different(b) < 2:
        return
    if b.ndim >= 2 and b.shape[-1] == b.shape[-2] and c.all(a, b.swapaxes(-1, -2)):
        yield told("transposed", "Your result is the transpose of the expected one: rows and columns are exchanged.")
    for axis in range(b.ndim):
        name = "" if b.ndim == 1 else {0: "rows ", 1: "columns "}[axis] if b.ndim == 2 else f"entries along axis {axis} "
        n = b.shape[axis]
        if n >= ENOUGH and c.all(a, np.flip(b, axis)):
            yield told("reversed", f"The expected {name or 'values '}are there, in reverse order.")
        if n >= ENOUGH:
            for step, where in ((1, "later"), (-1, "earlier")):
                rolled, inside = np.roll(b, step, axis), [slice(None)] * b.ndim
                inside[axis] = slice(1, None) if step == 1 else slice(None, -1)
                part = a[tuple(inside)]
                if c.all(a, rolled):
                    yield told("rolled", f"The expected {name or 'values '}are there, all one place {where}; what leaves at "
                               "one end comes in at the other.")
                elif different(b[tuple(inside)]) >= 2 and c.all(part, rolled[tuple(inside)]):
                    yield told("shifted", f"The expected {name or 'values '}are there, all one place {where} than expected.")
    if b.ndim == 2 and len(b) >= 2 and permuted([*a], [*b], c):
        yield told("rows in another order", "The expected rows are there, in another order.")
    if b.ndim == 2 and b.shape[1] >= 2 and permuted([*a.T], [*b.T], c):
        yield told("columns in another order", "The expected columns are there, in another order.")
    if b.dtype.kind == "f" and different(b) >= ENOUGH and c.all(np.sort(a, axis=None), np.sort(b, axis=None)):
        yield told("other order", "The expected numbers are all there, in other places.")


def permuted(rows: list[Array], wanted: list[Array], c: Comparison) -> bool:
    """Whether the rows are the wanted ones in another order; a plain search, since exercises are small."""
    if len(wanted) > 200 or not any(row.size for row in wanted):
        return False
    left = list(rows)
    for row in wanted:
        place = next((i for i, other in enumerate(left) if c.all(other, row)), None)
        if place is None:
            return False
        del left[place]
    return not left


def factor(a: Array, b: Array, c: Comparison, lengths: dict[int, str]) -> Relation | None:
    """The same multiple of every entry."""
    inside = np.isfinite(b) & (b != 0)
    if not inside.any() or not c.all(np.where(inside, 0, a), np.where(inside, 0, b)):
        return None
    with np.errstate(all="ignore"):
        ratios = a[inside] / b[inside]
    k = ratios.flat[np.argmax(abs(b[inside]))]
    if not np.isfinite(k) or k == 0:
        return None
    alike = Comparison(0, max(c.rtol, 1e-9) * 10).all(ratios, np.full_like(ratios, k))
    if not alike and not (c.atol > 1e-6 and b.size >= ENOUGH and c.all(a, k * b)):  # where few digits are asked for
        return None
    what = "Your result is" if b.ndim == 0 else "Every entry is"
    for value, words in FACTORS.items():
        if abs(k - value) <= 1e-9 * abs(value):
            return told("factor", f"{what} {words}.")
    if np.isrealobj(k):
        for n, name in lengths.items():
            for value, words in ((n, f"{{}} times the expected one: was it to be divided by {name}, or a mean to be taken?"),
                                 (1 / n, f"the expected one divided by {{}}, {name}")):
                if abs(k - value) <= 1e-9 * value:
                    return told("length", f"{what} {words.format(n)}" + ("" if words.endswith("?") else "."))
    if different(b[inside]) >= ENOUGH or np.unique(b[inside]).size >= ENOUGH:
        return told("a multiple", "Every entry is the same multiple of the expected one.",
                    f"Every entry is {k:.6g} times the expected one.")
    return None


def offset(a: Array, b: Array, c: Comparison) -> Relation | None:
    """The same number too much everywhere."""
    finite = np.isfinite(b)
    if not finite.any() or not c.all(np.where(finite, 0, a), np.where(finite, 0, b)):
        return None
    with np.errstate(all="ignore"):
        gaps = (a - b)[finite]
    d = gaps.flat[0]
    if not np.isfinite(d) or d == 0 or not Comparison(1e-9 * max(1, abs(d)), 1e-9).all(gaps, np.full_like(gaps, d)):
        return None
    if abs(abs(d) - 1) <= 1e-9 and b.dtype.kind == "f":
        what = "Your result is" if b.ndim == 0 else "Every entry is"
        return told("one off", f"{what} one too {'large' if d > 0 else 'small'}.")
    if different(b) >= ENOUGH:
        return told("an offset", "Every entry is off by the same amount.", f"Every entry is off by the same amount, {d:.6g}.")
    return None


def of_functions(a: Array, b: Array, c: Comparison) -> Iterator[Relation | None]:
    """Left in another form: a logarithm, a square, one minus it. Only where the numbers could not agree by accident."""
    if b.dtype.kind != "f" or not np.isfinite(a).all() or not np.isfinite(b).all():
        return
    trivial = np.isin(b, (0, 1)).all()
    trivial |= b.ndim == 0 and bool(a == np.round(a, 2) and b == np.round(b, 2))  # numbers by hand: 0.64 and 0.8, 0.2 and 0.8
    what = "Your result is" if b.ndim == 0 else "Every entry is"
    forms: list[tuple[str, str, Callable[[Array], Array]]] = [
        ("exponential", "e to the power of the expected one: a logarithm is missing", np.exp),
        ("logarithm", "the logarithm of the expected one", np.log),
        ("negative logarithm", "the negative logarithm of the expected one", lambda x: -np.log(x)),
        ("logarithm to base 2", "the logarithm to base 2 of the expected one", np.log2),
        ("power of two", "two to the power of the expected one", np.exp2),
        ("complement", "1 minus the expected one", lambda x: 1 - x),
        ("reciprocal", "1 divided by the expected one", lambda x: 1 / x),
        ("square", "the square of the expected one", np.square),
        ("root", "the square root of the expected one", np.sqrt),
        ("absolute value", "the expected one without its sign", abs)]
    with np.errstate(all="ignore"):
        for name, words, form in forms:
            if not trivial and c.all(a, form(b)):
                yield told(name, f"{what} {words}.")
    if b.ndim and b.shape[-1] >= ENOUGH and different(b) >= ENOUGH:
        if c.all(a, np.cumsum(b, axis=-1)):
            yield told("running sum", "Your values are the running sums of the expected ones.")
        if c.all(np.cumsum(a, axis=-1), b):
            yield told("differences", "The expected values are the running sums of yours.")


def by_rows(a: Array, b: Array, c: Comparison) -> Iterator[Relation | None]:
    """A factor or an offset for each row or column: summed or normalised along the other axis."""
    if b.ndim != 2 or min(b.shape) < 2 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return
    wrong = ~c.close(a, b)
    for axis, name in ((1, "row"), (0, "column")):
        if b.shape[axis] < ENOUGH:
            continue
        top = np.take_along_axis(b, abs(b).argmax(axis=axis, keepdims=True), axis)
        with np.errstate(all="ignore"):
            k = np.take_along_axis(a, abs(b).argmax(axis=axis, keepdims=True), axis) / top
            sizes = (top != 0).all() and (k != 0).all() and np.isfinite(k).all() and not c.all(abs(k), np.ones(k.shape))
            if sizes and c.all(a, k * b):  # not only signs
                asks = f": what were the {name}s to be divided by?" if (k > 0).all() else "."
                yield told(f"a factor a {name}", f"Each {name} is right up to a factor of its own{asks}")
        d = (a - b).mean(axis=axis, keepdims=True)
        if c.all(a, b + d) and 2 * wrong.any(axis=axis).sum() > b.shape[1 - axis]:  # else one is wrong, not each
            yield told(f"an offset a {name}", f"Each {name} is right up to a number that is added to all of its entries.")


def exception(a: Array, b: Array, c: Comparison) -> Relation | None:
    """Right but for a small, describable part: the first or last, a row, the diagonal, the zeros."""
    wrong = ~c.close(a, b)
    if b.size < ENOUGH or not wrong.any() or wrong.all() or wrong.sum() > b.size / 2:
        return None
    shape, where = b.shape, np.argwhere(wrong)
    if b.ndim == 1:
        for place, name in ((0, "first"), (len(b) - 1, "last")):
            if (where == place).all():
                return told(f"but the {name}", f"All entries are right but the {name} one.")
    if b.ndim == 2:
        for axis, name in ((0, "row"), (1, "column")):
            for place, which in ((0, "first"), (shape[axis] - 1, "last")):
                if shape[axis] >= ENOUGH and (where[:, axis] == place).all():
                    return told(f"but the {which} {name}", f"All entries are right but in the {which} {name}.")
        if shape[0] == shape[1] and shape[0] >= ENOUGH and (where[:, 0] == where[:, 1]).all():
            return told("but the diagonal", "All entries are right but on the diagonal.")
        for axis, name in ((0, "row"), (1, "column")):
            if shape[axis] >= ENOUGH and len(np.unique(where[:, axis])) == 1:
                return told(f"but one {name}", f"All entries are right but in one {name}.",
                            f"All entries are right but in {name} {where[0, axis]}.")
    for name, chosen in special(b):
        if chosen.any() and not chosen.all() and (wrong == chosen).all():
            return told(f"but {name}", f"Your values are right but where {name} is expected: there, all are wrong.")
    if len(where) == 1:
        return told("but one entry", "All entries are right but one.")
    return None


def special(b: Array) -> list[tuple[str, NDArray[np.bool_]]]:
    """Entries with a name of their own."""
    out = [("0", b == 0), ("NaN", np.isnan(b)), ("an infinite number", np.isinf(b))]
    return [*out, ("a negative number", b < 0), ("the largest value", b == b.max())] if b.dtype.kind == "f" else out


def signs(a: Array, b: Array, c: Comparison) -> Relation | None:
    if b.size >= ENOUGH and c.all(abs(a), abs(b)):
        return told("signs", "Your values are right but for the sign of some.")
    return None


def shapes(a: Array, b: Array, c: Comparison) -> Iterator[Relation | None]:
    """The right numbers in another shape."""
    if b.size < 2 and a.size != b.size:
        return
    if a.size == b.size:
        if a.ndim == b.ndim == 2 and c.all(a, b.T):
            yield told("transposed", "Your result is the transpose of the expected one: rows and columns are exchanged.")
        if c.all(a.ravel(), b.ravel()):
            yield told("other shape", "The numbers are right and in the right order, but in another shape.",
                       f"The numbers are right and in the right order, but their shape is {a.shape} and not {b.shape}.")
    if a.ndim == b.ndim + 1 or b.ndim == a.ndim + 1:
        big, small = (a, b) if a.ndim > b.ndim else (b, a)
        if small.size >= 2 and len(big) and big.shape[1:] == small.shape and c.all(big, np.broadcast_to(small, big.shape)):
            yield told("repeated", "Your result repeats the expected one along a new axis." if big is a else
                       "The expected result repeats yours along a new axis.")


def ends(a: Array, b: Array, c: Comparison) -> Iterator[Relation | None]:
    """Too few or too many along the first axis, or along the second."""
    if a.ndim != b.ndim or a.ndim == 0:
        return
    for axis in range(min(a.ndim, 2)):
        others = [(m, n) for i, (m, n) in enumerate(zip(a.shape, b.shape, strict=True)) if i != axis]
        if any(m != n for m, n in others):
            continue
        name = "entry" if b.ndim == 1 else ("row", "column")[axis]
        x, y = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
        yield of_ends(x, y, name, c.all)


def sums(a: Array, b: Array, c: Comparison) -> Iterator[Relation | None]:
    """Not yet summed, or summed too far."""
    if a.ndim > b.ndim and a.size > 1 and np.isfinite(a).all():
        for axis in range(a.ndim):
            where = "" if a.ndim == 1 else f" along axis {axis}"
            if c.all(a.sum(axis=axis), b):
                yield told("not summed", f"The expected result is the sum of yours{where}.")
            if c.all(a.mean(axis=axis), b):
                yield told("no mean", f"The expected result is the mean of yours{where}.")
        if b.ndim == 0 and a.ndim > 1:
            if c.all(a.sum(), b):
                yield told("not summed", "The expected number is the sum of all your entries.")
            if c.all(a.mean(), b):
                yield told("no mean", "The expected number is the mean of all your entries.")
    if b.ndim > a.ndim and b.size > 1 and np.isfinite(b).all():
        for axis in range(b.ndim):
            where = "" if b.ndim == 1 else f" along axis {axis}"
            if c.all(a, b.sum(axis=axis)) and (b != 0).sum() > 1:
                yield told("summed", f"Your result is the sum of the expected values{where}.")
            if c.all(a, b.mean(axis=axis)):
                yield told("mean", f"Your result is the mean of the expected values{where}.")
