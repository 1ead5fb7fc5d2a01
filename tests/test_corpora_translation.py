"""The parallel corpus: pairs worked by hand, the rules of the second language as properties, and what is kept from training."""

import hashlib
from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from llmcourse.corpora import Pairs, parallel
from llmcourse.corpora.story_grammar import OBJECTS, PAST, PLACES, PRESENT
from llmcourse.corpora.translation import ADJECTIVES, reserved
from llmcourse.corpora.translation_grammar import CLOSING, MIDDLE, OPENING, rules, stem


@pytest.fixture(scope="module")
def language():
    return parallel()


@pytest.fixture(scope="module")
def pairs(language):
    return language.train(2000)


def translate(language, *tales):
    return language.translate([language.vocabulary.encode([*tale.split(), "<eos>"]) for tale in tales])


# By hand, from these nouns and their genders: drum vok (e), tower kit (e), wave moz (e), owl fot (e), pond zod (o), bee daz
# (o), mouse zag (o), spoon map (e), bakery nom (e), cake van (a), boat baz (a), harbour fuz (o), map zem (a), library fam (o),
# poet min (e). The verb comes last, the adjective after its noun, *at* and *near* after theirs.
BY_HAND = [
    ("once , Ada found a rusty drum at the tower . she saw seven grey waves near the tower . it was golden .",
     "ruv , Ada le kit bag une vok zeze pibas . sa le kit bok zif mozin voven radas . se pake tegas ."),
    ("nowadays , two grey owls find a golden drum behind the pond . the rusty bee dances at the pond . but it is not rusty .",
     "tiz , veb fotin voven lo zod dem une vok pake pibisin . lo daz zezo lo zod bag mumis . fip se zeze gar tegis ."),
    ("once , three warm mice found a soft spoon at the bakery . they were happy . they lost it behind the cake .",
     "ruv , vud zagin rupon le nom bag une map pome pibasin . son dugon tegasin . son la van dem sem rofasin ."),
    ("Axel finds a warm boat near the harbour . he skips to the harbour . he polishes it .",
     "Axel lo fuz bok una baz rupa pibis . so lo fuz dun tukis . so sam divis ."),
    ("Hugo found a funny map at the library . he was cross . the poets danced near it .",
     "Hugo lo fam bag una zem meda pibas . so mito tegas . len minin sam bok mumasin ."),
]  # fmt: skip


@pytest.mark.parametrize(("english", "second"), BY_HAND)
def test_tales_by_hand(language, english, second):
    (pair,) = translate(language, english)
    assert language.target_vocabulary.decode(pair[1]) == [*second.split(), "<eos>"]


def test_alignment_and_antecedents_by_hand(language):
    english, _ = BY_HAND[2]
    words = [*english.split(), "<eos>"]
    found = translate(language, "Axel finds a warm boat near the harbour . he polishes it .", english)
    first = found.source.starts[1]  # positions are those in the flat array of all tales
    here = slice(found.target.starts[1], found.target.starts[2])
    rendered = [words[at - first] for at in found.aligned[here]]
    assert rendered == str.split("once , three mice warm the bakery at a spoon soft found . they happy were . "
                                 "they the cake behind it lost . <eos>")  # fmt: skip
    nouns = [words[at - first] if at >= 0 else "" for at in found.antecedent[here]]
    assert {(i, noun) for i, noun in enumerate(nouns) if noun} == {(13, "mice"), (14, "mice"), (17, "mice"), (21, "spoon")}
    assert found.needs_earlier[here].sum() == 4 and found.distance[here][21] == words.index("it") - words.index("spoon")
    assert found.distance[here][0] == 0
    single = translate(language, "Axel finds a warm boat near the harbour . he polishes it .")
    assert single.needs_earlier.sum() == 1 and single.antecedent.max() == 4  # *he* shows its gender: only *it* needs the boat


def test_each_pair_says_the_same_in_as_many_sentences(language, pairs):
    assert isinstance(pairs, Pairs) and len(pairs) == len(pairs.source) == len(pairs.target) == 2000
    stops = [language.vocabulary.ids["."], language.target_vocabulary.ids["."]]
    for source, target in pairs:
        assert source[-1] == target[-1] == 1 and (source == stops[0]).sum() == (target == stops[1]).sum() in (2, 3, 4)
    assert len(pairs.aligned) == len(pairs.antecedent) == len(pairs.needs_earlier) == len(pairs.target.ids)
    # every target token renders a token of its own text, and every source token but none twice is rendered
    text = pairs.target.text_of
    assert (pairs.source.text_of[pairs.aligned] == text).all() and len(set(pairs.aligned.tolist())) == len(pairs.aligned)
    assert len(pairs.aligned) == len(pairs.source.ids)


