"""Unit 10: cleaning a small web. Hand-worked lines, scikit-learn, brute force; Dask's workers against one process."""

import os
import signal
import time
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from llmcourse import web_text
from llmcourse.web_text import Page, QualityFilter, Settings
from llmcourse.web_text import duplicates as duplicates_module
from llmcourse.web_text.duplicates import jaccard, normal, shingles
from llmcourse.web_text.quality import PENALTY, features, sigmoid

# --- pages ------------------------------------------------------------------------------------------------------------


def test_the_pages_and_who_wrote_them():
    found = web_text.pages()
    assert Counter(page.source for page in found) == {
        "newspaper": 8, "encyclopedia": 8, "city school": 6, "valley school": 6, "health advice": 6, "student group": 6,
        "dialect": 6, "forum": 6, "shop": 6}  # fmt: skip
    assert all(page.text and page.title and "#" not in page.text for page in found)
    assert (found[0].title, found[0].text[:16]) == ("The council votes on the old tram depot", "The city council")


def test_a_crawl_brings_everything_home_in_another_order():
    brought, again, other = web_text.crawl(0), web_text.crawl(0), web_text.crawl(1)
    assert brought == again != other
    for page in web_text.pages():
        assert any(page.text in found.text for found in brought)
    assert {page.source for page in brought} - {page.source for page in web_text.pages()} == {"swedish", "french"}
    texts = Counter(page.text for page in brought)
    assert max(texts.values()) == 2 and all("cookies" not in page.text for page in web_text.pages() if page.source == "dialect")
    for wrong, error in ((-1, ValueError), (0.5, TypeError)):
        with pytest.raises(error, match="seed"):
            web_text.crawl(wrong)


# --- lines and pages --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("line", "reason"), [
    ("The sea is cold.", ""), ("Is it? Yes!", ""), ("She said “no.”", ""), ("Three words here.", ""),
    ("Two words.", "fewer than 3 words"), ("Home | News | Contact", "no mark at its end"), ("And so on and on ...", "no mark"),
    ("Please enable JavaScript to see this.", "Javascript"), ("Our Terms of Use apply to you.", "terms"),
    ("We use cookies to count you.", "cookies")])
def test_which_lines_are_kept(line, reason):
    cleaned = web_text.clean_lines(f"  {line}\n\n")
    assert cleaned.text == ("" if reason else line) and [gone for gone, _ in cleaned.removed] == ([line] if reason else [])
    assert not reason or reason in cleaned.removed[0][1]


@pytest.mark.parametrize(("text", "reason"), [
    ("One is. Two are. Three be.", ""), ("One is. Two are.", "fewer than 3 sentences"), ("", "fewer than 3"),
    ("It costs 3.50 or 4.50 or 5.50 today.", "fewer than 3"), ("Who? Me! “Yes.”", ""),
    ("if (a) { b. } c. d. e.", "curly"), ("Lorem Ipsum dolor. Sit amet. Go.", "lorem ipsum")])
def test_which_pages_are_kept(text, reason):
    assert web_text.why_no_page(text) == reason if not reason else reason in web_text.why_no_page(text)


def test_a_blocked_word_is_a_whole_word_in_any_case_and_nobody_asks_what_it_is_about():
    assert web_text.blocked_words("Breast cancer, early SEX education.") == ["breast", "sex"]
    assert web_text.blocked_words("Essex, sextet, breastwork") == []
    assert web_text.blocked_words("Vi var sex personer.") == ["sex"]                     # Swedish: six
    assert web_text.blocked_words("sex", ()) == []


def test_rates_are_of_each_source_by_hand():
    assert web_text.removal_rates(["b", "a", "b", "a", "a"], [False, True, True, True, False]) == {"b": 0.5, "a": 1 / 3}
    with pytest.raises(ValueError, match="2 sources, but 1 verdicts"):
        web_text.removal_rates(["a", "b"], [True])


# --- language ---------------------------------------------------------------------------------------------------------

def test_the_language_of_pages_that_no_model_has_seen():
    for page in web_text.crawl(3):
        if page.source in ("swedish", "french"):
            assert web_text.p_language(page.text)[page.source] > 0.999
    for text, language in (("Jag vet inte vad det är för dag i dag.", "swedish"), ("Je ne sais pas où il est allé.", "french"),
                           ("I do not know where they went yesterday.", "english")):
        found = web_text.p_language(text)
        assert found[language] > 0.9 and sum(found.values()) == pytest.approx(1)
    unknown = web_text.p_language("日本語 ☃")                               # characters that no model knows
    assert unknown.keys() == {"english", "swedish", "french"} and sum(unknown.values()) == pytest.approx(1)


