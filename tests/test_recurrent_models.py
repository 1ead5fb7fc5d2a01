"""The recurrent language model, the tagger and the translator: protocol, losses, truncation, and how little they may see."""

import copy
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from neural import assert_is_a_language_model, assert_padding_has_no_influence, one_thread, some_corpus  # noqa: E402, F401
from torch import nn  # noqa: E402

from llmcourse import recurrent, training  # noqa: E402
from llmcourse.corpora import parallel, stories, tagged  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402
from llmcourse.language_models import log_probabilities, sample  # noqa: E402
from llmcourse.recurrent import (  # noqa: E402
    MostFrequentTag,
    RecurrentConfig,
    RecurrentLM,
    Tagger,
    TaggerConfig,
    Translator,
    TranslatorConfig,
    by_length,
    exact_matches,
    words_in_place,
)
from llmcourse.recurrent.cells import KINDS  # noqa: E402
from llmcourse.training import TrainingConfig, mean_loss, train  # noqa: E402
from llmcourse.training import __main__ as command  # noqa: E402
from llmcourse.vocabulary import Vocabulary  # noqa: E402

VOCABULARY = Vocabulary(["a", "b", "c", "d", "e"])


def model_of(kind="lstm", **options):
    return RecurrentLM(VOCABULARY, RecurrentConfig(kind, **{"dimensions": 6, "hidden": 8, **options}))


def block_of(corpus):
    return training.block(corpus, np.arange(len(corpus)))


# --- the language model -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 2])
def test_by_hand_and_fast_are_one_model(kind, layers):
    hand, fast = (model_of(kind, layers=layers, fast=fast).double() for fast in (False, True))
    hand.load_state_dict(fast.state_dict())
    text = block_of(some_corpus())
    losses = []
    for model in (hand, fast):
        nats, count = training.language_model_loss(model, text)
        (nats / count).backward()
        losses.append(nats.item() / count)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    for ours, theirs in zip(hand.parameters(), fast.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-12, rtol=0)


def test_the_model_is_made_of_torchs_modules():
    model = model_of("gru")
    embedding, cells, output = nn.Embedding.from_pretrained(model.E.detach()), nn.GRU(6, 8, batch_first=True), nn.Linear(8, 7)
    cells.load_state_dict(model.cells.state_dict())
    output.load_state_dict({"weight": model.U, "bias": model.c})
    ids = torch.tensor([[0, 4, 2], [0, 3, 3]])
    torch.testing.assert_close(model(ids), output(cells(embedding(ids))[0]))


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_scored_as_its_tokens_one_by_one(kind, fast):
    assert_is_a_language_model(model_of(kind, fast=fast, layers=2))


def test_what_is_generated_has_the_probability_that_scoring_says():
    model, steps = model_of(), []
    text = sample(model, np.random.default_rng(1), max_length=40)
    assert 0 not in text
    for t in range(len(text)):
        steps.append(model.next_log_probabilities(text[:t])[text[t]])
    assert sum(steps) == pytest.approx(log_probabilities(model, [text])[0], abs=1e-4)


def test_a_kept_state_changes_no_bit_and_costs_one_step_a_token(monkeypatch):
    model, fresh, read = model_of(layers=2), model_of(layers=2), []
    take = RecurrentLM.read
    monkeypatch.setattr(RecurrentLM, "read", lambda self, ids, state=None: read.append(self) or take(self, ids, state))
    context = [4, 2, 2, 6, 3]
    for t in range(len(context) + 1):
        fresh = copy.deepcopy(model_of(layers=2))
        np.testing.assert_array_equal(model.next_log_probabilities(context[:t]), fresh.next_log_probabilities(context[:t]))
    assert read.count(model) == len(context) + 1 and read.count(fresh) == len(context) + 1
    other = model.next_log_probabilities([4, 3])                             # not a continuation: from the start
    np.testing.assert_array_equal(other, model_of(layers=2).next_log_probabilities([4, 3]))
    answer = model.next_log_probabilities([4, 3])
    answer[:] = 0                                                             # a caller's own copy
    np.testing.assert_array_equal(other, model.next_log_probabilities([4, 3]))


