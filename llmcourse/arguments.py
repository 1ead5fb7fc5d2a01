"""What a function asks of its arguments, said once: the value itself where it is right, else an error that names it.

Every check takes the name that its user knows ("the window", "a discount") and returns the value in the form that the
function computes with. TypeError is for the wrong kind of thing, ValueError for a wrong value of the right kind.
"""

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from numbers import Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

Kind = TypeVar("Kind")
SUM_TOLERANCE = {2: 1e-2, 4: 1e-4, 8: 1e-6}  # by the bytes of a float: what rounding leaves of a sum of 1


def _range(least: float, most: float) -> str:
    return " and ".join([f"at least {least}"] * (least > -math.inf) + [f"at most {most}"] * (most < math.inf))


def integer(name: str, value: object, *, least: float = -math.inf, most: float = math.inf) -> int:
    """A whole number from ``least`` to ``most`` as an int: Python's or NumPy's, but neither 2.0 nor True."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}")
    if not least <= value <= most:
        raise ValueError(f"{name} must be {_range(least, most)}, got {value}")
    return int(value)


def number(name: str, value: object, *, least: float = -math.inf, most: float = math.inf, above: float = -math.inf) -> float:
    """A finite real number from ``least`` to ``most`` (or greater than ``above``) as a float; no NaN and no True."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {value}")
    if not (least <= number <= most and number > above):
        raise ValueError(f"{name} must be {f'greater than {above}' if above > -math.inf else _range(least, most)}, got {value}")
    return number


def one_of(name: str, value: object, choices: Sequence[str]) -> str:
    """One of the names in ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"unknown {name} {value!r}, expected one of {', '.join(choices)}")
    return value


def instance(name: str, value: object, kind: type[Kind]) -> Kind:
    """An object of the class (or runtime protocol) ``kind``."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be of type {kind.__name__}, got {value!r}")
    return value


def generator(rng: object) -> np.random.Generator:
    """A NumPy generator; a seed is none, so that two calls cannot draw the same numbers by mistake."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a NumPy generator such as np.random.default_rng(0), got {rng!r}")
    return rng


def reals(name: str, values: ArrayLike, *, ndim: int | None = None, finite: bool = True) -> np.ndarray:
    """An array of real numbers. float32 and float16 stay what they are, all else becomes float64; never a copy without need.

    ndim: the number of axes it must have. finite: refuse NaN and the infinities too.
    """
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise TypeError(f"{name} must be an array of numbers, got {values!r}") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be an array of real numbers, got {array.dtype} in {values!r}")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} {'axis' if ndim == 1 else 'axes'}, got shape {array.shape}")
    array = array if array.dtype.kind == "f" else array.astype(float)
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)].flat[0]}")
    return array


def ids(values: ArrayLike, size: int, name: str = "token id", *, ndim: int | None = None) -> np.ndarray:
    """Ids 0 … size−1 as an array of integers of the shape they come in; an empty one is int64.

    ndim: the number of axes it must have.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        raise TypeError(f"{name}s must be integers in a regular array, got {values!r}") from None
    if ndim is not None and array.ndim != ndim:
        raise TypeError(f"{name}s must have {ndim} {'axis' if ndim == 1 else 'axes'}, got shape {array.shape} in {values!r}")
    if not array.size:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}s must be integers, got {values!r} of type {array.dtype}")
    if array.min() < 0 or array.max() >= size:
        raise ValueError(f"{name} {array[(array < 0) | (array >= size)].flat[0]} is outside 0 … {size - 1}")
    return array


def one_id(value: object, size: int, name: str = "token id") -> int:
    """One id 0 … size−1 as an int."""
    value = integer(name, value)
    if not 0 <= value < size:
        raise ValueError(f"{name} {value} is outside 0 … {size - 1}")
    return value


def probabilities(values: ArrayLike, name: str = "probabilities") -> np.ndarray:
    """A distribution, (V,) or rows of them (…, V), as float64 that sum to 1 to the last digit that a float64 holds.

    What comes may be off by as much as its own type rounds (``SUM_TOLERANCE``): a softmax in float32 sums to 1 within
    about 1e-6, and every model of a neural network is one. The sum is then divided out.
    """
    array = reals(name, values, finite=False)
    tolerance = SUM_TOLERANCE.get(array.dtype.itemsize, SUM_TOLERANCE[8])
    p = array.astype(float, copy=False)
    if not p.ndim or not p.shape[-1] or not (p >= 0).all():
        raise ValueError(f"{name} must be a distribution: numbers of at least 0 that sum to 1, got {values!r}")
    total = p.sum(axis=-1, keepdims=True)
    wrong = ~(abs(total - 1) <= tolerance)
    if wrong.any():
        raise ValueError(f"{name} must sum to 1, got a sum of {total[wrong][0]:.10g} in {values!r}")
    normalised: np.ndarray = p / total
    return normalised


def texts(values: object) -> list[Sequence[Any]]:
    """A list of texts, each a sequence. A single string, a set or a dictionary is none: it has letters, or no order."""
    if isinstance(values, str | bytes | Set | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"expected a list of texts, each a list of tokens, got {values!r}")
    found = list(values)
    for kind in set(map(type, found)):
        if issubclass(kind, str | bytes | Set | Mapping) or not (hasattr(kind, "__len__") and hasattr(kind, "__getitem__")):
            text = next(text for text in found if type(text) is kind)
            raise TypeError(f"expected a list of texts, each a list of tokens, got {text!r} as a text")
    return found


def strings(values: object, name: str = "a text") -> list[str]:
    """The tokens of one text as a list. One string is no list of tokens, a set or dictionary has no order."""
    if isinstance(values, str | bytes):
        raise TypeError(f"expected {name} as a sequence of tokens, got one string {values!r}; split it first")
    if isinstance(values, Set | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"expected {name} as a sequence of tokens, got {values!r}")
    found = list(values)
    for token in found:
        if not isinstance(token, str):
            raise TypeError(f"a token must be a string, got {token!r} of type {type(token).__name__}")
    return found
