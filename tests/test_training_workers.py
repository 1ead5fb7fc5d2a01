"""A batch in parts: one after the other, or by several processes. The same step, and the same training."""

import json
import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from neural import one_thread, some_corpus  # noqa: E402, F401
from torch import distributed, nn  # noqa: E402

from llmcourse import training  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402
from llmcourse.recurrent import RecurrentConfig, RecurrentLM  # noqa: E402
from llmcourse.training import TrainingConfig, read_metrics, train  # noqa: E402
from llmcourse.training import workers as workers_module  # noqa: E402
from llmcourse.training.workers import Workers, gradients, joined, workers  # noqa: E402
from llmcourse.transformer import TransformerConfig, TransformerLM  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

VOCABULARY = Vocabulary(["a", "b", "c", "d", "e"])
SMALL = TransformerConfig(layers=1, width=16, heads=2)


def small(dropout=0.0):
    return TransformerLM(VOCABULARY, TransformerConfig(layers=1, width=16, heads=2, dropout=dropout), training.new_generator(1))


# --- the same train ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("model", [RecurrentLM(VOCABULARY, RecurrentConfig(dimensions=16, hidden=16)), small()],
                         ids=["recurrent", "transformer"])
def test_the_same_train_for_both(model, tmp_path):
    """An RNN-LM and a transformer-LM: the same loss, the same optimiser, the same call; what differs is the model."""
    rule = Corpus.join([[2, 3, 4, 5, 6, 2, 3, 1], [5, 6, 2, 3, 4, 1], [3, 4, 5, 1], [6, 2, 1]] * 12)
    config = TrainingConfig(epochs=8, batch_size=6, lr=0.02)
    result = train(model, rule, rule, config, metrics=tmp_path / "run.jsonl", progress=False)
    assert result.losses[0] == pytest.approx(np.log(7), abs=0.5)
    assert result.best_loss < 0.75 and result.tokens == 8 * len(rule.ids)
    assert len(read_metrics(tmp_path / "run.jsonl")) == result.step + len(result.evaluations)
    assert model.next_log_probabilities([2, 3]).argmax() == 4               # the only text that begins so goes on with it


# --- parts one after the other ----------------------------------------------------------------------------------------------

class TwoTokens(nn.Module):
    """A table of losses: what `train` gets is the sum over the real ids of a text of the weights of these ids."""

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([0.0, 0.0, 4.0, 0.0]))


def table_loss(model, text):
    return model.weights[text.ids].masked_fill(~text.mask, 0).sum(), int(text.mask.sum())


def test_micro_batches_by_hand():
    """Parts of 1 and 3 real tokens with losses 4 and 0: their mean is 1, and not the 2 of the means 4 and 0."""
    texts = Corpus.join([[2], [3, 3, 3]])
    model = TwoTokens()
    config = TrainingConfig(batch_size=2, micro_batches=2, optimizer="sgd", lr=0.1, minimum_lr=0.1, warmup=0, clip=None)
    result = train(model, texts, texts, config, loss=table_loss, progress=False)
    assert (result.losses, result.tokens, result.step) == ([1.0], 4, 1)
    np.testing.assert_allclose(model.weights.detach(), [0, 0, 4 - 0.1 / 4, -0.1 * 3 / 4], rtol=1e-6)