def test_a_kept_state_is_dropped_when_the_weights_change():
    model = model_of()
    before = model.next_log_probabilities([2, 3])
    train(model, some_corpus(), some_corpus(5, 1), TrainingConfig(batch_size=8, lr=0.1), progress=False)
    after, fresh = model.next_log_probabilities([2, 3]), model_of()
    fresh.load_state_dict(model.state_dict())
    np.testing.assert_array_equal(after, fresh.next_log_probabilities([2, 3]))
    assert not np.array_equal(before, after)
    model.load_state_dict(model_of().state_dict())
    np.testing.assert_array_equal(model.next_log_probabilities([2, 3]), before)
    model.double()
    np.testing.assert_allclose(model.next_log_probabilities([2, 3]), before, atol=1e-5)


@pytest.mark.parametrize("fast", [False, True])
def test_what_stands_after_a_text_has_no_influence(fast):
    assert_padding_has_no_influence(model_of(fast=fast))


def test_the_first_word_is_learned_and_targets_are_one_place_on():
    model = RecurrentLM(VOCABULARY, RecurrentConfig("rnn", dimensions=8, hidden=16))
    texts = Corpus.join([VOCABULARY.encode_text(list("abcde"))] * 40)
    train(model, texts, texts[:4], TrainingConfig(epochs=60, batch_size=8, lr=0.02), progress=False)
    p = np.exp(model.token_log_probabilities(texts[:1]))
    assert p.shape == (6,) and (p > 0.9).all()                               # 5 words, 6 predictions
    assert np.exp(model.next_log_probabilities([]))[VOCABULARY.ids["a"]] > 0.9


def test_the_log_likelihood_of_a_batch_is_maximised():
    model, corpus = model_of(), some_corpus(6, 2)
    J = recurrent.batch_log_likelihood(model, block_of(corpus))
    want = 0.0
    for text in corpus:                                                       # each alone, by log softmax of its logits
        log_p = model(torch.tensor([[0, *text[:-1]]])).log_softmax(-1)
        want += sum(log_p[0, t, x].item() for t, x in enumerate(text))
    assert J.item() == pytest.approx(want, rel=1e-6) and J < 0
    nats, _ = training.language_model_loss(model, block_of(corpus))
    assert J.item() == -nats.item()
    J.backward()
    for sign in (1, -1):                                                      # θ + γ∇J makes it larger, θ − γ∇J smaller
        moved = copy.deepcopy(model)
        with torch.no_grad():
            for new, old in zip(moved.parameters(), model.parameters(), strict=True):
                new += sign * 1e-3 * old.grad
        assert (recurrent.batch_log_likelihood(moved, block_of(corpus)) > J) == (sign > 0)


@pytest.mark.parametrize("tied", [False, True])
def test_a_new_model_is_nearly_uniform(tied):
    model = RecurrentLM(stories().vocabulary, RecurrentConfig(dimensions=32, hidden=32, tied=tied))
    assert mean_loss(model, stories().validation(10)) == pytest.approx(math.log(483), abs=0.1)


def test_a_tied_output_is_the_embedding_and_stays_it():
    model = model_of(dimensions=8, tied=True)
    assert model.U is model.E and model.parameter_count == model_of(dimensions=8).parameter_count - 7 * 8
    train(model, some_corpus(), some_corpus(5, 1), TrainingConfig(batch_size=8), progress=False)
    twin = model_of(dimensions=8, tied=True)
    twin.load_state_dict(model.state_dict())
    for one in (model, twin, copy.deepcopy(model)):
        assert one.U is one.E and torch.equal(one.U, model.U)


def test_dropout_is_for_training_alone():
    model = model_of(dropout=0.5, layers=2)
    ids = torch.tensor([[0, 2, 3]])
    assert not torch.equal(model(ids), model(ids)) and model.cells.dropout == 0.5
    model.eval()
    assert torch.equal(model(ids), model(ids))


