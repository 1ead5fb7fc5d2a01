"""The encoder–decoder: against torch's, its size, its masks, greedy decoding, its maps, its learning."""

import doctest
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401
from torch import nn  # noqa: E402

from llmcourse import training  # noqa: E402
from llmcourse.attention import multi_head, padding_mask  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402
from llmcourse.recurrent import exact_matches, translation_loss  # noqa: E402
from llmcourse.training import TrainingConfig, evaluating, mean_loss, train  # noqa: E402
from llmcourse.transformer import (  # noqa: E402
    PAPER,
    DecoderBlock,
    EncoderBlock,
    MemoryAttention,
    TransformerConfig,
    TransformerTranslator,
    seq2seq,
    translator_count,
)
from llmcourse.transformer.model import rotations  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

SOURCE, TARGET = Vocabulary(list("abcdef")), Vocabulary(list("uvwxyz!"))    # V = 8 and 9
SMALL = {"layers": 2, "width": 16, "heads": 4}
KINDS = [{"positions": kind} for kind in ("sinusoidal", "learned", "rotary", "none")] + [
    {"norm": "rms"}, {"norm": "none"}, {"pre_norm": False}, {"activation": "swiglu"}, {"tied": True}, {"residual": False},
    {"bias": True, "positions": "learned"}, {"key_value_heads": 2, "bias": True},
]  # fmt: skip


def draw(*shape, seed=0):
    return torch.randn(shape, generator=training.new_generator(seed), dtype=torch.float64)


def model_of(seed=0, **options):
    return TransformerTranslator(SOURCE, TARGET, TransformerConfig(**SMALL | options), training.new_generator(seed))


def texts(rows, width=None):
    """A block of these texts, as wide as the longest of them or as ``width``."""
    width = width or max(map(len, rows))
    return training.Block(torch.tensor([[*row, *[0] * (width - len(row))] for row in rows]), torch.tensor([*map(len, rows)]))


def pairs(n, seed=0, size=7):
    """Words 2 … 7 and their translation: each word's number plus one, in the opposite order."""
    random = np.random.default_rng(seed)
    rows = [random.integers(2, 8, random.integers(1, size)) for _ in range(n)]
    return Corpus.join([[*row, 1] for row in rows]), Corpus.join([[*(row[::-1] + 1), 1] for row in rows])


def test_examples_in_docstrings():
    failed, tried = doctest.testmod(seq2seq)
    assert not failed and tried


# --- parts against torch ------------------------------------------------------------------------------------------------

def randomise(module):
    """Matrices that keep the size of what they map, and all else a little off: nothing in a new model is so lively."""
    for s, parameter in enumerate(module.double().parameters()):
        noise = draw(*parameter.shape, seed=s)
        parameter.data = 1.5 * noise * parameter.shape[1] ** -0.5 if parameter.ndim == 2 else parameter + 0.1 * noise
    return module


def torchs_names(block, attentions, norms):
    named = {"linear1": ("feed_forward", "1"), "linear2": ("feed_forward", "2")}
    state = {}
    for theirs, (ours, number) in named.items():
        state |= {f"{theirs}.weight": getattr(getattr(block, ours), f"W_{number}"),
                  f"{theirs}.bias": getattr(getattr(block, ours), f"b_{number}")}
    for theirs, ours in attentions.items():
        a = getattr(block, ours)
        state |= {f"{theirs}.in_proj_weight": torch.cat([a.W_q, a.W_k, a.W_v]), f"{theirs}.out_proj.weight": a.W_o,
                  f"{theirs}.in_proj_bias": torch.cat([a.b_q, a.b_k, a.b_v]), f"{theirs}.out_proj.bias": a.b_o}
    state |= {f"norm{i}.{part}": getattr(getattr(block, f"norm_{i}"), part) for i in norms for part in ("weight", "bias")}
    return {name: weight.detach() for name, weight in state.items()}


@pytest.mark.parametrize("pre_norm", [True, False])
def test_blocks_are_torchs_layers_with_their_gradients(pre_norm):
    config = TransformerConfig(**SMALL, positions="none", bias=True, pre_norm=pre_norm, activation="relu")
    x, y = draw(2, 5, 16).requires_grad_(), draw(2, 4, 16, seed=1).requires_grad_()
    right = torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    one, other = randomise(EncoderBlock(config)), randomise(DecoderBlock(config))
    options = {"batch_first": True, "norm_first": pre_norm}
    first, second = (kind(16, 4, 64, 0.0, **options).double() for kind in (nn.TransformerEncoderLayer,
                                                                           nn.TransformerDecoderLayer))
    first.load_state_dict(torchs_names(one, {"self_attn": "attention"}, (1, 2)))
    second.load_state_dict(torchs_names(other, {"self_attn": "attention", "multihead_attn": "cross"}, (1, 2, 3)))
    ours = other(y, one(x, right[:, None, None]), right[:, None, None])
    future = nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)
    theirs = second(y, first(x, src_key_padding_mask=~right), tgt_mask=future, memory_key_padding_mask=~right)
    torch.testing.assert_close(ours, theirs)
    for mine, yours in zip(torch.autograd.grad((ours**2).sum(), [x, y]), torch.autograd.grad((theirs**2).sum(), [x, y]),
                           strict=True):
        torch.testing.assert_close(mine, yours)


