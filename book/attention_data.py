"""Make the data of the chapter on attention: ``python book/attention_data.py``, or with the names of parts.

Each part writes a file of its own, book/_data/attention_<part>.json. ``translation`` and ``heads`` use a GPU where there is
one, write after every training and do not repeat what the file has already.

* ``time``: CPU time and extra memory of causal attention in NumPy by the length of the text, with all scores at once and block
  by block; and a loop over ever more keys and values beside the one mask that replaces it. One thread, a minute.
* ``translation``: unit 07's encoder–decoder without and with additive attention, three seeds each: exact matches by the length
  of the source, words that need a noun of an earlier sentence, and where the decoder looked. About 20 minutes on one core.
* ``heads``: language models of embeddings, positions and two layers of self-attention with one head and with four, three seeds
  each: bits per token, agreement, and where each head looks before a pronoun. About half an hour on one core.
"""

import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any

import experiments
import numpy as np
import torch
from experiments import FAR, MILLION, device_name, held_out_tests, kept_rows, learn, network_figures, save, seconds_for

from llmcourse.attention import attention, causal_mask
from llmcourse.attention.fast import causal_attention
from llmcourse.attention.language_model import AttentionConfig, AttentionLM
from llmcourse.attention.translation import AttendingDecoder, alignments
from llmcourse.corpora import parallel
from llmcourse.corpora.translation import Pairs
from llmcourse.corpus import Corpus
from llmcourse.recurrent import Translator, TranslatorConfig, by_length, exact_matches, translation_loss, words_in_place
from llmcourse.recurrent.translation import Decoder
from llmcourse.training import (
    TrainingConfig,
    block,
    choose_device,
    device_of,
    evaluating,
    inputs,
    new_generator,
    train,
)

SEEDS = (0, 1, 2)

# --- time and memory ----------------------------------------------------------------------------------------------------------

LENGTHS, LOOPED, WIDTH = (128, 256, 512, 1024, 2048, 4096), (64, 128, 256, 512, 1024), 64


def extra_memory(call: Callable[[], np.ndarray]) -> float:
    """MiB at the peak of a call, beside its output."""
    tracemalloc.start()
    output = call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return float((peak - output.nbytes) / 2**20)


