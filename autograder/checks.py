"""Compare what a student's function gives with what was expected, and say which known mistake it made.

A test gets the functions it names: at a student's desk the functions themselves, in grading proxies for functions that live
in another process. Arguments and results are plain values (``autograder.values``), so a test cannot tell the difference.
"""

import math
import os
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import TypeAlias

import numpy as np

from autograder.values import MAX_BITS, Array, NotPlain, Tensor, arrays, describe_type, native, plain

Function: TypeAlias = Callable[..., object]
Arguments: TypeAlias = tuple[object, ...]
Keywords: TypeAlias = Mapping[str, object]

SKELETON = "skeleton"  # what stands for the class of a function that is still as it was handed out
NOT_ANSWERED = "Not answered yet: {name} returns nothing."
CHANGES_INPUT = "Your function changes its input. Who else may still need it? Work on a copy."
CALL_SECONDS = 5.0  # one call of a student's function
IMPATIENT = 1.0  # one call, once an earlier one has run out of time: an endless loop often waits in every test


class Failed(AssertionError):
    """A failed check. ``hint`` is set where a known mistake was recognised: the grader's own text, safe to show anywhere."""

    def __init__(self, message: str, hint: str | None = None, blank: bool = False):
        self.hint, self.blank = hint, blank
        self.detail = message
        super().__init__(f"{hint}\n{message}" if hint and message else hint or message)


class TimeLimit(BaseException):
    """Raised inside a student's code that runs too long; not an Exception, so that ``except Exception`` lets it through."""


@dataclass
class Outcome:
    """What one call of a student's function led to: a value or an error, and the first argument it changed in place."""

    value: object = None
    error: str | None = None  # name of the exception class; "TimeLimit" and "Died" are the grader's own
    bases: tuple[str, ...] = ()  # names of all classes the exception belongs to
    message: str = ""
    changed: int | str | None = None


class Remote(ABC):
    """A function that lives in another process."""

    skeleton = True  # whether an answer of None means that there is none yet

    @abstractmethod
    def outcome(self, args: Arguments, kwargs: Keywords) -> Outcome:
        """What calling it there, by value, led to."""


# --- randomness -------------------------------------------------------------------------------------------------------

_seed: list[int] | None = None


def seed(*numbers: int) -> None:
    """Fix what ``rng`` returns from now on; without numbers it is fresh each time."""
    global _seed
    _seed = list(numbers) or None


def rng() -> np.random.Generator:
    """Random numbers for a test's inputs: fresh in every grading run, and the same again for a recorded seed."""
    return np.random.default_rng(_seed if _seed is not None else int.from_bytes(os.urandom(8), "little"))


def tensor(data: object, dtype: str = "float32", requires_grad: bool = False) -> Tensor:
    """A torch tensor for a test, made without torch: the student's function gets a real one."""
    return Tensor(np.asarray(data, dtype="float32" if dtype == "bfloat16" else dtype), dtype, requires_grad)


# --- calling ----------------------------------------------------------------------------------------------------------

