"""Two languages at once: short tales in the words of the stories, and rules that say each sentence in a second language.

A **rule** is a sentence template and its translation, a synchronous grammar in which every slot stands on both sides. The
second language is invented:

* The verb comes last, adjectives follow their noun, and *at the tower* is *the tower at*.
* Nouns have one of three genders, which neither their English word nor their own form shows. Articles, adjectives and
  pronouns follow the gender and the number of their noun: English *the*, *rusty*, *it* have three and more forms each.
* So the form of a pronoun, and of an adjective that says something about it, hangs on a noun sentences ago. *It* is always
  the object that the tale began with. *They* are the animals it began with. Other nouns, of other genders, stand in between.
* A verb has one form for the past and one for the present, and each has a plural.

Translations are written with the slots of the English side: ``<object+>`` its word, ``@<object+>`` its article,
``<adj>~<object+>`` an adjective that agrees with it. A word that is spelled out stands for its translation.
"""

from collections.abc import Mapping, Sequence

from . import story_grammar as story
from . import story_words as words
from .grammar import Choice, Grammar, Stage, Template, WordClass
from .story_grammar import IT, OBJECTS, PAST, PLACES, PRESENT, REGISTERS, THEY, Weight

OPENING = (
    ("<when+> , <name+> <v:find> a <adj> <object+> <prep> the <place+> .",
     "<when+> , <name+> @<place+> <place+> <prep> @<object+> <object+> <adj>~<object+> <v:find> ."),
    ("<when+> , <many> <adj.s> <many+> <v:find> a <adj> <object+> <prep> the <place+> .",
     "<when+> , <many> <many+> <adj.s>~<many+> @<place+> <place+> <prep> @<object+> <object+> <adj>~<object+> <v:find> ."),
    ("<name+> <find+> a <adj> <object+> <prep> the <place+> .",
     "<name+> @<place+> <place+> <prep> @<object+> <object+> <adj>~<object+> <find+> ."),
)
MIDDLE = (
    ("<he> <v:see> <many> <adj.s> <scenes> near the <place> .",
     "<he> @<place> <place> near <many> <scenes> <adj.s>~<scenes> <v:see> ."),
    ("the <adj.s> <scene.s> <stir> <prep> the <place> .",
     "@<scene.s> <scene.s> <adj.s>~<scene.s> @<place> <place> <prep> <stir> ."),
    ("<he> <go> to the <place> .", "<he> @<place> <place> to <go> ."),
    ("<he> <be> <feel> .", "<he> <feel>~<he> <be> ."),
)
CLOSING = (
    ("<it.s> <be> <adj> .", "<it.s> <adj>~<it.s> <be> ."),
    ("but <it.s> <be> not <adj> .", "but <it.s> <adj>~<it.s> not <be> ."),
    ("<he> <handle> <it> .", "<he> <it> <handle> ."),
    ("<he> <v:lose> <it> behind the <scene> .", "<he> @<scene> <scene> behind <it> <v:lose> ."),
    ("the <scene.s> <stir> near <it> .", "@<scene.s> <scene.s> <it> near <stir> ."),
)

PUNCTUATION = (".", ",")
SPELLED_OUT = {"near": "ADP", "behind": "ADP", "to": "ADP", "but": "CCONJ", "not": "PART", "a": "DET", "the": "DET",
               ".": "PUNCT", ",": "PUNCT"}  # fmt: skip


def tale_grammar() -> Grammar:
    """The English side: an opening, up to two sentences in the middle, and one that says *it*."""
    classes = tale_classes()
    opening, middle, closing = (tuple(Template(text) for text, _ in rules) for rules in (OPENING, MIDDLE, CLOSING))
    return Grammar(
        topics=words.TOPICS, moods=words.MOODS, mood_shift=((1, 0, 0), (0, 1, 0), (0, 0, 1)), registers=REGISTERS,
        switch="person", classes=classes, start="opening", pos=SPELLED_OUT,
        stages={
            "opening": Stage((("second", opening),)),
            "second": Stage((("third", middle), (None, closing))),
            "third": Stage((("fourth", middle), (None, closing))),
            "fourth": Stage(((None, closing),)),
        },
    )  # fmt: skip


def tale_classes() -> dict[str, WordClass]:
    """The word classes of the tales by the names that rules use: those of the stories, and *it*."""
    named = {name: story.verbs([(name, 1)]) for name in ("find", "see", "lose")}
    plurals: list[tuple[str, Weight]] = [(many, weight) for (_, many), weight in story.by_topic(words.SCENERY)]
    from_stories = ("when+", "name+", "object+", "place+", "many+", "many", "he", "place", "adj", "feel", "go", "handle",
                    "stir", "be", "scene", "scene.s")  # fmt: skip
    stories = story.story_classes()
    return {name: stories[name] for name in from_stories} | {f"v:{name}": verb for name, verb in named.items()} | {
        "find+": story.verbs([("find", 1)], opening=True), "prep": story.plain("ADP", [("at", 1), ("near", 1), ("behind", 1)]),
        "adj.s": stories["adj"], "scenes": story.plain("NOUN", plurals),
        "it": WordClass("PRON", {(): [Choice("it")]}), "it.s": WordClass("PRON", {(): [Choice("it", sets={"subject": IT})]}),
    }


# --- The second language ----------------------------------------------------------------------------------------------

