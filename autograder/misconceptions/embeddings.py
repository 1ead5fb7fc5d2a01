"""Known mistakes in unit 05; each docstring is the hint."""

import math

import numpy as np


def turned(columns):
    columns = np.real_if_close(columns)
    largest = columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])]
    return columns * np.where(largest < 0, -1.0, 1.0)


# Question 1: one-hot vectors

def transposed(ids, vocabulary_size):
    """Your array stands on its side. Which axis counts the tokens, and which the words of the vocabulary?"""
    return np.eye(vocabulary_size)[:, ids]


def one_based(ids, vocabulary_size):
    """Every 1 is one column too far to the left. Which column belongs to id 0?"""
    return np.eye(vocabulary_size)[np.array(ids, int) - 1]


def whole_numbers(ids, vocabulary_size):
    """The values are right, but they are integers. Which dtype does the question ask for?"""
    return np.eye(vocabulary_size, dtype=int)[np.array(ids, int)]


def id_as_value(ids, vocabulary_size):
    """You wrote the id itself into the row. Which number marks the place?"""
    return np.eye(vocabulary_size)[np.array(ids, int)] * np.array(ids, float)[:, None]


def bag_of_words(ids, vocabulary_size):
    """You made one vector for all tokens together. How many rows should there be?"""
    return np.bincount(np.array(ids, int), minlength=vocabulary_size).astype(float)


def each_word_once(ids, vocabulary_size):
    """A token that comes again gets a row again, in the order of the list. Did you make a set of them or sort them?"""
    return np.eye(vocabulary_size)[sorted(set(ids))]


def one_hot_column(ids, vocabulary_size):
    """Your rows all hold the same 1s. Does your assignment pair each row with its own id, or all rows with all ids?"""
    rows = np.zeros((len(ids), vocabulary_size))
    rows[:, ids] = 1
    return rows


def from_the_right(ids, vocabulary_size):
    """You counted the columns from the right. Which column belongs to id 0?"""
    return np.eye(vocabulary_size)[::-1][np.array(ids, int)]


def half_the_digits(ids, vocabulary_size):
    """The values are right, but their dtype is float32. Which dtype has every array of floats in this unit?"""
    return np.eye(vocabulary_size, dtype=np.float32)[np.array(ids, int)]


def as_wide_as_needed(ids, vocabulary_size):
    """Your array is only as wide as the ids in it need. Which words have a column, also those that do not occur?"""
    return np.eye(max(ids, default=-1) + 1)[np.array(ids, int)]


one_hot = [from_the_right, transposed, one_based, whole_numbers, half_the_digits, id_as_value, bag_of_words, each_word_once,
           one_hot_column, as_wide_as_needed]


# Question 2: co-occurrence counts

def neighbours(texts, vocabulary_size, keep, dtype=int):
    """Counts over all pairs of places of one text for which keep(s, t, text) holds."""
    table = np.zeros((vocabulary_size, vocabulary_size), dtype)
    for text in texts:
        for t in range(len(text)):
            for s in range(len(text)):
                table[text[t], text[s]] += keep(s, t, text)
    return table


def right_side_only(texts, vocabulary_size, window):
    """You count only the words that come after. Where else does a word have neighbours?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < s - t <= window)


def left_side_only(texts, vocabulary_size, window):
    """You count only the words that come before. Where else does a word have neighbours?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < t - s <= window)


def one_long_text(texts, vocabulary_size, window):
    """Is the last word of one text a neighbour of the first word of the next? Your windows reach across the border."""
    return neighbours([[token for text in texts for token in text]], vocabulary_size,
                      lambda s, t, text: 0 < abs(s - t) <= window)


def own_place(texts, vocabulary_size, window):
    """Your diagonal is too large. Is a word the neighbour of itself at the very same place?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: abs(s - t) <= window)


def right_end_missing(texts, vocabulary_size, window):
    """To the right your window is one place too short. Where does it end, and does that end still belong to it?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: -window <= s - t < window and s != t)


def one_place_short(texts, vocabulary_size, window):
    """Your window is one place too short on both sides. Is a neighbour at distance W inside?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) < window)


def never_itself(texts, vocabulary_size, window):
    """A word that occurs twice nearby is a neighbour of itself. Do you compare places, or the words that stand there?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window and text[s] != text[t])


def each_kind_once(texts, vocabulary_size, window):
    """A neighbour that stands twice in one window counts only once in your table. Which step of yours forgets how often?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window and not any(
        text[r] == text[s] for r in range(max(t - window, 0), s) if r != t))


def whole_text(texts, vocabulary_size, window):
    """You count all pairs of a text, however far apart. Where does your function use the window?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: s != t)


def floats(texts, vocabulary_size, window):
    """The counts are right, but they are floats. Which dtype has a new NumPy array unless you name one?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window, float)


def twice_each(texts, vocabulary_size, window):
    """All your counts are twice what they should be. When two words meet, how often do you write it down at each place?"""
    return 2 * neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window)


def negative_slice(texts, vocabulary_size, window):
    """Words near the beginning of a text lack neighbours to their left. Where does a slice begin whose start is below 0?"""
    table = np.zeros((vocabulary_size, vocabulary_size), int)
    for text in texts:
        for t, word in enumerate(text):
            for other in text[t - window:t] + text[t + 1:t + window + 1]:
                table[word, other] += 1
    return table


def wraps_round(texts, vocabulary_size, window):
    """Words at the beginning of a text get neighbours from its end. Which place does a list give you for an index below 0?"""
    table = np.zeros((vocabulary_size, vocabulary_size), int)
    for text in texts:
        for t, word in enumerate(text):
            for distance in range(1, window + 1):
                table[word, text[t - distance]] += 1
                if t + distance < len(text):
                    table[word, text[t + distance]] += 1
    return table


def diagonal_once(texts, vocabulary_size, window):
    """Your diagonal is half of what it should be. When a word meets itself, how many of the two have a neighbour?"""
    table = neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window)
    return table - np.diag(np.diag(table) // 2)


def repeated_pairs_lost(texts, vocabulary_size, window):
    """A pair of words that comes again at the same distance is counted once. What does NumPy do in one addition to an array
    where the same index stands twice?"""
    table = np.zeros((vocabulary_size, vocabulary_size), int)
    for text in texts:
        ids = np.array(text, int)
        for distance in range(1, window + 1):
            table[ids[:-distance], ids[distance:]] += 1
    return table + table.T


def counts_of_eight_bits(texts, vocabulary_size, window):
    """Your largest counts are too small, by multiples of 256. Up to which number can your table's dtype count?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window).astype(np.uint8)


