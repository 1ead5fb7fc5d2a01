"""The course's own language: as many stories as you like, and their exact next-token probabilities.

A story is a walk through the trie of templates (``source``) with a hidden topic and mood z. Somebody who reads it knows
node and registers after every token, but never z, so p(x_t | x_{<t}) is a sum over z only:

    α_t(z) = p(z | x_{<t}),   p(x_t | x_{<t}) = Σ_z α_t(z) · p(x_t | node, registers, z)
    α_{t+1}(z') ∝ Σ_z α_t(z) · p(x_t | node, registers, z) · A(z → z')

which is the forward algorithm of a hidden Markov model. A is the identity, except where the mood of the story may turn.
No model can have a lower expected cross-entropy on these stories than this one: it is the floor of the ladder.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import ArrayLike

from .. import arguments
from ..corpus import Corpus
from . import forward
from .agreement import Agreement, competitors, find_agreement
from .grammar import KINDS, Grammar
from .sampling import StorySampler
from .scores import BitsPerToken, score
from .source import Source
from .story_grammar import story_grammar

STREAMS = {"train": 0, "validation": 1, "held-out": 2}
HELD_OUT_STORIES = 2000
BLOCK = 4096  # stories drawn at once

Ids = Sequence[int] | np.ndarray


@dataclass(frozen=True)
class State:
    """What is known after a context: the node, the registers (R,), and p(z | context) as alpha (Z,)."""

    node: int
    registers: np.ndarray
    alpha: np.ndarray


class StoryLanguage:
    """A source of stories and its exact model; it implements the ``LanguageModel`` protocol.

    grammar: the one of the course's language unless given. ``stories()`` returns a shared instance of that.
    """

    def __init__(self, grammar: Grammar | None = None):
        self.grammar = story_grammar() if grammar is None else grammar
        self.source = Source(self.grammar)
        self.vocabulary = self.source.vocabulary
        n = self.source.n_latents
        self._initial = State(self.source.start, np.zeros(len(self.source.register_names), np.int64), np.full(n, 1 / n))
        self._last: tuple[tuple[int, ...], State] = ((), self._initial)  # contexts mostly grow by one token

    # The model

    def _after(self, state: State, token: int) -> State | None:
        """The state after one more token, None if that is impossible: one step of the forward algorithm."""
        source = self.source
        arc = source.arc_of[state.node, token]
        choice = source.choice_of[source.row(arc, state.registers), token]
        alpha = state.alpha * self._arc_probability(arc, state) * source.choice_probability[choice]
        if arc < 0 or choice < 0 or not alpha.any():
            return None
        node = int(source.arc_target[arc])
        alpha /= alpha.sum()
        if source.node_shift[node]:
            alpha = alpha @ source.shift_probability
        return State(node, source.update(state.registers, choice), alpha)

    def _arc_probability(self, arc: int, state: State) -> np.ndarray:
        return np.asarray(self.source.arc_probability[arc, state.registers[self.source.switch]])

    def state(self, context: Ids) -> State:
        """Node, registers and posterior over the latents after a context.

        Raises TypeError for a context that is no sequence of ids, ValueError for an id outside the vocabulary and for a
        context that the source cannot produce.
        """
        ids = self._ids(context)
        known, state = self._last
        if ids[:len(known)] != known:
            known, state = (), self._initial
        for t in range(len(known), len(ids)):
            following = self._after(state, ids[t])
            if following is None:
                before = "the end" if state.node == self.source.end else repr(self._words(ids[max(0, t - 4):t]))
                raise ValueError(f"no story has {self.vocabulary.tokens[ids[t]]!r} at position {t}, after {before}: "
                                 f"there is no next token after an impossible context")
            state = following
        self._last = (ids, state)
        return state

    def next_log_probabilities(self, context: Ids) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token, (V,) in nats; −inf where impossible, and everywhere after EOS.

        Raises ValueError for a context that itself has probability 0 (see ``state``).
        """
        state, source = self.state(context), self.source
        p = np.zeros(len(self.vocabulary))
        for arc in range(source.node_first[state.node], source.node_first[state.node + 1]):
            weight = state.alpha * self._arc_probability(arc, state)
            row = source.row(arc, state.registers)
            choices = slice(source.row_first[row], source.row_first[row + 1])
            p[source.choice_token[choices]] += source.choice_probability[choices] @ weight
        with np.errstate(divide="ignore"):
            return np.log(p)

    def token_log_probabilities(self, sequences: Iterable[ArrayLike]) -> np.ndarray:
        """log p(x_t | x_{<t}) of every token of every text, one flat array (ΣT,) in nats.

        An impossible token gets −inf, and so does every token after it: such a text has probability 0.
        """
        return forward.log_probabilities(self.source, self._corpus(sequences))

    def latent_posterior(self, context: Ids) -> np.ndarray:
        """p(topic, mood | context), (topics, moods): what a perfect reader believes so far."""
        return self.state(context).alpha.reshape(len(self.grammar.topics), len(self.grammar.moods))

    # The source

    @cached_property
    def _sampler(self) -> StorySampler:
        return StorySampler(self.source)

    def generate(self, n_tokens: int | None = None, *, n_stories: int | None = None, seed: int = 0,
                 stream: str = "train") -> Corpus:
        """Stories from the source: ``n_stories``, or the fewest that have at least ``n_tokens`` tokens.

        stream: "train", "validation" or "held-out"; each is a family of random streams of its own, so no seed of one
        coincides with a seed of another. Story s depends on stream, seed and s alone: asking for more only adds some.
        Raw words of PCG64 and integer weights decide everything, on every machine and NumPy version alike.
        Raises ValueError unless exactly one of the two sizes is given, TypeError for one that is not an integer.
        """
        if (n_tokens is None) == (n_stories is None):
            raise ValueError(f"expected either n_tokens or n_stories, got n_tokens={n_tokens!r}, n_stories={n_stories!r}")
        stream = arguments.one_of("stream", stream, list(STREAMS))
        name, size = ("n_stories", n_stories) if n_tokens is None else ("n_tokens", n_tokens)
        wanted = arguments.integer(name, size, least=0)
        random = np.random.PCG64([STREAMS[stream], arguments.integer("seed", seed, least=0)])
        texts, lengths, have = [np.empty(0, np.int64)], [np.zeros(1, np.int64)], 0
        while have < wanted:
            size = min(BLOCK, wanted - have)  # a story has at least one token, so this many may be enough
            ids, length = self._sampler.draw(random.random_raw((size, self._sampler.words_per_story)))
            if n_tokens is not None:
                length = length[:np.searchsorted(have + np.cumsum(length), wanted) + 1]
            texts.append(ids[:len(length)][np.arange(ids.shape[1]) < length[:, None]])
            lengths.append(length)
            have += len(length) if n_tokens is None else int(length.sum())
        return Corpus(np.concatenate(texts), np.cumsum(np.concatenate(lengths)))

    def train(self, n_tokens: int, *, seed: int = 0) -> Corpus:
        """Whole stories with at least n_tokens tokens to learn from; no seed draws from the stream of held_out()."""
        return self.generate(n_tokens, seed=seed, stream="train")

    def validation(self, n_stories: int = 500) -> Corpus:
        """Fixed stories to choose settings by, from a stream of their own."""
        return self.generate(n_stories=n_stories, stream="validation")

    def held_out(self, n_stories: int = HELD_OUT_STORIES) -> Corpus:
        """The fixed stories on which every row of the ladder is measured (stream "held-out", seed 0)."""
        return self.generate(n_stories=n_stories, stream="held-out")

    def floor(self, stories: Iterable[ArrayLike] | None = None) -> BitsPerToken:
        """Bits per token of the source itself on stories (default: held_out()): no model can be expected to need fewer."""
        corpus = self._corpus(self.held_out() if stories is None else stories)
        return score(forward.log_probabilities(self.source, corpus), corpus.lengths)

    # What is in the stories

    def text(self, story: Ids) -> str:
        """A story as a person would write it: capitals, no space before a full stop, no EOS."""
        return self._words(token for token in self._ids(story) if token != self.vocabulary.eos)

    def tags(self, stories: Iterable[ArrayLike]) -> list[str]:
        """The part of speech of every token in order: tags of Universal Dependencies, and EOS.

        Raises ValueError for a text that the source cannot have written; so do ``agreement`` and ``competitors``.
        """
        choices = forward.choices(self.source, self._corpus(stories))
        return [self.source.tags[i] for i in self.source.choice_tag[choices].tolist()]

    def agreement(self, stories: Iterable[ArrayLike]) -> Agreement:
        """Which tokens test agreement, of which kind, how far from what decides their form, and past which distractors."""
        corpus = self._corpus(stories)
        return find_agreement(self.source, forward.choices(self.source, corpus), corpus, self._competitors)

    def competitors(self, kind: str, token: int) -> np.ndarray:
        """Ids of the wrong forms that a model must find less likely than ``token`` to pass a test of this kind.

        Raises ValueError for a kind that does not exist or a token that never tests it.
        """
        kind = arguments.one_of("kind of agreement", kind, KINDS)
        token = arguments.one_id(token, len(self.vocabulary))
        if (kind, token) not in self._competitors:
            raise ValueError(f"token {token!r} never tests agreement of kind {kind!r}")
        return self._competitors[kind, token]

    @cached_property
    def _competitors(self) -> dict[tuple[str, int], np.ndarray]:
        return competitors(self.source)

    # Checks

    def _ids(self, ids: Ids) -> tuple[int, ...]:
        array = arguments.ids(ids, len(self.vocabulary))
        if array.ndim != 1:
            raise TypeError(f"expected a flat sequence of token ids, got {ids!r}")
        return tuple(array.tolist())

    def _corpus(self, texts: Iterable[ArrayLike]) -> Corpus:
        corpus = Corpus.join(texts)
        return Corpus(arguments.ids(corpus.ids, len(self.vocabulary)), corpus.starts)

    def _words(self, ids: Iterable[int]) -> str:
        return typeset(self.vocabulary.decode(ids))


def typeset(words: Sequence[str]) -> str:
    """Words as running text: sentences begin with a capital, punctuation sticks to the word it belongs to.

    >>> typeset(["the", "fox", "sleeps", ".", "“", "oh", "!", "”", "Ada", "says", "."])
    'The fox sleeps. “Oh!” Ada says.'
    """
    out, capital, glue = [], True, True
    for word in words:
        if word in (".", ",", "!", "?", ":", "”"):
            out.append(word)
            capital, glue = word in ".!?", False
            continue
        out.append(("" if glue else " ") + (word[0].upper() + word[1:] if capital else word))
        glue = word == "“"
        capital = glue
    return "".join(out)


@lru_cache(maxsize=1)
def stories() -> StoryLanguage:
    """The course's own language. Built once, then shared: it takes about half a second."""
    return StoryLanguage()
