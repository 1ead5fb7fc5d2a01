"""From a network that returns logits to the course's ``LanguageModel``: one place for all neural units."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from llmcourse import arguments
from llmcourse.corpus import Corpus
from llmcourse.training.batches import block, inputs, sorted_batches
from llmcourse.training.losses import device_of, evaluating
from llmcourse.vocabulary import Vocabulary

BATCH = 64  # texts that are scored at once


class NeuralLanguageModel(nn.Module):
    """A network that reads ids (B, T), BOS in front, and returns logits (B, T, V): row t scores what follows after id t.

    A subclass writes ``forward``. What it returns at t may depend on ids 0 … t alone; else it would score a text by
    looking at the answer. BOS is never predicted: its logit is left out before the softmax.
    """

    def __init__(self, vocabulary: Vocabulary):
        super().__init__()
        self.vocabulary = vocabulary

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (B, T, V) of what follows after each of the ids (B, T)."""
        raise NotImplementedError(f"{type(self).__name__} has no forward pass")

    @property
    def parameter_count(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)

    def matrices(self) -> list[nn.Parameter]:
        """The weights that Muon may train, matrices from features to features. None, unless a subclass names them."""
        return []

    def log_probabilities(self, logits: Tensor) -> Tensor:
        """log softmax(z) over the V − 1 tokens that can be predicted, −inf for BOS. (…, V), in float64 on the CPU."""
        scores = logits.detach().cpu().double()
        scores[..., self.vocabulary.bos] = -torch.inf
        return scores.log_softmax(dim=-1)

    def next_log_probabilities(self, context: Sequence[int]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats. ``context`` holds the ids x_{<t}, without BOS.

        Raises like ``token_log_probabilities``.
        """
        ids = torch.from_numpy(np.append(self.vocabulary.bos, self._ids(np.asarray(context))))
        with evaluating(self):
            logits = self(ids[None].to(device_of(self)))                   # (1, T, V)
        return np.asarray(self.log_probabilities(logits[0, -1]).numpy())

    def token_log_probabilities(self, sequences: Iterable[Sequence[int]] | Corpus) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token of every sequence of ids, one flat array (ΣT,) in nats.

        Texts of similar length are scored together. Raises TypeError for what is no id, ValueError for an id outside
        0 … V−1.
        """
        corpus = Corpus.join(sequences)
        self._ids(corpus.ids)
        scores = np.empty(len(corpus.ids))
        with evaluating(self):
            for texts in sorted_batches(corpus.lengths, BATCH):
                text = block(corpus, texts, device_of(self))
                if not text.ids.numel():
                    continue
                log_p = self.log_probabilities(self(inputs(text, self.vocabulary.bos)))        # (B, T, V)
                chosen = log_p.gather(-1, text.ids.cpu()[..., None])[..., 0].numpy()           # (B, T)
                mask = text.mask.cpu().numpy()
                places = corpus.starts[texts][:, None] + np.arange(mask.shape[1])
                scores[places[mask]] = chosen[mask]
        return scores

    def _ids(self, ids: np.ndarray) -> np.ndarray:
        return arguments.ids(ids, len(self.vocabulary)).astype(np.int64)
