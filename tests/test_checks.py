"""Checks: what passes, what does not and in which words; the same at a desk and in grading."""

import collections
import contextlib
import math
import time
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import checks
from autograder.checks import (
    CHANGES_INPUT,
    KINDS,
    Failed,
    Outcome,
    as_code,
    describe_call,
    difference,
    examination,
    expect,
    expect_error,
    expect_value,
    invoke,
    rng,
    same,
    seed,
    show,
    tensor,
)
from autograder.session import Limits, Session
from autograder.values import Tensor

INT, FLOAT = np.array([1, 2, 3]), np.array([1.0, 2.0, 3.0])


def failure(check, *args, **kwargs) -> Failed:
    with pytest.raises(Failed) as caught:
        check(*args, **kwargs)
    return caught.value


# --- comparing --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("got", "want"), [
    (1, 1), (1, 1.0), (1.0, 1.0), (1.0 + 1e-10, 1.0), (1e12 + 100, 1e12), (0.0, -0.0), (math.nan, math.nan),
    (math.inf, math.inf), (-math.inf, -math.inf), (np.array(2.0), 2.0), (2.0, np.float64(2)), (1 + 0j, 1 + 0j),
    (2, 2 + 0j), (10**30, 10**30), (10**30, 1e30), (True, True), (None, None), ("a", "a"), (b"a", b"a"),
    ([], []), ((), ()), ({}, {}), (set(), set()), ([1, (2.0, "x")], [1, (2.0, "x")]),
    ({"b": 1, "a": [2]}, {"a": [2.0], "b": 1}), ({1, 2}, {2, 1}), (frozenset({1}), frozenset({1})),
    (INT, INT), (INT.astype("i1"), INT), (INT.astype("u8"), INT), (FLOAT + 1e-10, FLOAT),
    (np.array([0.5, 1]), np.array([0.5, 1], "f4")), (np.empty((0, 3)), np.empty((0, 3))), (np.array(1.0), np.array(1.0)),
    (np.array([np.nan, np.inf, -np.inf]), np.array([np.nan, np.inf, -np.inf])), (np.array([True]), np.array([True])),
    (Tensor(FLOAT, "float64"), Tensor(FLOAT, "float64")), ([FLOAT], [FLOAT]),
], ids=repr)
def test_equal_enough(got, want):
    assert difference(got, want) is None


@pytest.mark.parametrize(("got", "want", "words"), [
    (True, 1, "expected a number, got True"),
    (True, 1.0, "expected a number, got True"),
    (1, True, "expected True or False, got 1"),
    (0, False, "expected True or False, got 0"),
    (1, None, "expected None, got 1"),
    (None, 1, "expected a number, got None"),
    (2, 1, "expected 1, got 2"),
    (1.0, 1, "expected the whole number 1 (an int), got 1.0."),
    (1.5, 1, "expected 1, got 1.5"),
    (math.nan, 1, "expected 1, got nan"),
    (math.nan, 1.0, "expected 1, got nan"),
    (1.0, math.nan, "expected nan, got 1"),
    (math.inf, 1e308, "expected 1e+308, got inf"),
    (1e308, math.inf, "expected inf, got 1e+308"),
    (-math.inf, math.inf, "expected inf, got -inf"),
    (1e308, -1e308, "expected -1e+308, got 1e+308"),
    (1 + 1j, 1.0, "expected a real number, got (1+1j)"),
    (complex(math.nan, 0), 1 + 1j, "got (nan+0j)"),
    (10**400, 1.0, "expected 1, got 1000"),
    (1.0000001, 1.0, "expected 1.0000000, got 1.0000001"),  # as many digits as it takes
    (1 / 3 + 2e-9, 1 / 3, "expected 0.33333333, got 0.33333334"),
    ("1", 1, "expected a number, got '1'"),
    (1, "1", "expected a string, got 1"),
    ("b", "a", "expected 'a', got 'b'"),
    (b"a", "a", "expected a string, got b'a'"),
    ([1], (1,), "expected a tuple, got a list: [1]"),
    ((1,), [1], "expected a list, got a tuple: (1,)"),
    (INT, [1, 2, 3], "expected a list, got a NumPy array: [1, 2, 3]"),
    ([1, 2, 3], INT, "expected a NumPy array, got a list: [1, 2, 3]"),
    (1.0, np.array(1.0), "expected a NumPy array, got a number: 1"),
    ([1, 2], [1, 2, 3], "expected 3 items, got 2"),
    ([1, [2, 9]], [1, [2, 3]], "expected 3 at [1][1], got 9"),
    ({"a": 1}, {"a": 1, "b": 2}, "the key 'b' is missing"),
    ({"a": 1, "b": 2}, {"a": 1}, "the key 'b' should not be there"),
    ({"a": {"x": 1}}, {"a": {"x": 2}}, "expected 2 at ['a']['x'], got 1"),
    ({("a", "b"): 1.0}, {("a", "b"): 0.5}, "expected 0.5 at [('a', 'b')], got 1"),
    ([("a", 1)], {"a": 1}, "expected a dictionary, got a list"),
    ({1}, {1, 2}, "2 is missing"),
    ({1, 2, 3}, {1, 2}, "3 should not be there"),
    ([1], {1}, "expected a set, got a list"),
    (np.empty((0, 1)), np.arange(5.0), "expected shape (5,), got (0, 1)"),  # np.allclose says True
    (np.ones((3, 1)), np.ones(3), "expected shape (3,), got (3, 1)"),
    (np.ones(3), np.ones((1, 3)), "expected shape (1, 3), got (3,)"),
    (np.array(1.0), np.ones(1), "expected shape (1,), got ()"),
    (INT, FLOAT, "dtype float64, got int64"),
    (FLOAT, INT, "dtype int64, got float64"),
    (INT.astype(bool), INT, "dtype int64, got bool"),
    (FLOAT.astype(complex), FLOAT, "dtype float64, got complex128"),
    (np.array([0.5, 1], "f4"), np.array([0.5, 1]), "dtype float64, got float32"),
    (INT, np.array([1, 2, 4]), "expected 4 at index 2, got 3. 1 of 3 entries differ."),
    (np.array([[True, False]]), np.array([[True, True]]), "expected True at index (0, 1), got False"),
    (np.array([1, np.nan]), np.array([1.0, 2]), "expected 2 at index 1, got nan"),
    (np.array([1.0, 2]), np.array([1, np.nan]), "expected nan at index 1, got 2"),
    (np.array([np.inf]), np.array([1e308]), "expected 1e+308 at index 0, got inf"),
    (np.array(3.0), np.array(1.0), "expected 1, got 3."),
    (np.array([0.1]), np.array([0.1], "f4"), "expected 0.100000001 at index 0, got 0.100000000"),
    (np.array([2**64 - 1], "u8"), np.array([-1]), "expected -1 at index 0, got 18446744073709551615"),
    ([np.array([1.0, 2])], [np.array([1.0, 3])], "expected 3 at [0] at index 1, got 2"),
    (FLOAT, Tensor(FLOAT, "float64"), "expected a torch tensor, got a NumPy array"),
    (Tensor(FLOAT, "float64"), FLOAT, "expected a NumPy array, got a torch tensor"),
    (Tensor(FLOAT, "float32"), Tensor(FLOAT, "float64"), "dtype float64, got float32"),
    (Tensor(FLOAT * 2, "float64"), Tensor(FLOAT, "float64"), "expected 1 at index 0, got 2"),
])
def test_unequal_in_words(got, want, words):
    assert words in difference(got, want)


