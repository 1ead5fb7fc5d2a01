"""Any text, letter by letter: its vocabulary, what to learn from and what to be measured on, and how it goes on.

There is no text in front of a window but the one that it was cut from, so BOS and EOS have no part in this: a model reads T
characters and predicts the one after each of them (`windows.window_loss`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from llmcourse import arguments
from llmcourse.training.language_model import NeuralLanguageModel
from llmcourse.training.losses import device_of, evaluating
from llmcourse.vocabulary import Vocabulary


class Characters(NamedTuple):
    """The characters of a text as a vocabulary, and its ids: (N,) to learn from and (M,) to be measured on, the end of it."""

    vocabulary: Vocabulary
    learn: np.ndarray
    validation: np.ndarray


def characters(text: str, validation: float = 0.1) -> Characters:
    """A text cut into its characters. validation: the share at its end that is kept for measuring.

    The two parts are neighbours in one text and do not overlap. Raises ValueError for a share that leaves one of them empty.

    >>> vocabulary, learn, kept = characters("abba cab", validation=0.25)
    >>> "".join(vocabulary.decode(learn)), "".join(vocabulary.decode(kept))
    ('abba c', 'ab')
    """
    arguments.number("the share for validation", validation, above=0, most=1)
    vocabulary = Vocabulary(sorted(set(text)))
    ids = vocabulary.encode(list(text))
    end = len(ids) - int(len(ids) * validation)
    if not 0 < end < len(ids):
        raise ValueError(f"{validation} of {len(ids)} characters leaves nothing to learn from, or nothing to measure on")
    return Characters(vocabulary, ids[:end], ids[end:])


def go_on(model: NeuralLanguageModel, start: Sequence[int], number: int, *, window: int,
          generator: torch.Generator) -> list[int]:
    """So many ids drawn one after the other, after the ids ``start``, of which at least one is needed.

    window: how many of the last ids the model reads, as many as in its training. Neither BOS nor EOS is drawn.
    """
    ids = list(start)
    if not ids:
        raise ValueError("a model of windows needs an id to go on from, got none")
    for _ in range(arguments.integer("number", number, least=0)):
        with evaluating(model):
            read = torch.tensor([ids[-window:]], device=device_of(model))  # (1, T)
            logits = model(read)[0, -1].float().cpu()                      # (V,)
        logits[[model.vocabulary.bos, model.vocabulary.eos]] = -torch.inf
        ids.append(int(torch.multinomial(logits.softmax(0), 1, generator=generator)))
    return ids[len(start) :]
