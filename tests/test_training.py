"""The training loop: batches, step sizes, masks, early stop, metrics, and trainings that are killed and go on."""

import json
import multiprocessing
import os
import re
import signal
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402

from llmcourse import training  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402
from llmcourse.language_models import LanguageModel, sample  # noqa: E402
from llmcourse.training import Patience, TrainingConfig, lr_at, mean_loss, train  # noqa: E402
from llmcourse.training import __main__ as command  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

VOCABULARY = Vocabulary(["a", "b", "c", "d"])
FAST = TrainingConfig(batch_size=4, lr=0.02, evaluate_every=3)


def corpus(n_texts: int, seed: int = 0) -> Corpus:
    """Texts over a … d in which a is mostly followed by b, and c by d."""
    random = np.random.default_rng(seed)
    texts = []
    for _ in range(n_texts):
        pairs = random.choice(2, size=random.integers(1, 5))
        texts.append([*np.array([[2, 3], [4, 5]])[pairs].ravel(), 1])
    return Corpus.join(texts)


class Bigram(training.NeuralLanguageModel):
    """Logits from the last id alone, with dropout, so that a training draws random numbers."""

    def __init__(self, dropout: float = 0.0):
        super().__init__(VOCABULARY)
        self.table = nn.Parameter(torch.zeros(6, 6))
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids):
        return self.dropout(self.table[ids])


# --- step sizes -------------------------------------------------------------------------------------------------------

def test_step_sizes_by_hand():
    sizes = [lr_at(step, maximum=4.0, minimum=1.0, warmup=3, total=6) for step in range(9)]
    assert sizes == [1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0, 1.0, 1.0]
    assert [lr_at(step, maximum=2.0, minimum=0.0, warmup=0, total=2) for step in range(3)] == [2.0, 1.0, 0.0]


def test_a_cosine_by_hand():
    """After the climb 0.1 + 0.9 · (1 + cos φ)/2 at φ = 0, 45, 90, 135 and 180 degrees, and no way up again."""
    sizes = [lr_at(step, maximum=1.0, minimum=0.1, warmup=1, total=5, shape="cosine") for step in range(9)]
    assert [round(size, 3) for size in sizes] == [0.5, 1.0, 0.868, 0.55, 0.232, 0.1, 0.1, 0.1, 0.1]
    with pytest.raises(ValueError, match="unknown shape of a schedule 'sine', expected one of linear, cosine"):
        lr_at(0, maximum=1.0, minimum=0.1, warmup=1, total=5, shape="sine")


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(0, 1))
def test_the_cosine_is_that_of_torch(total, minimum):
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total, minimum)
    for step in range(total):
        assert lr_at(step, maximum=1.0, minimum=minimum, warmup=0, total=total, shape="cosine") == pytest.approx(
            schedule.get_last_lr()[0], abs=1e-9)
        optimizer.step()
        schedule.step()


@given(st.integers(0, 20), st.integers(1, 60), st.floats(0, 1), st.sampled_from(["linear", "cosine"]))
def test_step_sizes_climb_then_fall(warmup, rest, minimum, shape):
    sizes = [lr_at(s, maximum=1.0, minimum=minimum, warmup=warmup, total=warmup + rest, shape=shape)
             for s in range(warmup + rest + 2)]
    assert all(0 < a < b for a, b in pairwise(sizes[:warmup + 1]))
    assert sizes[warmup] == 1.0 and sizes[-1] == sizes[-2] == minimum
    assert all(a >= b for a, b in pairwise(sizes[warmup:]))


def test_the_optimiser_gets_these_step_sizes(tmp_path):
    for shape in ("linear", "cosine"):
        config = TrainingConfig(batch_size=2, lr=0.5, minimum_lr=0.1, warmup=0.25, optimizer="sgd", epochs=2, schedule=shape)
        train(Bigram(), corpus(8), corpus(3, 1), config, metrics=tmp_path / "m.jsonl", progress=False)
        lines = [line for line in training.read_metrics(tmp_path / "m.jsonl") if "lr" in line]
        want = [lr_at(s, maximum=0.5, minimum=0.1, warmup=2, total=8, shape=shape) for s in range(8)]
        assert [line["lr"] for line in lines] == want


def test_adamw_keeps_as_much_of_its_means_as_it_is_told():
    """Bias corrected, the second step from gradients 1 and −2 is lr · (β₁ − 2)/(1 + β₁) / √((β₂ + 4)/(1 + β₂))."""
    table = nn.Linear(1, 1, bias=False)
    [(adam, _)] = training.make_optimizers(table, TrainingConfig(lr=0.1, betas=(0.5, 0.8)))
    places = []
    for gradient in (1.0, -2.0):
        table.weight.grad = torch.tensor([[gradient]])
        adam.step()
        places.append(table.weight.item())
    assert places[0] - places[1] == pytest.approx(0.1 * (0.5 - 2) / 1.5 / (4.8 / 1.8) ** 0.5, rel=1e-5)


