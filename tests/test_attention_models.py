"""A decoder that looks back and a language model of attention alone: against NumPy, and what they may and may not see."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from llmcourse import attention as in_numpy  # noqa: E402
from llmcourse.attention import networks  # noqa: E402
from llmcourse.attention.language_model import AttentionConfig, AttentionLM  # noqa: E402
from llmcourse.attention.translation import AttendingDecoder, alignments  # noqa: E402
from llmcourse.corpora import parallel, stories  # noqa: E402
from llmcourse.recurrent import Translator, TranslatorConfig, Weights, lstm_step, translation_loss  # noqa: E402
from llmcourse.training import block, new_generator  # noqa: E402


def translator(kind="lstm", **settings):
    language = parallel()
    config = TranslatorConfig(kind, dimensions=3, hidden=4, **settings)
    return Translator(language.vocabulary, language.target_vocabulary, config, decoder=AttendingDecoder).double()


def two_texts():
    """A short and a longer pair, as blocks: the shorter is filled up in both languages."""
    pairs = parallel().train(30)
    numbers = np.array([np.argmin(pairs.source.lengths), np.argmax(pairs.source.lengths)])
    return pairs, numbers, block(pairs.source, numbers), block(pairs.target, numbers)


def test_a_step_of_the_decoder_is_the_formula():
    model = translator()
    _, _, source, _ = two_texts()
    memory, state = model.encoder(source.ids, source.lengths)
    ids = torch.tensor([[model.target.bos, 5], [model.target.bos, 7]])
    logits, weights, _ = model.decoder.steps(ids, state, memory)
    p = {name: one.detach().numpy() for name, one in model.decoder.named_parameters()}
    H, mask, (h, c) = memory.outputs.detach().numpy(), memory.mask.numpy(), (part[0].detach().numpy() for part in state)
    cell = Weights(*(p[f"cells.{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))
    for t in range(2):
        context, a = in_numpy.additive_attention(h[:, None], H, H, p["attention.W_q"].T, p["attention.W_k"].T, p["attention.v"],
                                                 mask[:, None])
        np.testing.assert_allclose(weights[:, t].detach(), a[:, 0], atol=1e-12)
        h, c = lstm_step(np.hstack([p["E"][ids[:, t]], context[:, 0]]), (h, c), cell)
        np.testing.assert_allclose(logits[:, t].detach(), np.hstack([h, context[:, 0]]) @ p["U"].T + p["c"], atol=1e-12)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_padding_of_the_source_is_not_looked_at(kind):
    model = translator(kind)
    pairs, numbers, source, target = two_texts()
    together = model(source, target)
    for row, number in enumerate(numbers):
        alone = model(block(pairs.source, numbers[row : row + 1]), block(pairs.target, numbers[row : row + 1]))
        torch.testing.assert_close(together[row : row + 1, : len(pairs.target[number])], alone)


def test_word_by_word_is_the_same_as_with_the_right_words():
    model = translator("gru", bidirectional=False)
    _, _, source, target = two_texts()
    memory, state = model.encoder(source.ids, source.lengths)
    ids = target.ids[:, :4]
    whole, last = model.decoder(ids, state, memory)
    rows = []
    for t in range(4):
        one, state = model.decoder(ids[:, t : t + 1], state, memory)
        rows.append(one)
    torch.testing.assert_close(torch.cat(rows, dim=1), whole)
    torch.testing.assert_close(state[0], last[0])


def test_gradients_reach_every_weight():
    model = translator()
    _, _, source, target = two_texts()
    loss, _ = translation_loss(model, source, target)
    loss.backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.abs().sum()] == []


def test_alignments_have_a_row_for_every_word():
    model, pairs = translator("gru"), parallel().train(5)
    maps = alignments(model, pairs.source, pairs.target)
    assert [one.shape for one in maps] == list(zip(pairs.target.lengths, pairs.source.lengths, strict=True))
    for one in maps:
        np.testing.assert_allclose(one.sum(axis=1), 1)
    one = block(pairs.source, np.array([3]))
    memory, state = model.encoder(one.ids, one.lengths)
    weights = [getattr(model.decoder.attention, name).detach().numpy().T for name in ("W_q", "W_k", "v")]
    H = memory.outputs.detach()
    want = in_numpy.additive_attention(state[0][0].detach()[:, None], H, H, *weights)
    np.testing.assert_allclose(maps[3][0], want.weights[0, 0])             # the first word is asked for by the first state
    language = parallel()
    with pytest.raises(TypeError, match="AttendingDecoder, got one with a Decoder"):
        alignments(Translator(language.vocabulary, language.target_vocabulary, TranslatorConfig("gru", 3, 4)), pairs.source,
                   pairs.target)
    for source, target in ((pairs.source, parallel().train(4).target), (parallel().train(4).source, pairs.target)):
        with pytest.raises(ValueError, match=r"the same number of texts, at least one, got \[(5, 4|4, 5)\]"):
            alignments(model, source, target)


# --- A language model of attention alone --------------------------------------------------------------------------------

def attention_lm(**settings):
    return AttentionLM(stories().vocabulary, AttentionConfig(width=8, **settings), new_generator(1)).double()


def test_the_language_model_is_attention_added_up():
    model, ids = attention_lm(heads=2), torch.tensor([[0, 5, 9, 7], [0, 3, 3, 2]])
    x = (model.E[ids] + model.P[:4]).detach().numpy()
    for number, layer in enumerate(model.layers):
        weights = [getattr(layer, name).detach().numpy().T for name in ("W_q", "W_k", "W_v", "W_o")]
        added, a = in_numpy.multi_head(x, *weights, 2, in_numpy.causal_mask(4))
        np.testing.assert_allclose(model.weights(ids)[:, number].detach(), a, atol=1e-12)
        x = x + added
    np.testing.assert_allclose(model(ids).detach(), x @ model.U.detach().numpy().T, atol=1e-12)


def test_looking_at_the_weights_costs_one_attention_a_layer(monkeypatch):
    model, asked = attention_lm(heads=2, layers=3), []
    weigh = networks.attention_weights
    monkeypatch.setattr(networks, "attention_weights", lambda *given: asked.append(given) or weigh(*given))
    assert model.weights(torch.tensor([[0, 5, 9]])).shape == (1, 3, 2, 3, 3) and len(asked) == 3


def test_the_language_model_sees_nothing_of_the_future_and_all_of_the_past():
    model, ids = attention_lm(), torch.randint(1, 50, (1, 9), generator=new_generator(2))
    before = model(ids)
    for place in range(9):
        other = ids.clone()
        other[0, place] += 1
        same = (model(other) == before).all(dim=-1)[0]
        assert same[:place].all() and not same[place:].any()


def test_it_has_a_place_for_so_many_words_and_learns_all_of_its_weights():
    model = attention_lm(longest=6)
    assert model.parameter_count == 2 * 8 * len(model.vocabulary) + 6 * 8 + 2 * 4 * 8**2
    with pytest.raises(ValueError, match="learned 6 positions, got 7 ids"):
        model(torch.zeros(1, 7, dtype=torch.long))
    nn.functional.cross_entropy(model(torch.tensor([[0, 4, 2, 9, 1, 3]]))[0], torch.arange(6)).backward()
    assert [name for name, weight in model.named_parameters() if not weight.grad.abs().sum()] == []


@pytest.mark.parametrize(("settings", "words"), [({"width": 9, "heads": 2}, "9 cannot be shared evenly by 2"),
                                                 ({"layers": 0}, "layers"), ({"longest": 0}, "longest")])
def test_sizes_must_make_sense(settings, words):
    with pytest.raises(ValueError, match=words):
        AttentionConfig(**settings)
