"""Make the data of the chapter on decoding: ``python book/decoding_data.py``, or with the names of parts.

Each part writes a file of its own, book/_data/decoding_<part>.json. All but ``speed`` decode from one small transformer, which
is trained first. On one thread all together take about four minutes of CPU time.

* ``samplers``: stories by one way of sampling after the other: how many of them the source could have written, how many bits a
  token these cost under the source, and how many bits of chance the sampler itself puts into a token.
* ``repetition``: stories that were begun by the source and are continued by searching and by sampling, from a bigram model, a
  5-gram model and the transformer: how often four words come a second time, and how many continuations never end.
* ``speculative``: how many calls of the transformer a token costs when an n-gram model drafts.
* ``speed``: milliseconds a token with and without a cache, by length, for a network of four layers of 128 with random weights.
"""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from experiments import learn, network_scores, run, save, training_text
from numpy.typing import NDArray

from llmcourse.corpora import stories
from llmcourse.corpus import Corpus
from llmcourse.decoding import (
    NumPyDecoder,
    Settings,
    TorchDecoder,
    beam_search,
    generate,
    process,
    speculative_sample,
)
from llmcourse.decoding.fast import WithoutCache
from llmcourse.language_models import LanguageModel
from llmcourse.ngrams.fast import KneserNey
from llmcourse.training import TrainingConfig, new_generator
from llmcourse.transformer import LADDER_TRAINING, TransformerConfig, TransformerLM

TOKENS = 2_000_000
MODEL = TransformerConfig(width=64, heads=4, theta=100.0)
TRAINING = TrainingConfig(optimizer="muon", lr=LADDER_TRAINING.lr, matrix_lr=0.02, betas=LADDER_TRAINING.betas, batch_size=32,
                          evaluate_every=10**6)
LONGEST = 200                                                          # tokens; the source's stories are shorter
STORIES = 500                                                          # drawn with each setting


@lru_cache(maxsize=1)
def trained() -> TransformerLM:
    """The transformer."""
    model: TransformerLM = learn(TransformerLM, MODEL, TRAINING, TOKENS)[0].cpu()
    return model


def grams(order: int) -> KneserNey:
    """An n-gram model of the same text."""
    return KneserNey(training_text(TOKENS).ids, order, vocabulary=stories().vocabulary)


def logits_of(model: TransformerLM, texts: Corpus) -> NDArray[np.float32]:
    """The logits (ΣT, V) with which every token of the texts is predicted."""
    found: NDArray[np.float32] = network_scores(model, texts, np.arange(len(texts.ids)))
    found[:, model.vocabulary.bos] = -np.inf                           # never predicted
    return found


# --- samplers -----------------------------------------------------------------------------------------------------------------

SETTINGS: dict[str, dict[str, Any]] = {
    "as it is": {}, "greedy": {"temperature": 0},
    **{f"τ = {tau}": {"temperature": tau} for tau in (0.3, 0.5, 0.7, 0.8, 0.9, 1.2)},
    **{f"top-k {k}": {"top_k": k} for k in (2, 5, 20, 50)},
    **{f"top-p {p}": {"top_p": p} for p in (0.5, 0.8, 0.9, 0.95, 0.98)},
    **{f"min-p {p}": {"min_p": p} for p in (0.2, 0.1, 0.05, 0.02)},
    **{f"typical {p}": {"typical": p} for p in (0.5, 0.8, 0.9, 0.95)},
}


def measured(texts: Corpus, chance: NDArray[np.float64]) -> dict[str, Any]:
    """What the source says of texts. chance: bits of chance in every token, (ΣT,)."""
    bits = stories().token_log_probabilities(texts) / -np.log(2)
    cost = np.add.reduceat(bits, texts.starts[:-1])                    # of each text
    possible = np.isfinite(cost)
    return {"possible": round(float(possible.mean()), 4), "distinct": len({text.tobytes() for text in texts}) / len(texts),
            "source_bits": round(float(cost[possible].sum() / texts.lengths[possible].sum()), 4) if possible.any() else None,
            "own_bits": round(float(chance.mean()), 4), "length": round(float(texts.lengths.mean()), 1)}


def samplers() -> dict[str, object]:
    model, language = trained(), stories()
    held_out = language.held_out(STORIES)
    floor = language.token_log_probabilities(held_out) / -np.log(2)
    says = process([[]] * len(held_out.ids), logits_of(model, held_out), Settings())
    bits = says[np.arange(len(held_out.ids)), held_out.ids].mean() / -np.log(2)
    rows = [{"setting": "the source itself", **measured(held_out, floor)}]
    decoder = TorchDecoder(model)
    for name, options in SETTINGS.items():
        number = 1 if name == "greedy" else STORIES
        texts = Corpus.join(generate(decoder, [()] * number, LONGEST, seed=1, **options).texts)
        drawn_from = process([[]] * len(texts.ids), logits_of(model, texts), Settings(**options))
        chance = drawn_from[np.arange(len(texts.ids)), texts.ids] / -np.log(2)
        rows.append({"setting": name, **measured(texts, np.maximum(chance, 0))})
        print(rows[-1], flush=True)
    return {"stories": STORIES, "tokens": TOKENS, "parameters": model.parameter_count,
            "held_out_bits": round(float(bits), 4), "floor": round(float(floor.mean()), 4), "rows": rows}


