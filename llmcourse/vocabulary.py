"""Tokens and their ids: the vocabulary that every model and every corpus of the course shares."""

from collections.abc import Iterable, Sequence

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

    def encode_text(self, tokens: Sequence[str]) -> np.ndarray:
        """Ids of a complete text: those of its tokens, then EOS. (T,) strings -> (T + 1,) int64.

        Raises like ``encode``, and ValueError where the tokens hold BOS or EOS themselves.
        """
        ids = self.encode(tokens)
        if np.isin(ids, (self.bos, self.eos)).any():
            raise ValueError(f"a text holds neither {BOS!r} nor {EOS!r} (the end is added here), got {list(tokens)!r}")
        return np.append(ids, self.eos)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Tokens of the ids. Raises ValueError for an id outside 0 … V−1."""
        out = []
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(f"token id {i} is outside 0 … {len(self) - 1}")
            out.append(self.tokens[i])
        return out
