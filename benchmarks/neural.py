"""How fast do the neural units train and score? `python benchmarks/neural.py` compares the shared loop with a loop in plain
torch on the course's stories, on one thread and side by side, prints a table of ratios and writes it as JSON.

Both loops train the same network with AdamW on as many tokens a step. The plain one does what one would write first: for the
feed-forward network all windows as one table, shuffled, through an `nn.Sequential`; for the LSTM blocks of stories through
`nn.Embedding`, `nn.LSTM` and `nn.Linear`. Each step of the plain loops sets the gradients to none, computes the loss and its
gradient, and lets AdamW step. Ours also cuts its blocks out of the corpus, measures and clips the gradient, changes the step
size, keeps its figures and evaluates at the end. The time of both includes the making of the network.

The LSTM scores a million tokens in one call. Token by token they would take a quarter of an hour, so that side is timed on a
sample of whole stories, whose tokens the table names, and both sides are compared per token.

It takes about two minutes of CPU time, and as much longer by the clock as others use the machine.
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import Row, side_by_side, write_report  # isort: skip  (before NumPy: it sets one thread)

import numpy as np
import torch
from torch import nn

from llmcourse.corpora import stories
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM, corpus_windows
from llmcourse.feedforward.fast import SlotTables
from llmcourse.recurrent import RecurrentConfig, RecurrentLM
from llmcourse.training import TrainingConfig, block, inputs, language_model_loss, new_generator, shuffled_batches, train

TOKENS, ROUNDS = 120_000, 7  # enough steps that what a training does once, before and after them, counts for little
LSTM_TOKENS, LSTM_ROUNDS = 15_000, 5
LSTM = RecurrentConfig("lstm", dimensions=64, hidden=256)
SCORED, SAMPLE = 1_000_000, 24  # tokens in one call; stories token by token
CONFIGS = {3: FeedForwardConfig(window=3, dimensions=32, hidden=128), 8: FeedForwardConfig(window=8, dimensions=32, hidden=256)}


def sequential(model: FeedForwardLM) -> nn.Sequential:
    """The same network from torch's own modules, with the same weights."""
    config, size = model.config, len(model.vocabulary)
    lower, upper = nn.Linear(config.window * config.dimensions, config.hidden), nn.Linear(config.hidden, size)
    plain = nn.Sequential(nn.Embedding(size, config.dimensions, padding_idx=0), nn.Flatten(), lower, nn.Tanh(), upper)
    named = {"0.weight": model.E, "2.weight": model.W, "2.bias": model.b, "4.weight": model.U, "4.bias": model.c}
    plain.load_state_dict({name: weight.detach().clone() for name, weight in named.items()})
    return plain


def plain_loop(network: nn.Module, contexts: torch.Tensor, targets: torch.Tensor, per_step: int, lr: float) -> None:
    """One pass over all windows in random order."""
    optimizer, loss_of = torch.optim.AdamW(network.parameters(), lr=lr), nn.CrossEntropyLoss()
    network.train()
    for chosen in torch.randperm(len(targets)).split(per_step):
        optimizer.zero_grad()
        loss_of(network(contexts[chosen]), targets[chosen]).backward()
        optimizer.step()


