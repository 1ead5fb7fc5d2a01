"""Sampling stories: integer weights, raw random words, nothing that a machine or a NumPy version could round differently."""

import numpy as np

from .source import Source


def scale(random: np.ndarray, total: np.ndarray) -> np.ndarray:
    """⌊random · total / 2⁶⁴⌋ for random 64-bit words and totals below 2³², both uint64: uniform on 0 … total − 1.

    The 96-bit product is put together from two halves, so that every step fits into 64 bits.
    """
    half = np.uint64(32)
    low = (random & np.uint64(0xFFFFFFFF)) * total
    product: np.ndarray = ((random >> half) * total + (low >> half)) >> half
    return product


class Roulette:
    """Many integer distributions in one table, drawn from by one binary search each.

    weight: integers of any shape; the first axis is the item that is drawn. group: of the same shape, the number of the
    distribution to which each weight belongs. All wheels lie behind one another on one long line of cumulative weights.
    """

    def __init__(self, group: np.ndarray, weight: np.ndarray, n_groups: int):
        group = np.broadcast_to(group, weight.shape).ravel()
        order = np.argsort(group, kind="stable")
        self.item = np.unravel_index(order, weight.shape)[0]
        self.upto = np.cumsum(weight.ravel()[order])
        bounds = np.concatenate([[0], self.upto])[np.searchsorted(group[order], np.arange(n_groups + 1))]
        self.start, self.total = bounds[:-1], np.diff(bounds).astype(np.uint64)
        # most places in a sentence leave no choice: the item of every group that has just one, else −1
        possible = np.bincount(group, weight.ravel() > 0, n_groups)
        first = self.item[np.searchsorted(self.upto, self.start, side="right").clip(max=len(self.upto) - 1)]
        self.only = np.where(possible == 1, first, -1)

    def draw(self, groups: np.ndarray, random: np.ndarray) -> np.ndarray:
        """One item from each of the groups (n,), decided by the random words (n,)."""
        items: np.ndarray = self.only[groups]
        open_ = np.flatnonzero(items < 0)
        groups = groups[open_]
        ball = self.start[groups] + scale(random[open_], self.total[groups]).astype(np.int64)
        items[open_] = self.item[np.searchsorted(self.upto, ball, side="right")]
        return items


class StorySampler:
    """Draws stories from a source side by side, one token of each at a time."""

    def __init__(self, source: Source):
        self.source = source
        n_values, n = source.arc_total.shape[1:]
        arc_group = (source.arc_node[:, None, None] * n_values + np.arange(n_values)[:, None]) * n + np.arange(n)
        self.arcs = Roulette(arc_group, source.arc_weight, len(source.nodes) * n_values * n)
        self.choices = Roulette(source.choice_row[:, None] * n + np.arange(n), source.choice_weight,
                                len(source.choice_total) * n)
        self.shift = Roulette(np.arange(n), source.shift_weight.T, n)
        # which random word of a story decides what: the latent state, each change of mood, then two for every token
        self.shift_word = np.cumsum(source.node_shift)
        self.first_word = 1 + int(source.node_shift.sum())
        self.words_per_story = self.first_word + 2 * source.max_length

    def draw(self, random: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Stories from random words (n, words_per_story) uint64: ids (n, T), padded with 0, and lengths (n,)."""
        source, n = self.source, len(random)
        n_values, n_latents = source.arc_total.shape[1:]
        ids, lengths = np.zeros((n, source.max_length), np.int64), np.zeros(n, np.int64)
        words = np.ascontiguousarray(random.T)  # word by word, in the order of their use
        latent = scale(words[0], np.full(n, n_latents, np.uint64)).astype(np.int64)
        node, registers = np.full(n, source.start), np.zeros((n, len(source.register_names)), np.int64)
        going = np.arange(n)
        for t in range(source.max_length):
            going = going[node[going] != source.end]
            z, known = latent[going], registers[going]
            here = (node[going] * n_values + known[:, source.switch]) * n_latents + z
            arc = self.arcs.draw(here, words[self.first_word + 2 * t, going])
            choice = self.choices.draw(source.row(arc, known) * n_latents + z, words[self.first_word + 2 * t + 1, going])
            ids[going, t] = source.choice_token[choice]
            registers[going] = source.update(known, choice)
            node[going] = source.arc_target[arc]
            lengths[going] += 1
            moved = going[source.node_shift[node[going]]]
            latent[moved] = self.shift.draw(latent[moved], words[self.shift_word[node[moved]], moved])
        return ids, lengths
