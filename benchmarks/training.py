"""How fast does the transformer train? `python benchmarks/training.py --nanogpt FOLDER` compares the shared loop, on one thread
and side by side, with nanoGPT's model and loop, with transformers' GPT-2 and with torch.nn.TransformerEncoder in a plain loop.

All train 2 layers × 128 with learned positions and a tied output by AdamW on texts of 90 tokens, 32 a step, so that every
model sees the same ids in the same steps and none has anything to pad. They begin with the same weights: their first losses are
compared before anything is timed. FOLDER is a checkout of nanoGPT, of which only model.py is read; without one, and without
transformers, those rows are left out. Two more rows are of what stands around the steps: windows by chance from a text on
disk, and a checkpoint.

It takes about three minutes of CPU time.
"""

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import Row, side_by_side, write_report  # isort: skip  (before NumPy: it sets one thread)

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from llmcourse.corpora import stories
from llmcourse.corpus import Corpus
from llmcourse.training import (
    Block,
    TrainingConfig,
    block,
    inputs,
    language_model_loss,
    new_generator,
    sample_windows,
    save_checkpoint,
    shuffled_batches,
    train,
)
from llmcourse.transformer import TransformerConfig, TransformerLM

LENGTH, TEXTS, STEPS, ROUNDS = 90, 32, 12, 7
CONFIG = TransformerConfig(positions="learned", longest=LENGTH, tied=True, bias=True)
SETTINGS = TrainingConfig(batch_size=TEXTS, lr=1e-3, evaluate_every=10**6)
Batches = list[tuple[torch.Tensor, torch.Tensor]]


def texts() -> Corpus:
    """Pieces of stories, all of one length: no model has to pad."""
    ids = stories().train(STEPS * TEXTS * LENGTH).ids[: STEPS * TEXTS * LENGTH]
    return Corpus.join(list(ids.reshape(-1, LENGTH)))


def blocks(corpus: Corpus) -> list[Block]:
    """The steps that ``train`` takes."""
    generator = new_generator(SETTINGS.seed)
    torch.randint(2**62, (), generator=generator)  # what ``train`` draws for dropout
    return [block(corpus, numbers) for numbers in shuffled_batches(corpus.lengths, TEXTS, generator)]


def model() -> TransformerLM:
    return TransformerLM(stories().vocabulary, CONFIG, new_generator(0))


def renamed(ours: TransformerLM, gpt: dict[str, str], transposed: bool) -> dict[str, torch.Tensor]:
    """The weights of our model under the names of GPT-2; transposed: its linear maps hold (d_in, d_out)."""
    def maps(weight: torch.Tensor) -> torch.Tensor:
        return weight.detach().T.contiguous() if transposed else weight.detach()

    state = {gpt["E"]: ours.E, gpt["P"]: ours.P, gpt["U"]: ours.U, "transformer.ln_f.weight": ours.norm.weight,
             "transformer.ln_f.bias": ours.norm.bias}
    for i, b in enumerate(ours.blocks):
        looking, thinking = b.attention, b.feed_forward
        parts = {
            "ln_1.weight": b.norm_1.weight, "ln_1.bias": b.norm_1.bias,
            "ln_2.weight": b.norm_2.weight, "ln_2.bias": b.norm_2.bias,
            "attn.c_attn.weight": maps(torch.cat([looking.W_q, looking.W_k, looking.W_v])),
            "attn.c_attn.bias": torch.cat([looking.b_q, looking.b_k, looking.b_v]),
            "attn.c_proj.weight": maps(looking.W_o), "attn.c_proj.bias": looking.b_o,
            "mlp.c_fc.weight": maps(thinking.W_1), "mlp.c_fc.bias": thinking.b_1,
            "mlp.c_proj.weight": maps(thinking.W_2), "mlp.c_proj.bias": thinking.b_2,
        }  # fmt: skip
        state |= {f"transformer.h.{i}.{name}": weight for name, weight in parts.items()}
    return {name: weight.detach().clone() for name, weight in state.items()}


GPT2_NAMES = {"E": "transformer.wte.weight", "P": "transformer.wpe.weight", "U": "lm_head.weight"}