# --- repetition ---------------------------------------------------------------------------------------------------------------

PROMPTS, PROMPT, GRAM = 100, 12, 4


def repeated(text: Sequence[int], n: int = GRAM) -> float:
    """The share of the n-grams of a text that have come before in it."""
    found = [tuple(text[t:t + n]) for t in range(len(text) - n + 1)]
    return 1 - len(set(found)) / len(found) if found else 0.0


def row_of(model: str, way: str, texts: Sequence[Any], eos: int) -> dict[str, Any]:
    """texts: with what they began with."""
    row = {"model": model, "way": way, "repeated": round(float(np.mean([repeated(text) for text in texts])), 4),
           "endless": round(float(np.mean([text[-1] != eos for text in texts])), 4),
           "length": round(float(np.mean([len(text) for text in texts])), 1), "example": stories().text(texts[0][:80])}
    print(row, flush=True)
    return row


def repetition() -> dict[str, object]:
    language, eos = stories(), stories().vocabulary.eos
    held_out = [text.tolist() for text in language.held_out(PROMPTS)]
    prompts = [text[:PROMPT] for text in held_out]
    rows = [row_of("the source itself", "", held_out, eos)]
    models: dict[str, Any] = {"bigram": grams(2), "5-gram": grams(5), "transformer": TorchDecoder(trained())}
    ways: dict[str, dict[str, Any]] = {"greedy": {"temperature": 0}, "greedy, penalty 1.3": {
        "temperature": 0, "repetition_penalty": 1.3}, "sampled": {}}
    for name, model in models.items():
        for way, options in ways.items():
            made = generate(model, prompts, LONGEST - PROMPT, seed=1, **options).texts
            rows.append(row_of(name, way, [[*p, *text.tolist()] for p, text in zip(prompts, made, strict=True)], eos))
        if name != "5-gram":
            made = [list(beam_search(model, 4, max_length=LONGEST, prefix=prompt)[0].ids) for prompt in prompts[:25]]
            rows.append(row_of(name, "beam of 4", made, eos))
    return {"prompts": PROMPTS, "prompt": PROMPT, "longest": LONGEST, "gram": GRAM, "rows": rows}


# --- speculative decoding -----------------------------------------------------------------------------------------------------

DRAFTED = 30                                                           # stories with each setting


def speculative() -> dict[str, object]:
    decoder, rows = TorchDecoder(trained()), []
    drafts: dict[str, LanguageModel] = {"bigram": grams(2), "5-gram": grams(5)}
    for name, draft in drafts.items():
        for ahead in (1, 2, 4, 8):
            rng = np.random.default_rng(1)
            found = [speculative_sample(decoder, draft, rng, max_length=LONGEST, ahead=ahead) for _ in range(DRAFTED)]
            tokens, calls = sum(len(one.ids) for one in found), sum(one.calls for one in found)
            rows.append({"draft": name, "ahead": ahead, "tokens": tokens, "calls": calls,
                         "drafted": sum(one.drafted for one in found), "kept": sum(one.kept for one in found)})
            print(rows[-1], flush=True)
    return {"stories": DRAFTED, "rows": rows}


# --- speed --------------------------------------------------------------------------------------------------------------------

LENGTHS = (16, 64, 128, 256)


def speed() -> dict[str, object]:
    model = TransformerLM(stories().vocabulary, TransformerConfig(layers=4), new_generator(0)).eval()
    ways = {"again": WithoutCache(model), "cache": model, "cache, NumPy": NumPyDecoder(model),
            "cache, torch": TorchDecoder(model)}
    milliseconds: dict[str, list[float]] = {name: [] for name in ways}
    for T in LENGTHS:
        for name, way in ways.items():
            times = []
            for _ in range(1 if name == "again" and T > 64 else 3):
                start = time.process_time()
                generate(way, [()], T, temperature=0, eos=-1)
                times.append(time.process_time() - start)
            milliseconds[name].append(round(1e3 * float(np.median(times)) / T, 3))
        print(T, {name: times[-1] for name, times in milliseconds.items()}, flush=True)
    return {"layers": 4, "width": 128, "lengths": list(LENGTHS), "milliseconds": milliseconds}


def written(name: str, part: Callable[[], dict[str, object]]) -> None:
    """Write what a part returns, with the command that made it."""
    save(f"decoding_{name}.json", {"command": f"python book/decoding_data.py {name}", **part()})


MADE = (samplers, repetition, speculative, speed)
PARTS = {part.__name__: partial(written, part.__name__, part) for part in MADE}

if __name__ == "__main__":
    run(PARTS)
