"""The transformer: its parts against torch's and against numbers by hand, the model, its size, its first loss, its learning."""

import copy
import doctest
import importlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from neural import assert_is_a_language_model, assert_padding_has_no_influence, one_thread, some_corpus  # noqa: E402, F401
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from llmcourse import training, transformer  # noqa: E402
from llmcourse.corpora import stories  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402
from llmcourse.training import TrainingConfig, mean_loss, train  # noqa: E402
from llmcourse.training import __main__ as command  # noqa: E402
from llmcourse.transformer import (  # noqa: E402
    TransformerConfig,
    TransformerLM,
    attention,
    causal_mask,
    layer_norm,
    linear,
    multi_head_attention,
    parameter_count,
    rms_norm,
    rope,
    sinusoids,
    swiglu,
)
from llmcourse.transformer.model import Block, rotations, turn  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

VOCABULARY = Vocabulary(["a", "b", "c", "d", "e"])
SMALL = {"layers": 2, "width": 16, "heads": 4}
KINDS = [{"positions": kind} for kind in ("sinusoidal", "learned", "rotary", "none")] + [
    {"norm": "rms"}, {"norm": "none"}, {"pre_norm": False}, {"activation": "relu"}, {"activation": "swiglu"},
    {"activation": "gelu_tanh"}, {"bias": True, "positions": "learned"}, {"tied": True}, {"key_value_heads": 1},
    {"key_value_heads": 2, "bias": True}, {"residual": False}, {"hidden": 5, "activation": "swiglu", "bias": True},
]  # fmt: skip


def draw(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=training.new_generator(seed), dtype=dtype)


def model_of(seed=0, **options):
    return TransformerLM(VOCABULARY, TransformerConfig(**SMALL | options), training.new_generator(seed))


def gradients(loss, *tensors):
    return torch.autograd.grad(loss.sum(), tensors)


@pytest.mark.parametrize("module", ["functional", "config", "checkpoints"])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(importlib.import_module(f"llmcourse.transformer.{module}"))
    assert not failed and tried


# --- the parts ----------------------------------------------------------------------------------------------------------

@given(st.lists(st.integers(1, 4), max_size=3), st.integers(0, 9))
@settings(deadline=None, max_examples=20)
def test_maps_are_torchs_for_any_leading_axes(front, seed):
    x, W, b = draw(*front, 6, seed=seed), draw(5, 6, seed=seed + 1), draw(5, seed=seed + 2)
    torch.testing.assert_close(linear(x, W, b), F.linear(x, W, b))
    torch.testing.assert_close(linear(x, W), F.linear(x, W))
    torch.testing.assert_close(layer_norm(x), F.layer_norm(x, (6,)))
    gain, bias = draw(6, seed=seed + 3), draw(6, seed=seed + 4)
    torch.testing.assert_close(layer_norm(x, gain, bias, 1e-3), F.layer_norm(x, (6,), gain, bias, 1e-3))
    torch.testing.assert_close(rms_norm(x, gain, 1e-6), F.rms_norm(x, (6,), gain, 1e-6))
    w1, w2, w3 = draw(8, 6, seed=seed), draw(6, 8, seed=seed + 5), draw(8, 6, seed=seed + 6)
    torch.testing.assert_close(swiglu(x, w1, w2, w3), F.linear(F.silu(F.linear(x, w1)) * F.linear(x, w3), w2))
    ids = torch.tensor([[0, 4, 4], [2, 1, 0]])
    torch.testing.assert_close(transformer.embedding(W, ids), F.embedding(ids, W))


def test_norms_by_hand():
    row = torch.tensor([1.0, 2, 3, 4])
    assert layer_norm(row, epsilon=0).tolist() == pytest.approx([-1.342, -0.447, 0.447, 1.342], abs=1e-3)  # not 1/(H − 1)
    tiny = torch.tensor([0, 0.001])
    assert layer_norm(tiny).tolist() == pytest.approx([-0.156, 0.156], abs=1e-3)                 # ε inside the root
    sigma = tiny.std(correction=0)
    assert ((tiny - tiny.mean()) / (sigma + 1e-5)).tolist() == pytest.approx([-0.980, 0.980], abs=1e-3)  # and outside
    assert rms_norm(torch.tensor([3.0, 4]), eps=0).tolist() == pytest.approx([3 / 12.5**0.5, 4 / 12.5**0.5])


