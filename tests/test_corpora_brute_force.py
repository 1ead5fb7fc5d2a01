"""The compiled source against an enumeration that knows nothing of tries, registers in arrays or the forward algorithm.

``every_story`` reads a tiny grammar the slow way: for every sequence of latent states it walks through all choices with
fractions, keeping the list of sentences that are still possible. From all complete stories and their probabilities
follows everything else: the total mass, and the next-token distribution after every prefix.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import chi2

from llmcourse.corpora.grammar import Choice, Grammar, Stage, Template, WordClass, expand
from llmcourse.corpora.source import Source
from llmcourse.corpora.story_language import StoryLanguage
from llmcourse.language_models import token_log_probabilities


def tiny_grammar(**changes) -> Grammar:
    """Two topics, two moods, a hero who is one or many, an object, and a mood that may turn: some hundred stories."""
    fields = {
        "topics": ("sea", "land"), "moods": ("glad", "sad"), "mood_shift": ((3, 1), (2, 5)),
        "registers": {"hero": 2, "object": 2}, "switch": "hero",
        "classes": {
            "hero+": WordClass("PROPN", {(): [Choice("Ada", np.array([3, 3, 1, 1]), {"hero": 1}),
                                              Choice("owls", np.array([1, 1, 1, 5]), {"hero": 2})]}),
            "object+": WordClass("NOUN", {(): [Choice("boat", np.array([7, 7, 1, 1]), {"object": 1}),
                                               Choice("cart", np.array([1, 2, 4, 4]), {"object": 2})]}),
            "they": WordClass("PRON", {(1,): [Choice("she", tests=(("gender", "hero"),))],
                                       (2,): [Choice("they", tests=(("gender", "hero"),))]}, ("hero",)),
            "go": WordClass("VERB", {(1,): [Choice("hops", np.array([5, 1, 5, 1])), Choice("limps")],
                                     (2,): [Choice("hop", np.array([5, 1, 5, 1])), Choice("limp")]}, ("hero",)),
            "object": WordClass("NOUN", {(1,): [Choice("boat", tests=(("object", "object"),))],
                                         (2,): [Choice("cart", tests=(("object", "object"),))]}, ("object",)),
        },
        "stages": {
            "start": Stage((("middle", (Template("<hero+> (has|have) a <object+> ."),
                                        Template("<hero+> finds a <object+> .", 2))),)),
            "middle": Stage((("end", (Template("<they> <go> .", np.array([1, 2, 3, 4])), Template("@1 alone <they> <go> .", 2),
                                      Template("@2 <they> and the <object> <go> ."))), (None, (Template("the end ."),)))),
            "end": Stage(((None, (Template("the <object> is gone ."), Template("<they> <go> (home|away) .",
                                                                              np.array([2, 1, 1, 0])))),), shift=True),
        },
        "start": "start",
        "pos": dict.fromkeys(str.split("has have a finds alone and the end is gone home away ."), "X"),
    }
    return Grammar(**(fields | changes))


def every_story(grammar: Grammar) -> dict[tuple[str, ...], Fraction]:
    """The probability of every complete story, summed over all latent states and all ways to write it."""
    moods = len(grammar.moods)
    n = len(grammar.topics) * moods

    def at(weight: np.ndarray | int, z: int) -> int:
        return int(np.broadcast_to(np.asarray(weight), (n,))[z])

    def write(stage: str, z: int, known: dict, p: Fraction) -> Iterator[tuple[tuple[str, ...], Fraction]]:
        sentences = []
        for following, templates in grammar.stages[stage].groups:
            for template in templates:
                ways = expand(template.text)
                sentences += [(way, Fraction(at(template.weight, z), len(ways)), following) for way in ways]
        yield from go_on([([word for word in way if word[0] != "@"], [word for word in way if word[0] == "@"], w, following)
                          for way, w, following in sentences], 0, z, known, p)

    def go_on(open_: list, i: int, z: int, known: dict, p: Fraction) -> Iterator[tuple[tuple[str, ...], Fraction]]:
        value = str(known.get(grammar.switch, 0))
        weight_of = defaultdict(Fraction)
        for slots, conditions, weight, _ in open_:
            if not conditions or value in conditions[0][1:]:
                weight_of[slots[i]] += weight
        for slot, weight in weight_of.items():
            if not weight:
                continue
            left = [sentence for sentence in open_ if sentence[0][i] == slot]
            q = p * weight / sum(weight_of.values())
            word_class = grammar.classes.get(slot.strip("<>")) if slot[0] == "<" else None
            row = word_class.rows[tuple(known[s] for s in word_class.sources)] if word_class else [Choice(slot)]
            for choice in row:
                share = Fraction(at(choice.weight, z), sum(at(c.weight, z) for c in row))
                now = known | dict(choice.sets)
                if len(left[0][0]) > i + 1:
                    rest = go_on(left, i + 1, z, now, q * share)
                else:
                    rest = next_stage(left[0][3], z, now, q * share)
                for words, r in rest:
                    yield (choice.word, *words), r

    def next_stage(stage: str | None, z: int, known: dict, p: Fraction) -> Iterator[tuple[tuple[str, ...], Fraction]]:
        if stage is None:
            yield ("<eos>",), p
        elif not grammar.stages[stage].shift:
            yield from write(stage, z, known, p)
        else:
            topic, mood = divmod(z, moods)
            for new, weight in enumerate(grammar.mood_shift[mood]):
                yield from write(stage, topic * moods + new, known, p * Fraction(weight, sum(grammar.mood_shift[mood])))

    total = defaultdict(Fraction)
    for z in range(n):
        for words, p in write(grammar.start, z, {}, Fraction(1, n)):
            total[words] += p
    return {words: p for words, p in total.items() if p}


@pytest.fixture(scope="module")
def tiny() -> StoryLanguage:
    return StoryLanguage(tiny_grammar())


@pytest.fixture(scope="module")
def exact() -> dict[tuple[str, ...], Fraction]:
    return every_story(tiny_grammar())


def prefix_masses(exact: dict) -> dict[tuple[str, ...], Fraction]:
    masses = defaultdict(Fraction)
    for words, p in exact.items():
        for t in range(len(words) + 1):
            masses[words[:t]] += p
    return masses


def test_the_stories_of_the_enumeration_have_mass_one(exact):
    assert sum(exact.values()) == 1
    assert len(exact) > 50


def test_every_next_token_distribution_is_that_of_the_enumeration(tiny, exact):
    masses = prefix_masses(exact)
    tokens = tiny.vocabulary.tokens
    for prefix, mass in masses.items():
        if prefix[-1:] == ("<eos>",):
            continue
        wanted = [float(masses.get((*prefix, token), 0) / mass) for token in tokens]
        got = np.exp(tiny.next_log_probabilities(tiny.vocabulary.encode(prefix)))
        np.testing.assert_allclose(got, wanted, atol=1e-12, err_msg=f"after {prefix}")
        assert got.sum() == pytest.approx(1, abs=1e-12)


def test_every_story_has_the_probability_of_the_enumeration(tiny, exact):
    texts = [tiny.vocabulary.encode(words) for words in exact]
    log_p = tiny.token_log_probabilities(texts)
    totals = np.add.reduceat(log_p, np.cumsum([0, *map(len, texts)])[:-1])
    np.testing.assert_allclose(np.exp(totals), [float(p) for p in exact.values()], rtol=1e-12)


def test_the_batched_recursion_is_the_one_token_recursion(tiny, exact):
    class OneByOne:  # hides the fast method: the module function then asks token by token
        vocabulary, next_log_probabilities = tiny.vocabulary, tiny.next_log_probabilities

    texts = [tiny.vocabulary.encode(words) for words in exact]
    np.testing.assert_allclose(tiny.token_log_probabilities(texts), token_log_probabilities(OneByOne(), texts), atol=1e-12)


def test_drawn_stories_have_the_frequencies_of_the_enumeration(tiny, exact):
    n = 40_000
    seen = defaultdict(int)
    for story in tiny.generate(n_stories=n, seed=5):
        seen[tuple(tiny.vocabulary.decode(story))] += 1
    assert set(seen) <= set(exact), "drew a story that the enumeration does not have"
    often = [words for words, p in exact.items() if n * p >= 10]
    rest = n - sum(seen[words] for words in often), n * (1 - sum(exact[words] for words in often))
    pairs = [(seen[words], n * exact[words]) for words in often] + ([rest] if rest[1] else [])
    statistic = sum((count - float(mean)) ** 2 / float(mean) for count, mean in pairs)
    assert statistic < chi2.isf(1e-6, len(pairs) - 1)


def test_the_latents_matter_and_the_posterior_is_that_of_bayes(tiny):
    # By hand: Ada has weight 3 of 4, 3 of 4, 1 of 2 and 1 of 6 in the four latent states.
    likelihood = np.array([3 / 4, 3 / 4, 1 / 2, 1 / 6])
    np.testing.assert_allclose(tiny.latent_posterior(tiny.vocabulary.encode(["Ada"])).ravel(), likelihood / likelihood.sum())


def test_the_longest_story_is_known(tiny, exact):
    assert tiny.source.max_length == max(map(len, exact))


@pytest.mark.parametrize(("changes", "message"), [
    ({"stages": {"start": Stage(((None, (Template("<hero+> <go> ."), Template("<hero+> hops ."))),))},
      "pos": {".": "PUNCT", "hops": "VERB"}}, "'hops' could come from"),
    ({"stages": {"start": Stage(((None, (Template("<they> <go> ."),)),))}}, "no word for {'hero': 0}"),
    ({"stages": {"start": Stage((("start", (Template("the end ."),)),))}}, "for ever"),
    ({"stages": {"start": Stage(((None, (Template("the end ."), Template("the end ."))),))}}, "repeats another"),
    ({"stages": {"start": Stage(((None, (Template("the end", 0.5),)),))}}, "must be integers"),
    ({"stages": {"start": Stage(((None, (Template("<hero+> (a|the ."),)),))}}, "brackets"),
    ({"stages": {"start": Stage(((None, (Template("<hero+> @1 ."),)),))}}, "goes on where 'hero' is"),
    ({"stages": {"start": Stage((("nowhere", (Template("the end ."),)),))}}, "not a stage"),
    ({"stages": {"start": Stage(((None, (Template("<nobody> ."),)),))}}, "does not define"),
    ({"stages": {"start": Stage(((None, (Template("the wolf ."),)),))}}, "no part of speech"),
    ({"mood_shift": ((1, 1),)}, "mood_shift must be 2 rows of 2 weights, none all 0"),
    ({"mood_shift": ((1, 1), (0, 0))}, "mood_shift must be 2 rows of 2 weights, none all 0"),
    ({"mood_shift": ((1, 1), (1, -1))}, "weights of mood_shift must be integers"),
    ({"stages": {"start": Stage(((None, (Template("the end .", -1),)),))}}, "must be integers from 0 below 2^31, got -1"),
    ({"stages": {"start": Stage(((None, (Template("the end .", 2**31),)),))}}, "must be integers from 0 below 2^31"),
    ({"stages": {"start": Stage(((None, (Template("the end ."),)),)), "other": Stage(((None, (Template("the end"),)),))}},
     "no story reaches the stages ['other']"),
    ({"stages": {"start": Stage(((None, (Template("(" + "|".join("abcdefghijk") + ")"),)),))}}, "stands for 11 sentences"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", sets={"hero": 3})]})}},
     "'Ada' in class 'hero+' sets 'hero' to 3, expected 1 … 2"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", sets={"hero": 0})]})}}, "sets 'hero' to 0, expected 1 … 2"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", shows=("friend",))]})}},
     "'Ada' in class 'hero+' names the register 'friend', which the grammar does not have"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", distracts=("friend",))]})}}, "names the register 'friend'"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", tests=(("name", "friend"),))]})}}, "names the register 'friend'"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", sets={"friend": 1})]})}}, "names the register 'friend'"),
    ({"classes": {"hero+": WordClass("X", {(1,): [Choice("Ada")]}, ("friend",))}}, "names the register 'friend'"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", tests=(("case", "hero"),))]})}},
     "'Ada' in class 'hero+' tests ['case'], expected at most 2 of number, gender"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", tests=(("name", "hero"),) * 3)]})}}, "expected at most 2 of"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada"), Choice("Ada")]})},
      "stages": {"start": Stage(((None, (Template("<hero+> ."),)),))}}, "class 'hero+' has the word 'Ada' twice in one row"),
    ({"classes": {"hero+": WordClass("X", {(): [Choice("Ada", np.array([1, 0, 0, 0]))]})},
      "stages": {"start": Stage(((None, (Template("<hero+> ."),)),))}}, "the class <hero+> has no word for {}"),
    ({"stages": {"start": Stage(((None, (Template("the end .", np.array([1, 1, 1, 0])),)),))}},
     "before <=the> no template goes on where 'hero' is 0"),
])
def test_a_grammar_that_would_break_the_recursion_is_refused(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Source(tiny_grammar(**changes))


def test_the_largest_weight_is_taken():
    stages = {"start": Stage(((None, (Template("the end .", 2**31 - 1), Template("home away .", 1))),))}
    with pytest.raises(ValueError, match="weights of"):
        Source(tiny_grammar(stages={"start": Stage(((None, (Template("the end .", 2**31),)),))}))
    tiny = StoryLanguage(tiny_grammar(stages=stages))
    p = np.exp(tiny.next_log_probabilities([]))
    assert p[tiny.vocabulary.ids["home"]] == pytest.approx(2.0**-31)


def test_what_a_reader_knows_after_each_token(tiny):
    """Registers keep their first value until another is set; the vocabulary is that of the choices, in their order."""
    assert tiny.source.register_names == ("hero", "object")
    known = [tiny.state(tiny.vocabulary.encode(str.split("owls have a cart ."))[:t]).registers.tolist() for t in range(6)]
    assert known == [[0, 0], [2, 0], [2, 0], [2, 0], [2, 2], [2, 2]]
    assert tiny.latent_posterior([]).tolist() == [[0.25, 0.25], [0.25, 0.25]]


def test_alternatives_share_the_weight_of_their_template(tiny):
    p = np.exp(tiny.next_log_probabilities(tiny.vocabulary.encode(["Ada"])))
    ids = tiny.vocabulary.ids
    assert [p[ids[word]] for word in ("has", "have", "finds")] == pytest.approx([1 / 6, 1 / 6, 2 / 3])
    assert math.isclose(p.sum(), 1)
