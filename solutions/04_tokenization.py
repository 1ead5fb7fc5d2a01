# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 04_tokenization
# config_file: assign.yml
# %% [markdown]
# # Unit 04: tokenization
#
# You cut texts into words, into WordPieces and into byte pairs, train a byte-level BPE tokenizer, encode and decode with
# it, make batches of equal length, and keep the padding out of the loss. Questions 1 to 12 are checked by the computer,
# Question 13 is read by a person. About two and a half hours in all; the first two questions are easy.
#
# In every question
#
# - **ids** are whole numbers, at least 0, unless the question says otherwise; **how often** something occurs is a whole
#   number, at least 1;
# - a text is a Python string of any Unicode characters. (No lone surrogates: these halves of a character have no bytes.)
# - a word has at most 200 bytes, and a merge that needs a merge that needs a merge … goes at most 100 deep, so a function may
#   call itself for each letter or merge;
# - your function returns a new object and leaves its arguments as they were, even where they are dictionaries or arrays;
# - whatever a question does not rule out can occur: a function also has to work for an empty list or an empty string.
#
# You may call your own functions from earlier questions. Useful from the standard library: `collections.Counter`, and
# `text.encode("utf-8")`, the bytes of a text: `list("é".encode("utf-8"))` is `[195, 169]`.
# %% [markdown]
# **How to work, how to hand in**
#
# 1. Run the first cell of this notebook (click into it, then Shift and Enter together), and after it the cell with the
#    imports. They print nothing when all is well.
# 2. In each question, replace `...` by your code, keep the name of the function, and run the cell: Python then knows it.
# 3. Run the check below it. It runs the *public* tests and says what went wrong. Mend your cell, run both again.
# 4. At the end choose *Restart kernel and run all cells*, save, and hand in this one `.ipynb` file. *Hidden* tests, with other
#    inputs, run then; what they found comes with the feedback. A person reads the answers in words.
# %%
import math
from collections import Counter
from itertools import pairwise

import numpy as np

PAD, UNK = "<pad>", "<unk>"
# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. A vocabulary of words** · 10 minutes · ★☆☆ · chapter section *Words*
#
# Write `build_vocabulary(texts, min_count)`: which words get an id, and which one.
#
# - `texts`: a list of texts, each a list of words. `min_count`: a whole number, at least 1.
# - A word is in the vocabulary if it occurs **at least** `min_count` times in all the texts together.
# - Id 0 is `"<pad>"` (the name `PAD` above; it fills gaps in Question 9), id 1 is `"<unk>"` (`UNK`; it stands for unknown
#   words in Question 2), both always. The chapter's vocabularies have other special tokens in front, so other ids.
# - The words follow from id 2 on, the most frequent one first; equally frequent words come in alphabetical order (Python's
#   `sorted`, for which all capitals come before all small letters). `"Sun"` and `"sun"` are two words.
# - Returns a dictionary from each token to its id, in any order. The texts hold neither `"<pad>"` nor `"<unk>"`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def build_vocabulary(texts, min_count):
    """Ids of PAD, UNK and all words that occur at least min_count times, frequent ones first: {token: id}."""
    # BEGIN SOLUTION
    counts = Counter(word for text in texts for word in text)
    kept = sorted((word for word in counts if counts[word] >= min_count), key=lambda word: (-counts[word], word))
    return {token: i for i, token in enumerate([PAD, UNK, *kept])}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three short texts, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(build_vocabulary):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import build_vocabulary as mistakes
    texts = [["the", "moon", "and", "the", "sun"], ["air", "fog", "sun", "fog", "owl"], ["air", "the", "moon", "air", "the"]]
    want = {"<pad>": 0, "<unk>": 1, "the": 2, "air": 3, "fog": 4, "moon": 5, "sun": 6}     # 4, 3, 2, 2 and 2 times
    expect(build_vocabulary, texts, 2, want=want, mistakes=mistakes)
    want = {"<pad>": 0, "<unk>": 1, "B": 2, "a": 3, "b": 4}
    expect(build_vocabulary, [["b", "a", "B"]], 1, want=want, mistakes=mistakes)