def loop_over_prefixes(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Causal attention by giving each query only the keys and values that it may see, (T, d)."""
    return np.stack([attention(q[i : i + 1], k[: i + 1], v[: i + 1]).output[0] for i in range(len(q))])


def arrays(length: int) -> list[np.ndarray]:
    return [np.random.default_rng(seed).normal(size=(length, WIDTH)).astype(np.float32) for seed in range(3)]


def all_scores(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Causal attention that computes all T × T scores, and masks nearly half of them."""
    return attention(q, k, v, causal_mask(len(q))).output


def timed() -> None:
    ways = {"all scores": all_scores, "block by block": causal_attention}
    texts, looped = [arrays(length) for length in LENGTHS], [arrays(length) for length in LOOPED]
    milliseconds = {name: [round(1e3 * seconds_for(partial(way, *text)), 3) for text in texts] for name, way in ways.items()}
    mib = {name: [round(extra_memory(partial(way, *text)), 3) for text in texts] for name, way in ways.items()}
    loops = [round(1e3 * seconds_for(partial(loop_over_prefixes, *text)), 3) for text in looped]
    masks = [round(1e3 * seconds_for(partial(all_scores, *text)), 3) for text in looped]
    save("attention_time.json", {"command": "python book/attention_data.py time", "width": WIDTH, "lengths": list(LENGTHS),
                                 "milliseconds": milliseconds, "mib": mib,
                                 "loop": {"lengths": list(LOOPED), "loop": loops, "mask": masks}})


# --- translation --------------------------------------------------------------------------------------------------------------

PAIRS, TESTED = 12_000, 1000
TRANSLATOR = TranslatorConfig("gru", dimensions=64, hidden=128)              # as in chapter 07, and trained as there
TRANSLATING = TrainingConfig(epochs=6, batch_size=16, lr=0.005, evaluate_every=10**6)
EDGES = [12, 18, 24, 30, 48]
DECODERS = {"without attention": Decoder, "with attention": AttendingDecoder}


@lru_cache(maxsize=1)
def test_pairs() -> dict[str, Pairs]:
    """Pairs like those of training that were not in it, and pairs with combinations that training lacks."""
    return {"seen combinations": parallel().train(TESTED, seed=1), "held-out": parallel().held_out(TESTED)}


def translation_scores(written: Sequence[np.ndarray], pairs: Pairs, edges: Sequence[int] = EDGES) -> dict[str, Any]:
    """What translations are worth, of any model: exact matches, whole and by source length, and the words in their place.

    by_length: (from, below, texts, right). words: (words, in their place). earlier: the same of words whose form hangs on a
    noun of an earlier sentence.
    """
    matches = exact_matches(written, pairs.target)
    in_place = words_in_place(written, pairs.target)
    needs = pairs.needs_earlier
    return {"exact": round(float(matches.mean()), 4), "by_length": by_length(matches, pairs.source.lengths, edges),
            "words": [len(in_place), int(in_place.sum())], "earlier": [int(needs.sum()), int(in_place[needs].sum())]}


def looked_right(maps: Sequence[np.ndarray], pairs: Pairs) -> list[int]:
    """[words, those at which the largest weight is on the source word that they render]. maps: a (T, S) array for each pair."""
    largest = np.concatenate([one.argmax(axis=1) for one in maps])
    wanted = pairs.aligned - np.repeat(pairs.source.starts[:-1], pairs.target.lengths)
    return [len(wanted), int((largest == wanted).sum())]


def alignment_map(model: Translator, pairs: Pairs) -> dict[str, Any]:
    """Words and weights of the shortest pair in which a word hangs on a noun of an earlier sentence."""
    needs = np.add.reduceat(pairs.needs_earlier, pairs.target.starts[:-1]) > 0
    number = int(np.flatnonzero(needs)[np.argmin(pairs.source.lengths[needs])])
    one, other = Corpus.join([pairs.source[number]]), Corpus.join([pairs.target[number]])
    (weights,) = alignments(model, one, other)
    here = slice(pairs.target.starts[number], pairs.target.starts[number + 1])
    return {"source": model.source.decode(one.ids), "target": model.target.decode(other.ids),
            "weights": weights.round(3).tolist(), "aligned": (pairs.aligned[here] - pairs.source.starts[number]).tolist(),
            "antecedent": [int(at - pairs.source.starts[number]) if at >= 0 else -1 for at in pairs.antecedent[here]],
            "right": bool(exact_matches(model.translate(one), other)[0])}


def trained_translator(decoder: str, seed: int) -> tuple[Translator, dict[str, Any]]:
    """A translator with one decoder or the other, and a row about its training."""
    language, training = parallel(), TrainingConfig(**asdict(TRANSLATING) | {"seed": seed})
    learn, validation = language.train(PAIRS), language.validation(200)
    model = Translator(language.vocabulary, language.target_vocabulary, TRANSLATOR, new_generator(seed), DECODERS[decoder])
    model, start = model.to(choose_device()), time.process_time()
    result = train(model, (learn.source, learn.target), (validation.source, validation.target), training, loss=translation_loss,
                   progress=False)
    return model, {"decoder": decoder, "seed": seed, "parameters": sum(p.numel() for p in model.parameters()),
                   "tokens": result.tokens, "cpu_seconds": round(time.process_time() - start, 1),
                   "seconds": round(result.seconds, 1), "device": device_name(device_of(model)),
                   "validation_nats": round(result.best_loss, 4)}


def translation() -> None:
    head = {"pairs": PAIRS, "model": asdict(TRANSLATOR), "training": asdict(TRANSLATING)}
    done, rows = kept_rows("attention_translation.json", **head), list[dict[str, Any]]()
    for seed in SEEDS:
        for decoder in DECODERS:
            row = next((row for row in done if (row["decoder"], row["seed"]) == (decoder, seed)), None)
            if row is None:
                model, row = trained_translator(decoder, seed)
                row["results"] = {name: translation_scores(model.translate(pairs.source), pairs)
                                  for name, pairs in test_pairs().items()}
                if decoder == "with attention":
                    pairs = test_pairs()["held-out"]
                    row["looked_right"] = looked_right(alignments(model, pairs.source, pairs.target), pairs)
                    row |= {"map": alignment_map(model, pairs)} if seed == SEEDS[0] else {}
                print({key: value for key, value in row.items() if key != "map"}, flush=True)
            rows.append(row)
            save("attention_translation.json", {"command": "python book/attention_data.py translation", **head, "rows": rows})


# --- heads --------------------------------------------------------------------------------------------------------------------

READ = 10 * MILLION                                                           # tokens, each read once
HEADS = (1, 4)
READING = TrainingConfig(batch_size=32, lr=0.01, evaluate_every=10**6)
LOOKED_AT, SHOWN = 500, 50                                                    # held-out stories; words that are shown at most


def places(story: int, texts: Corpus, vocabulary: Any) -> tuple[list[str], torch.Tensor]:
    """What a model reads of a story, BOS in front and the last word dropped: words, and ids (1, T)."""
    ids = inputs(block(texts, np.array([story])), vocabulary.bos)
    return vocabulary.decode(ids[0].tolist()), ids


def looks(model: AttentionLM) -> dict[str, Any]:
    """Where the heads look when a pronoun comes next whose gender was decided more than ``FAR`` words before.

    mean: for each layer and head the mean weight on the first word that decided it (a name or a noun), on the latest (often a
    pronoun), on the word just read, the one before it and on BOS. story: all weights, word by word, before the first *her* in
    such a place with at most ``SHOWN`` words before it; first and latest are the numbers of these words.
    """
    texts, tests = held_out_tests()
    gender = tests.of_kind("gender", min_distance=FAR + 1, distractor=True)
    found = zip(gender.position, gender.distance, gender.since_first, texts.text_of[gender.position], strict=True)
    rows, story = list[np.ndarray](), None
    with evaluating(model):
        for position, distance, since_first, number in found:
            if number >= LOOKED_AT:
                break
            words, ids = places(int(number), texts, model.vocabulary)
            query = int(position - texts.starts[number])                      # the row that predicts the pronoun
            first, latest = query + 1 - int(since_first), query + 1 - int(distance)                  # BOS is word 0
            weights = model.weights(ids.to(device_of(model)))[0, :, :, query].double().cpu().numpy()  # (L, h, T)
            rows.append(weights[:, :, [first, latest, query, query - 1, 0]])
            pronoun = model.vocabulary.decode([int(texts.ids[position])])[0]
            if story is None and pronoun == "her" and query < SHOWN:
                p = model.log_probabilities(model(ids.to(device_of(model)))[0, query]).exp().numpy()
                story = {"words": words[: query + 1], "next": pronoun, "first": first, "latest": latest,
                         "p": {word: round(float(p[model.vocabulary.ids[word]]), 4) for word in ("her", "him", "them")},
                         "weights": weights[:, :, : query + 1].round(3).tolist()}
    mean, names = np.mean(rows, axis=0), ("first", "latest", "last word", "the one before", "BOS")
    return {"tests": len(rows), "mean": {name: mean[:, :, k].round(3).tolist() for k, name in enumerate(names)}, "story": story}


def heads() -> None:
    done, rows = kept_rows("attention_heads.json", training=asdict(READING)), list[dict[str, Any]]()
    for seed in SEEDS:
        for h in HEADS:
            row = next((row for row in done if (row["heads"], row["seed"]) == (h, seed)), None)
            if row is None:
                config, training = AttentionConfig(heads=h), TrainingConfig(**asdict(READING) | {"seed": seed})
                model, result, cpu_seconds = learn(AttentionLM, config, training, READ)
                found = network_figures(model)
                row = {"heads": h, "seed": seed, "layers": config.layers, "width": config.width,
                       "parameters": model.parameter_count, "tokens": result.tokens, "cpu_seconds": round(cpu_seconds, 1),
                       "seconds": round(result.seconds, 1), "device": device_name(device_of(model)),
                       **{key: found[key] for key in ("bits_per_token", "gap", "agreement")}}
                row |= {"looks": looks(model)} if (seed, h) == (SEEDS[0], HEADS[-1]) else {}
                print({key: value for key, value in row.items() if key != "looks"}, flush=True)
            rows.append(row)
            save("attention_heads.json", {"command": "python book/attention_data.py heads", "training": asdict(READING),
                                          "rows": rows})


PARTS = {"time": timed, "translation": translation, "heads": heads}

if __name__ == "__main__":
    experiments.run(PARTS)
