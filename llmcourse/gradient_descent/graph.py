"""Unit 03: a small computation graph. Whatever is computed with `Tensor` draws the graph that differentiates it.

Every operation makes a new node that knows its parents and one function: from ∂J/∂node to ∂J/∂parent of each. ``backward``
visits the nodes from the result to the leaves, each after all that depend on it, so that a value that is used twice has the
sum of both uses before it passes anything on. The order is found with a list, not by recursion: a chain of any length works.

* ``gradient`` of a node has the shape of its data and is 0 until ``backward``. Each call of ``backward`` adds one whole pass
  to every node's gradient, leaves and intermediate values alike; calling it twice doubles them. The pass itself starts from
  scratch, so what was there before never leaks into it.
* ``zero_gradients()`` on the result sets the gradients of its whole graph to 0, so those of its parameters too.
* Broadcasting follows NumPy; the gradient of an operand that was stretched is summed back to its own shape.
* The data of a node must not be changed in place between forward and backward.

Sources: deck C (defining f as a computation graph); Linnainmaa (1976) for reverse accumulation; Karpathy's micrograd for the
idea of keeping each forward beside its backward.
"""

from collections.abc import Callable, Sequence
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from llmcourse.gradient_descent.descent import (
    as_logits,
    as_targets,
    log_softmax,
    log_softmax_backward,
    softmax,
    softmax_backward,
)

Backward = Callable[[np.ndarray], Sequence[np.ndarray]]
"""From ∂J/∂node to ∂J/∂parent for each parent, in their order."""


