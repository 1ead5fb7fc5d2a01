"""Unit 05: from counts to word vectors, and what can be asked of word vectors.

    counts (V, V)  --ppmi-->  (V, V)  --truncated_svd-->  vectors (V, k)  --pca-->  a picture (V, 2)

`cooccurrence` makes the counts, `skipgram` learns vectors by prediction instead, and `Embeddings` asks either kind for
neighbours, the odd one out, and analogies. Conventions: a row is a word; logarithms are natural; a vector of zeros has no
direction, and its cosine with every vector is 0.

Sources: deck L (word embeddings); Church & Hanks (1990) for PMI; Bullinaria & Levy (2007) and Levy, Goldberg & Dagan (2015)
for PPMI, shift and smoothing; Deerwester et al. (1990) for the SVD of a table of counts; Halko, Martinsson & Tropp (2011)
for how `truncated_svd` finds it; Levy & Goldberg (2014) for 3CosMul.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmcourse.vocabulary import Vocabulary

EPSILON = 0.001  # keeps 3CosMul from dividing by 0, as Levy & Goldberg (2014) chose it


def one_hot(ids: Sequence[int], vocabulary_size: int) -> np.ndarray:
    """Rows of zeros with a single 1 at each id, (N, V) float64. one_hot(ids, V) @ E is E[ids]: a look-up.

    Raises ValueError for an id outside 0 … V−1.
    """
    ids = np.asarray(ids, np.int64)
    if ids.size and (ids.min() < 0 or ids.max() >= vocabulary_size):
        raise ValueError(f"ids must be from 0 to {vocabulary_size - 1}, got {ids.tolist()}")
    return np.equal.outer(ids, np.arange(vocabulary_size)).astype(float)


def as_matrix(name: str, values: np.ndarray) -> np.ndarray:
    """The values as a float64 matrix. Raises ValueError unless they have two axes and are finite."""
    matrix = np.asarray(values, float)
    if matrix.ndim != 2:
        raise ValueError(f"{name} must be a matrix, got an array of shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} must hold finite numbers only")
    return matrix


# --- from counts to association ---------------------------------------------------------------------------------------


def ppmi(counts: np.ndarray, *, shift: float = 1.0, smoothing: float = 1.0) -> np.ndarray:
    """Positive pointwise mutual information of a table of counts, (V, C) -> (V, C) float64, in nats.

        ppmi(i, j) = max(0, ln p(i, j) / (p(i) p_a(j)) − ln shift),   p_a(j) = #(j)^a / Σ_j' #(j')^a

    with p(i, j) = counts[i, j] / Σ counts, p(i) from the row sums, #(j) from the column sums. A count of 0 gives 0.
    shift: subtracts ln shift; k negative samples in skip-gram amount to shift = k. smoothing: a; below 1 (0.75 is usual)
    it makes rare contexts less rare, which PMI otherwise overrates.
    Raises ValueError for negative counts, for a table of zeros, for shift ≤ 0 and for smoothing outside [0, 1].
    """
    counts = as_matrix("counts", counts)
    if (counts < 0).any() or not counts.any():
        raise ValueError("counts must not be negative, and at least one must be positive")
    if not shift > 0 or not 0 <= smoothing <= 1:
        raise ValueError(f"expected shift > 0 and 0 ≤ smoothing ≤ 1, got shift={shift!r} and smoothing={smoothing!r}")
    row, column = counts.sum(axis=1, keepdims=True), counts.sum(axis=0)
    context = np.where(column > 0, column**smoothing, 0)
    context = context / context.sum()
    expected = row * context * shift  # counts if words and contexts had nothing to do with each other, times shift
    ratio = np.divide(counts, expected, out=np.zeros_like(counts), where=counts > 0)
    return np.log(np.maximum(ratio, 1, out=ratio), out=ratio)


def weigh(association: np.ndarray, counts: np.ndarray, power: float = 0.25) -> np.ndarray:
    """Each entry times (p(i) p(j))^power, (V, C): what rests on many counts is more certain, and so weighs more.

    A logarithm of n counts has an error near 1/√n. power 1/2 would make all errors equal and leave rare words no say, 0
    trusts all entries alike; 1/4 lies between. Raises ValueError for negative counts or shapes that differ.
    """
    counts = as_matrix("counts", counts)
    if counts.shape != np.shape(association) or (counts < 0).any() or not counts.any():
        raise ValueError(f"expected counts of shape {np.shape(association)}, not negative and not all zero")
    total = counts.sum()
    p_row, p_column = counts.sum(axis=1, keepdims=True) / total, counts.sum(axis=0, keepdims=True) / total
    return association * (p_row * p_column) ** power


# --- from association to few dimensions -------------------------------------------------------------------------------


def truncated_svd(
    matrix: np.ndarray, k: int, rng: np.random.Generator, *, oversampling: int = 60, iterations: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The k largest singular values and their vectors: U (m, k), s (k,) descending, V (n, k), matrix ≈ U·diag(s)·Vᵀ.

    Randomised: k + oversampling random directions go through the matrix and back ``iterations`` times. Each time they turn
    towards the directions that the matrix stretches most, and are made orthonormal again, lest they all become the first
    one. What the matrix does to the space they span is small enough to be decomposed exactly. Values can only come out too
    small; more iterations bring them closer. The largest component of each column of V is positive. matrix: an array, or
    whatever has ``shape``, ``T`` and ``@``. Raises ValueError unless 1 ≤ k ≤ min(m, n).
    """
    m, n = matrix.shape
    if not 1 <= k <= min(m, n):
        raise ValueError(f"k must be from 1 to {min(m, n)} for a matrix of shape {(m, n)}, got {k}")
    directions = rng.standard_normal((n, min(k + oversampling, m, n)))
    for _ in range(iterations):
        directions = np.linalg.qr(matrix.T @ (matrix @ directions))[0]
    u, s, vt = np.linalg.svd(matrix @ directions, full_matrices=False)  # (m, k + oversampling)
    v = directions @ vt[:k].T
    signs = largest_positive(v)
    return u[:, :k] * signs, s[:k], v * signs


