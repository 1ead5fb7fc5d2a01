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


@pytest.mark.parametrize("texts", [[], [[]], [[2, 9, 1]], [[0, 1]], [[-1, 1]]])
def test_bad_corpora_are_refused(texts):
    with pytest.raises(ValueError):
        lb.bigram_counts(texts, 5)


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
    with pytest.raises(ValueError, match="shape"):
        lb.BigramLogits(np.zeros((3, 3)), VOCABULARY)
    for counts in (np.zeros((3, 2), int), np.array([[-1, 2]]), np.ones(3)):
        for function in (lb.counted_loss, lambda c: lb.learn_logits(c, 1.0, 1)):
            with pytest.raises(ValueError, match="counts"):
                function(counts)
    with pytest.raises(ValueError, match="step size"):
        lb.learn_logits(COUNTS, 0, 1)
    with pytest.raises(ValueError, match="negative"):
        lb.learn_logits(COUNTS, 1, -1)
