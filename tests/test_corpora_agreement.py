"""Tags and agreement of the stories, against stories that were annotated by hand."""

from dataclasses import fields
from itertools import pairwise, product

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.layout_engine import ConstrainedLayoutEngine

from llmcourse import plots
from llmcourse.corpora import KINDS, plot_source, source_in_words, stories
from llmcourse.corpora.source_plot import pick_story
from llmcourse.corpora.story_words import past, third_person


@pytest.fixture(scope="module")
def language():
    return stories()


STORY = str.split(
    "nowadays , a funny owl called Ada lives at the observatory . "  # 0–11
    "at home she has a quiet telescope . "  # 12–19
    "the owl near the stars gazes softly . "  # 20–27
    "at the observatory she meets a plump badger called Hugo . "  # 28–38
    "of course he wants the telescope , but she says no . "  # 39–50
    "luckily Hugo brings his kettle , and she polishes the telescope . "  # 51–62
    "suddenly the owl loses the telescope , and Hugo snores . "  # 63–73
    "in the end Ada finds the telescope , and Hugo is happy . <eos>"  # 74–86
)


def rows(language, tokens):
    found = language.agreement([language.vocabulary.encode(tokens)])
    return {(int(t), KINDS[k]): (int(d), int(f), bool(x)) for t, k, d, f, x in zip(
        found.position, found.kind, found.distance, found.since_first, found.distractor, strict=True)}


def test_agreement_of_a_story_that_was_annotated_by_hand(language):
    found = rows(language, STORY)
    assert STORY[7] == "lives" and found[7, "number"] == (1, 1, False)  # Ada, just before
    assert found[7, "tense"] == (7, 7, False)  # nowadays
    assert STORY[14] == "she" and found[14, "gender"] == (8, 8, False)  # Ada at 6
    assert STORY[21] == "owl" and found[21, "name"] == (17, 17, False)  # owl at 4
    assert STORY[25] == "gazes" and found[25, "number"] == (4, 4, True)  # owl at 21, past "stars"
    assert STORY[30] == "observatory" and found[30, "place"] == (20, 20, False)
    assert STORY[31] == "she" and found[31, "gender"] == (17, 25, False)  # she at 14, Ada at 6
    assert STORY[41] == "he" and found[41, "gender"] == (4, 4, False)  # Hugo at 37
    assert STORY[44] == "telescope" and found[44, "object"] == (26, 26, False)
    assert STORY[47] == "she" and found[47, "gender"] == (16, 41, True)  # she at 31, past Hugo and he
    assert STORY[52] == "Hugo" and found[52, "name"] == (15, 15, True)  # Hugo at 37, past "she" at 47
    assert STORY[61] == "telescope" and found[61, "object"] == (17, 43, True)  # past the kettle
    assert STORY[68] == "telescope" and found[68, "object"] == (7, 50, False)  # at 61: the kettle came before that
    assert STORY[77] == "Ada" and found[77, "name"] == (71, 71, True)
    assert STORY[84] == "is" and found[84, "number"] == (1, 1, False)
    assert (5, "name") not in found and (6, "name") not in found  # a first mention tests nothing
    assert (36, "name") not in found and (37, "name") not in found


def test_quotations_and_plural_nouns_distract(language):
    story = str.split(
        "once , three dusty owls lived at the tower . "  # 0–9
        "at home they had a dusty kite . "  # 10–17
        "“ where is our kite ? ” they said . "  # 18–27
    )
    found = rows(language, story)
    assert story[20] == "is" and (20, "tense") not in found  # speech is in the present, whatever the story's tense
    assert story[26] == "said" and found[26, "tense"] == (13, 26, True)  # had at 13, once at 0, past "is"
    assert story[21] == "our" and found[21, "gender"][0] == 9
    assert found[25, "gender"] == (4, 21, False)  # they, after our


def test_tags(language):
    tags = language.tags([language.vocabulary.encode(STORY)])
    by_word = dict(zip(STORY, tags, strict=True))
    wanted = {"owl": "NOUN", "Ada": "PROPN", "she": "PRON", "lives": "VERB", "is": "AUX", "the": "DET", "near": "ADP",
              "softly": "ADV", "quiet": "ADJ", "and": "CCONJ", ".": "PUNCT", "his": "DET", "<eos>": "EOS"}
    assert {word: by_word[word] for word in wanted} == wanted
    assert "_" not in tags and len(tags) == len(STORY)


