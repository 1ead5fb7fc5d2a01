"""Known mistakes in unit 02; each docstring is the hint."""

import math
from collections import Counter

BOS, EOS = "<bos>", "<eos>"


def windows(tokens, n):
    return [tuple(tokens[i:i + n]) for i in range(len(tokens) - n + 1)]


def after(counts, context):
    return {gram[-1]: c for gram, c in counts.items() if gram[:-1] == context}


def shares(amounts):
    return {w: c / sum(amounts.values()) for w, c in amounts.items()}


# Question 1: n-grams of one text

def no_padding(tokens, n):
    """Your windows hold only tokens of the text itself. How would a model learn how texts begin, and that they stop?"""
    return windows(tokens, n)


def no_bos(tokens, n):
    """How does a text begin? Your first n-gram should predict the first token of the text; what stands before it?"""
    return windows([*tokens, EOS], n)


def last_window_missing(tokens, n):
    """The last n-gram has to end in `<eos>`. Was it never added, or does your loop stop one window early?"""
    return windows([BOS] * (n - 1) + tokens, n)


def one_bos(tokens, n):
    """One `<bos>` is enough for bigrams. How many tokens of context does the first prediction need for other n?"""
    return windows([BOS, *tokens, EOS], n)


def too_many_bos(tokens, n):
    """Your first n-gram predicts `<bos>` itself. How many are needed so that it predicts the first token instead?"""
    return windows([BOS] * n + tokens + [EOS], n)


def eos_like_bos(tokens, n):
    """A text stops once. Why do some of your n-grams predict what comes after `<eos>`?"""
    return windows([BOS] * (n - 1) + tokens + [EOS] * (n - 1), n)


def disjoint(tokens, n):
    """Neighbouring n-grams overlap in n − 1 tokens. By how much does your window move at each step?"""
    return windows([BOS] * (n - 1) + tokens + [EOS], n)[::n]


def strings(tokens, n):
    """An n-gram here is a tuple of n tokens. Once you join them with spaces, can you still tell where each one ends?"""
    return [" ".join(gram) for gram in windows([BOS] * (n - 1) + tokens + [EOS], n)]


def lists(tokens, n):
    """Each n-gram should be able to be a key of a dictionary. Can a list be one?"""
    return [list(gram) for gram in windows([BOS] * (n - 1) + tokens + [EOS], n)]


def eos_in_front(tokens, n):
    """You put `<eos>` before the text. Which mark says that a text begins?"""
    return windows([EOS] * (n - 1) + tokens + [EOS], n)


def each_once(tokens, n):
    """An n-gram that occurs twice stands in your list once. Does the question ask for all n-grams or for the different ones?"""
    return list(dict.fromkeys(windows([BOS] * (n - 1) + tokens + [EOS], n)))


def nothing_from_short_texts(tokens, n):
    """A text with fewer than n tokens has no n-grams with you. How long is it together with its padding?"""
    return windows([BOS] * (n - 1) + tokens + [EOS], n) if len(tokens) >= n else []


def bare_tokens(tokens, n):
    """For n = 1 your list holds bare tokens. What type has an n-gram, whatever n is?"""
    return windows([BOS] * (n - 1) + tokens + [EOS], n) if n > 1 else [*tokens, EOS]


ngrams = [eos_in_front, each_once, last_window_missing, no_bos, no_padding, one_bos, too_many_bos, eos_like_bos, disjoint,
          strings, lists, nothing_from_short_texts, bare_tokens]


# Question 2: counting over several texts

def count(grams):
    return dict(Counter(grams))


def one_long_text(texts, n):
    """Does the end of one text predict the beginning of the next? Your windows run across the border between texts."""
    return count(windows([BOS] * (n - 1) + [token for text in texts for token in text] + [EOS], n))


def stream_with_borders(texts, n):
    """Some of your n-grams hold the end of one text and the start of the next. What should follow `<eos>`?"""
    stream = [token for text in texts for token in [BOS] * (n - 1) + text + [EOS]]
    return count(windows(stream, n))


def only_the_last_text(texts, n):
    """You hold the counts of one text only. Where in your code is the dictionary made, inside the loop or before it?"""
    return count(windows([BOS] * (n - 1) + texts[-1] + [EOS], n))


def in_how_many_texts(texts, n):
    """An n-gram that occurs twice in one text counts twice. Do you count occurrences, or texts that have it?"""
    return count(gram for text in texts for gram in set(windows([BOS] * (n - 1) + text + [EOS], n)))


def every_count_one(texts, n):
    """All your counts are 1. Does a set remember how often something was put into it?"""
    return dict.fromkeys(count(gram for text in texts for gram in windows([BOS] * (n - 1) + text + [EOS], n)), 1)


def starting_at_zero(texts, n):
    """Every count is one too small. What value should an n-gram have right after you have met it for the first time?"""
    right = count(gram for text in texts for gram in windows([BOS] * (n - 1) + text + [EOS], n))
    return {gram: c - 1 for gram, c in right.items()}


def unpadded_counts(texts, n):
    """Nothing in your counts tells how texts begin or end. Did you pad each text as in question 1?"""
    return count(gram for text in texts for gram in windows(text, n))


def one_bos_counts(texts, n):
    """Your counts look as if every text began with one `<bos>` for every n. How many does order n need?"""
    return count(gram for text in texts for gram in windows([BOS, *text, EOS], n))


def ends_not_counted(texts, n):
    """No text ends in your counts. Which n-gram says that a text stops?"""
    return count(gram for text in texts for gram in windows([BOS] * (n - 1) + text, n))


def empty_texts_dropped(texts, n):
    """An empty text leaves no trace in your counts. Which n-gram does question 1 find in it?"""
    return count(gram for text in texts if text for gram in windows([BOS] * (n - 1) + text + [EOS], n))


def bare_tokens_counted(texts, n):
    """For n = 1 your keys are bare tokens. What type has an n-gram, whatever n is?"""
    return count(gram for text in texts for gram in bare_tokens(text, n))


