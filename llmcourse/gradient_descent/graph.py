"""Unit 03: a small computation graph. Whatever is computed with `Tensor` draws the graph that differentiates it.

Every operation makes a new node that knows its operands and one function for each: from ∂J/∂node to ∂J/∂operand. ``backward``
visits the nodes from the result to the leaves, each after all that depend on it, so that a value that is used twice has the
sum of both uses before it passes anything on. The order is found with a list, not by recursion: a chain of any length works.

* ``gradient`` of a node has the shape of its data and is 0 until ``backward``. Each call of ``backward`` adds one whole pass
  to every node's gradient, leaves and intermediate values alike; calling it twice doubles them. The pass itself starts from
  scratch, so what was there before never leaks into it.
* ``zero_gradients()`` on the result sets the gradients of its whole graph to 0, so those of its parameters too.
* Plain numbers and arrays in an expression are constants: they are no nodes, and nothing is computed for them.
* Broadcasting follows NumPy; the gradient of an operand that was stretched is summed back to its own shape.
* The data of a node must not be changed in place between forward and backward.

`Tensor` is small, float64 and on the processor. The one of PyTorch, from unit 06 on, is the same idea; where both have a
method of one name it computes the same, with ``axis`` for PyTorch's ``dim`` and ``gradient`` for its ``grad``.

Sources: deck C (defining f as a computation graph); Linnainmaa (1976) for reverse accumulation; Karpathy's micrograd for the
idea of keeping each forward beside its backward.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from llmcourse import arguments
from llmcourse.gradient_descent.descent import (
    Array,
    as_axis,
    as_logits,
    as_targets,
    log_softmax,
    log_softmax_backward,
    softmax,
    softmax_backward,
)

Backward = Callable[[Array], ArrayLike]
"""From ∂J/∂node to ∂J/∂operand, for one operand. Where that one was stretched, its gradient is summed afterwards."""

Axes = int | tuple[int, ...] | None
"""One axis, several, or None for all of them."""


def unbroadcast(gradient: ArrayLike, shape: tuple[int, ...]) -> Array:
    """The gradient summed over the axes along which an operand of this shape was stretched by broadcasting."""
    whole = np.asarray(gradient, dtype=float)
    extra = whole.ndim - len(shape)
    stretched = (extra + i for i, n in enumerate(shape) if n == 1)
    summed: Array = whole.sum(axis=(*range(extra), *stretched))
    return summed.reshape(shape)


class Tensor:
    """A float array in a computation graph: its data, its gradient, the operation that made it and that one's operands.

    A Tensor made by hand is a leaf. name: shown in pictures of the graph. constant: whether it stays out of the graph, as
    plain numbers and arrays do. operation, edges: what made it; for every operand the function from ∂J/∂self to its gradient.
    Raises TypeError for data that is not real.
    """

    __array_ufunc__ = None                                     # array + tensor asks the tensor, not NumPy

    def __init__(self, data: ArrayLike, name: str = "", *, constant: bool = False, operation: str = "",
                 edges: Sequence[tuple["Tensor", Backward]] = ()):
        self.data: Array = np.array(arguments.reals("a tensor", data, finite=False), dtype=float)
        self.gradient: Array = np.zeros_like(self.data)
        self.name, self.operation = name, operation
        self.edges = tuple((operand, backward) for operand, backward in edges if not operand.constant)
        self.constant: bool = constant or (operation != "" and not self.edges)

    @property
    def parents(self) -> tuple["Tensor", ...]:
        """The operands that are nodes of the graph, as often as they were used."""
        return tuple(operand for operand, _ in self.edges)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of every axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    def item(self) -> float:
        """The number in a tensor that has a single one; else ValueError."""
        if self.data.size != 1:
            raise ValueError(f"only a tensor with one entry is a number, this one has shape {self.shape}")
        return float(self.data.item())

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("a tensor without axes has no length")
        return len(self.data)

    def __bool__(self) -> bool:
        return bool(self.item())                               # as a number: a len() alone would make it false where empty

    def __iter__(self) -> NoReturn:
        raise TypeError("a tensor cannot be iterated over; index it, or use its data")

    def __repr__(self) -> str:
        return f"Tensor({np.array2string(self.data, precision=4, separator=', ')}{f', {self.name!r}' if self.name else ''})"

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NoReturn:
        raise TypeError("NumPy would forget how a tensor was made; use .data for its numbers, Tensor.stack for a list of them")

    def __array_function__(self, function: Callable[..., object], types: object, args: object, kwargs: object) -> NoReturn:
        name = function.__name__
        instead = f"Tensor.{name}" if hasattr(Tensor, name) else ".data for its numbers"
        raise TypeError(f"np.{name} does not know tensors; use {instead}")

    # --- the graph ---

    def graph(self) -> list["Tensor"]:
        """All nodes that this one was made from, and itself: each after its parents. Depth-first, without recursion."""
        order: list[Tensor] = []
        done, waiting = set(), [(self, False)]
        while waiting:
            node, parents_done = waiting.pop()
            if parents_done:
                order.append(node)
            elif id(node) not in done:
                done.add(id(node))
                waiting.append((node, True))
                waiting += [(parent, False) for parent in node.parents if id(parent) not in done]
        return order

    def backward(self, upstream: ArrayLike | None = None) -> None:
        """Add ∂J/∂node to the gradient of every node of the graph, where upstream = ∂J/∂self.

        upstream: 1 for a scalar, which then is the loss itself; needed for any other shape. Raises ValueError where it is
        missing or does not have the shape of the data, and for a constant, which depends on nothing.
        """
        if self.constant:
            raise ValueError("there is nothing to differentiate: this tensor was made from constants only")
        if upstream is None and self.data.size != 1:
            raise ValueError(f"only a scalar can be a loss; give upstream for shape {self.shape}")
        first = np.ones(self.shape) if upstream is None else arguments.reals("upstream", upstream, finite=False).astype(float)
        if first.shape != self.shape:
            raise ValueError(f"the tensor has shape {self.shape}, its upstream gradient {first.shape}")
        arrived = {id(self): first}
        for node in reversed(self.graph()):
            gradient = arrived.pop(id(node))
            node.gradient = node.gradient + gradient
            for operand, backward in node.edges:
                part = unbroadcast(backward(gradient), operand.shape)
                arrived[id(operand)] = arrived[id(operand)] + part if id(operand) in arrived else part

    def zero_gradients(self) -> None:
        """Set the gradients of this node and of all that it was made from to 0."""
        for node in self.graph():
            node.gradient = np.zeros_like(node.data)

    # --- arithmetic ---

    def __add__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        return Tensor(self.data + other.data, operation=_label("+", self, other),
                      edges=[(self, lambda up: up), (other, lambda up: up)])

    def __mul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        return Tensor(self.data * other.data, operation=_label("×", self, other),
                      edges=[(self, lambda up: up * other.data), (other, lambda up: up * self.data)])

    def __sub__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        return Tensor(self.data - other.data, operation=_label("−", self, other),
                      edges=[(self, lambda up: up), (other, lambda up: -up)])

    def __truediv__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        y = self.data / other.data                             # −a/b² is written −y/b: b² may be too large for a float
        return Tensor(y, operation=_label("÷", self, other),
                      edges=[(self, lambda up: up / other.data), (other, lambda up: -up * y / other.data)])

    def __pow__(self, exponent: float) -> "Tensor":
        """x^n of every entry, for a plain number n."""
        if not isinstance(exponent, Real):
            raise TypeError(f"the exponent must be a plain number, got {exponent!r}; write exp(log(a) * b) for tensors")
        n = float(exponent)
        return Tensor(self.data**n, operation=f"^{exponent}",
                      edges=[(self, lambda up: up * n * self.data ** (n - 1) if n else 0 * up)])

    def __matmul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        """Matrix product. (…, n, k) @ (…, k, m) -> (…, n, m) with broadcast batches; a vector has (k,) on either side."""
        other = as_tensor(other)
        a, b = self.data, other.data
        left = a[None, :] if a.ndim == 1 else a                # vectors as matrices of one row and of one column
        right = b[:, None] if b.ndim == 1 else b

        def matrices(up: Array) -> Array:
            up = np.expand_dims(up, -1) if b.ndim == 1 else up
            return np.expand_dims(up, -2) if a.ndim == 1 else up

        return Tensor(a @ b, operation="@", edges=[
            (self, lambda up: unbroadcast(matrices(up) @ right.swapaxes(-1, -2), left.shape).reshape(a.shape)),
            (other, lambda up: unbroadcast(left.swapaxes(-1, -2) @ matrices(up), right.shape).reshape(b.shape))])

    def __neg__(self) -> "Tensor":
        return Tensor(-self.data, operation="−", edges=[(self, lambda up: -up)])

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: ArrayLike) -> "Tensor":
        return as_tensor(other) - self

    def __rtruediv__(self, other: ArrayLike) -> "Tensor":
        return as_tensor(other) / self

    def __rmatmul__(self, other: ArrayLike) -> "Tensor":
        return as_tensor(other) @ self

    # --- entry by entry ---

    def exp(self) -> "Tensor":
        """e^x of every entry."""
        y = np.exp(self.data)
        return Tensor(y, operation="exp", edges=[(self, lambda up: up * y)])

    def log(self) -> "Tensor":
        """The natural logarithm of every entry."""
        return Tensor(np.log(self.data), operation="log", edges=[(self, lambda up: up / self.data)])

    def sqrt(self) -> "Tensor":
        """√x of every entry; the slope at 0 is ∞."""
        y = np.sqrt(self.data)
        return Tensor(y, operation="√", edges=[(self, lambda up: up / (2 * y))])

    def abs(self) -> "Tensor":
        """|x| of every entry; the slope at 0 is taken as 0."""
        return Tensor(np.abs(self.data), operation="| |", edges=[(self, lambda up: up * np.sign(self.data))])

    __abs__ = abs

    def tanh(self) -> "Tensor":
        """tanh of every entry."""
        y = np.tanh(self.data)
        return Tensor(y, operation="tanh", edges=[(self, lambda up: up * (1 - y**2))])

    def sigmoid(self) -> "Tensor":
        """1 / (1 + e^{−x}) of every entry."""
        y = 0.5 * (1 + np.tanh(0.5 * self.data))
        return Tensor(y, operation="σ", edges=[(self, lambda up: up * y * (1 - y))])

    def relu(self) -> "Tensor":
        """max(x, 0) of every entry; the slope at 0 is taken as 0."""
        return Tensor(np.maximum(self.data, 0), operation="relu", edges=[(self, lambda up: up * (self.data > 0))])

    def maximum(self, other: "Tensor | ArrayLike") -> "Tensor":
        """The larger one of every two entries. Where they are equal, each gets half of the gradient."""
        other = as_tensor(other)
        larger, equal = self.data > other.data, self.data == other.data
        share = larger + 0.5 * equal
        return Tensor(np.maximum(self.data, other.data), operation=_label("max", self, other),
                      edges=[(self, lambda up: up * share), (other, lambda up: up * (1 - share))])

    @staticmethod
    def where(condition: ArrayLike, a: "Tensor | ArrayLike", b: "Tensor | ArrayLike") -> "Tensor":
        """a where the condition holds, else b, as NumPy's; what was not chosen gets the gradient 0.

        condition: an array of booleans, such as ``x.data > 0``. Raises TypeError for any other.
        """
        chosen = np.asarray(condition)
        if chosen.dtype != bool:
            raise TypeError(f"the condition must be an array of booleans, got {condition!r}")
        a, b = as_tensor(a), as_tensor(b)
        return Tensor(np.where(chosen, a.data, b.data), operation="where",
                      edges=[(a, lambda up: np.where(chosen, up, 0)), (b, lambda up: np.where(chosen, 0, up))])

    # --- along axes ---

    def sum(self, axis: Axes = None, keepdims: bool = False) -> "Tensor":
        """The sum over the axes (None: all), as NumPy's."""
        kept = _kept(self.shape, axis)
        return Tensor(self.data.sum(axis=axis, keepdims=keepdims), operation="sum",
                      edges=[(self, lambda up: np.broadcast_to(up.reshape(kept), self.shape))])

    def mean(self, axis: Axes = None, keepdims: bool = False) -> "Tensor":
        """The mean over the axes (None: all), as NumPy's. ValueError where there is nothing to average."""
        if not self.data.size:
            raise ValueError(f"there is nothing to average in a tensor of shape {self.shape}")
        kept = _kept(self.shape, axis)
        share = math.prod(kept) / self.data.size               # 1 / how many entries each mean is of
        return Tensor(self.data.mean(axis=axis, keepdims=keepdims), operation="mean",
                      edges=[(self, lambda up: share * np.broadcast_to(up.reshape(kept), self.shape))])

    def max(self, axis: Axes = None, keepdims: bool = False) -> "Tensor":
        """The largest entry along the axes (None: of all). Entries that share the first place share the gradient equally.

        ValueError where there is nothing to choose from.
        """
        kept = _kept(self.shape, axis)
        if not self.data.size:
            raise ValueError(f"there is no largest entry in a tensor of shape {self.shape}")
        y = self.data.max(axis=axis, keepdims=keepdims)
        first = self.data == y.reshape(kept)
        share = first / first.sum(axis=axis, keepdims=True)
        return Tensor(y, operation="max", edges=[(self, lambda up: share * up.reshape(kept))])

    def logsumexp(self, axis: int = -1, keepdims: bool = False) -> "Tensor":
        """log Σ exp x along the axis, with the largest taken out first; its slope is the softmax. Raises like ``as_logits``."""
        log_p, kept = log_softmax(self.data, axis), _kept(self.shape, axis)
        total = self.data.max(axis=axis, keepdims=keepdims) - log_p.max(axis=axis, keepdims=keepdims)  # log p = x − total
        return Tensor(total, operation="log Σ exp", edges=[(self, lambda up: np.exp(log_p) * up.reshape(kept))])

    def softmax(self, axis: int = -1) -> "Tensor":
        """``gradient_descent.softmax`` along the axis, as one node."""
        p = softmax(self.data, axis)
        return Tensor(p, operation="softmax", edges=[(self, lambda up: softmax_backward(p, up, axis))])

    def log_softmax(self, axis: int = -1) -> "Tensor":
        """``gradient_descent.log_softmax`` along the axis, as one node."""
        log_p = log_softmax(self.data, axis)
        return Tensor(log_p, operation="log softmax", edges=[(self, lambda up: log_softmax_backward(log_p, up, axis))])

    def cross_entropy(self, targets: ArrayLike) -> "Tensor":
        """The mean of −log softmax(self)[target], in nats. Logits (…, V) and integers (…) -> a scalar."""
        right = as_targets(targets, as_logits(self.data))
        return -self.log_softmax()[(*np.indices(right.shape), right)].mean()

    # --- shape ---

    def reshape(self, *shape: int | tuple[int, ...]) -> "Tensor":
        """The same entries in another shape: ``reshape(3, 2)`` or ``reshape((3, 2))``; one length may be −1."""
        return Tensor(self.data.reshape(_flat(shape)), operation="reshape", edges=[(self, lambda up: up.reshape(self.shape))])

    def transpose(self, *axes: int | tuple[int, ...]) -> "Tensor":
        """The axes in the order given, ``transpose(1, 0, 2)`` or ``transpose((1, 0, 2))``; without any, in reverse."""
        order = [as_axis(axis, self.shape) for axis in _flat(axes) or reversed(range(self.ndim))]
        return Tensor(self.data.transpose(order), operation="T", edges=[(self, lambda up: up.transpose(np.argsort(order)))])

    @property
    def T(self) -> "Tensor":
        """The axes in reverse: the transpose of a matrix."""
        return self.transpose()

    def swapaxes(self, first: int, second: int) -> "Tensor":
        """Two axes exchanged; ``swapaxes(-1, -2)`` transposes matrices."""
        return Tensor(self.data.swapaxes(first, second), operation="swap",
                      edges=[(self, lambda up: up.swapaxes(first, second))])

    def broadcast_to(self, shape: tuple[int, ...]) -> "Tensor":
        """The entries repeated until they fill the shape, as NumPy's; every entry gets the sum over its copies."""
        return Tensor(np.broadcast_to(self.data, shape), operation="broadcast", edges=[(self, lambda up: up)])

    @staticmethod
    def concatenate(tensors: Iterable["Tensor | ArrayLike"], axis: int = 0) -> "Tensor":
        """Tensors one after the other along an axis that they have."""
        parts = [as_tensor(tensor) for tensor in tensors]
        ends = np.cumsum([0, *(part.shape[as_axis(axis, part.shape)] for part in parts)])

        def piece(i: int) -> Backward:
            return lambda up: up.swapaxes(0, axis)[ends[i]:ends[i + 1]].swapaxes(0, axis)

        return Tensor(np.concatenate([part.data for part in parts], axis), operation="concatenate",
                      edges=[(part, piece(i)) for i, part in enumerate(parts)])

    @staticmethod
    def stack(tensors: Iterable["Tensor | ArrayLike"], axis: int = 0) -> "Tensor":
        """Tensors of one shape along a new axis."""
        parts = [as_tensor(tensor) for tensor in tensors]

        def layer(i: int) -> Backward:
            return lambda up: up.take(i, axis)

        return Tensor(np.stack([part.data for part in parts], axis), operation="stack",
                      edges=[(part, layer(i)) for i, part in enumerate(parts)])

    def __getitem__(self, index: Any) -> "Tensor":
        """NumPy's indexing, with arrays of integers or booleans too. An entry that is picked twice gets both gradients, so
        ``table[ids]`` is an embedding."""
        def backward(up: Array) -> Array:
            gradient = np.zeros(self.shape)
            np.add.at(gradient, index, up)
            return gradient

        return Tensor(self.data[index], operation="[ ]", edges=[(self, backward)])


def as_tensor(value: Tensor | ArrayLike) -> Tensor:
    """A tensor as it is; numbers and arrays as a constant."""
    return value if isinstance(value, Tensor) else Tensor(value, constant=True)


def _label(symbol: str, a: Tensor, b: Tensor) -> str:
    """What a picture of the graph shows: the operation, with its constant where one operand is a plain number."""
    if b.constant and not b.ndim:
        return f"{symbol} {b.data:g}"
    return f"{a.data:g} {symbol}" if a.constant and not a.ndim else symbol


def _flat(numbers: tuple[int | tuple[int, ...], ...]) -> list[int]:
    """The numbers of a call such as f(3, 2) or f((3, 2)), which mean the same."""
    return [n for part in numbers for n in (part if isinstance(part, tuple | list) else (part,))]


def _kept(shape: tuple[int, ...], axis: Axes) -> tuple[int, ...]:
    """The shape that a sum over the axes has with ``keepdims``. Raises ValueError for an axis that is not there."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    summed = {as_axis(a, shape) for a in axes}
    return tuple(1 if i in summed else n for i, n in enumerate(shape))
