"""Unit 05: how often do two words stand close together? Windowed co-occurrence counts, written with NumPy.

Conventions:

* A window of size W around the word at position t holds the positions t−W … t−1 and t+1 … t+W of the same text. It never
  reaches into a neighbouring text, and the word itself does not count, though another occurrence of the same word does.
* counts[i, j] is how often word j stood in the window of word i: row i describes word i. With ``side="both"`` the table is
  symmetric; with "right" only the W words after count, with "left" only those before, so right = left transposed.
* Every token counts, EOS too where the texts have it. BOS is no token of a text and keeps a row of zeros.
* A corpus is a `Corpus`, or sequences of ids, one a text.

The memory that counting takes is that of the result and of a portion of the text, whatever the window.

Sources: deck L (co-occurrence matrix); Levy, Goldberg & Dagan (2015) for the window's weights.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from llmcourse import arguments
from llmcourse.corpus import Corpus

SIDES = ("left", "right", "both")
WEIGHTINGS = ("uniform", "linear", "harmonic")
TOKENS_AT_ONCE = 1 << 17  # read in one portion
PAIRS_AT_ONCE = 1 << 20  # counted at once, unless one distance alone has more
DENSE_VOCABULARY = 1500  # up to here every pair of words has a counter of its own while counting


def distance_weights(window: int, weighting: str, *, upto: int | None = None) -> np.ndarray:
    """What a neighbour at distance 1 … W counts, (W,), or only the first ``upto`` of these weights.

    uniform: 1 at every distance. linear: (W + 1 − d) / W, what word2vec gives on average by drawing each window's size
    from 1 … W. harmonic: 1 / d, as GloVe. Raises ValueError for another name or a window under 1, TypeError for a window
    that is no integer.
    """
    window = arguments.integer("the window", window, least=1)
    arguments.one_of("weighting", weighting, WEIGHTINGS)
    distance = np.arange(1, (window if upto is None else min(window, upto)) + 1)
    if weighting == "uniform":
        return np.ones(len(distance))
    if weighting == "linear":
        return (float(window) + 1 - distance) / float(window)
    return 1 / distance


def as_corpus(texts: Iterable[ArrayLike], vocabulary_size: int) -> Corpus:
    """Texts of ids as a corpus. Raises TypeError for what is no sequence of integers, ValueError for an id outside 0 … V−1."""
    corpus = Corpus.join(texts)
    return Corpus(arguments.ids(corpus.ids, arguments.integer("the vocabulary size", vocabulary_size, least=0)), corpus.starts)


def longest_distance(corpus: Corpus) -> int:
    """The largest distance between two tokens of one text, at least 1."""
    return max(1, int(corpus.lengths.max(initial=0)) - 1)


# --- Which words stand d places apart? --------------------------------------------------------------------------------

Portion = tuple[np.ndarray, np.ndarray]  # (stream, pairs): see `portions`


def portions(corpus: Corpus, window: int, filler: int, size: int = TOKENS_AT_ONCE) -> Iterator[Portion]:
    """The texts again, about ``size`` tokens at a time, as (stream, pairs): what stands d = 1, 2, … places apart in them.

    The neighbours at distance d are stream[:m] and stream[d:d+m] with m = pairs[d−1]; all pairs at most ``window`` apart are
    found, each once. Some of them hold ``filler``, which is no word: there a text has ended.
    """
    first = 0
    while first < len(corpus):
        last = max(first + 1, int(np.searchsorted(corpus.starts, corpus.starts[first] + size, side="right")) - 1)
        texts = corpus[first:last]
        if len(texts.ids) > size:  # then it is one text
            yield from pieces(texts.ids, window, size)
        else:
            yield one_after_another(texts, window, filler)
        first = last


def pieces(text: np.ndarray, window: int, size: int) -> Iterator[Portion]:
    """The portions of one long text: in each the pairs that begin at ``size`` of its places, and what is in their windows."""
    for start in range(0, len(text) - 1, size):
        stream = text[start : start + size + window].astype(np.int64, copy=False)
        distance = np.arange(1, min(window, len(stream) - 1) + 1)
        yield stream, np.minimum(size, len(stream) - distance)


def one_after_another(texts: Corpus, window: int, filler: int) -> Portion:
    """Several texts as one portion, the longest first.

    Only texts of more than d tokens have neighbours at distance d, and these stand at the front of the stream. Behind a text
    of L tokens stand L − 1 fillers, or as many as the window is long: so no pair joins two texts.
    """
    order = np.argsort(-texts.lengths, kind="stable")
    lengths = texts.lengths[order]
    gaps = np.minimum(window, np.maximum(lengths - 1, 0))
    ends = np.cumsum(lengths + gaps)
    moved = np.empty(len(texts), np.int64)  # by how many places each text moves
    moved[order] = ends - gaps - lengths
    moved -= texts.starts[:-1]
    stream = np.full(ends[-1], filler)
    stream[np.arange(len(texts.ids)) + np.repeat(moved, texts.lengths)] = texts.ids
    distance = np.arange(1, min(window, max(lengths[0] - 1, 0)) + 1)
    return stream, ends[np.searchsorted(-lengths, -distance) - 1] - distance


def neighbour_keys(
    stream: np.ndarray, pairs: np.ndarray, width: int, at_once: int = PAIRS_AT_ONCE
) -> Iterator[tuple[np.ndarray, slice]]:
    """Each pair of neighbours (i, j) as one number i·width + j, some distances at a time, and which distances these are.

    stream, pairs: from `portions`, words and filler under ``width``. The slice picks the weights of the distances. One
    distance comes whole, several together have at most ``at_once`` pairs.
    """
    rows = stream * stream.dtype.type(width)
    upto = np.cumsum(pairs)
    first = 0
    while first < len(pairs):
        done = upto[first] - pairs[first]
        last = max(first + 1, int(np.searchsorted(upto, done + at_once, side="right")))
        keys = [rows[:m] + stream[d : d + m] for d, m in enumerate(pairs[first:last].tolist(), first + 1)]
        yield np.concatenate(keys), slice(first, last)
        first = last


# --- Counting them ----------------------------------------------------------------------------------------------------


def count_right(portions: Iterable[Portion], vocabulary_size: int, weights: np.ndarray) -> np.ndarray:
    """For every pair (i, j) of words the sum of weights[d−1] over places where j stands d positions after i, (V, V).

    portions: from `portions`, with V itself as the filler. Each pair of neighbours becomes one number i·(V+1) + j, and
    counting numbers is what ``bincount`` is for. int64 if all weights are 1, else float64.
    """
    width = vocabulary_size + 1
    uniform = bool((weights == 1).all())
    counts = np.zeros(width * width, np.int64 if uniform else np.float64)
    for stream, pairs in portions:
        for keys, distances in neighbour_keys(stream, pairs, width):
            weight = None if uniform else np.repeat(weights[distances], pairs[distances])
            counts += np.bincount(keys, weight, minlength=width * width)
    return counts.reshape(width, width)[:-1, :-1]


def cooccurrence_counts(
    texts: Iterable[ArrayLike], vocabulary_size: int, window: int = 5, *, side: str = "both", weighting: str = "uniform"
) -> np.ndarray:
    """The co-occurrence table (V, V): int64 with uniform weights, else float64. See the top of the module for the rules.

    Raises ValueError for ids outside the vocabulary, a window under 1, or an unknown side or weighting; TypeError for texts
    that are no sequences of integers and a window that is no integer.
    """
    arguments.one_of("side", side, SIDES)
    corpus = as_corpus(texts, vocabulary_size)
    weights = distance_weights(window, weighting, upto=longest_distance(corpus))
    dtype = np.int64 if weighting == "uniform" else np.float64
    if vocabulary_size <= DENSE_VOCABULARY:
        right = count_right(portions(corpus, len(weights), vocabulary_size), vocabulary_size, weights).astype(dtype)
    else:
        rows, columns, counts = cooccurrence_pairs(corpus, vocabulary_size, window, side="right", weighting=weighting)
        right = np.zeros((vocabulary_size, vocabulary_size), dtype)
        right[rows, columns] = counts
    if side == "right":
        return right
    return right.T.copy() if side == "left" else right + right.T


def positional_counts(texts: Iterable[ArrayLike], vocabulary_size: int, reaches: Sequence[int] = (2, 15)) -> np.ndarray:
    """Counts that remember where a neighbour stood, (V, 2·R·V): for each reach V columns for the left, then V for the right.

    reaches: growing distances. (2, 15) tells neighbours at distance 1 and 2 from those at 3 to 15, so that *called Ada* and
    *Ada called* are different contexts, and grammar (near) does not drown in topic (far).
    Raises ValueError unless the reaches grow, and like `cooccurrence_counts`.
    """
    reaches = [arguments.integer("a reach", reach, least=1) for reach in reaches]
    if not reaches or any(a >= b for a, b in pairwise(reaches)):
        raise ValueError(f"reaches must grow, got {reaches!r}")
    corpus = as_corpus(texts, vocabulary_size)
    blocks: list[np.ndarray] = []
    inner = np.zeros((vocabulary_size, vocabulary_size), np.int64)
    for reach in reaches:
        right = cooccurrence_counts(corpus, vocabulary_size, reach, side="right")
        blocks += [(right - inner).T, right - inner]
        inner = right
    return np.hstack(blocks)


def cooccurrence_pairs(
    texts: Iterable[ArrayLike], vocabulary_size: int, window: int = 5, *, side: str = "both", weighting: str = "uniform"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The entries of the table that are not zero, for vocabularies whose whole table is too big for the memory.

    Returns rows, columns and counts, each (P,), ordered by row, then column: just what a sparse matrix is made of. Raises
    like `cooccurrence_counts`.
    """
    arguments.one_of("side", side, SIDES)
    corpus = as_corpus(texts, vocabulary_size)
    weights = distance_weights(window, weighting, upto=longest_distance(corpus))
    width = vocabulary_size + 1
    key = np.uint32 if width**2 <= 1 << 32 else np.int64
    at_once = 8 * PAIRS_AT_ONCE if weighting == "uniform" else 1  # with other weights every distance is counted for itself
    found = [(np.empty(0, key), np.empty(0, np.int64 if weighting == "uniform" else np.float64))]
    waiting = 0
    for stream, pairs in portions(corpus, len(weights), vocabulary_size, size=8 * TOKENS_AT_ONCE):
        for keys, distances in neighbour_keys(stream.astype(key, copy=False), pairs, width, at_once):
            keys, number = np.unique(keys, return_counts=True)
            inside = (keys < vocabulary_size * width) & (keys % key(width) < vocabulary_size)
            keys, number = keys[inside], number[inside]
            found.append((keys, number if weighting == "uniform" else number * weights[distances.start]))
            waiting += len(keys)
            if waiting > 8 * PAIRS_AT_ONCE:
                found, waiting = [add_up(found)], 0
    keys, counts = add_up(found)
    if side != "right":
        rows, columns = np.divmod(keys, key(width))
        order = np.argsort(columns.astype(np.uint16) if width <= 1 << 16 else columns, kind="stable")  # 16 bits sort fast
        left = columns[order] * key(width) + rows[order], counts[order]
        keys, counts = left if side == "left" else add_up([(keys, counts), left])
    rows, columns = np.divmod(keys.astype(np.int64), width)
    return rows, columns, counts


def add_up(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Each key of all parts once, in order, with the sum of its counts. parts: (ordered keys, counts) each."""
    parts = [part for part in parts if len(part[0])] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    keys, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.argsort(keys, kind="stable")  # merges runs that are in order already
    keys, counts = keys[order], counts[order]
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    return keys[first], np.add.reduceat(counts, first)
