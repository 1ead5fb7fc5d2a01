"""Scoring with a trained network without its first product: what a word adds to the hidden layer is known beforehand.

    W e = Σ_j W_j E[x_{t−j}],   W_j the block of W for slot j

so each slot has a table E W_jᵀ of V rows, computed once; then a window costs n look-ups and n − 1 sums. The tables are also the
clearest view of the lecture's complaint that each slot has weights of its own: n slots, n different vectors for one word.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.feedforward.model import FeedForwardLM

CHUNK = 8192  # windows at once: their logits then fit the cache of a processor


class SlotTables:
    """The scores of a trained `FeedForwardLM`, equal up to rounding: a `LanguageModel` in NumPy, float32 like torch.

    tables: (n, V, d_h), what each word in each slot adds before the tanh; slot 0 is the oldest word.
    """

    def __init__(self, model: FeedForwardLM):
        config, self.vocabulary = model.config, model.vocabulary
        E, W, U = (matrix.detach().cpu().numpy() for matrix in (model.E, model.W, model.U))
        blocks = W.reshape(config.hidden, config.window, config.dimensions)
        self.tables = np.einsum("vd,hnd->nvh", E, blocks, optimize=True)
        if model.b is not None:
            self.tables[0] += model.b.detach().cpu().numpy()               # once for each window, so in one of the slots
        bias = np.zeros(len(U), np.float32) if model.c is None else model.c.detach().cpu().numpy().copy()
        bias[self.vocabulary.bos] = -np.inf                                # never predicted
        self.output, self.bias = U.T.copy(), bias

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        n = len(self.tables)
        ids = arguments.ids(np.asarray(context[-n:]), len(self.vocabulary))
        window = np.append(np.full(n - len(ids), self.vocabulary.bos), ids)
        z = self._logits([window[j : j + 1] for j in range(n)])[0].astype(float)
        return np.asarray(z - np.logaddexp.reduce(z))

    def token_log_probabilities(self, sequences: Iterable[Sequence[int]] | Corpus) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token of every sequence of ids, one flat array (ΣT,) in nats.

        Raises TypeError for what is no id, ValueError for an id outside 0 … V−1.
        """
        corpus = Corpus.join(sequences)
        ids, n = arguments.ids(corpus.ids, len(self.vocabulary)), len(self.tables)
        columns = [corpus.previous(j, filler=self.vocabulary.bos) for j in range(n, 0, -1)]
        scores = np.empty(len(ids))
        for first in range(0, len(ids), CHUNK):
            part = slice(first, first + CHUNK)
            z = self._logits([column[part] for column in columns])         # (B, V)
            chosen = z[np.arange(len(z)), ids[part]]
            highest = z.max(axis=1)
            np.exp(z - highest[:, None], out=z)
            scores[part] = chosen - highest - np.log(z.sum(axis=1, dtype=float))
        return scores

    def _logits(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Logits (B, V) of windows that come as n columns of ids (B,), the oldest first."""
        total = self.tables[0][columns[0]]                                 # (B, d_h), a copy
        for table, column in zip(self.tables[1:], columns[1:], strict=True):
            total += table[column]
        return np.asarray(np.tanh(total, out=total) @ self.output + self.bias)