@pytest.mark.parametrize(("options", "error", "match"), [
    ({"kind": "elman"}, ValueError, "unknown kind of cell 'elman'"), ({"hidden": 0}, ValueError, "hidden must be at least 1"),
    ({"layers": 1.5}, TypeError, "layers must be an integer"), ({"dropout": 1.5}, ValueError, "dropout must be at least 0 and"),
    ({"forget_bias": "1"}, TypeError, "forget_bias must be a number"),
    ({"tied": True, "dimensions": 6, "hidden": 8}, ValueError, "as many dimensions as hidden units, got 6 and 8"),
])
def test_configs_that_make_no_sense(options, error, match):
    with pytest.raises(error, match=match):
        RecurrentConfig(**options)


def test_ids_that_are_none():
    model = model_of()
    for call in (lambda ids: model.token_log_probabilities([ids]), model.next_log_probabilities):
        with pytest.raises(ValueError, match="token id 7 is outside 0 … 6"):
            call([7])
        with pytest.raises(TypeError, match="integer"):
            call([1.5])


# --- truncated back-propagation -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("length", [1, 2, 3, 50])
def test_truncation_changes_the_gradient_and_not_the_loss(length):
    model, text = model_of("rnn").double(), block_of(some_corpus(8, 3))
    whole, count = training.language_model_loss(model, text)
    nats, tokens = recurrent.truncated_loss(length)(model, text)
    assert nats.item() == pytest.approx(whole.item(), rel=1e-12) and tokens == count
    full, cut = (torch.autograd.grad(loss, list(model.parameters())) for loss in (whole, nats))
    same = all(torch.allclose(a, b, atol=1e-12) for a, b in zip(full, cut, strict=True))
    assert same == (length == 50)


def test_the_truncated_gradient_by_hand():
    """h_t = u h_{t−1} + w x_t where tanh is nearly the identity; loss h_4, chunks of 2: only x_3 and x_4 reach it."""
    cells = networks_of_one_unit(w=1e-4, u=0.5)
    x = torch.tensor([1.0, 2, 3, 4]).double()[None, :, None]
    _, state = cells(x[:, :2])
    h, _ = cells(x[:, 2:], None, recurrent.detach(state))
    (gradient,) = torch.autograd.grad(h[0, -1, 0], cells.weight_ih_l0)
    assert gradient.item() == pytest.approx(0.5 * 3 + 4, rel=1e-6)            # whole: 0.5³·1 + 0.5²·2 + 0.5·3 + 4
    (whole,) = torch.autograd.grad(cells(x)[0][0, -1, 0], cells.weight_ih_l0)
    assert whole.item() == pytest.approx(0.125 + 0.5 + 1.5 + 4, rel=1e-6)


def networks_of_one_unit(w, u):
    cells = recurrent.Recurrent("rnn", 1, 1).double()
    with torch.no_grad():
        for name, value in {"weight_ih_l0": w, "weight_hh_l0": u, "bias_ih_l0": 0, "bias_hh_l0": 0}.items():
            getattr(cells, name).fill_(value)
    return cells


def test_the_gradient_of_each_chunk_may_be_taken_before_the_next():
    model, text = model_of().double(), block_of(some_corpus(8, 3))
    for nats, _ in recurrent.chunks(model, text, 3):
        nats.backward()
    found = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    recurrent.truncated_loss(3)(model, text)[0].backward()
    for ours, theirs in zip(found, model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs.grad, atol=1e-12, rtol=0)
    for call in (recurrent.truncated_loss, lambda length: list(recurrent.chunks(model, text, length))):
        with pytest.raises(ValueError, match="the length of a chunk must be at least 1, got 0"):
            call(0)


def test_streams_by_hand():
    batches = list(recurrent.stream_batches(torch.arange(13), 2, 3))
    assert [x.tolist() for x, _ in batches] == [[[0, 1, 2], [6, 7, 8]], [[3, 4, 5], [9, 10, 11]]]
    assert [y.tolist() for _, y in batches] == [[[1, 2, 3], [7, 8, 9]], [[4, 5, 6], [10, 11, 12]]]
    assert [tuple(x.shape) for x, _ in recurrent.stream_batches(torch.arange(12), 2, 3)] == [(2, 3), (2, 2)]
    for ids, size in [(torch.arange(2), 2), (torch.zeros(3, 3), 2)]:
        with pytest.raises(ValueError, match="expected a flat tensor of more than 2 ids for 2 rows"):
            next(recurrent.stream_batches(ids, size, 3))
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        next(recurrent.stream_batches(torch.arange(3), 0, 3))