@pytest.mark.parametrize(("name", "value", "error", "match"), [
    ("epochs", 0, ValueError, "epochs must be at least 1, got 0"),
    ("batch_size", 2.0, TypeError, "batch_size must be an integer"),
    ("schedule", "sine", ValueError, "unknown schedule 'sine'"), ("micro_batches", 0, ValueError, "micro_batches must be"),
    ("optimizer", "adam", ValueError, "unknown optimizer 'adam', expected one of adamw, sgd"),
    ("lr", 0.0, ValueError, "lr must be greater than 0"),
    ("minimum_lr", 1.0, ValueError, "minimum_lr must be at least 0 and at"),
    ("warmup", 1.5, ValueError, "warmup must be"), ("clip", 0.0, ValueError, "clip must be greater"),
    ("patience", 0, ValueError, "patience must be at least 1"), ("seed", -1, ValueError, "seed must be at least 0"),
    ("weight_decay", float("nan"), ValueError, "weight_decay must be a finite number"),
    ("betas", (0.9,), ValueError, "betas must be two numbers"),
    ("betas", (0.9, 1.0), ValueError, "a number of betas must be at least 0 and at most 0.999999, got 1.0"),
    ("evaluate_every", 0, ValueError, "evaluate_every"), ("checkpoint_every", None, TypeError, "checkpoint_every"),
])  # fmt: skip
def test_settings_that_make_no_sense(name, value, error, match):
    with pytest.raises(error, match=match):
        TrainingConfig(**{name: value})


# --- batches ----------------------------------------------------------------------------------------------------------

def test_a_block_by_hand():
    texts = Corpus.join([[5, 4, 1], [1], [0, 2, 3, 1]])
    ids, lengths = training.block(texts, np.array([2, 1, 0]))
    assert ids.tolist() == [[0, 2, 3, 1], [1, 0, 0, 0], [5, 4, 1, 0]] and lengths.tolist() == [4, 1, 3]
    assert ids.dtype == lengths.dtype == torch.int64
    mask = training.block(texts, np.array([2, 1])).mask
    assert mask.tolist() == [[True] * 4, [True, False, False, False]]      # the real id 0 counts, PAD does not
    assert training.inputs(training.block(texts, np.array([0, 1])), bos=7).tolist() == [[7, 5, 4], [7, 1, 0]]
    wide = training.block(texts, np.array([0, 1]), multiple=4)
    assert wide.ids.tolist() == [[5, 4, 1, 0], [1, 0, 0, 0]] and wide.lengths.tolist() == [3, 1]
    assert training.block(texts, np.array([0, 2]), multiple=4).ids.shape == (2, 4)         # a multiple already