def test_tolerances():
    assert difference(1.05, 1.0, atol=0.1) is None
    assert difference(105.0, 100.0, atol=0, rtol=0.1) is None
    assert difference(1.05, 1.0, atol=0.04, rtol=0) is not None
    assert difference([FLOAT * 1.01], [FLOAT], rtol=0.02) is None
    assert difference(11, 10, atol=5) is not None  # whole numbers are compared exactly


numbers = st.floats(allow_nan=False) | st.integers(-10**20, 10**20)
value = st.recursive(st.booleans() | numbers | st.text(max_size=3) | st.none(), lambda v: (
    st.lists(v, max_size=3) | st.lists(v, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), v, max_size=3)),
    max_leaves=6)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(value, value)
def test_without_tolerance_difference_is_python_equality_of_same_types(a, b):
    """The oracle is Python's own ==, on a form in which True is not 1, and 1.0 passes for a wanted 1 only as an int."""
    def form(v):
        if isinstance(v, list | tuple):
            return type(v).__name__, [form(x) for x in v]
        if isinstance(v, dict):
            return "dict", sorted((k, form(x)) for k, x in v.items()) if len(v) < 2 else {k: form(x) for k, x in v.items()}
        return type(v).__name__, v

    assert difference(a, a) is None
    if form(a) == form(b):
        assert difference(a, b, 0, 0) is None
    elif "float" not in repr((form(a), form(b))):
        assert difference(a, b, 0, 0) is not None


def test_messages_stay_short_and_print_huge_values():
    for huge in ([0.5] * 10**5, {i: i for i in range(10**4)}, "x" * 10**6, [["y" * 500] * 40] * 40, 10**5000,
                 np.zeros((99, 99))):
        assert len(show(huge)) <= 100
        assert len(str(failure(expect, lambda huge=huge: huge, want=None))) < 400
        assert len(difference(huge, 0.5)) < 400


@pytest.mark.parametrize(("thing", "text"), [
    (1 / 3, "0.333333"), (np.float32(2), "2"), (np.int64(3), "3"), (np.bool_(True), "True"), ((1,), "(1,)"),
    ([1.0, "a"], "[1, 'a']"), ({"a": 0.5}, "{'a': 0.5}"), (np.array([[1, 2]]), "[[1, 2]]"), (None, "None"),
    (np.zeros((7, 8)), "array of shape (7, 8)"), ([0] * 60, "a list of 60 items"), ((), "()"), (set(), "set()"),
])
def test_show(thing, text):
    assert show(thing) == text


@pytest.mark.parametrize(("value", "code"), [
    (np.array([[1, 2], [3, 4]]), "np.array([[1, 2], [3, 4]])"), (np.array([0.5, np.nan]), "np.array([0.5, np.nan])"),
    (np.array([1, 2], dtype=np.float32), "np.array([1.0, 2.0], dtype=np.float32)"), (np.array(3.0), "np.array(3.0)"),
    (np.zeros((0, 3), dtype=int), "np.zeros((0, 3), dtype=np.int64)"), (np.array([True]), "np.array([True])"),
    ([0.500001, (-np.inf,)], "[0.500001, (-np.inf,)]"), (1 / 3, "0.3333333333333333"), (np.float64(0.25), "0.25"),
    ({"a": [1j]}, "{'a': [1j]}"), ("it's", '"it\'s"'), (None, "None"), ((), "()"), ({1}, "{1}"), (np.bool_(False), "False"),
    (tensor([1.5]), "torch.tensor([1.5])"), (tensor([1.5], "bfloat16"), "torch.tensor([1.5], dtype=torch.bfloat16)"),
    (tensor([1.5], requires_grad=True), "torch.tensor([1.5]).requires_grad_()"), (-3, "-3"),
])
def test_the_code_of_a_value(value, code):
    assert as_code(value) == code


