"""Unit 01: what a language model is, and everything that follows from next-token probabilities alone.

Sources: deck S (p(text) by the chain rule, event tree, sampling), deck L (two views, NLL, language identification).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.vocabulary import EOS, Vocabulary

Reals = NDArray[np.float64]


@runtime_checkable
class LanguageModel(Protocol):
    """What every model in the course can do; all else in this module follows from it."""

    vocabulary: Vocabulary

    def next_log_probabilities(self, context: Sequence[int]) -> NDArray[np.floating]:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        ...


@runtime_checkable
class BatchedModel(Protocol):
    """A model that has a quicker way to score whole texts."""

    def token_log_probabilities(self, sequences: Sequence[NDArray[np.int64]]) -> NDArray[np.floating]:
        """log p(x_t | x_{<t}) of every token of every sequence, one flat array (ΣT,) in nats."""
        ...


def check_model(model: LanguageModel) -> LanguageModel:
    """The model itself; TypeError for what is none, such as the scores of stupid back-off."""
    if not isinstance(model, LanguageModel):
        raise TypeError(f"expected a model with a vocabulary and next_log_probabilities, got {model!r}")
    return model


def next_probabilities(model: LanguageModel, context: Sequence[int]) -> Reals:
    """p(x_t | x_{<t}) of every token, (V,), summing to 1 as exactly as float64 can, whatever float the model computes in.

    Raises ValueError where the model's own sum differs from 1 by more than its floats round (``arguments.probabilities``).
    """
    return arguments.probabilities(np.exp(np.asarray(model.next_log_probabilities(context))), "the model's probabilities")


def token_log_probabilities(model: LanguageModel, sequences: Iterable[ArrayLike]) -> Reals:
    """log p(x_t | x_{<t}) of every token of every sequence of ids, one flat array (ΣT,) in nats, float64.

    A model with a method of this name is asked for all of them at once; else it is asked token by token.
    Raises TypeError for sequences that hold no integers, ValueError for an id outside 0 … V−1.
    """
    corpus = Corpus.join(sequences)
    arguments.ids(corpus.ids, len(check_model(model).vocabulary))
    if isinstance(model, BatchedModel):
        return np.asarray(model.token_log_probabilities(corpus), float)
    # A slice of an array is no copy, so that a text of T tokens is not copied T times; it is a sequence to every model.
    rows = (model.next_log_probabilities(cast(Sequence[int], text[:t]))[x] for text in corpus for t, x in enumerate(text))
    return np.fromiter(rows, float, len(corpus.ids))


# --- Scoring: log p(text), and what a corpus costs per token ----------------------------------------------------------

Text = Sequence[str] | Sequence[int] | NDArray[np.integer]


def as_ids(vocabulary: Vocabulary, text: Text) -> NDArray[np.int64]:
    """Ids of a text, int64 (T,). Strings are a complete text and get EOS at the end; ids are taken as they are.

    Raises TypeError for anything but a sequence of strings or of integers; ValueError for an unknown token, an id
    outside 0 … V−1, a BOS, or a token after EOS (which no text has).
    """
    (text,) = arguments.texts([text])
    if not isinstance(text, np.ndarray) and (len(text) == 0 or isinstance(text[0], str)):
        return vocabulary.encode_text(cast(Sequence[str], text))
    ids = arguments.ids(text, len(vocabulary), ndim=1).astype(np.int64, copy=False)
    if (ids == vocabulary.bos).any() or (ids[:-1] == vocabulary.eos).any():
        raise ValueError(f"a text holds no BOS, and EOS only at its end, got {vocabulary.decode(ids)}")
    return ids


def log_probabilities(model: LanguageModel, texts: Iterable[Text]) -> Reals:
    """log p of every text by the chain rule, (N,) in nats; −inf for an impossible one. Raises like ``as_ids``.

    Ids without EOS at the end are the start of a text: their probability is that of all the texts that start so.
    """
    corpus = Corpus.join(_all_ids(model, texts))
    scores = token_log_probabilities(model, corpus)
    return np.bincount(corpus.text_of, weights=scores, minlength=len(corpus)).astype(float, copy=False)


def _all_ids(model: LanguageModel, texts: Iterable[Text]) -> list[NDArray[np.int64]]:
    vocabulary = check_model(model).vocabulary
    return [as_ids(vocabulary, text) for text in arguments.texts(texts)]


def log_probability(model: LanguageModel, text: Text) -> float:
    """log p(text) = Σ_t log p(x_t | x_{<t}) in nats, deck S's product as a sum. See ``log_probabilities``."""
    return float(log_probabilities(model, [text])[0])


