"""From ids to what a network reads: blocks of one length, their mask, embeddings; and a fair unit for the loss.

Sources: deck C (embeddings; batching: padding and truncation), deck L (from discrete tokens to vectors).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from llmcourse import arguments

ANY_ID = 2**63  # one more than the largest int64


def pad_and_truncate(
    sequences: Sequence[Sequence[int]] | Sequence[np.ndarray], length: int, *, pad: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """A batch of B sequences of ids as one block of L = ``length`` columns: ids (B, L) int64 and mask (B, L) bool.

    Sequences longer than L lose their end, shorter ones are filled up at the end with ``pad``, which may be any integer. The
    mask is True for real tokens. It comes from the lengths, so that a real token whose id happens to be ``pad`` still counts.
    Raises ValueError for a length below 1 or a negative id, TypeError for what are no sequences of integers.

    >>> ids, mask = pad_and_truncate([[5, 7], [1, 2, 3, 4]], 3, pad=9)
    >>> ids.tolist(), mask.tolist()
    ([[5, 7, 9], [1, 2, 3]], [[True, True, False], [True, True, True]])
    """
    length = arguments.integer("the block size L", length, least=1)
    rows = arguments.texts(sequences)
    ids = np.full((len(rows), length), arguments.integer("pad", pad), np.int64)
    mask = np.zeros((len(rows), length), bool)
    for row, sequence in enumerate(rows):
        kept = arguments.ids(sequence[:length], ANY_ID)
        if kept.ndim != 1:
            raise TypeError(f"expected each sequence to be a flat one of token ids, got {sequence!r:.60}")
        ids[row, : len(kept)] = kept
        mask[row, : len(kept)] = True
    return ids, mask


def inputs_and_targets(ids: ArrayLike, mask: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a model reads, what it should predict, and which predictions count: three arrays (B, L − 1).

    The target at t is the token at t + 1. A prediction counts where its target is a real token. Raises ValueError unless
    both are arrays (B, L), TypeError for a mask of other things than booleans.
    """
    ids, mask = np.asarray(ids), as_mask(mask)
    if ids.shape != mask.shape or ids.ndim != 2:
        raise ValueError(f"expected ids and mask of one shape (B, L), got {ids.shape} and {mask.shape}")
    return ids[:, :-1], ids[:, 1:], mask[:, 1:]


def as_mask(mask: ArrayLike) -> np.ndarray:
    """A mask as booleans: what holds booleans, or the numbers 0 and 1. TypeError for anything else."""
    array = np.asarray(mask)
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise TypeError(f"a mask must hold True and False, got {mask!r:.60}")
    return array.astype(bool)


def masked_mean(values: ArrayLike, mask: ArrayLike) -> float:
    """Mean of the values where the mask is True, such as the loss in nats over the real tokens of a batch.

    Whatever stands where the mask is False, inf and NaN too, has no influence. Raises ValueError if no token is real or the
    shapes differ, TypeError for values that are no numbers and for a mask of other things than booleans.
    """
    values, mask = arguments.reals("the values", values, finite=False), as_mask(mask)
    if values.shape != mask.shape:
        raise ValueError(f"expected one value for each place of the mask, got shapes {values.shape} and {mask.shape}")
    if not mask.any():
        raise ValueError("the mask leaves no token, so there is no mean")
    return float(values[mask].mean(dtype=float))


def embedding_lookup(ids: ArrayLike, table: ArrayLike) -> np.ndarray:
    """Rows of the V × d_e lookup table: ids of any shape (…) -> vectors (…, d_e). Equals one-hot vectors times the table.

    Raises ValueError for an id outside 0 … V−1 (NumPy would count −1 from the end) and for a table that has not two axes,
    TypeError for ids that are no integers.
    """
    rows = arguments.reals("the lookup table", table, ndim=2, finite=False)
    found: np.ndarray = rows[arguments.ids(ids, len(rows))]
    return found


def bits_per_character(bits_per_token: float, n_tokens: int, n_characters: int) -> float:
    """bits/token × tokens / characters: a unit in which models with different tokenizers can be compared.

    n_tokens: the predicted tokens of a text, its end included where the bits are; n_characters: code points of the same
    text. Only meaningful if the text can be rebuilt from its tokens: a model that reads UNK has predicted less.
    Raises ValueError if there are no characters, TypeError for numbers of tokens or characters that are not whole.
    """
    bits = arguments.reals("bits per token", bits_per_token, ndim=0, finite=False)  # infinite where a token has probability 0
    n_tokens = arguments.integer("the number of tokens", n_tokens, least=0)
    n_characters = arguments.integer("the number of characters", n_characters, least=1)
    return float(bits * n_tokens / n_characters)
