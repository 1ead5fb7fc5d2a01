"""Unit 02: n-gram models as ARPA files, the text format that KenLM, SRILM and others read and write.

An ARPA file lists, order by order, log₁₀ p(w|u) of every n-gram uw that was seen, and behind those n-grams that are also
contexts the log₁₀ of their back-off weight. What is not listed is worth weight(u) · p(w|u′). That is the form in which
`llmcourse.ngrams.fast` keeps its interpolated models, so nothing has to be computed anew, with one exception: the format
has a single ``<s>`` in front of a text where this course has n−1 BOS. The n-grams BOS … BOS h w and their shortened
forms become one entry ``<s> h w`` with the probability under the longest context, and its back-off weight is the product
of theirs. Reading needs no such step: where BOS … BOS h is not listed, a model goes on to the shorter BOS h.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from os import PathLike
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from llmcourse.ngrams.counts import Ints, Keyed, Keys, argsort, locate
from llmcourse.ngrams.fast import BackoffModel, InterpolatedModel, Level, Reals
from llmcourse.vocabulary import BOS, EOS, UNK, Vocabulary

ZERO = -99.0  # what the format writes for log₁₀ 0
NAMES = {BOS: "<s>", EOS: "</s>"}
WHITE = " \t\r\n"  # all other white space may be part of a word


def write_arpa(model: InterpolatedModel, path: str | PathLike[str]) -> None:
    """Write an interpolated model (absolute discounting, any Kneser–Ney) of order 2 or more as an ARPA file in UTF-8.

    Raises TypeError for another model; ValueError for order 1 and for tokens that the format has no room for (with
    white space inside, or named <s> or </s>).
    """
    if not isinstance(model, InterpolatedModel):
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
                rows = zip(log_p.tolist(), words, log_weights.tolist(), strict=True)
                if m < model.order:
                    file.writelines(f"{p:.8f}\t{ngram}\t{weight:.8f}\n" for p, ngram, weight in rows)
                else:
                    file.writelines(f"{p:.8f}\t{ngram}\n" for p, ngram, _ in rows)
        file.write("\n\\end\\\n")


def _names(vocabulary: Vocabulary) -> list[str]:
    for token in vocabulary.tokens:
        if token.split() != [token] or token in NAMES.values():
            raise ValueError(f"the token {token!r} cannot stand in an ARPA file")
    return [NAMES.get(token, token) for token in vocabulary.tokens]


def _section(model: InterpolatedModel, m: int) -> Iterator[tuple[list[Keyed], Reals, Reals]]:
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


def _log_weight(level: Level, columns: Sequence[Ints]) -> Reals:
    """log₁₀ weights of the contexts in the columns; 0, a factor of 1, for those that were never contexts."""
    places, known = level.locate_contexts(columns)
    return np.where(known, _log10(level.weights[places]), 0.0)


def _collapsed_weight(levels: dict[int, Level], columns: Sequence[Ints]) -> Reals:
    """log₁₀ weight of contexts with one <s> in front: the product over BOS … BOS h at all the orders it stands for."""
    total = np.zeros(len(columns[0]))
    for order in range(len(columns) + 1, max(levels) + 1):
        padding = [np.zeros_like(columns[0])] * (order - 1 - len(columns))
        total += _log_weight(levels[order], [*padding, *columns])
    return np.maximum(total, ZERO)


def _log10(p: Reals) -> Reals:
    with np.errstate(divide="ignore"):
        logs: Reals = np.maximum(np.log10(p), ZERO)
    return logs


# --------------------------------------------------------------------------------------------------------------- reading


class ArpaModel(BackoffModel):
    """A model that was read from an ARPA file. Its rows are float32: a file has seven or eight digits, and no more."""

    def next_log_probabilities(self, context: Sequence[int]) -> NDArray[np.floating]:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        return super().next_log_probabilities(context).astype(np.float32)


class Section(NamedTuple):
    """The m-grams of a file, as they stand there: words, log₁₀ p, log₁₀ back-off weights (0 where there is none)."""

    words: list[list[str]]
    log_p: list[float]
    log_weights: list[float]


def read_arpa(path: str | PathLike[str]) -> ArpaModel:
    """The model in an ARPA file in UTF-8, written by `write_arpa`, KenLM, SRILM or another program.

    ``<s>`` and ``</s>`` become BOS and EOS, ``<unk>`` becomes UNK; the vocabulary is that of the file, in its order. A
    log₁₀ p of −99 or less is probability 0, and so is p(``<s>``), whatever the file says: BOS is never predicted.
    Raises ValueError, with the number of the line, for a file that does not keep the format.
    """
    sections = _read_sections(path)
    names = [name for (name,) in sections[0].words]
    for name in (BOS, EOS):
        if name in names:
            raise ValueError(f"the word {name!r} of {path} has another meaning here")
    words = [name for name in names if name not in (*NAMES.values(), UNK)]
    vocabulary = Vocabulary(words, unk=UNK in names)
    columns = [_columns(section.words, vocabulary) for section in sections]
    model = ArpaModel(vocabulary, len(sections))
    model.base = np.zeros(len(vocabulary))
    model.base[columns[0][0]] = _power(sections[0].log_p)
    model.base[vocabulary.bos] = 0
    model.levels = [
        _level(columns[m], _power(sections[m].log_p), columns[m - 1], _power(sections[m - 1].log_weights), len(vocabulary))
        for m in range(1, len(sections))
    ]
    return model


def _power(log10: Iterable[float]) -> Reals:
    """10 to the power of what a file holds; what is to be 0 becomes 0."""
    values = np.array(list(log10), float)
    return np.where(values <= ZERO, 0.0, 10.0**values)


def _columns(words: list[list[str]], vocabulary: Vocabulary) -> list[Keyed]:
    ids = {**vocabulary.ids, NAMES[BOS]: vocabulary.bos, NAMES[EOS]: vocabulary.eos}
    for ngram in words:
        for word in ngram:
            if word not in ids:
                raise ValueError(f"{word!r} in the {len(ngram)}-gram {' '.join(ngram)!r} is not among the 1-grams")
    rows = np.array([[ids[word] for word in ngram] for ngram in words], np.int64)
    return list(rows.T)


def _level(columns: list[Keyed], p: Reals, lower: list[Keyed], weights: Reals, size: int) -> Level:
    """The m-grams in the columns, and the contexts among the (m−1)-grams ``lower``: those that have followers or a weight."""
    keys = Keys(len(columns), size)
    contexts = [*lower, np.zeros_like(lower[0])]
    keys.learn_heads([np.concatenate(both) for both in zip(columns, contexts, strict=True)])
    ngrams = keys.pack(columns)
    order = argsort(ngrams)
    ngrams, p = ngrams[order], p[order]
    twice = np.flatnonzero(ngrams[1:] == ngrams[:-1])
    if len(twice):
        raise ValueError(f"the {len(columns)}-gram with the ids {[int(c[order[twice[0]]]) for c in columns]} is listed twice")
    listed = keys.pack(contexts) >> keys.bits
    used = np.union1d(ngrams >> keys.bits, listed[weights != 1])
    order = argsort(listed)
    places, known = locate(listed[order], used)
    first = np.searchsorted(ngrams >> keys.bits, np.append(used, used[-1] + 1))
    return Level(keys, ngrams, p, used, first, np.where(known, weights[order][places], 1.0))


def _read_sections(path: str | PathLike[str]) -> list[Section]:
    """The sections of a file, as many as there are m-grams in; everything before the line ``\\data\\`` is a comment."""
    announced: list[int] = []
    sections: list[Section] = []
    inside = False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip(WHITE)
            try:
                if not inside:
                    inside = line == "\\data\\"
                elif line == "\\end\\":
                    _check_sizes(announced, sections)
                    return [section for section in sections if section.words]
                elif line.startswith("\\"):
                    if line != f"\\{len(sections) + 1}-grams:":
                        raise ValueError(f"expected \\{len(sections) + 1}-grams: or \\end\\")
                    sections.append(Section([], [], []))
                elif line and sections:
                    _read_entry(line, len(sections), sections[-1])
                elif line:
                    announced.append(_announcement(line, len(announced) + 1))
            except ValueError as error:
                raise ValueError(f"line {number} of {path}: {error}, got {line!r}") from None
    raise ValueError(f"{path} is no whole ARPA file: there is no line " + ("\\end\\" if inside else "\\data\\"))


def _announcement(line: str, m: int) -> int:
    name, _, count = line.partition("=")
    if name.split() != ["ngram", str(m)] or not count.strip().isdecimal():
        raise ValueError(f"expected 'ngram {m}=' and a number")
    return int(count)


def _read_entry(line: str, m: int, section: Section) -> None:
    fields = [field for field in line.replace("\t", " ").split(" ") if field]
    if len(fields) not in (m + 1, m + 2):
        raise ValueError(f"expected log₁₀ p, {m} word{'s' * (m > 1)} and perhaps a back-off weight")
    try:
        log_p, log_weight = float(fields[0]), float(fields[m + 1]) if len(fields) > m + 1 else 0.0
    except ValueError:
        raise ValueError("expected numbers in the first and the last column") from None
    if not log_p <= 0 or not log_weight < math.inf:
        raise ValueError("expected a log₁₀ p of at most 0 and a finite weight")
    section.words.append(fields[1 : m + 1])
    section.log_p.append(log_p)
    section.log_weights.append(log_weight)


def _check_sizes(announced: list[int], sections: list[Section]) -> None:
    found = [len(section.words) for section in sections]
    if not sum(found) or found != announced:
        raise ValueError(f"expected as many n-grams as announced, {announced}, found {found}")
    if any(longer and not shorter for shorter, longer in pairwise(found)):
        raise ValueError(f"there are longer n-grams above an order without any, {found}")