def test_positions_by_hand():
    assert sinusoids(torch.tensor([0, 1]), 4)[0].tolist() == [0, 1, 0, 1]
    assert sinusoids(torch.tensor([1]), 4)[0].tolist() == pytest.approx([0.841471, 0.540302, 0.0099998, 0.99995], abs=1e-6)
    one = rope(torch.tensor([[1.0, 0, 1, 0]]), torch.tensor([1]))
    assert one[0].tolist() == pytest.approx([0.5403, 0.8415, 0.99995, 0.0100], abs=1e-4)
    x = draw(3, 8)
    assert torch.equal(rope(x, torch.zeros(3)), x)                          # position 0 is not turned
    for function in (lambda d: sinusoids(torch.arange(2), d), lambda d: rope(draw(2, d), torch.arange(2))):
        with pytest.raises(ValueError, match="d must be even, got 5"):
            function(5)


@given(st.integers(-50, 50), st.integers(0, 60))
@settings(deadline=None, max_examples=25)
def test_a_shift_of_sinusoids_is_one_rotation_for_all_positions(k, first):
    d, positions = 6, torch.arange(first, first + 5).double()
    waves, moved = sinusoids(positions, d).double(), sinusoids(positions + k, d).double()
    M = torch.zeros(d, d, dtype=torch.float64)
    for j in range(d // 2):
        c, s = math.cos(k * 10_000 ** (-2 * j / d)), math.sin(k * 10_000 ** (-2 * j / d))
        M[2 * j : 2 * j + 2, 2 * j : 2 * j + 2] = torch.tensor([[c, -s], [s, c]])
    torch.testing.assert_close(waves @ M, moved, atol=1e-5, rtol=0)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
@settings(deadline=None, max_examples=25)
def test_rotary_scores_depend_on_the_distance_alone(i, j, shift):
    q, k = draw(1, 8, seed=1), draw(1, 8, seed=2)

    def product(i, j):
        return (rope(q, torch.tensor([i])) * rope(k, torch.tensor([j]))).sum().item()

    assert product(i, j) == pytest.approx(product(i + shift, j + shift), abs=1e-5)
    assert rope(q, torch.tensor([i])).norm().item() == pytest.approx(q.norm().item(), rel=1e-6)


def test_rotation_as_complex_numbers_is_rope_and_works_in_any_precision(monkeypatch):
    x = draw(2, 7, 3, 8)                                                     # (B, T, h, d_k)
    want = rope(x.transpose(1, 2), torch.arange(7)).transpose(1, 2)
    table = rotations(torch.arange(7), 8)
    torch.testing.assert_close(turn(x, table), want, atol=1e-6, rtol=0)
    half = turn(x.bfloat16(), table)
    assert half.dtype == torch.bfloat16 and (half.double() - want).abs().max() < 0.05
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)       # what is computed where it is compiled
    torch.testing.assert_close(turn(x.float(), table), want.float(), atol=1e-6, rtol=0)


# --- attention ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("front", [(), (2,), (2, 3)])
@pytest.mark.parametrize("kind", ["none", "bool", "float", "causal"])
def test_attention_is_torchs_with_its_gradients(front, kind):
    q, k, v = (draw(*front, n, d, seed=s).requires_grad_() for s, (n, d) in enumerate([(4, 5), (6, 5), (6, 3)]))
    allowed = draw(4, 6, seed=8) > -0.5
    allowed[:, 0] = True
    mask = {"none": None, "bool": allowed, "causal": causal_mask(4, 6),
            "float": torch.zeros(4, 6, dtype=torch.float64).masked_fill(~allowed, -torch.inf)}[kind]
    ours, theirs = attention(q, k, v, mask), F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    torch.testing.assert_close(ours, theirs)
    weights = draw(*ours.shape, seed=9)
    for mine, other in zip(gradients(ours * weights, q, k, v), gradients(theirs * weights, q, k, v), strict=True):
        torch.testing.assert_close(mine, other)