def largest_positive(columns: np.ndarray) -> np.ndarray:
    """+1 or −1 for each column: what makes its entry of largest magnitude positive."""
    entries = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    return np.where(entries < 0, -1.0, 1.0)


def svd_vectors(matrix: np.ndarray, k: int, rng: np.random.Generator, *, power: float = 0.5) -> np.ndarray:
    """Word vectors of k dimensions from a table of association, (V, k): U·diag(s)^power.

    power 1 keeps the geometry of the rows; 1/2 treats words and contexts alike, and usually does better; 0 makes every
    dimension count the same (Levy, Goldberg & Dagan 2015).
    """
    u, s, _ = truncated_svd(matrix, k, rng)
    return u * s**power


def pca(points: np.ndarray, k: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Principal components: coordinates (N, k), directions (k, D) as orthonormal rows, and variances (k,) descending.

    The points are centred, and the directions are those in which they vary most; variances divide by N − 1. The sign makes
    the largest component of each direction positive. points @ directions.T differs from the coordinates by a shift only.
    Raises ValueError for fewer than two points or unless 1 ≤ k ≤ min(N, D).
    """
    points = as_matrix("points", points)
    n, d = points.shape
    if n < 2 or not 1 <= k <= min(n, d):
        raise ValueError(f"k must be from 1 to {min(n, d)} for at least 2 points, got k={k} and shape {(n, d)}")
    centred = points - points.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    signs = largest_positive(vt.T)[:k]
    return u[:, :k] * s[:k] * signs, vt[:k] * signs[:, None], s[:k] ** 2 / (n - 1)


# --- similarity -------------------------------------------------------------------------------------------------------


def normalise(vectors: np.ndarray) -> np.ndarray:
    """Each vector divided by its length, over the last axis; a vector of zeros stays as it is."""
    vectors = np.asarray(vectors, float)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


def cosine(x: np.ndarray, y: np.ndarray) -> float:
    """cos(x, y) = xᵀy / (‖x‖ ‖y‖), from −1 to 1; 0 where one of them is a vector of zeros. ValueError if lengths differ."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"expected two vectors of the same length, got shapes {x.shape} and {y.shape}")
    return float(np.clip(normalise(x) @ normalise(y), -1, 1))


def cosines(vectors: np.ndarray) -> np.ndarray:
    """The cosine of every row with every row, (N, d) -> (N, N)."""
    unit = normalise(as_matrix("vectors", vectors))
    return np.clip(unit @ unit.T, -1, 1)


@dataclass(frozen=True)
class Embeddings:
    """Words and their vectors: row i of ``vectors`` (V, d) belongs to token i of the vocabulary.

    BOS, EOS, words that are asked about and words whose vector is zero are never an answer. A tie goes to the lower id.
    Words that are not in the vocabulary raise ValueError.
    """

    vocabulary: Vocabulary
    vectors: np.ndarray

    def __post_init__(self) -> None:
        vectors = as_matrix("vectors", self.vectors)
        if len(vectors) != len(self.vocabulary):
            raise ValueError(f"{len(self.vocabulary)} words need as many vectors, got {len(vectors)}")
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "unit", normalise(vectors))

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of a word, (d,)."""
        return self.vectors[self._ids([word])[0]]

    def _ids(self, words: Sequence[str]) -> np.ndarray:
        return self.vocabulary.encode(words)

    def _best(self, scores: np.ndarray, asked: np.ndarray, n: int) -> list[tuple[str, float]]:
        scores = np.where(self.unit.any(axis=1), scores, -np.inf)
        scores[[self.vocabulary.bos, self.vocabulary.eos, *asked]] = -np.inf
        order = np.argsort(-scores, kind="stable")[:n]
        return [(self.vocabulary.tokens[i], float(scores[i])) for i in order if scores[i] > -np.inf]

    def similarity(self, a: str, b: str) -> float:
        """The cosine of two words."""
        return cosine(self[a], self[b])

    def nearest(self, word: str, n: int = 5) -> list[tuple[str, float]]:
        """The n words of the highest cosine with a word, and those cosines, nearest first."""
        ids = self._ids([word])
        return self._best(self.unit @ self.unit[ids[0]], ids, n)

    def odd_one_out(self, words: Sequence[str]) -> str:
        """The word whose mean cosine with the other words is lowest; a tie goes to the first. ValueError for fewer than 3."""
        if len(words) < 3 or isinstance(words, str):
            raise ValueError(f"an odd one out needs at least 3 words, got {words!r}")
        unit = self.unit[self._ids(words)]
        similar = unit @ unit.T
        np.fill_diagonal(similar, 0)
        return words[int(similar.sum(axis=1).argmin())]

    def analogy(self, a: str, b: str, c: str, n: int = 1, *, method: str = "add") -> list[tuple[str, float]]:
        """a is to b as c is to …? The n best words with their scores, best first.

        add (3CosAdd): cos(w, b) − cos(w, a) + cos(w, c), which orders words as the cosine with b − a + c of unit vectors.
        mul (3CosMul): cos(w, b) · cos(w, c) / (cos(w, a) + 0.001), cosines first moved to 0 … 1 by (1 + cos) / 2; no term
        can outweigh the two others. a, b and c are no answers.
        """
        ids = self._ids([a, b, c])
        to_a, to_b, to_c = (self.unit @ self.unit[i] for i in ids)
        if method == "add":
            scores = to_b - to_a + to_c
        elif method == "mul":
            to_a, to_b, to_c = ((1 + x) / 2 for x in (to_a, to_b, to_c))
            scores = to_b * to_c / (to_a + EPSILON)
        else:
            raise ValueError(f'method must be "add" (3CosAdd) or "mul" (3CosMul), got {method!r}')
        return self._best(scores, ids, n)
