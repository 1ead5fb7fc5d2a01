"""Make the data of two figures: ``python book/figure_data.py``, or with the names of parts. Half a minute of CPU time.

* ``whose_text`` writes book/_data/whose_text_goes.json: of every page of the crawl what each rule of `llmcourse.web_text` finds
  on it, with the rules for lines and pages switched on and off. The figure only puts these findings together.
* ``beam`` writes book/_data/beam_tree.json: the most probable next tokens after every start of a text that a beam can come
  across, by the 5-gram model of the chapter on decoding and by the table of its trap.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations
from typing import Any

from experiments import run, save

from llmcourse import web_text
from llmcourse.corpora import stories
from llmcourse.decoding import beam_search
from llmcourse.language_models import LanguageModel, TableModel
from llmcourse.ngrams.fast import KneserNey
from llmcourse.web_text.pages import ENGLISH_SOURCES, FOREIGN

# --- whose text goes ----------------------------------------------------------------------------------------------------------

REST = ("shop", "forum")
REFERENCES = (("newspaper", "encyclopedia"), ("city school",), ("valley school", "dialect"), ("health advice", "student group"))
WORDS = 24                                                             # of a page, to be shown
SIMILARITIES = tuple(n / 20 for n in range(6, 21))                     # the slider of the figure, 0.30 to 1.00


def quality_filter(reference: Sequence[str]) -> web_text.QualityFilter:
    """Learned from the pages of these sources as the good ones, and from shop and forum as the rest."""
    good, rest = ([page.text for page in web_text.pages() if page.source in sources] for sources in (reference, REST))
    return web_text.QualityFilter.learn(good, rest)


def similar(texts: Sequence[str]) -> dict[int, list[list[Any]]]:
    """Of each text the earlier ones that are like it: [number, Jaccard similarity], and a list of the thresholds of the slider,
    where there are any, at which MinHash overlooks the pair.
    """
    shingles, found = [web_text.shingles(text) for text in texts], dict[int, list[list[Any]]]()
    for earlier, later in combinations(range(len(texts)), 2):
        if (likeness := web_text.jaccard(shingles[earlier], shingles[later])) >= SIMILARITIES[0]:
            pair = [texts[earlier], texts[later]]
            missed = [t for t in SIMILARITIES if t <= likeness and len(web_text.near_duplicates(pair, threshold=t)) == 2]
            found.setdefault(later, []).append([earlier, round(likeness, 6), *([missed] if missed else [])])
    return found


def findings(texts: Sequence[str], why: Sequence[str]) -> list[dict[str, Any]]:
    """What the rules find on each text. why: the rule for pages that it breaks, "" for none."""
    filters, alike = [quality_filter(reference) for reference in REFERENCES], similar(texts)
    return [{"why": reason, "blocked": web_text.blocked_words(text), "scores": [round(one.score(text), 6) for one in filters],
             "alike": alike.get(number, [])} for number, (text, reason) in enumerate(zip(texts, why, strict=True))]


def whose_text() -> None:
    pages = web_text.crawl()
    written = {(page.source, page.title): page.text for page in web_text.pages()}
    texts = [web_text.clean_lines(page.text).text for page in pages]
    with_rules = findings(texts, [web_text.why_no_page(text) for text in texts])
    without = findings([page.text for page in pages], [""] * len(pages))
    rows = []
    for page, *variants in zip(pages, with_rules, without, strict=True):
        begins = written.get((page.source, page.title), page.text).split()
        rows.append({"source": page.source, "title": page.title,
                     "begins": " ".join(begins[:WORDS]) + " …" * (len(begins) > WORDS),
                     "english": round(web_text.p_language(page.text)["english"], 4),
                     "rules": variants[0], "plain": variants[1]})
    sources = [*ENGLISH_SOURCES, *FOREIGN]
    save("whose_text_goes.json", {"command": "python book/figure_data.py whose_text", "sources": sources,
                                  "words": sorted(web_text.BLOCKED), "references": [" and ".join(one) for one in REFERENCES],
                                  "pages": rows})


# --- the beam -----------------------------------------------------------------------------------------------------------------

ORDER, TRAINING_TOKENS = 5, 200_000                                    # as in the chapter
WIDTHS, ALPHAS, LONGEST = (1, 2, 3, 4, 5), (0.0, 0.5, 1.0), 6          # LONGEST: tokens that are added
PROMPTS = ("the tower , and", "the theatre , and", "the friends")


@cache
def grams() -> KneserNey:
    """The 5-gram model of the chapter."""
    language = stories()
    return KneserNey(language.train(TRAINING_TOKENS).ids, ORDER, vocabulary=language.vocabulary)


def trap() -> TableModel:
    """The chapter's table in which a beam of two ends worse than greedy search."""
    tens = {f"w{i}": 0.1 for i in range(10)}
    last = {(word,): {"<eos>": 1.0} for word in ["x", "y", "z", *tens]}
    return TableModel({(): {"a": 0.40, "b": 0.35, "c": 0.25}, ("b",): {"u": 0.5, "v": 0.5},
                       ("a",): {"x": 0.34, "y": 0.33, "z": 0.33}, **last, ("u",): tens, ("v",): tens, ("c",): tens}, memory=1)


def models() -> Iterator[tuple[str, LanguageModel, list[int]]]:
    """What the figure offers: its name, the model, the prefix."""
    for prompt in PROMPTS:
        yield f"… {prompt}", grams(), grams().vocabulary.encode(prompt.split()).tolist()
    yield "the trap of the text", trap(), []


class Watched:
    """A model that remembers what it was asked."""

    def __init__(self, model: LanguageModel):
        self.model, self.vocabulary, self.asked = model, model.vocabulary, dict[tuple[int, ...], Any]()

    def next_log_probabilities(self, ids: Sequence[int]) -> Any:
        return self.asked.setdefault(tuple(ids), self.model.next_log_probabilities(ids))


def beam() -> None:
    rows = []
    for name, model, prefix in models():
        watched, words = Watched(model), model.vocabulary.tokens
        for width in WIDTHS:
            for alpha in ALPHAS:
                beam_search(watched, width, max_length=len(prefix) + LONGEST, prefix=prefix, alpha=alpha)
        nodes = {}
        for ids, log_p in sorted(watched.asked.items()):
            best = sorted((-value, i) for i, value in enumerate(log_p.tolist()) if value > float("-inf"))[:max(WIDTHS)]
            nodes[" ".join(words[i] for i in ids[len(prefix):])] = [[words[i], -cost] for cost, i in best]
        rows.append({"name": name, "nodes": nodes})
    save("beam_tree.json", {"command": "python book/figure_data.py beam", "longest": LONGEST, "models": rows})


PARTS = {"whose_text": whose_text, "beam": beam}

if __name__ == "__main__":
    run(PARTS)