def test_a_word_can_have_two_tags(language):
    # "her" is a pronoun after "gives" and a determiner before a noun: tagging needs the context.
    text = language.train(10**5)
    tags = np.array(language.tags(text))
    assert set(tags[text.ids == language.vocabulary.ids["her"]]) == {"PRON", "DET"}


def test_every_kind_is_tested_often_far_away_and_past_distractors(language):
    held_out = language.held_out()
    found = language.agreement(held_out)
    for kind in KINDS:
        assert len(found.of_kind(kind)) > 500
        assert len(found.of_kind(kind, distractor=True)) > 100
    for kind in ("gender", "name", "object", "place"):
        assert len(found.of_kind(kind, min_distance=9, distractor=True)) > 200
    assert (found.distance >= 1).all()
    assert (found.since_first >= found.distance).all()
    assert (np.diff(found.position * len(KINDS) + found.kind) > 0).all()  # in text order, kinds of one token in theirs
    story = held_out.text_of[found.position]
    assert (found.position - found.since_first >= held_out.starts[story]).all()  # antecedents are in the same story


def test_a_selection_is_the_rows_that_a_loop_would_keep(language):
    found = language.agreement(language.held_out(200))
    names = [field.name for field in fields(found)]
    rows = list(zip(*(getattr(found, name).tolist() for name in names), strict=True))
    for kind, least, distractor in product(KINDS, (1, 2, 9), (None, True, False, np.True_)):
        some = found.of_kind(kind, min_distance=least, distractor=distractor)
        want = [row for row in rows if KINDS[row[1]] == kind and row[2] >= least
                and (distractor is None or row[4] == bool(distractor))]  # fmt: skip
        assert list(zip(*(getattr(some, name).tolist() for name in names), strict=True)) == want and len(some) == len(want)
    nearest = found.of_kind("number")
    assert nearest.distance.min() == 1 and set(nearest.distractor) == {True, False}  # nothing is left out unless asked for
    assert len(nearest) == len(found.of_kind("number", min_distance=1, distractor=None))
    assert sum(len(found.of_kind(kind)) for kind in KINDS) == len(found) == len(rows)
    assert len(language.agreement([])) == 0 and language.agreement([]).distractor.dtype == bool


@pytest.mark.parametrize(("selection", "error", "message"), [
    ({"kind": "case"}, ValueError, "unknown kind of agreement 'case', expected one of number, gender, tense"),
    ({"kind": 1}, ValueError, "unknown kind of agreement 1"),
    ({"min_distance": 0}, ValueError, "min_distance must be at least 1, got 0"),
    ({"min_distance": 2.5}, TypeError, "min_distance must be an integer"),
    ({"distractor": 1}, TypeError, "distractor must be True, False or None, got 1"),
    ({"distractor": "no"}, TypeError, "distractor must be True, False or None, got 'no'"),
])
def test_a_selection_that_is_none_is_refused(language, selection, error, message):
    with pytest.raises(error, match=message):
        language.agreement([]).of_kind(**{"kind": "name"} | selection)


def test_the_source_itself_passes_every_test(language):
    # The wrong forms have probability 0, and that does not depend on the annotation code.
    text = language.held_out(25)
    found = language.agreement(text)
    story = text.text_of[found.position]
    for position, kind, s in zip(found.position.tolist(), found.kind.tolist(), story.tolist(), strict=True):
        p = language.next_log_probabilities(text.ids[text.starts[s]:position])
        wrong = language.competitors(KINDS[kind], int(text.ids[position]))
        assert len(wrong) and np.isneginf(p[wrong]).all()
        assert np.isfinite(p[text.ids[position]])


