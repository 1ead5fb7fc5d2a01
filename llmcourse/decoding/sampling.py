"""Unit 11: one ``generate`` for all models, and what it draws from exactly, where texts are few enough to list.

Source: deck C ("Recall generation": the same for an n-gram model, an RNN and a transformer; "Ancestral sampling"), deck S.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from llmcourse import arguments
from llmcourse.decoding.processors import Reals, Settings, process
from llmcourse.decoding.readers import reader
from llmcourse.language_models import LanguageModel
from llmcourse.language_models.models import as_ids, check_model, next_probabilities

SLOTS = 256  # so many new tokens a cache has room for at once: most texts are no longer
PAD = 0  # what stands after the end of a text


class Generated(NamedTuple):
    """What was written after each of B prompts. ids: (B, N) int64, PAD (0) after EOS; lengths: (B,), EOS included.

    log_p: (B, N), what the model itself says about each token, in nats, whatever the sampler did; 0 after EOS.
    """

    ids: NDArray[np.int64]
    lengths: NDArray[np.int64]
    log_p: Reals

    @property
    def texts(self) -> list[NDArray[np.int64]]:
        """The ids of each text, without what stands after its end."""
        return [row[:n] for row, n in zip(self.ids, self.lengths, strict=True)]


def generate(
    model: Any, prompts: Sequence[Sequence[int]], max_new_tokens: int, *, eos: int | None = None, seed: int = 0, **options: Any
) -> Generated:
    """Continue each prompt token by token until EOS, or by ``max_new_tokens`` tokens; all prompts side by side.

    model: any `LanguageModel`, or an object that is called with ids (B, T) and returns logits (B, T, V); see ``readers``.
    prompts: ids, without BOS; one that ends with EOS is a whole text, and gets no more. eos: the id that ends a text, that of
    the model's vocabulary unless given.
    options: ``temperature``, ``top_k``, ``top_p`` … as in `Settings`; what they see is log p. temperature=0 is greedy decoding,
    without any of them it is ancestral sampling, which is exact: each text comes with its probability under the model.
    seed: of the random numbers, one a token. Row b has a stream of its own, from (seed, b): what it draws depends neither on
    the other prompts nor on when they end.

    Raises ValueError and TypeError for options and prompts that make no sense, as `Settings` and the models do.
    """
    arguments.integer("max_new_tokens", max_new_tokens, least=0)
    vocabulary, settings, prompts = getattr(model, "vocabulary", None), Settings(**options), arguments.texts(prompts)
    starts = [(arguments.ids(prompt, 2**62, ndim=1) if vocabulary is None
               else as_ids(vocabulary, arguments.ids(prompt, len(vocabulary), ndim=1))).tolist() for prompt in prompts]
    eos = eos if eos is not None or vocabulary is None else vocabulary.eos
    streams = [np.random.default_rng([arguments.integer("seed", seed, least=0), b]) for b in range(len(starts))]
    ids, log_p = np.full((len(starts), max_new_tokens), PAD), np.zeros((len(starts), max_new_tokens))
    lengths = np.zeros(len(starts), np.int64)
    going = [b for b, start in enumerate(starts) if eos is None or eos not in start[-1:]]         # rows without an end
    new, greedy = [starts[b] for b in going], settings == Settings(temperature=0)
    slots = 1 + max(map(len, starts), default=0) + min(max_new_tokens, SLOTS)
    reading = reader(model, len(going), slots=slots) if going else None
    for t in range(max_new_tokens):
        if not going or reading is None:
            break
        said = reading.read(new)                                           # (rows, V)
        if greedy:                                                         # what the rest would come to, without any work
            drawn = said.argmax(axis=-1)
        else:
            drawn = draw(process(reading.texts, said, settings), np.array([streams[b].random() for b in going]))
        ids[going, t], log_p[going, t] = drawn, said[np.arange(len(going)), drawn]
        lengths[going] += 1
        rows = [row for row, i in enumerate(drawn.tolist()) if i != eos]
        if len(rows) < len(going):
            going = [going[row] for row in rows]
            reading.select(rows)
        new = drawn[rows, None].tolist()
    N = int(lengths.max(initial=0))
    return Generated(ids[:, :N], lengths, log_p[:, :N])


def draw(log_p: Reals, uniforms: NDArray[np.floating]) -> NDArray[np.int64]:
    """One id from each row of log p (B, V), the first whose cumulative probability exceeds the row's number in [0, 1). (B,)

    As ``inverse_cdf`` does it: an id of probability 0 is never drawn, whatever rounding leaves of the sum.
    """
    p = np.exp(log_p)
    upto = np.cumsum(p, axis=-1)
    above = upto > (uniforms * upto[:, -1])[:, None]
    return np.asarray(np.where(p > 0, above, False).argmax(axis=-1), np.int64)


# --- Exactly --------------------------------------------------------------------------------------------------------------


def text_probabilities(
    model: LanguageModel, max_length: int, *, prefix: Sequence[int] = (), limit: int = 100_000
) -> dict[tuple[int, ...], float]:
    """The probability of every text that may follow a prefix, by listing them: {new ids: p}, summing to 1.

    A text ends with EOS, or is cut after ``max_length`` new tokens. For a small vocabulary; of a ``ProcessedModel`` it is what
    its sampler draws from, which is how samplers are tested. Raises ValueError where there are more than ``limit`` of them.

    >>> from llmcourse.language_models import TableModel
    >>> model = TableModel({(): {"a": 0.75, "<eos>": 0.25}, ("a",): {"a": 0.5, "<eos>": 0.5}}, memory=1)
    >>> text_probabilities(model, 2)
    {(1,): 0.25, (2, 1): 0.375, (2, 2): 0.375}
    """
    eos, start = check_model(model).vocabulary.eos, list(prefix)
    arguments.integer("max_length", max_length, least=0)
    complete: dict[tuple[int, ...], float] = {}
    level: dict[tuple[int, ...], float] = {(): 1.0}
    for _ in range(max_length):
        longer: dict[tuple[int, ...], float] = {}
        for ids, path in level.items():
            p = next_probabilities(model, [*start, *ids])
            for i in np.flatnonzero(p).tolist():
                (complete if i == eos else longer)[(*ids, i)] = path * float(p[i])
        level = longer
        if len(level) + len(complete) > limit:
            raise ValueError(f"there are more than {limit} texts of up to {max_length} tokens")
    return complete | level


def chi_square(counts: Mapping[Any, int], probabilities: Mapping[Any, float], *, least: float = 5.0) -> tuple[float, int]:
    """Pearson's Σ (observed − expected)²/expected, and the degrees of freedom, to ask whether draws fit a distribution.

    What is expected fewer than ``least`` times is thrown together, as the statistic is only then nearly chi-square. inf where
    something was drawn that has probability 0. Raises ValueError without draws.
    """
    total = sum(counts.values())
    if not total:
        raise ValueError("there are no draws to compare")
    if any(probabilities.get(what, 0) == 0 for what, n in counts.items() if n):
        return float("inf"), len(probabilities) - 1
    pairs = [(counts.get(what, 0), total * p) for what, p in probabilities.items() if p > 0]
    cells = [pair for pair in pairs if pair[1] >= least]
    rare = [pair for pair in pairs if pair[1] < least]
    if rare:
        cells.append((sum(n for n, _ in rare), sum(expected for _, expected in rare)))
    return sum((n - expected) ** 2 / expected for n, expected in cells), len(cells) - 1
