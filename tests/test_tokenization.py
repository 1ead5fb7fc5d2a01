"""llmcourse.tokenization against numbers worked by hand, properties, and bad input."""

import doctest
import importlib
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse import tokenization
from llmcourse.corpora import LANGUAGES
from llmcourse.corpora import text as corpus_text
from llmcourse.tokenization import (
    ByteBPE,
    WordPiece,
    bits_per_character,
    build_vocabulary,
    embed,
    inputs_and_targets,
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


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(st.text("ab c漢", max_size=40), max_size=6), n_merges=st.integers(0, 25))
def test_both_versions_learn_the_same(texts, n_merges):
    assert fast_tokenization.train_bpe(texts, n_merges).merges == tokenization.train_bpe(texts, n_merges).merges


@settings(max_examples=100, deadline=None)
@given(token=st.binary())
def test_names_of_tokens_can_be_read_back(token):
    assert to_bytes(to_name(token)) == token


def test_both_versions_agree_where_pairs_have_many_places():
    text = corpus_text("swedish") + "ababab aaaa " * 400
    assert fast_tokenization.train_bpe([text], 120).merges == tokenization.train_bpe([text], 120).merges


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
    assert bpe.merge_side_by_side(words) == [list(tokenization.ByteBPE.merge_bytes(bpe, word)) for word in words]


def test_a_text_of_many_new_words(monkeypatch):
    monkeypatch.setattr(fast_tokenization, "CROWD", 20)
    syllables = map("".join, itertools.product("aeiou", "bcdfgh", "aeikmaa"))
    text = " ".join(syllable + "xyz" * (i % 20) for i, syllable in enumerate(syllables))
    for n_merges in (0, 40):
        bpe = fast_tokenization.train_bpe([text[:900]], n_merges)
        assert bpe.encode(text).tolist() == ByteBPE(bpe.merges).encode(text).tolist()


def test_a_tokenizer_forgets_rather_than_growing_without_end(monkeypatch):
    monkeypatch.setattr(fast_tokenization, "REMEMBERED", 10)
    bpe = fast_tokenization.train_bpe(["some words to learn from"], 10)
    text = " ".join(f"word{'xyz'[i % 3]}{'abcdefgh'[i % 8]}{'klmno'[i % 5]}" for i in range(200))
    assert bpe.encode(text).tolist() == ByteBPE(bpe.merges).encode(text).tolist()
    assert len(bpe.known) <= 10


@BOTH
def test_special_tokens_are_ordinary_characters_unless_asked_for(module):
    bpe = module.train_bpe(["the end <eos>"] * 3, 4, special_tokens=["<eos>", "<eos>!", "<pad>"])
    assert len(bpe) == 256 + 4 + 3 and bpe.special == {"<eos>": 260, "<eos>!": 261, "<pad>": 262}
    assert set(bpe.encode("<eos>").tolist()) & {260, 261, 262} == set()
    assert bpe.decode(bpe.encode("<eos>")) == "<eos>"
    ids = bpe.encode("a<eos><eos>!b<pad>", special=True)
    assert ids.tolist() == [97, 260, 261, 98, 262] and bpe.decode(ids) == "a<eos><eos>!b<pad>"
    assert module.train_bpe(["ab"], 1).encode("<eos>", special=True).tolist() == list(b"<eos>")


def test_bytes_that_are_no_text_are_replaced_or_refused():
    bpe = ByteBPE([(0xC3, 0xA9)])
    assert bpe.decode([0xC3]) == "\ufffd" and bpe.decode([256]) == "é" and bpe.decode([0xC3, 0xA9], strict=True) == "é"
    with pytest.raises(ValueError):
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
    "no json", "[]", "{}", '{"kind": "WordPiece"}', json.dumps(BROKEN | {"merges": [["ab", "c"]]}),
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
    with pytest.raises(ValueError, match="-1"):
        module.train_bpe(["abc"], -1)
    for bad in (257, -1):
        with pytest.raises(ValueError, match=f"{bad} is outside 0 … 256"):
            bpe.decode([97, bad])
    with pytest.raises(ValueError, match="leaves out"):
        module.train_bpe(["ab cd"], 1, pattern=r"\w+")
    with pytest.raises(ValueError, match="different and not empty"):
        module.train_bpe(["ab"], 1, special_tokens=["<eos>", "<eos>"])
    with pytest.raises(ValueError, match="merge 1 is"):
        module.ByteBPE([(97, 98), (257, 98)])
    with pytest.raises(ValueError, match="same token 'abc'"):
        module.ByteBPE([(97, 98), (98, 99), (256, 99), (97, 257)])


def test_a_pattern_with_a_group_cuts_the_same():
    assert fast_tokenization.pre_tokenize("ab cd", r"(\w)+|\s") == pre_tokenize("ab cd", r"\w+|\s") == ["ab", " ", "cd"]


