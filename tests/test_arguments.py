"""llmcourse.arguments: what is let through, what is refused, and whether the message names the value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcourse import arguments


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), 1, 5])
def test_integers_in_range_become_ints(value):
    found = arguments.integer("n", value, least=1, most=5)
    assert type(found) is int and found == value


@pytest.mark.parametrize("value", [2.0, True, np.True_, "2", None, np.array([2]), np.float64(2)])
def test_what_is_no_integer_is_refused(value):
    with pytest.raises(TypeError, match="the window must be an integer, got"):
        arguments.integer("the window", value)


@pytest.mark.parametrize(("value", "message"), [(0, "n must be at least 1 and at most 5, got 0"), (6, "at most 5, got 6")])
def test_integers_out_of_range_are_refused(value, message):
    with pytest.raises(ValueError, match=message):
        arguments.integer("n", value, least=1, most=5)


@pytest.mark.parametrize("value", [0, 0.5, np.float32(0.5), np.array(1.0), 1])
def test_numbers_in_range_become_floats(value):
    found = arguments.number("p", value, least=0, most=1)
    assert type(found) is float and found == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan")])
def test_nan_and_infinity_are_no_numbers(value):
    with pytest.raises(ValueError, match="p must be a finite number, got"):
        arguments.number("p", value)


@pytest.mark.parametrize("value", [True, "1", None, 1j, np.array([1.0])])
def test_other_things_are_no_numbers(value):
    with pytest.raises(TypeError, match="p must be a number, got"):
        arguments.number("p", value)


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"p must be at least 0 and at most 1, got 1\.5"):
        arguments.number("p", 1.5, least=0, most=1)
    with pytest.raises(ValueError, match="the step size must be greater than 0, got 0"):
        arguments.number("the step size", 0, above=0)


def test_one_of_names_the_choices():
    assert arguments.one_of("side", "left", ("left", "right")) == "left"
    for wrong in ("up", 3, None):
        with pytest.raises(ValueError, match=r"unknown side .*, expected one of left, right"):
            arguments.one_of("side", wrong, ("left", "right"))


def test_an_instance_is_one_of_its_class():
    assert arguments.instance("it", True, int) is True
    with pytest.raises(TypeError, match=r"^the vocabulary must be of type str, got \['a'\]$"):
        arguments.instance("the vocabulary", ["a"], str)


@pytest.mark.parametrize("value", [0, None, np.random, np.random.RandomState(0)])
def test_a_seed_is_no_generator(value):
    with pytest.raises(TypeError, match=r"rng must be a NumPy generator such as np.random.default_rng\(0\), got"):
        arguments.generator(value)
    rng = np.random.default_rng(0)
    assert arguments.generator(rng) is rng


@pytest.mark.parametrize(("values", "dtype"), [
    ([1, 2], np.float64), ([1.5], np.float64), ([True], np.float64), (np.ones(2, np.float32), np.float32),
    (np.ones(2, np.float16), np.float16), (3, np.float64)])
def test_reals_keep_small_floats(values, dtype):
    found = arguments.reals("x", values)
    assert found.dtype == dtype and found.tolist() == np.asarray(values).tolist()


def test_reals_refuse_other_things():
    for wrong in (["a"], [None], [1j], [[1], [2, 3]], {1}):
        with pytest.raises(TypeError, match="x must be an array of"):
            arguments.reals("x", wrong)
    with pytest.raises(ValueError, match=r"x must have 2 axes, got shape \(2,\)"):
        arguments.reals("x", [1, 2], ndim=2)
    with pytest.raises(ValueError, match="x must have 1 axis, got shape"):
        arguments.reals("x", 1.0, ndim=1)
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match=f"x must be finite, got {wrong}"):
            arguments.reals("x", [0, wrong])
    assert np.isnan(arguments.reals("x", [0, np.nan], finite=False)[1])


@pytest.mark.parametrize("values", [[0, 4], [[0], [4]], np.array([4], np.uint8), (), np.int64(2)])
def test_ids_keep_their_shape(values):
    found = arguments.ids(values, 5)
    assert found.shape == np.shape(values) and found.dtype.kind in "iu" and found.tolist() == np.asarray(values).tolist()


@pytest.mark.parametrize(("values", "wrong"), [([0, 5], 5), ([-1], -1), ([[1, 2], [7, -3]], 7)])
def test_ids_outside_are_named(values, wrong):
    with pytest.raises(ValueError, match=f"token id {wrong} is outside 0 … 4"):
        arguments.ids(values, 5)
    with pytest.raises(ValueError, match="target"):
        arguments.ids(values, 5, "target")


@pytest.mark.parametrize("values", [[1.7], ["2"], [True], [[1], [2, 3]], [None]])
def test_what_is_no_id_is_refused(values):
    with pytest.raises(TypeError, match="token ids must be integers"):
        arguments.ids(values, 5)


def test_the_axes_of_ids():
    assert arguments.ids([1, 2], 5, ndim=1).tolist() == [1, 2] and arguments.ids([[1], [2]], 5, ndim=2).shape == (2, 1)
    assert arguments.ids([], 5, ndim=1).dtype == np.int64
    with pytest.raises(TypeError, match=r"token ids must have 1 axis, got shape \(1, 1\) in \[\[2\]\]"):
        arguments.ids([[2]], 5, ndim=1)
    with pytest.raises(TypeError, match=r"targets must have 2 axes, got shape \(1,\)"):
        arguments.ids([2], 5, "target", ndim=2)


def test_one_id():
    assert arguments.one_id(np.int16(4), 5) == 4 and arguments.one_id(0, 5) == 0
    for wrong in (-1, 5):
        with pytest.raises(ValueError, match=f"token id {wrong} is outside 0 … 4"):
            arguments.one_id(wrong, 5)
    for wrong in (1.0, "1", True, [1]):
        with pytest.raises(TypeError, match="token id must be an integer"):
            arguments.one_id(wrong, 5)


@given(st.integers(2, 3000), st.sampled_from([np.float16, np.float32, np.float64]), st.integers(0, 2**32 - 1))
def test_softmaxes_of_every_precision_are_distributions(size, dtype, seed):
    """float16 sums are off by up to 1e-3, float32 by 1e-6: all are let through, and come out as exact as float64 is."""
    z = (3 * np.random.default_rng(seed).normal(size=size)).astype(dtype)
    p = np.exp(z - z.max())
    p /= p.sum(dtype=dtype)
    found = arguments.probabilities(p)
    assert found.dtype == float and abs(found.sum() - 1) < 1e-12 and np.allclose(found, p.astype(float), rtol=2e-2, atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float16, 1e-2), (np.float32, 1e-4), (np.float64, 1e-6)])
def test_a_sum_may_be_off_by_what_its_type_rounds(dtype, tolerance):
    for off in (0.9 * tolerance, -0.9 * tolerance):
        assert arguments.probabilities(np.array([0.25, 0.75 + off], dtype)).sum() == pytest.approx(1, abs=1e-15)
    for off in (1.2 * tolerance, -1.2 * tolerance):
        with pytest.raises(ValueError, match="probabilities must sum to 1"):
            arguments.probabilities(np.array([0.25, 0.75 + off], dtype))


def test_rows_of_distributions():
    found = arguments.probabilities([[1, 0], [0.25, 0.75]])
    assert found.tolist() == [[1, 0], [0.25, 0.75]]


@pytest.mark.parametrize("values", [[0.5, 0.4], [0.5, 0.5001], np.array([0.5, 0.501], np.float32), [0, 0], [[1, 0], [1, 1]]])
def test_a_wrong_sum_is_refused(values):
    with pytest.raises(ValueError, match="p must sum to 1, got a sum of"):
        arguments.probabilities(values, "p")


@pytest.mark.parametrize("values", [[1.5, -0.5], [np.nan, 1], [], 1.0])
def test_what_is_no_distribution_is_refused(values):
    with pytest.raises(ValueError, match="probabilities must be a distribution"):
        arguments.probabilities(values)
    with pytest.raises(ValueError, match=r"must sum to 1|must be a distribution"):
        arguments.probabilities([np.inf, 0])


def test_texts_and_strings():
    assert arguments.texts([["a"], ("b", "c"), []]) == [["a"], ("b", "c"), []]
    for wrong in ("ab", b"ab", {"a"}, {"a": 1}, 3, None, [["a"], "ab"], [{"a"}], [{"a": 1}], [3], [iter("ab")]):
        with pytest.raises(TypeError, match="expected a list of texts, each a list of tokens, got"):
            arguments.texts(wrong)
    assert arguments.strings(iter("ab")) == ["a", "b"]
    with pytest.raises(TypeError, match="got one string 'ab'; split it first"):
        arguments.strings("ab")
    for wrong in ({"a"}, {"a": 1}, 3):
        with pytest.raises(TypeError, match="expected a text as a sequence of tokens, got"):
            arguments.strings(wrong)
    with pytest.raises(TypeError, match="a token must be a string, got 3 of type int"):
        arguments.strings(["a", 3])
