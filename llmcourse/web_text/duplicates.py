"""Unit 10: pages that stand there twice. To the letter is easy; nearly the same needs MinHash, or every pair to be compared.

The Jaccard similarity of two texts is that of their sets of shingles (runs of n words): common ones over all. Of a random order
of all shingles, two texts have the same first one with just this probability; so the share of, say, 128 random orders in which
their first shingles agree estimates it, and texts become comparable by 128 numbers each. Bands of these numbers serve as keys:
only texts that agree in a whole band are looked at as a pair.

Source: Broder (1997) for shingles and MinHash; Lee et al. (2022) for what removing duplicates does to language models.
"""

from collections.abc import Sequence

from llmcourse import arguments
from llmcourse.web_text.language import normal

SHINGLE, SIMILAR, ORDERS = 5, 0.5, 128


def shingles(text: str, n: int = SHINGLE) -> set[str]:
    """All runs of n words; of a shorter text the text itself, and of an empty one nothing.

    >>> sorted(shingles("a rose is a rose", 3))
    ['a rose is', 'is a rose', 'rose is a']
    """
    n = arguments.integer("n", n, least=1)
    found = normal(text).split()
    return {" ".join(found[i : i + n]) for i in range(max(1, len(found) - n + 1))} - {""}


def jaccard(one: set[str], other: set[str]) -> float:
    """|A ∩ B| / |A ∪ B|; 1 for two empty sets."""
    return len(one & other) / len(one | other) if one or other else 1.0


def first_of_each(texts: Sequence[str]) -> list[int]:
    """The numbers of the texts that are no copy of an earlier one, to the letter but for spaces and capitals."""
    seen: dict[str, int] = {}
    for number, text in enumerate(texts):
        seen.setdefault(normal(text), number)
    return list(seen.values())


def near_duplicates(texts: Sequence[str], *, n: int = SHINGLE, threshold: float = SIMILAR, seed: int = 1) -> list[int]:
    """The numbers of the texts to keep: of each group of texts that are nearly the same, the first.

    A text goes when an earlier one that is kept has a Jaccard similarity of at least ``threshold``. MinHash (datasketch) finds
    the candidates, whose similarity is then computed, so no two different texts are taken for the same. That a pair is
    overlooked becomes improbable quickly above the threshold, since the bands are chosen for 0.8 of it. A threshold of 1.0 asks
    for the same shingles.

    Raises ValueError for a threshold that is not above 0 and at most 1, TypeError for what is no list of texts.
    """
    from datasketch import MinHash, MinHashLSH

    arguments.number("threshold", threshold, above=0)
    arguments.number("threshold", threshold, most=1)
    arguments.integer("seed", seed, least=0)
    if isinstance(texts, str):
        raise TypeError("texts must be several texts, got one string")
    index, found, kept = MinHashLSH(threshold=0.8 * threshold, num_perm=ORDERS), list[set[str]](), list[int]()
    for number, text in enumerate(texts):
        found.append(shingles(text, n))
        mark = MinHash(num_perm=ORDERS, seed=seed)
        mark.update_batch([shingle.encode() for shingle in sorted(found[-1])])
        candidates = index.query(mark) if found[-1] else []
        if any(jaccard(found[other], found[-1]) >= threshold for other in candidates):
            continue
        kept.append(number)
        if found[-1]:
            index.insert(number, mark)
    return kept
