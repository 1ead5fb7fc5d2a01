"""What a training leaves: checkpoints for a loop of one's own, loss curves, texts letter by letter, the end of the command."""

import json
import math
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from matplotlib import pyplot as plt  # noqa: E402
from neural import one_thread  # noqa: E402, F401
from safetensors import safe_open  # noqa: E402
from torch import nn  # noqa: E402

from llmcourse import plots, training  # noqa: E402
from llmcourse.corpora import stories  # noqa: E402
from llmcourse.training import __main__ as command  # noqa: E402
from llmcourse.training import characters, curves, files  # noqa: E402
from llmcourse.transformer import TransformerConfig, TransformerLM  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

# --- checkpoints ------------------------------------------------------------------------------------------------------------

def test_all_that_a_checkpoint_may_hold_comes_back(tmp_path):
    tensor = torch.arange(6.0).view(2, 3)
    half = torch.tensor([1.5, -3.25], dtype=torch.bfloat16)
    state = {"weights": {"E": tensor, "U": tensor, "view": tensor[:, 1], "half": half},
             "optimizer": {0: {"step": torch.tensor(3.0)}, 1: {}}, "betas": (0.9, (0.5, None)), "list": [(1, 2.5), True, "é"],
             "random": torch.get_rng_state(), "best": math.inf, "exact": 0.1 + 0.2}
    files.save_atomically(state, tmp_path / "deep" / "a.st")
    found = files.load(tmp_path / "deep" / "a.st")
    assert torch.equal(found["weights"]["E"], tensor) and torch.equal(found["weights"]["U"], tensor)
    assert found["weights"]["view"].tolist() == [1.0, 4.0] and found["weights"]["half"].dtype == torch.bfloat16
    assert found["weights"]["half"].tolist() == [1.5, -3.25]
    assert found["optimizer"][0]["step"].shape == () and found["optimizer"][0]["step"].item() == 3.0
    assert found["optimizer"][1] == {} and list(found["optimizer"]) == [0, 1]
    assert torch.equal(found["random"], state["random"])
    for name in ("betas", "list", "best", "exact"):
        assert found[name] == state[name] and type(found[name]) is type(state[name])
    with safe_open(tmp_path / "deep" / "a.st", framework="numpy") as file:
        assert list(file.metadata()) == ["llmcourse"]


@pytest.mark.parametrize("value", [np.ones(2), np.float64(1).astype(np.float32), {1, 2}, len])
def test_what_a_checkpoint_may_not_hold(tmp_path, value):
    with pytest.raises(TypeError, match="a checkpoint holds tensors, numbers, strings"):
        files.save_atomically({"a": [value]}, tmp_path / "a.st")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [torch.optim.AdamW, training.AdamW])
def test_a_loop_of_ones_own_goes_on(tmp_path, kind):
    def steps(model, optimizer, number):
        for _ in range(number):
            optimizer.zero_grad()
            (model(torch.ones(3, 4)) ** 2).sum().backward()
            optimizer.step()
        return model.weight.detach().clone()

    with training.seeded(training.new_generator(0)):
        model, other = nn.Linear(4, 2), nn.Linear(4, 2)
    optimizer, fresh = kind(model.parameters(), lr=0.1), kind(other.parameters(), lr=0.7)
    steps(model, optimizer, 3)
    training.save_checkpoint(model, optimizer, 3, tmp_path / "c.st")
    want = steps(model, optimizer, 4)
    assert training.load_checkpoint(tmp_path / "c.st", other, fresh) == 3
    assert torch.equal(steps(other, fresh, 4), want)


def test_a_tied_matrix_stays_tied(tmp_path):
    config = TransformerConfig(layers=1, width=16, heads=2, tied=True)
    models = [TransformerLM(stories().vocabulary, config, training.new_generator(seed)) for seed in (0, 1)]
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in models]
    training.save_checkpoint(models[0], optimizers[0], 1, tmp_path / "c.st")
    training.load_checkpoint(tmp_path / "c.st", models[1], optimizers[1])
    assert torch.equal(models[0].E, models[1].E) and models[1].U is models[1].E


