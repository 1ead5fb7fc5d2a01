"""Wrong answers that students really write for unit 08; each docstring is the hint they get."""

import functools
import math

import numpy as np


def soft(z, axis=-1):
    """Softmax of numbers of any size, along one axis."""
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)


# Question 1: an average that learns

def plain_average(X, w):
    """Your weights are all equal, whatever w is. What decides how much an input counts?"""
    weights = np.full(len(X), 1 / len(X))
    return weights, weights @ X


def raw_scores(X, w):
    """Your weights are the dot products themselves. What turns any numbers into shares of 1?"""
    return X @ w, (X @ w) @ X


def exponentials_alone(X, w):
    """Your weights do not sum to 1. What is each exponential divided by?"""
    with np.errstate(all="ignore"):
        e = np.exp(X @ w)
        return e, e @ X


def scores_divided(X, w):
    """You divided the scores by their sum, and never took an exponential. What if a score is negative?"""
    with np.errstate(all="ignore"):
        weights = X @ w / (X @ w).sum()
        return weights, weights @ X


def first_overflow(X, w):
    """Your function is right for small scores. What is e^1000, and what can be subtracted from all scores first?"""
    with np.errstate(all="ignore"):
        e = np.exp(X @ w)
        weights = e / e.sum()
        return weights, weights @ X


def scaled_too(X, w):
    """You divided the scores by √d. Does this question have a scale?"""
    weights = soft(X @ w / math.sqrt(X.shape[1]))
    return weights, weights @ X


def lowest_first(X, w):
    """The lower the score, the greater your weight. Which sign does the exponent have?"""
    weights = soft(-(X @ w))
    return weights, weights @ X


def winner_takes_all(X, w):
    """All your weight goes to the greatest score. How much do the others get in a softmax?"""
    weights = np.zeros(len(X))
    weights[(X @ w).argmax()] = 1
    return weights, weights @ X


def output_first(X, w):
    """Your average comes first. Which of the two is to be first?"""
    weights = soft(X @ w)
    return weights @ X, weights


def divided_twice(X, w):
    """Your average is N times too small. What have the weights been divided by already?"""
    weights = soft(X @ w)
    return weights, weights @ X / len(X)


def rows_not_added(X, w):
    """You have a row for every input. What is done with the weighted rows?"""
    weights = soft(X @ w)
    return weights, weights[:, None] * X


def weights_in_a_column(X, w):
    """Your weights stand in a column of their own. How many axes are asked for?"""
    weights = soft(X @ w)
    return weights[:, None], weights @ X


def features_compared(X, w):
    """You compared w with the columns of X. What is an input, a row or a column?"""
    weights = soft(w @ X)
    return weights, weights @ X


def squashed_scores(X, w):
    """Each of your weights is σ of its score, whatever the others are. Do they sum to 1?"""
    weights = 0.5 * (1 + np.tanh(X @ w / 2))
    return weights, weights @ X


def greatest_amount(X, w):
    """You subtracted the greatest amount of a score, without its sign. What is left if all scores are near −1000?"""
    with np.errstate(all="ignore"):
        e = np.exp(X @ w - abs(X @ w).max())
        weights = e / e.sum()
        return weights, weights @ X


learned_attention = [plain_average, raw_scores, exponentials_alone, scores_divided, first_overflow, scaled_too, lowest_first,
                     winner_takes_all, output_first, divided_twice, rows_not_added, weights_in_a_column, features_compared,
                     squashed_scores, greatest_amount]


# Question 2: additive attention

def pairs(q, k):
    """Each row of q beside each row of k, (N_q, 1, d_a) and (1, N_k, d_a)."""
    return q[:, None], k[None]


def no_tanh(Q, K, W_q, W_k, v):
    """There is no tanh in your scores. What would softmax over the keys then make of the query's part, which is the same for
    all of them?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return (q + k) @ v


def tanh_last(Q, K, W_q, W_k, v):
    """Your tanh comes after v, so no score is greater than 1. Of what is it taken?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.tanh((q + k) @ v)


def tanh_of_each(Q, K, W_q, W_k, v):
    """You took a tanh of each part and added them. Of what is the one tanh taken?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return (np.tanh(q) + np.tanh(k)) @ v


def multiplied(Q, K, W_q, W_k, v):
    """You multiplied the query's part by the key's. What is additive about this attention?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.tanh(q * k) @ v


def difference(Q, K, W_q, W_k, v):
    """You subtracted the key's part. Which sign does it have?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.tanh(q - k) @ v


def keys_as_rows(Q, K, W_q, W_k, v):
    """Your rows are keys. Which axis has the queries?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return (np.tanh(q + k) @ v).T


def same_places_only(Q, K, W_q, W_k, v):
    """You compared query i with key i alone. How many pairs are there, and which axis of length 1 makes NumPy form them?"""
    return np.tanh(Q @ W_q + K @ W_k) @ v


def softmax_already(Q, K, W_q, W_k, v):
    """Your rows sum to 1. Are the weights asked for, or the scores?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return soft(np.tanh(q + k) @ v)


def scale_added(Q, K, W_q, W_k, v):
    """You divided by √d_a. Is there a scale in this formula?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.tanh(q + k) @ v / math.sqrt(len(v))


def vector_left_out(Q, K, W_q, W_k, v):
    """You added up the entries of the tanh. What are they multiplied by first?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.tanh(q + k).sum(axis=-1)


def vector_inside(Q, K, W_q, W_k, v):
    """Your v is inside the tanh. Where does it stand in the formula?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.tanh((q + k) * v).sum(axis=-1)


def not_summed(Q, K, W_q, W_k, v):
    """You have d_a numbers for each pair. How many are asked for?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.tanh(q + k) * v


def averaged(Q, K, W_q, W_k, v):
    """You took the mean over the d_a entries. What does v·(…) do with them?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return (np.tanh(q + k) * v).mean(axis=-1)


def matrices_exchanged(Q, K, W_q, W_k, v):
    """You multiplied the queries by W_k and the keys by W_q. Which belongs to which?"""
    q, k = pairs(Q @ W_k, K @ W_q)
    return np.tanh(q + k) @ v


def both_transposed(Q, K, W_q, W_k, v):
    """Your matrices stand on their sides. Which of their axes belongs to the query or key, and where is it in `Q @ W_q`?"""
    q, k = pairs(Q @ W_q.T, K @ W_k.T)
    return np.tanh(q + k) @ v


def rectified(Q, K, W_q, W_k, v):
    """Your activation cuts negative numbers off. Which one does the formula have?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return np.maximum(q + k, 0) @ v


def logistic(Q, K, W_q, W_k, v):
    """Your activation has values from 0 to 1. Which one does the formula have?"""
    q, k = pairs(Q @ W_q, K @ W_k)
    return (0.5 * (1 + np.tanh((q + k) / 2))) @ v


def added_after_all(Q, K, W_q, W_k, v):
    """In your scores the queries have no part. What is added inside the tanh?"""
    return np.repeat((np.tanh(K @ W_k) @ v)[None], len(Q), axis=0)


additive_scores = [no_tanh, tanh_last, tanh_of_each, multiplied, difference, keys_as_rows, same_places_only, softmax_already,
                   scale_added, vector_left_out, vector_inside, not_summed, averaged, matrices_exchanged, both_transposed,
                   rectified, logistic, added_after_all]


# Question 3: dot products, scaled

def not_scaled(Q, K):
    """Your scores are √d_k times too large. What are the dot products divided by?"""
    return Q @ K.swapaxes(1, 2)


def scaled_by_width(Q, K):
    """You divided by d_k, all at once or by its root on both sides. By what is a dot product divided, and how often?"""
    return Q @ K.swapaxes(1, 2) / Q.shape[2]


def scaled_up(Q, K):
    """You multiplied by √d_k. Shall the scores become smaller or larger?"""
    return Q @ K.swapaxes(1, 2) * math.sqrt(Q.shape[2])


def root_of_keys(Q, K):
    """You divided by the root of the number of keys. Of how many products is a dot product the sum?"""
    return Q @ K.swapaxes(1, 2) / math.sqrt(K.shape[1])


def root_of_queries(Q, K):
    """You divided by the root of the number of queries. Of how many products is a dot product the sum?"""
    return Q @ K.swapaxes(1, 2) / math.sqrt(Q.shape[1])


def root_of_texts(Q, K):
    """You divided by the root of the number of texts. Which axis does `len` count?"""
    return Q @ K.swapaxes(1, 2) / math.sqrt(len(Q))


def keys_by_queries(Q, K):
    """Your rows are keys and your columns are queries. Which way round are they to be?"""
    return K @ Q.swapaxes(1, 2) / math.sqrt(Q.shape[2])


def weights_for_scores(Q, K):
    """Your rows sum to 1. Are the weights asked for, or the scores?"""
    return soft(Q @ K.swapaxes(1, 2) / math.sqrt(Q.shape[2]))


def all_axes_turned(Q, K):
    """`K.T` turns all three axes round. Which two are to be exchanged?"""
    return Q @ K.T / math.sqrt(Q.shape[2])


def keys_cut_anew(Q, K):
    """You cut the keys anew where they had to be transposed. Does `reshape` exchange two axes?"""
    return Q @ K.reshape(len(K), K.shape[2], K.shape[1]) / math.sqrt(Q.shape[2])


def cosines(Q, K):
    """Your scores lie between −1 and 1. Are the vectors made to have length 1 here?"""
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(Q, axis=2)[:, :, None] * np.linalg.norm(K, axis=2)[:, None]
        return Q @ K.swapaxes(1, 2) / lengths


def of_all_texts(Q, K):
    """You compared the queries of one text with the keys of all of them. Which axis do the two have in common?"""
    return np.einsum("aid,bjd->aibj", Q, K) / math.sqrt(Q.shape[2])


def text_by_text_added(Q, K):
    """You added the scores of all texts up. How many tables of scores are there?"""
    return np.einsum("bid,bjd->ij", Q, K) / math.sqrt(Q.shape[2])


def one_key_each(Q, K):
    """You compared query i with key i alone. How many pairs are there?"""
    return (Q * K).sum(axis=2) / math.sqrt(Q.shape[2])


def negative_distances(Q, K):
    """Your scores are distances. What does a dot product add up?"""
    return -((Q[:, :, None] - K[:, None]) ** 2).sum(axis=3) / math.sqrt(Q.shape[2])


scores = [not_scaled, scaled_by_width, scaled_up, root_of_keys, root_of_queries, root_of_texts, keys_by_queries,
          weights_for_scores, all_axes_turned, keys_cut_anew, cosines, of_all_texts, text_by_text_added, one_key_each,
          negative_distances]


# Question 4: self-attention

def looked_up(Q, K, V, scale):
    """softmax(Q Kᵀ/scale) V for one text."""
    return soft(Q @ K.T / scale) @ V


def inputs_averaged(X, W_q, W_k, W_v):
    """You took the average of the inputs themselves. Of what are the outputs averages?"""
    return looked_up(X @ W_q, X @ W_k, X, math.sqrt(W_q.shape[1]))


def keys_and_values_exchanged(X, W_q, W_k, W_v):
    """Your queries are compared with the values, and the keys are averaged. Which is which?"""
    return looked_up(X @ W_q, X @ W_v, X @ W_k, math.sqrt(W_q.shape[1]))


def queries_and_keys_exchanged(X, W_q, W_k, W_v):
    """In your scores row i has the key of token i, and column j the query of token j. Who asks, and which axis is it on?"""
    return looked_up(X @ W_k, X @ W_q, X @ W_v, math.sqrt(W_q.shape[1]))


def weights_transposed(X, W_q, W_k, W_v):
    """Your matrices stand on their sides. Which of their axes belongs to the input, and where does it stand in `X @ W_q`?"""
    return looked_up(X @ W_q.T, X @ W_k.T, X @ W_v.T, math.sqrt(W_q.shape[1]))


def over_the_queries(X, W_q, W_k, W_v):
    """Your columns sum to 1, not your rows. Who shares out its attention, a query or a key?"""
    S = (X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1])
    return soft(S, axis=0) @ (X @ W_v)


def over_everything(X, W_q, W_k, W_v):
    """All your weights together sum to 1. How many distributions are there?"""
    S = (X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1])
    e = np.exp(S - S.max())
    return e / e.sum() @ (X @ W_v)


def scale_missing(X, W_q, W_k, W_v):
    """Your scores are not scaled. What are they divided by before the softmax?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, 1.0)


