"""Relations between plain values of any kind: numbers, lists of tokens, dictionaries, sets, strings."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from autograder.relations.arrays import different, factor, of_arrays, of_functions, offset, precision
from autograder.relations.compare import (
    ENOUGH,
    Comparison,
    Relation,
    as_array,
    first,
    interesting,
    of_ends,
    ordinal,
    shared,
    told,
)
from autograder.values import Tensor


def relation(got: object, want: object, args: Sequence[object] = (), atol: float = 1e-9, rtol: float = 1e-9) -> Relation | None:
    """The most specific relation of a wrong plain value to the right one, or None where none is known.

    args: what the function was called with: a function may return one of its arguments, or forget to divide by a length.
    """
    comparison = Comparison(atol, rtol)
    for i, arg in enumerate(args):
        if comparison.same(got, arg) and interesting(arg):
            which = ("its argument" if len(args) == 1 else f"its {ordinal(i + 1)} argument")
            return told("an argument", f"What your function returns equals {which}.")
    if comparison.same(got, want):
        return told("another type", "The values are right, but something that holds them is of another type than expected.")
    if isinstance(want, str) and isinstance(got, str):
        return first(of_strings(got, want))
    if isinstance(want, dict) and isinstance(got, dict):
        return first(of_dictionaries(got, want, comparison))
    if isinstance(want, set | frozenset) and isinstance(got, set | frozenset):
        return first(of_sets(got, want))
    found = first(of_other_kinds(got, want))
    a, b = as_array(got), as_array(want)
    of_arrays_each = isinstance(want, list | tuple) and any(isinstance(item, np.ndarray | Tensor) for item in want)
    if found is None and a is not None and b is not None and not of_arrays_each:  # each array has a meaning of its own
        found = first(of_arrays(a, b, comparison, lengths_in(args)))
    if found is None and isinstance(want, list | tuple) and isinstance(got, list | tuple):
        found = first(of_sequences(list(got), list(want), comparison))
    return found


def of_other_kinds(a: object, b: object) -> Iterator[Relation | None]:
    """The right things held by something else: a string for its parts, the keys of a dictionary without their values."""
    if is_joined(a, b):
        yield told("joined", "Your string is the expected items, joined.")
    if is_joined(b, a):
        yield told("joined", "Joined, your items are the expected string.")
    if are_keys(a, b):
        yield told("keys alone", "You have the keys of the expected dictionary, without their values.")
    if are_keys(b, a):
        yield told("keys with values", "The keys of your dictionary are what is expected.")


def is_joined(text: object, parts: object) -> bool:
    if not isinstance(text, str) or not isinstance(parts, list | tuple):
        return False
    return len(text) > 1 and any(text == separator.join(map(str, parts)) for separator in ("", " ", ",", ", "))


def are_keys(items: object, dictionary: object) -> bool:
    if not isinstance(items, list | tuple | set | frozenset) or not isinstance(dictionary, dict):
        return False
    return len(dictionary) > 1 and all(map(hashable, items)) and set(items) == set(dictionary)


def lengths_in(args: Sequence[object]) -> dict[int, str]:
    """Numbers that a student may have divided by or forgotten to: lengths of the arguments and of their axes."""
    found: dict[int, str] = {}
    for i, arg in enumerate(args):
        of = f"the {ordinal(i + 1)} argument" if len(args) > 1 else "the argument"
        if isinstance(arg, Tensor):
            arg = arg.data
        if isinstance(arg, np.ndarray):
            for axis, n in enumerate(arg.shape):
                found.setdefault(n, f"the length of {of}" if arg.ndim == 1 else f"the length of axis {axis} of {of}")
            found.setdefault(arg.size, f"the number of entries of {of}")
        elif isinstance(arg, list | tuple | dict | str):
            found.setdefault(len(arg), f"the length of {of}")
    return {n: text for n, text in found.items() if n > 2}  # 1 and 2 mean nothing, or have names of their own


def of_sequences(a: list[object], b: list[object], c: Comparison) -> Iterator[Relation | None]:
    """Lists and tuples of anything: tokens, pairs, arrays."""
    def same(x: Sequence[object], y: Sequence[object]) -> bool:
        return len(x) == len(y) and all(map(c.same, x, y))

    if len(a) != len(b):
        yield of_ends(a, b, "item", same)
    elif len(b) >= 2:
        if len(b) >= ENOUGH and same(a, b[::-1]):
            yield told("reversed", "The expected items are there, in reverse order.")
        elif len(b) == 2 and same(a, b[::-1]):
            yield told("reversed", "The two items are exchanged.")
        wrong = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if not c.same(x, y)]
        if len(b) > 1 and len(wrong) == 1:
            i = wrong[0]
            which = "first" if i == 0 else "last" if i == len(b) - 1 else None
            inner = relation(a[i], b[i], (), c.atol, c.rtol)
            more = f" There: {inner.hidden}" if inner else ""
            shown = f" There: {inner.shown}" if inner else ""
            yield told("but one item", f"All items are right but {f'the {which} one' if which else 'one'}.{more}",
                       f"All items are right but the one at index {i}.{shown}")
        if found := shared(relation(a[i], b[i], (), c.atol, c.rtol) for i in wrong):
            yield told(found.name, f"In every item that differs: {found.hidden}")
    if len(b) >= 2 and all(map(hashable, [*a, *b])):
        have, need = Counter(a), Counter(b)
        if have == need:
            yield told("other order", "The expected items are all there, in another order.")
        elif set(have) == set(need):
            yield told("other numbers", "The right items, but some of them too often or too rarely.")
        elif not have - need and len(a) >= 1:
            yield told("some missing", f"Nothing is wrong, but {counted(sum((need - have).values()))} missing.")
        elif not need - have:
            yield told("too many", f"Everything expected is there, and {counted(sum((have - need).values()))} too much.")


def counted(n: int) -> str:
    return "one item is" if n == 1 else f"{n} items are"


def hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def of_sets(a: set[object] | frozenset[object], b: set[object] | frozenset[object]) -> Iterator[Relation | None]:
    if a < b:
        yield told("some missing", f"Nothing is wrong, but {counted(len(b - a))} missing.")
    if a > b:
        yield told("too many", f"Everything expected is there, and {counted(len(a - b))} too much.")


def of_dictionaries(a: dict[object, object], b: dict[object, object], c: Comparison) -> Iterator[Relation | None]:
    """The keys first, then what holds of all values."""
    shared = [k for k in b if k in a]
    if a.keys() != b.keys():
        right = all(c.same(a[k], b[k]) for k in shared)
        if right and shared:
            missing, extra = [k for k in b if k not in a], [k for k in a if k not in b]
            if missing and not extra:
                zero = all(c.same(b[k], 0) for k in missing)
                yield told("keys missing", "The values are right, but keys are missing" +
                           (": all those whose value is 0." if zero else "."))
            if extra and not missing:
                zero = all(c.same(a[k], 0) for k in extra)
                yield told("keys too many", "The values are right, but there are keys too many" +
                           (": all of them with the value 0." if zero else "."))
        if {str(k) for k in a} == {str(k) for k in b}:
            yield told("kind of key", "The keys look right, but are of another type.")
        if all(isinstance(k, tuple) for k in [*a, *b]) and {k[::-1] for k in a if isinstance(k, tuple)} == set(b):
            yield told("keys reversed", "Every key is the expected one read backwards.")
        return
    if not shared:
        return
    wrong = [k for k in b if not c.same(a[k], b[k])]
    x, y = as_array([a[k] for k in b]), as_array([b[k] for k in b])
    if x is not None and y is not None and x.shape == y.shape and x.ndim == 1:
        x, y = x.astype(float, copy=False), y.astype(float, copy=False)
        found = precision(x, y, c) or factor(x, y, c, {}) or offset(x, y, c) or first(of_functions(x, y, c))
        if found:
            yield Relation(found.name, found.hidden.replace("entry", "value"), found.shown.replace("entry", "value"))
        if len(y) >= ENOUGH and different(y) >= ENOUGH and c.all(np.sort(x), np.sort(y)):
            yield told("values exchanged", "The right values stand at the wrong keys.")
    if len(wrong) == 1 and len(b) > 1:
        inner = relation(a[wrong[0]], b[wrong[0]], (), c.atol, c.rtol)
        yield told("but one key", "All values are right but one." + (f" There: {inner.hidden}" if inner else ""),
                   f"All values are right but that of {wrong[0]!r}." + (f" There: {inner.shown}" if inner else ""))


def of_strings(a: str, b: str) -> Iterator[Relation | None]:
    if a.strip() == b.strip():
        yield told("spaces", "Your text is right but for spaces or line ends at its ends.")
    if a.casefold() == b.casefold():
        yield told("capitals", "Your text is right but for capital letters.")
    if "".join(a.split()) == "".join(b.split()):
        yield told("spaces", "Your text is right but for its spaces.")
    if len(b) >= ENOUGH and a == b[::-1] and a != b:
        yield told("reversed", "Your text is the expected one read backwards.")
    if len(b) / 2 <= len(a) < len(b) and (b.startswith(a) or b.endswith(a)):
        yield told("cut", f"Your text is the expected one without its {'end' if b.startswith(a) else 'beginning'}.")
    if len(a) != len(b) and b and (a.startswith(b) or a.endswith(b)):
        end = "end" if a.startswith(b) else "beginning"
        yield told("longer", f"Your text is the expected one with something more at its {end}.")