def half_a_window(texts, vocabulary_size, window):
    """You gave each side half of the window. How far does it reach to the left, and how far to the right?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= max(1, window // 2))


def whether_not_how_often(texts, vocabulary_size, window):
    """Your entries are 0 or 1. How often was word j a neighbour of word i?"""
    return np.minimum(neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window), 1)


def last_token_skipped(texts, vocabulary_size, window):
    """The last token of each text has no neighbours in your table. Where does your loop end?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: 0 < abs(s - t) <= window and t < len(text) - 1)


def one_distance_only(texts, vocabulary_size, window):
    """You count the words exactly W places away. What about those in between?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: abs(s - t) == window)


def nearer_counts_more(texts, vocabulary_size, window):
    """Near neighbours count more than far ones in your table. How much does each neighbour count in the question?"""
    return neighbours(texts, vocabulary_size, lambda s, t, text: max(0, window + 1 - abs(s - t)) * (s != t))


cooccurrence = [half_a_window, whether_not_how_often, last_token_skipped, right_side_only, left_side_only, own_place,
                diagonal_once, right_end_missing, negative_slice, wraps_round, one_place_short, never_itself,
                repeated_pairs_lost, each_kind_once, twice_each, floats, one_distance_only, nearer_counts_more, one_long_text,
                whole_text, counts_of_eight_bits]


# Question 3: cosine

def dot_product(x, y):
    """That is the dot product. What are the lengths of the two vectors good for?"""
    return float(x @ y)


def one_length(x, y):
    """You divided by the length of the first vector only. What happens to your result when the second one is doubled?"""
    length = np.linalg.norm(x)
    return float(x @ y / length) if length else 0.0


def other_length(x, y):
    """You divided by the length of the second vector only. What happens to your result when the first one is doubled?"""
    length = np.linalg.norm(y)
    return float(x @ y / length) if length else 0.0


def multiplied_by_one_length(x, y):
    """You divided by one length and multiplied by the other. In which order does Python work off `a / b * c`?"""
    length = np.linalg.norm(x)
    return float(x @ y / length * np.linalg.norm(y)) if length else 0.0


def squared_lengths(x, y):
    """You divided by squared lengths. Where is the root?"""
    lengths = (x @ x) * (y @ y)
    return float(x @ y / lengths) if lengths else 0.0


def sum_of_lengths(x, y):
    """You added the two lengths. How are they combined below the line?"""
    lengths = np.linalg.norm(x) + np.linalg.norm(y)
    return float(x @ y / lengths) if lengths else 0.0


def city_block(x, y):
    """You took the sum of absolute values for a length. Which length does the question mean?"""
    lengths = np.abs(x).sum() * np.abs(y).sum()
    return float(x @ y / lengths) if lengths else 0.0


def correlation(x, y):
    """You subtracted the means first, which gives a correlation. Is that in the formula?"""
    x, y = x - x.mean(), y - y.mean()
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return float(x @ y / lengths) if lengths > 1e-12 else 0.0


def no_sign(x, y):
    """Vectors that point in opposite directions have a negative cosine. Where did the sign go?"""
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return float(abs(x @ y) / lengths) if lengths else 0.0


def distance(x, y):
    """That is the distance of the two points. Do two vectors of different lengths but the same direction differ here?"""
    return float(np.linalg.norm(x - y))


def angle_distance(x, y):
    """Your value is 1 minus the cosine, as a distance would be. Which of both is asked for?"""
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return float(1 - x @ y / lengths) if lengths else 0.0


def angle_itself(x, y):
    """That is the angle, in radians. Does the question ask for the angle or for its cosine?"""
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return float(np.arccos(np.clip(x @ y / lengths, -1, 1))) if lengths else 0.0


def angle_in_degrees(x, y):
    """That is the angle, in degrees. Does the question ask for the angle or for its cosine?"""
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return float(np.degrees(np.arccos(np.clip(x @ y / lengths, -1, 1)))) if lengths else 0.0


def short_is_nothing(x, y):
    """Very short vectors have a cosine like any others. Did you add a little below the line, or take short for zero?"""
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y) + 1e-8))


def root_of_the_product(x, y):
    """For two very short vectors your cosine is infinite or NaN. Which product is too small for a float?"""
    with np.errstate(all="ignore"):
        return float(x @ y / np.sqrt((x @ x) * (y @ y))) if x.any() and y.any() else 0.0


def product_taken_for_zero(x, y):
    """For two very short vectors your cosine is 0. Which product is too small for a float, before its root is taken?"""
    with np.errstate(all="ignore"):
        squares = (x @ x) * (y @ y)
        return float(x @ y / np.sqrt(squares)) if squares else 0.0


def largest_entries(x, y):
    """You took the largest entry of a vector for its length. Which length does the question mean?"""
    lengths = float(np.abs(x).max() * np.abs(y).max())
    return float(x @ y / lengths) if lengths else 0.0


def zeros_point_the_same_way(x, y):
    """Two vectors of zeros have the cosine 1 in your function. What does the question say about them?"""
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return float(x @ y / lengths) if lengths else float(not x.any() and not y.any())


def negative_as_zero(x, y):
    """Where the cosine is below 0 you have 0. Which values can a cosine take?"""
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return max(0.0, float(x @ y / lengths)) if lengths else 0.0


def divided_by_zero(x, y):
    """Where a vector is all zeros your cosine is NaN. What does the question say about that case?"""
    with np.errstate(all="ignore"):
        return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


cosine = [largest_entries, dot_product, one_length, other_length, multiplied_by_one_length, squared_lengths, sum_of_lengths,
          city_block, no_sign, distance, angle_distance, angle_itself, angle_in_degrees, correlation, short_is_nothing,
          divided_by_zero, negative_as_zero, zeros_point_the_same_way, root_of_the_product, product_taken_for_zero]


# Question 4: PPMI

def association(counts, log=np.log, rows=None, columns=None, total=None, *, clip):
    """PPMI with parts of the formula replaced."""
    rows = counts.sum(axis=1, keepdims=True) if rows is None else rows
    columns = counts.sum(axis=0, keepdims=True) if columns is None else columns
    total = counts.sum() if total is None else total
    with np.errstate(all="ignore"):
        values = np.where(counts > 0, log(counts * total / (rows * columns)), 0.0)
    return np.maximum(values, 0.0) if clip else values


def not_clipped(counts):
    """Some of your values are negative. What does the first P of PPMI stand for?"""
    return association(counts, clip=False)


def in_bits(counts):
    """Your values are 1.4427 times too large. To which base is your logarithm?"""
    return association(counts, log=np.log2, clip=True)


def no_logarithm(counts):
    """Your values are the ratios themselves, or those above 1. Where is the logarithm?"""
    return association(counts, log=lambda ratio: ratio, clip=True)


def never_divided(counts):
    """All your values are 0. Which pairs of this table meet more often than by chance, and what is their logarithm?"""
    return association(counts, total=1, clip=True)


def rows_for_columns(counts):
    """You took the sums of the rows for words and contexts both. Along which axis does one add up a column?"""
    return association(counts, columns=counts.sum(axis=1), clip=True)


def columns_for_rows(counts):
    """You took the sums of the columns for words and contexts both. Along which axis does one add up a row?"""
    return association(counts, rows=counts.sum(axis=0)[:, None], clip=True)


def axes_exchanged(counts):
    """You divided by the sum of row j where the sum of column j belongs, and by that of column i for row i. Along which axis
    does one add up a row?"""
    return association(counts, rows=counts.sum(axis=0)[:, None], columns=counts.sum(axis=1)[None], clip=True)


def one_row_of_products(counts):
    """You multiplied the sum of row 1 by that of column 1, of row 2 by that of column 2, and so on. How many products
    p(i) p(j) are there?"""
    return association(counts, rows=1.0, columns=counts.sum(axis=0) * counts.sum(axis=1), clip=True)


def without_sign(counts):
    """A pair that meets less often than by chance has a positive value here. What becomes of a negative logarithm in PPMI?"""
    return np.abs(association(counts, clip=False))


def chance_of(counts):
    return counts.sum(axis=1, keepdims=True) / counts.sum() * (counts.sum(axis=0) / counts.sum())


def little_added(counts):
    """Your values are a little too large: there is something small added to the ratio. Which entries need no logarithm?"""
    with np.errstate(all="ignore"):
        return np.maximum(np.log(counts / counts.sum() / chance_of(counts) + 1e-8), 0)


def little_added_above(counts):
    """Your values are a little too large: there is something small added to p(i, j). Which entries need no logarithm?"""
    with np.errstate(all="ignore"):
        return np.maximum(np.log((counts / counts.sum() + 1e-8) / chance_of(counts)), 0)


def little_added_below(counts):
    """Your values are a little too small: there is something small added to p(i) p(j). Which entries need no division?"""
    with np.errstate(all="ignore"):
        return np.maximum(np.log(counts / counts.sum() / (chance_of(counts) + 1e-8)), 0)


def infinite_in_empty_rows(counts):
    """A row or column of zeros gives infinite values in your table. By what do you divide there, and what is asked for?"""
    with np.errstate(all="ignore"):
        return np.maximum(np.log((counts / counts.sum() + 1e-12) / chance_of(counts)), 0)


def given_the_word(counts):
    """You compare with p(j | i) and never divide by p(j). How frequent is the context anyway?"""
    return association(counts, columns=1.0, total=1.0, clip=False)


def one_added(counts):
    """You added 1 to every count to get rid of the zeros. What does the question say about a count of 0?"""
    return association(counts + 1, clip=True)


def not_a_number(counts):
    """There are infinite values or NaN in your table. What is ln 0, and what happens in a row of zeros?"""
    with np.errstate(all="ignore"):
        p = counts / counts.sum()
        return np.log(p / (p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)))


def empty_rows(counts):
    """A row or column of zeros gives NaN in your table. By what do you divide there?"""
    with np.errstate(all="ignore"):
        p = counts / counts.sum()
        return np.maximum(np.log(p / (p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True))), 0.0)


def little_added_above_and_below(counts):
    """Your values are a little off, those of rare words most: something small was added to the shares. Which entries need a
    logarithm, and which none?"""
    with np.errstate(all="ignore"):
        return np.maximum(np.log((counts / counts.sum() + 1e-12) / (chance_of(counts) + 1e-12)), 0)


def more_added_above_and_below(counts):
    """Your values are off, those of rare words most: a small number was added above and below the line. Which entries need a
    logarithm, and which none?"""
    with np.errstate(all="ignore"):
        return np.maximum(np.log((counts / counts.sum() + 1e-8) / (chance_of(counts) + 1e-8)), 0)


def frequent_contexts_smoothed(counts):
    """You raised the contexts' counts to the power ¾. Is that in this formula?"""
    smooth = counts.sum(axis=0, keepdims=True) ** 0.75
    with np.errstate(all="ignore"):
        return association(counts, columns=smooth / smooth.sum(), total=1, clip=True)