class time_limit:
    """Raise TimeLimit inside a ``with`` block that takes longer than ``seconds``.

    Without effect where there is no SIGALRM (Windows) and outside the main thread, which alone gets signals.

    Code in the block may catch it with a bare ``except:`` in a loop, so the alarm rings every tenth of a second. From the
    second ring on a tracer raises TimeLimit once more, on the next line that runs: that line belongs to the ``except:`` which
    has just caught the first one, so that its ``try:`` does not catch this one too.
    """

    def __init__(self, seconds: float):
        self.seconds, self.rings = seconds, 0
        self.able = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    def __enter__(self) -> None:
        if self.able:
            self.outer, self.trace = sys._getframe(1), sys.gettrace()
            self.handler = signal.signal(signal.SIGALRM, self.ring)
            signal.setitimer(signal.ITIMER_REAL, self.seconds, 0.1)

    def __exit__(self, *exc: object) -> None:
        if self.able:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self.handler)
            if self.rings > 1:
                sys.settrace(self.trace)

    def ring(self, signum: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code is time_limit.__exit__.__code__:
            return
        self.rings += 1
        if self.rings > 1:
            while frame is not None and frame is not self.outer:
                frame.f_trace, frame = _stop_at_line, frame.f_back
            sys.settrace(_trace_nothing_new)
        raise TimeLimit


def _stop_at_line(frame: FrameType, event: str, argument: object) -> Function:
    if event == "line":
        raise TimeLimit
    return _stop_at_line


def _trace_nothing_new(frame: FrameType, event: str, argument: object) -> None:
    return None


_endless = False  # whether a call in this process ran into the time limit


def be_patient() -> None:
    """Give the next call its full time again, whatever ran into the time limit before."""
    global _endless
    _endless = False


def invoke(function: Function, args: Arguments, kwargs: Keywords, seconds: float = CALL_SECONDS) -> Outcome:
    """Call a student's function on copies of the arguments and reduce what it returns to a plain value."""
    if isinstance(function, Remote):
        return function.outcome(args, kwargs)
    global _endless
    given, before = received(args, kwargs), received(args, kwargs)
    seconds = min(seconds, IMPATIENT) if _endless else seconds
    try:
        with time_limit(seconds):
            value = plain(function(*given[0], **given[1]))
        return Outcome(value, changed=changed(given, before))
    except NotPlain as error:
        return Outcome(error="NotPlain", message=str(error))
    except TimeLimit:
        _endless = True
        return Outcome(error="TimeLimit", message=f"no answer within {seconds:g} s")
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        bases = tuple(t.__name__ for t in type(error).__mro__)
        return Outcome(error=type(error).__name__, bases=bases, message=f"{error}{line_of(error)}")


def received(args: Arguments, kwargs: Keywords) -> tuple[Arguments, dict[str, object]]:
    """Arguments as a student's function gets them: copies by value, objects of their own classes as they are."""
    return _each(args, kwargs, lambda value: native(plain(value)))


def _each(args: Arguments, kwargs: Keywords, convert: Callable[[object], object]) -> tuple[Arguments, dict[str, object]]:
    def converted(value: object) -> object:
        try:
            return convert(value)
        except NotPlain:
            return value

    return tuple(map(converted, args)), {key: converted(value) for key, value in kwargs.items()}


def changed(given: tuple[Arguments, Keywords], before: tuple[Arguments, Keywords]) -> int | str | None:
    """Position or name of the first argument that is no longer what it was."""
    for i, (now, then) in enumerate(zip(given[0], before[0], strict=True)):
        if not same(now, then):
            return i
    return next((key for key, then in before[1].items() if not same(given[1][key], then)), None)


def same(a: object, b: object) -> bool:
    """Whether two arguments agree in type and value (NaN equals NaN), dictionaries also in the order of their keys."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if type(a).__module__ == "torch":
        a, b = plain(a), plain(b)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and same(a.data, b.data)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, dict) and isinstance(b, dict):
        return len(a) == len(b) and all(same(k, m) and same(a[k], b[m]) for k, m in zip(a, b, strict=True))
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and (_same_strings(a, b) or all(map(same, a, b)))
    return bool(a == b or (a != a and b != b))


def _same_strings(a: Sequence[object], b: Sequence[object]) -> bool:
    """Whether two sequences hold the same strings and nothing else: a long text is compared at once."""
    return set(map(type, a)) == set(map(type, b)) == {str} and a == b


# --- checks -----------------------------------------------------------------------------------------------------------

_right: deque[tuple[object, Arguments, Keywords, Outcome]] = deque(maxlen=20)  # the latest right calls, inputs copied


def expect(function: Function | None, *args: object, want: object, mistakes: Iterable[Function] = (), atol: float = 1e-9,
           rtol: float = 1e-9, inputs_unchanged: bool = True, **kwargs: object) -> object:
    """Call ``function(*args, **kwargs)`` and compare its value with ``want``; returns the value.

    mistakes: wrong versions of the function (``autograder.misconceptions``). The docstring of the first one that gives the
    student's value (or raises the student's exception) on the same input, and on those that the student's function got right
    before, is the hint. They get tensors as NumPy arrays. Raises Failed with a sentence for the student.
    """
    outcome = _answered(function, args, kwargs, none_is_an_answer=want is None)
    call = describe_call(function, args, kwargs)
    problem = _error_words(outcome) if outcome.error is not None else difference(outcome.value, want, atol, rtol)
    if problem is not None:
        raise Failed(f"{call}: {problem}", _recognised(function, outcome, mistakes, args, kwargs, atol, rtol))
    if inputs_unchanged and outcome.changed is not None:
        which = f"argument {outcome.changed + 1}" if isinstance(outcome.changed, int) else f"argument {outcome.changed!r}"
        hint = _recognised(function, outcome, mistakes, args, kwargs, atol, rtol, changing=True)
        raise Failed(f"{call}: {which} is not what it was before the call.", hint or CHANGES_INPUT)
    _right.append((function, *_each(args, kwargs, plain), outcome))
    return outcome.value


def expect_error(function: Function | None, *args: object, error: type[Exception] | tuple[type[Exception], ...] = ValueError,
                 because: str = "", mistakes: Iterable[Function] = (), **kwargs: object) -> None:
    """Call ``function(*args, **kwargs)``, which must raise ``error``. ``because`` tells the student why."""
    outcome = _answered(function, args, kwargs, none_is_an_answer=True)
    kinds = error if isinstance(error, tuple) else (error,)
    names = " or ".join(kind.__name__ for kind in kinds)
    call = describe_call(function, args, kwargs)
    because = f" {because}" if because else ""
    if outcome.error is None and outcome.value is None:
        raise Failed(f"{call}: expected {names}, but nothing was raised or returned.{because}", blank=True)
    if not {kind.__name__ for kind in kinds} & set(outcome.bases):
        instead = f"returned {show(outcome.value)}." if outcome.error is None else _error_words(outcome)
        raise Failed(f"{call}: expected {names}, but: {instead}{because}",
                     _recognised(function, outcome, mistakes, args, kwargs))
    _right.append((function, *_each(args, kwargs, plain), outcome))


def expect_value(value: object, *, want: object, mistakes: Mapping[object, str] | Iterable[tuple[object, str]] = (),
                 atol: float = 1e-9, rtol: float = 1e-9, name: str = "your answer") -> None:
    """Compare a plain variable such as ``q1_answer = 0.25`` with ``want``; ``mistakes`` pairs wrong values with hints."""
    if value is None or value is Ellipsis:
        raise Failed(f"Not answered yet: {name} has no value.", blank=True)
    try:
        value = plain(value)
    except NotPlain as error:
        raise Failed(f"Expected {describe_wanted(want)} for {name}, got {error}.") from None
    problem = difference(value, want, atol, rtol)
    if problem is None:
        return
    for wrong, hint in mistakes.items() if isinstance(mistakes, Mapping) else mistakes:
        if difference(value, wrong, atol, rtol) is None:
            raise Failed(problem, _one_line(hint))
    raise Failed(problem)


def _answered(function: object, args: Arguments, kwargs: Keywords, none_is_an_answer: bool) -> Outcome:
    if function is None or function is Ellipsis:
        raise Failed("Not answered yet: there is no such function. Run its cell, and keep its name.", blank=True)
    if not callable(function):
        raise Failed(f"Expected a function, got {describe_type(function)}: was the name used again for something else?")
    outcome = invoke(function, args, kwargs)
    nothing = outcome.error is None and outcome.value is None and not none_is_an_answer
    if nothing and not is_skeleton(function):
        raise Failed(f"{describe_call(function, args, kwargs)}: returned None. Does every path through your function end in "
                     "a return?")
    if nothing or (outcome.error is not None and "ellipsis" in outcome.message.lower()):  # the ... of the skeleton
        raise Failed(NOT_ANSWERED.format(name=getattr(function, "__name__", "the function")), blank=True)
    return outcome


def is_skeleton(function: object) -> bool:
    """Whether a function is as it was handed out: no more than a docstring and ``...``. Other callables count as such."""
    if isinstance(function, Remote):
        return function.skeleton
    if not isinstance(function, FunctionType):
        return True
    code = function.__code__
    return not code.co_names and all(c is None or c is Ellipsis or isinstance(c, str) for c in code.co_consts)


def line_of(error: BaseException) -> str:
    """Where in a notebook's cell an exception arose, " (line 3 of the cell)"; empty where it arose elsewhere."""
    line, step = "", error.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if name.startswith(("<cell", "<ipython-input")) or "ipykernel_" in name:
            line = f" (line {step.tb_lineno} of the cell)"
        step = step.tb_next
    return line


