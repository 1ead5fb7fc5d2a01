"""Byte-level BPE in the files of other programs: GPT-2's ``vocab.json`` + ``merges.txt``, Hugging Face's ``tokenizer.json``.

What is read encodes as it does there, with the ids that it has there; what is written is read there with our ids. Both formats
are text and write a token by one character for each of its bytes: `byte_name`.

Sources: Radford et al. (2019), whose published code has this table of characters; the documentation of Hugging Face's
tokenizers.
"""

import json
from pathlib import Path
from typing import Any

from llmcourse.tokenization import byte_pairs
from llmcourse.tokenization.byte_pairs import GPT2_PATTERN, merges_of_bytes, token_bytes
from llmcourse.tokenization.fast import ByteBPE
from llmcourse.tokenization.words import check_text

VISIBLE = [byte for byte in range(256) if chr(byte).isprintable() and chr(byte) != " "]
BYTE_OF = {chr(byte): byte for byte in VISIBLE}  # these are written as the character of their number
BYTE_OF |= {chr(256 + i): byte for i, byte in enumerate(sorted({*range(256)} - {*VISIBLE}))}  # a space becomes Ġ, U+0120
CHARACTER_OF = {byte: character for character, byte in BYTE_OF.items()}


def byte_name(token: bytes) -> str:
    """A token with one visible character for each byte, as GPT-2's files write it.

    >>> byte_name(" café".encode())
    'ĠcafÃ©'
    """
    return "".join(CHARACTER_OF[byte] for byte in token)


def named_bytes(name: str) -> bytes:
    """The bytes that `byte_name` named. ValueError for a character that stands for no byte."""
    for character in name:
        if character not in BYTE_OF:
            raise ValueError(f"{character!r} in the token {name!r} stands for no byte")
    return bytes(BYTE_OF[character] for character in name)


def vocabulary_of(tokenizer: byte_pairs.ByteBPE) -> dict[str, int]:
    """The ids of all tokens by their names; special tokens are written as they are."""
    vocabulary = {byte_name(token): i for i, token in enumerate(tokenizer.tokens) if i not in tokenizer.special.values()}
    for name in tokenizer.special:
        if name in vocabulary:
            raise ValueError(f"these files cannot tell the special token {name!r} from the token that they write like this")
    return vocabulary | tokenizer.special


def merges_of(tokenizer: byte_pairs.ByteBPE) -> list[tuple[str, str]]:
    """The merges as pairs of names."""
    names = [byte_name(token) for token in token_bytes(tokenizer.merges)]
    return [(names[left], names[right]) for left, right in tokenizer.merges]


def tokenizer_of(vocabulary: dict[str, int], merges: list[tuple[str, str]], pattern: str) -> ByteBPE:
    """A tokenizer from the ids of its tokens by name, and its merges as pairs of names, in the order in which they were learnt.

    Whatever is neither a byte nor made by a merge is a special token.
    """
    names = [CHARACTER_OF[byte] for byte in range(256)] + [left + right for left, right in merges]
    special = sorted(vocabulary.keys() - {*names}, key=vocabulary.__getitem__)
    for name in names:
        if name not in vocabulary:
            raise ValueError(f"the vocabulary lacks the token {name!r}, so not every text has ids")
    pairs = merges_of_bytes([(named_bytes(left), named_bytes(right)) for left, right in merges])
    return ByteBPE(pairs, special_tokens=special, pattern=pattern, numbering=[vocabulary[name] for name in [*names, *special]])


# GPT-2

