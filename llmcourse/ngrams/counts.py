"""Unit 02: counting n-grams with arrays, the ground that `fast` builds its models on.

* A corpus is one array of ids and the places where texts start (`llmcourse.corpus`).
* An n-gram is one integer, its *key*: the ids of its tokens side by side, the same number of bits each, the last token
  lowest. Equal keys are equal n-grams, key >> bits is the context, and in sorted order all followers of a context
  stand in a row. BOS has id 0.
* Counting is grouping equal keys, by sorting or by hashing: whichever is quicker here.
"""

from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from llmcourse import arguments
from llmcourse.corpus import Corpus, Texts, encode_texts
from llmcourse.vocabulary import Vocabulary

Ints = NDArray[np.integer]
Keyed = NDArray[np.int64]  # keys of n-grams, or numbers of n-grams
KEY_BITS = 63  # a key is a signed 64-bit integer that is not negative
MISSING = -1
SLOT_BITS, CHUNK, FEW = 16, 1 << 17, 1 << 12  # a table of half a megabyte and chunks of one: both stay in a processor's cache
MANY = 1 << 21
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ divided by the golden ratio: Fibonacci hashing


class Keys:
    """The numbering of the n-grams of one order over V tokens: columns of ids (M,) ↔ one key (M,).

    n·bits can exceed 63 for a large vocabulary and n = 4 or 5. Then the first n−2 tokens, the *head*, enter the key as
    their rank among the heads of the corpus; a head that is not among them gets the key MISSING.
    Raises ValueError where even the head has no room.
    """

    def __init__(self, order: int, size: int):
        self.order, self.bits = order, max(1, int(size - 1).bit_length())
        self.mask = (1 << self.bits) - 1
        self.heads: Keyed | None = None
        if (order - 2) * self.bits > KEY_BITS:
            raise ValueError(f"{order}-grams over {size} tokens are too many to number: use fewer tokens")

    @property
    def needs_heads(self) -> bool:
        return self.order * self.bits > KEY_BITS

    def join(self, columns: Sequence[Ints], key: Keyed | None = None, dtype: type[np.integer] = np.int64) -> Keyed:
        """The ids of each row side by side, after those that are in ``key`` already."""
        joined, columns = (columns[0].astype(dtype), columns[1:]) if key is None else (key, columns)
        for column in columns:
            joined <<= self.bits
            joined |= column
        return joined

    def learn_heads(self, columns: Sequence[Ints]) -> None:
        """Rank the heads of these n-grams, if this order needs ranks."""
        if self.needs_heads:
            self.heads, _ = group(self.join(columns[:-2]))
            if len(self.heads).bit_length() + 2 * self.bits > KEY_BITS:
                raise ValueError(f"{len(self.heads)} heads of {self.order}-grams are too many to number")

    def pack(self, columns: Sequence[Ints]) -> Keyed:
        """Keys of the n-grams in the columns: as many columns as the order, first tokens first."""
        if self.heads is None:
            return self.join(columns)
        head, known = locate(self.heads, self.join(columns[:-2]))
        return np.where(known, self.join(columns[-2:], head), MISSING)

    def unpack(self, keys: Keyed) -> list[Keyed]:
        """The columns of ids of some keys."""
        columns = []
        for place in range(self.order):
            if self.heads is not None and place == 2:
                keys = self.heads[keys]
            columns.append(keys & self.mask)
            keys = keys >> self.bits
        return columns[::-1]


def locate(table: Keyed, keys: Keyed) -> tuple[Keyed, NDArray[np.bool_]]:
    """Where the keys stand in a sorted table, and which of them are in it at all (elsewhere the place is arbitrary)."""
    places = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return places, table[places] == keys


def group(keys: Keyed) -> tuple[Keyed, Keyed]:
    """The distinct keys, which must not be negative, in ascending order (M,), and how often each occurs (M,)."""
    return group_in_chunks(keys.__getitem__, len(keys))


