"""Unit 07: a part of speech for every word, by a recurrent network, and the baseline that looks at the word alone.

Deck C rewrites what is wanted in four steps that are one number: the true label's probability ŷ_t[y*_t] should be high;
Σ_c y*_c log ŷ_c is its logarithm, since y* is one-hot; ℓ_t = −Σ_c y*_c log ŷ_c is the loss of word t; J = Σ_t ℓ_t that of the
sentence. Words of the padding have no label and are in neither the loss nor the accuracy.

Source: deck C ("RNNs for POS tagging"), deck L (bidirectional encoders "circa 2016").
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.recurrent.cells import KINDS
from llmcourse.recurrent.networks import Cells, make_cells
from llmcourse.training import Block, block, device_of, evaluating, masked_cross_entropy, new_generator, sorted_batches
from llmcourse.training.losses import Count

BATCH = 256  # sentences that are tagged at once


@dataclass(frozen=True)
class TaggerConfig:
    """kind: of cell; dimensions: d of a word's vector; hidden: d_h of each direction; bidirectional: read from both ends."""

    kind: str = "lstm"
    dimensions: int = 32
    hidden: int = 32
    layers: int = 1
    bidirectional: bool = False
    fast: bool = True

    def __post_init__(self) -> None:
        arguments.one_of("kind of cell", self.kind, KINDS)
        for name in ("dimensions", "hidden", "layers"):
            arguments.integer(name, getattr(self, name), least=1)


class Tagger(nn.Module):
    """ŷ_t = softmax(W_hy h_t + b_y) over the tags, h_t from a recurrent network over the words.

    words, tags: how many there are. generator: draws the first weights; without one they are those of seed 0.
    """

    def __init__(self, words: int, tags: int, config: TaggerConfig | None = None, generator: torch.Generator | None = None):
        super().__init__()
        for name, value in {"words": words, "tags": tags}.items():
            arguments.integer(name, value, least=1)
        self.config, generator = config or TaggerConfig(), new_generator(0) if generator is None else generator
        width = self.config.hidden * (2 if self.config.bidirectional else 1)
        self.E = nn.Parameter(torch.empty(words, self.config.dimensions).normal_(generator=generator))
        self.cells = make_cells(self.config.kind, self.config.dimensions, self.config.hidden, layers=self.config.layers,
                                bidirectional=self.config.bidirectional, fast=self.config.fast, generator=generator)
        self.W_hy = nn.Parameter(torch.empty(tags, width).uniform_(-(width**-0.5), width**-0.5, generator=generator))
        self.b_y = nn.Parameter(torch.zeros(tags))

    def forward(self, ids: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Logits (B, T, tags) for the words (B, T). lengths: (B,), how many words are real; needed to read from the right."""
        h, _ = cast(Cells, self.cells)(F.embedding(ids, self.E), lengths)       # (B, T, d_h·directions)
        return F.linear(h, self.W_hy, self.b_y)

    def tags(self, words: Corpus) -> np.ndarray:
        """The most probable tag of every word, one flat array (N,); of equal ones the first."""
        found = np.empty(len(words.ids), np.int64)
        with evaluating(self):
            for texts in sorted_batches(words.lengths, BATCH):
                text = block(words, texts, device_of(self))
                best = self(text.ids, text.lengths).cpu().numpy().argmax(axis=-1)                    # (B, T)
                mask = text.mask.cpu().numpy()
                places = words.starts[texts][:, None] + np.arange(mask.shape[1])
                found[places[mask]] = best[mask]
        return found


def tagging_loss(model: nn.Module, words: Block, tags: Block) -> tuple[Tensor, Count]:
    """J = Σ_t ℓ_t over the words of all sentences in nats, and how many words that are: a loss for ``train``.

    ``train`` divides the one by the other; deck C does not, which for SGD is a step size times the number of words.
    """
    return masked_cross_entropy(model(words.ids, words.lengths), tags.ids, words.mask)


def accuracy(predicted: ArrayLike, tags: ArrayLike, mask: ArrayLike | None = None) -> float:
    """The share of words whose predicted tag is right. All three of one shape; mask: True where a word is real.

    Every word counts the same, whatever the length of its sentence. Raises ValueError where there is no word, or for shapes
    that differ.
    """
    found, right = np.asarray(predicted), np.asarray(tags)
    real = np.ones(right.shape, bool) if mask is None else np.asarray(mask)
    if not found.shape == right.shape == real.shape or real.dtype != bool:
        raise ValueError(f"expected tags, predictions and a boolean mask of one shape, got {right.shape}, {found.shape} and "
                         f"{real.dtype} {real.shape}")
    if not real.any():
        raise ValueError("there is no word to tag")
    return float((found == right)[real].mean())


class MostFrequentTag:
    """The baseline: each word gets the tag that it most often has in the training sentences, whatever stands around it.

    A word that was never seen gets the tag that is most frequent of all; of equally frequent tags the first is taken.
    """

    def __init__(self, words: Corpus, tags: Corpus, n_words: int, n_tags: int):
        if not np.array_equal(words.starts, tags.starts):
            raise ValueError(f"expected a tag for every word, got {len(words.ids)} words and {len(tags.ids)} tags")
        counts = np.zeros((n_words, n_tags), np.int64)
        np.add.at(counts, (arguments.ids(words.ids, n_words, "word"), arguments.ids(tags.ids, n_tags, "tag")), 1)
        seen = counts.any(axis=1)
        self.tag_of = np.where(seen, counts.argmax(axis=1), counts.sum(axis=0).argmax())             # (words,)

    def tags(self, words: Corpus) -> np.ndarray:
        """The tag of every word, one flat array (N,)."""
        return np.asarray(self.tag_of[arguments.ids(words.ids, len(self.tag_of), "word")])
