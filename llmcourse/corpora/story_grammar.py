"""The grammar of the course's own language: its word classes and the sentences they stand in.

A story is about a protagonist (one named animal, or several), who owns an object and knows a place, and about a friend
of another gender who gets in the way of every pronoun. ``story_templates`` has the sentences, ``story_words`` the words.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from . import story_words as words
from .grammar import Choice, Grammar, WordClass
from .story_templates import stages

TOPIC_WEIGHT, MOOD_WEIGHT = 20, 5  # how much more often a topic or a mood uses its own words than another's

SHE, HE, THEY, IT = 1, 2, 3, 4  # values of person, friend_gender (she, he) and subject (all four)
PAST, PRESENT = 1, 2

NAMES = words.SHE_NAMES + words.HE_NAMES
SPECIES = tuple(words.SPECIES)
PLACES = tuple(word for topic in words.TOPICS for word in words.PLACES[topic])
OBJECTS = tuple(word for topic in words.TOPICS for word in words.OBJECTS[topic])

T = TypeVar("T")
Weight = np.ndarray | int

REGISTERS = {
    "tense": 2, "person": 3, "name": len(NAMES), "species": len(SPECIES), "place": len(PLACES), "object": len(OBJECTS),
    "friend": len(NAMES), "friend_gender": 2, "friend_species": len(SPECIES), "subject": 4,
}
NOMINATIVE = {SHE: "she", HE: "he", THEY: "they"}
SUBJECTS = (SHE, HE, THEY, IT)
ACCUSATIVE = {SHE: "her", HE: "him", THEY: "them"}
POSSESSIVE = {SHE: "her", HE: "his", THEY: "their"}
FIRST_PERSON = {SHE: "my", HE: "my", THEY: "our"}
HERO, FRIEND = ("person", "name", "species"), ("friend_gender", "friend", "friend_species")
RIVALS = dict.fromkeys(HERO, FRIEND) | dict.fromkeys(FRIEND, HERO)  # mentioning the one distracts from the other


def favours(*, topics: Sequence[str] = (), moods: Sequence[str] = ()) -> np.ndarray:
    """Weights (Z,) of a word that these topics or moods prefer; z runs over topics, then moods."""
    by_topic = [TOPIC_WEIGHT if topic in topics else 1 for topic in words.TOPICS]
    by_mood = [MOOD_WEIGHT if mood in moods else 1 for mood in words.MOODS]
    return np.multiply.outer(by_topic if topics else [1] * len(by_topic), by_mood if moods else [1] * len(by_mood)).ravel()


def by_topic(table: Mapping[str, Sequence[T]]) -> list[tuple[T, Weight]]:
    """(entry, weights) of every entry in a table that lists them by topic."""
    return [(entry, favours(topics=[topic])) for topic in words.TOPICS for entry in table[topic]]


def by_mood(table: Mapping[str, Sequence[T]]) -> list[tuple[T, Weight]]:
    """(entry, weights) of every entry in a table that lists them by mood."""
    return [(entry, favours(moods=[mood])) for mood in words.MOODS for entry in table[mood]]


def plain(pos: str, entries: Sequence[tuple[str, Weight]], **effects: Any) -> WordClass:
    """A class that looks at no register. ``effects`` are fields shared by all its choices."""
    return WordClass(pos, {(): [Choice(word, weight, **effects) for word, weight in entries]})


def verb_forms(base: str, tense: int, subject: int) -> tuple[str, bool]:
    """The form of a verb, and whether another subject would have had another form."""
    if base == "be":
        return ("was", "is")[tense - 1] if subject != THEY else ("were", "are")[tense - 1], True
    if tense == PAST:
        return words.past(base), False
    return (base if subject == THEY else words.third_person(base)), True


def verbs(entries: Sequence[tuple[str, Weight]], *, opening: bool = False) -> WordClass:
    """Finite verbs. They agree in tense with the story and, in the present (``be`` always), in number with the subject.

    opening: where the tense is still unknown the verb decides it, either way with equal probability.
    """
    rows: dict[tuple[int, ...], list[Choice]] = {}
    for tense in ((0, PAST, PRESENT) if opening else (PAST, PRESENT)):
        for subject in SUBJECTS:
            row = []
            for now in (tense,) if tense else (PAST, PRESENT):
                for base, weight in entries:
                    form, agrees = verb_forms(base, now, subject)
                    tests = ((("tense", "tense"),) if tense else ()) + ((("number", "subject"),) if agrees else ())
                    row.append(Choice(form, weight, {} if tense else {"tense": now}, tests))
            rows[tense, subject] = row
    return WordClass("AUX" if {base for base, _ in entries} <= {"be"} else "VERB", rows, ("tense", "subject"))


def pronouns(forms: Mapping[int, str], register: str, *, subject: bool = False, pos: str = "PRON") -> WordClass:
    """Pronouns decided by the gender in a register; with ``subject`` the verb after it agrees with it."""
    return WordClass(pos, {
        (gender,): [Choice(word, sets={"subject": gender} if subject else {}, tests=(("gender", register),),
                           distracts=RIVALS[register])]
        for gender, word in forms.items() if register != "friend_gender" or gender != THEY
    }, (register,))


def gender(name: int) -> int:
    """Gender of a name by its number 1 … 20."""
    return SHE if name <= len(words.SHE_NAMES) else HE


def names(register: str, *, subject: bool = False) -> WordClass:
    """Names that copy the register: a name that is mentioned again."""
    shows = ("person",) if register == "name" else ("friend_gender",)
    return WordClass("PROPN", {
        (i,): [Choice(name, sets={"subject": gender(i)} if subject else {}, tests=(("name", register),), shows=shows,
                      distracts=RIVALS[register])]
        for i, name in enumerate(NAMES, 1)
    }, (register,))


def first_name() -> WordClass:
    """The protagonist's name, when it is first heard."""
    return WordClass("PROPN", {(): [Choice(name, sets={"name": i, "person": gender(i), "subject": gender(i)})
                                    for i, name in enumerate(NAMES, 1)]})