def test_competitors_are_the_forms_a_student_would_name(language):
    ids = language.vocabulary.ids

    def wrong(kind, word):
        return set(language.vocabulary.decode(language.competitors(kind, ids[word])))

    assert wrong("number", "swims") == {"swim"}
    assert wrong("tense", "swims") == {"swam"}
    assert wrong("number", "was") == {"were"}
    assert {"he", "they"} <= wrong("gender", "she")
    assert "Olle" in wrong("name", "Ada") and "Ada" not in wrong("name", "Ada")
    assert "kettle" in wrong("object", "boat")
    assert "owls" in wrong("name", "foxes") and "owl" not in wrong("name", "foxes")
    with pytest.raises(ValueError, match=f"token {ids['boat']} never tests agreement of kind 'number'"):
        language.competitors("number", ids["boat"])
    with pytest.raises(ValueError, match="unknown kind of agreement 'case'"):
        language.competitors("case", ids["boat"])
    with pytest.raises(ValueError, match="token id 9999 is outside"):
        language.competitors("number", 9999)
    with pytest.raises(TypeError, match="token id must be an integer, got 'boat'"):
        language.competitors("number", "boat")


@pytest.mark.parametrize(("base", "singular", "before"), [
    ("carry", "carries", "carried"), ("play", "plays", "played"), ("polish", "polishes", "polished"),
    ("bake", "bakes", "baked"), ("swim", "swims", "swam"), ("hug", "hugs", "hugged"), ("dance", "dances", "danced"),
])
def test_verbs_inflect(base, singular, before):
    assert (third_person(base), past(base)) == (singular, before)


@pytest.fixture
def picture(language):
    figure = plot_source(language.vocabulary.encode(STORY))
    yield figure.axes
    plt.close("all")


def test_the_upper_picture_shows_when_each_register_becomes_known(language, picture):
    top, _ = picture
    rows = [label.get_text() for label in top.get_yticklabels()]
    shown = {"tense": 0, "species of the hero": 4, "name of the hero": 6, "gender of the hero": 6, "place": 10, "object": 18,
             "species of the friend": 35, "name of the friend": 37}  # fmt: skip
    assert set(rows) == {"topic (hidden)", "mood (hidden)", *shown} and rows[:2] == ["topic (hidden)", "mood (hidden)"]
    assert [shown[row] for row in rows[2:]] == sorted(shown.values())
    assert list(top.get_yticks()) == list(range(10))
    for y, row in enumerate(rows[2:], 2):
        t = shown[row]
        here = [(list(line.get_xdata()), line.get_linestyle(), line.get_marker()) for line in top.lines
                if set(np.atleast_1d(line.get_ydata())) == {y}]  # fmt: skip
        assert sorted(here, key=str) == sorted([([0, t], ":", "None"), ([t, len(STORY)], "-", "None"), ([t], "None", "o")],
                                               key=str)  # fmt: skip
        assert any(text.get_text() == STORY[t] and t < text.get_position()[0] < t + 2 and y - 0.5 < text.get_position()[1] < y
                   for text in top.texts)  # fmt: skip
    assert top.get_xlim() == (0, len(STORY)) and top.get_ylim() == (pytest.approx(9.6), pytest.approx(-0.6))
    assert top.get_xlabel() == "token of the story" and not top.spines["left"].get_visible()


def test_the_upper_picture_shows_what_a_perfect_reader_believes(language, picture):
    top, _ = picture
    story = language.vocabulary.encode(STORY)
    beliefs = np.array([language.latent_posterior(story[:t]) for t in range(len(STORY))])
    topic, mood = np.unravel_index(beliefs[-1].argmax(), beliefs[-1].shape)
    assert language.grammar.topics[topic] == "stars"
    curves = (beliefs.sum(axis=2)[:, topic], beliefs.sum(axis=1)[:, mood])
    for row, (band, belief) in enumerate(zip(top.collections, curves, strict=True)):
        points = band.get_paths()[0].vertices
        for t in (0, 10, 40, len(STORY) - 1):
            heights = points[points[:, 0] == t][:, 1]
            assert row + 0.4 == pytest.approx(heights.max()) and heights.min() == pytest.approx(
                row + 0.4 - 0.75 * max(belief[t], belief[max(t - 1, 0)]))
        base = [line for line in top.lines if set(line.get_ydata()) == {row + 0.4}]
        assert [list(line.get_xdata()) for line in base] == [[0, len(STORY)]]