test_by_hand(build_vocabulary)
# %%
""" # BEGIN TEST CONFIG
name: random texts, and no text at all
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(build_vocabulary):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import build_vocabulary as mistakes
    random = rng()
    texts = [["the", "moon", "and", "the", "sun"], ["air", "fog", "sun", "fog", "owl"], ["air", "the", "moon", "air", "the"]]
    want = {"<pad>": 0, "<unk>": 1, "the": 2, "air": 3, "fog": 4, "moon": 5, "sun": 6}
    expect(build_vocabulary, texts, 2, want=want, mistakes=mistakes)
    tied = random.permutation(["Sun", "sun", "Ash", "ash", "élan"]).tolist()
    want = {"<pad>": 0, "<unk>": 1, "Ash": 2, "Sun": 3, "ash": 4, "sun": 5, "élan": 6}
    expect(build_vocabulary, [tied, tied[::-1]], 2, want=want, mistakes=mistakes)
    words = random.permutation(["fir", "elm", "oak", "yew", "ash", "bay", "box", "ivy"]).tolist()
    times = [5, 5, 5, 4, 3, 3, 2, 1]
    flat = random.permutation([w for w, n in zip(words, times, strict=True) for _ in range(n)]).tolist()
    texts = [[], flat[:11], flat[11:]]
    for min_count in (3, 2, 4, 1, 9):
        kept = [w for n in range(9, min_count - 1, -1) for w in sorted(words) if times[words.index(w)] == n]
        want = dict(zip(["<pad>", "<unk>", *kept], range(99), strict=False))
        expect(build_vocabulary, texts, min_count, want=want, mistakes=mistakes)
    expect(build_vocabulary, [], 1, want={"<pad>": 0, "<unk>": 1}, mistakes=mistakes)
test_random(build_vocabulary)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 2
# %% [markdown]
# **Question 2. Words that nobody has seen** · 5 minutes · ★☆☆ · chapter section *Words*
#
# Write `encode_words(text, vocabulary)`, the ids of the words of a text.
#
# - `text`: a string. Make it lower case (Python's `lower`), and cut it wherever there is white space, of whatever kind and
#   length. Nothing else separates words: `"sun."` is one word, with its full stop.
# - `vocabulary`: a dictionary from tokens to ids that holds `"<unk>"`, not necessarily with id 1; id 0 may be a word. All
#   other tokens are in lower case.
# - Returns a list with one id for each word, in order. A word that is not in the vocabulary is **out of vocabulary**
#   (OOV) and gets the id of `"<unk>"`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def encode_words(text, vocabulary):
    """Ids of the words of a text, the id of UNK for those that are out of vocabulary: a list of int."""
    # BEGIN SOLUTION
    return [vocabulary.get(word, vocabulary[UNK]) for word in text.lower().split()]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two short texts, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(encode_words):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import encode_words as mistakes
    vocabulary = {"<pad>": 1, "moon": 0, "the": 2, "<unk>": 3, "sun.": 4, "sun": 5}
    expect(encode_words, "The sun.  The moon", vocabulary, want=[2, 4, 2, 0], mistakes=mistakes)
    vocabulary = {"<pad>": 0, "giving": 1, "is": 2, "henry": 3, "a": 4, "transformers": 5, "on": 6, "lecture": 7, "<unk>": 8}
    expect(encode_words, "Henry is givin' a lectrue on transformers", vocabulary, want=[3, 2, 8, 4, 8, 6, 5],
           mistakes=mistakes)
test_by_hand(encode_words)
# %%
""" # BEGIN TEST CONFIG
name: random texts, other ids, spaces, tabs and lines
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(encode_words):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import encode_words as mistakes
    random = rng()
    expect(encode_words, "The sun.  The moon", {"<pad>": 1, "moon": 0, "the": 2, "<unk>": 3, "sun.": 4, "sun": 5},
           want=[2, 4, 2, 0], mistakes=mistakes)
    words = ["élan", "oak", "été", "ash", "zoo", "sun.", "straße"]
    ids = [*random.permutation(range(20, 40))[:7].tolist(), 0]
    ids[2], ids[-1] = ids[-1], ids[2]                          # oak has id 0
    vocabulary = dict(zip(["<unk>", *words], ids, strict=True))
    texts = [["Élan", "oak", "ASH", "sun.", "sun", "Oak", "Straße"], ["élan", "zoo", "Oaks", "ash"], ["oak", "zoo"],
             ["xyz", "été"]]
    for chosen in texts:
        chosen = random.permutation(chosen).tolist()
        gaps = random.permutation(["  ", "\t", "\n", " \n\n ", "\u00a0", "\u2003", " "])[:len(chosen)].tolist()
        text = " \n" + "".join(word + gap for word, gap in zip(chosen, gaps, strict=True))
        want = [vocabulary[w.lower()] if w.lower() in words else ids[0] for w in chosen]
        expect(encode_words, text, vocabulary, want=want, mistakes=mistakes)
        expect(encode_words, " ".join(chosen), vocabulary, want=want, mistakes=mistakes)
    expect(encode_words, " \n", vocabulary, want=[], mistakes=mistakes)
test_random(encode_words)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 4
# %% [markdown]
# **Question 3. Longest match first** · 15 minutes · ★★☆ · chapter section *WordPiece*
#
# Write `wordpiece(word, vocabulary)`, which cuts one word into pieces of a given vocabulary.
#
# - `vocabulary`: a list of pieces. A piece that begins with `##` stands for the rest of it **inside** a word (`"##in"`
#   for *in* after another piece); a piece without `##` only fits at the **start** of the word. Every piece holds at least
#   one character besides its `##`.
# - From the left: take the longest piece that the word begins with, then the longest `##` piece that the rest begins
#   with, and so on to the end. Never go back on a choice.
# - If at some place no piece fits, the whole word is `["[UNK]"]`, whatever had been found before.
# - Returns a list of pieces as they are written in the vocabulary, so with their `##`. The empty word has no pieces: `[]`.
#   The word holds no `#`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def wordpiece(word, vocabulary):
    """The pieces of a word, longest match first: a list of strings, ["[UNK]"] if it cannot be cut."""
    # BEGIN SOLUTION
    pieces, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        fitting = [end for end in range(start + 1, len(word) + 1) if prefix + word[start:end] in vocabulary]
        if not fitting:
            return ["[UNK]"]
        pieces.append(prefix + word[start:fitting[-1]])
        start = fitting[-1]
    return pieces
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: words that can be cut, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(wordpiece):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import wordpiece as mistakes
    expect(wordpiece, "on", ["o", "##n", "on"], want=["on"], mistakes=mistakes)
    expect(wordpiece, "transformers", ["transform", "trans", "##form", "##er", "##s", "##ers", "er", "s"],
           want=["transform", "##ers"], mistakes=mistakes)
    expect(wordpiece, "lecture", ["lec", "##ture", "lect", "##u", "##r", "##re"], want=["lect", "##u", "##re"],
           mistakes=mistakes)
    expect(wordpiece, "givin", ["giv", "##i", "##n", "in"], want=["giv", "##i", "##n"], mistakes=mistakes)
    expect(wordpiece, "abcd", ["ab", "##cd", "##bcd"], want=["ab", "##cd"], mistakes=mistakes)
test_by_hand(wordpiece)
# %%
""" # BEGIN TEST CONFIG
name: the longest piece first, even if it leads nowhere
points: 1
""" # END TEST CONFIG
def test_longest(wordpiece):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import wordpiece as mistakes
    expect(wordpiece, "abc", ["a", "ab", "##bc", "##c", "abc"], want=["abc"], mistakes=mistakes)
    vocabulary = ["a", "ab", "##cdef", "abc", "##d", "##ef", "d", "e", "f"]
    expect(wordpiece, "abcdef", vocabulary, want=["abc", "##d", "##ef"], mistakes=mistakes)
    expect(wordpiece, "able", ["ab", "a", "##l", "##le", "##b", "##e"], want=["ab", "##le"], mistakes=mistakes)
    expect(wordpiece, "ing", ["##ing", "##in", "##g"], want=["[UNK]"], mistakes=mistakes)
    expect(wordpiece, "inside", ["in", "##side", "##nside"], want=["in", "##side"], mistakes=mistakes)
    expect(wordpiece, "lectrue", ["lect", "##u", "##re", "##ue"], want=["[UNK]"], mistakes=mistakes)
    expect(wordpiece, "abcd", ["ab", "abc", "##cd"], want=["[UNK]"], mistakes=mistakes)
    expect(wordpiece, "inable", ["in", "##in", "able"], want=["[UNK]"], mistakes=mistakes)
