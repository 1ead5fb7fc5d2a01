"""The feed-forward network by hand, against torch and finite differences; what its window sees; the protocol."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from neural import assert_is_a_language_model, one_thread, some_corpus  # noqa: E402, F401
from torch import nn  # noqa: E402

from llmcourse import feedforward, training  # noqa: E402
from llmcourse.corpora import stories  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM, Network, fast  # noqa: E402
from llmcourse.gradient_descent import finite_differences  # noqa: E402
from llmcourse.language_models import LanguageModel  # noqa: E402
from llmcourse.ngrams import extract_ngrams  # noqa: E402
from llmcourse.training import TrainingConfig, train  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

VOCABULARY = Vocabulary(["a", "b", "c", "d", "e"])
TINY = Network(np.array([[1.0], [2], [0]]), np.array([[1.0, -1]]), np.array([[0.0], [1], [2]]))


def random_case(seed, size=7, n=3, d=2, d_h=4, batch=6):
    """A network and a batch in which ids come again within a window and across windows, and id 0 occurs."""
    random = np.random.default_rng(seed)
    network = Network(random.normal(size=(size, d)), random.normal(size=(d_h, n * d)), random.normal(size=(size, d_h)))
    contexts = random.integers(0, size, (batch, n))
    contexts[0], contexts[1, 0] = 0, contexts[2, 0]
    return network, contexts, random.integers(0, size, batch)


# --- windows ----------------------------------------------------------------------------------------------------------

def test_windows_by_hand():
    contexts, targets = feedforward.windows([5, 6, 2], 3)
    assert contexts.tolist() == [[0, 0, 0], [0, 0, 5], [0, 5, 6]] and targets.tolist() == [5, 6, 2]
    assert contexts.dtype == targets.dtype == np.int64
    assert feedforward.windows([5, 6], 1, bos=9)[0].tolist() == [[9], [5]]
    empty, none = feedforward.windows([], 2)
    assert empty.shape == (0, 2) and none.shape == (0,)


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), max_size=6), max_size=4), st.integers(1, 4))
@settings(deadline=None)
def test_windows_are_the_contexts_of_n_grams(texts, n):
    corpus = Corpus.join([VOCABULARY.encode_text(text) for text in texts])
    contexts, targets = feedforward.corpus_windows(corpus, n)
    grams = [gram for text in texts for gram in extract_ngrams(text, n + 1)]
    assert [(*VOCABULARY.decode(u), VOCABULARY.tokens[w]) for u, w in zip(contexts, targets, strict=True)] == grams


@pytest.mark.parametrize(("ids", "n", "error", "match"), [
    ([1, 2], 0, ValueError, "the window n must be at least 1, got 0"),
    ([1, 2], 2.0, TypeError, "the window n must be an integer"),
    ([1.5], 2, TypeError, "flat sequence of integer ids"), ([[1]], 2, TypeError, "flat sequence of integer ids"),
])
def test_windows_refuse(ids, n, error, match):
    with pytest.raises(error, match=match):
        feedforward.windows(ids, n)


# --- forward ----------------------------------------------------------------------------------------------------------

def test_forward_by_hand():
    """E = (1, 2, 0)ᵀ, W = (1, −1), U = (0, 1, 2)ᵀ, window (0, 1): e = (1, 2), h = tanh(−1), z = (0, h, 2h)."""
    contexts = np.array([[0, 1]])
    e = feedforward.concatenate(feedforward.look_up(TINY.E, contexts))
    h = feedforward.hidden(e, TINY.W)
    z = feedforward.output(h, TINY.U)
    assert e.tolist() == [[1, 2]] and h[0, 0] == math.tanh(-1) and z.tolist() == [[0, math.tanh(-1), 2 * math.tanh(-1)]]
    p = np.exp(feedforward.forward(TINY, contexts))[0]
    want = np.exp([0, math.tanh(-1), 2 * math.tanh(-1)])
    np.testing.assert_allclose(p, want / want.sum(), rtol=1e-14)
    np.testing.assert_allclose(p, [0.593, 0.277, 0.129], atol=5e-4)
    assert feedforward.nll(np.log(p)[None], [2]) == pytest.approx(2.045, abs=5e-4)


def test_the_slides_loss_read_literally_is_the_entropy_of_the_prediction():
    log_p = feedforward.forward(TINY, [[0, 1]])
    entropy = -float((np.exp(log_p) * log_p).sum())
    assert entropy == pytest.approx(0.930, abs=1e-3)
    assert feedforward.nll(log_p, [0]) != pytest.approx(entropy, abs=0.1)     # and it does not look at the answer


def test_the_oldest_word_comes_first():
    vectors = np.arange(12.0).reshape(2, 3, 2)
    assert feedforward.concatenate(vectors).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert (feedforward.concatenate_backward(feedforward.concatenate(vectors), 3) == vectors).all()


def test_a_look_up_is_a_one_hot_product():
    network, contexts, _ = random_case(0)
    np.testing.assert_array_equal(feedforward.look_up(network.E, contexts), np.eye(7)[contexts] @ network.E)


@pytest.mark.parametrize(("contexts", "error", "match"), [
    ([[0, 3]], ValueError, "token id 3 is outside 0 … 2"), ([[0, -1]], ValueError, "token id -1 is outside"),
    ([0, 1], ValueError, r"expected windows of 2 ids, \(B, 2\), got shape \(2,\)"),
    ([[0, 1, 1]], ValueError, r"got shape \(1, 3\)"), ([[0.5, 1]], TypeError, "token ids must be integers"),
])
def test_forward_refuses(contexts, error, match):
    with pytest.raises(error, match=match):
        feedforward.forward(TINY, contexts)
    with pytest.raises(error, match=match):
        feedforward.gradients(TINY, contexts, [0])
    with pytest.raises(ValueError, match="target 3 is outside 0 … 2"):
        feedforward.gradients(TINY, [[0, 1]], [3])


# --- backward ---------------------------------------------------------------------------------------------------------

def in_torch(network, contexts, targets):
    """Loss and gradients by autograd, with a linear layer and cross-entropy of torch."""
    leaves = [torch.tensor(theta, requires_grad=True) for theta in network]
    E, W, U = leaves
    e = nn.functional.embedding(torch.tensor(contexts), E).flatten(1)
    loss = nn.functional.cross_entropy(torch.tanh(e @ W.T) @ U.T, torch.tensor(targets))
    loss.backward()
    return loss.item(), [leaf.grad.numpy() for leaf in leaves]


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 4), st.integers(1, 5), st.integers(3, 6))
@settings(deadline=None, max_examples=40)
def test_gradients_are_those_of_torch(seed, n, d, d_h, batch):
    network, contexts, targets = random_case(seed, n=n, d=d, d_h=d_h, batch=batch)
    loss, gradient = feedforward.gradients(network, contexts, targets)
    want, wanted = in_torch(network, contexts, targets)
    assert loss == pytest.approx(want, abs=1e-12)
    for ours, theirs in zip(gradient, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("name", ["E", "W", "U"])
def test_gradients_are_finite_differences(name):
    network, contexts, targets = random_case(3)

    def loss(theta):
        return feedforward.nll(feedforward.forward(network._replace(**{name: theta}), contexts), targets)

    _, gradient = feedforward.gradients(network, contexts, targets)
    np.testing.assert_allclose(getattr(gradient, name), finite_differences(loss, getattr(network, name)), atol=1e-8)


def test_every_step_back_is_the_derivative_of_its_step_forward():
    network, contexts, targets = random_case(5)
    E, W, U = network
    random = np.random.default_rng(0)
    e = feedforward.concatenate(feedforward.look_up(E, contexts))
    h = feedforward.hidden(e, W)
    up = {"h": random.normal(size=h.shape), "z": random.normal(size=(6, 7)), "x": random.normal(size=(6, 3, 2))}
    pairs = [
        (lambda v: (feedforward.look_up(v, contexts) * up["x"]).sum(), E, feedforward.look_up_backward(up["x"], contexts, 7)),
        (lambda v: (feedforward.hidden(v, W) * up["h"]).sum(), e, feedforward.hidden_backward(up["h"], h, e, W)[0]),
        (lambda v: (feedforward.hidden(e, v) * up["h"]).sum(), W, feedforward.hidden_backward(up["h"], h, e, W)[1]),
        (lambda v: (feedforward.output(v, U) * up["z"]).sum(), h, feedforward.output_backward(up["z"], h, U)[0]),
        (lambda v: (feedforward.output(h, v) * up["z"]).sum(), U, feedforward.output_backward(up["z"], h, U)[1]),
        (lambda v: feedforward.nll(feedforward.log_probabilities(v), targets), up["z"],
         feedforward.loss_backward(feedforward.log_probabilities(up["z"]), targets)),
    ]
    for function, at, derivative in pairs:
        np.testing.assert_allclose(derivative, finite_differences(function, at), atol=1e-8)


def test_an_id_that_comes_again_gets_the_sum():
    dE = feedforward.look_up_backward(np.array([[[1.0], [10]], [[100], [1000]]]), np.array([[2, 2], [0, 2]]), 4)
    assert dE.tolist() == [[100], [0], [1011], [0]]


def test_where_only_one_slot_holds_a_word_the_other_blocks_of_W_get_no_gradient():
    """The row of BOS is 0, so slots 1 and 2 say nothing and their blocks of W stay; the words learn through slot 3."""
    network, _, _ = random_case(1)
    network.E[0] = 0
    _, gradient = feedforward.gradients(network, [[0, 0, 4], [0, 0, 5]], [1, 2])
    assert not gradient.W[:, :4].any() and (gradient.W[:, 4:] != 0).all()
    assert np.flatnonzero(gradient.E.any(axis=1)).tolist() == [0, 4, 5]


# --- learning ---------------------------------------------------------------------------------------------------------

def test_sgd_by_hand_moves_all_parameters_at_once():
    network, contexts, targets = random_case(7)
    loss, gradient = feedforward.gradients(network, contexts, targets)
    before = [theta.copy() for theta in network]
    moved, losses = feedforward.sgd(network, [(contexts, targets)], 0.1)
    assert losses == [loss]
    for theta, old, change, new in zip(network, before, gradient, moved, strict=True):
        np.testing.assert_array_equal(theta, old)                            # the network given is not changed
        np.testing.assert_allclose(new, old - 0.1 * change, atol=1e-15)
    _, both = feedforward.sgd(network, [(contexts, targets)] * 2, 0.1)
    assert both[1] == feedforward.gradients(moved, contexts, targets)[0] < both[0]
    assert feedforward.sgd(network, [], 0.1) == (network, [])
    for step_size in (0, -1.0):
        with pytest.raises(ValueError, match="the step size must be greater than 0"):
            feedforward.sgd(network, [], step_size)


def test_it_learns_a_small_language_by_heart():
    texts = Corpus.join([VOCABULARY.encode_text(text.split()) for text in ("a b c", "a d c", "b b e d", "c e")])
    contexts, targets = feedforward.corpus_windows(texts, 3)
    network = feedforward.initial(len(VOCABULARY), 3, 4, 16, np.random.default_rng(0))
    network, losses = feedforward.sgd(network, [(contexts, targets)] * 800, 0.5)
    p = np.exp(feedforward.forward(network, contexts))
    pairs, followers = list(zip(map(tuple, contexts.tolist()), targets.tolist(), strict=True)), {}
    for u, w in pairs:
        followers.setdefault(u, []).append(w)
    floor = -np.mean([math.log(followers[u].count(w) / len(followers[u])) for u, w in pairs])   # what counting reaches
    assert losses[0] == pytest.approx(math.log(7), abs=0.5) and floor < losses[-1] < floor + 0.02
    assert p[0, 2] == pytest.approx(2 / 4, abs=0.03)                          # two of four texts begin with a


def test_initial_networks():
    network = feedforward.initial(50, 4, 8, 100, np.random.default_rng(1))
    assert [theta.shape for theta in network] == [(50, 8), (100, 32), (50, 100)] and network.window == 4
    assert abs(network.W).max() <= 1 / math.sqrt(32) and abs(network.U).max() <= 0.1
    for sizes, match in [((0, 1, 1, 1), "the size V must be at least 1"), ((2, 0, 1, 1), "window n"), ((2, 1, 1, 0), "d_h")]:
        with pytest.raises(ValueError, match=match):
            feedforward.initial(*sizes, np.random.default_rng(0))
    with pytest.raises(TypeError, match="rng must be a NumPy generator"):
        feedforward.initial(2, 1, 1, 1, 0)


@pytest.mark.parametrize(("window", "total"), [(3, 38_304), (10, 52_640), (100, 236_960)])
def test_parameters_by_hand(window, total):
    """V = 335, d = 32, d_h = 64, as checked for the lecture's comparison."""
    counts = feedforward.parameter_count(335, 32, window, 64)
    assert counts == {"E": 10_720, "W": 2048 * window, "U": 21_440, "total": total}


