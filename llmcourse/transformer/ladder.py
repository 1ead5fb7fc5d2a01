"""Unit 09: the settings with which the decoder-only model stands on the ladder, here and nowhere else."""

from llmcourse.training import TrainingConfig
from llmcourse.transformer.config import TransformerConfig

LADDER = TransformerConfig(heads=8, theta=100.0)  # stories have at most 130 tokens, so slow rotations tell nothing apart
LADDER_TRAINING = TrainingConfig(optimizer="muon", lr=4.5e-3, matrix_lr=0.01, betas=(0.9, 0.95), batch_size=32,
                                 evaluate_every=10**6)
LADDER_TOKENS = 10**7