test_longest(wordpiece)
# %%
""" # BEGIN TEST CONFIG
name: random vocabularies
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(wordpiece):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import wordpiece as mistakes
    from llmcourse.tokenization import WordPiece
    random = rng()
    expect(wordpiece, "abc", ["a", "ab", "##bc", "##c", "abc"], want=["abc"], mistakes=mistakes)
    expect(wordpiece, "transformers", ["transform", "trans", "##form", "##er", "##s", "##ers", "er", "s"],
           want=["transform", "##ers"], mistakes=mistakes)
    vocabulary = ["a", "ab", "##cdef", "abc", "##d", "##ef", "d", "e", "f"]
    expect(wordpiece, "abcdef", vocabulary, want=["abc", "##d", "##ef"], mistakes=mistakes)
    expect(wordpiece, "givin", ["giv", "##i", "##n", "in"], want=["giv", "##i", "##n"], mistakes=mistakes)
    expect(wordpiece, "lectrue", ["lect", "##u", "##re", "##ue"], want=["[UNK]"], mistakes=mistakes)
    expect(wordpiece, "able", ["ab", "a", "##l", "##le", "##b", "##e"], want=["ab", "##le"], mistakes=mistakes)
    expect(wordpiece, "ing", ["##ing", "##in", "##g"], want=["[UNK]"], mistakes=mistakes)
    expect(wordpiece, "inside", ["in", "##side", "##nside"], want=["in", "##side"], mistakes=mistakes)
    for letters in (["a", "b", "é"], ["x", "y"], ["a", "b"]):
        def draw(most, letters=letters):
            return "".join(random.choice(letters, size=int(random.integers(1, most + 1))).tolist())
        pieces = {draw(3) for _ in range(6)} | {"##" + draw(3) for _ in range(7)} | {letters[0], "##" + letters[0]}
        vocabulary = ["[UNK]", *random.permutation(sorted(pieces)).tolist()]
        reference = WordPiece(vocabulary)
        for word in [draw(8) for _ in range(25)]:
            expect(wordpiece, word, vocabulary, want=reference.tokenize_word(word), mistakes=mistakes)
    expect(wordpiece, "abcde", ["ab", "abc", "##cde", "##d", "##e"], want=["abc", "##d", "##e"], mistakes=mistakes)
    expect(wordpiece, "abcd", ["ab", "abc", "##cd", "[UNK]"], want=["[UNK]"], mistakes=mistakes)
    expect(wordpiece, "", ["a", "##a"], want=[], mistakes=mistakes)
test_random(wordpiece)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 2
# %% [markdown]
# **Question 4. Which ids stand side by side?** · 10 minutes · ★☆☆ · chapter section *Byte pair encoding by hand*
#
# Write `count_pairs(words)`: how often each pair of neighbouring ids occurs.
#
# - `words`: a dictionary from words, each a tuple of ids, to how often that word occurs in the corpus, at least once.
# - A pair inside a word counts as often as the word occurs. Nothing is a pair across two words. A run counts with its
#   overlaps: `(7, 7, 7)` holds the pair `(7, 7)` twice.
# - Returns a dictionary from pairs (tuples of two ids, the left one first) to whole numbers, without pairs that do not
#   occur. A `Counter` will do.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def count_pairs(words):
    """How often two ids stand side by side in the words, each taken as often as it occurs: {(left, right): int}."""
    # BEGIN SOLUTION
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids):
            counts[pair] += times
    return counts
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a few words, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(count_pairs):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import count_pairs as mistakes
    words = {(1, 2, 3, 1): 2, (4, 2, 3): 5, (0, 4): 1}
    expect(count_pairs, words, want={(1, 2): 2, (2, 3): 7, (3, 1): 2, (4, 2): 5, (0, 4): 1}, mistakes=mistakes)
    words = {(1, 2, 3): 5, (2, 3, 1, 2, 3): 2, (3, 2): 4, (7, 7, 7): 3}
    expect(count_pairs, words, want={(1, 2): 7, (2, 3): 9, (3, 1): 2, (3, 2): 4, (7, 7): 6}, mistakes=mistakes)
test_by_hand(count_pairs)
# %%
""" # BEGIN TEST CONFIG
name: random words, with runs, of one id and of none
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(count_pairs):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import count_pairs as mistakes
    random = rng()
    for size in (12, 5, 2):
        words = {tuple(random.integers(0, 4, size=int(n)).tolist()): int(random.integers(2, 20))
                 for n in [*random.integers(1, 9, size=size), 0]}
        words |= {(5, 5, 5, 5): 3, (5, 6, 5, 6): 2, (8, 9): 2, (0, 9, 0): 1, (7, 0): 300}
        found = [ids[i:i + 2] for ids, times in words.items() for i in range(len(ids) - 1) for _ in range(times)]
        want = {pair: found.count(pair) for pair in set(found)}
        expect(count_pairs, words, want=want, mistakes=mistakes)
    expect(count_pairs, {}, want={}, mistakes=mistakes)
    expect(count_pairs, {(3,): 4, (): 2}, want={}, mistakes=mistakes)
