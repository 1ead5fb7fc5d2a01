"""Unit 11: search and sampling on a weighted graph, the lecture's picture of decoding, and a language model as such a graph.

Edges are ``{node: {next node: weight}}``; a node without edges is an end. The weight of a path is the sum of its edges. For a
language model a node is what has been read, an edge is a token, and its weight is −log p: the lightest path is the most
probable text.

Source: deck C ("Greedy search", "Ancestral sampling"; its "negative exp'ed weights" are exp(−w), and the goal of sampling is a
sample, not the highest-probability sequence).
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np

from llmcourse import arguments
from llmcourse.language_models import LanguageModel, inverse_cdf
from llmcourse.language_models.models import check_model

Node = TypeVar("Node", bound=Hashable)
Edges = Mapping[Node, Mapping[Node, float]]
Prefix = tuple[int, ...]

LECTURE = {
    "S": {"A": 1, "B": 2, "C": 4}, "A": {"A1": 7, "A2": 5}, "B": {"B1": 3, "B2": 6}, "C": {"C1": 1, "C2": 2},
    "A1": {"E": 9}, "A2": {"E": 8}, "B1": {"E": 4, "F": 1}, "B2": {"F": 3}, "C1": {"F": 5}, "C2": {"E": 3},
}  # fmt: skip


class Path(NamedTuple):
    """The nodes from the start to an end, and the sum of the weights between them."""

    nodes: tuple[Hashable, ...]
    weight: float


def out(edges: Edges[Node], node: Node) -> Mapping[Node, float]:
    """The edges that leave a node: none at an end."""
    return edges.get(node, {})


def greedy_path(edges: Edges[Node], start: Node) -> Path:
    """Always the lightest edge, whatever comes after it; of equal ones the first listed.

    It costs as many looks as there are edges along the path, length × out-degree. Raises ValueError where it comes back to a
    node, as it would go round for ever.

    >>> greedy_path(LECTURE, "S")
    Path(nodes=('S', 'A', 'A2', 'E'), weight=14)
    """
    nodes, node = [start], start
    weight: float = 0
    while out(edges, node):
        node, step = min(edges[node].items(), key=lambda edge: edge[1])
        if node in nodes:
            raise ValueError(f"the lightest edges lead round: {node!r} comes a second time")
        nodes, weight = [*nodes, node], weight + step
    return Path(tuple(nodes), weight)


def best_path(edges: Edges[Node], start: Node) -> Path:
    """The lightest of all paths from the start to an end; of equal ones that with the first listed edge.

    What is best after a node does not depend on how one came there, so each node is solved once: the cost is one look at each
    edge, where the number of paths can grow like 2 to the power of their length. Raises ValueError for a graph with a round.

    >>> best_path(LECTURE, "S")
    Path(nodes=('S', 'B', 'B1', 'F'), weight=6)
    """
    rest: dict[Node, tuple[float, Node | None]] = {}                       # the least weight from a node, and where it goes
    for node in ends_first(edges, start):
        rest[node] = min(((weight + rest[after][0], after) for after, weight in out(edges, node).items()),
                         key=lambda option: option[0], default=(0, None))
    nodes: list[Node] = [start]
    while (after := rest[nodes[-1]][1]) is not None:
        nodes.append(after)
    return Path(tuple(nodes), rest[start][0])


def ends_first(edges: Edges[Node], start: Node) -> list[Node]:
    """Every node that can be reached, each after all that come behind it. Raises ValueError for a graph with a round."""
    order: dict[Node, None] = {}
    open_: dict[Node, None] = {}
    waiting = [(start, False)]
    while waiting:
        node, returned = waiting.pop()
        if returned:
            del open_[node]
            order[node] = None
        elif node in open_:
            raise ValueError(f"a round leads back to {node!r}: its paths have no end")
        elif node not in order:
            open_[node] = None
            waiting += [(node, True), *((after, False) for after in out(edges, node) if after not in order)]
    return list(order)


def path_weight(edges: Edges[Node], path: Sequence[Node]) -> float:
    """The sum of the weights along a path. Raises ValueError for one that takes an edge that is not there."""
    total = 0.0
    for node, after in pairwise(path):
        if after not in out(edges, node):
            raise ValueError(f"there is no edge from {node!r} to {after!r}")
        total += edges[node][after]
    return total


# --- Sampling: two distributions over the paths ---------------------------------------------------------------------------


def edge_probabilities(edges: Edges[Node], node: Node) -> dict[Node, float]:
    """exp(−w)/Σ exp(−w) over the edges of one node: what ancestral sampling draws the next node from."""
    weights = -np.array(list(out(edges, node).values()), float)
    p = np.exp(weights - weights.max(initial=-np.inf))
    return dict(zip(out(edges, node), (p / p.sum()).tolist(), strict=True))


def sample_path(edges: Edges[Node], start: Node, rng: np.random.Generator) -> Path:
    """A path by ancestral sampling: at each node an edge by chance, until an end."""
    arguments.generator(rng)
    nodes = [start]
    while p := edge_probabilities(edges, nodes[-1]):
        nodes.append(list(p)[inverse_cdf(list(p.values()), rng.random())])
    return Path(tuple(nodes), path_weight(edges, nodes))


def local_probability(edges: Edges[Node], path: Sequence[Node]) -> float:
    """How often ancestral sampling takes a path: the product of its edges' probabilities.

    >>> round(local_probability(LECTURE, ["S", "A", "A2", "E"]), 3)
    0.621
    """
    path_weight(edges, path)
    return math.prod(edge_probabilities(edges, node)[after] for node, after in pairwise(path))


def log_sums(edges: Edges[Node], start: Node) -> dict[Node, float]:
    """log Z of every node that can be reached, Z = Σ exp(−weight) over all paths from there to an end."""
    sums: dict[Node, float] = {}
    for node in ends_first(edges, start):
        ways = [sums[after] - weight for after, weight in out(edges, node).items()]
        sums[node] = float(np.logaddexp.reduce(ways)) if ways else 0.0
    return sums


def path_probability(edges: Edges[Node], path: Sequence[Node]) -> float:
    """exp(−weight) of a path, divided by the sum over all paths from its first node to an end: light paths are probable.

    >>> round(path_probability(LECTURE, ["S", "A", "A2", "E"]), 4), round(path_probability(LECTURE, ["S", "B", "B1", "F"]), 3)
    (0.0003, 0.889)
    """
    return math.exp(-path_weight(edges, path) - log_sums(edges, path[0])[path[0]])


def normalised(edges: Edges[Node], start: Node) -> dict[Node, dict[Node, float]]:
    """Weights w + log Z(node) − log Z(next): exp(−w) then sums to 1 at each node, and no path changes its rank.

    With these, ancestral sampling draws from ``path_probability`` of the weights that came in. The weights of a language
    model, −log p, are such to begin with; that is why sampling its tokens one by one is exact.
    """
    sums = log_sums(edges, start)
    return {node: {after: weight + sums[node] - sums[after] for after, weight in out(edges, node).items()} for node in sums
            if out(edges, node)}


# --- A language model as a graph --------------------------------------------------------------------------------------------


def as_graph(model: LanguageModel, max_length: int, *, limit: int = 100_000) -> dict[Prefix, dict[Prefix, float]]:
    """The texts of a model as paths from ``()``: nodes are prefixes of ids, weights −log p of the token that is added.

    A text ends with EOS, or with ``max_length`` tokens. Tokens of probability 0 have no edge. Raises ValueError where there
    are more than ``limit`` nodes.
    """
    eos = check_model(model).vocabulary.eos
    edges: dict[Prefix, dict[Prefix, float]] = {}
    waiting: list[Prefix] = [()]
    while waiting:
        prefix = waiting.pop()
        if len(prefix) == max_length or eos in prefix[-1:]:
            continue
        log_p = np.asarray(model.next_log_probabilities(prefix), float)
        edges[prefix] = {(*prefix, i): -float(log_p[i]) for i in np.flatnonzero(log_p > -np.inf).tolist()}
        waiting += edges[prefix]
        if len(edges) + len(waiting) > limit:
            raise ValueError(f"the texts of up to {max_length} tokens have more than {limit} prefixes")
    return edges
