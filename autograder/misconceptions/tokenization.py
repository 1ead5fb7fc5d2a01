"""Known mistakes in unit 04; each docstring is the hint."""

import math
import re
import unicodedata
from collections import Counter
from itertools import combinations, pairwise

import numpy as np

PAD, UNK = "<pad>", "<unk>"


# Question 1: a vocabulary

def numbered(words, specials=(PAD, UNK)):
    return {token: i for i, token in enumerate([*specials, *words])}


def counted(texts):
    return Counter(word for text in texts for word in text)


def by_count(counts, min_count):
    return sorted((w for w in counts if counts[w] >= min_count), key=lambda w: (-counts[w], w))


def more_than_min_count(texts, min_count):
    """A word that occurs exactly min_count times: is that "at least" or "more than"?"""
    return numbered(by_count(counted(texts), min_count + 1))


def no_cut_off(texts, min_count):
    """There are words in your vocabulary that occur less than min_count times. Where do you use min_count?"""
    return numbered(by_count(counted(texts), 1))


def no_specials(texts, min_count):
    """Your words begin at id 0. Which two tokens are in every vocabulary, and in front?"""
    return numbered(by_count(counted(texts), min_count), ())


def specials_last(texts, min_count):
    """Your special tokens come after the words. Which ids does the question give them?"""
    return {token: i for i, token in enumerate([*by_count(counted(texts), min_count), PAD, UNK])}


def specials_swapped(texts, min_count):
    """Which of the two special tokens has id 0?"""
    return numbered(by_count(counted(texts), min_count), (UNK, PAD))


def rare_first(texts, min_count):
    """Your rarest word has the smallest id. In which direction does sorting by the count go?"""
    counts = counted(texts)
    return numbered(sorted(by_count(counts, min_count), key=lambda w: (counts[w], w)))


def alphabetical_only(texts, min_count):
    """You put the words in alphabetical order. What decides first, and when does the alphabet decide?"""
    return numbered(sorted(by_count(counted(texts), min_count)))


def ties_by_first_occurrence(texts, min_count):
    """Equally frequent words stand in the order in which the texts have them. Which order is asked for?"""
    return numbered([w for w, c in counted(texts).most_common() if c >= min_count])


def ties_backwards(texts, min_count):
    """Equally frequent words stand in reversed alphabetical order. What was turned round together with the counts?"""
    counts = counted(texts)
    return numbered(sorted(by_count(counts, min_count), key=lambda w: (counts[w], w), reverse=True))


def ties_without_capitals(texts, min_count):
    """Capitals and small letters are mixed among your equally frequent words. How does Python's `sorted` order them?"""
    counts = counted(texts)
    return numbered(sorted(by_count(counts, min_count), key=lambda w: (-counts[w], w.lower())))


def capitals_lost(texts, min_count):
    """Your words are all in lower case. Does the question change the words?"""
    return numbered(by_count(Counter(word.lower() for text in texts for word in text), min_count))


def pad_missing(texts, min_count):
    """One of the two special tokens is missing. Which ids has the question for them?"""
    return numbered(by_count(counted(texts), min_count), (UNK,))


def tokens_in_a_list(texts, min_count):
    """Your tokens stand in a list. What should one be able to look up, and by what?"""
    return [PAD, UNK, *by_count(counted(texts), min_count)]


def counts_as_ids(texts, min_count):
    """Your dictionary holds how often each word occurs. What is asked for each token?"""
    counts = counted(texts)
    return {PAD: 0, UNK: 1} | {word: counts[word] for word in by_count(counts, min_count)}


def from_ids_to_tokens(texts, min_count):
    """Your dictionary leads from ids to tokens. Which of the two is the key?"""
    return dict(enumerate([PAD, UNK, *by_count(counted(texts), min_count)]))


def number_of_texts(texts, min_count):
    """A word that occurs twice in one text counts twice. Do you count occurrences, or texts?"""
    return numbered(by_count(Counter(word for text in texts for word in set(text)), min_count))


build_vocabulary = [ties_without_capitals, capitals_lost, pad_missing, tokens_in_a_list, counts_as_ids, from_ids_to_tokens,
                    no_specials, specials_last, specials_swapped, more_than_min_count, no_cut_off, rare_first,
                    ties_by_first_occurrence, ties_backwards, number_of_texts, alphabetical_only]


# Question 2: words to ids

def unknown_left_out(text, vocabulary):
    """You have fewer ids than the text has words. What happens to a word that is not in the vocabulary?"""
    return [vocabulary[w] for w in text.lower().split() if w in vocabulary]


def unknown_is_none(text, vocabulary):
    """An unknown word became None. Which token is there for such words, and which id does it have?"""
    return [vocabulary.get(w) for w in text.lower().split()]


def unknown_is_an_error(text, vocabulary):
    """An unknown word stops your function. Which token is there for such words?"""
    return [vocabulary[w] for w in text.lower().split()]


def unknown_is_one(text, vocabulary):
    """You gave unknown words id 1. Which id does `<unk>` have in this vocabulary?"""
    return [vocabulary.get(w, 1) for w in text.lower().split()]


def zero_is_unknown(text, vocabulary):
    """The word with id 0 became unknown. What is `0 or 3` in Python?"""
    return [vocabulary.get(w) or vocabulary[UNK] for w in text.lower().split()]


def casefolded(text, vocabulary):
    """A word with `ß` became unknown. Which method makes a string lower case, and no more?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in text.casefold().split()]


def empty_words(text, vocabulary):
    """White space at the ends of the text gave you words without letters. Which way to split leaves them out?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in re.split(r"\s+", text.lower())]


def some_white_space(text, vocabulary):
    """You know space, tab and line end. Which other characters are white space, such as one that forbids a line break?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in re.findall(r"[^ \t\n\r]+", text.lower())]


def marks_around(text, vocabulary):
    """Your list is two ids longer than the text has words. Does the question ask for marks at its ends?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in ["<bos>", *text.lower().split(), "<eos>"]]


def unknown_is_new(text, vocabulary):
    """You gave an unknown word an id of its own. The model has no parameters for it; which id stands for all such words?"""
    ids = dict(vocabulary)
    return [ids.setdefault(w, len(ids)) for w in text.lower().split()]


def case_kept(text, vocabulary):
    """A word at the start of a sentence became unknown. What should happen to capitals?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in text.split()]


def split_at_each_space(text, vocabulary):
    """Two spaces in a row, a tab, a new line: where do you cut there, and is there a word between two spaces?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in text.lower().split(" ")]


