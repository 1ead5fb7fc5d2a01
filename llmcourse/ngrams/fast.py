"""Unit 02: the models of `llmcourse.ngrams.models` on arrays. Same names, same arguments, same numbers, far faster.

A model is kept in back-off form, as in the ARPA file format: the final probability of every n-gram that was seen, and
for every context the weight with which it hands the other words on to the context one token shorter. The score of a
token is then one look-up for most tokens. Only the n-grams of the highest order are counted over the whole corpus; the
shorter ones come from the distinct longer ones.

What counts as a text, and how n-grams become integers: see `llmcourse.ngrams.counts`.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from llmcourse.ngrams.counts import Corpus, Keys, Texts, are_ids, check_ids, distinct_ngrams, encode_texts, join, locate, rank
from llmcourse.ngrams.models import (
    MAX_ORDER_KNESER_NEY,
    UnseenContextError,
    check_discounts,
    check_nonnegative,
    check_order,
    check_texts,
    vocabulary_of,
)
from llmcourse.vocabulary import Vocabulary


class Level(NamedTuple):
    """One order of a back-off model: M n-grams and the C contexts that they start with, both sorted by key."""

    keys: Keys
    ngrams: np.ndarray  # (M,) keys
    probabilities: np.ndarray  # (M,) p(w|u)
    contexts: np.ndarray  # (C,) keys of the contexts, n-gram key >> bits
    first: np.ndarray  # (C+1,) the followers of context c are n-grams first[c] … first[c+1]−1
    weights: np.ndarray  # (C,) every other word has p(w|u) = weight · p(w|u′)

    def locate_contexts(self, columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the contexts given as n−1 columns of ids, and which of them were seen at all."""
        return locate(self.contexts, self.keys.pack([*columns, np.zeros_like(columns[0])]) >> self.keys.bits)


