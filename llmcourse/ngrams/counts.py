"""Unit 02: counting n-grams with arrays, the ground that `fast` builds its models on.

* A corpus is one array of ids and the places where texts start.
* An n-gram is one integer, its *key*: the ids of its tokens side by side, the same number of bits each, the last token
  lowest. Equal keys are equal n-grams, key >> bits is the context, and in sorted order all followers of a context
  stand in a row. BOS has id 0.
* Counting is grouping equal keys.

Texts are lists of tokens (EOS is added at the end, as in `ngrams`), or arrays of ids (taken as they are: EOS should be
their last id), or one flat array of ids (each EOS ends a text).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from llmcourse.ngrams.models import check_order, check_texts
from llmcourse.vocabulary import BOS, EOS, Vocabulary

Texts = Iterable[Sequence[str]] | Iterable[np.ndarray] | np.ndarray
KEY_BITS = 63  # a key is a signed 64-bit integer that is not negative
MISSING = -1
SLOT_BITS, CHUNK, FEW = 16, 1 << 17, 1 << 12  # a table of half a megabyte and chunks of one: both stay in a processor's cache
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ divided by the golden ratio: Fibonacci hashing


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
        texts = check_texts(texts)
        corpus = join(texts) if are_ids(texts) else _encode_strings(texts, vocabulary, eos)
    ids = corpus.ids
    if not len(ids):
        raise ValueError("the corpus is empty: there is no token in it")
    check_ids(ids, vocabulary)
    if not ids.all():
        raise ValueError(f"{BOS!r} (id 0) stands in front of a text and never inside")
    return Corpus(ids.astype(np.min_scalar_type(len(vocabulary)), copy=False), corpus.starts)


def are_ids(texts: list) -> bool:
    """Whether a list of texts holds ids, not strings; judged by the first token that there is."""
    first = next((text[0] for text in texts if len(text)), None)
    return isinstance(first, int | np.integer) or (first is None and any(isinstance(t, np.ndarray) for t in texts))


def _encode_strings(texts: list[Sequence[str]], vocabulary: Vocabulary, eos: bool) -> Corpus:
    complete = [not eos or (len(text) > 0 and text[-1] == EOS) for text in texts]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + np.logical_not(complete)
    starts = np.append(0, np.cumsum(lengths))

    def tokens() -> Iterator[str]:
        return chain.from_iterable(pieces())

    def pieces() -> Iterator[Sequence[str]]:
        for text, done in zip(texts, complete, strict=True):
            yield text
            if not done:
                yield (EOS,)

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

    def join(self, columns: Sequence[np.ndarray], key: np.ndarray | None = None, dtype: type = np.int64) -> np.ndarray:
        """The ids of each row side by side, after those that are in ``key`` already."""
        for column in columns:
            if key is None:
                key = column.astype(dtype)
            else:
                key <<= self.bits
                key |= column
        return key

    def learn_heads(self, columns: Sequence[np.ndarray]) -> None:
        """Rank the heads of these n-grams, if this order needs ranks."""
        if self.needs_heads:
            self.heads, _ = group(self.join(columns[:-2]))
            if len(self.heads).bit_length() + 2 * self.bits > KEY_BITS:
                raise ValueError(f"{len(self.heads)} heads of {self.order}-grams are too many to number")

    def pack(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Keys of the n-grams in the columns: as many columns as the order, first tokens first."""
        if self.heads is None:
            return self.join(columns)
        head, known = locate(self.heads, self.join(columns[:-2]))
        return np.where(known, self.join(columns[-2:], head), MISSING)

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
    """The distinct keys, which must not be negative, in ascending order (M,), and how often each occurs (M,)."""
    return group_in_chunks(keys.__getitem__, len(keys))


def group_in_chunks(keys_at: Callable[[slice], np.ndarray], length: int) -> tuple[np.ndarray, np.ndarray]:
    """As `group`, of ``length`` keys that need not be in memory at once: keys_at(slice) makes some of them.

    Sorting all keys would do, but text repeats itself, and then it is faster to let a hash give every key a slot of a
    small table. Keys from the first quarter of the text write themselves into their slots; the last to write stays, and
    that is mostly a frequent one. Then every key that finds itself in its slot is counted there, and the few others go
    through the same again, without those that they lost to. As soon as more than a quarter are others, the text repeats
    too little, and all are sorted.
    """
    if length < FEW:
        return _group_by_sorting(keys_at(slice(None)))

    def slots_of(keys: np.ndarray) -> np.ndarray:
        return (keys.view(np.uint64) * HASH_FACTOR >> np.uint64(64 - SLOT_BITS)).view(np.int64)

    table = np.zeros(1 << SLOT_BITS, np.int64)
    counts = np.zeros(1 << SLOT_BITS, np.int64)
    claims = keys_at(slice(0, max(CHUNK, length // 4)))
    table[slots_of(claims)] = claims
    del claims
    others = [np.empty(0, np.int64)]
    for start in range(0, length, CHUNK):
        keys = keys_at(slice(start, start + CHUNK))
        slots = slots_of(keys)
        strange = np.flatnonzero(np.take(table, slots, mode="clip") != keys)  # "clip" needs no copy of the slots
        counts += np.bincount(slots, minlength=len(counts))
        np.subtract.at(counts, slots[strange], 1)
        others.append(keys[strange])
        if 4 * sum(map(len, others)) > start + CHUNK:
            return _group_by_sorting(keys_at(slice(None)))
    used = np.flatnonzero(counts)
    rest, rest_counts = group(np.concatenate(others))
    distinct = np.append(table[used], rest)
    order = argsort(distinct)
    return distinct[order], np.append(counts[used], rest_counts)[order]


def _group_by_sorting(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    keys = np.sort(keys)
    ends = np.flatnonzero(np.append(keys[1:] != keys[:-1], True)[: len(keys)])
    return keys[ends], np.diff(ends, prepend=-1)


def rank(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct keys in ascending order (M,), and for each of ``keys`` its place among them."""
    order = argsort(keys)
    ascending = keys[order]
    new = np.append(True, ascending[1:] != ascending[:-1])
    places = np.empty(len(keys), np.int64)
    places[order] = np.cumsum(new) - 1
    return ascending[new], places


def argsort(keys: np.ndarray) -> np.ndarray:
    """The order that sorts keys that are not negative, 16 bits at a time: for those NumPy has a radix sort."""
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    for shift in range(16, int(keys.max()).bit_length(), 16):
        digits = (keys >> shift & 0xFFFF).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


def distinct_ngrams(corpus: Corpus, order: int, size: int) -> tuple[Keys, np.ndarray, np.ndarray]:
    """Numbering, keys and counts of the distinct n-grams of the corpus."""
    keys = Keys(order, size)
    columns = [corpus.previous(j) for j in range(order - 1, -1, -1)]
    if order * keys.bits <= 32:  # with AVX2 or NEON, sorting 32 bits is faster than any table
        distinct, counts = _group_by_sorting(keys.join(columns, dtype=np.uint32))
        return keys, distinct.astype(np.int64), counts
    keys.learn_heads(columns)
    return keys, *group_in_chunks(lambda part: keys.pack([column[part] for column in columns]), len(corpus.ids))


def count_ngrams(texts: Texts, n: int, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """The distinct n-grams, (M, n) ids in ascending order, and how often each occurs, (M,)."""
    keys, distinct, counts = distinct_ngrams(encode_texts(texts, vocabulary), check_order(n), len(vocabulary))
    return np.stack(keys.unpack(distinct), axis=1), counts