def marks_cut_off(text, vocabulary):
    """You cut marks off the words. Where does this question cut, and nowhere else?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in re.findall(r"\w+", text.lower())]


def words_not_ids(text, vocabulary):
    """Your list holds words. What does a model read?"""
    return [w if w in vocabulary else UNK for w in text.lower().split()]


def letters(text, vocabulary):
    """You went through the text character by character. How do you get its words?"""
    return [vocabulary.get(c, vocabulary[UNK]) for c in text.lower()]


def each_word_once(text, vocabulary):
    """A word that occurs twice in the text needs two ids in the result. Where did the second one get lost?"""
    return [vocabulary.get(w, vocabulary[UNK]) for w in dict.fromkeys(text.lower().split())]


encode_words = [zero_is_unknown, casefolded, empty_words, some_white_space, marks_around, words_not_ids, letters,
                unknown_left_out, unknown_is_none, unknown_is_an_error, unknown_is_one, unknown_is_new, split_at_each_space,
                marks_cut_off, case_kept, each_word_once]


# Question 3: WordPiece

def cut(word, vocabulary, prefix="##", longest=True, *, unknown):
    """Pieces from the left; `unknown(pieces, word, start)` says what happens where nothing fits, if anything special does."""
    pieces, start = [], 0
    while start < len(word):
        fits = [end for end in range(start + 1, len(word) + 1)
                if (prefix if start else "") + word[start:end] in vocabulary]
        if not fits:
            return unknown(pieces, word, start) if unknown else ["[UNK]"]
        end = fits[-1] if longest else fits[0]
        pieces.append((prefix if start else "") + word[start:end])
        start = end
    return pieces


def shortest_match(word, vocabulary):
    """You took the shortest piece that fits. From which end should the search for a piece begin?"""
    return cut(word, vocabulary, longest=False, unknown=None)


def no_marks(word, vocabulary):
    """You looked for pieces without `##` inside the word. Which pieces may stand there?"""
    return cut(word, vocabulary, prefix="", unknown=None)


def either_mark(word, vocabulary):
    """Inside the word you also took a piece without `##`. What does it mean that a piece has no `##`?"""
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            found = [p for p in ("##" + word[start:end], word[start:end]) if p in vocabulary and (start or p[:2] != "##")]
            if found:
                break
        else:
            return ["[UNK]"]
        pieces.append(found[0])
        start = end
    return pieces


def marks_left_out(word, vocabulary):
    """Your cuts are right, but the pieces inside the word have lost their `##`. How are they written in the vocabulary?"""
    return [p.removeprefix("##") for p in cut(word, vocabulary, unknown=None)]


def rest_unknown(word, vocabulary):
    """You kept the pieces that were found and made the rest `[UNK]`. What becomes of the whole word?"""
    return cut(word, vocabulary, unknown=lambda pieces, word, start: [*pieces, "[UNK]"])


def stuck_and_silent(word, vocabulary):
    """You returned the pieces before the place where nothing fits. How would anybody know that the word went on?"""
    return cut(word, vocabulary, unknown=lambda pieces, word, start: pieces)


def skip_a_letter(word, vocabulary):
    """Where nothing fits you left out a letter and went on. May a tokenizer change the word?"""
    pieces, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        ends = [e for e in range(start + 1, len(word) + 1) if prefix + word[start:e] in vocabulary]
        if ends:
            pieces.append(prefix + word[start:ends[-1]])
        start = ends[-1] if ends else start + 1
    return pieces


def with_a_way_back(word, vocabulary):
    """You gave up an earlier choice when the search got stuck later. What does the question say about going back?"""
    def search(start):
        if start == len(word):
            return []
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary and (rest := search(end)) is not None:
                return [piece, *rest]
        return None
    found = search(0)
    return ["[UNK]"] if found is None else found


def fewest_pieces(word, vocabulary):
    """You found a cut with fewer pieces. The rule asks for something else: what is decided first, and is it ever revised?"""
    best = {0: []}
    for end in range(1, len(word) + 1):
        ways = [[*best[s], ("##" if s else "") + word[s:end]] for s in range(end)
                if s in best and ("##" if s else "") + word[s:end] in vocabulary]
        if ways:
            best[end] = min(ways, key=len)
    return best.get(len(word), ["[UNK]"])


def whole_word_or_nothing(word, vocabulary):
    """A word comes out only if it is in the vocabulary as a whole. Which is the last place where a later piece may end?"""
    return [word] if word in vocabulary else ["[UNK]"]


def whole_rest_never_tried(word, vocabulary):
    """Your search finds no piece that goes to the end of the word. Which is the longest piece that it tries?"""
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word) - 1, start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocabulary:
                break
        else:
            return ["[UNK]"]
        pieces.append(piece)
        start = end
    return pieces


def pieces_as_one_string(word, vocabulary):
    """You joined the pieces to one string. What should be listed?"""
    return " ".join(cut(word, vocabulary, unknown=None))


def unknown_letter_by_letter(word, vocabulary):
    """You put `[UNK]` for the letter where nothing fits, and went on. What becomes of the whole word?"""
    pieces, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        ends = [e for e in range(start + 1, len(word) + 1) if prefix + word[start:e] in vocabulary]
        pieces.append(prefix + word[start:ends[-1]] if ends else "[UNK]")
        start = ends[-1] if ends else start + 1
    return pieces


def marks_on_every_piece(word, vocabulary):
    """Your first piece has a `##`. Which pieces carry that mark?"""
    found = cut(word, vocabulary, unknown=None)
    return found if found in ([], ["[UNK]"]) else ["##" + found[0], *found[1:]]


def first_that_fits(word, vocabulary):
    """You took the first piece of the list that fits. Of several that fit, which one is asked for?"""
    pieces, start = [], 0
    while start < len(word):
        fits = [p for p in vocabulary if p.startswith("##") == (start > 0) and word.startswith(p.removeprefix("##"), start)]
        if not fits:
            return ["[UNK]"]
        pieces.append(fits[0])
        start += len(fits[0].removeprefix("##"))
    return pieces


def marked_piece_at_the_start(word, vocabulary):
    """You let a piece with `##` stand at the start of the word. Where does such a piece fit?"""
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            found = [p for p in (word[start:end], "##" + word[start:end]) if p in vocabulary and (start == 0 or p[:2] == "##")]
            if found:
                break
        else:
            return ["[UNK]"]
        pieces.append(found[0])
        start = end
    return pieces


def from_the_end(word, vocabulary):
    """You cut the word from its end. At which end does the rule begin?"""
    pieces, end = [], len(word)
    while end:
        fits = [start for start in range(end) if ("##" if start else "") + word[start:end] in vocabulary]
        if not fits:
            return ["[UNK]"]
        pieces.insert(0, ("##" if fits[0] else "") + word[fits[0]:end])
        end = fits[0]
    return pieces


def unknown_when_empty(word, vocabulary):
    """The empty word became `[UNK]`. How many pieces does it have?"""
    return cut(word, vocabulary, unknown=None) or ["[UNK]"]


def marks_counted(word, vocabulary):
    """After a piece inside the word you went on too far. How many letters of the word does `##in` stand for?"""
    pieces, rest = [], word
    while rest:
        prefix = "##" if pieces else ""
        ends = [end for end in range(1, len(rest) + 1) if prefix + rest[:end] in vocabulary]
        if not ends:
            return ["[UNK]"]
        pieces.append(prefix + rest[:ends[-1]])
        rest = rest[len(pieces[-1]):]
    return pieces


def unknown_as_text(word, vocabulary):
    """A word that cannot be cut is a list too. Of which single piece?"""
    found = cut(word, vocabulary, unknown=None)
    return found[0] if found == ["[UNK]"] else found


wordpiece = [pieces_as_one_string, unknown_letter_by_letter, marks_on_every_piece, first_that_fits, marked_piece_at_the_start,
             from_the_end, unknown_when_empty, unknown_as_text, marks_left_out, whole_rest_never_tried, whole_word_or_nothing,
             marks_counted, either_mark, no_marks, shortest_match, rest_unknown, stuck_and_silent, skip_a_letter,
             with_a_way_back, fewest_pieces]


# Question 4: counting pairs

def each_word_form_once(words):
    """You counted each word once. How often does it occur in the corpus?"""
    return dict(Counter(pair for ids in words for pair in pairwise(ids)))


def without_overlaps(words):
    """In (7, 7, 7) the middle id belongs to two pairs. Do your pairs overlap?"""
    counts = Counter()
    for ids, times in words.items():
        last = None
        for i, pair in enumerate(pairwise(ids)):
            if pair[0] == pair[1] and last == (pair, i - 1):
                last = None
                continue
            counts[pair] += times
            last = (pair, i)
    return dict(counts)


def every_second_pair(words):
    """Your pairs are the ids 0 and 1, then 2 and 3, and so on. Which pair begins at id 1?"""
    counts = Counter()
    for ids, times in words.items():
        for i in range(0, len(ids) - 1, 2):
            counts[ids[i:i + 2]] += times
    return dict(counts)


def in_how_many_words(words):
    """A pair that stands in a word twice counts twice. Where did the second one get lost?"""
    counts = Counter()
    for ids, times in words.items():
        for pair in set(pairwise(ids)):
            counts[pair] += times
    return dict(counts)


def across(words, times_of):
    """The pairs in the words, and those of two words that follow each other, as often as `times_of` says."""
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids):
            counts[pair] += times
    for one, other in pairwise([ids for ids in words if ids]):
        counts[one[-1], other[0]] += times_of(words[one], words[other])
    return dict(counts)


def across_words(words):
    """Some of your pairs hold the end of one word and the start of the next. Do these two ever stand side by side?"""
    return across(words, lambda times, times_of_next: 1)


def across_words_as_often_as_the_first(words):
    """You also made a pair of the last id of a word and the first of the next. Is that a pair inside a word?"""
    return across(words, lambda times, times_of_next: times)


def across_words_as_often_as_the_second(words):
    """You also made a pair of the first id of a word and the last of the one before. Is that a pair inside a word?"""
    return across(words, lambda times, times_of_next: times_of_next)


def words_in_a_row(words):
    """In a row of all words, one word begins where another ends. Is there a pair of neighbours at that place?"""
    return dict(Counter(pairwise([one for ids, times in words.items() for one in ids * times])))


def words_in_a_row_once(words):
    """You counted in one row that holds each word once. Where do two words meet in it, and how often does a word occur?"""
    return dict(Counter(pairwise([one for ids in words for one in ids])))


def not_only_neighbours(words):
    """Some of your pairs have other ids between them. Which ids of a word are neighbours?"""
    counts = Counter()
    for ids, times in words.items():
        for pair in combinations(ids, 2):
            counts[pair] += times
    return dict(counts)


def unordered(words):
    """(1, 2) and (2, 1) are different pairs. Did you sort them?"""
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids):
            counts[tuple(sorted(pair))] += times
    return dict(counts)


def the_other_way_round(words):
    """You wrote each pair with its right id first. Which one comes first?"""
    counts = Counter()
    for ids, times in words.items():
        for left, right in pairwise(ids):
            counts[right, left] += times
    return dict(counts)


def single_ids(words):
    """You counted ids, not pairs of neighbours. Which two ids does a pair hold?"""
    counts = Counter()
    for ids, times in words.items():
        for one in ids:
            counts[one] += times
    return dict(counts)


def rare_words_left_out(words):
    """Words that occur once are missing from your counts. Which words does the question leave out?"""
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids) if times > 1 else ():
            counts[pair] += times
    return dict(counts)


def also_pairs_that_do_not_occur(words):
    """Your dictionary holds pairs with a count of 0. Which pairs does the question leave out?"""
    ids = sorted({one for word in words for one in word})
    return {(i, j): sum(times for word, times in words.items() for pair in pairwise(word) if pair == (i, j))
            for i in ids for j in ids}


def first_pair_missing(words):
    """The first two ids of each word are a pair, too. Where does your loop begin?"""
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids[1:]):
            counts[pair] += times
    return dict(counts)


def last_pair_missing(words):
    """The last two ids of each word are a pair, too. Where does your loop end?"""
    counts = Counter()
    for ids, times in words.items():
        for pair in pairwise(ids[:-1]):
            counts[pair] += times
    return dict(counts)


def overwritten(words):
    """A pair that stands in two words has the count of one of them. Do you add, or assign?"""
    return {pair: times for ids, times in words.items() for pair in pairwise(ids)}


count_pairs = [rare_words_left_out, also_pairs_that_do_not_occur, first_pair_missing, single_ids, the_other_way_round,
               unordered, each_word_form_once, overwritten, every_second_pair, last_pair_missing, in_how_many_words,
               without_overlaps, across_words, across_words_as_often_as_the_first, across_words_as_often_as_the_second,
               words_in_a_row, words_in_a_row_once, not_only_neighbours]


# Question 5: merging

def from_left(ids, pair, new, limit):
    out, i = [], 0
    while i < len(ids):
        hit = tuple(ids[i:i + 2]) == tuple(pair) and limit > 0
        limit -= hit
        out.append(new if hit else ids[i])
        i += 1 + hit
    return tuple(out)


def first_only(ids, pair, new):
    """You replaced the pair once. What about the other places where it stands?"""
    return from_left(ids, pair, new, 1)


def behind_the_end(ids, pair, new):
    """Your function asks for the id behind the last one. How many ids must be left for there to be a pair?"""
    out, i = [], 0
    while i < len(ids):
        hit = (ids[i], ids[i + 1]) == pair
        out.append(new if hit else ids[i])
        i += 1 + hit
    return tuple(out)


def runs_to_the_end(ids, pair, new):
    """You merged again what was merged already, or a whole run into one. Is what has been replaced looked at again?"""
    out = []
    for one in ids:
        if out and (out[-1], one) in (pair, (new, pair[1])):
            out[-1] = new
        else:
            out.append(one)
    return tuple(out)


def new_id_twice(ids, pair, new):
    """The new id stands there twice. How many ids does it replace, and by how many?"""
    out, i = [], 0
    while i < len(ids):
        hit = ids[i:i + 2] == pair
        out += [new, new] if hit else [ids[i]]
        i += 1 + hit
    return tuple(out)


def at_even_places_only(ids, pair, new):
    """You looked at the ids two by two. What about a pair that begins at place 1 or 3?"""
    out = []
    for i in range(0, len(ids), 2):
        out += [new] if ids[i:i + 2] == pair else ids[i:i + 2]
    return tuple(out)


def pair_appended(ids, pair, new):
    """You put the new id behind the pair instead of in its place. Which ids should be gone?"""
    out, i = [], 0
    while i < len(ids):
        hit = ids[i:i + 2] == pair
        out += [*pair, new] if hit else [ids[i]]
        i += 1 + hit
    return tuple(out)


def pair_left_out(ids, pair, new):
    """The pair is gone, but the new id is not there. What takes its place?"""
    out, i = [], 0
    while i < len(ids):
        hit = ids[i:i + 2] == pair
        out += [] if hit else [ids[i]]
        i += 1 + hit
    return tuple(out)


def right_to_left(ids, pair, new):
    """In a run of three you merged the last two. From which side do you begin?"""
    return from_left(ids[::-1], pair[::-1], new, math.inf)[::-1]


def second_kept(ids, pair, new):
    """The right id of the pair is still there, behind the new one. By how much do you move on after a merge?"""
    out = []
    for i, one in enumerate(ids):
        out.append(new if ids[i:i + 2] == pair else one)
    return tuple(out)


def overlapping(ids, pair, new):
    """In a run of three you merged twice. Is the middle id still free after the first merge?"""
    out, skip = [], False
    for i, one in enumerate(ids):
        if ids[i:i + 2] == pair:
            out.append(new)
            skip = True
        else:
            if not skip:
                out.append(one)
            skip = False
    return tuple(out)


def last_lost(ids, pair, new):
    """Your result lacks the last id. Where does your loop end, and what if that id is part of no pair?"""
    out, i = [], 0
    while i < len(ids) - 1:
        hit = ids[i:i + 2] == pair
        out.append(new if hit else ids[i])
        i += 1 + hit
    return tuple(out)


def either_order(ids, pair, new):
    """You also merged the pair where its two ids stand the other way round. Is (2, 1) the pair (1, 2)?"""
    out, i = [], 0
    while i < len(ids):
        hit = i + 1 < len(ids) and ids[i:i + 2] in (pair, pair[::-1])
        out.append(new if hit else ids[i])
        i += 1 + hit
    return tuple(out)


def each_id_alone(ids, pair, new):
    """You replaced single ids that occur in the pair. Do both have to be there, side by side?"""
    return tuple(new if one in pair else one for one in ids)


def as_text(ids, pair, new):
    """You searched in text. Where does `12 3` hold `2 3`, and is that the pair (2, 3)?"""
    text = " ".join(map(str, ids)).replace(" ".join(map(str, pair)), str(new))
    return tuple(map(int, text.split()))


def a_list(ids, pair, new):
    """The ids are right, but words should be able to be keys of a dictionary. What can, and a list cannot?"""
    return list(from_left(ids, pair, new, math.inf))


merge = [new_id_twice, at_even_places_only, behind_the_end, runs_to_the_end, pair_appended, pair_left_out, a_list,
         each_id_alone, second_kept, first_only, right_to_left, overlapping, last_lost, either_order, as_text]


# Question 6: training

def most_frequent(counts):
    return min(counts, key=lambda p: (-counts[p], p))


def learn(words, n_merges, *, best, first=256, coded=None,
          weights=True, enough=1, apply=lambda ids, pair, new: from_left(ids, pair, new, math.inf), count=None):
    code = coded or (lambda word: tuple(word.encode("utf-8")))
    corpus = [(code(word), times if weights else 1) for word, times in words.items()]
    merges = []
    while len(merges) < n_merges:
        counts = Counter()
        for ids, times in corpus:
            for pair in (count or pairwise)(ids):
                counts[pair] += times
        if not counts or max(counts.values()) < enough:
            break
        pair = best(counts)
        corpus = [(apply(ids, pair, first + len(merges)), times) for ids, times in corpus]
        merges.append(pair)
    return merges


def rarest_first(words, n_merges):
    """You merged the rarest pair. Which one should come first?"""
    return learn(words, n_merges, best=lambda counts: min(counts, key=lambda p: (counts[p], p)))


def ties_first_seen(words, n_merges):
    """Of equally frequent pairs you took the one that was met first. Which one does the question ask for?"""
    return learn(words, n_merges, best=lambda counts: max(counts, key=counts.get))


def ties_largest(words, n_merges):
    """Of equally frequent pairs you took the one with the largest ids. Is the smallest asked for, or the largest?"""
    return learn(words, n_merges, best=lambda counts: max(counts, key=lambda p: (counts[p], p)))


def ties_last_seen(words, n_merges):
    """Of equally frequent pairs you took the one that was met last. Which one does the question ask for?"""
    return learn(words, n_merges, best=lambda counts: max(reversed(counts), key=counts.get))


def ties_by_bytes(words, n_merges):
    """Of equally frequent pairs you took the one whose bytes come first. What does the rule compare: bytes, or ids?"""
    tokens = [bytes([i]) for i in range(256)]

    def best(counts):
        pair = min(counts, key=lambda p: (-counts[p], tokens[p[0]], tokens[p[1]]))
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
        return pair
    return learn(words, n_merges, best=best)


def ties_by_right_id(words, n_merges):
    """Of equally frequent pairs you took the one with the smallest right id. Which of the two ids decides first?"""
    return learn(words, n_merges, best=lambda counts: min(counts, key=lambda p: (-counts[p], p[1], p[0])))


def ties_with_the_largest_right_id(words, n_merges):
    """Of equally frequent pairs with the same left id you took the one with the largest right id. Which one is asked for?"""
    return learn(words, n_merges, best=lambda counts: max(counts, key=lambda p: (counts[p], -p[0], p[1])))


def ties_by_sum(words, n_merges):
    """Of equally frequent pairs you took the one with the smallest sum. Which of the two ids decides first?"""
    return learn(words, n_merges, best=lambda counts: min(counts, key=lambda p: (-counts[p], sum(p))))


def with_an_end_mark(words, n_merges):
    """There is a byte in your merges that is in no word: did you add a mark to the ends? Which bytes does a word start from?"""
    return learn(words, n_merges, coded=lambda word: (*word.encode("utf-8"), 95), best=most_frequent)


def always_256(words, n_merges):
    """All your merges make the same id. Which id does merge number k make?"""
    corpus, merges = {tuple(word.encode("utf-8")): times for word, times in words.items()}, []
    while len(merges) < n_merges:
        counts = Counter()
        for ids, times in corpus.items():
            for pair in pairwise(ids):
                counts[pair] += times
        if not counts:
            break
        merges.append(min(counts, key=lambda p: (-counts[p], p)))
        corpus = {from_left(ids, merges[-1], 256, math.inf): times for ids, times in corpus.items()}
    return merges


def one_merge_less(words, n_merges):
    """Your list is one merge short. How often does your loop run?"""
    return learn(words, n_merges - 1, best=most_frequent)


def one_merge_more(words, n_merges):
    """Your list has a merge too many. How often does your loop run?"""
    return learn(words, n_merges + 1, best=most_frequent)


def ids_of_merges(words, n_merges):
    """Your result leads from pairs to ids. The question asks for the pairs alone, in their order."""
    return {pair: 256 + k for k, pair in enumerate(learn(words, n_merges, best=most_frequent))}


def right_to_left_in_training(words, n_merges):
    """In a run of three you merged the last two. From which side does Question 5 go?"""
    return learn(words, n_merges, best=most_frequent,
                 apply=lambda ids, pair, new: from_left(ids[::-1], pair[::-1], new, math.inf)[::-1])


def with_counts(words, n_merges):
    """Each of your items holds more than the pair. How often it occurred is not asked; what is?"""
    counts = []

    def best(found):
        pair = min(found, key=lambda p: (-found[p], p))
        counts.append(found[pair])
        return pair
    return [(pair, count) for pair, count in zip(learn(words, n_merges, best=best), counts, strict=True)]


def code_points(words, n_merges):
    """Some of your ids are numbers of characters, not of bytes. How many bytes has `é`?"""
    return learn(words, n_merges, coded=lambda word: tuple(map(ord, word)), best=most_frequent)


def from_257(words, n_merges):
    """Your first new id is 257. Bytes end at 255; which number is free?"""
    return learn(words, n_merges, first=257, best=most_frequent)


def from_255(words, n_merges):
    """Your first new id is 255, which is a byte. Which number is free?"""
    return learn(words, n_merges, first=255, best=most_frequent)


def from_0(words, n_merges):
    """Your first new id is 0, which is a byte. Which number is free?"""
    return learn(words, n_merges, first=0, best=most_frequent)


def counted_once(words, n_merges):
    """You took the most frequent pairs of the untouched corpus. What changes in the counts once a pair has been merged?"""
    counts = Counter()
    for word, times in words.items():
        for pair in pairwise(word.encode("utf-8")):
            counts[pair] += times
    return sorted(counts, key=lambda p: (-counts[p], p))[:n_merges]


def unweighted(words, n_merges):
    """You counted every word once. How often does each occur in the corpus?"""
    return learn(words, n_merges, weights=False, best=most_frequent)


def twice_at_least(words, n_merges):
    """You stopped when all pairs were rare. What does the question say about a pair that occurs only once?"""
    return learn(words, n_merges, enough=2, best=most_frequent)


def no_end(words, n_merges):
    """There is no pair left, and your function looks for the best of none. When should it stop?"""
    merges = learn(words, n_merges, best=most_frequent)
    return merges if len(merges) == n_merges else max({})


def no_end_of_a_list(words, n_merges):
    """There is no pair left, and your function takes the first of none. When should it stop?"""
    merges = learn(words, n_merges, best=most_frequent)
    return merges if len(merges) == n_merges else [][0]


def one_merge_a_word(words, n_merges):
    """After a merge, the pair is still there in words that hold it twice. Is it replaced wherever it stands?"""
    return learn(words, n_merges, apply=lambda ids, pair, new: from_left(ids, pair, new, 1), best=most_frequent)


def new_ids_merged_no_more(words, n_merges):
    """All your merges are of single bytes. Can a new id be part of the next pair?"""
    return learn(words, n_merges, count=lambda ids: [p for p in pairwise(ids) if max(p) < 256], best=most_frequent)


def as_bytes(words, n_merges):
    """Your list holds the tokens that are made. The question asks for pairs of ids."""
    tokens = [bytes([i]) for i in range(256)]
    for left, right in learn(words, n_merges, best=most_frequent):
        tokens.append(tokens[left] + tokens[right])
    return tokens[256:]


train_bpe = [with_an_end_mark, always_256, ties_by_sum, one_merge_less, one_merge_more, ids_of_merges,
             right_to_left_in_training, with_counts, as_bytes, no_end, no_end_of_a_list, from_257, from_255, from_0,
             code_points, counted_once, new_ids_merged_no_more, unweighted, rarest_first, ties_first_seen, ties_last_seen,
             ties_largest, ties_by_right_id, ties_with_the_largest_right_id, ties_by_bytes, twice_at_least, one_merge_a_word]


# Question 7: encoding

def tokens_of(merges):
    tokens = [bytes([i]) for i in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return tokens


def longest_token_first(word, merges):
    """You took the longest token from the left, which would be WordPiece's rule. In which order does BPE merge?"""
    tokens, rest, out = tokens_of(merges), word.encode("utf-8"), []
    while rest:
        best = max((i for i, token in enumerate(tokens) if rest.startswith(token)), key=lambda i: len(tokens[i]))
        out.append(best)
        rest = rest[len(tokens[best]):]
    return out


