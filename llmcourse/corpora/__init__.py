"""Texts to learn from.

- The course's own language: ``stories()`` returns a source of stories that knows the exact probability of every token.
  ``score`` and ``score_difference`` say how good a model is on them, and how sure that is.
- Short tales in the words of that language and their translation into a second one: ``parallel()``.
- Sentences with a part of speech for every word, which only its neighbours tell: ``tagged()``.
- Prose in English, Swedish and French, written for the course: ``text``, ``words``, ``sentences``.
- Loaders for well-known public texts: ``tiny_shakespeare``, ``wikitext2``, ``gutenberg``.
"""

from .downloads import ChecksumError, DownloadError, cache_folder, gutenberg, tiny_shakespeare, wikitext2
from .grammar import KINDS
from .prose import LANGUAGES, paragraphs, sentences, text, tokens, words
from .scores import BitsPerToken, score, score_difference
from .source_plot import plot_source, source_in_words
from .story_language import StoryLanguage, stories
from .tagged import Tagged, TaggedLanguage, tagged
from .translation import Pairs, ParallelLanguage, parallel

__all__ = [
    "KINDS", "LANGUAGES", "BitsPerToken", "ChecksumError", "DownloadError", "Pairs", "ParallelLanguage", "StoryLanguage",
    "Tagged", "TaggedLanguage", "cache_folder", "gutenberg", "paragraphs", "parallel", "plot_source", "score",
    "score_difference", "sentences", "source_in_words", "stories", "tagged", "text", "tiny_shakespeare",
    "tokens", "wikitext2", "words",
]
