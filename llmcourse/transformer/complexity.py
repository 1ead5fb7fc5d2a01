"""Unit 09: what four kinds of layer cost, and how far a gradient travels: Table 1 of the lecture in numbers and as graphs.

    layer            operations   one after the other   layers or steps from a word to any other
    self-attention   n²·d         1                     1
    recurrent        n·d²         n                     n
    convolutional    k·n·d²       1                     log_k n       kernels of k words, k times as far apart in each layer
    restricted       r·n·d        1                     n/r           attention to r neighbours

for n words with d features. Self-attention is the cheapest of the first two where n < d. The table counts neither constants nor
the projections to queries, keys, values and outputs, 4·n·d² in each attention; ``multiplications`` does.

Source: deck L ("Motivation", Table 1), deck S ("Comparing training times": how many functions to backpropagate through), deck C
("Transformer computational complexity"); Vaswani et al. (2017).
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.training import seeded
from llmcourse.training.randomness import new_generator

KINDS = ("self-attention", "recurrent", "convolutional", "restricted")
Node = TypeVar("Node", bound=Hashable)
Place = tuple[int, int]  # (layer, time)


# --- The table --------------------------------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """A row of Table 1: operations; how many of them wait for each other; the longest way from one word to another."""

    operations: int
    sequential: int
    path: int


def layer_cost(kind: str, n: int, d: int, k: int = 3, r: int = 4) -> Cost:
    """What a layer of this kind costs for n words of d features; k: words of a kernel, r: words that are attended to.

    The path is the smallest whole number of layers (of steps, in a recurrent one).

    >>> [layer_cost(kind, 10, 64).operations for kind in KINDS]
    [6400, 40960, 122880, 2560]
    """
    arguments.one_of("kind of layer", kind, KINDS)
    n, d, r = (arguments.integer(name, value, least=1) for name, value in (("n", n), ("d", d), ("r", r)))
    k = arguments.integer("k", k, least=2)
    layers = next(layers for layers in range(1, n + 1) if k**layers >= n)  # ⌈log_k n⌉ without rounding
    return {"self-attention": Cost(n * n * d, 1, 1), "recurrent": Cost(n * d * d, n, n),
            "convolutional": Cost(k * n * d * d, 1, layers), "restricted": Cost(r * n * d, 1, -(-n // r))}[kind]


def multiplications(kind: str, n: int, d: int, k: int = 3, r: int = 4, *, projections: bool = True) -> int:
    """How many numbers a layer of this kind multiplies with others, the projections of attention included or not.

    Scores and averages are n²·d each; a recurrent layer has a matrix for the word and one for the state. So both are 2 times
    what the table says, and break even at n = d as it does; with projections self-attention never needs fewer.
    """
    table = layer_cost(kind, n, d, k, r).operations
    if kind == "convolutional":
        return table
    return 2 * table + (4 * n * d * d if projections and kind != "recurrent" else 0)


# --- Layers to be timed -----------------------------------------------------------------------------------------------------


class SelfAttention(nn.Module):
    """softmax(q kᵀ/√d) v of every word to every word, one head, (n, d) -> (n, d); without projections q = k = v = x."""

    def __init__(self, d: int, projections: bool = True):
        super().__init__()
        self.d, self.maps = d, nn.ModuleList([nn.Linear(d, d, bias=False) for _ in range(4 if projections else 0)])

    def forward(self, x: Tensor) -> Tensor:
        """(n, d) -> (n, d)."""
        q, k, v = (m(x) for m in self.maps[:3]) if self.maps else (x, x, x)              # (n, d)
        mixed = self.attend(q, k, v)                                                     # (n, d)
        return self.maps[3](mixed) if self.maps else mixed

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Averages of the values v, (n, d) each."""
        return torch.softmax(q @ k.T / self.d**0.5, dim=-1) @ v            # (n, n), (n, d)


