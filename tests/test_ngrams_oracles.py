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
from llmcourse.language_models import BOS, EOS, Vocabulary, sample
from llmcourse.ngrams import fast as fast_ngrams
from llmcourse.ngrams.arpa import read_arpa, write_arpa

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
@pytest.mark.parametrize("cls", [fast_ngrams.KneserNey, fast_ngrams.AbsoluteDiscounting, fast_ngrams.ModifiedKneserNey])
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


# Reading ARPA files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [2, 3, 5])
@pytest.mark.parametrize("cls", [fast_ngrams.KneserNey, fast_ngrams.AbsoluteDiscounting, fast_ngrams.ModifiedKneserNey])
def test_what_was_written_is_read_again(cls, order, tmp_path):
    model = cls(TEXTS, order, vocabulary=VOCABULARY)
    write_arpa(model, tmp_path / "model.arpa")
    again = read_arpa(tmp_path / "model.arpa")
    assert again.order == order and again.vocabulary == VOCABULARY
    texts = [VOCABULARY.encode([*line.split(), EOS]) for line in [*HELD_OUT, *map(" ".join, TEXTS)]]
    np.testing.assert_allclose(again.token_log_probabilities(texts), model.token_log_probabilities(texts), atol=1e-7)
    for context in ([], ["the"], ["a", "dog"], ["owl", "owl", "owl"], ["sees", "the", "cat", "and", "the"]):
        ids = VOCABULARY.encode(context)
        found = again.next_log_probabilities(ids)
        np.testing.assert_allclose(found, model.next_log_probabilities(ids), atol=2e-6)
        assert found.dtype == np.float32 and found[VOCABULARY.bos] == -math.inf
    text = sample(again, np.random.default_rng(0), max_length=50)
    assert text[-1] == VOCABULARY.eos and np.isfinite(again.token_log_probabilities([text])).all()


@pytest.mark.parametrize("order", [4, 5])
def test_reading_numbers_the_heads_of_long_ngrams_over_many_words(order, tmp_path):
    vocabulary = Vocabulary([f"w{i}" for i in range(2**17)])
    texts = [np.random.default_rng(t).choice([5, 70_000, 131_000, 131_073], 12) for t in range(20)]
    model = fast_ngrams.KneserNey(texts, order, vocabulary=vocabulary)
    write_arpa(model, tmp_path / "model.arpa")
    again = read_arpa(tmp_path / "model.arpa")
    assert again.levels[-1].keys.needs_heads
    scored = [np.append(text[3:9], [9, 5, 5]) for text in texts]
    np.testing.assert_allclose(again.token_log_probabilities(scored), model.token_log_probabilities(scored), atol=1e-6)


# As SRILM writes it: -99 for <s>, no weight where nothing follows, tabs or blanks, n-grams in no order, one without its suffix.
SRILM = """some words about the file

\\data\\
ngram 1=5
ngram 2=4
ngram 3=2

\\1-grams:
-0.6020600\t</s>
-99\t<s>\t-0.1760913
-0.3010300\ta\t-0.3010300
-0.9030900\tb\t-0.2218487
-0.9030900\tété

\\2-grams:
-0.3010300\ta b
-0.1249387\t<s> a\t-0.4771213
-0.6989700\ta </s>
-0.4771213  b a  -0.3979400

\\3-grams:
-0.2218487\t<s> a b
-0.0969100\tb a a

\\end\\
"""
# As KenLM writes it: <unk>, probability 1 for <s>, a weight of 0 for every n-gram below the highest order.
KENLM = """\\data\\
ngram 1=5
ngram 2=3

\\1-grams:
-1.2041199\t<unk>\t0
0\t<s>\t-0.30103
-0.50514996\t</s>\t0
-0.39794\tcat\t-0.17609126
-0.69897\tthe\t-0.7

\\2-grams:
-0.2218488\t<s> the
-0.09691\tthe cat
-0.154902\tcat </s>

\\end\\
"""


def test_an_srilm_file_by_hand(tmp_path):
    (tmp_path / "a.arpa").write_text(SRILM, encoding="utf-8")
    model = read_arpa(tmp_path / "a.arpa")
    assert model.vocabulary.tokens == (BOS, EOS, "a", "b", "été") and model.order == 3
    scores = model.token_log_probabilities([model.vocabulary.encode(["a", "b", "a", "a", "été", EOS])]) / math.log(10)
    # <s> a · <s> a b · (a b has no weight) b a · b a a · weights of (a a), unlisted, and of a, then été · </s> alone
    np.testing.assert_allclose(scores, [-0.1249387, -0.2218487, -0.4771213, -0.0969100, -0.3010300 - 0.9030900, -0.6020600])
    assert model.token_log_probabilities([[3, 2, 3]])[2] == pytest.approx(math.log(10) * (-0.3979400 - 0.3010300))


