"""Unit 11: what a cache costs and what it saves, counted.

T tokens are generated one after the other. With a cache step t computes one position and compares its query with t keys;
without, it computes all t positions again, and the query of each is compared with the keys up to its own.

Source: deck C ("Key-value caching"); Kaplan et al. (2020) for counting two operations, a product and a sum, for each weight.
"""

from typing import NamedTuple

from llmcourse import arguments


class Cost(NamedTuple):
    """With a cache and without."""

    cached: int
    again: int


def cache_bytes(T: int, layers: int, width: int, number: int = 4, batch: int = 1) -> int:
    """Bytes of the keys and values of T positions: 2 · layers · T · width numbers for each text.

    width: features of all heads of keys together; heads only divide them. number: bytes of one, 4 in float32.

    >>> cache_bytes(256, 4, 128)
    1048576
    """
    sizes = {"T": T, "layers": layers, "width": width, "number": number, "batch": batch}
    for name, size in sizes.items():
        arguments.integer(name, size, least=0)
    return 2 * layers * T * width * number * batch


def score_products(T: int) -> Cost:
    """Query–key pairs that one layer compares to generate T tokens: T (T + 1)/2 with a cache, T (T + 1)(T + 2)/6 without.

    >>> score_products(256)
    Cost(cached=32896, again=2829056)
    """
    arguments.integer("T", T, least=0)
    return Cost(T * (T + 1) // 2, T * (T + 1) * (T + 2) // 6)


def positions_computed(T: int) -> Cost:
    """How often a position goes through the layers: T times with a cache, T (T + 1)/2 without.

    >>> positions_computed(256)
    Cost(cached=256, again=32896)
    """
    arguments.integer("T", T, least=0)
    return Cost(T, T * (T + 1) // 2)


def generation_flops(T: int, layers: int, width: int, size: int, hidden: int | None = None) -> Cost:
    """Floating-point operations of the matrix products for T tokens of a transformer with heads of keys of their own.

    For each position 2 · (4 d² + 2 d d_ff) a layer and 2 d V for its logits; for each query–key pair 4 d a layer, half for the
    score and half for the mean of the values. size: V; hidden: d_ff, 4d unless given. Norms and activations are not counted.
    """
    hidden = 4 * width if hidden is None else hidden
    for name, number in {"layers": layers, "width": width, "size": size, "hidden": hidden}.items():
        arguments.integer(name, number, least=1)
    position = layers * 2 * (4 * width**2 + 2 * width * hidden) + 2 * width * size
    pair = layers * 4 * width
    (one, all_), (seen, pairs) = positions_computed(T), score_products(T)
    return Cost(one * position + seen * pair, all_ * position + pairs * pair)