def fewest_tokens(word, merges):
    """You looked for the cut with the fewest tokens. What decides which pair is merged?"""
    tokens, text = tokens_of(merges), word.encode("utf-8")
    best = {0: []}
    for end in range(1, len(text) + 1):
        best[end] = min(([*best[end - len(t)], i] for i, t in enumerate(tokens) if text[:end].endswith(t)), key=len)
    return best[len(text)]


def leftmost_first(word, merges):
    """You merged the leftmost pair that you could. Which of the possible merges was learnt first?"""
    ids, ranks = list(word.encode("utf-8")), {tuple(pair): k for k, pair in reversed(list(enumerate(merges)))}
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) in ranks:
            ids[i:i + 2] = [256 + ranks[ids[i], ids[i + 1]]]
            i = 0
        else:
            i += 1
    return ids


def most_frequent_first(word, merges):
    """You merged the pair that this word holds most often. Which of the possible merges was learnt first?"""
    ids, ranks = tuple(word.encode("utf-8")), {tuple(pair): k for k, pair in reversed(list(enumerate(merges)))}
    while usable := Counter(pair for pair in pairwise(ids) if pair in ranks):
        pair = max(usable, key=usable.get)
        ids = from_left(ids, pair, 256 + ranks[pair], math.inf)
    return list(ids)