arrays = st.lists(st.floats(width=32) | st.integers(-9, 9), max_size=4).flatmap(lambda numbers: st.sampled_from(
    [np.array(numbers, dtype) for dtype in ("f8", "f4", "c16")] + [np.array(numbers, "f8").reshape(-1, 1, 1)]))
ids = st.lists(st.integers(-99, 99), max_size=4).flatmap(lambda numbers: st.sampled_from(
    [np.array(numbers, dtype) for dtype in ("i8", "i2", "?")]))


@given(value | st.floats() | arrays | ids | st.lists(arrays | ids, max_size=2))
def test_a_call_can_be_run_again(value):
    """Whatever value of a few items a call is printed with, running what is printed gives that value again."""
    code = describe_call(double, (value,), {})
    again = eval(code, {"double": lambda x: x, "np": np})
    assert same(again, value), code


# --- expect -----------------------------------------------------------------------------------------------------------

def double(x):
    return 2 * x


def test_a_right_answer_passes_and_comes_back():
    assert expect(double, 2, want=4) == 4
    assert expect(double, x=[1], want=[1, 1]) == [1, 1]
    assert expect(lambda x: None, 1, want=None) is None


@pytest.mark.parametrize("function", [None, ..., lambda x: None, lambda x: ..., lambda x: [...], lambda x: ... + x,
                                      lambda x: x / len(...), lambda x: math.log(...), lambda x: np.exp(...),
                                      lambda x: [i for i in ...]])
def test_the_dots_of_a_skeleton_are_not_answered_yet(function):
    failed = failure(expect, function, 1, want=2, mistakes=[lambda x: None])
    assert failed.blank and "Not answered yet" in str(failed) and failed.hint is None


def test_a_name_used_for_something_else():
    failed = failure(expect, 3.5, 1, want=2)
    assert not failed.blank and "Expected a function" in str(failed)


def test_the_sentence_holds_call_expected_and_got():
    assert str(failure(expect, double, 3, want=7)) == "double(3): expected 7, got 6. Your result is one too small."
    assert str(failure(expect, double, x=3, want=7)) == "double(x=3): expected 7, got 6. Your result is one too small."
    assert str(failure(expect, double, [1] * 200, want=7)).startswith("double(a list of 200 items): expected a number")


def raiser(error):
    def raises(*args):
        raise error
    return raises


def test_exceptions_become_a_sentence():
    assert "raised KeyError: 'a'" in str(failure(expect, raiser(KeyError("a")), 1, want=1))
    assert str(failure(expect, raiser(ValueError()), 1, want=1)) == "raises(1): raised ValueError."
    assert "raised SystemExit" in str(failure(expect, raiser(SystemExit(3)), 1, want=1))
    assert "raised GeneratorExit" in str(failure(expect, raiser(GeneratorExit()), 1, want=1))
    assert "raised RecursionError" in str(failure(expect, lambda x: (f := lambda: f())(), 1, want=1))
    assert "raised TypeError" in str(failure(expect, double, 1, 2, want=1))  # too many arguments
    assert "returned a generator (wrap it in list" in str(failure(expect, lambda x: (i for i in x), [1], want=[1]))


def test_stopping_a_check_from_the_keyboard_stops_it():
    with pytest.raises(KeyboardInterrupt, match="stop"):
        expect(raiser(KeyboardInterrupt("stop")), 1, want=1)


def forgets_a_branch(x):
    if x > 0:
        return x


def skeleton(x):
    """Say what x is."""
    ...


def test_an_answer_that_returns_none_is_wrong_and_a_skeleton_is_not_answered():
    """Both return None: the one is a function with a path that ends in no return, the other is as it was handed out."""
    failed = failure(expect, forgets_a_branch, -1, want=1, mistakes=[lambda x: None])
    assert not failed.blank and failed.hint is None
    assert str(failed) == "forgets_a_branch(-1): returned None. Does every path through your function end in a return?"
    failed = failure(expect, skeleton, -1, want=1)
    assert failed.blank and str(failed) == "Not answered yet: skeleton returns nothing."
    assert expect(forgets_a_branch, -1, want=None) is None and expect(forgets_a_branch, 2, want=2) == 2
    assert failure(expect, forgets_a_branch, 2, want=None).blank is False


def test_none_where_an_error_is_wanted_counts_as_unanswered():
    for function in (forgets_a_branch, skeleton):
        failed = failure(expect_error, function, -1, because="Negative.")
        assert failed.blank and str(failed).endswith("expected ValueError, but nothing was raised or returned. Negative.")


def test_what_is_a_skeleton():
    for blank in (skeleton, lambda x: ..., lambda x: None):
        assert checks.is_skeleton(blank)
    for answered in (forgets_a_branch, lambda x: 0, lambda x: abs, lambda x: x.y):
        assert not checks.is_skeleton(answered)
    assert checks.is_skeleton(len) and checks.is_skeleton(int)  # nobody can look into them: they get the benefit of the doubt


def test_the_ellipsis_of_a_skeleton_is_known_in_an_error_too():
    failed = failure(expect, lambda x: x + ..., 1, want=2)
    assert failed.blank and str(failed) == "Not answered yet: <lambda> returns nothing."
    assert not failure(expect, lambda x: x + "", 1, want=2).blank


# --- mistakes ---------------------------------------------------------------------------------------------------------

def squares(x):
    """You squared. What does double mean?"""
    return x * x


def adds_two(x):
    """You added
    two."""
    return x + 2


def raises_key_error(x):
    """The key may be missing."""
    return {}[x]


def gives_a_map(x):
    """A map is no list."""
    return map(str, x)


MISTAKES = [raises_key_error, squares, adds_two]


