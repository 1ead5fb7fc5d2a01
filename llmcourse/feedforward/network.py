"""Unit 06: the network of Bengio et al. (2003) as deck L draws it, five steps forward and the same five back, in NumPy.

The course writes rows, one for each of B windows of n words, the oldest word first:

    contexts (B, n)  →  vectors (B, n, d)  →  e (B, n·d)  →  h = tanh(e Wᵀ) (B, d_h)  →  z = h Uᵀ (B, V)  →  softmax(z)

with E (V, d), W (d_h, n·d), U (V, d_h). Deck L writes columns: its E is d × V, so that E x picks a column, and its h is σ(W e).
There are no biases and no direct connections from e to z; Bengio et al. have both.

Source: deck L ("Architecture", "Forward pass in equations", "Loss function: NLL").
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.gradient_descent import log_softmax

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

# --- Windows ----------------------------------------------------------------------------------------------------------


def windows(ids: Sequence[int], n: int, bos: int = 0) -> tuple[Ids, Ids]:
    """The n tokens before every token of one text, (T, n) int64, oldest first, and the tokens themselves, (T,).

    n copies of ``bos`` stand in front, so every token is predicted once. A window of n words is the context of an
    (n + 1)-gram. Raises ValueError for n < 1, TypeError for ids that are no integers.

    >>> windows([5, 6, 2], 3)[0].tolist()
    [[0, 0, 0], [0, 0, 5], [0, 5, 6]]
    """
    return corpus_windows(Corpus.join([np.asarray(ids)]), n, bos)


def corpus_windows(corpus: Corpus, n: int, bos: int = 0) -> tuple[Ids, Ids]:
    """The same for every token of every text: (N, n) and (N,) int64. No window holds tokens of two texts."""
    arguments.integer("the window n", n, least=1)
    columns = [corpus.previous(j, filler=bos) for j in range(n, 0, -1)]
    return np.stack(columns, axis=1).astype(np.int64), corpus.ids.astype(np.int64)


# --- Forward: the lecture's five steps ----------------------------------------------------------------------------------


class Network(NamedTuple):
    """The parameters θ. E: (V, d), a row for each token; W: (d_h, n·d), a block of d columns for each slot; U: (V, d_h)."""

    E: Floats
    W: Floats
    U: Floats

    @property
    def window(self) -> int:
        """n, the number of words that the network sees."""
        return int(self.W.shape[1] // self.E.shape[1])


def look_up(E: Floats, contexts: Ids) -> Floats:
    """Step 1, a one-hot vector times E, which is a row of E: (B, n) ids -> (B, n, d)."""
    return E[contexts]


def concatenate(vectors: Floats) -> Floats:
    """Step 2: the n vectors of a window end to end, oldest word first: (B, n, d) -> e (B, n·d)."""
    return vectors.reshape(len(vectors), -1)


def hidden(e: Floats, W: Floats) -> Floats:
    """Step 3: h = tanh(e Wᵀ), the tanh on every entry: (B, n·d) -> (B, d_h)."""
    return np.tanh(e @ W.T)


def output(h: Floats, U: Floats) -> Floats:
    """Step 4: the logits z = h Uᵀ, a score for every token: (B, d_h) -> (B, V)."""
    return h @ U.T


def log_probabilities(z: Floats) -> Floats:
    """Step 5: log softmax(z). Entry i is log p(w_t = token i | the window): (B, V) -> (B, V)."""
    return np.asarray(log_softmax(z), float)


def forward(network: Network, contexts: ArrayLike) -> Floats:
    """All five steps: log-probabilities (B, V) in nats of what follows each window (B, n).

    Raises ValueError or TypeError for ids outside 0 … V−1 and for windows of another width than W was made for.
    """
    E, W, U = network
    return log_probabilities(output(hidden(concatenate(look_up(E, check_contexts(network, contexts))), W), U))


def nll(log_p: Floats, targets: ArrayLike) -> float:
    """The mean of −log ŷ[w_t] over a batch, in nats. log_p: (B, V); targets: (B,).

    Deck L prints L = −y log y with one letter for truth and prediction. Meant is −Σ_i y_i log ŷ_i, and as y is one-hot only
    the term of the right token is left.
    """
    chosen = arguments.ids(targets, log_p.shape[1], "target")
    return -float(log_p[np.arange(len(log_p)), chosen].mean())


def check_contexts(network: Network, contexts: ArrayLike) -> Ids:
    """The windows (B, n) as they are, if the network can read them."""
    found = arguments.ids(contexts, len(network.E))
    if found.ndim != 2 or found.shape[1] != network.window:
        raise ValueError(f"expected windows of {network.window} ids, (B, {network.window}), got shape {found.shape}")
    return found


# --- Backward: the same five steps from the last to the first -------------------------------------------------------------


def loss_backward(log_p: Floats, targets: Ids) -> Floats:
    """Step 5 and the mean NLL: ∂L/∂z = (ŷ − y)/B, belief minus truth. (B, V)"""
    dz = np.exp(log_p)
    dz[np.arange(len(dz)), targets] -= 1
    return dz / len(dz)


def output_backward(dz: Floats, h: Floats, U: Floats) -> tuple[Floats, Floats]:
    """Step 4: ∂L/∂h (B, d_h) and ∂L/∂U (V, d_h)."""
    return dz @ U, dz.T @ h


def hidden_backward(dh: Floats, h: Floats, e: Floats, W: Floats) -> tuple[Floats, Floats]:
    """Step 3: ∂L/∂e (B, n·d) and ∂L/∂W (d_h, n·d). tanh′ = 1 − h², from what tanh returned."""
    da = dh * (1 - h**2)                                          # with respect to a = e Wᵀ
    return da @ W, da.T @ e


def concatenate_backward(de: Floats, n: int) -> Floats:
    """Step 2: ∂L/∂vectors (B, n, d), every slot its own piece of de (B, n·d)."""
    return de.reshape(len(de), n, -1)


def look_up_backward(dvectors: Floats, contexts: Ids, size: int) -> Floats:
    """Step 1: ∂L/∂E (V, d). A token that stands in several places gets the sum of what arrives there.

    ``dE[contexts] += dvectors`` would add only once for a repeated id; ``np.add.at`` adds every time.
    """
    dE = np.zeros((size, dvectors.shape[-1]))
    np.add.at(dE, contexts, dvectors)
    return dE


def gradients(network: Network, contexts: ArrayLike, targets: ArrayLike) -> tuple[float, Network]:
    """The mean NLL of a batch in nats, and its gradient with respect to E, W and U. contexts: (B, n); targets: (B,)."""
    E, W, U = network
    contexts = check_contexts(network, contexts)
    targets = arguments.ids(targets, len(E), "target")
    e = concatenate(look_up(E, contexts))                         # (B, n·d)
    h = hidden(e, W)                                              # (B, d_h)
    log_p = log_probabilities(output(h, U))                       # (B, V)
    dh, dU = output_backward(loss_backward(log_p, targets), h, U)
    de, dW = hidden_backward(dh, h, e, W)
    dE = look_up_backward(concatenate_backward(de, network.window), contexts, len(E))
    return nll(log_p, targets), Network(dE, dW, dU)


# --- Learning -----------------------------------------------------------------------------------------------------------


def initial(size: int, window: int, dimensions: int, hidden_size: int, rng: np.random.Generator) -> Network:
    """A network of random numbers: E ~ N(0, 1), W and U even in ±1/√(number of inputs), as torch's ``Linear`` does."""
    for name, value in {"the size V": size, "the window n": window, "d": dimensions, "d_h": hidden_size}.items():
        arguments.integer(name, value, least=1)
    arguments.generator(rng)
    wide, narrow = 1 / np.sqrt(window * dimensions), 1 / np.sqrt(hidden_size)
    return Network(rng.normal(size=(size, dimensions)), rng.uniform(-wide, wide, (hidden_size, window * dimensions)),
                   rng.uniform(-narrow, narrow, (size, hidden_size)))