test_random(count_pairs)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. Merge a pair** · 10 minutes · ★★☆ · chapter section *Byte pair encoding by hand*
#
# Write `merge(ids, pair, new)`: the ids, with the new id wherever the pair was.
#
# - `ids`: a tuple of ids. `pair`: a tuple of two ids, which may be equal. `new`: the id that replaces both together; it
#   occurs neither in `ids` nor in `pair`.
# - Go from left to right; what has been replaced is not looked at again. So in a run of three, the first two are merged.
# - Returns a tuple of ids.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def merge(ids, pair, new):
    """The ids with each occurrence of the pair replaced by the new id, from left to right: a tuple of int."""
    # BEGIN SOLUTION
    merged, i = [], 0
    while i < len(ids):
        if ids[i:i + 2] == pair:
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return tuple(merged)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(merge):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import merge as mistakes
    expect(merge, (1, 2, 3, 1, 2, 2, 1), (1, 2), 9, want=(9, 3, 9, 2, 1), mistakes=mistakes)
    expect(merge, (1, 2, 1, 2, 5), (1, 2), 9, want=(9, 9, 5), mistakes=mistakes)
    expect(merge, (4, 4, 4), (4, 4), 9, want=(9, 4), mistakes=mistakes)
    expect(merge, (12, 3), (2, 3), 9, want=(12, 3), mistakes=mistakes)
test_by_hand(merge)
# %%
""" # BEGIN TEST CONFIG
name: random ids, runs, and nothing to merge
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(merge):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import merge as mistakes
    from llmcourse.tokenization import merge as reference
    random = rng()
    expect(merge, (1, 2, 3, 1, 2, 2, 1), (1, 2), 256, want=(256, 3, 256, 2, 1), mistakes=mistakes)
    expect(merge, (1, 2, 3, 1, 2, 2, 1, 1, 1), (1, 1), 256, want=(1, 2, 3, 1, 2, 2, 256, 1), mistakes=mistakes)
    for size in (15, 8, 3, 2, 1):
        for _ in range(6):
            ids = tuple(random.integers(0, 3, size=size).tolist())
            pair = tuple(random.integers(0, 3, size=2).tolist())
            expect(merge, ids, pair, 300, want=reference(ids, pair, 300), mistakes=mistakes)
    for n in (3, 4, 5, 7):
        expect(merge, (1,) * n + (0, 1), (1, 1), 256, want=(256,) * (n // 2) + (1,) * (n % 2) + (0, 1), mistakes=mistakes)
    expect(merge, (0, 0, 3, 0), (0, 0), 256, want=(256, 3, 0), mistakes=mistakes)
    for ids in ((), (1,), (2, 1), (1, 0, 2)):
        expect(merge, ids, (1, 2), 256, want=ids, mistakes=mistakes)
    expect(merge, (12, 3, 1, 23), (1, 2), 256, want=(12, 3, 1, 23), mistakes=mistakes)
test_random(merge)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 5
# %% [markdown]
# **Question 6. Train byte-level BPE** · 15 minutes · ★★☆ · chapter section *Byte pair encoding by hand*
#
# Write `train_bpe(words, n_merges)`: which pairs byte pair encoding merges, in the order in which it merges them.
#
# - `words`: a dictionary from words (strings that are not empty) to how often they occur. Start from the UTF-8 bytes of
#   each word: its ids are numbers from 0 to 255.
# - Repeat: count the pairs in all words (Question 4), take the most frequent one, and replace it by a new id in all words
#   (Question 5). Merge number k, counted from 0, makes the id 256 + k.
# - **Ties.** Of several pairs that are equally frequent, take the one with the smallest left id; of several with the same
#   left id, the one with the smallest right id. (That is the smallest pair as Python compares tuples.)
# - Stop after `n_merges` merges, or earlier when no word has two ids left. A pair that occurs only once is merged too.
# - Returns the list of merges, each a tuple of two ids.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def train_bpe(words, n_merges):
    """The merges of byte-level BPE in the order in which they are learnt: a list of at most n_merges (left, right)."""
    # BEGIN SOLUTION
    words = {tuple(word.encode("utf-8")): times for word, times in words.items()}
    merges = []
    for k in range(n_merges):
        counts = count_pairs(words)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        words = {merge(ids, best, 256 + k): times for ids, times in words.items()}
        merges.append(best)
    return merges
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: small corpora, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(train_bpe):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import train_bpe as mistakes
    words = {"nest": 6, "nests": 5, "rest": 4, "net": 8}
    # e 101, n 110, r 114, s 115, t 116. ne 19 times, then st 15 (es is left in rest alone), then ne with st 11 times.
    expect(train_bpe, words, 3, want=[(110, 101), (115, 116), (256, 257)], mistakes=mistakes)
    # a 97, b 98, c 99. ca and ac are level, twice each. Then ca, ab and 256 256 are, once each; then 99 257 and 256 256.
    expect(train_bpe, {"cab": 1, "acac": 1}, 3, want=[(97, 99), (97, 98), (99, 257)], mistakes=mistakes)
test_by_hand(train_bpe)
# %%
""" # BEGIN TEST CONFIG
name: letters of two bytes, and the end
points: 1
""" # END TEST CONFIG
def test_bytes(train_bpe):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import train_bpe as mistakes
    expect(train_bpe, {"né": 2, "é": 1}, 10, want=[(195, 169), (110, 256)], mistakes=mistakes)
    expect(train_bpe, {"a": 3, "é": 1}, 5, want=[(195, 169)], mistakes=mistakes)
    # All four pairs are level: a 97, b 98, c 99, d 100, f 102, g 103, h 104.
    words = {"ch": 2, "fa": 2, "ag": 2, "bd": 2}
    expect(train_bpe, words, 4, want=[(97, 103), (98, 100), (99, 104), (102, 97)], mistakes=mistakes)
test_bytes(train_bpe)
# %%
""" # BEGIN TEST CONFIG
name: random corpora with runs and many ties
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(train_bpe):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import train_bpe as mistakes
    from llmcourse.tokenization import learn_merges
    random = rng()
    words = {"nest": 6, "nests": 5, "rest": 4, "net": 8}
    expect(train_bpe, words, 3, want=[(110, 101), (115, 116), (256, 257)], mistakes=mistakes)
    expect(train_bpe, {"cab": 1, "acac": 1}, 3, want=[(97, 99), (97, 98), (99, 257)], mistakes=mistakes)
    for letters, low, high in (("abcde", 2, 60), ("bca", 1, 3), ("éa ", 1, 9), ("a漢", 1, 2)):
        words = {"".join(random.choice(list(letters), size=int(n)).tolist()): int(random.integers(low, high))
                 for n in random.integers(2, 9, size=12)}
        words |= {"aaab": 300, "Aa\0": 1}                       # a run, a word that occurs once, id 0
        coded = {tuple(word.encode("utf-8")): times for word, times in words.items()}
        for n_merges in (1, 4, 12, 200):
            want = learn_merges(coded, n_merges, lambda k, pair: 256 + k)
            expect(train_bpe, words, n_merges, want=want, mistakes=mistakes)
    expect(train_bpe, {"aaaaaaaa": 1}, 9, want=[(97, 97), (256, 256), (257, 257)], mistakes=mistakes)
    for words, n_merges in (({}, 3), ({"a": 2}, 3), ({"ab": 2}, 0)):
        expect(train_bpe, words, n_merges, want=[], mistakes=mistakes)