@given(st.lists(st.integers(1, 9), min_size=1, max_size=80), st.integers(1, 7), st.integers(0, 3))
@settings(deadline=None)
def test_every_text_is_in_one_batch(lengths, size, seed):
    lengths = np.array(lengths)
    shuffled = training.shuffled_batches(lengths, size, training.new_generator(seed))
    for batches in (shuffled, training.sorted_batches(lengths, size)):
        assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
        assert len(batches) == -(-len(lengths) // size) and max(map(len, batches)) <= size


def test_batches_have_texts_of_similar_length_in_an_order_by_chance():
    lengths = np.random.default_rng(0).integers(1, 100, 3000)
    generator = training.new_generator(1)
    first, second = (training.shuffled_batches(lengths, 10, generator) for _ in range(2))
    assert np.mean([np.ptp(lengths[batch]) for batch in first]) < 3        # 10 texts at random: about 81 apart
    assert [b.tolist() for b in first] != [b.tolist() for b in second]
    assert abs(np.corrcoef(np.arange(len(first)), [lengths[b].mean() for b in first])[0, 1]) < 0.2
    again = training.shuffled_batches(lengths, 10, training.new_generator(1))
    assert [b.tolist() for b in first] == [b.tolist() for b in again]


def test_corpora_that_belong_together():
    one, other = corpus(3), corpus(3, 1)
    assert training.parallel(one)[0] is one and [id(c) for c in training.parallel([one, other])] == [id(one), id(other)]
    with pytest.raises(ValueError, match=r"same number of texts, at least one, got \[3, 2\]"):
        training.parallel([corpus(3), corpus(2)])
    with pytest.raises(ValueError, match="at least one, got"):
        training.parallel(Corpus.join([]))
    with pytest.raises(ValueError, match="text 1 is empty"):
        training.parallel(Corpus.join([[1], []]))
    with pytest.raises(TypeError, match="expected a Corpus, or several that belong together, got list"):
        training.parallel([[1, 2], [1]])


# --- losses -----------------------------------------------------------------------------------------------------------

def test_logits_go_into_the_loss_and_no_probabilities():
    total, count = training.masked_cross_entropy(torch.tensor([[10.0, 0, 0]]), torch.tensor([0]), torch.tensor([True]))
    assert count == 1 and total.item() == pytest.approx(9.08e-5, rel=1e-3)      # a second softmax would give 0.55
    uniform, count = training.masked_cross_entropy(torch.zeros(2, 3, 483), torch.zeros(2, 3, dtype=torch.int64),
                                                   torch.ones(2, 3, dtype=torch.bool))
    assert uniform.item() / count == pytest.approx(np.log(483), rel=1e-6)


def test_what_stands_at_pad_has_no_influence():
    logits, targets = torch.randn(2, 3, 6, generator=training.new_generator(0)), torch.tensor([[1, 2, 0], [3, 0, 0]])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    total, count = training.masked_cross_entropy(logits, targets, mask)
    want = -sum(logits[r, c].log_softmax(-1)[targets[r, c]].item() for r, c in [(0, 0), (0, 1), (1, 0)])
    assert count == 3 and total.item() == pytest.approx(want, rel=1e-6)
    changed = torch.where(mask[..., None], logits, 1e4).requires_grad_()
    other, _ = training.masked_cross_entropy(changed, targets.masked_fill(~mask, 5), mask)
    other.backward()
    assert other.item() == total.item() and not changed.grad[~mask].any()


@pytest.mark.parametrize(("dtype", "near"), [(torch.float64, 1e-12), (torch.float32, 1e-6), (torch.bfloat16, 1e-2)])
def test_the_gradient_of_the_loss_is_that_of_torchs_own(dtype, near):
    logits = (3 * torch.randn(2, 4, 7, generator=training.new_generator(1))).to(dtype).requires_grad_()
    targets, mask = torch.tensor([[6, 0, 2, 2], [1, 5, -100, 9]]), torch.tensor([[True] * 4, [True, True, False, False]])
    with torch.no_grad():
        logits[0, 1, 3] = -torch.inf                                        # what is never predicted
    total, count = training.masked_cross_entropy(logits, targets, mask)
    (total / count).backward(retain_graph=True)
    other = logits.detach().clone().requires_grad_()
    want = nn.functional.cross_entropy(other[mask], targets[mask])
    want.backward()
    torch.testing.assert_close((total / count).to(dtype), want, atol=near, rtol=near)
    torch.testing.assert_close(logits.grad, other.grad, atol=near, rtol=near)
    assert logits.grad.dtype == dtype
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()                                                    # its log-probabilities are no more


def test_the_mean_is_over_tokens_not_over_batches():
    model, texts = Bigram(), Corpus.join([[2, 1], [2, 3, 2, 3, 2, 3, 2, 3, 1], [1]])
    model.table.data = torch.randn(6, 6, generator=training.new_generator(3))
    log_p = model.table.detach().log_softmax(-1)
    pairs = [(0, 2), (2, 1), (0, 2), *[(2, 3), (3, 2)] * 3, (2, 3), (3, 1), (0, 1)]
    want = -np.mean([log_p[a, b].item() for a, b in pairs])
    for size in (1, 2, 5):
        assert mean_loss(model, texts, batch_size=size) == pytest.approx(want, rel=1e-6)


def nothing_predicted(model, text):
    return model(text.ids).sum() * 0, 0


def test_where_no_token_is_predicted_there_is_no_mean():
    with pytest.raises(ValueError, match="no token of these 3 texts is predicted: there is no mean of no losses"):
        mean_loss(Bigram(), corpus(3), loss=nothing_predicted)
    for parts in (1, 2):
        with pytest.raises(ValueError, match=r"step 0: no token of this batch is predicted.*a batch_size above 4"):
            train(Bigram(), corpus(8), corpus(8), TrainingConfig(epochs=1, batch_size=4, micro_batches=parts), progress=False,
                  loss=nothing_predicted)


def test_measuring_leaves_the_model_in_its_mode_and_uses_no_dropout():
    model = Bigram(dropout=0.5)
    model.table.data = torch.randn(6, 6, generator=training.new_generator(3))
    for mode in (True, False):
        model.train(mode)
        assert mean_loss(model, corpus(5)) == mean_loss(model, corpus(5)) and model.training is mode
    with pytest.raises(ValueError, match="Dropout has no parameters"):
        training.device_of(nn.Dropout())


# --- patience ---------------------------------------------------------------------------------------------------------

def test_patience_by_hand():
    """Losses 3, 2, 2.5, 1.9, 2, 2 with a patience of 2: stop after the sixth, the best is the fourth."""
    model, patience = Bigram(), Patience(2)
    seen = []
    for i, loss in enumerate([3, 2, 2.5, 1.9, 2, 2]):
        assert not patience.exhausted
        model.table.data.fill_(i)
        seen.append(patience.update(loss, model))
    assert patience.exhausted and seen == [True, True, False, True, False, False] and patience.best_loss == 1.9
    patience.restore(model)
    assert model.table.data.unique().tolist() == [3.0]


def test_patience_is_for_losses_in_a_row_and_nothing_counts_but_an_improvement():
    model, patience = Bigram(), Patience(2)
    for loss in [1.0, 1.0, 0.9, float("nan"), 0.8, 0.8]:                    # never two in a row
        patience.update(loss, model)
        assert not patience.exhausted
    patience.update(0.8, model)
    assert patience.exhausted                                               # equal is no improvement
    endless = Patience(None)
    for loss in [1.0] * 50:
        endless.update(loss, model)
    assert not endless.exhausted
    untouched = Bigram()
    Patience().restore(untouched)
    assert not untouched.table.data.any()


def test_the_best_weights_are_copies():
    model, patience = Bigram(), Patience()
    patience.update(1.0, model)
    with torch.no_grad():
        model.table += 1
    assert not patience.weights["table"].any()


def overfitting(patience):
    """A training on one text that soon gets worse on others."""
    config = TrainingConfig(epochs=60, batch_size=4, lr=0.5, evaluate_every=1, patience=patience, warmup=0.0)
    model = Bigram()
    return model, train(model, corpus(4, 2), corpus(30, 3), config, progress=False)


@pytest.mark.parametrize("patience", [3, None])
def test_the_model_ends_with_its_best_weights_bit_for_bit(patience):
    model, result = overfitting(patience)
    losses = [loss for _, loss in result.evaluations]
    assert result.stopped_early == (patience is not None)
    assert result.best_loss == min(losses) < losses[-1]
    assert mean_loss(model, corpus(30, 3)) == result.best_loss and not model.training
    if patience:
        assert losses.index(min(losses)) == len(losses) - 1 - patience and result.step < 60


def test_the_best_may_be_the_last():
    model = Bigram()
    result = train(model, corpus(40), corpus(20, 1), FAST, progress=False)
    assert [step for step, _ in result.evaluations] == [3, 6, 9, 10]
    assert result.best_loss == result.evaluations[-1][1] == mean_loss(model, corpus(20, 1)) and not result.stopped_early


# --- the loop ---------------------------------------------------------------------------------------------------------

def test_two_steps_of_sgd_by_hand():
    """θ ← θ − η·g with the gradient of the mean over the tokens of the batch: two texts, three tokens."""
    texts = Corpus.join([[2, 1], [1]])
    config = TrainingConfig(epochs=2, batch_size=2, optimizer="sgd", lr=0.3, minimum_lr=0.3, warmup=0, clip=None)
    model, table = Bigram(), np.zeros((6, 6))
    result = train(model, texts, texts, config, progress=False)
    for step in range(2):
        p = np.exp(table) / np.exp(table).sum(axis=1, keepdims=True)
        gradient = np.zeros((6, 6))
        loss = 0.0
        for a, b in [(0, 2), (2, 1), (0, 1)]:
            gradient[a] += (p[a] - np.eye(6)[b]) / 3
            loss -= np.log(p[a, b]) / 3
        assert result.losses[step] == pytest.approx(loss, rel=1e-6)
        table -= 0.3 * gradient
    assert (result.step, result.tokens) == (2, 6)
    # the weights that the model is left with are the best evaluated ones: those after the last step
    np.testing.assert_allclose(model.table.detach(), table, atol=1e-6)


def test_clipping_shortens_long_gradients_and_leaves_short_ones(tmp_path):
    def one_step(clip):
        model = Bigram()
        config = TrainingConfig(batch_size=8, optimizer="sgd", lr=1.0, minimum_lr=1.0, warmup=0, clip=clip)
        train(model, corpus(8), corpus(3), config, metrics=tmp_path / "m.jsonl", progress=False)
        return model.table.detach().norm().item(), training.read_metrics(tmp_path / "m.jsonl")[0]["gradient_norm"]

    free, norm = one_step(None)
    assert free == pytest.approx(norm, rel=1e-5)
    assert one_step(norm / 2) == pytest.approx((norm / 2, norm), rel=1e-4)
    assert one_step(norm * 2) == pytest.approx((norm, norm), rel=1e-5)


def test_several_corpora_and_a_loss_of_ones_own():
    """A tagger: the tag of a word is its id plus one, modulo 6."""
    words = corpus(60)
    tags = Corpus((words.ids + 1) % 6, words.starts)

    def tagging(model, word, tag):
        assert word.lengths.tolist() == tag.lengths.tolist()
        return training.masked_cross_entropy(model(word.ids), tag.ids, word.mask)

    model = Bigram()
    config = TrainingConfig(epochs=8, batch_size=4, lr=0.3)
    result = train(model, [words, tags], [words, tags], config, loss=tagging, progress=False)
    assert result.best_loss < 0.05
    assert model.table[[2, 3, 4, 5, 1]].argmax(1).tolist() == [3, 4, 5, 0, 2]


def test_a_seed_decides_everything_and_the_global_numbers_stay():
    def once(seed, global_seed):
        torch.manual_seed(global_seed)
        before = torch.get_rng_state()
        model = Bigram(dropout=0.3)
        train(model, corpus(30), corpus(5, 1), TrainingConfig(batch_size=4, lr=0.1, seed=seed), progress=False)
        assert torch.equal(torch.get_rng_state(), before)
        return model.table.detach()

    assert torch.equal(once(1, 5), once(1, 6))
    assert not torch.equal(once(1, 5), once(2, 5))


def test_a_loss_that_is_no_number_is_an_error():
    model = Bigram()
    model.table.data.fill_(float("inf"))
    with pytest.raises(FloatingPointError, match=r"step 0: loss nan.*try a smaller lr than 0\.02"):
        train(model, corpus(8), corpus(3), FAST, progress=False)


def test_progress_shows_the_loss_and_the_speed(capsys):
    train(Bigram(), corpus(20), corpus(4, 1), FAST)
    shown = capsys.readouterr().err
    assert "loss=" in shown and "tokens/s=" in shown and "validation=" in shown and "5/5" in shown
    train(Bigram(), corpus(20), corpus(4, 1), FAST, progress=False)
    assert capsys.readouterr().err == ""


def test_metrics_are_lines_of_json(tmp_path):
    path = tmp_path / "deep" / "run.jsonl"
    result = train(Bigram(), corpus(20), corpus(4, 1), FAST, metrics=path, progress=False)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    steps = [line for line in lines if "loss" in line]
    assert [line["loss"] for line in steps] == result.losses and [line["step"] for line in steps] == [1, 2, 3, 4, 5]
    assert steps[-1]["tokens"] == result.tokens == len(corpus(20).ids)
    evaluations = [(line["step"], line["validation_loss"]) for line in lines if "validation_loss" in line]
    assert evaluations == result.evaluations and next(line["best"] for line in lines if "best" in line)
    train(Bigram(), corpus(20), corpus(4, 1), FAST, metrics=path, progress=False)
    assert len(path.read_text().splitlines()) == len(lines)                # a new training begins a new file


def test_figures_that_are_fetched_late_are_the_same(tmp_path, monkeypatch):
    """As on a GPU: every 4 steps, and before every evaluation and checkpoint."""
    def run(name):
        model = Bigram(dropout=0.2)
        config = TrainingConfig(epochs=3, batch_size=4, lr=0.05, evaluate_every=7, checkpoint_every=6, clip=None)
        result = train(model, corpus(41), corpus(9, 1), config, metrics=tmp_path / f"{name}.jsonl",
                       checkpoint=tmp_path / f"{name}.pt")
        lines = without_time(tmp_path / f"{name}.jsonl")
        return result.losses, result.tokens, result.evaluations, model.table.tolist(), lines

    want = run("now")
    monkeypatch.setattr(training.loop, "fetched_late", lambda device: True)
    monkeypatch.setattr(training.loop, "FETCH_EVERY", 4)
    assert run("late") == want
    config = TrainingConfig(batch_size=2, clip=0.001, optimizer="sgd", lr=1.0, minimum_lr=1.0, warmup=0)
    model = Bigram()
    train(model, corpus(2), corpus(3), config, progress=False)
    assert model.table.norm().item() == pytest.approx(0.001, rel=1e-3)
    model.table.data.fill_(float("inf"))
    with pytest.raises(FloatingPointError, match="step 0: loss nan"):
        train(model, corpus(8), corpus(3), FAST, progress=False)


def in_place(records, work, blocks):
    """What a GPU does with a record: the work on the same blocks once more, into the same results and gradients."""
    results = work(*blocks)
    gradients = [parameter.grad for parameter in records.parameters]

    def replay():
        for old, new in zip(results, work(*blocks), strict=True):
            old.copy_(new)
        for old, parameter in zip(gradients, records.parameters, strict=True):
            old.copy_(parameter.grad)
            parameter.grad = None

    return replay, results


def test_recorded_steps_are_those_that_are_asked_for_one_by_one(monkeypatch):
    def loss(model, text):
        shapes.append((model.training, text.ids.shape))
        nats, count = training.language_model_loss(model, text)
        return nats, torch.tensor(count)

    def run(graphs):
        model = Bigram()
        config = TrainingConfig(epochs=3, batch_size=4, lr=0.05, clip=0.1, graphs=graphs)
        result = train(model, corpus(41), corpus(9, 1), config, loss=loss, progress=False)
        return result.losses, result.tokens, result.evaluations[-1][1], model.table.tolist()

    shapes = []
    monkeypatch.setattr(training.loop, "WIDTHS", 4)
    want = run(False)
    assert run(True) == want                                               # without a GPU nothing is recorded
    monkeypatch.setattr(training.loop, "fetched_late", lambda device: True)
    monkeypatch.setattr(training.graphs.Records, "record", in_place)
    shapes = []
    for got, wanted in zip(run(True), want, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    seen = [shape for learning, shape in shapes if learning]
    assert {shape[1] for shape in seen} == {4, 8, 12} and len(seen) == 33 + len(set(seen))             # each recorded once


def test_a_number_cannot_be_recorded(monkeypatch):
    monkeypatch.setattr(training.loop, "fetched_late", lambda device: True)
    monkeypatch.setattr(training.graphs.Records, "record", in_place)
    with pytest.raises(TypeError, match="with graphs, a loss must return tensors; it returned a number"):
        train(Bigram(), corpus(8), corpus(3), TrainingConfig(graphs=True), progress=False)      # an int, on a CPU


# --- checkpoints ------------------------------------------------------------------------------------------------------

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["test_training", "torch._dynamo"])         # imported once, before the forks


def slowly(model, text):
    """The usual loss, slow enough to be killed at a moment that is chosen."""
    time.sleep(0.002)
    return training.language_model_loss(model, text)


def train_in(folder: Path) -> None:
    """A training of 126 steps with a checkpoint every 5 steps, which writes how it ended."""
    torch.set_num_threads(1)
    config = TrainingConfig(epochs=6, batch_size=2, lr=0.05, evaluate_every=4, checkpoint_every=5, seed=3)
    model = Bigram(dropout=0.2)
    result = train(model, corpus(41), corpus(9, 1), config, loss=slowly, metrics=folder / "run.jsonl",
                   checkpoint=folder / "run.pt", progress=False)
    weights = [number.hex() for number in model.table.flatten().tolist()]
    (folder / "end.json").write_text(json.dumps(
        [result.step, result.tokens, result.losses, result.evaluations, result.best_loss, weights]))


def run(folder: Path, kill_after: int | None = None, wait: float = 0.0) -> int:
    """Train in a process of its own; with ``kill_after`` it is killed so many seconds after its metrics have so many lines.
    Its exit status."""
    process = PROCESSES.Process(target=train_in, args=(folder,))
    process.start()
    lines = folder / "run.jsonl"
    while kill_after is not None and process.is_alive():
        if lines.exists() and lines.read_text().count("\n") >= kill_after:
            time.sleep(wait)
            process.kill()
        time.sleep(0.001)
    process.join(180)
    return process.exitcode


def without_time(path):
    return [{key: value for key, value in line.items() if key != "seconds"} for line in training.read_metrics(path)]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_training_that_was_killed_ten_times_ends_as_one_that_was_not(tmp_path):
    """Killed at moments by chance, in the middle of epochs and of writing; steps between two checkpoints are done again."""
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    for folder in (straight, killed):
        folder.mkdir()
    assert run(straight) == 0
    random = np.random.default_rng(5)
    moments = np.cumsum(random.integers(3, 14, 10)).tolist()                # of the 158 lines that there will be
    statuses = [run(killed, lines, random.uniform(0, 0.006)) for lines in moments]
    assert statuses == 10 * [-signal.SIGKILL] and max(moments) < 110
    assert training.load(killed / "run.pt")["result"]["step"] > 20          # so the last run goes on, and does not begin again
    assert run(killed) == 0
    want, got = (json.loads((folder / "end.json").read_text()) for folder in (straight, killed))
    assert want[0] == 126 and got == want
    assert without_time(killed / "run.jsonl") == without_time(straight / "run.jsonl")


def interrupted(tmp_path, steps, **changes):
    """A training that stops with an exception after so many steps, and its checkpoint."""
    class Stop(Exception):
        pass

    left = [steps]

    def loss(model, text):
        if model.training:
            left[0] -= 1
        if left[0] < 0:
            raise Stop
        return training.language_model_loss(model, text)

    config = TrainingConfig(epochs=3, batch_size=4, lr=0.05, evaluate_every=2, checkpoint_every=1, **changes)
    with pytest.raises(Stop):
        train(Bigram(0.2), corpus(18), corpus(6, 1), config, loss=loss, checkpoint=tmp_path / "c.pt", progress=False)
    return config


@pytest.mark.parametrize("steps", [1, 4, 5, 6, 10, 14])
def test_stopped_at_any_step_a_training_goes_on_as_if_nothing_had_happened(tmp_path, steps):
    config = interrupted(tmp_path, steps, patience=9)
    straight, resumed = Bigram(0.2), Bigram(0.2)
    want = train(straight, corpus(18), corpus(6, 1), config, progress=False)
    torch.manual_seed(99)                                                    # nothing of it may leak in
    got = train(resumed, corpus(18), corpus(6, 1), config, checkpoint=tmp_path / "c.pt", progress=False)
    assert torch.equal(straight.table, resumed.table)
    assert (got.step, got.tokens, got.losses, got.evaluations) == (want.step, want.tokens, want.losses, want.evaluations)
    done, finished = Bigram(0.2), tmp_path / "c.pt"
    again = train(done, corpus(18), corpus(6, 1), config, loss=None, checkpoint=finished, progress=False)   # no step is left
    assert again.losses == want.losses and torch.equal(done.table, straight.table)


def test_an_early_stop_is_kept(tmp_path):
    config = TrainingConfig(epochs=60, batch_size=4, lr=0.5, evaluate_every=1, patience=3, warmup=0.0, checkpoint_every=1000)
    first, second = Bigram(), Bigram()
    want = train(first, corpus(4, 2), corpus(30, 3), config, checkpoint=tmp_path / "c.pt", progress=False)
    got = train(second, corpus(4, 2), corpus(30, 3), config, checkpoint=tmp_path / "c.pt", progress=False)
    assert want.stopped_early and got.stopped_early and got.evaluations == want.evaluations
    assert torch.equal(first.table, second.table)


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    config = interrupted(tmp_path, 3)
    path = tmp_path / "c.pt"

    def go_on(message, model=None, data=None, validation=None, **changes):
        other = TrainingConfig(**{**config.__dict__, **changes})
        with pytest.raises(ValueError, match=message):
            train(model or Bigram(0.2), data or corpus(18), validation or corpus(6, 1), other, checkpoint=path, progress=False)

    go_on(r"c\.pt is of another training, config\.lr was 0\.05 and is 0\.1; remove it", lr=0.1)
    go_on(r"config\.patience was None and is 3", patience=3)
    go_on(r"another training, data was", data=corpus(18, 7))
    go_on(r"another training, validation was", validation=corpus(5, 1))

    class Larger(Bigram):
        def __init__(self):
            super().__init__()
            self.extra = nn.Parameter(torch.zeros(2))

    go_on(r"another training, model\.extra was None and is \[2\]", model=Larger())
    path.write_bytes(b"nothing of the kind")
    go_on(r"c\.pt is no checkpoint")
    torch.save([1, 2], path)                                                 # a pickle is not even looked at
    go_on(r"c\.pt is no checkpoint")
    save_file({"a": torch.ones(2), "b": torch.ones(1)}, path)
    go_on(r"c\.pt is no checkpoint of a training: it holds tensors alone, 2 of them")


def test_a_checkpoint_is_data_and_small(tmp_path):
    interrupted(tmp_path, 3)
    with safe_open(tmp_path / "c.pt", framework="numpy") as file:           # no code in it, and no torch needed
        header, names = json.loads(file.metadata()["llmcourse"]), list(file.keys())
        shapes = [file.get_tensor(name).shape for name in names]
    settings = dict(dict(header["dict"])["config"]["dict"])
    assert settings["lr"] == 0.05 and settings["optimizer"] == "adamw" and (6, 6) in shapes
    state = training.load(tmp_path / "c.pt")
    assert state["config"]["lr"] == 0.05 and state["result"]["step"] == 3 and state["config"]["betas"] == (0.9, 0.999)
    assert (tmp_path / "c.pt").stat().st_size < 60_000
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]                  # no temporary file is left


