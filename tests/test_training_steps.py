"""Optimisers as formulas against torch.optim and numbers worked by hand; parameter groups; clipping; costs; models in parts."""

import doctest
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401
from torch import nn  # noqa: E402

from llmcourse import training  # noqa: E402
from llmcourse.corpora import stories  # noqa: E402
from llmcourse.training import TrainingConfig, characters, costs, curves, optimizers, split, steps, windows  # noqa: E402
from llmcourse.transformer import TransformerConfig, TransformerLM  # noqa: E402

ZERO, ONE = np.array(0.0), np.array(1.0)
MODULES = [training.config, curves, characters, costs, split, steps, windows]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(module)
    assert failed == 0 and tried > 0


# --- AdamW ------------------------------------------------------------------------------------------------------------------

def test_the_first_step_by_hand():
    """θ 1, g 1, η 0.1, λ 0.5, ε 0: 1 − 0.05 − 0.1. Not 0.855 (what has moved decays), not 0.9 (through m, v)."""
    theta, m, v = steps.adamw(ONE, ONE, ZERO, ZERO, 1, lr=0.1, eps=0.0, weight_decay=0.5)
    assert float(theta) == pytest.approx(0.85, abs=1e-12)
    assert (float(m), float(v)) == pytest.approx((0.1, 0.001))
    theta, _, _ = steps.adamw(ONE, ZERO, ZERO, ZERO, 1, lr=0.1, weight_decay=0.5)
    assert float(theta) == pytest.approx(0.95, abs=1e-12)
    theta, _, _ = steps.adamw(ZERO, ONE, ZERO, ZERO, 1, lr=0.1, eps=1.0, weight_decay=0.0)
    assert float(theta) == pytest.approx(-0.05, abs=1e-12)                  # ε outside of the root and of the correction
    with pytest.raises(ValueError, match="the number t of the step must be at least 1, got 0"):
        steps.adamw(ONE, ONE, ZERO, ZERO, 0)


def test_a_first_step_is_about_eta_long_whatever_the_gradient():
    for g in (1e-3, 5.0, -40.0):
        theta, _, _ = steps.adamw(ZERO, np.array(g), ZERO, ZERO, 1, lr=0.01, weight_decay=0.0)
        assert float(theta) == pytest.approx(-0.01 * math.copysign(1, g), rel=1e-4)        # uncorrected: 0.0316


@given(st.floats(1e-4, 0.3), st.floats(0, 0.99), st.floats(0.5, 0.9999), st.floats(0, 1), st.integers(0, 10**6))
@settings(deadline=None, max_examples=25)
def test_many_steps_are_those_of_torch(lr, beta_1, beta_2, decay, seed):
    random = np.random.default_rng(seed)
    theta, m, v = random.normal(size=(3, 2)), np.zeros((3, 2)), np.zeros((3, 2))
    parameter = nn.Parameter(torch.tensor(theta))
    optimizer = torch.optim.AdamW([parameter], lr=lr, betas=(beta_1, beta_2), weight_decay=decay)
    for t in range(1, 8):
        gradient = random.normal(size=(3, 2)) * 10.0 ** random.integers(-3, 3)
        theta, m, v = steps.adamw(theta, gradient, m, v, t, lr=lr, betas=(beta_1, beta_2), weight_decay=decay)
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        np.testing.assert_allclose(theta, parameter.detach(), rtol=1e-9, atol=1e-12)