def contexts_of(keys: Keys, ngrams: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct contexts of sorted n-grams, (C,), and where the followers of each start, (C+1,)."""
    contexts = ngrams >> keys.bits
    first = np.flatnonzero(np.append(True, contexts[1:] != contexts[:-1]))
    return contexts[first], np.append(first, len(ngrams))


class BackoffModel:
    """What the models below share: a unigram distribution, and above it levels that override and scale it.

    base: (V,) probabilities under the empty context. levels: ascending orders, each after the first one order higher.
    unseen: the factor that takes the place of a weight for a context that was never seen (0 where that is undefined).
    """

    unseen = 1.0

    def __init__(self, vocabulary: Vocabulary, order: int):
        self.vocabulary, self.order = vocabulary, order
        self.base = np.full(len(vocabulary), 1 / (len(vocabulary) - 1))
        self.base[vocabulary.bos] = 0
        self.levels: list[Level] = []

    def _add(self, level: Level) -> None:
        if level.keys.order > 1:
            self.levels.append(level)
        else:  # the unigrams are a table with a row for every word
            self.base *= level.weights[0]
            self.base[level.ngrams] = level.probabilities

    @property
    def parameters(self) -> int:
        """How many numbers the model stores: V−1 unigrams, longer n-grams, and the weights of contexts."""
        return len(self.base) - 1 + sum(len(level.ngrams) + len(level.contexts) for level in self.levels)

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS.

        Raises UnseenContextError where p(w|u) is 0/0, and ValueError for ids outside 0 … V−1.
        """
        window = np.zeros(self.order - 1, np.int64)
        if self.order > 1 and len(context):
            last = np.asarray(context[-(self.order - 1) :])
            check_ids(last, self.vocabulary)
            window[-len(last) :] = last
        p = self.base.copy()
        for level in self.levels:
            (place,), (known,) = level.locate_contexts(window[self.order - level.keys.order :, None])
            if known:
                followers = slice(level.first[place], level.first[place + 1])
                p *= level.weights[place]
                p[level.ngrams[followers] & level.keys.mask] = level.probabilities[followers]
            elif not self.unseen:
                raise UnseenContextError(f"nothing ever followed {self.vocabulary.decode(window)}: p(w|u) is 0/0")
        with np.errstate(divide="ignore"):
            return np.log(p)

    def token_log_probabilities(self, sequences: Iterable[Sequence[int]]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token of every sequence of ids, one flat array (ΣT,) in nats.

        As in `ngrams`, a context for which p(w|u) is 0/0 gives −inf: the text has p = 0 already before it.
        """
        corpus = join(sequences)
        check_ids(corpus.ids, self.vocabulary)
        columns = [corpus.previous(j) for j in range(self.order - 1, -1, -1)]
        p = np.ones(len(corpus.ids))
        open_ = np.arange(len(p))  # tokens whose n-gram has not been found yet
        for level in reversed(self.levels):
            keys = level.keys.pack([column[open_] for column in columns[-level.keys.order :]])
            places, known = locate(level.ngrams, keys)
            p[open_[known]] *= level.probabilities[places[known]]
            open_, keys = open_[~known], keys[~known]
            places, known = locate(level.contexts, keys >> level.keys.bits)
            p[open_] *= np.where(known, level.weights[places], self.unseen)
        p[open_] *= self.base[corpus.ids[open_]]
        with np.errstate(divide="ignore"):
            return np.log(p)


def _training_corpus(texts: Texts, vocabulary: Vocabulary | None, eos: bool = True) -> tuple[Corpus, Vocabulary]:
    if not isinstance(texts, np.ndarray):
        texts = check_texts(texts)
    if vocabulary is None:
        if isinstance(texts, np.ndarray) or are_ids(texts):
            raise ValueError("texts of ids need the vocabulary that the ids belong to")
        vocabulary = vocabulary_of(texts)
    return encode_texts(texts, vocabulary, eos=eos), vocabulary


class MLE(BackoffModel):
    """Maximum likelihood, as `ngrams.MLE`: p(w|u) = #(uw) / #(u•), or / #(u) with ``denominator="occurrences"``."""

    unseen = 0.0

    def __init__(
        self,
        texts: Texts,
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        denominator: str = "followed",
        eos: bool = True,
    ):
        if denominator not in ("followed", "occurrences"):
            raise ValueError(f'denominator must be "followed", #(u•), or "occurrences", #(u), got {denominator!r}')
        check_order(order)
        corpus, vocabulary = _training_corpus(texts, vocabulary, eos)
        super().__init__(vocabulary, order)
        keys, ngrams, counts = distinct_ngrams(corpus, order, len(vocabulary))
        contexts, first = contexts_of(keys, ngrams)
        totals = np.add.reduceat(counts, first[:-1])
        if denominator == "occurrences" and order > 1:
            ends = [corpus.last(j) for j in range(order - 2, -1, -1)]
            places, known = locate(contexts, keys.pack([*ends, np.zeros_like(ends[0])]) >> keys.bits)
            totals = totals + np.bincount(places[known], minlength=len(totals))
        self._add(Level(keys, ngrams, counts / np.repeat(totals, np.diff(first)), contexts, first, 0.0 * totals))


class Additive(BackoffModel):
    """Additive smoothing, as `ngrams.Additive`: p(w|u) = (#(uw) + k) / (#(u•) + k (V−1)); k = 0 is MLE.

    In back-off form: what was not seen after u has weight k (V−1) / (#(u•) + k (V−1)) times the uniform distribution.
    """

    def __init__(self, texts: Texts, order: int, k: float = 1.0, *, vocabulary: Vocabulary | None = None):
        self.k = check_nonnegative("k", k)
        check_order(order)
        corpus, vocabulary = _training_corpus(texts, vocabulary)
        super().__init__(vocabulary, order)
        self.unseen = 1.0 if k else 0.0
        keys, ngrams, counts = distinct_ngrams(corpus, order, len(vocabulary))
        contexts, first = contexts_of(keys, ngrams)
        added = self.k * (len(vocabulary) - 1)
        totals = np.add.reduceat(counts, first[:-1]) + added
        p = (counts + self.k) / np.repeat(totals, np.diff(first))
        self._add(Level(keys, ngrams, p, contexts, first, added / totals))


class AbsoluteDiscounting(BackoffModel):
    """Interpolated absolute discounting, as `ngrams.AbsoluteDiscounting`. discounts: {order: D}."""

    highest_order = float("inf")
    continuation = False  # do the lower orders count contexts (Kneser–Ney) or tokens?

    def __init__(
        self,
        texts: Texts,
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        discount: float | Sequence[float] | None = None,
    ):
        check_order(order, self.highest_order)
        given = check_discounts(discount, order)
        corpus, vocabulary = _training_corpus(texts, vocabulary)
        super().__init__(vocabulary, order)
        keys, ngrams, counts = distinct_ngrams(corpus, order, len(vocabulary))
        found = [(keys, ngrams, counts, None)]  # the last entry: where each longer n-gram's shorter one stands
        for k in range(order - 1, 0, -1):
            columns = keys.unpack(ngrams)[1:]
            keys = Keys(k, len(vocabulary))
            keys.learn_heads(columns)
            ngrams, suffix = rank(keys.pack(columns))
            found[-1] = (*found[-1][:3], suffix)
            counts = np.bincount(suffix, None if self.continuation else counts)
            found.append((keys, ngrams, counts, None))
        self.discounts: dict[int, float] = {}
        lower = self.base
        for keys, ngrams, counts, suffix in reversed(found):
            discount = given[keys.order - 1] if given else float(estimate_discount(counts))
            self.discounts[keys.order] = discount
            lower = lower[ngrams if suffix is None else suffix]
            contexts, first = contexts_of(keys, ngrams)
            followers = np.diff(first)
            totals = np.add.reduceat(counts, first[:-1])
            weights = discount * followers / totals
            lower = np.maximum(counts - discount, 0) / np.repeat(totals, followers) + np.repeat(weights, followers) * lower
            self._add(Level(keys, ngrams, lower, contexts, first, weights))


def estimate_discount(counts: np.ndarray) -> float:
    """D = n₁ / (n₁ + 2 n₂), as `ngrams.estimate_discount`; 1/2 where n₁ or n₂ is 0."""
    n1, n2 = np.count_nonzero(counts == 1), np.count_nonzero(counts == 2)
    return n1 / (n1 + 2 * n2) if n1 and n2 else 0.5


class KneserNey(AbsoluteDiscounting):
    """Interpolated Kneser–Ney of orders 1 to 5, as `ngrams.KneserNey`."""

    highest_order = MAX_ORDER_KNESER_NEY
    continuation = True
