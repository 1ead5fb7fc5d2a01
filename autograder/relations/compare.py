"""When two values are equal, and what a relation between them consists of."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.values import Tensor

Array = NDArray[Any]
ENOUGH = 3  # so many different entries tell a relation from an accident


class Relation(NamedTuple):
    """name: for reports, which count relations. hidden: the sentence without any value. shown: with what may be shown."""

    name: str
    hidden: str
    shown: str


def told(name: str, hidden: str, shown: str = "") -> Relation:
    return Relation(name, hidden, shown or hidden)


def first(relations: Iterator[Relation | None]) -> Relation | None:
    return next((found for found in relations if found is not None), None)


def shared(relations: Iterable[Relation | None]) -> Relation | None:
    """The first of them where all say the same, else None; none is asked for after one that differs."""
    common = None
    for found in relations:
        if found is None or (common is not None and found.hidden != common.hidden):
            return None
        common = common or found
    return common


def ordinal(n: int) -> str:
    return {1: "first", 2: "second", 3: "third", 4: "fourth"}.get(n, f"{n}th")


def interesting(value: object) -> bool:
    """Whether a value is so rich that to return it is no accident: not a small number, not empty."""
    if isinstance(value, Tensor):
        value = value.data
    if isinstance(value, np.ndarray):
        return value.size > 1
    return isinstance(value, list | tuple | dict | str) and len(value) > 1


def as_array(value: object) -> Array | None:
    """Numbers as an array: an array, a tensor, a number, or a regular list of numbers; None for all else."""
    if isinstance(value, Tensor):
        value = value.data
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | complex):
        try:
            return np.asarray(value, complex if isinstance(value, complex) else float)
        except OverflowError:
            return None
    if isinstance(value, list | tuple):
        try:
            value = np.asarray(value)
        except (ValueError, OverflowError):  # rows of different lengths, numbers of thousands of digits
            return None
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        return value
    return None


class Comparison:
    """Equality of plain values within the tolerance of the test."""

    def __init__(self, atol: float, rtol: float):
        self.atol, self.rtol = atol, rtol

    def close(self, a: Array, b: Array) -> NDArray[np.bool_]:
        """Entry by entry, for arrays of one shape. NaN equals NaN."""
        with np.errstate(all="ignore"):
            exact: NDArray[np.bool_] = (a == b) | ((a != a) & (b != b))
            if a.dtype.kind in "fc" or b.dtype.kind in "fc":
                exact = exact | (np.isfinite(a) & np.isfinite(b) & (abs(a - b) <= self.atol + self.rtol * abs(b)))
        return exact

    def all(self, a: Array, b: Array) -> bool:
        return a.shape == b.shape and bool(self.close(a, b).all())

    def same(self, a: object, b: object) -> bool:
        """Plain values of any kind; a list equals the tuple and the array of the same numbers."""
        x, y = as_array(a), as_array(b)
        if x is not None and y is not None:
            return self.all(x, y)
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(self.same(a[k], b[k]) for k in a)
        if isinstance(a, list | tuple) and isinstance(b, list | tuple):
            return len(a) == len(b) and all(map(self.same, a, b))
        return type(a) is type(b) and not isinstance(a, np.ndarray | Tensor) and a == b


def of_ends(x: Sequence[object] | Array, y: Sequence[object] | Array, name: str, same: Callable[..., bool]) -> Relation | None:
    """One or a few too many or too few, at one end or somewhere."""
    short, long = (x, y) if len(x) < len(y) else (y, x)
    k = len(long) - len(short)
    if not len(short) or not k:
        return None
    verb = "are missing" if short is x else "are too many"
    verb = verb if k > 1 else verb.replace("are missing", "is missing").replace("are too many", "is too much")
    some = f"the {{}} {name}" if k == 1 else f"the {{}} {k} {plural(name)}"
    at_start, at_end = same(long[k:], short), same(long[:-k], short)
    if at_start and at_end:
        return told("length", f"Right but for the length: {'one' if k == 1 else k} {name if k == 1 else plural(name)} {verb}.")
    if at_start or at_end:
        end = "first" if at_start else "last"
        which = some.format(end)
        return told(f"{end} {verb}", f"Right but for an end: {which} {verb}, the others are as expected.")
    if k == 1 and len(short) >= 2:
        for i in range(1, len(long) - 1):
            if same(long[:i], short[:i]) and same(long[i + 1:], short[i:]):
                this = "is missing" if short is x else "should not be there"
                return told(f"one {verb}", f"One {name} in the middle {this}; the others are as expected.",
                            f"The {name} at index {i} {this}; the others are as expected.")
    return None


def plural(name: str) -> str:
    return {"entry": "entries"}.get(name, f"{name}s")