def test_what_goes_wrong_while_saving_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    training.save_atomically({"step": 1}, path)

    def fail(descriptor):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", fail)                                   # when the new file has been written
    with pytest.raises(OSError, match="the disk is full"):
        training.save_atomically({"step": 2}, path)
    monkeypatch.undo()
    (tmp_path / ".c.pt.left.part").write_bytes(b"of a killed process")
    assert training.load(path) == {"step": 1}
    assert sorted(p.name for p in tmp_path.iterdir()) == [".c.pt.left.part", "c.pt"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        training.load(tmp_path / "nowhere.pt")


def test_half_a_line_of_metrics_is_dropped(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.5}\n{"step": 3, "lo')
    training.Metrics(path, step=1).write(step=2, loss=1.5)
    assert training.read_metrics(path) == [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.5}]


# --- devices and random numbers ---------------------------------------------------------------------------------------

def test_devices():
    assert training.choose_device("cpu") == torch.device("cpu")
    assert training.choose_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    for name in ("gpu", "cuda:77"):
        with pytest.raises(ValueError, match=f"there is no device '{name}' here, expected auto, cpu or cuda"):
            training.choose_device(name)


def test_modules_of_torch_can_be_seeded_without_a_trace():
    before = torch.get_rng_state()

    def weights(seed):
        with training.seeded(training.new_generator(seed)):
            return nn.Linear(3, 2).weight.detach()

    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))
    assert torch.equal(torch.get_rng_state(), before)