def test_the_formula_as_an_optimiser_of_torch():
    """The same weights as torch's after ten steps, with two groups and a parameter that has a gradient now and then."""
    def learned(kind):
        generator = training.new_generator(0)
        one, other = (nn.Parameter(torch.randn(4, 3, generator=generator)) for _ in range(2))
        optimizer = kind([{"params": [one], "weight_decay": 0.3}, {"params": [other], "lr": 0.02}], lr=0.1, betas=(0.8, 0.9),
                         eps=1e-3, weight_decay=0.05)
        for step in range(10):
            optimizer.zero_grad()
            ((one**2).sum() + ((one * other) ** 2).sum() if step % 3 else (one**3).sum()).backward()
            optimizer.step()
        return [one.detach(), other.detach()]

    for ours, theirs in zip(learned(steps.AdamW), learned(torch.optim.AdamW), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    alone = nn.Parameter(torch.ones(2))
    steps.AdamW([alone], weight_decay=0.5).step()
    assert alone.tolist() == [1.0, 1.0]                                     # no gradient: not even a decay


def test_what_the_optimiser_keeps_can_be_stored():
    parameter = nn.Parameter(torch.tensor([1.0, 2.0]))

    def advance(optimizer):
        parameter.grad = torch.tensor([0.5, -1.0])
        optimizer.step()
        return parameter.detach().clone()

    first = steps.AdamW([parameter], lr=0.1)
    advance(first)
    state, weights = first.state_dict(), parameter.detach().clone()
    want = advance(first)
    parameter.data.copy_(weights)
    second = steps.AdamW([parameter], lr=0.1)
    second.load_state_dict(state)
    assert torch.equal(advance(second), want)


# --- Muon -------------------------------------------------------------------------------------------------------------------

def quintic(values, times=5):
    for _ in range(times):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return values


@pytest.mark.parametrize("shape", [(8, 32), (32, 8), (5, 5)])
def test_a_turn_changes_singular_values_alone(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    U, sizes, Vt = np.linalg.svd(matrix, full_matrices=False)
    want = U @ np.diag(quintic(sizes / np.linalg.norm(sizes))) @ Vt
    np.testing.assert_allclose(steps.turn(matrix), want, atol=1e-10)
    found = np.linalg.svd(steps.turn(matrix), compute_uv=False)
    assert found.min() > 0.6 and found.max() < 1.3
    assert np.abs(steps.turn(np.zeros(shape))).max() == 0


@pytest.mark.parametrize(("shape", "factor"), [((8, 32), 1.0), ((32, 8), 2.0)])
def test_a_tall_matrix_moves_further(shape, factor):
    gradient, lr = np.random.default_rng(1).normal(size=shape), 0.1
    weight, _ = steps.muon(np.zeros(shape), gradient, np.zeros(shape), lr=lr)
    sizes = np.linalg.svd(weight / lr, compute_uv=False) / factor
    assert sizes.min() > 0.6 and sizes.max() < 1.3
    assert (weight * gradient).sum() < 0                                    # downhill


@pytest.mark.parametrize("shape", [(6, 10), (10, 6)])
def test_steps_of_muon_are_those_of_torch(shape):
    """torch turns in bfloat16, which has 8 bits: a turned gradient agrees to about 1/50."""
    random, lr = np.random.default_rng(2), 0.05
    weight, mean = random.normal(size=shape), np.zeros(shape)
    parameter = nn.Parameter(torch.tensor(weight, dtype=torch.float32))
    optimizer = torch.optim.Muon([parameter], lr=lr, weight_decay=0.2, momentum=0.9, adjust_lr_fn="original")
    for _ in range(4):
        gradient, before = random.normal(size=shape), weight
        weight, mean = steps.muon(weight, gradient, mean, lr=lr, momentum=0.9, weight_decay=0.2)
        parameter.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
        np.testing.assert_allclose(weight, parameter.detach(), atol=0.03 * lr)
        assert np.abs(weight - before).max() > 0.3 * lr
        weight = parameter.detach().double().numpy()                        # the next step from the same place
        np.testing.assert_allclose(mean, optimizer.state[parameter]["momentum_buffer"], atol=1e-6)


def test_muon_is_for_matrices():
    for weight, gradient in ((np.ones(3), np.ones(3)), (np.ones((2, 3)), np.ones((3, 2)))):
        with pytest.raises(ValueError, match="Muon is for matrices and gradients of the same shape"):
            steps.muon(weight, gradient, np.zeros_like(weight))


# --- groups and clipping ----------------------------------------------------------------------------------------------------

def tied():
    return TransformerLM(stories().vocabulary, TransformerConfig(layers=1, width=16, heads=2, tied=True, bias=True))


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_each_parameter_is_in_one_group_and_vectors_do_not_decay(optimizer, decay):
    model = tied()
    made = optimizers.make_optimizers(model, TrainingConfig(optimizer=optimizer, weight_decay=decay))
    groups = [group for one, _ in made for group in one.param_groups]
    found = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(found) == sorted(map(id, model.parameters())) and found.count(id(model.E)) == 1
    for group in groups:
        for parameter in group["params"]:
            assert group["weight_decay"] == (decay if parameter.ndim == 2 else 0.0)
    assert {type(one).__name__ for one, _ in made} == {"sgd": {"SGD"}, "adamw": {"AdamW"}, "muon": {"AdamW", "Muon"}}[optimizer]


def test_a_parameter_that_comes_twice_is_in_one_group():
    matrix, vector = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2))
    groups = optimizers.parameter_groups([matrix, vector, matrix], 0.1)
    assert [[id(p) for p in group["params"]] for group in groups] == [[id(matrix)], [id(vector)]]
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert len(optimizers.parameter_groups([vector], 0.1)) == 1             # no empty group