def numbered_by_use(word, merges):
    """You numbered only the merges that this word needs. Which id does pair number k make, used or not?"""
    ids, new = tuple(word.encode("utf-8")), 256
    for pair in merges:
        merged = from_left(ids, pair, new, math.inf)
        new, ids = new + (merged != ids), merged
    return list(ids)


def back_to_front(word, merges):
    """Your ids stand in reverse order. Which one comes first?"""
    return merged_in_order(word, merges, 256)[::-1]


def only_merges_of_bytes(word, merges):
    """Only pairs of single bytes were merged. Can a new id be part of the next pair?"""
    ids = tuple(word.encode("utf-8"))
    for k, pair in enumerate(merges):
        if max(pair) < 256:
            ids = from_left(ids, pair, 256 + k, math.inf)
    return list(ids)


def ids_as_a_tuple(word, merges):
    """The ids are right, but they stand in a tuple. What does the question want them in?"""
    return tuple(merged_in_order(word, merges, 256))


def last_learnt_first(word, merges):
    """You took the merge that was learnt last. Which one comes first?"""
    ids = tuple(word.encode("utf-8"))
    while True:
        usable = [k for k, pair in enumerate(merges) if tuple(pair) in set(pairwise(ids))]
        if not usable:
            return list(ids)
        ids = from_left(ids, merges[usable[-1]], 256 + usable[-1], math.inf)