def _error_words(outcome: Outcome) -> str:
    """What a call led to instead of a value."""
    match outcome.error:
        case "NotPlain":
            return f"returned {outcome.message}."
        case "TimeLimit":
            return f"{outcome.message}. Does a loop never end?"
        case "Died":
            return outcome.message
    return f"raised {outcome.error}" + (f": {shorten(outcome.message, 200)}." if outcome.message else ".")


def _recognised(function: object, outcome: Outcome, mistakes: Iterable[Function], args: Arguments, kwargs: Keywords,
                atol: float = 1e-9, rtol: float = 1e-9, changing: bool = False) -> str | None:
    """The hint of the first mistake that does what the student's function did: on this input, and where that was right before.

    changing: only among those that change the same argument in place.
    """
    if outcome.error in ("TimeLimit", "Died"):
        return None
    before = [(a, k, was) for known, a, k, was in _right if known is function]
    for mistake in mistakes:
        theirs = _try(mistake, args, kwargs)
        if changing and theirs.changed != outcome.changed:
            continue
        if _alike(outcome, theirs, atol, rtol) and all(_alike(was, _try(mistake, a, k), atol, rtol) for a, k, was in before):
            return _one_line(mistake.__doc__ or "") or None
    return None


def _try(mistake: Function, args: Arguments, kwargs: Keywords) -> Outcome:
    """What a known mistake does. It gets tensors as arrays, because the grader has no torch."""
    with np.errstate(all="ignore"):
        return invoke(mistake, *_each(args, kwargs, lambda value: arrays(plain(value))), seconds=2.0)


