"""Tags and agreement of the stories, against stories that were annotated by hand."""

import numpy as np
import pytest

from llmcourse.corpora import KINDS, plot_source, source_in_words, stories
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
    assert (np.diff(found.position) >= 0).all()
    story = held_out.text_of[found.position]
    assert (found.position - found.since_first >= held_out.starts[story]).all()  # antecedents are in the same story


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
    with pytest.raises(ValueError, match="never tests agreement"):
        language.competitors("number", ids["boat"])
    with pytest.raises(ValueError, match="unknown kind"):
        language.agreement([]).of_kind("case")


@pytest.mark.parametrize(("base", "singular", "before"), [
    ("carry", "carries", "carried"), ("play", "plays", "played"), ("polish", "polishes", "polished"),
    ("bake", "bakes", "baked"), ("swim", "swims", "swam"), ("hug", "hugs", "hugged"), ("dance", "dances", "danced"),
])
def test_verbs_inflect(base, singular, before):
    assert (third_person(base), past(base)) == (singular, before)


def test_the_picture_and_its_words(language):
    import matplotlib.pyplot as plt

    story = language.vocabulary.encode(STORY)
    figure = plot_source(story)
    drawn = {text.get_text() for ax in figure.axes for text in ax.texts}
    plt.close(figure)
    assert {"telescope", "Hugo", *(f"{sign} {kind}" for sign, kind in zip("ngtNOP", KINDS, strict=True))} <= drawn
    words = source_in_words(story)
    assert "place at token 10 (“observatory”)" in words
    assert "stars with probability" in words
    assert "The owl near the stars gazes softly." in words