def one_pass_backwards(word, merges):
    """You went through the merges once, from the last to the first. What if a merge needs an id that an earlier one makes?"""
    ids = tuple(word.encode("utf-8"))
    for k in reversed(range(len(merges))):
        ids = from_left(ids, merges[k], 256 + k, math.inf)
    return list(ids)


def each_merge_once(word, merges):
    """You used each merge at one place only. What about the other places where its pair stands?"""
    ids = tuple(word.encode("utf-8"))
    for k, pair in enumerate(merges):
        ids = from_left(ids, pair, 256 + k, 1)
    return list(ids)


def one_merge_only(word, merges):
    """You stopped after the first merge that fits. Can the new id be merged again?"""
    ids = tuple(word.encode("utf-8"))
    for k, pair in enumerate(merges):
        if tuple(pair) in set(pairwise(ids)):
            return list(from_left(ids, pair, 256 + k, math.inf))
    return list(ids)


def encode_code_points(word, merges):
    """You started from the characters, not from their bytes. What are the bytes of `é`?"""
    ids = tuple(map(ord, word))
    for k, pair in enumerate(merges):
        ids = from_left(ids, pair, 256 + k, math.inf)
    return list(ids)


def merged_in_order(word, merges, first):
    ids = tuple(word.encode("utf-8"))
    for new, pair in enumerate(merges, start=first):
        ids = from_left(ids, pair, new, math.inf)
    return list(ids)