# --- loss curves ------------------------------------------------------------------------------------------------------------

def test_a_running_mean_by_hand():
    """Weights ½ and ¼ of 1 and 3, divided by ¾; the next ⅛, ¼, ½ of 1, 3 and 0."""
    assert curves.smoothed([1.0, 3.0, 0.0], share=0.5) == pytest.approx([1, (0.25 + 1.5) / 0.75, (0.125 + 0.75) / 0.875])
    assert curves.smoothed([]).shape == (0,)


LINES = [{"step": 1, "tokens": 10, "loss": 3.0}, {"step": 2, "tokens": 30, "loss": 2.0}, {"step": 2, "validation_loss": 2.5},
         {"step": 3, "tokens": 40, "loss": 1.0}]


def test_curves_are_what_was_written_down(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    ax = curves.plot_losses({"from a file": path, "lines": LINES}, over="tokens", floor=0.5, title="two runs")
    raw, mean, dots = ax.lines[:3]
    assert raw.get_xdata().tolist() == [10, 30, 40] and raw.get_ydata().tolist() == [3, 2, 1]
    assert mean.get_ydata() == pytest.approx(curves.smoothed([3, 2, 1]))
    assert (list(dots.get_xdata()), list(dots.get_ydata())) == ([30], [2.5])
    assert ax.lines[-1].get_ydata() == [0.5, 0.5]
    assert {text.get_text() for text in ax.texts} == {"from a file", "lines", "floor"}
    assert ax.get_xlabel() == "tokens" and "two runs" in (ax.get_title(), ax.get_title(loc="left"))
    assert ax.figure.get_size_inches()[0] <= plots.WIDTH
    over_steps = curves.plot_losses({"a": LINES[:2]}, ax=plt.subplots()[1])
    assert over_steps.lines[0].get_xdata().tolist() == [1, 2] and len(over_steps.lines) == 2
    plt.close("all")


def test_curves_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="over 'step' or 'tokens', got 'time'"):
        curves.plot_losses({"a": LINES}, over="time")
    with pytest.raises(ValueError, match="no runs to draw"):
        curves.plot_losses({})
    with pytest.raises(ValueError, match="no step was written down in the run 'a'"):
        curves.plot_losses({"a": [{"step": 1, "validation_loss": 1.0}]})
    plt.close("all")


# --- letters ----------------------------------------------------------------------------------------------------------------

def test_letters_of_a_text():
    vocabulary, learn, kept = characters.characters("banana band", 0.2)
    assert vocabulary.tokens == ("<bos>", "<eos>", " ", "a", "b", "d", "n")
    assert "".join(vocabulary.decode(learn)) == "banana ba" and "".join(vocabulary.decode(kept)) == "nd"
    for share in (0.01, 1.0):
        with pytest.raises(ValueError, match=rf"{share} of 11 characters leaves nothing to learn from, or nothing to measure"):
            characters.characters("banana band", share)


class Successor(training.NeuralLanguageModel):
    """The next id is the last one plus one, from 2 to 5 and around; it notes how much it has read."""

    def __init__(self):
        super().__init__(Vocabulary(list("abcd")))
        self.weight, self.read = nn.Parameter(torch.ones(1)), []

    def forward(self, ids):
        self.read.append(ids[0].tolist())
        following = torch.where(ids == 5, 2, ids + 1)
        logits = 50.0 * nn.functional.one_hot(following, 6).float() * self.weight
        logits[..., :2] = 90.0                                              # BOS and EOS: never drawn
        return logits


def test_a_text_goes_on_and_the_window_moves():
    model = Successor()
    assert characters.go_on(model, [4, 5], 5, window=3, generator=training.new_generator(0)) == [2, 3, 4, 5, 2]
    assert model.read == [[4, 5], [4, 5, 2], [5, 2, 3], [2, 3, 4], [3, 4, 5]]
    assert characters.go_on(model, [4], 0, window=3, generator=training.new_generator(0)) == []
    with pytest.raises(ValueError, match="needs an id to go on from, got none"):
        characters.go_on(model, [], 5, window=3, generator=training.new_generator(0))


