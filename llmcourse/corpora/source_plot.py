"""A picture of the course's own language: when its registers become known, and one story with its agreement marked."""

from typing import TYPE_CHECKING

import numpy as np

from .grammar import KINDS
from .story_language import StoryLanguage, stories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE = 72  # characters in a line of the story
SIGNS = dict(zip(KINDS, ("n", "g", "t", "N", "O", "P"), strict=True))  # written under the words, beside their colour
LABELS = {
    "tense": "tense", "person": "gender of the hero", "name": "name of the hero", "species": "species of the hero",
    "place": "place", "object": "object", "friend": "name of the friend", "friend_species": "species of the friend",
}


def first_shown(language: StoryLanguage, story: np.ndarray) -> dict[str, int]:
    """The position in a story at which each register gets its first value; registers that never get one are left out."""
    found: dict[str, int] = {}
    for t in range(len(story)):
        registers = language.state(story[:t + 1]).registers
        for name, value in zip(language.source.register_names, registers, strict=True):
            if value and name not in found:
                found[name] = t
    return found


def pick_story(language: StoryLanguage, n: int = 300) -> np.ndarray:
    """Among the first n validation stories a present-tense one of at most 80 tokens with most distant tests of agreement."""
    candidates = language.validation(n)
    tests = language.agreement(candidates)
    distant = np.bincount(candidates.text_of[tests.position], tests.distance > 4, len(candidates))
    present = [language.state(story[:-1]).registers[language.source.register_names.index("tense")] == 2
               for story in candidates]
    best = int(np.argmax(np.where(present & (candidates.lengths <= 80), distant, -1)))
    return candidates[best]


def plot_source(story: np.ndarray | None = None, language: StoryLanguage | None = None) -> "Figure":
    """Top: the hidden latents and the registers over the tokens of a story. Bottom: the story, agreement marked.

    story: ids of a complete story of the source; by default one that shows a lot. The words for a reader who cannot see
    the picture come from ``source_in_words`` with the same arguments.
    Raises ValueError for a story that the source cannot have written.
    """
    import matplotlib.pyplot as plt

    from ..plots import style

    language = language or stories()
    story = pick_story(language) if story is None else story
    lines = _lines(language, story)
    with style():
        figure, (top, bottom) = plt.subplots(
            2, figsize=(8, 3.2 + 0.42 * len(lines)), height_ratios=(2.6, 0.42 * len(lines) + 0.4), layout="constrained")
        _draw_registers(top, language, story)
        _draw_story(bottom, language, story, lines)
    return figure


def _draw_registers(ax: "Axes", language: StoryLanguage, story: np.ndarray) -> None:
    from ..plots import ACCENT, INK, MUTED, PLAIN

    found = first_shown(language, story)
    rows = sorted((name for name in found if name in LABELS), key=found.__getitem__)
    belief = [language.latent_posterior(story[:t]) for t in range(len(story))]
    best = np.unravel_index(belief[-1].argmax(), belief[-1].shape)
    for row in (0, 1):  # the topic is the first axis of the belief, the mood the second
        p = np.array([table.sum(1 - row)[best[row]] for table in belief])
        ax.fill_between(range(len(story)), row + 0.4, row + 0.4 - 0.75 * p, color=ACCENT, alpha=0.45, lw=0, step="post")
        ax.plot([0, len(story)], [row + 0.4] * 2, color=MUTED, lw=0.6)
    for row, name in enumerate(rows, 2):
        t = found[name]
        ax.plot([0, t], [row, row], color=MUTED, lw=1, ls=":")
        ax.plot([t, len(story)], [row, row], color=PLAIN, lw=5, solid_capstyle="butt")
        ax.plot(t, row, "o", color=PLAIN, ms=7)
        ax.text(t + 1.2, row - 0.2, language.vocabulary.tokens[story[t]], fontsize=9, color=INK, va="bottom")
    ax.set(yticks=range(len(rows) + 2), xlim=(0, len(story)), ylim=(len(rows) + 1.6, -0.6), xlabel="token of the story",
           yticklabels=["topic (hidden)", "mood (hidden)", *(LABELS[name] for name in rows)],
           title="Latents are guessed, registers are seen")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _lines(language: StoryLanguage, story: np.ndarray) -> list[list[tuple[int, int, str]]]:
    """The words of a story broken into lines: (position, column, word)."""
    lines: list[list[tuple[int, int, str]]] = [[]]
    column = 0
    for t, word in enumerate(language.vocabulary.decode(story)):
        if column + len(word) > LINE:
            lines.append([])
            column = 0
        lines[-1].append((t, column, word))
        column += len(word) + 1
    return lines


def _draw_story(
    ax: "Axes", language: StoryLanguage, story: np.ndarray, lines: list[list[tuple[int, int, str]]]
) -> None:
    from ..plots import COLOURS, INK

    tests = language.agreement([story])
    kinds: dict[int, list[int]] = {}
    for position, kind in zip(tests.position.tolist(), tests.kind.tolist(), strict=True):
        kinds.setdefault(position, []).append(kind)
    for y, line in enumerate(lines):
        for t, column, word in line:
            here = kinds.get(t, [])
            colour = COLOURS[here[0]] if here else INK
            ax.text(column, y, word, color=colour, weight="bold" if here else "normal", va="center",
                    family="DejaVu Sans Mono", fontsize=9)
            for i, kind in enumerate(here):
                ax.text(column + 0.5 + 1.6 * i, y + 0.42, SIGNS[KINDS[kind]], color=COLOURS[kind], fontsize=7, va="center")
    for k, kind in enumerate(KINDS):
        ax.text(12 * k, len(lines) + 0.5, f"{SIGNS[kind]} {kind}", color=COLOURS[k], weight="bold", fontsize=9, va="center")
    ax.set(xlim=(0, LINE), ylim=(len(lines) + 1, -0.7), title="Words whose form was decided earlier, by kind of agreement")
    ax.axis("off")


def source_in_words(story: np.ndarray | None = None, language: StoryLanguage | None = None) -> str:
    """What ``plot_source`` shows, in words: the text alternative of the picture."""
    language = language or stories()
    story = pick_story(language) if story is None else story
    found = first_shown(language, story)
    words = language.vocabulary.decode(story)
    seen = ", ".join(f"{LABELS[name]} at token {found[name]} (“{words[found[name]]}”)"
                     for name in sorted(found, key=found.__getitem__) if name in LABELS)
    tests = language.agreement([story])
    counts = ", ".join(f"{kind} {len(tests.of_kind(kind))}" for kind in KINDS)
    belief = language.latent_posterior(story[:-1])
    topic, mood = np.unravel_index(belief.argmax(), belief.shape)
    return (
        f"Timeline of a story of {len(story)} tokens. Two latents are never seen, only guessed: at the end a perfect "
        f"reader believes in the topic {language.grammar.topics[topic]} with probability "
        f"{belief[topic].sum():.2f} and in the mood {language.grammar.moods[mood]} with {belief[:, mood].sum():.2f}. "
        f"Registers are unknown until a word shows them and known from then on: {seen}. "
        f"Below, the story with the words that test agreement, by kind: {counts}. "
        f"The story: {language.text(story)}"
    )
