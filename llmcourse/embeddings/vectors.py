"""Unit 05: from counts to word vectors, and what can be asked of word vectors.

    counts (V, V)  --ppmi-->  (V, V)  --truncated_svd-->  vectors (V, k)  --pca-->  a picture (V, 2)

`cooccurrence` makes the counts, `skipgram` learns vectors by prediction instead, and `Embeddings` asks either kind for
neighbours, the odd one out, and analogies. Conventions: a row is a word; logarithms are natural; a vector of zeros has no
direction, and its cosine with every vector is 0. Numbers must be finite: NaN and infinity are refused with ValueError, what
is no array of real numbers with TypeError. float32 stays float32, and float16, for which there is no linear algebra, becomes
float32; all other types become float64.

Sources: deck L (word embeddings); Church & Hanks (1990) for PMI; Bullinaria & Levy (2007) and Levy, Goldberg & Dagan (2015)
for PPMI, shift and smoothing; Deerwester et al. (1990) for the SVD of a table of counts; Halko, Martinsson & Tropp (2011)
for how `truncated_svd` finds it; Levy & Goldberg (2014) for 3CosMul.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from llmcourse import arguments
from llmcourse.vocabulary import Vocabulary

EPSILON = 0.001  # keeps 3CosMul from dividing by 0, as Levy & Goldberg (2014) chose it


def one_hot(ids: ArrayLike, vocabulary_size: int) -> np.ndarray:
    """Rows of zeros with a single 1 at each id, (N,) -> (N, V) float64. one_hot(ids, V) @ E is E[ids]: a look-up.

    Raises TypeError for ids that are no integers, ValueError for an id outside 0 … V−1.
    """
    ids = arguments.ids(ids, arguments.integer("the vocabulary size", vocabulary_size, least=0))
    hits: np.ndarray = np.equal.outer(ids, np.arange(vocabulary_size))
    return hits.astype(float)


def reals(name: str, values: ArrayLike, ndim: int | None = None) -> np.ndarray:
    """The values as an array of finite float32 or float64 numbers, see above."""
    array = arguments.reals(name, values, ndim=ndim)
    return array.astype(np.float32) if array.dtype == np.float16 else array


# --- from counts to association ---------------------------------------------------------------------------------------


def ppmi(counts: ArrayLike, *, shift: float = 1.0, smoothing: float = 1.0) -> np.ndarray:
    """Positive pointwise mutual information of a table of counts, (V, C) -> (V, C) float64, in nats.

        ppmi(i, j) = max(0, ln p(i, j) / (p(i) p_a(j)) − ln shift),   p_a(j) = #(j)^a / Σ_j' #(j')^a

    with p(i, j) = counts[i, j] / Σ counts, p(i) from the row sums, #(j) from the column sums. A count of 0 gives 0.
    shift: subtracts ln shift; k negative samples in skip-gram amount to shift = k. smoothing: a; below 1 (0.75 is usual)
    it makes rare contexts less rare, which PMI otherwise overrates.
    Raises ValueError for negative counts, for a table of zeros, for shift ≤ 0 and for smoothing outside [0, 1].
    """
    counts = _counts(counts)
    shift = arguments.number("shift", shift, above=0)
    smoothing = arguments.number("smoothing", smoothing, least=0, most=1)
    row, column = counts.sum(axis=1, keepdims=True), counts.sum(axis=0)
    context = np.where(column > 0, column**smoothing, 0)
    context = context / context.sum()
    expected = row * context * shift  # counts if words and contexts had nothing to do with each other, times shift
    ratio: np.ndarray = np.divide(counts, expected, out=np.zeros_like(counts), where=counts > 0)
    np.log(np.maximum(ratio, 1, out=ratio), out=ratio)
    return ratio


def _counts(values: ArrayLike) -> np.ndarray:
    """A table of counts as float64. Raises ValueError for a negative one, and if none is positive."""
    counts = arguments.reals("counts", values, ndim=2).astype(float, copy=False)
    if not counts.size or counts.min() < 0 or not counts.any():
        raise ValueError(f"counts must not be negative, and at least one must be positive, got {values!r}")
    return counts


def weigh(association: ArrayLike, counts: ArrayLike, power: float = 0.25) -> np.ndarray:
    """Each entry times (p(i) p(j))^power, (V, C): what rests on many counts is more certain, and so weighs more.

    A logarithm of n counts has an error near 1/√n. power 1/2 would make all errors equal and leave rare words no say, 0
    trusts all entries alike; 1/4 lies between. Raises ValueError for negative counts, shapes that differ, or a negative power.
    """
    association, counts = reals("association", association, 2), _counts(counts)
    power = arguments.number("power", power, least=0)
    if counts.shape != association.shape:
        raise ValueError(f"expected counts of the shape of the association, {association.shape}, got {counts.shape}")
    total = counts.sum()
    p_row, p_column = counts.sum(axis=1, keepdims=True) / total, counts.sum(axis=0, keepdims=True) / total
    weights: np.ndarray = (p_row * p_column) ** power
    return np.asarray(association * weights)


# --- from association to few dimensions -------------------------------------------------------------------------------


@runtime_checkable
class Matrix(Protocol):
    """What `truncated_svd` needs of a table that is not an array, such as a sparse matrix of scipy."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype: ...
    @property
    def T(self) -> "Matrix": ...
    def __matmul__(self, other: np.ndarray, /) -> np.ndarray: ...