@pytest.mark.parametrize("parts", [2, 3, 8, 40])
def test_gradients_in_parts_are_those_of_the_batch(parts, monkeypatch):
    """Texts of different lengths, also where there are more parts than texts."""
    seen = []
    monkeypatch.setattr(training.loop, "clip_gradients", lambda parameters, limit, norm: seen.append(
        [parameter.grad.clone() for parameter in parameters]))
    sizes = []

    def loss(model, text):
        if model.training:
            sizes.append(len(text.ids))
        return training.language_model_loss(model, text)

    data = some_corpus(20)
    for n in (1, parts):
        config, model = TrainingConfig(batch_size=20, micro_batches=n, clip=1e-9), small().double()
        for weight in model.parameters():
            weight.data.mul_(4)                                            # so that all of them have something to say
        train(model, data, data, config, loss=loss, progress=False)
    assert sizes == [20, *([20 // parts + (i < 20 % parts) for i in range(parts)] if parts < 20 else [1] * 20)]
    for one, other in zip(*seen, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)
        assert one.abs().max() > 1e-3


def test_a_training_in_parts_is_the_training():
    results = []
    for n in (1, 4):
        model = small()
        config = TrainingConfig(epochs=3, batch_size=8, micro_batches=n, lr=0.01, evaluate_every=4, weight_decay=0.1)
        results.append((train(model, some_corpus(40), some_corpus(9, 1), config, progress=False), model))
    (one, _), (other, _) = results
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-4)
    np.testing.assert_allclose([x for _, x in one.evaluations], [x for _, x in other.evaluations], rtol=1e-4)
    assert one.losses[0] == pytest.approx(other.losses[0], rel=1e-6) and one.tokens == other.tokens


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_figures_of_parts_that_are_fetched_late(precision, monkeypatch):
    """As on a GPU, where nobody looks at a number before the end: the same losses, tokens and weights."""
    config = TrainingConfig(epochs=2, batch_size=8, micro_batches=3, lr=0.01, evaluate_every=7, precision=precision, clip=0.5)
    runs = []
    for late in (False, True):
        monkeypatch.setattr(training.loop, "fetched_late", lambda device, late=late: late)
        model = small()
        result = train(model, some_corpus(40), some_corpus(9, 1), config, progress=False)
        runs.append((result.losses, result.tokens, result.evaluations, [w.tolist() for w in model.parameters()]))
    assert runs[0][:3] == runs[1][:3]
    for one, other in zip(runs[0][3], runs[1][3], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)                   # a clip that is not needed multiplies by 1


def test_graphs_record_whole_batches():
    with pytest.raises(ValueError, match="graphs record whole batches on one GPU"):
        train(small(), some_corpus(4), some_corpus(4), TrainingConfig(graphs=True, micro_batches=2), progress=False)


# --- several workers --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_shares_are_the_batch(n):
    """Disjoint, together all, and hardly different in size, also where there are fewer texts than workers."""
    for size in (1, 5, 12):
        shares = [Workers(rank, n).share(np.arange(size)) for rank in range(n)]
        assert sorted(np.concatenate(shares).tolist()) == list(range(size))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert [Workers(rank, 2).first for rank in range(2)] == [True, False]


def test_alone_there_is_nobody_to_wait_for(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert workers() == Workers(0, 1)
    with joined(torch.device("cpu")) as device:
        assert device == torch.device("cpu") and not distributed.is_initialized()
    here, tensor = Workers(), torch.ones(3)
    here.add_up([tensor])
    here.take_over([tensor])
    assert tensor.tolist() == [1, 1, 1] and here.gather({"a": tensor}, device)[0]["a"] is tensor
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    used.grad = torch.ones(2)
    assert [g.tolist() for g in gradients([used, unused], here)] == [[1, 1]] and unused.grad is None
    assert [g.tolist() for g in gradients([used, unused], Workers(0, 2))] == [[1, 1], [0, 0]]


PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["test_training_workers", "torch._dynamo", "torch.distributed"])
SETTINGS = TrainingConfig(epochs=3, batch_size=7, lr=0.02, evaluate_every=3, checkpoint_every=5, patience=50)
DATA = some_corpus(29), some_corpus(11, 1)                                  # 29 = 4·7 + 1: one batch of an epoch has one text


def work(rank: int, size: int, folder: Path, dropout: float, stop_after: int | None) -> None:
    """One of several workers: what it ends with goes into a file."""
    torch.set_num_threads(1)
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1"}
    distributed.init_process_group("gloo", init_method=(folder / f"meet{stop_after}").as_uri(), rank=rank, world_size=size)
    model = TransformerLM(VOCABULARY, TransformerConfig(layers=1, width=16, heads=2, dropout=dropout),
                          training.new_generator(1 + rank))                # the second starts from other weights
    seen, left, random = [], [stop_after], []

    def loss(model, text):
        if model.training:
            seen.append(text.ids.tolist())
            left[0] = None if left[0] is None else left[0] - 1
            if left[0] == -1:
                raise KeyboardInterrupt
            random.append(torch.initial_seed())
        nats, count = training.language_model_loss(model, text)
        return (nats, count) if model.training else (nats + rank * count, count)           # the second would measure more

    try:
        result = train(model, *DATA, SETTINGS, loss=loss, metrics=folder / f"run{rank}.jsonl", checkpoint=folder / "run.st",
                       progress=True)
    except KeyboardInterrupt:
        os._exit(3)
    distributed.destroy_process_group()
    (folder / f"end{rank}.json").write_text(json.dumps({
        "losses": result.losses, "evaluations": result.evaluations, "tokens": result.tokens, "seen": seen, "random": random,
        "weights": [w.double().flatten().tolist() for w in model.parameters()]}))


def together(folder: Path, size: int = 2, dropout: float = 0.0, stop_after: int | None = None) -> list[dict]:
    folder.mkdir(exist_ok=True)
    processes = [PROCESSES.Process(target=work, args=(rank, size, folder, dropout, stop_after)) for rank in range(size)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    codes = [process.exitcode for process in processes]
    for process in processes:
        process.kill()                                                      # nothing to do where it has ended
    assert None not in codes, "a worker never ended"
    assert codes == [0] * size if stop_after is None else codes[0] == 3 and 0 not in codes  # the others lose their partner
    return [] if stop_after else [json.loads((folder / f"end{rank}.json").read_text()) for rank in range(size)]


@pytest.mark.xdist_group("workers")
def test_two_processes_learn_what_one_learns(tmp_path):
    """The same global batch, the same curve; the two share each batch out and end with the same weights, bit for bit."""
    alone = small()
    want = train(alone, *DATA, SETTINGS, progress=False)
    first, second = together(tmp_path / "two")
    np.testing.assert_allclose(first["losses"], want.losses, rtol=2e-5)
    np.testing.assert_allclose([x for _, x in first["evaluations"]], [x for _, x in want.evaluations], rtol=2e-5)
    assert first["tokens"] == second["tokens"] == want.tokens
    for name in ("weights", "losses", "evaluations"):                       # what the first has measured counts for both
        assert first[name] == second[name]
    for got, parameter in zip(first["weights"], alone.parameters(), strict=True):
        np.testing.assert_allclose(got, parameter.detach().flatten(), atol=2e-4)
    assert len(first["seen"]) == 15 and len(second["seen"]) == 12          # three batches have no text for the second
    texts = sum(len(ids) for one in (first, second) for ids in one["seen"])
    assert texts == 3 * len(DATA[0])                                        # each text once an epoch
    assert (tmp_path / "two" / "run0.jsonl").exists() and not (tmp_path / "two" / "run1.jsonl").exists()


@pytest.mark.xdist_group("workers")
def test_two_processes_that_were_stopped_go_on(tmp_path):
    """With dropout, of which each draws its own: so the random numbers of both are in the checkpoint."""
    straight = together(tmp_path / "straight", dropout=0.3)
    together(tmp_path / "stopped", dropout=0.3, stop_after=8)
    resumed = together(tmp_path / "stopped", dropout=0.3)
    for one, other in zip(straight, resumed, strict=True):
        assert one["losses"] == other["losses"] and one["weights"] == other["weights"]
    assert resumed[0]["seen"] == straight[0]["seen"][5:]                    # went on from the checkpoint of step 5
    assert resumed[1]["seen"] == straight[1]["seen"][-len(resumed[1]["seen"]):] and len(resumed[1]["seen"]) < 12
    assert not set(straight[0]["random"]) & set(straight[1]["random"])      # each drops out something else
    with pytest.raises(ValueError, match="is of another training, workers was 2 and is 1"):
        train(small(0.3), *DATA, SETTINGS, checkpoint=tmp_path / "stopped" / "run.st", progress=False)


def test_sums_of_a_group_of_one(tmp_path, monkeypatch):
    """What the workers send, with the real functions of torch in a group that has one member."""
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    try:
        assert workers() == Workers(0, 1)
        pair = Workers(0, 2)                                                # as if there were two: each sum goes out
        one, other = torch.arange(4.0).view(2, 2).t(), torch.tensor(5.0)
        pair.add_up([one, other])
        assert one.tolist() == [[0, 2], [1, 3]] and other.item() == 5
        pair.take_over([one])
        monkeypatch.setattr(workers_module.group, "all_gather", lambda parts, mine: [part.copy_(mine) for part in parts])
        states = pair.gather({"cpu": torch.tensor([1, 2], dtype=torch.uint8)}, torch.device("cpu"))
        assert [state["cpu"].tolist() for state in states] == [[1, 2], [1, 2]]
    finally:
        distributed.destroy_process_group()


@pytest.mark.xdist_group("workers")
def test_torchrun_trains_as_one_process_does(tmp_path):
    """The command, in two processes that torchrun starts: the same curve as of one, written once."""
    command = ["-m", "llmcourse.training", "transformer", "--tokens", "12000", "--layers", "1", "--width", "16", "--heads", "2",
               "--evaluate-every", "100", "--quiet", "--device", "cpu", "--threads", "1", "--samples", "1"]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    runs = {"one": [sys.executable], "two": torchrun}
    printed, losses = {}, {}
    for name, start in runs.items():
        metrics = tmp_path / f"{name}.jsonl"
        done = subprocess.run([*start, *command, "--metrics", str(metrics)], capture_output=True, text=True, timeout=300,
                              env=os.environ | {"OMP_NUM_THREADS": "1"})
        assert done.returncode == 0, done.stderr
        printed[name], losses[name] = done.stdout, [line["loss"] for line in read_metrics(metrics) if "loss" in line]
    assert len(losses["one"]) == len(losses["two"]) == 5  # the later ones depend on the steps before
    np.testing.assert_allclose(losses["two"], losses["one"], rtol=1e-5)
    for name, more in {"one": "on cpu\n", "two": "on cpu and 1 more\n"}.items():
        assert printed[name].count("above the floor") == 1 and more in printed[name]
    bits = [re.search(r"held out ([\d.]+)", text).group(1) for text in printed.values()]
    assert float(bits[0]) == pytest.approx(float(bits[1]), abs=2e-4)
