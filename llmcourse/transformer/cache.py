"""Unit 11: what a decoder-only transformer keeps of what it has read: every position's keys and values, in every layer.

A position looks back and never ahead, so its keys and values do not change when more is read. With a cache they are computed
once, and a new token costs one query; without, all that stands before it is computed again.

Position t of text b lies in slot t of row b. So texts of different lengths stand side by side without anything in front of
the shorter ones: each goes on in the slot after its own end, and what was written there for PAD is overwritten.

Source: deck C ("Key-value caching").
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from llmcourse import arguments
from llmcourse.transformer.config import TransformerConfig

Array = Any  # an array of NumPy, or a tensor: the cache indexes both in the same way


class Cache:
    """Keys and values of B texts, (2, B, groups, slots, d_k) for each layer, and how many slots each text fills.

    A forward pass writes into it: what it was before is gone. lengths: one number for each text; a lower one forgets what was
    read last (a slot after the end is never looked at). slots: room at first; it doubles when it is full.
    like: a tensor whose dtype and device the cache has; without one it holds NumPy's float32.
    """

    def __init__(self, config: TransformerConfig, batch: int, slots: int = 64, like: Tensor | None = None):
        self.config, self.like = config, like
        shape = (2, arguments.integer("batch", batch, least=1), config.groups,
                 arguments.integer("slots", slots, least=1), config.head_width)
        self._stores = [self._zeros(*shape) for _ in range(config.layers)]
        self.lengths = [0] * batch
        self._place: Any = slice(0, 0)                                     # of what is being read: slots, or (rows, slots)
        self._seen, self._mask = 0, None

    def advance(self, T: int, lengths: Sequence[int] | Tensor | None = None) -> Array:
        """The positions of T new ids of every text, (T,), or (B, T) where texts differ in length; room is made for them.

        lengths: how many of the T are real, the first ones (None: all).
        Raises ValueError for lengths that are not B numbers from 0 to T, and for more ids than there are learned positions.
        """
        starts, B = self.lengths, len(self.lengths)
        real = [T] * B if lengths is None else [int(n) for n in lengths]
        if len(real) != B or not all(0 <= n <= T for n in real):
            raise ValueError(f"expected {B} lengths from 0 to {T}, got {real}")
        first = max(starts)
        if self.config.positions == "learned" and first + T > self.config.longest:
            raise ValueError(f"this model has learned {self.config.longest} positions, got {first + T} ids")
        self._seen = first + T
        self._grow()
        self.lengths = [start + n for start, n in zip(starts, real, strict=True)]
        if min(starts) == first:                                           # all texts go on in the same slot
            positions, self._place = np.arange(first, self._seen), slice(first, self._seen)
            self._mask = self._as_array(look_back(positions, self._seen)) if T > 1 and first else None
        else:
            positions = np.array(starts)[:, None] + np.arange(T)           # (B, T)
            self._place = self._as_array(np.arange(B)[:, None]), self._as_array(positions)
            self._mask = self._as_array(look_back(positions, self._seen)[:, None])                # (B, 1, T, slots)
        return self._as_array(positions)

    def remember(self, layer: int, new: Array) -> tuple[Array, Array | None]:
        """Keys and values so far, (2, B, groups, slots, d_k), the new ones (2, B, groups, T, d_k) among them; and a mask.

        The mask is None where every query may look at all keys, or where queries and keys are the same positions.
        """
        store = self._stores[layer]
        if isinstance(self._place, slice):
            store[:, :, :, self._place] = new
        else:
            rows, slots = self._place                                      # (B, 1), (B, T): these axes come to the front
            store[:, rows, :, slots] = new.swapaxes(0, 1).swapaxes(2, 3).swapaxes(1, 2)           # (B, T, 2, groups, d_k)
        return store[:, :, :, : self._seen], self._mask

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in this order; one may come several times, as in a beam."""
        index = self._as_array(np.array(rows, np.int64))
        self._stores = [store[:, index] for store in self._stores]
        self.lengths = [self.lengths[row] for row in rows]

    @property
    def bytes(self) -> int:
        """What is kept of the texts, without the room that is still free."""
        _, _, groups, _, d_k = self._stores[0].shape
        number = 4 if self.like is None else self.like.element_size()
        return int(2 * len(self._stores) * sum(self.lengths) * groups * d_k * number)

    def _zeros(self, *shape: int) -> Array:
        return np.zeros(shape, np.float32) if self.like is None else self.like.new_zeros(shape)  # a masked NaN would spread

    def _as_array(self, values: np.ndarray) -> Array:
        return values if self.like is None else torch.from_numpy(values).to(self.like.device)

    def _grow(self) -> None:
        *front, have, d_k = self._stores[0].shape
        if self._seen > have:
            for i, store in enumerate(self._stores):
                self._stores[i] = self._zeros(*front, max(self._seen, 2 * have), d_k)
                self._stores[i][:, :, :, :have] = store


def look_back(positions: np.ndarray, slots: int) -> np.ndarray:
    """True where a query at one of the positions, (…, T), may look: at slots up to its own. (…, T, slots) bool.

    >>> look_back(np.array([3, 4]), 5).astype(int).tolist()
    [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    """
    allowed: np.ndarray = np.arange(slots) <= positions[..., None]
    return allowed