def test_a_query_that_may_look_nowhere_gets_zeros_and_spoils_nothing():
    q, k, v = (draw(3, 4, seed=s).requires_grad_() for s in range(3))
    mask = torch.tensor([[True, True, False], [False] * 3, [True, True, True]])
    out = attention(q, k, v, mask)
    assert not out[1].any() and torch.equal(out[[0, 2]], attention(q[[0, 2]], k, v, mask[[0, 2]]))
    found = gradients(out, q, k, v)
    assert all(torch.isfinite(gradient).all() for gradient in found) and not found[0][1].any()


def test_masks_that_are_none():
    q = draw(2, 3)
    with pytest.raises(TypeError, match=r"bool .*or float .*got torch\.int64"):
        attention(q, q, q, torch.ones(2, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="wk has 3 rows, which 2 heads cannot share evenly"):
        multi_head_attention(q, draw(4, 3), draw(3, 3), draw(4, 3), draw(3, 4), 2)


def test_the_last_query_is_the_last_key():
    assert causal_mask(2, 5).int().tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert torch.equal(causal_mask(3, 3), torch.ones(3, 3).tril().bool())


@pytest.mark.parametrize("masked", [False, True])
def test_many_heads_are_torchs_module_with_the_same_weights(masked):
    x, theirs = draw(2, 5, 8), nn.MultiheadAttention(8, 4, bias=False, batch_first=True).double()
    weights = [*theirs.in_proj_weight.chunk(3), theirs.out_proj.weight]
    mask = causal_mask(5, 5) if masked else None
    ours = multi_head_attention(x, *weights, 4, mask)
    want, _ = theirs(x, x, x, attn_mask=None if mask is None else ~mask, need_weights=False)      # theirs: True blocks
    torch.testing.assert_close(ours, want)
    for mine, other in zip(gradients(ours**2, *theirs.parameters()), gradients(want**2, *theirs.parameters()), strict=True):
        torch.testing.assert_close(mine, other)
    rows = causal_mask(5, 5).expand(2, 5, 5).clone()
    rows[1, :, 0] = False                                                    # a mask of its own for every text
    both = multi_head_attention(x, *weights, 4, rows)
    for text, one in zip(x, rows, strict=True):
        torch.testing.assert_close(multi_head_attention(text, *weights, 4, one), both[0 if one[0, 0] else 1])


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"key_value_heads": 2}, {"key_value_heads": 1, "positions": "none"}])
def test_the_module_is_the_function(options):
    config = TransformerConfig(**SMALL | options)
    module = transformer.Attention(config).double()
    for s, parameter in enumerate(module.parameters()):
        parameter.data = draw(*parameter.shape, seed=s) / 4
    x, h, d_k = draw(2, 6, 16, seed=9), 4, 4
    table = rotations(torch.arange(6), d_k) if config.positions == "rotary" else None
    b = {name: getattr(module, f"b_{name}") for name in "qkvo"}
    q, k, v = (transformer.split_heads(linear(x, getattr(module, f"W_{name}"), b[name]), n)
               for name, n in zip("qkv", (h, config.groups, config.groups), strict=True))
    if table is not None:
        q, k = rope(q, torch.arange(6)), rope(k, torch.arange(6))
    k, v = (part.repeat_interleave(h // config.groups, dim=1) for part in (k, v))
    want = linear(transformer.merge_heads(attention(q, k, v, causal_mask(6, 6))), module.W_o, b["o"])
    torch.testing.assert_close(module(x, table), want, atol=1e-6, rtol=1e-6)


# --- the block ----------------------------------------------------------------------------------------------------------

def torchs_layer(block, config):
    """torch's encoder layer with the weights of a block that has biases."""
    layer = nn.TransformerEncoderLayer(16, 4, 64, 0.0, {"gelu": F.gelu, "relu": F.relu}[config.activation], batch_first=True,
                                       norm_first=config.pre_norm).double()
    looking, thinking = block.attention, block.feed_forward
    named = {"self_attn.in_proj_weight": torch.cat([looking.W_q, looking.W_k, looking.W_v]),
             "self_attn.in_proj_bias": torch.cat([looking.b_q, looking.b_k, looking.b_v]),
             "self_attn.out_proj.weight": looking.W_o, "self_attn.out_proj.bias": looking.b_o,
             "linear1.weight": thinking.W_1, "linear1.bias": thinking.b_1,
             "linear2.weight": thinking.W_2, "linear2.bias": thinking.b_2,
             **{f"norm{i}.{part}": getattr(getattr(block, f"norm_{i}"), part) for i in (1, 2) for part in ("weight", "bias")}}
    layer.load_state_dict({name: weight.detach() for name, weight in named.items()})
    return layer


@pytest.mark.parametrize("activation", ["gelu", "relu"])
@pytest.mark.parametrize("pre_norm", [True, False])
def test_a_block_is_torchs_encoder_layer_under_a_causal_mask(pre_norm, activation):
    config = TransformerConfig(**SMALL, positions="none", bias=True, pre_norm=pre_norm, activation=activation)
    block = Block(config).double()
    for s, parameter in enumerate(block.parameters()):
        parameter.data = draw(*parameter.shape, seed=s) / 4
    x = draw(2, 6, 16, seed=77).requires_grad_()
    ours, theirs = block(x), torchs_layer(block, config)(x, src_mask=~causal_mask(6, 6))
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours**2, x), gradients(theirs**2, x))