def scale_without_root(X, W_q, W_k, W_v):
    """You divided the scores by d_k. Which power of d_k should it be?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, W_q.shape[1])


def scale_of_inputs(X, W_q, W_k, W_v):
    """You divided by the root of the width of X. How many entries does each of the two multiplied vectors have?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, math.sqrt(X.shape[1]))


def scale_of_values(X, W_q, W_k, W_v):
    """You divided by the root of the values' width. How many entries does each of the two multiplied vectors have?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, math.sqrt(W_v.shape[1]))


def scale_of_tokens(X, W_q, W_k, W_v):
    """You divided by the root of the number of tokens. How many entries does each of the two multiplied vectors have?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, math.sqrt(len(X)))


def scale_afterwards(X, W_q, W_k, W_v):
    """You divided the weights by √d_k. What is divided, the scores or the weights?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, 1.0) / math.sqrt(W_q.shape[1])


def softmax_left_out(X, W_q, W_k, W_v):
    """You multiplied the scores by the values. What comes between?"""
    return (X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1]) @ (X @ W_v)


def self_overflow(X, W_q, W_k, W_v):
    """Your function is right for small scores. What is e^1000, and what can be subtracted from all scores of a row first?"""
    with np.errstate(all="ignore"):
        e = np.exp((X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1]))
        return e / e.sum(axis=1, keepdims=True) @ (X @ W_v)


def weights_turned(X, W_q, W_k, W_v):
    """You transposed the weights before you averaged. Whose weights are a row of A?"""
    return soft((X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1])).T @ (X @ W_v)


def everybody_alike(X, W_q, W_k, W_v):
    """All your outputs are the mean of the values. What are the queries and keys for?"""
    return np.repeat((X @ W_v).mean(axis=0, keepdims=True), len(X), axis=0)


def weights_returned(X, W_q, W_k, W_v):
    """These are the weights. What is averaged with them?"""
    return soft((X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1]))


def best_key_only(X, W_q, W_k, W_v):
    """Each of your outputs is a single value, that of the greatest score. How much do the others get?"""
    return (X @ W_v)[((X @ W_q) @ (X @ W_k).T).argmax(axis=1)]


def last_query_only(X, W_q, W_k, W_v):
    """You have one output. How many tokens ask?"""
    return looked_up(X[-1:] @ W_q, X @ W_k, X @ W_v, math.sqrt(W_q.shape[1]))[0]


def nothing_learned(X, W_q, W_k, W_v):
    """You compared the inputs themselves. What are W_q and W_k for?"""
    return looked_up(X, X, X @ W_v, math.sqrt(W_q.shape[1]))


def not_oneself(X, W_q, W_k, W_v):
    """No token of yours looks at itself. Is anything hidden here?"""
    S = (X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1])
    with np.errstate(all="ignore"):
        return soft(np.where(np.eye(len(X)), -np.inf, S)) @ (X @ W_v)


def future_hidden(X, W_q, W_k, W_v):
    """No token of yours looks at later ones. Is anything hidden here?"""
    S = (X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1])
    return soft(np.where(np.tri(len(X)), S, -np.inf)) @ (X @ W_v)


def scale_upwards(X, W_q, W_k, W_v):
    """You multiplied the scores by √d_k. Shall they become smaller or larger?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, W_q.shape[1] ** -0.5)


def sums_not_kept(X, W_q, W_k, W_v):
    """You divided column j by the sum of row j. Which shape does `sum(axis=1)` have, and along which axis is it spread?"""
    S = (X @ W_q) @ (X @ W_k).T / math.sqrt(W_q.shape[1])
    with np.errstate(all="ignore"):
        e = np.exp(S - S.max())
        return e / e.sum(axis=1) @ (X @ W_v)


def scores_of(X, W_q, W_k):
    return X @ W_q @ (X @ W_k).T / math.sqrt(W_q.shape[1])


def keys_averaged(X, W_q, W_k, W_v):
    """You averaged the keys. Which third vector does a token make of itself, and what is it for?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_k, math.sqrt(W_q.shape[1]))


def maxima_not_kept(X, W_q, W_k, W_v):
    """You subtracted the greatest score of row j from column j. Which shape does `max(axis=1)` have, and along which axis is it
    spread?"""
    S = scores_of(X, W_q, W_k)
    with np.errstate(all="ignore"):
        e = np.exp(S - S.max(axis=1))
        return e / e.sum(axis=1, keepdims=True) @ (X @ W_v)


def nothing_kept(X, W_q, W_k, W_v):
    """From column j you subtracted the greatest score of row j, and you divided it by the sum of row j. Which shape do
    `max(axis=1)` and `sum(axis=1)` have, and along which axis are they spread?"""
    S = scores_of(X, W_q, W_k)
    with np.errstate(all="ignore"):
        e = np.exp(S - S.max(axis=1))
        return e / e.sum(axis=1) @ (X @ W_v)


def greatest_of_the_table(X, W_q, W_k, W_v):
    """You subtracted the greatest of all scores. What is left of a row that lies far below it?"""
    S = scores_of(X, W_q, W_k)
    with np.errstate(all="ignore"):
        e = np.exp(S - S.max())
        return e / e.sum(axis=1, keepdims=True) @ (X @ W_v)


def greatest_amount_of_a_row(X, W_q, W_k, W_v):
    """You subtracted the greatest amount of a score, without its sign. What is left of a row in which all are near −1000?"""
    S = scores_of(X, W_q, W_k)
    with np.errstate(all="ignore"):
        e = np.exp(S - abs(S).max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True) @ (X @ W_v)


def half_of_the_width(X, W_q, W_k, W_v):
    """You divided by half of d_k. What comes first in `d_k ** 1/2`?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, W_q.shape[1] / 2)


def twice_the_width(X, W_q, W_k, W_v):
    """You divided by d_k, and once more by 2. What comes first in `S / d_k ** 1/2`?"""
    return looked_up(X @ W_q, X @ W_k, X @ W_v, W_q.shape[1] * 2)


self_attention = [inputs_averaged, keys_and_values_exchanged, queries_and_keys_exchanged, weights_transposed, over_the_queries,
                  over_everything, scale_missing, scale_without_root, scale_of_inputs, scale_of_values, scale_of_tokens,
                  scale_afterwards, softmax_left_out, self_overflow, weights_turned, everybody_alike, weights_returned,
                  best_key_only, last_query_only, nothing_learned, not_oneself, future_hidden, scale_upwards, sums_not_kept,
                  keys_averaged, maxima_not_kept, nothing_kept, greatest_of_the_table, greatest_amount_of_a_row,
                  half_of_the_width, twice_the_width]


# Question 5: the causal mask

def hidden(where):
    """An additive mask that is −∞ where the array is True."""
    return np.where(where, -np.inf, 0.0)


def places(n_q, n_k, first):
    """Which keys the queries stand at if the first of them stands at key ``first``, (n_q, 1), and all keys, (1, n_k)."""
    return np.arange(n_q)[:, None] + first, np.arange(n_k)[None]


def future_only(n_q, n_k):
    """Your queries see themselves and the future. Which triangle is to be hidden?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return hidden(j < i)


def not_itself(n_q, n_k):
    """Your queries do not see their own key. Who has been read when the next token is predicted?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return hidden(j >= i)