def numbers_of_merges(word, merges):
    """Your new ids are the numbers of the merges. Which ids are taken by the bytes?"""
    return [i - 256 if i >= 256 else i for i in merged_in_order(word, merges, 256)]


def merged_into_numbers_of_merges(word, merges):
    """Your new ids begin at 0, and later merges do not find them. Which ids are taken by the bytes?"""
    return merged_in_order(word, merges, 0)


def merged_from_257(word, merges):
    """Your new ids begin at 257, and later merges do not find them. Which id does merge number 0 make?"""
    return merged_in_order(word, merges, 257)


def numbered_from_257(word, merges):
    """Your ids are one too large. Which id does merge number 0 make?"""
    return [i + 1 if i >= 256 else i for i in merged_in_order(word, merges, 256)]


def merged_from_the_right(word, merges):
    """In a run of three you merged the last two. From which side is a pair replaced?"""
    ids = tuple(word.encode("utf-8"))
    for k, pair in enumerate(merges):
        ids = from_left(ids[::-1], tuple(pair)[::-1], 256 + k, math.inf)[::-1]
    return list(ids)


def bytes_only(word, merges):
    """These are the bytes of the word. Where do you use the merges?"""
    return list(word.encode("utf-8"))


bpe_encode = [numbered_by_use, back_to_front, most_frequent_first, only_merges_of_bytes, ids_as_a_tuple, numbers_of_merges,
              merged_into_numbers_of_merges, numbered_from_257, merged_from_257, encode_code_points, bytes_only,
              one_merge_only, each_merge_once, merged_from_the_right, longest_token_first, leftmost_first, one_pass_backwards,
              last_learnt_first, fewest_tokens]


# Question 8: decoding

def each_token_alone(ids, merges):
    """You decoded token by token. What if a character's bytes are spread over two tokens?"""
    tokens = tokens_of(merges)
    return "".join(tokens[i].decode("utf-8", errors="replace") for i in ids)


def strict(ids, merges):
    """These bytes are no UTF-8, and your function stops. What should stand there instead?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("utf-8")


def one_mark_for_all(ids, merges):
    """One byte that is no UTF-8 costs you the whole text. What should stand in for that byte alone?"""
    data = b"".join(tokens_of(merges)[i] for i in ids)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "\ufffd"


def ignored(ids, merges):
    """Bytes that are no UTF-8 are missing from your text. Which character should stand in for them?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("utf-8", errors="ignore")


def ascii_only(ids, merges):
    """You decoded as ASCII, which has 128 characters. Which code has bytes for `é`?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("ascii", errors="replace")


def question_marks(ids, merges):
    """There are question marks where bytes are no UTF-8. Which character has the number U+FFFD?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("utf-8", errors="replace").replace("\ufffd", "?")


def surrogates(ids, merges):
    """There are halves of a character where bytes are no UTF-8. Which character should stand in for such bytes?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("utf-8", errors="surrogateescape")


def one_for_every_byte(ids, merges):
    """You put U+FFFD once for every wrong byte. How often does `bytes.decode` put it for the first two bytes of `😀`?"""
    return "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in surrogates(ids, merges))


def mark_at_the_start_lost(ids, merges):
    """The first character is missing where it is U+FEFF. Which codec keeps what it was given?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("utf-8-sig", errors="replace")


def zero_left_out(ids, merges):
    """The byte 0 is missing from your text. Is 0 an id like the others, and what is `if i` for it?"""
    return b"".join(tokens_of(merges)[i] for i in ids if i).decode("utf-8", errors="replace")