@given(st.integers(2, 30), st.integers(1, 6), st.integers(1, 6), st.integers(1, 9), st.booleans())
@settings(deadline=None, max_examples=30)
def test_parameters_are_those_of_the_module(size, d, n, d_h, biases):
    model = FeedForwardLM(Vocabulary(map(str, range(size))), FeedForwardConfig(n, d, d_h, biases))
    counts = feedforward.parameter_count(size + 2, d, n, d_h, biases=biases)
    assert counts["total"] == model.parameter_count == sum(p.numel() for p in model.parameters())
    with pytest.raises(ValueError, match="d_h must be at least 1, got 0"):
        feedforward.parameter_count(size, d, n, 0)


# --- the module -------------------------------------------------------------------------------------------------------

def model_of(window=3, biases=True, seed=0, **sizes):
    return FeedForwardLM(VOCABULARY, FeedForwardConfig(window, sizes.get("dimensions", 4), sizes.get("hidden", 8), biases),
                         training.new_generator(seed))


@pytest.mark.parametrize("window", [1, 3, 7])
def test_the_module_is_the_network_in_numpy(window):
    model, corpus = model_of(window, biases=False), some_corpus()
    contexts, targets = feedforward.corpus_windows(corpus, window)
    text = training.block(corpus, np.arange(len(corpus)))
    logits = model(training.inputs(text, 0))[text.mask]
    got, want = logits.detach().double().log_softmax(-1).numpy(), feedforward.forward(model.network(), contexts)
    np.testing.assert_allclose(got, want, atol=1e-5)
    loss, gradient = feedforward.gradients(model.network(), contexts, targets)
    total, count = training.language_model_loss(model, text)
    (total / count).backward()
    assert (total / count).item() == pytest.approx(loss, rel=1e-5)
    for parameter, wanted in zip((model.E, model.W, model.U), gradient, strict=True):
        np.testing.assert_allclose(parameter.grad, wanted, atol=1e-5)
    with pytest.raises(ValueError, match="the NumPy network has no biases, this model has"):
        model_of().network()