test_random(train_bpe)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 4
# %% [markdown]
# **Question 7. Encode a word** · 15 minutes · ★★★ · chapter section *Encoding: the merges again, in order*
#
# Write `bpe_encode(word, merges)`: the ids of a word, with the merges that were learnt.
#
# - `merges`: a list of pairs of ids; pair number k, counted from 0, makes the id 256 + k. Training could have given them in
#   this order: a pair only holds ids that are there before it, so below 256 + k, and no pair is in the list twice.
# - Start from the UTF-8 bytes of the word. Of all neighbouring pairs that are among the merges, take the one that was
#   learnt first, and replace it wherever it stands, from left to right. Repeat until no pair of neighbours is a merge.
# - Returns a list of ids. Neither the longest tokens nor the fewest are asked for.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def bpe_encode(word, merges):
    """Ids of one word: its bytes, merged in the order in which the merges were learnt: a list of int."""
    # BEGIN SOLUTION
    ids = tuple(word.encode("utf-8"))
    for k, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + k)
    return list(ids)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: words and merges, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(bpe_encode):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import bpe_encode as mistakes
    merges = [(98, 98), (98, 97), (99, 256)]                                  # bb, ba, c bb
    expect(bpe_encode, "cbbbaba", merges, want=[258, 257, 257], mistakes=mistakes)
    merges = [(97, 116), (97, 114), (104, 256), (116, 115), (97, 98)]         # at, ar, h at, ts, ab
    expect(bpe_encode, "hats", merges, want=[258, 115], mistakes=mistakes)
    expect(bpe_encode, "parts", merges, want=[112, 257, 259], mistakes=mistakes)
    expect(bpe_encode, "abcab", merges, want=[260, 99, 260], mistakes=mistakes)
test_by_hand(bpe_encode)
# %%
""" # BEGIN TEST CONFIG
name: the merge that was learnt first
points: 1
""" # END TEST CONFIG
def test_order(bpe_encode):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import bpe_encode as mistakes
    merges = [(97, 98), (98, 97), (257, 98), (256, 256)]                      # ab, ba, ba b, ab ab
    expect(bpe_encode, "abab", merges, want=[259], mistakes=mistakes)
    expect(bpe_encode, "abc", [(98, 99), (97, 98), (97, 256)], want=[258], mistakes=mistakes)        # bc, ab, a bc
    merges = [(99, 100), (256, 101), (97, 98), (258, 99)]                     # cd, cd e, ab, ab c
    expect(bpe_encode, "abcde", merges, want=[258, 257], mistakes=mistakes)
    # bc was learnt before ab; and abc is a token, but nothing leads to it from a and bc.
    expect(bpe_encode, "abc", [(98, 99), (97, 98), (257, 99)], want=[97, 256], mistakes=mistakes)
    # aa was learnt first; ba stands there more often, and further to the left.
    expect(bpe_encode, "babaa", [(97, 97), (98, 97)], want=[257, 98, 256], mistakes=mistakes)
    expect(bpe_encode, "abcbc", [(98, 99), (97, 98)], want=[97, 256, 256], mistakes=mistakes)
    expect(bpe_encode, "café", [(195, 169), (102, 256)], want=[99, 97, 257], mistakes=mistakes)