def test_the_first_mistake_that_gives_the_same_is_the_hint():
    assert failure(expect, lambda x: x ** 2, 3, want=6, mistakes=MISTAKES).hint == "You squared. What does double mean?"
    assert failure(expect, lambda x: 2 + x, 3, want=6, mistakes=MISTAKES).hint == "You added two."
    assert failure(expect, lambda x: 2 + x, 2, want=5, mistakes=MISTAKES).hint == "You squared. What does double mean?"
    assert failure(expect, lambda x: 2 + x, 2, want=5, mistakes=MISTAKES[::-1]).hint == "You added two."
    assert failure(expect, lambda x: 17, 3, want=6, mistakes=MISTAKES).hint is None


def test_the_right_numbers_of_the_wrong_type_are_no_mistake_of_the_numbers():
    """Where a mistake does not show, an array in place of a tensor looks like it."""
    def forgets_a_minus(x):
        """You forgot the minus."""
        return abs(x)

    want, mistakes = tensor([1.5], "float64"), [forgets_a_minus]
    failed = failure(expect, lambda x: np.array([1.5]), tensor([1.5], "float64"), want=want, mistakes=mistakes)
    assert failed.hint is None and "expected a torch tensor, got a NumPy array" in str(failed)
    pair = failure(expect, lambda x: (np.array([1.5]), 1), tensor([1.5], "float64"), want=(want, 1),
                   mistakes=[lambda x: (abs(x), 1)])
    assert pair.hint is None
    wrong = failure(expect, lambda x: np.array([1.5]), tensor([-1.5], "float64"), want=tensor([-1.5], "float64"),
                    mistakes=mistakes)
    assert wrong.hint == "You forgot the minus."


def examined(*calls, mistakes=MISTAKES) -> Failed:
    """The failure of a test that makes these calls: (function, argument, want), or (function, argument) that must raise."""
    with pytest.raises(Failed) as caught, examination():
        for function, argument, *want in calls:
            if want:
                expect(function, argument, want=want[0], mistakes=mistakes)
            else:
                expect_error(function, argument, error=Exception, mistakes=mistakes)
    return caught.value


def test_a_mistake_is_named_where_it_agrees_with_every_input_of_the_test_earlier_and_later():
    odd = lambda x: 2 * x if x < 3 else x ** 2
    assert examined((odd, 3, 6)).hint == "You squared. What does double mean?"
    assert examined((odd, 1, 2), (odd, 3, 6)).hint is None  # 1 squared is not 2
    assert examined((odd, 3, 6), (odd, 1, 2)).hint is None
    assert examined((odd, 2, 4), (odd, 3, 6), (odd, 4, 8)).hint == "You squared. What does double mean?"
    thrice = lambda x: 9 if x == 3 else 3 * x
    assert examined((thrice, 3, 6), (thrice, 4, 8)).hint is None  # it squares 3, and not 4
    assert "3: expected 6, got 9" in examined((thrice, 3, 6), (thrice, 4, 8)).detail.replace("<lambda>(3)", "3")


def test_an_exception_that_was_asked_for_is_the_same_in_any_words():
    """A student's ValueError says something else than the mistake's; one that was not asked for has to say the same."""
    def refusing(words, kind=ValueError):
        def double(x):
            """You squared. What does double mean?"""
            if x < 0:
                raise kind(words)
            return x * x
        return double

    mistake = refusing("negative")
    assert examined((refusing("x must be positive"), 3, 6), (refusing("x must be positive"), -1), mistakes=[mistake]).hint
    assert examined((refusing("", KeyError), 3, 6), (refusing("", KeyError), -1), mistakes=[mistake]).hint is None
    assert examined((refusing("other"), -1, -2), (refusing("other"), 1, 2), mistakes=[mistake]).hint is None


def test_the_same_answer_gets_the_same_hint_whatever_object_stands_for_the_function():
    """A proxy is another object in every call; what counts is the name in the test."""
    first, second = (types.FunctionType(squares.__code__, {}, "double") for _ in range(2))
    assert examined((first, 2, 4), (second, 3, 6)).hint == "You squared. What does double mean?"


def test_other_functions_of_a_test_do_not_spoil_the_hint():
    assert examined((len, [1], 1), (squares, 3, 6)).hint == "You squared. What does double mean?"


def test_a_test_goes_on_after_a_wrong_answer_as_if_it_had_been_right():
    seen = []
    with pytest.raises(Failed), examination():
        seen.append(expect(squares, 3, want=6))
        seen.append(expect(squares, 2, want=4))
    assert seen == [6, 4]


def test_what_a_test_stumbles_over_later_does_not_hide_the_first_failure():
    for late in (ValueError("later"), Failed("later"), AssertionError("later")):
        with pytest.raises(Failed, match="expected 6, got 9"), examination():
            expect(squares, 3, want=6)
            raise late
    with pytest.raises(ValueError, match="of the test"), examination():
        raise ValueError("of the test")
    with pytest.raises(KeyboardInterrupt), examination():
        expect(squares, 3, want=6)
        raise KeyboardInterrupt


def test_after_a_failure_a_test_does_not_go_on_for_ever():
    calls = []

    def counts(x):
        calls.append(x)
        return -1

    with pytest.raises(Failed), examination():
        for x in range(1000):
            expect(counts, x, want=x)
    assert len(calls) <= 2 * (checks.AFTER_FAILURE + 1)


def test_nothing_follows_a_call_that_never_ends(monkeypatch):
    monkeypatch.setattr(checks, "CALL_SECONDS", 0.05)
    monkeypatch.setattr(checks.invoke, "__defaults__", (0.05,))
    calls = []

    def endless(x):
        calls.append(x)
        while True:
            pass

    with pytest.raises(Failed) as caught, examination():
        for x in range(5):
            expect(endless, x, want=x)
    assert calls == [0] and caught.value.kind == "slow"