def _alike(a: Outcome, b: Outcome, atol: float, rtol: float) -> bool:
    """Whether two calls led to the same: the same value, or the same exception."""
    if a.error != b.error:
        return False
    if a.error == "NotPlain":
        return a.message == b.message
    return a.error is not None or difference(arrays(a.value), arrays(b.value), atol, rtol) is None


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- comparing --------------------------------------------------------------------------------------------------------

def difference(got: object, want: object, atol: float = 1e-9, rtol: float = 1e-9, where: str = "") -> str | None:
    """None where two plain values agree, else one sentence: type first, then shape, then finiteness, then values."""
    at = f" at {where}" if where else ""
    want = want if isinstance(want, Tensor) else plain(want)
    if isinstance(want, np.ndarray):
        return _array_difference(got, want, atol, rtol, at)
    if isinstance(want, Tensor):
        return _tensor_difference(got, want, atol, rtol, at)
    if isinstance(want, bool) or want is None or isinstance(want, str | bytes):
        if type(got) is not type(want):
            return f"expected {describe_wanted(want)}{at}, got {show(got)}."
        return None if got == want else f"expected {show(want)}{at}, got {show(got)}."
    if isinstance(want, int | float | complex):
        return _number_difference(got, want, atol, rtol, at)
    if type(got) is not type(want):
        return f"expected {describe_wanted(want)}{at}, got {describe_wanted(got)}: {show(got)}."
    if isinstance(want, dict) and isinstance(got, dict):
        return _dict_difference(got, want, atol, rtol, where)
    if isinstance(want, set | frozenset) and isinstance(got, set | frozenset):
        missing, extra = sorted(want - got, key=repr), sorted(got - want, key=repr)
        if missing:
            return f"{show(missing[0])} is missing{at}."
        return f"{show(extra[0])} should not be there{at}." if extra else None
    if isinstance(want, list | tuple) and isinstance(got, list | tuple):
        return _items_difference(got, want, atol, rtol, where)
    raise TypeError(f"no value can be compared with {describe_type(want)}")


