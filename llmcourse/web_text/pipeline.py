"""Unit 10: the whole way from crawled pages to a training text, with the reason for everything that is left out."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from llmcourse import arguments, corpora
from llmcourse.web_text.duplicates import SHINGLE, SIMILAR, near_duplicates
from llmcourse.web_text.language import p_language
from llmcourse.web_text.pages import Page
from llmcourse.web_text.quality import QualityFilter
from llmcourse.web_text.rules import BLOCKED, blocked_words, clean_lines, why_no_page
from llmcourse.web_text.scale import map_parts

STEPS = ("language", "lines and pages", "blocked words", "duplicates", "quality")


@dataclass(frozen=True)
class Settings:
    """What is switched on, and how strict it is.

    language: that pages must be in, None for any. least_probability: p(language | page). rules: those of C4 for lines and
    pages. blocked: words of which none may be on a page. similar: the Jaccard similarity from which a page is a copy, None to
    keep copies. quality: a filter, None for none; least_quality: its score that a page needs.
    """

    language: str | None = "english"
    least_probability: float = 0.99
    rules: bool = True
    blocked: Collection[str] = BLOCKED
    similar: float | None = SIMILAR
    quality: QualityFilter | None = None
    least_quality: float = 0.75

    def __post_init__(self) -> None:
        if self.language is not None:
            arguments.one_of("language", self.language, corpora.LANGUAGES)
        arguments.number("least_probability", self.least_probability, least=0, most=1)
        arguments.number("least_quality", self.least_quality, least=0, most=1)


@dataclass(frozen=True)
class Verdict:
    """What became of a page: its text as it is now, and the step and the reason for which it went ("" where it is kept)."""

    page: Page
    text: str
    step: str = ""
    reason: str = ""

    @property
    def kept(self) -> bool:
        return not self.step


def clean(pages: Sequence[Page], settings: Settings | None = None, client: Any = None) -> list[Verdict]:
    """A verdict for each page, in their order: what each page shows by itself, then copies among those that are left, quality.

    client: of a Dask cluster (``scale.cluster``), whose workers then do the first part.
    """
    settings = settings or Settings()
    return without_copies(map_parts(partial(_judge_all, settings=settings), list(pages), client), settings)


def _judge_all(pages: Sequence[Page], settings: Settings) -> list[Verdict]:
    return [judge(page, settings) for page in pages]


def judge(page: Page, settings: Settings) -> Verdict:
    """Language, lines, page and blocked words: what can be said of a page without any other."""
    if settings.language is not None:
        p = p_language(page.text)[settings.language]
        if p < settings.least_probability:
            return Verdict(page, page.text, "language", f"p({settings.language}) is {p:.2g}")
    text = clean_lines(page.text).text if settings.rules else page.text
    if settings.rules and (reason := why_no_page(text)):
        return Verdict(page, text, "lines and pages", reason)
    if found := blocked_words(text, settings.blocked):
        return Verdict(page, text, "blocked words", ", ".join(found))
    return Verdict(page, text)


def without_copies(verdicts: Sequence[Verdict], settings: Settings) -> list[Verdict]:
    """The verdicts after the last steps: copies of earlier kept pages go, then what the quality filter refuses."""
    found = list(verdicts)
    if settings.similar is not None:
        left = [number for number, verdict in enumerate(found) if verdict.kept]
        kept = {left[i] for i in near_duplicates([found[n].text for n in left], n=SHINGLE, threshold=settings.similar)}
        for number in set(left) - kept:
            found[number] = Verdict(found[number].page, found[number].text, "duplicates", "nearly the same as an earlier page")
    if settings.quality is not None:
        for number, verdict in enumerate(found):
            if verdict.kept and (value := settings.quality.score(verdict.text)) < settings.least_quality:
                found[number] = Verdict(verdict.page, verdict.text, "quality", f"a score of {value:.2f}")
    return found


def whose_text_goes(verdicts: Sequence[Verdict]) -> dict[str, dict[str, float]]:
    """Of each source the share of its pages that each step removed, and in "kept" what is left of it."""
    sources = [verdict.page.source for verdict in verdicts]
    number, gone = Counter(sources), Counter((v.page.source, v.step) for v in verdicts)
    return {source: {step: gone[source, step] / number[source] for step in STEPS} | {"kept": gone[source, ""] / number[source]}
            for source in number}
