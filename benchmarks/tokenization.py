"""How fast is the BPE tokenizer? `python benchmarks/tokenization.py` compares it with Hugging Face's tokenizers, which is
written in Rust, on one thread, prints a table of ratios with their targets and writes it as JSON.

The text is made here: sentences of the course's English, Swedish and French prose and of its stories, and between them
sentences of words that are put together from syllables and endings, with frequencies like those of a natural language. So
there are enough different words to learn 8,000 merges from, and new ones keep coming as the text grows.

Both read the same text as one string and start from nothing. The other side's pre-tokens are the faster of two: its own
regular expression for bytes, and ours. In `tests/test_tokenization_oracles.py` both learn the same merges.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.report import Row, side_by_side, write_report  # isort: skip  (before NumPy: it sets one thread)

import os

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy as np
import tiktoken
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from llmcourse.corpora import LANGUAGES, paragraphs, stories
from llmcourse.tokenization import PATTERN
from llmcourse.tokenization.fast import ByteBPE, pre_tokenize, train_bpe

MEGABYTE = 10**6
MERGES = 8_000
ONSETS = "b bl br c ch cl d dr f fl fr g gl gr h j k l m n p pl pr qu r s sc sh sl sp st str t th tr v w".split()
NUCLEI = "a a e e i i o o u ai ea ee ou oa y".split()
CODAS = ["", "", "", "", "n", "r", "s", "t", "l", "m", "ck", "nd", "st", "ng"]
ENDINGS = ["", "", "", "", "s", "s", "ed", "ing", "er", "ly", "ness", "ation"]


def made_up_words(number: int, rng: np.random.Generator) -> list[str]:
    """So many different words; the later and rarer ones are longer."""
    words: dict[str, None] = {}
    while len(words) < number:
        syllables = 1 + min(int(rng.exponential(0.9) + len(words) / number), 4)
        drawn = rng.integers(0, 2**30, 3 * syllables).tolist()
        parts = [kind[i % len(kind)] for kind, i in zip([ONSETS, NUCLEI, CODAS] * syllables, drawn, strict=True)]
        words["".join(parts) + ENDINGS[rng.integers(len(ENDINGS))]] = None
    return list(words)


def make_text(n_bytes: int, seed: int = 4) -> str:
    """A text of so many bytes: by turns a paragraph of prose or a story, and some sentences of made-up words."""
    rng = np.random.default_rng(seed)
    words = made_up_words(100_000, rng)
    zipf = np.cumsum(1 / (np.arange(len(words)) + 2.7))
    known = [p for language in LANGUAGES for p in paragraphs(language)]
    told = stories().train(200_000)
    known += [" ".join(stories().vocabulary.decode(story[:-1])) for story in told]
    parts: list[str] = []
    size = 0
    while size < n_bytes:
        drawn = np.searchsorted(zipf / zipf[-1], rng.random(90)).tolist()
        sentences = [" ".join(words[i] for i in drawn[at : at + 9]).capitalize() + ". " for at in range(0, 90, 9)]
        parts += [known[rng.integers(len(known))], "\n", "".join(sentences), "\n"]
        size += sum(len(part.encode("utf-8")) for part in parts[-4:])
    return "".join(parts).encode("utf-8")[:n_bytes].decode("utf-8", "ignore")


def theirs(text: str, own_pattern: bool) -> Tokenizer:
    """A byte-level BPE of Hugging Face's tokenizers, trained on the text."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    tokenizer.pre_tokenizer = (
        pre_tokenizers.ByteLevel(add_prefix_space=False)
        if own_pattern
        else pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        [text], trainers.BpeTrainer(vocab_size=256 + MERGES, show_progress=False, initial_alphabet=alphabet))
    return tokenizer