test_order(bpe_encode)
# %%
""" # BEGIN TEST CONFIG
name: random merges and words
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(bpe_encode):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import bpe_encode as mistakes
    from llmcourse.tokenization import ByteBPE, learn_merges
    random = rng()
    expect(bpe_encode, "cbbbaba", [(98, 98), (98, 97), (99, 256)], want=[258, 257, 257], mistakes=mistakes)
    expect(bpe_encode, "abab", [(97, 98), (98, 97), (257, 98), (256, 256)], want=[259], mistakes=mistakes)
    expect(bpe_encode, "abc", [(98, 99), (97, 98), (97, 256)], want=[258], mistakes=mistakes)
    expect(bpe_encode, "abcde", [(99, 100), (256, 101), (97, 98), (258, 99)], want=[258, 257], mistakes=mistakes)
    expect(bpe_encode, "abc", [(98, 99), (97, 98), (257, 99)], want=[97, 256], mistakes=mistakes)
    expect(bpe_encode, "babaa", [(97, 97), (98, 97)], want=[257, 98, 256], mistakes=mistakes)
    for letters, n_merges in (("abc", 9), ("ab", 12), ("éa", 6), ("漢字a ", 12)):
        def draw(size, letters=letters):
            return "".join(random.choice(list(letters), size=int(size)).tolist())
        words = {tuple(draw(n).encode("utf-8")): int(random.integers(1, 9)) for n in random.integers(2, 9, size=10)}
        merges = learn_merges(words, n_merges, lambda k, pair: 256 + k)
        reference = ByteBPE(merges)
        for word in [draw(n) for n in random.integers(1, 14, size=14)]:
            expect(bpe_encode, word, merges, want=list(reference.merge_bytes(word)), mistakes=mistakes)
    expect(bpe_encode, "aaaaa", [(97, 97), (256, 97), (256, 256)], want=[256, 257], mistakes=mistakes)
    expect(bpe_encode, "", [(97, 98)], want=[], mistakes=mistakes)
    expect(bpe_encode, "a\0\0", [(0, 0), (97, 256)], want=[257], mistakes=mistakes)
    deep = [(98, 97), *((255 + k, 97) for k in range(1, 100))]                # ba, baa, baaa, …: each needs the one before
    expect(bpe_encode, "b" + "a" * 101, deep, want=[355, 97], mistakes=mistakes)
    expect(bpe_encode, "né", [], want=[110, 195, 169], mistakes=mistakes)
test_random(bpe_encode)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 3
# %% [markdown]
# **Question 8. And back** · 10 minutes · ★★☆ · chapter section *Decoding: bytes that are no text*
#
# Write `bpe_decode(ids, merges)`: the text of a list of ids, which may come from a model and so be anything.
#
# - `ids`: a list of numbers, each at least 0 and less than 256 + the number of merges. `merges`: as in Question 7.
# - Put together the bytes of all the ids, and decode them as UTF-8 once, at the end. Bytes that are no valid UTF-8 become
#   the replacement character U+FFFD, as Python's `bytes.decode` does it with `errors="replace"`.
# - Returns a string.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def bpe_decode(ids, merges):
    """The text of the ids, U+FFFD where their bytes are no UTF-8: a string."""
    # BEGIN SOLUTION
    tokens = [bytes([i]) for i in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: whole characters, and half of one, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(bpe_decode):
    from autograder.checks import expect
    from autograder.misconceptions.tokenization import bpe_decode as mistakes
    merges = [(97, 116), (104, 256), (257, 115)]                              # at, h at, hat s
    expect(bpe_decode, [257, 32, 112, 256, 258], merges, want="hat pathats", mistakes=mistakes)
    expect(bpe_decode, [110, 195, 169], merges, want="né", mistakes=mistakes)
    expect(bpe_decode, [99, 257], [(195, 169), (256, 115)], want="cés", mistakes=mistakes)
    expect(bpe_decode, [97, 195, 98], [], want="a\ufffdb", mistakes=mistakes)               # 195 alone is half an é
    expect(bpe_decode, [240, 159, 97], [], want="\ufffda", mistakes=mistakes)               # 240 159 is half a 😀, and one mark
test_by_hand(bpe_decode)
# %%
""" # BEGIN TEST CONFIG
name: random ids, some of which are half a character
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(bpe_decode):
    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import bpe_decode as mistakes
    random = rng()
    merges = [(97, 116), (104, 256), (257, 115)]
    expect(bpe_decode, [257, 32, 112, 256, 258], merges, want="hat pathats", mistakes=mistakes)
    for text in ("naïve café 漢字 😀", "plain words only", "été", "a\n\tb"):
        raw = list(text.encode("utf-8"))
        merges = []
        while len(merges) < 6:
            pair = tuple(random.choice([*raw, *range(256, 256 + len(merges))], size=2).tolist())
            merges += [pair] * (pair not in merges)
        tokens = [bytes([i]) for i in range(256)]
        for left, right in merges:
            tokens.append(tokens[left] + tokens[right])
        for ids in (raw, raw[1:], raw[:-1], random.choice([*raw, *range(256, 262)], size=12).tolist(), [261, 258], []):
            want = bytearray().join(tokens[i] for i in ids).decode("utf-8", "replace")
            expect(bpe_decode, ids, merges, want=want, mistakes=mistakes)
    expect(bpe_decode, [240, 159, 97, 195, 128], [], want="\ufffdaÀ", mistakes=mistakes)
    expect(bpe_decode, [97, 255, 98], [], want="a\ufffdb", mistakes=mistakes)
    expect(bpe_decode, [239, 187, 191, 97, 0, 98, 13, 10], [], want="\ufeffa\0b\r\n", mistakes=mistakes)
    deep = [(98, 97), *((255 + k, 97) for k in range(1, 100))]                # ba, baa, baaa, …: each needs the one before
    expect(bpe_decode, [355, 256], deep, want="b" + "a" * 100 + "ba", mistakes=mistakes)
test_random(bpe_decode)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 3
# %% [markdown]
# **Question 9. A block of equal length** · 10 minutes · ★★☆ · chapter section *Batches: padding and truncation*
#
# Write `pad_and_truncate(sequences, length, pad)`, which puts B sequences into one block.
#
# - `sequences`: a list of B ≥ 1 lists of ids, some of them possibly empty. `length`: the block size L, at least 1.
#   `pad`: the id that fills the gaps. It may well be the id of a real token, too. Large vocabularies have ids above 100,000.
# - A sequence that is longer than L loses its **end**; one that is shorter is filled up with `pad` at its **end**.
# - Returns a tuple of two NumPy arrays of shape (B, L): the ids (integers), and the mask (booleans), which is `True`
#   where a real token of a sequence stands and `False` where you put `pad`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def pad_and_truncate(sequences, length, pad):
    """Ids (B, L) of integers and mask (B, L) of booleans, True at real tokens: a tuple of two arrays."""
    # BEGIN SOLUTION
    ids = np.full((len(sequences), length), pad)
    mask = np.zeros((len(sequences), length), dtype=bool)
    for row, sequence in enumerate(sequences):
        kept = sequence[:length]
        ids[row, :len(kept)] = kept
        mask[row, :len(kept)] = True
    return ids, mask
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a short sequence, and three, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(pad_and_truncate):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.tokenization import pad_and_truncate as mistakes
    want = (np.array([[5, 3, 3, 3]]), np.array([[True, True, False, False]]))           # the id 3 is a real token, and PAD
    expect(pad_and_truncate, [[5, 3]], 4, 3, want=want, mistakes=mistakes)
    want = (np.array([[5, 6, 2, 2], [7, 8, 9, 7], [4, 3, 2, 1]]),
            np.array([[True, True, False, False], [True, True, True, True], [True, True, True, True]]))
    expect(pad_and_truncate, [[5, 6], [7, 8, 9, 7, 5, 3], [4, 3, 2, 1]], 4, 2, want=want, mistakes=mistakes)
