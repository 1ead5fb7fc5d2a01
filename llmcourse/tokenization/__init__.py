"""Unit 04: from text to blocks of ids. The same byte pair encoding, quick: ``llmcourse.tokenization.fast``."""

from llmcourse.tokenization.batching import (
    bits_per_character,
    embedding_lookup,
    inputs_and_targets,
    masked_mean,
    pad_and_truncate,
)
from llmcourse.tokenization.byte_pairs import (
    GPT2_PATTERN,
    PATTERN,
    ByteBPE,
    count_words,
    learn_merges,
    merge,
    pair_counts,
    pre_tokenize,
    to_bytes,
    to_name,
    train_bpe,
)
from llmcourse.tokenization.files import load_gpt2, load_hugging_face, save_gpt2, save_hugging_face
from llmcourse.tokenization.wordpiece import WordPiece, train_wordpiece
from llmcourse.tokenization.words import build_vocabulary, out_of_vocabulary, split_characters, split_marks, split_words

__all__ = [
    "GPT2_PATTERN",
    "PATTERN",
    "ByteBPE",
    "WordPiece",
    "bits_per_character",
    "build_vocabulary",
    "count_words",
    "embedding_lookup",
    "inputs_and_targets",
    "learn_merges",
    "load_gpt2",
    "load_hugging_face",
    "masked_mean",
    "merge",
    "out_of_vocabulary",
    "pad_and_truncate",
    "pair_counts",
    "pre_tokenize",
    "save_gpt2",
    "save_hugging_face",
    "split_characters",
    "split_marks",
    "split_words",
    "to_bytes",
    "to_name",
    "train_bpe",
    "train_wordpiece",
]
