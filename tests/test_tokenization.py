"""llmcourse.tokenization against numbers worked by hand, properties, and bad input."""

import doctest
import importlib
import itertools
import json
import unicodedata
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse import tokenization
from llmcourse.corpora import LANGUAGES
from llmcourse.corpora import text as corpus_text
from llmcourse.tokenization import (
    GPT2_PATTERN,
    PATTERN,
    ByteBPE,
    WordPiece,
    bits_per_character,
    build_vocabulary,
    embedding_lookup,
    inputs_and_targets,
    learn_merges,
    masked_mean,
    merge,
    out_of_vocabulary,
    pad_and_truncate,
    pair_counts,
    pre_tokenize,
    split_characters,
    split_marks,
    split_words,
    to_bytes,
    to_name,
    train_bpe,
    train_wordpiece,
)
from llmcourse.tokenization import fast as fast_tokenization

SENTENCE = "Henry is givin' a lectrue on transformers"
BOTH = pytest.mark.parametrize("module", [tokenization, fast_tokenization], ids=["readable", "fast"])
AWKWARD = ["", " ", "   two  spaces ", "tabs\tand\nlines\r\n\n", "naïve café", "e\u0301 combining", "👩‍👩‍👧‍👦 family",
           "漢字とかな", "\x00\x1f\x85\u2028", "\U0010ffff", "a" * 300, "snake_case 3.14 ½²", "ﷺ", "שָׁלוֹם", "\\x41 \\\\ \\"]


# Words and characters

def test_the_sentence_of_the_lecture_in_words():
    words = split_words(SENTENCE)
    assert words == ["henry", "is", "givin'", "a", "lectrue", "on", "transformers"]
    vocabulary = build_vocabulary([split_words("Henry is giving a lecture on transformers")])
    known = vocabulary.decode(vocabulary.encode(words))
    assert known == ["henry", "is", "<unk>", "a", "<unk>", "on", "transformers"]
    assert out_of_vocabulary([words], vocabulary) == 2 / 7


def test_the_sentence_of_the_lecture_in_characters():
    characters = [c for c in split_characters(SENTENCE.lower()) if c != " "]
    assert characters[:13] == ["h", "e", "n", "r", "y", "i", "s", "g", "i", "v", "i", "n", "'"]
    assert "".join(split_characters(SENTENCE)) == SENTENCE and len(split_characters(SENTENCE)) == 41


def test_the_sentence_of_the_lecture_in_wordpieces():
    """The slide cuts "lectrue" into lect ##u ##re, which spells "lecture": no tokenizer corrects a typo."""
    pieces = "henry is giv ##in ' a lect ##u ##re on transform ##ers".split()
    tokenizer = WordPiece([*pieces, "g", "##iv", "l", "##e", "##r", "trans", "##form"])
    correct = SENTENCE.replace("lectrue", "lecture")
    assert tokenizer.tokenize(correct) == pieces
    assert tokenizer.encode(correct).tolist() == list(range(1, 13))
    assert tokenizer.decode(tokenizer.encode(correct)) == "henry is givin ' a lecture on transformers"
    assert tokenizer.tokenize(SENTENCE) == [*pieces[:7], "##r", "##u", "##e", *pieces[9:]]
    assert WordPiece(pieces).tokenize("lectrue lecture") == ["[UNK]", "lect", "##u", "##re"]


def test_words_and_marks_in_other_scripts():
    assert split_words("L’été, 3½ €!") == ["l’été", ",", "3½", "€", "!"]
    assert split_marks("L’été snake_case") == ["l", "’", "été", "snake", "_", "case"]


HINDI = "नमस्ते दुनिया"
MARKED = ["e\u0301te\u0301", "नमस्ते", "दुनिया", "ที่นี่", "क्\u200dष", "می\u200cخواهم", "שָׁלוֹם", "가\u0301"]


@pytest.mark.parametrize("word", MARKED)
def test_a_combining_mark_belongs_to_its_letter(word):
    assert split_words(f"a {word} b") == split_marks(f"a {word} b") == ["a", word, "b"]
    assert split_words(f"{word}, {word}") == split_marks(f"{word}, {word}") == [word, ",", word]
    assert pre_tokenize(f"a {word}, {word}") == ["a", f" {word}", ",", f" {word}"]
    assert fast_tokenization.pre_tokenize(f"{word} 7") == [word, " 7"]
    assert len(pre_tokenize(word, GPT2_PATTERN)) > 1 and "".join(pre_tokenize(word, GPT2_PATTERN)) == word


def test_a_combining_mark_belongs_to_whatever_stands_before_it():
    text = "❤\ufe0f! 1\ufe0f\u20e3 👩\u200d👧"
    assert split_words(text) == split_marks(text) == ["❤\ufe0f", "!", "1\ufe0f\u20e3", "👩\u200d", "👧"]
    assert pre_tokenize(text) == ["❤\ufe0f!", " 1\ufe0f\u20e3", " 👩\u200d👧"]
    assert split_words("l\u0301' _\u0301") == ["l\u0301'", "_\u0301"] and split_marks("l\u0301' _\u0301") == [
        "l\u0301", "'", "_\u0301"]
    for cut in (split_words, split_marks, pre_tokenize):
        assert cut("\u0301") == ["\u0301"]


def test_pre_tokens_are_those_of_gpt2_but_for_marks_and_endings():
    assert pre_tokenize("we'll go") == ["we", "'", "ll", " go"]
    assert pre_tokenize("we'll go", GPT2_PATTERN) == ["we", "'ll", " go"]
    assert pre_tokenize("It's DON'T", GPT2_PATTERN) == ["It", "'s", " DON", "'", "T"]
    for text in [*AWKWARD, *(corpus_text(language)[:2000] for language in LANGUAGES)]:
        if "'" not in text and not any(unicodedata.category(c)[0] == "M" or c == "\u200d" for c in text):
            assert pre_tokenize(text) == pre_tokenize(text, GPT2_PATTERN)
    assert pre_tokenize("3½ x2 ½²Ⅷ") == ["3½", " x", "2", " ½²Ⅷ"]


def test_one_merge_can_span_a_mark():
    assert to_name(train_bpe([HINDI] * 2, 60).tokens[-1]) == " दुनिया"
    assert len(max(train_bpe([HINDI] * 2, 60, pattern=GPT2_PATTERN).tokens[256:], key=len).decode()) == 3  # a space and द or न