# --- duplicates -------------------------------------------------------------------------------------------------------

def test_shingles_and_their_similarity_by_hand():
    a, b = shingles("the cat sat on the mat", 3), shingles("The  cat sat\non a mat", 3)
    assert a == {"the cat sat", "cat sat on", "sat on the", "on the mat"} and len(b) == 4 and jaccard(a, b) == 2 / 6
    assert shingles("too short", 5) == {"too short"} and shingles(" ") == set() and jaccard(set(), set()) == 1.0


def test_the_first_of_each_is_kept():
    assert web_text.first_of_each(["a b", "c", " A  b", "c ", "d"]) == [0, 1, 4]
    long = " ".join(f"w{i}" for i in range(100))
    texts = [long, "something else altogether, and long enough", long + " and more", long.replace("w50 ", ""), long.upper()]
    assert web_text.near_duplicates(texts) == [0, 1] == web_text.near_duplicates([texts[i] for i in (0, 1)])
    assert web_text.near_duplicates(texts, threshold=1.0) == [0, 1, 2, 3]
    assert web_text.near_duplicates([]) == [] and web_text.near_duplicates(["", "", " "]) == [0, 1, 2]


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12).map(" ".join), max_size=8),
       st.sampled_from([0.3, 0.5, 0.9]))
def test_none_goes_that_is_not_like_an_earlier_kept_one(texts, threshold):
    """Brute force over all pairs: what goes has a reason among the kept, and keeping again changes nothing."""
    kept = web_text.near_duplicates(texts, n=2, threshold=threshold)
    assert kept == sorted(set(kept)) and (not texts or kept[0] == 0)
    for number in set(range(len(texts))) - set(kept):
        assert any(jaccard(shingles(texts[k], 2), shingles(texts[number], 2)) >= threshold for k in kept if k < number)
    assert web_text.near_duplicates([texts[k] for k in kept], n=2, threshold=threshold) == list(range(len(kept)))


def test_few_pairs_are_overlooked():
    """Of pairs with two words of sixty changed, so 6 to 10 of 56 shingles: a similarity of 0.70 to 0.81."""
    rng, found, pairs = np.random.default_rng(0), 0, 200
    for number in range(pairs):
        one = [f"w{number}x{i}" for i in range(60)]
        other = list(one)
        other[int(rng.integers(5, 55))] = "changed"
        other[int(rng.integers(5, 55))] = "so too"
        found += web_text.near_duplicates([" ".join(one), " ".join(other)]) == [0]
    assert found >= 0.97 * pairs


@pytest.mark.parametrize(("options", "match"), [({"threshold": 0}, "greater than 0"), ({"threshold": 1.5}, "at most 1"),
                                                ({"n": 0}, "n must be at least 1"), ({"seed": -1}, "seed")])
def test_settings_of_duplicates_that_make_no_sense(options, match):
    with pytest.raises(ValueError, match=match):
        web_text.near_duplicates(["a b c"], **options)
    with pytest.raises(TypeError, match="several texts"):
        web_text.near_duplicates("a b c")


# --- quality ----------------------------------------------------------------------------------------------------------

def test_the_filter_is_a_logistic_regression():
    """scikit-learn with the same features, penalty and weights of the classes, and gradient descent gone far enough."""
    reference = [page.text for page in web_text.pages() if page.source == "encyclopedia"]
    rest = [page.text for page in web_text.pages() if page.source in ("forum", "shop")]
    found = QualityFilter.learn(reference, rest, least=3)
    X = np.stack([features(text, found.vocabulary) for text in reference + rest])
    y = np.repeat([1, 0], [len(reference), len(rest)])
    oracle = LogisticRegression(C=1 / PENALTY, class_weight={1: 0.5 / len(reference), 0: 0.5 / len(rest)}, tol=1e-10,
                                max_iter=10_000).fit(X, y)
    want = oracle.predict_proba(X)[:, 1]
    got = [found.score(text) for text in reference + rest]
    np.testing.assert_allclose(got, want, atol=0.005)
    assert min(got[: len(reference)]) > 0.5 > max(got[len(reference):])
    assert found.score("") == pytest.approx(float(sigmoid(np.array(found.bias))))
    assert sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
    for one, other in (([], rest), (reference, [])):
        with pytest.raises(ValueError, match="both classes need pages"):
            QualityFilter.learn(one, other)


# --- the whole --------------------------------------------------------------------------------------------------------

def reference_filter() -> QualityFilter:
    return QualityFilter.learn([p.text for p in web_text.pages() if p.source in ("newspaper", "encyclopedia")],
                               [p.text for p in web_text.pages() if p.source in ("forum", "shop")])