def itself_only(n_q, n_k):
    """Your queries see their own key and nothing else. What of those before it?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return hidden(j != i)


def top_left(n_q, n_k):
    """Your first query stands at the first key. At which key does the last one stand if there are fewer queries than keys?"""
    i, j = places(n_q, n_k, 0)
    return hidden(j > i)


def other_offset(n_q, n_k):
    """You shifted the triangle the wrong way. Do queries see more keys or fewer if keys came before the first query?"""
    i, j = places(n_q, n_k, n_q - n_k)
    return hidden(j > i)


def one_too_many(n_q, n_k):
    """Your queries see one key of the future. Where does the past end?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return hidden(j > i + 1)


def truth_values(n_q, n_k):
    """Your mask is Boolean. Which numbers does an additive mask have?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return j <= i


def ones_and_zeros(n_q, n_k):
    """Your mask has 1 and 0. What are they to do when they are added to scores?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return (j <= i).astype(float)


def infinity_where_visible(n_q, n_k):
    """You hide the past and show the future. Where does −∞ stand?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return hidden(j <= i)


def not_quite_infinite(n_q, n_k):
    """You hide with a large negative number. What does softmax make of a row in which all keys are hidden, with it and with
    −∞?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return np.where(j > i, -1e9, 0.0)


def zero_times_infinity(n_q, n_k):
    """You multiplied 0 by ∞, and that is NaN. How else can one of two numbers be chosen?"""
    i, j = places(n_q, n_k, n_k - n_q)
    with np.errstate(all="ignore"):
        return (j > i) * -np.inf


def plus_infinity(n_q, n_k):
    """Your mask has +∞. What is e^∞?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return np.where(j > i, np.inf, 0.0)


def as_columns(n_q, n_k):
    """Your queries stand in columns. Which axis is theirs?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return hidden(j > i).T


def as_many_keys_as_queries(n_q, n_k):
    """Your mask is a square. How many keys are there?"""
    return hidden(np.arange(n_q) > np.arange(n_q)[:, None])


def as_many_queries_as_keys(n_q, n_k):
    """Your mask is a square. How many queries are there?"""
    return hidden(np.arange(n_k) > np.arange(n_k)[:, None])


def nothing_hidden(n_q, n_k):
    """Your mask hides nothing. What may a query not see?"""
    return np.zeros((n_q, n_k))


def future_only_top_left(n_q, n_k):
    """Your queries see themselves and the future, and the first one stands at the first key. Which triangle is to be hidden,
    and at which key does the last query stand?"""
    i, j = places(n_q, n_k, 0)
    return hidden(j < i)


def zero_times_infinity_top_left(n_q, n_k):
    """You multiplied 0 by ∞, and that is NaN; and your first query stands at the first key. How else can one of two numbers be
    chosen, and at which key does the last query stand?"""
    i, j = places(n_q, n_k, 0)
    with np.errstate(all="ignore"):
        return (j > i) * -np.inf


def lowest_float(n_q, n_k):
    """You hide with the lowest number there is. What does softmax make of a row in which all keys are hidden, with it and with
    −∞?"""
    i, j = places(n_q, n_k, n_k - n_q)
    return np.where(j > i, np.finfo(float).min, 0.0)


def square_triangle(n_q, n_k):
    """Your triangle has n_q rows and n_q columns, and nothing is hidden to the right of it. At which key does the first query
    stand?"""
    i, j = places(n_q, n_k, 0)
    return hidden((j > i) & (j < n_q))


causal_mask = [future_only, not_itself, itself_only, top_left, other_offset, one_too_many, truth_values, ones_and_zeros,
               infinity_where_visible, not_quite_infinite, zero_times_infinity, plus_infinity, as_columns,
               as_many_keys_as_queries, as_many_queries_as_keys, nothing_hidden, future_only_top_left,
               zero_times_infinity_top_left, lowest_float, square_triangle]


# Question 6: causal and padding

def both_masks(lengths, T):
    """Which keys are words, (B, 1, 1, T), and which are not in the future, (T, T)."""
    words = np.arange(T) < np.array(lengths, int)[:, None]
    return words[:, None, None], np.tri(T, dtype=bool)


def joined_by_or(lengths, T):
    """With you one reason to be seen is enough. How many reasons does it take to be hidden?"""
    words, past = both_masks(lengths, T)
    return words | past


def queries_padded(lengths, T):
    """You hid the rows of the padding. Which axis has the keys, and what does the text say of the padding as queries?"""
    words, past = both_masks(lengths, T)
    return words.swapaxes(2, 3) & past


def padding_alone(lengths, T):
    """Your queries see the future. Which other mask is to be joined with the padding's?"""
    words, _ = both_masks(lengths, T)
    return np.repeat(words, T, axis=2)


def causal_alone(lengths, T):
    """Your queries see the padding. What are the lengths for?"""
    _, past = both_masks(lengths, T)
    return np.repeat(past[None, None], len(lengths), axis=0)


def strict(lengths, T):
    """Your queries do not see their own key. Which keys may a token see?"""
    words, _ = both_masks(lengths, T)
    return words & np.tri(T, k=-1, dtype=bool)


def true_is_hidden(lengths, T):
    """Your mask is True where something is hidden. What does True mean here?"""
    words, past = both_masks(lengths, T)
    return ~(words & past)


def no_axis_for_heads(lengths, T):
    """Your mask has three axes. What is the one of length 1 for?"""
    words, past = both_masks(lengths, T)
    return (words & past)[:, 0]


def additive_form(lengths, T):
    """Your mask is one of numbers to be added. Which form is asked for?"""
    words, past = both_masks(lengths, T)
    return hidden(~(words & past))


def whole_numbers(lengths, T):
    """Your mask has 1 and 0. Which dtype is asked for, and what would happen if these were added to scores?"""
    words, past = both_masks(lengths, T)
    return (words & past).astype(int)


def one_word_more(lengths, T):
    """You show one place behind the words. At which index is the last of n words?"""
    words, past = both_masks([n + 1 for n in lengths], T)
    return words & past


def one_word_less(lengths, T):
    """You hide the last word. At which index is the last of n words?"""
    words, past = both_masks([n - 1 for n in lengths], T)
    return words & past


def rows_and_columns_exchanged(lengths, T):
    """Your rows and columns are exchanged. Which axis has the queries?"""
    words, past = both_masks(lengths, T)
    return (words & past).swapaxes(2, 3)


def future_seen(lengths, T):
    """Your queries see themselves and the future, not the past. Which triangle should it be?"""
    words, past = both_masks(lengths, T)
    return words & past.T


def padding_in_front(lengths, T):
    """You hid keys at the start of the texts. Where do the words stand, and where was filled up?"""
    words, past = both_masks(lengths, T)
    return words[..., ::-1] & past


def same_for_all(lengths, T):
    """All your texts have the length of the longest one. Which lengths have the others?"""
    words, past = both_masks([max(lengths)] * len(lengths), T)
    return words & past


def first_for_all(lengths, T):
    """All your texts have the length of the first one. Which lengths have the others?"""
    words, past = both_masks([lengths[0]] * len(lengths), T)
    return words & past


def one_reason_exactly(lengths, T):
    """You show a key where exactly one of the two masks does. What if both do?"""
    words, past = both_masks(lengths, T)
    return words ^ past


def seen_by_oneself(lengths, T):
    """With you every token sees itself, the padding as well. May anybody look at the padding?"""
    words, past = both_masks(lengths, T)
    return (words & past) | np.eye(T, dtype=bool)


def one_row_for_all(lengths, T):
    """All queries have one row in your mask, so nothing hides the future. How many rows does each text need?"""
    return both_masks(lengths, T)[0]


combined_mask = [joined_by_or, queries_padded, padding_alone, causal_alone, strict, true_is_hidden, no_axis_for_heads,
                 additive_form, whole_numbers, one_word_more, one_word_less, rows_and_columns_exchanged, future_seen,
                 padding_in_front, same_for_all, first_for_all, one_reason_exactly, seen_by_oneself, one_row_for_all]


# Question 7: masked softmax

def or_zero(e, total):
    """e/total, and 0 where both are."""
    with np.errstate(all="ignore"):
        return np.where(total == 0, 0.0, e / np.where(total == 0, 1, total))


def over_columns(S, M):
    """Your columns sum to 1, not your rows. Who shares out its attention, a query or a key?"""
    with np.errstate(all="ignore"):
        z = S + M
        e = np.exp(z - np.where(np.isneginf(z).all(axis=-2, keepdims=True), 0, z.max(axis=-2, keepdims=True)))
        return or_zero(e, e.sum(axis=-2, keepdims=True))


def over_axis_one(S, M):
    """You took the softmax over axis 1. Which axis has the keys, however many stand in front?"""
    z = S + M
    with np.errstate(all="ignore"):
        e = np.exp(z - np.where(np.isneginf(z).all(axis=1, keepdims=True), 0, z.max(axis=1, keepdims=True)))
        return or_zero(e, e.sum(axis=1, keepdims=True))


def over_axis_zero(S, M):
    """You took the softmax over axis 0. Which axis has the keys, however many stand in front?"""
    z = S + M
    with np.errstate(all="ignore"):
        e = np.exp(z - np.where(np.isneginf(z).all(axis=0, keepdims=True), 0, z.max(axis=0, keepdims=True)))
        return or_zero(e, e.sum(axis=0, keepdims=True))


def over_all(S, M):
    """All your weights together sum to 1. How many distributions are there?"""
    e = np.exp(S + M - (S + M).max())
    return e / e.sum()


def over_each_table(S, M):
    """In your answer the weights of all queries of a text together sum to 1. How many distributions are there?"""
    z = S + M
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(axis=(-2, -1), keepdims=True))
        return e / e.sum(axis=(-2, -1), keepdims=True)


def hidden_scores_zero(S, M):
    """You made the hidden scores 0. What is e⁰?"""
    return soft(np.where(M == 0, S, 0.0))


