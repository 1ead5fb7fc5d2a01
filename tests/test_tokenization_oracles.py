"""BPE and WordPiece against Hugging Face's tokenizers and OpenAI's tiktoken, on the same pre-tokens.

What makes them comparable:

* Pre-tokens. PATTERN and GPT2_PATTERN are written in Unicode properties, which `regex` and both regular expressions of Rust
  know. Only characters that are newer than one of the Unicode tables could differ.
* Byte order. `tokenizers` numbers bytes by the printable characters that stand for them (space is id 220), and breaks ties
  by these numbers. Byte b is given to it as the one character U+4E00 + b, which restores the order of the bytes; the
  pre-tokens are then kept apart by spaces.
* tiktoken has no merges, only ranks of byte strings, and merges whatever two neighbours have a joint rank. As two merges
  never make the same bytes, that is the same.
"""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcourse import tokenization
from llmcourse.corpora import LANGUAGES
from llmcourse.corpora import text as corpus_text
from llmcourse.tokenization import PATTERN, WordPiece, pre_tokenize
from llmcourse.tokenization import fast as fast_tokenization

TEXTS = [corpus_text(language) for language in LANGUAGES] + ["ababab aaaa aaaaaaa 漢字漢字 😀😀 \n\n x  y\t12 3.5 ½" * 20]
BOTH = pytest.mark.parametrize(("module", "n_merges"), [(tokenization, 60), (fast_tokenization, 3000)], ids=["read", "fast"])


def disguised(word: str) -> str:
    return "".join(chr(0x4E00 + byte) for byte in word.encode("utf-8"))


def disguised_text(text: str) -> str:
    return " ".join(disguised(word) for word in pre_tokenize(text))


def hugging_face(n_merges):
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: its oracle tests are skipped")
    oracle = tokenizers.Tokenizer(tokenizers.models.BPE())
    oracle.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=256 + n_merges, show_progress=False, initial_alphabet=[chr(0x4E00 + byte) for byte in range(256)])
    oracle.train_from_iterator(map(disguised_text, TEXTS), trainer)
    return oracle


@BOTH
def test_the_same_merges_and_ids_as_hugging_face(module, n_merges):
    oracle = hugging_face(n_merges)
    bpe = module.train_bpe(TEXTS, n_merges)
    merges = [tuple(pair) for pair in json.loads(oracle.to_str())["model"]["merges"]]
    ours = [tuple("".join(chr(0x4E00 + b) for b in bpe.tokens[i]) for i in pair) for pair in bpe.merges]
    assert ours == merges and len(merges) == n_merges
    for text in TEXTS:
        assert bpe.encode(text).tolist() == oracle.encode(disguised_text(text)).ids


def test_the_same_pre_tokens_as_hugging_face():
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: its oracle tests are skipped")
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(PATTERN), "isolated")
    for text in [*TEXTS, "  a  b \n\n c\t\td_e  ", "don't you're 10€ e\u0301", "x\u00a0y\u3000z"]:
        assert [word for word, _ in split.pre_tokenize_str(text)] == pre_tokenize(text)


def tiktoken_of(bpe):
    tiktoken = pytest.importorskip("tiktoken", reason="tiktoken is not installed: its oracle tests are skipped")
    ranks = {token: i for i, token in enumerate(bpe.tokens[: 256 + len(bpe.merges)])}
    return tiktoken.Encoding("ours", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=bpe.special)


@pytest.fixture(scope="module")
def pair():
    bpe = fast_tokenization.train_bpe(TEXTS, 2000, special_tokens=["<eos>"])
    return bpe, tiktoken_of(bpe)


def test_the_same_ids_as_tiktoken(pair):
    bpe, oracle = pair
    for text in TEXTS:
        assert bpe.encode(text).tolist() == oracle.encode_ordinary(text)
    marked = "one<eos>two <eos>"
    assert bpe.encode(marked, special=True).tolist() == oracle.encode(marked, allowed_special="all")
    assert bpe.encode(marked).tolist() == oracle.encode_ordinary(marked)
    assert oracle.n_vocab == len(bpe)


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("abeinrst  .,'1é漢😀\n")))
def test_the_same_ids_as_tiktoken_on_any_text(pair, text):
    bpe, oracle = pair
    ids = bpe.encode(text).tolist()
    assert ids == oracle.encode_ordinary(text)
    cut = ids[: len(ids) // 2]  # may end inside a character
    assert bpe.decode_bytes(cut) == oracle.decode_bytes(cut) and bpe.decode(cut) == oracle.decode(cut)


def test_the_readable_version_agrees_with_tiktoken():
    bpe = tokenization.train_bpe([text[:4000] for text in TEXTS], 80)
    oracle = tiktoken_of(bpe)
    assert bpe.encode(TEXTS[0][:3000]).tolist() == oracle.encode_ordinary(TEXTS[0][:3000])


def test_wordpiece_against_hugging_face():
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: its oracle tests are skipped")
    draw = random.Random(4)
    words = ["".join(draw.choices("abc", k=draw.randint(1, 9))) for _ in range(400)] + ["a" * 100, "a" * 101]
    for _ in range(20):
        pieces = {draw.choice(["", "##"]) + "".join(draw.choices("abc", k=draw.randint(1, 4))) for _ in range(25)}
        tokenizer = WordPiece(sorted(pieces))
        oracle = tokenizers.Tokenizer(tokenizers.models.WordPiece(tokenizer.ids, unk_token="[UNK]"))
        oracle.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
        text = " ".join(words)
        assert tokenizer.tokenize(text) == oracle.encode(text).tokens
        assert tokenizer.encode(text).tolist() == oracle.encode(text).ids
