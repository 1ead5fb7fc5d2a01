"""Unit 07: a recurrent language model, p(x_t | x_{<t}) = softmax(U h_t + c), where h_t has read BOS x_1 … x_{t−1}.

Deck C's staging: the outputs are words, the labels are the inputs shifted by one, the last label is EOS, and SOS (the course's
BOS) stands in front, so that a text of 5 words gives 6 predictions and p(x_1) is learned too. ``training.inputs`` shifts.

Source: deck C ("RNN-LM", with SOS and EOS), deck L (h_t = σ(U h_{t−1} + W e_t), ŷ_t = softmax(V h_t)); Mikolov et al. (2010);
Press & Wolf (2017) for tied embeddings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.recurrent.cells import KINDS
from llmcourse.recurrent.networks import Cells, TensorState, detach, make_cells, reset
from llmcourse.training import PAD, Block, NeuralLanguageModel, evaluating, inputs, masked_cross_entropy, new_generator
from llmcourse.training.losses import Count, Loss
from llmcourse.vocabulary import Vocabulary


@dataclass(frozen=True)
class RecurrentConfig:
    """Sizes and switches of a `RecurrentLM`.

    kind: "rnn", "lstm" or "gru". dimensions: d of a word's vector; hidden: d_h; layers: how many cells stand on each other.
    dropout: share of the word vectors and of the outputs of every layer that is set to 0 in training.
    tied: U is E itself, which needs dimensions = hidden. fast: compute with the module of `torch.nn`, not by hand.
    forget_bias: of an LSTM, see ``networks.reset``; None leaves it random.
    """

    kind: str = "lstm"
    dimensions: int = 64
    hidden: int = 128
    layers: int = 1
    dropout: float = 0.0
    tied: bool = False
    fast: bool = True
    forget_bias: float | None = 1.0

    def __post_init__(self) -> None:
        arguments.one_of("kind of cell", self.kind, KINDS)
        for name in ("dimensions", "hidden", "layers"):
            arguments.integer(name, getattr(self, name), least=1)
        arguments.number("dropout", self.dropout, least=0, most=1)
        if self.forget_bias is not None:
            arguments.number("forget_bias", self.forget_bias)
        if self.tied and self.dimensions != self.hidden:
            raise ValueError(f"a tied output needs as many dimensions as hidden units, got {self.dimensions} and {self.hidden}")


class RecurrentLM(NeuralLanguageModel):
    """A language model that reads from left to right and keeps all that it remembers in one state.

    The row of BOS in E is learned like any other: BOS is what the model reads first. What stands where a text has ended
    (PAD, the same id) comes after all that is predicted, so it has no influence and its places get no gradient.

    generator: draws the first weights; without one they are those of seed 0.
    """

    def __init__(self, vocabulary: Vocabulary, config: RecurrentConfig | None = None,
                 generator: torch.Generator | None = None):
        super().__init__(vocabulary)
        self.config = config or RecurrentConfig()
        size, d, d_h = len(vocabulary), self.config.dimensions, self.config.hidden
        self.E = nn.Parameter(torch.empty(size, d))
        self.cells = make_cells(self.config.kind, d, d_h, layers=self.config.layers, dropout=self.config.dropout,
                                fast=self.config.fast)
        self.U = self.E if self.config.tied else nn.Parameter(torch.empty(size, d_h))
        self.c = nn.Parameter(torch.zeros(size))
        self.reset(new_generator(0) if generator is None else generator)
        self._kept: tuple[object, list[int], TensorState | None, np.ndarray | None] = (None, [], None, None)

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Random weights: E ~ N(0, 1), tied N(0, 1/d), lest the first logits be large; U even in ±1/√d_h; c 0."""
        self.E.normal_(0, self.config.dimensions**-0.5 if self.config.tied else 1, generator=generator)
        if not self.config.tied:
            bound = self.config.hidden**-0.5
            self.U.uniform_(-bound, bound, generator=generator)
        self.c.zero_()
        reset(self.cells, generator, self.config.forget_bias)

    def read(self, ids: Tensor, state: TensorState | None = None) -> tuple[Tensor, TensorState]:
        """Logits (B, T, V) after each of the ids (B, T), and the state after the last. state: after what came before."""
        vectors = F.dropout(F.embedding(ids, self.E), self.config.dropout, self.training)         # (B, T, d)
        h, state = cast(Cells, self.cells)(vectors, None, state)                                  # (B, T, d_h)
        return F.linear(F.dropout(h, self.config.dropout, self.training), self.U, self.c), state  # (B, T, V)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (B, T, V) of what follows after each of the ids (B, T), BOS in front."""
        return self.read(ids)[0]

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS.

        The state after the last context is kept, so one that goes on from it costs a step for each new id. Every step is
        taken alone, here and there, so the answer is the same to the bit. What was kept is dropped when a weight changes
        (other than through ``.data``, which torch does not count). Raises like ``token_log_probabilities``.
        """
        ids = self._ids(np.asarray(context)).tolist()
        weights = tuple((weight.data_ptr(), weight._version) for weight in self.parameters())
        made_by, known, state, answer = self._kept
        if made_by != weights or answer is None or ids[: len(known)] != known:
            state, answer, todo = None, None, [self.vocabulary.bos, *ids]
        else:
            todo = ids[len(known) :]
        with evaluating(self):
            for token in todo:
                logits, state = self.read(torch.tensor([[token]], device=self.E.device), state)
                answer = self.log_probabilities(logits[0, 0]).numpy()
        assert answer is not None  # BOS or an earlier call has given one
        self._kept = (weights, ids, state, answer)
        return answer.copy()


# --- Learning ---------------------------------------------------------------------------------------------------------------


def batch_log_likelihood(model: NeuralLanguageModel, text: Block) -> Tensor:
    """J^(B)(θ) = Σ_b Σ_t log p_θ(x_t^(b) | x_{<t}^(b)) in nats, a number of at most 0: deck C's objective, to be maximised.

    Gradient descent minimises, so its loss is −J^(B): θ − γ∇J as printed would make the texts less likely. ``train`` uses
    −J^(B)/N with the N real tokens of the batch, so that the step size does not depend on how many they are. The sum over
    b takes the texts to be independent draws.
    """
    nats, _ = masked_cross_entropy(model(inputs(text, PAD)), text.ids, text.mask)
    return -nats


def chunks(model: RecurrentLM, text: Block, length: int) -> Iterator[tuple[Tensor, Count]]:
    """Truncated BPTT: the loss of ``length`` columns of a block after the other, as (sum in nats, tokens).

    The state is handed on, its history is not: forward nothing changes, backward no gradient goes further than the chunk.
    Take the gradient of one before you ask for the next, and memory does not grow with T.
    """
    arguments.integer("the length of a chunk", length, least=1)
    read, mask, state = inputs(text, PAD), text.mask, None
    for first in range(0, text.ids.shape[1], length):
        part = slice(first, first + length)
        logits, state = model.read(read[:, part], state)
        state = detach(state)
        yield masked_cross_entropy(logits, text.ids[:, part], mask[:, part])


def truncated_loss(length: int) -> Loss:
    """A loss for ``train`` whose gradient is that of truncated BPTT in chunks of ``length``; its value is the usual one."""
    arguments.integer("the length of a chunk", length, least=1)

    def loss(model: nn.Module, text: Block) -> tuple[Tensor, Count]:
        parts = list(chunks(cast(RecurrentLM, model), text, length))
        return torch.stack([nats for nats, _ in parts]).sum(), sum(count for _, count in parts)

    return loss


def stream_batches(ids: Tensor, batch_size: int, length: int) -> Iterator[tuple[Tensor, Tensor]]:
    """One long text in B parallel streams: (inputs, targets), each (B, T ≤ length), targets one place further on.

    Row b of each batch goes on where row b of the one before stopped, so a state can be handed from row to row; the part of
    the ids that does not fill B streams of the same length is left out.

    >>> [x.tolist() for x, _ in stream_batches(torch.arange(13), 2, 3)]
    [[[0, 1, 2], [6, 7, 8]], [[3, 4, 5], [9, 10, 11]]]
    """
    arguments.integer("batch_size", batch_size, least=1)
    arguments.integer("length", length, least=1)
    per_row = (len(ids) - 1) // batch_size
    if ids.ndim != 1 or per_row < 1:
        raise ValueError(f"expected a flat tensor of more than {batch_size} ids for {batch_size} rows, got {tuple(ids.shape)}")
    rows, targets = (part[: batch_size * per_row].view(batch_size, per_row) for part in (ids, ids[1:]))
    for first in range(0, per_row, length):
        yield rows[:, first : first + length], targets[:, first : first + length]
