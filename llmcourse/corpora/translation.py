"""The course's parallel corpus: short tales in English and in an invented second language (see ``translation_grammar``).

Each English tale has one right translation, so a model's can be compared word for word. What makes it hard is that the form
of some words hangs on a noun sentences ago; these words are marked. And some combinations of adjective and object are kept
from training: a model that has only learned whole phrases by heart fails on them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from .. import arguments
from ..corpus import Corpus
from ..vocabulary import EOS, Vocabulary
from . import forward
from . import story_words as words
from .story_grammar import OBJECTS
from .story_language import STREAMS, StoryLanguage
from .translation_grammar import Lexicon, rules, tale_grammar

ADJECTIVES = tuple(word for mood in words.MOODS for word in words.ADJECTIVES[mood])
SUBJECTS = ("name+", "many+", "he", "it.s", "scene.s")  # the slots of a rule that can be its subject
PRONOUNS = ("he", "it", "it.s")
VERBS = ("v:find", "v:see", "v:lose", "find+", "go", "handle", "stir", "be")
GENDERS_OF_PERSONS = {"she": 0, "he": 1}
RESERVED = {"validation": 0, "held-out": 4}  # which combinations belong to a stream, see ``reserved``
RESERVED_OF = 8  # one combination in so many is kept for each of the two streams


@dataclass(frozen=True)
class Pairs:
    """Tales and their translations; text s of ``source`` and text s of ``target`` say the same, both with EOS.

    aligned: (N,) for each of the N tokens of the target the position of the source token that it renders, in source.ids.
    antecedent: (N,) the position in source.ids of the noun of an earlier sentence that decides the token's form; −1 where no
    earlier sentence is needed. A reader who has not kept that noun can only guess.
    """

    source: Corpus
    target: Corpus
    aligned: np.ndarray
    antecedent: np.ndarray

    def __len__(self) -> int:
        return len(self.source)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The pairs (source ids, target ids)."""
        return zip(self.source, self.target, strict=True)

    @property
    def needs_earlier(self) -> np.ndarray:
        """Whether a token of the target needs a noun of an earlier sentence, (N,)."""
        return self.antecedent >= 0

    @property
    def distance(self) -> np.ndarray:
        """Source tokens from the noun that decides a target token to what the token renders, (N,); 0 where none is needed."""
        return np.where(self.needs_earlier, self.aligned - self.antecedent, 0)


class ParallelLanguage:
    """The source of tales and their translation. ``english`` is also an exact language model of the English side.

    vocabulary: of the English tales; target_vocabulary: of the second language. Use ``parallel()`` for a shared instance.
    """

    def __init__(self) -> None:
        self.english = StoryLanguage(tale_grammar())
        self.lexicon = Lexicon()
        self.vocabulary = self.english.vocabulary
        self.target_vocabulary = Vocabulary(self.lexicon.words())
        self._rules = rules()

    # Pairs

    def train(self, n_pairs: int, *, seed: int = 0) -> Pairs:
        """Pairs to learn from, without any of the reserved combinations. Pair s depends on seed and s alone."""
        return self._stream("train", n_pairs, seed)

    def validation(self, n_pairs: int = 500) -> Pairs:
        """Fixed pairs to choose settings by; each has a combination that is reserved for this stream."""
        return self._stream("validation", n_pairs, 0)

    def held_out(self, n_pairs: int = 2000) -> Pairs:
        """Fixed pairs to measure on; each has a combination that no training or validation pair has."""
        return self._stream("held-out", n_pairs, 0)

    def _stream(self, stream: str, n_pairs: int, seed: int) -> Pairs:
        n_pairs, drawn = arguments.integer("n_pairs", n_pairs, least=0), 0
        kept = np.empty(0, np.int64)
        tales = Corpus.join([])
        while len(kept) < n_pairs:
            drawn = max(2 * drawn, (2 if stream == "train" else 8) * n_pairs)
            tales = self.english.generate(n_stories=drawn, seed=seed, stream=stream)
            kept = np.flatnonzero(self.belongs(tales, stream))
        return self.translate([tales[s] for s in kept[:n_pairs].tolist()])

    def belongs(self, tales: Iterable[ArrayLike], stream: str) -> np.ndarray:
        """Whether each tale may be in a stream, by the combinations of an adjective and the object that it has, (S,).

        A tale of training has no reserved one; a tale of validation or held-out has one of its own stream, none of the other.
        """
        arguments.one_of("stream", stream, list(STREAMS))
        corpus = self._corpus(tales)
        found = {name: np.zeros(len(corpus), bool) for name in RESERVED}
        for text, combinations in enumerate(self._combinations(corpus)):
            for name, number in RESERVED.items():
                found[name][text] = any(reserved(*pair) == number for pair in combinations)
        if stream == "train":
            return ~(found["validation"] | found["held-out"])
        other = "held-out" if stream == "validation" else "validation"
        return found[stream] & ~found[other]

    def _combinations(self, corpus: Corpus) -> Iterator[set[tuple[str, str]]]:
        """Of each text the combinations of an adjective and the object, before it or said of *it*."""
        slots = self._slots(corpus)
        for s in range(len(corpus)):
            here = slice(corpus.starts[s], corpus.starts[s + 1])
            tokens = list(zip(slots[here], self.vocabulary.decode(corpus.ids[here]), strict=True))
            objects = [word for slot, word in tokens if slot == "object+"]
            yield {(word, objects[0]) for slot, word in tokens if slot == "adj"}

    # Translating

    def translate(self, tales: Iterable[ArrayLike]) -> Pairs:
        """English tales and their translations. Raises ValueError for a text that is no complete tale of the source."""
        corpus = self._corpus(tales)
        slots = self._slots(corpus)
        targets: list[np.ndarray] = []
        aligned: list[int] = []
        antecedent: list[int] = []
        for s, text in enumerate(corpus):
            first = int(corpus.starts[s])
            if not len(text) or text[-1] != self.vocabulary.eos:
                raise ValueError(f"text {s} does not end in EOS: {self.english.text(text)!r} is no complete tale")
            tale = _Tale(self.lexicon, slots[first : first + len(text)], self.vocabulary.decode(text))
            items = [item for sentence in tale.sentences() for item in tale.render(sentence, self._rules)]
            items.append((EOS, len(text) - 1, -1))
            targets.append(self.target_vocabulary.encode([word for word, _, _ in items]))
            aligned += [first + at for _, at, _ in items]
            antecedent += [first + noun if noun >= 0 else -1 for _, _, noun in items]
        return Pairs(corpus, Corpus.join(targets), np.array(aligned, np.int64), np.array(antecedent, np.int64))

    def _corpus(self, tales: Iterable[ArrayLike]) -> Corpus:
        corpus = Corpus.join(tales)
        return Corpus(arguments.ids(corpus.ids, len(self.vocabulary)), corpus.starts)

    def _slots(self, corpus: Corpus) -> list[str]:
        """The name of the word class behind every token."""
        source = self.english.source
        row = source.choice_row[forward.choices(source, corpus)]
        names = list(source.class_index)
        return [names[k] for k in np.searchsorted(source.class_row, row, side="right") - 1]