def save_gpt2(tokenizer: byte_pairs.ByteBPE, folder: str | Path) -> None:
    """Write ``vocab.json`` (ids by name) and ``merges.txt`` (a merge a line) into a folder.

    The files hold no pattern: who reads them has to know it, and most take `GPT2_PATTERN`. Raises ValueError for a special
    token whose name is the name of another token.
    """
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges_of(tokenizer))]
    vocabulary = json.dumps(vocabulary_of(tokenizer), ensure_ascii=False)
    Path(folder, "vocab.json").write_text(vocabulary, encoding="utf-8")
    Path(folder, "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def load_gpt2(folder: str | Path, *, pattern: str = GPT2_PATTERN) -> ByteBPE:
    """Read ``vocab.json`` and ``merges.txt`` from a folder. Tokens that no merge makes are special, like ``<|endoftext|>``.

    Raises ValueError for files that hold something else, and where the vocabulary lacks a byte.
    """
    try:
        vocabulary = json.loads(Path(folder, "vocab.json").read_text(encoding="utf-8"))
        lines = Path(folder, "merges.txt").read_text(encoding="utf-8").split("\n")
        pairs = [line.split(" ") for line in lines[lines[0].startswith("#version") :] if line]
        return tokenizer_of(vocabulary, [(left, right) for left, right in pairs], pattern)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"{folder} holds no byte-level BPE in GPT-2's files: {problem}") from problem


# Hugging Face

def save_hugging_face(tokenizer: byte_pairs.ByteBPE, path: str | Path) -> None:
    """Write a ``tokenizer.json``. Note that Hugging Face's ``encode`` always looks for special tokens in a text.

    Raises ValueError for a special token whose name is the name of another token.
    """
    special = [{"id": i, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for name, i in tokenizer.special.items()]  # fmt: skip
    split = {"type": "Split", "pattern": {"Regex": tokenizer.pattern}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary_of(tokenizer),
             "merges": merges_of(tokenizer)}  # fmt: skip
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
             "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]}, "post_processor": None,
             "decoder": level, "model": model}  # fmt: skip
    Path(path).write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")


def load_hugging_face(path: str | Path) -> ByteBPE:
    """Read a ``tokenizer.json`` that holds a byte-level BPE, such as GPT-2's.

    Raises ValueError for another model, and for whatever would change ids and is not known here: a normalizer, a space put
    before the text, tokens added around it, dropout, merges that the model ignores, bytes that have no token.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        model = found["model"]
        wrong = [name for name in ("normalizer", "truncation", "padding") if found.get(name)]
        wrong += [name for name in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges")
                  if model.get(name)]  # fmt: skip
        wrong += [f"{name} of a special token" for token in found.get("added_tokens", [])
                  for name in ("single_word", "lstrip", "rstrip") if token[name]]  # fmt: skip
        wrong += ["post_processor"] if (found.get("post_processor") or {"type": "ByteLevel"})["type"] != "ByteLevel" else []
        if model["type"] != "BPE" or wrong:
            raise ValueError(f"a model {model['type']} with {', '.join(wrong) or 'other rules'} is not known here")
        vocabulary = model["vocab"] | {token["content"]: token["id"] for token in found.get("added_tokens", [])}
        pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model["merges"]]
        return tokenizer_of(vocabulary, [(left, right) for left, right in pairs], pattern_of(found["pre_tokenizer"]))
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise ValueError(f"{path} holds no byte-level BPE that is known here: {problem}") from problem


def pattern_of(pre_tokenizer: dict[str, Any]) -> str:
    """The pattern of Hugging Face's ByteLevel, which is GPT-2's, or of a Split before a ByteLevel that has none."""
    steps = pre_tokenizer["pretokenizers"] if pre_tokenizer["type"] == "Sequence" else [pre_tokenizer]
    kinds = [step["type"] for step in steps]
    if kinds not in (["ByteLevel"], ["Split", "ByteLevel"]) or steps[-1]["add_prefix_space"]:
        raise ValueError(f"pre-tokens by {' + '.join(kinds)}, or with a space put before the text, are not known here")
    if steps[-1].get("use_regex", True) != (len(steps) == 1):
        raise ValueError("exactly one of the pre-tokenizers must have a pattern")
    if len(steps) == 1:
        return GPT2_PATTERN
    if steps[0]["behavior"] != "Isolated" or steps[0]["invert"]:
        raise ValueError(f"a Split that does not keep all parts ({steps[0]['behavior']}) is not known here")
    return check_text(steps[0]["pattern"]["Regex"])