def escaped(ids, merges):
    """You wrote invalid bytes as `\\x..`. Which character should stand in for them?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("utf-8", errors="backslashreplace")


def one_character_a_byte(ids, merges):
    """You turned each byte into a character. Which characters have more than one byte in UTF-8?"""
    return b"".join(tokens_of(merges)[i] for i in ids).decode("latin-1")


def with_spaces(ids, merges):
    """You put spaces between the tokens. Where are the spaces of a text in byte-level BPE?"""
    return b" ".join(tokens_of(merges)[i] for i in ids).decode("utf-8", errors="replace")


def right_part_first(ids, merges):
    """Your tokens hold their parts in the wrong order. Which id of a merge stands on the left?"""
    tokens = [bytes([i]) for i in range(256)]
    for left, right in merges:
        tokens.append(tokens[right] + tokens[left])
    return b"".join(tokens[i] for i in ids).decode("utf-8", errors="replace")


def one_level_only(ids, merges):
    """An id of a merge may hold ids of earlier merges. How far do you take a token apart?"""
    parts = [part for i in ids for part in (merges[i - 256] if i >= 256 else (i,))]
    return bytes(part for part in parts if part < 256).decode("utf-8", errors="replace")


def merged_ids_left_out(ids, merges):
    """Only the single bytes are in your text. What do ids from 256 on stand for?"""
    return bytes(i for i in ids if i < 256).decode("utf-8", errors="replace")


def raw_bytes(ids, merges):
    """Your result is bytes. The question asks for a string; what turns one into the other?"""
    return b"".join(tokens_of(merges)[i] for i in ids)


bpe_decode = [ascii_only, question_marks, surrogates, one_for_every_byte, mark_at_the_start_lost, zero_left_out, raw_bytes,
              with_spaces, merged_ids_left_out, one_level_only, right_part_first, one_character_a_byte, each_token_alone,
              strict, one_mark_for_all, ignored, escaped]


# Question 9: padding and truncation

def block(sequences, length, pad, keep=lambda s, n: s[:n], *, left):
    ids, mask = np.full((len(sequences), length), pad), np.zeros((len(sequences), length), bool)
    for row, sequence in enumerate(sequences):
        kept = keep(sequence, length)
        where = slice(length - len(kept), None) if left else slice(len(kept))
        ids[row, where], mask[row, where] = kept, True
    return ids, mask


def end_kept(sequences, length, pad):
    """A sequence that is too long lost its beginning. Which end should go?"""
    return block(sequences, length, pad, keep=lambda s, n: s[-n:], left=False)


def padded_in_front(sequences, length, pad):
    """Your padding comes before the tokens. On which side does the question want it?"""
    return block(sequences, length, pad, left=True)


def mask_by_id(sequences, length, pad):
    """Your mask is False wherever the id equals pad. Can a real token have that id?"""
    ids, _ = block(sequences, length, pad, left=False)
    return ids, ids != pad


def mask_inverted(sequences, length, pad):
    """Your mask is True at the padding. Where does the question want True?"""
    ids, mask = block(sequences, length, pad, left=False)
    return ids, ~mask


def mask_of_numbers(sequences, length, pad):
    """Your mask holds zeros and ones. What does NumPy do with `values[mask]` when the mask holds numbers?"""
    ids, mask = block(sequences, length, pad, left=False)
    return ids, mask.astype(int)


def ids_of_sixteen_bits(sequences, length, pad):
    """An id does not fit into your array. Up to which number do its 16 bits count?"""
    ids, mask = np.full((len(sequences), length), pad, dtype=np.int16), np.zeros((len(sequences), length), bool)
    for row, sequence in enumerate(sequences):
        kept = sequence[:length]
        ids[row, :len(kept)], mask[row, :len(kept)] = kept, True
    return ids, mask


def ids_as_floats(sequences, length, pad):
    """The values are right, but your ids are floats. Can a float be an index?"""
    ids, mask = block(sequences, length, pad, left=False)
    return ids.astype(float), mask


def mask_before_ids(sequences, length, pad):
    """Your two arrays are exchanged. Which one comes first?"""
    return block(sequences, length, pad, left=False)[::-1]


def always_zero(sequences, length, pad):
    """You filled the gaps with 0. Which id is given for that?"""
    return block(sequences, length, 0, left=False)


def as_long_as_the_longest(sequences, length, pad):
    """Your block is as wide as the longest sequence. How wide should it be?"""
    return block(sequences, max(map(len, sequences)), pad, left=False)


def long_ones_left_out(sequences, length, pad):
    """Your block has fewer rows than there are sequences. What should happen to one that is too long?"""
    return block([s for s in sequences if len(s) <= length], length, pad, left=False)


def ids_only(sequences, length, pad):
    """Your result is one array. Which second one tells real tokens from padding?"""
    return block(sequences, length, pad, left=False)[0]


def no_truncation(sequences, length, pad):
    """A sequence that is longer than the block does not fit into it. What should happen to its end?"""
    ids = np.array([s + [pad] * (length - len(s)) for s in sequences])
    return ids, np.array([[t < len(s) for t in range(length)] for s in sequences])


pad_and_truncate = [ids_of_sixteen_bits, ids_as_floats, mask_before_ids, ids_only, mask_of_numbers, mask_inverted,
                    no_truncation, long_ones_left_out, as_long_as_the_longest, end_kept, padded_in_front, mask_by_id,
                    always_zero]


# Question 10: the lookup

def columns(ids, table):
    """You took columns of the table. Is the embedding of a token a row or a column?"""
    return table.T[ids]


def axes_swapped(ids, table):
    """The numbers are right, but your axes are in another order. Which one does (B, L, d) put last?"""
    return np.swapaxes(table[ids], 1, 2)


def flat(ids, table):
    """Your result has lost the shape of the batch. Which shape should it have?"""
    return table[ids.ravel()]


def from_one(ids, table):
    """You took the row before the right one. Do the ids begin at 0 or at 1?"""
    return table[ids - 1]


def summed(ids, table):
    """You added up the vectors of a sequence. Which place belongs to which vector then?"""
    return table[ids].sum(axis=1)


def unit_vectors(ids, table):
    """Your vectors have length 1. Does the question ask for more than looking them up?"""
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return (table / lengths)[ids]


def one_row_too_far(ids, table):
    """You took the row after the right one. Which id has the first row?"""
    return table[(ids + 1) % len(table)]


def zeros_for_id_0(ids, table):
    """You have zeros for id 0. Which row of the table belongs to it?"""
    return table[ids] * (ids != 0)[..., None]


def ids_times_table(ids, table):
    """You multiplied the id by a row. What does the id say about the row?"""
    return ids[..., None] * table[ids]


def from_the_other_end(ids, table):
    """You counted the rows from the end. Where does id 0 stand?"""
    return table[::-1][ids]


def scaled(ids, table):
    """You changed the length of the vectors. Does the question ask for more than looking them up?"""
    return table[ids] * math.sqrt(table.shape[1])


def positions(ids, table):
    """You looked up the place of each token in its sequence. Which number picks the row?"""
    return np.broadcast_to(table[np.arange(ids.shape[1]) % len(table)], (*ids.shape, table.shape[1])).copy()


def second_axis(ids, table):
    """You let the ids pick columns: the first axis of your result is that of the table's rows. What does an id pick?"""
    return table[:, ids]


def single_numbers(ids, table):
    """Your result has one number for each id, as if the table were one long row. How many numbers belong to an id?"""
    return np.take(table, ids)


embedding_lookup = [unit_vectors, one_row_too_far, zeros_for_id_0, ids_times_table, from_the_other_end, axes_swapped, columns,
                    second_axis, single_numbers, flat, summed, from_one, scaled, positions]


# Question 11: the loss

def picked(log_probabilities, ids):
    return np.take_along_axis(log_probabilities, ids[..., None], axis=2)[..., 0]


def padding_counts(log_probabilities, ids, mask):
    """Your mean runs over all places. What does the mask say about them?"""
    return float(-picked(log_probabilities, ids).mean())


def divided_by_all(log_probabilities, ids, mask):
    """Your sum leaves out the padding, but what do you divide it by?"""
    return float(-np.where(mask, picked(log_probabilities, ids), 0).sum() / ids.size)


def mean_of_means(log_probabilities, ids, mask):
    """You took the mean of each sequence, and the mean of those. Does a token of a short sequence count more then?"""
    scores = np.where(mask, picked(log_probabilities, ids), 0)
    return float(-(scores.sum(axis=1) / mask.sum(axis=1)).mean())


