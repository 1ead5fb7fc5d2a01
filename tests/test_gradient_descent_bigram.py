"""The bigram model that is learnt: its loss, its gradient, and that it comes to the counted model of unit 02."""

import numpy as np
import pytest

from llmcourse import gradient_descent as gd
from llmcourse import ngrams
from llmcourse.corpora import stories
from llmcourse.gradient_descent import Embedding, SoftmaxCrossEntropy
from llmcourse.gradient_descent import bigram as lb
from llmcourse.language_models import cross_entropy, sample, token_log_probabilities

TEXTS = [line.split() for line in ("the cat saw the hen", "the cat ran", "the hen saw the cat", "a hen ran")]
VOCABULARY = ngrams.vocabulary_of(TEXTS)
IDS = [VOCABULARY.encode_text(text) for text in TEXTS]
COUNTS = lb.bigram_counts(IDS, len(VOCABULARY))


def counted_by_unit_02():
    return cross_entropy(ngrams.MLE(TEXTS, 2), TEXTS)


def test_counts_are_those_of_unit_02():
    counts = ngrams.count_ngrams(TEXTS, 2)
    assert COUNTS.sum() == counts.total() == 20
    for (u, w), count in counts.items():
        assert COUNTS[VOCABULARY.ids[u], VOCABULARY.ids[w] - 1] == count


@pytest.mark.parametrize(("texts", "message"), [
    ([], "corpus is empty"), ([[]], "corpus is empty"), ([[2, 9, 1]], "id 9 is outside 0 … 4"),
    ([[2, 5, 1]], "id 5 is outside 0 … 4"), ([[0, 1]], "never predicted"), ([[2, 0, 1]], "never predicted"),
    ([[-1, 1]], "id -1 is outside")])
def test_bad_corpora_are_refused(texts, message):
    with pytest.raises(ValueError, match=message):
        lb.bigram_counts(texts, 5)


@pytest.mark.parametrize("texts", [[[2.7, 1]], [["2", "1"]], [[[2, 1]]], "ab", [2, 1]])
def test_what_are_no_texts_of_ids_is_refused(texts):
    with pytest.raises(TypeError, match="flat sequence of integer ids"):
        lb.bigram_counts(texts, 5)


@pytest.mark.parametrize(("size", "error"), [(1, ValueError), (5.0, TypeError), ("5", TypeError)])
def test_the_size_of_the_vocabulary_is_checked(size, error):
    with pytest.raises(error, match="size of the vocabulary must be"):
        lb.bigram_counts([[1]], size)


def test_counts_by_hand():
    counts = lb.bigram_counts([[2, 3, 1], [3, 3, 1], [1]], 4)
    assert counts.tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 1], [2, 0, 1]] and counts.dtype == np.int64
    assert lb.bigram_counts(iter([np.array([4, 1])]), 5).sum() == 2 and lb.bigram_counts([[1]], 2).tolist() == [[1], [0]]


# --- the optimum ---

def test_the_loss_at_the_counted_model_itself():
    """Where a pair was never seen its logit is −∞, and 0 · −∞ is no part of the sum."""
    counts = np.array([[2, 1], [1, 1]])
    assert lb.bigram_loss(np.log(counts / counts.sum(axis=1, keepdims=True)), counts) == pytest.approx(0.659, abs=5e-4)
    counts = np.array([[3, 0, 1], [0, 0, 0], [0, 2, 0]])
    with np.errstate(all="ignore"):
        optimum = np.log(counts / counts.sum(axis=1, keepdims=True))    # its middle row is NaN: nothing was counted there
    want = -(3 * np.log(3 / 4) + np.log(1 / 4)) / 6
    assert lb.bigram_loss(optimum, counts) == pytest.approx(want, rel=1e-15) == lb.counted_loss(counts)
    assert np.abs(lb.bigram_gradient(optimum, counts)).max() < 1e-16
    assert lb.bigram_loss(np.zeros((3, 3)), counts) == pytest.approx(np.log(3))
    assert lb.bigram_loss([[0, 0, 0], [0, 0, 0], [0, -np.inf, 0]], counts) == np.inf


def test_gradient_by_hand():
    got = lb.bigram_gradient(np.log([[1.0, 1, 2], [1, 1, 1]]), [[0, 4, 4], [0, 0, 2]])
    np.testing.assert_allclose(got, np.array([[2, -2, 0], [2 / 3, 2 / 3, -4 / 3]]) / 10, atol=1e-15)


