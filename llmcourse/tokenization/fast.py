"""Byte-level BPE as in `byte_pairs`, fast: the same merges and the same ids, as a test proves.

Training keeps all different pre-tokens in one array of symbols with links to the left and right neighbour, so that a merge
touches only the places where its pair stands. Two observations make that quick:

* Counts of a pair never rise after the merge that made the pair's younger token. So the heap may hold old counts: what
  comes out on top is counted again, and goes back if it has become rarer.
* The few pairs that stand in thousands of places are merged with NumPy, the thousands of rare ones in a plain loop.
  `array.array` lets both work on the same memory.

Encoding remembers the tokens of every pre-token, since most of a text is words that were there before. Many new ones are
merged side by side with NumPy, few in a loop, and a very long one with a heap.
"""

import heapq
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, pairwise

import numpy as np
from numpy.typing import ArrayLike

from llmcourse import arguments
from llmcourse.tokenization import byte_pairs
from llmcourse.tokenization.byte_pairs import PATTERN, Pair, check_special, compiled, split_special
from llmcourse.tokenization.words import check_list, check_text

SHIFT = 20  # a pair of tokens (left, right) is the number left << SHIFT | right, so that tokens end below 2 ** SHIFT
LOW = (1 << SHIFT) - 1  # the right token of such a number
MOST = (1 << SHIFT) - 256  # merges that there can be
MANY = 128  # places from which a pair is merged with NumPy: below, a loop is quicker
REMEMBERED = 1 << 18  # pre-tokens whose tokens are kept
LONG = 32  # bytes from which a pre-token is merged with a heap: below, searching a list is quicker
CROWD = 256  # new pre-tokens in a text from which they are merged side by side


def train_bpe(
    texts: Iterable[str], n_merges: int, *, special_tokens: Iterable[str] = (), pattern: str = PATTERN
) -> "ByteBPE":
    """Same as `byte_pairs.train_bpe`, for up to 2²⁰ − 256 merges. Time grows with the different pre-tokens, about 0.5 s for
    8,000 merges on 1 MB."""
    arguments.integer("the number of merges", n_merges, least=0, most=MOST)
    names = check_special(special_tokens)
    merges = Places(count_words(texts, pattern, special_tokens=names)).learn(n_merges)
    return ByteBPE(merges, special_tokens=names, pattern=pattern)


def count_words(texts: Iterable[str], pattern: str = PATTERN, *, special_tokens: Iterable[str] = ()) -> Counter[str]:
    """Same as `byte_pairs.count_words`."""
    names = check_special(special_tokens)
    parts = (part for text in check_list("texts", texts) for part in split_special(check_text(text), names)[::2])
    return Counter(chain.from_iterable(pre_tokenize(part, pattern) for part in parts))


def pre_tokenize(text: str, pattern: str = PATTERN) -> list[str]:
    """Same as `byte_pairs.pre_tokenize`."""
    cutter = compiled(pattern)
    if cutter.groups:  # findall would give what the groups have captured
        return byte_pairs.pre_tokenize(text, pattern)
    parts: list[str] = cutter.findall(check_text(text))
    if sum(map(len, parts)) != len(text):
        raise ValueError(f"the pattern {pattern!r} leaves out a part of the text {text[:40]!r}")
    return parts