def training(window: int) -> tuple[list[Row], dict]:
    """Tokens a second of both loops, after a check that both compute the same loss."""
    language, config = stories(), CONFIGS[window]
    corpus = language.train(TOKENS)
    contexts, targets = (torch.from_numpy(array) for array in corpus_windows(corpus, window))
    model = FeedForwardLM(language.vocabulary, config)
    some = corpus[:16]
    total, count = language_model_loss(model, block(some, np.arange(16)))
    theirs = nn.functional.cross_entropy(sequential(model)(contexts[: len(some.ids)]), targets[: len(some.ids)])
    torch.testing.assert_close(total / count, theirs)
    settings = TrainingConfig(batch_size=16, lr=0.02, evaluate_every=10**6)
    per_step = len(targets) // -(-len(corpus) // settings.batch_size)
    seconds = side_by_side(
        {
            "plain loop": lambda: plain_loop(sequential(model), contexts, targets, per_step, settings.lr),
            "train": lambda: train(FeedForwardLM(language.vocabulary, config), corpus, corpus[:2], settings, progress=False),
        },
        ROUNDS,
    )
    speeds = {name: round(len(targets) / time) for name, time in seconds.items()}
    ratio = seconds["plain loop"] / seconds["train"]
    what = f"training, window {window}, d_h {config.hidden}: tokens/s of ours / of nn.Sequential"
    return [Row(f"feed-forward {what}", ratio, "×", "at least", 1.0, note=f"{speeds['train']:,} tokens/s")], {what: speeds}


class PlainLSTM(nn.Module):
    """The recurrent model as one writes it with torch's modules."""

    def __init__(self, model: RecurrentLM):
        super().__init__()
        size, config = len(model.vocabulary), model.config
        self.embedding, self.output = nn.Embedding(size, config.dimensions), nn.Linear(config.hidden, size)
        self.lstm = nn.LSTM(config.dimensions, config.hidden, batch_first=True)
        self.lstm.load_state_dict(model.cells.state_dict())
        self.embedding.load_state_dict({"weight": model.E.detach().clone()})
        self.output.load_state_dict({"weight": model.U.detach().clone(), "bias": model.c.detach().clone()})

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.output(self.lstm(self.embedding(ids))[0])


def plain_lstm_loop(network: nn.Module, blocks: list[tuple[torch.Tensor, torch.Tensor]], lr: float) -> None:
    """One pass over blocks of (ids read, ids predicted); what stands where no text is has the target −100."""
    optimizer, loss_of = torch.optim.AdamW(network.parameters(), lr=lr), nn.CrossEntropyLoss()
    network.train()
    for read, targets in blocks:
        optimizer.zero_grad()
        loss_of(network(read).flatten(0, 1), targets.flatten()).backward()
        optimizer.step()


def recurrent_training() -> tuple[list[Row], dict]:
    """Tokens a second of the LSTM by hand, by the fast path, and in plain torch; all three compute the same gradient."""
    corpus, vocabulary = stories().train(LSTM_TOKENS), stories().vocabulary
    settings = TrainingConfig(batch_size=32, lr=0.005, evaluate_every=10**6)
    texts = [block(corpus, batch) for batch in shuffled_batches(corpus.lengths, settings.batch_size, new_generator(0))]
    blocks = [(inputs(text, vocabulary.bos), text.ids.masked_fill(~text.mask, -100)) for text in texts]
    ours = {"by hand": replace(LSTM, fast=False), "fast path": LSTM}
    models = {name: RecurrentLM(vocabulary, config) for name, config in ours.items()}
    plain = PlainLSTM(models["fast path"])
    nn.functional.cross_entropy(plain(blocks[0][0]).flatten(0, 1), blocks[0][1].flatten()).backward()
    for model in models.values():
        nats, count = language_model_loss(model, texts[0])
        (nats / count).backward()
        torch.testing.assert_close(model.E.grad, plain.embedding.weight.grad, atol=1e-6, rtol=1e-4)
        torch.testing.assert_close(model.cells.weight_hh_l0.grad, plain.lstm.weight_hh_l0.grad, atol=1e-6, rtol=1e-4)
    small = corpus[:2]
    seconds = side_by_side(
        {"nn.LSTM": lambda: plain_lstm_loop(PlainLSTM(RecurrentLM(vocabulary, LSTM)), blocks, settings.lr)} | {
            name: lambda config=config: train(RecurrentLM(vocabulary, config), corpus, small, settings, progress=False)
            for name, config in ours.items()},
        LSTM_ROUNDS,
    )  # fmt: skip
    speeds = {name: round(len(corpus.ids) / time) for name, time in seconds.items()}
    what = f"LSTM training, d_h {LSTM.hidden}: tokens/s of %s / of nn.LSTM in a plain loop"
    return [
        Row(what % "the cells by hand", seconds["nn.LSTM"] / seconds["by hand"], "×", "at least", 0.5,
            note=f"{speeds['by hand']:,} tokens/s"),
        Row(what % "the fast path", seconds["nn.LSTM"] / seconds["fast path"], "×", "at least", 0.95,
            note=f"{speeds['fast path']:,} tokens/s"),
    ], {what % "ours": speeds}