def test_an_exception_is_named_only_for_a_function_that_answers_other_inputs():
    def raises_at_three(x):
        """The key may be missing."""
        return 2 * x if x != 3 else {}[x]

    def other_reason(x):
        return 2 * x if x != 3 else {}["something else"]

    always = raiser(KeyError(3))
    bank = [raises_at_three, squares]
    assert examined((raises_at_three, 2, 4), (raises_at_three, 3, 6), mistakes=bank).hint == "The key may be missing."
    assert examined((raises_at_three, 3, 6), (raises_at_three, 2, 4), mistakes=bank).hint == "The key may be missing."
    assert examined((always, 3, 6), mistakes=bank).hint is None
    assert examined((always, 2, 4), (always, 3, 6), mistakes=bank).hint is None
    assert examined((other_reason, 2, 4), (other_reason, 3, 6), mistakes=bank).hint is None


@pytest.mark.parametrize(("function", "want", "kind"), [
    (raiser(ValueError("x")), 6, "exception"), (lambda x: "6", 6, "type"), (lambda x: [1], [1, 2], "shape"),
    (lambda x: 7, 6, "value"),
    (lambda x: np.ones(2), np.ones(3), "shape"), (lambda x: np.ones(3, int), np.ones(3), "type"),
    (lambda x: np.ones(3), [1.0], "type"),
    (lambda x: {"a": 1}, {"a": 2}, "value"), (lambda x: {"a": 1}, {}, "shape"), (lambda x: map(int, x), [1], "type"),
    (lambda x: (x.append(4), 6)[1], 6, "input"), (lambda x: True, 1, "type"), (lambda x: 1.5, 1, "value"),
])  # fmt: skip
def test_a_hidden_test_says_which_kind_of_failure_it_is(function, want, kind):
    failed = failure(expect, function, [3], want=want)
    assert failed.kind == kind
    assert failed.hidden == (CHANGES_INPUT if kind == "input" else KINDS[kind]) or failed.relation


def test_kinds_of_failures_without_a_value():
    def nothing(x):
        if x:
            return None
        return 1

    assert failure(expect, nothing, 3, want=6).kind == "nothing"
    assert failure(expect, None, 3, want=6).kind == "missing"
    assert failure(expect_error, double, 3).kind == "no exception"
    assert failure(expect_error, raiser(KeyError(1)), 3).kind == "exception"
    assert failure(expect_value, "a", want=0.5).kind == "type"
    assert Failed("x").hidden == "This hidden test failed."


def test_where_no_mistake_fits_the_relation_to_the_right_value_is_told():
    failed = failure(expect, lambda x: x[::-1], [1, 2, 4], want=[2, 4, 8], mistakes=[squares])
    assert failed.relation is None
    failed = failure(expect, lambda x: [3.0 * v for v in x], [1, 2, 4], want=[2.0, 4.0, 8.0])
    assert failed.hint is None and "1.5 times" in failed.detail and "1.5" not in failed.hidden
    assert failed.hidden == "On an input of this hidden test: Every entry is the same multiple of the expected one."
    squared = lambda x: np.array(x) ** 2.0
    failed = examined((squared, [1, 2, 4], np.array([2.0, 8, 32])), (squared, [3, 5, 7], np.array([18.0, 50, 98])))
    assert failed.relation.name == "factor" and "half" in failed.detail
    failed = examined((squared, [1, 2, 4], np.array([2.0, 8, 32])), (squared, [3, 5, 7], np.array([10.0, 26, 51])))
    assert failed.relation is None  # what holds of one input and not of the other is no help
    reverse = lambda x: list(x)[::-1]
    failed = examined((reverse, [7], [20.0]), (reverse, [1, 2, 4], [1.0, 2.0, 4.0]), (reverse, [3, 5, 6], [3.0, 5.0, 6.0]))
    assert failed.relation.name == "reversed" and failed.detail.startswith("<lambda>([1, 2, 4])")  # a call that shows it
    failed = examined((reverse, [7], [20.0]), (reverse, [1, 2, 4], [1.0, 2.0, 4.0]))
    assert failed.relation is None and failed.detail.startswith("<lambda>([7])")
    failed = examined((squared, [1, 2, 4], np.array([2.0, 8, 32])), (squared, [2], np.array([-5.0])),
                      (squared, [3, 5, 7], np.array([18.0, 50, 98])))
    assert failed.relation.name == "factor"  # one number shows none, most show this one
    failed = failure(expect_value, 0.25, want=0.5)
    assert "half the expected one" in failed.detail


def test_an_alarm_before_the_block_has_begun_is_not_left_on():
    for _ in range(20):
        outcome = invoke(lambda: 1, (), {}, seconds=1e-6)
        assert outcome.error in (None, "TimeLimit")
        time.sleep(0.12)  # an alarm that is still on would end the process now


def test_a_right_answer_is_never_called_a_mistake():
    assert expect(double, 2, want=4, mistakes=MISTAKES) == 4  # 2 * 2 == 2 ** 2 == 2 + 2


def test_results_that_are_no_values_are_recognised_by_their_type():
    assert failure(expect, lambda x: map(int, x), [1], want=[1], mistakes=[gives_a_map]).hint == "A map is no list."
    assert failure(expect, lambda x: (i for i in x), [1], want=[1], mistakes=[gives_a_map]).hint is None


def test_the_hint_comes_before_the_detail():
    failed = failure(expect, lambda x: 9, 3, want=6, mistakes=MISTAKES)
    assert str(failed) == f"{failed.hint}\n{failed.detail}" and failed.detail.endswith("expected 6, got 9.")


def test_a_mistake_that_warns_or_never_ends_does_no_harm():
    def divides(x):
        """Division."""
        return np.array([1.0]) / 0

    failed = failure(expect, lambda x: np.array([np.inf]), 3, want=np.array([1.0]), mistakes=[divides])
    assert failed.hint == "Division."