def test_clipping_is_by_the_norm_of_all():
    one, other, idle = (nn.Parameter(torch.zeros(1)) for _ in range(3))
    one.grad, other.grad = torch.tensor([3.0]), torch.tensor([-4.0])
    assert float(optimizers.clip_gradients([one, other, idle], 6.0)) == 5.0
    assert (one.grad.item(), other.grad.item()) == (3.0, -4.0)              # short enough
    assert float(optimizers.clip_gradients([one, other, idle], 1.0)) == 5.0
    assert (one.grad.item(), other.grad.item()) == pytest.approx((0.6, -0.8), rel=1e-5) and idle.grad is None
    assert float(optimizers.clip_gradients([one, other], 0.1, torch.tensor(2.0))) == 2.0   # a norm that is known already
    assert one.grad.item() == pytest.approx(0.03, rel=1e-4)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.floats(0.01, 20), st.integers(0, 99))
@settings(deadline=None)
def test_clipping_is_that_of_torch(sizes, limit, seed):
    def parameters():
        generator = training.new_generator(seed)
        made = [nn.Parameter(torch.zeros(size)) for size in sizes]
        for parameter in made:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        return made

    ours, theirs = parameters(), parameters()
    assert float(optimizers.clip_gradients(ours, limit)) == float(nn.utils.clip_grad_norm_(theirs, limit))
    assert all(torch.equal(one.grad, other.grad) for one, other in zip(ours, theirs, strict=True))


# --- costs ------------------------------------------------------------------------------------------------------------------

def test_operations_and_hours():
    assert costs.training_flops(836_224, 10**7) == pytest.approx(5.017e13, rel=1e-3)
    assert costs.training_flops(7e9, 1e12) == pytest.approx(4.2e22)
    assert costs.hours(7.2e13, 1e10) == 2.0
    with pytest.raises(ValueError, match="operations a second must be greater than 0"):
        costs.hours(1.0, 0)
    with pytest.raises(ValueError, match="tokens must be at least 0"):
        costs.training_flops(1, -1)


def test_six_operations_a_weight_and_token():
    """Against torch's own counter, on a model of matrix products alone."""
    from torch.utils.flop_counter import FlopCounterMode

    model, x = nn.Sequential(nn.Linear(8, 16, bias=False), nn.Linear(16, 4, bias=False)), torch.ones(5, 8)
    x.requires_grad_()                                                      # the layer before wants its gradient
    with FlopCounterMode(display=False) as counter:
        model(x).sum().backward()
    n_weights = sum(parameter.numel() for parameter in model.parameters())
    assert counter.get_total_flops() == costs.training_flops(n_weights, 5)


def test_what_is_kept_for_the_way_back():
    """exp keeps its result, 4 bytes a number; a product of two parameters and an input keeps the input alone."""
    layer = nn.Linear(10, 7, bias=False)
    x = torch.ones(6, 10)
    assert costs.saved_bytes(layer, lambda: layer(x).exp()) == 4 * (6 * 10 + 6 * 7)
    assert costs.saved_bytes(layer, lambda: layer(x).exp().exp()) == 4 * (6 * 10 + 2 * 6 * 7)
    before = x.clone().requires_grad_()                                     # needs the weight, which is there anyway
    assert costs.saved_bytes(layer, lambda: layer(before).exp()) == 4 * (6 * 10 + 6 * 7)
    with torch.no_grad():
        assert costs.saved_bytes(layer, lambda: layer(x).exp()) == 0


def test_memory_grows_with_the_batch_and_the_length():
    model = tied()

    def kept(texts, length):
        ids = torch.full((texts, length), 5)
        return costs.saved_bytes(model, lambda: training.language_model_loss(model, training.Block(
            ids, torch.full((texts,), length)))[0])

    assert kept(8, 20) / kept(4, 20) == pytest.approx(2, rel=0.02)
    assert kept(4, 40) / kept(4, 20) == pytest.approx(2, rel=0.02)


# --- models in parts --------------------------------------------------------------------------------------------------------

@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.sampled_from(["columns", "rows"]))
def test_a_product_in_parts_is_the_product(n, d_in, d_out, parts, by):
    random = np.random.default_rng(n * 7 + d_in)
    X, W = random.normal(size=(n, d_in)), random.normal(size=(d_in, d_out))
    size = d_out if by == "columns" else d_in
    if parts > size:
        with pytest.raises(ValueError, match=f"the number of parts must be at least 1 and at most {size}"):
            split.split_linear(X, W, parts, by)
        return
    pieces, whole = split.split_linear(X, W, parts, by)
    np.testing.assert_allclose(whole, X @ W, atol=1e-12)
    assert len(pieces) == parts
    if by == "columns":
        assert sum(piece.shape[1] for piece in pieces) == d_out and all(len(piece) == n for piece in pieces)
    else:
        assert all(piece.shape == (n, d_out) for piece in pieces)