class Places:
    """All different pre-tokens side by side, −1 between them, and for each pair a list of the places where it may stand.

    symbol[p] is the token at place p, −1 between words, −2 where a merge has swallowed it; right and left link a place to its
    neighbours; weight[p] is how often the word occurs. ``symbol_np`` and so on are NumPy's view of the same numbers.
    """

    def __init__(self, words: Counter[str]):
        coded = [word.encode("utf-8") for word in words]
        lengths = np.fromiter(map(len, coded), np.int64, len(coded))
        size = int(lengths.sum()) + len(coded) + 1
        place = np.arange(size - len(coded) - 1) + np.repeat(np.arange(1, len(coded) + 1), lengths)
        symbols = np.full(size, -1, np.int32)
        symbols[place] = np.frombuffer(b"".join(coded), np.uint8)
        self.weight_np = np.zeros(size, np.int64)
        self.weight_np[place] = np.repeat(np.fromiter(words.values(), np.int64, len(coded)), lengths)
        self.weight = self.weight_np.tolist()
        self.symbol, self.symbol_np = shared(symbols)
        self.right, self.right_np = shared(np.arange(1, size + 1, dtype=np.int32))
        self.left, self.left_np = shared(np.arange(-1, size - 1, dtype=np.int32))
        self.where: dict[int, list[int] | np.ndarray] = {}
        self.heap: list[int] = []  # pair − count << 2·SHIFT: the frequent pair is small, then the pair with small ids
        first = place[symbols[place + 1] >= 0] if size > 1 else place
        self.note_all(symbols[first].astype(np.int64) << SHIFT | symbols[first + 1], first)

    def learn(self, n_merges: int) -> list[tuple[int, int]]:
        """Up to ``n_merges`` merges, as pairs of ids."""
        merges: list[tuple[int, int]] = []
        heap, new = self.heap, 256
        while heap and len(merges) < n_merges:
            top = heapq.heappop(heap)
            pair = top & (1 << 2 * SHIFT) - 1
            places, count = self.still_there(pair)
            if pair - (count << 2 * SHIFT) != top:  # has become rarer since it was put there
                if count:
                    self.note(pair, places, count)
                continue
            left, right = pair >> SHIFT, pair & LOW
            merges.append((left, right))
            if isinstance(places, list) or left == right:
                self.merge_one_by_one(places if isinstance(places, list) else places.tolist(), left, right, new)
            else:
                self.merge_at_once(places, new)
            new += 1
        return merges

    def still_there(self, pair: int) -> tuple[list[int] | np.ndarray, int]:
        """The places where the pair still stands, and its count."""
        left, right = pair >> SHIFT, pair & LOW
        places = self.where.pop(pair)
        if isinstance(places, list):
            symbol, next_to = self.symbol, self.right
            places = [p for p in places if symbol[p] == left and symbol[next_to[p]] == right]
            return places, sum(map(self.weight.__getitem__, places))
        places = places[(self.symbol_np[places] == left) & (self.symbol_np[self.right_np[places]] == right)]
        count = int(self.weight_np[places].sum())
        return (places if len(places) >= MANY else places.tolist()), count

    def note(self, pair: int, places: list[int] | np.ndarray, count: int) -> None:
        self.where[pair] = places
        heapq.heappush(self.heap, pair - (count << 2 * SHIFT))

    def note_all(self, pairs: np.ndarray, places: np.ndarray) -> None:
        """Note every different pair among ``pairs``; pairs[i] stands at places[i]."""
        if not len(pairs):
            return
        order = np.argsort(pairs, kind="stable")
        pairs, places = pairs[order], places[order]
        starts = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))
        counts = np.add.reduceat(self.weight_np[places], starts).tolist()
        listed, bounds = places.tolist(), [*starts.tolist(), len(places)]
        for i, pair in enumerate(pairs[starts].tolist()):
            a, b = bounds[i], bounds[i + 1]
            self.note(pair, listed[a:b] if b - a < MANY else places[a:b], counts[i])

    def merge_one_by_one(self, places: list[int], left: int, right: int, new: int) -> None:
        """Merge at the places, from left to right, and note the pairs with the new id."""
        symbol, to_right, to_left, weight = self.symbol, self.right, self.left, self.weight.__getitem__
        before, after = defaultdict(list), defaultdict(list)
        for p in places:
            if left == right and (symbol[p] != left or symbol[to_right[p]] != right):
                continue  # in a run, the merge one place before has taken it
            q = to_right[p]
            o, r = to_left[p], to_right[q]
            symbol[p], symbol[q] = new, -2
            to_right[p], to_left[r] = r, p
            before[symbol[o]].append(o)
            after[symbol[r]].append(p)
        for x, found in before.items():
            if x >= 0:
                self.note(x << SHIFT | new, found, sum(map(weight, found)))
        for y, found in after.items():
            if y >= 0 and y != new:  # two new ones side by side have been noted from the right one
                self.note(new << SHIFT | y, found, sum(map(weight, found)))

    def merge_at_once(self, places: np.ndarray, new: int) -> None:
        """The same for a pair of two different ids, at all places at once."""
        swallowed = self.right_np[places]
        after = self.right_np[swallowed]
        self.symbol_np[places], self.symbol_np[swallowed] = new, -2
        self.right_np[places], self.left_np[after] = after, places
        before = self.left_np[places]
        x, y = self.symbol_np[before].astype(np.int64), self.symbol_np[after].astype(np.int64)
        has_left, has_right = x >= 0, (y >= 0) & (y != new)
        pairs = np.append(x[has_left] << SHIFT | new, new << SHIFT | y[has_right])
        self.note_all(pairs, np.append(before[has_left], places[has_right]))


