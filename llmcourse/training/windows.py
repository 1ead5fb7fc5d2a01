"""From texts to rows of one length: cut and filled up, packed end to end, or windows by chance from one long text.

Three ways to make a rectangle of texts that are not equally long, and what each costs:

* padded (`batches.block`) and truncated (`truncate`): a text a row. PAD is computed and thrown away, what was cut off is never
  learned; `pad_report` counts both.
* packed (`pack`): texts end to end, an EOS after each, cut into rows. Nothing is padded, but a row begins in the middle of a
  text, and a text reads the one before it too, unless `document_mask` keeps them apart.
* windows by chance (`sample_windows`, `windows`): for one long text, in memory or on disk.

A row of T + 1 ids has T predictions, of each id but the first from those before it: the last id of a packed row is the first of
the next, so that each id of the stream is predicted once. `window_loss` does that shift.

Sources: deck C (batching: padding and truncation); Radford et al. (2018) for packing; Karpathy's nanoGPT for windows by chance.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.training.batches import Block, move
from llmcourse.training.losses import Count, masked_cross_entropy


class PadReport(NamedTuple):
    """What a block of rows of one length makes of texts: real tokens in it, cells of PAD, tokens that were cut off."""

    real: int
    pad: int
    lost: int


def pad_report(lengths: ArrayLike, length: int) -> PadReport:
    """What is kept, filled up and lost where texts of these lengths, (S,), become rows of ``length`` columns.

    Raises ValueError for a length below 1 or a negative one, TypeError for what are no integers.

    >>> pad_report([5, 8, 9, 6, 10, 8], 8)
    PadReport(real=43, pad=5, lost=3)
    """
    arguments.integer("the length of a row", length, least=1)
    sizes = np.asarray(lengths)
    if sizes.ndim != 1 or (sizes.size and sizes.dtype.kind not in "iu"):
        raise TypeError(f"expected the lengths of texts as a flat sequence of integers, got {lengths!r}")
    if (sizes < 0).any():
        raise ValueError(f"the length of a text must be at least 0, got {int(sizes.min())}")
    real = int(np.minimum(sizes, length).sum())
    return PadReport(real, len(sizes) * length - real, int(sizes.sum()) - real)


def truncate(corpus: Corpus, length: int) -> Corpus:
    """The texts without what follows after their first ``length`` ids. One that was cut has no EOS: it has not ended there."""
    arguments.integer("the length of a row", length, least=1)
    kept = np.minimum(corpus.lengths, length)
    columns = np.arange(len(corpus.ids)) - np.repeat(corpus.starts[:-1], corpus.lengths)         # of each id in its text
    return Corpus(corpus.ids[columns < length], np.append(0, np.cumsum(kept)))


# --- packing ----------------------------------------------------------------------------------------------------------------

def pack(corpus: Corpus, length: int) -> Corpus:
    """The texts end to end, with the EOS that each has, in rows of ``length`` + 1 ids; the last id of a row begins the next.

    What is left at the end, less than ``length`` predictions, is dropped. Raises ValueError for a length below 1, and for
    texts that do not fill one row.

    >>> [row.tolist() for row in pack(Corpus.join([[5, 6, 1], [7, 1], [8, 9, 1]]), 3)]
    [[5, 6, 1, 7], [7, 1, 8, 9]]
    """
    arguments.integer("the length of a row", length, least=1)
    n_rows = (len(corpus.ids) - 1) // length
    if n_rows < 1:
        raise ValueError(f"a row of {length} predictions takes {length + 1} ids, and there are {len(corpus.ids)}")
    return rows_at(corpus.ids, np.arange(n_rows) * length, length)


def rows_at(tokens: np.ndarray, starts: np.ndarray, length: int) -> Corpus:
    """``length`` + 1 ids from each of these places on, (n,), as one corpus of n texts."""
    rows = tokens[starts[:, None] + np.arange(length + 1)]                 # (n, T + 1)
    return Corpus(rows.ravel(), np.arange(len(starts) + 1) * (length + 1))


def document_numbers(ids: Tensor, eos: int) -> Tensor:
    """Which text of its row each id belongs to, counted from 0: (B, T) -> (B, T). An EOS belongs to the text that it ends.

    >>> document_numbers(torch.tensor([[5, 6, 1, 7, 1, 8]]), eos=1).tolist()
    [[0, 0, 0, 1, 1, 2]]
    """
    ends = (ids == eos).long()
    return ends.cumsum(1) - ends                                           # the EOS before an id, not itself


def document_positions(documents: Tensor) -> Tensor:
    """How far each id is from the start of its text in the row: (B, T) -> (B, T).

    >>> document_positions(torch.tensor([[0, 0, 0, 1, 1, 2]])).tolist()
    [[0, 1, 2, 0, 1, 0]]
    """
    places = torch.arange(documents.shape[1], device=documents.device).expand_as(documents)
    new = torch.ones_like(documents, dtype=torch.bool)
    new[:, 1:] = documents[:, 1:] != documents[:, :-1]
    return places - (places * new).cummax(1).values                        # the last start so far


def document_mask(documents: Tensor) -> Tensor:
    """Who may look at whom in packed rows: at what came before in one's own text, (B, T) -> (B, T, T), True = may attend.

    A mask for `transformer.multi_head_attention`. Positions that begin again with each text would not keep
    texts apart: an attention that is not told sees all of the row.
    """
    T = documents.shape[1]
    past = torch.ones(T, T, dtype=torch.bool, device=documents.device).tril()
    return past & (documents[:, :, None] == documents[:, None, :])


# --- windows by chance ------------------------------------------------------------------------------------------------------

def window_starts(tokens: np.ndarray, number: int, length: int, generator: torch.Generator) -> np.ndarray:
    """Places where a window of ``length`` predictions may begin, (number,), each as likely as any other: 0 … N − length − 1.

    Raises ValueError where there is no such place, TypeError for tokens that are no flat array of integers.
    """
    arguments.integer("the number of windows", number, least=1)
    arguments.integer("the length of a window", length, least=1)
    if tokens.ndim != 1 or tokens.dtype.kind not in "iu":
        raise TypeError(f"expected tokens as a flat array of integers, got {tokens.dtype} of shape {tokens.shape}")
    if len(tokens) <= length:
        raise ValueError(f"a window of {length} predictions takes {length + 1} tokens, and there are {len(tokens)}")
    return torch.randint(len(tokens) - length, (number,), generator=generator).numpy()


def sample_windows(tokens: np.ndarray, batch_size: int, context_length: int, *, generator: torch.Generator,
                   device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """What a model reads and what it should predict, (B, T) int64 each: windows by chance, the second one place further on.

    tokens: a flat array, in memory or mapped from a file (``np.memmap``, ``np.load(…, mmap_mode="r")``), of which only the
    windows are read. Raises as ``window_starts``.
    """
    starts = window_starts(tokens, batch_size, context_length, generator)
    rows = torch.from_numpy(np.asarray(tokens[starts[:, None] + np.arange(context_length + 1)], np.int64))
    rows = move(rows, device)                                              # (B, T + 1)
    return rows[:, :-1], rows[:, 1:]


def windows(tokens: np.ndarray, number: int, length: int, generator: torch.Generator) -> Corpus:
    """Windows of ``length`` + 1 ids by chance, as a corpus for ``train`` with ``window_loss``. Raises as ``window_starts``."""
    return rows_at(tokens, window_starts(tokens, number, length, generator), length)


def window_loss(model: nn.Module, rows: Block) -> tuple[Tensor, Count]:
    """NLL of every id of the rows but the first, in nats, and how many: the model reads all but the last, and no BOS before.

    For packed rows and windows. A row of fewer than two ids, or PAD, adds nothing.
    """
    return masked_cross_entropy(model(rows.ids[:, :-1]), rows.ids[:, 1:], rows.mask[:, 1:])


def isolated_loss(logits: Tensor, rows: Block, documents: Tensor) -> tuple[Tensor, Count]:
    """The same from logits (B, T, V) of packed rows whose texts are kept apart: the first id of a text is not predicted.

    Nothing that a text may look at stands before its first id. documents: of all ids of the rows, (B, T + 1).
    """
    inside = documents[:, 1:] == documents[:, :-1]                         # whether an id and the one before are of one text
    return masked_cross_entropy(logits, rows.ids[:, 1:], rows.mask[:, 1:] & inside)