@pytest.mark.parametrize("written", [SRILM, KENLM])
def test_kenlm_reads_the_same_file_in_the_same_way(written, tmp_path):
    kenlm = pytest.importorskip("kenlm", reason="the kenlm module is not installed: its oracle tests are skipped")
    path = tmp_path / "model.arpa"
    path.write_text(written[written.index("\\data") :].replace("  ", "\t"), encoding="utf-8")  # KenLM wants tabs, no comment
    theirs, ours = kenlm.Model(str(path)), read_arpa(path)
    words = [token for token in ours.vocabulary.tokens[2:] if token != "<unk>"]
    rng = np.random.default_rng(0)
    for line in [rng.choice(words, n).tolist() for n in (0, 1, 2, 3, 5, 8, 13)]:
        expected = [score for score, _, _ in theirs.full_scores(" ".join(line))]
        got = ours.token_log_probabilities([ours.vocabulary.encode([*line, EOS])]) / math.log(10)
        np.testing.assert_allclose(got, expected, atol=2e-6)


def test_a_kenlm_file_has_unk_and_never_predicts_bos(tmp_path):
    (tmp_path / "a.arpa").write_text(KENLM, encoding="utf-8")
    model = read_arpa(tmp_path / "a.arpa")
    assert model.vocabulary == Vocabulary(["cat", "the"], unk=True)
    p = np.exp(model.next_log_probabilities(model.vocabulary.encode(["the"])))
    expected = 10 ** (np.array([-math.inf, -0.50514996, -1.2041199, 0, -0.69897]) - 0.7)
    np.testing.assert_allclose(p, [*expected[:3], 10**-0.09691, expected[4]], rtol=1e-6)
    assert model.parameters == 4 + 3 + 3  # outcomes, bigrams, and the contexts <s>, cat and the


def test_a_word_of_log_minus_99_is_impossible_and_a_weight_needs_no_followers(tmp_path):
    changed = SRILM.replace("-0.9030900\tété", "-99\tété\t-1")
    (tmp_path / "a.arpa").write_text(changed, encoding="utf-8")
    scores = read_arpa(tmp_path / "a.arpa").token_log_probabilities([[4, 2]]) / math.log(10)
    assert scores.tolist() == [-math.inf, pytest.approx(-1.30103)]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("\\data\\", "data", r"no line \\data"),
    ("\\end\\", "", r"no line \\end"),
    ("ngram 2=4", "ngram 2=5", r"as announced, \[5, 5, 2\], found \[5, 4, 2\]"),
    ("ngram 2=4", "ngram 3=4", "line 5 of .*expected 'ngram 2=' and a number, got 'ngram 3=4'"),
    ("ngram 2=4", "ngram 2=four", "expected 'ngram 2=' and a number"),
    ("\\2-grams:", "\\3-grams:", r"expected \\2-grams: or"),
    ("-0.3010300\ta b", "-0.3010300\ta", "line 16 of .*expected log₁₀ p, 2 words and perhaps a back-off weight, got"),
    ("-0.6020600\t</s>", "-0.6020600", "expected log₁₀ p, 1 word and"),
    ("-0.3010300\ta b", "-0.3010300\ta b c d", "2 words and perhaps"),
    ("-0.3010300\ta b", "p\ta b", "expected numbers in the first and the last column"),
    ("-0.3010300\ta b", "-0.3010300\ta b\tw", "expected numbers in the first and the last column"),
    ("-0.3010300\ta b", "0.3010300\ta b", "a log₁₀ p of at most 0"),
    ("-0.3010300\ta b", "nan\ta b", "a log₁₀ p of at most 0"),
    ("-0.3010300\ta b", "-1\ta b\tinf", "a finite weight"),
    ("-0.3010300\ta b", "-1\ta owl", "'owl' in the 2-gram 'a owl' is not among the 1-grams"),
    ("-0.3010300\ta b", "-1\tb a", r"the 2-gram with the ids \[3, 2\] is listed twice"),
    ("été", "<bos>", "the word '<bos>' of .* has another meaning"),
])  # fmt: skip
def test_what_is_no_arpa_file(old, new, message, tmp_path):
    assert old in SRILM
    (tmp_path / "a.arpa").write_text(SRILM.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_arpa(tmp_path / "a.arpa")


@pytest.mark.parametrize("sizes", ["", "ngram 1=0\n\\1-grams:\n", "ngram 1=0\nngram 2=1\n\\1-grams:\n\\2-grams:\n-1\ta b\n"])
def test_an_arpa_file_without_words(sizes, tmp_path):
    (tmp_path / "a.arpa").write_text(f"\\data\\\n{sizes}\\end\\\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"as announced|an order without any"):
        read_arpa(tmp_path / "a.arpa")


def test_an_order_without_ngrams_is_left_out(tmp_path):
    changed = KENLM.replace("\\end", "\\3-grams:\n\n\\end").replace("2=3", "2=3\nngram 3=0")
    (tmp_path / "a.arpa").write_text(changed, encoding="utf-8")
    assert read_arpa(tmp_path / "a.arpa").order == 2
