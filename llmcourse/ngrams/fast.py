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
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.corpus import Corpus, Texts, are_ids, encode_texts
from llmcourse.ngrams.counts import Ints, Keyed, Keys, distinct_ngrams, locate, rank
from llmcourse.ngrams.models import (
    DENOMINATORS,
    MAX_K,
    MAX_ORDER_KNESER_NEY,
    UnseenContextError,
    check_discounts,
    check_three_discounts,
    discounts_from,
    vocabulary_of,
)
from llmcourse.vocabulary import Vocabulary

Reals = NDArray[np.float64]


class Level(NamedTuple):
    """One order of a back-off model: M n-grams and the C contexts that they start with, both sorted by key."""

    keys: Keys
    ngrams: Keyed  # (M,) keys
    probabilities: Reals  # (M,) p(w|u)
    contexts: Keyed  # (C,) keys of the contexts, n-gram key >> bits
    first: Keyed  # (C+1,) the followers of context c are n-grams first[c] … first[c+1]−1
    weights: Reals  # (C,) every other word has p(w|u) = weight · p(w|u′)

    def locate_contexts(self, columns: Sequence[Ints]) -> tuple[Keyed, NDArray[np.bool_]]:
        """Rows of the contexts given as n−1 columns of ids, and which of them were seen at all."""
        return locate(self.contexts, self.keys.pack([*columns, np.zeros_like(columns[0])]) >> self.keys.bits)


def contexts_of(keys: Keys, ngrams: Keyed) -> tuple[Keyed, Keyed]:
    """The distinct contexts of sorted n-grams, (C,), and where the followers of each start, (C+1,)."""
    contexts = ngrams >> keys.bits
    first = np.flatnonzero(np.append(True, contexts[1:] != contexts[:-1]))
    return contexts[first], np.append(first, len(ngrams))


class BackoffModel:
    """What the models below share: a unigram distribution, and above it levels that override and scale it.

    base: (V,) probabilities under the empty context. levels: ascending orders, each after the first one order higher.
    unseen: the factor that takes the place of a weight for a context that was never seen; None where p(w|u) is 0/0 then.
    """

    unseen: float | None = 1.0

    def __init__(self, vocabulary: Vocabulary, order: int):
        self.vocabulary, self.order = vocabulary, order
        self.base: Reals = np.full(len(vocabulary), 1 / (len(vocabulary) - 1))
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

    def next_log_probabilities(self, context: Sequence[int]) -> NDArray[np.floating]:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS.

        Raises UnseenContextError where p(w|u) is 0/0, and ValueError for ids outside 0 … V−1.
        """
        ids = arguments.ids(context, len(self.vocabulary), ndim=1)
        last = ids[max(0, len(ids) - self.order + 1) :]
        window = np.concatenate([np.zeros(self.order - 1 - len(last), np.int64), last])
        p = self.base.copy()
        for level in self.levels:
            (place,), (known,) = level.locate_contexts(list(window[self.order - level.keys.order :, None]))
            if known:
                followers = slice(level.first[place], level.first[place + 1])
                p *= level.weights[place]
                p[level.ngrams[followers] & level.keys.mask] = level.probabilities[followers]
            elif self.unseen is None:
                raise UnseenContextError(f"nothing ever followed {self.vocabulary.decode(window)}: p(w|u) is 0/0")
            else:
                p *= self.unseen
        with np.errstate(divide="ignore"):
            return np.log(p)

    def token_log_probabilities(self, sequences: Iterable[ArrayLike]) -> Reals:
        """log p(x_t | x_{<t}) of every token of every sequence of ids, one flat array (ΣT,) in nats.

        As in `ngrams`, a context for which p(w|u) is 0/0 gives −inf: the text has p = 0 already before it.
        """
        corpus = Corpus.join(sequences)
        arguments.ids(corpus.ids, len(self.vocabulary))
        columns = [corpus.previous(j) for j in range(self.order - 1, -1, -1)]
        p = np.ones(len(corpus.ids))
        open_ = np.arange(len(p))  # tokens whose n-gram has not been found yet
        for level in reversed(self.levels):
            keys = level.keys.pack([column[open_] for column in columns[-level.keys.order :]])
            places, known = locate(level.ngrams, keys)
            p[open_[known]] *= level.probabilities[places[known]]
            open_, keys = open_[~known], keys[~known]
            places, known = locate(level.contexts, keys >> level.keys.bits)
            p[open_] *= np.where(known, level.weights[places], self.unseen or 0.0)
        p[open_] *= self.base[corpus.ids[open_]]
        with np.errstate(divide="ignore"):
            return np.log(p)


def _training_corpus(texts: Texts, vocabulary: Vocabulary | None, eos: bool = True) -> tuple[Corpus, Vocabulary]:
    if not isinstance(texts, np.ndarray | Corpus):
        texts = arguments.texts(texts)
    if vocabulary is None:
        if isinstance(texts, np.ndarray | Corpus) or are_ids(texts):
            raise ValueError("texts of ids need the vocabulary that the ids belong to")
        vocabulary = vocabulary_of(texts)
    return encode_texts(texts, arguments.instance("the vocabulary", vocabulary, Vocabulary), eos=eos), vocabulary


class MLE(BackoffModel):
    """Maximum likelihood, as `ngrams.MLE`: p(w|u) = #(uw) / #(u•), or / #(u) with ``denominator="occurrences"``."""

    unseen = None

    def __init__(
        self,
        texts: Texts,
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        denominator: str = "followed",
        eos: bool = True,
    ):
        arguments.one_of("denominator", denominator, DENOMINATORS)
        order = arguments.integer("the order n", order, least=1)
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
        self.k = arguments.number("k", k, least=0, most=MAX_K)
        order = arguments.integer("the order n", order, least=1)
        corpus, vocabulary = _training_corpus(texts, vocabulary)
        super().__init__(vocabulary, order)
        self.unseen = 1.0 if self.k else None
        keys, ngrams, counts = distinct_ngrams(corpus, order, len(vocabulary))
        contexts, first = contexts_of(keys, ngrams)
        added = self.k * (len(vocabulary) - 1)
        totals = np.add.reduceat(counts, first[:-1]) + added
        p = (counts + self.k) / np.repeat(totals, np.diff(first))
        self._add(Level(keys, ngrams, p, contexts, first, added / totals))


