"""The n-gram models against other people's programs: nltk.lm and KenLM.

Where nltk's definitions differ from the course's, and what makes them comparable:

* Windows. ``nltk.lm.preprocessing`` pads both ends of a text with n−1 symbols, so it also counts <s> <s> and </s> </s>.
  Here nltk is given the course's windows: for every order, the n-grams that end in a predicted token.
* Outcomes. nltk counts its unknown label and, after its own padding, <s> among the outcomes of additive smoothing. The
  course predicts V−1 outcomes, all but BOS. In the tests UNK is in both vocabularies, and as nltk must know BOS (it would
  count BOS as an unknown word), "owl", which never occurs, is left out of nltk's: both have the same number of outcomes.
  Scores are asked "unmasked", so that "owl" is not looked up as unknown.
* Kneser–Ney. nltk has one fixed discount, 0.1 by default, where the course estimates one an order, and does not discount
  its unigrams: they are plain continuation counts, and words never seen get 0. The course's ``discount=(0, d, …, d)`` is
  exactly that. Continuation counts of the middle orders agree, n-grams that start with BOS included.
"""

import math

import numpy as np
import pytest

from llmcourse import ngrams
from llmcourse.language_models import BOS, EOS, Vocabulary
from llmcourse.ngrams import fast as fast_ngrams
from llmcourse.ngrams.arpa import write_arpa

TEXTS = [
    line.split()
    for line in """the cat sees the dog
the cat
a dog sees a cat and a cat sees the dog
and the dog sees the sea
the sea sees the cat and the dog and a gull
a gull""".splitlines()
]
VOCABULARY = Vocabulary(["the", "a", "cat", "dog", "gull", "sea", "sees", "and", "owl"], unk=True)
BOTH = pytest.mark.parametrize("module", [ngrams, fast_ngrams], ids=["dict", "numpy"])


def nltk_model(cls, order, *args, **kwargs):
    lm = pytest.importorskip("nltk.lm", reason="nltk is not installed: its oracle tests are skipped")
    known = lm.Vocabulary([token for token in VOCABULARY.tokens if token not in ("<unk>", "owl")], unk_label="<unk>")
    assert len(known) == len(VOCABULARY) - 1
    model = getattr(lm, cls)(*args, order=order, vocabulary=known, **kwargs)
    model.fit([n for k in range(1, order + 1) for n in ngrams.extract_ngrams(text, k)] for text in TEXTS)
    return model


def some_contexts(order):
    """Every context that occurs (BOS included), and some that do not; as the n−1 tokens that a model looks at."""
    seen = {ngram[:-1] for text in TEXTS for ngram in ngrams.extract_ngrams(text, order)}
    return sorted(seen | {("owl",) * (order - 1), ("cat",) * (order - 1), ("gull", *("the",) * (order - 2))[: order - 1]})


def compare(model, oracle, order, contexts):
    for context in contexts:
        got = np.exp(model.next_log_probabilities(VOCABULARY.encode([token for token in context if token != BOS])))
        expected = [oracle.unmasked_score(word, context) for word in VOCABULARY.tokens[1:]]
        np.testing.assert_allclose(got[1:], expected, rtol=1e-12, atol=1e-15, err_msg=f"{order}: {context}")


@BOTH
@pytest.mark.parametrize("order", [1, 2, 3])
def test_mle_is_nltks_mle(module, order):
    seen = {ngram[:-1] for text in TEXTS for ngram in ngrams.extract_ngrams(text, order)}
    compare(module.MLE(TEXTS, order, vocabulary=VOCABULARY), nltk_model("MLE", order), order, sorted(seen))


@BOTH
@pytest.mark.parametrize("order", [1, 2, 3])
def test_additive_smoothing_with_k_1_is_nltks_laplace(module, order):
    model = module.Additive(TEXTS, order, 1, vocabulary=VOCABULARY)
    compare(model, nltk_model("Laplace", order), order, some_contexts(order))


@BOTH
def test_additive_smoothing_is_nltks_lidstone(module):
    model = module.Additive(TEXTS, 2, 0.25, vocabulary=VOCABULARY)
    compare(model, nltk_model("Lidstone", 2, 0.25), 2, some_contexts(2))