def group_in_chunks(keys_at: Callable[[slice], Keyed], length: int) -> tuple[Keyed, Keyed]:
    """As `group`, of ``length`` keys that need not be in memory at once: keys_at(slice) makes some of them.

    Where sorting is slow (`sorting_is_quick`) something else is quicker, because text repeats itself: a hash gives every
    key a slot of a small table. Keys from the first quarter of the text write themselves into their slots; the last to
    write stays, and that is mostly a frequent one. Then every key that finds itself in its slot is counted there, and the
    few others go through the same again, without those that they lost to. As soon as more than a quarter are others, the
    text repeats too little, and all are sorted after all.
    """
    if length < FEW or sorting_is_quick():
        return _group_by_sorting(keys_at(slice(None)))

    def slots_of(keys: Keyed) -> Keyed:
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


def _group_by_sorting(keys: Keyed) -> tuple[Keyed, Keyed]:
    keys = sort(keys)
    ends = np.flatnonzero(np.append(keys[1:] != keys[:-1], True)[: len(keys)])
    return keys[ends].astype(np.int64, copy=False), np.diff(ends, prepend=-1)


def rank(keys: Keyed) -> tuple[Keyed, Keyed]:
    """The distinct keys in ascending order (M,), and for each of ``keys`` its place among them.

    As np.unique(keys, return_inverse=True), which takes twice as long for a million keys.
    """
    order = argsort(keys)
    ascending = keys[order]
    new = np.append(True, ascending[1:] != ascending[:-1])
    places = np.empty(len(keys), np.int64)
    places[order] = np.cumsum(new) - 1
    return ascending[new], places


# --------------------------------------------------------------------------------------------------------------- sorting


def sort(keys: Keyed) -> Keyed:
    """The keys, which must not be negative, in ascending order: by np.sort where that is quick, else 16 bits at a time.

    Of some millions of keys `radix_sort` is no longer quicker anywhere: it jumps about in more than the caches hold.
    """
    return radix_sort(keys) if FEW <= len(keys) < MANY and not sorting_is_quick() else np.sort(keys)


def radix_sort(keys: Keyed) -> Keyed:
    """Sorted 16 bits at a time, the lowest first: for those NumPy's stable sort counts and does not compare."""
    for shift in range(0, int(keys.max()).bit_length(), 16):
        keys = keys[np.argsort((keys >> shift & 0xFFFF).astype(np.uint16), kind="stable")]
    return keys


def argsort(keys: Keyed) -> Keyed:
    """The order that sorts keys that are not negative, 16 bits at a time."""
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    for shift in range(16, int(keys.max()).bit_length(), 16):
        digits = (keys >> shift & 0xFFFF).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    return order


@cache
def sorting_is_quick() -> bool:
    """Whether np.sort beats `radix_sort` on this machine: measured once, in about a millisecond.

    It does by a factor of 3 where NumPy sorts with AVX2 instructions. With AVX-512 it depends on the processor (on a
    Zen 4 np.sort takes six times as long as with AVX2), and without such instructions it is slow everywhere.
    """
    keys = np.random.default_rng(0).integers(0, 1 << 45, 2 * FEW)

    def seconds(function: Callable[[Keyed], Keyed]) -> float:
        times = []
        for _ in range(3):
            start = perf_counter()
            function(keys)
            times.append(perf_counter() - start)
        return min(times)

    return seconds(np.sort) < seconds(radix_sort)


# ---------------------------------------------------------------------------------------------------- counting a corpus


def distinct_ngrams(corpus: Corpus, order: int, size: int) -> tuple[Keys, Keyed, Keyed]:
    """Numbering, keys in ascending order and counts of the distinct n-grams of the corpus."""
    keys = Keys(order, size)
    columns = [corpus.previous(j) for j in range(order - 1, -1, -1)]
    if order * keys.bits <= 32 and sorting_is_quick():  # half the bytes, half the time
        return keys, *_group_by_sorting(keys.join(columns, dtype=np.uint32))
    keys.learn_heads(columns)
    return keys, *group_in_chunks(lambda part: keys.pack([column[part] for column in columns]), len(corpus.ids))


def count_ngrams(texts: Texts, n: int, vocabulary: Vocabulary) -> tuple[Keyed, Keyed]:
    """The distinct n-grams, (M, n) ids in ascending order, and how often each occurs, (M,)."""
    n = arguments.integer("the order n", n, least=1)
    keys, distinct, counts = distinct_ngrams(encode_texts(texts, vocabulary), n, len(vocabulary))
    return np.stack(keys.unpack(distinct), axis=1), counts
