"""Unit 02: n-gram models with dictionaries, written to be read. `llmcourse.ngrams.fast` does the same with NumPy.

A model of order n predicts a token from the n−1 tokens before it. Conventions, here and in `fast`:

* A text of T tokens is read with n−1 BOS in front and one EOS at the end, so every token that is predicted, the EOS
  included, is the last token of exactly one n-gram: T+1 n-grams for any order.
* What can be predicted is the vocabulary without BOS: V−1 outcomes.
* A context longer than n−1 tokens counts with its last n−1 only (the Markov assumption); a shorter one is the beginning
  of a text and is filled up with BOS from the left.
* p(w|u) of a context u that was never seen: MLE is 0/0 there and raises `UnseenContextError`; additive smoothing gives
  the uniform distribution; the interpolated models hand over to the context that is one token shorter.

Sources: deck L (n-gram models, MLE, smoothing), deck S and C (the Markov assumption); Ney, Essen & Kneser (1994) for
absolute discounting; Kneser & Ney (1995) and Chen & Goodman (1999, sections 2.7 and 3) for Kneser–Ney, interpolated and
modified; Brants, Popat, Xu, Och & Dean (2007) for stupid back-off.
"""

import math
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from llmcourse import arguments
from llmcourse.vocabulary import BOS, EOS, Vocabulary

Ngram = tuple[str, ...]
MAX_ORDER_KNESER_NEY = 5
DENOMINATORS = ("followed", "occurrences")
MAX_K = 1e100  # a larger k is as uniform as this one, and k (V−1) should stay a number
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)  # where there is too little text to estimate three: KenLM's ``--discount_fallback``


class UnseenContextError(ValueError):
    """Maximum likelihood was asked about a context that nothing ever followed: #(uw)/#(u•) is 0/0."""


def check_discounts(discount: float | Sequence[float] | None, order: int) -> list[float] | None:
    """One discount for each order 1 … n, or None if they are to be estimated. Each must be in [0, 1]."""
    if discount is None:
        return None
    discounts = list(discount) if isinstance(discount, tuple | list | np.ndarray) else [discount] * order
    if len(discounts) != order:
        raise ValueError(f"expected one discount, or one for each of the orders 1 … {order}, got {discount!r}")
    return [arguments.number("a discount", d, least=0, most=1) for d in discounts]


def check_three_discounts(discounts: Sequence[float] | None) -> tuple[float, float, float] | None:
    """D₁, D₂, D₃₊, or None if they are to be estimated. D_c must be in [0, c]."""
    if discounts is None:
        return None
    if np.shape(discounts) != (3,):
        raise ValueError(f"expected the three discounts D₁, D₂ and D₃₊, got {discounts!r}")
    one, two, more = (arguments.number(f"the discount of a count of {c}", d, least=0, most=c)
                      for c, d in enumerate(discounts, 1))
    return one, two, more


def vocabulary_of(texts: Iterable[Sequence[str]]) -> Vocabulary:
    """BOS, EOS and the tokens of the texts in alphabetical order. TypeError for a token that is not a string."""
    tokens: set[str] = set()
    for text in arguments.texts(texts):
        try:
            tokens.update(text)
        except TypeError:  # a list as a token
            raise TypeError(f"expected a text to be a list of strings, got {text!r}") from None
    return Vocabulary(sorted(arguments.strings(iter(tokens))))


def extract_ngrams(tokens: Sequence[str], n: int, *, eos: bool = True) -> list[Ngram]:
    """The n-grams of one text, left to right, n−1 BOS in front and one EOS at the end: T+1 tuples of n tokens.

    eos: False leaves the text without an end (T tuples). A text that already ends in EOS gets no second one.

    >>> extract_ngrams(["she", "reads"], 2)
    [('<bos>', 'she'), ('she', 'reads'), ('reads', '<eos>')]
    """
    n = arguments.integer("the order n", n, least=1)
    tokens = arguments.strings(tokens)
    if BOS in tokens:
        raise ValueError(f"{BOS!r} stands in front of a text and never inside: {tokens[:8]}")
    padded = [BOS] * (n - 1) + tokens
    if eos and padded[-1:] != [EOS]:
        padded.append(EOS)
    return [tuple(padded[i : i + n]) for i in range(len(padded) - n + 1)]


def count_ngrams(texts: Iterable[Sequence[str]], n: int, *, eos: bool = True) -> Counter[Ngram]:
    """How often each n-gram occurs in the texts. ValueError if there is none to count.

    >>> count_ngrams([["she", "reads"], ["she", "swims"]], 2)["<bos>", "she"]
    2
    """
    counts: Counter[Ngram] = Counter()
    for text in arguments.texts(texts):
        for ngram in extract_ngrams(text, n, eos=eos):
            counts[ngram] += 1
    if not counts:
        raise ValueError("the corpus is empty: there is no n-gram to count")
    return counts