# --- inputs -----------------------------------------------------------------------------------------------------------

def sorts(x):
    x.sort()
    return x


def looks_up(counts, key):
    return counts[key] if key in counts else counts.setdefault(key, 0)


def scales(x):
    x *= 2
    return x


def pops(*, table):
    return table.pop("a")


@pytest.mark.parametrize(("function", "args", "kwargs", "want", "which"), [
    (sorts, ([2, 1],), {}, [1, 2], "argument 1"),
    (looks_up, ({"a": 1}, "b"), {}, 0, "argument 1"),
    (scales, (FLOAT,), {}, 2 * FLOAT, "argument 1"),
    (pops, (), {"table": {"a": 1}}, 1, "argument 'table'"),
    (lambda x, y: y.append(1) or 3, (1, [[]]), {}, 3, "argument 2"),
    (lambda x: x[0].append(1) or 3, ([[]],), {}, 3, "argument 1"),
    (lambda x: x.add(1) or 3, (set(),), {}, 3, "argument 1"),
    (lambda x: x.__setitem__(0, -0.0 + 5) or 3, (np.zeros(2),), {}, 3, "argument 1"),
])
def test_changed_inputs(function, args, kwargs, want, which):
    failed = failure(expect, function, *args, want=want, **kwargs)
    assert which in failed.detail and failed.hint == checks.CHANGES_INPUT
    expect(function, *args, want=want, inputs_unchanged=False, **kwargs)


def test_the_tests_own_arguments_stay_as_they_were():
    given = [3, 1, 2]
    failure(expect, sorts, given, want=[1, 2, 3])
    expect(sorts, given, want=[1, 2, 3], inputs_unchanged=False)
    assert given == [3, 1, 2]


def test_a_mistake_that_changes_its_input_brings_its_own_hint():
    def sorts_in_place(x):
        """sort() sorts the list of the caller."""
        x.sort()
        return x

    def right(x):
        """Right, and no mistake here."""
        return sorted(x)

    failed = failure(expect, sorts, [2, 1], want=[1, 2], mistakes=[right, sorts_in_place])
    assert failed.hint == "sort() sorts the list of the caller."

    def first(x, y):
        """You change the first."""
        x.clear()

    def second(x, y):
        """You change the second."""
        y.clear()

    assert failure(expect, lambda x, y: y.clear(), [1], [2], want=None, mistakes=[first, second]).hint == second.__doc__


def test_unchanged_inputs_with_nan_and_objects():
    class Thing:
        pass

    expect(lambda x: 1, [math.nan, {"a": np.array([np.nan])}], want=1)
    assert expect(lambda thing, y: 1, Thing(), [1], want=1) == 1


def test_arguments_arrive_as_plain_values():
    """What a function gets at a desk is what it gets in grading: 1 / 0 on a np.float64 would only warn."""
    kinds = expect(lambda *a: [type(x).__name__ for x in a], np.float64(1), collections.Counter("a"), np.str_("a"), (1,),
                   np.array([1]).view(np.matrix), want=["float", "dict", "str", "tuple", "ndarray"])
    assert len(kinds) == 5


# --- errors that are wanted -------------------------------------------------------------------------------------------

def test_expect_error():
    class Own(ValueError):
        pass

    expect_error(raiser(ValueError("x")), 1)
    expect_error(raiser(Own("x")), 1)
    expect_error(raiser(KeyError("x")), 1, error=LookupError)
    expect_error(raiser(TypeError("x")), 1, error=(ValueError, TypeError))


def test_expect_error_says_what_came_instead():
    failed = failure(expect_error, lambda x: x, 1, because="Orders start at 1.", mistakes=[double])
    assert "expected ValueError, but: returned 1. Orders start at 1." in str(failed) and failed.hint is None
    assert "raised KeyError: 'x'." in str(failure(expect_error, raiser(KeyError("x")), 1))
    assert "ValueError or TypeError" in str(failure(expect_error, lambda x: x, 1, error=(ValueError, TypeError)))
    assert "returned a generator" in str(failure(expect_error, lambda x: (i for i in [1]), 1))
    assert failure(expect_error, lambda x: 7, 3, mistakes=[adds_two, double]).hint is None
    assert failure(expect_error, lambda x: 5, 3, mistakes=[adds_two, double]).hint == "You added two."


def test_expect_error_on_a_skeleton():
    for blank in (None, ..., lambda x: None, lambda x: ...):
        assert failure(expect_error, blank, 1).blank


# --- plain variables --------------------------------------------------------------------------------------------------

def test_expect_value():
    expect_value(0.25, want=0.25)
    expect_value(np.float64(0.25), want=0.25)
    expect_value([1, (2,)], want=[1, (2,)])
    expect_value(0.26, want=0.25, atol=0.1)
    for blank in (None, ...):
        assert failure(expect_value, blank, want=0.25).blank
    assert "got 0.5" in str(failure(expect_value, 0.5, want=0.25))
    assert "got a function" in str(failure(expect_value, double, want=0.25))


def test_expect_value_recognises_mistakes_in_either_form():
    for mistakes in ({0.5: "Half of\nit."}, [(0.5, "Half of it.")]):
        assert failure(expect_value, 0.5, want=0.25, mistakes=mistakes).hint == "Half of it."
        assert failure(expect_value, 0.7, want=0.25, mistakes=mistakes).hint is None
        expect_value(0.25, want=0.25, mistakes={0.25: "never said"})
    assert failure(expect_value, [1], want=[2], mistakes=[([1], "One.")]).hint == "One."


# --- randomness -------------------------------------------------------------------------------------------------------