def one_inside_the_logarithm(counts):
    """You took ln(1 + ratio). What is the logarithm of a ratio of 1, and what should it be?"""
    return association(counts, log=np.log1p, clip=True)


def to_base_10(counts):
    """Your values are 0.434 times the right ones. To which base is your logarithm?"""
    return association(counts, log=np.log10, clip=True)


def rows_twice(counts):
    """You divided by p(i) twice and never by p(j). How frequent is the context anyway?"""
    return association(counts, columns=counts.sum(axis=1, keepdims=True), clip=True)


def in_whole_numbers(counts):
    """Your table holds whole numbers. Which dtype does it get when it is made like the counts?"""
    return association(counts, clip=True).astype(counts.dtype)


def weighted(counts):
    """Every logarithm is multiplied by its p(i, j), as in the sum of a mutual information. Does the formula do that?"""
    return association(counts, clip=True) * counts / counts.sum()


ppmi = [frequent_contexts_smoothed, one_inside_the_logarithm, to_base_10, in_whole_numbers, not_clipped, without_sign, in_bits,
        no_logarithm, never_divided, given_the_word, one_added, little_added, little_added_above, little_added_below,
        not_a_number, axes_exchanged, rows_for_columns, columns_for_rows, rows_twice, weighted, one_row_of_products,
        empty_rows, infinite_in_empty_rows, little_added_above_and_below, more_added_above_and_below]


