"""Unit 02: n-gram models as ARPA files, the text format that KenLM, SRILM and others read.

An ARPA file lists, order by order, log₁₀ p(w|u) of every n-gram uw that was seen, and behind those n-grams that are also
contexts the log₁₀ of their back-off weight. What is not listed is worth weight(u) · p(w|u′). That is the form in which
`llmcourse.ngrams.fast` keeps its interpolated models, so nothing has to be computed anew, with one exception: the format
has a single ``<s>`` in front of a text where this course has n−1 BOS. The n-grams BOS … BOS h w and their shortened
forms become one entry ``<s> h w`` with the probability under the longest context, and its back-off weight is the product
of theirs.
"""

from collections.abc import Iterator
from os import PathLike

import numpy as np

from llmcourse.ngrams.fast import AbsoluteDiscounting, Level
from llmcourse.vocabulary import BOS, EOS, Vocabulary

ZERO = -99.0  # what the format writes for log₁₀ 0
NAMES = {BOS: "<s>", EOS: "</s>"}


def write_arpa(model: AbsoluteDiscounting, path: str | PathLike) -> None:
    """Write an interpolated model (absolute discounting or Kneser–Ney) of order 2 or more as an ARPA file in UTF-8.

    Raises TypeError for another model; ValueError for order 1 and for tokens that the format has no room for (with
    white space inside, or named <s> or </s>).
    """
    if not isinstance(model, AbsoluteDiscounting):
        raise TypeError(f"expected an interpolated model of llmcourse.ngrams.fast, got {type(model).__name__}")
    if model.order < 2:
        raise ValueError("an ARPA file holds orders 2 and up here: programs that read it refuse a unigram model")
    names = np.array(_names(model.vocabulary), dtype=object)
    with open(path, "w", encoding="utf-8") as file:
        sections = [list(_section(model, m)) for m in range(1, model.order + 1)]
        file.write("\\data\\\n")
        file.writelines(f"ngram {m}={sum(len(p) for _, p, _ in parts)}\n" for m, parts in enumerate(sections, 1))
        for m, parts in enumerate(sections, 1):
            file.write(f"\n\\{m}-grams:\n")
            for columns, log_p, log_weights in parts:
                words = names[columns[0]]
                for column in columns[1:]:
                    words = words + " " + names[column]
                if m < model.order:
                    rows = zip(log_p.tolist(), words, log_weights.tolist(), strict=True)
                    file.writelines(f"{p:.8f}\t{ngram}\t{weight:.8f}\n" for p, ngram, weight in rows)
                else:
                    rows = zip(log_p.tolist(), words, strict=True)
                    file.writelines(f"{p:.8f}\t{ngram}\n" for p, ngram in rows)
        file.write("\n\\end\\\n")


def _names(vocabulary: Vocabulary) -> list[str]:
    for token in vocabulary.tokens:
        if token.split() != [token] or token in NAMES.values():
            raise ValueError(f"the token {token!r} cannot stand in an ARPA file")
    return [NAMES.get(token, token) for token in vocabulary.tokens]


def _section(model: AbsoluteDiscounting, m: int) -> Iterator[tuple[list[np.ndarray], np.ndarray, np.ndarray]]:
    """The m-grams: m columns of ids, log₁₀ p and log₁₀ back-off weights, those without <s> and then those with it."""
    levels = {level.keys.order: level for level in model.levels}
    if m == 1:
        words = np.arange(1, len(model.base))
        yield [words], _log10(model.base[words]), _log_weight(levels[2], [words])
        bos = [np.zeros(1, np.int64)]
        yield bos, np.array([ZERO]), _collapsed_weight(levels, bos)
        return
    columns = levels[m].keys.unpack(levels[m].ngrams)
    inside = columns[0] > 0
    chosen = [column[inside] for column in columns]
    weights = _log_weight(levels[m + 1], chosen) if m < model.order else np.zeros(len(chosen[0]))
    yield chosen, _log10(levels[m].probabilities[inside]), weights
    columns = levels[model.order].keys.unpack(levels[model.order].ngrams)
    padding = model.order - m + 1  # so many BOS in front become one
    starts = np.all([column == 0 for column in columns[:padding]], axis=0) & (columns[padding] > 0)
    chosen = [column[starts] for column in columns[padding - 1 :]]
    yield chosen, _log10(levels[model.order].probabilities[starts]), _collapsed_weight(levels, chosen)


def _log_weight(level: Level, columns: list[np.ndarray]) -> np.ndarray:
    """log₁₀ weights of the contexts in the columns; 0, a factor of 1, for those that were never contexts."""
    places, known = level.locate_contexts(columns)
    return np.where(known, _log10(level.weights[places]), 0.0)


def _collapsed_weight(levels: dict[int, Level], columns: list[np.ndarray]) -> np.ndarray:
    """log₁₀ weight of contexts with one <s> in front: the product over BOS … BOS h at all the orders it stands for."""
    total = np.zeros(len(columns[0]))
    for order in range(len(columns) + 1, max(levels) + 1):
        padding = [np.zeros_like(columns[0])] * (order - 1 - len(columns))
        total += _log_weight(levels[order], padding + columns)
    return np.maximum(total, ZERO)


def _log10(p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(p), ZERO)