count_ngrams = [ends_not_counted, empty_texts_dropped, every_count_one, starting_at_zero, only_the_last_text, in_how_many_texts,
                one_long_text, stream_with_borders, unpadded_counts, one_bos_counts, bare_tokens_counted]


# Question 3: maximum likelihood

def joint(counts, context):
    """You divided by the number of all n-grams. Given this context, what should the probabilities add up to?"""
    return {w: c / sum(counts.values()) for w, c in after(counts, context).items()}


def by_occurrences(counts, context):
    """You divided by #(u), the number of times the context occurs anywhere. How often was it followed by something?"""
    occurrences = sum(c for gram, c in counts.items() if gram[1:] == context)
    return {w: c / occurrences for w, c in after(counts, context).items()}


def by_types(counts, context):
    """You divided by how many different words follow. What does #(u•) count?"""
    seen = after(counts, context)
    return {w: c / len(seen) for w, c in seen.items()}


def all_alike(counts, context):
    """Every word that follows gets the same share from you. Where did the counts go?"""
    seen = after(counts, context)
    return {w: 1 / len(seen) for w in seen}


def backwards(counts, context):
    """You collected the words before the context. Which position of the n-gram is predicted?"""
    seen = {gram[0]: c for gram, c in counts.items() if gram[1:] == context}
    return {w: c / sum(seen.values()) for w, c in seen.items()}


def whole_ngrams(counts, context):
    """Your keys are whole n-grams. The question asks for a probability per word; which part of the n-gram is it?"""
    seen = after(counts, context)
    return {(*context, w): c / sum(seen.values()) for w, c in seen.items()}


def last_word_only(counts, context):
    """You compared only the last word of the context. Should `a dog` and `the dog` share their counts here?"""
    seen = Counter()
    for gram, c in counts.items():
        if gram[:-1][-1:] == context[-1:]:
            seen[gram[-1]] += c
    return {w: c / sum(seen.values()) for w, c in seen.items()}


def zero_division(counts, context):
    """This context was never continued, so #(u•) is 0. What does the question say about that case?"""
    total = sum(after(counts, context).values())
    return {w: c / total for w, c in after(counts, context).items()} if 1 / total else {}


def never_equal(counts, context):
    """Your dictionary is empty, whatever the context. Is what you compare the context with of the same type as it is?"""
    return {gram[-1]: c for gram, c in counts.items() if list(gram[:-1]) == context}


def first_word_compared(counts, context):
    """You compared only the first word of the context. Should `see the` and `see a` share their counts here?"""
    seen = Counter()
    for gram, c in counts.items():
        if gram[:-1][:1] == context[:1]:
            seen[gram[-1]] += c
    return shares(seen)


def first_word_looked_up(counts, context):
    """You compared only the first word of the context, and later n-grams replace earlier ones. Should they meet at all?"""
    return shares({gram[-1]: c for gram, c in counts.items() if gram[:-1][:1] == context[:1]})


def counts_as_they_are(counts, context):
    """These are the counts #(uw). What do they have to be divided by?"""
    return after(counts, context)


def unseen_context_raises(counts, context):
    """A context that was never continued is no key of your dictionary of contexts. What does the question ask for then?"""
    rows = {}
    for gram, c in counts.items():
        rows.setdefault(gram[:-1], Counter())[gram[-1]] += c
    return shares(rows[context])


def nothing_without_context(counts, context):
    """With an empty context you get an empty dictionary. Which tokens are all seen after the context `()`?"""
    return shares(after(counts, context)) if context else {}


mle = [first_word_looked_up, first_word_compared, counts_as_they_are, unseen_context_raises, joint, by_occurrences, by_types,
       all_alike, backwards, whole_ngrams, last_word_only, never_equal, zero_division, nothing_without_context]


# Question 4: two denominators

def pair(text, u, w, above, left, right):
    return (above / left if left else 0.0, above / right if right else 0.0)


def swapped(text, u, w):
    """Your two numbers are exchanged. Which denominator leaves out an occurrence of u at the very end of the text?"""
    return pair(text, u, w, windows(text, 2).count((u, w)), text.count(u), text[:-1].count(u))


def both_occurrences(text, u, w):
    """Your first number has #(u) below the line as well. Can the last word of the text be followed by anything?"""
    return pair(text, u, w, windows(text, 2).count((u, w)), text.count(u), text.count(u))


def round_the_end(text, u, w):
    """With you the last word of the text is followed by the first one. What follows it in truth?"""
    pairs = [(text[i - 1], text[i]) for i in range(len(text))]
    return pair(text, u, w, pairs.count((u, w)), text.count(u), text.count(u))


def both_continued(text, u, w):
    """Your second number has #(u•) below the line as well. Does #(u) leave out the last word of the text?"""
    return pair(text, u, w, windows(text, 2).count((u, w)), text[:-1].count(u), text[:-1].count(u))


def one_occurrence_less(text, u, w):
    """Your first number has #(u) − 1 below the line. Is the last word of the text always u?"""
    return pair(text, u, w, windows(text, 2).count((u, w)), max(text.count(u) - 1, 0), text.count(u))


def by_text_length(text, u, w):
    """You divided by the length of the text or by its number of bigrams. Given u, which of them are relevant?"""
    return pair(text, u, w, windows(text, 2).count((u, w)), max(len(text) - 1, 0), len(text))


def reversed_bigram(text, u, w):
    """You counted the bigrams wu. Which of the two words comes first?"""
    return pair(text, u, w, windows(text, 2).count((w, u)), text[:-1].count(u), text.count(u))


def text_search(text, u, w):
    """How often does `a a a` hold the bigram `a a`, and `this` the word `is`? What does a text search say?"""
    joined = " ".join(text)
    return pair(text, u, w, joined.count(f"{u} {w}"), joined.count(f"{u} "), joined.count(u))


