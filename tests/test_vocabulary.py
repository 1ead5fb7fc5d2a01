"""Tokens and their ids: order, unknown tokens, what is refused."""

import numpy as np
import pytest

from llmcourse.vocabulary import BOS, EOS, UNK, Vocabulary


def test_vocabulary_numbers_bos_eos_then_tokens_in_order():
    assert (BOS, EOS, UNK) == ("<bos>", "<eos>", "<unk>")
    v = Vocabulary(["b", "a", "b"])
    assert v.tokens == (BOS, EOS, "b", "a") and len(v) == 4 and (v.bos, v.eos, v.unk) == (0, 1, None)
    assert v.encode(["a", "b"]).tolist() == [3, 2] and v.encode([]).dtype == np.int64
    assert v.decode([1, 3]) == [EOS, "a"] and "a" in v and "z" not in v
    assert v == Vocabulary(["b", "a"]) and v != Vocabulary(["b", "a"], unk=True)
    assert hash(v) == hash(Vocabulary(["b", "a"]))


def test_unknown_tokens_become_unk_where_there_is_one():
    assert Vocabulary(["a"], unk=True).encode(["z", "a"]).tolist() == [2, 3]
    with pytest.raises(ValueError, match="'z'"):
        Vocabulary(["a"]).encode(["z"])


@pytest.mark.parametrize("call, error, message", [
    (lambda: Vocabulary("abc"), TypeError, "expected the tokens of a vocabulary as a sequence of tokens, got one string 'abc'"),
    (lambda: Vocabulary({"a", "b"}), TypeError, "expected the tokens of a vocabulary as a sequence of tokens, got {"),
    (lambda: Vocabulary(["a", 3]), TypeError, "a token must be a string, got 3"),
    (lambda: Vocabulary(["a", ""]), ValueError, "must not be the empty string"),
    (lambda: Vocabulary(["a"]).encode("a"), TypeError, "got one string 'a'; split it first"),
    (lambda: Vocabulary(["a"]).encode({"a"}), TypeError, "expected a text as a sequence of tokens, got {'a'}"),
    (lambda: Vocabulary(["a"]).encode([None]), TypeError, "got None of type NoneType"),
    (lambda: Vocabulary(["a"], unk=True).encode([2]), TypeError, "got 2 of type int"),
    (lambda: Vocabulary(["a"]).encode(["b"]), ValueError, "unknown token 'b': it is not among the 3 tokens"),
    (lambda: Vocabulary(["a"]).decode([3]), ValueError, "token id 3 is outside 0 … 2"),
    (lambda: Vocabulary(["a"]).decode([-1]), ValueError, "token id -1 is outside 0 … 2"),
    (lambda: Vocabulary(["a"]).decode([1.0]), TypeError, "token ids must be integers"),
    (lambda: Vocabulary(["a"]).decode([[1]]), TypeError, "token ids must have 1 axis"),
    (lambda: Vocabulary(["a"]).encode_text(["a", EOS]), ValueError, "holds neither '<bos>' nor '<eos>'"),
    (lambda: Vocabulary(["a"]).encode_text([BOS]), ValueError, "holds neither '<bos>' nor '<eos>'"),
])
def test_vocabulary_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_vocabulary_takes_whatever_has_an_order_and_prints_itself_in_short():
    assert Vocabulary(iter("ba")) == Vocabulary({"b": 1, "a": 2}) == Vocabulary(("b", "a"))
    assert repr(Vocabulary("abcd"[i] for i in range(4))) == "Vocabulary(6 tokens: <bos>, <eos>, a, b, c, d)"
    assert repr(Vocabulary(iter("abcde"))) == "Vocabulary(7 tokens: <bos>, <eos>, a, b, c, d, …)"
    with_unk = Vocabulary(["a"], unk=True)
    assert with_unk.tokens == (BOS, EOS, UNK, "a") and with_unk.unk == 2 and UNK not in Vocabulary(["a"])
    assert Vocabulary([UNK, "a"]).tokens == with_unk.tokens and Vocabulary([UNK, "a"]) != with_unk != "a"
    assert len({with_unk, Vocabulary(["a"], unk=True), Vocabulary([UNK, "a"]), Vocabulary(["a"])}) == 3
    assert with_unk.decode(i for i in (3, 0)) == ["a", BOS] and with_unk.decode([]) == []
    assert with_unk.encode(iter(["b", "a"])).tolist() == [2, 3]


def test_encode_text_adds_eos():
    assert Vocabulary(["a"]).encode_text(["a", "a"]).tolist() == [2, 2, 1]
    assert Vocabulary(["a"]).encode_text([]).tolist() == [1]
