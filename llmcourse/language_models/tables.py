"""Unit 01: small models that one can write down by hand, to see on them what a language model does.

Sources: deck S (the event tree and its branch probabilities; "children sum to 1"), deck L (P(w|h) as a table;
unconditioned and conditioned models).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.language_models.models import LanguageModel, Reals, check_model, token_log_probabilities
from llmcourse.vocabulary import BOS, Vocabulary


def _tail_of_text(vocabulary: Vocabulary, context: Sequence[int], memory: int | None) -> tuple[int, ...]:
    """The last ``memory`` ids of a context (None: all), after checking that they are words, and the last one in any case.

    A text is scored token by token, so what is looked at must not grow with the context.
    """
    tail = context if memory is None else context[max(0, len(context) - max(memory, 1)) :]
    ids = arguments.ids(tail, len(vocabulary), ndim=1)
    if np.isin(ids, (vocabulary.bos, vocabulary.eos)).any():
        raise ValueError(f"a context holds ids 0 … {len(vocabulary) - 1} without BOS and EOS, got {ids.tolist()}")
    return () if memory == 0 else tuple(ids.tolist())


def _log(probabilities: Reals) -> Reals:
    with np.errstate(divide="ignore"):
        logs: Reals = np.log(probabilities)
    return logs


class TableModel:
    """p(w | h) written out as a table, deck L's "… and thanks for all the ___" for every history that can come up.

    table: {history, a tuple of tokens: {token: probability}}; a token that a row leaves out has probability 0.
    memory: how many last tokens of a history the table looks at (None: all of them; 0: none, one row for every place);
    a history shorter than that, at the start of a text, is looked up as it is.
    default: the row of every history that the table does not list; without it such a history is an error.
    vocabulary: by default the tokens of the table in the order in which they appear.
    Raises ValueError for a row that is no distribution, for one that predicts BOS, for a history longer than memory.
    """

    def __init__(
        self, table: Mapping[tuple[str, ...], Mapping[str, float]], *, memory: int | None = None,
        default: Mapping[str, float] | None = None, vocabulary: Vocabulary | None = None,
    ):
        self.memory = memory if memory is None else arguments.integer("memory", memory, least=0)
        for history in table:
            if not isinstance(history, tuple):
                raise TypeError(f"a history must be a tuple of tokens, got {history!r}")
        words = (w for history, row in table.items() for w in (*history, *row))
        vocabulary = Vocabulary([*words, *(default or {})]) if vocabulary is None else vocabulary
        self.vocabulary = arguments.instance("the vocabulary", vocabulary, Vocabulary)
        self._default = None if default is None else self._row(default, "an unlisted history")
        self._rows: dict[tuple[int, ...], Reals] = {}
        for history, row in table.items():
            if memory is not None and len(history) > memory:
                raise ValueError(f"the history {history!r} is longer than the memory of {memory} tokens")
            key = tuple(self.vocabulary.encode_text(history)[:-1].tolist())
            self._rows[key] = self._row(row, repr(history))

    def _row(self, row: Mapping[str, float], history: str) -> Reals:
        if BOS in row:
            raise ValueError(f"after {history} expected probabilities without {BOS!r}, got {dict(row)!r}")
        dense = np.zeros(len(self.vocabulary))
        dense[self.vocabulary.encode(list(row))] = arguments.probabilities(list(row.values()), f"the row after {history}")
        return _log(dense)

    def next_log_probabilities(self, context: Sequence[int]) -> Reals:
        """The row of the context, (V,) in nats. Raises ValueError for an unlisted history where there is no default."""
        key = _tail_of_text(self.vocabulary, context, self.memory)
        row = self._rows.get(key, self._default)
        if row is None:
            raise ValueError(f"the table has no row for the history {tuple(self.vocabulary.decode(key))!r}")
        return row.copy()


class UniformModel:
    """Every token but BOS equally likely everywhere: the top row of the ladder, log₂(V − 1) bits per token."""

    def __init__(self, vocabulary: Vocabulary):
        self.vocabulary = arguments.instance("the vocabulary", vocabulary, Vocabulary)
        self._row = np.full(len(vocabulary), -np.log(len(vocabulary) - 1))
        self._row[vocabulary.bos] = -np.inf

    def next_log_probabilities(self, context: Sequence[int]) -> Reals:
        _tail_of_text(self.vocabulary, context, 0)
        return self._row.copy()

    def token_log_probabilities(self, sequences: Iterable[ArrayLike]) -> Reals:
        """All tokens of all sequences with one look-up, (ΣT,) in nats. Raises ValueError for an id outside 0 … V−1."""
        row: Reals = self._row[arguments.ids(Corpus.join(sequences).ids, len(self.vocabulary))]
        return row


class StoppingModel:
    """p(EOS | t tokens so far) = stop(t), the rest shared equally by the words: only the length is of interest.

    With a constant stop probability texts end with probability 1. With 1/(t + 2)² they do not: the product of
    1 − 1/(t + 2)² over all t is 1/2, so half of the probability is on texts that never end.
    Raises ValueError for no words, and where ``stop`` gives something outside [0, 1].
    """

    def __init__(self, words: Iterable[str], stop: Callable[[int], float]):
        self.vocabulary = Vocabulary(words)
        if len(self.vocabulary) == 2:
            raise ValueError("expected at least one word beside EOS")
        self.stop = stop

    def next_log_probabilities(self, context: Sequence[int]) -> Reals:
        _tail_of_text(self.vocabulary, context, 0)
        stop = arguments.number(f"the stop probability after {len(context)} tokens", self.stop(len(context)), least=0, most=1)
        p = np.full(len(self.vocabulary), (1 - stop) / (len(self.vocabulary) - 2))
        p[[self.vocabulary.bos, self.vocabulary.eos]] = 0, stop
        return _log(p)


class ConditionedModel:
    """P(Y | X) out of a model of whole texts: X is the start of the text, Y the rest (deck L's decoder-only view).

    prefix: the tokens of X with whatever separates X from Y. Scores and samples Y as any other model does.
    """

    def __init__(self, model: LanguageModel, prefix: Sequence[str]):
        self.model, self.vocabulary = check_model(model), model.vocabulary
        self.prefix = self.vocabulary.encode_text(prefix)[:-1]

    def next_log_probabilities(self, context: Sequence[int]) -> NDArray[np.floating]:
        return self.model.next_log_probabilities([*self.prefix.tolist(), *context])

    def token_log_probabilities(self, sequences: Iterable[ArrayLike]) -> Reals:
        """Scores prefix and sequence together, so that a fast model stays fast, and keeps the sequences' part."""
        whole = Corpus.join([np.concatenate([self.prefix, text]) for text in Corpus.join(sequences)])
        place = np.arange(len(whole.ids)) - np.repeat(whole.starts[:-1], whole.lengths)
        scores: Reals = token_log_probabilities(self.model, whole)[place >= len(self.prefix)]
        return scores
