"""Unit 11: texts that grow side by side, and what a model says comes next: one face for every model of the course.

Whatever decodes asks a reader, and the reader asks the model in the cheapest way that it has: a model with a cache
(`TransformerLM`, `NumPyDecoder`, `TorchDecoder`) reads only what is new, another network reads all again, all rows at once, and
any other `LanguageModel` is asked row by row.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from llmcourse.decoding.processors import log_softmax
from llmcourse.language_models import LanguageModel

Reals = NDArray[np.float64]
Texts = Sequence[Sequence[int]]


class Reader(Protocol):
    """B texts, at first empty. texts: the ids of each, without BOS; begun: whether anything was asked yet."""

    texts: list[list[int]]
    begun: bool

    def read(self, new: Texts) -> Reals:
        """Add ids to each text, and say what follows: log p (B, V) in nats, float64. At first there may be none."""
        ...

    def read_each(self, new: Texts) -> list[Reals]:
        """The same after each of the new ids, (n, V) for a text with n; the first time (n + 1, V), one before all of them."""
        ...

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in this order; one may come several times."""
        ...

    def forget(self, count: int) -> None:
        """Take the last ids of every text back."""
        ...


def reader(model: Any, batch: int, *, slots: int = 64) -> Reader:
    """A reader of so many texts for any model of the course, or for an object that is called with ids and returns logits.

    slots: ids of each text that a cache has room for at first; it grows, but that takes time.
    An object without a vocabulary gets no BOS in front, so its texts must not be empty. Raises TypeError for what is neither.
    """
    if hasattr(model, "new_cache"):
        return CachedReader(model, batch, slots)
    if callable(model):
        return NetworkReader(model, batch)
    if isinstance(model, LanguageModel):
        return RowReader(model, batch)
    raise TypeError(f"expected a model with next_log_probabilities, or one that is called with ids, got {model!r}")


class Growing:
    """What all readers keep: the texts."""

    def __init__(self, batch: int):
        self.texts: list[list[int]] = [[] for _ in range(batch)]
        self.begun = False

    def select(self, rows: Sequence[int]) -> None:
        self.texts = [list(self.texts[row]) for row in rows]

    def forget(self, count: int) -> None:
        self.texts = [text[: len(text) - count] for text in self.texts]


class RowReader(Growing):
    """Asks a `LanguageModel` about one text after the other."""

    def __init__(self, model: LanguageModel, batch: int):
        super().__init__(batch)
        self.model = model

    def read(self, new: Texts) -> Reals:
        self.begun = True
        for text, ids in zip(self.texts, new, strict=True):
            text.extend(ids)
        return np.array([self.model.next_log_probabilities(text) for text in self.texts], float)

    def read_each(self, new: Texts) -> list[Reals]:
        first = [] if self.begun else [self.read([[] for _ in new])]
        rows: list[list[Reals]] = [[before[b] for before in first] for b in range(len(new))]
        for text, ids, found in zip(self.texts, new, rows, strict=True):
            for i in ids:
                text.append(i)
                found.append(np.asarray(self.model.next_log_probabilities(text), float))
        return [np.array(found) for found in rows]


class NetworkReader(Growing):
    """Calls a network with all that has been read, all texts at once, the shorter ones filled up at their ends."""

    def __init__(self, model: Any, batch: int):
        super().__init__(batch)
        self.model = model
        vocabulary = getattr(model, "vocabulary", None)
        self.bos: list[int] = [] if vocabulary is None else [vocabulary.bos]

    def read(self, new: Texts) -> Reals:
        logits, counts = self._logits(new)
        return self._log_p(logits[:, -1] if len(set(counts)) == 1 else logits[range(len(counts)), [n - 1 for n in counts]])

    def read_each(self, new: Texts) -> list[Reals]:
        some = [len(ids) + (not self.begun) * len(self.bos) for ids in new]
        logits, counts = self._logits(new)
        return [self._log_p(row[n - k : n]) for row, n, k in zip(logits, counts, some, strict=True)]

    def _logits(self, new: Texts) -> tuple[np.ndarray, list[int]]:
        """Logits (B, T, V) of a block that holds all that is needed, and how many of its ids are real in each row."""
        for text, ids in zip(self.texts, new, strict=True):
            text.extend(ids)
        self.begun = True
        rows = [self.bos + text for text in self.texts]
        return self._call(rows), [len(row) for row in rows]

    def _call(self, rows: Texts, **more: Any) -> np.ndarray:
        if not all(rows):
            raise ValueError("a model without a vocabulary has no BOS to begin with: prompts must not be empty")
        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        for place, row in zip(ids, rows, strict=True):
            place[: len(row)] = row
        return call(self.model, ids, **more)

    def _log_p(self, logits: np.ndarray) -> Reals:
        z = logits.astype(float)
        if self.bos:
            z[..., self.bos[0]] = -np.inf                                  # never predicted
        return log_softmax(z)


class CachedReader(NetworkReader):
    """Calls a network that keeps what it has read with the new ids alone."""

    def __init__(self, model: Any, batch: int, slots: int):
        super().__init__(model, batch)
        self.cache = model.new_cache(batch, slots)

    def select(self, rows: Sequence[int]) -> None:
        super().select(rows)
        self.cache.select(rows)

    def forget(self, count: int) -> None:
        super().forget(count)
        self.cache.lengths = [n - count for n in self.cache.lengths]

    def _logits(self, new: Texts) -> tuple[np.ndarray, list[int]]:
        rows = list(new) if self.begun else [[*self.bos, *ids] for ids in new]
        for text, ids in zip(self.texts, new, strict=True):
            text.extend(ids)
        self.begun, counts = True, [len(row) for row in rows]
        return self._call(rows, lengths=None if len(set(counts)) == 1 else counts, cache=self.cache), counts


def call(model: Any, ids: np.ndarray, **more: Any) -> np.ndarray:
    """The logits of a network, of torch or not, as an array: without dropout, without gradients."""
    if not (hasattr(model, "parameters") or hasattr(model, "like")):
        return np.asarray(model(ids, **more))
    import torch  # only for those who have a network of torch

    if not hasattr(model, "parameters"):                                   # a `TorchDecoder`
        logits: np.ndarray = model(torch.from_numpy(ids).to(model.like.device), **more).cpu().numpy()
        return logits
    from llmcourse.training import device_of, evaluating

    with evaluating(model):
        found: np.ndarray = model(torch.from_numpy(ids).to(device_of(model)), **more).float().cpu().numpy()
    return found