def test_a_seed_gives_the_same_numbers_again():
    try:
        seed(5, 1)
        first = [rng().integers(10**9), rng().integers(10**9)]
        assert first[0] == first[1] == np.random.default_rng([5, 1]).integers(10**9)
        seed(5, 2)
        assert rng().integers(10**9) != first[0]
    finally:
        seed()
    assert len({int(rng().integers(10**9)) for _ in range(5)}) == 5


# --- time -------------------------------------------------------------------------------------------------------------

def endless():
    while True:
        pass


def swallows_everything():
    while True:
        try:
            sum(range(1000))
        except:  # noqa: E722
            continue


def swallows_in_a_helper():
    def attempt():
        try:
            time.sleep(0.01)
        except BaseException:
            return False
    while True:
        attempt()


def cleans_up_forever():
    try:
        endless()
    finally:
        endless()


@pytest.mark.parametrize("function", [endless, swallows_everything, swallows_in_a_helper, cleans_up_forever])
def test_endless_functions_are_stopped(function):
    import signal
    import sys

    before = signal.getsignal(signal.SIGALRM), sys.gettrace()
    checks.be_patient()
    started = time.monotonic()
    outcome = invoke(function, (), {}, seconds=0.15)
    checks.be_patient()
    assert outcome.error == "TimeLimit" and time.monotonic() - started < 5
    assert (signal.getsignal(signal.SIGALRM), sys.gettrace()) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_after_an_endless_call_the_next_one_gets_less_time(monkeypatch):
    monkeypatch.setattr(checks, "IMPATIENT", 0.1)
    invoke(endless, (), {}, seconds=0.05)
    assert "0.1 s" in invoke(endless, (), {}).message
    checks.be_patient()
    assert invoke(double, (1,), {}).value == 2


def test_an_endless_function_is_told_so_and_not_diagnosed(monkeypatch):
    monkeypatch.setattr(checks, "IMPATIENT", 0.1)
    monkeypatch.setattr(checks, "_endless", True)
    failed = failure(expect, endless, want=1, mistakes=[endless])
    assert "Does a loop never end?" in str(failed) and failed.hint is None


def test_no_alarm_outside_the_main_thread():
    import threading

    results: list[Outcome] = []
    thread = threading.Thread(target=lambda: results.append(invoke(double, (2,), {})))
    thread.start()
    thread.join()
    assert results[0].value == 4


# --- the same verdict at the desk and in grading ----------------------------------------------------------------------

NOTEBOOK = '''
import collections, enum, math, sys
import numpy as np

def right(x): return x * 2
def wrong(x): return x + 1
def square(x): return x * x
def as_int64(x): return np.int64(2 * x)
def as_float32(x): return np.float32(2 * x)
def as_bool(x): return np.bool_(True)
def as_zero_d(x): return np.array(2.0 * x)
def as_string(x): return str(2 * x)
def nothing(x): pass
def dots(x): ...
def dots_inside(x):
    total = ...
    return total / x
def raises(x): return {}[x]
def raises_own(x):
    class Own(ValueError): pass
    raise Own("no")
def exits(x): sys.exit(1)
def quits(x): exit()
def recurses(x): return recurses(x)
def generator(x):
    yield x
def maps(x): return map(str, x)
def counter(x): return collections.Counter(x)
count_letters = collections.Counter
def default(x):
    d = collections.defaultdict(int)
    for c in x: d[c] += 1
    return d
Pair = collections.namedtuple("Pair", "a b")
def pair(x): return Pair(x, [Pair(1, 2)])
class Colour(str, enum.Enum): RED = "red"
def colour(x): return Colour.RED
class Table(dict): pass
def own_dict(x): return Table(a=x)
class Thing:
    def __init__(self, x): self.x = x
    def twice(self): return 2 * self.x
    def __call__(self, y): return self.x + y
def thing(x): return Thing(x)
def things(x): return [Thing(x)]
thing_object = Thing(5)
bound = Thing(4).twice
lam = lambda x: 2 * x
builtin = abs
variable = 0.25
wrong_variable = 0.75
numpy_variable = np.float64(0.25)
blank_variable = ...
none_variable = None
def sorts(x):
    x.sort()
    return x
def adds_key(d, k):
    d[k] = 0
    return 0
def scales(x):
    x *= 2
    return x
def leaves(x): return x * 2
def nan(x): return float("nan")
def column(x): return np.empty((0, 1))
def fortran(x): return np.asfortranarray(np.arange(6.0).reshape(2, 3))
def big_endian(x): return np.arange(3, dtype=">i4")
def matrix(x): return np.arange(3.0).view(type("M", (np.ndarray,), {}))
def objects(x): return np.array([None])
def kinds(*a): return [type(v).__name__ for v in a]
def huge(x): return 10 ** 3000
def too_huge(x): return 10 ** 5000
def surrogate(x): return "\\ud800"
def divides(x): return 1 / x
def zero_d_mutates(x):
    x[...] = 7
    return 7
def self_list(x):
    a = []
    a.append(a)
    return a
def endless(x):
    while True: pass
def swallows(x):
    while True:
        try: math.sqrt(x)
        except: pass
'''


def times_two_plus_one(x):
    """Off by one."""
    return x + 1


def key_error(x):
    """No key."""
    raise KeyError(x)


HINTS = [times_two_plus_one, squares, key_error]
TABLE = [(name, lambda f: expect(f, 3, want=6, mistakes=HINTS)) for name in (
    "right", "wrong", "square", "as_int64", "as_float32", "as_bool", "as_string", "nothing", "dots", "dots_inside", "raises",
    "raises_own", "exits", "quits", "recurses", "generator", "lam", "builtin", "missing", "nan", "self_list", "thing", "things",
    "variable", "Thing", "too_huge", "huge")]