def test_the_lower_picture_is_the_story_with_its_tests(language, picture):
    _, bottom = picture
    written = [(text.get_position(), text) for text in bottom.texts]
    words = {where: text for where, text in written if where[1] == int(where[1]) and text.get_family() == ["DejaVu Sans Mono"]}
    assert [text.get_text() for _, text in sorted(words.items(), key=lambda item: item[0][::-1])] == STORY
    lines = 1 + max(int(y) for _, y in words)
    for y in range(lines):  # one space between words, and no line longer than 72 characters
        line = sorted((x, text.get_text()) for (x, at), text in words.items() if at == y)
        assert line[0][0] == 0 and all(x + len(word) + 1 == after for (x, word), (after, _) in pairwise(line))
        end = line[-1][0] + len(line[-1][1])
        assert end <= 72 and (y == lines - 1 or end + 1 + len(min(t.get_text() for (x, at), t in words.items()
                                                                 if (x, at) == (0, y + 1))) > 72)  # fmt: skip
    found = language.agreement([language.vocabulary.encode(STORY)])
    tested = {(int(t), KINDS[k]) for t, k in zip(found.position, found.kind, strict=True)}
    signs = dict(zip("ngtNOP", KINDS, strict=True))
    place = {where: t for t, where in enumerate(sorted(words, key=lambda where: where[::-1]))}
    under = set()
    for (x, y), text in written:
        if text.get_text() in signs and y != int(y):
            left = max(where for where in words if where[1] == int(y) and where[0] <= x)
            under.add((place[left], signs[text.get_text()]))
            assert text.get_color() == plots.COLOURS[KINDS.index(signs[text.get_text()])] and 0.3 < y - int(y) < 0.6
    assert under == tested
    for where, text in words.items():
        kinds = [kind for t, kind in sorted(tested, key=lambda pair: KINDS.index(pair[1])) if t == place[where]]
        assert text.get_weight() == ("bold" if kinds else "normal")
        assert to_hex(text.get_color()) == (plots.COLOURS[KINDS.index(kinds[0])] if kinds else plots.INK)
    legend = [text.get_text() for (_, y), text in sorted(written, key=lambda item: item[0]) if y == lines + 0.5]
    assert legend == [f"{sign} {kind}" for sign, kind in signs.items()]
    assert bottom.get_xlim() == (0, 72) and bottom.get_ylim() == (lines + 1, -0.7) and not bottom.axison


