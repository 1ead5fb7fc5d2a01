"""Unit 08: the decoder of unit 07's translator, with attention: it looks back at all that the encoder has written down.

    at step t    a = softmax_j(v·tanh(W_q s_{t−1} + W_k h_j))        which words of the source matter now?      (S,)
                 context = Σ_j a_j h_j                               what is written about them                 (d_m,)
                 s_t = cell([E y_{t−1}; context], s_{t−1})           p(y_t) = softmax(U [s_t; context] + c)

Encoder, loss, training and greedy decoding are unit 07's: ``Translator(…, decoder=AttendingDecoder)``. The query is the state
that the step before has left, so the steps have to be made one after the other, in training too.

Source: deck L ("The Story So Far (c. 2016)", RNN attention against the transformer's); Bahdanau et al. (2015).
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse.attention.networks import AdditiveAttention
from llmcourse.corpus import Corpus
from llmcourse.recurrent import Translator, TranslatorConfig, make_cells
from llmcourse.recurrent.networks import Cells, TensorState
from llmcourse.recurrent.translation import BATCH, Memory, uniform
from llmcourse.training import block, device_of, evaluating, inputs, sorted_batches
from llmcourse.training.batches import parallel


class AttendingDecoder(nn.Module):
    """A language model of the target language that chooses anew at every word where in the source it looks."""

    def __init__(self, size: int, config: TranslatorConfig, generator: torch.Generator):
        super().__init__()
        width = config.hidden * (2 if config.bidirectional else 1)                                   # d_m
        self.E = nn.Parameter(torch.empty(size, config.dimensions).normal_(generator=generator))
        self.attention = AdditiveAttention(config.hidden, width, config.hidden, generator)
        self.cells = make_cells(config.kind, config.dimensions + width, config.hidden, fast=config.fast, generator=generator,
                                forget_bias=1.0)
        self.U = uniform(generator, size, config.hidden + width)
        self.c = nn.Parameter(torch.zeros(size))

    def forward(self, ids: Tensor, state: TensorState, memory: Memory) -> tuple[Tensor, TensorState]:
        """Logits (B, T, V) after each of the ids (B, T), BOS in front, and the state after the last of them."""
        logits, _, state = self.steps(ids, state, memory)
        return logits, state

    def steps(self, ids: Tensor, state: TensorState, memory: Memory) -> tuple[Tensor, Tensor, TensorState]:
        """The same with the weights (B, T, S): row t says where the decoder looked to predict what follows after id t."""
        words, keys, mask = F.embedding(ids, self.E), self.attention.prepare(memory.outputs), memory.mask[:, None]
        outputs, rows = list[Tensor](), list[Tensor]()
        for word in torch.split(words, 1, dim=1):                                                    # (B, 1, d)
            query = state[0][-1][:, None]                                                            # (B, 1, d_h)
            context, weights = self.attention.look(query, keys, memory.outputs, mask)                # (B, 1, d_m), (B, 1, S)
            s, state = cast(Cells, self.cells)(torch.cat([word, context], dim=-1), None, state)      # (B, 1, d_h)
            outputs.append(torch.cat([s, context], dim=-1))
            rows.append(weights)
        return F.linear(torch.cat(outputs, dim=1), self.U, self.c), torch.cat(rows, dim=1), state


def alignments(model: Translator, source: Corpus, target: Corpus) -> list[np.ndarray]:
    """Where the decoder looked for each word of the right translations, (T_s, S_s) for text s; every row sums to 1.

    It reads the right words, as in training. Raises TypeError for a translator whose decoder does not look, and as `parallel`
    does: ValueError where the two corpora have not the same number of texts.
    """
    if not isinstance(model.decoder, AttendingDecoder):
        raise TypeError(f"expected a translator with an AttendingDecoder, got one with a {type(model.decoder).__name__}")
    source, target = parallel([source, target])
    found: list[np.ndarray] = [np.empty((0, 0))] * len(source)
    with evaluating(model):
        for numbers in sorted_batches(source.lengths, BATCH):
            read, write = block(source, numbers, device_of(model)), block(target, numbers, device_of(model))
            memory, state = model.encoder(read.ids, read.lengths)
            _, weights, _ = model.decoder.steps(inputs(write, model.target.bos), state, memory)      # (B, T, S)
            for row, number in zip(weights.cpu().numpy(), numbers.tolist(), strict=True):
                found[number] = row[: target.lengths[number], : source.lengths[number]]
    return found
