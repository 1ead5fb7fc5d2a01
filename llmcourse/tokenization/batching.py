"""From ids to what a network reads: blocks of one length, their mask, embeddings; and a fair unit for the loss.

Sources: deck C (embeddings; batching: padding and truncation), deck L (from discrete tokens to vectors).
"""

from collections.abc import Sequence

import numpy as np


def pad_and_truncate(sequences: Sequence[Sequence[int]], length: int, *, pad: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A batch of B sequences of ids as one block of L = ``length`` columns: ids (B, L) int64 and mask (B, L) bool.

    Sequences longer than L lose their end, shorter ones are filled up at the end with ``pad``. The mask is True for real
    tokens. It comes from the lengths, so that a real token whose id happens to be ``pad`` still counts.
    Raises ValueError for a length below 1, TypeError for ids that are not whole numbers.

    >>> ids, mask = pad_and_truncate([[5, 7], [1, 2, 3, 4]], 3, pad=9)
    >>> ids.tolist(), mask.tolist()
    ([[5, 7, 9], [1, 2, 3]], [[True, True, False], [True, True, True]])
    """
    if length < 1:
        raise ValueError(f"the block size L must be at least 1, got {length}")
    ids = np.full((len(sequences), length), pad, np.int64)
    mask = np.zeros((len(sequences), length), bool)
    for row, sequence in enumerate(sequences):
        kept = np.asarray(sequence[:length])
        if kept.size and not np.issubdtype(kept.dtype, np.integer):
            raise TypeError(f"token ids must be a sequence of integers, got {sequence!r}")
        ids[row, : len(kept)] = kept
        mask[row, : len(kept)] = True
    return ids, mask


def inputs_and_targets(ids: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a model reads, what it should predict, and which predictions count: three arrays (B, L − 1).

    The target at t is the token at t + 1. A prediction counts where its target is a real token.
    """
    if ids.shape != mask.shape or ids.ndim != 2:
        raise ValueError(f"expected ids and mask of one shape (B, L), got {ids.shape} and {mask.shape}")
    return ids[:, :-1], ids[:, 1:], mask[:, 1:]


def masked_mean(values: np.ndarray, mask: np.ndarray) -> float:
    """Mean of the values where the mask is True, such as the loss in nats over the real tokens of a batch.

    Whatever stands where the mask is False, inf and NaN too, has no influence. Raises ValueError if no token is real.
    """
    values, mask = np.asarray(values), np.asarray(mask, bool)
    if values.shape != mask.shape:
        raise ValueError(f"expected one value for each place of the mask, got shapes {values.shape} and {mask.shape}")
    if not mask.any():
        raise ValueError("the mask leaves no token, so there is no mean")
    return float(values[mask].mean())


def embed(ids: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Rows of the V × d_e lookup table: ids of any shape (…) -> vectors (…, d_e). Equals one-hot vectors times the table.

    Raises TypeError for ids that are not whole numbers, ValueError for one outside 0 … V−1 (NumPy would count −1 from
    the end).
    """
    ids = np.asarray(ids)
    if not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(f"token ids must be integers, got an array of {ids.dtype}")
    if ids.size and (ids.min() < 0 or ids.max() >= len(table)):
        raise ValueError(f"token ids must be in 0 … {len(table) - 1}, got {ids.min()} … {ids.max()}")
    return table[ids]


def bits_per_character(bits_per_token: float, n_tokens: int, n_characters: int) -> float:
    """bits/token × tokens / characters: a unit in which models with different tokenizers can be compared.

    n_tokens: the predicted tokens of a text, its end included where the bits are; n_characters: code points of the same
    text. Only meaningful if the text can be rebuilt from its tokens: a model that reads UNK has predicted less.
    Raises ValueError if there are no characters.
    """
    if n_characters < 1:
        raise ValueError(f"a text needs at least one character, got {n_characters}")
    return bits_per_token * n_tokens / n_characters
