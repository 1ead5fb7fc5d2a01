"""The trie of sentence templates: templates that begin alike share their first nodes."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(eq=False)
class TrieNode:
    """One place between two words: its arcs by class name. shift: whether the mood may change on arriving here."""

    arcs: dict[str, "TrieArc"] = field(default_factory=dict)
    shift: bool = False
    index: int = -1


@dataclass(eq=False)
class TrieArc:
    """A slot of a template. weight: (values of the switch register, Z) integers, summed over the templates through it."""

    slot: str
    weight: np.ndarray
    target: TrieNode
