"""Sentences with a part of speech for every word, in which the word alone often does not decide it.

The stories have tags too (``StoryLanguage.tags``), but there 99.8 % of the tokens can be tagged without looking at any other:
only "her" and "lost" have two tags. Here "guide", "dances", "old", "light", "her", "that" and "like" are sometimes one thing
and sometimes another. "the old guide …" goes on as "the old guide sighs quietly ." or as "the old guide the young .": what
*old* is shows only words later. And "the old guide dances ." can be read both ways by anybody.

A sentence is drawn from a list of patterns, every word from its slot, all words of a slot being equally likely. So the best
tags that there can be are known exactly, to a reader of what stands to the left and to one of the whole sentence.

Tags are those of Universal Dependencies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from .. import arguments
from ..corpus import Corpus
from ..vocabulary import Vocabulary
from .story_language import STREAMS

ACTS = "guide judge cook camp march hug kick dance sigh drum rake sail dream fish whisper guard".split()  # a noun and a verb
STATES = "warm dry clean calm quiet light".split()                                        # an adjective and a verb
PEOPLE = "old young brave poor".split()                                                   # an adjective, and those who are so
NOUNS = "owl badger lantern kettle harbour orchard".split()                               # and nothing else


def with_s(word: str) -> str:
    """The plural of a noun and the third person of a verb, which are one form: dance → dances, march → marches."""
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("sh", "ch")) else "s")


SLOTS: dict[str, tuple[str, list[str]]] = {  # what patterns are made of: (tag, words)
    "the": ("DET", ["the"]), "a": ("DET", ["a"]), "her": ("DET", ["her"]), "that": ("DET", ["that"]),
    "her.o": ("PRON", ["her"]), "that.s": ("PRON", ["that"]), "she": ("PRON", ["she", "he", "it"]),
    "they": ("PRON", ["they", "we"]),
    "noun": ("NOUN", ACTS + NOUNS), "nouns": ("NOUN", [with_s(word) for word in ACTS + NOUNS]), "people": ("NOUN", PEOPLE),
    "verb": ("VERB", ACTS + STATES), "verbs": ("VERB", [with_s(word) for word in ACTS + STATES]),
    "like": ("VERB", ["like"]), "like.p": ("ADP", ["like"]), "near": ("ADP", ["near", "behind", "without"]),
    "adj": ("ADJ", PEOPLE + STATES), "adv": ("ADV", ["again", "quietly", "often"]), "and": ("CCONJ", ["and", "but"]),
    ".": ("PUNCT", ["."]),
}  # fmt: skip

PATTERNS: tuple[tuple[str, int], ...] = (  # (slots, weight)
    ("the adj noun verbs .", 6), ("the people verb nouns .", 2),                          # the old guide dances.
    ("the adj noun verbs adv .", 4), ("the people verb the people .", 3), ("the people verb adj nouns .", 3),
    ("the adj nouns verb the noun .", 4), ("the people verb the adj noun and verb adv .", 3),
    ("the noun near the adj noun verbs her noun .", 4), ("the nouns verb the adj nouns and verb .", 4),
    ("she verbs her noun .", 4), ("she verbs her.o adv .", 4), ("they verb her nouns and verb her.o .", 4),
    ("that noun verbs .", 3), ("that.s verbs the noun .", 3), ("that adj noun verbs nouns .", 3),
    ("they like adj nouns .", 3), ("they verb like.p nouns .", 3), ("she verbs like.p a noun .", 3),
    ("the people like that noun and verb like.p adj nouns .", 3), ("they verb adj nouns adv .", 3),
)


@dataclass(frozen=True)
class Tagged:
    """Sentences and the number of every word's tag; text s of ``words`` and text s of ``tags`` belong together. No EOS."""

    words: Corpus
    tags: Corpus

    def __len__(self) -> int:
        return len(self.words)