def test_words_are_put_into_lower_case_one_by_one():
    assert split_words("ÀB İ ΟΔΟΣ") == split_marks("ÀB İ ΟΔΟΣ") == ["àb", "i\u0307", "οδος"]


def test_a_vocabulary_is_cut_by_count_and_by_size():
    texts = [["b", "a", "b"], ["c", "a", "d", "b"]]
    assert build_vocabulary(texts).tokens == ("<bos>", "<eos>", "<unk>", "b", "a", "c", "d")
    assert build_vocabulary(texts, min_count=2).tokens[3:] == ("b", "a")
    assert build_vocabulary(texts, max_size=3).tokens[3:] == ("b", "a", "c")
    assert build_vocabulary(texts, max_size=0).tokens[3:] == ()
    assert out_of_vocabulary(texts, build_vocabulary(texts, min_count=2)) == 2 / 7


# Byte-level BPE

@BOTH
def test_merges_by_hand(module):
    """low ×5, lower ×2, newest ×6, widest ×3 (Sennrich et al. 2016), without their end-of-word mark: es, est, then lo (7) and
    low (7), where the smaller ids win: the pair (l, o) before (w, est), and the bytes e, n, w for the tie at 6."""
    texts = ["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3
    bpe = module.train_bpe(texts, 6)
    assert [to_name(t) for t in bpe.tokens[256:]] == ["es", "est", "lo", "low", "ew", "new"]
    assert bpe.merges[:2] == [(ord("e"), ord("s")), (256, ord("t"))]
    assert bpe.tokenize("lowest newer") == ["low", "est", " ", "new", "e", "r"]


@BOTH
def test_equally_frequent_pairs_go_to_the_smaller_ids(module):
    assert module.train_bpe(["dc", "ba", "bd"], 1).merges == [(ord("b"), ord("a"))]
    assert module.train_bpe(["xy", "yx"], 2).merges == [(ord("x"), ord("y")), (ord("y"), ord("x"))]


@BOTH
def test_runs_count_with_overlaps_and_merge_from_the_left(module):
    assert module.train_bpe(["aaa", "bc", "bc"], 1).merges == [(97, 97)]  # 2 and 2: a tie
    bpe = module.train_bpe(["aaaaa"], 3)  # 256 256 97, then (256, 97) before (256, 256): 256 257
    assert [to_name(t) for t in bpe.tokens[256:]] == ["aa", "aaa", "aaaaa"]
    assert bpe.encode("aaaaaaa").tolist() == [256, 258]


@BOTH
def test_training_ends_where_no_pair_is_left(module):
    for texts in ([], [""], ["a", "b"], ["a b"]):
        merges = module.train_bpe(texts, 10).merges
        assert merges == ([] if texts != ["a b"] else [(32, 98)])
    assert module.train_bpe(["abab"], 0).merges == []


@BOTH
def test_no_merge_reaches_across_pre_tokens(module):
    bpe = module.train_bpe(["the cat the cat, the cat"] * 9, 300)
    assert max(len(token.split()) for token in map(bytes.decode, bpe.tokens[256:])) == 1
    everything = module.train_bpe(["the cat the cat, the cat"] * 9, 300, pattern="(?s:.+)")
    assert b"the cat the cat, the cat" in everything.tokens


@BOTH
@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_texts_come_back(module, text):
    bpe = module.train_bpe([corpus_text("french")[:3000], *AWKWARD], 150, special_tokens=["<eos>"])
    assert bpe.decode(bpe.encode(text), strict=True) == text
    assert "".join(pre_tokenize(text)) == text
    assert [to_bytes(name) for name in bpe.tokenize(text)] == [bpe.tokens[i] for i in bpe.encode(text)]


@pytest.fixture(scope="module")
def trained():
    return [module.train_bpe([corpus_text(language)[:2000] for language in LANGUAGES] + AWKWARD, 200)
            for module in (tokenization, fast_tokenization)]


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back_and_both_versions_agree(trained, text):
    readable, fast = trained
    ids = readable.encode(text)
    assert ids.dtype == np.int64
    assert readable.decode(ids, strict=True) == text
    assert fast.encode(text).tolist() == ids.tolist()


@pytest.mark.parametrize("many", [1, 3, 128])
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text("ab c漢", max_size=40), max_size=6), n_merges=st.integers(0, 25))
def test_both_versions_learn_the_same(many, texts, n_merges):
    with mock.patch.object(fast_tokenization, "MANY", many):
        assert fast_tokenization.train_bpe(texts, n_merges).merges == tokenization.train_bpe(texts, n_merges).merges


@pytest.mark.parametrize(("long", "crowd"), [(1, 10**6), (10**6, 1), (10**6, 10**6), (5, 2)])
@settings(max_examples=60, deadline=None)
@given(text=st.text("aab b漢", max_size=60), n_merges=st.integers(0, 20))
def test_each_way_of_encoding_gives_the_same(long, crowd, text, n_merges):
    merges = tokenization.train_bpe(["aaaa abab ab aab 漢漢a", text], n_merges).merges
    with mock.patch.multiple(fast_tokenization, LONG=long, CROWD=crowd):
        assert fast_tokenization.ByteBPE(merges).encode(text).tolist() == ByteBPE(merges).encode(text).tolist()


@settings(max_examples=100, deadline=None)
@given(token=st.binary())
def test_names_of_tokens_can_be_read_back(token):
    assert to_bytes(to_name(token)) == token


def test_both_versions_agree_where_pairs_have_many_places(monkeypatch):
    """Of 300 words each of which occurs once or twice, "en" is in more than MANY, "qn" in fewer: both ways of merging."""
    words = ["".join(parts) for parts in itertools.product("bdfglmprst", ["en", "enen", "qn"], "aeikmouxyz")]
    ways = []
    for way in ("merge_at_once", "merge_one_by_one"):
        method = getattr(fast_tokenization.Places, way)
        monkeypatch.setattr(fast_tokenization.Places, way,
                            lambda self, places, *rest, method=method, way=way: ways.append(way) or method(self, places, *rest))
    texts = [" ".join(words), " ".join(words[::7]), "ababab aaaa " * 400]
    assert fast_tokenization.train_bpe(texts, 60).merges == tokenization.train_bpe(texts, 60).merges
    assert {"merge_at_once", "merge_one_by_one"} == {*ways[:9]}


