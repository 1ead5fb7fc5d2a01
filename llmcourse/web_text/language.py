"""Unit 10: which pages are English, by the scorer of unit 01 over the characters of unit 02's n-gram models."""

from collections.abc import Mapping
from functools import cache

from llmcourse import arguments, corpora
from llmcourse.language_models import LanguageModel, language_posterior
from llmcourse.ngrams import KneserNey
from llmcourse.vocabulary import Vocabulary

ORDER = 3


@cache
def character_models() -> Mapping[str, LanguageModel]:
    """A trigram model of characters for each language in which the course has prose, all over the same characters."""
    texts = {language: [list(normal(p)) for p in corpora.paragraphs(language)] for language in corpora.LANGUAGES}
    characters = Vocabulary(sorted({c for told in texts.values() for text in told for c in text}), unk=True)
    return {language: KneserNey(told, ORDER, vocabulary=characters) for language, told in texts.items()}


def normal(text: str) -> str:
    """A text in small letters with single spaces, so that layout makes no difference."""
    return " ".join(arguments.instance("text", text, str).lower().split())


def p_language(text: str) -> dict[str, float]:
    """p(language | text), all languages being equally probable before. Of an empty text these are the probabilities of ending
    at once.
    """
    return language_posterior(character_models(), list(normal(text)))