def no_guard(text, u, w):
    """Here a denominator is 0. What does the question say a number is in that case?"""
    above = windows(text, 2).count((u, w))
    return (above / text[:-1].count(u), above / text.count(u))


def occurrences_of_w(text, u, w):
    """Below your second number stands how often w occurs. Which of the two words does #(u) count?"""
    return pair(text, u, w, windows(text, 2).count((u, w)), text[:-1].count(u), text.count(w))


def preceded(text, u, w):
    """Below your first number you leave out a u at the very start of the text. Which end of it has no follower?"""
    return pair(text, u, w, windows(text, 2).count((u, w)), text[1:].count(u), text.count(u))


def other_followers(text, u, w):
    """Below your first number you count the followers other than w. Which followers does #(u•) count?"""
    above = windows(text, 2).count((u, w))
    return pair(text, u, w, above, text[:-1].count(u) - above, text.count(u))


def numbers_of_bigrams(text, u, w):
    """Your numbers are whole: #(uw) itself. What stands below the line?"""
    above = windows(text, 2).count((u, w))
    return (above, above)


two_denominators = [occurrences_of_w, preceded, other_followers, numbers_of_bigrams, swapped, both_occurrences, round_the_end,
                    both_continued, one_occurrence_less, by_text_length, reversed_bigram, text_search, no_guard]


# Question 5: additive smoothing

def no_kv(counts, context, vocabulary, k):
    """You added k to every count above the line. What became of the sum of the counts below it?"""
    seen = after(counts, context)
    total = sum(seen.values())
    return {w: (seen.get(w, 0) + k) / total for w in vocabulary if w != BOS}


def plus_k_once(counts, context, vocabulary, k):
    """You added k to the denominator once. How many words got an extra k above the line?"""
    seen = after(counts, context)
    return {w: (seen.get(w, 0) + k) / (sum(seen.values()) + k) for w in vocabulary if w != BOS}


def plus_v(counts, context, vocabulary, k):
    """You added V − 1 to the denominator, which is right for k = 1. How much was added above the line for this k?"""
    seen = after(counts, context)
    total = sum(seen.values()) + len(vocabulary) - (BOS in vocabulary)
    return {w: (seen.get(w, 0) + k) / total for w in vocabulary if w != BOS}


def bos_in_v(counts, context, vocabulary, k):
    """Your probabilities add up to less than 1. Which token can never come next, and do you count it all the same?"""
    seen = after(counts, context)
    total = sum(seen.values()) + k * len(vocabulary)
    return {w: (seen.get(w, 0) + k) / total for w in vocabulary if w != BOS}


def bos_predicted(counts, context, vocabulary, k):
    """You give `<bos>` a share. Can it ever be the next token?"""
    seen = after(counts, context)
    return {w: (seen.get(w, 0) + k) / (sum(seen.values()) + k * len(vocabulary)) for w in vocabulary}


def k_is_one(counts, context, vocabulary, k):
    """These are the values for k = 1. Where does your function use the k that it was given?"""
    seen = after(counts, context)
    predicted = [w for w in vocabulary if w != BOS]
    return {w: (seen.get(w, 0) + 1) / (sum(seen.values()) + len(predicted)) for w in predicted}


def seen_words_only(counts, context, vocabulary, k):
    """You smoothed only the words that were seen after this context. Who is the added k meant for?"""
    seen = after(counts, context)
    seen = seen or dict.fromkeys((w for w in vocabulary if w != BOS), 0)
    return {w: (c + k) / (sum(seen.values()) + k * len(seen)) for w, c in seen.items()}


def v_after_context(counts, context, vocabulary, k):
    """You added k for each different word seen after this context. How many words got a k above the line?"""
    seen = after(counts, context)
    total = sum(seen.values()) + k * (len(seen) or len(vocabulary) - (BOS in vocabulary))
    return {w: (seen.get(w, 0) + k) / total for w in vocabulary if w != BOS}


def nothing_if_unseen(counts, context, vocabulary, k):
    """After an unseen context #(u•) is 0, but k·(V − 1) is not. What does the formula give for each word?"""
    seen = after(counts, context)
    predicted = [w for w in vocabulary if w != BOS]
    return {w: (seen.get(w, 0) + k) / (sum(seen.values()) + k * len(predicted)) for w in predicted} if seen else {}


def one_less_always(counts, context, vocabulary, k):
    """You took one token less than the vocabulary has. Is `<bos>` in this vocabulary?"""
    seen = after(counts, context)
    total = sum(seen.values()) + k * (len(vocabulary) - 1)
    return {w: (seen.get(w, 0) + k) / total for w in vocabulary if w != BOS}


def only_seen_returned(counts, context, vocabulary, k):
    """Your result holds only the words that were seen after this context. To which words does k give a probability?"""
    seen = after(counts, context)
    total = sum(seen.values()) + k * (len(vocabulary) - (BOS in vocabulary))
    return {w: (c + k) / total for w, c in seen.items()}


def zero_for_unseen_words(counts, context, vocabulary, k):
    """The words that were not seen after the context get 0 from you. Who is the added k meant for?"""
    seen = after(counts, context)
    predicted = [w for w in vocabulary if w != BOS]
    total = sum(seen.values()) + k * len(predicted)
    return {w: (seen[w] + k) / total if w in seen else 0.0 for w in predicted}


def first_token_dropped(counts, context, vocabulary, k):
    """You leave out the first token of the vocabulary. Is it `<bos>`?"""
    seen = after(counts, context)
    predicted = vocabulary[1:] if BOS in vocabulary else vocabulary
    return {w: (seen.get(w, 0) + k) / (sum(seen.values()) + k * len(predicted)) for w in predicted}


additive = [zero_for_unseen_words, first_token_dropped, no_kv, plus_k_once, one_less_always, v_after_context, bos_in_v,
            bos_predicted, k_is_one, plus_v, nothing_if_unseen, seen_words_only, only_seen_returned]


# Question 6: absolute discounting