def test_biases_are_those_of_linear_layers():
    model = model_of()
    with torch.no_grad():
        model.b.copy_(torch.arange(8) / 8)
        model.c.copy_(torch.arange(7) / 7)
    first, second = nn.Linear(12, 8), nn.Linear(8, 7)
    first.load_state_dict({"weight": model.W, "bias": model.b})
    second.load_state_dict({"weight": model.U, "bias": model.c})
    plain = nn.Sequential(nn.Embedding.from_pretrained(model.E.detach()), nn.Flatten(), first, nn.Tanh(), second)
    ids = torch.tensor([[0, 4, 2, 6]])
    windows = torch.tensor([[0, 0, 0], [0, 0, 4], [0, 4, 2], [4, 2, 6]])
    torch.testing.assert_close(model(ids)[0], plain(windows))


@pytest.mark.parametrize("biases", [True, False])
def test_logits_are_scores_and_a_new_model_is_nearly_uniform(biases):
    model = FeedForwardLM(stories().vocabulary, FeedForwardConfig(biases=biases))
    corpus = stories().validation(20)
    loss = training.mean_loss(model, corpus)
    assert loss == pytest.approx(math.log(483), abs=0.1)
    with torch.no_grad():
        model.U.zero_()
    assert training.mean_loss(model, corpus) == pytest.approx(math.log(483), rel=1e-6)


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_the_row_of_the_padding_is_zero_and_stays_zero(optimizer, weight_decay):
    model = model_of()
    assert model.padding == 0 and not model.E[0].any() and (model.E[1:] != 0).all()
    model.reset(training.new_generator(5))
    assert not model.E[0].any()
    config = TrainingConfig(epochs=2, batch_size=8, optimizer=optimizer, lr=0.1, weight_decay=weight_decay)
    before = model.E.detach().clone()
    train(model, some_corpus(), some_corpus(5, 1), config, progress=False)
    assert not model.E[0].any() and (model.E[2:] != before[2:]).all()      # EOS, id 1, is in no window


