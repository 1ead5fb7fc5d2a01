"""Unit 11: what a decoder-only transformer keeps of what it has read: every position's keys and values, in every layer.

A position looks back and never ahead, so its keys and values do not change when more is read. With a cache they are computed
once, and a new token costs one query; without, all that stands before it is computed again.

Position t of text b lies in slot t of row b. So texts of different lengths stand side by side without anything in front of
the shorter ones: each goes on in the slot after its own end, and what was written there for PAD is overwritten.

Source: deck C ("Key-value caching").
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from llmcourse import arguments
from llmcourse.transformer.config import TransformerConfig


class Cache:
    """Keys and values of B texts, (B, groups, slots, d_k) for each layer, and how many slots each text fills.

    A forward pass writes into it: what it was before is gone. lengths: one number for each text; a lower one forgets what was
    read last (a slot after the end is never looked at). slots: room at first; it doubles when it is full.
    """

    def __init__(self, config: TransformerConfig, batch: int, slots: int = 64, like: Tensor | None = None):
        shape = (arguments.integer("batch", batch, least=1), config.groups, arguments.integer("slots", slots, least=1),
                 config.head_width)
        like = torch.empty(0) if like is None else like                    # its dtype and device are those of the cache
        self.keys = [like.new_zeros(shape) for _ in range(config.layers)]  # zeros: a masked NaN would still be NaN times 0
        self.values = [like.new_zeros(shape) for _ in range(config.layers)]
        self.lengths = [0] * batch
        self._place: slice | tuple[Tensor, Tensor] = slice(0, 0)           # of what is being read: slots, or (rows, slots)
        self._seen = 0
        self._mask: Tensor | None = None

    def advance(self, T: int, lengths: Sequence[int] | Tensor | None = None) -> Tensor:
        """The positions of T new ids of every text, (T,), or (B, T) where texts differ in length; room is made for them.

        lengths: how many of the T are real, the first ones (None: all).
        Raises ValueError for lengths that are not B numbers from 0 to T.
        """
        starts, B = self.lengths, len(self.lengths)
        real = [T] * B if lengths is None else [int(n) for n in lengths]
        if len(real) != B or not all(0 <= n <= T for n in real):
            raise ValueError(f"expected {B} lengths from 0 to {T}, got {real}")
        device, first = self.keys[0].device, max(starts)
        self._seen = first + T
        self._grow(self._seen)
        self.lengths = [start + n for start, n in zip(starts, real, strict=True)]
        columns = torch.arange(T, device=device)
        if min(starts) == first:                                           # all texts go on in the same slot
            positions, self._place = columns + first, slice(first, first + T)
            self._mask = look_back(positions, self._seen) if T > 1 and first else None
        else:
            positions = torch.tensor(starts, device=device)[:, None] + columns                    # (B, T)
            self._place = torch.arange(B, device=device)[:, None], positions
            self._mask = look_back(positions, self._seen)[:, None]                                # (B, 1, T, slots)
        return positions

    def remember(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Keys and values so far, (B, groups, slots, d_k) each, the new ones (B, groups, T, d_k) among them; and a mask.

        The mask is None where every query may look at all keys, or where queries and keys are the same positions.
        """
        found = []
        for store, new in ((self.keys[layer], k), (self.values[layer], v)):
            if isinstance(self._place, slice):
                store[:, :, self._place] = new
            else:
                rows, slots = self._place
                store[rows, :, slots] = new.transpose(1, 2)                # (B, T, groups, d_k)
            found.append(store[:, :, : self._seen])
        return found[0], found[1], self._mask

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in this order; one may come several times, as in a beam."""
        index = torch.tensor(rows, device=self.keys[0].device)
        for stores in (self.keys, self.values):
            stores[:] = [store[index] for store in stores]
        self.lengths = [self.lengths[row] for row in rows]

    @property
    def bytes(self) -> int:
        """What is kept of the texts, without the room that is still free."""
        one = self.keys[0]
        return 2 * len(self.keys) * sum(self.lengths) * one.shape[1] * one.shape[3] * one.element_size()

    def _grow(self, slots: int) -> None:
        have = self.keys[0].shape[2]
        if slots > have:
            more = max(slots, 2 * have) - have
            for stores in (self.keys, self.values):
                stores[:] = [torch.nn.functional.pad(store, (0, 0, 0, more)) for store in stores]


def look_back(positions: Tensor, slots: int) -> Tensor:
    """True where a query at one of the positions, (…, T), may look: at slots up to its own. (…, T, slots) bool."""
    return torch.arange(slots, device=positions.device) <= positions[..., None]