def friend_name(*, subject: bool) -> WordClass:
    """The friend's name: of the other gender where the protagonist is one animal."""
    def row(person: int) -> list[Choice]:
        return [Choice(name, sets={"friend": i, "friend_gender": gender(i)} | ({"subject": gender(i)} if subject else {}),
                       distracts=HERO)
                for i, name in enumerate(NAMES, 1) if gender(i) != person]
    return WordClass("PROPN", {(person,): row(person) for person in (SHE, HE, THEY)}, ("person",))


def first_species(*, plural: bool) -> WordClass:
    """What the protagonist is; several of them have no name and are called by their species."""
    weights = [favours(topics=topics) for _, topics in words.SPECIES.values()]
    if plural:
        plurals = [many for many, _ in words.SPECIES.values()]
        return first_mention(list(zip(plurals, weights, strict=True)), "species", person=THEY, subject=THEY)
    return first_mention(list(zip(SPECIES, weights, strict=True)), "species", subject=IT)


def first_mention(entries: Sequence[tuple[str, Weight]], register: str, **sets: int) -> WordClass:
    """Nouns of which the register keeps the number, counting from 1; ``sets`` are further registers and their values."""
    return WordClass("NOUN", {(): [Choice(word, weight, {register: i, **sets})
                                   for i, (word, weight) in enumerate(entries, 1)]})


def friend_species() -> WordClass:
    """What the friend is: something else than the protagonist."""
    return WordClass("NOUN", {
        (mine,): [Choice(word, favours(topics=words.SPECIES[word][1]), {"friend_species": i}, distracts=HERO)
                  for i, word in enumerate(SPECIES, 1) if i != mine]
        for mine in range(1, len(SPECIES) + 1)
    }, ("species",))


def species() -> WordClass:
    """The protagonist called by species, as a subject: "the fox", "the foxes"."""
    return WordClass("NOUN", {
        (i, person): [Choice(words.SPECIES[word][0] if person == THEY else word, sets={"subject": person},
                             tests=(("name", "species"),), shows=("person",) if person == THEY else (),
                             distracts=FRIEND)]
        for i, word in enumerate(SPECIES, 1) for person in (SHE, HE, THEY)
    }, ("species", "person"))


def friend_by_species() -> WordClass:
    """The friend called by species, as a subject."""
    return WordClass("NOUN", {
        (i, g): [Choice(word, sets={"subject": g}, tests=(("name", "friend_species"),), distracts=HERO)]
        for i, word in enumerate(SPECIES, 1) for g in (SHE, HE)
    }, ("friend_species", "friend_gender"))


def attracts(subject: int, number: int) -> tuple[str, ...]:
    """A noun of the other number between a subject and its verb draws the verb's number to itself."""
    return ("subject",) if (subject == THEY) != (number == THEY) else ()


def copies(kind: str, entries: Sequence[str], register: str, *, subject: bool = False) -> WordClass:
    """Nouns that copy a register: the object or the place of the story, mentioned again."""
    return WordClass("NOUN", {
        (i, now): [Choice(word, sets={"subject": IT} if subject else {}, tests=((kind, register),),
                          distracts=() if subject else attracts(now, IT))]
        for i, word in enumerate(entries, 1) for now in SUBJECTS
    }, (register, "subject"))


def decoys(table: Mapping[str, Sequence[str]], register: str) -> WordClass:
    """Nouns of the same sort as the one to remember, but another one."""
    entries = by_topic(table)
    return WordClass("NOUN", {
        (own, now): [Choice(word, weight, distracts=(register, *attracts(now, IT)))
                     for i, (word, weight) in enumerate(entries, 1) if i != own]
        for own in range(1, len(entries) + 1) for now in SUBJECTS
    }, (register, "subject"))