def test_where_the_norm_stands():
    """With f = 0 pre-norm returns x and post-norm its norm; without residuals nothing of x is left."""
    x = draw(2, 3, 16, dtype=torch.float32)
    twice = F.layer_norm(F.layer_norm(x, (16,)), (16,))
    for options, want in (({}, x), ({"pre_norm": False}, twice), ({"residual": False}, 0 * x)):
        block = Block(TransformerConfig(**SMALL, **options))
        for parameter in [*block.attention.parameters(), *block.feed_forward.parameters()]:
            parameter.data.zero_()
        torch.testing.assert_close(block(x, rotations(torch.arange(3), 4)), want)
    assert isinstance(model_of(pre_norm=False).norm, nn.Identity) and isinstance(model_of().norm, nn.LayerNorm)
    assert isinstance(model_of(norm="rms").norm, nn.RMSNorm) and isinstance(model_of(norm="none").norm, nn.Identity)


# --- the model ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options", KINDS)
def test_every_kind_is_a_language_model_of_the_size_that_the_formula_says(options):
    model = model_of(**options, longest=64)
    assert_is_a_language_model(model)
    assert model.parameter_count == parameter_count(7, model.config)["total"]


def test_sizes_by_hand():
    """Four layers of 128 with biases over 335 tokens, tied, as in the exercise; and a part for each part of the model."""
    config = TransformerConfig(layers=4, width=128, heads=8, bias=True, tied=True)
    assert parameter_count(335, config)["total"] == 836_224
    counts = parameter_count(10, TransformerConfig(layers=3, width=8, heads=2, positions="learned", longest=5))
    assert counts == {"embedding": 80, "positions": 40, "attention": 3 * 4 * 64, "feed_forward": 3 * 8 * 64, "norms": 7 * 16,
                      "output": 80, "total": 80 + 40 + 768 + 1536 + 112 + 80}
    llama = TransformerConfig(layers=1, width=12, heads=3, key_value_heads=1, norm="rms", activation="swiglu")
    assert parameter_count(10, llama) == {"embedding": 120, "positions": 0, "attention": 12 * (12 + 4 + 4) + 144,
                                          "feed_forward": 3 * 12 * 32, "norms": 36, "output": 120, "total": 1812}


@pytest.mark.parametrize("options", [*KINDS, {"width": 64, "heads": 2}])
def test_a_new_model_is_nearly_uniform(options):
    model = TransformerLM(stories().vocabulary, TransformerConfig(**SMALL | options))
    assert mean_loss(model, stories().validation(10)) == pytest.approx(math.log(483), abs=0.1)


def test_the_signal_keeps_its_size_through_deep_blocks():
    """48 sub-layers add to x; divided by √(2L) they leave it of the size of one."""
    config = TransformerConfig(layers=24, width=64, heads=4)
    model = TransformerLM(stories().vocabulary, config)
    x = model.E[torch.randint(483, (4, 30), generator=training.new_generator(0))]
    sizes = []
    with torch.no_grad():
        for block in model.blocks:
            x = block(x, rotations(torch.arange(30), 16))
            sizes.append(x.std().item())
    assert sizes[-1] < 1 and sizes[-1] < 30 * sizes[0]