test_by_hand(pad_and_truncate)
# %%
""" # BEGIN TEST CONFIG
name: random sequences; the id of PAD is a token, too
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(pad_and_truncate):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import pad_and_truncate as mistakes
    random = rng()
    for length, pad, extra in ((5, 0, [2, 9, 5, 0]), (3, 4, [7, 1, 4]), (12, 1, [6, 3]), (1, 8, [3, 2, 0]), (4, 99_999, [2])):
        sequences = [random.integers(10, 99, size=n).tolist() for n in random.permutation(extra).tolist()]
        for real_pad in (False, True):
            if real_pad:
                sequences = [[pad, *s[:length // 2]] for s in sequences] + [[11, *s] for s in sequences]
            ids = [[s[t] if t < len(s) else pad for t in range(length)] for s in sequences]
            mask = [[t < len(s) for t in range(length)] for s in sequences]
            expect(pad_and_truncate, sequences, length, pad, want=(np.array(ids), np.array(mask)), mistakes=mistakes)
    ids = random.integers(100_000, 200_000, size=2).tolist()
    want = (np.array([[*ids, 0]]), np.array([[True, True, False]]))
    expect(pad_and_truncate, [ids], 3, 0, want=want, mistakes=mistakes)
test_random(pad_and_truncate)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 2
# %% [markdown]
# **Question 10. From ids to vectors** · 5 minutes · ★☆☆ · chapter section *From ids to vectors*
#
# Write `embedding_lookup(ids, table)`: the embeddings of a batch of ids.
#
# - `ids`: an array (B, L) of whole numbers from 0 to V − 1. `table`: the lookup table, an array (V, d) of floats, whose
#   row number i is the embedding of the token with id i.
# - Returns a float array (B, L, d) that holds, at place (b, t), the embedding of the token `ids[b, t]`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def embedding_lookup(ids, table):
    """The row of the table for each id: (B, L) and (V, d) -> (B, L, d)."""
    # BEGIN SOLUTION
    return table[ids]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: four vectors of three numbers, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(embedding_lookup):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.tokenization import embedding_lookup as mistakes
    table = np.array([[0.5, -1.0, 2.5], [2.0, 3.0, 0.0], [4.0, 0.25, 1.5], [7.0, 6.0, 0.5]])
    want = np.array([[[7.0, 6.0, 0.5], [0.5, -1.0, 2.5], [0.5, -1.0, 2.5]]])
    expect(embedding_lookup, np.array([[3, 0, 0]]), table, want=want, mistakes=mistakes)
test_by_hand(embedding_lookup)
# %%
""" # BEGIN TEST CONFIG
name: random tables, square ones among them
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(embedding_lookup):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import embedding_lookup as mistakes
    random = rng()
    for V, d, B, L in ((6, 6, 2, 3), (9, 4, 3, 5), (3, 7, 4, 1), (5, 5, 5, 5)):
        table, ids = random.normal(size=(V, d)), random.integers(0, V, size=(B, L))
        ids[0, 0] = 0
        want = np.array([[[table[i, k] for k in range(d)] for i in row] for row in ids.tolist()])
        expect(embedding_lookup, ids, table, want=want, mistakes=mistakes)
test_random(embedding_lookup)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 4
# %% [markdown]
# **Question 11. Padding costs nothing** · 15 minutes · ★★☆ · chapter section *Keeping PAD out of the loss*
#
# Write `masked_loss(log_probabilities, ids, mask)`: the mean negative log-probability, in nats, of the real tokens.
#
# - `log_probabilities`: an array (B, L, V); entry (b, t, i) is the natural logarithm of the probability that the model
#   gave token i at place (b, t). It may be −∞.
# - `ids`: an array (B, L) of whole numbers, at real tokens the ids from 0 to V − 1 that stood there. They are aligned
#   already: `ids[b, t]` is scored by `log_probabilities[b, t]`, nothing has to be shifted.
# - `mask`: a boolean array (B, L), `True` at real tokens. At least one is real.
# - At **padded places** the other two arrays may hold anything: `ids` a number that is no token at all, such as −1 or V,
#   and `log_probabilities` −∞ or NaN. It must have no influence on the result.
# - Every real token of the batch counts alike, whichever sequence it is in. Returns a float. If a real token had
#   probability 0, that is `inf`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def masked_loss(log_probabilities, ids, mask):
    """Mean of -log p over the real tokens of the batch, in nats: a float."""
    # BEGIN SOLUTION
    rows, columns = np.nonzero(mask)                          # one of each for every real token
    return float(-log_probabilities[rows, columns, ids[mask]].mean())
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: sequences of different lengths, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(masked_loss):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.tokenization import masked_loss as mistakes
    logs = np.array([[[-1.5, -0.2], [-0.5, -1.0]], [[-2.0, -0.1], [-0.3, -1.4]]])       # rounded, to be easy to read
    ids, mask = np.array([[0, 1], [0, 0]]), np.array([[True, True], [True, False]])
    expect(masked_loss, logs, ids, mask, want=(1.5 + 1.0 + 2.0) / 3, mistakes=mistakes)
    logs = np.array([[[-0.5, -0.9], [-0.7, -0.7], [-0.6, -0.8]], [[-3.2, -0.04], [-2.1, -0.1], [-4.2, -0.01]]])
    ids, mask = np.zeros((2, 3), int), np.array([[True, True, True], [True, False, False]])
    expect(masked_loss, logs, ids, mask, want=(0.5 + 0.7 + 0.6 + 3.2) / 4, mistakes=mistakes)
test_by_hand(masked_loss)
# %%
""" # BEGIN TEST CONFIG
name: three real tokens, and whatever stands at the padding
points: 1
""" # END TEST CONFIG
def test_padding(masked_loss):
    import math

    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.tokenization import masked_loss as mistakes
    logs = np.array([[[-0.7, -1.4, -1.4], [-2.1, -0.3, -2.1]], [[-2.3, -2.3, -0.2], [-0.5, -1.0, -3.7]]])
    ids, mask = np.array([[1, 0], [2, 0]]), np.array([[True, True], [False, True]])
    want = (1.4 + 2.1 + 0.5) / 3
    expect(masked_loss, logs, ids, mask, want=want, mistakes=mistakes)
    for nothing in (-math.inf, math.nan):
        expect(masked_loss, np.where(mask[:, :, None], logs, nothing), ids, mask, want=want, mistakes=mistakes)
    for no_token in (99, -99):
        expect(masked_loss, logs, np.array([[1, 0], [no_token, 0]]), mask, want=want, mistakes=mistakes)
    logs[0, 0, 1] = -math.inf                                  # a real token that the model had ruled out
    expect(masked_loss, logs, ids, mask, want=math.inf, mistakes=mistakes)