class Counts(NamedTuple):
    """The distinct n-grams of one order, (M,) keys and counts, and where the one a token shorter stands among those, (M,)."""

    keys: Keys
    ngrams: Keyed
    counts: Keyed
    shorter: Keyed


def count_all_orders(corpus: Corpus, order: int, size: int, *, continuation: bool) -> list[Counts]:
    """The orders 1 … n. Below n an n-gram's count is the sum over the longer ones that end with it, or their number."""
    keys, ngrams, counts = distinct_ngrams(corpus, order, size)
    found = []
    for k in range(order - 1, 0, -1):
        columns = keys.unpack(ngrams)[1:]
        shorter_keys = Keys(k, size)
        shorter_keys.learn_heads(columns)
        shorter_ngrams, shorter = rank(shorter_keys.pack(columns))
        found.append(Counts(keys, ngrams, counts, shorter))
        keys, ngrams = shorter_keys, shorter_ngrams
        counts = np.bincount(shorter) if continuation else np.bincount(shorter, counts).astype(np.int64)
    found.append(Counts(keys, ngrams, counts, ngrams))  # a unigram's key is its row of the uniform distribution
    return found[::-1]


class InterpolatedModel(BackoffModel):
    """What the discounting models share: every count gives something up, and the shorter context shares it out."""

    def _interpolate(self, found: Counts, given: Reals, lower: Reals) -> Reals:
        """Add a level, and return its probabilities, (M,). given: what each count gives up, (M,); lower: p(w|u′), any (L,)."""
        contexts, first = contexts_of(found.keys, found.ngrams)
        followers = np.diff(first)
        totals = np.add.reduceat(found.counts, first[:-1])
        weights = np.add.reduceat(given, first[:-1]) / totals
        kept = (found.counts - given) / np.repeat(totals, followers)
        p: Reals = kept + np.repeat(weights, followers) * lower[found.shorter]
        self._add(Level(found.keys, found.ngrams, p, contexts, first, weights))
        return p