@pytest.mark.parametrize("options", KINDS)
def test_the_future_has_no_influence_on_the_past(options):
    model = model_of(**options).eval()
    ids = torch.tensor([[0, 3, 4, 2, 6, 5, 2]])
    before = model(ids)
    for t in range(1, 7):
        other = ids.clone()
        other[:, t:] = (other[:, t:] + 1) % 7
        torch.testing.assert_close(model(other)[:, :t], before[:, :t], atol=1e-6, rtol=1e-5)
        assert not torch.allclose(model(other)[:, t:], before[:, t:])


def test_order_is_seen_with_positions_and_the_last_word_alone_sees_a_set_without():
    """One layer without positions: what the last token says does not change when those before it change places."""
    ids, swapped = torch.tensor([[0, 3, 4, 5, 2]]), torch.tensor([[0, 5, 3, 4, 2]])
    for options, same in (({"positions": "none", "layers": 1}, True), ({"positions": "sinusoidal"}, False),
                          ({"positions": "learned"}, False), ({"positions": "rotary"}, False)):
        model = model_of(**options).double()
        assert torch.allclose(model(ids)[0, -1], model(swapped)[0, -1], atol=1e-12) == same


def test_one_set_of_weights_for_texts_of_any_length():
    model = model_of(positions="rotary")
    for T in (1, 3, 300):
        assert model(torch.zeros(2, T, dtype=torch.int64)).shape == (2, T, 7)
    with pytest.raises(ValueError, match="this model has learned 128 positions, got 129 ids"):
        model_of(positions="learned")(torch.zeros(1, 129, dtype=torch.int64))


def test_what_stands_after_a_text_has_no_influence():
    assert_padding_has_no_influence(model_of())


def test_training_mode_without_dropout_computes_the_same_and_dropout_is_for_training_alone():
    ids = torch.tensor([[0, 2, 3, 4]])
    model = model_of()
    assert torch.equal(model.train()(ids), model.eval()(ids))
    model = model_of(dropout=0.5)
    assert not torch.equal(model(ids), model(ids))
    model.eval()
    assert torch.equal(model(ids), model(ids)) and torch.equal(model(ids), model_of().eval()(ids))


def test_a_tied_output_is_the_embedding_and_stays_it():
    model = model_of(tied=True)
    assert model.U is model.E and model.parameter_count == model_of().parameter_count - 7 * 16
    train(model, some_corpus(), some_corpus(5, 1), TrainingConfig(batch_size=8), progress=False)
    twin = model_of(tied=True)
    twin.load_state_dict(model.state_dict())
    for one in (model, twin, copy.deepcopy(model)):
        assert one.U is one.E and torch.equal(one.U, model.U)
    assert not torch.equal(model.E, model_of(tied=True).E)


def test_a_seed_decides_the_first_weights():
    one, same, other = model_of(1), model_of(1), model_of(2)
    assert all(map(torch.equal, one.parameters(), same.parameters()))
    assert not torch.equal(one.E, other.E) and not torch.equal(one.blocks[0].attention.W_q, other.blocks[0].attention.W_q)


@pytest.mark.parametrize(("options", "error", "match"), [
    ({"layers": 0}, ValueError, "layers must be at least 1"), ({"width": 6.0}, TypeError, "width must be an integer"),
    ({"heads": 3}, ValueError, "a width of 128 cannot be shared evenly by 3 heads"),
    ({"key_value_heads": 3}, ValueError, "4 heads cannot share 3 heads of keys and values evenly"),
    ({"hidden": 0}, ValueError, "hidden must be at least 1"), ({"positions": "absolute"}, ValueError, "unknown positions"),
    ({"norm": "batch"}, ValueError, "unknown norm 'batch', expected one of layer, rms, none"),
    ({"activation": "tanh"}, ValueError, "unknown activation"), ({"dropout": 2}, ValueError, "dropout must be at least 0 and"),
    ({"epsilon": 0}, ValueError, "epsilon must be greater than 0"), ({"theta": -1}, ValueError, "theta must be greater than 0"),
    ({"width": 12, "heads": 4}, ValueError, "rotary positions need pairs of features, got 3"),
    ({"width": 5, "heads": 1, "positions": "sinusoidal"}, ValueError, "sinusoidal positions need pairs of features, got 5"),
])  # fmt: skip
def test_configs_that_make_no_sense(options, error, match):
    with pytest.raises(error, match=match):
        TransformerConfig(**options)


