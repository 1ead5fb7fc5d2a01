"""Unit 11: speculative decoding: a quick model drafts some tokens, the slow one reads them all at once and keeps what it would
have drawn. The texts have the distribution of the slow model, exactly, whatever the draft is.

At a token x that was drawn from the draft's q and judged by the model's p:

    keep it with probability min(1, p(x)/q(x)); else draw from max(0, p − q), divided by its sum.

Then x comes with min(q, p) + (1 − Σ min(q, p)) · max(0, p − q)/Σ max(0, p − q) = min(q, p) + max(0, p − q) = p(x), because both
sums that are left over are the same. After the first token that is not kept the rest of the draft is thrown away.

Source: Leviathan et al. (2023), Chen et al. (2023).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from llmcourse import arguments
from llmcourse.decoding.processors import Reals
from llmcourse.decoding.readers import Reader, reader
from llmcourse.decoding.search import start_of
from llmcourse.language_models import LanguageModel, inverse_cdf
from llmcourse.language_models.models import check_model


class Speculated(NamedTuple):
    """A text, EOS last unless it was cut; how often the slow model was called; how many tokens were drafted, and kept."""

    ids: NDArray[np.int64]
    calls: int
    drafted: int
    kept: int


def residual(p: Reals, q: Reals) -> Reals:
    """max(0, p − q), divided by its sum, (V,): what is drawn from where a drafted token was not kept. p itself where p = q."""
    more = np.maximum(p - q, 0)
    return more / more.sum() if more.any() else p


def outcome(p: Reals, q: Reals) -> Reals:
    """The distribution of one token after drafting, keeping and drawing again, (V,), term by term as it is done. It is p."""
    keep = np.minimum(1, np.divide(p, q, out=np.ones_like(p), where=q > 0))
    kept: Reals = q * keep
    return kept + (1 - float(kept.sum())) * residual(p, q)


def speculative_sample(model: Any, draft: LanguageModel, rng: np.random.Generator, *, max_length: int, ahead: int = 4,
                       prefix: Sequence[int] = ()) -> Speculated:
    """A text of ``model`` from tokens that ``draft`` proposes, ``ahead`` at a time: a draw as ``sample``'s, in fewer calls.

    Where all drafted tokens are kept the model has already said what comes after them, so one more is drawn for nothing.
    Raises ValueError for models of different vocabularies, and like ``sample``.
    """
    arguments.generator(rng)
    ids, ahead = list(start_of(model, prefix, max_length)), arguments.integer("ahead", ahead, least=1)
    vocabulary = check_model(model).vocabulary
    if check_model(draft).vocabulary != vocabulary:
        raise ValueError("model and draft must have the same vocabulary")
    reading, drafting = reader(model, 1), reader(draft, 1)
    calls = drafted = kept = 0
    while len(ids) < max_length and vocabulary.eos not in ids[-1:]:
        proposal, q = propose(drafting, ids, rng, min(ahead, max_length - len(ids)), vocabulary.eos)
        inside = [i for i in proposal if i != vocabulary.eos]              # nothing comes after EOS
        said = reading.read_each([[*unread(reading, ids), *inside]])[0]
        p = arguments.probabilities(np.exp(said[-len(inside) - 1 :]))      # before each drafted token, and after the last
        n = 0
        while n < len(proposal) and rng.random() * q[n][proposal[n]] < p[n][proposal[n]]:
            n += 1
        ids += proposal[:n]
        calls, drafted, kept = calls + 1, drafted + len(proposal), kept + n
        if len(ids) < max_length and vocabulary.eos not in ids[-1:]:
            ids.append(inverse_cdf(p[n] if n == len(proposal) else residual(p[n], q[n]), rng.random()))
    return Speculated(np.array(ids, np.int64), calls, drafted, kept)


def propose(drafting: Reader, ids: Sequence[int], rng: np.random.Generator, most: int,
            eos: int) -> tuple[list[int], list[Reals]]:
    """Tokens that the draft draws after the ids, up to ``most`` or EOS, and the distributions that it drew them from."""
    proposal: list[int] = []
    rows: list[Reals] = []
    new = unread(drafting, ids)
    while len(proposal) < most and eos not in proposal[-1:]:
        rows.append(arguments.probabilities(np.exp(drafting.read([new])[0])))
        new = [inverse_cdf(rows[-1], rng.random())]
        proposal += new
    return proposal, rows


def unread(reading: Reader, ids: Sequence[int]) -> list[int]:
    """The ids that a reader has not read, at least the last one, after it has forgotten what turned out differently."""
    known = reading.texts[0]
    same = min([t for t, (a, b) in enumerate(zip(known, ids, strict=False)) if a != b] or [len(known), len(ids)])
    if reading.begun:
        same = min(same, len(ids) - 1)                                     # it answers for what it reads
    reading.forget(len(known) - same)
    return list(ids[same:])
