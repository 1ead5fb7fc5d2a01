"""Mini-batches of whole texts of similar length, and the blocks of ids that a network reads.

A batch is a rectangle: its shorter texts are filled up with PAD at the end. Texts of similar length together leave little
to fill. Which cells are real is known from the lengths and never from the ids, because PAD is a number like another.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from llmcourse.corpus import Corpus

PAD = 0  # the id of BOS: it stands where no text is, and is never predicted
POOL = 50  # so many batches are sorted by length together; more would make neighbours of ever the same texts


class Block(NamedTuple):
    """Texts side by side. ids: (B, T) int64, PAD after the end of a text; lengths: (B,) int64, the real ids of each."""

    ids: Tensor
    lengths: Tensor

    @property
    def mask(self) -> Tensor:
        """True where an id is real, (B, T) bool."""
        columns = torch.arange(self.ids.shape[1], device=self.ids.device)
        return columns < self.lengths[:, None]


def block(corpus: Corpus, texts: np.ndarray, device: torch.device | str = "cpu", multiple: int = 1) -> Block:
    """The texts with these numbers, (B,), as one block as wide as the longest of them, or as the next multiple of a number."""
    starts, lengths = corpus.starts[texts], corpus.lengths[texts]
    columns = np.arange(-(-lengths.max(initial=0) // multiple) * multiple)
    real = columns < lengths[:, None]                                      # (B, T)
    ids = np.full(real.shape, PAD, np.int64)
    ids[real] = corpus.ids[(starts[:, None] + columns)[real]]
    return Block(move(torch.from_numpy(ids), device), move(torch.from_numpy(lengths.astype(np.int64)), device))


def move(tensor: Tensor, device: torch.device | str) -> Tensor:
    """A tensor on its way to a device. A GPU fetches it from pinned memory by itself, while the CPU goes on."""
    if torch.device(device).type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def inputs(text: Block, bos: int) -> Tensor:
    """What a language model reads to predict the ids of a block, (B, T): BOS in front, the last id dropped.

    This is the one place where a text is shifted: the targets are the ids of the block as they are.
    """
    return torch.cat([torch.full_like(text.ids[:, :1], bos), text.ids[:, :-1]], dim=1)


def shuffled_batches(lengths: np.ndarray, batch_size: int, generator: torch.Generator) -> list[np.ndarray]:
    """One pass over texts of these lengths, (S,): numbers of texts, ``batch_size`` of similar length at a time.

    Every text is in exactly one batch; the last batch may be smaller. Texts are shuffled, sorted by length within pools of
    ``POOL`` batches, and the batches are shuffled again, all by ``generator``.
    """
    order = torch.randperm(len(lengths), generator=generator).numpy()
    batches: list[np.ndarray] = []
    for first in range(0, len(order), POOL * batch_size):
        pool = order[first : first + POOL * batch_size]
        batches += cut(pool[np.argsort(lengths[pool], kind="stable")], batch_size)
    return [batches[i] for i in torch.randperm(len(batches), generator=generator).tolist()]


def sorted_batches(lengths: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """The same without chance, shortest texts first: for measuring."""
    return cut(np.argsort(lengths, kind="stable"), batch_size)


def cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    """An array in pieces of ``size``, the last one maybe smaller."""
    return [order[first : first + size] for first in range(0, len(order), size)]


def parallel(data: Corpus | Sequence[Corpus]) -> tuple[Corpus, ...]:
    """One corpus, or several that belong together text by text (words and tags, two languages), as a tuple.

    Raises TypeError for anything else, ValueError for corpora without texts or with different numbers of them, and for an
    empty text (each has at least its EOS).
    """
    corpora = (data,) if isinstance(data, Corpus) else tuple(data)
    for corpus in corpora:
        if not isinstance(corpus, Corpus):
            raise TypeError(f"expected a Corpus, or several that belong together, got {type(corpus).__name__}; "
                            "Corpus.join makes one of a list of texts")
    sizes = {len(corpus) for corpus in corpora}
    if len(sizes) != 1 or sizes == {0}:
        raise ValueError(f"expected corpora with the same number of texts, at least one, got {[len(c) for c in corpora]}")
    for corpus in corpora:
        if not corpus.lengths.all():
            raise ValueError(f"text {int(np.argmin(corpus.lengths))} is empty: there is nothing in it to learn from")
    return corpora


def joint_lengths(corpora: Sequence[Corpus]) -> np.ndarray:
    """Tokens of each text in all corpora together, (S,): what texts are sorted by."""
    return np.asarray(np.sum([corpus.lengths for corpus in corpora], axis=0))