class _Tale:
    """One tale that is being translated: its words, their slots, and which nouns *it* and *they* stand for."""

    def __init__(self, lexicon: Lexicon, slots: list[str], words: list[str]):
        self.lexicon, self.slots, self.words = lexicon, slots, words
        self.object = slots.index("object+")
        self.animals = slots.index("many+") if "many+" in slots else -1

    def sentences(self) -> Iterator[range]:
        """The positions of each sentence, its full stop included."""
        first = 0
        for at, word in enumerate(self.words):
            if word == ".":
                yield range(first, at + 1)
                first = at + 1

    def render(self, sentence: range, rules: Mapping[tuple[str, ...], Sequence[str]]) -> Iterator[tuple[str, int, int]]:
        """The words of a sentence's translation, each with its position in the tale and that of its antecedent or −1."""
        place = {self.slots[at]: at for at in sentence}  # no slot that a translation names stands twice in a sentence
        _, subject_plural, _ = self.agreement(next(slot for slot in SUBJECTS if slot in place), place)
        for item in rules[tuple(self.slots[at] for at in sentence)]:
            slot, _, controller = item.replace("<", "").replace(">", "").partition("~")
            if slot.startswith("@"):
                noun = place[slot[1:]]
                at = next(at for at in range(noun, -1, -1) if self.words[at] in ("a", "the"))
                yield self.lexicon.article(self.words[at], self.words[noun]), at, -1
                continue
            at = place[slot if item.startswith("<") else f"={slot}"]
            word = self.words[at]
            if controller:
                gender, plural, antecedent = self.agreement(controller, place)
                yield self.lexicon.adjective(word, gender, plural), at, antecedent
            elif slot in PRONOUNS:
                gender, plural, antecedent = self.agreement(slot, place)
                yield self.lexicon.pronoun(gender, plural, subject=slot != "it"), at, antecedent
            elif word in self.lexicon.nouns:
                yield self.lexicon.noun(word), at, -1
            elif slot in VERBS:
                yield self.lexicon.verb(word, subject_plural), at, -1
            else:
                yield self.lexicon.other(word), at, -1

    def agreement(self, slot: str, place: Mapping[str, int]) -> tuple[int, bool, int]:
        """Gender and number of what stands in a slot, and the position of the noun of an earlier sentence that decides them."""
        word = self.words[place[slot]]
        if slot in ("it", "it.s"):
            return self.lexicon.gender(self.words[self.object]), False, self.object
        if word == "they":
            return self.lexicon.gender(self.words[self.animals]), True, self.animals
        if word in self.lexicon.nouns:
            return self.lexicon.gender(word), self.lexicon.nouns[word][1], -1
        return GENDERS_OF_PERSONS.get(word, 0), False, -1  # she, he, or a name, which has no adjective


@lru_cache(maxsize=1)
def parallel() -> ParallelLanguage:
    """The course's parallel corpus. Built once, then shared."""
    return ParallelLanguage()


def reserved(adjective: str, noun: str) -> int:
    """The number 0 … 7 of a combination: 0 belongs to the validation stream, 4 to the held-out one, the others to all."""
    return (3 * ADJECTIVES.index(adjective) + OBJECTS.index(noun)) % RESERVED_OF
