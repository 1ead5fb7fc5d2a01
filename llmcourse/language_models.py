"""Unit 01: what a language model is, and everything that follows from next-token probabilities alone.

Sources: deck S (p(text) by the chain rule, event tree, sampling), deck L (two views, perplexity, language identification).
"""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

BOS, EOS, UNK = "<bos>", "<eos>", "<unk>"


class Vocabulary:
    """A finite set of tokens, numbered 0 … V−1. Id 0 is BOS, id 1 is EOS; with ``unk=True`` id 2 is UNK.

    tokens: the other tokens, in the order in which they get their ids; duplicates keep their first place.
    Raises TypeError for a token that is not a string, ValueError for an empty one.
    """

    def __init__(self, tokens: Iterable[str], *, unk: bool = False):
        if isinstance(tokens, str):
            raise TypeError(f"expected a collection of tokens, got one string {tokens!r}; split it first")
        special = [BOS, EOS, UNK] if unk else [BOS, EOS]
        tokens = list(tokens)
        for token in tokens:
            if not isinstance(token, str):
                raise TypeError(f"a token must be a string, got {token!r} of type {type(token).__name__}")
            if not token:
                raise ValueError("a token must not be the empty string")
        self.tokens: tuple[str, ...] = tuple(dict.fromkeys(special + tokens))
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

    def encode(self, tokens: Sequence[str]) -> np.ndarray:
        """Ids of the tokens, an int64 array (T,). Unknown tokens become UNK where the vocabulary has one.

        Raises TypeError for a token that is not a string, ValueError for an unknown one without UNK.
        """
        if isinstance(tokens, str):
            raise TypeError(f"expected a sequence of tokens, got one string {tokens!r}; split it first")
        ids = np.empty(len(tokens), np.int64)
        for t, token in enumerate(tokens):
            i = self.ids.get(token, self.unk) if isinstance(token, str) else None
            if i is None:
                self._refuse(token)
            ids[t] = i
        return ids

    def _refuse(self, token: object) -> None:
        if not isinstance(token, str):
            raise TypeError(f"a token must be a string, got {token!r} of type {type(token).__name__}")
        raise ValueError(f"unknown token {token!r}: it is not among the {len(self)} tokens of the vocabulary")

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Tokens of the ids. Raises ValueError for an id outside 0 … V−1."""
        out = []
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(f"token id {i} is outside 0 … {len(self) - 1}")
            out.append(self.tokens[i])
        return out


@runtime_checkable
class LanguageModel(Protocol):
    """What every model in the course can do; all else in this module follows from it."""

    vocabulary: Vocabulary

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        ...


def token_log_probabilities(model: LanguageModel, sequences: Sequence[np.ndarray]) -> np.ndarray:
    """log p(x_t | x_{<t}) of every token of every sequence, one flat array (ΣT,) in nats.

    A model with a method of this name is asked for all of them at once; else it is asked token by token.
    """
    if hasattr(model, "token_log_probabilities"):
        return model.token_log_probabilities(sequences)
    return np.array([
        model.next_log_probabilities(sequence[:t])[x] for sequence in sequences for t, x in enumerate(sequence)
    ], dtype=float)
