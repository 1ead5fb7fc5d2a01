"""The loss of a batch, and the mean loss over a corpus.

A loss is a function of the model and of one block for each corpus. It returns the sum over the predicted tokens in nats, and
how many there are. The mean over a corpus then does not depend on how it was cut into batches, as a mean of means would.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llmcourse.corpus import Corpus
from llmcourse.training.batches import PAD, Block, block, inputs, joint_lengths, parallel, sorted_batches

Count = int | Tensor  # on a GPU it stays there: to fetch a number is to wait for all that was asked for before
Loss = Callable[..., tuple[Tensor, Count]]  # (model, Block, …) -> (sum of losses in nats, tokens)
IGNORED = -100


class SummedCrossEntropy(torch.autograd.Function):
    """Σ −log softmax(z)[target] where the mask is True, with the gradient (softmax(z) − one-hot) · mask.

    The gradient takes the place of the log-probabilities: one array (…, V) in all, where torch's own loss needs three. On a CPU
    that saves a twentieth of the time in which a small model is trained. It can be asked for once.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
        """logits (…, V), targets and mask (…) -> (), the sum."""
        log_p = logits.log_softmax(-1, dtype=torch.promote_types(logits.dtype, torch.float32))         # (…, V)
        wanted, real = targets.masked_fill(~mask, 0)[..., None], mask[..., None]                       # (…, 1)
        ctx.save_for_backward(log_p, wanted, real)
        return -log_p.gather(-1, wanted).masked_fill(~real, 0).sum()

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, None, None]:
        """(ŷ − y) at the places that are real, (…, V)."""
        log_p, wanted, real = ctx.saved_tensors
        dz = log_p.exp_()                                                                              # (…, V): ŷ
        dz.scatter_add_(-1, wanted, dz.new_full((), -1.0).expand(wanted.shape))                        # ŷ − y
        return dz.mul_(outputs[0] * real), None, None


def masked_cross_entropy(logits: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Count]:
    """Σ −log softmax(z)[target] where the mask is True, in nats, and how many that are.

    logits: (…, V), scores and no probabilities: the softmax is taken here; targets, mask: (…).
    """
    count = mask.sum()
    if not logits.is_cuda:
        return cast(Tensor, SummedCrossEntropy.apply(logits, targets, mask)), int(count)  # type: ignore[no-untyped-call]
    wanted = targets.masked_fill(~mask, IGNORED)
    return F.cross_entropy(logits.flatten(0, -2), wanted.flatten(), ignore_index=IGNORED, reduction="sum"), count


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
    """The loss per token over whole corpora, in nats. The same numbers in the same order every time, so the same result.

    Raises ValueError where no token of them is predicted, as in rows of one id that begin with it.
    """
    corpora = parallel(data)
    device, total, tokens = device_of(model), 0.0, 0
    with evaluating(model):
        for texts in sorted_batches(joint_lengths(corpora), batch_size):
            nats, count = loss(model, *(block(corpus, texts, device) for corpus in corpora))
            total, tokens = total + nats.item(), tokens + int(count)
    if not tokens:
        raise ValueError(f"no token of these {len(corpora[0])} texts is predicted: there is no mean of no losses")
    return total / tokens
