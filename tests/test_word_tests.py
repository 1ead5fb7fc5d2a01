"""The questions about the course's own language: they are well posed, and count-based vectors answer them."""

import numpy as np
import pytest

from llmcourse.corpora import stories
from llmcourse.embeddings import Embeddings, positional_counts, ppmi, svd_vectors, weigh
from llmcourse.embeddings.questions import Analogy, OddOneOut, accuracy, analogy_tests, descriptions, groups, odd_one_out_tests


def rng(seed=0):
    return np.random.default_rng(seed)


def test_every_described_word_is_in_the_language():
    known = descriptions()
    assert len(known) > 300 and all(word in stories().vocabulary for word in known)
    assert known["waves"] == (("class", "scenery"), ("number", "plural"), ("topic", "sea"))
    assert known["swam"] == (("class", "activity"), ("form", "past"), ("topic", "sea"))
    assert known["Ebba"] == (("class", "name"), ("gender", "she"))
    assert not {"her", "crab", "piano", "stars", "the", "said"} & set(known)


def test_descriptions_agree_with_the_tags_of_the_stories():
    """The language's own tagger says the same part of speech for all words of a class."""
    language = stories()
    corpus = language.train(100_000)
    tags = dict(zip(language.vocabulary.decode(corpus.ids), language.tags(corpus), strict=True))
    expected = {"name": "PROPN", "animal": "NOUN", "place": "NOUN", "object": "NOUN", "food": "NOUN", "scenery": "NOUN",
                "daytime": "NOUN", "activity": "VERB", "motion": "VERB", "handling": "VERB", "saying": "VERB",
                "stirring": "VERB", "adjective": "ADJ", "feeling": "ADJ", "adverb": "ADV", "exclamation": "INTJ",
                "pronoun": "PRON"}  # fmt: skip
    for word, description in descriptions().items():
        if word in tags:
            assert tags[word] == expected[dict(description)["class"]], word


def test_odd_ones_differ_in_one_thing():
    known = descriptions()
    tests = odd_one_out_tests(rng(), 40)
    assert {test.kind for test in tests} == {"class", "gender", "number", "topic", "mood"}
    for test in tests:
        rest = [dict(known[word]) for word in test.words if word != test.answer]
        odd = dict(known[test.answer])
        assert len(set(test.words)) == 4 and len(rest) == 3
        assert all(one[test.kind] == rest[0][test.kind] != odd[test.kind] for one in rest)
        if test.kind != "class":
            assert all(one == rest[0] for one in rest) and {k for k in odd if odd[k] != rest[0][k]} == {test.kind}


def test_analogies_make_the_same_step_twice():
    known, words = descriptions(), groups()
    tests = analogy_tests(rng(), 40)
    assert {test.kind for test in tests} == {"gender", "number", "form", "topic", "mood"}
    for test in tests:
        a, b, c = (dict(known[word]) for word in (test.a, test.b, test.c))
        assert {k for k in a if a[k] != b[k]} == {test.kind} and a[test.kind] == c[test.kind]
        assert a["class"] == c["class"] or test.kind == "gender"
        wanted = tuple((k, b[k] if k == test.kind else c[k]) for k, _ in known[test.c])
        assert test.answers == frozenset(words[wanted]) - {test.a, test.b, test.c} and test.answers


def test_questions_are_reproducible_and_not_asked_twice():
    for make in (odd_one_out_tests, analogy_tests):
        assert make(rng(1), 30) == make(rng(1), 30) != make(rng(2), 30)
        assert len(set(make(rng(1), 100))) == len(make(rng(1), 100))


def test_accuracy_counts():
    vocabulary = stories().vocabulary
    vectors = np.zeros((len(vocabulary), 3))
    for word, vector in {"Ada": (1, 0, 0), "Alma": (1, 0.1, 0), "Ebba": (1, 0, 0.1), "Axel": (0, 1, 0)}.items():
        vectors[vocabulary.encode([word])] = vector
    tests = [OddOneOut("gender", ("Ada", "Axel", "Alma", "Ebba"), "Axel"), OddOneOut("x", ("Ada", "Axel", "Alma"), "Ada"),
             Analogy("gender", "Ada", "Axel", "Alma", frozenset({"Ebba"}))]  # fmt: skip
    assert accuracy(Embeddings(vocabulary, vectors), tests) == {"gender": 1.0, "x": 0.0, "all": 2 / 3}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_million_tokens_answer_nine_questions_in_ten(seed):
    """On stories and questions other than those by which the settings were chosen (seed 0)."""
    language = stories()
    counts = positional_counts(language.train(10**6, seed=seed), len(language.vocabulary))
    vectors = svd_vectors(weigh(ppmi(counts), counts), 100, rng(), power=1)
    embeddings = Embeddings(language.vocabulary, vectors)
    odd = accuracy(embeddings, odd_one_out_tests(rng(seed)))
    analogies = accuracy(embeddings, analogy_tests(rng(seed)))
    assert odd["all"] >= 0.97 and min(odd.values()) >= 0.9, odd
    assert analogies["all"] >= 0.9 and min(analogies.values()) >= 0.8, analogies