# --- tagging --------------------------------------------------------------------------------------------------------------

LECTURE = np.array([[.1, .2, .5, .2], [.1, .7, .1, .1], [.4, .4, .1, .1], [.2, .1, .1, .6], [.3, .1, .5, .1]])  # A V N P


class Says(nn.Module):
    """A tagger that always says the same."""

    def __init__(self, probabilities):
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(probabilities).log())

    def forward(self, ids, lengths):
        return self.logits.expand(len(ids), -1, -1)


def test_the_lectures_sentence():
    """Narwhals/N are/V generated/V by/P AI/N: J = 3.170 nats, .634 a word; of the tie A = V the first is taken."""
    labels = Corpus.join([[2, 1, 1, 3, 2]])
    J, words = recurrent.tagging_loss(Says(LECTURE), block_of(labels), block_of(labels))
    assert J.item() == pytest.approx(-math.log(.5 * .7 * .4 * .6 * .5), abs=1e-6) == pytest.approx(3.170, abs=5e-4)
    assert words == 5 and J.item() / words == pytest.approx(.634, abs=5e-4)
    assert recurrent.accuracy(LECTURE.argmax(axis=1), labels.ids) == 4 / 5


def test_padding_is_in_neither_loss_nor_accuracy():
    words = training.Block(torch.tensor([[2, 1, 1, 3, 2], [2, 1, 0, 0, 0]]), torch.tensor([5, 2]))
    J, count = recurrent.tagging_loss(Says(LECTURE), words, words)
    assert count == 7 and J.item() == pytest.approx(3.170 - math.log(.5 * .7), abs=5e-4)
    mask = [[True, True, False, False]]
    for x in range(3):
        assert recurrent.accuracy([[0, 0, x, x]], [[0, 1, 2, 2]], mask) == 0.5
    assert recurrent.accuracy([[0, 0], [0, 1]], [[0, 0], [1, 0]], [[True, True], [True, False]]) == pytest.approx(2 / 3)
    for arguments, match in [(([0], [0, 1]), "of one shape"), (([], []), "no word to tag"), (([0], [0], [1]), "boolean mask"),
                             (([0], [0], [False]), "no word to tag")]:
        with pytest.raises(ValueError, match=match):
            recurrent.accuracy(*arguments)


def test_the_most_frequent_tag_by_hand():
    words, tags = Corpus.join([[3, 4, 4], [4, 5]]), Corpus.join([[1, 0, 2], [2, 2]])
    baseline = MostFrequentTag(words, tags, 8, 3)
    assert baseline.tags(Corpus.join([[3, 4], [5, 6]])).tolist() == [1, 2, 2, 2]      # 6 was never seen: 2 is the most frequent
    with pytest.raises(ValueError, match="expected a tag for every word, got 5 words and 4 tags"):
        MostFrequentTag(words, Corpus.join([[1, 0, 2], [2]]), 8, 3)
    with pytest.raises(ValueError, match="tag 2 is outside 0 … 1"):
        MostFrequentTag(words, tags, 8, 2)
    with pytest.raises(ValueError, match="word 9 is outside 0 … 7"):
        baseline.tags(Corpus.join([[9]]))