def _items_difference(got: Sequence[object], want: Sequence[object], atol: float, rtol: float, where: str) -> str | None:
    at = f" at {where}" if where else ""
    if len(got) != len(want):
        items = "1 item" if len(want) == 1 else f"{len(want)} items"
        return f"expected {items}{at}, got {len(got)}: expected {show(want)}, got {show(got)}."
    for i, (g, w) in enumerate(zip(got, want, strict=True)):
        problem = difference(g, w, atol, rtol, f"{where}[{i}]")
        if problem:
            return problem
    return None


def _number_difference(got: object, want: complex, atol: float, rtol: float, at: str) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got.item()
    if type(got) is bool or not isinstance(got, int | float | complex):
        return f"expected a number{at}, got {show(got)}."
    if isinstance(got, complex) and not isinstance(want, complex):
        return f"expected a real number{at}, got {show(got)}."
    if isinstance(want, int) and not isinstance(got, int):
        if got != want:
            return _apart(got, want, at)
        return f"expected the whole number {want} (an int){at}, got {got!r}."
    return None if _close(got, want, atol, rtol) else _apart(got, want, at)


def _apart(got: object, want: object, at: str) -> str:
    """Expected and got, with as many digits as it takes to see that they differ."""
    pairs = [(show(want, digits=digits), show(got, digits=digits)) for digits in (6, 10, 17)]
    wanted, given = next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])
    return f"expected {wanted}{at}, got {given}."


def _close(got: complex, want: complex, atol: float, rtol: float) -> bool:
    if got == want or (got != got and want != want):
        return True
    if isinstance(want, int):
        return False
    try:
        return math.isfinite(abs(want)) and abs(got - want) <= atol + rtol * abs(want)
    except OverflowError:
        return False


def _array_difference(got: object, want: Array, atol: float, rtol: float, at: str) -> str | None:
    if not isinstance(got, np.ndarray):
        return f"expected a NumPy array{at}, got {describe_wanted(got)}: {show(got)}."
    if got.shape != want.shape:
        return f"expected shape {want.shape}{at}, got {got.shape}."
    kinds = {"b": "b", "i": "iu", "u": "iu", "f": "f", "c": "c"}[want.dtype.kind]
    if got.dtype.kind not in kinds:
        return f"expected an array of dtype {want.dtype}{at}, got {got.dtype}."
    exact = (got == want) | ((got != got) & (want != want))
    if want.dtype.kind in "fc":
        with np.errstate(invalid="ignore", over="ignore"):
            exact |= np.isfinite(want) & np.isfinite(got) & (np.abs(got - want) <= atol + rtol * np.abs(want))
    if exact.all():
        return None
    wrong = np.argwhere(~exact)
    index = tuple(int(i) for i in wrong[0])
    place = f"{at} at index {index[0] if len(index) == 1 else index}" if index else at
    several = f" {len(wrong)} of {want.size} entries differ." if want.size > 1 else ""
    return _apart(got[index], want[index], place) + several


def _tensor_difference(got: object, want: Tensor, atol: float, rtol: float, at: str) -> str | None:
    if not isinstance(got, Tensor):
        return f"expected a torch tensor{at}, got {describe_wanted(got)}: {show(got)}."
    if got.dtype != want.dtype:
        return f"expected a tensor of dtype {want.dtype}{at}, got {got.dtype}."
    return _array_difference(got.data, want.data, atol, rtol, at)