def scenery(*, subject: bool) -> WordClass:
    """Things that stand around, singular and plural: as a subject, or between a subject and its verb as an attractor."""
    entries = [(word, weight, number) for forms, weight in by_topic(words.SCENERY)
               for word, number in zip(forms, (IT, THEY), strict=True)]
    if subject:
        return WordClass("NOUN", {(): [Choice(word, weight, {"subject": number}) for word, weight, number in entries]})
    return WordClass("NOUN", {
        (now,): [Choice(word, weight, distracts=attracts(now, number)) for word, weight, number in entries]
        for now in SUBJECTS
    }, ("subject",))


def story_classes() -> dict[str, WordClass]:
    """All word classes by the name that templates use. A + marks the first mention, which sets a register."""
    be: list[tuple[str, Weight]] = [("be", 1)]
    return {
        "when+": WordClass("ADV", {(): [Choice("once", 1, {"tense": PAST}), Choice("nowadays", 1, {"tense": PRESENT})]}),
        "live+": verbs([("live", 1)], opening=True), "be+": verbs(be, opening=True),
        "species+": first_species(plural=False), "many+": first_species(plural=True), "name+": first_name(),
        "place+": first_mention(by_topic(words.PLACES), "place"),
        "object+": first_mention(by_topic(words.OBJECTS), "object"),
        "fspecies+": friend_species(), "fname+": friend_name(subject=False), "fname.s+": friend_name(subject=True),
        "name": names("name", subject=True), "name.o": names("name"), "species": species(),
        "fname": names("friend", subject=True), "fname.o": names("friend"), "fspecies": friend_by_species(),
        "fname.and": WordClass("PROPN", {
            key: [Choice(row[0].word, sets={"subject": THEY}, tests=row[0].tests, shows=row[0].shows,
                         distracts=row[0].distracts)] for key, row in names("friend").rows.items()}, ("friend",)),
        "he": pronouns(NOMINATIVE, "person", subject=True), "him": pronouns(ACCUSATIVE, "person"),
        "his": pronouns(POSSESSIVE, "person", pos="DET"),
        "fhe": pronouns(NOMINATIVE, "friend_gender", subject=True),
        "fhim": pronouns(ACCUSATIVE, "friend_gender"),
        "fhis": pronouns(POSSESSIVE, "friend_gender", pos="DET"),
        "my": pronouns(FIRST_PERSON, "person", pos="DET"),
        "place": copies("place", PLACES, "place"), "object": copies("object", OBJECTS, "object"),
        "object.s": copies("object", OBJECTS, "object", subject=True),
        "other-place": decoys(words.PLACES, "place"), "other-object": decoys(words.OBJECTS, "object"),
        "scene.s": scenery(subject=True), "scene": scenery(subject=False),
        "many": plain("NUM", [("two", 1), ("three", 2), ("seven", 1)]),
        "food": plain("NOUN", by_topic(words.FOOD)),
        "adj": plain("ADJ", by_mood(words.ADJECTIVES)), "feel": plain("ADJ", by_mood(words.FEELINGS)),
        "adv": plain("ADV", by_mood(words.ADVERBS)), "oh": plain("INTJ", by_mood(words.EXCLAMATIONS)),
        "daytime": plain("NOUN", by_mood(words.DAYTIMES)),
        "go": verbs(by_mood(words.MOTION)), "do": verbs(by_topic(words.ACTIVITIES)),
        "handle": verbs(by_mood(words.HANDLING)), "say": verbs([("say", 8), *by_mood(words.SAYING)]),
        "stir": verbs(by_mood(words.STIRRING)), "be": verbs(be),
    }


def slot_class(slot: str) -> WordClass:
    """The class of a slot that names its only word: ``v:give`` a verb, ``it:moon`` and ``they:friends`` a subject.

    ``q:is`` is a present-tense verb inside quotation marks: it draws attention away from the tense of the story.
    """
    what, _, word = slot.partition(":")
    if what == "v":
        return verbs([(word, 1)])
    if what == "q":
        return WordClass("AUX", {(): [Choice(word, distracts=("tense",))]})
    number = {"it": IT, "they": THEY}[what]
    return WordClass("PRON" if word in ("it", "nobody", "everybody", "somebody") else "NOUN",
                     {(): [Choice(word, sets={"subject": number})]})


def story_grammar() -> Grammar:
    """The grammar of the course's language."""
    classes = story_classes()
    story_stages = stages(favours)
    for stage in story_stages.values():
        for _, templates in stage.groups:
            for template in templates:
                for slot in template.text.replace("(", " ").replace(")", " ").replace("|", " ").split():
                    name = slot.strip("<>")
                    if slot.startswith("<") and ":" in name and name not in classes:
                        classes[name] = slot_class(name)
    return Grammar(
        topics=words.TOPICS, moods=words.MOODS, mood_shift=((2, 1, 1), (1, 2, 1), (1, 1, 2)), registers=REGISTERS,
        switch="person", classes=classes, stages=story_stages, start="opening",
        pos={word: pos for pos, line in words.PARTS_OF_SPEECH.items() for word in line.split()},
    )
