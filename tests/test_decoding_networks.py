"""Decoding with networks: caches, the quick decoders, every kind of model behind one face, and transformers' processors."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from neural import one_thread, some_corpus  # noqa: E402, F401
from scipy import special  # noqa: E402
from test_decoding import some_model  # noqa: E402
from test_transformer import KINDS, VOCABULARY  # noqa: E402
from test_transformer_cache import IDS, random_model  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from llmcourse import decoding  # noqa: E402
from llmcourse.decoding import (  # noqa: E402
    NumPyDecoder,
    Settings,
    TorchDecoder,
    beam_search,
    best_text,
    generate,
    greedy,
    process,
    reader,
    speculative_sample,
    text_probabilities,
)
from llmcourse.decoding.fast import ACTIVATIONS, WithoutCache, erf  # noqa: E402
from llmcourse.feedforward import FeedForwardConfig, FeedForwardLM  # noqa: E402
from llmcourse.language_models import LanguageModel  # noqa: E402
from llmcourse.ngrams import Additive  # noqa: E402
from llmcourse.recurrent import RecurrentConfig, RecurrentLM  # noqa: E402
from llmcourse.transformer.model import ACTIVATE  # noqa: E402

PROMPTS = [[], [2], [3, 4, 4, 5], [6, 6, 2, 3, 4, 5]]
DECODERS = [NumPyDecoder, TorchDecoder]


class Rows:
    """A model through nothing but the protocol."""

    def __init__(self, model):
        self.vocabulary, self.next_log_probabilities = model.vocabulary, model.next_log_probabilities


class Network:
    """A model through nothing but ``forward``."""

    def __init__(self, model):
        self.vocabulary, self.parameters, self.model, self.training = model.vocabulary, model.parameters, model, model.training
        self.eval, self.train = model.eval, model.train

    def __call__(self, ids):
        return self.model(ids)


def models():
    transformer = random_model({})
    lstm = RecurrentLM(VOCABULARY, RecurrentConfig(dimensions=8, hidden=16))
    with torch.no_grad():
        lstm.U.mul_(4)
    return {"transformer": transformer, "NumPy": NumPyDecoder(transformer), "torch": TorchDecoder(transformer),
            "again": Network(transformer), "lstm": lstm, "rows": Rows(lstm),
            "feedforward": FeedForwardLM(VOCABULARY, FeedForwardConfig(window=2, dimensions=8, hidden=16)),
            "bigrams": Additive([["a", "b"], ["c", "a", "d", "e"]], 2, 0.3, vocabulary=VOCABULARY)}


# --- the quick decoders -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", DECODERS)
@pytest.mark.parametrize("options", KINDS)
def test_quick_decoders_give_the_models_logits(kind, options):
    """In pieces of 12, 1, 3 and 7, and for texts of different lengths side by side: the module's logits without a cache."""
    model = random_model(options)
    decoder, lengths = kind(model), [1, 4, 6]

    def read(ids, cache, **more):
        ids = ids if kind is TorchDecoder else ids.numpy()
        return torch.as_tensor(decoder(ids, cache=cache, **more))

    with torch.no_grad():
        want = model(IDS)
        for size in (12, 1, 3, 7):
            cache = decoder.new_cache(3, slots=2)
            found = torch.cat([read(part, cache) for part in IDS.split(size, dim=1)], dim=1)
            torch.testing.assert_close(found, want, atol=2e-5, rtol=0)
        cache = decoder.new_cache(3)
        logits = read(IDS[:, :6], cache, lengths=lengths)
        for size in (1, 2):
            more = read(IDS[:, 6 : 6 + size], cache)
            for b, n in enumerate(lengths):
                alone = model(torch.cat([IDS[b, :n], IDS[b, 6 : 6 + size]])[None])[0]
                torch.testing.assert_close(torch.cat([logits[b, :n], more[b]]), alone, atol=2e-5, rtol=0)
            cache.lengths = lengths                                          # forget, and go on otherwise
    assert found.dtype == torch.float32