def _dict_difference(got: Mapping[object, object], want: Mapping[object, object], atol: float, rtol: float,
                     where: str) -> str | None:
    at = f" at {where}" if where else ""
    for key in want:
        if key not in got:
            return f"the key {show(key)} is missing{at}; expected {show(want)}, got {show(got)}."
    for key in got:
        if key not in want:
            return f"the key {show(key)} should not be there{at}; expected {show(want)}, got {show(got)}."
    for key, value in want.items():
        problem = difference(got[key], value, atol, rtol, f"{where}[{key!r}]")
        if problem:
            return problem
    return None


# --- words ------------------------------------------------------------------------------------------------------------

def describe_wanted(value: object) -> str:
    """The type of a plain value with its article."""
    words = {bool: "True or False", int: "a number", float: "a number", str: "a string", list: "a list", tuple: "a tuple",
             dict: "a dictionary", set: "a set", np.ndarray: "a NumPy array", type(None): "None", Tensor: "a torch tensor"}
    return words.get(type(value)) or describe_type(value)


def describe_call(function: object, args: Arguments, kwargs: Keywords) -> str:
    """The call as a student would write it: where it is short, it can be pasted into a cell and run again."""
    name = getattr(function, "__name__", "function")
    parts = [shorten(as_code(arg), 400) for arg in args]
    parts += [f"{key}={shorten(as_code(value), 400)}" for key, value in kwargs.items()]
    return f"{name}({shorten(', '.join(parts), 800)})"


def as_code(value: object) -> str:
    """A plain value as Python code that gives it again, with NumPy as ``np``; one that is long in a few words."""
    match value:
        case Tensor():
            usual = value.dtype in ("float32", "int64", "bool")
            code = _array_code(value.data, "torch.tensor", f"torch.{value.dtype}", usual)
            return f"{code}.requires_grad_()" if value.requires_grad else code
        case np.ndarray():
            usual = value.dtype in (np.float64, np.int64, np.bool_, np.complex128)
            return _array_code(value, "np.array", f"np.{value.dtype}", usual)
        case float() if not math.isfinite(value):
            return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[str(float(value))]
        case np.generic():
            return as_code(value.item())
        case list() | tuple() | dict() | set() if len(value) > 50:
            return show(value)
        case list():
            return f"[{', '.join(map(as_code, value))}]"
        case tuple():
            return f"({', '.join(map(as_code, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return "{" + ", ".join(f"{as_code(k)}: {as_code(v)}" for k, v in value.items()) + "}"
    return show(value, 400) if isinstance(value, int) else repr(value)


def _array_code(array: Array, make: str, dtype: str, usual: bool) -> str:
    if array.size > 40:
        return f"array of shape {array.shape}"
    if array.size == 0:  # nested lists that are empty cannot tell their shape
        return f"{make.partition('.')[0]}.zeros({array.shape}, dtype={dtype})"
    return f"{make}({as_code(array.tolist())}{'' if usual else f', dtype={dtype}'})"


def show(value: object, width: int = 100, digits: int = 6) -> str:
    """A value in one short line."""
    if isinstance(value, float | np.floating):
        return f"{float(value):.{digits}g}"
    if isinstance(value, np.generic):
        return show(value.item(), width)
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return f"a whole number of {value.bit_length():,} bits"
    if isinstance(value, Tensor):
        return shorten(f"tensor({_array_text(value.data)})", width)
    if isinstance(value, np.ndarray):
        return shorten(_array_text(value), width)
    if isinstance(value, list | tuple | dict | set) and len(value) > 50:
        return f"{describe_wanted(value)} of {len(value)} items"
    if isinstance(value, tuple):
        inside = ", ".join(show(item, width) for item in value)
        return shorten(f"({inside},)" if len(value) == 1 else f"({inside})", width)
    if isinstance(value, list):
        return shorten(f"[{', '.join(show(item, width) for item in value)}]", width)
    if isinstance(value, dict):
        return shorten("{" + ", ".join(f"{show(k)}: {show(v)}" for k, v in value.items()) + "}", width)
    return shorten(repr(value), width)


def _array_text(array: Array) -> str:
    if array.size > 40:
        return f"array of shape {array.shape}"
    return " ".join(np.array2string(array, precision=4, separator=", ").split())


def shorten(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
