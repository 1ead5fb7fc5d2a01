"""The prose that ships with the course, and how it is cut up."""

import doctest
import importlib
import re
import subprocess
import sys

import pytest

from llmcourse.corpora import LANGUAGES, paragraphs, sentences, text, tokens, words


@pytest.mark.parametrize(("language", "letters", "common"), [
    ("english", set(), {"the", "and", "of", "that"}),
    ("swedish", set("åäö"), {"och", "att", "som", "det"}),
    ("french", set("éèàçêùœ") - set("ù"), {"le", "la", "et", "qui"}),
])
def test_each_language_looks_like_itself(language, letters, common):
    found = words(language)
    assert 2000 <= len(found) <= 4000
    assert letters <= set(text(language).lower())
    frequent = sorted(set(found), key=found.count)[-25:]
    assert common <= set(frequent)


def test_the_three_tell_the_same_things_in_as_many_paragraphs_and_sentences():
    counts = {language: (len(paragraphs(language)), len(sentences(language))) for language in LANGUAGES}
    assert len(set(counts.values())) == 1, counts


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_are_clean(language):
    raw = text(language)
    assert raw == raw.strip() + "\n"
    assert not re.search(r"  |\t|\r| $|\ufeff|\u00a0", raw, re.MULTILINE)
    assert raw.count("“") == (raw.count("”") if language == "english" else 0)
    assert raw.count("«") == raw.count("»")
    for sentence in sentences(language, lower=False):
        assert sentence[0][0].isupper() or sentence[0] in "“”«", sentence
        assert any(token in ".!?" for token in sentence[-2:]), sentence


def test_claims_that_the_text_makes_about_itself():
    # "more than half of them appear only once"
    for language in LANGUAGES:
        found = words(language)
        assert sum(found.count(word) == 1 for word in set(found)) > len(set(found)) / 2


@pytest.mark.parametrize(("line", "wanted"), [
    ("L’hiver, c’est long!", ["l’", "hiver", ",", "c’", "est", "long", "!"]),
    ("Don't stop: it’s 4 o’clock.", ["don't", "stop", ":", "it’s", "4", "o’clock", "."]),
    ("Jusqu’au pont, aujourd’hui", ["jusqu’", "au", "pont", ",", "aujourd’hui"]),
    ("Quand reviens-tu ?", ["quand", "reviens-tu", "?"]),
    ("”Jag visste inte”, säger Edit.", ["”", "jag", "visste", "inte", "”", ",", "säger", "edit", "."]),
    ("", []),
])
def test_tokens(line, wanted):
    assert tokens(line) == wanted


def test_sentences_keep_their_closing_quotation_mark():
    found = sentences("english", lower=False)
    assert tokens("He gave me a spoon and said, “Taste.”", lower=False) in found
    assert tokens("I tasted, and it was too little.", lower=False) in found
    french = sentences("french", lower=False)
    assert tokens("Il m’a donné une cuillère et m’a dit : « Goûte. »", lower=False) in french
    assert tokens("Comment font-ils ?", lower=False) in french


def test_words_are_the_sentences_without_punctuation():
    assert words("swedish") == [t for s in sentences("swedish") for t in s if re.match(r"\w", t)]
    assert words("swedish", lower=False)[:3] == ["Vår", "stad", "är"]


@pytest.mark.parametrize("function", [text, words, sentences, paragraphs])
def test_an_unknown_language_is_answered_with_the_known_ones(function):
    with pytest.raises(ValueError, match=r"'klingon'.*english, swedish, french"):
        function("klingon")
    with pytest.raises(TypeError, match="name of a language"):
        function(3)
    with pytest.raises(TypeError, match="expected a string"):
        tokens(["a"])


def test_importing_the_corpora_does_not_import_what_downloads_and_pictures_need():
    code = ("import sys, llmcourse.corpora; llmcourse.corpora.text('french'); "
            "print(sorted({'pooch', 'requests', 'matplotlib', 'llmcourse.language_models'} & set(sys.modules)))")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["grammar", "prose", "story_language"])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(importlib.import_module(f"llmcourse.corpora.{module}"))
    assert (failed, tried > 0) == (0, True)