def test_letters_are_drawn_by_their_probabilities():
    class Fixed(Successor):
        def forward(self, ids):
            return torch.tensor([9.0, 9.0, math.log(0.7), math.log(0.2), math.log(0.1), -99.0]).expand(*ids.shape, 6)

    drawn = characters.go_on(Fixed(), [2], 3000, window=1, generator=training.new_generator(0))
    counts, expected = np.bincount(drawn, minlength=6), 3000 * np.array([0.7, 0.2, 0.1])
    assert counts[[0, 1, 5]].sum() == 0
    assert ((counts[2:5] - expected) ** 2 / expected).sum() < 13.8          # chi-square, two degrees of freedom: one in 1,000


# --- the command ------------------------------------------------------------------------------------------------------------

SMALL = "--layers 1 --width 16 --heads 2 --quiet --threads 1 --device cpu".split()


def test_the_command_ends_with_samples_curve_and_row(tmp_path, capsys):
    command.main(["transformer", *SMALL, "--tokens", "3000", "--lr", "0.01", "--curve", str(tmp_path / "new" / "loss.svg"),
                  "--row", str(tmp_path / "rows" / "row.json")])
    printed = capsys.readouterr().out
    assert printed.count("--- sample") == 2 and "above the floor" in printed
    row = json.loads((tmp_path / "rows" / "row.json").read_text())
    assert not set(plots.LADDER_FIELDS) - set(row) and row["gap"] > 0
    bits, error, gap, gap_error = map(float, re.search(
        r"held out ([\d.]+) ± ([\d.]+) bits a token, ([\d.]+) ± ([\d.]+) above", printed).groups())
    assert [row[name] for name in ("bits_per_token", "standard_error", "gap", "gap_standard_error")] == pytest.approx(
        [bits, error, gap, gap_error], abs=1e-4)
    assert row["bits_per_token"] - row["gap"] == pytest.approx(1.0468, abs=1e-3)           # the floor of the held-out stories
    assert row["training_tokens"] == len(stories().train(3000).ids)
    assert (tmp_path / "new" / "loss.svg").read_text().startswith("<?xml")


def test_the_command_takes_letters(tmp_path, capsys):
    picture = tmp_path / "loss.png"
    command.main(["transformer", *SMALL, "--text", "english", "--tokens", "6400", "--block", "32", "--batch-size", "20",
                  "--samples", "1", "--curve", str(picture), "--schedule", "cosine", "--betas", "0.8", "0.9"])
    printed = capsys.readouterr().out
    assert "10 steps, 6,400 tokens" in printed and "bits a character" in printed
    nats, bits = map(float, re.search(r"validation loss ([\d.]+) nats, ([\d.]+) bits", printed).groups())
    assert bits == pytest.approx(nats / math.log(2), abs=1e-3) and 1 < nats < math.log(100)
    assert len(re.search(r"--- sample 1\n(.*)\n\n10 steps", printed, re.DOTALL).group(1)) == 300
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_the_command_cannot_do(capsys, monkeypatch):
    with pytest.raises(SystemExit):
        command.parse(["transformer", "--curve", "loss.docx"])
    assert "a curve is a file .svg, .png, .pdf, got loss.docx" in capsys.readouterr().err

    with pytest.raises(SystemExit):
        command.parse(["transformer", "--text", "french", "--row", "row.json"])
    assert "a row of the ladder is measured on the course's stories, and --text is french" in capsys.readouterr().err

    def offline():
        raise command.DownloadError("are you offline?")

    monkeypatch.setattr(command, "tiny_shakespeare", offline)
    with pytest.raises(SystemExit, match=r"transformer: are you offline\?"):
        command.main(["transformer", *SMALL, "--text", "shakespeare"])
    _, _, settings = command.parse(["transformer", "--betas", "0.8", "0.9"])
    assert settings.betas == (0.8, 0.9) and command.parse(["transformer"])[2].betas == (0.9, 0.999)