def test_long_words_need_no_quadratic_time():
    bpe = fast_tokenization.train_bpe(["abab" * 30 + "a" * 100], 30)
    plain = ByteBPE(bpe.merges)
    for word in ("ab" * 40 + "a" * 77, "a" * 333, "b" * 40, "ab" * 31 + "c" + "ba" * 31):
        assert bpe.encode(word).tolist() == plain.encode(word).tolist()
    assert bpe.decode(bpe.encode("ab" * 30_000)) == "ab" * 30_000


@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.text("abc漢", min_size=1, max_size=12), min_size=1, max_size=20), n_merges=st.integers(0, 30))
def test_words_merged_side_by_side_are_merged_the_same(words, n_merges):
    bpe = fast_tokenization.train_bpe([" ".join(words), "aaaa abab"], n_merges)
    found = [np.frombuffer(ids, np.int64).tolist() for ids in bpe.merge_side_by_side(words)]
    assert found == [list(tokenization.ByteBPE.merge_bytes(bpe, word)) for word in words]


def test_a_text_of_many_new_words(monkeypatch):
    monkeypatch.setattr(fast_tokenization, "CROWD", 20)
    syllables = map("".join, itertools.product("aeiou", "bcdfgh", "aeikmaa"))
    text = " ".join(syllable + "xyz" * (i % 20) for i, syllable in enumerate(syllables))
    for n_merges in (0, 40):
        bpe = fast_tokenization.train_bpe([text[:900]], n_merges)
        assert bpe.encode(text).tolist() == ByteBPE(bpe.merges).encode(text).tolist()


def test_new_words_of_a_crowd_are_merged_side_by_side_and_only_once(monkeypatch):
    monkeypatch.setattr(fast_tokenization, "CROWD", 3)
    bpe = fast_tokenization.train_bpe(["abab"], 2)
    together = []
    method = bpe.merge_side_by_side
    monkeypatch.setattr(bpe, "merge_side_by_side", lambda words: together.append(sorted(words)) or method(words))
    monkeypatch.setattr(bpe, "merge_bytes", None)
    assert bpe.encode("ab abab aba").tolist() == [256, 32, 257, 32, 256, 97]
    assert together == [[" aba", " abab", "ab"]] and sorted(bpe.known) == together[0]
    bpe.encode(" aba aba abab")
    assert len(together) == 1


def test_a_tokenizer_forgets_rather_than_growing_without_end(monkeypatch):
    monkeypatch.setattr(fast_tokenization, "REMEMBERED", 10)
    text = " ".join(f"word{'xyz'[i % 3]}{'abcdefgh'[i % 8]}{'klmno'[i % 5]}" for i in range(200))
    for crowd in (256, 5):
        monkeypatch.setattr(fast_tokenization, "CROWD", crowd)
        bpe = fast_tokenization.train_bpe(["some words to learn from"], 10)
        plain = ByteBPE(bpe.merges)
        for part in (text, text[:70], text[300:], "a b c d e f g h"):
            assert bpe.encode(part).tolist() == plain.encode(part).tolist()
            assert len(bpe.known) <= 10
    cache = fast_tokenization.Cache(str.encode)
    for i in range(10):
        assert cache[str(i)] == str(i).encode() and len(cache) == i + 1
    cache.make_room(0)
    assert len(cache) == 10 and cache["0"] == b"0"
    assert cache["x"] == b"x" and dict(cache) == {"x": b"x"}
    cache.make_room(9)
    assert len(cache) == 1
    cache.make_room(10)
    assert len(cache) == 0


@BOTH
def test_special_tokens_are_ordinary_characters_unless_asked_for(module):
    bpe = module.train_bpe(["the end <eos>"] * 3, 4, special_tokens=["<eos>", "<eos>!", "<pad>"])
    assert len(bpe) == 256 + 4 + 3 and bpe.special == {"<eos>": 260, "<eos>!": 261, "<pad>": 262}
    assert set(bpe.encode("<eos>").tolist()) & {260, 261, 262} == set()
    assert bpe.decode(bpe.encode("<eos>")) == "<eos>"
    ids = bpe.encode("a<eos><eos>!b<pad>", special=True)
    assert ids.tolist() == [97, 260, 261, 98, 262] and bpe.decode(ids) == "a<eos><eos>!b<pad>"
    assert module.train_bpe(["ab"], 1).encode("<eos>", special=True).tolist() == list(b"<eos>")


@BOTH
def test_special_tokens_have_no_part_in_training(module):
    end = "<|end|>"
    texts = ["low low" + end + "lower" + end * 3, end, "new " + end]
    apart = ["low low", "lower", "", "new "]
    for n_merges in (1, 5, 40):
        found = module.train_bpe(texts, n_merges, special_tokens=[end])
        assert found.merges == module.train_bpe(apart, n_merges).merges
        assert not any(set(token) & set(b"<|>") for token in found.tokens[256:-1])
    assert module.train_bpe([end * 9], 9, special_tokens=[end]).merges == []
    assert len(module.train_bpe([end * 9], 9).merges) > 3  # an ordinary text, if nobody says that it is special
    assert module.count_words(["a<x><xy>b"], special_tokens=["<x>", "<xy>"]) == {"a": 1, "b": 1}
    assert module.count_words(["one one"], special_tokens=["e o"]) == {"on": 1, "ne": 1}


@BOTH
def test_one_string_is_no_list_of_special_tokens(module):
    for call in (lambda: module.train_bpe(["abc"], 1, special_tokens="<e>"), lambda: module.ByteBPE([], special_tokens="<e>"),
                 lambda: module.ByteBPE([], special_tokens=["<e>"]).encode("a", special="<e>"),
                 lambda: module.count_words(["a"], special_tokens="<e>")):
        with pytest.raises(TypeError, match="list of special tokens, got one string '<e>'; put it into a list"):
            call()
    for names in ({"<e>"}, {"<e>": 256}, 5, None):
        with pytest.raises(TypeError, match="expected a list of special tokens, got"):
            module.ByteBPE([], special_tokens=names)
    with pytest.raises(TypeError, match="expected a text as a string, got 7"):
        module.ByteBPE([], special_tokens=["<e>", 7])
    with pytest.raises(ValueError, match=r"different and not empty, got .'<e>', ''"):
        module.ByteBPE([], special_tokens=["<e>", ""])


