"""Unit 05: word vectors by prediction: skip-gram with negative sampling (SGNS), in NumPy and with its gradient by hand.

Every word has two vectors, a row of E as the word in the middle and a row of C as a neighbour. For a pair of neighbours
(i, j) and k words j' drawn at random the loss is

    ℓ = −ln σ(e_i·c_j) − Σ_{j'} ln σ(−e_i·c_j'),        σ(z) = 1 / (1 + e^−z)

so the model is a classifier that tells real neighbours from random ones. `pair_loss` is that formula with its gradient.
`train` adds it up over thousands of tokens at a time. Equal pairs have equal terms, so a mini-batch is a little table of
counts: with N the neighbours counted in it, and M what the random words amount to,

    J = −Σ_ij N_ij ln σ(S_ij) − Σ_ij M_ij ln σ(−S_ij),   S = E Cᵀ,   ∂J/∂S = (N + M) ∘ σ(S) − N.

If one could choose every S_ij freely, its best value would be PMI(i, j) − ln k: skip-gram factorises a shifted PMI table
without ever writing it down (Levy & Goldberg 2014).

Sources: deck L (prediction-based embeddings); Mikolov et al. (2013) for SGNS; Duchi, Hazan & Singer (2011) for AdaGrad.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.embeddings.cooccurrence import as_corpus, count_right, distance_weights, longest_distance, portions

EPSILON = 1e-6  # AdaGrad's first step of a row must not be divided by 0


def sigmoid(z: ArrayLike) -> np.ndarray:
    """σ(z) = 1 / (1 + e^−z), of any shape, without overflow, and off by at most the rounding of a number near 1."""
    return np.asarray(0.5 * np.tanh(0.5 * arguments.reals("z", z, finite=False)) + 0.5)


def log_sigmoid(z: ArrayLike) -> np.ndarray:
    """ln σ(z), of any shape, without overflow and without ln 0."""
    return np.asarray(-np.logaddexp(0, -arguments.reals("z", z, finite=False)))


def pair_loss(
    word: ArrayLike, neighbour: ArrayLike, negatives: ArrayLike
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """The loss of one pair in nats, and its gradient with respect to e_i (d,), c_j (d,) and every c_j' (k, d).

    Each gradient is a sum of vectors, weighted by how wrong the classifier was: σ − 1 for the neighbour, σ for the others.
    Raises ValueError for shapes that do not fit or numbers that are not finite, TypeError for what is no array of numbers.
    """
    e, c = arguments.reals("word", word, ndim=1), arguments.reals("neighbour", neighbour, ndim=1)
    others = arguments.reals("negatives", negatives, ndim=2)
    if not len(e) == len(c) == others.shape[1]:
        raise ValueError(f"expected vectors of one length, got {len(e)}, {len(c)} and {others.shape[1]}")
    positive, negative = e @ c, others @ e
    loss = -log_sigmoid(positive) - log_sigmoid(-negative).sum()
    wrong, wrongs = sigmoid(positive) - 1, sigmoid(negative)
    return float(loss), wrong * c + wrongs @ others, wrong * e, np.outer(wrongs, e)


def batch_loss(
    words: ArrayLike, contexts: ArrayLike, neighbours: ArrayLike, noise: ArrayLike
) -> tuple[float, np.ndarray, np.ndarray]:
    """J of a mini-batch, and its gradients with respect to words (m, d) and contexts (c, d).

    neighbours: N (m, c), how often each context stood beside each word. noise: M (m, c), how many random ones it stands for.
    float32 gives float32. NaN passes through. Raises ValueError for shapes that do not fit.
    """
    e, c = arguments.reals("words", words, ndim=2, finite=False), arguments.reals("contexts", contexts, ndim=2, finite=False)
    real = arguments.reals("neighbours", neighbours, ndim=2, finite=False)
    random = arguments.reals("noise", noise, ndim=2, finite=False)
    if e.shape[1] != c.shape[1] or not real.shape == random.shape == (len(e), len(c)):
        raise ValueError(f"expected shapes (m, d), (c, d), (m, c) and (m, c), got {e.shape}, {c.shape}, {real.shape} and "
                         f"{random.shape}")  # fmt: skip
    scores = e @ c.T
    fit = sigmoid(scores)
    both = real + random
    # ln σ(s) = ln σ(|s|) + min(s, 0) and ln σ(−s) = ln σ(|s|) − max(s, 0): σ(|s|) is at least 1/2, its logarithm harmless
    loss = np.vdot(random, np.maximum(scores, 0)) - np.vdot(real, np.minimum(scores, 0))
    loss -= np.vdot(both, np.log(np.maximum(fit, 1 - fit)))
    wrong = both * fit - real
    return float(loss), wrong @ c, wrong.T @ e


def noise_distribution(frequencies: ArrayLike, power: float = 0.75) -> np.ndarray:
    """What random words are drawn from, (V,): p(j) ∝ #(j)^power. Words that never occur have probability 0.

    Raises ValueError for negative frequencies, if none is positive, and for a negative power.
    """
    counts = arguments.reals("frequencies", frequencies, ndim=1).astype(float, copy=False)
    if not counts.size or counts.min() < 0 or not counts.any():
        raise ValueError(f"frequencies must not be negative, and at least one must be positive, got {frequencies!r}")
    weights = np.where(counts > 0, counts ** arguments.number("power", power, least=0), 0)
    return np.asarray(weights / weights.sum())


@dataclass(frozen=True)
class SkipGram:
    """What `train` returns. words: E (V, d); contexts: C (V, d); losses: mean loss per pair of each epoch, in nats."""

    words: np.ndarray
    contexts: np.ndarray
    losses: list[float]


class AdaGrad:
    """Descent in which every number has a step size of its own: η / √(sum of its squared gradients so far).

    Frequent words get many large gradients and soon take small steps, rare words keep moving.
    """

    def __init__(self, parameters: np.ndarray, step: float):
        self.parameters, self.step = parameters, arguments.number("step", step, above=0)
        self.squares = np.full_like(parameters, EPSILON)

    def update(self, rows: np.ndarray, gradient: np.ndarray) -> None:
        """One step for some rows, each named once. gradient: (len(rows), d)."""
        squares = self.squares[rows] + gradient * gradient
        self.squares[rows] = squares
        self.parameters[rows] -= self.step * gradient / np.sqrt(squares)


def train(
    texts: Iterable[ArrayLike],
    vocabulary_size: int,
    dimensions: int,
    rng: np.random.Generator,
    *,
    window: int = 5,
    negatives: int = 5,
    epochs: int = 5,
    step: float = 0.1,
    batch: int = 4096,
    noise_power: float = 0.75,
) -> SkipGram:
    """Learn word vectors with SGNS from texts of ids 0 … V−1.

    A neighbour at distance d counts (W + 1 − d) / W, which is what word2vec's random window sizes come to on average. The
    random words are drawn for a whole mini-batch at once and shared by its pairs, ``negatives`` for each pair on average.
    step: η of AdaGrad. batch: the most tokens in a mini-batch; it is made of whole texts, or of a piece of one that is longer.
    Texts are shuffled in every epoch. Vectors start at random within ±1/(2d), neighbours' vectors at 0; words that never occur
    stay there. Numbers are float32.
    Raises ValueError for sizes under 1, a step that is not positive, ids outside the vocabulary, and where no two tokens are
    neighbours; TypeError for sizes that are no integers.
    """
    rng = arguments.generator(rng)
    for name, value in {"dimensions": dimensions, "negatives": negatives, "epochs": epochs, "batch": batch}.items():
        arguments.integer(name, value, least=1)
    corpus = as_corpus(texts, vocabulary_size)
    weights = distance_weights(window, "linear", upto=longest_distance(corpus))
    if not (corpus.lengths > 1).any():
        raise ValueError("there is nothing to learn: no text has two tokens")
    noise = noise_distribution(np.bincount(corpus.ids, minlength=vocabulary_size), noise_power)
    words = ((rng.random((vocabulary_size, dimensions)) - 0.5) / dimensions).astype(np.float32)
    contexts = np.zeros_like(words)
    descend_words, descend_contexts = AdaGrad(words, step), AdaGrad(contexts, step)
    losses = []
    for _ in range(epochs):
        loss = pairs = 0.0
        for rows, columns, counts, drawn in batches(corpus, rng, weights, noise, batch):
            per_word = counts.sum(axis=1, keepdims=True)
            random = per_word * (negatives * drawn / drawn.sum())
            j, to_words, to_contexts = batch_loss(words[rows], contexts[columns], counts, random)
            descend_words.update(rows, to_words)
            descend_contexts.update(columns, to_contexts)
            loss, pairs = loss + j, pairs + float(per_word.sum())
        losses.append(loss / pairs)
    return SkipGram(words, contexts, losses)


def batches(
    corpus: Corpus, rng: np.random.Generator, weights: np.ndarray, noise: np.ndarray, batch: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """One epoch of mini-batches: words (m,), contexts (c,), the table N of their neighbours (m, c), and the draws (c,).

    ``contexts`` holds the words of the batch and those that were drawn; draws says how often each of them was.
    """
    cumulative = np.cumsum(noise)
    local = np.empty(len(noise) + 1, np.int64)
    for stream, pairs in portions(shuffled(corpus, rng), len(weights), len(noise), size=batch):
        rows = np.unique(stream)
        rows = rows[rows < len(noise)]
        picks = np.searchsorted(cumulative, rng.random(batch) * cumulative[-1], side="right")
        columns, draws = np.unique(np.append(rows, picks), return_counts=True)
        draws[np.searchsorted(columns, rows)] -= 1
        local[columns], local[-1] = np.arange(len(columns)), len(columns)
        right = count_right([(local[stream], pairs)], len(columns), weights)
        counts = (right + right.T)[np.searchsorted(columns, rows)]
        if counts.any():
            yield rows, columns, counts.astype(np.float32), draws.astype(np.float32)


def shuffled(corpus: Corpus, rng: np.random.Generator) -> Corpus:
    """The same texts in a random order."""
    order = rng.permutation(len(corpus))
    lengths = corpus.lengths[order]
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1]) + np.repeat(corpus.starts[:-1][order] - (ends - lengths), lengths)
    return Corpus(corpus.ids[places], np.append(0, ends))
