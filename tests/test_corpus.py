"""llmcourse.corpus against lists of texts, one text at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcourse.corpus import Corpus, are_ids, encode_texts
from llmcourse.vocabulary import BOS, EOS, Vocabulary

texts = st.lists(st.lists(st.integers(1, 9), max_size=6), max_size=6)


@given(texts)
def test_a_corpus_is_the_list_of_its_texts(lists):
    corpus = Corpus.join(lists)
    assert [text.tolist() for text in corpus] == lists and len(corpus) == len(lists)
    assert corpus.lengths.tolist() == list(map(len, lists))
    assert corpus.text_of.tolist() == [s for s, text in enumerate(lists) for _ in text]
    assert len(corpus.starts) == len(lists) + 1 and corpus.ids.dtype.kind == "i"
    assert Corpus.join(corpus) is corpus


@given(texts, st.integers(-7, 7), st.integers(-7, 7))
def test_a_range_of_texts_is_a_corpus(lists, first, last):
    part = Corpus.join(lists)[first:last]
    assert isinstance(part, Corpus) and [text.tolist() for text in part] == lists[first:last]
    assert part.starts[0] == 0


@given(texts, st.integers(0, 8))
def test_previous_and_last_stay_inside_a_text(lists, j):
    corpus = Corpus.join(lists)
    assert corpus.previous(j).tolist() == [text[t - j] if t >= j else 0 for text in lists for t in range(len(text))]
    assert corpus.previous(j, filler=99).tolist() == [text[t - j] if t >= j else 99 for text in lists for t in range(len(text))]
    assert corpus.last(j).tolist() == [text[-1 - j] if len(text) > j else 0 for text in lists]
    assert corpus.last(j, filler=99).tolist() == [text[-1 - j] if len(text) > j else 99 for text in lists]


@given(st.lists(st.integers(1, 4), max_size=20))
def test_every_eos_ends_a_text(ids):
    expected, text = [], []
    for i in ids:
        text.append(i)
        if i == 1:
            expected.append(text)
            text = []
    if text or not ids:
        expected.append(text)
    found = [text.tolist() for text in Corpus.split(np.array(ids, np.int64), 1)]
    assert found == (expected if ids else [])


def test_bad_places_and_bad_texts():
    corpus = Corpus.join([[1, 2], [3]])
    assert corpus[-1].tolist() == [3] and corpus[np.int64(0)].tolist() == [1, 2]
    for wrong in (2, -3):
        with pytest.raises(IndexError, match=f"no text {wrong} among 2"):
            corpus[wrong]
    with pytest.raises(ValueError, match="a range of texts must have step 1, got 2"):
        corpus[::2]
    for wrong in ([[1.5]], [["a"]], [3], [[[1]]]):
        with pytest.raises(TypeError, match="expected every text to be a flat sequence of integer ids, got"):
            Corpus.join(wrong)


V = Vocabulary(["a", "b"])


def test_four_forms_of_the_same_texts():
    wanted = [[2, 3, 1], [1], [3, 1]]
    corpora = [encode_texts([["a", "b"], [], ["b", EOS]], V), encode_texts([np.array(t) for t in wanted], V),
               encode_texts(np.concatenate(wanted), V), encode_texts(Corpus.join(wanted), V)]
    for corpus in corpora:
        assert [text.tolist() for text in corpus] == wanted and corpus.ids.dtype == np.uint8
    assert [text.tolist() for text in encode_texts([["a"], ["b"]], V, eos=False)] == [[2], [3]]


def test_strings_and_ids_are_told_apart_by_the_first_token():
    for texts in ([["a"], np.array(["b"])], [[], ["a"], np.array([], int)], [np.array(["a"])], [[], []], []):
        assert not are_ids(texts)
    for texts in ([[], [2]], [np.array([2], np.uint8), []], [np.array([], int)], [np.array([]), []], [(np.int16(3),)]):
        assert are_ids(texts)
    assert encode_texts([["a"], np.array(["b"])], V).ids.tolist() == [2, 1, 3, 1]


def test_eos_at_the_end_is_not_doubled_and_small_vocabularies_take_small_integers():
    assert encode_texts([[], [EOS], ["a", EOS]], V).starts.tolist() == [0, 1, 2, 4]
    assert encode_texts([["a"], []], V, eos=False).starts.tolist() == [0, 1, 1]
    for size, dtype in ((255, np.uint8), (256, np.uint16), (2**16 - 1, np.uint16), (2**16, np.uint32)):
        vocabulary = Vocabulary([f"w{i}" for i in range(size - 2)])
        last = vocabulary.tokens[-1]
        for corpus in (encode_texts([[last]], vocabulary), encode_texts([[size - 1, 1]], vocabulary)):
            assert corpus.ids.tolist() == [size - 1, 1] and corpus.ids.dtype == dtype


@pytest.mark.parametrize(("wrong", "error", "message"), [
    ([["c"]], ValueError, "unknown token 'c'"), ([[BOS]], ValueError, "never inside"), ([[0, 1]], ValueError, "never inside"),
    ([[4]], ValueError, "token id 4 is outside 0 … 3"), ([], ValueError, "the corpus is empty"),
    (np.array([], int), ValueError, "the corpus is empty"), ("ab", TypeError, "expected a list of texts"),
    ({"a"}, TypeError, "expected a list of texts"), ([["a", 3]], TypeError, "a token must be a string, got 3")])
def test_bad_texts_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        encode_texts(wrong, V)
