"""autograder.relations: each relation on values worked by hand, none by accident, and every one a fact."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.relations import relation
from autograder.values import Tensor

A = np.array([0.5, 0.2, 0.25, 0.05])
M = np.array([[1.0, 2.0, 3.5], [4.0, 5.5, 6.0], [7.0, 8.25, 9.0]])


@pytest.mark.parametrize(("got", "want", "words"), [
    # another place
    (A[::-1], A, "in reverse order"),
    (M.T, M, "the transpose"),
    (M[:2].T, M[:2], "the transpose"),
    (M[::-1], M, "rows are there, in reverse order"),
    (M[:, ::-1], M, "columns are there, in reverse order"),
    (M[[1, 0, 2]], M, "rows are there, in another order"),
    (M[:, [1, 0, 2]], M, "columns are there, in another order"),
    (np.roll(A, 1), A, "one place later; what leaves"),
    (np.append(A[1:], 0), A, "one place earlier than expected"),
    (A[[1, 0, 3, 2]], A, "in other places"),
    (np.vstack([M[:2], M[2:] + 2]), M, "in the last row"),
    # a factor, an offset
    (-A, A, "Every entry is the negative"),
    (2 * A, A, "twice"), (A / 2, A, "half"), (A * math.log(2), A, "ln 2 times"), (A / math.log(2), A, "1/ln 2"),
    (100 * A, A, "percentage"), (0.37 * A, A, "same multiple"), (-0.5, 0.25, "−2 times"), (3.0, 1.5, "Your result is twice"),
    (A + 1, A, "one too large"), (4.0, 5.0, "one too small"), (A - 0.01, A, "off by the same amount"),
    # another form
    (np.exp(A), A, "e to the power"), (np.log(A), A, "the logarithm"), (-np.log(A), A, "negative logarithm"),
    (1 - A, A, "1 minus"), (1 / A, A, "1 divided by"), (A**2, A, "square of"), (math.sqrt(0.2), 0.2, "square root"),
    (np.cumsum(A), A, "running sums"), (A, np.cumsum(A), "are the running sums of yours"), (np.log2(0.3), 0.3, "to base 2"),
    # precision
    (A.astype(np.float32).astype(float) * (1 + 1e-6), A, "six digits"),
    (A * (1 + 1e-8), A, "eight digits"), (A / (1 + 3e-9), A, "such as 1e-9"),
    (np.round(M / 7, 3), M / 7, "rounded to 3 digits"),
    (A * (1 + 1e-5 * np.arange(4)), A, "within a thousandth"),
    # another kind of thing
    ("un ##do", ["un", "##do"], "joined"), (["un", "do"], "undo", "joined"), (["a", "b", "a"], {"a": 2, "b": 1}, "the keys of"),
    ({"a": 2, "b": 1}, ["a", "b"], "keys of your dictionary"),
    ((M[:1].T, M.T), (M[:1], M), "the transpose"),
    # another type
    (A.tolist(), A, "of another type"), (tuple(A.tolist()), A.tolist(), "of another type"),
    (np.ones(3, "f4"), np.ones(3), "of another type"),
    (([[1, 2]], [[True, False]]), (np.array([[1, 2]]), np.array([[True, False]])), "of another type"),
    (np.array([1, 0, 1]), np.array([True, False, True]), "of another type"),
    # all but some
    (np.append(9.0, A[1:]), A, "all entries are right but the first"), (np.append(A[:-1], 0.0), A, "but the last"),
    (M + np.diag([1.0, 2, 3]), M, "on the diagonal"), (np.vstack([M[:2], [0, 0, 1.0]]), M, "in the last row"),
    (M * [[3.0], [1], [1]] + [[0, 1.0, 0], [0, 0, 0], [0, 0, 0]], M, "in the first row"),
    (np.array([1.0, 7, 3, 5, 2]), np.array([1.0, 0, 3, 5, 2]), "where 0 is expected"),
    (np.array([1.0, 9, 3, 4, 5]), np.array([1.0, 2, 3, 4, 5]), "right but one"),
    (np.array([1.0, -2, 3]), np.array([1.0, 2, -3]), "sign of some"), (M * [1, -1, -1], M, "sign of some"),
    (M * [[2.0], [3], [5]], M, "Each row is right up to a factor"), (M * [2.0, 3, 5], M, "Each column is right up to a factor"),
    (M + np.array([[1.5], [3], [5]]), M, "Each row is right up to a number that is added"),
    (np.array([True, False, True]), np.array([False, True, False]), "True and False are exchanged"),
    # another shape
    (A[:, None], A, "another shape"), (M.ravel(), M, "another shape"), (np.tile(A, (3, 1)), A, "repeats the expected"),
    (A[1:], A, "the first entry is missing"), (A[:-1], A, "the last entry is missing"),
    (np.append(7, A), A, "first entry is too"),
    (np.append(A, [7, 8]), A, "the last 2 entries are too many"), (np.delete(A, 2), A, "in the middle is missing"),
    (M[1:], M, "the first row is missing"), (M[:, :-1], M, "the last column is missing"),
    (np.insert(A, 2, 9.0), A, "should not be"),
    (M, M.sum(axis=0), "the sum of yours along axis 0"), (A, A.sum(), "The expected result is the sum"),
    (A, A.mean(), "is the mean"),
    (M, M.sum(), "sum of all your entries"), (A.sum(), A, "is the sum of the expected"),
    (M.mean(axis=1), M, "mean of the expected"),
    (Tensor(A[::-1].astype("float32"), "float32"), Tensor(A.astype("float32"), "float32"), "reverse order"),
    # lists, dictionaries, sets, strings
    (["a", "b", "c"], ["c", "b", "a"], "reverse order"), (["a", "b"], ["b", "a"], "two items are exchanged"),
    (["b", "c"], ["a", "b", "c"], "the first item is missing"),
    (["a", "b", "c", "d"], ["a", "b", "c"], "the last item is too much"),
    (["a", "c"], ["a", "b", "c"], "in the middle is missing"), (["b", "a", "c", "d"], ["a", "b", "c", "d"], "in another order"),
    (["a", "a", "a", "b"], ["a", "b", "b", "b"], "too often or too rarely"),
    (["c", "a"], ["a", "b", "c", "d"], "2 items are missing"),
    (["x", "b", "c"], ["a", "b", "c"], "but the first one"), ([1, 2, 3], [2, 4, 6], "half"),
    ([("a", "b"), ("c", "d")], [("b", "a"), ("d", "c")], "In every item that differs: The two items are exchanged"),
    ({"a": 0.5}, {"a": 0.5, "b": 0.0}, "those whose value is 0"), ({"a": 0.5}, {"a": 0.5, "b": 0.1}, "keys are missing."),
    ({"a": 0.5, "b": 0}, {"a": 0.5}, "keys too many: all of them with the value 0"), ({1: 0.5}, {"1": 0.5}, "another type"),
    ({("b", "a"): 1, ("c", "a"): 3}, {("a", "b"): 1, ("a", "c"): 3}, "read backwards"),
    ({"a": 0.25, "b": 0.5}, {"a": 0.5, "b": 1.0}, "Every value is half"),
    ({"a": 1, "b": 2, "c": 7}, {"a": 7, "b": 1, "c": 2}, "wrong keys"),
    ({"a": 1, "b": 2}, {"a": 1, "b": 5}, "right but one"),
    ({"a"}, {"a", "b"}, "one item is missing"), ({"a", "b", "c"}, {"a"}, "2 items are too much"),
    ("Ab", "ab", "capital"), ("ab ", "ab", "line ends at its ends"), ("a b", "ab", "its spaces"), ("abc", "cba", "backwards"),
    ("abc", "abcde", "without its end"), ("xabc", "abc", "something more at its beginning"),
])  # fmt: skip
def test_relations(got, want, words):
    found = relation(got, want)
    assert found is not None
    assert words.casefold() in found.hidden.casefold() or words.casefold() in found.shown.casefold(), found


@pytest.mark.parametrize(("got", "want"), [
    (0.3, 0.55), (np.array([0.3, 0.1]), np.array([0.7, 0.2])), (A, M), (A, "a"), ("a", 3), ({"a": 1}, {"b": 2}), (["a"], ["b"]),
    (np.array([]), A), (np.nan, 0.3), (None, 0.3), (np.array([np.nan] * 4), A), (10**400, 1.0), (np.zeros(4), A), (0.0, 0.5),
    (np.zeros((0, 3)), np.zeros((2, 3))),
    (0.64, 0.8), (0.2, 0.8), (0.5, 5 / 11), (0.33, 1 / 3),  # a number that happens to be the other one rounded
])  # fmt: skip
def test_no_relation_by_accident(got, want):
    assert relation(got, want) is None


def test_arguments_and_their_lengths():
    assert "equals its argument" in relation(A, A[::-1], (A,)).hidden
    assert "equals its second argument" in relation(["a", "b"], ["a"], (3, ("a", "b"))).hidden
    assert relation(1, 5, (1,)) is None  # a small number is no sign
    found = relation(A.sum(), A.sum() / 5, (np.arange(5), 7))
    assert "5 times the expected one" in found.hidden and "the length of the first argument" in found.hidden
    assert "divided by 3" in relation(A / 3, A, (M,)).hidden and "axis 0 of the argument" in relation(A / 3, A, (M,)).hidden
    assert relation(A.sum() * 2.7, A.sum(), (np.arange(5),)) is None


def test_hidden_sentences_hold_no_number_of_the_expected_value():
    for got in (0.37 * A, A - 0.01, np.delete(A, 2), np.append(9.0, A[1:])):
        found = relation(got, A)
        assert not any(f"{value:.6g}" in found.hidden for value in [*A, *got]) and "0.37" not in found.hidden
    assert "0.37" in relation(0.37 * A, A).shown and "index 2" in relation(np.delete(A, 2), A).shown


sixteenths = st.integers(-90, 90).map(lambda n: n / 16)
arrays = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=5), elements=sixteenths)


@given(arrays, arrays, st.floats(0, 1))
def test_two_unrelated_arrays_never_crash_it(a, b, part):
    relation(a, b, (a[:1], b.tolist()))
    relation(a.tolist(), b.tolist())
    relation(dict(enumerate(a.ravel())), dict(enumerate(b.ravel())))


FACTS = {
    "transposed": lambda a, b: np.array_equal(a, np.swapaxes(b, -1, -2)) or np.array_equal(a, b.T),
    "reversed": lambda a, b: any(np.array_equal(a, np.flip(b, i)) for i in range(b.ndim)),
    "a multiple": lambda a, b: np.ptp(a[b != 0] / b[b != 0]) < 1e-6 * abs((a[b != 0] / b[b != 0])[0]) + 1e-12,
    "an offset": lambda a, b: np.ptp(a - b) < 1e-6,
    "other order": lambda a, b: np.allclose(np.sort(a, axis=None), np.sort(b, axis=None)),
    "signs": lambda a, b: np.allclose(abs(a), abs(b)),
    "but the first": lambda a, b: np.allclose(a[1:], b[1:]) and a[0] != b[0],
    "but the last": lambda a, b: np.allclose(a[:-1], b[:-1]) and a[-1] != b[-1],
    "but one entry": lambda a, b: (a != b).sum() == 1,
}


@given(arrays, st.sampled_from([
    lambda b: b[::-1], lambda b: b.T, lambda b: 1.7 * b, lambda b: b + 0.3, lambda b: -b, lambda b: np.sort(b, axis=0),
    lambda b: np.where(np.arange(b.size).reshape(b.shape) == 0, 7.5, b), lambda b: np.roll(b, 1), lambda b: abs(b)]))
def test_every_relation_that_is_named_is_a_fact(b, change):
    a = change(b)
    found = relation(a, b)
    if found is not None and found.name in FACTS:
        assert FACTS[found.name](a, b), (found, a, b)


def test_what_is_said_of_every_item_holds_of_every_item():
    got, want = [(99, 101), (99, 99), (101, 98), (261, 97)], [(99, 99), (99, 101), (101, 98), (260, 97)]
    found = relation(got, want)
    assert found is None or "every item" not in found.hidden  # two differ in their second number, one in its first


def test_what_is_left_of_a_text_is_at_least_half_of_it():
    assert relation("naïve ca", "naïve café").name == "cut" and relation("é", "naïve café") is None
