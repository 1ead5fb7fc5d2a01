"""The files of GPT-2 and of Hugging Face: by hand, through our own reader, and both ways through the package tokenizers."""

import json

import pytest

from llmcourse.corpora import text as corpus_text
from llmcourse.tokenization import (
    GPT2_PATTERN,
    ByteBPE,
    fast,
    load_gpt2,
    load_hugging_face,
    save_gpt2,
    save_hugging_face,
    train_bpe,
)
from llmcourse.tokenization.files import byte_name, named_bytes

HINDI, THAI = "नमस्ते दुनिया, क्‍षमा", "ที่นี่ดีมาก น้ำ"
TRICKY = ["", " ", "a", "it's we'll DON'T 'tis", "naïve café e\u0301te\u0301 ÅÅ", "👩‍👩‍👧‍👦 ❤️ 1️⃣ 😀", HINDI, THAI,
          "漢字とかな 한국어", "  two  spaces   ", "\n\n a\r\n\tb \n ", "x\u00a0y\u3000z\u2028", "\x00\x1f\x7f\u0085",
          "3.14 ½²Ⅷ 1234567", "a" * 300, "one<eos>two<eos>\n<pad> <eos", "<eos><pad>"]
TEXTS = [corpus_text("english")[:9000], corpus_text("french")[:4000], *TRICKY, HINDI * 9, THAI * 9]
SPECIAL = ["<eos>", "<pad>"]


@pytest.fixture(scope="module")
def tokenizers():
    return pytest.importorskip("tokenizers", reason="tokenizers is not installed: its oracle tests are skipped")


@pytest.fixture(scope="module", params=["our pattern", "GPT-2's pattern"])
def bpe(request):
    pattern = {} if request.param == "our pattern" else {"pattern": GPT2_PATTERN}
    return fast.train_bpe(TEXTS, 400, special_tokens=SPECIAL, **pattern)


def same(one, other):
    return (one.tokens, one.merges, one.special, one.pattern, one.numbering.tolist()) == (
        other.tokens, other.merges, other.special, other.pattern, other.numbering.tolist())


# Names

def test_bytes_are_written_as_visible_characters():
    assert byte_name(b"!~az09") == "!~az09" and byte_name(b" a\n\tb") == "ĠaĊĉb"
    assert [byte_name(bytes([b])) for b in (0, 32, 33, 126, 127, 160, 161, 172, 173, 174, 255)] == [
        "Ā", "Ġ", "!", "~", "ġ", "ł", "¡", "¬", "Ń", "®", "ÿ"]
    everything = byte_name(bytes(range(256)))
    assert len(set(everything)) == 256 and all(c.isprintable() and not c.isspace() for c in everything)
    assert named_bytes(everything) == bytes(range(256)) and named_bytes("") == b""
    with pytest.raises(ValueError, match="' ' in the token 'a b' stands for no byte"):
        named_bytes("a b")


def test_the_characters_are_those_of_hugging_face(tokenizers):
    level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    assert sorted(byte_name(bytes(range(256)))) == sorted(level.alphabet())
    for text in TRICKY[1:]:
        assert "".join(word for word, _ in level.pre_tokenize_str(text)) == byte_name(text.encode())


# GPT-2

def test_gpt2_files_by_hand(tmp_path):
    save_gpt2(ByteBPE([(32, 97), (256, 98)], special_tokens=["<eos>"]), tmp_path)
    assert (tmp_path / "merges.txt").read_text(encoding="utf-8") == "#version: 0.2\nĠ a\nĠa b\n"
    vocabulary = json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))
    assert len(vocabulary) == 259 and [vocabulary[name] for name in ("Ā", "Ġ", "a", "ÿ", "Ġa", "Ġab", "<eos>")] == [
        0, 32, 97, 255, 256, 257, 258]
    again = load_gpt2(tmp_path)
    assert type(again) is fast.ByteBPE and again.pattern == GPT2_PATTERN
    assert again.encode(" ab<eos>", special=True).tolist() == [257, 258]