def multiplied_by_the_mask(S, M):
    """You multiplied the scores by the mask. What becomes of the visible ones, whose mask is 0?"""
    with np.errstate(all="ignore"):
        return soft(S * M)


def zeroed_afterwards(S, M):
    """Your hidden weights are 0, but they were counted in the softmax. What do the rest of a row sum to?"""
    return soft(S) * (M == 0)


def mask_ignored(S, M):
    """Your weights do not depend on the mask. Where does it come in?"""
    return soft(S)


def mask_afterwards(S, M):
    """You added the mask to the weights. To what is it added?"""
    return soft(S) + M


def mask_subtracted(S, M):
    """You subtracted the mask. What is e^∞?"""
    with np.errstate(all="ignore"):
        z = S - M
        return soft(z)


def visible_hidden(S, M):
    """You hide what may be seen and show what is hidden. What does a 0 in the mask mean?"""
    z = np.where(M == 0, -np.inf, S)
    with np.errstate(all="ignore"):
        e = np.exp(z - np.where(np.isneginf(z).all(axis=-1, keepdims=True), 0, z.max(axis=-1, keepdims=True)))
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def mask_turned(S, M):
    """You transposed the mask. Are its rows queries or keys?"""
    z = S + M.T
    with np.errstate(all="ignore"):
        e = np.exp(z - np.where(np.isneginf(z).all(axis=-1, keepdims=True), 0, z.max(axis=-1, keepdims=True)))
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def nothing_seen_is_nan(S, M):
    """Where a query may look nowhere your weights are NaN. What is −∞ − (−∞), or 0/0, and what are the weights to be there?"""
    with np.errstate(all="ignore"):
        z = S + M
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


def nothing_seen_is_equal(S, M):
    """You let a query that may look nowhere look everywhere alike. What should its weights be?"""
    somewhere = (M == 0).any(axis=-1, keepdims=True)
    return soft(np.where(M == 0, S, np.where(somewhere, -np.inf, 0)))


def large_number(S, M):
    """You hide with a large negative number instead of −∞. What does softmax make of a row in which every score has become
    smaller by the same amount?"""
    return soft(S + np.where(M == 0, 0, -1e9))


def overflowing(S, M):
    """Your function is right for small scores. What is e^1000, and what can be subtracted from all scores of a row first?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M)
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def overflowing_and_nan(S, M):
    """Two things make NaN in your answer: scores around a thousand, and rows in which all is hidden. What is e^1000, and what
    is 0/0?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M)
        return e / e.sum(axis=-1, keepdims=True)


def greatest_of_hidden(S, M):
    """Your maximum, or your sum, was taken over the hidden keys too. What is left of the visible ones if a hidden score is far
    above them?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - S.max(axis=-1, keepdims=True))
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def greatest_of_hidden_and_nan(S, M):
    """Your maximum, or your sum, was taken over the hidden keys too, and you divide by 0. What is left of the visible ones if a
    hidden score is far above them?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - S.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


def greatest_of_all(S, M):
    """You subtracted the greatest score of the whole array. What is left of a row that lies far below it?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - (S + M).max())
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def greatest_of_all_and_nan(S, M):
    """You subtracted the greatest score of the whole array, and you divide by 0. What is left of a row that lies far below
    it?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - (S + M).max())
        return e / e.sum(axis=-1, keepdims=True)


def something_added(S, M):
    """Your weights are a trifle too small. Did you add a small number to the sum?"""
    z = S + M
    with np.errstate(all="ignore"):
        e = np.exp(z - np.where(np.isneginf(z).all(axis=-1, keepdims=True), 0, z.max(axis=-1, keepdims=True)))
        return e / (e.sum(axis=-1, keepdims=True) + 1e-8)


def overflowing_to_zero(S, M):
    """You replaced every NaN by 0, also those that come of e^1000. What can be subtracted from all scores of a row first?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M)
        return np.nan_to_num(e / e.sum(axis=-1, keepdims=True))


def nowhere_unmasked(S, M):
    """In a row in which all keys are hidden your weights are those without a mask. What are they to be?"""
    return soft(S + np.where(np.isinf(M).all(axis=-1, keepdims=True), 0, M))


def amounts_of_rows(S, M):
    """You subtracted the greatest amount of a score, without its sign. What is left of a row in which all are near −1000?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - abs(S).max(axis=-1, keepdims=True))
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def amounts_of_rows_and_nan(S, M):
    """You subtracted the greatest amount of a score, without its sign, and you divide by 0. What is left of a row in which all
    are near −1000?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - abs(S).max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


def greatest_of_all_and_hidden(S, M):
    """You subtracted the greatest score of the whole array, hidden ones included. What is left of a row that lies far below
    it?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - S.max())
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def greatest_of_all_and_hidden_and_nan(S, M):
    """You subtracted the greatest score of the whole array, hidden ones included, and you divide by 0. What is left of a row
    that lies far below it?"""
    with np.errstate(all="ignore"):
        e = np.exp(S + M - S.max())
        return e / e.sum(axis=-1, keepdims=True)


attention_weights = [over_columns, over_axis_one, over_axis_zero, over_all, over_each_table, hidden_scores_zero,
                     multiplied_by_the_mask, zeroed_afterwards, mask_ignored, mask_afterwards, mask_subtracted, visible_hidden,
                     mask_turned, nothing_seen_is_nan, nothing_seen_is_equal, large_number, overflowing, overflowing_and_nan,
                     greatest_of_hidden, greatest_of_hidden_and_nan, greatest_of_all, greatest_of_all_and_nan, something_added,
                     overflowing_to_zero, nowhere_unmasked, amounts_of_rows, amounts_of_rows_and_nan,
                     greatest_of_all_and_hidden, greatest_of_all_and_hidden_and_nan]


# Question 8: heads

def cut_without_turning(X, h):
    """Your heads have pieces of the text: you cut the array anew, and no axis changed its place. What comes after the
    `reshape`?"""
    B, T, d = X.shape
    return X.reshape(B, h, T, d // h)


def every_hth(X, h):
    """Your first head has every h-th feature. Which ones stand side by side in it?"""
    B, T, d = X.shape
    return X.reshape(B, T, d // h, h).transpose(0, 3, 1, 2)


def heads_after_time(X, h):
    """Your heads are there, behind the tokens' axis. Which of the two comes first?"""
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h)


def heads_and_width_exchanged(X, h):
    """Your axes of length h and d/h are exchanged. Into how many heads is the text split?"""
    B, T, d = X.shape
    return X.reshape(B, T, d // h, h).transpose(0, 2, 1, 3)


def heads_in_front(X, h):
    """Your heads are on the first axis. Which one is the texts'?"""
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).transpose(2, 0, 1, 3)


def features_before_time(X, h):
    """In your heads the features stand in front of the tokens. Which axis comes last?"""
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).transpose(0, 2, 3, 1)


def everything_to_every_head(X, h):
    """Every head of yours has all features. How many are its share?"""
    return np.repeat(X[:, None], h, axis=1)


def texts_mixed(X, h):
    """Your texts are on the second axis, the heads on the first. Which way round?"""
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).transpose(2, 0, 1, 3).reshape(B, h, T, d // h)


def heads_reversed(X, h):
    """Your heads come in reverse order. To which one do the first features go?"""
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).transpose(0, 2, 1, 3)[:, ::-1]


def list_of_heads(X, h):
    """You have a list of heads. Which shape is one array to have?"""
    return np.split(X, h, axis=2)


def width_before_heads(X, h):
    """You exchanged the last two axes. Which two have to change places after the `reshape`?"""
    B, T, d = X.shape
    return X.reshape(B, T, h, d // h).swapaxes(2, 3)


split_heads = [cut_without_turning, every_hth, heads_after_time, heads_and_width_exchanged, heads_in_front,
               features_before_time, everything_to_every_head, texts_mixed, heads_reversed, list_of_heads, width_before_heads]


def merged_without_turning(Z):
    """You cut the array anew, and no axis changed its place before. Whose features shall stand side by side in a row?"""
    B, h, T, width = Z.shape
    return Z.reshape(B, T, h * width)


def merged_by_turns(Z):
    """You take the heads by turns, one feature from each. Which features stand side by side in a row?"""
    B, h, T, width = Z.shape
    return Z.transpose(0, 2, 3, 1).reshape(B, T, h * width)


def one_after_the_other(Z):
    """Your heads stand below each other, as if they were more tokens. Along which axis are they to be put together?"""
    B, h, T, width = Z.shape
    return Z.reshape(B, h * T, width)


def heads_added(Z):
    """You added the heads up. How wide is a row once they stand side by side?"""
    return Z.sum(axis=1)


def heads_averaged(Z):
    """You took the mean of the heads. How wide is a row once they stand side by side?"""
    return Z.mean(axis=1)


def not_joined(Z):
    """You turned the axes and left it at that. How many axes are asked for?"""
    return Z.transpose(0, 2, 1, 3)


def last_head_first(Z):
    """Your heads come in reverse order. Whose features come first?"""
    B, h, T, width = Z.shape
    return Z[:, ::-1].transpose(0, 2, 1, 3).reshape(B, T, h * width)


def texts_in_the_rows(Z):
    """You put the texts side by side. What stands side by side in a row?"""
    B, h, T, width = Z.shape
    return Z.transpose(1, 2, 0, 3).reshape(B, T, h * width)


def first_head_alone(Z):
    """You have one head. What of the others?"""
    return Z[:, 0]


def wrong_axes_turned(Z):
    """You exchanged the last two axes. Which two have to change places before the `reshape`?"""
    B, h, T, width = Z.shape
    return Z.transpose(0, 1, 3, 2).reshape(B, T, h * width)


merge_heads = [merged_without_turning, merged_by_turns, one_after_the_other, heads_added, heads_averaged, not_joined,
               last_head_first, texts_in_the_rows, first_head_alone, wrong_axes_turned]


# Question 9: several heads

def by_heads(X, h):
    return [X[:, :, part] for part in np.split(np.arange(X.shape[2]), h)]


def heads_of(Q, K, V, h, M, scale, softmax=soft):
    """The output of each head, a list of arrays (B, T, d/h)."""
    out = []
    for q, k, v in zip(by_heads(Q, h), by_heads(K, h), by_heads(V, h), strict=True):
        with np.errstate(all="ignore"):
            out.append(softmax(q @ k.swapaxes(1, 2) / scale + M) @ v)
    return out


def projected(X, W_q, W_k, W_v):
    return X @ W_q, X @ W_k, X @ W_v


def head_scale(X, h):
    return math.sqrt(X.shape[2] / h)


def scale_of_the_model(X, W_q, W_k, W_v, W_o, h, M):
    """You divided by √d. How many entries does one head's query have?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, math.sqrt(X.shape[2]))
    return np.concatenate(Z, axis=2) @ W_o


def heads_not_scaled(X, W_q, W_k, W_v, W_o, h, M):
    """Your scores are not scaled. What is each head's scale?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, 1.0)
    return np.concatenate(Z, axis=2) @ W_o


def head_scale_without_root(X, W_q, W_k, W_v, W_o, h, M):
    """You divided by d/h. Which power of it should it be?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, X.shape[2] / h)
    return np.concatenate(Z, axis=2) @ W_o


def scale_of_heads(X, W_q, W_k, W_v, W_o, h, M):
    """You divided by √h. Is the scale about the number of heads or about their width?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, math.sqrt(h))
    return np.concatenate(Z, axis=2) @ W_o