class Encoder(nn.Module):
    """The same network from torch's own layers."""

    def __init__(self, ours: TransformerLM):
        super().__init__()
        size, d = ours.E.shape
        self.embedding, self.position = nn.Embedding(size, d), nn.Embedding(LENGTH, d)
        layer = nn.TransformerEncoderLayer(d, CONFIG.heads, CONFIG.hidden_width, 0.0, F.gelu, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, CONFIG.layers, nn.LayerNorm(d), enable_nested_tensor=False)
        self.output = nn.Linear(d, size, bias=False)
        self.output.weight = self.embedding.weight
        self.embedding.weight.data.copy_(ours.E.data)
        self.position.weight.data.copy_(ours.P.data)
        for theirs, mine in zip(self.encoder.layers, ours.blocks, strict=True):
            looking, thinking = mine.attention, mine.feed_forward
            theirs.load_state_dict({
                "self_attn.in_proj_weight": torch.cat([looking.W_q, looking.W_k, looking.W_v]).detach(),
                "self_attn.in_proj_bias": torch.cat([looking.b_q, looking.b_k, looking.b_v]).detach(),
                "self_attn.out_proj.weight": looking.W_o.detach(), "self_attn.out_proj.bias": looking.b_o.detach(),
                "linear1.weight": thinking.W_1.detach(), "linear1.bias": thinking.b_1.detach(),
                "linear2.weight": thinking.W_2.detach(), "linear2.bias": thinking.b_2.detach(),
                "norm1.weight": mine.norm_1.weight.detach(), "norm1.bias": mine.norm_1.bias.detach(),
                "norm2.weight": mine.norm_2.weight.detach(), "norm2.bias": mine.norm_2.bias.detach(),
            })  # fmt: skip
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(LENGTH))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.embedding(ids) + self.position.weight[: ids.shape[1]]
        return self.output(self.encoder(x, mask=self.mask, is_causal=True))


