"""Byte-level byte pair encoding (BPE), written to be read. `llmcourse.tokenization.fast` does the same fast.

* Text is a ``str`` without lone surrogates; bytes are those of UTF-8.
* Tokens 0 … 255 are the single bytes, token 256 + k is what merge number k makes (k counts from 0), and special tokens come
  last. These numbers are the ids, but for a tokenizer of another program, which has a numbering of its own.
* A merge never reaches across the pre-tokens that `pre_tokenize` cuts, nor across a special token.
* Which pair is merged: the most frequent one; among equally frequent ones the one with the smaller left id, and then the
  smaller right id. Counts include overlaps (``aaa`` holds the pair ``aa`` twice), replacing goes from left to right and
  does not overlap. Training ends early where no pair is left.

Sources: deck C (tokenization); Sennrich, Haddow & Birch (2016) for BPE; Radford et al. (2019) for bytes.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import regex
from numpy.typing import ArrayLike

from llmcourse import arguments
from llmcourse.tokenization.words import check_list, check_text

WAIT = 256  # so many characters that wait in a stream are searched again with each piece; more only once they are twice as many
Symbol = TypeVar("Symbol", int, str)
Pair = tuple[int, int]

PATTERN = r" ?\p{L}[\p{L}\p{M}\p{Join_Control}]*| ?\p{N}[\p{N}\p{M}]*| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""Pre-tokens: letters, numbers or other marks, each with at most one space before it; and what is left of the space."""

GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""GPT-2's pre-tokens as published with Radford et al. (2019). It keeps English endings such as *'s* whole, and cuts a word of
Hindi, Thai or decomposed text at every combining mark, because a mark is no letter (``\\p{L}``)."""


def compiled(pattern: str) -> regex.Pattern[str]:
    """A pattern for pre-tokens in the syntax of the package `regex`. ValueError where it is no regular expression."""
    if not isinstance(pattern, str):
        raise TypeError(f"a pattern must be a string, got {pattern!r} of type {type(pattern).__name__}")
    try:
        return regex.compile(pattern)
    except regex.error as problem:
        raise ValueError(f"the pattern {pattern!r} is no regular expression: {problem}") from None


def pre_tokenize(text: str, pattern: str = PATTERN) -> list[str]:
    """Cut a text where no merge may reach across; joined, the parts are the text again.

    >>> pre_tokenize("It's 30 degrees!")
    ['It', "'", 's', ' 30', ' degrees', '!']

    Raises ValueError where a pattern of your own leaves out a part of the text.
    """
    parts = [match.group() for match in compiled(pattern).finditer(check_text(text)) if match.group()]
    if sum(map(len, parts)) != len(text):
        raise ValueError(f"the pattern {pattern!r} leaves out a part of the text {text[:40]!r}")
    return parts


def check_special(names: Iterable[str]) -> list[str]:
    """The names of special tokens. ValueError for an empty one and for one that occurs twice, TypeError for one string."""
    found = [check_text(name) for name in check_list("special tokens", names)]
    if "" in found or len(set(found)) < len(found):
        raise ValueError(f"special tokens must be different and not empty, got {found}")
    return found


def split_special(text: str, names: Sequence[str]) -> list[str]:
    """Cut out the names of special tokens; where two fit, the longer one. Every second part is a name.

    >>> split_special("one<eos>two<eos>", ["<eos>"])
    ['one', '<eos>', 'two', '<eos>', '']
    """
    longest_first = sorted(names, key=len, reverse=True)
    return re.split(f"({'|'.join(map(re.escape, longest_first))})", text) if names else [text]


def count_words(texts: Iterable[str], pattern: str = PATTERN, *, special_tokens: Iterable[str] = ()) -> Counter[str]:
    """How often each pre-token occurs in the texts, outside special tokens: all that training needs to know about them."""
    names = check_special(special_tokens)
    return Counter(word for text in check_list("texts", texts) for part in split_special(check_text(text), names)[::2]
                   for word in pre_tokenize(part, pattern))  # fmt: skip


def pair_counts(words: Mapping[tuple[Symbol, ...], int]) -> Counter[tuple[Symbol, Symbol]]:
    """How often two symbols stand side by side: each word is a tuple of symbols with its number of occurrences.

    >>> pair_counts({("a", "a", "a"): 2, ("a", "b"): 1})
    Counter({('a', 'a'): 4, ('a', 'b'): 1})
    """
    if not isinstance(words, Mapping):
        raise TypeError(f"expected words as a dictionary from tuples of symbols to counts, got {words!r:.60}")
    counts: Counter[tuple[Symbol, Symbol]] = Counter()
    for symbols, count in words.items():
        for pair in pairwise(symbols):
            counts[pair] += count
    return counts


def merge(symbols: Sequence[Symbol], pair: tuple[Symbol, Symbol], new: Symbol) -> tuple[Symbol, ...]:
    """Replace the pair by the new symbol wherever it occurs, from left to right.

    >>> merge((97, 97, 97, 98), (97, 97), 256)
    (256, 97, 98)
    """
    left, right = pair
    out, i = [], 0
    while i < len(symbols):
        if symbols[i] == left and i + 1 < len(symbols) and symbols[i + 1] == right:
            out.append(new)
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return tuple(out)


def learn_merges(
    words: Mapping[tuple[Symbol, ...], int], n_merges: int, name: Callable[[int, tuple[Symbol, Symbol]], Symbol]
) -> list[tuple[Symbol, Symbol]]:
    """The algorithm: count all pairs, merge the most frequent one everywhere, and do that ``n_merges`` times.

    words: tuples of symbols with their counts. name: the new symbol that merge number k makes of a pair. Ties go to the
    smaller pair; where no pair is left, there are fewer merges. ValueError for a negative number of merges.
    """
    arguments.integer("the number of merges", n_merges, least=0)
    merges: list[tuple[Symbol, Symbol]] = []
    while len(merges) < n_merges and (counts := pair_counts(words)):
        pair = min(counts, key=lambda p: (-counts[p], p))
        new = name(len(merges), pair)
        words = {merge(symbols, pair, new): count for symbols, count in words.items()}
        merges.append(pair)
    return merges


def train_bpe(
    texts: Iterable[str], n_merges: int, *, special_tokens: Iterable[str] = (), pattern: str = PATTERN
) -> "ByteBPE":
    """Byte-level BPE with up to ``n_merges`` merges learnt from the texts. Special tokens get ids and no part in training:
    where their names stand in a text, it is cut, and nothing is learnt from their letters."""
    names = check_special(special_tokens)
    words = {tuple(word.encode("utf-8")): n for word, n in count_words(texts, pattern, special_tokens=names).items()}
    return ByteBPE(learn_merges(words, n_merges, lambda k, pair: 256 + k), special_tokens=names, pattern=pattern)


def to_name(token: bytes) -> str:
    r"""A token's bytes in readable form: text where they are UTF-8, ``\xc3`` where not, and ``\\`` for a backslash."""
    return token.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def to_bytes(name: str) -> bytes:
    """The bytes that `to_name` named."""
    plain = check_text(name).encode("utf-8")
    return re.sub(rb"\\(\\|x[0-9a-f]{2})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1][1:], 16)]), plain)


def check_ids(ids: Iterable[int], size: int) -> list[int]:
    """One flat sequence of ids 0 … V−1 as a list of int. Raises like `arguments.ids`, and TypeError for anything else."""
    if not isinstance(ids, Iterable) or isinstance(ids, Set | Mapping):
        raise TypeError(f"expected a sequence of token ids, got {ids!r:.60}")
    array = arguments.ids(ids if isinstance(ids, np.ndarray) else list(ids), size)
    if array.ndim != 1:
        raise TypeError(f"expected one flat sequence of token ids, got shape {array.shape}")
    found: list[int] = array.tolist()
    return found


def write_json(path: str | Path, head: Mapping[str, object], name: str, rows: Iterable[object]) -> None:
    """Write an object as JSON to be read: the entries of ``head``, then those of a list called ``name``, each in a line."""
    lines = [f'"{key}": {json.dumps(value, ensure_ascii=False)},' for key, value in head.items()]
    listed = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    Path(path).write_text("\n ".join(["{", *lines, f'"{name}": [\n{listed}\n ]\n}}\n']), encoding="utf-8")


class ByteBPE:
    """A byte-level BPE tokenizer: every Unicode string has ids, and its ids give it back.

    merges: pairs of tokens, in the order in which they were learnt. special_tokens: names such as ``"<eos>"`` that come
    last; in a text they are ordinary characters unless `encode` is told otherwise. numbering: the id of each token, (V,), a
    permutation of 0 … V−1, where another program has numbered them; else token i has id i.

    ``tokens``: the bytes of every id. ``special``: the ids of the special tokens.
    Raises ValueError for a merge of tokens that are not there yet, for two merges that make the same bytes, for special tokens
    that are empty or occur twice, and for a numbering that is none; TypeError for numbers that are not whole.
    """

    def __init__(self, merges: Iterable[Pair], *, special_tokens: Iterable[str] = (), pattern: str = PATTERN,
                 numbering: ArrayLike | None = None):  # fmt: skip
        self.merges = check_merges(merges)
        self.pattern = compiled(pattern).pattern
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        tokens = token_bytes(self.merges)
        names = check_special(special_tokens)
        self.special_number = {name: len(tokens) + k for k, name in enumerate(names)}
        tokens += [name.encode("utf-8") for name in names]
        self.numbering = check_numbering(numbering, len(tokens))
        self.tokens = [tokens[number] for number in np.argsort(self.numbering)]
        self.special = {name: int(self.numbering[number]) for name, number in self.special_number.items()}

    def __len__(self) -> int:
        """V: 256 bytes, the merges, the special tokens."""
        return len(self.tokens)

    def merge_bytes(self, word: str) -> Sequence[int]:
        """Tokens of one pre-token: its bytes, merged in the order in which the merges were learnt."""
        numbers = tuple(word.encode("utf-8"))
        while len(numbers) > 1:
            pair = min(pairwise(numbers), key=lambda p: self.ranks.get(p, len(self.merges)))
            if pair not in self.ranks:
                break
            numbers = merge(numbers, pair, 256 + self.ranks[pair])
        return numbers

    def merge_text(self, text: str) -> np.ndarray:
        """Tokens of a text in which no special token is looked for, (T,), as they are numbered here and not by `numbering`."""
        return np.array([i for word in pre_tokenize(text, self.pattern) for i in self.merge_bytes(word)], np.int64)

    def chosen(self, special: bool | Iterable[str]) -> list[str]:
        """The names of special tokens to look for: all for True, none for False, or the ones listed."""
        if isinstance(special, bool):
            return list(self.special) if special else []
        names = check_special(special)
        for name in names:
            if name not in self.special:
                raise ValueError(f"{name!r} is no special token of this tokenizer; it has {list(self.special)}")
        return names

    def encode(self, text: str, *, special: bool | Iterable[str] = False) -> np.ndarray:
        """Ids of a text, (T,) int64. special: True to look for the names of special tokens too, or a list of those to look for.

        Of two names that fit, the longer one is taken. Never switch this on for text of strangers: they could write an
        end-of-text token of their own. Raises TypeError for anything but a string, ValueError for a lone surrogate or for a
        name that is no special token.
        """
        parts = split_special(check_text(text), self.chosen(special))
        numbers = [np.array([self.special_number[part]]) if i % 2 else self.merge_text(part) for i, part in enumerate(parts)]
        ids: np.ndarray = self.numbering[np.concatenate(numbers)]
        return ids

    def encode_batch(self, texts: Iterable[str], *, special: bool | Iterable[str] = False) -> list[np.ndarray]:
        """Ids of many texts: one array for each, as `encode` gives it and `pad_and_truncate` takes it."""
        return [self.encode(text, special=special) for text in check_list("texts", texts)]

    def encode_with_offsets(self, text: str, *, special: bool | Iterable[str] = False) -> tuple[np.ndarray, np.ndarray]:
        """Ids of a text, (T,), and the characters that each token covers, (T, 2): from the first one up to before the second.

        A token that holds a part of a character's bytes covers that character, so neighbours can share one.
        """
        ids = self.encode(text, special=special)
        begins_character = (np.frombuffer(text.encode("utf-8"), np.uint8) & 0b1100_0000) != 0b1000_0000
        character_of = np.cumsum(begins_character) - 1  # of each byte of the text
        lengths = np.array([len(self.tokens[i]) for i in ids.tolist()], np.int64)
        ends = np.cumsum(lengths)
        return ids, np.stack([character_of[ends - lengths], character_of[ends - 1] + 1], axis=1)

    def encode_stream(self, pieces: Iterable[str], *, special: bool | Iterable[str] = False) -> Iterator[int]:
        """Ids one by one of a text that arrives in pieces, cut anywhere: the same as `encode` gives for the whole.

        They come once the text behind them can change nothing: up to the last place where white space follows something
        else. Only what stands behind that place is kept in memory. (This is right for patterns that never look back, and to
        which white space is the same as the end of the text: `PATTERN` and `GPT2_PATTERN` are such.)
        """
        names = self.chosen(special)
        return self._stream(check_list("pieces of text", pieces), names)

    def _stream(self, pieces: Iterable[str], names: list[str]) -> Iterator[int]:
        waiting, enough = "", 0
        for piece in pieces:
            waiting += check_text(piece)
            if len(waiting) >= enough:
                cut = self.safe_cut(waiting, names)
                yield from self.encode(waiting[:cut], special=names).tolist()
                waiting = waiting[cut:]
                enough = 2 * len(waiting) if len(waiting) > WAIT else 0
        yield from self.encode(waiting, special=names).tolist()

    def safe_cut(self, text: str, names: Sequence[str]) -> int:
        """The last place where a text can be cut whatever may follow: between two pre-tokens, before white space, and so far
        from the end that no special token can begin before it and end behind the text. 0 if there is no such place."""
        last = len(text) - max(map(len, names), default=1) + 1
        place = len(text)
        for i, part in reversed(list(enumerate(split_special(text, names)))):
            if i % 2:
                place -= len(part)
                continue
            for before, word in reversed(list(pairwise(["", *pre_tokenize(part, self.pattern)]))):
                place -= len(word)
                if place <= last and word[0].isspace() and before and not before[-1].isspace():
                    return place
        return 0

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids. ValueError for an id outside 0 … V−1, TypeError for ids that are no sequence of integers."""
        return b"".join(map(self.tokens.__getitem__, check_ids(ids, len(self))))

    def decode(self, ids: Iterable[int], *, strict: bool = False) -> str:
        """The text of the ids; special tokens appear by name. A model can write bytes that are no UTF-8: they become U+FFFD.

        Raises ValueError for such bytes if ``strict``, and like `decode_bytes`.
        """
        return self.decode_bytes(ids).decode("utf-8", "strict" if strict else "replace")

    def tokenize(self, text: str) -> list[str]:
        """The tokens of a text in readable form, see `to_name`."""
        return [to_name(self.tokens[i]) for i in self.encode(text)]

    def save(self, path: str | Path) -> None:
        """Write the tokenizer as JSON that can be read: one merge a line, as two named tokens."""
        tokens = token_bytes(self.merges)
        merges = [[to_name(tokens[i]) for i in pair] for pair in self.merges]
        own = not np.array_equal(self.numbering, np.arange(len(self)))
        head = {"kind": "byte-level BPE", "pattern": self.pattern, "special_tokens": list(self.special)}
        write_json(path, head | ({"numbering": self.numbering.tolist()} if own else {}), "merges", merges)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. ValueError for a file that is something else."""
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            if found["kind"] != "byte-level BPE":
                raise ValueError(f"its kind is {found['kind']!r}")
            merges = merges_of_bytes([(to_bytes(left), to_bytes(right)) for left, right in found["merges"]])
            return cls(merges, special_tokens=found["special_tokens"], pattern=found["pattern"],
                       numbering=found.get("numbering"))  # fmt: skip
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError(f"{path} is not a saved byte-level BPE tokenizer: {problem}") from problem


def check_merges(merges: Iterable[Pair]) -> list[Pair]:
    """Pairs of int, of which number k holds tokens below 256 + k."""
    merges = list(merges)
    pairs = arguments.ids(merges, 256 + len(merges), "merged token")
    if merges and pairs.shape != (len(merges), 2):
        raise TypeError(f"a merge must be a pair of tokens, got {merges[0]!r}")
    pairs = pairs.reshape(-1, 2)
    too_early = np.flatnonzero(pairs.max(axis=1) >= 256 + np.arange(len(merges)))
    if len(too_early):
        k = int(too_early[0])
        raise ValueError(f"merge {k} is {tuple(pairs[k].tolist())}, but the last token before it is {255 + k}")
    return [(left, right) for left, right in pairs.tolist()]


def token_bytes(merges: Sequence[Pair]) -> list[bytes]:
    """The bytes of the tokens 0 … 255 + len(merges)."""
    tokens = [bytes([i]) for i in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    if len(set(tokens)) < len(tokens):
        twice = next(token for token, count in Counter(tokens).items() if count > 1)
        raise ValueError(f"two merges make the same token {to_name(twice)!r}; training never does that")
    return tokens


def merges_of_bytes(pairs: Iterable[tuple[bytes, bytes]]) -> list[Pair]:
    """Merges as pairs of tokens, from the bytes of their two parts. KeyError for a part that is no token yet."""
    number = {bytes([i]): i for i in range(256)}
    merges = []
    for left, right in pairs:
        merges.append((number[left], number[right]))
        number[left + right] = 255 + len(merges)
    return merges


def check_numbering(numbering: ArrayLike | None, size: int) -> np.ndarray:
    """The id of each of V tokens: a permutation of 0 … V−1."""
    if numbering is None:
        return np.arange(size)
    ids = arguments.ids(numbering, size)
    if ids.ndim != 1 or not np.array_equal(np.sort(ids), np.arange(size)):
        raise ValueError(f"a numbering has each id of 0 … {size - 1} once, got {len(np.unique(ids))} different ones "
                         f"in an array of shape {ids.shape}")
    return ids.astype(np.int64)
