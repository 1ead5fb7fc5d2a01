"""Tiny GPT-2s and LLaMAs with random weights give the same logits here as in the transformers library."""

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="transformers is installed by `make test` and `make bench`")

from llmcourse.transformer import TransformerConfig, TransformerLM, load_gpt2, load_llama  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

VOCABULARY = Vocabulary([f"w{i}" for i in range(49)])  # 51 with its two ends
IDS = torch.tensor([[0, 5, 50, 7, 7, 3, 2, 1], [9, 8, 7, 6, 5, 4, 3, 2]])


def random_weights(model, seed=0):
    """Far larger than a new model's, biases and gains too, so that nothing that is left out goes unnoticed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


@pytest.mark.parametrize("activation", ["gelu_new", "gelu", "relu"])
def test_a_gpt2(activation):
    theirs = random_weights(transformers.GPT2LMHeadModel(transformers.GPT2Config(
        vocab_size=51, n_positions=16, n_embd=24, n_layer=3, n_head=4, activation_function=activation)))
    config = TransformerConfig(layers=3, width=24, heads=4, positions="learned", longest=16, bias=True, tied=True,
                               activation={"gelu_new": "gelu_tanh"}.get(activation, activation))
    ours = TransformerLM(VOCABULARY, config).eval()
    load_gpt2(ours, theirs.state_dict())
    with torch.no_grad():
        want = theirs(IDS).logits
        assert (ours(IDS) - want).abs().max() < 1e-4 < want.std()
    assert ours.U is ours.E and ours.parameter_count == theirs.num_parameters()


@pytest.mark.parametrize("groups", [4, 2, 1])
def test_a_llama(groups):
    theirs = random_weights(transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=51, hidden_size=32, intermediate_size=40, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=groups, rms_norm_eps=1e-6, max_position_embeddings=64, pad_token_id=0, bos_token_id=0,
        eos_token_id=1)))
    config = TransformerConfig(layers=3, width=32, heads=4, key_value_heads=groups, hidden=40, norm="rms", epsilon=1e-6,
                               activation="swiglu")
    ours = TransformerLM(VOCABULARY, config).eval()
    load_llama(ours, theirs.state_dict())
    with torch.no_grad():
        want = theirs(IDS).logits
        assert (ours(IDS) - want).abs().max() < 1e-4 < want.std()
    assert ours.parameter_count == theirs.num_parameters()


def test_weights_that_do_not_fit():
    config = transformers.GPT2Config(vocab_size=51, n_positions=16, n_embd=24, n_layer=3, n_head=4)
    theirs = transformers.GPT2LMHeadModel(config)
    wider = TransformerConfig(layers=3, width=32, positions="learned", longest=16, bias=True, tied=True)
    with pytest.raises(RuntimeError, match="size mismatch for E"):
        load_gpt2(TransformerLM(VOCABULARY, wider), theirs.state_dict())