# Question 5: SVD

def contexts_not_words(table, k):
    """You took the vectors of the contexts. Which of the three factors has one row for each word?"""
    _, s, vt = np.linalg.svd(table, full_matrices=False)
    return turned(vt[:k].T * s[:k])


def rows_of_vt(table, k):
    """You took columns of the third array, which is Vᵀ. Does V belong to the words, and where are its columns in Vᵀ?"""
    _, s, vt = np.linalg.svd(table, full_matrices=False)
    return turned(vt[:, :k] * s[:k])


def no_singular_values(table, k):
    """All your columns have length 1. What became of the singular values?"""
    return turned(np.linalg.svd(table, full_matrices=False)[0][:, :k])


def square_roots(table, k):
    """You multiplied by the root of the singular values. Which power does the question ask for?"""
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    return turned(u[:, :k] * np.sqrt(s[:k]))


def squares(table, k):
    """You multiplied by squared singular values, the eigenvalues of the table times its transpose. Which are asked for?"""
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    return turned(u[:, :k] * s[:k] ** 2)


def smallest_first(table, k):
    """You kept the k smallest singular values. At which end of the list are the largest?"""
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    return turned(u[:, -k:] * s[-k:])


def rows_of_u(table, k):
    """You took k rows of U. Is a dimension a row or a column of it?"""
    u, s, _ = np.linalg.svd(table)
    return turned(u[:k].T * s[:k])


def signs_as_they_come(table, k):
    """Your numbers are right up to their sign. Is your result exactly what came out of `turned`?"""
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    return -turned(u[:, :k] * s[:k])


def second_sign_as_it_comes(table, k):
    """Your second column is right up to its sign. Is your result exactly what came out of `turned`, each column of it?"""
    u, s, _ = np.linalg.svd(table, full_matrices=False)
    return turned(u[:, :k] * s[:k]) * np.where(np.arange(k) == 1, -1.0, 1.0)


def centred_first(table, k):
    """You subtracted the mean of every column first, as in a principal component analysis. Is that asked here?"""
    u, s, _ = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    return turned(u[:, :k] * s[:k])


def rebuilt_table(table, k):
    """You multiplied the three factors again, which gives a table like the first. How many columns should there be?"""
    u, s, vt = np.linalg.svd(table, full_matrices=False)
    return turned(u[:, :k] * s[:k] @ vt[:k])


def rows_of_length_one(table, k):
    """Each of your rows has length 1. Does the question divide the vectors by their lengths?"""
    rows = turned(np.linalg.svd(table, full_matrices=False)[0][:, :k] * np.linalg.svd(table, compute_uv=False)[:k])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


svd_vectors = [no_singular_values, rows_of_length_one, square_roots, squares, smallest_first, contexts_not_words, rows_of_vt,
               signs_as_they_come, second_sign_as_it_comes, centred_first, rebuilt_table, rows_of_u]


# Question 6: PCA

def projected(points, centre, directions=slice(0, 2)):
    """Centred points along their right singular vectors."""
    centred = points - centre
    return turned(centred @ np.linalg.svd(centred)[2][directions].T)


def not_centred(points):
    """You did not subtract the mean point. Where is the origin of your picture?"""
    return projected(points, 0)


def centred_afterwards(points):
    """You looked for directions before the points were centred. What does the first direction then point at?"""
    columns = projected(points, 0)
    return turned(columns - columns.mean(axis=0))


def not_centred_for_coordinates(points):
    """The directions are right, but it is the centred points whose dot products are asked for. Which did you multiply?"""
    return turned(points @ np.linalg.svd(points - points.mean(axis=0))[2][:2].T)


def mean_of_each_row(points):
    """You subtracted from every point the mean of its own coordinates. Over which axis is the mean point taken?"""
    return projected(points, points.mean(axis=1, keepdims=True))


def median_for_mean(points):
    """You subtracted the median of every coordinate. Which average is the mean point?"""
    return projected(points, np.median(points, axis=0))


def first_and_last(points):
    """Your second column belongs to the direction of the least variance. Which one comes after the first?"""
    return projected(points, points.mean(axis=0), [0, -1])


def one_mean_for_all(points):
    """You subtracted one number from all entries. How many coordinates has the mean point?"""
    return projected(points, points.mean())


def divided_by_the_root_of_n(points):
    """Your columns are too small, both by the same factor. Is the covariance's division by N − 1 part of a coordinate?"""
    return projected(points, points.mean(axis=0)) / np.sqrt(len(points) - 1)


