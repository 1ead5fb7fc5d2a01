"""The model answers of unit 10 and what the chapter uses do the same: the library's functions and torch's."""

import numpy as np
import pytest
import torch
from units import master, solution_names

from llmcourse import training, web_text
from llmcourse.corpus import Corpus
from llmcourse.training.split import split_linear


@pytest.fixture(scope="module")
def solved():
    return solution_names("10_training")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_padding_and_packing(solved):
    assert solved["pad_report"]([5, 8, 9, 6, 10, 8], 8) == training.pad_report([5, 8, 9, 6, 10, 8], 8) == (43, 5, 3)
    texts = [[5, 6, 7], [8, 9], [2, 3, 4, 5]]
    inputs, targets = solved["pack"](texts, 1, 5)
    rows = training.pack(Corpus.join([[*text, 1] for text in texts]), 5)
    found = [[*row, last] for row, last in zip(inputs.tolist(), targets[:, -1].tolist(), strict=True)]
    assert found == [row.tolist() for row in rows] and len(found) == 2
    assert np.array_equal(inputs[:, 1:], targets[:, :-1])


def test_the_loss_is_that_of_torch(solved, rng):
    logits, targets = rng.normal(size=(3, 4, 6)), rng.integers(6, size=(3, 4))
    mask = np.arange(4) < np.array([[4], [1], [2]])
    log_p = torch.tensor(logits).log_softmax(-1).numpy()
    wanted = torch.tensor(np.where(mask, targets, -100))
    want = torch.nn.functional.cross_entropy(torch.tensor(logits).flatten(0, 1), wanted.flatten(), ignore_index=-100)
    assert solved["masked_loss"](log_p, targets, mask) == pytest.approx(want.item(), abs=1e-12)


def test_the_step_is_that_of_torch(solved, rng):
    theta, m, v = rng.normal(size=(3, 4)), np.zeros((3, 4)), np.zeros((3, 4))
    weight = torch.nn.Parameter(torch.tensor(theta))
    optimizer = torch.optim.AdamW([weight], lr=0.1, betas=(0.9, 0.95), eps=1e-3, weight_decay=0.3)
    for t in range(1, 6):
        weight.grad = torch.tensor(rng.normal(size=(3, 4)))
        theta, m, v = solved["adamw"](theta, weight.grad.numpy(), m, v, t, 0.1, 0.9, 0.95, 1e-3, 0.3)
        optimizer.step()
        assert np.allclose(theta, weight.detach().numpy(), atol=1e-12)


def test_the_schedule_and_the_split_layer(solved, rng):
    for step in range(25):
        want = training.lr_at(step, maximum=0.8, minimum=0.1, warmup=4, total=20, shape="cosine")
        assert solved["learning_rate"](step, 4, 20, 0.8, 0.1) == pytest.approx(want, abs=1e-12)
    X, W = rng.normal(size=(2, 6)), rng.normal(size=(6, 4))
    for by in ("columns", "rows"):
        (pieces, whole), (wanted, all_of_it) = solved["split_linear"](X, W, np.zeros(4), 2, by), split_linear(X, W, 2, by)
        assert np.allclose(whole, all_of_it) and all(map(np.allclose, pieces, wanted))


def test_copies_and_rates_of_the_small_web(solved):
    """MinHash overlooks none of the copies there; the library makes capitals small, and the exercise does not."""
    crawl = web_text.crawl(0)
    texts = [page.text.lower() for page in crawl]
    kept = solved["near_duplicates"](texts, 5, 0.5)
    assert kept == web_text.near_duplicates(texts, n=5, threshold=0.5) and 0 < len(kept) < len(texts)
    sources, stays = [page.source for page in crawl], [i in kept for i in range(len(texts))]
    rates = solved["removal_rates"](sources, stays)
    assert rates == web_text.removal_rates(sources, stays) and rates["newspaper"] > 0 == rates["dialect"]


def test_a_training_that_is_stopped_goes_on_as_one_in_torch(solved, rng):
    batches = [(rng.integers(4, size=n), rng.integers(4, size=n)) for n in (5, 3, 6)]
    sizes = np.linspace(0.3, 0.05, 10).tolist()
    start = {"theta": rng.normal(size=(4, 4)), "m": np.zeros((4, 4)), "v": np.zeros((4, 4)), "step": 0}
    whole, losses = solved["train"](start, batches, sizes, 10)
    half, first = solved["train"](start, batches, sizes, 5)
    rest, second = solved["train"](half, batches, sizes, 5)
    assert first + second == losses and all(np.array_equal(whole[name], rest[name]) for name in whole)
    theta = torch.nn.Parameter(torch.tensor(start["theta"]))
    optimizer = torch.optim.AdamW([theta], weight_decay=0.0)
    for step in range(10):
        contexts, targets = map(torch.tensor, batches[step % 3])
        optimizer.param_groups[0]["lr"] = sizes[step]
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(theta[contexts], targets)
        loss.backward()
        optimizer.step()
        assert loss.item() == pytest.approx(losses[step], abs=1e-12)
    assert np.allclose(whole["theta"], theta.detach().numpy(), atol=1e-12)


def test_the_report_of_the_written_question_is_that_of_the_library():
    """The table in the exercise has the numbers of the pipeline with the filter that it describes."""
    def texts(*sources):
        return [page.text for page in web_text.pages() if page.source in sources]

    quality = web_text.QualityFilter.learn(texts("newspaper", "encyclopedia"), texts("forum", "shop"))
    verdicts = web_text.clean(web_text.crawl(0), web_text.Settings(quality=quality))
    rates, sources = web_text.whose_text_goes(verdicts), [verdict.page.source for verdict in verdicts]
    [question] = [cell for cell in master("10_training").cells if "A filter report" in cell.solution]
    rows = [[part.strip() for part in line.split("|")[1:-1]] for line in question.solution.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 9
    for source, number, *shares in rows[2:]:
        found = [rates[source][step] for step in ("lines and pages", "blocked words", "duplicates", "quality", "kept")]
        assert int(number) == sources.count(source)
        assert [float(share) for share in shares] == pytest.approx(found, abs=0.0051)
