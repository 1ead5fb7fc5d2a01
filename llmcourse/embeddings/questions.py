"""Unit 05: are word vectors any good? Questions about the course's own language, whose words' kinds are known exactly.

The grammar of the stories says of every word what it is: ("scenery", topic "sea", number "plural"). Words with the same
description are drawn alike, so no text tells *gulls* from *crabs*, and a question has as many right answers as there are such
words: wave is to waves as tulip is to … any plural of the garden. Words with two roles are left out: *her*, and *crab*, which
is scenery like *gull* but also stands in a sentence of its own.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from llmcourse import arguments
from llmcourse.corpora import story_templates as templates
from llmcourse.corpora import story_words as words
from llmcourse.embeddings.vectors import Embeddings

Description = tuple[tuple[str, str], ...]  # (("class", "scenery"), ("topic", "sea"), ("number", "plural"))


def make_description(kind: str, **properties: str) -> Description:
    """The class of a word, then its properties by name."""
    return (("class", kind), *sorted(properties.items()))


def verb_forms(base: str) -> dict[str, str]:
    """The forms that the stories have of a verb, by name."""
    return {"base": base, "present": words.third_person(base), "past": words.past(base)}


def spelled_out() -> set[str]:
    """Words that some template of the stories names itself, instead of drawing them from a class."""
    lines = [line for stage in (templates.OPENING, templates.WISH, templates.ALONE, templates.MEETING, templates.TOGETHER,
                                templates.TWIST, templates.SEARCH, templates.ENDING) for line, _ in stage]  # fmt: skip
    lines += [line for group in templates.COLOUR.values() for line in group]
    text = " ".join(lines)
    return set(re.findall(r"<(?:it|they):(\w+)>", text)) | set(re.findall(r"\w+", re.sub(r"<[^>]*>", " ", text)))


def descriptions() -> dict[str, Description]:
    """What every word of the language is that has one role only: {word: description}."""
    found: dict[str, set[Description]] = {}

    def add(word: str, kind: str, **properties: str) -> None:
        found.setdefault(word, set()).add(make_description(kind, **properties))

    for gender, names in (("she", words.SHE_NAMES), ("he", words.HE_NAMES)):
        for name in names:
            add(name, "name", gender=gender)
    for one, (many, topics) in words.SPECIES.items():
        add(one, "animal", number="singular", topic="+".join(topics))
        add(many, "animal", number="plural", topic="+".join(topics))
    by_topic: dict[str, Mapping[str, Sequence[str]]] = {
        "place": words.PLACES, "object": words.OBJECTS, "food": words.FOOD}  # fmt: skip
    by_mood: dict[str, Mapping[str, Sequence[str]]] = {
        "adjective": words.ADJECTIVES, "feeling": words.FEELINGS, "adverb": words.ADVERBS,
        "exclamation": words.EXCLAMATIONS, "daytime": words.DAYTIMES}  # fmt: skip
    verbs_by_mood: dict[str, Mapping[str, Sequence[str]]] = {
        "motion": words.MOTION, "handling": words.HANDLING, "saying": words.SAYING, "stirring": words.STIRRING}  # fmt: skip
    for topic in words.TOPICS:
        for kind, table in by_topic.items():
            for word in table[topic]:
                add(word, kind, topic=topic)
        for one, many in words.SCENERY[topic]:
            add(one, "scenery", number="singular", topic=topic)
            add(many, "scenery", number="plural", topic=topic)
        for base in words.ACTIVITIES[topic]:
            for form, word in verb_forms(base).items():
                add(word, "activity", form=form, topic=topic)
    for mood in words.MOODS:
        for kind, table in by_mood.items():
            for word in table[mood]:
                add(word, kind, mood=mood)
        for kind, table in verbs_by_mood.items():
            for base in table[mood]:
                for form, word in verb_forms(base).items():
                    add(word, kind, form=form, mood=mood)
    for word, gender in (("she", "she"), ("he", "he")):
        add(word, "pronoun", gender=gender)
    excluded = spelled_out() - {"she", "he"}
    return {word: next(iter(roles)) for word, roles in found.items() if len(roles) == 1 and word not in excluded}


def groups() -> dict[Description, list[str]]:
    """All words of each description, in the order of the grammar."""
    out: dict[Description, list[str]] = {}
    for word, description in descriptions().items():
        out.setdefault(description, []).append(word)
    return out


def changed(description: Description, key: str, value: str) -> Description:
    """The description with another value of one property."""
    return tuple((k, value if k == key else v) for k, v in description)


@dataclass(frozen=True)
class OddOneOut:
    """Four words, of which ``answer`` differs from the three others in what ``kind`` names."""

    kind: str
    words: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Analogy:
    """a is to b as c is to …? Every word in ``answers`` is right."""

    kind: str
    a: str
    b: str
    c: str
    answers: frozenset[str]


def odd_one_out_tests(rng: np.random.Generator, n: int = 200) -> list[OddOneOut]:
    """Up to n questions of each kind: class, and gender, number, topic, mood with all else equal.

    There are none about the form of a verb, of which three alike would be needed.
    """
    _check(rng, n)
    by_description = groups()
    kinds: dict[str, list[tuple[list[str], list[str]]]] = {}  # kind: (three from here, one from there)
    by_class: dict[str, list[str]] = {}
    for description, members in by_description.items():
        by_class.setdefault(dict(description)["class"], []).extend(members)
        for key, value in description[1:]:
            for other in {dict(d)[key] for d in by_description if key in dict(d)} - {value}:
                there = by_description.get(changed(description, key, other))
                if there and len(members) >= 3:
                    kinds.setdefault(key, []).append((members, there))
    kinds["class"] = [(here, there) for x, here in by_class.items() for y, there in by_class.items()
                      if x != y and len(here) >= 3]  # fmt: skip
    tests = []
    for kind, sources in sorted(kinds.items()):
        sources.sort()  # strings in a set have another order in every process
        found: dict[OddOneOut, None] = {}
        for _ in range(5 * n):
            here, there = sources[rng.integers(len(sources))]
            odd = there[rng.integers(len(there))]
            four = [here[i] for i in rng.choice(len(here), 3, replace=False)] + [odd]
            found[OddOneOut(kind, tuple(four[i] for i in rng.permutation(4)), odd)] = None
        tests += list(found)[:n]
    return tests


def analogy_tests(rng: np.random.Generator, n: int = 200) -> list[Analogy]:
    """Up to n questions of each kind: gender, number, form, topic, mood.

    a and b differ in that property alone, and c is of the class of a; gender also crosses from names to pronouns and back.
    """
    _check(rng, n)
    by_description = groups()
    kinds: dict[str, dict[tuple[str, ...], list[tuple[list[str], list[str]]]]] = {}
    for description, members in by_description.items():
        for key, value in description[1:]:
            for other in sorted({dict(d)[key] for d in by_description if key in dict(d)} - {value}):
                there = by_description.get(changed(description, key, other))
                if there:
                    step = (value, other) if key == "gender" else (value, other, dict(description)["class"])
                    kinds.setdefault(key, {}).setdefault(step, []).append((members, there))
    tests = []
    for kind, steps in sorted(kinds.items()):
        choices = [pairs for _, pairs in sorted(steps.items())]
        found: dict[Analogy, None] = {}
        for _ in range(5 * n):
            pairs = choices[rng.integers(len(choices))]
            (here, there), (here2, there2) = (pairs[rng.integers(len(pairs))] for _ in range(2))
            a, b, c = (group[rng.integers(len(group))] for group in (here, there, here2))
            answers = frozenset(there2) - {a, b, c}
            if answers and c != a:
                found[Analogy(kind, a, b, c, answers)] = None
        tests += list(found)[:n]
    return tests


def _check(rng: np.random.Generator, n: int) -> None:
    arguments.generator(rng)
    arguments.integer("n", n, least=1)


def accuracy(embeddings: Embeddings, tests: Iterable[OddOneOut | Analogy], *, method: str = "add") -> dict[str, float]:
    """The share of right answers of each kind, and of all under "all". Raises ValueError where there are no tests."""
    right: dict[str, list[bool]] = {}
    for test in tests:
        if isinstance(test, OddOneOut):
            correct = embeddings.odd_one_out(test.words) == test.answer
        else:
            correct = any(word in test.answers for word, _ in embeddings.analogy(test.a, test.b, test.c, method=method))
        right.setdefault(test.kind, []).append(correct)
    if not right:
        raise ValueError("there are no tests to answer")
    shares = {kind: float(np.mean(correct)) for kind, correct in sorted(right.items())}
    return shares | {"all": float(np.mean([one for correct in right.values() for one in correct]))}