def followers(counts: Counter[Ngram]) -> dict[Ngram, Counter[str]]:
    """The same counts, arranged by context: followers(counts)[u][w] = #(uw), so #(u•) = followers(counts)[u].total()."""
    table: dict[Ngram, Counter[str]] = defaultdict(Counter)
    for (*context, word), count in counts.items():
        table[tuple(context)][word] = count
    return dict(table)


def shortened(counts: Counter[Ngram]) -> Counter[Ngram]:
    """Counts of the (n−1)-grams that end where the n-grams end: #(uw) = Σ_v #(vuw)."""
    shorter: Counter[Ngram] = Counter()
    for ngram, count in counts.items():
        shorter[ngram[1:]] += count
    return shorter


def continuation_counts(counts: Counter[Ngram]) -> Counter[Ngram]:
    """In how many contexts an (n−1)-gram occurs: the number of different tokens v with #(vuw) > 0, often N₁₊(•uw).

    "Francisco" may be frequent, but it follows one word only: its continuation count is 1.
    """
    return Counter(ngram[1:] for ngram in counts)


def estimate_discount(counts: Mapping[Ngram, int]) -> float:
    """D = n₁ / (n₁ + 2 n₂), where n_c is how many n-grams were counted exactly c times (Ney, Essen & Kneser 1994).

    Where n₁ or n₂ is 0 the estimate would be 0 (no smoothing at all) or 1 (all that was seen once forgotten), and both
    happen only when there is too little text to estimate from: then D = 1/2, as KenLM's ``--discount_fallback``.
    """
    n1 = sum(count == 1 for count in counts.values())
    n2 = sum(count == 2 for count in counts.values())
    return n1 / (n1 + 2 * n2) if n1 and n2 else 0.5


def estimate_discounts(counts: Mapping[Ngram, int]) -> tuple[float, float, float]:
    """D₁, D₂ and D₃₊ for what was counted once, twice, and more often. See `discounts_from`."""
    return discounts_from([sum(count == c for count in counts.values()) for c in (1, 2, 3, 4)])


def discounts_from(counts_of_counts: Sequence[int]) -> tuple[float, float, float]:
    """D_c = c − (c + 1) Y n_{c+1} / n_c for c = 1, 2, 3, with Y = n₁ / (n₁ + 2 n₂) (Chen & Goodman 1999).

    counts_of_counts: n₁ … n₄, how many n-grams were counted exactly c times. Where one of them is 0, or a discount comes
    out under 0, there is too little text to estimate from: then 1/2, 1 and 3/2.
    """
    n1, n2, n3, n4 = map(int, counts_of_counts)
    if not (n1 and n2 and n3 and n4):
        return FALLBACK_DISCOUNTS
    y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return found if min(found) >= 0 else FALLBACK_DISCOUNTS


class WindowModel:
    """What all models that count share: the texts, and the window of n−1 tokens that they look at.

    vocabulary: taken from the texts unless given. Tokens outside a given one become UNK where it has that; else
    ValueError. order: n ≥ 1.
    """

    def __init__(
        self, texts: Iterable[Sequence[str]], order: int, vocabulary: Vocabulary | None, *, most: float = math.inf
    ):
        self.order = arguments.integer("the order n", order, least=1, most=most)
        texts = arguments.texts(texts)
        vocabulary = vocabulary_of(texts) if vocabulary is None else vocabulary
        self.vocabulary = arguments.instance("the vocabulary", vocabulary, Vocabulary)
        self.texts = [self._known(text) for text in texts]
        self.outcomes = len(self.vocabulary) - 1

    def _known(self, tokens: Sequence[str]) -> list[str]:
        """The tokens, with UNK for those that the vocabulary lacks."""
        return self.vocabulary.decode(self.vocabulary.encode(tokens))

    def window(self, context: Sequence[str]) -> Ngram:
        """The n−1 tokens that the model looks at: the last ones of the context, after BOS where it is shorter."""
        padded = [BOS] * (self.order - 1) + self._known(context)
        return tuple(padded[len(padded) - self.order + 1 :])

    def _count_all_orders(self, shorten: Callable[[Counter[Ngram]], Counter[Ngram]]) -> dict[int, Counter[Ngram]]:
        """Counts of the orders n, n−1, … 1, each made from the one above by ``shorten``."""
        counts = {self.order: count_ngrams(self.texts, self.order)}
        for k in range(self.order - 1, 0, -1):
            counts[k] = shorten(counts[k + 1])
        return counts


