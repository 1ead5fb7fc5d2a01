"""The data of the embedding map: made again, it is what is committed."""

import importlib.util
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

BOOK = Path(__file__).resolve().parent.parent / "book"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("embedding_map", BOOK / "embedding_map.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def committed():
    return json.loads((BOOK / "_data" / "embedding_map.json").read_text(encoding="utf-8"))


def overlap(one, other):
    """Mean share of neighbours that two views have in common."""
    pairs = zip(one["neighbours"], other["neighbours"], strict=True)
    return np.mean([len({j for j, _ in a} & {j for j, _ in b}) / len(a) for a, b in pairs])


def test_counted_vectors_give_the_committed_map(script, committed):
    found = script.view(committed["words"], committed["kinds"], script.counted())
    want = committed["views"]["counted"]
    np.testing.assert_allclose(found["places"], want["places"], atol=0.002)
    assert found["shares"] == pytest.approx(want["shares"], abs=0.002)
    assert overlap(found, want) > 0.99
    cosines = [[[c for _, c in row] for row in one["neighbours"]] for one in (found, want)]
    np.testing.assert_allclose(*cosines, atol=0.011)


def test_predicted_vectors_give_nearly_the_committed_map(script, committed):
    """Half a million single-precision steps do not end at the same digits on every machine."""
    found = script.view(committed["words"], committed["kinds"], script.predicted())
    want = committed["views"]["predicted"]
    assert overlap(found, want) > 0.8
    assert found["shares"]["all"] == pytest.approx(want["shares"]["all"], abs=0.03)


def test_words_and_kinds_are_those_of_the_language(script, committed):
    from llmcourse.embeddings.questions import descriptions
    known = descriptions()
    assert set(committed["words"]) == set(known)
    assert committed["kinds"] == [dict(known[word])["class"] for word in committed["words"]]
    assert overlap(*committed["views"].values()) > 0.6
    for view in committed["views"].values():
        for i, row in enumerate(view["neighbours"]):
            assert len({j for j, _ in row} - {i}) == script.NEIGHBOURS
            assert all(a >= b for (_, a), (_, b) in pairwise(row))


def test_what_the_figure_says_without_javascript_is_true(committed):
    view, words = committed["views"]["counted"], committed["words"]
    near = {word: [words[j] for j, _ in view["neighbours"][words.index(word)]] for word in ("waves", "Ada")}
    assert set(near["waves"][:3]) == {"crabs", "gulls", "wave"} and len(words) == 318
    assert set(near["Ada"]) < {"Alma", "Ebba", "Greta", "Ingrid", "Lova", "Maja", "Signe", "Tuva", "Ylva"}


def test_a_map_with_lists_of_unequal_length_is_refused(committed):
    import sys
    sys.path.insert(0, str(BOOK / "_ext"))
    pytest.importorskip("sphinx", reason="sphinx is not installed")
    from course_book.interactive import map_problem
    assert map_problem(committed) is None
    assert "one length" in map_problem(committed | {"words": committed["words"][:-1]})
    assert "one length" in map_problem({}) and "one length" in map_problem(committed | {"views": {}})