def shared(values: np.ndarray) -> tuple["array[int]", np.ndarray]:
    """The values as an `array.array`, quick to index one by one, and as a NumPy array on the same memory."""
    plain = array("i", values.astype(np.intc).tobytes())
    view: np.ndarray = np.frombuffer(plain, np.intc)
    return plain, view


def every_second(places: np.ndarray) -> np.ndarray:
    """Of places in a row only the first, third, …: where pairs overlap in a run, those merged from the left."""
    index = np.arange(len(places))
    begins = np.append(True, np.diff(places) != 1)[: len(places)]
    in_run = index - np.maximum.accumulate(np.where(begins, index, 0))  # 0, 1, 2, … from the start of each run
    found: np.ndarray = places[in_run % 2 == 0]
    return found


class Cache(dict[str, bytes]):
    """The values of a function of strings: a dictionary that computes what it lacks, and forgets all before it is too large."""

    def __init__(self, function: Callable[[str], bytes]):
        self.function = function

    def make_room(self, number: int) -> None:
        """Forget all values where ``number`` more would be too many."""
        if len(self) + number > REMEMBERED:
            self.clear()

    def __missing__(self, key: str) -> bytes:
        self.make_room(1)
        value = self[key] = self.function(key)
        return value


class ByteBPE(byte_pairs.ByteBPE):
    """Same as `byte_pairs.ByteBPE`, quick for long texts and for long words."""

    def __init__(self, merges: Iterable[Pair], *, special_tokens: Iterable[str] = (), pattern: str = PATTERN,
                 numbering: ArrayLike | None = None):  # fmt: skip
        super().__init__(merges, special_tokens=special_tokens, pattern=pattern, numbering=numbering)
        arguments.integer("the number of merges", len(self.merges), most=MOST)
        self.known = Cache(lambda word: array("q", self.merge_bytes(word)).tobytes())  # int64, so that joined they are an array
        pairs = np.array(self.merges, np.int64).reshape(-1, 2)
        numbers = pairs[:, 0] << SHIFT | pairs[:, 1]
        self.order = np.append(np.argsort(numbers), 0)  # ranks in the order of the pairs' numbers, to search in; −1 ends both
        self.numbers = np.append(np.sort(numbers), -1)

    def merge_text(self, text: str) -> np.ndarray:
        words = pre_tokenize(text, self.pattern)
        if len(words) >= CROWD:
            new = [word for word in set(words) - self.known.keys() if len(word) < LONG][:REMEMBERED]
            if len(new) >= CROWD:
                self.known.make_room(len(new))
                self.known.update(zip(new, self.merge_side_by_side(new), strict=True))
        return np.frombuffer(b"".join(map(self.known.__getitem__, words)), np.int64)

    def merge_side_by_side(self, words: list[str]) -> list[bytes]:
        """Tokens of many words at once, for each word as the bytes of an int64 array. In every round each word merges its pair
        of the lowest rank, wherever that stands.

        ranks[p] belongs to the symbols p and p + 1, and is `never` for the last one of a word.
        """
        coded, never = [word.encode("utf-8") for word in words], len(self.merges)
        out = [b""] * len(words)
        ids = np.frombuffer(b"".join(coded), np.uint8).astype(np.int64)
        lengths, number = np.fromiter(map(len, coded), np.int64, len(coded)), np.arange(len(coded))
        ends = np.cumsum(lengths)
        ranks = self.ranks_of(ids[:-1], ids[1:], never)
        ranks = np.append(ranks, never)
        ranks[ends - 1] = never
        while len(ids):
            lowest = np.minimum.reduceat(ranks, ends - lengths)
            done = lowest == never
            for i, end, length in zip(number[done].tolist(), ends[done].tolist(), lengths[done].tolist(), strict=True):
                out[i] = ids[end - length : end].tobytes()
            busy = np.repeat(~done, lengths)
            ids, ranks = ids[busy], ranks[busy]
            number, lengths, lowest = number[~done], lengths[~done], lowest[~done]
            at = every_second(np.flatnonzero(ranks == np.repeat(lowest, lengths)))
            ids[at] = 256 + ranks[at]
            stays = np.ones(len(ids), bool)
            stays[at + 1] = False
            ids, ranks = ids[stays], ranks[stays]
            ends = np.cumsum(stays)[np.cumsum(lengths) - 1]
            lengths = np.diff(ends, prepend=0)
            at -= np.arange(len(at))  # as many symbols to the left are gone
            for left in (at, at[at > 0] - 1):
                ranks[left] = self.ranks_of(ids[left], ids[np.minimum(left + 1, len(ids) - 1)], never)
            ranks[ends - 1] = never
        return out

    def ranks_of(self, left: np.ndarray, right: np.ndarray, never: int) -> np.ndarray:
        """The rank of each pair, ``never`` where it is no merge."""
        numbers = left << SHIFT | right
        found = np.searchsorted(self.numbers[:-1], numbers)
        return np.where(self.numbers[found] == numbers, self.order[found], never)

    def merge_bytes(self, word: str) -> Sequence[int]:
        ids = list(word.encode("utf-8"))
        return self.merge_short(ids) if len(ids) < LONG else self.merge_long(ids)

    def merge_short(self, ids: list[int]) -> list[int]:
        """Merge the pair of the lowest rank, again and again; only the ranks at its two sides change. Quickest for a word."""
        rank_of, last = self.ranks.get, len(self.merges)
        found = [rank_of(pair, last) for pair in pairwise(ids)]
        while found:
            rank = min(found)
            if rank == last:
                break
            i = found.index(rank)
            new = ids[i] = 256 + rank
            del ids[i + 1], found[i]
            if i:
                found[i - 1] = rank_of((ids[i - 1], new), last)
            if i < len(found):
                found[i] = rank_of((new, ids[i + 1]), last)
        return ids

    def merge_long(self, ids: list[int]) -> list[int]:
        """The same with a heap of (rank, place) and links between neighbours: n log n for n bytes."""
        ranks, n = self.ranks, len(ids)
        right, left = list(range(1, n + 1)), list(range(-1, n - 1))
        heap = [(ranks[pair], p) for p, pair in enumerate(pairwise(ids)) if pair in ranks]
        heapq.heapify(heap)
        while heap:
            rank, p = heapq.heappop(heap)
            q = right[p]
            if ids[p] < 0 or q == n or (ids[p], ids[q]) != self.merges[rank]:
                continue
            ids[p], ids[q] = 256 + rank, -1
            right[p] = r = right[q]
            if r < n:
                left[r] = p
            for a, b in ((left[p], p), (p, r)):
                if a >= 0 and b < n and (ids[a], ids[b]) in ranks:
                    heapq.heappush(heap, (ranks[ids[a], ids[b]], a))
        return [i for i in ids if i >= 0]
