"""Wrong answers that students really write for unit 00; each docstring is the hint they get."""

import numpy as np

BOS, EOS = "<bos>", "<eos>"


# --- Question 1 -------------------------------------------------------------------------------------------------------

def text_as_it_came(text):
    """You give the text back as it came. Which two marks should stand around it?"""
    return list(text)


def no_beginning(text):
    """Your list ends with `<eos>`. What should stand before the first word?"""
    return [*text, EOS]


def no_end(text):
    """Your list starts with `<bos>`. What should stand after the last word?"""
    return [BOS, *text]


def list_in_a_list(text):
    """Your list holds the whole text as one item. How do you put the items of a list into another list?"""
    return [BOS, text, EOS]


def one_string(text):
    """You built one string. What does the question say about the type of the result?"""
    return " ".join([BOS, *text, EOS])


def marks_put_into_the_argument(text):
    """Your result is right, but `insert` and `append` change the list that was passed. Who else may still be using it?"""
    text.insert(0, BOS)
    text.append(EOS)
    return text


with_marks = [text_as_it_came, no_beginning, no_end, list_in_a_list, one_string, marks_put_into_the_argument]


# --- Question 2 -------------------------------------------------------------------------------------------------------

def forgot_keepdims(counts):
    """Which shape do your sums have? Lined up from the right they lie along columns. What keeps the summed axis in place?"""
    return counts / counts.sum(axis=1)


def columns_divided(counts):
    """Your columns sum to 1. Which axis has to disappear in the sum, so that one number is left for each row?"""
    return counts / counts.sum(axis=0)


def whole_table_divided(counts):
    """All your entries together sum to 1. Over how much of the table does `sum()` without an axis go?"""
    return counts / counts.sum()


def whole_numbers_only(counts):
    """Your result holds whole numbers only. Did you divide with `//`, or write fractions into an array of integers?"""
    return counts // counts.sum(axis=1, keepdims=True)


def divided_by_the_largest(counts):
    """The largest entry of each of your rows is 1. By what should a row be divided so that it sums to 1?"""
    return counts / counts.max(axis=1, keepdims=True)


row_distributions = [whole_numbers_only, forgot_keepdims, columns_divided, whole_table_divided, divided_by_the_largest]


# --- Question 3 -------------------------------------------------------------------------------------------------------

def rows_are_keys(queries, keys):
    """Your rows are the keys and your columns the queries. Which of the two stands first in the shape that was asked for?"""
    return keys[:, None] <= queries[None, :]


def strictly_before(queries, keys):
    """In your table a word may not look at its own position. What does "at most" say about equal positions?"""
    return keys[None, :] < queries[:, None]


def looks_ahead(queries, keys):
    """In your table a word sees what comes after it. On which side of the comparison does the key belong?"""
    return keys[None, :] >= queries[:, None]


def entry_by_entry(queries, keys):
    """You compare the first with the first, the second with the second. Which axis does each array lack for all pairs?"""
    return keys <= queries


def ones_and_zeros(queries, keys):
    """Your table holds numbers. Which dtype does a comparison give by itself, and which one was asked for?"""
    return (keys[None, :] <= queries[:, None]).astype(int)


def ones_and_zeros_as_floats(queries, keys):
    """Your table was filled with floats, 1.0 and 0.0. Which dtype was asked for?"""
    return (keys[None, :] <= queries[:, None]).astype(float)


may_see = [ones_and_zeros, ones_and_zeros_as_floats, rows_are_keys, strictly_before, looks_ahead, entry_by_entry]


# --- Question 4 -------------------------------------------------------------------------------------------------------

def writes_into_the_argument(scores, allowed):
    """Your result is right, but it was written into the array that was passed. Are `scores[:]` and `np.asarray` copies?"""
    out = np.asarray(scores, dtype=float)
    out[~allowed] = -np.inf
    return out


def integers_without_infinity(scores, allowed):
    """An array of integers has no place for infinity, and a copy of it is one as well. What does your result need?"""
    out = scores.copy()
    out[~allowed] = -np.inf
    return out


def zero_in_place_of_minus_infinity(scores, allowed):
    """A place that is not allowed has the score 0 with you, and so beats every negative score. Which score always loses?"""
    return np.where(allowed, scores, 0.0)


