"""One training loop for all neural units, from 06 on: batches, losses, steps, early stop, metrics, checkpoints.

Units bring a network, a corpus and maybe a loss; see ``train``. Sources: deck C (mini-batch SGD, padding and masks), deck L
(the update θ ← θ − η ∂L/∂θ, "in any framework").
"""

from llmcourse.training.batches import PAD, Block, block, inputs, parallel, shuffled_batches, sorted_batches
from llmcourse.training.config import TrainingConfig, lr_at
from llmcourse.training.files import Metrics, load, load_checkpoint, read_metrics, save_atomically, save_checkpoint
from llmcourse.training.language_model import NeuralLanguageModel
from llmcourse.training.loop import Training, train
from llmcourse.training.losses import Count, Loss, device_of, evaluating, language_model_loss, masked_cross_entropy, mean_loss
from llmcourse.training.optimizers import clip_gradients, make_optimizers, parameter_groups
from llmcourse.training.patience import Patience
from llmcourse.training.randomness import choose_device, new_generator, seeded
from llmcourse.training.steps import AdamW
from llmcourse.training.windows import pack, pad_report, sample_windows, truncate, window_loss

__all__ = [
    "PAD",
    "AdamW",
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
    "clip_gradients",
    "device_of",
    "evaluating",
    "inputs",
    "language_model_loss",
    "load",
    "load_checkpoint",
    "lr_at",
    "make_optimizers",
    "masked_cross_entropy",
    "mean_loss",
    "new_generator",
    "pack",
    "pad_report",
    "parallel",
    "parameter_groups",
    "read_metrics",
    "sample_windows",
    "save_atomically",
    "save_checkpoint",
    "seeded",
    "shuffled_batches",
    "sorted_batches",
    "train",
    "truncate",
    "window_loss",
]