test_padding(masked_loss)
# %%
""" # BEGIN TEST CONFIG
name: random batches, with anything at the padding
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(masked_loss):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import masked_loss as mistakes
    random = rng()
    for B, L, V in ((3, 5, 4), (4, 4, 4), (2, 6, 9)):
        logs = np.log(random.dirichlet(np.ones(V), size=(B, L)))
        ids = random.integers(0, V, size=(B, L))
        lengths = [L - 1, 1, *random.integers(1, L, size=B - 2).tolist()]
        mask = np.arange(L) < np.array(lengths)[:, None]
        total = sum(logs[b, t, ids[b, t]] for b in range(B) for t in range(lengths[b]))
        expect(masked_loss, logs, ids, mask, want=float(-total / sum(lengths)), mistakes=mistakes)
        for nothing, no_token in ((-np.inf, 0), (np.nan, 0), (np.nan, V), (-np.inf, -V - 1), (0.0, -1)):
            around, no_ids = np.where(mask[..., None], logs, nothing), np.where(mask, ids, no_token)
            expect(masked_loss, around, no_ids, mask, want=float(-total / sum(lengths)), mistakes=mistakes)
    logs[1, 0, ids[1, 0]] = -np.inf
    expect(masked_loss, logs, ids, mask, want=math.inf, mistakes=mistakes)
test_random(masked_loss)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q12
# points: 2
# %% [markdown]
# **Question 12. A fair unit** · 5 minutes · ★☆☆ · chapter section *A unit for comparing*
#
# Write `bits_per_character(loss, n_tokens, text)`: how many bits a model needs for one character of a text.
#
# - `loss`: the mean negative log-probability of a token of this text, in **nats**. `n_tokens`: how many tokens the loss is
#   the mean of.
# - `text`: the text itself, with at least one character. Its characters are what Python's `len` counts: Unicode code
#   points, spaces, line ends and combining marks included.
# - Returns a float. (The chapter's function of this name takes bits per token and the number of characters; this one takes
#   nats and the text.)
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def bits_per_character(loss, n_tokens, text):
    """The total of the loss in bits, divided by the number of characters: a float."""
    # BEGIN SOLUTION
    return loss * n_tokens / math.log(2) / len(text)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(bits_per_character):
    import math

    from autograder.checks import expect
    from autograder.misconceptions.tokenization import bits_per_character as mistakes
    # 5 tokens of 4 bits each, 16 characters: the accent is one, beside its e, and each line end is one.
    expect(bits_per_character, 4 * math.log(2), 5, "cafe\u0301 au lait,\n\n", want=1.25, mistakes=mistakes)
test_by_hand(bits_per_character)
# %%
""" # BEGIN TEST CONFIG
name: random losses and texts
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(bits_per_character):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.tokenization import bits_per_character as mistakes
    random = rng()
    expect(bits_per_character, 4 * float(np.log(2)), 5, "cafe\u0301 au lait,\n\n", want=1.25, mistakes=mistakes)
    for size in (40, 13, 5):
        text = " é 漢😀e\u0301" + "".join(random.choice(list("abc é漢😀\n"), size=size).tolist()) + "\n"
        loss, n_tokens = float(random.uniform(0.5, 6)), int(random.integers(len(text) // 4 + 1, len(text)))
        expect(bits_per_character, loss, n_tokens, text, want=float(loss * n_tokens / len(text) * np.log2(np.e)),
               mistakes=mistakes)
test_random(bits_per_character)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q13
# points: 4
# manual: true
# %% [markdown]
# **Question 13. Three models, three tokenizers** · 25 minutes · ★★☆ · chapter sections *A unit for comparing* and
# *What a tokenizer decides* · read by a person
#
# Three models were trained on the same English text and tested on the same held-out text. Model W reads words, with
# `<unk>` for rare ones: perplexity 40. Model C reads characters: perplexity 3.2. Model B reads byte-level BPE tokens with a
# vocabulary of 8,000: perplexity 64. On average a word has 5.5 characters with the space after it, and a BPE token 4.
#
# In at most 250 words: (a) Why do the three perplexities say nothing about which model is best? (b) Compare C and B in
# bits per character (numbers!). Which is better? (c) Why would even bits per character be unfair between W and the other
# two? (d) The same BPE tokenizer cuts a Finnish text into tokens of 2 characters on average. Name two disadvantages that a
# Finnish user of a model with this tokenizer has, and one remedy.
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) Perplexity is a mean per token, and the three have different tokens: 3.2 possibilities for a
# character, 40 for a word. The fewer characters a token has, the easier each one is to guess, and the more of them there
# are. (b) C: log₂ 3.2 ≈ 1.68 bits per character, as each token is one character. B: log₂ 64 = 6 bits per token, divided
# by 4 characters = 1.5 bits per character. B is better. (c) W does not predict the whole text: it says `<unk>`,
# not which rare word stood there, and need not spell it. Its bits belong to an easier task; with a larger share of `<unk>`
# they would fall even further. (d) Twice as many tokens for the same text: it costs more time and money (four times the
# comparisons in attention), and a context of fixed length holds only half as much text; also, the pieces carry less meaning
# and there is less training text for each. Remedies: train the tokenizer on text in which Finnish has a larger share, enlarge
# the vocabulary, or give the language a tokenizer of its own; each of them before the model is trained.
#
# **Rubric (4 points).**
#
# - 1 point, (a): the unit differs, the mean is per token and tokens differ in length; ½ for "different vocabularies"
#   without what that does to the mean.
# - 1 point, (b): both numbers within 0.02 (½) and the conclusion that follows from them (½).
# - 1 point, (c): `<unk>` hides what has to be predicted, the text cannot be rebuilt.
# - 1 point, (d): two disadvantages that follow from more tokens (½) and a remedy that changes the tokenizer or its
#   training text (½). "Train the model longer" is no remedy.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