# --- the protocol -----------------------------------------------------------------------------------------------------

def trained():
    model = Bigram(dropout=0.5)
    train(model, corpus(60), corpus(9, 1), TrainingConfig(epochs=3, batch_size=4, lr=0.2), progress=False)
    return model


def test_a_network_is_a_language_model():
    model, texts = trained(), corpus(25, 5)
    assert isinstance(model, LanguageModel)
    model.train()                                                            # dropout must not matter
    scores = model.token_log_probabilities(texts)
    singly = [model.next_log_probabilities(text[:t])[x] for text in texts for t, x in enumerate(text)]
    np.testing.assert_allclose(scores, singly, atol=1e-6)
    assert model.training and scores.dtype == np.float64
    p = np.exp(model.next_log_probabilities([2, 3]))
    assert p[0] == 0 and p.sum() == pytest.approx(1, abs=1e-12) and (p[1:] > 0).all()
    np.testing.assert_array_equal(model.next_log_probabilities(()), model.next_log_probabilities(np.array([], np.int64)))
    assert 0 not in sample(model, np.random.default_rng(0), max_length=200)
    assert model.token_log_probabilities([]).shape == (0,) and model.token_log_probabilities([[], [1]]).shape == (1,)
    for call in (model.next_log_probabilities, lambda ids: model.token_log_probabilities([ids])):
        with pytest.raises(ValueError, match="token id 6 is outside 0 … 5"):
            call([6])
        with pytest.raises(TypeError, match="integer"):
            call([1.5])
    with pytest.raises(NotImplementedError, match="NeuralLanguageModel has no forward pass"):
        training.NeuralLanguageModel(VOCABULARY)(torch.zeros(1, 1))
    assert model.parameter_count == 36