@pytest.mark.parametrize("groups", [None, 1, 2])
def test_attention_to_a_memory_is_numpys_with_its_weights(groups):
    module = randomise(MemoryAttention(TransformerConfig(**SMALL, key_value_heads=groups)))
    x, memory, mask, maps = draw(2, 3, 16), draw(2, 5, 16, seed=1), padding_mask([2, 5], 5), []
    found = module(x, memory, torch.from_numpy(mask), maps=maps)
    wide = {name: weight.detach() for name, weight in module.named_parameters()}
    for name in ("W_k", "W_v"):                                            # every head its own copy of the rows of its group
        wide[name] = wide[name].unflatten(0, (-1, 4)).repeat_interleave(4 // (groups or 4), dim=0).flatten(0, 1)
    want = multi_head(x.numpy(), *(wide[f"W_{name}"].numpy().T for name in "qkvo"), 4, mask, memory.numpy())
    np.testing.assert_allclose(found.detach(), want.output, atol=1e-12)
    np.testing.assert_allclose(maps[0].detach(), want.weights, atol=1e-12)
    torch.testing.assert_close(module(x, memory, torch.from_numpy(mask)), found)                 # asked for maps or not


def test_rotary_attention_depends_on_distances_alone():
    """In a text without edges in sight: words that lie one place further ask and answer as before."""
    config = TransformerConfig(**SMALL)  # rotary
    module, x = randomise(MemoryAttention(config)), draw(1, 6, 16)
    near, far = (module(x, x, rotation=rotations(torch.arange(6) + shift, 4)) for shift in (0, 100))
    torch.testing.assert_close(near, far, atol=1e-5, rtol=1e-4)
    assert (near - module(x, x)).abs().max() > 1e-3


# --- its size -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", KINDS)
def test_a_translator_has_as_many_numbers_as_the_formula_says(options):
    model = model_of(**options)
    counts = translator_count(8, 9, model.config)
    assert model.parameter_count == counts["total"]
    inside = {side: sum(p.numel() for name, p in getattr(model, side).named_parameters() if name not in ("E", "P", "U"))
              for side in ("encoder", "decoder")}
    assert inside == {"encoder": counts["encoder"], "decoder": counts["decoder"]}


def test_the_size_of_the_paper():
    counts = translator_count(100, 200, PAPER)
    assert counts["encoder"] == 6 * 3_152_384 and counts["decoder"] == 6 * 4_204_032
    assert counts["encoder"] + counts["decoder"] == 44_138_496 and counts["embeddings"] == 300 * 512 and not counts["output"]
    theirs = nn.Transformer(512, 8, 6, 6, 2048, batch_first=True, device="meta")
    assert sum(p.numel() for p in theirs.parameters()) == 44_138_496 + 2 * 2 * 512  # with two norms more
    attention, network, norm = 4 * (512 * 512 + 512), 2 * 512 * 2048 + 2048 + 512, 2 * 512
    assert (attention + network + 2 * norm, 2 * attention + network + 3 * norm) == (3_152_384, 4_204_032)
    with pytest.raises(ValueError, match="the target's size must be at least 1, got 0"):
        translator_count(1, 0, PAPER)


@pytest.mark.parametrize("options", KINDS)
def test_a_new_translator_is_nearly_uniform(options):
    assert mean_loss(model_of(**options), pairs(20), loss=translation_loss) == pytest.approx(math.log(9), abs=0.1)


# --- what may have influence --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", KINDS)
def test_a_word_depends_on_all_of_the_source_and_on_what_is_written_before_it(options):
    model = randomise(model_of(**options))
    source, target = texts([[2, 3, 4, 5, 1]]), [4, 2, 6, 6, 1]
    before = model(source, texts([target]))[0]
    for t in range(5):
        other = [*target[:t], *(w % 7 + 2 for w in target[t:])]
        after = model(source, texts([other]))[0]
        torch.testing.assert_close(after[: t + 1], before[: t + 1])        # row t predicts word t: it has read those before it
        if t < 4:
            assert ((after[t + 1 :] - before[t + 1 :]).abs().amax(dim=1) > 1e-9).all()
    for n in range(5):
        ids = source.ids.clone()
        ids[0, n] = 6
        after = model(training.Block(ids, source.lengths), texts([target]))[0]
        assert ((after - before).abs().amax(dim=1) > 1e-9).all()


@pytest.mark.parametrize("options", KINDS)
def test_what_stands_after_a_text_has_no_influence(options):
    model = randomise(model_of(**options))
    alone = model(texts([[2, 3, 1]]), texts([[4, 1]]))[0]
    beside = model(texts([[2, 3, 1], [5, 5, 5, 5, 1]]), texts([[4, 1], [2, 3, 4, 1]]))[0]
    torch.testing.assert_close(beside[:2], alone)
    for fill in (0, 6):                                                    # nor for the loss and its gradient
        source, target = texts([[2, 3, 1], [5, 5, 5, 5, 1]]), texts([[4, 1], [2, 3, 4, 1]])
        filled = [training.Block(text.ids.masked_fill(~text.mask, fill), text.lengths) for text in (source, target)]
        nats, count = translation_loss(model, *filled)
        model.zero_grad()
        nats.backward()
        found = [nats.detach(), *(p.grad.clone() for p in model.parameters())]
        assert count == 6
        if fill == 0:
            first = found
    for mine, yours in zip(found, first, strict=True):
        torch.testing.assert_close(mine, yours, atol=1e-12, rtol=1e-9)


def test_words_of_the_source_are_a_set_without_positions_and_a_sequence_with_them():
    target = texts([[4, 2, 1]])
    for kind, same in (("none", True), ("sinusoidal", False), ("learned", False), ("rotary", False)):
        model = randomise(model_of(positions=kind))
        one, other = (model(texts([row]), target) for row in ([2, 3, 4, 1], [4, 2, 3, 1]))
        assert torch.allclose(one, other, atol=1e-12) == same, kind


# --- greedy decoding ----------------------------------------------------------------------------------------------------

def test_greedy_decoding_takes_the_best_word_after_what_it_has_written():
    model, (sources, _) = randomise(model_of()), pairs(20)
    written = model.translate(sources, max_length=9)
    assert len({text.tobytes() for text in written}) > 5
    for source, text in zip(sources, written, strict=True):
        assert 1 <= len(text) <= 9 and 0 not in text and 1 not in text[:-1] and (text[-1] == 1 or len(text) == 9)
        with evaluating(model):
            logits = model(texts([source]), texts([text]))[0]
        logits[:, 0] = -torch.inf
        assert logits.argmax(dim=1).tolist() == text.tolist()
    with pytest.raises(ValueError, match="max_length must be at least 1, got 0"):
        model.translate(sources, max_length=0)


def test_maps_say_what_is_looked_at_and_leave_padding_out():
    model = randomise(model_of(dropout=0.5)).train()
    source, target = texts([[2, 3, 1], [5, 5, 5, 5, 1]]), texts([[4, 2, 1], [2, 3, 1]])
    maps = model.cross_attention(source, target)
    assert maps.shape == (2, 2, 4, 3, 5) and not maps.requires_grad and model.training
    torch.testing.assert_close(maps.sum(dim=-1), torch.ones(2, 2, 4, 3).double())
    assert not maps[:, 0, :, :, 3:].any() and (maps[:, 1] > 0).all()
    assert torch.equal(maps, model.cross_attention(source, target))        # nothing is dropped


# --- learning -----------------------------------------------------------------------------------------------------------

def test_it_learns_to_turn_texts_round_and_its_maps_show_it():
    """Which needs order in the source, a memory of all its words, and an end in the right place."""
    model = model_of(layers=1, width=32)
    config = TrainingConfig(epochs=18, batch_size=32, optimizer="muon", lr=3e-3, matrix_lr=0.02)
    train(model, pairs(1000), pairs(50, 1), config, loss=translation_loss, progress=False)
    sources, targets = pairs(200, 2)
    assert exact_matches(model.translate(sources), targets).mean() > 0.95
    source, target = texts([[2, 5, 3, 7, 4, 1]]), texts([[5, 8, 4, 6, 3, 1]])
    looked = model.cross_attention(source, target)[0, 0].mean(dim=0)[:5, :5].argmax(dim=1)
    assert (looked == torch.tensor([4, 3, 2, 1, 0])).sum() >= 3            # from the right to the left


def test_muon_has_the_matrices_of_both_sides():
    model = model_of(bias=True, positions="learned")
    (adam, _), (muon, _) = training.make_optimizers(model, TrainingConfig(optimizer="muon"))
    names = {id(p): name for name, p in model.named_parameters()}
    taken = {names[id(p)] for group in muon.param_groups for p in group["params"]}
    rest = {names[id(p)] for group in adam.param_groups for p in group["params"]}
    assert taken | rest == set(names.values()) and not taken & rest and len(taken) == 2 * (6 + 10)
    assert {"encoder.E", "encoder.P", "decoder.E", "decoder.U", "decoder.norm.weight"} <= rest


def test_a_seed_decides_the_first_weights_and_a_tied_output_is_the_embedding():
    one, same, other = model_of(1), model_of(1), model_of(2)
    assert all(map(torch.equal, one.parameters(), same.parameters())) and not torch.equal(one.decoder.E, other.decoder.E)
    assert not torch.equal(one.encoder.blocks[0].attention.W_q, one.decoder.blocks[0].attention.W_q)
    assert model_of(tied=True).decoder.U is not None and (tied := model_of(tied=True)).decoder.U is tied.decoder.E
