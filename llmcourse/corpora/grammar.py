"""What a story source is made of: word classes, sentence templates, stages. The course's own is in ``story_grammar``.

A source has **latents** (a topic and a mood, never seen) and **registers** (who the story is about, the tense, the
place, …; each 0 until a word shows it, and known from then on). A **word class** draws a word: how likely each word is
depends on the latents, and which words there are to draw from depends on the registers. A **template** is a sentence
with slots for words of classes; a **stage** is a set of templates from which the next sentence of a story is drawn.

All weights are integers, so every probability is a fraction and nothing depends on how a machine rounds.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

KINDS = ("number", "gender", "tense", "name", "object", "place")


@dataclass(frozen=True)
class Choice:
    """One word that a class can produce, and what the reader then knows.

    weight: integers ≥ 0, one for every latent state (Z,), or one integer for all of them.
    sets: registers that get a value. tests: pairs (kind of agreement, register that decides this word's form).
    shows: further registers whose value the word gives away. distracts: registers for which it is a wrong candidate.
    """

    word: str
    weight: np.ndarray | int = 1
    sets: Mapping[str, int] = field(default_factory=dict)
    tests: tuple[tuple[str, str], ...] = ()
    shows: tuple[str, ...] = ()
    distracts: tuple[str, ...] = ()


@dataclass(frozen=True)
class WordClass:
    """Choices for every combination of values of the registers that the class looks at (``sources``)."""

    pos: str
    rows: Mapping[tuple[int, ...], Sequence[Choice]]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """A sentence: words, ``<class>`` slots and ``(one|or another)``; ``@1`` keeps it for value 1 of the switch register.

    weight: as in ``Choice``. Each way to resolve the alternatives gets an equal share of it.
    """

    text: str
    weight: np.ndarray | int = 1


@dataclass(frozen=True)
class Stage:
    """Groups of templates from which the next sentence is drawn, each with the stage that follows (None: the end).

    shift: on entering the stage the mood may change.
    """

    groups: tuple[tuple[str | None, tuple[Template, ...]], ...]
    shift: bool = False


@dataclass(frozen=True)
class Grammar:
    """A complete source. ``registers`` maps names to the number of values (0, unknown, not counted).

    mood_shift[m][m']: integer weight of the change of mood m → m' where a stage shifts.
    switch: the register on whose value templates can be conditional. pos: tag of every word spelled out in a template.
    """

    topics: tuple[str, ...]
    moods: tuple[str, ...]
    mood_shift: tuple[tuple[int, ...], ...]
    registers: Mapping[str, int]
    switch: str
    classes: Mapping[str, WordClass]
    stages: Mapping[str, Stage]
    start: str
    pos: Mapping[str, str]

    @property
    def latents(self) -> list[tuple[str, str]]:
        """All (topic, mood) pairs in the order of the latent states z = 0 … Z−1."""
        return list(itertools.product(self.topics, self.moods))


SHARES = 5040  # a template's weight is split evenly among its alternatives: 5040 has every divisor up to 10


def expand(text: str) -> list[list[str]]:
    """All sentences of a template as lists of words, ``<class>`` slots and ``@value`` conditions.

    >>> expand("(a|one) <species> (|never) sings .")[0]
    ['a', '<species>', 'sings', '.']
    >>> len(expand("(a|one) <species> (|never) sings ."))
    4

    Raises ValueError where brackets do not match or the number of sentences does not divide 5040.
    """
    parts = re.split(r"\(([^()]*)\)", text)
    if any("(" in part or ")" in part for part in parts):
        raise ValueError(f"unmatched or nested brackets in the template {text!r}")
    options = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
    out = [" ".join(choice).split() for choice in itertools.product(*options)]
    if SHARES % len(out):
        raise ValueError(f"the template {text!r} stands for {len(out)} sentences, which does not divide {SHARES}")
    return out
