"""Unit 10: a very small web, so that one can see what cleaning does to it: whose page is removed, and by which rule."""

from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np

from llmcourse import arguments
from llmcourse.corpora import paragraphs

ENGLISH_SOURCES = ("newspaper", "encyclopedia", "city school", "valley school", "health advice", "student group", "dialect",
                   "forum", "shop")
FOREIGN = {"swedish": 3, "french": 3}  # pages of three paragraphs
MENU = "Home | News | About us | Contact"
FOOTERS = ("We use cookies to improve this page.", "Please enable Javascript to see all of this page.", "Share this page",
           "Read our privacy policy.", "Copyright, all rights reserved")
CHANGES = (("Tuesday", "Wednesday"), ("Thursday", "Friday"), ("yesterday", "this week"), ("said", "stated"), ("large", "big"),
           ("usually", "often"), ("The", "the"), ("will", "is going to"))


@dataclass(frozen=True)
class Page:
    """A page: its lines, joined by line breaks, and who wrote it, which a crawler does not know."""

    text: str
    source: str
    title: str = ""


@cache
def pages() -> tuple[Page, ...]:
    """The pages written for this course, 58 in nine sources, as their authors wrote them: no menus, no copies."""
    text = (resources.files(__package__) / "texts" / "pages.txt").read_text(encoding="utf-8")
    found = []
    for part in text.removeprefix("# ").split("\n# "):
        head, _, body = part.partition("\n")
        source, _, title = head.partition(": ")
        found.append(Page(body.strip(), source, title))
    return tuple(found)


def crawl(seed: int = 0) -> list[Page]:
    """The pages as a crawler brings them home, shuffled: with menus and footers around the text, with mirrors, and in other
    languages too.

    Of the newspaper, the encyclopedia and the shop there are copies: one to the letter, or one with a few words changed and
    another footer, as sites have that copy from others. Raises TypeError, ValueError for a seed that is no integer from 0.
    """
    rng = np.random.default_rng(arguments.integer("seed", seed, least=0))
    found = []
    for page in pages():
        found.append(dressed(page, rng))
        if page.source in ("newspaper", "encyclopedia", "shop"):
            copied = rng.random()
            if copied < 0.3:
                found.append(found[-1])
            elif copied < 0.8:
                found.append(dressed(replace(page, text=_reworded(page.text)), rng))
    for language, number in FOREIGN.items():
        told = paragraphs(language)
        found += [Page("\n".join(told[3 * n : 3 * n + 3]), language) for n in range(number)]
    order = rng.permutation(len(found))
    return [found[i] for i in order]


def dressed(page: Page, rng: np.random.Generator) -> Page:
    """A page within what its site puts on every page: a menu above the text, and one or two footers below."""
    footers = [FOOTERS[i] for i in rng.permutation(len(FOOTERS))[: 1 + int(rng.random() < 0.5)]]
    return replace(page, text="\n".join([MENU, page.title, page.text, *footers]))


def _reworded(text: str) -> str:
    for old, new in CHANGES:
        text = text.replace(old, new, 1)
    return text