def least_variance(points):
    """You took the directions of the least variance. In which order do the values come that say how much varies along each?"""
    return projected(points, points.mean(axis=0), slice(-1, -3, -1))


def second_first(points):
    """Your two columns are exchanged. Which direction comes first?"""
    return projected(points, points.mean(axis=0))[:, ::-1]


def standardised(points):
    """You divided every coordinate by its standard deviation. Does the question rescale anything?"""
    spread = points.std(axis=0)
    return projected(points / np.where(spread > 0, spread, 1), (points / np.where(spread > 0, spread, 1)).mean(axis=0))


def whitened(points):
    """Both of your columns have length 1, so both directions seem to vary alike. Which numbers say how much each varies?"""
    return turned(np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[0][:, :2])


def directions_only(points):
    """You returned the directions. What are the coordinates of the points along them?"""
    return turned(np.linalg.svd(points - points.mean(axis=0))[2][:2].T)


def columns_of_vt(points):
    """You multiplied with columns of Vᵀ. Are the directions its rows or its columns?"""
    centred = points - points.mean(axis=0)
    return turned(centred @ np.linalg.svd(centred)[2][:, :2])


def mirrored_left_to_right(points):
    """The picture is right, but mirrored left to right. Is your result exactly what came out of `turned`?"""
    return projected(points, points.mean(axis=0)) * [-1, 1]


def mirrored_upside_down(points):
    """The picture is right, but mirrored upside down. Is your result exactly what came out of `turned`?"""
    return projected(points, points.mean(axis=0)) * [1, -1]


def mirrored_both_ways(points):
    """The picture is right, but both of its axes point the other way. Is your result exactly what came out of `turned`?"""
    return -projected(points, points.mean(axis=0))


pca = [median_for_mean, first_and_last, not_centred, centred_afterwards, not_centred_for_coordinates, mean_of_each_row,
       second_first, least_variance, one_mean_for_all, standardised, whitened, divided_by_the_root_of_n,
       mirrored_left_to_right, mirrored_upside_down, mirrored_both_ways, columns_of_vt, directions_only]


# Question 7: the odd one out

def angle(x, y):
    return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


def mean_cosine(word, words, vectors, change=lambda x: x):
    return float(np.mean([change(angle(vectors[word], vectors[other])) for other in words if other != word]))


def lowest(words, score):
    odd = min(words, key=score)
    return odd, float(score(odd))


def the_most_typical(words, vectors):
    """You found the word that fits best. Which end of the list of means is asked for?"""
    best = max(words, key=lambda w: mean_cosine(w, words, vectors))
    return best, mean_cosine(best, words, vectors)


def by_dot_product(words, vectors):
    """You compare dot products. What does a long vector do to them?"""
    return lowest(words, lambda w: np.mean([vectors[w] @ vectors[o] for o in words if o != w]))


def from_the_mean(words, vectors):
    """You compare each word with the mean of the vectors as they are. Which words dominate that mean?"""
    mean = sum(vectors[w] for w in words)
    return lowest(words, lambda w: angle(vectors[w], mean))


def with_the_mean_of_the_others(words, vectors):
    """You take the cosine with the mean vector of the others. Is that the mean of the cosines?"""
    return lowest(words, lambda w: angle(vectors[w], sum(vectors[o] for o in words if o != w)))


def with_the_mean_direction_of_the_others(words, vectors):
    """You take the cosine with the mean of the others' directions. Which lengths do you divide by, and which mean is asked?"""
    return lowest(words, lambda w: angle(vectors[w], sum(vectors[o] / np.linalg.norm(vectors[o]) for o in words if o != w)))


def with_the_mean_of_all_directions(words, vectors):
    """You take the cosine with the mean of all directions, the word's own among them. Which cosines is the mean of?"""
    return lowest(words, lambda w: angle(vectors[w], sum(vectors[o] / np.linalg.norm(vectors[o]) for o in words)))


def nearest_to_zero(words, vectors):
    """You found the mean that is nearest to 0. Is −0.5 lower than 0.1?"""
    odd = min(words, key=lambda w: abs(mean_cosine(w, words, vectors)))
    return odd, mean_cosine(odd, words, vectors)


def only_below_zero(words, vectors):
    """You found no word, because no mean is below the number you started from. How high can the lowest mean be?"""
    best = None, 0
    for word in words:
        if mean_cosine(word, words, vectors) < best[1]:
            best = word, mean_cosine(word, words, vectors)
    return best


def median_of_the_cosines(words, vectors):
    """You took the median of the cosines. Which average does the question name?"""
    return lowest(words, lambda w: float(np.median([angle(vectors[w], vectors[o]) for o in words if o != w])))


def farthest_point(words, vectors):
    """You compare distances between points. Should a long vector be the odd one only because it is long?"""
    odd = max(words, key=lambda w: sum(np.linalg.norm(vectors[w] - vectors[o]) for o in words))
    return odd, float(np.mean([np.linalg.norm(vectors[odd] - vectors[o]) for o in words if o != odd]))


def worst_pair(words, vectors):
    """You look at the least similar pair only. What do the cosines with all the other words say on average?"""
    return lowest(words, lambda w: min(angle(vectors[w], vectors[o]) for o in words if o != w))


def best_friend(words, vectors):
    """You look at each word's most similar word only. What do the cosines with all the others say on average?"""
    return lowest(words, lambda w: max(angle(vectors[w], vectors[o]) for o in words if o != w))


def whole_vocabulary(words, vectors):
    """You compare with every word that has a vector. With which words should a word of the list be compared?"""
    return lowest(words, lambda w: mean_cosine(w, list(vectors), vectors))


def ignoring_signs(words, vectors):
    """You take cosines without their sign. Is a word that points the other way similar?"""
    return lowest(words, lambda w: mean_cosine(w, words, vectors, change=abs))


