"""Attention in torch: the same numbers as in NumPy and as torch's own, with the same weights, gradients too."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from llmcourse import attention as in_numpy  # noqa: E402
from llmcourse.attention.fast import causal_attention  # noqa: E402
from llmcourse.attention.networks import AdditiveAttention, MultiHeadAttention  # noqa: E402
from llmcourse.training import new_generator  # noqa: E402


def draw(*shape, seed=0):
    return torch.randn(shape, generator=new_generator(seed), dtype=torch.float64)


@pytest.mark.parametrize("n_k", [4, 7])
def test_numpys_attention_is_torchs(n_k):
    q, k, v = draw(2, 3, 4, 5), draw(2, 3, n_k, 5, seed=1), draw(2, 3, n_k, 6, seed=2)
    mask = in_numpy.causal_mask(4, n_k)
    want = F.scaled_dot_product_attention(q, k, v, attn_mask=torch.from_numpy(mask)).numpy()
    arrays = [part.numpy() for part in (q, k, v)]
    np.testing.assert_allclose(in_numpy.attention(*arrays, mask).output, want, atol=1e-12)
    np.testing.assert_allclose(in_numpy.attention(*arrays, in_numpy.as_additive(mask)).output, want, atol=1e-12)
    np.testing.assert_allclose(causal_attention(*arrays), want, atol=1e-12)
    np.testing.assert_allclose(in_numpy.attention(*arrays).output, F.scaled_dot_product_attention(q, k, v), atol=1e-12)


@pytest.mark.parametrize("crossed", [False, True])
def test_many_heads_are_torchs_module_and_numpys_function(crossed):
    ours, theirs = MultiHeadAttention(8, 4).double(), nn.MultiheadAttention(8, 4, bias=False, batch_first=True).double()
    weights = [ours.W_q, ours.W_k, ours.W_v]
    theirs.load_state_dict({"in_proj_weight": torch.cat(weights).detach(), "out_proj.weight": ours.W_o.detach()})
    x, memory = draw(2, 5, 8).requires_grad_(), draw(2, 7, 8, seed=1) if crossed else None
    asked = x if memory is None else memory
    allowed = torch.from_numpy(in_numpy.padding_mask([3, 5], asked.shape[1]))                    # (B, 1, 1, N)
    found = ours(x, memory, allowed)
    want, _ = theirs(x, asked, asked, key_padding_mask=~allowed[:, 0, 0], need_weights=False)    # theirs: True blocks
    torch.testing.assert_close(found, want)
    numpys = in_numpy.multi_head(x.detach(), *(W.detach().T for W in (*weights, ours.W_o)), 4, allowed.numpy(), memory)
    np.testing.assert_allclose(found.detach(), numpys.output, atol=1e-12)
    mine = torch.autograd.grad((found**2).sum(), [x, *weights, ours.W_o])
    x_gradient, stacked, last = torch.autograd.grad((want**2).sum(), [x, theirs.in_proj_weight, theirs.out_proj.weight])
    for one, other in zip(mine, [x_gradient, *stacked.chunk(3), last], strict=True):
        torch.testing.assert_close(one, other)


def test_additive_attention_is_numpys_and_masked_rows_are_zero_with_their_gradients():
    module = AdditiveAttention(3, 5, 6).double()
    q, k, v = draw(2, 2, 3).requires_grad_(), draw(2, 4, 5, seed=1).requires_grad_(), draw(2, 4, 2, seed=2).requires_grad_()
    mask = torch.tensor([[[True, True, False, False], [False] * 4], [[True] * 4, [True, False, False, False]]])
    output, weights = module(q, k, v, mask)
    want = in_numpy.additive_attention(*(t.detach().numpy() for t in (q, k, v)), module.W_q.detach().numpy().T,
                                       module.W_k.detach().numpy().T, module.v.detach().numpy(), mask.numpy())
    np.testing.assert_allclose(output.detach(), want.output, atol=1e-12)
    np.testing.assert_allclose(weights.detach(), want.weights, atol=1e-12)
    found = torch.autograd.grad((output**2).sum(), [q, k, v, *module.parameters()])
    assert all(torch.isfinite(gradient).all() for gradient in found) and not found[0][0, 1].any() and found[0][0, 0].any()
    free, _ = module(q, k, v)
    torch.testing.assert_close(free[1, 0], output[1, 0])


def test_sizes_that_make_no_sense_and_seeds():
    with pytest.raises(ValueError, match="a width of 8 cannot be shared evenly by 3 heads"):
        MultiHeadAttention(8, 3)
    with pytest.raises(ValueError, match="hidden must be at least 1"):
        AdditiveAttention(3, 3, 0)
    one, same, other = (MultiHeadAttention(4, 2, new_generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.W_q, same.W_q) and not torch.equal(one.W_q, other.W_q)
