"""How good is a model on a corpus, and how sure is that? Bits per token, with an error that takes a text as one observation."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import arguments


class BitsPerToken(NamedTuple):
    """−log₂ p per token: the mean over all tokens of a corpus, and its standard error, clustered by text."""

    mean: float
    standard_error: float


def score(log_probabilities: ArrayLike, lengths: ArrayLike) -> BitsPerToken:
    """How many bits per token a model needs for texts, and the standard error of that.

    log_probabilities: (N,) in nats, text after text; lengths: (S,) tokens of each text, summing to N. The mean is a ratio,
    bits over tokens, and a text is one observation of both; so its error comes from the residuals bits_s − mean · length_s.
    Where a token has probability 0 the mean is infinite, and the error NaN.
    Raises ValueError for fewer than two texts, lengths that do not sum to N, no tokens at all, and NaN.
    """
    log_p, sizes = _checked(log_probabilities, lengths)
    n, tokens = len(sizes), int(sizes.sum())
    bits = np.bincount(np.repeat(np.arange(n), sizes), -log_p, n) / math.log(2)
    mean = bits.sum() / tokens
    if not math.isfinite(mean):
        return BitsPerToken(float(mean), math.nan)
    residuals = bits - mean * sizes
    return BitsPerToken(float(mean), math.sqrt(n / (n - 1) * (residuals**2).sum()) / tokens)


def score_difference(log_probabilities: ArrayLike, others: ArrayLike, lengths: ArrayLike) -> BitsPerToken:
    """How many bits per token more a model needs than another on the same texts, token by token, and the standard error.

    log_probabilities, others: (N,) in nats, of the model and of the one that it is compared with, say the source. Both find
    the same texts hard, so the error of the difference is much smaller than that of either score.
    Raises ValueError as ``score``, and where both give a token probability 0.
    """
    log_p, _ = _checked(log_probabilities, lengths)
    other, _ = _checked(others, lengths)
    both = np.flatnonzero(np.isneginf(log_p) & np.isneginf(other))
    if len(both):
        raise ValueError(f"both models give the token at position {both[0]} probability 0: their difference means nothing")
    return score(log_p - other, lengths)


def _checked(log_probabilities: ArrayLike, lengths: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    log_p = arguments.reals("log probabilities", log_probabilities, ndim=1, finite=False).astype(float, copy=False)
    sizes = np.asarray(lengths)
    if sizes.ndim != 1 or sizes.dtype.kind not in "iu" or (sizes < 0).any():
        raise ValueError(f"lengths must be a flat sequence of integers of at least 0, got {lengths!r}")
    if len(sizes) < 2 or not len(log_p) or sizes.sum() != len(log_p):
        raise ValueError(f"expected at least 2 texts with {len(log_p)} tokens together, got {len(sizes)} with {sizes.sum()}")
    if np.isnan(log_p).any():
        raise ValueError(f"log probabilities must not be NaN, got one at position {int(np.isnan(log_p).argmax())}")
    return log_p, sizes
