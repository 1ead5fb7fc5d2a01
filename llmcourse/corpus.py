"""Texts end to end in one flat array: the form in which every unit counts, scores and learns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from llmcourse import arguments
from llmcourse.vocabulary import BOS, EOS, Vocabulary


@dataclass(frozen=True)
class Corpus(Sequence[np.ndarray]):
    """Texts as one flat array. ids: (N,) integers; starts: (S+1,), text s is ids[starts[s]:starts[s+1]], EOS included.

    Also the list of its texts: ``len(corpus)``, ``corpus[3]``, ``for text in corpus``; ``corpus[2:5]`` is a smaller corpus.
    """

    ids: np.ndarray
    starts: np.ndarray

    @classmethod
    def join(cls, sequences: Iterable[ArrayLike]) -> "Corpus":
        """Sequences of ids, one a text, end to end; a corpus is returned as it is.

        Raises TypeError for a sequence that is not a flat one of integers.
        """
        if isinstance(sequences, Corpus):
            return sequences
        arrays = []
        for sequence in sequences:
            array = np.asarray(sequence)
            if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
                raise TypeError(f"expected every text to be a flat sequence of integer ids, got {sequence!r}")
            arrays.append(array.astype(np.int64, copy=False))
        return cls(np.concatenate([np.empty(0, np.int64), *arrays]), np.cumsum([0, *map(len, arrays)]))

    @classmethod
    def split(cls, ids: np.ndarray, eos: int) -> "Corpus":
        """One flat array of ids, (N,), in which each EOS ends a text; what follows the last one is a text without an end."""
        starts = np.append(0, np.flatnonzero(ids == eos) + 1)
        return cls(ids, starts if starts[-1] == len(ids) else np.append(starts, len(ids)))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, s: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, s: slice) -> "Corpus": ...
    def __getitem__(self, s: int | slice) -> "np.ndarray | Corpus":
        if isinstance(s, slice):
            first, last, step = s.indices(len(self))
            if step != 1:
                raise ValueError(f"a range of texts must have step 1, got {step}")
            starts = self.starts[first : max(first, last) + 1]
            return Corpus(self.ids[starts[0] : starts[-1]], starts - starts[0])
        if not -len(self) <= s < len(self):
            raise IndexError(f"no text {s} among {len(self)}")
        return self.ids[self.starts[s % len(self)] : self.starts[s % len(self) + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, (S,)."""
        return np.diff(self.starts)

    @property
    def text_of(self) -> np.ndarray:
        """The text of each token, (N,): what to cluster by, because tokens of one text are not independent."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def previous(self, j: int, filler: int = 0) -> np.ndarray:
        """x_{t−j} for every position t, (N,): the token j places earlier, ``filler`` (BOS) before the start of its text."""
        if j == 0:
            return self.ids
        column = np.full_like(self.ids, filler)
        column[j:] = self.ids[:-j]
        for i in range(min(j, len(column))):  # the first j places of every text look back over its start
            places = self.starts[:-1] + i
            column[places[places < len(column)]] = filler
        return column

    def last(self, j: int, filler: int = 0) -> np.ndarray:
        """The token j places before the last one of every text, (S,); ``filler`` (BOS) where a text is shorter."""
        if not len(self.ids):
            return np.full(len(self), filler)
        return np.where(self.lengths > j, self.ids[np.maximum(self.starts[1:] - 1 - j, 0)], filler)


Texts = Iterable[Sequence[str]] | Iterable[Sequence[int]] | Iterable[np.ndarray] | np.ndarray | Corpus


def encode_texts(texts: Texts, vocabulary: Vocabulary, *, eos: bool = True) -> Corpus:
    """Texts of any form as a corpus of small integers.

    texts: lists of tokens (``eos`` ends each with EOS unless it already does), or arrays of ids (taken as they are: EOS
    should be their last id), or one flat array of ids (each EOS ends a text), or a corpus.
    Raises ValueError for an unknown token without UNK, a BOS inside a text, an id outside 0 … V−1 and an empty corpus;
    TypeError for anything else than strings or integers.
    """
    if isinstance(texts, Corpus):
        corpus = texts
    elif isinstance(texts, np.ndarray) and texts.dtype.kind in "iu" and texts.ndim == 1:
        corpus = Corpus.split(texts, vocabulary.eos)
    else:
        sequences = arguments.texts(texts)
        corpus = Corpus.join(sequences) if are_ids(sequences) else _encode_strings(sequences, vocabulary, eos)
    if not len(corpus.ids):
        raise ValueError("the corpus is empty: there is no token in it")
    ids = arguments.ids(corpus.ids, len(vocabulary))
    if not ids.all():
        raise ValueError(f"{BOS!r} (id 0) stands in front of a text and never inside")
    return Corpus(ids.astype(np.min_scalar_type(len(vocabulary)), copy=False), corpus.starts)


def are_ids(texts: Sequence[Sequence[object]]) -> bool:
    """Whether a list of texts holds ids, not strings; judged by the first token that there is."""
    first = next((text[0] for text in texts if len(text)), None)
    return isinstance(first, int | np.integer) or (first is None and any(isinstance(t, np.ndarray) for t in texts))


def _encode_strings(texts: Sequence[Sequence[str]], vocabulary: Vocabulary, eos: bool) -> Corpus:
    complete = [not eos or (len(text) > 0 and text[-1] == EOS) for text in texts]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + np.logical_not(complete)
    starts = np.append(0, np.cumsum(lengths))

    def pieces() -> Iterator[Sequence[str]]:
        for text, done in zip(texts, complete, strict=True):
            yield text
            if not done:
                yield (EOS,)

    try:  # one dictionary look-up a token, and no Python code between them
        dtype = np.min_scalar_type(len(vocabulary))
        ids = np.fromiter(map(vocabulary.ids.__getitem__, chain.from_iterable(pieces())), dtype, starts[-1])
    except (KeyError, TypeError):  # some token is not in the vocabulary: UNK, or the error that names it
        ids = vocabulary.encode(list(chain.from_iterable(pieces())))
    return Corpus(ids, starts)
