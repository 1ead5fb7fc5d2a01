"""Which tokens of a story test agreement: the words whose form was decided by something said earlier."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .. import arguments
from ..corpus import Corpus
from .forward import side_by_side
from .grammar import KINDS
from .source import Source


@dataclass(frozen=True)
class Agreement:
    """One row a test, in text order; all arrays are (M,).

    position: of the token, in the flat array of ids. kind: index into ``KINDS`` (number of a verb, gender of a pronoun,
    tense, a name or species, the object, the place). distance: tokens since the text last showed what decides the form
    (1: the token just before). since_first: tokens since it showed it for the first time. distractor: whether a wrong
    candidate came in between: the other character, another object or place, a noun of the other number, a quotation.
    """

    position: np.ndarray
    kind: np.ndarray
    distance: np.ndarray
    since_first: np.ndarray
    distractor: np.ndarray

    def __len__(self) -> int:
        return len(self.position)

    def of_kind(self, kind: str, *, min_distance: int = 1, distractor: bool | None = None) -> "Agreement":
        """The tests of one kind, at least so far from what decides them, with or without a distractor (None: both).

        Raises ValueError for an unknown kind or a distance under 1, TypeError for a distractor that is neither True, False
        nor None.
        """
        kind = arguments.one_of("kind of agreement", kind, KINDS)
        keep = (self.kind == KINDS.index(kind)) & (self.distance >= arguments.integer("min_distance", min_distance, least=1))
        if distractor is not None:
            if not isinstance(distractor, bool | np.bool_):
                raise TypeError(f"distractor must be True, False or None, got {distractor!r}")
            keep &= self.distractor == distractor
        return Agreement(self.position[keep], self.kind[keep], self.distance[keep], self.since_first[keep],
                         self.distractor[keep])


def find_agreement(
    source: Source, choices: np.ndarray, corpus: Corpus, wrong_forms: Mapping[tuple[str, int], np.ndarray]
) -> Agreement:
    """All tests in texts whose choices are known. choices: (N,) from ``forward.choices``.

    wrong_forms: from ``competitors``. A word that has none, like a verb that only ever has one subject, tests nothing.
    """
    n_registers = len(source.register_names)
    contrast = np.array([[(kind, token) in wrong_forms for kind in KINDS] for token in range(len(source.vocabulary))])
    parts: list[np.ndarray] = []
    for block, steps in side_by_side(corpus):
        first, last, distracted = (np.full((len(block), n_registers), -1) for _ in range(3))
        for t, at in enumerate(steps):
            choice, n = choices[at], len(at)
            for kind, register in zip(source.test_kind[choice].T, source.test_register[choice].T, strict=True):
                i = np.flatnonzero((kind >= 0) & contrast[source.choice_token[choice], kind])
                r = register[i]
                parts.append(np.stack([at[i], kind[i], t - last[i, r], t - first[i, r], distracted[i, r] > last[i, r]]))
            sets, shows = source.choice_sets[choice] > 0, source.choice_shows[choice]
            new = shows & (sets | (first[:n] < 0))  # a register that is set anew has its first mention here
            first[:n][new] = t
            last[:n][shows] = t
            distracted[:n][source.choice_distracts[choice]] = t
    table = np.concatenate(parts, axis=1) if parts else np.zeros((5, 0), np.int64)
    table = table[:, np.lexsort((table[1], table[0]))]
    return Agreement(table[0], table[1], table[2], table[3], table[4].astype(bool))


def competitors(source: Source) -> dict[tuple[str, int], np.ndarray]:
    """For every kind and token that tests it the ids of the wrong forms, sorted.

    They are the words that stand in the token's place where nothing but the deciding register differs: for a pronoun
    the other pronouns, for a name the other names, for "walks" as a test of number "walk" and as one of tense "walked".
    """
    found: dict[tuple[str, int], set[int]] = {}
    ids = source.vocabulary.ids
    for name in source.class_index:
        rows, sources = source.classes[name].rows, source.classes[name].sources
        for key, row in rows.items():
            for j, choice in enumerate(row):
                for kind, register in choice.tests:
                    k = sources.index(register)
                    others = (rows[other][j].word for other in rows
                              if other[k] and other[:k] + other[k + 1:] == key[:k] + key[k + 1:])
                    if choice.word in ids:
                        found.setdefault((kind, ids[choice.word]), set()).update(ids[w] for w in others if w in ids)
    return {key: np.array(sorted(others - {key[1]})) for key, others in found.items() if others - {key[1]}}