def no_output_matrix(X, W_q, W_k, W_v, W_o, h, M):
    """You put the heads side by side and left it at that. What mixes them?"""
    return np.concatenate(heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h)), axis=2)


def output_matrix_turned(X, W_q, W_k, W_v, W_o, h, M):
    """Your last matrix stands on its side. Which of its axes belongs to the heads' features?"""
    return np.concatenate(heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h)), axis=2) @ W_o.T


def output_matrix_on_the_left(X, W_q, W_k, W_v, W_o, h, M):
    """Your last matrix stands on the left, where it mixes the tokens. Where does it mix the features of rows?"""
    return W_o @ np.concatenate(heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h)), axis=2)


def summed_heads(X, W_q, W_k, W_v, W_o, h, M):
    """You added the heads up. How wide is a row once they stand side by side?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h))
    return sum(Z) @ W_o[:X.shape[2] // h]


def averaged_heads(X, W_q, W_k, W_v, W_o, h, M):
    """You took the mean of the heads. How wide is a row once they stand side by side?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h))
    return sum(Z) / h @ W_o[:X.shape[2] // h]


def features_dealt_out(X, W_q, W_k, W_v, W_o, h, M):
    """Your heads get every h-th feature. Which columns of W_q are the first head's?"""
    d = X.shape[2]
    dealt = np.arange(d).reshape(d // h, h).T.ravel()
    Z = heads_of(X @ W_q[:, dealt], X @ W_k[:, dealt], X @ W_v[:, dealt], h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2)[:, :, np.argsort(dealt)] @ W_o


def texts_cut_up(X, W_q, W_k, W_v, W_o, h, M):
    """Your heads have pieces of the text: an array was cut anew, and no axis changed its place. What comes after the
    `reshape`?"""
    B, T, d = X.shape
    Q, K, V = (P.reshape(B, h, T, d // h) for P in projected(X, W_q, W_k, W_v))
    return (soft(Q @ K.swapaxes(2, 3) / head_scale(X, h) + M) @ V).reshape(B, T, d) @ W_o


def split_but_cut_at_the_end(X, W_q, W_k, W_v, W_o, h, M):
    """Your heads are right, but they were put together without turning the axes back. What comes before the last `reshape`?"""
    Z = np.stack(heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h)), axis=1)
    return Z.reshape(X.shape) @ W_o


def everything_seen(X, W_q, W_k, W_v, W_o, h, M):
    """Your output does not depend on the mask. Where does it come in?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, 0.0, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def heads_over_columns(X, W_q, W_k, W_v, W_o, h, M):
    """Your columns sum to 1, not your rows. Who shares out its attention, a query or a key?"""
    def columns(z):
        e = np.exp(z - np.where(np.isneginf(z).all(axis=1, keepdims=True), 0, z.max(axis=1, keepdims=True)))
        return or_zero(e, e.sum(axis=1, keepdims=True))
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h), columns)
    return np.concatenate(Z, axis=2) @ W_o


def over_heads(X, W_q, W_k, W_v, W_o, h, M):
    """You took the softmax over the heads. Over which axis does a query share out its attention?"""
    Q, K, V = (np.stack(by_heads(P, h), axis=1) for P in projected(X, W_q, W_k, W_v))
    with np.errstate(all="ignore"):
        z = Q @ K.swapaxes(2, 3) / head_scale(X, h) + M
        A = np.nan_to_num(soft(z, axis=1))
    return np.concatenate(list((A @ V).swapaxes(0, 1)), axis=2) @ W_o


def one_wide_head(X, W_q, W_k, W_v, W_o, h, M):
    """Your output does not depend on h. What is each head's share of the features?"""
    return heads_of(*projected(X, W_q, W_k, W_v), 1, M, head_scale(X, 1))[0] @ W_o


def values_as_keys(X, W_q, W_k, W_v, W_o, h, M):
    """Your queries are compared with the values, and the keys are averaged. Which is which?"""
    Z = heads_of(*projected(X, W_q, W_v, W_k), h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def keys_as_queries(X, W_q, W_k, W_v, W_o, h, M):
    """In your scores the keys ask and the queries answer. Which axis of the scores is the queries'?"""
    Z = heads_of(*projected(X, W_k, W_q, W_v), h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def all_turned(X, W_q, W_k, W_v, W_o, h, M):
    """W_q, W_k and W_v stand on their sides. Which of their axes belongs to the input?"""
    Z = heads_of(*projected(X, W_q.T, W_k.T, W_v.T), h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def inputs_for_values(X, W_q, W_k, W_v, W_o, h, M):
    """You averaged the inputs themselves. What is W_v for?"""
    Z = heads_of(X @ W_q, X @ W_k, X, h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def hidden_after_the_softmax(X, W_q, W_k, W_v, W_o, h, M):
    """Your hidden weights are 0, but they were counted in the softmax. What do the rest of a row sum to?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, 0.0, head_scale(X, h), lambda z: soft(z) * (M == 0))
    return np.concatenate(Z, axis=2) @ W_o


def mask_of_heads_turned(X, W_q, W_k, W_v, W_o, h, M):
    """You transposed the mask. Are its rows queries or keys?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M.T, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def heads_overflow(X, W_q, W_k, W_v, W_o, h, M):
    """Your function is right for small scores. What is e^1000, and what can be subtracted from all scores of a row first?"""
    def naive(z):
        return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h), naive)
    return np.concatenate(Z, axis=2) @ W_o


def scale_of_time(X, W_q, W_k, W_v, W_o, h, M):
    """You divided by the root of the number of tokens. How many entries does one head's query have?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, math.sqrt(X.shape[1]))
    return np.concatenate(Z, axis=2) @ W_o


def blocks_of_the_matrices(X, W_q, W_k, W_v, W_o, h, M):
    """Your heads get a share of the features of X. What is shared out among them, X itself or Q, K and V?"""
    width = X.shape[2] // h
    own = np.kron(np.eye(h), np.ones((width, width)))       # 1 where a head's input meets its output
    Z = heads_of(*projected(X, W_q * own, W_k * own, W_v * own), h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def all_four_turned(X, W_q, W_k, W_v, W_o, h, M):
    """All four of your matrices stand on their sides. Which of their axes belongs to the input in `X @ W`?"""
    Z = heads_of(*projected(X, W_q.T, W_k.T, W_v.T), h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o.T


def queries_as_keys(X, W_q, W_k, W_v, W_o, h, M):
    """Your keys are the queries. Which matrix makes the keys?"""
    Z = heads_of(*projected(X, W_q, W_q, W_v), h, M, head_scale(X, h))
    return np.concatenate(Z, axis=2) @ W_o


def first_columns_for_all(X, W_q, W_k, W_v, W_o, h, M):
    """All your heads have the first columns. Which ones are the second head's?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h))
    return np.concatenate(Z[:1] * h, axis=2) @ W_o


def last_head_in_front(X, W_q, W_k, W_v, W_o, h, M):
    """Your heads come in reverse order. Whose features come first?"""
    Z = heads_of(*projected(X, W_q, W_k, W_v), h, M, head_scale(X, h))
    return np.concatenate(Z[::-1], axis=2) @ W_o


multi_head = [scale_of_the_model, heads_not_scaled, head_scale_without_root, scale_of_heads, no_output_matrix,
              output_matrix_turned, output_matrix_on_the_left, summed_heads, averaged_heads, features_dealt_out, texts_cut_up,
              split_but_cut_at_the_end, everything_seen, heads_over_columns, over_heads, one_wide_head, values_as_keys,
              keys_as_queries, all_turned, inputs_for_values, hidden_after_the_softmax, mask_of_heads_turned, heads_overflow,
              scale_of_time, blocks_of_the_matrices, all_four_turned, queries_as_keys, first_columns_for_all,
              last_head_in_front]


# Question 10: cross-attention

def shared_out(S, visible):
    """Softmax of the visible scores in each row, and 0 where there are none."""
    z = np.where(visible, S, -np.inf)
    with np.errstate(all="ignore"):
        e = np.exp(z - np.where(np.isneginf(z).all(axis=-1, keepdims=True), 0, z.max(axis=-1, keepdims=True)))
        return or_zero(e, e.sum(axis=-1, keepdims=True))


def words(lengths, N):
    """Where a text has a word, (B, 1, N)."""
    return np.arange(N) < np.array(lengths)[:, None, None]


def asked(Q, K, V, lengths, weigh):
    """weigh(scores, where there are words) and the average with these weights."""
    A = weigh(Q @ K.swapaxes(1, 2) / math.sqrt(Q.shape[2]), words(lengths, K.shape[1]))
    return A @ V, A


def roles_exchanged(Z, H, W_q, W_k, W_v, lengths):
    """In your answer the source asks and the decoder answers. Whose are the queries?"""
    return asked(H @ W_q, Z @ W_k, Z @ W_v, lengths, shared_out)


def values_of_the_decoder(Z, H, W_q, W_k, W_v, lengths):
    """Your values come from Z. Whose are they?"""
    return asked(Z @ W_q, H @ W_k, Z @ W_v, lengths, shared_out)


def keys_of_the_decoder(Z, H, W_q, W_k, W_v, lengths):
    """Your keys come from Z. Whose are they?"""
    return asked(Z @ W_q, Z @ W_k, H @ W_v, lengths, shared_out)


def decoder_alone(Z, H, W_q, W_k, W_v, lengths):
    """Your decoder asks itself: keys and values come from Z. Whose are they?"""
    return asked(Z @ W_q, Z @ W_k, Z @ W_v, lengths, shared_out)


def encoder_alone(Z, H, W_q, W_k, W_v, lengths):
    """Your source asks itself: the queries come from H. Whose are they?"""
    return asked(H @ W_q, H @ W_k, H @ W_v, lengths, shared_out)


def causal_too(Z, H, W_q, W_k, W_v, lengths):
    """Your tokens see no more of the source than they have before them. Is the source known when the first token is written?"""
    def weigh(S, visible):
        return shared_out(S, visible & np.tri(*S.shape[1:], dtype=bool))
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, weigh)


def padding_seen(Z, H, W_q, W_k, W_v, lengths):
    """The padding of some text is seen. Has each text its own length?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, lambda S, visible: soft(S))


def padding_zeroed(Z, H, W_q, W_k, W_v, lengths):
    """Your padding has the weight 0, but it was counted in the softmax. What do the rest of a row sum to?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, lambda S, visible: soft(S) * visible)


def padding_scores_zero(Z, H, W_q, W_k, W_v, lengths):
    """You made the scores of the padding 0. What is e⁰?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, lambda S, visible: soft(np.where(visible, S, 0)))


def lengths_of_the_decoder(Z, H, W_q, W_k, W_v, lengths):
    """You hid rows, as if the lengths were those of the decoder's texts. Of which texts are they the lengths?"""
    def weigh(S, visible):
        return np.where(words(lengths, S.shape[1]).swapaxes(1, 2), soft(S), 0)
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, weigh)


def over_the_decoder(Z, H, W_q, W_k, W_v, lengths):
    """Your columns sum to 1, not your rows. Who shares out its attention?"""
    def weigh(S, visible):
        return np.where(visible, soft(S, axis=1), 0)
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, weigh)


