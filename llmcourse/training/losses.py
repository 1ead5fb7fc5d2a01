"""The loss of a batch, and the mean loss over a corpus.

A loss is a function of the model and of one block for each corpus. It returns the sum over the predicted tokens in nats, and
how many there are. The mean over a corpus then does not depend on how it was cut into batches, as a mean of means would.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse.corpus import Corpus
from llmcourse.training.batches import PAD, Block, block, inputs, joint_lengths, parallel, sorted_batches

Count = int | Tensor  # on a GPU it stays there: to fetch a number is to wait for all that was asked for before
Loss = Callable[..., tuple[Tensor, Count]]  # (model, Block, …) -> (sum of losses in nats, tokens)
IGNORED = -100


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Count]:
    """Σ −log softmax(z)[target] where the mask is True, in nats, and how many that are.

    logits: (…, V), scores and no probabilities: the softmax is taken here; targets, mask: (…).
    """
    wanted = targets.masked_fill(~mask, IGNORED)
    total = F.cross_entropy(logits.flatten(0, -2), wanted.flatten(), ignore_index=IGNORED, reduction="sum")
    count = mask.sum()
    return total, count if count.is_cuda else int(count)


def language_model_loss(model: nn.Module, text: Block) -> tuple[Tensor, Count]:
    """NLL of every token of the texts, their ends included: the model reads BOS x_1 … x_{T−1} and predicts x_1 … x_T."""
    return masked_cross_entropy(model(inputs(text, PAD)), text.ids, text.mask)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """No dropout and no gradients inside the block; afterwards the model is in the mode that it was in."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


def device_of(model: nn.Module) -> torch.device:
    """Where a model computes. Raises ValueError for one without parameters."""
    for parameter in model.parameters():
        return parameter.device
    raise ValueError(f"{type(model).__name__} has no parameters: there is nothing to learn")


def mean_loss(model: nn.Module, data: Corpus | Sequence[Corpus], *, loss: Loss = language_model_loss,
              batch_size: int = 64) -> float:
    """The loss per token over whole corpora, in nats. The same numbers in the same order every time, so the same result."""
    corpora = parallel(data)
    device, total, tokens = device_of(model), 0.0, 0
    with evaluating(model):
        for texts in sorted_batches(joint_lengths(corpora), batch_size):
            nats, count = loss(model, *(block(corpus, texts, device) for corpus in corpora))
            total, tokens = total + nats.item(), tokens + int(count)
    return total / tokens
