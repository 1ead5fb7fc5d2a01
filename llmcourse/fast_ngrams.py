"""Unit 02: the models of `llmcourse.ngrams` on arrays. Same names, same arguments, same numbers, far faster.

Three ideas make it fast:

* An n-gram is one integer, its *key*: the ids of its tokens side by side, the same number of bits each, the last token
  lowest. Equal keys are equal n-grams, key >> bits is the context, and in sorted order all followers of a context
  stand in a row.
* Counting is grouping equal keys (`group`). Only the n-grams of the highest order are grouped over the whole corpus;
  the shorter ones come from the distinct longer ones.
* A model is kept in back-off form, as in the ARPA file format: the final probability of every n-gram that was seen, and
  for every context the weight with which it hands the other words on to the context one token shorter. The score of a
  token is then one look-up for most tokens.

Texts are lists of tokens (EOS is added at the end, as in `ngrams`), or arrays of ids (taken as they are: EOS should be
their last id), or one flat array of ids (each EOS ends a text).
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from llmcourse.language_models import BOS, EOS, Vocabulary
from llmcourse.ngrams import (
    MAX_ORDER_KNESER_NEY,
    UnseenContextError,
    check_discounts,
    check_nonnegative,
    check_order,
    vocabulary_of,
)

Texts = Iterable[Sequence[str]] | Iterable[np.ndarray] | np.ndarray
KEY_BITS = 63  # a key is a signed 64-bit integer that is not negative
MISSING = -1


# ---------------------------------------------------------------------------------------------- texts as arrays of ids


class Corpus(NamedTuple):
    """Texts end to end: ids (N,), and where each text starts, (number of texts,)."""

    ids: np.ndarray
    starts: np.ndarray

    def previous(self, j: int) -> np.ndarray:
        """x_{t−j} for every position t, (N,): the token j places earlier, BOS before the start of its text."""
        if j == 0:
            return self.ids
        column = np.zeros_like(self.ids)
        column[j:] = self.ids[:-j]
        for i in range(min(j, len(column))):
            places = self.starts + i
            column[places[places < len(column)]] = 0
        return column

    def last(self, j: int) -> np.ndarray:
        """The token j places before the last one of every text, (number of texts,); BOS where a text is shorter."""
        ends = np.append(self.starts[1:], len(self.ids))
        return np.where(ends - self.starts > j, self.ids[np.maximum(ends - 1 - j, 0)], 0)


def encode_texts(texts: Texts, vocabulary: Vocabulary, *, eos: bool = True) -> Corpus:
    """All texts in one array of small integers. ``eos`` ends every text of strings with EOS unless it already does.

    Raises ValueError for an unknown token without UNK, a BOS inside a text, an id outside 0 … V−1 and an empty corpus;
    TypeError for anything else than strings or integers.
    """
    if isinstance(texts, np.ndarray) and texts.dtype.kind in "iu" and texts.ndim == 1:
        ends = np.flatnonzero(texts == vocabulary.eos) + 1
        corpus = Corpus(texts, np.append(0, ends[ends < len(texts)]))
    else:
        texts = list(texts)
        first = next((text[0] for text in texts if len(text)), None)
        corpus = join(texts) if isinstance(first, int | np.integer) else _encode_strings(texts, vocabulary, eos)
    ids = corpus.ids
    if not len(ids):
        raise ValueError("the corpus is empty: there is no token in it")
    check_ids(ids, vocabulary)
    if not ids.all():
        raise ValueError(f"{BOS!r} (id 0) stands in front of a text and never inside")
    return Corpus(ids.astype(np.min_scalar_type(len(vocabulary)), copy=False), corpus.starts)


def _encode_strings(texts: list[Sequence[str]], vocabulary: Vocabulary, eos: bool) -> Corpus:
    for text in texts:
        if isinstance(text, str):
            raise TypeError(f"expected a list of texts, each a list of tokens, got the string {text!r} as a text")
    complete = [not eos or (len(text) > 0 and text[-1] == EOS) for text in texts]
    pieces = [(text,) if done else (text, (EOS,)) for text, done in zip(texts, complete, strict=True)]

    def tokens() -> Iterable[str]:
        return chain.from_iterable(chain.from_iterable(pieces))

    starts = np.cumsum([0] + [len(text) + (not done) for text, done in zip(texts, complete, strict=True)])
    try:  # one dictionary look-up a token, and no Python code between them
        dtype = np.min_scalar_type(len(vocabulary))
        ids = np.fromiter(map(vocabulary.ids.__getitem__, tokens()), dtype, starts[-1])
    except (KeyError, TypeError):  # some token is not in the vocabulary: UNK, or the error that names it
        ids = vocabulary.encode(list(tokens()))
    return Corpus(ids, starts[:-1])


def join(sequences: Iterable[Sequence[int]]) -> Corpus:
    """Sequences of ids end to end. TypeError if one of them is not a flat sequence of integers."""
    arrays = [np.asarray(sequence) for sequence in sequences]
    for array in arrays:
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
            raise TypeError(f"expected sequences of integer ids, got one of type {array.dtype}, shape {array.shape}")
    starts = np.cumsum([0] + [len(array) for array in arrays])
    ids = np.concatenate(arrays) if starts[-1] else np.empty(0)
    return Corpus(ids.astype(np.int64, copy=False), starts[:-1])


def check_ids(ids: np.ndarray, vocabulary: Vocabulary) -> None:
    """ValueError for an id outside 0 … V−1."""
    if len(ids) and not (ids.min() >= 0 and ids.max() < len(vocabulary)):
        wrong = ids[(ids < 0) | (ids >= len(vocabulary))][0]
        raise ValueError(f"token id {wrong} is outside 0 … {len(vocabulary) - 1}")


# -------------------------------------------------------------------------------------------------- keys and grouping


class Keys:
    """The numbering of the n-grams of one order over V tokens: columns of ids (M,) ↔ one key (M,).

    n·bits can exceed 63 for a large vocabulary and n = 4 or 5. Then the first n−2 tokens, the *head*, enter the key as
    their rank among the heads of the corpus; a head that is not among them gets the key MISSING.
    """

    def __init__(self, order: int, size: int):
        self.order, self.bits = order, max(1, int(size - 1).bit_length())
        self.mask = (1 << self.bits) - 1
        self.heads: np.ndarray | None = None
        if (order - 2) * self.bits > KEY_BITS:
            raise ValueError(f"{order}-grams over {size} tokens are too many to number: use fewer tokens")

    @property
    def needs_heads(self) -> bool:
        return self.order * self.bits > KEY_BITS

    def _join(self, columns: Sequence[np.ndarray], key: np.ndarray | None = None) -> np.ndarray:
        for column in columns:
            key = column.astype(np.int64) if key is None else key << self.bits | column
        return key

    def learn_heads(self, columns: Sequence[np.ndarray]) -> None:
        """Rank the heads of these n-grams, if this order needs ranks."""
        if self.needs_heads:
            self.heads, _ = group(self._join(columns[:-2]))
            if len(self.heads).bit_length() + 2 * self.bits > KEY_BITS:
                raise ValueError(f"{len(self.heads)} heads of {self.order}-grams are too many to number")

    def pack(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Keys of the n-grams in the columns: as many columns as the order, first tokens first."""
        if self.heads is None:
            return self._join(columns)
        head, known = locate(self.heads, self._join(columns[:-2]))
        return np.where(known, self._join(columns[-2:], head), MISSING)

    def unpack(self, keys: np.ndarray) -> list[np.ndarray]:
        """The columns of ids of some keys."""
        columns = []
        for place in range(self.order):
            if self.heads is not None and place == 2:
                keys = self.heads[keys]
            columns.append(keys & self.mask)
            keys = keys >> self.bits
        return columns[::-1]


