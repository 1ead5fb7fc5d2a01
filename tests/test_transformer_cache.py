"""The cache of keys and values: whatever is read in whatever pieces, the logits are those of reading all at once."""

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from neural import one_thread  # noqa: E402, F401
from test_transformer import KINDS, model_of  # noqa: E402

from llmcourse import training  # noqa: E402
from llmcourse.transformer import Cache, TransformerConfig  # noqa: E402

CLOSE = {"atol": 1e-5, "rtol": 0}
IDS = torch.randint(2, 7, (3, 12), generator=training.new_generator(5))


def random_model(options):
    """With weights that a trained model could have: a new model's blocks hardly do anything."""
    model = model_of(**options, longest=64).eval()
    with torch.no_grad():
        for i, weight in enumerate(model.parameters()):
            weight += 0.2 * torch.randn(weight.shape, generator=training.new_generator(i))
    return model


@pytest.mark.parametrize("options", KINDS)
@torch.no_grad()
def test_pieces_of_any_length_give_the_logits_of_the_whole(options):
    model = random_model(options)
    want = model(IDS)
    assert want.std() > 0.1
    for size in (12, 1, 3, 7):
        cache = model.new_cache(3, slots=2)                                # it has to grow
        found = torch.cat([model(part, cache=cache) for part in IDS.split(size, dim=1)], dim=1)
        torch.testing.assert_close(found, want, **CLOSE)
        assert cache.lengths == [12] * 3


@pytest.mark.parametrize("options", KINDS)
@torch.no_grad()
def test_texts_of_different_lengths_side_by_side_are_each_alone(options):
    """Prompts of 1, 4 and 6 ids filled up with PAD, then 5 more ids each, one by one and three at a time."""
    model, lengths = random_model(options), [1, 4, 6]
    prompt = IDS[:, :6].masked_fill(torch.arange(6) >= torch.tensor(lengths)[:, None], 0)
    for size in (1, 3):
        cache = model.new_cache(3, slots=6)
        logits = model(prompt, lengths=lengths, cache=cache)
        more = [model(part, cache=cache) for part in IDS[:, 6:11].split(size, dim=1)]
        for b, n in enumerate(lengths):
            alone = model(torch.cat([IDS[b, :n], IDS[b, 6:11]])[None])[0]
            torch.testing.assert_close(torch.cat([logits[b, :n], *(part[b] for part in more)]), alone, **CLOSE)
        assert cache.lengths == [6, 9, 11]


@given(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=1, max_size=5), st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_rows_that_go_on_at_different_speed(pieces, seed):
    """Every piece has its own number of real ids, 0 too; what stands after them is anything."""
    model = random_model({})
    random = torch.Generator().manual_seed(seed)
    cache, read, found = model.new_cache(2), [[], []], [[], []]
    with torch.no_grad():
        for lengths in pieces:
            ids = torch.randint(0, 7, (2, 3), generator=random)
            logits = model(ids, lengths=lengths, cache=cache)
            for b, n in enumerate(lengths):
                read[b] += ids[b, :n].tolist()
                found[b].append(logits[b, :n])
        for b in range(2):
            if read[b]:
                torch.testing.assert_close(torch.cat(found[b]), model(torch.tensor([read[b]]))[0], **CLOSE)
    assert cache.lengths == list(map(len, read))


@torch.no_grad()
def test_forgetting_and_choosing_rows():
    model = random_model({"key_value_heads": 2})
    cache = model.new_cache(3)
    model(IDS, cache=cache)
    cache.lengths = [9, 9, 9]                                              # three ids are taken back
    torch.testing.assert_close(model(IDS[:, 4:6], cache=cache), model(torch.cat([IDS[:, :9], IDS[:, 4:6]], 1))[:, 9:], **CLOSE)
    cache.select([2, 0, 2, 2])
    ids = IDS[[2, 0, 2, 2]]
    want = model(torch.cat([ids[:, :9], ids[:, 4:6], torch.tensor([[3], [4], [5], [6]])], dim=1))[:, -1:]
    torch.testing.assert_close(model(torch.tensor([[3], [4], [5], [6]]), cache=cache), want, **CLOSE)
    assert cache.lengths == [12] * 4


def test_what_it_takes():
    """4 layers of 128, 256 positions, 4 bytes a number: keys and values are a MiB."""
    cache = Cache(TransformerConfig(layers=4, width=128), batch=1)
    assert cache.bytes == 0
    cache.advance(256)
    assert cache.bytes == 1_048_576
    config = TransformerConfig(layers=4, width=128, key_value_heads=1)
    shared = Cache(config, batch=2, like=torch.empty(0, dtype=torch.bfloat16))
    shared.advance(256, [256, 128])
    assert shared.bytes == 1_048_576 * 3 // 2 // 4 // 2


def test_what_a_cache_refuses():
    model = model_of(positions="learned", longest=5)
    cache = model.new_cache(1)
    model(torch.zeros(1, 4, dtype=torch.int64), cache=cache)
    with pytest.raises(ValueError, match="this model has learned 5 positions, got 6 ids"):
        model(torch.zeros(1, 2, dtype=torch.int64), cache=cache)
    assert cache.lengths == [4]
    for lengths in ([1, 1], [3], [-1]):
        with pytest.raises(ValueError, match=r"expected 1 lengths from 0 to 1, got \["):
            model(torch.zeros(1, 1, dtype=torch.int64), lengths=lengths, cache=cache)
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        model.new_cache(0)