def test_sizes_colours_and_weights_of_the_picture(language, picture):
    top, bottom = picture
    words = [text for text in bottom.texts if text.get_family() == ["DejaVu Sans Mono"]]
    lines = 1 + max(round(text.get_position()[1]) for text in words)
    assert tuple(top.figure.get_size_inches()) == pytest.approx((8, 3.2 + 0.42 * lines))
    assert tuple(top.get_gridspec().get_height_ratios()) == pytest.approx((2.6, 0.42 * lines + 0.4))
    assert isinstance(top.figure.get_layout_engine(), ConstrainedLayoutEngine)
    titles = [ax.get_title(loc="left") for ax in picture]
    assert titles == ["Latents are guessed, registers are seen", "Words whose form was decided earlier, by kind of agreement"]
    assert [(to_hex(b.get_facecolor()[0]), b.get_alpha(), b.get_linewidth()) for b in top.collections] == [
        (plots.ACCENT, 0.45, 0)] * 2
    weights = {(line.get_linestyle(), line.get_marker()): set() for line in top.lines}
    for line in top.lines:
        weights[line.get_linestyle(), line.get_marker()].add((line.get_color(), line.get_linewidth()))
    assert weights.pop(("None", "o")).pop()[0] == plots.PLAIN
    assert weights == {("-", "None"): {(plots.MUTED, 0.6), (plots.PLAIN, 5)}, (":", "None"): {(plots.MUTED, 1)}}
    assert {line.get_markersize() for line in top.lines if line.get_marker() == "o"} == {7}
    assert {line.get_solid_capstyle() for line in top.lines if line.get_linewidth() == 5} == {"butt"}
    assert top.yaxis.get_tick_params()["length"] == 0
    places = {line.get_ydata()[0]: line.get_xdata()[0] for line in top.lines if line.get_marker() == "o"}
    for text in top.texts:
        x, y = text.get_position()
        assert x == pytest.approx(places[round(y)] + 1.2) and y == pytest.approx(round(y) - 0.2)
        assert (text.get_fontsize(), text.get_va(), text.get_color()) == (9, "bottom", plots.INK)
    columns = sorted((text.get_position() for text in words), key=lambda place: place[::-1])
    signs = {}
    for text in bottom.texts:
        x, y = text.get_position()
        assert text.get_va() == "center" and text.get_fontsize() == (7 if text.get_text() in {*"ngtNOP"} else 9)
        if text.get_text() in {*"ngtNOP"}:
            assert y % 1 == pytest.approx(0.42)
            start = max(column for column, row in columns if row == y // 1 and column <= x)
            signs.setdefault((start, y // 1), []).append(x - start)
    assert all(found == pytest.approx([0.5, 2.1, 3.7][:len(found)]) for found in signs.values())
    assert max(map(len, signs.values())) == 2  # number and tense of one verb
    legend = {text.get_text()[2:]: text for text in bottom.texts if text.get_position()[1] == lines + 0.5}
    for k, kind in enumerate(KINDS):
        assert legend[kind].get_position()[0] == 12 * k and legend[kind].get_weight() == "bold"
        assert legend[kind].get_color() == plots.COLOURS[k]


@pytest.mark.parametrize("n", [40, 60, 200])
def test_the_story_that_shows_most_of_the_first_few(language, n):
    """Worked out one by one: present tense, at most 80 tokens, and most tests that are more than 4 tokens away.

    Of the first 40 the shortest in the present has 81, so that the very first stands for all. Of 60 another would be best by
    tests that are 4 away, of 200 by those that are more than 5 away.
    """
    worth = []
    for story in language.validation(n):
        present = len(story) <= 80 and language.state(story[:-1]).registers[0] == 2
        worth.append(sum(d > 4 for d in language.agreement([story]).distance.tolist()) if present else -1)
    assert (max(worth) > 0) == (n > 40)
    picked = pick_story(language, n)
    assert picked.tolist() == list(language.validation(n))[worth.index(max(worth))].tolist()


def test_the_story_that_is_drawn_when_none_is_given(language):
    """Among 300 validation stories in the present of at most 80 tokens the one with most tests at a distance over 4."""
    candidates = language.validation(300)
    best, most = None, -1
    for story in candidates:
        verbs = {"lives", "live", "is", "are"} & set(language.vocabulary.decode(story[:12]))
        if len(story) <= 80 and verbs and language.state(story[:-1]).registers[0] == 2:
            distant = int((language.agreement([story]).distance > 4).sum())
            if distant > most:
                best, most = story, distant
    words = source_in_words()
    assert words == source_in_words(best) == source_in_words(best, language) and language.text(best) in words
    figure = plot_source()
    drawn = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert drawn == [text.get_text() for ax in plot_source(best, language).axes for text in ax.texts]
    plt.close("all")


def test_the_words_for_a_reader_who_cannot_see_the_picture(language):
    story = language.vocabulary.encode(STORY)
    words = source_in_words(story)
    belief = language.latent_posterior(story[:-1])
    topic = belief.sum(axis=1)[language.grammar.topics.index("stars")]
    assert words.startswith(f"Timeline of a story of {len(STORY)} tokens.")
    assert words.endswith(f"The story: {language.text(story)}")
    mood = int(belief.sum(axis=0).argmax())
    assert (f"the topic stars with probability {topic:.2f} and in the mood {language.grammar.moods[mood]} with "
            f"{belief[:, mood].sum():.2f}. ") in words
    assert "tense at token 0 (“nowadays”), species of the hero at token 4 (“owl”)" in words
    assert "place at token 10 (“observatory”), object at token 18 (“telescope”)" in words
    counts = {kind: len(language.agreement([story]).of_kind(kind)) for kind in KINDS}
    assert ", ".join(f"{kind} {n}" for kind, n in counts.items()) + "." in words
    with pytest.raises(ValueError, match="no story has 'owl' at position 1"):
        source_in_words(language.vocabulary.encode(["nowadays", "owl", "<eos>"]))
