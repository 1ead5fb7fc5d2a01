"""How fast are counting, SVD and skip-gram? `python benchmarks/embeddings.py` compares them with collections.Counter,
scipy and gensim on the course's stories, prints a table of ratios with their targets and writes it as JSON.

Everybody counts the same: pairs of tokens of one story that are at most 5 apart, both ways round. The Counter loop and the
sparse matrix start from what suits them (lists of ids; flat ids with the story of each), which is prepared before.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import (  # isort: skip  (before NumPy: it sets one thread)
    Row, peak_resident, resident_now, side_by_side, write_report,
)

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import svds

from llmcourse.corpora import stories
from llmcourse.corpus import Corpus
from llmcourse.embeddings import (
    Embeddings,
    cooccurrence_counts,
    cooccurrence_pairs,
    positional_counts,
    ppmi,
    skipgram,
    svd_vectors,
    truncated_svd,
    weigh,
)
from llmcourse.embeddings.questions import accuracy, analogy_tests, odd_one_out_tests

MILLION = 10**6
WINDOW, K, DIMENSIONS, NEGATIVES = 5, 100, 100, 5


def counter_loop(texts: list[list[int]]) -> Counter:
    """Co-occurrence counts as one writes them without thinking of speed, but not clumsily: each pair is met once."""
    counts: Counter = Counter()
    for text in texts:
        for t, word in enumerate(text):
            for other in text[t + 1 : t + WINDOW + 1]:
                counts[word, other] += 1
                counts[other, word] += 1
    return counts


def coo(ids: np.ndarray, story: np.ndarray, size: int) -> scipy.sparse.csr_array:
    """The same table by way of scipy: one entry for every pair of places, summed up on the way to CSR."""
    rows, columns = [], []
    for d in range(1, WINDOW + 1):
        inside = story[:-d] == story[d:]
        left, right = ids[:-d][inside], ids[d:][inside]
        rows += [left, right]
        columns += [right, left]
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    return scipy.sparse.coo_array((np.ones(len(rows), np.int64), (rows, columns)), shape=(size, size)).tocsr()


def counting(corpus: Corpus, size: int) -> tuple[list[Row], dict]:
    texts, story = [text.tolist() for text in corpus], corpus.text_of
    table = cooccurrence_counts(corpus, size, WINDOW)
    if (coo(corpus.ids, story, size).toarray() != table).any() or any(table[p] != n for p, n in counter_loop(texts).items()):
        raise AssertionError("the three tables differ")
    seconds = side_by_side(
        {
            "Counter loop": lambda: counter_loop(texts),
            "scipy COO": lambda: coo(corpus.ids, story, size),
            "cooccurrence_counts": lambda: cooccurrence_counts(corpus, size, WINDOW),
        },
        5,
    )
    ours = seconds["cooccurrence_counts"]
    rows = [
        Row("counting, window 5: Counter loop / ours", seconds["Counter loop"] / ours, "×", "at least", 40),
        Row("counting, window 5: ours / scipy COO", ours / seconds["scipy COO"], "×", "at most", 0.5),
    ]
    return rows, {f"counting {len(corpus.ids)} tokens, {size} words": seconds}


def many_words(n_tokens: int, size: int) -> Corpus:
    """Texts of 100 tokens with a large, Zipfian vocabulary, for the way that large tables are counted."""
    rng = np.random.default_rng(0)
    cumulative = np.cumsum(1 / (np.arange(size) + 2.7))
    ids = np.searchsorted(cumulative / cumulative[-1], rng.random(n_tokens))
    return Corpus(ids, np.arange(0, n_tokens + 1, 100))


def counting_large(size: int = 20_000) -> tuple[list[Row], dict]:
    corpus = many_words(MILLION, size)
    story = corpus.text_of
    want, (rows, columns, counts) = coo(corpus.ids, story, size), cooccurrence_pairs(corpus, size, WINDOW)
    if (want != scipy.sparse.csr_array((counts, (rows, columns)), shape=(size, size))).nnz:
        raise AssertionError("the two tables differ")
    seconds = side_by_side(
        {
            "scipy COO": lambda: coo(corpus.ids, story, size),
            "cooccurrence_pairs": lambda: cooccurrence_pairs(corpus, size, WINDOW),
        },
        3,
    )
    ratio = seconds["cooccurrence_pairs"] / seconds["scipy COO"]
    return [Row(f"counting, {size} words: ours / scipy COO", ratio, "×")], {f"counting 10⁶ tokens, {size} words": seconds}


def memory() -> tuple[list[Row], dict]:
    """10⁷ tokens in a process of their own, whose whole memory counts: Python, NumPy, the tokens and the work."""
    corpus = stories().train(10 * MILLION)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.npz"
        np.savez(path, ids=corpus.ids, starts=corpus.starts)
        n_tokens = len(corpus.ids)
        del corpus
        command = [sys.executable, __file__, "--memory", str(path)]
        report = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    before, peak, seconds = map(float, report[-3:])
    row = Row("counting 10⁷ tokens: memory of the process", peak / 1e6, "MB", "at most", 900,
              f"{before / 1e6:.0f} MB before counting, {n_tokens} tokens in {seconds:.2f} s")  # fmt: skip
    return [row], {}


def measure_memory(path: str) -> None:
    with np.load(path) as file:
        corpus = Corpus(file["ids"], file["starts"])
    before, start = resident_now(), time.process_time()
    cooccurrence_counts(corpus, len(stories().vocabulary), WINDOW)
    print(before, peak_resident(), time.process_time() - start)


def decomposition(corpus: Corpus, size: int) -> tuple[list[Row], dict]:
    rows, details = [], {}
    small = ppmi(cooccurrence_counts(corpus, size, WINDOW))
    large = ppmi(cooccurrence_counts(many_words(MILLION, 3000), 3000, WINDOW))
    for label, table, rounds in (("stories", small, 15), ("3,000 words", large, 1)):
        exact = np.linalg.svd(table, compute_uv=False)[:K]
        seconds = side_by_side(
            {
                "scipy svds": lambda table=table: svds(table, K, rng=np.random.default_rng(0)),
                "truncated_svd": lambda table=table: truncated_svd(table, K, np.random.default_rng(0)),
                "numpy svd": lambda table=table: np.linalg.svd(table),
            },
            rounds,
        )
        worst = max(np.abs(truncated_svd(table, K, np.random.default_rng(s))[1] / exact - 1).max() for s in range(3))
        targets = [("at most", 0.7), ("at most", 1)] if label == "stories" else [(None, None)] * 2
        rows += [
            Row(f"SVD of PPMI, k = {K}, {label}: ours / svds", seconds["truncated_svd"] / seconds["scipy svds"], "×",
                *targets[0]),
            Row(f"SVD of PPMI, k = {K}, {label}: worst singular value", 100 * worst, "% off", *targets[1], "of 3 seeds"),
        ]
        details[f"SVD, {table.shape}"] = seconds
    return rows, details


def predicting(corpus: Corpus, size: int) -> tuple[list[Row], dict]:
    """Both learn from the same tokens, without subsampling; how good the vectors are is measured as well."""
    vocabulary = stories().vocabulary
    tests = {"odd one out": odd_one_out_tests(np.random.default_rng(1)), "analogies": analogy_tests(np.random.default_rng(1))}
    counts = positional_counts(corpus, size)
    vectors = svd_vectors(weigh(ppmi(counts), counts), K, np.random.default_rng(0), power=1)
    shares = {name: accuracy(Embeddings(vocabulary, vectors), some) for name, some in tests.items()}
    rows = [
        Row(f"count-based vectors, {name}: right answers", 100 * shares[name]["all"], "%", "at least", 90) for name in tests
    ]
    details: dict = {"count-based accuracy by kind": shares}
    start = time.process_time()
    model = skipgram.train(corpus, size, DIMENSIONS, np.random.default_rng(0), window=WINDOW, negatives=NEGATIVES,
                           epochs=3, batch=2048)  # fmt: skip
    seconds = (time.process_time() - start) / 3
    found = {name: accuracy(Embeddings(vocabulary, model.words), some)["all"] for name, some in tests.items()}
    details["skip-gram, ours"] = {"words a second": len(corpus.ids) / seconds, **found}
    note = ", ".join(f"{name} {share:.0%}" for name, share in found.items())
    try:
        import gensim
        from gensim.models import Word2Vec
    except ImportError:
        rows.append(Row("skip-gram, ours", len(corpus.ids) / seconds, "words/s", note=f"{note}; no gensim to compare with"))
        return rows, details
    texts = [vocabulary.decode(text) for text in corpus]
    oracle = Word2Vec(vector_size=DIMENSIONS, window=WINDOW, sg=1, hs=0, negative=NEGATIVES, sample=0, min_count=1,
                      workers=1, seed=1)  # fmt: skip
    oracle.build_vocab(texts)
    start = time.process_time()
    oracle.train(texts, total_examples=len(texts), epochs=3)
    theirs = (time.process_time() - start) / 3
    vectors = np.array([oracle.wv[w] if w in oracle.wv else np.zeros(DIMENSIONS) for w in vocabulary.tokens])
    found = {name: accuracy(Embeddings(vocabulary, vectors), some)["all"] for name, some in tests.items()}
    details[f"skip-gram, gensim {gensim.__version__}"] = {"words a second": len(corpus.ids) / theirs, **found}
    note += f"; gensim {gensim.__version__}: " + ", ".join(f"{name} {share:.0%}" for name, share in found.items())
    rows.append(Row("skip-gram, 3 epochs: our words/s / gensim's", theirs / seconds, "×", "at least", 0.3, note))
    return rows, details


def main() -> None:
    corpus, size = stories().train(MILLION), len(stories().vocabulary)
    rows, details = [], {}
    parts = (lambda: counting(corpus, size), counting_large, memory, lambda: decomposition(corpus, size),
             lambda: predicting(corpus, size))  # fmt: skip
    for part in parts:
        new_rows, new_details = part()
        rows += new_rows
        details |= new_details
    sys.exit(0 if write_report("embeddings", rows, details) else 1)


if __name__ == "__main__":
    if "--memory" in sys.argv:
        measure_memory(sys.argv[2])
    else:
        main()
