"""Unit 09: the settings with which the decoder-only model stands on the ladder, here and nowhere else."""

from llmcourse.training import TrainingConfig
from llmcourse.transformer.config import TransformerConfig

LADDER = TransformerConfig()
LADDER_TRAINING = TrainingConfig(optimizer="muon", lr=3e-3, matrix_lr=0.01, batch_size=32, evaluate_every=10**6)
LADDER_TOKENS = 10**7