def test_without_biases_the_row_of_bos_is_learned():
    model = model_of(biases=False)
    assert model.padding is None and model.E[0].all()
    before = model.E[0].detach().clone()
    train(model, some_corpus(), some_corpus(5, 1), TrainingConfig(batch_size=8, lr=0.1), progress=False)
    assert (model.E[0] != before).all()


def test_weights_come_from_the_generator():
    state = torch.get_rng_state()
    one, same, other = model_of(seed=1), model_of(seed=1), model_of(seed=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(p, q) for p, q in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one.W, other.W)
    assert torch.equal(FeedForwardLM(VOCABULARY).E, FeedForwardLM(VOCABULARY).E)


@pytest.mark.parametrize(("name", "value", "error"), [
    ("window", 0, ValueError), ("hidden", 1.5, TypeError), ("dimensions", -1, ValueError),
])
def test_configs_that_make_no_sense(name, value, error):
    with pytest.raises(error, match=name):
        FeedForwardConfig(**{name: value})


# --- what the window sees ---------------------------------------------------------------------------------------------

def trained(window=3, biases=True):
    model = model_of(window, biases)
    train(model, some_corpus(80), some_corpus(9, 1), TrainingConfig(epochs=3, batch_size=8, lr=0.05), progress=False)
    return model