class NgramModel(WindowModel, ABC):
    """What those models share whose scores are probabilities: the course's protocol on top of `probability`."""

    def probability(self, word: str, context: Sequence[str]) -> float:
        """p(word | context). 0 for BOS, which is never predicted; ValueError for words outside the vocabulary."""
        (word,) = self._known([word])
        return self._probability_or_bos(word, self.window(context))

    def _probability_or_bos(self, word: str, window: Ngram) -> float:
        return 0.0 if word == BOS else self._probability(word, window)

    @abstractmethod
    def _probability(self, word: str, context: Ngram) -> float:
        """The model's formula, for a word other than BOS after exactly n−1 tokens."""

    def next_log_probabilities(self, context: Sequence[int]) -> NDArray[np.float64]:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        window = self.window(self.vocabulary.decode(context))
        return np.array([safe_log(self._probability_or_bos(word, window)) for word in self.vocabulary.tokens])

    def token_log_probabilities(self, sequences: Iterable[Sequence[int]]) -> NDArray[np.float64]:
        """log p(x_t | x_{<t}) of every token of every sequence of ids, one flat array (ΣT,) in nats.

        MLE gives −inf after a context it never saw. Nothing is lost: such a context only comes after a token that
        already had probability 0, so the text as a whole has p = 0 and infinite perplexity either way.
        """
        scores = []
        for sequence in sequences:
            words = self.vocabulary.decode(sequence)
            for t, word in enumerate(words):
                try:
                    scores.append(safe_log(self.probability(word, words[max(0, t - self.order + 1) : t])))
                except UnseenContextError:
                    scores.append(-math.inf)
        return np.array(scores, dtype=float)


def safe_log(p: float) -> float:
    """The natural logarithm, with log 0 = −inf."""
    return math.log(p) if p > 0 else -math.inf


class MLE(NgramModel):
    """Maximum likelihood: p(w|u) = #(uw) / #(u•), and for unigrams #(w) / N (deck L).

    denominator: ``"followed"`` is #(u•), how often anything followed u; ``"occurrences"`` is #(u), how often u occurred.
    They differ for a u that occurs at the very end of a text: there nothing follows it. With EOS at the end of every
    text only EOS itself stands there, so both give the same model. With ``eos=False`` the last n−1 tokens of each text
    occur without being followed, and with #(u) the probabilities after them sum to less than 1.

    Raises UnseenContextError (a ValueError) for a context that nothing ever followed.
    """

    def __init__(
        self,
        texts: Iterable[Sequence[str]],
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        denominator: str = "followed",
        eos: bool = True,
    ):
        arguments.one_of("denominator", denominator, DENOMINATORS)
        super().__init__(texts, order, vocabulary)
        self.counts = followers(count_ngrams(self.texts, order, eos=eos))
        self.totals = {context: words.total() for context, words in self.counts.items()}
        if denominator == "occurrences" and order > 1:
            for text in self.texts:
                end = self.window([*text, EOS] if eos and text[-1:] != [EOS] else text)
                if end in self.totals:
                    self.totals[end] += 1

    def _probability(self, word: str, context: Ngram) -> float:
        if context not in self.counts:
            raise UnseenContextError(f"nothing ever followed {context}, so #(uw)/#(u•) is 0/0: smooth the model")
        return self.counts[context][word] / self.totals[context]


class Additive(NgramModel):
    """Additive smoothing: p(w|u) = (#(uw) + k) / (#(u•) + k (V−1)), as if every n-gram had been seen k times more.

    k = 1 is Laplace's rule. k = 0 is MLE, with its UnseenContextError; for any k > 0 an unseen context gets the uniform
    distribution. k is at most 1e100.
    """

    def __init__(
        self, texts: Iterable[Sequence[str]], order: int, k: float = 1.0, *, vocabulary: Vocabulary | None = None
    ):
        self.k = arguments.number("k", k, least=0, most=MAX_K)
        super().__init__(texts, order, vocabulary)
        self.counts = followers(count_ngrams(self.texts, order))

    def _probability(self, word: str, context: Ngram) -> float:
        words = self.counts.get(context, Counter())
        if not words and not self.k:
            raise UnseenContextError(f"nothing ever followed {context} and k is 0, so p(w|u) is 0/0: choose a k > 0")
        return (words[word] + self.k) / (words.total() + self.k * self.outcomes)