def source_keys_as_values(Z, H, W_q, W_k, W_v, lengths):
    """Your queries are compared with the values, and the keys are averaged. Which is which?"""
    return asked(Z @ W_q, H @ W_v, H @ W_k, lengths, shared_out)


def source_not_scaled(Z, H, W_q, W_k, W_v, lengths):
    """Your scores are not scaled. What are they divided by before the softmax?"""
    return asked(Z @ W_q * math.sqrt(W_q.shape[1]), H @ W_k, H @ W_v, lengths, shared_out)


def scale_of_states(Z, H, W_q, W_k, W_v, lengths):
    """You divided by √d. How many entries does each of the two multiplied vectors have?"""
    return asked(Z @ W_q * math.sqrt(W_q.shape[1] / W_q.shape[0]), H @ W_k, H @ W_v, lengths, shared_out)


def source_weights_first(Z, H, W_q, W_k, W_v, lengths):
    """Your weights come first. Which of the two is to be first?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, shared_out)[::-1]


def source_averages_only(Z, H, W_q, W_k, W_v, lengths):
    """You have the outputs alone. What else is asked for?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, shared_out)[0]


def empty_source_is_nan(Z, H, W_q, W_k, W_v, lengths):
    """Where a source has no word your numbers are NaN. What is 0/0, and what are the weights to be there?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, lambda S, visible: soft(np.where(visible, S, -np.inf)))


def empty_source_is_equal(Z, H, W_q, W_k, W_v, lengths):
    """Where a source has no word, you give all places the same weight. What should the weights be there?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, lambda S, visible: soft(np.where(visible, S, np.finfo(float).min)))


def source_one_more(Z, H, W_q, W_k, W_v, lengths):
    """You look at one place behind the words. At which index is the last of n words?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, [n + 1 for n in lengths], shared_out)


def source_one_less(Z, H, W_q, W_k, W_v, lengths):
    """You do not look at the last word. At which index is the last of n words?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, [n - 1 for n in lengths], shared_out)


def source_words_hidden(Z, H, W_q, W_k, W_v, lengths):
    """You look at the padding and at nothing else. Which of the two is to be hidden?"""
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, lambda S, visible: shared_out(S, ~visible))


def source_values_as_they_are(Z, H, W_q, W_k, W_v, lengths):
    """You averaged the rows of H themselves. What is W_v for?"""
    return asked(Z @ W_q, H @ W_k, H, lengths, shared_out)


def source_overflow(Z, H, W_q, W_k, W_v, lengths):
    """Your function is right for small scores. What is e^1000, and what can be subtracted from all scores of a row first?"""
    def weigh(S, visible):
        with np.errstate(all="ignore"):
            e = np.exp(np.where(visible, S, -np.inf))
            return or_zero(e, e.sum(axis=2, keepdims=True))
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, weigh)


def source_overflow_and_nan(Z, H, W_q, W_k, W_v, lengths):
    """Two things make NaN in your answer: scores around a thousand, and sources without a word. What is e^1000, and what is
    0/0?"""
    def weigh(S, visible):
        with np.errstate(all="ignore"):
            e = np.exp(np.where(visible, S, -np.inf))
            return e / e.sum(axis=2, keepdims=True)
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, weigh)


def source_weights_turned(Z, H, W_q, W_k, W_v, lengths):
    """Your weights have a row for each token of the source. Whose weights are a row?"""
    outputs, A = asked(Z @ W_q, H @ W_k, H @ W_v, lengths, shared_out)
    return outputs, A.swapaxes(1, 2)


def source_scaled_without_root(Z, H, W_q, W_k, W_v, lengths):
    """You divided the scores by d_k. Which power of d_k should it be?"""
    return asked(Z @ W_q / math.sqrt(W_q.shape[1]), H @ W_k, H @ W_v, lengths, shared_out)


def source_matrices_exchanged(Z, H, W_q, W_k, W_v, lengths):
    """You made the queries with W_k and the keys with W_q. Which belongs to which?"""
    return asked(Z @ W_k, H @ W_q, H @ W_v, lengths, shared_out)


def scale_of_source_values(Z, H, W_q, W_k, W_v, lengths):
    """You divided by √d_v. How many entries does each of the two multiplied vectors have?"""
    return asked(Z @ W_q * math.sqrt(W_q.shape[1] / W_v.shape[1]), H @ W_k, H @ W_v, lengths, shared_out)


def scale_of_source_words(Z, H, W_q, W_k, W_v, lengths):
    """You divided by the root of the number of keys. Of how many products is a dot product the sum?"""
    return asked(Z @ W_q * math.sqrt(W_q.shape[1] / H.shape[1]), H @ W_k, H @ W_v, lengths, shared_out)


def renormalised(Z, H, W_q, W_k, W_v, lengths):
    """You hid the padding after the softmax and then divided by what was left. What if nothing is left, because a source has no
    word, or because a hidden score is far above the others?"""
    def weigh(S, visible):
        with np.errstate(all="ignore"):
            e = soft(S) * visible
            return e / e.sum(axis=2, keepdims=True)
    return asked(Z @ W_q, H @ W_k, H @ W_v, lengths, weigh)


cross_attention = [roles_exchanged, values_of_the_decoder, keys_of_the_decoder, decoder_alone, encoder_alone, causal_too,
                   padding_seen, padding_zeroed, padding_scores_zero, lengths_of_the_decoder, over_the_decoder,
                   source_keys_as_values, source_not_scaled, scale_of_states, source_weights_first, source_averages_only,
                   empty_source_is_nan, empty_source_is_equal, source_one_more, source_one_less, source_words_hidden,
                   source_values_as_they_are, source_overflow, source_overflow_and_nan, source_weights_turned,
                   source_scaled_without_root, source_matrices_exchanged, scale_of_source_values, scale_of_source_words,
                   renormalised]


# Question 11: block by block

def with_factors(parts, of_l, of_o):
    """Σ of_o(m)·o divided by Σ of_l(m)·l, where of_l and of_o get the block's m and the greatest one."""
    greatest = max(m for m, _, _ in parts)
    with np.errstate(all="ignore"):
        total = sum(np.float64(of_l(m, greatest)) * mass for m, mass, _ in parts)
        return sum(np.float64(of_o(m, greatest)) * o for m, _, o in parts) / (total if total else 1.0)


def factor(m, greatest):
    """e^(m − greatest), and 0 of a block that sees nothing."""
    return np.exp(m - greatest) if np.isfinite(m) else 0.0


def unit(m, greatest):
    return 1.0


def added_up(parts):
    """You added the blocks up as they are. Were all of them measured from the same m?"""
    return with_factors(parts, unit, unit)


def mean_of_averages(parts):
    """You took the mean of the blocks' own averages. Does a block with higher scores count more?"""
    seen = [o / mass for _, mass, o in parts if mass > 0]
    return np.mean(seen, axis=0) if seen else np.zeros(parts[0][2].shape)