@BOTH
def test_special_tokens_are_chosen_per_call(module):
    bpe = module.ByteBPE([(97, 98)], special_tokens=["<a>", "<b>", "<a><b>"])
    assert bpe.encode("<a><b>ab<a>", special=True).tolist() == [259, 256, 257]
    assert bpe.encode("<a><b>ab<a>", special=["<a>", "<b>"]).tolist() == [257, 258, 256, 257]
    assert bpe.encode("<a><b>", special=["<b>"]).tolist() == [*b"<a>", 258]
    assert bpe.encode("<a>", special=[]).tolist() == bpe.encode("<a>", special=False).tolist() == list(b"<a>")
    assert bpe.encode("<a>", special=("<a>",)).tolist() == [257]
    with pytest.raises(ValueError, match=r"'<c>' is no special token of this tokenizer; it has .'<a>', '<b>', '<a><b>'"):
        bpe.encode("x", special=["<a>", "<c>"])
    with pytest.raises(TypeError, match="expected a list of special tokens, got"):
        bpe.encode("x", special={"<a>"})


@BOTH
def test_a_batch_is_encoded_text_by_text(module):
    bpe = module.train_bpe(["the cat sat"], 5, special_tokens=["<e>"])
    texts = ["the cat", "", "sat<e>"]
    for special in (False, True):
        found = bpe.encode_batch(iter(texts), special=special)
        assert [ids.tolist() for ids in found] == [bpe.encode(text, special=special).tolist() for text in texts]
    assert found[1].dtype == np.int64 and bpe.encode_batch([]) == []
    assert pad_and_truncate(found, 2)[1].tolist() == [[True, True], [False, False], [True, True]]
    for bad in ("the cat", {"the", "cat"}):
        with pytest.raises(TypeError, match="expected a list of texts, got"):
            bpe.encode_batch(bad)


def test_offsets_by_hand():
    bpe = ByteBPE([(97, 98), (0xC3, 0xA9)], special_tokens=["<e>"])
    ids, offsets = bpe.encode_with_offsets("abé漢a<e>", special=True)
    assert ids.tolist() == [256, 257, *"漢".encode(), 97, 258]
    assert offsets.tolist() == [[0, 2], [2, 3], [3, 4], [3, 4], [3, 4], [4, 5], [5, 8]]  # the bytes of one character share it
    assert bpe.encode_with_offsets("<e>")[1].tolist() == [[0, 1], [1, 2], [2, 3]]
    ids, offsets = bpe.encode_with_offsets("")
    assert ids.shape == (0,) and offsets.shape == (0, 2) and offsets.dtype.kind == "i"


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from("abe rst.1é漢😀\n")))
def test_offsets_lead_back_to_the_text(trained, text):
    for bpe in trained:
        ids, offsets = bpe.encode_with_offsets(text)
        assert ids.tolist() == bpe.encode(text).tolist()
        assert all(bpe.tokens[i] in text[a:b].encode() and a < b for i, (a, b) in zip(ids, offsets, strict=True))
        if text:
            assert offsets[0, 0] == 0 and offsets[-1, 1] == len(text)
            assert (offsets[1:, 0] - offsets[:-1, 1] <= 0).all() and (offsets[1:, 0] >= offsets[:-1, 0]).all()


STREAMED = ["<e>", "<e f>", "<e f> <g", " g"]


@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from(["a", " ", "  ", "\n", "it'll", "'", "<e>", "<e f>", "<e", " f> <", "g"])).map("".join),
       cuts=st.lists(st.integers(0, 40), max_size=8), special=st.sampled_from([False, True, STREAMED[:1], STREAMED[2:]]))
def test_a_stream_gives_the_ids_of_the_whole(text, cuts, special):
    pieces = [text[a:b] for a, b in itertools.pairwise([0, *sorted(cuts), len(text) + 40])]
    for pattern in (PATTERN, GPT2_PATTERN, "(?s:.+)"):
        bpe = ByteBPE([(39, 108), (256, 108), (32, 97), (97, 32)], special_tokens=STREAMED, pattern=pattern)
        assert list(bpe.encode_stream(pieces, special=special)) == bpe.encode(text, special=special).tolist()


@BOTH
def test_a_stream_does_not_wait_for_its_end(module):
    bpe = module.train_bpe(["the cat sat on the mat"], 20, special_tokens=["<end of text>"])
    for special, before_the_first in ((False, 1), (True, 4)):  # "<end of text>" could begin at each of the last 12 characters
        pieces = ["the c", "at ", "sat on", " the", " mat", " <end", " of text>", " the"]
        arriving = iter(pieces)
        stream = bpe.encode_stream(arriving, special=special)
        first = bpe.tokens[next(stream)]
        assert b"the".startswith(first) and len(list(arriving)) == len(pieces) - before_the_first
    assert bpe.decode(list(bpe.encode_stream(pieces, special=True))) == "".join(pieces)


def test_a_long_wait_is_not_searched_again_for_each_piece(monkeypatch):
    tried = []
    monkeypatch.setattr(ByteBPE, "safe_cut", lambda self, text, names: tried.append(len(text)) or 0)
    bpe = ByteBPE([])
    assert len(list(bpe.encode_stream(["a"] * 1200))) == 1200
    assert tried == [*range(1, 258), 514, 1028]


def test_where_a_stream_can_be_cut():
    bpe = ByteBPE([], special_tokens=["<e f>", "<g>"])
    assert [bpe.safe_cut(text, []) for text in ("", "ab", "ab ", "ab cd", "ab cd ", " ab", "ab  ", "ab\n\nc", "a, b")] == [
        0, 0, 2, 2, 5, 0, 2, 2, 2]
    texts = ("ab cd", "ab cde", "ab cdef", "ab cd <e", "a <e f>b", "a <e f>b cdef", "a <e f>")
    assert [bpe.safe_cut(text, ["<e f>"]) for text in texts] == [0, 2, 2, 2, 1, 8, 1]
    assert bpe.safe_cut("ab cd <e", ["<g>"]) == 5 and bpe.safe_cut("ab <g> x", ["<g>"]) == 2
    assert ByteBPE([], pattern="(?s:.+)").safe_cut("ab cd", []) == 0


def test_stream_bad_input():
    bpe = ByteBPE([], special_tokens=["<e>"])
    for bad in ("one text", ["ab", 5], ["ab", b"c"]):
        with pytest.raises(TypeError, match=r"list of pieces of text, got one string|text as a string"):
            list(bpe.encode_stream(bad))
    with pytest.raises(ValueError, match="no special token"):
        bpe.encode_stream(["ab"], special=["<x>"])
    with pytest.raises(ValueError, match="lone surrogate"):
        list(bpe.encode_stream(["ab", "\ud83d"]))


