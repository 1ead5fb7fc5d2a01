"""Unit 02: n-gram models with dictionaries, written to be read. `llmcourse.ngrams.fast` does the same with NumPy.

A model of order n predicts a token from the n−1 tokens before it. Conventions, here and in `fast`:

* A text of T tokens is read with n−1 BOS in front and one EOS at the end, so every token that is predicted, the EOS
  included, is the last token of exactly one n-gram: T+1 n-grams for any order.
* What can be predicted is the vocabulary without BOS: V−1 outcomes.
* A context longer than n−1 tokens counts with its last n−1 only (the Markov assumption); a shorter one is the beginning
  of a text and is filled up with BOS from the left.
* p(w|u) of a context u that was never seen: MLE is 0/0 there and raises `UnseenContextError`; additive smoothing gives
  the uniform distribution; the two interpolated models hand over to the context that is one token shorter.

Sources: deck L (n-gram models, MLE, smoothing), deck S and C (the Markov assumption); Ney, Essen & Kneser (1994) for
absolute discounting; Kneser & Ney (1995) and Chen & Goodman (1999, sections 2.7 and 3) for interpolated Kneser–Ney.
"""

import math
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from numbers import Real

import numpy as np

from llmcourse.vocabulary import BOS, EOS, Vocabulary

Ngram = tuple[str, ...]
MAX_ORDER_KNESER_NEY = 5


class UnseenContextError(ValueError):
    """Maximum likelihood was asked about a context that nothing ever followed: #(uw)/#(u•) is 0/0."""


def check_order(order: int, highest: float = math.inf) -> int:
    """The order n itself, if it is a whole number from 1 to ``highest``; else TypeError or ValueError."""
    if not isinstance(order, int | np.integer) or isinstance(order, bool):
        raise TypeError(f"the order n must be an integer, got {order!r} of type {type(order).__name__}")
    if not 1 <= order <= highest:
        raise ValueError(f"the order n must be at least 1{f' and at most {highest}' * (highest < math.inf)}, got {order}")
    return int(order)