@BOTH
@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("discount", [0.1, 0.75])
def test_kneser_ney_is_nltks_where_the_discounts_are_the_same(module, order, discount):
    model = module.KneserNey(TEXTS, order, vocabulary=VOCABULARY, discount=[0] + [discount] * (order - 1))
    oracle = nltk_model("KneserNeyInterpolated", order, discount=discount)
    compare(model, oracle, order, some_contexts(order))


@BOTH
def test_absolute_discounting_is_nltks_where_the_discounts_are_the_same(module):
    # nltk's unigrams are MLE here, and so are the course's with a discount of 0.
    for order in (2, 3):
        model = module.AbsoluteDiscounting(TEXTS, order, vocabulary=VOCABULARY, discount=[0] + [0.6] * (order - 1))
        oracle = nltk_model("AbsoluteDiscountingInterpolated", order, discount=0.6)
        compare(model, oracle, order, some_contexts(order))


# KenLM reads the models' ARPA files -----------------------------------------------------------------------------------

HELD_OUT = ["the cat sees a gull", "a", "", "owl owl the dog and the owl", "sees sees sees the cat and a dog sees"]


def kenlm_model(model, tmp_path):
    kenlm = pytest.importorskip("kenlm", reason="the kenlm module is not installed: its oracle tests are skipped")
    path = tmp_path / "model.arpa"
    write_arpa(model, path)
    return kenlm.Model(str(path))


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("cls", [fast_ngrams.KneserNey, fast_ngrams.AbsoluteDiscounting])
def test_kenlm_gives_the_same_scores(cls, order, tmp_path):
    model = cls(TEXTS, order, vocabulary=VOCABULARY)
    kenlm_scores = kenlm_model(model, tmp_path)
    for line in [*HELD_OUT, *map(" ".join, TEXTS)]:
        expected = [score for score, _, _ in kenlm_scores.full_scores(line)]
        got = model.token_log_probabilities([VOCABULARY.encode([*line.split(), EOS])]) / math.log(10)
        np.testing.assert_allclose(got, expected, atol=2e-6)  # KenLM keeps 32-bit floats


def test_kenlm_backs_off_where_the_model_does(tmp_path):
    model = fast_ngrams.KneserNey(TEXTS, 3, vocabulary=VOCABULARY)
    found = [length for _, length, _ in kenlm_model(model, tmp_path).full_scores("the cat sees a gull")]
    # <s> the · <s> the cat · the cat sees · sees a (cat sees a is new) · a gull (sees a gull is new) · a gull </s>
    assert found == [2, 3, 3, 2, 2, 3]


def test_an_arpa_file_lists_each_ngram_once(tmp_path):
    write_arpa(fast_ngrams.KneserNey(TEXTS, 3, vocabulary=VOCABULARY), tmp_path / "model.arpa")
    lines = (tmp_path / "model.arpa").read_text(encoding="utf-8").splitlines()
    entries = [line.split("\t")[1] for line in lines if "\t" in line]
    assert len(entries) == len(set(entries))
    announced = [int(line.split("=")[1]) for line in lines if line.startswith("ngram ")]
    assert [sum(entry.count(" ") == k for entry in entries) for k in range(3)] == announced
    assert announced[0] == len(VOCABULARY)


@pytest.mark.parametrize("token", ["two words", "</s>", "new\nline"])
def test_tokens_that_an_arpa_file_cannot_hold(token, tmp_path):
    model = fast_ngrams.KneserNey([["a", token]], 2)
    with pytest.raises(ValueError, match="cannot stand in an ARPA file"):
        write_arpa(model, tmp_path / "model.arpa")


def test_arpa_files_are_for_interpolated_models_of_order_2_and_more(tmp_path):
    with pytest.raises(TypeError, match="Additive"):
        write_arpa(fast_ngrams.Additive(TEXTS, 2), tmp_path / "model.arpa")
    with pytest.raises(ValueError, match="orders 2 and up"):
        write_arpa(fast_ngrams.KneserNey(TEXTS, 1), tmp_path / "model.arpa")
