"""How fast are the n-gram models? `python benchmarks/ngrams.py` compares them with collections.Counter, polars, KenLM
and nltk on the course's stories, prints a table of ratios with their targets and writes it as JSON.

Every contestant starts from what it works on by nature: the Counter loop from a list of ids, polars from three columns,
Kneser–Ney from lists of strings, KenLM from sentences and an ARPA file of the same model. What prepares that is not timed.
"""

import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import (  # isort: skip  (before NumPy: it sets one thread)
    Row, peak_resident, resident_now, side_by_side, write_report,
)

import kenlm
import numpy as np
import polars as pl

from llmcourse.corpora import stories
from llmcourse.corpus import Corpus
from llmcourse.ngrams.arpa import write_arpa
from llmcourse.ngrams.counts import count_ngrams, encode_texts
from llmcourse.ngrams.fast import KneserNey
from llmcourse.vocabulary import Vocabulary

MILLION = 10**6
SCORED = 10**5
NLTK_SCORED = 25  # nltk needs milliseconds for one


def words_of(corpus: Corpus, vocabulary: Vocabulary | None = None) -> list[list[str]]:
    """Texts as lists of strings, without EOS; story by story, so that no second copy is in memory meanwhile."""
    tokens = np.array((vocabulary or stories().vocabulary).tokens, dtype=object)
    return [tokens[story[:-1]].tolist() for story in corpus]


def cut(ids: np.ndarray, vocabulary: Vocabulary) -> list[list[str]]:
    """Texts as lists of strings, from a flat array in which each ends with EOS."""
    ends = np.append(0, np.flatnonzero(ids == vocabulary.eos) + 1)
    return words_of(Corpus(ids, ends), vocabulary)


def counter_loop(ids: list) -> Counter:
    """Order-3 counts as one writes them without thinking of speed."""
    counts: Counter = Counter()
    for i in range(len(ids) - 2):
        counts[ids[i], ids[i + 1], ids[i + 2]] += 1
    return counts


def counting(ids: np.ndarray, vocabulary: Vocabulary, label: str, rounds: int = 7) -> tuple[list[Row], dict, float]:
    """Order-3 counts against the loop and polars; and the seconds of the loop."""
    as_list = ids.tolist()
    columns = pl.DataFrame({"u": ids[:-2], "v": ids[1:-1], "w": ids[2:]})
    seconds = side_by_side(
        {
            "Counter loop": lambda: counter_loop(as_list),
            "Counter(zip)": lambda: Counter(zip(as_list, as_list[1:], as_list[2:], strict=False)),
            "polars group_by": lambda: columns.group_by("u", "v", "w").len(),
            "count_ngrams": lambda: count_ngrams(ids, 3, vocabulary),
        },
        rounds,
    )
    ours, loop = seconds["count_ngrams"], seconds["Counter loop"]
    target = ("at least", 20) if label == "stories" else (None, None)
    rows = [
        Row(f"order-3 counts, {label}: Counter loop / ours", loop / ours, "×", *target),
        Row(f"order-3 counts, {label}: polars / ours", seconds["polars group_by"] / ours, "×", "at least", 1),
    ]
    return rows, {f"order-3 counts of {len(ids)} ids, {label}": seconds}, loop


def training(texts: list[list[str]], loop: float, label: str, rounds: int = 5) -> tuple[list[Row], dict]:
    """Kneser–Ney from strings against the Counter loop."""
    flat = [word for text in texts for word in text]
    seconds = side_by_side(
        {
            "Counter loop over strings": lambda: counter_loop(flat),
            "Kneser–Ney 3": lambda: KneserNey(texts, 3),
            "Kneser–Ney 5": lambda: KneserNey(texts, 5),
        },
        rounds,
    )
    target = ("at most", 0.3) if label == "stories" else (None, None)
    loop = min(loop, seconds["Counter loop over strings"])
    order3 = seconds["Kneser–Ney 3"]
    rows = [
        Row(f"Kneser–Ney 3 from text, {label} / Counter loop", order3 / loop, "×", *target),
        Row(f"Kneser–Ney 5 from text, {label} / Counter loop", seconds["Kneser–Ney 5"] / loop, "×"),
    ]
    return rows, {f"training on {len(flat)} words, {label}": seconds}


def growth(texts: list[list[str]]) -> tuple[list[Row], dict]:
    """Ten times the text: seconds, and memory above the input in a process of its own."""
    corpus = stories().train(10 * MILLION)
    larger = words_of(corpus)
    seconds = side_by_side({"10⁶ words": lambda: KneserNey(texts, 3), "10⁷ words": lambda: KneserNey(larger, 3)}, 5)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "corpus.npz", ids=corpus.ids.astype(np.uint16), starts=corpus.starts)
        n_tokens = len(corpus.ids)
        del corpus
        command = [sys.executable, __file__, "--memory", str(Path(folder) / "corpus.npz")]
        reports = [
            subprocess.run([*command, how], check=True, capture_output=True, text=True).stdout.split()[-1]
            for how in ("resident", "tracemalloc")
        ]
    resident, traced = (int(report) / n_tokens for report in reports)
    rows = [
        Row("Kneser–Ney 3: 10⁷ words / 10⁶ words", seconds["10⁷ words"] / seconds["10⁶ words"], "×", "at most", 13),
        Row("Kneser–Ney 3, 10⁷ words: peak memory", max(resident, traced), "bytes/token", "at most", 70,
            f"above the input; resident {resident:.1f}, tracemalloc {traced:.1f}"),
    ]  # fmt: skip
    return rows, {"training, order 3": seconds}