class Restricted(SelfAttention):
    """The same, but each word attends to itself and the r − 1 words before it alone; in front of the first stand zeros."""

    def __init__(self, d: int, r: int, projections: bool = True):
        super().__init__(d, projections)
        self.r = r

    def attend(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Averages of r values each, (n, d)."""
        near_k, near_v = (F.pad(part, (0, 0, self.r - 1, 0)).unfold(0, self.r, 1) for part in (k, v))     # (n, d, r)
        weights = torch.softmax(q[:, None] @ near_k / self.d**0.5, dim=-1)               # (n, 1, r)
        return (weights @ near_v.mT)[:, 0]                                               # (n, d)


class Recurrent(nn.Module):
    """h_t = tanh(W x_t + U h_{t−1}), (n, d) -> (n, d), one word after the other."""

    def __init__(self, d: int):
        super().__init__()
        self.cells = nn.RNN(d, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, d) -> (n, d)."""
        return self.cells(x)[0]  # type: ignore[no-any-return]


class Convolutional(nn.Module):
    """A map of each word and the k − 1 before it, (n, d) -> (n, d)."""

    def __init__(self, d: int, k: int):
        super().__init__()
        self.k, self.map = k, nn.Conv1d(d, d, k, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, d) -> (n, d)."""
        return self.map(F.pad(x.T, (self.k - 1, 0))[None])[0].T  # type: ignore[no-any-return]


def make_layer(kind: str, d: int, k: int = 3, r: int = 4, *, projections: bool = True, seed: int = 0) -> nn.Module:
    """A layer of this kind, (n, d) -> (n, d) for any n, with random weights."""
    arguments.one_of("kind of layer", kind, KINDS)
    makers: dict[str, Callable[[], nn.Module]] = {
        "self-attention": lambda: SelfAttention(d, projections), "recurrent": lambda: Recurrent(d),
        "convolutional": lambda: Convolutional(d, k), "restricted": lambda: Restricted(d, r, projections),
    }
    with seeded(new_generator(seed)):                                      # torch's own layers draw from its own numbers
        return makers[kind]()


# --- Graphs -----------------------------------------------------------------------------------------------------------------


def recurrent_edges(layers: int, tokens: int) -> list[tuple[Place, Place]]:
    """Who waits for whom in a stack of recurrent cells (layer, time), both from 1: for the cell below and that on the left."""
    cells = [(layer, t) for layer in range(1, layers + 1) for t in range(1, tokens + 1)]
    return ([((layer - 1, t), (layer, t)) for layer, t in cells if layer > 1]
            + [((layer, t - 1), (layer, t)) for layer, t in cells if t > 1])


def transformer_edges(layers: int, tokens: int, causal: bool = True) -> list[tuple[Place, Place]]:
    """The same of a stack of self-attentions, of which layer 0 are the words: each looks at all below, or at those up to it."""
    return [((layer - 1, s), (layer, t)) for layer, s, t in product(range(1, layers + 1), *[range(1, tokens + 1)] * 2)
            if s <= t or not causal]


def longest_chain(edges: Iterable[tuple[Node, Node]], start: Node, end: Node, counted: Collection[Node] | None = None) -> int:
    """Nodes on the longest way from start to end, both included, along edges (from, to); or of them those that are counted.

    Each node is visited once, when all before it have been: the longest way to it is one longer than that to its best
    predecessor. Raises ValueError where there is no way, or where edges go round in a circle.

    >>> longest_chain(recurrent_edges(3, 10), (1, 1), (3, 10))
    12
    """
    after: dict[Node, list[Node]] = {}
    waiting: dict[Node, int] = {start: 0, end: 0}
    for one, other in edges:
        after.setdefault(one, []).append(other)
        waiting[other] = waiting.get(other, 0) + 1
        waiting.setdefault(one, 0)

    def worth(node: Node) -> int:
        return int(counted is None or node in counted)

    longest, ready, seen = {start: worth(start)}, [node for node, n in waiting.items() if n == 0], 0
    while ready:
        node, seen = ready.pop(), seen + 1
        for other in after.get(node, []):
            waiting[other] -= 1
            if waiting[other] == 0:
                ready.append(other)
            if node in longest:
                longest[other] = max(longest.get(other, 0), longest[node] + worth(other))
    if seen < len(waiting):
        raise ValueError("the edges go round in a circle: the longest way has no end")
    if end not in longest:
        raise ValueError(f"there is no way from {start} to {end}")
    return longest[end]


def shortest_path(edges: Iterable[tuple[Node, Node]], start: Node, end: Node) -> int:
    """Edges on the shortest way from start to end. Raises ValueError where there is none.

    >>> shortest_path(recurrent_edges(1, 10), (1, 1), (1, 10)), shortest_path(transformer_edges(1, 10), (0, 1), (1, 10))
    (9, 1)
    """
    after: dict[Node, list[Node]] = {}
    for one, other in edges:
        after.setdefault(one, []).append(other)
    reached, edge, steps = {start}, [start], 0
    while edge:
        if end in reached:
            return steps
        edge = list({other for node in edge for other in after.get(node, [])} - reached)
        reached, steps = reached | set(edge), steps + 1
    raise ValueError(f"there is no way from {start} to {end}")


# --- The graph that autograd really keeps -----------------------------------------------------------------------------------


def gradient_edges(output: Tensor) -> list[tuple[Any, Any]]:
    """From each function that the gradient of an output passes to those that it hands its results to."""
    edges, ready, seen = [], [output.grad_fn], {output.grad_fn}
    while ready:
        node = ready.pop()
        assert node is not None                                            # its ``next_functions`` are asked for only once
        for other, _ in node.next_functions:
            if other is not None:
                edges.append((node, other))
                if other not in seen:
                    seen.add(other)
                    ready.append(other)
    return edges


def longest_gradient_chain(output: Tensor, source: Tensor, counted: Sequence[Tensor] | None = None) -> int:
    """How many functions the gradient passes on its longest way from an output to a leaf that it was computed from.

    counted: count only the functions that made these tensors. Raises ValueError where no gradient gets to the source.

    >>> x = torch.ones(3, requires_grad=True)
    >>> longest_gradient_chain((x.exp() * x).sum(), x)
    3
    """
    edges = gradient_edges(output)
    end = next((other for _, other in edges if getattr(other, "variable", None) is source), None)      # what adds to its .grad
    if end is None:
        raise ValueError("no gradient of this output gets to the source")
    nodes = {node for edge in edges for node in edge} - {end}
    return longest_chain(edges, output.grad_fn, end, nodes if counted is None else {tensor.grad_fn for tensor in counted})