def plain_loop(network: nn.Module, loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
               optimizer: torch.optim.Optimizer, steps: Batches) -> None:
    """What one would write first: zero, forward, backward, clip, step, and a look at the loss every tenth time."""
    network.train()
    for i, (read, targets) in enumerate(steps):
        optimizer.zero_grad()
        loss = loss_of(read, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if i % 10 == 0:
            loss.item()


def encoder_loop(ours: TransformerLM, steps: Batches) -> None:
    network, loss_of = Encoder(ours), nn.CrossEntropyLoss()
    plain_loop(network, lambda read, targets: loss_of(network(read).flatten(0, 1), targets.flatten()),
               torch.optim.AdamW(network.parameters(), lr=SETTINGS.lr, weight_decay=0.0), steps)


def transformers_gpt2(ours: TransformerLM) -> Any:
    """transformers' GPT-2 with our weights."""
    from transformers import GPT2Config, GPT2LMHeadModel

    size, d = ours.E.shape
    theirs = GPT2LMHeadModel(GPT2Config(
        vocab_size=size, n_positions=LENGTH, n_embd=d, n_layer=CONFIG.layers, n_head=CONFIG.heads,
        activation_function="gelu", resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0))
    theirs.load_state_dict(renamed(ours, GPT2_NAMES, transposed=True))
    return theirs


def transformers_loop(ours: TransformerLM, steps: Batches) -> None:
    network, loss_of = transformers_gpt2(ours), nn.CrossEntropyLoss()
    plain_loop(network, lambda read, targets: loss_of(network(read, use_cache=False).logits.flatten(0, 1), targets.flatten()),
               torch.optim.AdamW(network.parameters(), lr=SETTINGS.lr, weight_decay=0.0), steps)


def load_nanogpt(folder: Path) -> Any:
    """nanoGPT's model.py."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", folder / "model.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["nanogpt_model"] = module
    spec.loader.exec_module(module)
    return module


def nanogpt(module: Any, ours: TransformerLM) -> Any:
    """nanoGPT's model with our weights."""
    theirs = module.GPT(module.GPTConfig(block_size=LENGTH, vocab_size=len(ours.E), n_layer=CONFIG.layers, n_head=CONFIG.heads,
                                         n_embd=CONFIG.width, dropout=0.0, bias=True))
    theirs.load_state_dict(renamed(ours, GPT2_NAMES, transposed=False))
    return theirs


def nanogpt_loop(module: Any, ours: TransformerLM, data: np.ndarray, steps: int) -> None:
    """As in its train.py: windows from a long text of 16-bit numbers, cosine steps, its own choice of optimiser."""
    network = nanogpt(module, ours)
    optimizer = network.configure_optimizers(0.1, SETTINGS.lr, (0.9, 0.95), "cpu")

    def get_batch() -> tuple[torch.Tensor, torch.Tensor]:
        starts = torch.randint(len(data) - LENGTH, (TEXTS,))
        x, y = (torch.stack([torch.from_numpy(data[i + shift : i + shift + LENGTH].astype(np.int64)) for i in starts])
                for shift in (0, 1))
        return x, y

    x, y = get_batch()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = SETTINGS.lr * (0.1 + 0.45 * (1 + np.cos(np.pi * step / steps)))
        _, loss = network(x, y)
        x, y = get_batch()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 10 == 0:
            loss.item()


def around_the_steps(folder: Path) -> list[Row]:
    """Windows from a file of 16-bit numbers, against a slice for each; a checkpoint of the model, against ``torch.save``."""
    (np.arange(10**6) % 50_000).astype(np.uint16).tofile(folder / "tokens.bin")
    tokens, generator = np.memmap(folder / "tokens.bin", np.uint16, "r"), new_generator(0)
    network = model()
    optimizer = torch.optim.AdamW(network.parameters())
    network(torch.zeros(1, 2, dtype=torch.int64)).sum().backward()
    optimizer.step()                                                       # now it has moments to be saved

    def slices() -> tuple[torch.Tensor, torch.Tensor]:
        starts = torch.randint(len(tokens) - LENGTH, (TEXTS,), generator=generator)
        x, y = (torch.stack([torch.from_numpy(tokens[i + shift : i + shift + LENGTH].astype(np.int64)) for i in starts])
                for shift in (0, 1))
        return x, y

    seconds = side_by_side({
        "windows": lambda: [sample_windows(tokens, TEXTS, LENGTH, generator=generator) for _ in range(300)],
        "slices": lambda: [slices() for _ in range(300)],
        "checkpoint": lambda: save_checkpoint(network, optimizer, 1, folder / "a.safetensors"),
        "pickle": lambda: torch.save({"weights": network.state_dict(), "optimizer": optimizer.state_dict(), "step": 1},
                                     folder / "a.pt")}, ROUNDS)
    return [Row(f"{TEXTS} windows of {LENGTH}: speed of ours / of a slice for each", seconds["slices"] / seconds["windows"],
                "×", "at least", 4, note=f"{seconds['windows'] / 300 * 1e6:.0f} µs a batch"),
            Row("checkpoint, flushed: time of ours / of torch.save", seconds["checkpoint"] / seconds["pickle"], "×", "at most",
                1.5, note=f"{seconds['checkpoint'] * 1000:.1f} ms")]


def measure(folder: Path | None) -> tuple[list[Row], dict]:
    corpus = texts()
    small = corpus[:1]
    texts_of = blocks(corpus)
    steps = [(inputs(text, 0), text.ids) for text in texts_of]             # (ids read, ids predicted)
    read, targets = steps[0]
    total, count = language_model_loss(model(), texts_of[0])
    want = (total / count).item()
    losses = {"nn.TransformerEncoder": lambda: F.cross_entropy(Encoder(model())(read).flatten(0, 1), targets.flatten())}
    loops: dict[str, Callable[[], object]] = {
        "ours": lambda: train(model(), corpus, small, SETTINGS, progress=False),
        "nn.TransformerEncoder": lambda: encoder_loop(model(), steps),
    }
    if importlib.util.find_spec("transformers"):
        loops["transformers' GPT-2"] = lambda: transformers_loop(model(), steps)
        losses["transformers' GPT-2"] = lambda: F.cross_entropy(
            transformers_gpt2(model())(read).logits.flatten(0, 1), targets.flatten())
    if folder is not None:
        module = load_nanogpt(folder)
        loops["nanoGPT"] = lambda: nanogpt_loop(module, model(), corpus.ids.astype(np.uint16), len(steps))
        losses["nanoGPT"] = lambda: nanogpt(module, model())(read, targets)[1]
    for name, loss in losses.items():
        found = loss().item()
        assert abs(found - want) < 1e-4, f"{name} is another model: its first loss is {found}, ours {want}"
    seconds = side_by_side(loops, ROUNDS)
    speeds = {name: round(len(corpus.ids) / time) for name, time in seconds.items()}
    goals = {"nanoGPT": 1.1, "transformers' GPT-2": 1.5, "nn.TransformerEncoder": 1.2}
    rows = [Row(f"training 2 × 128: tokens/s of ours / of {name}", seconds[name] / seconds["ours"], "×", "at least", goal,
                note=f"{speeds['ours']:,} and {speeds[name]:,} tokens/s") for name, goal in goals.items() if name in seconds]
    return rows, {"tokens/s": speeds}


def main() -> bool:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nanogpt", type=Path, help="folder with nanoGPT's model.py")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows, details = measure(options.nanogpt)
    with tempfile.TemporaryDirectory() as scratch:
        rows += around_the_steps(Path(scratch))
    return write_report("training", rows, details)


if __name__ == "__main__":
    sys.exit(not main())
