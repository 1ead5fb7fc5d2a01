"""Compare what a student's function gives with what was expected, and say which known mistake it made.

A test gets the functions it names: at a student's desk the functions themselves, in grading proxies for functions that live
in another process. Arguments and results are plain values (``autograder.values``), so a test cannot tell the difference.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import signal
import sys
import threading
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, TypeAlias

try:
    import resource
except ImportError:  # Windows, where no alarm rings either
    resource = None  # type: ignore[assignment]

from autograder.values import MAX_BITS, Array, Later, NotPlain, Tensor, arrays, describe_type, native, plain

if TYPE_CHECKING:
    import numpy as np

    from autograder import relations
else:
    np, relations = Later("numpy"), Later("autograder.relations")  # the second is for wrong answers

Function: TypeAlias = Callable[..., object]
Arguments: TypeAlias = tuple[object, ...]
Keywords: TypeAlias = Mapping[str, object]

SKELETON = "skeleton"  # what stands for the class of a function that is still as it was handed out
NOT_ANSWERED = "Not answered yet: {name} returns nothing."
CHANGES_INPUT = "Your function changes its input. Who else may still need it? Work on a copy."
CALL_SECONDS = 5.0  # one call of a student's function
PATIENCE = 4.0  # how many times as long code may take that the machine gives too little of its processors
LOOK_BACK = 0.3  # seconds that have to pass before it can be told whether code is at work
IMPATIENT = 1.0  # one call, once an earlier one has run out of time: an endless loop often waits in every test


KINDS = {
    "missing": "Not answered yet.",
    "exception": "On an input of this hidden test your function raised an exception.",
    "slow": "On an input of this hidden test your function took too long.",
    "ended": "On an input of this hidden test your code ended its process.",
    "nothing": "On an input of this hidden test your function returned None.",
    "no exception": "On an input of this hidden test an exception was expected, and your function returned something.",
    "type": "On an input of this hidden test what your function returned is of the wrong type.",
    "shape": "On an input of this hidden test what your function returned has the wrong shape or length.",
    "value": "On an input of this hidden test what your function returned has the right form, but a wrong value.",
    "input": "On an input of this hidden test your function changed an argument.",
    "check": "This hidden test failed.",
}
"""What a student is told of a hidden test where nothing more is known: the kind of the failure, never a value."""


class Failed(AssertionError):
    """A failed check. ``hint`` is set where a known mistake was recognised: the grader's own text, safe to show anywhere.

    detail: the facts, for public tests. relation: how the value relates to the right one, where no mistake was recognised.
    kind: one of ``KINDS``. outputs: what was returned, for the instructor alone: who made the same mistake?
    """

    def __init__(self, message: str, hint: str | None = None, blank: bool = False, *, kind: str = "check",
                 relation: relations.Relation | None = None):
        self.hint, self.blank, self.relation = hint, blank, relation
        self.kind = "missing" if blank else kind
        self.detail = message
        self.outputs = ""
        super().__init__(f"{hint}\n{message}" if hint and message else hint or message)

    @property
    def hidden(self) -> str:
        """What may be said of a hidden test."""
        return self.hint or (self.relation and f"On an input of this hidden test: {self.relation.hidden}") or KINDS[self.kind]


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

def used_so_far() -> tuple[float, int]:
    """Seconds that this process has been on a processor, and how often it was taken off one."""
    return time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw if resource else 0


class time_limit:
    """Raise TimeLimit inside a ``with`` block that takes longer than ``seconds``; later where the machine keeps it waiting.

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
            self.begun = self.last = (time.monotonic(), *used_so_far())
            self.handler = signal.signal(signal.SIGALRM, self.ring)
            signal.setitimer(signal.ITIMER_REAL, self.seconds, 0.1)  # it may ring before this returns: see ring

    def __exit__(self, *exc: object) -> None:
        if self.able:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self.handler)
            if self.rings > 1:
                sys.settrace(self.trace)

    def is_excused(self) -> bool:
        """Whether the code is at work, and has had less than its time on a processor because the machine is busy."""
        now = (time.monotonic(), *used_so_far())
        if self.last is not self.begun and now[0] - self.last[0] < LOOK_BACK:
            return True
        before, self.last = self.last, now
        passed, used, interrupted = (after - then for after, then in zip(now, before, strict=True))
        at_work = interrupted > 0 or used > passed / 50  # what sleeps is never taken off a processor
        late = now[0] - self.begun[0] >= PATIENCE * self.seconds
        return at_work and not late and now[1] - self.begun[1] < 0.9 * self.seconds

    def ring(self, signum: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code in (time_limit.__enter__.__code__, time_limit.__exit__.__code__):
            return  # raised here, it would leave the alarm on; one that came too early rings again in a tenth of a second
        if not self.rings and self.is_excused():
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


def invoke(function: Function, args: Arguments, kwargs: Keywords, seconds: float | None = None) -> Outcome:
    """Call a student's function on copies of the arguments and reduce what it returns to a plain value."""
    if isinstance(function, Remote):
        return function.outcome(args, kwargs)
    global _endless
    given, before = received(args, kwargs), received(args, kwargs)
    seconds = CALL_SECONDS if seconds is None else seconds
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


def can_change(value: object) -> bool:
    """Whether a function that gets this value could change it in place."""
    if isinstance(value, tuple):
        return any(map(can_change, value))
    return not isinstance(value, bool | int | float | complex | str | bytes | frozenset | np.generic | None)


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
        return a.dtype == b.dtype and same(a.held, b.held)
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

AFTER_FAILURE = 40  # so many more calls are tried after one that failed, to know the mistake better
SECONDS_AFTER_FAILURE = 3.0


@dataclass
class Call:
    """One call of a student's function in a test: what went in, what came out, and what is wrong with that."""

    function: str
    args: Arguments
    kwargs: Keywords
    outcome: Outcome
    want: object
    mistakes: tuple[Function, ...]
    atol: float = 1e-9
    rtol: float = 1e-9
    problem: str | None = None
    kind: str = "value"

    @property
    def shown(self) -> str:
        """The call as a student would write it."""
        return _described(self.function, self.args, self.kwargs)


@dataclass
class Examination:
    """All calls that one test makes. A hint is a claim about the student, so it has to agree with each of them.

    A test goes on after a wrong answer as if the answer had been right; its failure is told at the end, by the first one.
    """

    calls: list[Call] = field(default_factory=list)
    failed_at: float = 0.0  # when and after how many calls the first wrong answer came
    until: int = 0

    def add(self, call: Call) -> None:
        """Take down a call; raise Failed where there is no use in going on."""
        if call.problem is not None and not self.until:
            self.failed_at, self.until = time.monotonic(), len(self.calls) + AFTER_FAILURE
        self.calls.append(call)
        if not self.until:
            return
        late = time.monotonic() > self.failed_at + SECONDS_AFTER_FAILURE
        if (call.kind in ("slow", "ended") and call.problem is not None) or late or len(self.calls) > self.until:
            raise self.failure()

    @property
    def failed(self) -> bool:
        return self.until > 0

    def failure(self) -> Failed:
        """What is to be said of the first wrong answer, knowing all the others."""
        first = next(call for call in self.calls if call.problem is not None)
        calls = [call for call in self.calls if call.function == first.function]
        hint = _recognised(first, calls)
        shown, found = (first, None) if hint else _related([call for call in calls if call.problem is not None])
        if first.kind == "input":
            hint = hint or CHANGES_INPUT
        facts = f"{shown.shown}: {shown.problem}" + (f" {found.shown}" if found else "")
        failed = Failed(facts, hint, kind=shown.kind, relation=found)
        failed.outputs = "; ".join(shorten(call.outcome.error or show(call.outcome.value), 100) for call in calls[:10])
        return failed


_examination: Examination | None = None


class examination:
    """A ``with`` block in which wrong answers are collected; at its end Failed is raised, if there was one."""

    def __enter__(self) -> None:
        global _examination
        _examination = Examination()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        global _examination
        held, _examination = _examination, None
        if held is None or not held.failed or not isinstance(error, Exception | None):
            return  # nothing failed; or the worker is lost, or somebody pressed Ctrl-C, which is more than a failed test
        if error is None or not (isinstance(error, Failed) and error.blank):  # what came later may only follow from it
            raise held.failure() from None


def _judged(call: Call) -> object:
    """Keep a call, or raise Failed at once where there is no examination. Returns what the test shall go on with."""
    if _examination is not None:
        _examination.add(call)
    elif call.problem is not None:
        alone = Examination([call], until=1)
        raise alone.failure()
    return call.outcome.value if call.problem is None else call.want


def expect(function: Function | None, *args: object, want: object, mistakes: Iterable[Function] = (), atol: float = 1e-9,
           rtol: float = 1e-9, inputs_unchanged: bool = True, **kwargs: object) -> object:
    """Call ``function(*args, **kwargs)`` and compare its value with ``want``; returns the value.

    mistakes: wrong versions of the function (``autograder.misconceptions``). The docstring of the first one that does what the
    student's function did, on this and on all other inputs of the test, is the hint. They get tensors as NumPy arrays.
    Raises Failed with a sentence for the student, in a test at its end: until then a wrong answer is replaced by ``want``.
    """
    outcome = _answered(function, args, kwargs, none_is_an_answer=want is None)
    call = Call(_name(function), *_each(args, kwargs, plain), outcome, want, tuple(mistakes), atol, rtol)
    if outcome.error is not None:
        call.problem, call.kind = _error_words(outcome), _error_kind(outcome)
    else:
        call.problem = difference(outcome.value, want, atol, rtol)
        call.kind = "value" if call.problem is None else difference_kind(outcome.value, want)
    if call.problem is None and inputs_unchanged and outcome.changed is not None:
        which = f"argument {outcome.changed + 1}" if isinstance(outcome.changed, int) else f"argument {outcome.changed!r}"
        call.problem, call.kind = f"{which} is not what it was before the call.", "input"
    return _judged(call)


def expect_error(function: Function | None, *args: object, error: type[Exception] | tuple[type[Exception], ...] = ValueError,
                 because: str = "", mistakes: Iterable[Function] = (), **kwargs: object) -> None:
    """Call ``function(*args, **kwargs)``, which must raise ``error``. ``because`` tells the student why."""
    outcome = _answered(function, args, kwargs, none_is_an_answer=True)
    kinds = error if isinstance(error, tuple) else (error,)
    names = " or ".join(kind.__name__ for kind in kinds)
    because = f" {because}" if because else ""
    if outcome.error is None and outcome.value is None:
        shown = describe_call(function, args, kwargs)
        raise Failed(f"{shown}: expected {names}, but nothing was raised or returned.{because}", blank=True)
    call = Call(_name(function), *_each(args, kwargs, plain), outcome, None, tuple(mistakes))
    if not {kind.__name__ for kind in kinds} & set(outcome.bases):
        instead = f"returned {show(outcome.value)}." if outcome.error is None else _error_words(outcome)
        call.problem = f"expected {names}, but: {instead}{because}"
        call.kind = "no exception" if outcome.error is None else _error_kind(outcome)
    _judged(call)


def expect_value(value: object, *, want: object, mistakes: Mapping[object, str] | Iterable[tuple[object, str]] = (),
                 atol: float = 1e-9, rtol: float = 1e-9, name: str = "your answer") -> None:
    """Compare a plain variable such as ``q1_answer = 0.25`` with ``want``; ``mistakes`` pairs wrong values with hints."""
    if value is None or value is Ellipsis:
        raise Failed(f"Not answered yet: {name} has no value.", blank=True)
    try:
        value = plain(value)
    except NotPlain as error:
        raise Failed(f"Expected {describe_wanted(want)} for {name}, got {error}.", kind="type") from None
    problem = difference(value, want, atol, rtol)
    if problem is None:
        return
    kind = difference_kind(value, want)
    for wrong, hint in mistakes.items() if isinstance(mistakes, Mapping) else mistakes:
        if difference(value, wrong, atol, rtol) is None:
            raise Failed(problem, _one_line(hint), kind=kind)
    found = relations.relation(value, plain(want), (), atol, rtol)
    raise Failed(problem + (f" {found.shown}" if found else ""), kind=kind, relation=found)


def _name(function: object) -> str:
    return getattr(function, "__name__", "function")


def _answered(function: object, args: Arguments, kwargs: Keywords, none_is_an_answer: bool) -> Outcome:
    if function is None or function is Ellipsis:
        raise Failed("Not answered yet: there is no such function. Run its cell, and keep its name.", blank=True)
    if not callable(function):
        raise Failed(f"Expected a function, got {describe_type(function)}: was the name used again for something else?",
                     kind="type")
    outcome = invoke(function, args, kwargs)
    nothing = outcome.error is None and outcome.value is None and not none_is_an_answer
    if nothing and not is_skeleton(function):
        raise Failed(f"{describe_call(function, args, kwargs)}: returned None. Does every path through your function end in "
                     "a return?", kind="nothing")
    if nothing or (outcome.error is not None and "ellipsis" in outcome.message.lower()):  # the ... of the skeleton
        raise Failed(NOT_ANSWERED.format(name=_name(function)), blank=True)
    return outcome


def is_skeleton(function: object) -> bool:
    """Whether a function is as it was handed out: no more than a docstring and ``...``. Other callables count as such."""
    if isinstance(function, Remote):
        return function.skeleton
    if not isinstance(function, FunctionType):
        return True
    code = function.__code__
    return not code.co_names and all(c is None or c is Ellipsis or isinstance(c, str) for c in code.co_consts)


LINE = re.compile(r" \(line \d{1,7} of (?:`\w{1,60}`, called in line \d{1,7} of )?the cell\)\Z")
"""What ``line_of`` says."""


def line_of(error: BaseException) -> str:
    """Where in a notebook's cell an exception arose, " (line 3 of the cell)"; empty where it arose elsewhere.

    In a function of another cell it is the function's line, " (line 2 of `f`, called in line 9 of the cell)": a student who
    looks at the cell that failed would find something else in its line 2.
    """
    steps, step = list[tuple[CodeType, int]](), error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename.startswith(("<cell", "<ipython-input")) or "ipykernel_" in code.co_filename:
            steps.append((code, step.tb_lineno))
        step = step.tb_next
    if not steps:
        return ""
    cell, (last, line) = steps[0][0].co_filename, steps[-1]
    if last.co_filename == cell:
        return f" (line {line} of the cell)"
    [*_, called] = [at for _, at in itertools.takewhile(lambda step: step[0].co_filename == cell, steps)]
    function = next((code for code, _ in reversed(steps)  # not a comprehension or lambda in it
                     if code.co_filename == last.co_filename and code.co_name.isidentifier()), None)
    if function is None:
        return f" (line {called} of the cell)"
    return f" (line {line - function.co_firstlineno + 1} of `{function.co_name[:60]}`, called in line {called} of the cell)"


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


def _error_kind(outcome: Outcome) -> str:
    return {"NotPlain": "type", "TimeLimit": "slow", "Died": "ended"}.get(outcome.error or "", "exception")


def _recognised(first: Call, calls: Sequence[Call]) -> str | None:
    """The hint of the first mistake that does what the student's function did, in every one of these calls.

    Exceptions are all alike where a function fails on every input: then nothing is known of why, and no mistake is named.
    Nor is one whose value is right: an array where a tensor was asked for has the right numbers, and no mistake in them.
    """
    if first.kind in ("slow", "ended"):
        return None
    if first.kind == "exception" and all(call.outcome.error is not None for call in calls):
        return None
    for mistake in first.mistakes:
        tried = _try(mistake, first.args, first.kwargs)
        if first.kind == "input" and tried.changed != first.outcome.changed:
            continue
        if first.kind != "input" and tried.error is None and difference(
                arrays(tried.value), arrays(plain(first.want)), first.atol, first.rtol) is None:
            continue  # the mistake does not show here: what is wrong is that it is no tensor
        if all(_does_as(mistake, call) for call in [first, *calls]):
            return _one_line(mistake.__doc__ or "") or None
    return None


def _related(wrong: Sequence[Call]) -> tuple[Call, relations.Relation | None]:
    """What relates the answers to the right ones, with a call that shows it: the same in most calls and no other in any.

    A call may be too small to show it: two numbers are never "in reverse order". Where there is none, the first call.
    """
    found = [(call, relations.relation(call.outcome.value, plain(call.want), call.args, call.atol, call.rtol))
             for call in wrong if call.outcome.error is None and call.kind in ("value", "shape", "type")]
    named = [(call, known) for call, known in found if known is not None]
    if len({known.name for _, known in named}) == 1 and 2 * len(named) > len(wrong):
        return named[0]
    return wrong[0], None


def _try(mistake: Function, args: Arguments, kwargs: Keywords) -> Outcome:
    """What a known mistake does. It gets tensors as arrays, because the grader has no torch."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning would show students the file with the hints
        return invoke(mistake, *_each(args, kwargs, lambda value: arrays(plain(value))), seconds=2.0)


def _does_as(mistake: Function, call: Call) -> bool:
    """Whether a known mistake does in this call what the student's function did."""
    other = _try(mistake, call.args, call.kwargs)
    if call.problem is None and call.outcome.error is not None:  # the exception that was asked for: its words are anybody's own
        return other.error == call.outcome.error
    return _alike(call.outcome, other, call.atol, call.rtol)


def _alike(a: Outcome, b: Outcome, atol: float, rtol: float) -> bool:
    """Whether two calls led to the same: the same value, or the same exception with the same message."""
    if a.error != b.error:
        return False
    if a.error is not None:
        return _reason(a) == _reason(b)
    return difference(arrays(a.value), arrays(b.value), atol, rtol) is None


def _reason(outcome: Outcome) -> str:
    """The message of an exception without what differs between two ways of writing one mistake: its line, and numbers."""
    return re.sub(r"\d+", "#", LINE.sub("", outcome.message)).replace("float division", "division")


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


def difference_kind(got: object, want: object) -> str:
    """The kind of a difference between two plain values, one of ``KINDS``: "type", "shape" or "value"."""
    want = want if isinstance(want, Tensor) else plain(want)
    x, y = (v.data if isinstance(v, Tensor) else v for v in (got, want))
    if isinstance(y, np.ndarray):
        if not isinstance(x, np.ndarray) or isinstance(got, Tensor) != isinstance(want, Tensor):
            return "type"
        return "shape" if x.shape != y.shape else "type" if not _same_kind(x, y) else "value"
    if isinstance(y, int | float | complex) and not isinstance(y, bool):
        return "value" if isinstance(x, int | float | complex) and not isinstance(x, bool) else "type"
    if type(x) is not type(y):
        return "type"
    sized = isinstance(y, list | tuple | dict | set | frozenset)
    return "shape" if sized and len(x) != len(y) else "value"  # type: ignore[arg-type]  # both are of one sized type


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
    wanted, given = show(want), show(got)
    if wanted == given:  # six digits are not enough: show as many as are, with their zeros
        for digits in range(7, 18):
            wanted, given = (f"{x:#.{digits}g}" if isinstance(x, float | np.floating) else show(x) for x in (want, got))
            if wanted != given:
                break
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
    if not _same_kind(got, want):
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


def _same_kind(got: Array, want: Array) -> bool:
    """Whether two arrays hold the same sort of numbers: truth values, integers of any size, real or complex ones.

    A float32 is not the float64 that was asked for, even where it holds the number exactly: the next one it will not hold.
    """
    kinds = {"b": "b", "i": "iu", "u": "iu", "f": "f", "c": "c"}[want.dtype.kind]
    return got.dtype.kind in kinds and (want.dtype.kind not in "fc" or got.dtype.itemsize >= want.dtype.itemsize)


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
    return _described(_name(function), args, kwargs)


def _described(name: str, args: Arguments, kwargs: Keywords) -> str:
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
        case complex() if not (math.isfinite(value.real) and math.isfinite(value.imag)):
            return f"complex({as_code(value.real)}, {as_code(value.imag)})"
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