def training(text: str, longer: str) -> tuple[list[Row], dict]:
    seconds = side_by_side(
        {
            "ours, 1 MB": lambda: train_bpe([text], MERGES),
            "tokenizers, 1 MB, its own pre-tokens": lambda: theirs(text, True),
            "tokenizers, 1 MB, our pre-tokens": lambda: theirs(text, False),
        },
        5,
    ) | side_by_side(
        {
            "ours, 10 MB": lambda: train_bpe([longer], MERGES),
            "tokenizers, 10 MB, its own pre-tokens": lambda: theirs(longer, True),
        },
        3,
    )
    best = min(seconds[f"tokenizers, 1 MB, {which} pre-tokens"] for which in ("its own", "our"))
    ours = seconds["ours, 1 MB"]
    rows = [
        Row("training 8,000 merges on 1 MB: ours / tokenizers", ours / best, "×", "at most", 1.5),
        Row("training: ours on 10 MB / on 1 MB", seconds["ours, 10 MB"] / ours, "×", "at most", 12,
            "10 would be linear"),
        Row("training on 10 MB: ours / tokenizers",
            seconds["ours, 10 MB"] / seconds["tokenizers, 10 MB, its own pre-tokens"], "×"),
    ]  # fmt: skip
    return rows, {"training": seconds, "words": {"1 MB": len(set(pre_tokenize(text))), "10 MB": len(set(pre_tokenize(longer)))}}


def encoding(text: str, longer: str) -> tuple[list[Row], dict]:
    """One call each. Fresh: a tokenizer that has just been loaded; warm: one that has encoded the text before."""
    bpe = train_bpe([text], MERGES)
    if len(bpe.merges) < MERGES:
        raise AssertionError(f"the text has only {len(bpe.merges)} merges")
    own, same = theirs(text, True), theirs(text, False)
    ranks = {token: i for i, token in enumerate(bpe.tokens)}
    oracle = tiktoken.Encoding("ours", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    ids = bpe.encode(text)
    if ids.tolist() != oracle.encode_ordinary(text) or bpe.decode(ids) != text:
        raise AssertionError("tiktoken disagrees")

    def fresh(tokenizer: Tokenizer) -> Tokenizer:
        return Tokenizer.from_str(tokenizer.to_str())

    rows, details = [], {}
    for size, sample, rounds in (("1 MB", text, 5), ("10 MB", longer, 3)):
        new_ours = iter([ByteBPE(bpe.merges) for _ in range(rounds)])
        new_own, new_same = (iter([fresh(t) for _ in range(rounds)]) for t in (own, same))
        seconds = side_by_side(
            {
                "ours, fresh": lambda sample=sample, new=new_ours: next(new).encode(sample),
                "ours, warm": lambda sample=sample: bpe.encode(sample),
                "tokenizers, its own pre-tokens, fresh": lambda sample=sample, new=new_own: next(new).encode(sample),
                "tokenizers, its own pre-tokens, warm": lambda sample=sample: own.encode(sample),
                "tokenizers, our pre-tokens, fresh": lambda sample=sample, new=new_same: next(new).encode(sample),
                "tokenizers, our pre-tokens, warm": lambda sample=sample: same.encode(sample),
                "tiktoken": lambda sample=sample: oracle.encode_ordinary(sample),
            },
            rounds,
        )
        details[f"encoding {size}"] = seconds
        for state in ("fresh", "warm"):
            best = min(seconds[f"tokenizers, {which} pre-tokens, {state}"] for which in ("its own", "our"))
            ratio = best / seconds[f"ours, {state}"]
            rows.append(Row(f"encoding {size}, {state}: tokenizers / ours", ratio, "×", "at least", 2.5))
        rows.append(Row(f"encoding {size}: tiktoken / ours, warm", seconds["tiktoken"] / seconds["ours, warm"], "×"))
    one, ten = details["encoding 1 MB"]["ours, fresh"], details["encoding 10 MB"]["ours, fresh"]
    rows.append(Row("encoding, fresh: ours on 10 MB / on 1 MB", ten / one, "×", "at most", 12, "10 would be linear"))
    rows.append(Row("encoding 1 MB, fresh", 1 / one, "MB/s"))
    return rows, details


def main() -> None:
    text, longer = make_text(MEGABYTE), make_text(10 * MEGABYTE)
    rows, details = training(text, longer)
    more_rows, more_details = encoding(text, longer)
    sys.exit(0 if write_report("tokenization", rows + more_rows, details | more_details) else 1)


if __name__ == "__main__":
    main()