class AbsoluteDiscounting(InterpolatedModel):
    """Interpolated absolute discounting, as `ngrams.AbsoluteDiscounting`. discounts: {order: D}."""

    highest_order: float = float("inf")
    continuation = False  # do the lower orders count contexts (Kneser–Ney) or tokens?

    def __init__(
        self,
        texts: Texts,
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        discount: float | Sequence[float] | None = None,
    ):
        order = arguments.integer("the order n", order, least=1, most=self.highest_order)
        given = check_discounts(discount, order)
        corpus, vocabulary = _training_corpus(texts, vocabulary)
        super().__init__(vocabulary, order)
        self.discounts: dict[int, float] = {}
        p = self.base
        for k, found in enumerate(count_all_orders(corpus, order, len(vocabulary), continuation=self.continuation), 1):
            self.discounts[k] = given[k - 1] if given else estimate_discount(found.counts)
            p = self._interpolate(found, np.full(len(found.counts), self.discounts[k]), p)


def estimate_discount(counts: Keyed) -> float:
    """D = n₁ / (n₁ + 2 n₂), as `ngrams.estimate_discount`; 1/2 where n₁ or n₂ is 0."""
    n1, n2 = int(np.count_nonzero(counts == 1)), int(np.count_nonzero(counts == 2))
    return n1 / (n1 + 2 * n2) if n1 and n2 else 0.5


class KneserNey(AbsoluteDiscounting):
    """Interpolated Kneser–Ney of orders 1 to 5, as `ngrams.KneserNey`."""

    highest_order = MAX_ORDER_KNESER_NEY
    continuation = True


class ModifiedKneserNey(InterpolatedModel):
    """Kneser–Ney with three discounts an order, as `ngrams.ModifiedKneserNey`. discounts: {order: (D₁, D₂, D₃₊)}."""

    def __init__(
        self,
        texts: Texts,
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        discounts: Sequence[float] | None = None,
    ):
        order = arguments.integer("the order n", order, least=1, most=MAX_ORDER_KNESER_NEY)
        given = check_three_discounts(discounts)
        corpus, vocabulary = _training_corpus(texts, vocabulary)
        super().__init__(vocabulary, order)
        self.discounts: dict[int, tuple[float, float, float]] = {}
        p = self.base
        for k, found in enumerate(count_all_orders(corpus, order, len(vocabulary), continuation=True), 1):
            self.discounts[k] = given or discounts_from(np.bincount(found.counts, minlength=5)[1:5].tolist())
            p = self._interpolate(found, np.array([0, *self.discounts[k]])[np.minimum(found.counts, 3)], p)


class StupidBackoff:
    """Stupid back-off, as `ngrams.StupidBackoff`: scores and no probabilities, so no LanguageModel either."""

    def __init__(self, texts: Texts, order: int, factor: float = 0.4, *, vocabulary: Vocabulary | None = None):
        order = arguments.integer("the order n", order, least=1)
        self.factor = arguments.number("the factor", factor, least=0, most=1)
        corpus, self.vocabulary = _training_corpus(texts, vocabulary)
        self._table = BackoffModel(self.vocabulary, order)
        self._table.unseen = self.factor
        for keys, ngrams, counts, _ in count_all_orders(corpus, order, len(self.vocabulary), continuation=False):
            contexts, first = contexts_of(keys, ngrams)
            share = counts / np.repeat(np.add.reduceat(counts, first[:-1]), np.diff(first))
            weights = np.full(len(contexts), self.factor if keys.order > 1 else 0.0)
            self._table._add(Level(keys, ngrams, share, contexts, first, weights))

    def next_log_scores(self, context: Sequence[int]) -> NDArray[np.floating]:
        """log S(x_t | x_{<t}) of every token, (V,); −inf for BOS and for tokens that never occurred."""
        return self._table.next_log_probabilities(context)

    def token_log_scores(self, sequences: Iterable[ArrayLike]) -> Reals:
        """log S(x_t | x_{<t}) of every token of every sequence of ids, one flat array (ΣT,)."""
        return self._table.token_log_probabilities(sequences)