# --- learning -----------------------------------------------------------------------------------------------------------

def copies(n, seed):
    """Texts of two random words and the same two again: what is copied is 3 places back."""
    random = np.random.default_rng(seed)
    return Corpus.join([[a, b, 2, a, b, 1] for a, b in random.integers(3, 7, (n, 2))])


def test_it_learns_to_copy_what_an_average_of_all_words_could_not():
    model = model_of(width=32)
    config = TrainingConfig(epochs=6, batch_size=16, optimizer="muon", lr=3e-3, matrix_lr=0.02)
    train(model, copies(400, 0), copies(50, 1), config, progress=False)
    test = copies(40, 2)
    p = np.exp(model.token_log_probabilities(test)).reshape(40, 6)
    assert (p[:, 3:] > 0.9).all() and p[:, :2].mean() < 0.4                   # the first two are random: 1/4 each


@pytest.mark.parametrize("tied", [False, True])
def test_muon_has_the_matrices_of_the_blocks_and_adamw_the_rest(tied):
    model = model_of(tied=tied, bias=True, activation="swiglu", positions="learned")
    (adam, lr), (muon, matrix_lr) = training.make_optimizers(model, TrainingConfig(optimizer="muon", lr=0.003))
    assert isinstance(adam, torch.optim.AdamW) and isinstance(muon, torch.optim.Muon) and (lr, matrix_lr) == (0.003, 0.01)
    names = {id(p): name for name, p in model.named_parameters()}
    by = [[names[id(p)] for group in optimizer.param_groups for p in group["params"]] for optimizer in (adam, muon)]
    assert sorted(by[0] + by[1]) == sorted(names.values())                    # each in exactly one
    assert set(by[1]) == {f"blocks.{i}.{name}" for i in (0, 1) for name in
                          [*(f"attention.W_{x}" for x in "qkvo"), *(f"feed_forward.W_{x}" for x in "123")]}


def test_muon_turns_a_gradient_into_a_rotation_of_the_right_size():
    """All singular values of a step are about as large, whatever those of the gradient were; tall matrices move further."""
    for shape, scale in (((8, 32), 1), ((32, 8), 2)):
        weight = nn.Parameter(torch.zeros(shape))
        module = nn.Module()
        module.weight, module.table, module.matrices = weight, nn.Parameter(torch.zeros(3)), lambda weight=weight: [weight]
        (_, _), (muon, lr) = training.make_optimizers(module, TrainingConfig(optimizer="muon"))
        weight.grad = draw(*shape, dtype=torch.float32) @ torch.diag(torch.logspace(0, -1, shape[1]))
        muon.step()
        sizes = torch.linalg.svdvals(weight.detach()) / lr
        assert 0.6 * scale < sizes.min() and sizes.max() < 1.3 * scale


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_muon_takes_the_steps_of_torch(weight_decay):
    """Which takes the matrices one after the other. Wide, square, tall, alone or not, one without a gradient."""
    shapes = [(8, 32), (16, 16), (32, 8), (16, 16), (8, 32), (5, 7), (3, 3), (16, 16)]
    ours, theirs = ([nn.Parameter(draw(*shape, seed=i, dtype=torch.float32)) for i, shape in enumerate(shapes)] for _ in (0, 1))
    one = training.muon.Muon(ours, 0.02, weight_decay)
    other = torch.optim.Muon(theirs, lr=0.02, weight_decay=weight_decay, momentum=0.95, nesterov=True, adjust_lr_fn="original")
    for step in range(4):
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            gradient = draw(*a.shape, seed=100 * step + i, dtype=torch.float32)
            a.grad, b.grad = (None, None) if i == 6 else (gradient.clone(), gradient.clone())
        before = [a.detach().clone() for a in ours]
        one.step()
        other.step()
        for i, (old, a, b) in enumerate(zip(before, ours, theirs, strict=True)):
            assert torch.equal(a, old) if i == 6 else (a - old).abs().max() > 0.001
            torch.testing.assert_close(a, b, rtol=0, atol=2e-4)               # of 0.02: bfloat16 has three digits
        if step == 1:                                                         # each goes on where the other stopped
            state = one.state_dict()
            one.load_state_dict(other.state_dict())
            other.load_state_dict(state)


