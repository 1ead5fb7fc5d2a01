"""Words and characters as tokens, and their vocabulary.

A character is one Unicode code point, as in Python's ``len``. A combining mark (the vowel signs of Hindi and Thai, an accent
that is a character of its own) or a joiner belongs to what stands before it, so that no word is cut at one.

Source: deck C (tokenization).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

import regex

from llmcourse import arguments
from llmcourse.vocabulary import Vocabulary

WORDS = regex.compile(r"[\p{L}\p{N}_'’][\p{L}\p{N}_'’\p{M}\p{Join_Control}]*|[^\s\p{L}\p{N}_'’][\p{M}\p{Join_Control}]*")
MARKS = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}\p{Join_Control}]*|[^\s\p{L}\p{N}][\p{M}\p{Join_Control}]*")


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


def check_list(what: str, values: Iterable[str]) -> Iterable[str]:
    """The strings themselves. TypeError for one string, which would be taken for its letters, and for what has no order."""
    if isinstance(values, str | bytes):
        raise TypeError(f"expected a list of {what}, got one string {values!r:.60}; put it into a list")
    if isinstance(values, Set | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"expected a list of {what}, got {values!r:.60}")
    return values


def split_words(text: str) -> list[str]:
    """Word tokens in lower case: runs of letters, digits, ``_`` and apostrophes; every other mark stands alone (deck C).

    >>> split_words("Henry is givin' a lectrue.")
    ['henry', 'is', "givin'", 'a', 'lectrue', '.']
    """
    return [word.lower() for word in WORDS.findall(check_text(text))]


def split_marks(text: str) -> list[str]:
    """Words in lower case with every mark by itself, apostrophes included: what WordPiece starts from.

    >>> split_marks("givin' it")
    ['givin', "'", 'it']
    """
    return [word.lower() for word in MARKS.findall(check_text(text))]


def split_characters(text: str) -> list[str]:
    """The characters of a text, spaces included, so that they can be joined again. (Deck C leaves the spaces out.)"""
    return list(check_text(text))


def build_vocabulary(texts: Iterable[Sequence[str]], *, min_count: int = 1, max_size: int | None = None) -> Vocabulary:
    """BOS, EOS, UNK and the tokens that occur at least ``min_count`` times, the frequent ones first.

    Equally frequent tokens come in alphabetical order. max_size: at most so many tokens besides the three special ones.
    Raises TypeError for texts that are no lists of strings, ValueError for min_count < 1 or a negative max_size.
    """
    min_count = arguments.integer("min_count", min_count, least=1)
    max_size = None if max_size is None else arguments.integer("max_size", max_size, least=0)
    counts = Counter(token for text in arguments.texts(texts) for token in arguments.strings(text))
    kept = sorted((token for token, count in counts.items() if count >= min_count), key=lambda t: (-counts[t], t))
    return Vocabulary(kept[:max_size], unk=True)


def out_of_vocabulary(texts: Iterable[Sequence[str]], vocabulary: Vocabulary) -> float:
    """Share of the tokens of the texts that the vocabulary lacks, from 0 to 1. ValueError where there are no tokens."""
    if not isinstance(vocabulary, Vocabulary):
        raise TypeError(f"expected a Vocabulary, got {vocabulary!r:.60}")
    tokens = [token for text in arguments.texts(texts) for token in arguments.strings(text)]
    if not tokens:
        raise ValueError("there are no tokens, so no share of them is out of vocabulary")
    return sum(token not in vocabulary for token in tokens) / len(tokens)