def discounted(counts, context, lower, d, freed):
    """The discounted shares of the words, plus freed(tokens, types) times the lower-order distribution."""
    seen = after(counts, context)
    total = sum(seen.values())
    if not total:
        return dict(lower)
    return {w: max(seen.get(w, 0) - d, 0) / total + freed(total, len(seen)) * p for w, p in lower.items()}


def mass_lost(counts, context, lower, d):
    """Your probabilities add up to less than 1. What became of the mass that the discount took away?"""
    return discounted(counts, context, lower, d, lambda tokens, types: 0)


def freed_is_d(counts, context, lower, d):
    """You give back D in all. D was taken from every type that was seen; which share of the #(u•) tokens is that?"""
    return discounted(counts, context, lower, d, lambda tokens, types: d)


def discounted_once(counts, context, lower, d):
    """You give back d/#(u•), one discount. From how many different words did you take one?"""
    return discounted(counts, context, lower, d, lambda tokens, types: d / tokens)


def all_types(counts, context, lower, d):
    """You give back one discount for every word that there is. From how many words after this context was D taken?"""
    return discounted(counts, context, lower, d, lambda tokens, types: d * len(lower) / tokens)


def all_ngrams(counts, context, lower, d):
    """You give back one discount for every n-gram in the counts. How many of them begin with this context?"""
    return discounted(counts, context, lower, d, lambda tokens, types: d * len(counts) / tokens)


def unseen_words_get_a_part(counts, context, lower, d):
    """Only unseen words get their part of the freed mass from you, and the rest of it is lost. Who else should get one?"""
    seen = after(counts, context)
    right = discounted(counts, context, lower, d, lambda tokens, types: d * types / tokens)
    return right | {w: (c - d) / sum(seen.values()) for w, c in seen.items()}


def spread_evenly(counts, context, lower, d):
    """You share out the freed mass evenly. Which distribution does the question say it should follow?"""
    even = dict.fromkeys(lower, 1 / len(lower))
    right = discounted(counts, context, even, d, lambda tokens, types: d * types / tokens)
    return right if after(counts, context) else dict(lower)


def unseen_words_only(counts, context, lower, d):
    """You give the freed mass to unseen words only (that is backing off). When interpolating, who else gets a part?"""
    seen = after(counts, context)
    if not seen:
        return dict(lower)
    total, rest = sum(seen.values()), sum(p for w, p in lower.items() if w not in seen) or 1
    return {w: (seen[w] - d) / total if w in seen else d * len(seen) / total * p / rest for w, p in lower.items()}


def undiscounted(counts, context, lower, d):
    """Your probabilities add up to more than 1. Did you take D from the counts before you gave the mass to others?"""
    return discounted(counts, context, lower, d, lambda tokens, types: d * types / tokens) | {
        w: c / sum(after(counts, context).values()) + d * len(after(counts, context))
        / sum(after(counts, context).values()) * lower[w] for w, c in after(counts, context).items()}


def from_probabilities(counts, context, lower, d):
    """You took D from a probability. It is counts that are discounted; do it before you divide."""
    seen = after(counts, context)
    total = sum(seen.values())
    return {w: max(seen.get(w, 0) / total - d, 0) + d * len(seen) / total * p for w, p in lower.items()} \
        if seen else dict(lower)


def unclipped(counts, context, lower, d):
    """You took D from words with a count of 0, too. Can somebody who has nothing give something up?"""
    seen = after(counts, context)
    total = sum(seen.values())
    return {w: (seen.get(w, 0) - d) / total + d * len(seen) / total * p for w, p in lower.items()} \
        if seen else dict(lower)


def empty_if_unseen(counts, context, lower, d):
    """After an unseen context nothing was counted and nothing discounted. Whose prediction is left?"""
    return discounted(counts, context, lower, d, lambda tokens, types: d * types / tokens) \
        if after(counts, context) else {}


def zero_if_unseen(counts, context, lower, d):
    """You divide by #(u•), which is 0 after an unseen context. Whose prediction is left when nothing was counted?"""
    return discounted(counts, context, lower, d, lambda tokens, types: d * types / tokens) \
        if 1 / sum(after(counts, context).values()) else {}


def zeros_if_unseen(counts, context, lower, d):
    """After an unseen context all your probabilities are 0. Whose prediction is left when nothing was counted?"""
    right = discounted(counts, context, lower, d, lambda tokens, types: d * types / tokens)
    return right if after(counts, context) else dict.fromkeys(lower, 0.0)


def seen_words_returned(counts, context, lower, d):
    """Your result lacks the words that were not seen after this context. Among which words is the freed mass shared out?"""
    seen = after(counts, context)
    right = discounted(counts, context, lower, d, lambda tokens, types: d * types / tokens)
    return {w: p for w, p in right.items() if w in seen or not seen}


absolute_discounting = [zeros_if_unseen, seen_words_returned, mass_lost, freed_is_d, discounted_once, all_types, all_ngrams,
                        spread_evenly, unseen_words_only, unseen_words_get_a_part, undiscounted, unclipped, from_probabilities,
                        empty_if_unseen, zero_if_unseen]


# Question 7: continuation probabilities

def tokens_not_types(bigram_counts):
    """You counted how often each word occurs. After how many different words does it occur?"""
    amounts = Counter()
    for (_, w), c in bigram_counts.items():
        amounts[w] += c
    return shares(amounts)


def right_neighbours(bigram_counts):
    """You counted the different words that follow. Which side of the word asks whether it fits a new context?"""
    return shares(Counter(u for u, _ in bigram_counts))


def without_bos(bigram_counts):
    """You left out the bigrams that begin with `<bos>`. Is the start of a text not a context like any other?"""
    return shares(Counter(w for u, w in bigram_counts if u != BOS))


def bos_missing_above(bigram_counts):
    """Above the line you leave out `<bos>` as a left neighbour, below it you do not. Is a start a place like any other?"""
    amounts = Counter(w for u, w in bigram_counts if u != BOS)
    return {w: c / len(bigram_counts) for w, c in amounts.items()}