GENDERS = 3
CONSONANTS, VOWELS = "bdfgkmnprtvz", "aeiou"  # no l and s, with which articles and pronouns begin
THE, A, PRONOUNS = ("la", "lo", "le"), ("una", "uno", "une"), ("sa", "so", "se")  # by gender; a plural ends in n
ENDINGS = ("a", "o", "e")  # of adjectives, by gender
TENSES = {PAST: "as", PRESENT: "is"}


def stem(i: int) -> str:
    """The i-th stem, i < 720: a consonant, a vowel, a consonant, all different."""
    syllable, last = divmod((37 * i + 11) % 720, len(CONSONANTS))  # 37 and 720 have no common divisor
    first, vowel = divmod(syllable, len(VOWELS))
    return CONSONANTS[first] + VOWELS[vowel] + CONSONANTS[last]


def nouns() -> dict[str, tuple[str, bool]]:
    """Every noun of the tales: {English word: (its singular, whether it is a plural)}."""
    scenery = [pair for topic in words.TOPICS for pair in words.SCENERY[topic]]
    found = {noun: (noun, False) for noun in OBJECTS + PLACES}
    found |= {one: (one, False) for one, _ in scenery} | {many: (one, True) for one, many in scenery}
    return found | {many: (one, True) for one, (many, _) in words.SPECIES.items()}


class Lexicon:
    """What each English word is called in the second language, and the gender of each noun."""

    def __init__(self) -> None:
        self.nouns = nouns()
        singulars = list(dict.fromkeys(one for one, _ in self.nouns.values()))
        by_mood = [word for table in (words.ADJECTIVES, words.FEELINGS) for mood in words.MOODS for word in table[mood]]
        bases = ["find", "see", "lose", "be", *(base for table in (words.MOTION, words.HANDLING, words.STIRRING)
                                                for mood in words.MOODS for base in table[mood])]  # fmt: skip
        others = ["once", "nowadays", "two", "three", "seven", "at", "near", "behind", "to", "but", "not"]
        # one stem for every word, also where two parts of speech share an English one
        self._stems = {key: stem(i) for i, key in enumerate(
            [("noun", w) for w in singulars] + [("adjective", w) for w in by_mood] + [("verb", w) for w in bases]
            + [("other", w) for w in others])}  # fmt: skip
        self._gender = {noun: (i * i // 4 + i // 6) % GENDERS for i, noun in enumerate(singulars)}  # with no pattern to see
        self._verbs: dict[str, tuple[str, int, bool]] = {}
        for base in bases:
            for tense in (PAST, PRESENT):
                for subject in (IT, THEY):
                    self._verbs.setdefault(story.verb_forms(base, tense, subject)[0], (base, tense, subject == THEY))

    def gender(self, noun: str) -> int:
        """The gender of a noun, 0 … 2, in the singular or the plural."""
        return self._gender[self.nouns[noun][0]]

    def noun(self, word: str) -> str:
        """A noun in its number."""
        one, plural = self.nouns[word]
        return self._stems["noun", one] + ("in" if plural else "")

    def article(self, english: str, noun: str) -> str:
        """The article of an English noun, for *a* or *the*."""
        return A[self.gender(noun)] if english == "a" else _plural(THE[self.gender(noun)], self.nouns[noun][1])

    def adjective(self, word: str, gender: int, plural: bool) -> str:
        """An adjective that agrees."""
        return _plural(self._stems["adjective", word] + ENDINGS[gender], plural)

    def pronoun(self, gender: int, plural: bool, *, subject: bool) -> str:
        """*It*, *she*, *he* or *they* as a subject, or *it* as an object, which ends in m."""
        return _plural(PRONOUNS[gender], plural) if subject else PRONOUNS[gender] + "m"

    def verb(self, word: str, plural: bool) -> str:
        """A finite verb. plural: of its subject, because English *found* does not show it."""
        base, tense, _ = self._verbs[word]
        return self._stems["verb", base] + TENSES[tense] + ("in" if plural else "")

    def other(self, word: str) -> str:
        """What does not inflect: prepositions, numbers, and names, which stay as they are."""
        return self._stems.get(("other", word), word)

    def words(self) -> list[str]:
        """All forms that there are, in a fixed order: the vocabulary of the second language."""
        genders, numbers = range(GENDERS), (False, True)
        forms = [*PUNCTUATION, *words.SHE_NAMES, *words.HE_NAMES]
        forms += [*A, *(_plural(article, plural) for article in THE for plural in numbers)]
        forms += [self.pronoun(g, plural, subject=True) for g in genders for plural in numbers]
        forms += [self.pronoun(g, False, subject=False) for g in genders]
        forms += [self.noun(noun) for noun in self.nouns]
        forms += [self.adjective(w, g, plural) for kind, w in self._stems if kind == "adjective" for g in genders
                  for plural in numbers]  # fmt: skip
        forms += [self.verb(w, plural) for w in self._verbs for plural in numbers]
        return forms + [self.other(w) for kind, w in self._stems if kind == "other"]


def _plural(form: str, plural: bool) -> str:
    return form + "n" * plural


def rules() -> Mapping[tuple[str, ...], Sequence[str]]:
    """{slots of an English sentence: items of its translation}; a word that is spelled out is the slot ``=word``."""
    return {tuple(word[1:-1] if word[0] == "<" else f"={word}" for word in english.split()): translation.split()
            for english, translation in OPENING + MIDDLE + CLOSING}