def recurrent_scoring() -> tuple[list[Row], dict]:
    """A million tokens in one call; a sample token by token, with the state kept from each to the next and without.

    Compared are seconds per token: the stories of the sample, drawn like the others, stand for all.
    """
    model = RecurrentLM(stories().vocabulary, LSTM)
    many, few, one = stories().train(SCORED), stories().held_out(SAMPLE), stories().held_out(1)
    one_by_one = [model.next_log_probabilities(text[:t])[x] for text in few for t, x in enumerate(text)]
    np.testing.assert_allclose(model.token_log_probabilities(few), one_by_one, atol=1e-5)

    def from_the_start() -> None:
        for text in one:
            for t in range(len(text)):
                model.next_log_probabilities([])  # another context: what was kept is of no use
                model.next_log_probabilities(text[:t])

    seconds = side_by_side(
        {
            "one call": lambda: model.token_log_probabilities(many),
            "state kept": lambda: [model.next_log_probabilities(text[:t])[x] for text in few for t, x in enumerate(text)],
            "from the start": from_the_start,
        },
        3,
    )
    tokens = {"one call": len(many.ids), "state kept": len(few.ids), "from the start": len(one.ids)}
    each = {name: seconds[name] / tokens[name] for name in seconds}
    what = f"LSTM scoring, d_h {LSTM.hidden}: {tokens['one call']:,} tokens in one call / token by token ("
    return [
        Row(f"{what}a sample of {tokens['state kept']:,}, state kept)", each["state kept"] / each["one call"], "×", "at least",
            20, note=f"{1 / each['one call']:,.0f} tokens/s"),
        Row(f"{what}a sample of {tokens['from the start']:,}, from the start each)", each["from the start"] / each["one call"],
            "×"),
    ], {"LSTM scoring, tokens/s": {name: round(1 / time) for name, time in each.items()}}


def scoring() -> tuple[list[Row], dict]:
    """The held-out stories in one call, with the tables of the slots, and a few of them token by token."""
    language = stories()
    model = FeedForwardLM(language.vocabulary, CONFIGS[8])
    held_out, few = language.held_out(200), language.held_out(2)
    quick = SlotTables(model)
    np.testing.assert_allclose(quick.token_log_probabilities(held_out), model.token_log_probabilities(held_out), atol=1e-5)
    seconds = side_by_side(
        {
            "module": lambda: model.token_log_probabilities(held_out),
            "slot tables": lambda: quick.token_log_probabilities(held_out),
            "token by token": lambda: [model.next_log_probabilities(text[:t])[x] for text in few for t, x in enumerate(text)],
        },
        3,
    )
    each = {name: seconds[name] / len((few if name == "token by token" else held_out).ids) for name in seconds}
    return [
        Row("feed-forward scoring: token by token / batched", each["token by token"] / each["module"], "×"),
        Row("feed-forward scoring: batched / slot tables", each["module"] / each["slot tables"], "×"),
    ], {"scoring, tokens/s": {name: round(1 / time) for name, time in each.items()}}


def main() -> bool:
    torch.set_num_threads(1)
    rows, details = [], {}
    for part in (lambda: training(3), lambda: training(8), scoring, recurrent_training, recurrent_scoring):
        new_rows, new_details = part()
        rows += new_rows
        details |= new_details
    return write_report("neural", rows, details)


if __name__ == "__main__":
    sys.exit(not main())