def unbroadcast(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The gradient summed over the axes along which an operand of this shape was stretched by broadcasting."""
    extra = gradient.ndim - len(shape)
    stretched = tuple(extra + i for i, n in enumerate(shape) if n == 1 and gradient.shape[extra + i] != 1)
    return gradient.sum(axis=(*range(extra), *stretched), keepdims=True).reshape(shape)


class Tensor:
    """A float array in a computation graph: its data, its gradient, the operation that made it and that one's parents.

    A Tensor made by hand is a leaf. name: shown in pictures of the graph. Raises TypeError for data that is not real.
    """

    __array_ufunc__ = None                                     # array + tensor asks the tensor, not NumPy

    def __init__(self, data: ArrayLike, name: str = "", *, operation: str = "", parents: Sequence["Tensor"] = (),
                 backward: Backward | None = None):
        array = np.asarray(data)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"a tensor holds real numbers, got dtype {array.dtype}")
        self.data = np.array(array, dtype=float)
        self.gradient = np.zeros_like(self.data)
        self.name, self.operation, self.parents = name, operation, tuple(parents)
        self._backward = backward

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    def __repr__(self) -> str:
        return f"Tensor({np.array2string(self.data, precision=4, separator=', ')}{f', {self.name!r}' if self.name else ''})"

    def graph(self) -> list["Tensor"]:
        """All nodes that this one was made from, and itself: each after its parents. Depth-first, without recursion."""
        order, done, waiting = [], set(), [(self, False)]
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
        missing or does not have the shape of the data.
        """
        if upstream is None and self.data.size != 1:
            raise ValueError(f"only a scalar can be a loss; give upstream for shape {self.shape}")
        upstream = np.ones(self.shape) if upstream is None else np.array(upstream, dtype=float)
        if upstream.shape != self.shape:
            raise ValueError(f"the tensor has shape {self.shape}, its upstream gradient {upstream.shape}")
        arrived = {id(self): upstream}
        for node in reversed(self.graph()):
            gradient = arrived.pop(id(node))
            node.gradient = node.gradient + gradient
            if node._backward is None:
                continue
            for parent, part in zip(node.parents, node._backward(gradient), strict=True):
                part = unbroadcast(part, parent.shape)
                arrived[id(parent)] = arrived[id(parent)] + part if id(parent) in arrived else part

    def zero_gradients(self) -> None:
        """Set the gradients of this node and of all that it was made from to 0."""
        for node in self.graph():
            node.gradient = np.zeros_like(node.data)

    # --- arithmetic ---

    def __add__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        return Tensor(self.data + other.data, operation="+", parents=(self, other), backward=lambda up: (up, up))

    def __mul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        return Tensor(self.data * other.data, operation="×", parents=(self, other),
                      backward=lambda up: (up * other.data, up * self.data))

    def __sub__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        return Tensor(self.data - other.data, operation="−", parents=(self, other), backward=lambda up: (up, -up))

    def __truediv__(self, other: "Tensor | ArrayLike") -> "Tensor":
        other = as_tensor(other)
        return Tensor(self.data / other.data, operation="÷", parents=(self, other),
                      backward=lambda up: (up / other.data, -up * self.data / other.data**2))

    def __pow__(self, exponent: float) -> "Tensor":
        if not isinstance(exponent, Real):
            raise TypeError(f"the exponent must be a plain number, got {exponent!r}; write exp(log(a) * b) for tensors")
        return Tensor(self.data**exponent, operation=f"^{exponent}", parents=(self,),
                      backward=lambda up: (up * exponent * self.data ** (exponent - 1) if exponent else 0 * up,))

    def __matmul__(self, other: "Tensor | ArrayLike") -> "Tensor":
        """Matrix product. (…, n, k) @ (…, k, m) -> (…, n, m) with broadcast batches; a vector has (k,) on either side."""
        other = as_tensor(other)
        a, b = self.data, other.data
        left = a[None, :] if a.ndim == 1 else a                # vectors as matrices of one row and of one column
        right = b[:, None] if b.ndim == 1 else b

        def backward(up: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            up = np.expand_dims(up, -1) if b.ndim == 1 else up
            up = np.expand_dims(up, -2) if a.ndim == 1 else up
            d_left = unbroadcast(up @ np.swapaxes(right, -1, -2), left.shape)
            d_right = unbroadcast(np.swapaxes(left, -1, -2) @ up, right.shape)
            return d_left.reshape(a.shape), d_right.reshape(b.shape)

        return Tensor(a @ b, operation="@", parents=(self, other), backward=backward)

    def __neg__(self) -> "Tensor":
        return Tensor(-self.data, operation="−", parents=(self,), backward=lambda up: (-up,))

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
        return Tensor(y, operation="exp", parents=(self,), backward=lambda up: (up * y,))

    def log(self) -> "Tensor":
        """The natural logarithm of every entry."""
        return Tensor(np.log(self.data), operation="log", parents=(self,), backward=lambda up: (up / self.data,))

    def tanh(self) -> "Tensor":
        """tanh of every entry."""
        y = np.tanh(self.data)
        return Tensor(y, operation="tanh", parents=(self,), backward=lambda up: (up * (1 - y**2),))

    def sigmoid(self) -> "Tensor":
        """1 / (1 + e^{−x}) of every entry."""
        y = 0.5 * (1 + np.tanh(0.5 * self.data))
        return Tensor(y, operation="σ", parents=(self,), backward=lambda up: (up * y * (1 - y),))

    def relu(self) -> "Tensor":
        """max(x, 0) of every entry; the slope at 0 is taken as 0."""
        return Tensor(np.maximum(self.data, 0), operation="relu", parents=(self,), backward=lambda up: (up * (self.data > 0),))

    # --- along axes ---

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Tensor":
        """The sum over the axes (None: all), as NumPy's."""
        total = self.data.sum(axis=axis, keepdims=keepdims)
        kept = self.data.sum(axis=axis, keepdims=True).shape
        return Tensor(total, operation="sum", parents=(self,),
                      backward=lambda up: (np.broadcast_to(up.reshape(kept), self.shape),))

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Tensor":
        """The mean over the axes (None: all), as NumPy's. ValueError where there is nothing to average."""
        if not self.data.size:
            raise ValueError(f"there is nothing to average in a tensor of shape {self.shape}")
        total = self.sum(axis, keepdims)
        return total * (total.data.size / self.data.size)

    def softmax(self, axis: int = -1) -> "Tensor":
        """``gradient_descent.softmax`` along the axis, as one node."""
        p = softmax(self.data, axis)
        return Tensor(p, operation="softmax", parents=(self,), backward=lambda up: (softmax_backward(p, up, axis),))

    def log_softmax(self, axis: int = -1) -> "Tensor":
        """``gradient_descent.log_softmax`` along the axis, as one node."""
        log_p = log_softmax(self.data, axis)
        return Tensor(log_p, operation="log softmax", parents=(self,),
                      backward=lambda up: (log_softmax_backward(log_p, up, axis),))

    def cross_entropy(self, targets: ArrayLike) -> "Tensor":
        """The mean of −log softmax(self)[target], in nats. Logits (…, V) and integers (…) -> a scalar."""
        targets = as_targets(targets, as_logits(self.data))
        places = (*np.indices(targets.shape), targets)
        return -self.log_softmax()[places].mean()

    # --- shape ---

    def reshape(self, *shape: int) -> "Tensor":
        """The same entries in another shape."""
        return Tensor(self.data.reshape(shape), operation="reshape", parents=(self,),
                      backward=lambda up: (up.reshape(self.shape),))

    def swapaxes(self, first: int, second: int) -> "Tensor":
        """Two axes exchanged; ``swapaxes(-1, -2)`` transposes matrices."""
        return Tensor(self.data.swapaxes(first, second), operation="swap", parents=(self,),
                      backward=lambda up: (up.swapaxes(first, second),))

    def __getitem__(self, index: object) -> "Tensor":
        """NumPy's indexing. An entry that is picked twice gets both gradients, so ``table[ids]`` is an embedding."""
        def backward(up: np.ndarray) -> tuple[np.ndarray]:
            gradient = np.zeros(self.shape)
            np.add.at(gradient, index, up)
            return (gradient,)

        return Tensor(self.data[index], operation="[ ]", parents=(self,), backward=backward)

    def __iter__(self) -> None:
        raise TypeError("a tensor cannot be iterated over; index it, or use its data")


def as_tensor(value: Tensor | ArrayLike) -> Tensor:
    """A tensor as it is; numbers and arrays as a new leaf."""
    return value if isinstance(value, Tensor) else Tensor(value)
