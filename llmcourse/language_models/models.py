"""Unit 01: what a language model is, and everything that follows from next-token probabilities alone.

Sources: deck S (p(text) by the chain rule, event tree, sampling), deck L (two views, NLL, language identification).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from llmcourse.vocabulary import EOS, Vocabulary


@runtime_checkable
class LanguageModel(Protocol):
    """What every model in the course can do; all else in this module follows from it."""

    vocabulary: Vocabulary

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        ...


def token_log_probabilities(model: LanguageModel, sequences: Sequence[np.ndarray]) -> np.ndarray:
    """log p(x_t | x_{<t}) of every token of every sequence, one flat array (ΣT,) in nats.

    A model with a method of this name is asked for all of them at once; else it is asked token by token.
    """
    if hasattr(model, "token_log_probabilities"):
        return model.token_log_probabilities(sequences)
    return np.array([
        model.next_log_probabilities(sequence[:t])[x] for sequence in sequences for t, x in enumerate(sequence)
    ], dtype=float)


# --- Scoring: log p(text), and what a corpus costs per token ----------------------------------------------------------

Text = Sequence[str] | Sequence[int] | np.ndarray


def as_ids(vocabulary: Vocabulary, text: Text) -> np.ndarray:
    """Ids of a text, int64 (T,). Strings are a complete text and get EOS at the end; ids are taken as they are.

    Raises TypeError for anything but a sequence of strings or a sequence of integers; ValueError for an unknown
    token, an id outside 0 … V−1, a BOS, or a token after EOS (which no text has).
    """
    if isinstance(text, str) or not isinstance(text, Sequence | np.ndarray):
        raise TypeError(f"expected a text as a sequence of tokens or of ids, got {text!r}")
    if not isinstance(text, np.ndarray) and (len(text) == 0 or isinstance(text[0], str)):
        return vocabulary.encode_text(text)
    ids = np.asarray(text)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise TypeError(f"expected a one-dimensional sequence of integer ids, got {text!r}")
    ids = ids.astype(np.int64)
    if ids.size and not 0 <= ids.min() <= ids.max() < len(vocabulary):
        outside = ids[(ids < 0) | (ids >= len(vocabulary))][0]
        raise ValueError(f"token id {outside} is outside 0 … {len(vocabulary) - 1}")
    if (ids == vocabulary.bos).any() or (ids[:-1] == vocabulary.eos).any():
        raise ValueError(f"a text holds no BOS, and EOS only at its end, got {vocabulary.decode(ids)}")
    return ids


def log_probabilities(model: LanguageModel, texts: Sequence[Text]) -> np.ndarray:
    """log p of every text by the chain rule, (N,) in nats; −inf for an impossible one. Raises like ``as_ids``.

    Ids without EOS at the end are the start of a text: their probability is that of all the texts that start so.
    """
    sequences = [as_ids(model.vocabulary, text) for text in texts]
    owner = np.repeat(np.arange(len(sequences)), [len(s) for s in sequences])
    return np.bincount(owner, weights=token_log_probabilities(model, sequences), minlength=len(sequences))


def log_probability(model: LanguageModel, text: Text) -> float:
    """log p(text) = Σ_t log p(x_t | x_{<t}) in nats, deck S's product as a sum. See ``log_probabilities``."""
    return float(log_probabilities(model, [text])[0])


def cross_entropy(model: LanguageModel, texts: Sequence[Text]) -> float:
    """−(1/N) Σ log p(x_t | x_{<t}) in nats per token: the NLL of deck L. N counts every token of the corpus, EOS too.

    inf where the model gives some token probability 0. Raises ValueError for an empty corpus and for a text of ids
    that does not end in EOS, and like ``as_ids``.
    """
    sequences = [as_ids(model.vocabulary, text) for text in texts]
    if not sequences:
        raise ValueError("the corpus is empty: there is no token to average over")
    for i, sequence in enumerate(sequences):
        if not len(sequence) or sequence[-1] != model.vocabulary.eos:
            raise ValueError(f"text {i} does not end in EOS; Vocabulary.encode_text adds it")
    return -float(np.mean(token_log_probabilities(model, sequences)))


def bits_per_token(model: LanguageModel, texts: Sequence[Text]) -> float:
    """``cross_entropy`` in bits: divided by ln 2. The unit of the course's ladder."""
    return cross_entropy(model, texts) / math.log(2)


def perplexity(model: LanguageModel, texts: Sequence[Text]) -> float:
    """exp(``cross_entropy``): the number of equally likely tokens that would be as surprising. inf where that is."""
    return float(np.exp(cross_entropy(model, texts)))


# --- Generating -------------------------------------------------------------------------------------------------------