def measure_memory(path: str, how: str) -> None:
    """In a process of its own: bytes at the peak of training above what the input takes."""
    with np.load(path) as file:
        texts = words_of(Corpus(file["ids"], file["starts"]))
    if how == "tracemalloc":
        tracemalloc.start()
        KneserNey(texts, 3)
        print(tracemalloc.get_traced_memory()[1])
    else:
        before = resident_now()
        KneserNey(texts, 3)
        print(peak_resident() - before)


def scoring(train: Corpus, order: int) -> tuple[list[Row], dict, float]:
    """10⁵ held-out tokens against KenLM with the same model; and our seconds a token, from words."""
    vocabulary = stories().vocabulary
    held_out = stories().held_out()
    held_out = held_out[: int(np.searchsorted(held_out.starts, SCORED))]
    ids, texts = list(held_out), words_of(held_out)
    sentences = [" ".join(text) for text in texts]
    model = KneserNey(train.ids, order, vocabulary=vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.arpa"
        write_arpa(model, path)
        oracle = kenlm.Model(str(path))
    found = model.token_log_probabilities(ids) / np.log(10)
    theirs = np.array([score for sentence in sentences for score, _, _ in oracle.full_scores(sentence)])
    difference = float(np.abs(found - theirs).max())
    if difference > 1e-5:
        raise AssertionError(f"KenLM disagrees by {difference} (log₁₀) at order {order}")

    def from_words() -> np.ndarray:
        corpus = encode_texts(texts, vocabulary)
        return model.token_log_probabilities(corpus)

    seconds = side_by_side(
        {
            "KenLM": lambda: [oracle.score(sentence) for sentence in sentences],
            "ours, from ids": lambda: model.token_log_probabilities(ids),
            "ours, from words": from_words,
        },
        9,
    )
    note = f"largest difference in log₁₀ p {difference:.1e}"
    rows = [
        Row(f"scoring, order {order}: ours from {source} / KenLM", seconds[f"ours, from {source}"] / seconds["KenLM"], "×",
            "at most", 4, note)
        for source in ("ids", "words")
    ]  # fmt: skip
    tokens = len(held_out.ids)
    return rows, {f"scoring {tokens} tokens, order {order}": seconds}, seconds["ours, from words"] / tokens


def against_nltk(texts: list[list[str]], ours: float) -> tuple[list[Row], dict]:
    """Seconds a token of nltk's KneserNeyInterpolated of order 3, trained on the same windows of the same words."""
    from nltk.lm import KneserNeyInterpolated, Vocabulary

    from llmcourse.ngrams import extract_ngrams

    vocabulary = Vocabulary(["<bos>", "<eos>", *(word for text in texts for word in text)])
    model = KneserNeyInterpolated(3, vocabulary=vocabulary)
    start = time.process_time()
    model.fit([ngram for n in (1, 2, 3) for ngram in extract_ngrams(text, n)] for text in texts)
    fitting = time.process_time() - start
    held_out = words_of(stories().held_out(5))
    ngrams = [ngram for text in held_out for ngram in extract_ngrams(text, 3)][:NLTK_SCORED]
    start = time.process_time()
    for *context, word in ngrams:
        model.score(word, context)
    theirs = (time.process_time() - start) / len(ngrams)
    rows = [Row("scoring, order 3: nltk / ours from words", theirs / ours, "×", "at least", 10_000)]
    return rows, {"nltk, order 3": {"seconds of training": fitting, "seconds a token": theirs}}


def many_words(n_tokens: int, n_words: int = 20_000) -> tuple[np.ndarray, Vocabulary]:
    """Ids with a large, Zipfian vocabulary and word pairs that go together: as many new trigrams as in a novel."""
    rng = np.random.default_rng(0)
    zipf = np.cumsum(1 / (np.arange(n_words) + 2.7))
    fresh = np.searchsorted(zipf / zipf[-1], rng.random(n_tokens)).tolist()
    linked, which = (rng.random(n_tokens) < 0.75).tolist(), np.minimum(rng.geometric(0.25, n_tokens), 40).tolist()
    ids, u, v = [], 0, 0
    for w, link, j in zip(fresh, linked, which, strict=True):
        if link:
            w = int(n_words ** ((v * 7919 + u % 7 * 977 + j * 104729) % 99991 / 99991)) - 1
        ids.append(w)
        u, v = v, w
    array = np.array(ids) + 2
    array[19::20] = 1  # EOS
    return array, Vocabulary(f"w{i}" for i in range(n_words))


def main() -> None:
    train = stories().train(MILLION)
    texts = words_of(train)
    rows, details = [], {}

    def add(new_rows: list[Row], new_details: dict, seconds: float = 0.0) -> float:
        rows.extend(new_rows)
        details.update(new_details)
        return seconds

    loop = add(*counting(train.ids, stories().vocabulary, "stories"))
    add(*training(texts, loop, "stories"))
    ids, vocabulary = many_words(MILLION)
    loop = add(*counting(ids, vocabulary, "20,000 words", rounds=3))
    add(*training(cut(ids, vocabulary), loop, "20,000 words", rounds=3))
    per_token = add(*scoring(train, 3))
    add(*scoring(train, 5))
    add(*against_nltk(texts, per_token))
    add(*growth(texts))
    sys.exit(0 if write_report("ngrams", rows, details) else 1)


if __name__ == "__main__":
    if "--memory" in sys.argv:
        measure_memory(*sys.argv[2:])
    else:
        main()