def the_allowed_are_forbidden(scores, allowed):
    """You put minus infinity exactly where looking is allowed. What does True stand for?"""
    return np.where(allowed, -np.inf, scores)


def very_negative(scores, allowed):
    """Your number is very negative, but not minus infinity. Is there a score that it does not lie below?"""
    return np.where(allowed, scores, -1e9)


def zero_times_infinity(scores, allowed):
    """You multiply infinity with a mask of zeros and ones. What is 0 times infinity?"""
    return scores + ~allowed * -np.inf


masked = [integers_without_infinity, zero_in_place_of_minus_infinity, the_allowed_are_forbidden, very_negative,
          zero_times_infinity, writes_into_the_argument]


# --- Question 5 -------------------------------------------------------------------------------------------------------

def rest_left_out(n, size):
    """`//` rounds down. What happens to the texts that do not fill a whole batch?"""
    return n // size


def always_one_more(n, size):
    """You always add a batch for the rest. What if there is no rest?"""
    return n // size + 1


def a_float(n, size):
    """Your number of batches is a float. Which type does `np.ceil` give, and which one was asked for?"""
    return float(np.ceil(n / size))


def through_a_float(n, size):
    """Right for small numbers. How many digits does a float like `n / size` keep?"""
    return int(np.ceil(n / size))


batches = [through_a_float, a_float, rest_left_out, always_one_more]


# --- Question 6 -------------------------------------------------------------------------------------------------------

def a_new_generator_for_every_throw(seed, n, p):
    """All your throws come out alike. What does a generator draw first, if a new one with the same seed is made each time?"""
    return np.array([np.random.default_rng(seed).random() < p for _ in range(n)])


def seed_not_used(seed, n, p):
    """Another seed gives the same throws. Where does your generator get its seed from?"""
    return np.random.default_rng(0).random(n) < p


def the_old_global_generator(seed, n, p):
    """These are the numbers of `np.random.seed` and `np.random.rand`. Which generator does the question ask for?"""
    return np.random.RandomState(seed % 2**32).random_sample(n) < p


def tails(seed, n, p):
    """Your coin shows heads with probability 1 − `p`. On which side of `p` does the float have to lie?"""
    return np.random.default_rng(seed).random(n) >= p


def floats_not_compared(seed, n, p):
    """Your result holds the random floats themselves. What makes heads or tails of a float?"""
    return np.random.default_rng(seed).random(n)


def throws_as_numbers(seed, n, p):
    """Your throws are ones and zeros. Which dtype was asked for?"""
    return (np.random.default_rng(seed).random(n) < p).astype(int)


def always_a_fair_coin(seed, n, p):
    """Your coin is always fair. Where does `p` come in?"""
    return np.random.default_rng(seed).random(n) < 0.5


heads = [throws_as_numbers, floats_not_compared, a_new_generator_for_every_throw, seed_not_used, the_old_global_generator,
         tails, always_a_fair_coin]


# --- Question 7 -------------------------------------------------------------------------------------------------------

def exactly_one(p):
    """You ask whether the sum is 1. What does 0.7 + 0.2 + 0.1 give in floating point?"""
    return bool((p >= 0).all() and p.sum() == 1)


def negative_entries_pass(p):
    """Your entries sum to 1, but what about an entry of −0.5? Is that a probability?"""
    return bool(abs(p.sum() - 1) <= 1e-9)


def below_one_passes(p):
    """A sum far below 1 passes. What is the sign of `sum - 1` then?"""
    return bool((p >= 0).all() and p.sum() - 1 <= 1e-9)


def too_generous(p):
    """Your sum may be off by more than was asked. Which tolerances does `np.isclose` take when you name none?"""
    return bool((p >= 0).all() and np.isclose(p.sum(), 1))


def zero_refused(p):
    """You refuse an entry of 0. Can a probability be 0?"""
    return bool((p > 0).all() and abs(p.sum() - 1) <= 1e-9)


def nan_passes(p):
    """An array with `nan` passes. Every comparison with `nan` is False: do you ask what is right, or what is wrong?"""
    return not (p < 0).any() and not abs(p.sum() - 1) > 1e-9


is_distribution = [exactly_one, negative_entries_pass, below_one_passes, too_generous, zero_refused, nan_passes]
