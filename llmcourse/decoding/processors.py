"""Unit 11: what a sampler does to a model's next-token distribution before it draws.

A processor is a function ``f(ids, logits, value) -> new logits``. ids: B texts read so far, each a sequence of ids; logits:
(B, V), log p or any scores whose softmax is p; value: how strongly. It returns float64 (B, V), −inf for a token that is
removed, and never changes what it was given. It computes in float64, so that sums of probabilities are reached when they are.

``process`` applies several in one order: repetition penalty, constraint, temperature, top-k, top-p, min-p, typical. Each looks
at what the one before has left, normalised again. So temperature comes before the truncations: after logits (3, 2, 1), τ = ½
and top-p 0.8 leave one token, in the other order two. (For top-k that makes no difference.)

Source: deck S (top-k, nucleus), deck L (the fish table); Fan et al. (2018), Holtzman et al. (2020), Nguyen et al. (2024) for
min-p, Meister et al. (2023) for typical sampling, Keskar et al. (2019) for the penalty.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.language_models import LanguageModel, Vocabulary
from llmcourse.language_models.models import check_model

Reals = NDArray[np.float64]
Ids = Sequence[Sequence[int]] | NDArray[np.integer]
ROUNDING = 1e-6  # a sum that is short of p by no more has reached it: so much is lost where log p was a float32


def log_softmax(logits: ArrayLike) -> Reals:
    """log p over the last axis, in float64; a logit of −inf has p = 0.

    Raises ValueError for NaN or +inf, and where nothing is left to draw.
    """
    z = np.asarray(arguments.reals("the logits", logits, finite=False), float)
    highest = z.max(axis=-1, keepdims=True)
    if not np.isfinite(highest).all():
        raise ValueError("expected logits below inf, at least one of each row above −inf: nothing is left to draw from"
                         if (highest == -np.inf).any() else "expected logits without NaN and +inf")
    below: Reals = z - highest
    below -= np.log(np.add.reduce(np.exp(below), axis=-1, keepdims=True))
    return below


def without(logits: ArrayLike, removed: NDArray[np.bool_]) -> Reals:
    """The logits, −inf where ``removed`` says so."""
    return np.where(removed, -np.inf, np.asarray(logits, float))


def crossing(order: NDArray[np.intp], p: Reals, share: float) -> NDArray[np.bool_]:
    """True for what is beyond: tokens in this order (B, V) are kept until their sum reaches ``share``, the crossing one too."""
    sorted_p = np.take_along_axis(p, order, axis=-1)
    before = np.cumsum(sorted_p, axis=-1) - sorted_p                       # what the more wanted tokens already have
    beyond = before >= share - ROUNDING
    beyond[..., 0] = False
    removed = np.empty_like(beyond)
    np.put_along_axis(removed, order, beyond, axis=-1)
    return removed


# --- The processors ---------------------------------------------------------------------------------------------------------


def repetition_penalty(ids: Ids, logits: ArrayLike, value: float) -> Reals:
    """Tokens that have been read are made less likely: a positive logit is divided by ``value``, a negative one multiplied.

    Once, however often the token came. 1 changes nothing. With log p as logits, p becomes p^value, then all are normalised.
    """
    z = np.asarray(logits, float)
    seen = np.zeros(z.shape, bool)
    for row, text in zip(seen, ids, strict=True):
        row[np.asarray(text, int)] = True
    value = arguments.number("repetition_penalty", value, above=0)
    penalised = np.where(z > 0, z / value, z * value)
    return np.where(seen, penalised, z)


def allowed(ids: Ids, logits: ArrayLike, value: Sequence[int]) -> Reals:
    """Only the ids in ``value`` may come: a constrained vocabulary."""
    z = np.asarray(logits, float)
    removed = np.ones(z.shape[-1], bool)
    removed[arguments.ids(value, z.shape[-1], ndim=1)] = False
    return without(z, removed)


def temperature(ids: Ids, logits: ArrayLike, value: float) -> Reals:
    """z/τ: below 1 the probable becomes more probable, above 1 all become more alike. 0 keeps the highest logit only.

    Of equal highest ones the lowest id. The highest is taken away first, so that even τ = 1e-300 divides nothing by 0.

    >>> np.exp(log_softmax(temperature([()], [[0.0, np.log(3)]], 2))).round(3)
    array([[0.366, 0.634]])
    """
    tau = arguments.number("temperature", value, least=0)
    z = np.asarray(logits, float)
    if tau == 0:
        return without(z, np.arange(z.shape[-1]) != z.argmax(axis=-1)[..., None])
    with np.errstate(over="ignore"):
        below: Reals = (z - z.max(axis=-1, keepdims=True)) / tau
    return below


def top_k(ids: Ids, logits: ArrayLike, value: int) -> Reals:
    """The k most probable tokens; of equal ones those with the lower ids, so never more than k. k ≥ V changes nothing."""
    k = arguments.integer("top_k", value, least=1)
    z = np.asarray(logits, float)
    removed = np.ones(z.shape, bool)
    np.put_along_axis(removed, np.argsort(-z, axis=-1, kind="stable")[..., :k], False, axis=-1)
    return without(z, removed)


def top_p(ids: Ids, logits: ArrayLike, value: float) -> Reals:
    """The nucleus: the most probable tokens until their sum reaches p. The token that reaches it is kept; one always is.

    Of equal tokens those with the lower ids come first. 1 changes nothing. Reached is what is short by at most 1e-6.

    >>> np.exp(top_p([()], np.log([[0.4, 0.3, 0.2, 0.1]]), 0.8)).round(3)
    array([[0.4, 0.3, 0.2, 0. ]])
    """
    p = arguments.number("top_p", value, least=0, most=1)
    z = np.asarray(logits, float)
    return z.copy() if p == 1 else without(z, crossing(np.argsort(-z, axis=-1, kind="stable"), np.exp(log_softmax(z)), p))


def min_p(ids: Ids, logits: ArrayLike, value: float) -> Reals:
    """Tokens with at least ``value`` times the probability of the most probable one: few where the model is sure. 0: all."""
    share = arguments.number("min_p", value, least=0, most=1)
    z = np.asarray(logits, float)
    return without(z, np.exp(z - z.max(axis=-1, keepdims=True)) < share * (1 - ROUNDING))


def typical(ids: Ids, logits: ArrayLike, value: float) -> Reals:
    """The tokens whose surprise −log p is nearest to the entropy, until their sum reaches ``value``; the one that does is kept.

    So the most probable token may go, where it says less than a token usually does. Of tokens equally near the lower id comes
    first. 1 changes nothing.
    """
    share = arguments.number("typical", value, least=0, most=1)
    z = np.asarray(logits, float)
    if share == 1:
        return z.copy()
    log_p = log_softmax(z)
    p, surprise = np.exp(log_p), np.where(np.isneginf(log_p), np.inf, -log_p)
    entropy = np.where(p > 0, p * np.where(p > 0, surprise, 0), 0).sum(axis=-1, keepdims=True)
    return without(z, crossing(np.argsort(abs(surprise - entropy).round(9), axis=-1, kind="stable"), p, share))


# --- Several in one order -----------------------------------------------------------------------------------------------------

Processor = Callable[[Ids, Any, Any], Reals]
ORDER: tuple[tuple[str, Processor], ...] = tuple(
    (f.__name__, f) for f in (repetition_penalty, allowed, temperature, top_k, top_p, min_p, typical))


@dataclass(frozen=True)
class Settings:
    """What a sampler does before it draws; nothing, unless it is told. See the functions of these names."""

    repetition_penalty: float | None = None
    allowed: Sequence[int] | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    typical: float | None = None

    def __post_init__(self) -> None:
        if self.allowed is not None:
            object.__setattr__(self, "allowed", tuple(np.asarray(self.allowed).tolist()))
        size = 1 + max((0, *(self.allowed or ())))                         # ids that there must be at least
        process([[]], np.zeros((1, size)), self)                           # refuses now what makes no sense


def process(ids: Ids, logits: ArrayLike, settings: Settings) -> Reals:
    """log p (B, V) of what a sampler with these settings draws from.

    >>> fish = np.log([[0.5, 0.25, 0.15, 0.1]])
    >>> np.exp(process([()], fish, Settings(temperature=0.5, top_k=2))).round(2)
    array([[0.8, 0.2, 0. , 0. ]])
    """
    z = log_softmax(logits)
    for name, processor in ORDER:
        value = getattr(settings, name)
        if value is not None and (name, value) != ("temperature", 1):
            z = log_softmax(processor(ids, z, value))
    return z


class ProcessedModel:
    """A model seen through a sampler: p(x_t | x_{<t}) is what the sampler draws from. A `LanguageModel` like any other.

    So unit 01's functions say what a setting does to whole texts: their probability, their length, the event tree.
    BOS, which no model predicts, keeps p = 0. options: the fields of `Settings`.
    """

    def __init__(self, model: LanguageModel, **options: Any):
        self.model, self.settings = check_model(model), Settings(**options)
        self.vocabulary: Vocabulary = model.vocabulary

    def next_log_probabilities(self, context: Sequence[int]) -> Reals:
        row: Reals = process([context], np.asarray(self.model.next_log_probabilities(context))[None], self.settings)[0]
        return row