def inverse_cdf(probabilities: np.ndarray, u: float) -> int:
    """The first index whose cumulative probability exceeds u. (V,), u in [0, 1) -> int.

    An index of probability 0 is never returned, even where rounding leaves the sum just under u.
    Raises ValueError for u outside [0, 1) or probabilities that are negative or do not sum to 1 (within 1e-9).
    """
    p = np.asarray(probabilities, float)
    if p.ndim != 1 or not (p >= 0).all() or not abs(p.sum() - 1) <= 1e-9:
        raise ValueError(f"expected probabilities that sum to 1, got {probabilities!r}")
    if not 0 <= u < 1:
        raise ValueError(f"u must be in [0, 1), got {u!r}")
    return min(int(np.searchsorted(np.cumsum(p), u, side="right")), int(np.flatnonzero(p)[-1]))


def sample(
    model: LanguageModel, rng: np.random.Generator, *, max_length: int, prefix: Sequence[int] = ()
) -> np.ndarray:
    """Draw token after token from p(· | x_{<t}) until EOS (deck S's "naive sampling"). Ids, int64, EOS last.

    max_length: the number of tokens to stop at; the result then lacks EOS. prefix: ids to start from, part of the
    result. Raises ValueError for a negative max_length and for a prefix that is no start of a text.
    """
    if max_length < 0:
        raise ValueError(f"max_length must not be negative, got {max_length!r}")
    ids = as_ids(model.vocabulary, np.asarray(prefix, None if len(prefix) else np.int64)).tolist()
    while len(ids) < max_length and (not ids or ids[-1] != model.vocabulary.eos):
        ids.append(inverse_cdf(np.exp(model.next_log_probabilities(ids)), rng.random()))
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
    vocabulary = model.vocabulary
    if depth < 0:
        raise ValueError(f"depth must not be negative, got {depth!r}")
    size, level = 1, len(vocabulary) - 1
    for _ in range(depth):
        size, level = size + level, level * (len(vocabulary) - 2)
        if size > limit:
            raise ValueError(f"the tree of depth {depth} over {len(vocabulary)} tokens has more than {limit} nodes")
    nodes = []

    def visit(ids: tuple[int, ...], branch: float, path: float) -> None:
        node = TreeNode(tuple(vocabulary.decode(ids)), branch, path)
        nodes.append(node)
        if len(ids) < depth and path > 0 and not node.complete:
            for i, p in enumerate(np.exp(model.next_log_probabilities(ids)).tolist()):
                if i != vocabulary.bos:
                    visit((*ids, i), p, path * p)

    visit((), 1.0, 1.0)
    return nodes


def mass_by_length(model: LanguageModel, max_tokens: int, *, limit: int = 1_000_000) -> np.ndarray:
    """p(a text has n tokens before EOS) for n = 0 … max_tokens, by walking the event tree. (max_tokens + 1,)

    What is missing from a sum of 1 belongs to longer texts, or to no text at all (``tables.StoppingModel``).
    Raises ValueError for a negative max_tokens and where a level of the tree has more than ``limit`` prefixes.
    """
    if max_tokens < 0:
        raise ValueError(f"max_tokens must not be negative, got {max_tokens!r}")
    masses, level = [], [((), 1.0)]
    for n in range(max_tokens + 1):
        rows = [(prefix, path * np.exp(model.next_log_probabilities(prefix))) for prefix, path in level]
        masses.append(math.fsum(row[model.vocabulary.eos] for _, row in rows))
        if n == max_tokens:
            break
        if sum(np.count_nonzero(row) for _, row in rows) > limit:
            raise ValueError(f"more than {limit} prefixes of {n + 1} tokens; lower max_tokens or raise the limit")
        level = [((*prefix, int(i)), float(row[i]))
                 for prefix, row in rows for i in np.flatnonzero(row) if i != model.vocabulary.eos]
    return np.array(masses)


def mass_from_stops(stops: Sequence[float]) -> np.ndarray:
    """``mass_by_length`` where p(EOS | x_{<t}) depends on the length alone: s_n ∏_{k<n} (1 − s_k). (N,) -> (N,)

    stops: s_n = p(EOS | n tokens so far). Raises ValueError for one outside [0, 1].
    """
    s = np.asarray(stops, float)
    if s.ndim != 1 or not ((s >= 0) & (s <= 1)).all():
        raise ValueError(f"stop probabilities must lie in [0, 1], got {stops!r}")
    return s * np.concatenate([[1.0], np.cumprod(1 - s)[:-1]]) if s.size else s


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
    weights = np.array([prior.get(name, np.nan) for name in models], float)
    if set(prior) != set(models) or not (weights >= 0).all() or not abs(weights.sum() - 1) <= 1e-9:
        raise ValueError(f"expected a prior over {sorted(models)} that sums to 1, got {dict(prior)!r}")
    with np.errstate(divide="ignore"):
        scores = np.log(weights) + [log_probability(model, text) for model in models.values()]
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
