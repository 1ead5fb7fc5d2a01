"""Which states a reader of a grammar can be in: the check that no sentence gets stuck for want of a word."""

import functools
import itertools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .grammar import Choice, WordClass
from .trie import TrieNode


@dataclass
class Reach:
    """What can be the case at a node: the values of each register, and the latent states, as a bit pattern."""

    values: list[set[int]]
    latents: int


def bits(positive: np.ndarray) -> int:
    """The truth values (Z,) as one integer: sets of latent states that are cheap to intersect."""
    return int.from_bytes(np.packbits(positive).tobytes())


@dataclass(frozen=True)
class Row:
    """A row of a class: the latent states in which it has a word, and in which ones it has each effect on registers."""

    possible: int
    effects: dict[tuple[tuple[str, int], ...], int]


def make_row(choices: Sequence[Choice], n: int) -> Row:
    """The row of these choices. n: the number of latent states."""
    effects: dict[tuple[tuple[str, int], ...], int] = {}
    for choice in choices:
        effect = tuple(sorted(choice.sets.items()))
        effects[effect] = effects.get(effect, 0) | bits(np.broadcast_to(choice.weight, (n,)) > 0)
    return Row(functools.reduce(operator.or_, effects.values(), 0), effects)


def reachable_rows(
    nodes: Sequence[TrieNode], classes: Mapping[str, WordClass], registers: Sequence[str], switch: str, shift: np.ndarray
) -> set[tuple[str, tuple[int, ...]]]:
    """All (class, values of its sources) that can occur. nodes: start first, every arc leading to a later one.

    The values are followed for each value of the switch register apart, because templates may depend on it; the
    registers otherwise are treated as if independent, so more may be called reachable than is. shift: (Z, Z) weights.
    Raises ValueError where no template or no word of a class would go on.
    """
    n = len(shift)
    all_latents = bits(np.ones(n, bool))
    turns = [(bits(np.arange(n) == z), bits(shift[z] > 0)) for z in range(n)]
    at: list[dict[int, Reach]] = [{} for _ in nodes]
    at[0] = {0: Reach([{0} for _ in registers], all_latents)}
    rows: dict[tuple[str, tuple[int, ...]], Row] = {}
    for node in nodes:
        for value, here in at[node.index].items():
            if node.shift:
                here.latents = functools.reduce(operator.or_, (after for z, after in turns if z & here.latents), 0)
            open_ = [(arc, bits(arc.weight[value] > 0) & here.latents) for arc in node.arcs.values()]
            if open_ and functools.reduce(operator.or_, (latents for _, latents in open_)) != here.latents:
                raise ValueError(f"{what_follows(node)} no template goes on where {switch!r} is {value}")
            for arc, latents in open_:
                if latents:
                    effects = _effects(arc.slot, classes[arc.slot], Reach(here.values, latents), registers, rows, n)
                    _merge(at[arc.target.index], here.values, effects, registers, registers.index(switch))
    return set(rows)


def _effects(
    slot: str, word_class: WordClass, here: Reach, registers: Sequence[str],
    rows: dict[tuple[str, tuple[int, ...]], Row], n: int,
) -> dict[tuple[tuple[str, int], ...], int]:
    """What a class can do to the registers, and in which latent states; notes its reachable rows in ``rows``."""
    effects: dict[tuple[tuple[str, int], ...], int] = {}
    for key in itertools.product(*(sorted(here.values[registers.index(source)]) for source in word_class.sources)):
        row = rows.get((slot, key))
        if row is None:
            row = rows[slot, key] = make_row(word_class.rows.get(key, ()), n)
        if here.latents & ~row.possible:
            known = dict(zip(word_class.sources, key, strict=True))
            raise ValueError(f"the class <{slot}> has no word for {known} where a template needs one")
        for effect, latents in row.effects.items():
            effects[effect] = effects.get(effect, 0) | (latents & here.latents)
    return effects


def _merge(after: dict[int, Reach], values: list[set[int]], effects: Mapping[tuple[tuple[str, int], ...], int],
           registers: Sequence[str], k_switch: int) -> None:
    """Adds to what can be the case behind an arc what its effects make of the values before it."""
    for effect, latents in effects.items():
        result = list(values)
        for name, value in effect:
            result[registers.index(name)] = {value}
        for value in result[k_switch] if latents else ():
            merged = after.setdefault(value, Reach([set() for _ in registers], 0))
            merged.latents |= latents
            for k in range(len(registers)):
                merged.values[k] |= {value} if k == k_switch else result[k]


def what_follows(node: TrieNode) -> str:
    """A node by what could come next, for messages."""
    return "before " + " or ".join(f"<{slot}>" for slot in sorted(node.arcs))
