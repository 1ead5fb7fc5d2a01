"""WordPiece: a vocabulary of pieces, and longest match first.

Pieces inside a word begin with ``##``; a word that cannot be cut is one ``[UNK]``.

Sources: deck C (tokenization); Schuster & Nakajima (2012) and Devlin et al. (2019).
"""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from llmcourse import arguments
from llmcourse.tokenization.byte_pairs import check_ids, learn_merges, write_json
from llmcourse.tokenization.words import MARKS, check_list, check_text, split_marks


class WordPiece:
    """Longest match first (deck C): from the left, take the longest piece of the vocabulary; behind it look for ``##…``.

    pieces: the vocabulary, in the order of the ids; ``unk`` is put first if it is not among them. max_characters: a word
    that is longer is UNK without a search. A word of which any part fits no piece is UNK as a whole.
    Raises ValueError for a piece without a character, TypeError for pieces that are no list of strings.
    """

    def __init__(self, pieces: Iterable[str], *, unk: str = "[UNK]", max_characters: int = 100):
        pieces = [check_text(piece) for piece in [*check_list("pieces", pieces), unk]]
        for piece in pieces:
            if piece in ("", "##"):
                raise ValueError(f"a piece must hold a character, got {piece!r}")
        self.unk, self.max_characters = unk, arguments.integer("max_characters", max_characters, least=1)
        self.pieces = list(dict.fromkeys(pieces if unk in pieces[:-1] else [unk, *pieces]))
        self.ids: dict[str, int] = {piece: i for i, piece in enumerate(self.pieces)}

    def __len__(self) -> int:
        return len(self.pieces)

    def cuts(self, word: str) -> list[int] | None:
        """Where the pieces of a word end, in characters; None if it cannot be cut."""
        ends, start = [], 0
        if len(word) > self.max_characters:
            return None
        while start < len(word):
            prefix = "##" if start else ""
            fitting = (end for end in range(len(word), start, -1) if prefix + word[start:end] in self.ids)
            start = next(fitting, 0)
            if not start:
                return None
            ends.append(start)
        return ends

    def tokenize_word(self, word: str) -> list[str]:
        """The pieces of one word, or ``[unk]``."""
        ends = self.cuts(check_text(word))
        return [self.unk] if ends is None else [("##" if a else "") + word[a:b] for a, b in pairwise([0, *ends])]

    def tokenize(self, text: str) -> list[str]:
        """The pieces of a text, word by word as `split_marks` cuts it."""
        return [piece for word in split_marks(text) for piece in self.tokenize_word(word)]

    def encode(self, text: str) -> np.ndarray:
        """Ids of a text, (T,) int64."""
        return np.array([self.ids[piece] for piece in self.tokenize(text)], np.int64)

    def encode_batch(self, texts: Iterable[str]) -> list[np.ndarray]:
        """Ids of many texts: one array for each, as `encode` gives it and `pad_and_truncate` takes it."""
        return [self.encode(text) for text in check_list("texts", texts)]

    def encode_with_offsets(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Ids of a text, (T,), and the characters that each piece covers, (T, 2): from the first one up to before the second.

        They count in the text as it came, in which no character is in lower case yet (of ``İ`` that makes two).
        """
        spans = []
        for match in MARKS.finditer(check_text(text)):
            at = [match.start() + i for i, character in enumerate(match.group()) for _ in character.lower()]
            ends = self.cuts(match.group().lower()) or [len(at)]
            spans += [(at[a], at[b - 1] + 1) for a, b in pairwise([0, *ends])]
        return self.encode(text), np.array(spans, np.int64).reshape(-1, 2)

    def decode(self, ids: Iterable[int]) -> str:
        """Words with one space between them. What was in capitals, how the text was spaced, and what was UNK is lost.

        Raises ValueError for an id outside 0 … V−1, TypeError for ids that are no sequence of integers.
        """
        words: list[str] = []
        for piece in map(self.pieces.__getitem__, check_ids(ids, len(self))):
            if piece.startswith("##") and words:
                words[-1] += piece[2:]
            else:
                words.append(piece)
        return " ".join(words)

    def save(self, path: str | Path) -> None:
        """Write the vocabulary as JSON that can be read: one piece a line."""
        head = {"kind": "WordPiece", "unk": self.unk, "max_characters": self.max_characters}
        write_json(path, head, "pieces", self.pieces)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. ValueError for a file that is something else."""
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            if found["kind"] != "WordPiece":
                raise ValueError(f"its kind is {found['kind']!r}")
            return cls(found["pieces"], unk=found["unk"], max_characters=found["max_characters"])
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError(f"{path} is not a saved WordPiece vocabulary: {problem}") from problem


def train_wordpiece(texts: Iterable[str], n_merges: int) -> WordPiece:
    """A WordPiece vocabulary: all characters, at the start of a word and inside, and what ``n_merges`` merges make.

    The most frequent pair is merged, as Hugging Face's trainer does; Schuster & Nakajima (2012) take the pair that makes
    the training text most probable. Ties go to the pair that comes first in alphabetical order.
    Raises TypeError for one string instead of a list of texts, ValueError for a negative number of merges.
    """
    counts = Counter(word for text in check_list("texts", texts) for word in split_marks(text))
    words = {tuple([word[0], *("##" + c for c in word[1:])]): count for word, count in counts.items()}
    characters = sorted({symbol for symbols in words for symbol in symbols})
    merges = learn_merges(words, n_merges, lambda k, pair: pair[0] + pair[1].removeprefix("##"))
    return WordPiece([*characters, *(left + right.removeprefix("##") for left, right in merges)])