def with_itself(words, vectors):
    """Your mean is too high: each word is compared with itself, too. Which words are the others?"""
    return lowest(words, lambda w: np.mean([angle(vectors[w], vectors[o]) for o in words]))


def added_up(words, vectors):
    """You added the cosines up. Among n words, by what number is a mean divided?"""
    return lowest(words, lambda w: sum(angle(vectors[w], vectors[o]) for o in words if o != w))


def divided_by_all(words, vectors):
    """Your sum of cosines is right, but the mean is too close to 0. By how many others did you have to divide?"""
    return lowest(words, lambda w: sum(angle(vectors[w], vectors[o]) for o in words if o != w) / len(words))


def itself_in_the_sum(words, vectors):
    """You divided by the right number, but your sum of cosines is too large by 1. Which word adds exactly 1?"""
    return lowest(words, lambda w: sum(angle(vectors[w], vectors[o]) for o in words) / (len(words) - 1))


def word_alone(words, vectors):
    """The word is only half of the answer. What else does the question want back?"""
    return min(words, key=lambda w: mean_cosine(w, words, vectors))


odd_one_out = [word_alone, the_most_typical, by_dot_product, with_itself, itself_in_the_sum, divided_by_all, added_up,
               worst_pair, best_friend, ignoring_signs, from_the_mean, with_the_mean_of_the_others,
               with_the_mean_direction_of_the_others, with_the_mean_of_all_directions, median_of_the_cosines, nearest_to_zero,
               only_below_zero, farthest_point, whole_vocabulary]


# Question 8: analogies

def highest(vectors, score, without=()):
    best = max((w for w in vectors if w not in without), key=score)
    return best, float(score(best))


def offset(a, b, c, vectors, signs=(-1, 1, 1)):
    """The score of 3CosAdd, with other signs or parts left out."""
    return lambda w: sum(sign * angle(vectors[w], vectors[o]) for sign, o in zip(signs, (a, b, c), strict=True) if sign)


def queries_allowed(a, b, c, vectors):
    """Your answer is one of the three words of the question. Which words does the rule leave out?"""
    return highest(vectors, offset(a, b, c, vectors))


def only_c_forbidden(a, b, c, vectors):
    """Your answer is a or b. You leave out c; what of the other words of the question?"""
    return highest(vectors, offset(a, b, c, vectors), (c,))


def other_way_round(a, b, c, vectors):
    """You went from b to a. In “a is to b”, which of the two is subtracted?"""
    return highest(vectors, offset(a, b, c, vectors, (1, -1, 1)), (a, b, c))


def raw_vectors(a, b, c, vectors):
    """You added the vectors as they are. Which of them decides when they have very different lengths?"""
    return highest(vectors, lambda w: angle(vectors[w], vectors[b] - vectors[a] + vectors[c]), (a, b, c))


def unit_of_the_sum(a, b, c, vectors):
    """Your word is right, but its score is a cosine with b − a + c. By which length did you divide that the rule does not?"""
    target = sum(sign * vectors[o] / np.linalg.norm(vectors[o]) for sign, o in ((1, b), (-1, a), (1, c)))
    return highest(vectors, lambda w: angle(vectors[w], target), (a, b, c))


def nearest_point(a, b, c, vectors):
    """You look for the nearest point to b − a + c. What does the length of a vector do to a distance?"""
    target = vectors[b] - vectors[a] + vectors[c]
    best = min((w for w in vectors if w not in (a, b, c)), key=lambda w: np.linalg.norm(vectors[w] - target))
    return best, float(np.linalg.norm(vectors[best] - target))


def dot_products(a, b, c, vectors):
    """You compare dot products. How do you keep long vectors from winning every time?"""
    return highest(vectors, lambda w: vectors[w] @ (vectors[b] - vectors[a] + vectors[c]), (a, b, c))


def long_answers(a, b, c, vectors):
    """The three query vectors have length 1 in your score, but the candidates have not. Who wins then?"""
    target = sum(sign * vectors[o] / np.linalg.norm(vectors[o]) for sign, o in ((1, b), (-1, a), (1, c)))
    return highest(vectors, lambda w: vectors[w] @ target, (a, b, c))


def neighbour_of_c(a, b, c, vectors):
    """You found the nearest neighbour of c. What do a and b say about the way from there?"""
    return highest(vectors, offset(a, b, c, vectors, (0, 0, 1)), (a, b, c))


def without_c(a, b, c, vectors):
    """You use a and b only. Where does the way from a to b start this time?"""
    return highest(vectors, offset(a, b, c, vectors, (-1, 1, 0)), (a, b, c))


def all_added(a, b, c, vectors):
    """You added all three cosines. What sign does the cosine with a have?"""
    return highest(vectors, offset(a, b, c, vectors, (1, 1, 1)), (a, b, c))


def a_left_out(a, b, c, vectors):
    """You use b and c only. From where does the way lead to b?"""
    return highest(vectors, offset(a, b, c, vectors, (0, 1, 1)), (a, b, c))


def lowest_score(a, b, c, vectors):
    """You found the lowest score. Which one is asked for?"""
    score = offset(a, b, c, vectors)
    worst = min((w for w in vectors if w not in (a, b, c)), key=score)
    return worst, float(score(worst))


def both_subtracted(a, b, c, vectors):
    """You subtracted the cosine with c. Which of the three is subtracted?"""
    return highest(vectors, offset(a, b, c, vectors, (-1, 1, -1)), (a, b, c))


def second_best(a, b, c, vectors):
    """You took the second best. Were a, b and c left out already?"""
    best = highest(vectors, offset(a, b, c, vectors), (a, b, c))[0]
    return highest(vectors, offset(a, b, c, vectors), (a, b, c, best))