def test_the_first_reason_is_told_and_the_steps_can_be_switched_off():
    pages = [Page("Il ne sait pas où elle est allée. C’est dommage. Il pleut.", "f"), Page("Buy now\nClick here", "s"),
             Page("Her breast hurt. She went home. She slept.", "h"), Page("They met at sea. It was cold. It rained.", "n"),
             Page("They met at sea. It was cold. It rained.", "n")]
    verdicts = web_text.clean(pages)
    assert [v.step for v in verdicts] == ["language", "lines and pages", "blocked words", "", "duplicates"]
    assert verdicts[2].reason == "breast" and verdicts[3].text == pages[3].text and verdicts[3].kept
    everything = Settings(language=None, rules=False, blocked=(), similar=None)
    assert all(v.kept and v.text == page.text for v, page in zip(web_text.clean(pages, everything), pages, strict=True))
    rates = web_text.whose_text_goes(verdicts)
    assert rates["n"] == dict.fromkeys(web_text.STEPS, 0.0) | {"duplicates": 0.5, "kept": 0.5} and rates["h"]["kept"] == 0


def test_whose_text_goes_on_the_small_web():
    """What Dodge et al. and Gururangan et al. found, in miniature: by construction of the pages, and by each rule as meant."""
    rates = web_text.whose_text_goes(web_text.clean(web_text.crawl(0), Settings(quality=reference_filter())))
    assert rates["health advice"]["blocked words"] == 1.0 and rates["student group"]["blocked words"] > 0.6
    assert all(rates[source]["blocked words"] == 0 for source in ("newspaper", "encyclopedia", "city school", "shop", "forum"))
    assert rates["valley school"]["quality"] == 1.0 and rates["city school"]["quality"] == 0.0
    assert rates["swedish"]["language"] == rates["french"]["language"] == 1.0
    assert rates["shop"]["kept"] == 0.0 and rates["newspaper"]["duplicates"] > 0.2
    assert all(sum(found.values()) == pytest.approx(1) for found in rates.values())


# --- more than one process --------------------------------------------------------------------------------------------

def slow_words(texts):
    time.sleep(0.3)
    return [web_text.words(text) for text in texts]


def test_a_cluster_gets_what_one_process_gets_and_a_killed_worker_costs_nothing():
    pages = web_text.crawl(0)
    texts = [page.text for page in pages]
    counts = web_text.count_words(texts, part=7)
    assert counts == dict(sorted(Counter(w for text in texts for w in web_text.words(text)).items(),
                                 key=lambda item: (-item[1], item[0]))) and next(iter(counts)) == "the"
    pairs = web_text.pair_counts(counts)
    assert pairs["t", "h"] == sum(n * sum(a + b == "th" for a, b in pairwise(w)) for w, n in counts.items())
    with web_text.cluster(workers=2) as client:
        assert list(web_text.count_words(texts, client, part=7).items()) == list(counts.items())
        assert list(web_text.pair_counts(counts, client, part=100).items()) == list(pairs.items())
        assert web_text.clean(pages, client=client) == web_text.clean(pages)
        futures = client.map(slow_words, [texts[i : i + 7] for i in range(0, len(texts), 7)], pure=False)
        victim = next(iter(client.run(os.getpid).values()))
        time.sleep(0.5)
        assert any(future.status == "pending" for future in futures), "all was done before the kill"
        os.kill(victim, signal.SIGKILL)
        found = [words for part in client.gather(futures) for words in part]
        assert victim not in client.run(os.getpid).values()
    assert found == [web_text.words(text) for text in texts]


def test_a_scheduler_that_is_not_there():
    with pytest.raises(OSError, match=r"127\.0\.0\.1"), web_text.cluster("tcp://127.0.0.1:9"):
        pass


def test_all_pairs_of_the_crawl_that_are_alike_are_found():
    """MinHash against every pair: what brute force keeps is what is kept."""
    texts = [web_text.clean_lines(page.text).text for page in web_text.crawl(2)]
    found = [shingles(text) for text in texts]
    kept: list[int] = []
    for number in range(len(texts)):
        if all(jaccard(found[k], found[number]) < duplicates_module.SIMILAR for k in kept):
            kept.append(number)
    empty = [number for number, marks in enumerate(found) if not marks]
    assert sorted(set(web_text.near_duplicates(texts)) - set(empty)) == sorted(set(kept) - set(empty))
    assert any(normal(texts[i]) != normal(texts[j]) and jaccard(found[i], found[j]) > 0.5
               for i, j in combinations(range(len(texts)), 2))