def truncated_svd(
    matrix: ArrayLike | Matrix, k: int, rng: np.random.Generator, *, oversampling: int = 60, iterations: int = 3
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The k largest singular values and their vectors: U (m, k), s (k,) descending, V (n, k), matrix ≈ U·diag(s)·Vᵀ.

    Randomised: k + oversampling random directions go through the matrix and back ``iterations`` times. Each time they turn
    towards the directions that the matrix stretches most, and are made orthonormal again, lest they all become the first
    one. What the matrix does to the space they span is small enough to be decomposed exactly. Values can only come out too
    small; more iterations bring them closer. The largest component of each column of V is positive. matrix: an array, or
    whatever has ``shape``, ``dtype``, ``T`` and ``@``. The result is float32 for a matrix of float32 or float16, else float64.
    Raises ValueError unless 1 ≤ k ≤ min(m, n).
    """
    if not isinstance(matrix, Matrix) or isinstance(matrix, np.ndarray):
        matrix = reals("matrix", matrix, 2)
    m, n = matrix.shape
    k = arguments.integer("k", k, least=1, most=min(m, n))
    oversampling = arguments.integer("oversampling", oversampling, least=0)
    directions = arguments.generator(rng).standard_normal((n, min(k + oversampling, m, n)))
    directions = directions.astype(np.float32 if matrix.dtype in (np.float32, np.float16) else np.float64, copy=False)
    for _ in range(arguments.integer("iterations", iterations, least=0)):
        there, _ = _product(matrix, directions)  # (m, k + oversampling)
        back, _ = _product(matrix.T, there)  # (n, k + oversampling)
        directions = np.linalg.qr(back)[0]
    if not iterations:
        directions = np.linalg.qr(directions)[0]
    stretched, size = _product(matrix, directions)
    u, s, vt = np.linalg.svd(stretched, full_matrices=False)
    v = directions @ vt[:k].T
    signs = largest_positive(v)
    return u[:, :k] * signs, s[:k] * size, v * signs


def _product(matrix: Matrix, directions: np.ndarray) -> tuple[np.ndarray, float]:
    """matrix @ directions divided by its largest magnitude, so that the next product does not overflow, and that magnitude.

    Raises ValueError for NaN or infinity in the product.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        product = matrix @ directions
    size = float(np.abs(product).max(initial=0))
    if not np.isfinite(size):
        raise ValueError(f"matrix must be finite, and small enough to be multiplied: got {size} in a product")
    return product / (size or 1), size


def largest_positive(columns: np.ndarray) -> np.ndarray:
    """+1 or −1 for each column: what makes its entry of largest magnitude positive."""
    entries = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    return np.where(entries < 0, -1, 1).astype(columns.dtype)


def svd_vectors(matrix: ArrayLike | Matrix, k: int, rng: np.random.Generator, *, power: float = 0.5) -> np.ndarray:
    """Word vectors of k dimensions from a table of association, (V, k): U·diag(s)^power.

    power 1 keeps the geometry of the rows; 1/2 treats words and contexts alike, and usually does better; 0 makes every
    dimension count the same (Levy, Goldberg & Dagan 2015). Raises ValueError for a negative power, else as `truncated_svd`.
    """
    power = arguments.number("power", power, least=0)
    u, s, _ = truncated_svd(matrix, k, rng)
    scales: np.ndarray = s**power
    return np.asarray(u * scales)


def pca(points: ArrayLike, k: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Principal components: coordinates (N, k), directions (k, D) as orthonormal rows, and variances (k,) descending.

    The points are centred, and the directions are those in which they vary most; variances divide by N − 1. The sign makes
    the largest component of each direction positive. points @ directions.T differs from the coordinates by a shift only.
    Raises ValueError for fewer than two points or unless 1 ≤ k ≤ min(N, D).
    """
    points = reals("points", points, 2)
    n, d = points.shape
    if n < 2:
        raise ValueError(f"points must be at least 2, got shape {points.shape}")
    k = arguments.integer("k", k, least=1, most=min(n, d))
    centred = points - points.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    signs = largest_positive(vt.T)[:k]
    return u[:, :k] * s[:k] * signs, vt[:k] * signs[:, None], s[:k] ** 2 / (n - 1)


# --- similarity -------------------------------------------------------------------------------------------------------


def normalise(vectors: ArrayLike) -> np.ndarray:
    """Each vector divided by its length, over the last axis; a vector of zeros stays as it is.

    Each is divided by its largest component first. So the squares neither overflow nor vanish, and the result is right to
    the last digits for all finite numbers, from 5e-324 to 1.8e308.
    """
    array = reals("vectors", vectors)
    if not array.ndim:
        raise ValueError(f"vectors must have at least 1 axis, got the number {vectors!r}")
    array = _divide(array, np.abs(array).max(axis=-1, keepdims=True, initial=0))
    return _divide(array, np.linalg.norm(array, axis=-1, keepdims=True))


def _divide(array: np.ndarray, by: np.ndarray) -> np.ndarray:
    """array / by, with 0 / 0 = 0."""
    out = np.zeros_like(array)
    np.divide(array, by, out=out, where=by > 0)
    return out


def cosine(x: ArrayLike, y: ArrayLike) -> float:
    """cos(x, y) = xᵀy / (‖x‖ ‖y‖), from −1 to 1; 0 where one of them is a vector of zeros.

    Raises ValueError for vectors of different lengths and for NaN and infinity, which point nowhere.
    """
    a, b = (arguments.reals(name, values, ndim=1).astype(float, copy=False) for name, values in (("x", x), ("y", y)))
    if a.shape != b.shape:
        raise ValueError(f"expected two vectors of the same length, got shapes {a.shape} and {b.shape}")
    return float(np.clip(normalise(a) @ normalise(b), -1, 1))


def cosines(vectors: ArrayLike) -> np.ndarray:
    """The cosine of every row with every row, (N, d) -> (N, N)."""
    unit = normalise(reals("vectors", vectors, 2))
    similar: np.ndarray = np.clip(unit @ unit.T, -1, 1)
    return similar


@dataclass(frozen=True)
class Embeddings:
    """Words and their vectors: row i of ``vectors`` (V, d) belongs to token i of the vocabulary.

    BOS, EOS, words that are asked about and words whose vector is zero are never an answer. A tie goes to the lower id.
    Words that are not in the vocabulary raise ValueError.
    """

    vocabulary: Vocabulary
    vectors: np.ndarray

    def __post_init__(self) -> None:
        vectors = reals("vectors", self.vectors, 2)
        if len(vectors) != len(self.vocabulary):
            raise ValueError(f"{len(self.vocabulary)} words need as many vectors, got {len(vectors)}")
        object.__setattr__(self, "vectors", vectors)

    @cached_property
    def unit(self) -> np.ndarray:
        """The vectors at length 1, (V, d)."""
        return normalise(self.vectors)

    def __getitem__(self, word: str) -> np.ndarray:
        """The vector of a word, (d,)."""
        return np.asarray(self.vectors[self._ids([word])[0]])

    def _ids(self, words: Sequence[str]) -> np.ndarray:
        return self.vocabulary.encode(words)

    def _best(self, scores: np.ndarray, asked: Sequence[int] | np.ndarray, n: int) -> list[tuple[str, float]]:
        n = arguments.integer("n", n, least=1)
        scores = np.where(self.unit.any(axis=1), scores, -np.inf)
        scores[[self.vocabulary.bos, self.vocabulary.eos, *asked]] = -np.inf
        order = np.argsort(-scores, kind="stable")[:n]
        return [(self.vocabulary.tokens[i], float(scores[i])) for i in order if scores[i] > -np.inf]

    def similarity(self, a: str, b: str) -> float:
        """The cosine of two words."""
        return cosine(self[a], self[b])

    def nearest(self, target: str | ArrayLike, n: int = 5) -> list[tuple[str, float]]:
        """The n words of the highest cosine with a word or with a vector (d,), and those cosines, nearest first."""
        if isinstance(target, str):
            ids = self._ids([target])
            return self._best(self.unit @ self.unit[ids[0]], ids, n)
        vector = normalise(reals("target", target, 1))
        if vector.shape != self.vectors.shape[1:]:
            raise ValueError(f"expected a vector of {self.vectors.shape[1]} dimensions, got {len(vector)}")
        return self._best(self.unit @ vector, (), n)

    def odd_one_out(self, words: Sequence[str]) -> str:
        """The word whose mean cosine with the other words is lowest; a tie goes to the first. ValueError for fewer than 3."""
        words = arguments.strings(words, "the words")
        if len(words) < 3:
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
        arguments.one_of("method", method, ("add", "mul"))
        ids = self._ids([a, b, c])
        to_a, to_b, to_c = (self.unit @ self.unit[i] for i in ids)
        if method == "add":
            scores = to_b - to_a + to_c
        else:
            to_a, to_b, to_c = ((1 + x) / 2 for x in (to_a, to_b, to_c))
            scores = to_b * to_c / (to_a + EPSILON)
        return self._best(scores, ids, n)