def test_counts_and_logits_have_one_shape():
    for function in (lb.bigram_loss, lb.bigram_gradient):
        for logits in (np.zeros((2, 3)), np.zeros(3), np.zeros((1, 3))):
            with pytest.raises(ValueError, match=r"counts of shape \(3, 3\) need logits of that shape"):
                function(logits, np.ones((3, 3)))
        with pytest.raises(TypeError, match="logits must be an array of real numbers"):
            function([["a"]], [[1]])
        with pytest.raises(ValueError, match="finite or −inf"):
            function([[np.nan, 0]], [[1, 0]])


def test_the_least_loss_is_that_of_the_counted_model():
    assert lb.counted_loss(COUNTS) == pytest.approx(counted_by_unit_02(), rel=1e-12)


def test_gradient_agrees_with_differences_and_vanishes_at_the_counted_model():
    z = np.random.default_rng(1).normal(size=COUNTS.shape)
    assert gd.check_gradient(lambda z: lb.bigram_loss(z, COUNTS), lambda z: lb.bigram_gradient(z, COUNTS), z) < 1e-6
    p = COUNTS / np.maximum(COUNTS.sum(axis=1, keepdims=True), 1)
    assert np.abs(lb.bigram_gradient(np.log(p + 1e-30), COUNTS)).max() < 1e-15


def test_it_is_an_embedding_of_logits_and_softmax_cross_entropy():
    """The module-based gradient over all (u, w) pairs of the corpus is the formula on the counts."""
    inputs = np.concatenate([np.concatenate([[0], ids[:-1]]) for ids in IDS])
    targets = np.concatenate(IDS) - 1
    table, loss = Embedding(*COUNTS.shape, np.random.default_rng(2)), SoftmaxCrossEntropy()
    value = loss(table(inputs), targets)
    table.backward(loss.backward())
    assert value == pytest.approx(lb.bigram_loss(table.table.value, COUNTS), rel=1e-12)
    np.testing.assert_allclose(table.table.gradient, lb.bigram_gradient(table.table.value, COUNTS), atol=1e-15)


