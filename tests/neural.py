"""What every neural language model of the course is tried with."""

import math

import numpy as np
import pytest
import torch

from llmcourse import training
from llmcourse.corpus import Corpus
from llmcourse.language_models import LanguageModel, bits_per_token, log_probabilities, sample


@pytest.fixture(autouse=True)
def one_thread():
    """For the tests of a module that imports it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def some_corpus(n_texts=30, seed=0):
    """Short texts of ids 2 … 6, each with <eos> (1) at its end; some hold nothing else."""
    random = np.random.default_rng(seed)
    return Corpus.join([[*random.integers(2, 7, random.integers(0, 9)), 1] for _ in range(n_texts)])


def assert_is_a_language_model(model):
    """It keeps the protocol: in batches, token by token and through the functions for any model it gives the same numbers."""
    corpus = some_corpus(40, 4)
    assert isinstance(model, LanguageModel)
    scores = model.token_log_probabilities(corpus)
    singly = [model.next_log_probabilities(text[:t])[x] for text in corpus for t, x in enumerate(text)]
    np.testing.assert_allclose(scores, singly, atol=1e-5)
    assert np.isfinite(scores).all()                                         # no zero probabilities
    whole = model.log_probabilities(model(torch.tensor([[0, 4, 2, 6, 6]])))
    for t in range(5):
        np.testing.assert_allclose(whole[0, t], model.next_log_probabilities([4, 2, 6, 6][:t]), atol=1e-5)
    assert log_probabilities(model, list(corpus)) == pytest.approx(np.add.reduceat(scores, corpus.starts[:-1]), abs=1e-4)
    assert bits_per_token(model, list(corpus)) == pytest.approx(-scores.mean() / math.log(2))
    assert 0 not in sample(model, np.random.default_rng(0), max_length=50)


def assert_padding_has_no_influence(model):
    """Loss and gradients of a block are the same, bit for bit, whatever stands after the end of its shorter text."""
    ids, lengths = torch.tensor([[2, 3, 1, 0, 0], [4, 4, 5, 6, 1]]), torch.tensor([3, 5])

    def both(filler):
        text = training.Block(ids.masked_fill(~training.Block(ids, lengths).mask, filler), lengths)
        nats, count = training.language_model_loss(model, text)
        model.zero_grad()
        nats.backward()
        return count, [nats.detach(), *(p.grad.clone() for p in model.parameters())]

    (count, one), (_, other) = both(0), both(6)
    assert count == 8 and all(map(torch.equal, one, other))