def gpt2_like(folder):
    """Files with another numbering: a special token first, the visible bytes before the others, and a token at the end."""
    names = ["<s>", *sorted(byte_name(bytes(range(256)))), "Ġt", "Ġth", "<|end|>"]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\nĠ t\nĠt h\n", encoding="utf-8")
    return names


def test_ids_are_those_of_the_files(tmp_path):
    names = gpt2_like(tmp_path)
    bpe = load_gpt2(tmp_path)
    assert bpe.special == {"<s>": 0, "<|end|>": len(names) - 1} and len(bpe) == 260
    ids = bpe.encode("<s> the<|end|>", special=True)
    assert ids.tolist() == [0, names.index("Ġth"), names.index("e"), 259]
    assert bpe.decode(ids) == "<s> the<|end|>" and bpe.tokens[names.index("Ġ")] == b" "
    assert bpe.encode("<s>").tolist() == [names.index(c) for c in "<s>"]
    bpe.save(tmp_path / "own.json")
    assert same(fast.ByteBPE.load(tmp_path / "own.json"), bpe)
    save_gpt2(bpe, tmp_path)
    assert same(load_gpt2(tmp_path), bpe)
    assert json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8")) == {name: i for i, name in enumerate(names)}


def test_merges_without_a_version_line(tmp_path):
    gpt2_like(tmp_path)
    with_version = load_gpt2(tmp_path)
    (tmp_path / "merges.txt").write_text("Ġ t\nĠt h", encoding="utf-8")
    assert same(load_gpt2(tmp_path), with_version)


def test_gpt2_files_read_by_tokenizers(bpe, tokenizers, tmp_path):
    save_gpt2(bpe, tmp_path)
    oracle = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")))
    split = tokenizers.pre_tokenizers.Split(tokenizers.Regex(bpe.pattern), "isolated")
    level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    oracle.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([split, level])
    for text in TEXTS:
        assert bpe.encode(text).tolist() == oracle.encode(text).ids
    again = load_gpt2(tmp_path, pattern=bpe.pattern)
    assert same(again, bpe)