def without_eos(bigram_counts):
    """You left out `<eos>`. Is it not predicted like any other token?"""
    return shares(Counter(w for _, w in bigram_counts if w != EOS))


def divided_by_tokens(bigram_counts):
    """Your shares add up to less than 1. You count types above the line; what do you count below it?"""
    return {w: c / sum(bigram_counts.values()) for w, c in Counter(w for _, w in bigram_counts).items()}


def divided_by_words(bigram_counts):
    """You divided by the number of words. How many different bigrams are shared out among them?"""
    amounts = Counter(w for _, w in bigram_counts)
    return {w: c / len(amounts) for w, c in amounts.items()}


def not_shares(bigram_counts):
    """These are the numbers of different left neighbours. How do they become probabilities?"""
    return dict(Counter(w for _, w in bigram_counts))


def own_neighbour_left_out(bigram_counts):
    """You leave out the bigrams of a word with itself. Can a word not stand before itself?"""
    return shares(Counter(w for u, w in bigram_counts if u != w))


continuation_probabilities = [own_neighbour_left_out, not_shares, tokens_not_types, right_neighbours, without_bos,
                              bos_missing_above, without_eos, divided_by_tokens, divided_by_words]


# Question 8: perplexity

def scores(text, table, n, start=None):
    """Probabilities of all tokens of a text and of the EOS after it; 0 where the table has none."""
    start = [BOS] * (n - 1) if start is None else start
    return [table.get(gram[:-1], {}).get(gram[-1], 0.0) for gram in windows(start + text + [EOS], n)]


def surprise(probabilities):
    return math.inf if 0 in probabilities else -math.fsum(map(math.log, probabilities))


def all_scores(texts, table, n):
    return [p for text in texts for p in scores(text, table, n)]


def power(base, exponent):
    return float(base ** exponent) if exponent < 700 else math.inf


def not_raised(texts, table, n):
    """This is the cross-entropy in nats. How does a perplexity come from it?"""
    return surprise(all_scores(texts, table, n)) / len(all_scores(texts, table, n))


def two_to_the_nats(texts, table, n):
    """You raised 2 to a number of nats. Which base belongs to the logarithm that you used?"""
    return power(2, not_raised(texts, table, n))


def e_to_the_bits(texts, table, n):
    """You raised e to a number of bits. Which base belongs to the logarithm that you used?"""
    return power(math.e, not_raised(texts, table, n) / math.log(2))


def not_averaged(texts, table, n):
    """You took the surprise of the whole corpus. Perplexity is per token: over how many do you have to average?"""
    return power(math.e, surprise(all_scores(texts, table, n)))


def product_too_small(texts, table, n):
    """Nothing impossible happened here. What becomes of a product of thousands of numbers below 1 in a computer?"""
    told = all_scores(texts, table, n)
    product = math.prod(told)
    return product ** (-1 / len(told)) if product else math.inf


def product_inverted(texts, table, n):
    """You divide by 0 here. Did something impossible happen, or did you multiply very many factors?"""
    told = all_scores(texts, table, n)
    return (1 / math.prod(told)) ** (1 / len(told))


def without_the_end(texts, table, n):
    """You left the ends of the texts out. Does the model not have to predict that a text stops, too?"""
    told = [p for text in texts for p in scores(text, table, n)[:-1]]
    return power(math.e, surprise(told) / len(told)) if told else 1.0


def end_not_counted(texts, table, n):
    """You score every `<eos>`, but do not count it among the tokens. How many predictions did the model make?"""
    return power(math.e, surprise(all_scores(texts, table, n)) / (sum(map(len, texts)) or 1))


def padding_counted(texts, table, n):
    """You count `<bos>` among the tokens. Was it ever predicted?"""
    tokens = sum(len(text) + n for text in texts)
    return power(math.e, surprise(all_scores(texts, table, n)) / tokens)


def mean_of_perplexities(texts, table, n):
    """You averaged the perplexities of the texts. Should a token of a short text weigh more than one of a long text?"""
    each = [scores(text, table, n) for text in texts]
    return sum(power(math.e, surprise(told) / len(told)) for told in each) / len(each)


def inverse_mean(texts, table, n):
    """You averaged the probabilities and inverted the mean. Which mean does a product of probabilities ask for?"""
    told = all_scores(texts, table, n)
    return len(told) / sum(told) if sum(told) else math.inf


def mean_inverse(texts, table, n):
    """You averaged 1/p. Which mean does a product of probabilities ask for: arithmetic or geometric?"""
    told = all_scores(texts, table, n)
    return math.inf if 0 in told else sum(1 / p for p in told) / len(told)


def impossible_skipped(texts, table, n):
    """You left out tokens of probability 0. How surprised is a model by something that it thought impossible?"""
    told = [p for p in all_scores(texts, table, n) if p]
    return power(math.e, surprise(told) / max(len(told), 1))


def log_of_zero(texts, table, n):
    """`math.log(0)` raises an error. Which perplexity belongs to a text that the model thinks impossible?"""
    told = [math.log(p) for p in all_scores(texts, table, n)]
    return math.exp(-sum(told) / len(told))


def key_must_exist(texts, table, n):
    """A context or word that the table does not hold raises a KeyError. Which probability does the question give it?"""
    told = [table[gram[:-1]][gram[-1]] for text in texts for gram in windows([BOS] * (n - 1) + text + [EOS], n)]
    return math.inf if 0 in told else power(math.e, surprise(told) / len(told))


def one_bos_scored(texts, table, n):
    """Each text seems to begin with one `<bos>` for every n. How many does the first prediction need?"""
    told = [p for text in texts for p in scores(text, table, n, start=[BOS][:n - 1])]
    return power(math.e, surprise(told) / len(told))