@pytest.mark.parametrize("fast", [False, True])
def test_a_tagger_reads_as_far_as_it_says(fast):
    words = Corpus.join([[2, 3, 4, 5], [2, 3, 4, 6], [2, 3]])
    for both_ends in (False, True):
        tagger = Tagger(8, 3, TaggerConfig("gru", 4, 5, bidirectional=both_ends, fast=fast))
        logits = tagger(block_of(words).ids, block_of(words).lengths)
        assert torch.equal(logits[0, :3], logits[1, :3]) != both_ends         # the last word reaches the first from the right
        alone = tagger(torch.tensor([[2, 3]]), torch.tensor([2]))
        torch.testing.assert_close(logits[2, :2], alone[0], atol=1e-6, rtol=0)
        want = [tag for row, text in zip(logits, words, strict=True) for tag in row[: len(text)].argmax(-1).tolist()]
        assert tagger.tags(words).tolist() == want
    for sizes, match in [((0, 3), "words must be at least 1"), ((3, 0), "tags must be at least 1")]:
        with pytest.raises(ValueError, match=match):
            Tagger(*sizes)
    with pytest.raises(ValueError, match="unknown kind of cell 'x'"):
        TaggerConfig("x")


def test_a_tagger_learns_what_the_word_alone_does_not_say():
    language = tagged()
    learn, held_out = language.train(1500), language.held_out(300)
    size, tags = len(language.vocabulary), len(language.tags)
    tagger = Tagger(size, tags, TaggerConfig("gru", 16, 16, bidirectional=True))
    train(tagger, (learn.words, learn.tags), (held_out.words, held_out.tags), TrainingConfig(epochs=3, lr=0.02),
          loss=recurrent.tagging_loss, progress=False)
    baseline = MostFrequentTag(learn.words, learn.tags, size, tags)
    found, simple = (recurrent.accuracy(one.tags(held_out.words), held_out.tags.ids) for one in (tagger, baseline))
    assert simple < 0.8 and found > 0.93


# --- translation ----------------------------------------------------------------------------------------------------------

def translator(**options):
    return Translator(VOCABULARY, VOCABULARY, TranslatorConfig(**{"kind": "gru", "dimensions": 8, "hidden": 16, **options}))


def texts_of(*texts):
    return Corpus.join([VOCABULARY.encode_text(list(text)) for text in texts])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("both_ends", [False, True])
def test_a_translator_by_hand_is_the_fast_one_and_reads_no_padding(kind, both_ends):
    fast, hand = (translator(kind=kind, bidirectional=both_ends, fast=fast).double() for fast in (True, False))
    hand.load_state_dict(fast.state_dict())
    source, target = block_of(texts_of("abc", "d", "ee")), block_of(texts_of("cba", "d", "eeee"))
    logits = fast(source, target)
    torch.testing.assert_close(hand(source, target), logits, atol=1e-12, rtol=0)
    other = source._replace(ids=source.ids.masked_fill(~source.mask, 6))
    assert torch.equal(fast(other, target), logits)
    alone = fast(block_of(texts_of("d")), block_of(texts_of("d")))
    torch.testing.assert_close(logits[1, :2], alone[0], atol=1e-12, rtol=0)
    memory, state = fast.encoder(source.ids, source.lengths)
    assert memory.outputs.shape == (3, 4, 32 if both_ends else 16) and not memory.outputs[~memory.mask].any()
    assert [tuple(part.shape) for part in state] == [(1, 3, 16)] * (2 if kind == "lstm" else 1)


def test_the_translator_is_made_of_torchs_modules():
    model, source, target = translator(kind="lstm"), texts_of("abcd"), texts_of("dcba")
    encoder, decoder = model.encoder, model.decoder
    reader, writer = nn.LSTM(8, 16, batch_first=True, bidirectional=True), nn.LSTM(8 + 16, 16, batch_first=True)
    reader.load_state_dict(encoder.cells.state_dict())
    writer.load_state_dict(decoder.cells.state_dict())
    _, (h, c) = reader(encoder.E[torch.tensor(source.ids)][None])
    ends = [torch.cat([part[0, 0], part[1, 0]]) for part in (h, c)]            # from the left, from the right
    first = [torch.tanh(bridge @ end) for bridge, end in zip(encoder.bridges, ends, strict=True)]
    read = torch.cat([decoder.E[torch.tensor([0, *target.ids[:-1]])], first[0].expand(5, -1)], dim=1)
    out, _ = writer(read[None], tuple(part[None, None] for part in first))
    torch.testing.assert_close(model(block_of(source), block_of(target)), out @ decoder.U.T + decoder.c)


