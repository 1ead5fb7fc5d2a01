"""Unit 07: an encoder reads a text, a decoder writes its translation. All that passes between them is one state.

    encoder   x_1 … x_S   →  memory: its outputs (B, S, d_m), and a summary of its last state, the decoder's first one
    decoder   BOS y_1 … y_{t−1}, state, memory  →  p(y_t | y_{<t}, x)

The decoder here reads the summary beside every word (Cho et al. 2014) and looks at nothing else: whatever it needs has to fit
into that one vector, however long the text is. That is the bottleneck. The outputs are handed to it all the same, with their
mask, so that a decoder that attends to them (unit 08) is another class with the same ``forward`` and nothing else changes.

Source: deck L ("Seq2Seq Models", "The Story So Far (c. 2016)"); Sutskever et al. (2014), Cho et al. (2014).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.recurrent.cells import KINDS
from llmcourse.recurrent.networks import Cells, TensorState, make_cells
from llmcourse.training import Block, block, device_of, evaluating, inputs, masked_cross_entropy, new_generator, sorted_batches
from llmcourse.training.losses import Count
from llmcourse.vocabulary import Vocabulary

BATCH = 256  # texts that are translated at once


@dataclass(frozen=True)
class TranslatorConfig:
    """kind: of cell; dimensions: d of a word's vector, of both languages; hidden: d_h of the decoder and of each direction
    of the encoder; bidirectional: whether the encoder reads from both ends.
    """

    kind: str = "lstm"
    dimensions: int = 64
    hidden: int = 128
    bidirectional: bool = True
    fast: bool = True

    def __post_init__(self) -> None:
        arguments.one_of("kind of cell", self.kind, KINDS)
        for name in ("dimensions", "hidden"):
            arguments.integer(name, getattr(self, name), least=1)


class Memory(NamedTuple):
    """What the encoder has made of a text.

    outputs: (B, S, d_m), 0 where no text is; mask: (B, S), True where there is; summary: (B, d_h), of the whole text.
    """

    outputs: Tensor
    mask: Tensor
    summary: Tensor


def uniform(generator: torch.Generator, rows: int, columns: int) -> nn.Parameter:
    """A matrix even in ±1/√columns."""
    return nn.Parameter(torch.empty(rows, columns).uniform_(-(columns**-0.5), columns**-0.5, generator=generator))


class Encoder(nn.Module):
    """Reads the source: its outputs are the memory, its last states become the decoder's first by a linear map and tanh."""

    def __init__(self, size: int, config: TranslatorConfig, generator: torch.Generator):
        super().__init__()
        directions = 2 if config.bidirectional else 1
        self.width = config.hidden * directions                                 # d_m
        self.E = nn.Parameter(torch.empty(size, config.dimensions).normal_(generator=generator))
        self.cells = make_cells(config.kind, config.dimensions, config.hidden, bidirectional=config.bidirectional,
                                fast=config.fast, generator=generator, forget_bias=1.0)
        parts = 2 if config.kind == "lstm" else 1
        self.bridges = nn.ParameterList([uniform(generator, config.hidden, self.width) for _ in range(parts)])

    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Memory, TensorState]:
        """Memory of the texts (B, S) with these lengths (B,), and the decoder's first state, each part (1, B, d_h)."""
        outputs, last = cast(Cells, self.cells)(F.embedding(ids, self.E), lengths)
        sides = [part.transpose(0, 1).flatten(1) for part in last]              # (B, d_m): from the left, from the right
        first = tuple(torch.tanh(F.linear(side, bridge))[None] for side, bridge in zip(sides, self.bridges, strict=True))
        return Memory(outputs, Block(ids, lengths).mask, first[0][0]), first


class Decoder(nn.Module):
    """A language model of the target language that begins with the encoder's state and reads the summary at every step."""

    def __init__(self, size: int, config: TranslatorConfig, generator: torch.Generator):
        super().__init__()
        self.E = nn.Parameter(torch.empty(size, config.dimensions).normal_(generator=generator))
        self.cells = make_cells(config.kind, config.dimensions + config.hidden, config.hidden, fast=config.fast,
                                generator=generator, forget_bias=1.0)
        self.U = uniform(generator, size, config.hidden)
        self.c = nn.Parameter(torch.zeros(size))

    def forward(self, ids: Tensor, state: TensorState, memory: Memory) -> tuple[Tensor, TensorState]:
        """Logits (B, T, V) after each of the ids (B, T), BOS in front, and the state after the last of them."""
        summary = memory.summary[:, None].expand(-1, ids.shape[1], -1)                               # (B, T, d_h)
        h, state = cast(Cells, self.cells)(torch.cat([F.embedding(ids, self.E), summary], dim=-1), None, state)
        return F.linear(h, self.U, self.c), state