def test_muon_needs_matrices():
    with pytest.raises(ValueError, match=r"Muon trains the matrices\(\) that a model names, and Linear names none; take adamw"):
        training.make_optimizers(nn.Linear(2, 2), TrainingConfig(optimizer="muon"))


def test_both_step_sizes_go_up_and_down_together(monkeypatch):
    seen = []
    step = training.muon.Muon.step
    monkeypatch.setattr(training.muon.Muon, "step", lambda self, *a: seen.append(self.param_groups[0]["lr"]) or step(self, *a))
    config = TrainingConfig(batch_size=3, optimizer="muon", lr=0.002, matrix_lr=0.02, minimum_lr=0.0005, warmup=0.25)
    train(model_of(layers=1), some_corpus(24), some_corpus(5, 1), config, progress=False)
    want = [10 * training.lr_at(s, maximum=0.002, minimum=0.0005, warmup=2, total=8) for s in range(8)]
    assert seen == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("steps", [1, 4, 7])
def test_a_training_with_two_optimisers_goes_on_as_if_nothing_had_happened(tmp_path, steps):
    class Stop(Exception):
        pass

    def until(steps):
        left = [steps]

        def loss(model, text):
            left[0] -= model.training
            if left[0] < 0:
                raise Stop
            return training.language_model_loss(model, text)

        return loss

    config = TrainingConfig(epochs=2, batch_size=6, optimizer="muon", evaluate_every=3, checkpoint_every=1)
    data = some_corpus(24), some_corpus(6, 1)
    straight, stopped, resumed = (model_of(dropout=0.2, longest=16) for _ in range(3))
    want = train(straight, *data, config, progress=False)
    with pytest.raises(Stop):
        train(stopped, *data, config, loss=until(steps), checkpoint=tmp_path / "c.pt", progress=False)
    got = train(resumed, *data, config, checkpoint=tmp_path / "c.pt", progress=False)
    assert got.losses == want.losses and all(map(torch.equal, straight.parameters(), resumed.parameters()))


def test_bfloat16_learns_about_the_same_and_keeps_float32_weights():
    losses = {}
    for precision in ("float32", "bfloat16"):
        model = model_of()
        config = TrainingConfig(batch_size=8, precision=precision, lr=0.01)
        losses[precision] = train(model, some_corpus(80), some_corpus(9, 1), config, progress=False).losses
        assert {p.dtype for p in model.parameters()} == {torch.float32}
    difference = np.abs(np.subtract(*losses.values()))
    assert 0 < difference.max() < 0.05


def test_compile_needs_a_compiler(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(ValueError, match=r"compile needs a C\+\+ compiler, and there is none here"):
        train(model_of(), some_corpus(), some_corpus(5, 1), TrainingConfig(compile=True), progress=False)


def test_a_compiled_model_is_trained_in_its_place(monkeypatch):
    seen = []
    monkeypatch.setattr("shutil.which", lambda name: name)
    monkeypatch.setattr(torch, "compile", lambda model, **options: seen.append(options) or (lambda ids: model(ids)))
    model, plain = model_of(), model_of()
    config = TrainingConfig(batch_size=8, compile=True)
    train(model, some_corpus(), some_corpus(5, 1), config, progress=False)
    train(plain, some_corpus(), some_corpus(5, 1), TrainingConfig(batch_size=8), progress=False)
    assert seen == [{"dynamic": True}] and all(map(torch.equal, model.parameters(), plain.parameters()))


def test_the_command_trains_a_transformer(capsys):
    command.main("transformer --tokens 2000 --layers 1 --width 16 --heads 2 --optimizer muon --lr 3e-3 --quiet --threads 1 "
                 "--device cpu".split())
    assert "transformer: " in (out := capsys.readouterr().out) and "above the floor" in out