def weighted_by_m_alone(parts):
    """You weighted the blocks' own averages by e^m alone. Does a block with more keys, and so a larger l, count more?"""
    seen = [part for part in parts if part[1] > 0]
    if not seen:
        return np.zeros(parts[0][2].shape)
    m = np.array([m for m, _, _ in seen])
    return soft(m) @ np.array([o / mass for _, mass, o in seen])


def wrong_sign(parts):
    """You let blocks whose m is small count most. Which sign does the exponent have?"""
    return with_factors(parts, lambda m, greatest: 1 / factor(m, greatest) if np.isfinite(m) else 0,
                        lambda m, greatest: 1 / factor(m, greatest) if np.isfinite(m) else 0)


def sums_alone(parts):
    """You gave l its factor but not o. Which of the two was measured from the block's own m?"""
    return with_factors(parts, factor, unit)


def outputs_alone(parts):
    """You gave o its factor but not l. Which of the two was measured from the block's own m?"""
    return with_factors(parts, unit, factor)


def last_block(parts):
    """This is the average of the last block. What of the others?"""
    _, mass, o = parts[-1]
    return o / (mass if mass else 1.0)


def first_block(parts):
    """This is the average of the first block. What of the others?"""
    _, mass, o = parts[0]
    return o / (mass if mass else 1.0)


def greatest_block(parts):
    """This is the average of the block with the greatest score. What of the others?"""
    _, mass, o = max(parts, key=lambda part: part[0])
    return o / (mass if mass else 1.0)


def from_zero(parts):
    """Your function is right for small scores. You measured from 0: what is e^1000, and what e^(−1000)?"""
    with np.errstate(all="ignore"):
        total = sum(np.exp(np.float64(m)) * mass for m, mass, _ in parts)
        return sum(np.exp(np.float64(m)) * o for m, _, o in parts) / (total if total else 1.0)


def from_zero_and_nan(parts):
    """Two things make NaN in your answer: you measured from 0, where e^1000 is ∞, and you divide 0 by 0 where nothing is seen.
    From where can all blocks be measured?"""
    with np.errstate(all="ignore"):
        total = sum(np.exp(np.float64(m)) * mass for m, mass, _ in parts)
        return sum(np.exp(np.float64(m)) * o for m, _, o in parts) / np.float64(total)


def from_the_first(parts):
    """You measured all blocks from the first one's m. What if another block's is a thousand above it, or if the first is −∞?"""
    first = parts[0][0]
    with np.errstate(all="ignore"):
        total = sum(np.exp(np.float64(m) - first) * mass for m, mass, _ in parts)
        return sum(np.exp(np.float64(m) - first) * o for m, _, o in parts) / (total if total else 1.0)


def from_the_lowest(parts):
    """You measured all blocks from the lowest m. Which exponentials then grow beyond all bounds?"""
    lowest = min((m for m, _, _ in parts if np.isfinite(m)), default=0.0)
    with np.errstate(all="ignore"):
        total = sum(np.exp(np.float64(m) - lowest) * mass for m, mass, _ in parts)
        return sum(np.exp(np.float64(m) - lowest) * o for m, _, o in parts) / (total if total else 1.0)


def running(parts, of_old, of_new):
    """One block after the other; of_old and of_new get m before, the block's m, and the new greatest one."""
    m, mass, o = -np.inf, 0.0, np.zeros(parts[0][2].shape)
    for block_m, block_mass, block_o in parts:
        if block_m == -np.inf:
            continue
        greatest = max(m, block_m)
        old, new = (np.float64(f(m, block_m, greatest)) for f in (of_old, of_new))
        m, mass, o = greatest, mass * old + block_mass * new, o * old + block_o * new
    return o / (mass if mass else 1.0)


def old_kept(parts):
    """When a block has a greater m, what you had before is not made smaller. From which m was it measured?"""
    return running(parts, lambda m, block, greatest: 1.0, lambda m, block, greatest: np.exp(block - greatest))


def new_kept(parts):
    """When a block has a smaller m than what you had before, you add it as it is. From which m was it measured?"""
    return running(parts, lambda m, block, greatest: np.exp(m - greatest), lambda m, block, greatest: 1.0)


def nothing_is_nan(parts):
    """Where no block sees anything your output is NaN. What is −∞ − (−∞), and what is the output to be there?"""
    greatest = max(m for m, _, _ in parts)
    with np.errstate(all="ignore"):
        total = sum(np.exp(np.float64(m) - greatest) * mass for m, mass, _ in parts)
        return sum(np.exp(np.float64(m) - greatest) * o for m, _, o in parts) / total


def not_divided(parts):
    """Your blocks are added up rightly. What is their sum divided by at the end?"""
    greatest = max(m for m, _, _ in parts)
    return sum(factor(m, greatest) * o for m, _, o in parts)


def three_numbers(parts):
    """You have m, l and o of all keys together. What are they used for at the end?"""
    greatest = max(m for m, _, _ in parts)
    return (float(greatest), float(sum(factor(m, greatest) * mass for m, mass, _ in parts)),
            sum(factor(m, greatest) * o for m, _, o in parts))


def averages_added(parts):
    """You divided each block's o by its own l before you added them. By what is the sum divided, and when?"""
    return sum((o / mass for _, mass, o in parts if mass > 0), np.zeros(parts[0][2].shape))


def running_from_zero(parts):
    """You go from block to block, and m is 0 at first. What is left of blocks whose scores are all near −1000, and what is
    0/0?"""
    m, mass, o = 0.0, 0.0, np.zeros(parts[0][2].shape)
    for block_m, block_mass, block_o in parts:
        greatest = max(m, block_m)
        old, new = np.exp(m - greatest), np.exp(block_m - greatest)
        m, mass, o = greatest, mass * old + block_mass * new, o * old + block_o * new
    with np.errstate(all="ignore"):
        return o / np.float64(mass)


def running_nan(parts):
    """You go from block to block, and a hidden block at the start makes NaN. What is −∞ − (−∞)?"""
    m, mass, o = -np.inf, 0.0, np.zeros(parts[0][2].shape)
    with np.errstate(all="ignore"):
        for block_m, block_mass, block_o in parts:
            greatest = np.float64(max(m, block_m))
            old, new = np.exp(m - greatest), np.exp(block_m - greatest)
            m, mass, o = greatest, mass * old + block_mass * new, o * old + block_o * new
        return o / mass


def running_from_zero_to_zero(parts):
    """You go from block to block, and m is 0 at first. What is left of blocks whose scores are all near −1000?"""
    m, mass, o = 0.0, 0.0, np.zeros(parts[0][2].shape)
    for block_m, block_mass, block_o in parts:
        greatest = max(m, block_m)
        old, new = np.exp(m - greatest), np.exp(block_m - greatest)
        m, mass, o = greatest, mass * old + block_mass * new, o * old + block_o * new
    return o / (mass if mass else 1.0)


def m_not_kept(parts):
    """You go from block to block, and m stays what it was in the first block. From which m are l and o measured after the
    second?"""
    seen = [part for part in parts if part[1] > 0]
    if not seen:
        return np.zeros(parts[0][2].shape)
    m, mass, o = seen[0]
    for block_m, block_mass, block_o in seen[1:]:
        greatest = max(m, block_m)
        with np.errstate(all="ignore"):
            old, new = np.exp(np.float64(m) - greatest), np.exp(np.float64(block_m) - greatest)
        mass, o = mass * old + block_mass * new, o * old + block_o * new
    return o / mass


def outputs_times_sums(parts):
    """You multiplied each block's o by its l. Is o a sum of values, or their average?"""
    greatest = max(m for m, _, _ in parts)
    total = sum(factor(m, greatest) * mass for m, mass, _ in parts)
    return sum(factor(m, greatest) * mass * o for m, mass, o in parts) / (total if total else 1.0)


combine = [added_up, mean_of_averages, weighted_by_m_alone, wrong_sign, sums_alone, outputs_alone, last_block, first_block,
           greatest_block, from_zero, from_zero_and_nan, from_the_first, from_the_lowest, old_kept, new_kept, nothing_is_nan,
           not_divided, three_numbers, averages_added, running_from_zero, running_nan, running_from_zero_to_zero,
           m_not_kept, outputs_times_sums]


# Question 12: the same in torch. The grader has no torch and calls these with arrays.

def of_tensors(mistake):
    """The mistake as it is on arrays; called with tensors, as a student's function is, it computes on arrays all the same."""
    @functools.wraps(mistake)
    def either(Q, *others):
        if isinstance(Q, np.ndarray):
            return mistake(Q, *others)
        found = mistake(np.asarray(Q), *map(np.asarray, others))
        return tuple(None if part is None else Q.new_tensor(part) for part in found)
    return either


def back(Q, K, V, A, scale, G, slopes=None):
    """(output, dQ, dK, dV) of Σ G ⊙ A V, for weights A that are a softmax of scores divided by ``scale``.

    slopes: what the derivatives of the scores are multiplied with, entry by entry.
    """
    with np.errstate(all="ignore"):
        dA = G @ V.swapaxes(1, 2)
        dS = A * (dA - (A * dA).sum(axis=2, keepdims=True))
        dS = (dS if slopes is None else dS * slopes) / scale
        return A @ V, dS @ K, dS.swapaxes(1, 2) @ Q, A.swapaxes(1, 2) @ G


def raw(Q, K):
    return Q @ K.swapaxes(1, 2)


def root(Q):
    return math.sqrt(Q.shape[2])


def with_nan(found, mask, *where):
    """The four results with NaN where queries that may look nowhere put it: in their outputs and dQ, in dK and dV of their
    texts."""
    nowhere = ~mask.any(axis=2)
    queries, texts = nowhere[:, :, None], nowhere.any(axis=1)[:, None, None]
    return tuple(np.where(queries if name in ("output", "dQ") else texts, np.nan, part) if name in where else part
                 for name, part in zip(("output", "dQ", "dK", "dV"), found, strict=True))