def locate(table: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the keys stand in a sorted table, and which of them are in it at all (elsewhere the place is arbitrary)."""
    places = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return places, table[places] == keys


def group(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys in ascending order, and how often each occurs. Changes ``keys``."""
    keys = np.sort(keys)
    ends = np.append(np.flatnonzero(keys[1:] != keys[:-1]), len(keys) - 1)
    return keys[ends], np.diff(ends, prepend=-1)


def rank(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys in ascending order, and for each of ``keys`` its place among them."""
    return np.unique(keys, return_inverse=True)


def _distinct(corpus: Corpus, order: int, size: int) -> tuple[Keys, np.ndarray, np.ndarray]:
    """Numbering, keys and counts of the distinct n-grams of the corpus."""
    keys = Keys(order, size)
    columns = [corpus.previous(j) for j in range(order - 1, -1, -1)]
    keys.learn_heads(columns)
    return keys, *group(keys.pack(columns))


def count_ngrams(texts: Texts, n: int, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """The distinct n-grams, (M, n) ids in ascending order, and how often each occurs, (M,)."""
    keys, distinct, counts = _distinct(encode_texts(texts, vocabulary), check_order(n), len(vocabulary))
    return np.stack(keys.unpack(distinct), axis=1), counts


# ------------------------------------------------------------------------------------------------------------- models


class Level(NamedTuple):
    """One order of a back-off model: M n-grams and the C contexts that they start with, both sorted by key."""

    keys: Keys
    ngrams: np.ndarray  # (M,) keys
    probabilities: np.ndarray  # (M,) p(w|u)
    contexts: np.ndarray  # (C,) keys of the contexts, n-gram key >> bits
    first: np.ndarray  # (C+1,) the followers of context c are n-grams first[c] … first[c+1]−1
    weights: np.ndarray  # (C,) every other word has p(w|u) = weight · p(w|u′)


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
            keys = level.keys
            (key,) = keys.pack([*window[len(window) - keys.order + 1 :, None], np.zeros(1, np.int64)]) >> keys.bits
            (place,), (known,) = locate(level.contexts, np.array([key]))
            if known:
                followers = slice(level.first[place], level.first[place + 1])
                p *= level.weights[place]
                p[level.ngrams[followers] & keys.mask] = level.probabilities[followers]
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
        texts = list(texts)
    if vocabulary is None:
        if isinstance(texts, np.ndarray) or any(isinstance(text, np.ndarray) for text in texts):
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
        keys, ngrams, counts = _distinct(corpus, order, len(vocabulary))
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
        keys, ngrams, counts = _distinct(corpus, order, len(vocabulary))
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
        keys, ngrams, counts = _distinct(corpus, order, len(vocabulary))
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
            discount = given[keys.order - 1] if given else estimate_discount(counts)
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