def test_an_antecedent_is_a_noun_of_an_earlier_sentence(language, pairs):
    stops = np.cumsum(pairs.source.ids == language.vocabulary.ids["."])
    needed = np.flatnonzero(pairs.needs_earlier)
    at, noun = pairs.aligned[needed], pairs.antecedent[needed]
    assert (stops[noun] < stops[at]).all() and (pairs.source.text_of[noun] == pairs.source.text_of[at]).all()
    words = set(language.vocabulary.decode(pairs.source.ids[noun]))
    assert words <= set(language.lexicon.nouns) and {"kite", "owls"} <= words and not words & set(PLACES)
    assert set(language.vocabulary.decode(pairs.source.ids[at])) >= {"it", "they", "rusty", "happy"}
    assert (pairs.distance[needed] >= 4).all() and pairs.distance.max() > 20 and not pairs.distance[~pairs.needs_earlier].any()
    assert 0.05 < pairs.needs_earlier.mean() < 0.15


def test_the_form_follows_the_antecedent_and_nothing_nearer(language):
    """Only the object changes from tale to tale, and with it the pronoun and what is said about it."""
    tale = "Ada found a rusty {} at the tower . the grey wave danced at the tower . it was golden ."
    found = translate(language, *(tale.format(thing) for thing in OBJECTS))
    said = defaultdict(set)
    for thing, (_, target) in zip(OBJECTS, found, strict=True):
        words = language.target_vocabulary.decode(target)
        said[language.lexicon.gender(thing)].add((words[4][-1], words[6][-1], *words[-5:-2]))  # a, rusty; it golden was
    assert {gender: forms for gender, forms in said.items()} == {
        0: {("a", "a", "sa", "paka", "tegas")}, 1: {("o", "o", "so", "pako", "tegas")}, 2: {("e", "e", "se", "pake", "tegas")}}
    genders = [language.lexicon.gender(thing) for thing in OBJECTS]
    assert min(genders.count(g) for g in range(3)) >= len(OBJECTS) / 5


def test_neither_a_noun_nor_its_translation_shows_its_gender(language):
    lexicon = language.lexicon
    singulars = [noun for noun, (_, plural) in lexicon.nouns.items() if not plural]
    for look in (lambda noun: noun[-1], lambda noun: noun[0], lambda noun: lexicon.noun(noun)[-1],
                 lambda noun: lexicon.noun(noun)[1], lambda noun: lexicon.noun(noun)[0]):  # fmt: skip
        groups = defaultdict(list)
        for noun in singulars:
            groups[look(noun)].append(lexicon.gender(noun))
        best = sum(max(map(found.count, range(3))) for found in groups.values()) / len(singulars)
        assert best < 0.6  # a rule that knows the letter and answers with the letter's most frequent gender
    assert lexicon.gender("wave") == lexicon.gender("waves")


def test_no_form_has_two_meanings(language):
    lexicon = language.lexicon
    meanings = defaultdict(set)
    for noun, (one, plural) in lexicon.nouns.items():
        meanings[lexicon.noun(noun)].add(("noun", one, plural))
        for english in ("a", "the"):
            meanings[lexicon.article(english, noun)].add((english, lexicon.gender(noun), plural and english == "the"))
    for gender, plural in product(range(3), (False, True)):
        for word in ADJECTIVES:
            meanings[lexicon.adjective(word, gender, plural)].add((word, gender, plural))
        meanings[lexicon.pronoun(gender, plural, subject=True)].add(("subject", gender, plural))
        meanings[lexicon.pronoun(gender, plural, subject=False)].add(("object", gender))
    for word, base, tense in (("finds", "find", PRESENT), ("found", "find", PAST), ("is", "be", PRESENT), ("were", "be", PAST)):
        for plural in (False, True):
            meanings[lexicon.verb(word, plural)].add((base, tense, plural))
    assert all(len(found) == 1 for found in meanings.values())
    assert set(meanings) <= set(language.target_vocabulary.tokens) and len({stem(i) for i in range(720)}) == 720
    assert lexicon.verb("were", True) == lexicon.verb("was", True) != lexicon.verb("are", True)