def borders_ignored(texts, table, n):
    """You scored the texts as if they were one. Is a first token predicted from the end of the text before?"""
    told = scores([token for text in texts for token in text], table, n)
    return power(math.e, surprise(told) / len(told))


def all_history_at_order_one(texts, table, n):
    """For n = 1 the context is empty. What does the slice `[-(n - 1):]` give when n − 1 is 0?"""
    return math.inf if n == 1 and any(texts) else power(math.e, not_raised(texts, table, n))


def last_token_scored(texts, table, n):
    """You look up the last token alone. How many tokens does the context of an n-gram hold?"""
    told = [table.get(gram[:-1][-1:], {}).get(gram[-1], 0.0) for text in texts
            for gram in windows([BOS] * (n - 1) + text + [EOS], n)]
    return power(math.e, surprise(told) / len(told))


def exponent_without_minus(texts, table, n):
    """Your result is below 1. Which sign has the mean of the logarithms, and which one belongs in the exponent?"""
    return power(math.e, -not_raised(texts, table, n))


def base_ten(texts, table, n):
    """You raised 10 to a number of nats. Which base belongs to the logarithm that you used?"""
    return power(10, not_raised(texts, table, n))


perplexity = [last_token_scored, exponent_without_minus, base_ten, not_raised, two_to_the_nats, e_to_the_bits,
              mean_of_perplexities, without_the_end, end_not_counted, padding_counted, one_bos_scored, product_too_small,
              product_inverted, not_averaged, inverse_mean, mean_inverse, borders_ignored, all_history_at_order_one,
              impossible_skipped, log_of_zero, key_must_exist]


# Question 9: generation

def possible(weights, order=sorted):
    return [w for w in order(weights) if weights[w] > 0]


def walk(table, n, uniforms, order=possible, closed=False, context=None, *, stop):
    """Inverse-CDF sampling with one thing done differently. context: (start and drawn tokens, n) -> the context."""
    context = context or (lambda told, n: tuple(told[len(told) - n + 1:]))
    told = [BOS] * (n - 1)
    for u in uniforms:
        weights = table[context(told, n)]
        total = 0.0
        for w in order(weights):
            total += weights[w]
            if u < total or (closed and u == total):
                break
        told.append(w)
        if stop and w == EOS:
            break
    return told[n - 1:]


def most_probable(table, n, uniforms):
    """You always take the most probable word. What is the uniform number for?"""
    text = []
    while len(text) < len(uniforms) and text[-1:] != [EOS]:
        weights = table[tuple(([BOS] * (n - 1) + text)[len(text):])]
        text.append(max(sorted(weights), key=weights.get))
    return text


def in_table_order(table, n, uniforms):
    """You went through the words in the order of the dictionary. Which order does the question ask for?"""
    return walk(table, n, uniforms, order=lambda weights: possible(weights, list), stop=True)


def by_probability(table, n, uniforms):
    """You went through the words from likely to unlikely. Which order does the question ask for?"""
    return walk(table, n, uniforms, order=lambda weights: sorted(possible(weights), key=lambda w: (-weights[w], w)), stop=True)


def closed_interval(table, n, uniforms):
    """Here u lies exactly on a border between two words. Which of them owns it by the rule of the question?"""
    return walk(table, n, uniforms, closed=True, stop=True)


def one_bos_walk(table, n, uniforms):
    """The very first context should hold n − 1 times `<bos>`. What do you look up before the first draw?"""
    start = [BOS][:n - 1]
    return walk(table, n, uniforms, stop=True,
                context=lambda told, n: tuple((start + told[n - 1:])[-(n - 1):]) if n > 1 else ())


def no_bos_walk(table, n, uniforms):
    """Your first context is empty. Which n − 1 tokens stand before the first token of a text?"""
    return walk(table, n, uniforms, context=lambda told, n: tuple(told[n - 1:][-(n - 1):]) if n > 1 else (), stop=True)


def last_word_walk(table, n, uniforms):
    """You look up the last token only. How many tokens does an n-gram model look back on?"""
    return walk(table, n, uniforms, context=lambda told, n: tuple(told[-1:]) if n > 1 else (), stop=True)


def one_token_too_many(table, n, uniforms):
    """Your contexts grow to n tokens. If an n-gram has n tokens, how many are left for its context?"""
    return walk(table, n, uniforms, context=lambda told, n: tuple(told[-n:]), stop=True)


def all_told_at_order_one(table, n, uniforms):
    """For n = 1 the context is empty. What does the slice `[-(n - 1):]` give when n − 1 is 0?"""
    return walk(table, n, uniforms, context=lambda told, n: tuple(told[-(n - 1):]), stop=True)


def none_past_the_end(table, n, uniforms):
    """Rounding left u above the last sum, and you drew None. Which word does the rule ask for?"""
    text = []
    for u in uniforms:
        weights = table[tuple(([BOS] * (n - 1) + text)[len(text):])]
        total, drawn = 0.0, None
        for w in sorted(weights):
            total += weights[w]
            if total > u:
                drawn = w
                break
        text.append(drawn)
        if drawn in (EOS, None):
            break
    return text


def regardless_of_capitals(table, n, uniforms):
    """You sorted without regard to capitals. In which order does Python's `sorted` put `b` and `C`?"""
    return walk(table, n, uniforms, order=lambda weights: sorted(possible(weights), key=str.lower), stop=True)


def in_reverse(table, n, uniforms):
    """You draw as if the alphabet began at its end, or u were measured from there. Which word owns the smallest u?"""
    return walk(table, n, uniforms, order=lambda weights: sorted(possible(weights), reverse=True), stop=True)


def numbers_from_the_end(table, n, uniforms):
    """You used the numbers from last to first. Which one belongs to the first draw?"""
    return walk(table, n, uniforms[::-1], stop=True)


def runs_out_of_numbers(table, n, uniforms):
    """You ask for one number more than there are. What ends a text that has not come to its `<eos>`?"""
    text = walk(table, n, uniforms, stop=True)
    return text if text[-1:] == [EOS] else [*text, uniforms[len(text)]]


