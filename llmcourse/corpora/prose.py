"""Short texts written for this course in English, Swedish and French, and how to cut them into words and sentences.

They are the same nine pieces about a university town, its lake and its people, told paragraph by paragraph in each
language; so what tells the three apart is the language and not the subject.
"""

import re
from functools import cache
from importlib import resources

LANGUAGES = ("english", "swedish", "french")

_TOKEN = re.compile(
    r"(?:[cdjlmnst]|(?:jus|lors|puis)?qu)['’](?=\w)"  # French elision: l’été is l’ and été
    r"|\w+(?:['’-]\w+)*"  # hyphens and other apostrophes belong to their word: don't, va-t-il
    r"|[^\w\s]", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][”»])|(?<=[.!?] »)) (?=[A-ZÀÅÄÇÉÊÎÔÖ“”«])")


def text(language: str) -> str:
    """The whole text in a language: paragraphs separated by empty lines, a heading being a paragraph of its own.

    Raises TypeError for a language that is not a string, ValueError for one that is not in ``LANGUAGES``.
    """
    if not isinstance(language, str):
        raise TypeError(f"expected the name of a language, got {language!r}")
    if language not in LANGUAGES:
        raise ValueError(f"there is no text in {language!r}; the languages are {', '.join(LANGUAGES)}")
    return _read(language)


@cache
def _read(language: str) -> str:
    file = resources.files(__package__) / "texts" / f"{language}.txt"
    return file.read_text(encoding="utf-8")


def paragraphs(language: str) -> list[str]:
    """The paragraphs in order, each on one line, without the headings. Raises as ``text``."""
    blocks = (" ".join(block.split()) for block in text(language).split("\n\n"))
    return [block for block in blocks if block and block[-1] in ".!?”»"]


def sentences(language: str, *, lower: bool = True) -> list[list[str]]:
    """All sentences as lists of tokens, punctuation included: a corpus to count n-grams in. Raises as ``text``.

    A sentence ends at a full stop, exclamation or question mark, and the quotation mark that closes after it, where a
    space and a capital letter or an opening quotation mark follow.
    """
    return [tokens(part, lower=lower) for block in paragraphs(language) for part in _SENTENCE_END.split(block)]


def words(language: str, *, lower: bool = True) -> list[str]:
    """All words in order, without punctuation and headings. Raises as ``text``."""
    return [token for sentence in sentences(language, lower=lower) for token in sentence if token[0].isalnum()]


def tokens(line: str, *, lower: bool = True) -> list[str]:
    """The words and punctuation marks of a line. Raises TypeError for anything but a string.

    >>> tokens("L’hiver, c’est long!")
    ['l’', 'hiver', ',', 'c’', 'est', 'long', '!']
    """
    if not isinstance(line, str):
        raise TypeError(f"expected a string, got {line!r}")
    return _TOKEN.findall(line.lower() if lower else line)