def test_every_rule_and_nearly_every_word_is_used(language):
    found = language.train(8000)
    used = set(map(tuple, rules()))
    seen = set()
    slots = language._slots(found.source)
    for text in range(len(found)):
        sentence = []
        for slot in slots[found.source.starts[text]:found.source.starts[text + 1] - 1]:
            sentence.append(slot)
            if slot == "=.":
                seen.add(tuple(sentence))
                sentence = []
    assert seen == used and len(used) == len(OPENING + MIDDLE + CLOSING) == 12
    assert set(found.source.ids.tolist()) == set(range(1, len(language.vocabulary)))
    never = set(range(1, len(language.target_vocabulary))) - set(found.target.ids.tolist())
    assert len(never) < 12  # *happy* and its like are never said of a single thing of the third gender


# --- streams


def test_reserved_combinations_are_where_they_belong(language, pairs):
    """By reading the words alone: which adjective stands before the object, and which is said of it."""
    streams = {"train": pairs, "validation": language.validation(300), "held-out": language.held_out(300)}
    for stream, some in streams.items():
        for source, _ in some:
            words = language.vocabulary.decode(source)
            noun = next(word for word in words if word in OBJECTS)
            numbers = {reserved(words[words.index(noun) - 1], noun)}
            if words[-4] in ("is", "was", "not"):  # it is golden . <eos>
                numbers.add(reserved(words[-3], noun))
            assert (0 in numbers, 4 in numbers) == (stream == "validation", stream == "held-out")
    seen = {source.tobytes() for source, _ in pairs}
    assert not any(source.tobytes() in seen for source, _ in streams["held-out"])
    for word in ADJECTIVES:  # each adjective and each object is known from other combinations
        assert 9 <= sum(reserved(word, noun) not in (0, 4) for noun in OBJECTS) <= 20
    for noun in OBJECTS:
        assert sum(reserved(word, noun) not in (0, 4) for word in ADJECTIVES) >= 10
    assert len(ADJECTIVES) == 15 and {reserved(word, noun) for word, noun in product(ADJECTIVES, OBJECTS)} == set(range(8))


def test_the_same_pairs_on_every_machine(language):
    some = language.train(500)
    words = " ".join(language.target_vocabulary.decode(some.target.ids) + language.vocabulary.decode(some.source.ids))
    digest = hashlib.sha256(words.encode()).hexdigest()
    want = "c875421582a9693026c20831ccb03e62690e3d49f82d87d2013397649ecbd9b5"
    assert digest == want, "the pairs have changed: published numbers no longer hold"


def test_more_pairs_begin_with_the_same_ones(language):
    few, many = language.train(7, seed=3), language.train(900, seed=3)
    np.testing.assert_array_equal(few.source.ids, many.source[:7].ids)
    np.testing.assert_array_equal(few.antecedent, many.antecedent[: len(few.antecedent)])
    np.testing.assert_array_equal(language.train(5).source.ids, language.train(5, seed=0).source.ids)
    assert not np.array_equal(language.train(5).source.ids, language.train(5, seed=1).source.ids)
    np.testing.assert_array_equal(language.held_out(3).source.ids, language.held_out(40).source[:3].ids)
    assert len(language.validation()) == 500 and len(language.held_out()) == 2000 and len(language.train(0)) == 0


def test_the_english_side_has_an_exact_model(language):
    few = language.train(20).source
    log_p = language.english.token_log_probabilities(few)
    assert np.isfinite(log_p).all() and language.english.floor(few).mean < 4
    assert language.english.vocabulary is language.vocabulary


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda p: p.train(2.5), TypeError, "n_pairs must be an integer"),
    (lambda p: p.held_out(-1), ValueError, "n_pairs must be at least 0, got -1"),
    (lambda p: p.train(3, seed=-1), ValueError, "seed must be at least 0"),
    (lambda p: p.translate([["Ada", "found"]]), TypeError, "flat sequence of integer ids"),
    (lambda p: p.translate([[9999]]), ValueError, "token id 9999 is outside"),
    (lambda p: p.translate([p.held_out(1).source[0][:-1]]), ValueError, "text 0 does not end in EOS"),
    (lambda p: p.translate([p.vocabulary.encode(["Ada", "."])]), ValueError, "cannot have written '.' at position 1"),
    (lambda p: p.translate([[]]), ValueError, "text 0 does not end in EOS"),
    (lambda p: p.belongs([], "test"), ValueError, "unknown stream 'test'"),
])
def test_bad_input_is_named(language, call, error, message):
    with pytest.raises(error, match=message):
        call(language)