def at_least_one_draw(table, n, uniforms):
    """You draw before you look whether there is a number. Which text do you get from an empty list?"""
    return walk(table, n, [uniforms[0], *uniforms[1:]], stop=True)


def impossible_last_word(table, n, uniforms):
    """Rounding left u above the last sum, and you took a word of probability 0. Which word does the rule ask for?"""
    return walk(table, n, uniforms, order=sorted, stop=True)


def never_stops(table, n, uniforms):
    """Your text goes on after `<eos>`. What does drawing `<eos>` mean?"""
    return walk(table, n, uniforms, stop=False)


def whole_history(table, n, uniforms):
    """You look up everything drawn so far. How many tokens does an n-gram model remember?"""
    return walk(table, n, uniforms, context=lambda told, n: tuple(told), stop=True)


def start_context_only(table, n, uniforms):
    """You draw every word as if it were the first. Which context does the second draw have?"""
    return walk(table, n, uniforms, context=lambda told, n: (BOS,) * (n - 1), stop=True)


def one_number_for_all(table, n, uniforms):
    """Every draw uses the same uniform number. Which one belongs to draw number i?"""
    return walk(table, n, uniforms[:1] * len(uniforms), stop=True)


def end_left_out(table, n, uniforms):
    """A text that came to its end should show it. What does the question say about `<eos>` in the result?"""
    return [token for token in walk(table, n, uniforms, stop=True) if token != EOS]


def start_kept(table, n, uniforms):
    """Your result begins with the padding. Was `<bos>` drawn?"""
    return [BOS] * (n - 1) + walk(table, n, uniforms, stop=True)


def longest_context_found(table, n, uniforms):
    """You look up the longest context that the table holds. How many tokens does an n-gram model look back on?"""
    return walk(table, n, uniforms, stop=True, context=lambda told, n: next(
        tuple(told[i:]) for i in range(len(told) + 1) if tuple(told[i:]) in table))


generate = [none_past_the_end, regardless_of_capitals, in_reverse, numbers_from_the_end, most_probable, in_table_order,
            by_probability, closed_interval, one_bos_walk, no_bos_walk, last_word_walk, all_told_at_order_one,
            one_token_too_many, whole_history, at_least_one_draw, runs_out_of_numbers, impossible_last_word, never_stops,
            start_context_only, one_number_for_all, end_left_out, start_kept, longest_context_found]


# Question 10: interpolated Kneser–Ney of any order

def levels(texts, n):
    """Counts of order n, then of n − 1 … 1: different left neighbours."""
    out = [Counter(gram for text in texts for gram in windows([BOS] * (n - 1) + text + [EOS], n))]
    while len(out) < n:
        out.append(Counter(gram[1:] for gram in out[-1]))
    return out


def interpolate(counts, context, discount, shorten=lambda context: context[1:], keep=1, base=shares):
    """Recursion over ``counts``, one dictionary an order, highest first; ``keep``: how much mass is given back."""
    seen = after(counts[0], context)
    if not context:
        return base(seen)
    lower = interpolate(counts[1:], shorten(context), discount, shorten, keep, base)
    total = sum(seen.values())
    freed = keep * discount * len(seen) / total if total else 1
    return {w: (max(seen.get(w, 0) - discount, 0) / total if total else 0) + freed * p for w, p in lower.items()}


def tokens_at_every_order(texts, n, context, discount):
    """Your lower orders count how often n-grams occur. What do Kneser and Ney count there?"""
    counts = [Counter(gram for text in texts for gram in windows([BOS] * (m - 1) + text + [EOS], m))
              for m in range(n, 0, -1)]
    return interpolate(counts, context, discount)


def types_at_every_order(texts, n, context, discount):
    """Your highest order counts types as well. Which counts does it keep?"""
    first, *rest = levels(texts, n)
    return interpolate([Counter(set(first)), *rest], context, discount)


def padded_counts(texts, m, n):
    """How often each m-gram that ends in a predicted token occurs in texts padded for order n."""
    return Counter(gram[n - m:] for text in texts for gram in windows([BOS] * (n - 1) + text + [EOS], n))


def types_at_order_one(texts, n, context, discount):
    """For n = 1 you count left neighbours. Which order is the highest one here, and which counts does it keep?"""
    counts = levels(texts, 2)[1:] if n == 1 else levels(texts, n)
    return interpolate(counts, context, discount)


def plain_counts_after_bos(texts, n, context, discount):
    """At a lower order you count how often an n-gram with `<bos>` in front occurs. How many tokens stand before it?"""
    first, *rest = levels(texts, n)
    rest = [Counter({g: padded_counts(texts, len(g), n)[g] if g[0] == BOS else c for g, c in level.items()})
            for level in rest]
    return interpolate([first, *rest], context, discount)


def types_at_the_bottom_only(texts, n, context, discount):
    """You count left neighbours for single words only. What about the orders between these and the highest one?"""
    counts = [padded_counts(texts, m, n) for m in range(n, 1, -1)]
    return interpolate([*counts, levels(texts, n)[-1]], context, discount)


def bos_among_words(texts, n, context, discount):
    """Your `<bos>` has counts of its own, because the padding holds `<bos>` after `<bos>`. Is it ever predicted?"""
    padded = [[BOS] * (n - 1) + text + [EOS] for text in texts]
    counts = [Counter(gram[1:] for gram in {gram for text in padded for gram in windows(text, m + 1)})
              for m in range(n - 1, 0, -1)]
    distribution = interpolate([levels(texts, n)[0], *counts], context, discount)
    return {w: p for w, p in distribution.items() if w != BOS}


def lost_on_the_way(texts, n, context, discount):
    """Your probabilities add up to less than 1. At which orders is the freed mass given back?"""
    return interpolate(levels(texts, n), context, discount, keep=0)