@pytest.mark.parametrize("window", [1, 2, 3])
def test_a_word_outside_the_window_changes_nothing_bit_for_bit(window):
    model, network = trained(window), trained(window, biases=False).network()
    context = [3, 6, 2, 5, 4, 3]
    for place in range(len(context)):
        for word in range(1, 7):
            other = [*context[:place], word, *context[place + 1:]]
            alike = np.array_equal(model.next_log_probabilities(context), model.next_log_probabilities(other))
            assert alike == (place < len(context) - window or word == context[place])
            contexts = np.array([[*context[-window:]], [*other[-window:]]])
            first, second = feedforward.forward(network, contexts)
            assert np.array_equal(first, second) == alike
    longer = [2, 2, 2, *context]
    np.testing.assert_array_equal(model.next_log_probabilities(context), model.next_log_probabilities(longer))


def test_the_module_is_a_language_model_and_batches_agree_with_single_tokens():
    assert_is_a_language_model(trained())


# --- the fast path ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("window", [1, 3, 8])
def test_the_tables_of_the_slots_give_the_same_scores(window, biases):
    model, corpus = trained(window, biases), some_corpus(40, 4)
    quick = fast.SlotTables(model)
    assert isinstance(quick, LanguageModel) and quick.tables.shape == (window, 7, 8)
    np.testing.assert_allclose(quick.token_log_probabilities(corpus), model.token_log_probabilities(corpus), atol=1e-5)
    for context in ([], [3], [5, 2, 2, 6, 4, 3, 3, 2, 6]):
        np.testing.assert_allclose(quick.next_log_probabilities(context), model.next_log_probabilities(context), atol=1e-5)
    assert quick.token_log_probabilities([]).shape == (0,)
    with pytest.raises(ValueError, match="token id 7 is outside 0 … 6"):
        quick.token_log_probabilities([[7]])
    with pytest.raises(ValueError, match="token id 7 is outside 0 … 6"):
        quick.next_log_probabilities([7])


def test_the_half_in_numpy_needs_no_torch():
    code = "import sys; from llmcourse.feedforward import gradients; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    with pytest.raises(AttributeError, match="has no attribute 'Transformer'"):
        feedforward.Transformer  # noqa: B018
