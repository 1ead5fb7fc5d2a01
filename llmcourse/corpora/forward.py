"""The forward algorithm: which choice is behind every token of a story, and how probable it was. Many texts side by side."""

from collections.abc import Iterator

import numpy as np

from ..corpus import Corpus
from .source import Source

BLOCK = 4096  # texts read at once: what is kept of them fits into the cache


class Walk:
    """Follows many texts through the trie, one token of each at a time, and keeps track of node and registers."""

    def __init__(self, source: Source, n: int):
        self.source = source
        self.node = np.full(n, source.start)
        self.registers = np.zeros((n, len(source.register_names)), np.int64)

    def step(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Arc, value of the switch register and choice behind the next token of the first n texts, (n,) each.

        Where a token is impossible the node becomes ``source.dead``, and arc and choice mean nothing.
        """
        source, n = self.source, len(tokens)
        known = self.registers[:n]
        arc = source.arc_of[self.node[:n], tokens]
        choice = source.choice_of[source.row(arc, known), tokens]
        switch = known[:, source.switch].copy()
        self.node[:n] = np.where((arc < 0) | (choice < 0), source.dead, source.arc_target[arc])
        self.registers[:n] = source.update(known, choice)
        return arc, switch, choice


def side_by_side(corpus: Corpus) -> Iterator[tuple[np.ndarray, Iterator[np.ndarray]]]:
    """Blocks of texts, longest first, with an iterator over the positions of their t-th tokens, t = 0, 1, ….

    Because the longest come first, the texts that have a t-th token are always the first of the block.
    """
    lengths = corpus.lengths
    order = np.argsort(-lengths, kind="stable")
    for i in range(0, len(order), BLOCK):
        block = order[i:i + BLOCK]
        first, length = corpus.starts[:-1][block], lengths[block]
        yield block, (first[:np.searchsorted(-length, -t)] + t for t in range(int(length[0])))


def log_probabilities(source: Source, corpus: Corpus) -> np.ndarray:
    """log p(x_t | x_{<t}) of all tokens (N,) in nats by the forward algorithm; −inf from the first impossible one on."""
    out = np.empty(len(corpus.ids))
    for block, steps in side_by_side(corpus):
        walk = Walk(source, len(block))
        alpha = np.full((len(block), source.n_latents), 1 / source.n_latents)  # p(z | x_{<t})
        for at in steps:
            n = len(at)
            arc, switch, choice = walk.step(corpus.ids[at])
            alpha = alpha[:n] * source.arc_probability[arc, switch] * source.choice_probability[choice]
            p = np.where(walk.node[:n] == source.dead, 0, alpha.sum(1))
            walk.node[:n][p == 0] = source.dead
            with np.errstate(divide="ignore"):
                out[at] = np.log(p)
            alpha /= np.where(p > 0, p, 1)[:, None]
            moved = source.node_shift[walk.node[:n]]
            if moved.any():
                alpha[moved] = alpha[moved] @ source.shift_probability
    return out


def choices(source: Source, corpus: Corpus) -> np.ndarray:
    """The choice behind every token, (N,). Raises ValueError with the first token that the source cannot have written."""
    out = np.empty(len(corpus.ids), np.int64)
    for block, steps in side_by_side(corpus):
        walk = Walk(source, len(block))
        for t, at in enumerate(steps):
            out[at] = walk.step(corpus.ids[at])[2]
            dead = np.flatnonzero(walk.node[:len(at)] == source.dead)
            if len(dead):
                raise ValueError(f"the source cannot have written {source.vocabulary.tokens[corpus.ids[at[dead[0]]]]!r} at "
                                 f"position {t} of text {block[dead[0]]}")
    return out
