"""Make the data of the embedding map: ``python book/embedding_map.py`` writes book/_data/embedding_map.json.

Two kinds of vectors learn from the same million tokens of stories: counts (PPMI and SVD) and prediction (skip-gram). Kept
are, of every word whose kind is known, its place in the plane of the two largest principal components and its nearest
neighbours among these words in the full space.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from llmcourse.corpora import stories
from llmcourse.embeddings import normalise, pca, positional_counts, ppmi, skipgram, svd_vectors, weigh
from llmcourse.embeddings.questions import descriptions

DATA = Path(__file__).resolve().parent / "_data" / "embedding_map.json"
TOKENS, DIMENSIONS, EPOCHS, NEIGHBOURS = 10**6, 100, 5, 8


def counted() -> np.ndarray:
    """Count-based vectors of the whole vocabulary, (V, d)."""
    counts = positional_counts(stories().train(TOKENS), len(stories().vocabulary))
    return svd_vectors(weigh(ppmi(counts), counts), DIMENSIONS, np.random.default_rng(0), power=1)


def predicted() -> np.ndarray:
    """Skip-gram's vectors of the whole vocabulary, (V, d)."""
    rng = np.random.default_rng(0)
    return skipgram.train(stories().train(TOKENS), len(stories().vocabulary), DIMENSIONS, rng, epochs=EPOCHS).words


def plane(unit: np.ndarray) -> tuple[np.ndarray, float]:
    """Coordinates (N, 2) in the plane of the two largest principal components, scaled to −1 … 1, and their variance's share."""
    places, _, variances = pca(unit, min(2, len(unit) - 1))
    places = np.pad(places, ((0, 0), (0, 2 - places.shape[1])))
    return places / np.abs(places).max(), float(variances.sum() / unit.var(axis=0, ddof=1).sum())


def view(words: list[str], kinds: list[str], vectors: np.ndarray) -> dict:
    """Places of the words among all and within their kind, and their neighbours [[index, cosine], …], nearest first."""
    unit = normalise(vectors[stories().vocabulary.encode(words)])
    places, share = plane(unit)
    within, shares = np.zeros((len(words), 2)), {}
    for kind in sorted(set(kinds)):
        members = [i for i, other in enumerate(kinds) if other == kind]
        within[members], shares[kind] = plane(unit[members])
    similar = unit @ unit.T
    np.fill_diagonal(similar, -2)
    nearest = np.argsort(-similar, axis=1, kind="stable")[:, :NEIGHBOURS]
    return {
        "shares": {"all": round(share, 3), **{kind: round(value, 3) for kind, value in shares.items()}},
        "places": places.round(3).tolist(),
        "within": within.round(3).tolist(),
        "neighbours": [[[int(j), round(float(similar[i, j]), 2)] for j in row] for i, row in enumerate(nearest)],
    }


def data() -> dict:
    """Everything that the figure needs."""
    known = descriptions()
    words = sorted(known, key=str.lower)
    kinds = [dict(known[word])["class"] for word in words]
    return {
        "words": words,
        "kinds": kinds,
        "details": [", ".join(value for key, value in known[word] if key != "class") for word in words],
        "views": {"counted": view(words, kinds, counted()), "predicted": view(words, kinds, predicted())},
    }


if __name__ == "__main__":
    text = json.dumps(data(), ensure_ascii=False, separators=(",", ":")).replace('],"', '],\n"').replace('},"', '},\n"')
    DATA.write_text(text + "\n", encoding="utf-8")
    print(f"{DATA.name}: {len(text):,} characters")
