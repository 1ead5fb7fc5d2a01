"""Unit 05: how often do two words stand close together? Windowed co-occurrence counts, written with NumPy.

Conventions:

* A window of size W around the word at position t holds the positions t−W … t−1 and t+1 … t+W of the same text. It never
  reaches into a neighbouring text, and the word itself does not count, though another occurrence of the same word does.
* counts[i, j] is how often word j stood in the window of word i: row i describes word i. With ``side="both"`` the table is
  symmetric; with "right" only the W words after count, with "left" only those before, so right = left transposed.
* Every token counts, EOS too where the texts have it. BOS is no token of a text and keeps a row of zeros.

Sources: deck L (co-occurrence matrix); Levy, Goldberg & Dagan (2015) for the window's weights.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

SIDES = ("left", "right", "both")
WEIGHTINGS = ("uniform", "linear", "harmonic")
TOKENS_AT_ONCE = 1 << 17
DENSE_VOCABULARY = 1500  # up to here every pair of words has a counter of its own while counting

Texts = Iterable[Sequence[int] | np.ndarray]


def distance_weights(window: int, weighting: str) -> np.ndarray:
    """What a neighbour at distance 1 … W counts, (W,).

    uniform: 1 at every distance. linear: (W + 1 − d) / W, what word2vec gives on average by drawing each window's size
    from 1 … W. harmonic: 1 / d, as GloVe. Raises ValueError for another name or a window under 1.
    """
    if isinstance(window, bool) or not isinstance(window, int | np.integer):
        raise TypeError(f"the window must be an integer, got {window!r}")
    if window < 1:
        raise ValueError(f"the window must be at least 1, got {window}")
    distance = np.arange(1, window + 1)
    if weighting == "uniform":
        return np.ones(window)
    if weighting == "linear":
        return (window + 1 - distance) / window
    if weighting == "harmonic":
        return 1 / distance
    raise ValueError(f"unknown weighting {weighting!r}, expected one of {', '.join(WEIGHTINGS)}")


def flatten(texts: Texts, vocabulary_size: int) -> tuple[np.ndarray, np.ndarray]:
    """All texts as one array of ids (N,), and where each starts, (S+1,); text s is ids[starts[s]:starts[s+1]].

    texts: sequences of ids, or an object that is flat already (with ``ids`` and ``starts``, as `Stories`).
    Raises TypeError for what is no sequence of integers, ValueError for an id outside 0 … V−1.
    """
    if hasattr(texts, "ids") and hasattr(texts, "starts"):
        ids, starts = np.asarray(texts.ids), np.asarray(texts.starts)
    else:
        arrays = [np.asarray(text) for text in texts]
        for array in arrays:
            if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
                raise TypeError(f"expected every text to be a flat sequence of integer ids, got {array.tolist()!r}")
        starts = np.cumsum([0, *map(len, arrays)])
        ids = np.concatenate([np.empty(0, np.int64), *arrays]).astype(np.int64)
    if ids.size and (ids.min() < 0 or ids.max() >= vocabulary_size):
        bad = ids[(ids < 0) | (ids >= vocabulary_size)][0]
        raise ValueError(f"token id {bad} is outside 0 … {vocabulary_size - 1}")
    return ids, starts


def streams(ids: np.ndarray, starts: np.ndarray, gap: int, filler: int, size: int = TOKENS_AT_ONCE) -> Iterator[np.ndarray]:
    """The texts again, about ``size`` tokens at a time, with ``gap`` fillers after each text so that no window joins two."""
    first = 0
    while first < len(starts) - 1:
        last = max(first + 1, int(np.searchsorted(starts, starts[first] + size, side="right")) - 1)
        texts = starts[first : last + 1]
        places = np.arange(texts[-1] - texts[0]) + np.repeat(gap * np.arange(len(texts) - 1), np.diff(texts))
        stream = np.full(texts[-1] - texts[0] + gap * (len(texts) - 1), filler)
        stream[places] = ids[texts[0] : texts[-1]]
        yield stream
        first = last


def count_right(stream: np.ndarray, vocabulary_size: int, weights: np.ndarray) -> np.ndarray:
    """For every pair (i, j) of words the sum of weights[d−1] over places where j stands d positions after i, (V, V).

    stream: ids 0 … V−1, and V itself where a text has ended. Each pair of neighbours becomes one number i·(V+1) + j, and
    counting numbers is what ``bincount`` is for.
    """
    side, window = vocabulary_size + 1, len(weights)
    rows = stream * side
    if (weights == 1).all():
        keys = np.concatenate([rows[:-d] + stream[d:] for d in range(1, window + 1)])
        counts = np.bincount(keys, minlength=side * side)
    else:
        counts = np.zeros(side * side)
        for d, weight in enumerate(weights, 1):
            counts += weight * np.bincount(rows[:-d] + stream[d:], minlength=side * side)
    return counts.reshape(side, side)[:-1, :-1]


def cooccurrence_counts(
    texts: Texts, vocabulary_size: int, window: int = 5, *, side: str = "both", weighting: str = "uniform"
) -> np.ndarray:
    """The co-occurrence table (V, V): int64 with uniform weights, else float64. See the top of the module for the rules.

    Raises ValueError for ids outside the vocabulary, a window under 1, or an unknown side or weighting.
    """
    weights = distance_weights(window, weighting)
    if side not in SIDES:
        raise ValueError(f"unknown side {side!r}, expected one of {', '.join(SIDES)}")
    dtype = np.int64 if weighting == "uniform" else np.float64
    right = np.zeros((vocabulary_size, vocabulary_size), dtype)
    if vocabulary_size <= DENSE_VOCABULARY:
        ids, starts = flatten(texts, vocabulary_size)
        for stream in streams(ids, starts, window, vocabulary_size):
            right += count_right(stream, vocabulary_size, weights)
    else:
        rows, columns, counts = cooccurrence_pairs(texts, vocabulary_size, window, side="right", weighting=weighting)
        right[rows, columns] = counts
    if side == "right":
        return right
    return right.T.copy() if side == "left" else right + right.T


def positional_counts(texts: Texts, vocabulary_size: int, reaches: Sequence[int] = (2, 15)) -> np.ndarray:
    """Counts that remember where a neighbour stood, (V, 2·R·V): for each reach V columns for the left, then V for the right.

    reaches: growing distances. (2, 15) tells neighbours at distance 1 and 2 from those at 3 to 15, so that *called Ada* and
    *Ada called* are different contexts, and grammar (near) does not drown in topic (far).
    Raises ValueError unless the reaches grow.
    """
    if not len(reaches) or any(a >= b for a, b in pairwise(reaches)):
        raise ValueError(f"reaches must grow, got {reaches!r}")
    blocks, inner = [], 0
    for reach in reaches:
        right = cooccurrence_counts(texts, vocabulary_size, reach, side="right")
        blocks += [(right - inner).T, right - inner]
        inner = right
    return np.hstack(blocks)


def cooccurrence_pairs(
    texts: Texts, vocabulary_size: int, window: int = 5, *, side: str = "both", weighting: str = "uniform"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The entries of the table that are not zero, for vocabularies whose whole table is too big for the memory.

    Returns rows, columns and counts, each (P,), ordered by row, then column: just what a sparse matrix is made of.
    """
    weights = distance_weights(window, weighting)
    if side not in SIDES:
        raise ValueError(f"unknown side {side!r}, expected one of {', '.join(SIDES)}")
    width = vocabulary_size + 1
    key = np.uint32 if width**2 <= 1 << 32 else np.int64
    dtype = np.int64 if weighting == "uniform" else np.float64
    groups = [range(1, window + 1)] if weighting == "uniform" else [[d] for d in range(1, window + 1)]
    found = [(np.empty(0, key), np.empty(0, dtype))]
    ids, starts = flatten(texts, vocabulary_size)
    for stream in streams(ids, starts, window, vocabulary_size, size=8 * TOKENS_AT_ONCE):
        stream = stream.astype(key)
        rows = stream * key(width)
        for distances in groups:
            pairs, number = run_lengths(np.concatenate([rows[:-d] + stream[d:] for d in distances]))
            inside = (pairs < vocabulary_size * width) & (pairs % key(width) < vocabulary_size)
            found.append((pairs[inside], (number[inside] * weights[distances[0] - 1]).astype(dtype)))
        found = [add_up(found)]
    keys, counts = found[0]
    if side != "right":
        rows, columns = np.divmod(keys, key(width))
        order = np.argsort(columns.astype(np.uint16) if width <= 1 << 16 else columns, kind="stable")  # 16 bits sort fast
        left = columns[order] * key(width) + rows[order], counts[order]
        keys, counts = left if side == "left" else add_up([(keys, counts), left])
    rows, columns = np.divmod(keys.astype(np.int64), width)
    return rows, columns, counts


def run_lengths(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different keys in order, and how often each occurs. Sorts ``keys`` in place."""
    keys.sort()
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))[: len(keys)]
    return keys[first], np.diff(np.append(first, len(keys)))


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