# --- the command ------------------------------------------------------------------------------------------------------

def test_the_command_trains_measures_and_goes_on(tmp_path, capsys):
    options = "feedforward --tokens 2000 --window 2 --hidden 8 --dimensions 4 --no-biases --quiet --threads 1".split()
    options += ["--device", "cpu", "--checkpoint", str(tmp_path / "c.pt"), "--metrics", str(tmp_path / "m.jsonl")]
    command.main(options)
    first = capsys.readouterr().out
    assert "feedforward: 5,860 parameters, 2,0" in first and "bits a token" in first and "above the floor" in first
    command.main(options)
    again = capsys.readouterr().out                                          # nothing was left to do
    assert re.sub(r"\d+ s;", "", again) == re.sub(r"\d+ s;", "", first)
    with pytest.raises(SystemExit, match=r"feedforward: .*c\.pt is of another training, config\.lr was 0\.002 and is 0\.1"):
        command.main([*options, "--lr", "0.1"])
    with pytest.raises(SystemExit, match="there is no device 'abacus' here"):
        command.main([*options, "--device", "abacus"])


def test_the_command_knows_every_field(capsys):
    options, config, settings_ = command.parse("feedforward --window 5 --patience 3 --lr 0.1 --clip 2".split())
    assert (config.window, config.biases, settings_.patience, settings_.lr, settings_.clip) == (5, True, 3, 0.1, 2.0)
    assert options.tokens == 1_000_000 and settings_.optimizer == "adamw"
    with pytest.raises(SystemExit):
        command.parse(["feedforward", "--window", "0"])
    assert "window must be at least 1, got 0" in capsys.readouterr().err