class AbsoluteDiscounting(NgramModel):
    """Interpolated absolute discounting: every count gives up D, and the shorter context shares out what was given up.

        p(w|u) = max(#(uw) − D, 0) / #(u•)  +  D·N₁₊(u•) / #(u•) · p(w|u′)

    N₁₊(u•) is how many different words followed u, and u′ is u without its first token. The recursion ends with the
    unigrams (empty context), which are interpolated with the uniform distribution 1/(V−1). An unseen u has p(w|u′).

    discount: one D for all orders, or a sequence D₁ … D_n, each in [0, 1]; None estimates one for every order.
    """

    highest_order: float = math.inf
    shorten = staticmethod(shortened)

    def __init__(
        self,
        texts: Iterable[Sequence[str]],
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        discount: float | Sequence[float] | None = None,
    ):
        super().__init__(texts, order, vocabulary, most=self.highest_order)
        given = check_discounts(discount, self.order)
        counts = self._count_all_orders(self.shorten)
        self.counts = {k: followers(counts[k]) for k in counts}
        self.discounts = {k: given[k - 1] if given else estimate_discount(counts[k]) for k in counts}

    def _probability(self, word: str, context: Ngram) -> float:
        k = len(context) + 1
        lower = self._probability(word, context[1:]) if context else 1 / self.outcomes
        words = self.counts[k].get(context)
        if words is None:
            return lower
        discount, total = self.discounts[k], words.total()
        return max(words[word] - discount, 0) / total + discount * len(words) / total * lower


class KneserNey(AbsoluteDiscounting):
    """Interpolated Kneser–Ney: absolute discounting in which all orders but the highest count contexts, not tokens.

    Order n uses how often uw occurred; every order below uses its continuation count, the number of different tokens
    before it. Orders 1 to 5. The padding counts like any token: an n-gram that starts with BOS has one token in front
    of it, another BOS. (KenLM and SRILM pad with a single BOS and keep the raw count of what follows it.)
    """

    highest_order = MAX_ORDER_KNESER_NEY
    shorten = staticmethod(continuation_counts)


class ModifiedKneserNey(NgramModel):
    """Kneser–Ney with three discounts an order, for what was counted once, twice, and more often (Chen & Goodman 1999).

        p(w|u) = (c(uw) − D(c(uw))) / c(u•)  +  (D₁ N₁(u•) + D₂ N₂(u•) + D₃₊ N₃₊(u•)) / c(u•) · p(w|u′)

    c is #(uw) in the highest order and the continuation count below, D(0) = 0, and N_c(u•) is how many words have the
    count c after u. On held-out text n-grams counted once turn out to have been overrated by less than those counted
    more often; one discount for all is a compromise. All else is as in KneserNey; orders 1 to 5.

    discounts: D₁, D₂, D₃₊ for all orders, each from 0 to c; None estimates three for every order (`estimate_discounts`).
    """

    def __init__(
        self,
        texts: Iterable[Sequence[str]],
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        discounts: Sequence[float] | None = None,
    ):
        super().__init__(texts, order, vocabulary, most=MAX_ORDER_KNESER_NEY)
        given = check_three_discounts(discounts)
        counts = self._count_all_orders(continuation_counts)
        self.counts = {k: followers(counts[k]) for k in counts}
        self.discounts = {k: given or estimate_discounts(counts[k]) for k in counts}

    def _probability(self, word: str, context: Ngram) -> float:
        k = len(context) + 1
        lower = self._probability(word, context[1:]) if context else 1 / self.outcomes
        words = self.counts[k].get(context)
        if words is None:
            return lower
        discount, total = (0, *self.discounts[k]), words.total()
        free = sum(discount[min(count, 3)] for count in words.values())
        return (words[word] - discount[min(words[word], 3)]) / total + free / total * lower


class StupidBackoff(WindowModel):
    """The longest n-gram that was seen decides, and each token less costs a factor (Brants et al. 2007).

        S(w|u) = #(uw) / #(u•) where uw was seen, else factor · S(w|u′); for unigrams #(w) / N

    S is a score and no probability: nothing is taken from what was seen to pay for the rest, so the scores of all words
    after u sum to more than 1. It can rank words and texts, but there is no perplexity of it, and it is no
    LanguageModel. It needs no discounts and no counts of counts, which is what made it fit for 10¹² tokens.
    """

    def __init__(
        self, texts: Iterable[Sequence[str]], order: int, factor: float = 0.4, *, vocabulary: Vocabulary | None = None
    ):
        super().__init__(texts, order, vocabulary)
        self.factor = arguments.number("the factor", factor, least=0, most=1)
        counts = self._count_all_orders(shortened)
        self.counts = {k: followers(counts[k]) for k in counts}

    def score(self, word: str, context: Sequence[str]) -> float:
        """S(word | context); 0 for BOS and for a word that never occurred. ValueError for words outside the vocabulary."""
        (word,) = self._known([word])
        return self._score(word, self.window(context))

    def _score(self, word: str, context: Ngram) -> float:
        words = self.counts[len(context) + 1].get(context, Counter())
        if words[word]:
            return words[word] / words.total()
        return self.factor * self._score(word, context[1:]) if context else 0.0
