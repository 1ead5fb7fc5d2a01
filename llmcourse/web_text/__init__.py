"""Unit 10: from the pages of a (very small) web to a training text, and whose text is lost on the way.

Sources: deck S ("Which data?"; "a very specific, but nonempty, subset of you"); Raffel et al. (2020) for C4's rules, Dodge et
al. (2021) for what these removed, Gururangan et al. (2022) for quality filters, Lee et al. (2022) for duplicates.
"""

from llmcourse.web_text.duplicates import first_of_each, jaccard, near_duplicates, shingles
from llmcourse.web_text.language import p_language
from llmcourse.web_text.pages import Page, crawl, pages
from llmcourse.web_text.pipeline import STEPS, Settings, Verdict, clean, judge, whose_text_goes, without_copies
from llmcourse.web_text.quality import QualityFilter
from llmcourse.web_text.rules import BLOCKED, blocked_words, clean_lines, removal_rates, why_no_page, words
from llmcourse.web_text.scale import cluster, count_words, map_parts, pair_counts

__all__ = [
    "BLOCKED",
    "STEPS",
    "Page",
    "QualityFilter",
    "Settings",
    "Verdict",
    "blocked_words",
    "clean",
    "clean_lines",
    "cluster",
    "count_words",
    "crawl",
    "first_of_each",
    "jaccard",
    "judge",
    "map_parts",
    "near_duplicates",
    "p_language",
    "pages",
    "pair_counts",
    "removal_rates",
    "shingles",
    "whose_text_goes",
    "why_no_page",
    "without_copies",
    "words",
]