TABLE += [(name, lambda f: expect(f, 3, want=6.0, mistakes=HINTS)) for name in ("right", "as_int64", "as_float32", "as_zero_d")]
TABLE += [(name, lambda f: expect_error(f, 3, mistakes=HINTS)) for name in (
    "right", "wrong", "nothing", "dots", "raises", "raises_own", "exits", "generator")]
TABLE += [(name, lambda f: expect(f, "aab", want={"a": 2, "b": 1})) for name in ("counter", "count_letters", "default", "maps")]
TABLE += [
    ("pair", lambda f: expect(f, 3, want=(3, [(1, 2)]))),
    ("colour", lambda f: expect(f, 3, want="red")),
    ("own_dict", lambda f: expect(f, 3, want={"a": 3})),
    ("bound", lambda f: expect(f, want=8)),
    ("thing_object", lambda f: expect(f, 2, want=7)),
    ("thing_object", lambda f: expect(f.twice, want=10)),
    ("thing_object", lambda f: expect_value(f.x, want=5)),
    ("thing_object", lambda f: expect_value(f.x, want=6)),
    ("thing", lambda f: expect(f(4).twice, want=8)),
    ("Thing", lambda f: expect(f(4).twice, want=8)),
    ("Thing", lambda f: expect(f(4).twice, want=9)),
    ("Thing", lambda f: expect_error(f)),
    ("variable", lambda f: expect_value(f, want=0.25)),
    ("numpy_variable", lambda f: expect_value(f, want=0.25)),
    ("wrong_variable", lambda f: expect_value(f, want=0.25, mistakes={0.75: "The other way round."})),
    ("blank_variable", lambda f: expect_value(f, want=0.25)),
    ("none_variable", lambda f: expect_value(f, want=0.25)),
    ("missing", lambda f: expect_value(f, want=0.25)),
    ("sorts", lambda f: expect(f, [2, 1], want=[1, 2])),
    ("sorts", lambda f: expect(f, [1, 2], want=[1, 2])),
    ("sorts", lambda f: expect(f, [2, 1], want=[1, 2], inputs_unchanged=False)),
    ("adds_key", lambda f: expect(f, {"a": 1}, "b", want=0)),
    ("adds_key", lambda f: expect(f, collections.Counter("a"), k="b", want=0)),
    ("adds_key", lambda f: expect(f, d={"a": 1}, k="b", want=0)),
    ("scales", lambda f: expect(f, FLOAT, want=FLOAT * 2)),
    ("leaves", lambda f: expect(f, FLOAT, want=FLOAT * 2)),
    ("zero_d_mutates", lambda f: expect(f, np.array(1), want=7)),
    ("column", lambda f: expect(f, 3, want=np.arange(5.0))),
    ("fortran", lambda f: expect(f, 3, want=np.arange(6.0).reshape(2, 3))),
    ("big_endian", lambda f: expect(f, 3, want=np.arange(3))),
    ("matrix", lambda f: expect(f, 3, want=np.arange(3.0))),
    ("objects", lambda f: expect(f, 3, want=np.arange(3.0))),
    ("surrogate", lambda f: expect(f, 3, want="\ud800")),
    ("divides", lambda f: expect(f, np.float64(0), want=math.inf)),  # a ZeroDivisionError on either side
    ("kinds", lambda f: expect(f, np.float32(1), np.int8(1), collections.OrderedDict(), np.bool_(0), np.str_("a"), (1,), {1},
                               FLOAT.T, True, None, 1j,
                               want=["float", "int", "dict", "bool", "str", "tuple", "set", "ndarray", "bool", "NoneType",
                                     "complex"])),
    ("endless", lambda f: expect(f, 3, want=6)),
    ("swallows", lambda f: expect(f, 3, want=6)),
]


@pytest.fixture(scope="module")
def both_sides():
    """The names of the notebook, at a desk and through a worker."""
    names = types.ModuleType("__main__").__dict__
    exec(compile(NOTEBOOK, "<cell 1>", "exec"), names)
    with Session(Limits(cell=20, call=0.5)) as session:
        assert session.run_cell(NOTEBOOK, 1) is None
        yield names, session


def verdict(check, function) -> tuple:
    try:
        check(function)
    except Failed as failed:
        return "failed", failed.blank, failed.hint, failed.detail.split(" (line ")[0].rstrip(".")
    except AssertionError:
        return ("failed", False, None, "")
    return ("passed",)


@pytest.mark.parametrize("case", range(len(TABLE)), ids=[f"{i}-{name}" for i, (name, _) in enumerate(TABLE)])
def test_desk_and_grading_agree(case, both_sides, monkeypatch):
    monkeypatch.setattr(checks, "IMPATIENT", 0.5)
    monkeypatch.setattr(checks, "_endless", True)
    names, session = both_sides
    name, check = TABLE[case]
    at_desk = verdict(check, names.get(name))
    session.timeouts = 0
    session.fork()
    in_grading = verdict(check, session.get(name))
    with contextlib.suppress(Exception):
        session.end()
    other_words = ("exits", "quits", "recurses", "thing", "things", "variable", "Thing", "builtin")
    assert at_desk[:3] == in_grading[:3]
    assert name in other_words or at_desk == in_grading


def test_the_table_holds_both_verdicts_blanks_and_hints(both_sides, monkeypatch):
    monkeypatch.setattr(checks, "IMPATIENT", 0.05)
    monkeypatch.setattr(checks, "_endless", True)
    verdicts = [verdict(check, both_sides[0].get(name)) for name, check in TABLE]
    assert sum(v[0] == "passed" for v in verdicts) >= 20
    assert sum(v[0] == "failed" for v in verdicts) >= 25
    hints = {v[2] for v in verdicts if len(v) > 1}
    assert hints >= {"Off by one.", checks.CHANGES_INPUT, "The other way round."} and "No key." not in hints
    assert sum(len(v) > 1 and v[1] for v in verdicts) >= 6