def best_of(a, b, c, vectors, start):
    best, score = (None, start), offset(a, b, c, vectors)
    for word in vectors:
        if word not in (a, b, c) and score(word) > best[1]:
            best = word, float(score(word))
    return best


def better_than_zero(a, b, c, vectors):
    """You found no word, because no score is above the 0 you started from. How low can the best score be?"""
    return best_of(a, b, c, vectors, 0)


def better_than_minus_one(a, b, c, vectors):
    """You found no word, because no score is above the −1 you started from. A score adds three cosines: how low can it be?"""
    return best_of(a, b, c, vectors, -1)


def divided_as_in_3cosmul(a, b, c, vectors):
    """You divided by the cosine with a, as another rule does. What does 3CosAdd do with it?"""
    return highest(vectors, lambda w: (1 + angle(vectors[w], vectors[b])) * (1 + angle(vectors[w], vectors[c]))
                   / (1.001 + angle(vectors[w], vectors[a])), (a, b, c))


def mean_of_the_cosines(a, b, c, vectors):
    """Your word is right, and your score is a third of the right one. Is a mean asked for?"""
    word, score = highest(vectors, offset(a, b, c, vectors), (a, b, c))
    return word, score / 3


def answer_alone(a, b, c, vectors):
    """The word is only half of the answer. What else does the question want back?"""
    return highest(vectors, offset(a, b, c, vectors), (a, b, c))[0]


analogy = [both_subtracted, second_best, answer_alone, queries_allowed, only_c_forbidden, other_way_round, long_answers,
           dot_products, raw_vectors, unit_of_the_sum, nearest_point, neighbour_of_c, without_c, a_left_out, all_added,
           divided_as_in_3cosmul, mean_of_the_cosines, lowest_score, better_than_zero, better_than_minus_one]


# Question 9: skip-gram with negative sampling

def sigma(z):
    return np.exp(-np.logaddexp(0, -z))


def parts(word, neighbour, negatives):
    """The loss, and how wrong the classifier is about the neighbour and about the random words."""
    positive, negative = word @ neighbour, negatives @ word
    loss = float(np.logaddexp(0, -positive) + np.logaddexp(0, negative).sum())
    return loss, sigma(positive) - 1, sigma(negative)


def uphill(word, neighbour, negatives):
    """Your gradients point the other way: adding them would lower the loss. What does a step of descent do with them?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, -(wrong * neighbour + wrongs @ negatives), -wrong * word, -np.outer(wrongs, word)


def likelihood(word, neighbour, negatives):
    """Your loss is negative. A loss is −ln of a probability; what sign does that have?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return -loss, wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word)


def overflowing(word, neighbour, negatives):
    """For sure classifiers your loss is infinite or NaN. What is ln σ(z) where σ(z) rounds to 0?"""
    with np.errstate(all="ignore"):
        positive, negative = 1 / (1 + np.exp(-(word @ neighbour))), 1 / (1 + np.exp(-(negatives @ word)))
        loss = float(-np.log(positive) - np.log(1 - negative).sum())
    return loss, (positive - 1) * neighbour + negative @ negatives, (positive - 1) * word, np.outer(negative, word)


def negatives_pulled_too(word, neighbour, negatives):
    """You treat the random words like neighbours. Should e·c_r grow or shrink?"""
    _, wrong, _ = parts(word, neighbour, negatives)
    wrongs = sigma(negatives @ word) - 1
    return (float(np.logaddexp(0, -(word @ neighbour)) + np.logaddexp(0, -(negatives @ word)).sum()),
            wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word))


def no_minus_one(word, neighbour, negatives):
    """The gradient for the real neighbour is too large by a whole vector. What is the derivative of −ln σ(z)?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, (wrong + 1) * neighbour + wrongs @ negatives, (wrong + 1) * word, np.outer(wrongs, word)


def word_forgets_negatives(word, neighbour, negatives):
    """The gradient for e comes from its neighbour alone. Which other terms of the loss have e in them?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour, wrong * word, np.outer(wrongs, word)


def averaged(word, neighbour, negatives):
    """You averaged over the random words. What does the Σ in the loss do?"""
    _, wrong, wrongs = parts(word, neighbour, negatives)
    mean = float(np.logaddexp(0, -(word @ neighbour)) + np.logaddexp(0, negatives @ word).mean())
    return mean, wrong * neighbour + wrongs @ negatives / len(wrongs), wrong * word, np.outer(wrongs, word) / len(wrongs)


def averaged_loss(word, neighbour, negatives):
    """Your gradients are right, but the loss is averaged over the random words. What does its Σ do?"""
    _, wrong, wrongs = parts(word, neighbour, negatives)
    mean = float(np.logaddexp(0, -(word @ neighbour)) + np.logaddexp(0, negatives @ word).mean())
    return mean, wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word)


def averaged_gradients(word, neighbour, negatives):
    """Your loss is right, but the gradients are averaged over the random words. What is the derivative of a sum?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour + wrongs @ negatives / len(wrongs), wrong * word, np.outer(wrongs, word) / len(wrongs)


def averaged_for_the_word(word, neighbour, negatives):
    """In the gradient for e you averaged over the random words. How many of them push e, and does each push in full?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour + wrongs @ negatives / len(wrongs), wrong * word, np.outer(wrongs, word)


def first_random_word_only(word, neighbour, negatives):
    """You used the first random word and no other. How many rows can `negatives` have?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives[:1])
    return loss, wrong * neighbour + wrongs @ negatives[:1], wrong * word, np.outer(wrongs, word)


def negatives_uphill(word, neighbour, negatives):
    """Your loss is right, but what comes from the random words has the wrong sign in your gradients. What does a step of
    descent do with e·c_r then?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour - wrongs @ negatives, wrong * word, -np.outer(wrongs, word)