def test_greedy_decoding_takes_the_best_word_of_teacher_forcing():
    """What was written, read as the right translation: at every place the most probable word is the next one written."""
    model, source = translator(), texts_of("abc", "d", "ee", "edcba")
    written = model.translate(source, max_length=7)
    for s, text in enumerate(written):
        assert len(text) == 7 or text[-1] == 1
        assert 0 not in text and 1 not in text[:-1]
        logits = model(block_of(source[s : s + 1]), block_of(Corpus.join([text]))).detach()
        logits[..., 0] = -torch.inf
        assert logits[0].argmax(-1).tolist() == text.tolist()
    with pytest.raises(ValueError, match="max_length must be at least 1, got 0"):
        model.translate(source, 0)


def test_a_translator_learns_to_turn_words_round():
    random = np.random.default_rng(0)
    texts = ["".join(random.choice(list("abcde"), random.integers(1, 4))) for _ in range(600)]
    source, target = texts_of(*texts), texts_of(*(text[::-1] for text in texts))
    model = translator(hidden=32)
    train(model, (source, target), (source[:50], target[:50]), TrainingConfig(epochs=14, lr=0.01),
          loss=recurrent.translation_loss, progress=False)
    matches = exact_matches(model.translate(source), target)
    assert matches.mean() > 0.9
    rows = by_length(matches, source.lengths, [2, 3, 4, 5])
    assert [row[:2] for row in rows] == [(2, 3), (3, 4), (4, 5)] and sum(row[2] for row in rows) == 600
    assert sum(row[3] for row in rows) == matches.sum()


def test_exact_matches_and_lengths_by_hand():
    right = texts_of("ab", "c", "d")
    matches = exact_matches([right[0], right[1][:-1], np.array([6, 1])], right)
    assert matches.tolist() == [True, False, False]
    assert by_length(matches, np.array([3, 2, 2]), [2, 3, 9]) == [(2, 3, 2, 0), (3, 9, 1, 1)]
    with pytest.raises(ValueError, match="expected a translation of each of 3 texts, got 1"):
        exact_matches([right[0]], right)
    with pytest.raises(ValueError, match="expected a translation of each of 3 texts, got 1"):
        words_in_place([right[0]], right)
    # a word short, a word too many, nothing, one of two: of (a, b, EOS), (c, EOS), (d, EOS)
    assert words_in_place([right[0][:-1], np.append(right[1], 5), np.empty(0, np.int64)], right).tolist() == [
        True, True, False, True, True, False, False]
    assert words_in_place([right[0], right[1], np.array([6, 1])], right).tolist() == [True] * 5 + [False, True]
    for edges in ([2], [3, 2]):
        with pytest.raises(ValueError, match="edges must be at least two growing lengths"):
            by_length(matches, np.array([3, 2, 2]), edges)


def test_another_decoder_gets_the_memory():
    class Looks(recurrent.Decoder):
        def forward(self, ids, state, memory):
            logits, state = super().forward(ids, state, memory)
            return logits + memory.outputs.sum(dim=(1, 2))[:, None, None], state

    language = parallel()
    model = Translator(language.vocabulary, language.target_vocabulary, TranslatorConfig(dimensions=4, hidden=4), decoder=Looks)
    pairs = language.train(3)
    assert model(block_of(pairs.source), block_of(pairs.target)).shape[2] == len(language.target_vocabulary)
    assert len(model.translate(pairs.source, 5)) == 3
    for options, match in [({"kind": "x"}, "unknown kind of cell"), ({"hidden": 0}, "hidden must be at least 1")]:
        with pytest.raises(ValueError, match=match):
            TranslatorConfig(**options)


# --- the command ------------------------------------------------------------------------------------------------------------

def test_the_command_knows_the_recurrent_model():
    _, config, settings = command.parse("recurrent --kind gru --hidden 9 --no-fast --forget-bias 2 --lr 0.01".split())
    assert config == RecurrentConfig("gru", hidden=9, fast=False, forget_bias=2.0) and settings.lr == 0.01