def test_gradient_descent_comes_within_a_thousandth_nat_of_the_counted_model():
    path = gd.gradient_descent(lambda z: lb.bigram_gradient(z, COUNTS), np.zeros(COUNTS.shape), 8.0, gd.after(6000),
                               record_every=1000)
    losses = [lb.bigram_loss(z, COUNTS) for z in path.parameters]
    least = counted_by_unit_02()
    assert losses[0] == pytest.approx(np.log(len(VOCABULARY) - 1))
    assert all(np.diff(losses) < 0) and 0 < losses[-1] - least < 1e-3
    seen = COUNTS > 0
    p = COUNTS / np.maximum(COUNTS.sum(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(gd.softmax(path.final)[seen], p[seen], atol=5e-3)


def test_sgd_comes_close_too():
    inputs = np.concatenate([np.concatenate([[0], ids[:-1]]) for ids in IDS])
    targets = np.concatenate(IDS) - 1

    def gradient(z, batch):
        g = np.zeros(z.shape)
        np.add.at(g, inputs[batch], gd.cross_entropy_gradient(z[inputs[batch]], targets[batch]))
        return g

    path = gd.minibatch_sgd(gradient, len(inputs), np.zeros(COUNTS.shape), lambda t: 4 / (1 + t / 2000), 4, gd.after(12000),
                            np.random.default_rng(3), record_every=12000)
    assert 0 < lb.bigram_loss(path.final, COUNTS) - counted_by_unit_02() < 0.02


def test_a_step_for_each_row_is_the_exact_gradient_of_each_row():
    z = lb.learn_logits(COUNTS, 1.5, 3)
    for counts, row in zip(COUNTS, z, strict=True):
        if not counts.any():
            assert (row == 0).all()
            continue
        alone = gd.gradient_descent(lambda r, c=counts: gd.softmax(r) - c / c.sum(), np.zeros(len(row)), 1.5, gd.after(3))
        np.testing.assert_allclose(row, alone.final, atol=1e-12)


def test_every_step_of_size_four_goes_down_on_the_story_language():
    language = stories()
    counts = lb.bigram_counts(list(language.train(3000)), len(language.vocabulary))
    losses = [lb.bigram_loss(lb.learn_logits(counts, 4.0, steps), counts) for steps in range(6)]
    assert all(np.diff(losses) < 0) and losses[-1] > lb.counted_loss(counts)


def test_the_learnt_model_keeps_the_protocol():
    model = lb.BigramLogits(lb.learn_logits(COUNTS, 4.0, 2000), VOCABULARY)
    assert np.isneginf(model.next_log_probabilities([])[0])
    for context in ([], IDS[0][:1], IDS[0][:3]):
        assert np.exp(model.next_log_probabilities(context)).sum() == pytest.approx(1)
    slow = np.concatenate([[model.next_log_probabilities(ids[:t])[w] for t, w in enumerate(ids)] for ids in IDS])
    np.testing.assert_allclose(token_log_probabilities(model, IDS), slow, rtol=1e-12)
    assert 0 < cross_entropy(model, TEXTS) - counted_by_unit_02() < 1e-3
    assert model.token_log_probabilities([]).shape == (0,)
    assert len(sample(model, np.random.default_rng(1), max_length=20))
    model.next_log_probabilities([])[:] = 0
    assert np.isneginf(model.next_log_probabilities([])[0])


def test_bad_tables_and_steps_are_refused():
    with pytest.raises(ValueError, match=r"needs logits of shape \(8, 7\), got \(3, 3\)"):
        lb.BigramLogits(np.zeros((3, 3)), VOCABULARY)
    with pytest.raises(TypeError, match="logits must be an array"):
        lb.BigramLogits([[1.0], [1.0, 2.0]], VOCABULARY)
    with pytest.raises(TypeError, match="expected a Vocabulary"):
        lb.BigramLogits(np.zeros((3, 2)), ["a", "b", "c"])
    for counts in (np.zeros((3, 2), int), np.array([[-1, 2]]), np.ones(3), np.ones((1, 1, 1)), [[np.nan, 1]], np.ones((0, 2))):
        for function in (lb.counted_loss, lambda c: lb.learn_logits(c, 1.0, 1), lambda c: lb.bigram_loss(c, c),
                         lambda c: lb.bigram_gradient(c, c)):
            with pytest.raises(ValueError, match="counts"):
                function(counts)
    for step_size in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="step size must be"):
            lb.learn_logits(COUNTS, step_size, 1)
    with pytest.raises(ValueError, match="steps must be at least 0, got -1"):
        lb.learn_logits(COUNTS, 1, -1)
    with pytest.raises(TypeError, match=r"steps must be an integer, got 1\.5"):
        lb.learn_logits(COUNTS, 1, 1.5)
    assert (lb.learn_logits(COUNTS, 1, 0) == 0).all() and lb.learn_logits(COUNTS, 1, 0).shape == COUNTS.shape


def test_ids_outside_the_vocabulary_are_refused():
    size = len(VOCABULARY)
    model = lb.BigramLogits(np.arange(size * (size - 1.0)).reshape(size, size - 1), VOCABULARY)
    for bad in (-1, size):
        with pytest.raises(ValueError, match=f"token id {bad} is outside 0 … {size - 1}"):
            model.next_log_probabilities([2, bad])
        with pytest.raises(ValueError, match=f"token id {bad} is outside 0 … {size - 1}"):
            model.token_log_probabilities([[2, bad]])
    for bad in (1.0, "cat", True):
        with pytest.raises(TypeError, match="token id must be an integer"):
            model.next_log_probabilities([bad])
    with pytest.raises(TypeError, match="flat sequence of integer ids"):
        model.token_log_probabilities([[2.0, 1]])
    counted = lb.BigramLogits([[0.0] + [-np.inf] * (size - 2)] * size, VOCABULARY)     # an impossible token has the logit −∞
    assert counted.next_log_probabilities([]).tolist() == [-np.inf, 0] + [-np.inf] * (size - 2)
    assert (model.next_log_probabilities([2, size - 1]) == model.log_p[size - 1]).all()
    assert (model.next_log_probabilities([]) == model.log_p[0]).all() and model.log_p.shape == (size, size)
    assert model.token_log_probabilities([[2], [], [size - 1, 1]]).tolist() == [
        model.log_p[0, 2], model.log_p[0, size - 1], model.log_p[size - 1, 1]]
