"""Texts to learn from.

- The course's own language: ``stories()`` returns a source of stories that knows the exact probability of every token.
- Prose in English, Swedish and French, written for the course: ``text``, ``words``, ``sentences``.
- Loaders for well-known public texts: ``tiny_shakespeare``, ``wikitext2``, ``gutenberg``.
"""

from .downloads import ChecksumError, DownloadError, cache_folder, gutenberg, tiny_shakespeare, wikitext2
from .grammar import KINDS
from .prose import LANGUAGES, paragraphs, sentences, text, tokens, words
from .source_plot import describe_source, plot_source
from .story_language import Stories, StoryLanguage, bits_per_token, stories

__all__ = [
    "KINDS", "LANGUAGES", "ChecksumError", "DownloadError", "Stories", "StoryLanguage", "bits_per_token",
    "cache_folder", "describe_source", "gutenberg", "paragraphs", "plot_source", "sentences", "stories", "text",
    "tiny_shakespeare", "tokens", "wikitext2", "words",
]
