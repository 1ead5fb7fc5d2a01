"""Unit 11: the search for probable text: greedily, with a beam, and exactly.

All count tokens as ``language_models.sample`` does: EOS is one, ``max_length`` of them are the most, and a text that reaches
that length without EOS is taken as it is. The prefix counts too and is part of what is returned. Log-probabilities are of what
was added to the prefix.

Source: deck C ("Greedy decoding", "Beam search": greedy search on a graph whose nodes are tokens and whose weights are
−log p), deck S; Wu et al. (2016) for dividing by a power of the length.
"""

import heapq
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from llmcourse import arguments
from llmcourse.decoding.readers import reader
from llmcourse.language_models import LanguageModel
from llmcourse.language_models.models import as_ids, check_model


class Hypothesis(NamedTuple):
    """A text that a search has found. ids: with the prefix; log_p: of what was added, in nats; score: what it was ranked by."""

    ids: tuple[int, ...]
    log_p: float
    score: float


def start_of(model: LanguageModel, prefix: Sequence[int], max_length: int) -> tuple[int, ...]:
    """A prefix as ids, after checking both arguments."""
    arguments.integer("max_length", max_length, least=0)
    vocabulary = check_model(model).vocabulary
    return tuple(as_ids(vocabulary, arguments.ids(prefix, len(vocabulary))).tolist())


def greedy(model: LanguageModel, *, max_length: int, prefix: Sequence[int] = ()) -> NDArray[np.int64]:
    """The most probable next token, again and again, until EOS. Ids, int64, EOS last; of equal tokens the lowest id.

    V looks a step, and no way back: a good start of a text may have no good end.
    """
    return np.array(beam_search(model, 1, max_length=max_length, prefix=prefix)[0].ids, np.int64)


def beam_search(
    model: Any, width: int, *, max_length: int, prefix: Sequence[int] = (), alpha: float = 0.0
) -> list[Hypothesis]:
    """The ``width`` best texts that were found, best first. Each step extends all kept ones by all V tokens and keeps the best.

    alpha: the score is log p/n^alpha with the n tokens that were added, EOS included, the prefix not. 0 is log p, which favours
    short texts; 1 is the mean over tokens. A text that has ended keeps its place in the beam and its score, and competes with
    what goes on. Of equal scores the one whose text stood further up in the beam comes first, then the lower id.

    Width 1 is greedy. A wider beam may find a worse text: at step t it keeps what looks best at step t. With alpha = 0 and a
    width of V^(max_length − 1) nothing is lost. Raises ValueError for a width below 1, TypeError for what is no model.
    """
    width, alpha = arguments.integer("width", width, least=1), arguments.number("alpha", alpha, least=0)
    first, eos = start_of(model, prefix, max_length), check_model(model).vocabulary.eos
    beam, going = [Hypothesis(first, 0.0, 0.0)], reader(model, 1)

    def open_(text: Hypothesis) -> bool:
        return len(text.ids) < max_length and eos not in text.ids[-1:]

    new: list[list[int]] = [list(first)]
    while live := [place for place, text in enumerate(beam) if open_(text)]:
        log_p = going.read(new)                                            # (live, V)
        totals = np.array([beam[place].log_p for place in live])[:, None] + log_p
        length = len(beam[live[0]].ids) + 1 - len(first)
        options = [(-text.score, place, -1, -1) for place, text in enumerate(beam) if not open_(text)]
        for row, i in zip(*best_of(totals, width), strict=True):
            options.append((-totals[row, i] / length**alpha, live[row], i, row))
        kept = sorted(options)[:width]
        rows: list[int] = []
        new, following = [], []
        for score, place, i, row in kept:
            ended = i < 0
            text = beam[place] if ended else Hypothesis((*beam[place].ids, i), float(totals[row, i]), -float(score))
            following.append(text)
            if not ended and open_(text):
                rows, new = [*rows, row], [*new, [i]]
        beam = following
        if rows and rows != list(range(len(going.texts))):
            going.select(rows)
    return beam


def best_of(totals: NDArray[np.float64], width: int) -> tuple[list[int], list[int]]:
    """Rows and columns of the highest finite entries of a table, at most so many; of equal ones those that one reads first."""
    flat = totals.ravel()
    order = np.argsort(-flat, kind="stable")[:width]
    order = order[flat[order] > -np.inf]
    rows, columns = np.divmod(order, totals.shape[1])
    return rows.tolist(), columns.tolist()


def best_text(model: Any, *, max_length: int, prefix: Sequence[int] = (), limit: int = 100_000) -> Hypothesis:
    """The most probable of all texts with up to ``max_length`` tokens, exactly; of equal ones the first in the order of ids.

    Always the most probable start is taken up next. No token makes a text more probable, so the first complete one that comes
    up is the best there is. Raises ValueError where more than ``limit`` starts would have to be taken up.
    """
    first, eos = start_of(model, prefix, max_length), check_model(model).vocabulary.eos
    waiting: list[tuple[float, tuple[int, ...]]] = [(0.0, first)]
    for _ in range(limit):
        cost, ids = heapq.heappop(waiting)
        if len(ids) >= max_length or eos in ids[-1:]:
            return Hypothesis(ids, -cost, -cost)
        log_p = np.asarray(model.next_log_probabilities(ids), float)
        for i in np.flatnonzero(log_p > -np.inf).tolist():
            heapq.heappush(waiting, (cost - float(log_p[i]), (*ids, i)))
    raise ValueError(f"more than {limit} starts of texts are as probable as the best text: lower max_length or raise the limit")