# A numbering of another program

@BOTH
def test_a_numbering_of_another_program(module, tmp_path):
    numbering = np.arange(259)[::-1]
    bpe = module.ByteBPE([(97, 98), (256, 99)], special_tokens=["<e>"], numbering=numbering)
    own = module.ByteBPE([(97, 98), (256, 99)], special_tokens=["<e>"])
    assert own.numbering.tolist() == list(range(259)) and own.special == {"<e>": 258} and bpe.special == {"<e>": 0}
    assert bpe.encode("abcd<e>", special=True).tolist() == [1, 158, 0] and own.encode("abcd").tolist() == [257, 100]
    assert bpe.decode([2, 1, 0, 258]) == "ababc<e>\x00" and bpe.tokens[1] == b"abc"
    assert bpe.tokenize("abcd") == ["abc", "d"] and len(bpe) == 259
    bpe.save(tmp_path / "bpe.json")
    again = module.ByteBPE.load(tmp_path / "bpe.json")
    assert (again.tokens, again.special, again.merges) == (bpe.tokens, bpe.special, bpe.merges)
    own.save(tmp_path / "own.json")
    assert "numbering" not in (tmp_path / "own.json").read_text(encoding="utf-8")
    for bad, message in (([*range(258), 257], "has each id of 0 … 258 once, got 258 different ones"),
                         (range(258), "258 different"), ([*range(258), 259], "259 is outside 0 … 258"),
                         (numbering.reshape(7, 37), r"259 different ones in an array of shape \(7, 37\)")):
        with pytest.raises(ValueError, match=message):
            module.ByteBPE([(97, 98), (256, 99)], special_tokens=["<e>"], numbering=bad)
    with pytest.raises(TypeError, match="integers"):
        module.ByteBPE([], numbering=np.arange(256.0))


def test_bytes_that_are_no_text_are_replaced_or_refused():
    bpe = ByteBPE([(0xC3, 0xA9)])
    assert bpe.decode([0xC3]) == "\ufffd" and bpe.decode([256]) == "é" and bpe.decode([0xC3, 0xA9], strict=True) == "é"
    with pytest.raises(ValueError, match="can't decode byte 0xc3 in position 1"):
        bpe.decode([97, 0xC3], strict=True)
    assert bpe.decode_bytes([97, 0xC3]) == b"a\xc3"


@BOTH
def test_save_and_load(module, tmp_path):
    bpe = module.train_bpe(["naïve\\ café 漢字 \"quoted\"\n\n"] * 3, 25, special_tokens=["<eos>"])
    bpe.save(tmp_path / "bpe.json")
    again = module.ByteBPE.load(tmp_path / "bpe.json")
    assert type(again) is module.ByteBPE
    assert (again.merges, again.special, again.tokens, again.pattern) == (bpe.merges, bpe.special, bpe.tokens, bpe.pattern)
    found = json.loads((tmp_path / "bpe.json").read_text(encoding="utf-8"))
    assert found["merges"][0] == [to_name(bpe.tokens[i]) for i in bpe.merges[0]]
    for n_merges in (0, 1):
        module.train_bpe(["ab"], n_merges).save(tmp_path / "small.json")
        assert len(module.ByteBPE.load(tmp_path / "small.json")) == 256 + n_merges


BROKEN = {"kind": "byte-level BPE", "pattern": ".", "special_tokens": [], "merges": []}


