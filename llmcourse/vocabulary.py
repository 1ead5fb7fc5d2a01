"""Tokens and their ids: the vocabulary that every model and every corpus of the course shares."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from llmcourse import arguments

BOS, EOS, UNK = "<bos>", "<eos>", "<unk>"


class Vocabulary:
    """A finite set of tokens, numbered 0 … V−1. Id 0 is BOS, id 1 is EOS; with ``unk=True`` id 2 is UNK.

    tokens: the other tokens, in the order in which they get their ids; duplicates keep their first place.
    Raises TypeError for a set, which has no order, and for a token that is not a string; ValueError for an empty one.
    """

    def __init__(self, tokens: Iterable[str], *, unk: bool = False):
        special = [BOS, EOS, UNK] if unk else [BOS, EOS]
        others = arguments.strings(list(tokens) if isinstance(tokens, dict) else tokens, "the tokens of a vocabulary")
        if "" in others:
            raise ValueError("a token must not be the empty string")
        self.tokens: tuple[str, ...] = tuple(dict.fromkeys(special + others))
        self.ids: dict[str, int] = {token: i for i, token in enumerate(self.tokens)}
        self.bos, self.eos = 0, 1
        self.unk: int | None = 2 if unk else None

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and (self.tokens, self.unk) == (other.tokens, other.unk)

    def __hash__(self) -> int:
        return hash((self.tokens, self.unk))

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens: {', '.join(self.tokens[:6])}{', …' if len(self) > 6 else ''})"

    def encode(self, tokens: Sequence[str]) -> NDArray[np.int64]:
        """Ids of the tokens, an int64 array (T,). Unknown tokens become UNK where the vocabulary has one.

        Raises TypeError for a token that is not a string, ValueError for an unknown one without UNK.
        """
        return np.array([self._id(token) for token in arguments.strings(tokens)], np.int64)

    def _id(self, token: str) -> int:
        i = self.ids.get(token, self.unk)
        if i is None:
            raise ValueError(f"unknown token {token!r}: it is not among the {len(self)} tokens of the vocabulary")
        return i

    def encode_text(self, tokens: Sequence[str]) -> NDArray[np.int64]:
        """Ids of a complete text: those of its tokens, then EOS. (T,) strings -> (T + 1,) int64.

        Raises like ``encode``, and ValueError where the tokens hold BOS or EOS themselves.
        """
        ids = self.encode(tokens)
        if np.isin(ids, (self.bos, self.eos)).any():
            raise ValueError(f"a text holds neither {BOS!r} nor {EOS!r} (the end is added here), got {list(tokens)!r}")
        return np.append(ids, self.eos)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Tokens of the ids. Raises TypeError for what is no sequence of integers, ValueError for an id outside 0 … V−1."""
        return [self.tokens[i] for i in arguments.ids(list(ids), len(self), ndim=1).tolist()]