@pytest.mark.parametrize("kind", DECODERS)
def test_a_quick_decoder_is_a_language_model_of_its_own(kind):
    model = random_model({"positions": "learned"})
    decoder, context = kind(model), [2, 3, 3]
    assert isinstance(decoder, LanguageModel)
    want = model.next_log_probabilities(context)
    np.testing.assert_allclose(decoder.next_log_probabilities(context), want, atol=2e-5)
    assert decoder.next_log_probabilities([])[0] == -np.inf
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    np.testing.assert_allclose(decoder.next_log_probabilities(context), want, atol=2e-5)         # a copy
    with pytest.raises(ValueError, match="token id 7 is outside"):
        decoder.next_log_probabilities([7])
    with pytest.raises(ValueError, match="this model has learned 64 positions, got 65 ids"):
        decoder.next_log_probabilities([2] * 64)


def test_activations_in_numpy():
    x = np.linspace(-9, 9, 4001, dtype=np.float32)
    np.testing.assert_allclose(erf(x), special.erf(x.astype(float)), atol=5e-7)
    for name, f in ACTIVATIONS.items():
        found = f(x)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, ACTIVATE[name](torch.from_numpy(x)).numpy(), atol=2e-6)
    assert ACTIVATIONS["swiglu"](np.array([-1e4, 1e4], np.float32)).tolist() == [0, 1e4]


# --- one face for all models ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", models())
def test_readers_say_what_the_model_says(name):
    """Row by row, in pieces, after rows were chosen and ids taken back: always the model's next_log_probabilities."""
    model = models()[name]
    ask = models()["transformer" if name == "again" else name].next_log_probabilities

    def check(said, texts):
        np.testing.assert_allclose(said, [ask(text) for text in texts], atol=3e-5)

    reading = reader(model, 4)
    check(reading.read(PROMPTS), PROMPTS)
    check(reading.read([[2], [3], [4], [5]]), [[*text, i] for text, i in zip(PROMPTS, (2, 3, 4, 5), strict=True)])
    reading.select([3, 1, 1])
    check(reading.read([[2, 3], [4], [5]]), texts := [[*PROMPTS[3], 5, 2, 3], [2, 3, 4], [2, 3, 5]])
    assert reading.texts == texts
    each = reading.read_each([[6, 6], [3], [2, 2]])
    for rows, text, new in zip(each, texts, ([6, 6], [3], [2, 2]), strict=True):
        check(rows, [text + new[: n + 1] for n in range(len(new))])
    first = reader(model, 2).read_each([[2, 3], []])
    check(first[0], [[], [2], [2, 3]])
    check(first[1], [[]])
    one = reader(model, 1)
    one.read([[2, 3, 4, 5]])
    one.forget(2)
    check(one.read([[6]]), [[2, 3, 6]])
    assert one.begun and one.texts == [[2, 3, 6]]


@pytest.mark.parametrize("name", models())
def test_generation_is_the_same_for_one_and_for_many_prompts(name):
    """Greedy tokens equal, log-probabilities within 1e-5 of the model's own; sampled ones with their rows' numbers."""
    model = models()[name]
    together = generate(model, PROMPTS, 12, temperature=0)
    for prompt, text, log_p in zip(PROMPTS, together.texts, together.log_p, strict=True):
        [alone] = generate(model, [prompt], 12, temperature=0).texts
        assert alone.tolist() == text.tolist()
        if name != "again":
            want = [model.next_log_probabilities([*prompt, *text[:t]])[i] for t, i in enumerate(text)]
            np.testing.assert_allclose(log_p[: len(text)], want, atol=3e-5)
            assert text.tolist() == greedy(model, max_length=len(prompt) + 12, prefix=prompt)[len(prompt) :].tolist()
    sampled = generate(model, PROMPTS, 12, seed=1)
    rows = Rows(models()["transformer" if name == "again" else name])
    assert np.array_equal(sampled.ids, generate(rows, PROMPTS, 12, seed=1).ids)