def by_sequences(log_probabilities, ids, mask):
    """You divided by the number of sequences. The mean of what is asked for?"""
    return float(-np.where(mask, picked(log_probabilities, ids), 0).sum() / len(ids))


def not_divided(log_probabilities, ids, mask):
    """That is the sum. What makes it a mean?"""
    return float(-np.where(mask, picked(log_probabilities, ids), 0).sum())


def no_minus(log_probabilities, ids, mask):
    """Your loss is negative. Which sign has the logarithm of a probability?"""
    return float(picked(log_probabilities, ids)[mask].mean())


def only_padding(log_probabilities, ids, mask):
    """You averaged what stands at the padding. What does True mean in this mask?"""
    return float(-picked(log_probabilities, ids)[~mask].mean())


def padding_looked_up(log_probabilities, ids, mask):
    """Your function also looks up the ids at padded places. What may stand there?"""
    return float(-picked(log_probabilities, ids)[mask].mean())


def times_mask(log_probabilities, ids, mask):
    """Your loss is NaN where −∞ or NaN stands at the padding. If you multiply by the mask: what is 0 times infinity?"""
    with np.errstate(invalid="ignore"):
        return float(-(picked(log_probabilities, ids) * mask).sum() / mask.sum())


def in_bits(log_probabilities, ids, mask):
    """Your loss is in bits. Which unit is asked for, and in which are the logarithms given?"""
    return float(-picked(log_probabilities, ids)[mask].mean() / math.log(2))


def most_probable(log_probabilities, ids, mask):
    """You took the most probable token at each place. Whose probability is asked for?"""
    return float(-log_probabilities.max(axis=2)[mask].mean())


def all_tokens(log_probabilities, ids, mask):
    """You averaged over all tokens of the vocabulary. Which one really stood there?"""
    return float(-log_probabilities[mask].mean())


def shifted(log_probabilities, ids, mask):
    """You shifted the ids by one place. What does the question say about that?"""
    return float(-picked(log_probabilities[:, :-1], ids[:, 1:])[mask[:, 1:]].mean())


def infinite_left_out(log_probabilities, ids, mask):
    """You left out a real token with probability 0. What does the question say about it?"""
    scores = picked(log_probabilities, np.where(mask, ids, 0))[mask]
    return float(-scores[np.isfinite(scores)].mean())


def infinite_made_finite(log_probabilities, ids, mask):
    """A real token had probability 0, and your loss is a large number. What does the question say about that case?"""
    return float(-np.maximum(picked(log_probabilities, np.where(mask, ids, 0)), -1e9)[mask].mean())


def without_the_first(log_probabilities, ids, mask):
    """You left out the first token of each sequence. Which tokens count?"""
    scores = picked(log_probabilities, np.where(mask, ids, 0))
    return float(-scores[:, 1:][mask[:, 1:]].mean())


def one_loss_a_sequence(log_probabilities, ids, mask):
    """You have a loss for each sequence. What is asked for?"""
    scores = picked(log_probabilities, np.where(mask, ids, 0))
    return -np.where(mask, scores, 0).sum(axis=1) / mask.sum(axis=1)


def median_loss(log_probabilities, ids, mask):
    """You took the median. Which average is asked for?"""
    return float(np.median(-picked(log_probabilities, np.where(mask, ids, 0))[mask]))


def as_perplexity(log_probabilities, ids, mask):
    """That is the perplexity, e to the loss. What is asked for?"""
    return float(np.exp(-picked(log_probabilities, ids)[mask].mean()))


masked_loss = [without_the_first, one_loss_a_sequence, infinite_left_out, infinite_made_finite, median_loss, times_mask,
               padding_looked_up, no_minus, in_bits, as_perplexity, not_divided, by_sequences, divided_by_all, mean_of_means,
               only_padding, padding_counts, most_probable, all_tokens, shifted]


# Question 12: bits per character

def nats(loss, n_tokens, text):
    """That is in nats. How many bits has a nat?"""
    return loss * n_tokens / len(text)


def times_ln_2(loss, n_tokens, text):
    """A nat is more than a bit, so there should be more bits than nats. Do you multiply or divide by ln 2?"""
    return loss * math.log(2) * n_tokens / len(text)


def per_byte(loss, n_tokens, text):
    """You divided by the number of bytes. How many characters has `é`, and how many bytes?"""
    return loss * n_tokens / math.log(2) / len(text.encode("utf-8"))


def per_token(loss, n_tokens, text):
    """That is bits per token. How many tokens are there, and how many characters?"""
    return loss / math.log(2)


def upside_down(loss, n_tokens, text):
    """You multiplied by the characters and divided by the tokens. With fewer tokens, should a character cost more or less?"""
    return loss / math.log(2) * len(text) / n_tokens


def per_word(loss, n_tokens, text):
    """You divided by the number of words. For what is the number of bits asked?"""
    return loss * n_tokens / math.log(2) / len(text.split())


def marks_joined(loss, n_tokens, text):
    """You joined marks to their letters first. Which characters does `len` count?"""
    return loss * n_tokens / math.log(2) / len(unicodedata.normalize("NFC", text))


def ends_cut_off(loss, n_tokens, text):
    """You cut off the white space at the ends of the text. Did the model not have to predict it?"""
    return loss * n_tokens / math.log(2) / len(text.strip())


def pairs_of_bytes(loss, n_tokens, text):
    """You counted units of two bytes. How many characters is `😀` for `len`?"""
    return loss * n_tokens / math.log(2) / (len(text.encode("utf-16-le")) // 2)


def one_token_more(loss, n_tokens, text):
    """You counted one token more than there are. How many is the loss the mean of?"""
    return loss * (n_tokens + 1) / math.log(2) / len(text)


def to_base_10(loss, n_tokens, text):
    """You divided by a logarithm of 2 to base 10. To which base is a nat?"""
    return loss * n_tokens / math.log10(2) / len(text)


def different_characters(loss, n_tokens, text):
    """You counted how many different characters there are. How long is the text?"""
    return loss * n_tokens / math.log(2) / len(set(text))


def times_characters(loss, n_tokens, text):
    """You multiplied by the number of characters. How do you get from the whole text to one character?"""
    return loss * n_tokens / math.log(2) * len(text)


def without_spaces(loss, n_tokens, text):
    """You left out the spaces. Are they characters, too?"""
    return loss * n_tokens / math.log(2) / len("".join(text.split()))


def one_token(loss, n_tokens, text):
    """You divided the loss of one token by all the characters. What is the loss of the whole text?"""
    return loss / math.log(2) / len(text)


def in_all(loss, n_tokens, text):
    """Those are the bits of the whole text. How many is that for one character?"""
    return loss * n_tokens / math.log(2)


bits_per_character = [different_characters, one_token_more, to_base_10, marks_joined, ends_cut_off, pairs_of_bytes,
                      times_characters, nats, times_ln_2, per_token, in_all, one_token, upside_down, per_byte, per_word,
                      without_spaces]
