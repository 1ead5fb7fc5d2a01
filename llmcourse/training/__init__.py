"""One training loop for all neural units, from 06 on: batches, losses, steps, early stop, metrics, checkpoints.

Units bring a network, a corpus and maybe a loss; see ``train``. Sources: deck C (mini-batch SGD, padding and masks), deck L
(the update θ ← θ − η ∂L/∂θ, "in any framework").
"""

from llmcourse.training.batches import PAD, Block, block, inputs, parallel, shuffled_batches, sorted_batches
from llmcourse.training.config import TrainingConfig, lr_at
from llmcourse.training.files import Metrics, load, read_metrics, save_atomically
from llmcourse.training.language_model import NeuralLanguageModel
from llmcourse.training.loop import Training, make_optimizers, train
from llmcourse.training.losses import Count, Loss, device_of, evaluating, language_model_loss, masked_cross_entropy, mean_loss
from llmcourse.training.patience import Patience
from llmcourse.training.randomness import choose_device, new_generator, seeded

__all__ = [
    "PAD",
    "Block",
    "Count",
    "Loss",
    "Metrics",
    "NeuralLanguageModel",
    "Patience",
    "Training",
    "TrainingConfig",
    "block",
    "choose_device",
    "device_of",
    "evaluating",
    "inputs",
    "language_model_loss",
    "load",
    "lr_at",
    "make_optimizers",
    "masked_cross_entropy",
    "mean_loss",
    "new_generator",
    "parallel",
    "read_metrics",
    "save_atomically",
    "seeded",
    "shuffled_batches",
    "sorted_batches",
    "train",
]
