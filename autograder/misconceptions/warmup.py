"""Known mistakes in unit 00; each docstring is the hint."""

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


def marks_exchanged(text):
    """`<eos>` stands in front and `<bos>` behind. Which of the two marks is the beginning of a sequence?"""
    return [EOS, *text, BOS]


def a_tuple(text):
    """Your result is a tuple. Which type does the question ask for?"""
    return (BOS, *text, EOS)


def list_in_a_list(text):
    """Your list holds the whole text as one item. How do you put the items of a list into another list?"""
    return [BOS, text, EOS]


def one_string(text):
    """You built one string. What does the question say about the type of the result?"""
    return " ".join([BOS, *text, EOS])


def no_marks_around_nothing(text):
    """A text without words comes back without its two marks. Does the question make an exception for it?"""
    return [BOS, *text, EOS] if text else []


def marks_put_into_the_argument(text):
    """Your result is right, but the list that was passed is no longer what it was. Who else may still be using it?"""
    text.insert(0, BOS)
    text.append(EOS)
    return text


with_marks = [marks_exchanged, a_tuple, text_as_it_came, no_beginning, no_end, list_in_a_list, one_string,
              no_marks_around_nothing, marks_put_into_the_argument]


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


def exponentials_divided(counts):
    """Your rows sum to 1, but you divided exponentials. What is to be divided by the sum of a row?"""
    weights = np.exp(counts - counts.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def fractions_in_float32(counts):
    """Your fractions are right to the seven digits of float32. Which dtype do the conventions at the top ask for?"""
    return (counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)


def rounded_to_two_places(counts):
    """Your fractions have two decimal places. Does the question ask for rounded numbers, and what do your rows sum to?"""
    return np.round(counts / counts.sum(axis=1, keepdims=True), 2)


row_distributions = [exponentials_divided, whole_numbers_only, forgot_keepdims, columns_divided, whole_table_divided,
                     divided_by_the_largest, fractions_in_float32, rounded_to_two_places]


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


def both_in_a_column(queries, keys):
    """Your result is one column: the first is compared with the first. Which axis should each array lie along for all pairs?"""
    return keys[:, None] <= queries[:, None]


def both_in_a_row(queries, keys):
    """Your result is one row: the first is compared with the first. Which axis should each array lie along for all pairs?"""
    return keys[None, :] <= queries[None, :]


def a_triangle(queries, keys):
    """Your table is True on and below its diagonal. Are the positions always 0, 1, 2, … in this order?"""
    return np.tril(np.ones((len(queries), len(keys)), dtype=bool))


def ones_and_zeros(queries, keys):
    """Your table holds numbers. Which dtype does a comparison give by itself, and which one was asked for?"""
    return (keys[None, :] <= queries[:, None]).astype(int)


def ones_and_zeros_as_floats(queries, keys):
    """Your table was filled with floats, 1.0 and 0.0. Which dtype was asked for?"""
    return (keys[None, :] <= queries[:, None]).astype(float)


def positions_sorted(queries, keys):
    """This is the table of the sorted positions. Positions come in any order: which word does row i stand for?"""
    return np.sort(keys)[None, :] <= np.sort(queries)[:, None]


def queries_sorted(queries, keys):
    """Your rows are in the order of the sorted positions. Which query does row i belong to?"""
    return keys[None, :] <= np.sort(queries)[:, None]


def keys_sorted(queries, keys):
    """Your columns are in the order of the sorted positions. Which key does column j belong to?"""
    return np.sort(keys)[None, :] <= queries[:, None]


may_see = [ones_and_zeros, ones_and_zeros_as_floats, rows_are_keys, strictly_before, looks_ahead, entry_by_entry,
           both_in_a_column, both_in_a_row, a_triangle, positions_sorted, queries_sorted, keys_sorted]


# --- Question 4 -------------------------------------------------------------------------------------------------------

def writes_into_the_argument(scores, allowed):
    """Your result is right, but an array that was passed is no longer what it was. Which of your lines write, and into what?"""
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
    """Minus a billion is very negative, but not minus infinity. Is there a score that it does not lie below?"""
    return np.where(allowed, scores, -1e9)


def very_very_negative(scores, allowed):
    """−10³⁰ is very negative, but not minus infinity. Is there a score that it does not lie below?"""
    return np.where(allowed, scores, -1e30)


def most_negative(scores, allowed):
    """The most negative float is still a finite number. Which value was asked for?"""
    return np.where(allowed, scores, np.finfo(float).min)


def scores_in_float32(scores, allowed):
    """Your scores are right to the seven digits of float32. Which dtype do the conventions at the top ask for?"""
    return np.where(allowed, scores, -np.inf).astype(np.float32)


def along_one_axis(scores, allowed):
    """Right for an array with one axis. What does your code meet where there are two?"""
    return np.array([score if may else -np.inf for score, may in zip(scores, allowed, strict=True)], dtype=float)


def times_infinity(scores, allowed):
    """You multiply by minus infinity. What becomes of a negative score then, and what of 0?"""
    return scores * np.where(allowed, 1.0, -np.inf)


def zero_times_infinity(scores, allowed):
    """Where looking is allowed, your score is `nan`. What is 0 times infinity?"""
    return scores + ~allowed * -np.inf


def zero_means_forbidden(scores, allowed):
    """A score of 0 becomes minus infinity with you, though looking is allowed there. Which array says what is allowed?"""
    return np.where(allowed & (scores != 0), scores, -np.inf)


masked = [times_infinity, integers_without_infinity, zero_in_place_of_minus_infinity, the_allowed_are_forbidden, very_negative,
          very_very_negative, most_negative, zero_times_infinity, scores_in_float32, along_one_axis, writes_into_the_argument,
          zero_means_forbidden]


# --- Question 5 -------------------------------------------------------------------------------------------------------

def rest_left_out(n, size):
    """Your batches do not hold all the texts. What happens to those that do not fill a whole batch?"""
    return n // size


def to_the_nearest(n, size):
    """You round to the nearest whole number. What becomes of a last batch that is less than half full?"""
    return round(n / size)


def never_none(n, size):
    """For a corpus without texts you count a batch. What would be in it?"""
    return max(1, (n + size - 1) // size)


def always_one_more(n, size):
    """You always add a batch for the rest. What if there is no rest?"""
    return n // size + 1


def a_float(n, size):
    """Your number of batches is a float. Which type was asked for?"""
    return float(np.ceil(n / size))


def through_a_float(n, size):
    """Right for small numbers. How many digits does a float like `n / size` keep?"""
    return int(np.ceil(n / size))


batches = [through_a_float, a_float, rest_left_out, to_the_nearest, always_one_more, never_none]


# --- Question 6 -------------------------------------------------------------------------------------------------------

def a_new_generator_for_every_throw(seed, n, p):
    """All your throws come out alike. What does a generator draw first, if a new one with the same seed is made each time?"""
    return np.array([np.random.default_rng(seed).random() < p for _ in range(n)])


def seed_not_used(seed, n, p):
    """Another seed gives the same throws. Where does your generator get its seed from?"""
    return np.random.default_rng(0).random(n) < p


def the_old_global_generator(seed, n, p):
    """These are the numbers of NumPy's old generator with this seed. Which generator does the question ask for?"""
    return np.random.RandomState(seed % 2**32).random_sample(n) < p


def the_next_seed(seed, n, p):
    """These are the throws of another seed, one larger. Where does your generator get its seed from?"""
    return np.random.default_rng(seed + 1).random(n) < p


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


def equal_is_heads(seed, n, p):
    """A float that equals `p` is heads with you. What does "below" say about it?"""
    return np.random.default_rng(seed).random(n) <= p


def other_throws_each_time(seed, n, p):
    """The same call gives other throws each time. Where and when is your generator made, and from which seed?"""
    return np.random.default_rng().random(n) < p


heads = [throws_as_numbers, floats_not_compared, a_new_generator_for_every_throw, seed_not_used, the_old_global_generator,
         the_next_seed, tails, always_a_fair_coin, equal_is_heads, other_throws_each_time]


# --- Question 7 -------------------------------------------------------------------------------------------------------

def exactly_one(p):
    """You refuse entries that sum to 1 but for rounding. What does 0.7 + 0.2 + 0.1 give in floating point?"""
    return bool((p >= 0).all() and p.sum() == 1)


def too_strict(p):
    """You refuse a sum that differs from 1 by less than 10⁻⁹. What does your comparison allow?"""
    return bool((p >= 0).all() and round(float(p.sum()), 9) == 1)


def negative_entries_pass(p):
    """An array with a negative entry passes, since all together sum to 1. Do you look at the entries one by one?"""
    return bool(abs(p.sum() - 1) <= 1e-9)


def slightly_negative_passes(p):
    """An entry a little below 0 passes. What does the tolerance in the question belong to, entries or sum?"""
    return bool((p >= -1e-9).all() and abs(p.sum() - 1) <= 1e-9)


def below_one_passes(p):
    """A sum far below 1 passes. On which sides of 1 does your comparison look?"""
    return bool((p >= 0).all() and p.sum() - 1 <= 1e-9)


def above_one_passes(p):
    """A sum far above 1 passes. On which sides of 1 does your comparison look?"""
    return bool((p >= 0).all() and 1 - p.sum() <= 1e-9)


def too_generous(p):
    """A sum passes that is off by more than 10⁻⁹. Which tolerance does your comparison have, named or not?"""
    return bool((p >= 0).all() and np.isclose(p.sum(), 1))


def a_little_too_generous(p):
    """A sum passes that is off by a little more than 10⁻⁹. Is your tolerance the one that the question names?"""
    return bool((p >= 0).all() and abs(p.sum() - 1) <= 1e-8)


def zero_refused(p):
    """You refuse an entry of 0. Can a probability be 0?"""
    return bool((p > 0).all() and abs(p.sum() - 1) <= 1e-9)


def nan_passes(p):
    """An array with `nan` passes. `<`, `>` and `==` are all False with `nan`: do you ask what is right, or what is wrong?"""
    return not (p < 0).any() and not abs(p.sum() - 1) > 1e-9


is_distribution = [exactly_one, too_strict, negative_entries_pass, slightly_negative_passes, below_one_passes, above_one_passes,
                   too_generous, a_little_too_generous, zero_refused, nan_passes]
