"""Rows of one length from texts: padding counted, packing, texts kept apart in a row, and windows by chance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
from neural import one_thread  # noqa: E402, F401
from torch import nn  # noqa: E402

from llmcourse import training  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402
from llmcourse.training import TrainingConfig, train, windows  # noqa: E402
from llmcourse.transformer import linear, multi_head_attention, sinusoids  # noqa: E402

TEXTS = Corpus.join([[5, 6, 1], [7, 1], [8, 9, 1]])


# --- padding and truncation -------------------------------------------------------------------------------------------------

def test_the_padding_table_of_the_lecture():
    """Lengths 5, 8, 9, 6, 10, 8 in rows of 8: 43 real cells of 48, 5 of PAD, 3 tokens lost."""
    assert windows.pad_report([5, 8, 9, 6, 10, 8], 8) == (43, 5, 3)
    assert windows.pad_report(np.array([], np.int64), 8) == (0, 0, 0)
    assert windows.pad_report([0, 9], 4) == (4, 4, 5)


@given(st.lists(st.integers(0, 12), max_size=20), st.integers(1, 9))
def test_cells_are_real_or_pad_and_tokens_are_real_or_lost(lengths, length):
    report = windows.pad_report(lengths, length)
    assert report.real + report.pad == length * len(lengths) and report.real + report.lost == sum(lengths)
    assert min(report) >= 0


def test_bad_lengths():
    with pytest.raises(ValueError, match="the length of a row must be at least 1, got 0"):
        windows.pad_report([3], 0)
    with pytest.raises(ValueError, match="must be at least 0, got -1"):
        windows.pad_report([3, -1], 4)
    for wrong in ([1.5], [[1, 2]]):
        with pytest.raises(TypeError, match="flat sequence of integers"):
            windows.pad_report(wrong, 4)


def test_a_text_that_was_cut_has_no_end():
    cut = windows.truncate(TEXTS, 2)
    assert [text.tolist() for text in cut] == [[5, 6], [7, 1], [8, 9]]
    assert [text.tolist() for text in windows.truncate(TEXTS, 3)] == [text.tolist() for text in TEXTS]
    with pytest.raises(ValueError, match="the length of a row"):
        windows.truncate(TEXTS, 0)


@given(st.lists(st.lists(st.integers(1, 9), max_size=7), min_size=1, max_size=9), st.integers(1, 8))
def test_truncation_is_what_the_report_counts(texts, length):
    corpus = Corpus.join(texts)
    cut = windows.truncate(corpus, length)
    assert [text.tolist() for text in cut] == [text[:length] for text in texts]
    assert windows.pad_report(corpus.lengths, length).real == len(cut.ids)


# --- packing ----------------------------------------------------------------------------------------------------------------

def test_packing_by_hand():
    """The stream 5 6 1 7 1 8 9 1 has seven predictions: two rows of three, and one is dropped."""
    rows = windows.pack(TEXTS, 3)
    assert [row.tolist() for row in rows] == [[5, 6, 1, 7], [7, 1, 8, 9]]
    assert [row.tolist() for row in windows.pack(TEXTS, 7)] == [[5, 6, 1, 7, 1, 8, 9, 1]]
    with pytest.raises(ValueError, match="a row of 8 predictions takes 9 ids, and there are 8"):
        windows.pack(TEXTS, 8)
    with pytest.raises(ValueError, match="the length of a row must be at least 1"):
        windows.pack(TEXTS, 0)


@given(st.integers(2, 60), st.integers(1, 12))
def test_each_id_of_the_stream_is_predicted_once(n, length):
    stream = Corpus.join([range(n)])
    if n <= length:
        with pytest.raises(ValueError, match=f"a row of {length} predictions takes {length + 1} ids, and there are {n}"):
            windows.pack(stream, length)
        return
    rows = windows.pack(stream, length)
    targets = np.concatenate([row[1:] for row in rows])
    assert targets.tolist() == list(range(1, 1 + (n - 1) // length * length))
    assert all(np.array_equal(row[1:], row[:-1] + 1) for row in rows)


class Bigram(training.NeuralLanguageModel):
    """Logits from the last id alone."""

    def __init__(self):
        super().__init__(training_vocabulary())
        self.table = nn.Parameter(torch.randn(10, 10, generator=training.new_generator(1)))

    def forward(self, ids):
        return self.table[ids]


def training_vocabulary():
    from llmcourse.vocabulary import Vocabulary

    return Vocabulary(list("abcdefgh"))


def test_the_loss_of_rows_is_that_of_the_pairs_in_them():
    model, rows = Bigram(), windows.pack(TEXTS, 3)
    nats, count = windows.window_loss(model, training.block(rows, np.array([1, 0])))
    log_p = model.table.detach().log_softmax(-1)
    pairs = [(5, 6), (6, 1), (1, 7), (7, 1), (1, 8), (8, 9)]
    assert count == 6 and nats.item() == pytest.approx(-sum(log_p[a, b].item() for a, b in pairs), rel=1e-6)
    short = training.block(Corpus.join([[5, 6, 1], [7]]), np.array([0, 1]))              # a row of one id predicts nothing
    nats, count = windows.window_loss(model, short)
    assert count == 2 and nats.item() == pytest.approx(-(log_p[5, 6] + log_p[6, 1]).item(), rel=1e-6)


def test_texts_of_a_row_are_told_apart_by_their_ends():
    ids = torch.tensor([[5, 6, 1, 7, 1, 8], [1, 1, 5, 6, 7, 8]])
    documents = windows.document_numbers(ids, eos=1)
    assert documents.tolist() == [[0, 0, 0, 1, 1, 2], [0, 1, 2, 2, 2, 2]]
    assert windows.document_positions(documents).tolist() == [[0, 1, 2, 0, 1, 0], [0, 0, 0, 1, 2, 3]]
    mask = windows.document_mask(documents[:1, :5])
    assert mask[0].int().tolist() == [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 1]]


D, HEADS = 8, 2


def drawn(seed=3):
    """Weights of a transformer block and an output, and an embedding."""
    generator = training.new_generator(seed)
    return {name: torch.randn(rows, D, generator=generator).double()
            for name, rows in dict(E=10, q=D, k=D, v=D, o=D, U=10).items()}


def logits_of(ids, weights, documents):
    """Attention with residual: positions that begin again with each text, and a mask that keeps texts apart."""
    positions, mask = windows.document_positions(documents), windows.document_mask(documents)
    x = weights["E"][ids] + sinusoids(positions[0], D)
    x = x + multi_head_attention(x, weights["q"], weights["k"], weights["v"], weights["o"], HEADS, mask)
    return linear(x, weights["U"])


def test_a_text_kept_apart_is_as_if_alone():
    """[A | EOS | B]: the logits of B are those of B alone, and whatever A says changes nothing."""
    weights = drawn()
    row, alone = torch.tensor([[5, 6, 3, 1, 7, 8, 2, 1]]), torch.tensor([[7, 8, 2, 1]])
    packed = logits_of(row, weights, windows.document_numbers(row, 1))
    np.testing.assert_allclose(packed[:, 4:], logits_of(alone, weights, torch.zeros_like(alone)), atol=1e-12)
    other = row.clone()
    other[0, :3] = torch.tensor([9, 9, 4])
    changed = logits_of(other, weights, windows.document_numbers(other, 1))
    assert torch.equal(changed[:, 4:], packed[:, 4:]) and not torch.equal(changed[:, :3], packed[:, :3])
    together = logits_of(row, weights, torch.zeros_like(row))              # not isolated: B has read A
    assert not torch.allclose(together[:, 4:], packed[:, 4:], atol=1e-2)


def test_the_first_id_of_a_text_kept_apart_is_not_predicted():
    row = torch.tensor([[5, 6, 1, 7, 1, 8]])
    documents = windows.document_numbers(row, 1)
    rows = training.Block(row, torch.tensor([6]))
    logits = torch.randn(1, 5, 10, generator=training.new_generator(0))
    nats, count = windows.isolated_loss(logits, rows, documents)
    want = -sum(logits[0, t].log_softmax(-1)[x].item() for t, x in [(0, 6), (1, 1), (3, 1)])
    assert count == 3 and nats.item() == pytest.approx(want, rel=1e-6)


# --- windows by chance ------------------------------------------------------------------------------------------------------

def test_windows_of_a_hundred_tokens():
    """100 tokens, T 7: the starts 0 … 92 all occur, and what is predicted is what is read, one place further on."""
    tokens, generator = np.arange(100, dtype=np.uint16), training.new_generator(0)
    x, y = windows.sample_windows(tokens, 4000, 7, generator=generator, device="cpu")
    assert x.shape == y.shape == (4000, 7) and x.dtype == y.dtype == torch.int64
    assert torch.equal(x + 1, y) and torch.equal(x[:, 1:], x[:, :-1] + 1)
    counts = np.bincount(x[:, 0].numpy(), minlength=93)
    assert len(counts) == 93 and counts.min() > 0
    chi_square = ((counts - 4000 / 93) ** 2 / (4000 / 93)).sum()
    assert chi_square < 92 + 4 * math.sqrt(2 * 92)                         # 4 standard deviations above what is expected


def test_the_shortest_text_for_windows():
    tokens = np.arange(8)
    x, y = windows.sample_windows(tokens, 5, 7, generator=training.new_generator(0))
    assert x.tolist() == [list(range(7))] * 5 and y.tolist() == [list(range(1, 8))] * 5
    with pytest.raises(ValueError, match="a window of 8 predictions takes 9 tokens, and there are 8"):
        windows.sample_windows(tokens, 5, 8, generator=training.new_generator(0))
    with pytest.raises(TypeError, match="flat array of integers, got float64"):
        windows.sample_windows(np.ones(9), 5, 2, generator=training.new_generator(0))
    for size, length, message in ((0, 2, "number of windows"), (2, 0, "length of a window")):
        with pytest.raises(ValueError, match=message):
            windows.sample_windows(tokens, size, length, generator=training.new_generator(0))


def test_a_file_on_disk_is_read_where_the_windows_are(tmp_path):
    tokens = np.random.default_rng(0).integers(0, 2**16, 5000).astype(np.uint16)
    tokens.tofile(tmp_path / "tokens.bin")
    mapped = np.memmap(tmp_path / "tokens.bin", np.uint16, "r")
    pairs = [windows.sample_windows(data, 6, 11, generator=training.new_generator(4)) for data in (tokens, mapped)]
    assert all(torch.equal(one, other) for one, other in zip(*pairs, strict=True))
    assert pairs[0][0].max() > 2**15                                       # no int16 on the way
    again = windows.sample_windows(tokens, 6, 11, generator=training.new_generator(5))
    assert not torch.equal(again[0], pairs[0][0])


def test_windows_are_a_corpus_to_train_on():
    tokens = np.tile(np.arange(2, 10), 40)                                 # a text that repeats: each id tells the next
    generator = training.new_generator(0)
    rows = windows.windows(tokens, 96, 12, generator)
    assert len(rows) == 96 and set(rows.lengths.tolist()) == {13}
    model = Bigram()
    config = TrainingConfig(batch_size=8, lr=0.5, evaluate_every=100)
    result = train(model, rows, windows.pack(Corpus.join([tokens]), 12), config, loss=windows.window_loss, progress=False)
    assert result.tokens == 96 * 12 and result.best_loss < 0.1
    assert model.table[2:9].argmax(1).tolist() == list(range(3, 10))


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(0, 3))
def test_windows_are_pieces_of_the_text(n, length, seed):
    tokens = np.arange(n + length)
    for row in windows.windows(tokens, 7, length, training.new_generator(seed)):
        assert len(row) == length + 1 and 0 <= row[0] <= n - 1 and np.array_equal(row, np.arange(row[0], row[0] + length + 1))
