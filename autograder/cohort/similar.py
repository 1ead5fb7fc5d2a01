"""Find submissions that are nearly the same.

What two students write is compared as text, and as code in which every name is the same, so that renaming hides nothing. Short
right answers look alike without anybody having copied, so a pair is listed with what makes it likely: how far its likeness lies
above what is usual in the cohort, and how many wrong answers the two have in common.
"""

import io
import keyword
import token
import tokenize
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

LEAST_TOKENS = 60  # in shorter ones a likeness means nothing
LEAST = 0.9  # of the tokens, in the same order
SHOWN = 50
LOOKED_AT = 1000  # pairs whose texts are compared
SKIPPED = {token.COMMENT, token.NL, token.NEWLINE, token.INDENT, token.DEDENT, token.ENDMARKER, token.ENCODING}


@dataclass
class Pair:
    """Two submissions. code: likeness without names, text: with names and comments, each from 0 to 1."""

    one: str
    other: str
    code: float
    text: float
    shared_mistakes: int


def pairs(answers: dict[str, dict[str, str]], wrong: dict[str, set[str]], skeleton: set[str]) -> list[Pair]:
    """The pairs that are alike, the most alike first; at most ``SHOWN``.

    answers: what each student wrote, by question. wrong: marks of each student's wrong answers. skeleton: lines that were
    handed out, which everybody has.
    """
    texts = {who: own_lines(given, skeleton) for who, given in answers.items()}
    codes = {who: tokens(text) for who, text in texts.items()}
    names = [who for who, code in codes.items() if len(code) >= LEAST_TOKENS]
    found = []
    for code, i, j in _alike([codes[who] for who in names]):
        one, other = names[i], names[j]
        text = fuzz.ratio(texts[one], texts[other]) / 100
        found.append(Pair(one, other, code, text, len(wrong.get(one, set()) & wrong.get(other, set()))))
    return sorted(found, key=lambda p: (-p.shared_mistakes * (p.text > LEAST), -p.text, -p.code))[:SHOWN]


def _alike(codes: list[str]) -> list[tuple[float, int, int]]:
    """(likeness, i, j) of the most similar codes, at most ``LOOKED_AT`` of them: more texts are not compared."""
    best: list[tuple[float, int, int]] = []
    for i in range(len(codes) - 1):
        row: NDArray[np.float64] = process.cdist(codes[i: i + 1], codes[i + 1:], scorer=fuzz.ratio, score_cutoff=100 * LEAST,
                                                 dtype=np.float64, workers=-1)[0] / 100
        best += [(float(row[j]), i, i + 1 + int(j)) for j in np.flatnonzero(row)]
        if len(best) > 2 * LOOKED_AT:
            best = sorted(best, reverse=True)[:LOOKED_AT]
    return sorted(best, reverse=True)[:LOOKED_AT]


def own_lines(answers: dict[str, str], skeleton: set[str]) -> str:
    """What a student wrote: all lines but those that were handed out."""
    lines = [line.strip() for source in answers.values() for line in source.splitlines()]
    return "\n".join(line for line in lines if line and line not in skeleton)


def tokens(source: str) -> str:
    """Code as one character for each token: names, numbers and strings one each, keywords and operators their own."""
    kinds: list[str] = []
    lines = [line if line.isascii() else line.encode("ascii", "replace").decode() for line in source.splitlines()]
    try:
        for piece in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if piece.type in SKIPPED:
                continue
            same = piece.type == token.NAME and not keyword.iskeyword(piece.string)
            kinds.append(chr(0x100 + piece.type) if same or piece.type in (token.NUMBER, token.STRING)
                         else chr(0x200 + hash_of(piece.string)))
    except (tokenize.TokenError, SyntaxError):
        pass  # what came before the unfinished part
    return "".join(kinds)


def hash_of(text: str) -> int:
    """A small number for a keyword or operator, the same in every run."""
    return zlib.crc32(text.encode()) % 0x8000
