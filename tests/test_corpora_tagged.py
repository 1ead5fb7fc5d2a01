"""The sentences with tags: what they are, that the best tags are the best, and that words alone do not decide them."""

import itertools

import numpy as np
import pytest

from llmcourse.corpora import tagged
from llmcourse.corpora.tagged import PATTERNS, SLOTS, with_s

LANGUAGE = tagged()


def tag_names(numbers):
    return [LANGUAGE.tags[number] for number in numbers]


def encoded(*sentences):
    return [LANGUAGE.vocabulary.encode(sentence.split()) for sentence in sentences]


def test_a_sentence_and_its_tags_are_made_by_one_pattern():
    made = LANGUAGE.train(300)
    assert len(made) == 300 and np.array_equal(made.words.starts, made.tags.starts)
    patterns = [text.split() for text, _ in PATTERNS]
    for words, tags in zip(made.words, made.tags, strict=True):
        tokens, names = LANGUAGE.vocabulary.decode(words), tag_names(tags)
        assert any(len(slots) == len(tokens) and all(word in SLOTS[slot][1] and tag == SLOTS[slot][0]
                   for slot, word, tag in zip(slots, tokens, names, strict=True)) for slots in patterns)


def test_patterns_come_as_often_as_their_weights_say():
    made = LANGUAGE.train(6000)
    firsts = [LANGUAGE.vocabulary.tokens[text[0]] for text in made.words]
    total = sum(weight for _, weight in PATTERNS)
    for first in ("the", "that"):
        share = sum(weight for text, weight in PATTERNS if text.split()[0].split(".")[0] == first) / total
        assert firsts.count(first) / 6000 == pytest.approx(share, abs=4 * (share * (1 - share) / 6000) ** 0.5)
    guides = [word for text in made.words for word in LANGUAGE.vocabulary.decode(text) if word in ("guides", "dances")]
    assert 0.4 < guides.count("guides") / len(guides) < 0.6


def test_streams_are_fixed_and_different():
    assert np.array_equal(LANGUAGE.train(50).words.ids, LANGUAGE.train(80).words[:50].ids)
    assert LANGUAGE.vocabulary.decode(LANGUAGE.held_out(1).words[0]) == "the quiet cooks fish the march .".split()
    drawn = [LANGUAGE.train(40), LANGUAGE.train(40, seed=1), LANGUAGE.validation(40), LANGUAGE.held_out(40)]
    for one, other in itertools.combinations(drawn, 2):
        assert not np.array_equal(one.words.ids, other.words.ids)
    assert len(LANGUAGE.train(0)) == 0
    with pytest.raises(ValueError, match="n_sentences must be at least 0, got -1"):
        LANGUAGE.train(-1)
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        LANGUAGE.train(1, seed=-1)


def test_best_tags_by_hand():
    """*her* before a noun and before an adverb; *old* before a third person and before a base form."""
    whole = LANGUAGE.best_tags(encoded("she hugs her lantern .", "she hugs her often .", "the old guide sighs quietly .",
                                       "the old guide the young ."))
    assert tag_names(whole) == ("PRON VERB DET NOUN PUNCT PRON VERB PRON ADV PUNCT DET ADJ NOUN VERB ADV PUNCT "
                                "DET NOUN VERB DET NOUN PUNCT").split()
    left = LANGUAGE.best_tags(encoded("the old guide sighs quietly ."), whole=False)
    assert tag_names(left)[1:3] == ["NOUN", "VERB"]                           # who reads from the left cannot know


def brute_force(sentence, whole):
    """The best tags of a sentence by adding up patterns one by one."""
    best = []
    for t in range(len(sentence)):
        belief = dict.fromkeys(LANGUAGE.tags, 0.0)
        seen = sentence if whole else sentence[: t + 1]
        for text, weight in PATTERNS:
            slots = text.split()
            if (len(slots) != len(sentence)) if whole else (len(slots) <= t):
                continue
            p = float(weight)
            for slot, word in zip(slots, seen, strict=False):
                p *= (word in SLOTS[slot][1]) / len(SLOTS[slot][1])
            belief[SLOTS[slots[t]][0]] += p
        best.append(max(belief, key=belief.get))
    return best


def test_best_tags_are_those_of_brute_force_and_no_rule_does_better():
    made = LANGUAGE.held_out(400)
    shares = {}
    for whole in (True, False):
        found = LANGUAGE.best_tags(made.words, whole=whole)
        want = [tag for text in made.words for tag in brute_force(LANGUAGE.vocabulary.decode(text), whole)]
        assert tag_names(found) == want
        shares[whole] = (found == made.tags.ids).mean()
    counts = np.zeros((len(LANGUAGE.vocabulary), len(LANGUAGE.tags)))
    np.add.at(counts, (made.words.ids, made.tags.ids), 1)                     # the best that the word alone can do, even here
    alone = (counts.argmax(axis=1)[made.words.ids] == made.tags.ids).mean()
    assert alone < 0.82 < 0.94 < shares[False] < shares[True] < 1


def test_sentences_that_nobody_says():
    for sentence, match in [("the the .", "sentence 0 fits no pattern: the the"), ("the old", "fits no pattern: the old"),
                            (" ".join(["the"] * 30), "no sentence has 30 words, expected at most 11")]:
        with pytest.raises(ValueError, match=match):
            LANGUAGE.best_tags(encoded(sentence))
    with pytest.raises(ValueError, match="token id 999 is outside"):
        LANGUAGE.best_tags([[999]])
    assert LANGUAGE.best_tags([]).shape == (0,)


def test_one_form_for_plural_and_third_person():
    assert [with_s(word) for word in ("dance", "march", "fish", "dry")] == ["dances", "marches", "fishes", "dries"]