class Translating(nn.Module):
    """What every encoder–decoder can do. A subclass has the vocabulary ``target`` and writes ``_greedy``."""

    target: Vocabulary

    def translate(self, texts: Corpus, max_length: int = 64) -> list[np.ndarray]:
        """A translation of every text by greedy decoding, ids up to and with EOS, or ``max_length`` ids without.

        At every step the most probable word is taken, of equal ones the first, and read at the next; BOS is never taken.
        """
        arguments.integer("max_length", max_length, least=1)
        found: list[np.ndarray] = [np.empty(0, np.int64)] * len(texts)
        with evaluating(self):
            for numbers in sorted_batches(texts.lengths, BATCH):
                written = self._greedy(block(texts, numbers, device_of(self)), max_length)           # (B, ≤ max_length)
                for number, row in zip(numbers.tolist(), written, strict=True):
                    ends = np.flatnonzero(row == self.target.eos)
                    found[number] = row[: ends[0] + 1] if len(ends) else row
        return found

    def _greedy(self, source: Block, max_length: int) -> np.ndarray:
        """Ids (B, ≤ max_length), of which those behind the first EOS of a row are nothing."""
        raise NotImplementedError(f"{type(self).__name__} cannot write")


class Translator(Translating):
    """p(y | x) = Π_t p(y_t | y_{<t}, x). source, target: the vocabularies; decoder: another one than `Decoder`, if given.

    generator: draws the first weights; without one they are those of seed 0.
    """

    def __init__(self, source: Vocabulary, target: Vocabulary, config: TranslatorConfig | None = None,
                 generator: torch.Generator | None = None, decoder: type[nn.Module] = Decoder):
        super().__init__()
        generator = new_generator(0) if generator is None else generator
        self.source, self.target, self.config = source, target, config or TranslatorConfig()
        self.encoder = Encoder(len(source), self.config, generator)
        self.decoder = decoder(len(target), self.config, generator)

    def forward(self, source: Block, target: Block) -> Tensor:
        """Logits (B, T, V) of the target's ids by teacher forcing: the decoder reads the right words, not its own."""
        memory, state = self.encoder(source.ids, source.lengths)
        logits: Tensor = self.decoder(inputs(target, self.target.bos), state, memory)[0]
        return logits

    def _greedy(self, source: Block, max_length: int) -> np.ndarray:
        memory, state = self.encoder(source.ids, source.lengths)
        last = torch.full_like(source.ids[:, :1], self.target.bos)                                   # (B, 1)
        done, columns = torch.zeros_like(last, dtype=torch.bool), list[Tensor]()
        while len(columns) < max_length and not bool(done.all()):
            logits, state = self.decoder(last, state, memory)
            logits[..., self.target.bos] = -torch.inf
            last = logits.argmax(dim=-1)
            columns.append(last)
            done |= last == self.target.eos
        return np.asarray(torch.cat(columns, dim=1).cpu().numpy())


def translation_loss(model: nn.Module, source: Block, target: Block) -> tuple[Tensor, Count]:
    """NLL of every word of the translations, their ends included, in nats, and how many: a loss for ``train``."""
    return masked_cross_entropy(model(source, target), target.ids, target.mask)


def exact_matches(written: Sequence[np.ndarray], right: Corpus) -> np.ndarray:
    """Which translations are right in every word and end where they should, (S,) bool."""
    if len(written) != len(right):
        raise ValueError(f"expected a translation of each of {len(right)} texts, got {len(written)}")
    return np.array([np.array_equal(one, other) for one, other in zip(written, right, strict=True)], bool)


def words_in_place(written: Sequence[np.ndarray], right: Corpus) -> np.ndarray:
    """Which words of the right translations stand in their place in the written ones, (tokens of ``right``,) bool.

    Raises ValueError as ``exact_matches`` does.
    """
    if len(written) != len(right):
        raise ValueError(f"expected a translation of each of {len(right)} texts, got {len(written)}")
    found = np.zeros(len(right.ids), bool)
    for text, start, ids in zip(written, right.starts.tolist(), right, strict=False):      # starts has an entry more
        same = min(len(text), len(ids))
        found[start : start + same] = text[:same] == ids[:same]
    return found


def share_in_place(written: Sequence[np.ndarray], right: Corpus) -> np.ndarray:
    """The share of the words of each right translation that stand in their place in the written one, (S,)."""
    counts = np.add.reduceat(words_in_place(written, right), right.starts[:-1], dtype=np.int64)          # (S,)
    return np.asarray(counts / right.lengths)


def by_length(matches: np.ndarray, lengths: np.ndarray, edges: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Exact matches in classes of source length: (from, below, texts, right), the classes being given by their edges."""
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError(f"edges must be at least two growing lengths, got {list(edges)}")
    rows = []
    for first, below in pairwise(edges):
        inside = (lengths >= first) & (lengths < below)
        rows.append((int(first), int(below), int(inside.sum()), int(matches[inside].sum())))
    return rows