def sgd(network: Network, batches: Iterable[tuple[ArrayLike, ArrayLike]], step_size: float) -> tuple[Network, list[float]]:
    """θ^{s+1} = θ^s − η ∂L/∂θ for one (contexts, targets) after another; s counts steps, t places in a text.

    Returns a new network and the loss of every batch before its step. Raises ValueError for a step size that is not
    greater than 0.
    """
    arguments.number("the step size", step_size, above=0)
    losses = []
    for contexts, targets in batches:
        loss, gradient = gradients(network, contexts, targets)
        network = Network(*(theta - step_size * change for theta, change in zip(network, gradient, strict=True)))
        losses.append(loss)
    return network, losses


def parameter_count(size: int, dimensions: int, window: int, hidden_size: int, *, biases: bool = False) -> dict[str, int]:
    """How many numbers E, W, U hold, and the total. Only W grows with the window: V·d + d_h·n·d + V·d_h.

    biases: those of the hidden and of the output layer (d_h and V) are counted under W and U.

    >>> parameter_count(335, 32, 3, 64)
    {'E': 10720, 'W': 6144, 'U': 21440, 'total': 38304}
    """
    for name, value in {"V": size, "d": dimensions, "n": window, "d_h": hidden_size}.items():
        arguments.integer(name, value, least=1)
    counts = {"E": size * dimensions, "W": hidden_size * (window * dimensions + biases), "U": size * (hidden_size + biases)}
    return counts | {"total": sum(counts.values())}
