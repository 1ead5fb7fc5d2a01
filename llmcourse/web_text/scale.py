"""Unit 10: the same functions where a corpus outgrows one process or one machine: cut it up, and put the results together.

What can be said of a part without the others (a filter's verdict, the counts of words or of pairs of symbols) needs no more
than a map and a sum. Dask does it on processes of this machine or on others that share a scheduler; a part whose worker died is
given to another one, so it is neither lost nor counted twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, TypeVar

from llmcourse import arguments
from llmcourse.web_text.rules import words

PART = 1000  # items of a part: enough work for the way to a worker and back to be worth it
Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def cluster(address: str = "local", workers: int = 2) -> Iterator[Any]:
    """A Dask client: of so many processes on this machine, or of the scheduler at an address such as "tcp://host:8786".

    Raises ImportError with what to install where Dask is not there, OSError where no scheduler answers.
    """
    arguments.integer("workers", workers, least=1)
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ImportError("a cluster needs Dask: pip install 'llmcourse[cluster]'") from error
    if address != "local":
        with Client(address, timeout="10s") as client:
            yield client
        return
    with (LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as here,
          Client(here) as client):
        yield client


def map_parts(function: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item], client: Any = None,
              part: int = PART) -> list[Result]:
    """function(part) for each part of the items, in order and put together; on a cluster's workers where there is a client.

    function: takes some items and returns a result for each.
    """
    if client is None:
        return [result for some in _parts(items, part) for result in function(some)]
    futures = client.map(function, list(_parts(items, part)), pure=False)
    return [result for found in client.gather(futures) for result in found]


def count_words(texts: Sequence[str], client: Any = None, part: int = PART) -> dict[str, int]:
    """How often each word stands in the texts, the most frequent first, ties in alphabetical order."""
    return in_order(_reduce(_count_words, texts, client, part))


def pair_counts(counts: dict[str, int], client: Any = None, part: int = PART) -> dict[tuple[str, str], int]:
    """How often two characters stand side by side in words with these counts: what the first merge of BPE goes by.

    In the order of ``count_words``.
    """
    return in_order(_reduce(_count_pairs, list(counts.items()), client, part))


def in_order(counts: Counter[Any]) -> dict[Any, int]:
    """By count, then by name: no matter which part was ready first."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _reduce(function: Callable[[Sequence[Item]], Counter[Any]], items: Sequence[Item], client: Any, part: int) -> Counter[Any]:
    """The sum of the counts of all parts."""
    total: Counter[Any] = Counter()
    if client is None:
        counted: Iterable[Counter[Any]] = map(function, _parts(items, part))
    else:
        counted = client.gather(client.map(function, list(_parts(items, part)), pure=False))
    for counts in counted:
        total.update(counts)
    return total


def _parts(items: Sequence[Item], part: int) -> Iterator[Sequence[Item]]:
    part = arguments.integer("part", part, least=1)
    return (items[i : i + part] for i in range(0, len(items), part))


def _count_words(texts: Sequence[str]) -> Counter[str]:
    return Counter(word for text in texts for word in words(text))


def _count_pairs(counts: Sequence[tuple[str, int]]) -> Counter[tuple[str, str]]:
    pairs: Counter[tuple[str, str]] = Counter()
    for word, count in counts:
        for pair in pairwise(word):
            pairs[pair] += count
    return pairs