def test_pairs_and_merging():
    assert pair_counts({(1, 2, 1, 2): 3, (2,): 5, (): 1}) == {(1, 2): 6, (2, 1): 3}
    assert merge((), (1, 2), 9) == () and merge((1,), (1, 2), 9) == (1,)
    assert merge((1, 2, 1, 1, 2), (1, 2), 9) == (9, 1, 9)
    assert merge((1, 1, 1, 1, 1), (1, 1), 9) == (9, 9, 1)


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
    tokenizer = train_wordpiece(["hug hugs hug pug Pugs bun"], 3)
    assert tokenizer.pieces == ["[UNK]", "##g", "##n", "##s", "##u", "b", "h", "p", "##ug", "hug", "pug"]
    assert tokenizer.tokenize("hugs bug") == ["hug", "##s", "b", "##ug"]
    assert tokenizer.tokenize("mug") == ["[UNK]"]
    for language in LANGUAGES:
        text = corpus_text(language)[:3000]
        assert "[UNK]" not in train_wordpiece([text], 50).tokenize(text)


def test_wordpiece_bad_input():
    with pytest.raises(TypeError, match="3"):
        WordPiece(["a", 3])
    with pytest.raises(ValueError, match="##"):
        WordPiece(["a", "##"])
    with pytest.raises(ValueError, match="5 is outside 0 … 1"):
        WordPiece(["a"]).decode([5])


def test_vocabulary_bad_input():
    with pytest.raises(TypeError, match="split it first"):
        build_vocabulary(["one string"])
    with pytest.raises(ValueError, match="min_count"):
        build_vocabulary([["a"]], min_count=0)
    with pytest.raises(ValueError, match="max_size"):
        build_vocabulary([["a"]], max_size=-1)
    with pytest.raises(ValueError, match="no tokens"):
        out_of_vocabulary([[]], build_vocabulary([]))


# Batches

def test_padding_truncation_and_mask():
    ids, mask = pad_and_truncate([[7, 8], [], [1, 2, 3, 4], [5, 6, 9]], 3, pad=0)
    assert ids.tolist() == [[7, 8, 0], [0, 0, 0], [1, 2, 3], [5, 6, 9]]
    assert mask.tolist() == [[True, True, False], [False] * 3, [True] * 3, [True] * 3]
    assert ids.dtype == np.int64 and mask.dtype == bool
    assert pad_and_truncate([np.array([0, 1])], 4, pad=0)[1].tolist() == [[True, True, False, False]]  # id 0 is a token here
    assert pad_and_truncate([], 4)[0].shape == (0, 4)


def test_targets_are_the_next_tokens():
    x, y, m = inputs_and_targets(*pad_and_truncate([[1, 2, 3], [4]], 4, pad=9))
    assert x.tolist() == [[1, 2, 3], [4, 9, 9]] and y.tolist() == [[2, 3, 9], [9, 9, 9]]
    assert m.tolist() == [[True, True, False], [False, False, False]]


def test_padding_has_no_influence_on_the_loss():
    losses = np.array([[1.0, 2.0, np.nan], [6.0, np.inf, 0.0]])
    assert masked_mean(losses, [[1, 1, 0], [1, 0, 0]]) == 3.0
    rng = np.random.default_rng(0)
    for length in (6, 9, 30):
        ids, mask = pad_and_truncate([[1, 2, 3], [4, 5, 6, 7, 8, 9]], length, pad=0)
        values = np.where(mask, np.sqrt(ids), rng.random(ids.shape))
        assert masked_mean(values, mask) == pytest.approx(np.sqrt(np.arange(1, 10)).mean())


def test_lookup_is_one_hot_times_table():
    rng = np.random.default_rng(0)
    table, ids = rng.normal(size=(7, 3)), rng.integers(0, 7, (2, 5))
    np.testing.assert_allclose(embed(ids, table), np.eye(7)[ids] @ table)
    assert embed(np.empty((0, 4), int), table).shape == (0, 4, 3)


def test_bits_per_character():
    assert bits_per_character(8.0, 25, 100) == 2.0


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: pad_and_truncate([[1]], 0), ValueError, "at least 1, got 0"),
    (lambda: pad_and_truncate([[1.5]], 2), TypeError, "integers"),
    (lambda: pad_and_truncate(["ab"], 2), TypeError, "integers"),
    (lambda: inputs_and_targets(np.zeros((2, 3)), np.zeros((2, 2))), ValueError, "one shape"),
    (lambda: masked_mean(np.zeros((2, 3)), np.ones((2, 1))), ValueError, "shapes"),
    (lambda: masked_mean(np.zeros((2, 3)), np.zeros((2, 3))), ValueError, "no token"),
    (lambda: embed(np.array([-1]), np.eye(3)), ValueError, "0 … 2"),
    (lambda: embed(np.array([3]), np.eye(3)), ValueError, "0 … 2"),
    (lambda: embed(np.array([1.0]), np.eye(3)), TypeError, "integers"),
    (lambda: bits_per_character(1.0, 1, 0), ValueError, "at least one character"),
])  # fmt: skip
def test_batches_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("module", ["tokenizers", "batching"])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(importlib.import_module(f"llmcourse.tokenization.{module}"))
    assert tried and not failed