class TaggedLanguage:
    """The source of the sentences. vocabulary: of the words; tags: their names, number k is the k-th. See ``tagged()``."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary(dict.fromkeys(word for _, words in SLOTS.values() for word in words))
        self.tags = tuple(sorted({tag for tag, _ in SLOTS.values()}))
        self._tag_of_slot = np.array([self.tags.index(tag) for tag, _ in SLOTS.values()])
        self._words = [self.vocabulary.encode(words) for _, words in SLOTS.values()]
        names = list(SLOTS)
        self._patterns = [np.array([names.index(slot) for slot in text.split()]) for text, _ in PATTERNS]
        self._weights = np.array([weight for _, weight in PATTERNS])
        self._emission = np.zeros((len(SLOTS), len(self.vocabulary)))           # p(word | slot)
        for slot, words in enumerate(self._words):
            self._emission[slot, words] = 1 / len(words)

    def train(self, n_sentences: int, *, seed: int = 0) -> Tagged:
        """Sentences to learn from. Sentence s depends on seed and s alone."""
        return self._draw("train", n_sentences, seed)

    def validation(self, n_sentences: int = 500) -> Tagged:
        """Fixed sentences to choose settings by."""
        return self._draw("validation", n_sentences, 0)

    def held_out(self, n_sentences: int = 2000) -> Tagged:
        """Fixed sentences to measure on."""
        return self._draw("held-out", n_sentences, 0)

    def _draw(self, stream: str, n_sentences: int, seed: int) -> Tagged:
        """By raw words of PCG64 and integer weights, so that every machine draws the same."""
        n = arguments.integer("n_sentences", n_sentences, least=0)
        random = np.random.PCG64([STREAMS[stream], arguments.integer("seed", seed, least=0)])
        raw = random.random_raw((n, 1 + max(map(len, self._patterns)))) >> np.uint64(32)
        patterns = np.searchsorted(np.cumsum(self._weights), scaled(raw[:, 0], int(self._weights.sum())), side="right")
        words, tags = [], []
        for numbers, pattern in zip(raw[:, 1:], patterns.tolist(), strict=True):
            slots = self._patterns[pattern]
            words.append([self._words[slot][scaled(number, len(self._words[slot]))]
                          for slot, number in zip(slots.tolist(), numbers, strict=False)])
            tags.append(self._tag_of_slot[slots])
        return Tagged(Corpus.join(words), Corpus.join(tags))

    def best_tags(self, words: Iterable[ArrayLike], *, whole: bool = True) -> np.ndarray:
        """The most probable tag of every word, one flat array (N,), by Bayes' rule over all patterns.

        whole: given all words of the sentence; else given those up to and including the word itself. No tagger that sees as
        much can be expected to be right more often. Raises ValueError for a sentence that fits no pattern.
        """
        corpus = Corpus.join(words)
        arguments.ids(corpus.ids, len(self.vocabulary))
        longest = max(map(len, self._patterns))
        if corpus.lengths.max(initial=0) > longest:
            raise ValueError(f"no sentence has {corpus.lengths.max()} words, expected at most {longest}")
        columns = np.arange(longest)
        real = columns < corpus.lengths[:, None]                                # (S, T)
        ids = np.zeros(real.shape, np.int64)
        ids[real] = corpus.ids
        belief = np.zeros((*real.shape, len(self.tags)))                        # (S, T, tags), not normalised
        for slots, weight in zip(self._patterns, self._weights, strict=True):
            T = len(slots)
            so_far = weight * np.cumprod(self._emission[slots, ids[:, :T]], axis=1)          # p(pattern, x_1 … x_t), (S, T)
            so_far[~real[:, :T]] = 0
            if whole:
                so_far[:] = np.where(corpus.lengths == T, so_far[:, -1], 0)[:, None]
            belief[:, np.arange(T), self._tag_of_slot[slots]] += so_far
        impossible = real & ~belief.any(axis=-1)
        if impossible.any():
            s = int(np.argmax(impossible.any(axis=1)))
            raise ValueError(f"sentence {s} fits no pattern: {' '.join(self.vocabulary.decode(corpus[s]))}")
        return np.asarray(belief.argmax(axis=-1)[real])


def scaled(number: np.ndarray, n: int) -> np.ndarray:
    """Numbers below 2³² as numbers below n."""
    return np.asarray((number * np.uint64(n)) >> np.uint64(32)).astype(np.int64)


@lru_cache(maxsize=1)
def tagged() -> TaggedLanguage:
    """The course's tagged sentences. Built once, then shared."""
    return TaggedLanguage()
