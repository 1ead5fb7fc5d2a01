"""The tokenizer explorer: its script cuts as the library does, and its controls move it."""

import pytest

test_book_browser = pytest.importorskip("test_book_browser")
from test_book_browser import ASSETS, HTML, chromium, tab  # noqa: E402, F401 - fixtures

from llmcourse import tokenization  # noqa: E402
from llmcourse.corpora import paragraphs  # noqa: E402

TEXTS = ["Henry is givin' a lectrue on transformers", "  two  spaces\n\n and a_b 3.14 ½²", "naïve café 漢字 😀 e\u0301",
         "the theatre’s 'don't'", "", " ", "aaaa aaaaaaa", "x\u00a0y", "«Où est l’été ?»",
         "नमस्ते दुनिया, ที่นี่", "क्\u200dष می\u200cخواهم", "❤\ufe0f! 1\ufe0f\u20e3 👩\u200d👧 _\u0301", "İ ΟΔΟΣ ÀB"]


def test_the_script_cuts_as_the_library_does(tab):  # noqa: F811
    english = paragraphs("english")
    bpe, pieces = tokenization.train_bpe(english[:9], 60), tokenization.train_wordpiece(english[:9], 60)
    words = tokenization.build_vocabulary(map(tokenization.split_words, english[:9]))
    texts = [*TEXTS, *english[9:12]]
    tab.goto("about:blank")
    tab.add_script_tag(path=ASSETS / "tokenizers.js")
    found = tab.evaluate("""([texts, merges, pieces, words]) => {
        const t = window.courseTokenizers, w = t.words(words), b = t.bytePairs(merges), p = t.wordPieces(pieces);
        const ids = (tokens) => tokens.map((token) => token.id);
        return texts.map((x) => [ids(w(x)), ids(t.characters(x)), ids(b.cut(x, merges.length)), ids(b.cut(x, 7)), ids(p(x))]);
    }""", [texts, bpe.merges, pieces.pieces, list(words.tokens[3:])])
    seven = tokenization.ByteBPE(bpe.merges[:7])
    for text, cuts in zip(texts, found, strict=True):
        assert cuts == [words.encode(tokenization.split_words(text)).tolist(), list(map(ord, text)), bpe.encode(text).tolist(),
                        seven.encode(text).tolist(), pieces.encode(text).tolist()], text


def test_the_explorer_moves(tab):  # noqa: F811
    page = HTML / "04_tokenization.html"
    if not page.exists():
        pytest.skip("the book is not built")
    tab.goto(page.as_uri())
    box = tab.locator('[data-figure="tokenizer-explorer"]')
    headings, merges = box.locator(".readout"), box.get_by_label("Merges of BPE")
    merges.press("Home")
    assert headings.nth(0).inner_text() == "No merges yet: every byte is a token."
    assert headings.nth(3).inner_text().startswith("Byte-level BPE: 41 tokens, 1.0 characters each")
    merges.press("ArrowRight")
    assert headings.nth(0).inner_text() == "Merge 1 joins “␣” and “t” into “␣t”, id 256."
    assert headings.nth(3).inner_text().startswith("Byte-level BPE: 40 tokens")
    box.get_by_label("Text", exact=True).fill("<b> xyzzy")
    assert headings.nth(1).inner_text().startswith("Words: 4 tokens, 2.3 characters each, 4 unknown")
    assert box.locator("li.zero").count() >= 4 and box.locator("b").count() == 0