def test_two_products_with_one_sum():
    """By columns, then by rows: each machine keeps its part of the hidden layer to itself."""
    random = np.random.default_rng(0)
    X, W_1, W_2 = random.normal(size=(3, 4)), random.normal(size=(4, 6)), random.normal(size=(6, 5))
    hidden = [np.maximum(piece, 0) for piece in split.split_linear(X, W_1, 2, "columns")[0]]
    summands = [h @ rows for h, rows in zip(hidden, np.split(W_2, 2), strict=True)]
    np.testing.assert_allclose(sum(summands), np.maximum(X @ W_1, 0) @ W_2, atol=1e-12)


def test_parts_that_make_no_sense():
    with pytest.raises(ValueError, match="unknown way to split 'rwos'"):
        split.split_linear(np.ones((2, 3)), np.ones((3, 2)), 2, "rwos")
    with pytest.raises(ValueError, match=r"expected X \(N, d_in\) and W \(d_in, d_out\), got \(2, 3\) and \(2, 3\)"):
        split.split_linear(np.ones((2, 3)), np.ones((2, 3)), 2, "rows")


def test_a_pipeline_by_hand():
    """Two stages, two micro-batches; forward takes 1 and backward 2 a micro-batch."""
    slots = split.pipeline_timeline(2, 2, forward=2.0, backward=4.0)
    assert [(s.worker, s.kind[0], s.micro_batch, s.start, s.end) for s in slots] == [
        (0, "f", 0, 0, 1), (1, "f", 0, 1, 2), (0, "f", 1, 1, 2), (1, "f", 1, 2, 3),
        (1, "b", 0, 3, 5), (0, "b", 0, 5, 7), (1, "b", 1, 5, 7), (0, "b", 1, 7, 9)]
    assert split.idle_share(slots) == pytest.approx(1 / 3)


@given(st.integers(1, 6), st.integers(1, 12))
def test_a_pipeline_waits_for_its_ends(stages, micro_batches):
    slots = split.pipeline_timeline(stages, micro_batches)
    assert len(slots) == 2 * stages * micro_batches
    assert split.idle_share(slots) == pytest.approx((stages - 1) / (micro_batches + stages - 1))
    assert max(s.end for s in slots) == pytest.approx(3 * (1 + (stages - 1) / micro_batches))
    for worker in range(stages):                                            # nobody does two things at once
        mine = sorted((s.start, s.end) for s in slots if s.worker == worker)
        assert all(end <= start + 1e-9 for (_, end), (start, _) in pairwise(mine))


def test_a_shared_batch_by_hand():
    slots = split.data_parallel_timeline(4, forward=2.0, backward=6.0, bytes_of_gradient=100.0, bandwidth=50.0)
    assert {(s.kind, s.start, s.end) for s in slots} == {("forward", 0, 0.5), ("backward", 0.5, 2), ("communicate", 2, 5)}
    assert len(slots) == 12 and {(s.worker, s.micro_batch) for s in slots} == {(w, w) for w in range(4)}
    assert split.idle_share(slots) == pytest.approx(0.6)
    alone = split.data_parallel_timeline(1, forward=2.0, backward=6.0, bytes_of_gradient=100.0, bandwidth=50.0)
    assert alone == [split.Slot(0, "forward", 0, 0.0, 2.0), split.Slot(0, "backward", 0, 2.0, 8.0)]
    assert split.idle_share(alone) == 0
    with pytest.raises(ValueError, match="without slots"):
        split.idle_share([])
    with pytest.raises(ValueError, match="bandwidth must be greater than 0"):
        split.data_parallel_timeline(2, bytes_of_gradient=1.0, bandwidth=0.0)


def test_a_timeline_is_drawn():
    from matplotlib import pyplot as plt

    slots = split.pipeline_timeline(3, 4)
    ax = split.plot_timeline(slots, title="three stages")
    bars = sorted((round(bar.get_x(), 6), round(bar.get_x() + bar.get_width(), 6)) for bar in ax.patches)
    assert bars == sorted((round(s.start, 6), round(s.end, 6)) for s in slots)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["worker 1", "worker 2", "worker 3"]
    assert "4" in {text.get_text() for text in ax.texts} and "three stages" in (ax.get_title(), ax.get_title(loc="left"))
    _, other = plt.subplots()
    assert split.plot_timeline(split.data_parallel_timeline(2, bytes_of_gradient=1, bandwidth=1), ax=other) is other
    plt.close("all")