def check_nonnegative(name: str, value: float, highest: float = math.inf) -> float:
    """The value itself, if it is a finite number from 0 to ``highest``; else TypeError or ValueError."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r} of type {type(value).__name__}")
    if not (0 <= value <= highest and math.isfinite(value)):
        raise ValueError(f"{name} must be at least 0{f' and at most {highest}' * (highest < math.inf)}, got {value}")
    return float(value)


def check_discounts(discount: float | Sequence[float] | None, order: int) -> list[float] | None:
    """One discount for each order 1 … n, or None if they are to be estimated. Each must be in [0, 1]."""
    if discount is None:
        return None
    discounts = list(discount) if isinstance(discount, Sequence | np.ndarray) else [discount] * order
    if len(discounts) != order:
        raise ValueError(f"expected one discount, or one for each of the orders 1 … {order}, got {discount!r}")
    return [check_nonnegative("a discount", d, 1) for d in discounts]


def check_texts(texts: Iterable[Sequence]) -> list[Sequence]:
    """The texts as a list, if each is a sequence of tokens; TypeError if one is a string or no sequence at all."""
    texts = list(texts)
    for kind in set(map(type, texts)):
        if issubclass(kind, str) or not hasattr(kind, "__len__"):
            text = next(text for text in texts if type(text) is kind)
            raise TypeError(f"expected a list of texts, each a list of tokens, got {text!r} as a text")
    return texts


def vocabulary_of(texts: Iterable[Sequence[str]]) -> Vocabulary:
    """BOS, EOS and the tokens of the texts in alphabetical order. TypeError for a token that is not a string."""
    tokens: set[str] = set()
    for text in check_texts(texts):
        try:
            tokens.update(text)
        except TypeError:
            raise TypeError(f"expected a text to be a list of strings, got {text!r}") from None
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"a token must be a string, got {token!r} of type {type(token).__name__}")
    return Vocabulary(sorted(tokens))


def extract_ngrams(tokens: Sequence[str], n: int, *, eos: bool = True) -> list[Ngram]:
    """The n-grams of one text, left to right, n−1 BOS in front and one EOS at the end: T+1 tuples of n tokens.

    eos: False leaves the text without an end (T tuples). A text that already ends in EOS gets no second one.

    >>> extract_ngrams(["she", "reads"], 2)
    [('<bos>', 'she'), ('she', 'reads'), ('reads', '<eos>')]
    """
    check_order(n)
    if isinstance(tokens, str):
        raise TypeError(f"expected a sequence of tokens, got one string {tokens!r}; split it first")
    for token in tokens:
        if not isinstance(token, str):
            raise TypeError(f"a token must be a string, got {token!r} of type {type(token).__name__}")
        if token == BOS:
            raise ValueError(f"{BOS!r} stands in front of a text and never inside: {list(tokens)[:8]}")
    padded = [BOS] * (n - 1) + list(tokens)
    if eos and padded[-1:] != [EOS]:
        padded.append(EOS)
    return [tuple(padded[i : i + n]) for i in range(len(padded) - n + 1)]


def count_ngrams(texts: Iterable[Sequence[str]], n: int, *, eos: bool = True) -> Counter[Ngram]:
    """How often each n-gram occurs in the texts. ValueError if there is none to count.

    >>> count_ngrams([["she", "reads"], ["she", "swims"]], 2)["<bos>", "she"]
    2
    """
    counts: Counter[Ngram] = Counter()
    for text in texts:
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


def estimate_discount(counts: Counter) -> float:
    """D = n₁ / (n₁ + 2 n₂), where n_c is how many n-grams were counted exactly c times (Ney, Essen & Kneser 1994).

    Where n₁ or n₂ is 0 the estimate would be 0 (no smoothing at all) or 1 (all that was seen once forgotten), and both
    happen only when there is too little text to estimate from: then D = 1/2, as KenLM's ``--discount_fallback``.
    """
    n1 = sum(count == 1 for count in counts.values())
    n2 = sum(count == 2 for count in counts.values())
    return n1 / (n1 + 2 * n2) if n1 and n2 else 0.5


class NgramModel(ABC):
    """What the models below share: the Markov window, and the course's protocol on top of `probability`.

    vocabulary: taken from the texts unless given. Tokens outside a given one become UNK where it has that; else
    ValueError. order: n ≥ 1.
    """

    def __init__(self, texts: Iterable[Sequence[str]], order: int, vocabulary: Vocabulary | None):
        texts = check_texts(texts)
        self.order = check_order(order)
        self.vocabulary = vocabulary_of(texts) if vocabulary is None else vocabulary
        self.texts = [self._known(text) for text in texts]
        self.outcomes = len(self.vocabulary) - 1

    def _known(self, tokens: Sequence[str]) -> list[str]:
        """The tokens, with UNK for those that the vocabulary lacks."""
        return self.vocabulary.decode(self.vocabulary.encode(tokens))

    def window(self, context: Sequence[str]) -> Ngram:
        """The n−1 tokens that the model looks at: the last ones of the context, after BOS where it is shorter."""
        padded = [BOS] * (self.order - 1) + self._known(context)
        return tuple(padded[len(padded) - self.order + 1 :])

    def probability(self, word: str, context: Sequence[str]) -> float:
        """p(word | context). 0 for BOS, which is never predicted; ValueError for words outside the vocabulary."""
        (word,) = self._known([word])
        return self._probability_or_bos(word, self.window(context))

    def _probability_or_bos(self, word: str, window: Ngram) -> float:
        return 0.0 if word == BOS else self._probability(word, window)

    @abstractmethod
    def _probability(self, word: str, context: Ngram) -> float:
        """The model's formula, for a word other than BOS after exactly n−1 tokens."""

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS."""
        window = self.window(self.vocabulary.decode(context))
        return np.array([safe_log(self._probability_or_bos(word, window)) for word in self.vocabulary.tokens])

    def token_log_probabilities(self, sequences: Iterable[Sequence[int]]) -> np.ndarray:
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
        if denominator not in ("followed", "occurrences"):
            raise ValueError(f'denominator must be "followed", #(u•), or "occurrences", #(u), got {denominator!r}')
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
    distribution.
    """

    def __init__(
        self, texts: Iterable[Sequence[str]], order: int, k: float = 1.0, *, vocabulary: Vocabulary | None = None
    ):
        self.k = check_nonnegative("k", k)
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

    highest_order = math.inf
    shorten = staticmethod(shortened)

    def __init__(
        self,
        texts: Iterable[Sequence[str]],
        order: int,
        *,
        vocabulary: Vocabulary | None = None,
        discount: float | Sequence[float] | None = None,
    ):
        check_order(order, self.highest_order)
        super().__init__(texts, order, vocabulary)
        counts = count_ngrams(self.texts, order)
        given = check_discounts(discount, order)
        self.counts: dict[int, dict[Ngram, Counter[str]]] = {}
        self.discounts: dict[int, float] = {}
        for k in range(order, 0, -1):
            self.counts[k] = followers(counts)
            self.discounts[k] = given[k - 1] if given else estimate_discount(counts)
            counts = self.shorten(counts)

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