def cross_entropy(model: LanguageModel, texts: Iterable[Text]) -> float:
    """−(1/N) Σ log p(x_t | x_{<t}) in nats per token: the NLL of deck L. N counts every token of the corpus, EOS too.

    inf where the model gives some token probability 0. Raises ValueError for an empty corpus and for a text of ids
    that does not end in EOS, and like ``as_ids``.
    """
    sequences = _all_ids(model, texts)
    if not sequences:
        raise ValueError("the corpus is empty: there is no token to average over")
    for i, sequence in enumerate(sequences):
        if not len(sequence) or sequence[-1] != model.vocabulary.eos:
            raise ValueError(f"text {i} does not end in EOS; Vocabulary.encode_text adds it")
    return -float(np.mean(token_log_probabilities(model, sequences)))


def bits_per_token(model: LanguageModel, texts: Iterable[Text]) -> float:
    """``cross_entropy`` in bits: divided by ln 2. The unit of the course's ladder."""
    return cross_entropy(model, texts) / math.log(2)


def perplexity(model: LanguageModel, texts: Iterable[Text]) -> float:
    """exp(``cross_entropy``): the number of equally likely tokens that would be as surprising. inf where that is."""
    return float(np.exp(cross_entropy(model, texts)))


# --- Generating -------------------------------------------------------------------------------------------------------

def inverse_cdf(probabilities: ArrayLike, u: float) -> int:
    """The first index whose cumulative probability exceeds u. (V,), u in [0, 1) -> int.

    probabilities: divided by their sum, which may differ from 1 by what their own type rounds (float32: 1e-4). An index
    of probability 0 is never returned, even where rounding leaves the sum just under u.
    Raises ValueError for u outside [0, 1) or probabilities that are negative or do not sum to 1; TypeError for no numbers.
    """
    p = arguments.probabilities(arguments.reals("probabilities", probabilities, ndim=1, finite=False))
    if not 0 <= arguments.number("u", u) < 1:
        raise ValueError(f"u must be in [0, 1), got {u!r}")
    return min(int(np.searchsorted(np.cumsum(p), u, side="right")), int(np.flatnonzero(p)[-1]))


def sample(
    model: LanguageModel, rng: np.random.Generator, *, max_length: int, prefix: Sequence[int] = ()
) -> NDArray[np.int64]:
    """Draw token after token from p(· | x_{<t}) until EOS (deck S's "naive sampling"). Ids, int64, EOS last.

    max_length: the number of tokens to stop at; the result then lacks EOS. prefix: ids to start from, part of the
    result. Raises ValueError for a negative max_length and for a prefix that is no start of a text; TypeError for a
    max_length that is no integer and a seed instead of a generator.
    """
    arguments.generator(rng)
    max_length = arguments.integer("max_length", max_length, least=0)
    vocabulary = check_model(model).vocabulary
    ids: list[int] = as_ids(vocabulary, arguments.ids(prefix, len(vocabulary))).tolist()
    while len(ids) < max_length and (not ids or ids[-1] != vocabulary.eos):
        ids.append(inverse_cdf(next_probabilities(model, ids), rng.random()))
    return np.array(ids, np.int64)


# --- The event tree, and how much probability the texts of each length get --------------------------------------------

@dataclass(frozen=True)
class TreeNode:
    """A node of the event tree: all the texts that start with ``prefix``; with EOS at its end, one text, a leaf."""

    prefix: tuple[str, ...]
    branch: float    # p(last token of the prefix | the tokens before it); 1 at the root
    path: float      # p(prefix): the product of the branches from the root

    @property
    def complete(self) -> bool:
        return self.prefix[-1:] == (EOS,)


