"""Unit 04: from text to token ids, written to be read. `llmcourse.tokenization.fast` does the same BPE fast.

Four ways to cut a text: words, characters, byte-level BPE and WordPiece. Conventions:

* Text is a ``str`` without lone surrogates; a character is one Unicode code point, as in Python's ``len``.
* Byte-level BPE: ids 0 … 255 are the single bytes, id 256 + k is the token that merge number k makes (k counts from 0),
  and special tokens come last. A merge never reaches across the pre-tokens that `pre_tokenize` cuts.
* Which pair is merged: the most frequent one; among equally frequent ones the one with the smaller left id, and then the
  smaller right id. Counts include overlaps (``aaa`` holds the pair ``aa`` twice), replacing goes from left to right and
  does not overlap. Training ends early where no pair is left.
* WordPiece: longest match first; pieces inside a word begin with ``##``; a word that cannot be cut is one ``[UNK]``.

What turns ids into a batch is in `llmcourse.tokenization.batching` and can be imported from here as well.

Sources: deck C (tokenization, embeddings, padding and truncation); Sennrich, Haddow & Birch (2016) for BPE; Radford et
al. (2019) for bytes; Schuster & Nakajima (2012) and Devlin et al. (2019) for WordPiece.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from llmcourse.tokenization.batching import bits_per_character, embed, inputs_and_targets, masked_mean, pad_and_truncate
from llmcourse.vocabulary import Vocabulary

__all__ = [
    "PATTERN", "ByteBPE", "WordPiece", "bits_per_character", "build_vocabulary", "check_text", "count_words", "embed",
    "inputs_and_targets", "learn_merges", "masked_mean", "merge", "out_of_vocabulary", "pad_and_truncate", "pair_counts",
    "pre_tokenize", "split_characters", "split_marks", "split_words", "to_bytes", "to_name", "train_bpe",
    "train_wordpiece",
]  # fmt: skip

Symbol = int | str
Pair = tuple[Symbol, Symbol]

PATTERN = r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+"
"""Pre-tokens: letters, digits or other marks, each with at most one space before it; and what is left of the space."""


def check_text(text: str) -> str:
    """The text itself. TypeError if it is no string, ValueError if it holds a lone surrogate, which has no UTF-8 bytes."""
    if not isinstance(text, str):
        raise TypeError(f"expected a text as a string, got {text!r} of type {type(text).__name__}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        half = ord(text[problem.start])
        raise ValueError(f"character {problem.start} of the text is the lone surrogate U+{half:04X}: half of a character, "
                         "without bytes in UTF-8") from None
    return text


# Words and characters

def split_words(text: str) -> list[str]:
    """Word tokens in lower case: runs of letters, digits and apostrophes; every other mark stands alone (deck C).

    >>> split_words("Henry is givin' a lectrue.")
    ['henry', 'is', "givin'", 'a', 'lectrue', '.']
    """
    return re.findall(r"[\w'’]+|[^\w\s'’]", check_text(text).lower())


def split_marks(text: str) -> list[str]:
    """Words in lower case with every mark by itself, apostrophes included: what WordPiece starts from.

    >>> split_marks("givin' it")
    ['givin', "'", 'it']
    """
    return re.findall(r"[^\W_]+|[^\w\s]|_", check_text(text).lower())


def split_characters(text: str) -> list[str]:
    """The characters of a text, spaces included, so that they can be joined again. (Deck C leaves the spaces out.)"""
    return list(check_text(text))


def build_vocabulary(texts: Iterable[Sequence[str]], *, min_count: int = 1, max_size: int | None = None) -> Vocabulary:
    """BOS, EOS, UNK and the tokens that occur at least ``min_count`` times, the frequent ones first.

    Equally frequent tokens come in alphabetical order. max_size: at most so many tokens besides the three special ones.
    Raises TypeError for a text that is one string, ValueError for min_count < 1 or a negative max_size.
    """
    if min_count < 1:
        raise ValueError(f"min_count must be at least 1, got {min_count}")
    if max_size is not None and max_size < 0:
        raise ValueError(f"max_size must not be negative, got {max_size}")
    counts = Counter(token for text in texts for token in _tokens(text))
    kept = sorted((token for token, count in counts.items() if count >= min_count), key=lambda t: (-counts[t], t))
    return Vocabulary(kept[:max_size], unk=True)


def out_of_vocabulary(texts: Iterable[Sequence[str]], vocabulary: Vocabulary) -> float:
    """Share of the tokens of the texts that the vocabulary lacks, from 0 to 1. ValueError where there are no tokens."""
    tokens = [token for text in texts for token in _tokens(text)]
    if not tokens:
        raise ValueError("there are no tokens, so no share of them is out of vocabulary")
    return sum(token not in vocabulary for token in tokens) / len(tokens)


def _tokens(text: Sequence[str]) -> Sequence[str]:
    if isinstance(text, str):
        raise TypeError(f"expected a text as a list of tokens, got one string {text!r}; split it first")
    return text


# Byte pairs

def pre_tokenize(text: str, pattern: str = PATTERN) -> list[str]:
    """Cut a text where no merge may reach across; joined, the parts are the text again.

    >>> pre_tokenize("It's 30 degrees!")
    ['It', "'", 's', ' 30', ' degrees', '!']

    Raises ValueError where a pattern of your own leaves out a part of the text.
    """
    parts = [match.group() for match in re.finditer(pattern, check_text(text)) if match.group()]
    if sum(map(len, parts)) != len(text):
        raise ValueError(f"the pattern {pattern!r} leaves out a part of the text {text[:40]!r}")
    return parts


def count_words(texts: Iterable[str], pattern: str = PATTERN) -> Counter[str]:
    """How often each pre-token occurs in the texts: all that training needs to know about them."""
    if isinstance(texts, str):
        raise TypeError("expected a list of texts, got one string; put it into a list")
    return Counter(part for text in texts for part in pre_tokenize(text, pattern))


def pair_counts(words: Mapping[tuple[Symbol, ...], int]) -> Counter[Pair]:
    """How often two symbols stand side by side: each word is a tuple of symbols with its number of occurrences.

    >>> pair_counts({("a", "a", "a"): 2, ("a", "b"): 1})
    Counter({('a', 'a'): 4, ('a', 'b'): 1})
    """
    counts: Counter[Pair] = Counter()
    for symbols, count in words.items():
        for pair in pairwise(symbols):
            counts[pair] += count
    return counts


def merge(symbols: Sequence[Symbol], pair: Pair, new: Symbol) -> tuple[Symbol, ...]:
    """Replace the pair by the new symbol wherever it occurs, from left to right.

    >>> merge((97, 97, 97, 98), (97, 97), 256)
    (256, 97, 98)
    """
    out, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return tuple(out)


def learn_merges(
    words: Mapping[tuple[Symbol, ...], int], n_merges: int, name: Callable[[int, Pair], Symbol]
) -> list[Pair]:
    """The algorithm: count all pairs, merge the most frequent one everywhere, and do that ``n_merges`` times.

    words: tuples of symbols with their counts. name: the new symbol that merge number k makes of a pair. Ties go to the
    smaller pair; where no pair is left, there are fewer merges. ValueError for a negative number of merges.
    """
    if n_merges < 0:
        raise ValueError(f"the number of merges must not be negative, got {n_merges}")
    words, merges = dict(words), []
    while len(merges) < n_merges and (counts := pair_counts(words)):
        pair = min(counts, key=lambda p: (-counts[p], p))
        new = name(len(merges), pair)
        words = {merge(symbols, pair, new): count for symbols, count in words.items()}
        merges.append(pair)
    return merges


def train_bpe(
    texts: Iterable[str], n_merges: int, *, special_tokens: Sequence[str] = (), pattern: str = PATTERN
) -> "ByteBPE":
    """Byte-level BPE with up to ``n_merges`` merges learnt from the texts. Special tokens get ids, and no part in training."""
    words = {tuple(word.encode("utf-8")): count for word, count in count_words(texts, pattern).items()}
    return ByteBPE(learn_merges(words, n_merges, lambda k, pair: 256 + k), special_tokens=special_tokens, pattern=pattern)


def to_name(token: bytes) -> str:
    r"""A token's bytes in readable form: text where they are UTF-8, ``\xc3`` where not, and ``\\`` for a backslash."""
    return token.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def to_bytes(name: str) -> bytes:
    """The bytes that `to_name` named."""
    plain = check_text(name).encode("utf-8")
    return re.sub(rb"\\(\\|x[0-9a-f]{2})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1][1:], 16)]), plain)


class ByteBPE:
    """A byte-level BPE tokenizer: every Unicode string has ids, and its ids give it back.

    merges: pairs of ids, in the order in which they were learnt. special_tokens: names such as ``"<eos>"`` that get the
    last ids; in a text they are ordinary characters unless `encode` is told otherwise.
    tokens: the bytes of every id. Raises ValueError for a merge of ids that are not there yet, for two merges that make
    the same bytes, and for special tokens that are empty or occur twice.
    """

    def __init__(self, merges: Iterable[tuple[int, int]], *, special_tokens: Sequence[str] = (), pattern: str = PATTERN):
        self.merges = [(int(left), int(right)) for left, right in merges]
        self.pattern = pattern
        self.tokens = [bytes([i]) for i in range(256)]
        for left, right in self.merges:
            if not (0 <= left < len(self.tokens) and 0 <= right < len(self.tokens)):
                raise ValueError(f"merge {len(self.tokens) - 256} is {left, right}, but the last id is {len(self.tokens) - 1}")
            self.tokens.append(self.tokens[left] + self.tokens[right])
        if len(set(self.tokens)) < len(self.tokens):
            twice = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise ValueError(f"two merges make the same token {to_name(twice)!r}; training never does that")
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.special: dict[str, int] = {}
        for name in special_tokens:
            if not check_text(name) or name in self.special:
                raise ValueError(f"special tokens must be different and not empty, got {list(special_tokens)}")
            self.special[name] = len(self.tokens)
            self.tokens.append(name.encode("utf-8"))

    def __len__(self) -> int:
        """V: 256 bytes, the merges, the special tokens."""
        return len(self.tokens)

    def merge_bytes(self, word: str) -> Sequence[int]:
        """Ids of one pre-token: its bytes, merged in the order in which the merges were learnt."""
        ids = tuple(word.encode("utf-8"))
        while len(ids) > 1:
            pair = min(pairwise(ids), key=lambda p: self.ranks.get(p, len(self.merges)))
            if pair not in self.ranks:
                break
            ids = merge(ids, pair, 256 + self.ranks[pair])
        return ids

    def encode_ordinary(self, text: str) -> list[int]:
        """Ids of a text in which no special token is looked for."""
        return [i for word in pre_tokenize(text, self.pattern) for i in self.merge_bytes(word)]

    def encode(self, text: str, *, special: bool = False) -> np.ndarray:
        """Ids of a text, (T,) int64. special: also look for the names of special tokens, of two that fit the longer one.

        Never switch that on for text of strangers: they could write an end-of-text token of their own. Raises
        TypeError for anything but a string, ValueError for a lone surrogate.
        """
        check_text(text)
        if not special or not self.special:
            return np.array(self.encode_ordinary(text), np.int64)
        names = sorted(self.special, key=len, reverse=True)
        ids: list[int] = []
        for part in re.split(f"({'|'.join(map(re.escape, names))})", text):
            ids += [self.special[part]] if part in self.special else self.encode_ordinary(part)
        return np.array(ids, np.int64)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids. ValueError for an id outside 0 … V−1."""
        out = []
        for i in ids:
            if not 0 <= i < len(self.tokens):
                raise ValueError(f"token id {i} is outside 0 … {len(self) - 1}")
            out.append(self.tokens[i])
        return b"".join(out)

    def decode(self, ids: Iterable[int], *, strict: bool = False) -> str:
        """The text of the ids; special tokens appear by name. A model can write bytes that are no UTF-8: they become U+FFFD.

        Raises ValueError for such bytes if ``strict``, and for an id outside 0 … V−1.
        """
        return self.decode_bytes(ids).decode("utf-8", "strict" if strict else "replace")

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text in readable form, see `to_name`."""
        return [to_name(self.tokens[i]) for i in self.encode(text)]

    def save(self, path: str | Path) -> None:
        """Write the tokenizer as JSON that can be read: one merge a line, as two named tokens."""
        merges = ",\n".join(
            f"  {json.dumps([to_name(self.tokens[left]), to_name(self.tokens[right])], ensure_ascii=False)}"
            for left, right in self.merges
        )
        head = {"kind": "byte-level BPE", "pattern": self.pattern, "special_tokens": list(self.special)}
        lines = "".join(f' "{key}": {json.dumps(value, ensure_ascii=False)},\n' for key, value in head.items())
        Path(path).write_text(f'{{\n{lines} "merges": [\n{merges}\n ]\n}}\n', encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "ByteBPE":
        """Read what `save` wrote. ValueError for a file that is something else."""
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            if found["kind"] != "byte-level BPE":
                raise ValueError(f"its kind is {found['kind']!r}")
            ids = {bytes([i]): i for i in range(256)}
            merges = []
            for left, right in found["merges"]:
                pair = to_bytes(left), to_bytes(right)
                merges.append((ids[pair[0]], ids[pair[1]]))
                ids[pair[0] + pair[1]] = 255 + len(merges)
            return cls(merges, special_tokens=found["special_tokens"], pattern=found["pattern"])
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError(f"{path} is not a saved byte-level BPE tokenizer: {problem}") from problem


# WordPiece

class WordPiece:
    """Longest match first (deck C): from the left, take the longest piece of the vocabulary; behind it look for ``##…``.

    pieces: the vocabulary, in the order of the ids; ``unk`` is put first if it is not among them. max_characters: a word
    that is longer is UNK without a search. A word of which any part fits no piece is UNK as a whole.
    """

    def __init__(self, pieces: Iterable[str], *, unk: str = "[UNK]", max_characters: int = 100):
        pieces = list(pieces)
        for piece in pieces:
            if not isinstance(piece, str):
                raise TypeError(f"a piece must be a string, got {piece!r}")
            if piece in ("", "##"):
                raise ValueError(f"a piece must hold a character, got {piece!r}")
        self.unk, self.max_characters = unk, max_characters
        self.pieces = list(dict.fromkeys(pieces if unk in pieces else [unk, *pieces]))
        self.ids: dict[str, int] = {piece: i for i, piece in enumerate(self.pieces)}

    def __len__(self) -> int:
        return len(self.pieces)

    def tokenize_word(self, word: str) -> list[str]:
        """The pieces of one word, or ``[unk]``."""
        if len(word) > self.max_characters:
            return [self.unk]
        out, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in self.ids:
                    break
            else:
                return [self.unk]
            out.append(piece)
            start = end
        return out

    def tokenize(self, text: str) -> list[str]:
        """The pieces of a text, word by word as `split_marks` cuts it."""
        return [piece for word in split_marks(text) for piece in self.tokenize_word(word)]

    def encode(self, text: str) -> np.ndarray:
        """Ids of a text, (T,) int64."""
        return np.array([self.ids[piece] for piece in self.tokenize(text)], np.int64)

    def decode(self, ids: Iterable[int]) -> str:
        """Words with one space between them. What was in capitals, how the text was spaced, and what was UNK is lost."""
        words: list[str] = []
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(f"token id {i} is outside 0 … {len(self) - 1}")
            piece = self.pieces[i]
            if piece.startswith("##") and words:
                words[-1] += piece[2:]
            else:
                words.append(piece)
        return " ".join(words)


def train_wordpiece(texts: Iterable[str], n_merges: int) -> WordPiece:
    """A WordPiece vocabulary: all characters, at the start of a word and inside, and what ``n_merges`` merges make.

    The most frequent pair is merged, as Hugging Face's trainer does; Schuster & Nakajima (2012) take the pair that makes
    the training text most probable. Ties go to the pair that comes first in alphabetical order.
    """
    counts = Counter(word for text in texts for word in split_marks(text))
    words = {tuple([word[0], *("##" + c for c in word[1:])]): count for word, count in counts.items()}
    characters = sorted({symbol for symbols in words for symbol in symbols})
    merges = learn_merges(words, n_merges, lambda k, pair: pair[0] + pair[1].removeprefix("##"))
    return WordPiece([*characters, *(left + right.removeprefix("##") for left, right in merges)])