def test_a_transformer_writes_the_same_with_and_without_a_cache():
    model = random_model({"positions": "sinusoidal", "key_value_heads": 2})
    ways = [model, Network(model), WithoutCache(model), Rows(model), NumPyDecoder(model), TorchDecoder(model)]
    for options in ({"temperature": 0}, {"seed": 5}, {"seed": 5, "top_p": 0.8, "temperature": 1.5, "repetition_penalty": 1.2}):
        first, *others = [generate(way, PROMPTS, 40, **options) for way in ways]
        assert first.lengths.max() > 5
        for other in others:
            assert np.array_equal(first.ids, other.ids)
            np.testing.assert_allclose(first.log_p, other.log_p, atol=3e-5)


@pytest.mark.parametrize("name", ["transformer", "NumPy", "lstm"])
def test_beams_and_speculation_with_networks(name):
    model = models()[name]
    rows = Rows(models()["lstm"]) if name == "lstm" else Rows(models()["transformer"])
    for width in (1, 3):
        ours, theirs = (beam_search(m, width, max_length=6, prefix=[2, 3]) for m in (model, rows))
        assert [text.ids for text in ours] == [text.ids for text in theirs]
        np.testing.assert_allclose([text.log_p for text in ours], [text.log_p for text in theirs], atol=1e-4)
    exact = best_text(model, max_length=3)
    assert beam_search(model, 6**2, max_length=3)[0].ids == exact.ids
    draft = some_model(0, 1, VOCABULARY)
    for seed in range(10):
        found, want = (speculative_sample(m, draft, np.random.default_rng(seed), max_length=12, prefix=[4])
                       for m in (model, rows))
        assert found.ids.tolist() == want.ids.tolist() and found[1:] == want[1:]


def test_a_network_in_training_stays_so_and_has_no_dropout_here():
    model = random_model({"dropout": 0.5}).train()
    found = generate(model, [[2]], 20, temperature=0)
    assert model.training
    assert np.array_equal(found.ids, generate(model.eval(), [[2]], 20, temperature=0).ids)


def test_an_object_without_a_vocabulary():
    """It is called with ids and returns logits; no BOS is put in front, nothing ends a text but ``eos``."""
    def count_up(ids):
        return np.eye(9)[(ids + 1) % 9] * 50

    found = generate(count_up, [[3], [6, 7]], 4, temperature=0, eos=1)
    assert found.ids.tolist() == [[4, 5, 6, 7], [8, 0, 1, 0]] and found.lengths.tolist() == [4, 3]


# --- against transformers -----------------------------------------------------------------------------------------------------

def transformers_of(**options):
    """Their logits processors, in the order in which their ``generate`` calls them."""
    from transformers.generation import logits_process as theirs

    made = {"repetition_penalty": theirs.RepetitionPenaltyLogitsProcessor, "temperature": theirs.TemperatureLogitsWarper,
            "top_k": theirs.TopKLogitsWarper, "top_p": theirs.TopPLogitsWarper, "min_p": theirs.MinPLogitsWarper,
            "typical": theirs.TypicalLogitsWarper}
    return [make(options[name]) for name, make in made.items() if name in options]


@pytest.mark.parametrize("options", [
    {"repetition_penalty": 1.3}, {"temperature": 0.6}, {"top_k": 5}, {"top_p": 0.7}, {"min_p": 0.15}, {"typical": 0.6},
    {"temperature": 1.7, "top_k": 9, "top_p": 0.9, "min_p": 0.05},
    {"repetition_penalty": 0.8, "temperature": 0.5, "typical": 0.9}],
    ids=lambda options: "-".join(options))  # fmt: skip