@pytest.mark.parametrize("content", [
    "no json", "[]", "{}", json.dumps(BROKEN | {"kind": "WordPiece"}), json.dumps(BROKEN | {"merges": [["ab", "c"]]}),
    json.dumps(BROKEN | {"merges": [["a"]]}), json.dumps(BROKEN | {"merges": [["a", "b"], ["a", "b"]]}),
    json.dumps(BROKEN | {"special_tokens": ["x", "x"]}),
])
def test_a_file_that_is_no_tokenizer_is_refused(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(ValueError, match=r"x\.json is not a saved byte-level BPE"):
        ByteBPE.load(tmp_path / "x.json")


@BOTH
def test_lone_surrogates_are_refused_with_their_place(module):
    bpe = module.train_bpe(["abc"], 1)
    for call in (lambda t: bpe.encode(t), lambda t: module.train_bpe([t], 1), lambda t: split_words(t)):
        with pytest.raises(ValueError, match=r"character 2 .* lone surrogate U\+D83D"):
            call("ab\ud83d")
    assert bpe.decode(bpe.encode("\U0001f600")) == "😀"


@BOTH
def test_bad_input_is_named(module):
    bpe = module.train_bpe(["abc"], 1)
    with pytest.raises(TypeError, match="bytes"):
        bpe.encode(b"abc")
    with pytest.raises(TypeError, match="list of texts"):
        module.train_bpe("abc", 1)
    for bad in ({"abc"}, {"abc": 1}, b"abc", 5):
        with pytest.raises(TypeError, match="expected a list of texts, got"):
            module.train_bpe(bad, 1)
    for bad in (b"abc", {"abc"}, ["abc"], None):
        with pytest.raises(TypeError, match="expected a text as a string, got"):
            module.train_bpe(["abc", bad], 1)
        with pytest.raises(TypeError, match="expected a text as a string, got"):
            bpe.encode(bad)
    with pytest.raises(ValueError, match=r"number of merges must be at least 0.*, got -1"):
        module.train_bpe(["abc"], -1)
    for bad in (1.5, 2.0, True, "3", None):
        with pytest.raises(TypeError, match="number of merges must be an integer"):
            module.train_bpe(["abc"], bad)
    assert len(module.train_bpe(["abc"], np.int64(2)).merges) == 2
    with pytest.raises(ValueError, match=r"pattern '.' is no regular expression: missing .* at position 1"):
        module.train_bpe(["abc"], 1, pattern="(")
    with pytest.raises(TypeError, match="pattern must be a string, got None"):
        module.ByteBPE([], pattern=None)
    for bad in (257, -1):
        with pytest.raises(ValueError, match=f"{bad} is outside 0 … 256"):
            bpe.decode([97, bad])
    assert bpe.decode([0, 256]) == "\x00ab" and bpe.encode("\x00").tolist() == [0]
    for bad in ([97.5], ["a"], [True], [None], [[97], [98]], "ab", 97, {97}, {97: 1}, None):
        with pytest.raises(TypeError, match="token ids"):
            bpe.decode(bad)
    assert bpe.decode(iter([97, 98])) == bpe.decode(np.array([97, 98], np.uint8)) == "ab" and bpe.decode([]) == ""
    with pytest.raises(ValueError, match="leaves out"):
        module.train_bpe(["ab cd"], 1, pattern=r"\w+")
    with pytest.raises(ValueError, match="different and not empty"):
        module.train_bpe(["ab"], 1, special_tokens=["<eos>", "<eos>"])
    with pytest.raises(ValueError, match=r"merge 1 is .257, 98., but the last token before it is 256"):
        module.ByteBPE([(97, 98), (257, 98)])
    with pytest.raises(ValueError, match=r"merge 0 is .97, 256., but the last token before it is 255"):
        module.ByteBPE([(97, 256), (97, 98)])
    assert module.ByteBPE([(255, 0), (256, 256)]).tokens[257] == b"\xff\x00\xff\x00"
    for bad in ([(-1, 97)], [(97, 257)]):
        with pytest.raises(ValueError, match=r"merged token (-1|257) is outside 0 … 256"):
            module.ByteBPE(bad)
    for bad in ([(97.5, 98)], [("a", "b")], [(97, 98), (99,)], [97, 98], [(97, 98, 99)], ["ab"]):
        with pytest.raises(TypeError, match=r"merged tokens must be integers|merge must be a pair of tokens, got"):
            module.ByteBPE(bad)
    with pytest.raises(ValueError, match="same token 'abc'"):
        module.ByteBPE([(97, 98), (98, 99), (256, 99), (97, 257)])


def test_a_pattern_with_a_group_cuts_the_same():
    assert fast_tokenization.pre_tokenize("ab cd", r"(\w)+|\s") == pre_tokenize("ab cd", r"\w+|\s") == ["ab", " ", "cd"]


def test_no_more_merges_than_numbers_of_pairs_have_room_for(monkeypatch):
    with pytest.raises(ValueError, match="number of merges must be at least 0 and at most 1048320, got 1048321"):
        fast_tokenization.train_bpe(["ab"], 2**20 - 255)
    assert fast_tokenization.train_bpe(["ab"], 2**20 - 256).merges == [(97, 98)]
    monkeypatch.setattr(fast_tokenization, "MOST", 1)
    assert len(fast_tokenization.ByteBPE([(97, 98)])) == 257
    with pytest.raises(ValueError, match="number of merges must be at most 1, got 2"):
        fast_tokenization.ByteBPE([(97, 98), (256, 97)])


def test_pairs_and_merging():
    assert pair_counts({(1, 2, 1, 2): 3, (2,): 5, (): 1}) == {(1, 2): 6, (2, 1): 3}
    assert merge((), (1, 2), 9) == () and merge((1,), (1, 2), 9) == (1,)
    assert merge((1, 2, 1, 1, 2), (1, 2), 9) == (9, 1, 9)
    assert merge((1, 1, 1, 1, 1), (1, 1), 9) == (9, 9, 1)
    assert merge([1, 2, 3], [1, 2], 9) == (9, 3) and merge((2, 1), (1, 2), 9) == (2, 1)
    for bad in ([(1, 2)], "ab", None):
        with pytest.raises(TypeError, match="dictionary from tuples of symbols to counts, got"):
            pair_counts(bad)
    for bad in (-1, 1.5):
        with pytest.raises((TypeError, ValueError), match="the number of merges must be"):
            learn_merges({(1, 2): 1}, bad, lambda k, pair: 9)
    with pytest.raises(TypeError, match="dictionary from tuples"):
        learn_merges([(1, 2)], 1, lambda k, pair: 9)


# WordPiece

def test_longest_match_first_is_not_the_fewest_pieces():
    tokenizer = WordPiece(["abc", "ab", "##cde", "##d", "##e"])
    assert tokenizer.tokenize_word("abcde") == ["abc", "##d", "##e"]


def test_a_word_that_cannot_be_cut_is_unknown_as_a_whole():
    tokenizer = WordPiece(["un", "##able", "able", "'"])
    assert tokenizer.tokenize("unable able unables zoo'") == ["un", "##able", "able", "[UNK]", "[UNK]", "'"]
    assert WordPiece(["a", "##a"], max_characters=4).tokenize("aaaa aaaaa") == ["a", "##a", "##a", "##a", "[UNK]"]
    assert tokenizer.tokenize("") == [] and tokenizer.ids["[UNK]"] == 0
    assert WordPiece(["a", "[UNK]"]).ids == {"a": 0, "[UNK]": 1}


def test_a_trained_wordpiece_vocabulary():
    tokenizer = train_wordpiece(["net nets net wet Wets hen"], 3)  # ##e ##t 5 times, then n ##et 3 times, then w ##et twice
    assert tokenizer.pieces == ["[UNK]", "##e", "##n", "##s", "##t", "h", "n", "w", "##et", "net", "wet"]
    assert tokenizer.tokenize("nets het") == ["net", "##s", "h", "##et"]
    assert tokenizer.tokenize("bet") == ["[UNK]"]
    for language in LANGUAGES:
        text = corpus_text(language)[:3000]
        assert "[UNK]" not in train_wordpiece([text], 50).tokenize(text)


def test_a_wordpiece_vocabulary_is_saved_and_loaded(tmp_path):
    tokenizer = WordPiece(["un", "##able", "\"'", "##é"], unk="<?>", max_characters=7)
    tokenizer.save(tmp_path / "pieces.json")
    again = WordPiece.load(tmp_path / "pieces.json")
    assert (again.pieces, again.unk, again.max_characters) == (["<?>", "un", "##able", "\"'", "##é"], "<?>", 7)
    assert (tmp_path / "pieces.json").read_text(encoding="utf-8").splitlines()[4:7] == [' "pieces": [', '  "<?>",', '  "un",']
    WordPiece(["a", "[UNK]"]).save(tmp_path / "pieces.json")
    assert WordPiece.load(tmp_path / "pieces.json").ids == {"a": 0, "[UNK]": 1}
    for content in ("no json", "[]", "{}", json.dumps(BROKEN),
                    *(json.dumps({"kind": "WordPiece", "unk": "?", "max_characters": 5, "pieces": []} | wrong)
                      for wrong in ({"pieces": "ab"}, {"pieces": ["##"]}, {"max_characters": 0}, {"unk": 5}, {"kind": "x"}))):
        (tmp_path / "pieces.json").write_text(content)
        with pytest.raises(ValueError, match=r"pieces\.json is not a saved WordPiece vocabulary: "):
            WordPiece.load(tmp_path / "pieces.json")


def test_offsets_of_wordpieces():
    tokenizer = WordPiece(["un", "##able", "!", "##x", "i\u0307", "##s", "##\u0307s"])
    ids, offsets = tokenizer.encode_with_offsets("Unable  zoo!\nUNX")
    assert ids.tolist() == tokenizer.encode("Unable  zoo!\nUNX").tolist()
    assert offsets.tolist() == [[0, 2], [2, 6], [8, 11], [11, 12], [13, 15], [15, 16]]
    assert tokenizer.encode_with_offsets(" İS")[1].tolist() == [[1, 2], [2, 3]]  # İ is two characters in lower case
    assert WordPiece(["i", "##\u0307s"]).encode_with_offsets("İS")[1].tolist() == [[0, 1], [0, 2]]
    assert tokenizer.encode_with_offsets(" ")[1].shape == (0, 2)
    for language in LANGUAGES:
        text = corpus_text(language)[:2000]
        learnt = train_wordpiece([text], 60)
        ids, offsets = learnt.encode_with_offsets(text)
        assert ids.tolist() == learnt.encode(text).tolist()
        assert [learnt.pieces[i].removeprefix("##") for i in ids] == [text[a:b].lower() for a, b in offsets]


def test_offsets_of_wordpieces_against_hugging_face():
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: its oracle tests are skipped")
    text = corpus_text("french")[:3000] + " naïve zzz漢"
    learnt = train_wordpiece([corpus_text("french")[:9000]], 200)
    oracle = tokenizers.Tokenizer(tokenizers.models.WordPiece(learnt.ids, unk_token="[UNK]"))
    oracle.normalizer = tokenizers.normalizers.Lowercase()
    words = tokenizers.Regex(r"[\p{L}\p{N}\p{M}]+|[^\s\p{L}\p{N}]")
    oracle.pre_tokenizer = tokenizers.pre_tokenizers.Split(words, "removed", invert=True)
    found = oracle.encode(text)
    ids, offsets = learnt.encode_with_offsets(text)
    assert ids.tolist() == found.ids and list(map(tuple, offsets.tolist())) == found.offsets


def test_wordpiece_bad_input():
    with pytest.raises(TypeError, match="expected a text as a string, got 3"):
        WordPiece(["a", 3])
    for pieces in ("ab", {"a", "b"}, {"a": 0}, None):
        with pytest.raises(TypeError, match="expected a list of pieces, got"):
            WordPiece(pieces)
    for empty in ("", "##"):
        with pytest.raises(ValueError, match=f"a piece must hold a character, got '{empty}'"):
            WordPiece(["a", empty])
        with pytest.raises(ValueError, match=f"a piece must hold a character, got '{empty}'"):
            WordPiece(["a"], unk=empty)
    for bad, error in ((0, ValueError), (2.5, TypeError)):
        with pytest.raises(error, match="max_characters must be"):
            WordPiece(["a"], max_characters=bad)
    assert WordPiece(["a"], max_characters=1).tokenize_word("a") == ["a"]
    assert WordPiece(["a"]).decode([0, 1]) == "[UNK] a"
    for bad in (2, -1):
        with pytest.raises(ValueError, match=f"{bad} is outside 0 … 1"):
            WordPiece(["a"]).decode([bad])
    for bad in ([0.5], "a", 1, {1}):
        with pytest.raises(TypeError, match="token ids"):
            WordPiece(["a"]).decode(bad)
    for texts in ("low lower", {"low"}, b"low"):
        with pytest.raises(TypeError, match="expected a list of texts, got"):
            train_wordpiece(texts, 5)
        with pytest.raises(TypeError, match="expected a list of texts, got"):
            WordPiece(["a"]).encode_batch(texts)
    for bad, error in ((-1, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="the number of merges must be"):
            train_wordpiece(["low"], bad)
    with pytest.raises(TypeError, match="text as a string"):
        WordPiece(["a"]).tokenize_word(["a"])
    assert [ids.tolist() for ids in WordPiece(["a"]).encode_batch(["a b", "", "a"])] == [[1, 0], [], [1]]


def test_the_longest_word_that_is_searched_has_100_characters():
    tokenizer = WordPiece(["a", "##a"])
    assert tokenizer.max_characters == 100 and len(tokenizer.tokenize_word("a" * 100)) == 100
    assert tokenizer.tokenize_word("a" * 101) == ["[UNK]"]


def test_vocabulary_bad_input():
    with pytest.raises(TypeError, match="list of texts, each a list of tokens, got 'one string' as a text"):
        build_vocabulary(["one string"])
    for bad, error in ((0, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="min_count must be"):
            build_vocabulary([["a"]], min_count=bad)
    for bad, error in ((-1, ValueError), (1.0, TypeError)):
        with pytest.raises(error, match="max_size must be"):
            build_vocabulary([["a"]], max_size=bad)
    for bad in ("ab", {"a", "b"}, [{"a", "b"}], [{"a": 1}], [["a", 5]], [5]):
        for call in (build_vocabulary, lambda texts: out_of_vocabulary(texts, build_vocabulary([]))):
            with pytest.raises(TypeError, match=r"list of texts|token must be a string"):
                call(bad)
    with pytest.raises(ValueError, match="no tokens"):
        out_of_vocabulary([[]], build_vocabulary([]))
    for bad in (["a"], "abc", {"a": 0}):
        with pytest.raises(TypeError, match="expected a Vocabulary, got"):
            out_of_vocabulary([["a"]], bad)
    assert build_vocabulary(iter([["a"], ("a", "b")])).tokens[3:] == ("a", "b")
    for call in (split_words, split_marks, split_characters, pre_tokenize, to_bytes):
        for bad in (b"ab", ["ab"], {"ab"}, 5):
            with pytest.raises(TypeError, match=r"expected a text as a string, got .* of type"):
                call(bad)


# Batches

def test_padding_truncation_and_mask():
    ids, mask = pad_and_truncate([[7, 8], [], [1, 2, 3, 4], [5, 6, 9]], 3, pad=0)
    assert ids.tolist() == [[7, 8, 0], [0, 0, 0], [1, 2, 3], [5, 6, 9]]
    assert mask.tolist() == [[True, True, False], [False] * 3, [True] * 3, [True] * 3]
    assert ids.dtype == np.int64 and mask.dtype == bool
    assert pad_and_truncate([np.array([0, 1])], 4, pad=0)[1].tolist() == [[True, True, False, False]]  # id 0 is a token here
    assert pad_and_truncate([], 4)[0].shape == (0, 4)
    assert pad_and_truncate([[5], []], 2)[0].tolist() == [[5, 0], [0, 0]]  # pad is 0 where nothing is said
    assert pad_and_truncate([[2**62]], 2, pad=-100)[0].tolist() == [[2**62, -100]]
    assert pad_and_truncate([(5, 6)], 1)[0].tolist() == [[5]]


def test_targets_are_the_next_tokens():
    x, y, m = inputs_and_targets(*pad_and_truncate([[1, 2, 3], [4]], 4, pad=9))
    assert x.tolist() == [[1, 2, 3], [4, 9, 9]] and y.tolist() == [[2, 3, 9], [9, 9, 9]]
    assert m.tolist() == [[True, True, False], [False, False, False]]
    x, y, m = inputs_and_targets([[1, 2]], [[1, 0]])
    assert (x.tolist(), y.tolist(), m.tolist()) == ([[1]], [[2]], [[False]])


def test_padding_has_no_influence_on_the_loss():
    losses = np.array([[1.0, 2.0, np.nan], [6.0, np.inf, 0.0]])
    assert masked_mean(losses, [[1, 1, 0], [1, 0, 0]]) == masked_mean(losses, [[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]) == 3.0
    assert masked_mean([1, 4], [False, True]) == 4.0 and masked_mean([np.inf, 1.0], [True, True]) == np.inf
    assert masked_mean(np.full(10**6, 0.1, np.float32), np.ones(10**6, bool)) == pytest.approx(0.1, rel=1e-7)
    rng = np.random.default_rng(0)
    for length in (6, 9, 30):
        ids, mask = pad_and_truncate([[1, 2, 3], [4, 5, 6, 7, 8, 9]], length, pad=0)
        values = np.where(mask, np.sqrt(ids), rng.random(ids.shape))
        assert masked_mean(values, mask) == pytest.approx(np.sqrt(np.arange(1, 10)).mean())


def test_lookup_is_one_hot_times_table():
    rng = np.random.default_rng(0)
    table, ids = rng.normal(size=(7, 3)), rng.integers(0, 7, (2, 5))
    np.testing.assert_allclose(embedding_lookup(ids, table), np.eye(7)[ids] @ table)
    assert embedding_lookup(np.empty((0, 4), int), table).shape == (0, 4, 3)
    assert embedding_lookup([6, 0], table.tolist()).tolist() == [table[6].tolist(), table[0].tolist()]
    assert embedding_lookup([1], table.astype(np.float32)).dtype == np.float32


def test_bits_per_character():
    assert bits_per_character(8.0, 25, 100) == 2.0 and bits_per_character(3, 0, 1) == 0.0
    assert bits_per_character(np.float32(0.5), np.int64(4), 1) == 2.0 and type(bits_per_character(np.float64(1), 1, 1)) is float
    assert bits_per_character(np.inf, 1, 2) == np.inf


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: pad_and_truncate([[1]], 0), ValueError, "block size L must be at least 1, got 0"),
    (lambda: pad_and_truncate([[1]], 2.0), TypeError, "block size L must be an integer"),
    (lambda: pad_and_truncate([[1]], 2, pad=0.5), TypeError, "pad must be an integer"),
    (lambda: pad_and_truncate([[1.5]], 2), TypeError, "integers"),
    (lambda: pad_and_truncate([[1], [-1]], 2), ValueError, "token id -1 is outside"),
    (lambda: pad_and_truncate(["ab"], 2), TypeError, "'ab' as a text"),
    (lambda: pad_and_truncate("ab", 2), TypeError, "list of texts"),
    (lambda: pad_and_truncate([{1, 2}], 2), TypeError, "as a text"),
    (lambda: pad_and_truncate([1, 2], 2), TypeError, "1 as a text"),
    (lambda: pad_and_truncate([[[1, 2]]], 2), TypeError, "flat one of token ids, got"),
    (lambda: inputs_and_targets(np.zeros((2, 3)), np.zeros((2, 2))), ValueError, "one shape"),
    (lambda: inputs_and_targets([1, 2], [1, 0]), ValueError, "one shape"),
    (lambda: inputs_and_targets([[1, 2]], [[1, 2]]), TypeError, "mask must hold True and False"),
    (lambda: masked_mean(np.zeros((2, 3)), np.ones((2, 1))), ValueError, "shapes"),
    (lambda: masked_mean(np.zeros((2, 3)), np.zeros((2, 3))), ValueError, "no token"),
    (lambda: masked_mean([1.0], [0.5]), TypeError, "mask must hold True and False"),
    (lambda: masked_mean([1.0], ["no"]), TypeError, "mask must hold True and False"),
    (lambda: masked_mean([1.0], [-1]), TypeError, "mask must hold True and False"),
    (lambda: masked_mean(["1"], [True]), TypeError, "the values must be"),
    (lambda: embedding_lookup(np.array([-1]), np.eye(3)), ValueError, "token id -1 is outside 0 … 2"),
    (lambda: embedding_lookup(np.array([[0], [3]]), np.eye(3)), ValueError, "token id 3 is outside 0 … 2"),
    (lambda: embedding_lookup(np.array([1.0]), np.eye(3)), TypeError, "integers"),
    (lambda: embedding_lookup(["1"], np.eye(3)), TypeError, "integers"),
    (lambda: embedding_lookup([1], np.arange(3)), ValueError, "lookup table must have 2 axes"),
    (lambda: bits_per_character(1.0, 1, 0), ValueError, "number of characters must be at least 1, got 0"),
    (lambda: bits_per_character(1.0, 1, 2.5), TypeError, "number of characters must be an integer"),
    (lambda: bits_per_character(1.0, -1, 2), ValueError, "number of tokens must be at least 0, got -1"),
    (lambda: bits_per_character([1.0], 1, 2), ValueError, "bits per token must have 0 axes"),
])  # fmt: skip
def test_batches_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("module", ["words", "byte_pairs", "files", "batching"])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(importlib.import_module(f"llmcourse.tokenization.{module}"))
    assert tried and not failed
