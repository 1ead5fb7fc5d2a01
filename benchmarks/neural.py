"""How fast do the neural units train and score? `python benchmarks/neural.py` compares the shared loop with a loop in plain
torch on the course's stories, on one thread and side by side, prints a table of ratios and writes it as JSON.

Both loops train the same network with AdamW on as many tokens a step. The plain one does what one would write first: all
windows as one table, shuffled, through an `nn.Sequential`. Ours also clips, changes the step size and keeps its figures.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import Row, side_by_side, write_report  # isort: skip  (before NumPy: it sets one thread)

import numpy as np
import torch
from torch import nn

from llmcourse.corpora import stories
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM, corpus_windows
from llmcourse.feedforward.fast import SlotTables
from llmcourse.training import TrainingConfig, block, language_model_loss, train

TOKENS, ROUNDS = 100_000, 5
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


def scoring() -> tuple[list[Row], dict]:
    """The held-out stories in one call, with the tables of the slots, and a few of them token by token."""
    language = stories()
    model = FeedForwardLM(language.vocabulary, CONFIGS[8])
    held_out, few = language.held_out(500), language.held_out(2)
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
    for part in (lambda: training(3), lambda: training(8), scoring):
        new_rows, new_details = part()
        rows += new_rows
        details |= new_details
    return write_report("neural", rows, details)


if __name__ == "__main__":
    sys.exit(not main())