@pytest.mark.parametrize("seed", range(5))
def test_the_processors_of_transformers(options, seed):
    """On the same log-probabilities, which have no ties: the same tokens stay, with the same probabilities."""
    pytest.importorskip("transformers")
    random = np.random.default_rng(seed)
    log_p = np.log(random.dirichlet(np.full(20, 0.5), 6))
    ids = random.integers(0, 20, (6, 7))
    scores = torch.from_numpy(log_p)
    for processor in transformers_of(**options):
        scores = processor(torch.from_numpy(ids), scores.log_softmax(-1))    # ours normalises after each
    found = process(ids, log_p, Settings(**options))
    np.testing.assert_allclose(np.exp(found), scores.softmax(-1).numpy(), atol=1e-9)
    if len(options) == 1:
        [(name, value)] = options.items()
        [theirs] = transformers_of(**options)
        logits = random.normal(size=(6, 20)) * 3                             # with positive ones
        ours = getattr(decoding, name)(ids, logits, value)
        want = theirs(torch.from_numpy(ids), torch.from_numpy(logits.copy())).numpy()
        with np.errstate(invalid="ignore"):
            shift = np.where(np.isfinite(want), ours - want, 0)              # temperature takes the highest away
        assert np.array_equal(np.isfinite(ours), np.isfinite(want))
        np.testing.assert_allclose(np.ptp(np.where(np.isfinite(want), shift, shift.max(axis=1, keepdims=True)), axis=1), 0,
                                   atol=1e-9)


def gpt2():
    transformers = pytest.importorskip("transformers")
    from test_transformer_checkpoints import VOCABULARY as MANY
    from test_transformer_checkpoints import random_weights

    from llmcourse.transformer import TransformerConfig, TransformerLM, load_gpt2

    theirs = random_weights(transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=51, n_positions=64, n_embd=24, n_layer=3, n_head=4, bos_token_id=0, eos_token_id=1, pad_token_id=0)))
    config = TransformerConfig(layers=3, width=24, heads=4, positions="learned", longest=64, bias=True, tied=True,
                               activation="gelu_tanh")
    ours = TransformerLM(MANY, config).eval()
    load_gpt2(ours, theirs.state_dict())
    return ours, theirs


def test_greedy_text_and_beams_of_transformers():
    """GPT-2 with random weights: their generate and ours, BOS in front of every prompt, which theirs must not write."""
    ours, theirs = gpt2()
    prompts = [[5, 9], [7, 8], [30, 31], [2, 2]]
    ids = torch.tensor([[0, *prompt] for prompt in prompts])
    options = {"max_new_tokens": 30, "do_sample": False, "suppress_tokens": [0], "attention_mask": torch.ones_like(ids)}
    want = theirs.generate(ids, **options)[:, 3:].numpy()
    for model in (ours, NumPyDecoder(ours), TorchDecoder(ours)):
        found = generate(model, prompts, 30, temperature=0)
        assert np.array_equal(found.ids, want)
    with torch.no_grad():
        logits = theirs(torch.tensor([[0, 5, 9]])).logits[0, -1].double()
    logits[0] = -torch.inf
    np.testing.assert_allclose(reader(ours, 1).read([[5, 9]])[0], F.log_softmax(logits, -1).numpy(), atol=1e-4)


def test_flops_are_those_that_torch_counts():
    from torch.utils.flop_counter import FlopCounterMode

    from llmcourse.transformer import TransformerConfig, TransformerLM
    from llmcourse.transformer.functional import attention

    model = TransformerLM(VOCABULARY, TransformerConfig(layers=2, width=16, heads=4))
    layers, d, V = 2, 16, 7
    for T in (1, 5):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(torch.zeros(1, T, dtype=torch.int64))
        linear = sum(n for op, n in counter.get_flop_counts()["Global"].items() if "mm" in str(op))
        q = torch.zeros(1, 4, T, 4)
        with FlopCounterMode(display=False) as pairs:
            attention(q, q, q)
        whole = T * T                                                        # it computes what the mask hides, too
        again = [decoding.generation_flops(t, layers, d, V).again for t in (T, T - 1)]
        last = again[0] - again[1]
        assert last == linear + layers * pairs.get_total_flops() * (T * (T + 1) // 2) // whole
    assert math.isclose(sum(text_probabilities(Rows(model), 2).values()), 1, rel_tol=1e-6)
