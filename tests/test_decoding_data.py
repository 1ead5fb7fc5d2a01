"""The data of the chapter on decoding: made by the script that is named in it, and saying what the chapter says."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from llmcourse.corpora import stories  # noqa: E402
from llmcourse.corpus import Corpus  # noqa: E402

BOOK = Path(__file__).resolve().parent.parent / "book"


def data(name):
    found = json.loads((BOOK / "_data" / f"decoding_{name}.json").read_text(encoding="utf-8"))
    assert found["command"] == f"python book/decoding_data.py {name}"
    return found


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(BOOK)
        return importlib.import_module("decoding_data")


def test_four_words_that_come_again_are_counted(script):
    assert script.repeated("a b c d a b c d".split()) == pytest.approx(1 / 5)           # abcd twice among five
    assert script.repeated("a a a a a a".split()) == pytest.approx(2 / 3) and script.repeated("a b".split()) == 0
    assert script.repeated("a b c d e f g".split()) == 0


def test_what_the_source_says_of_stories(script):
    """Drawn stories are possible and cost what the source says; one with a word that cannot stand there is not."""
    language = stories()
    drawn = language.held_out(20)
    found = script.measured(drawn, np.ones(len(drawn.ids)))
    assert found["possible"] == found["distinct"] == 1 and found["own_bits"] == 1
    assert found["source_bits"] == pytest.approx(language.floor(drawn).mean, abs=1e-4)
    spoiled = [drawn[0], drawn[0], np.append(drawn[0][::-1][1:], language.vocabulary.eos)]
    found = script.measured(Corpus.join(spoiled), np.zeros(sum(map(len, spoiled))))
    assert found["possible"] == pytest.approx(2 / 3, abs=1e-4) and found["distinct"] == pytest.approx(2 / 3)
    alone = -language.token_log_probabilities([drawn[0]]).sum() / np.log(2) / len(drawn[0])
    assert found["source_bits"] == pytest.approx(alone, abs=1e-4)


def test_logits_are_those_that_predict_each_token(script):
    from llmcourse.transformer import TransformerConfig, TransformerLM

    texts = stories().held_out(3)
    model = TransformerLM(stories().vocabulary, TransformerConfig(layers=1, width=8, heads=2))
    logits = torch.from_numpy(script.logits_of(model, texts))
    assert (logits[:, stories().vocabulary.bos] == -torch.inf).all()
    own = torch.log_softmax(logits, dim=1).numpy()[np.arange(len(texts.ids)), texts.ids]
    np.testing.assert_allclose(own, model.token_log_probabilities(texts), atol=1e-4)