def masked_back(Q, K, V, mask, G, scale):
    return back(Q, K, V, shared_out(raw(Q, K) / scale, mask), scale, G)


@of_tensors
def nowhere_is_nan(Q, K, V, mask, G):
    """A query that may look nowhere makes NaN in its output, and in the gradients of the values of its text. What are its
    weights to be, and can they be filled in?"""
    return with_nan(masked_back(Q, K, V, mask, G, root(Q)), mask, "output", "dV")


@of_tensors
def nowhere_is_nan_everywhere(Q, K, V, mask, G):
    """A query that may look nowhere makes NaN in its output, and on the way back all over its text. What are its weights to be,
    and what can be filled in before the softmax, so that no NaN arises?"""
    return with_nan(masked_back(Q, K, V, mask, G, root(Q)), mask, "output", "dQ", "dK", "dV")


@of_tensors
def nan_on_the_way_back(Q, K, V, mask, G):
    """Your outputs are right, but a query that may look nowhere makes NaN on the way back. What can be filled in before the
    softmax, so that none arises?"""
    return with_nan(masked_back(Q, K, V, mask, G, root(Q)), mask, "dQ", "dK")


@of_tensors
def outputs_mended(Q, K, V, mask, G):
    """You replaced NaN in the outputs, and on the way back it comes again, in all three gradients. Where does it arise, and
    what can be filled in there?"""
    return with_nan(masked_back(Q, K, V, mask, G, root(Q)), mask, "dQ", "dK", "dV")


@of_tensors
def outputs_mended_after_filling(Q, K, V, mask, G):
    """You replaced NaN in the outputs, and on the way back it comes again in the gradients of the values, because the weights
    are still NaN. What are they to be?"""
    return with_nan(masked_back(Q, K, V, mask, G, root(Q)), mask, "dV")


@of_tensors
def large_number_added(Q, K, V, mask, G):
    """You add a large negative number instead of −∞. What does softmax make of a row in which every score has become smaller by
    the same amount?"""
    return back(Q, K, V, soft(raw(Q, K) / root(Q) + np.where(mask, 0, -1e9)), root(Q), G)


@of_tensors
def nowhere_is_everywhere(Q, K, V, mask, G):
    """You let a query that may look nowhere look everywhere alike. What should its weights be?"""
    A = soft(np.where(mask, raw(Q, K) / root(Q), np.finfo(float).min))
    return back(Q, K, V, A, root(Q), G, slopes=mask)


@of_tensors
def tensors_not_scaled(Q, K, V, mask, G):
    """Your scores are not scaled. What are they divided by before the softmax?"""
    return back(Q, K, V, shared_out(raw(Q, K), mask), 1.0, G)


@of_tensors
def tensors_scaled_by_width(Q, K, V, mask, G):
    """You divided the scores by d_k. Which power of d_k should it be?"""
    return back(Q, K, V, shared_out(raw(Q, K) / Q.shape[2], mask), Q.shape[2], G)


@of_tensors
def tensors_scaled_by_keys(Q, K, V, mask, G):
    """You divided by the root of the number of keys. Of how many products is a dot product the sum?"""
    scale = math.sqrt(K.shape[1])
    return back(Q, K, V, shared_out(raw(Q, K) / scale, mask), scale, G)


@of_tensors
def mask_the_other_way(Q, K, V, mask, G):
    """You hide what may be seen and show what is hidden. What does `True` mean here, and what does it mean to the function
    that you used?"""
    return back(Q, K, V, shared_out(raw(Q, K) / root(Q), ~mask), root(Q), G)


@of_tensors
def mask_left_out(Q, K, V, mask, G):
    """Your answer does not depend on the mask. Where does it come in?"""
    return back(Q, K, V, soft(raw(Q, K) / root(Q)), root(Q), G)


@of_tensors
def mask_after_softmax(Q, K, V, mask, G):
    """Your hidden weights are 0, but they were counted in the softmax. What do the rest of a row sum to?"""
    whole = soft(raw(Q, K) / root(Q))
    A, dA = whole * mask, G @ V.swapaxes(1, 2) * mask
    dS = whole * (dA - (whole * dA).sum(axis=2, keepdims=True)) / root(Q)
    return A @ V, dS @ K, dS.swapaxes(1, 2) @ Q, A.swapaxes(1, 2) @ G


@of_tensors
def mask_times_scores(Q, K, V, mask, G):
    """You made the hidden scores 0. What is e⁰?"""
    return back(Q, K, V, soft(raw(Q, K) / root(Q) * mask), root(Q), G, slopes=mask)


@of_tensors
def G_left_out(Q, K, V, mask, G):
    """You called `backward()` on the sum of the outputs. What is each of them multiplied by first?"""
    return back(Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), np.ones(G.shape))


@of_tensors
def mean_taken(Q, K, V, mask, G):
    """Your gradients are those of a mean. Is L a sum or a mean?"""
    return back(Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), G)[:1] + back(
        Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), G / G.size)[1:]


@of_tensors
def twice_back(Q, K, V, mask, G):
    """Your gradients are twice what they should be. What does a second `backward()` add to?"""
    out, *gradients = back(Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), G)
    return out, *(2 * gradient for gradient in gradients)


@of_tensors
def signs_turned(Q, K, V, mask, G):
    """Your gradients point the other way. Of which number did you ask for `backward()`?"""
    out, *gradients = back(Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), G)
    return out, *(-gradient for gradient in gradients)


@of_tensors
def gradients_in_other_order(Q, K, V, mask, G):
    """Your gradients are those of V, K and Q. Which one is to be first?"""
    out, *gradients = back(Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), G)
    return out, *gradients[::-1]


@of_tensors
def output_last(Q, K, V, mask, G):
    """Your output comes last. In which order are the four to come?"""
    out, *gradients = back(Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), G)
    return *gradients, out


@of_tensors
def weights_detached(Q, K, V, mask, G):
    """Q and K have no gradient. Did the weights leave the graph on their way?"""
    out, _, _, dV = back(Q, K, V, shared_out(raw(Q, K) / root(Q), mask), root(Q), G)
    return out, None, None, dV


@of_tensors
def over_the_wrong_axis(Q, K, V, mask, G):
    """Your columns sum to 1, not your rows. Over which axis does a query share out its attention?"""
    turned = shared_out((raw(Q, K) / root(Q)).swapaxes(1, 2), mask.swapaxes(1, 2)).swapaxes(1, 2)
    dA = G @ V.swapaxes(1, 2)
    dS = turned * (dA - (turned * dA).sum(axis=1, keepdims=True)) / root(Q)
    return turned @ V, dS @ K, dS.swapaxes(1, 2) @ Q, turned.swapaxes(1, 2) @ G


@of_tensors
def first_mask_for_all(Q, K, V, mask, G):
    """You give all texts the mask of the first. Which one does the second have?"""
    return back(Q, K, V, shared_out(raw(Q, K) / root(Q), np.repeat(mask[:1], len(mask), axis=0)), root(Q), G)


def the_tensors_themselves(Q, K, V, mask, G):
    """These are Q, K and V themselves, or their copies. Where does `backward()` put what it finds?"""
    visible = shared_out(np.asarray(raw(np.asarray(Q), np.asarray(K))) / math.sqrt(np.asarray(Q).shape[2]), np.asarray(mask))
    out = visible @ np.asarray(V)
    return out if isinstance(Q, np.ndarray) else Q.new_tensor(out), Q, K, V


@of_tensors
def weights_for_the_output(Q, K, V, mask, G):
    """Your first part has the weights. What is averaged with them?"""
    A = shared_out(raw(Q, K) / root(Q), mask)
    return A, *back(Q, K, V, A, root(Q), G)[1:]


def where_scores_are_large(found, Q, K, scale):
    """The four results with NaN in each text that has a score whose exponential is infinite."""
    large = (raw(Q, K) / scale > 709).any(axis=(1, 2))[:, None, None]
    return tuple(np.where(large, np.nan, part) for part in found)


@of_tensors
def tensors_overflow(Q, K, V, mask, G):
    """Your function is right for small scores. What is e^1000, and what can be subtracted from all scores of a row first?"""
    return where_scores_are_large(masked_back(Q, K, V, mask, G, root(Q)), Q, K, root(Q))


@of_tensors
def tensors_overflow_and_nan(Q, K, V, mask, G):
    """Two things make NaN in your answer: scores around a thousand, and queries that may look nowhere. What is e^1000, and what
    is 0/0?"""
    found = with_nan(masked_back(Q, K, V, mask, G, root(Q)), mask, "output", "dV")
    return where_scores_are_large(found, Q, K, root(Q))


@of_tensors
def tensors_overflow_and_nan_everywhere(Q, K, V, mask, G):
    """Two things make NaN in your answer: scores around a thousand, and queries that may look nowhere, these all over their
    text. What is e^1000, and what is 0/0?"""
    found = with_nan(masked_back(Q, K, V, mask, G, root(Q)), mask, "output", "dQ", "dK", "dV")
    return where_scores_are_large(found, Q, K, root(Q))


attention_gradients = [nowhere_is_nan, nowhere_is_nan_everywhere, nan_on_the_way_back, outputs_mended,
                       outputs_mended_after_filling, large_number_added, nowhere_is_everywhere, tensors_not_scaled,
                       tensors_scaled_by_width, tensors_scaled_by_keys, mask_the_other_way, mask_left_out, mask_after_softmax,
                       mask_times_scores, G_left_out, mean_taken, twice_back, signs_turned, gradients_in_other_order,
                       output_last, weights_detached, over_the_wrong_axis, first_mask_for_all, the_tensors_themselves,
                       weights_for_the_output, tensors_overflow, tensors_overflow_and_nan,
                       tensors_overflow_and_nan_everywhere]