def event_tree(model: LanguageModel, depth: int, *, limit: int = 100_000) -> list[TreeNode]:
    """Every node down to ``depth`` tokens (EOS is one), each before its children, in the order of the vocabulary.

    A branch of probability 0 is there but has no children; BOS, which is never predicted, is not there. Raises
    ValueError for a negative depth and where the full tree would have more than ``limit`` nodes.
    """
    vocabulary = check_model(model).vocabulary
    depth, limit = arguments.integer("depth", depth, least=0), arguments.integer("limit", limit)
    size, level = 1, len(vocabulary) - 1
    for _ in range(depth):
        size, level = size + level, level * (len(vocabulary) - 2)
        if size > limit:
            raise ValueError(f"the tree of depth {depth} over {len(vocabulary)} tokens has more than {limit} nodes")
    nodes: list[TreeNode] = []

    def visit(ids: tuple[int, ...], branch: float, path: float) -> None:
        node = TreeNode(tuple(vocabulary.decode(ids)), branch, path)
        nodes.append(node)
        if len(ids) < depth and path > 0 and not node.complete:
            for i, p in enumerate(next_probabilities(model, ids).tolist()):
                if i != vocabulary.bos:
                    visit((*ids, i), p, path * p)

    visit((), 1.0, 1.0)
    return nodes


def mass_by_length(model: LanguageModel, max_tokens: int, *, limit: int = 1_000_000) -> Reals:
    """p(a text has n tokens before EOS) for n = 0 … max_tokens, by walking the event tree. (max_tokens + 1,)

    What is missing from a sum of 1 belongs to longer texts, or to no text at all (``tables.StoppingModel``).
    Raises ValueError for a negative max_tokens and where a level of the tree has more than ``limit`` prefixes.
    """
    eos = check_model(model).vocabulary.eos
    max_tokens, limit = arguments.integer("max_tokens", max_tokens, least=0), arguments.integer("limit", limit)
    masses: list[float] = []
    level: list[tuple[tuple[int, ...], float]] = [((), 1.0)]
    for n in range(max_tokens + 1):
        rows = [(prefix, path * next_probabilities(model, prefix)) for prefix, path in level]
        masses.append(math.fsum(row[eos] for _, row in rows))
        if n == max_tokens:
            break
        if sum(np.count_nonzero(row) for _, row in rows) > limit:
            raise ValueError(f"more than {limit} prefixes of {n + 1} tokens; lower max_tokens or raise the limit")
        level = [((*prefix, int(i)), float(row[i]))
                 for prefix, row in rows for i in np.flatnonzero(row) if i != eos]
    return np.array(masses)


def mass_from_stops(stops: ArrayLike) -> Reals:
    """``mass_by_length`` where p(EOS | x_{<t}) depends on the length alone: s_n ∏_{k<n} (1 − s_k). (N,) -> (N,)

    stops: s_n = p(EOS | n tokens so far). Raises ValueError for one outside [0, 1].
    """
    s = arguments.reals("stop probabilities", stops, ndim=1).astype(float)
    if not ((s >= 0) & (s <= 1)).all():
        raise ValueError(f"stop probabilities must lie in [0, 1], got {stops!r}")
    still_going = np.cumprod(np.concatenate([[1.0], 1 - s]))[:-1]
    return s * still_going


# --- Which language is this text? -------------------------------------------------------------------------------------

def language_posterior(
    models: Mapping[str, LanguageModel], text: Text, prior: Mapping[str, float] | None = None
) -> dict[str, float]:
    """p(language | text) ∝ p(language) · p(text | language), Bayes' rule in log space. {name: probability}

    prior: p(language), uniform where not given. Each model reads the text with its own vocabulary; models whose
    vocabularies differ are comparable only where none of them needs UNK. Raises ValueError for no models, for a prior
    that is not a distribution over their names, and for a text that is impossible in every language.
    """
    if not models:
        raise ValueError("no models to choose from")
    prior = dict.fromkeys(models, 1 / len(models)) if prior is None else prior
    if set(prior) != set(models):
        raise ValueError(f"expected a prior over {sorted(models)}, got {dict(prior)!r}")
    weights = arguments.probabilities([prior[name] for name in models], "the prior")
    with np.errstate(divide="ignore"):
        scores: Reals = np.log(weights) + [log_probability(model, text) for model in models.values()]
    if scores.max() == -np.inf:
        raise ValueError("every language gives this text probability 0")
    posterior = np.exp(scores - scores.max())
    return dict(zip(models, (posterior / posterior.sum()).tolist(), strict=True))


def identify_language(
    models: Mapping[str, LanguageModel], text: Text, prior: Mapping[str, float] | None = None
) -> str:
    """The name with the highest ``language_posterior``; of several, the first in the order of ``models``."""
    posterior = language_posterior(models, text, prior)
    return max(posterior, key=posterior.__getitem__)