def last_gradient_uphill(word, neighbour, negatives):
    """Only the gradients for the random words have the wrong sign. Are they subtracted in a step of descent, or added?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour + wrongs @ negatives, wrong * word, -np.outer(wrongs, word)


def slope_of_sigma(word, neighbour, negatives):
    """Your gradients have σ (1 − σ) in them, the derivative of σ. What does the logarithm before σ make of it?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    wrong, wrongs = wrong * (1 + wrong), wrongs * (1 - wrongs)
    return loss, wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word)


def with_gradients(word, neighbour, negatives, wrong, wrongs):
    """The right loss, with gradients made from these two."""
    return (parts(word, neighbour, negatives)[0], wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word))


def minus_one_for_the_negatives(word, neighbour, negatives):
    """Your loss is right, but the random words have σ(z) − 1 in their gradients. What is the derivative of −ln σ(−z)?"""
    return with_gradients(word, neighbour, negatives, sigma(word @ neighbour) - 1, sigma(negatives @ word) - 1)


def sigma_of_minus_z(word, neighbour, negatives):
    """Your loss is right, but the random words have σ(−z) in their gradients. What is the derivative of −ln σ(−z)?"""
    return with_gradients(word, neighbour, negatives, sigma(word @ neighbour) - 1, sigma(-(negatives @ word)))


def neighbour_uphill(word, neighbour, negatives):
    """Your loss is right, but the real neighbour has 1 − σ(z) in its gradient. What is the derivative of −ln σ(z)?"""
    return with_gradients(word, neighbour, negatives, 1 - sigma(word @ neighbour), sigma(negatives @ word))


def both_exchanged(word, neighbour, negatives):
    """Your loss is right, but the neighbour has σ(z) and the random words σ(z) − 1. Which belongs to −ln σ(z)?"""
    return with_gradients(word, neighbour, negatives, sigma(word @ neighbour), sigma(negatives @ word) - 1)


def sigma_not_a_number(word, neighbour, negatives):
    """Your loss is right, and your gradients hold NaN where a dot product is near 1000. What is e to the 1000 as a float?"""
    with np.errstate(all="ignore"):
        up, ups = np.exp(word @ neighbour), np.exp(negatives @ word)
        return with_gradients(word, neighbour, negatives, up / (1 + up) - 1, ups / (1 + ups))


def dot_products_clipped(word, neighbour, negatives):
    """Where a dot product is near ±1000 your loss is far too small: dot products were cut off. What is −ln σ(−1000)?"""
    positive, negative = np.clip(word @ neighbour, -30, 30), np.clip(negatives @ word, -30, 30)
    loss = float(np.logaddexp(0, -positive) + np.logaddexp(0, negative).sum())
    return (loss, *with_gradients(word, neighbour, negatives, sigma(positive) - 1, sigma(negative))[1:])


def little_in_the_logarithm(word, neighbour, negatives):
    """Where the classifier is surely wrong your loss stops growing: a small number was added to σ. What is −ln σ(−1000)?"""
    positive, negative = word @ neighbour, negatives @ word
    loss = float(-np.log(sigma(positive) + 1e-12) - np.log(sigma(-negative) + 1e-12).sum())
    return (loss, *with_gradients(word, neighbour, negatives, sigma(positive) - 1, sigma(negative))[1:])


def word_forgets_neighbour(word, neighbour, negatives):
    """The gradient for e comes from the random words alone. Which other term of the loss has e in it?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrongs @ negatives, wrong * word, np.outer(wrongs, word)


def loss_of_one_term(word, neighbour, negatives):
    """Your gradients are right, but the loss is divided by the number of its terms. Is it a sum or a mean?"""
    loss, *gradients = with_gradients(word, neighbour, negatives, sigma(word @ neighbour) - 1, sigma(negatives @ word))
    return (loss / (len(negatives) + 1), *gradients)


def negatives_on_their_side(word, neighbour, negatives):
    """The gradients for the random words stand in columns. Which axis of `negatives` counts the words?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(word, wrongs)


def one_gradient_for_all(word, neighbour, negatives):
    """You added up the gradients of the random words. How many vectors c_r are there, and does each get one of its own?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour + wrongs @ negatives, wrong * word, wrongs.sum() * word


def vectors_exchanged(word, neighbour, negatives):
    """You gave e the gradient of c and c that of e. The derivative of e·c with respect to c is which of both?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * word, wrong * neighbour + wrongs @ negatives, np.outer(wrongs, word)


def negatives_on_their_own(word, neighbour, negatives):
    """The gradient of a random word should point along e. Which vector did you multiply with its σ?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss, wrong * neighbour + wrongs @ negatives, wrong * word, wrongs[:, None] * negatives


def loss_of_the_neighbour(word, neighbour, negatives):
    """Your loss leaves out the random words. What would keep all vectors from becoming the same?"""
    _, wrong, wrongs = parts(word, neighbour, negatives)
    return (float(np.logaddexp(0, -(word @ neighbour))), wrong * neighbour + wrongs @ negatives, wrong * word,
            np.outer(wrongs, word))


def loss_in_bits(word, neighbour, negatives):
    """Your loss is in bits. Which logarithm does the formula have?"""
    loss, wrong, wrongs = parts(word, neighbour, negatives)
    return loss / math.log(2), wrong * neighbour + wrongs @ negatives, wrong * word, np.outer(wrongs, word)


pair_loss = [word_forgets_neighbour, loss_of_one_term, uphill, negatives_uphill, last_gradient_uphill, likelihood,
             no_minus_one, slope_of_sigma, word_forgets_negatives, negatives_pulled_too, vectors_exchanged,
             one_gradient_for_all, first_random_word_only, negatives_on_their_own, negatives_on_their_side,
             loss_of_the_neighbour, loss_in_bits, averaged, averaged_loss, averaged_gradients, averaged_for_the_word,
             minus_one_for_the_negatives, sigma_of_minus_z, neighbour_uphill, both_exchanged, overflowing, sigma_not_a_number,
             dot_products_clipped, little_in_the_logarithm]