def test_gpt2_files_written_by_tokenizers(tokenizers, tmp_path):
    theirs = tokenizers.ByteLevelBPETokenizer()
    theirs.train_from_iterator(TEXTS, vocab_size=900, show_progress=False, special_tokens=SPECIAL)
    theirs.save_model(str(tmp_path))
    ours = load_gpt2(tmp_path)
    assert ours.special == {"<eos>": 0, "<pad>": 1} and len(ours) == 900
    for text in TEXTS:
        assert ours.encode(text, special=True).tolist() == theirs.encode(text).ids
        assert ours.decode(theirs.encode(text).ids) == text
    save_gpt2(ours, tmp_path)
    back = tokenizers.ByteLevelBPETokenizer(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    assert back.get_vocab() == theirs.get_vocab() and all(
        back.encode(text).ids == ours.encode(text).tolist() for text in TEXTS if "<" not in text)


@pytest.mark.parametrize(("vocabulary", "merges", "message"), [
    ('{"a": 0}', "", "lacks the token 'Ā'"),
    (None, "Ġ t\nĠt h\nĠth e", "lacks the token 'Ġthe'"),
    (None, "Ġt h\nĠ t", "Ġt|b' t'"),
    (None, "Ġ t h", "unpack"),
    (None, "Ġ t\nĠt h\né漢 x", "lacks the token 'é漢x'"),
    ("[]", "", "list"),
    ("nothing", "", "Expecting value"),
])  # fmt: skip
def test_gpt2_files_that_are_none(tmp_path, vocabulary, merges, message):
    gpt2_like(tmp_path)
    if vocabulary:
        (tmp_path / "vocab.json").write_text(vocabulary, encoding="utf-8")
    (tmp_path / "merges.txt").write_text(merges, encoding="utf-8")
    with pytest.raises(ValueError, match=f"holds no byte-level BPE in GPT-2's files: .*{message}"):
        load_gpt2(tmp_path)


def test_ids_with_a_gap_are_refused(tmp_path):
    names = gpt2_like(tmp_path)
    (tmp_path / "vocab.json").write_text(json.dumps({n: i + (n == "<|end|>") for i, n in enumerate(names)}), encoding="utf-8")
    with pytest.raises(ValueError, match="token id 260 is outside 0 … 259"):
        load_gpt2(tmp_path)
    (tmp_path / "vocab.json").write_text(json.dumps({n: i - (n == "<|end|>") for i, n in enumerate(names)}), encoding="utf-8")
    with pytest.raises(ValueError, match="a numbering has each id of 0 … 259 once, got 259 different ones"):
        load_gpt2(tmp_path)


@pytest.mark.parametrize("save", [save_gpt2, save_hugging_face])
def test_a_special_token_with_the_name_of_another_token(save, tmp_path):
    with pytest.raises(ValueError, match="cannot tell the special token 'ab'"):
        save(ByteBPE([(97, 98)], special_tokens=["<eos>", "ab"]), tmp_path)


# Hugging Face

def test_tokenizer_json_read_by_tokenizers(bpe, tokenizers, tmp_path):
    save_hugging_face(bpe, tmp_path / "tokenizer.json")
    oracle = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert oracle.get_vocab_size() == len(bpe) and oracle.token_to_id("<pad>") == bpe.special["<pad>"]
    for text in TEXTS:
        found = oracle.encode(text)
        ids, offsets = bpe.encode_with_offsets(text, special=True)
        assert ids.tolist() == found.ids and list(map(tuple, offsets.tolist())) == found.offsets
        assert oracle.decode(found.ids, skip_special_tokens=False) == text == bpe.decode(found.ids)
    assert same(load_hugging_face(tmp_path / "tokenizer.json"), bpe)
    oracle.save(str(tmp_path / "again.json"))
    assert same(load_hugging_face(tmp_path / "again.json"), bpe)


@pytest.mark.parametrize("split", [False, True])
def test_tokenizer_json_written_by_tokenizers(split, tokenizers, tmp_path):
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    pre = tokenizers.pre_tokenizers
    theirs.pre_tokenizer = pre.Sequence([
        pre.Split(tokenizers.Regex(r"\p{L}+|[^\p{L}]"), "isolated"), pre.ByteLevel(add_prefix_space=False, use_regex=False)
    ]) if split else pre.ByteLevel(add_prefix_space=False)  # fmt: skip
    theirs.decoder = tokenizers.decoders.ByteLevel()
    theirs.post_processor = tokenizers.processors.ByteLevel(trim_offsets=False)
    theirs.train_from_iterator(TEXTS, tokenizers.trainers.BpeTrainer(
        vocab_size=800, show_progress=False, special_tokens=SPECIAL, initial_alphabet=pre.ByteLevel.alphabet()))
    theirs.save(str(tmp_path / "tokenizer.json"))
    ours = load_hugging_face(tmp_path / "tokenizer.json")
    assert type(ours) is fast.ByteBPE and ours.special == {"<eos>": 0, "<pad>": 1}
    assert ours.pattern == (r"\p{L}+|[^\p{L}]" if split else GPT2_PATTERN)
    for text in TEXTS:
        found = theirs.encode(text)
        ids, offsets = ours.encode_with_offsets(text, special=True)
        assert ids.tolist() == found.ids and list(map(tuple, offsets.tolist())) == found.offsets
        assert ours.decode(found.ids) == text
    save_hugging_face(ours, tmp_path / "back.json")
    back = tokenizers.Tokenizer.from_file(str(tmp_path / "back.json"))
    assert back.get_vocab() == theirs.get_vocab()
    assert all(back.encode(text).ids == theirs.encode(text).ids for text in TEXTS)


@pytest.fixture
def saved(tmp_path):
    save_hugging_face(train_bpe(["the cat the cat"], 3, special_tokens=["<eos>"]), tmp_path / "tokenizer.json")
    return tmp_path / "tokenizer.json"


def test_merges_as_strings_and_a_short_file(saved):
    """Older files write a merge as one string, and leave out what is not used."""
    found = json.loads(saved.read_text(encoding="utf-8"))
    before = load_hugging_face(saved)
    assert found["model"]["merges"] == [["Ġ", "c"], ["a", "t"], ["h", "e"]] and before.tokens[258] == b"he"
    found["model"] = {"type": "BPE", "vocab": found["model"]["vocab"], "continuing_subword_prefix": "",
                      "merges": [" ".join(pair) for pair in found["model"]["merges"]]}
    short = {"model": found["model"], "pre_tokenizer": found["pre_tokenizer"]}
    saved.write_text(json.dumps(short), encoding="utf-8")
    assert same(load_hugging_face(saved), before)


@pytest.mark.parametrize(("path", "value", "message"), [
    (["normalizer"], {"type": "NFC"}, "BPE with normalizer"),
    (["truncation"], {"max_length": 5}, "BPE with truncation"),
    (["padding"], {"pad_id": 0}, "BPE with padding"),
    (["post_processor"], {"type": "TemplateProcessing"}, "BPE with post_processor"),
    (["model", "type"], "WordPiece", "a model WordPiece with other rules"),
    (["model", "dropout"], 0.1, "BPE with dropout"),
    (["model", "continuing_subword_prefix"], "##", "BPE with continuing_subword_prefix"),
    (["model", "end_of_word_suffix"], "</w>", "BPE with end_of_word_suffix"),
    (["model", "ignore_merges"], True, "BPE with ignore_merges"),
    (["added_tokens", 0, "lstrip"], True, "BPE with lstrip of a special token"),
    (["added_tokens", 0, "rstrip"], True, "BPE with rstrip of a special token"),
    (["added_tokens", 0, "single_word"], True, "BPE with single_word of a special token"),
    (["pre_tokenizer"], {"type": "Whitespace"}, "pre-tokens by Whitespace"),
    (["pre_tokenizer", "pretokenizers", 0, "type"], "Digits", r"pre-tokens by Digits \+ ByteLevel"),
    (["pre_tokenizer", "pretokenizers", 1, "add_prefix_space"], True, "a space put before the text"),
    (["pre_tokenizer", "pretokenizers", 1, "use_regex"], True, "exactly one of the pre-tokenizers"),
    (["pre_tokenizer"], {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}, "exactly one"),
    (["pre_tokenizer", "pretokenizers", 0, "behavior"], "Removed", "does not keep all parts .Removed"),
    (["pre_tokenizer", "pretokenizers", 0, "invert"], True, "does not keep all parts"),
    (["pre_tokenizer", "pretokenizers", 0, "pattern"], {"String": " "}, "Regex"),
    (["model", "vocab"], {"a": 0}, "lacks the token 'Ā'"),
    (["model"], None, "NoneType"),
    ([], [], "list indices"),
])  # fmt: skip
def test_what_is_not_known_is_refused(saved, path, value, message):
    whole = {"": json.loads(saved.read_text(encoding="utf-8"))}
    part, steps = whole, ["", *path]
    for step in steps[:-1]:
        part = part[step]
    part[steps[-1]] = value
    saved.write_text(json.dumps(whole[""]), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"tokenizer\.json holds no byte-level BPE that is known here: .*{message}"):
        load_hugging_face(saved)


@pytest.mark.parametrize("level", [{"use_regex": True}, {}])
def test_a_byte_level_alone_has_gpt2s_pattern(saved, level):
    found = json.loads(saved.read_text(encoding="utf-8"))
    found["pre_tokenizer"] = {"type": "ByteLevel", "add_prefix_space": False} | level
    saved.write_text(json.dumps(found), encoding="utf-8")
    assert load_hugging_face(saved).pattern == GPT2_PATTERN