def straight_to_words(texts, n, context, discount):
    """From order n you went straight to single words. Which orders lie in between?"""
    counts = levels(texts, n)
    if n == 1:
        return interpolate(counts, context, discount)
    words = interpolate(counts[-1:], (), discount)
    return interpolate([counts[0], Counter({(w,): p for w, p in words.items()})], context, discount,
                       shorten=lambda context: ())


def nearest_word_dropped(texts, n, context, discount):
    """You shortened the context at the wrong end. Which of its words stands furthest from the prediction?"""
    return interpolate(levels(texts, n), context, discount, shorten=lambda context: context[:-1])


def uniform_words(texts, n, context, discount):
    """At the lowest order all words are alike for you. In how many contexts has each one been seen?"""
    return interpolate(levels(texts, n), context, discount, base=lambda seen: dict.fromkeys(seen, 1 / len(seen)))


def empty_after_unseen(texts, n, context, discount):
    """An unseen context leaves the whole decision to the next shorter one. What does your function give there?"""
    counts = levels(texts, n)
    return interpolate(counts, context, discount) if after(counts[0], context) or n == 1 else {}


def unguarded(texts, n, context, discount):
    """After an unseen context #(u•) is 0, and you divide by it. Who decides where nothing was counted?"""
    counts = levels(texts, n)
    return interpolate(counts, context, discount) if n == 1 or 1 / sum(after(counts[0], context).values()) else {}


def discounted_at_the_bottom(texts, n, context, discount):
    """You take the discount from single words as well. What does the question say about an empty context?"""
    return interpolate(levels(texts, n), context, discount,
                       base=lambda seen: {w: max(c - discount, 0) / sum(seen.values()) for w, c in seen.items()})


def one_discount_given_back(texts, n, context, discount):
    """You give back D / c(u•), one discount. From how many words was one taken?"""
    def p(counts, context):
        seen = after(counts[0], context)
        if not context:
            return shares(seen)
        lower, total = p(counts[1:], context[1:]), sum(seen.values())
        if not total:
            return lower
        return {w: max(seen.get(w, 0) - discount, 0) / total + discount / total * q for w, q in lower.items()}
    return p(levels(texts, n), context)


def uniform_after_unseen(texts, n, context, discount):
    """After an unseen context all words are alike for you. Who decides where nothing was counted?"""
    def p(counts, context):
        seen = after(counts[0], context)
        if not context:
            return shares(seen)
        lower, total = p(counts[1:], context[1:]), sum(seen.values())
        if not total:
            return dict.fromkeys(lower, 1 / len(lower))
        freed = discount * len(seen) / total
        return {w: max(seen.get(w, 0) - discount, 0) / total + freed * q for w, q in lower.items()}
    return p(levels(texts, n), context)


def words_after_unseen(texts, n, context, discount):
    """After an unseen context you go straight to single words. Which shorter context comes next?"""
    def p(counts, context):
        seen = after(counts[0], context)
        if not context:
            return shares(seen)
        total = sum(seen.values())
        if not total:
            return p(counts[-1:], ())
        lower, freed = p(counts[1:], context[1:]), discount * len(seen) / total
        return {w: max(seen.get(w, 0) - discount, 0) / total + freed * q for w, q in lower.items()}
    return p(levels(texts, n), context)


def starts_told_apart(texts, n, context, discount):
    """You count the start of every text as a neighbour of its own. How many different tokens is `<bos>`?"""
    counts = [levels(texts, n)[0]]
    padded = [[(BOS, i)] * (n - 1) + text + [EOS] for i, text in enumerate(texts)]
    for m in range(n - 1, 0, -1):
        seen = {gram for text in padded for gram in windows(text, m + 1) if not isinstance(gram[-1], tuple)}
        plain = [tuple(w[0] if isinstance(w, tuple) else w for w in gram[1:]) for gram in seen]
        counts.append(Counter(plain))
    return interpolate(counts, context, discount)


def padded_order_by_order(texts, n, context, discount):
    """You pad the texts anew for every order, so at lower orders nothing stands before a text's first n-gram. What should?"""
    counts = [levels(texts, n)[0]]
    for m in range(n - 1, 0, -1):
        padded = [[BOS] * (m - 1) + text + [EOS] for text in texts]
        counts.append(Counter(gram[1:] for gram in {gram for text in padded for gram in windows(text, m + 1)}))
    words = {(w,): 0 for text in texts for w in [*text, EOS]}  # some have no left neighbour then
    return interpolate([*counts[:-1], words | counts[-1]], context, discount)


def top_order_discounted(texts, n, context, discount):
    """You discount at the highest order only. At which orders does the question take D from the counts?"""
    def p(counts, context, d):
        seen = after(counts[0], context)
        if not context:
            return shares(seen)
        lower, total = p(counts[1:], context[1:], 0), sum(seen.values())
        freed = d * len(seen) / total if total else 1
        return {w: (max(seen.get(w, 0) - d, 0) / total if total else 0) + freed * q for w, q in lower.items()}
    return p(levels(texts, n), context, discount)


def bos_in_the_result(texts, n, context, discount):
    """Your result has the key `<bos>`. Can it ever be the next token?"""
    return {BOS: 0.0} | interpolate(levels(texts, n), context, discount)


def plain_words_at_the_bottom(texts, n, context, discount):
    """At the bottom you count how often words occur. What does the question count at every order below the highest?"""
    *higher, _ = levels(texts, n)
    return interpolate([*higher, padded_counts(texts, 1, n)], context, discount)


kneser_ney = [discounted_at_the_bottom, one_discount_given_back, uniform_after_unseen, words_after_unseen, starts_told_apart,
              padded_order_by_order, top_order_discounted, bos_in_the_result, tokens_at_every_order, types_at_every_order,
              types_at_order_one, plain_counts_after_bos, types_at_the_bottom_only, bos_among_words, lost_on_the_way,
              straight_to_words, nearest_word_dropped, uniform_words, empty_after_unseen, unguarded, plain_words_at_the_bottom]
