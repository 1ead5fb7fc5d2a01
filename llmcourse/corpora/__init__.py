"""Texts to learn from: the course's own language with its known entropy, short texts, and loaders for well-known ones."""

from .stories import Stories, StoryLanguage, bits_per_token, stories

__all__ = ["Stories", "StoryLanguage", "bits_per_token", "stories"]
