"""Wrong answers that students really write for unit 06; each docstring is the hint they get."""

import functools

import numpy as np

# Question 1: windows


def nearest_first(ids, n, bos):
    """Your windows run backwards. Which token stands first in a window, the oldest or the nearest?"""
    padded = [bos] * n + list(ids)
    return np.array([padded[t:t + n][::-1] for t in range(len(ids))], int).reshape(-1, n), np.array(ids, int)


def only_full_windows(ids, n, bos):
    """The first tokens of the text are never predicted. What stands before them?"""
    rows = range(n, len(ids))
    return np.array([ids[t - n:t] for t in rows], int).reshape(-1, n), np.array(ids[n:], int)


def target_inside(ids, n, bos):
    """Your windows hold the token that they are to predict. Where does a window end?"""
    padded = [bos] * (n - 1) + list(ids)
    return np.array([padded[t:t + n] for t in range(len(ids))], int).reshape(-1, n), np.array(ids, int)


def one_too_early(ids, n, bos):
    """Your windows leave out the token just before the target. How many bos have to stand in front?"""
    padded = [bos] * (n + 1) + list(ids)
    return np.array([padded[t:t + n] for t in range(len(ids))], int).reshape(-1, n), np.array(ids, int)


def zeros_in_front(ids, n, bos):
    """You filled up with 0. Which id stands before the start of the text?"""
    padded = [0] * n + list(ids)
    return np.array([padded[t:t + n] for t in range(len(ids))], int).reshape(-1, n), np.array(ids, int)


def filled_up_behind(ids, n, bos):
    """Short windows have bos at their end. On which side of the text does it stand?"""
    rows = [list(ids[max(0, t - n):t]) for t in range(len(ids))]
    return np.array([row + [bos] * (n - len(row)) for row in rows], int).reshape(-1, n), np.array(ids, int)


def one_window_more(ids, n, bos):
    """There is one window more than the text has tokens. Which token is the target of the last one?"""
    padded = [bos] * n + list(ids)
    return np.array([padded[t:t + n] for t in range(len(ids) + 1)], int).reshape(-1, n), np.array(ids, int)


def last_target_missing(ids, n, bos):
    """The last token of the text is the target of no window. How many windows does a text of T tokens have?"""
    padded = [bos] * n + list(ids)
    return np.array([padded[t:t + n] for t in range(len(ids) - 1)], int).reshape(-1, n), np.array(ids[:-1], int)


def lists(ids, n, bos):
    """The values are right, but they are in lists. What does the question ask for?"""
    padded = [bos] * n + list(ids)
    return [padded[t:t + n] for t in range(len(ids))], list(ids)


def careless_with_nothing(ids, n, bos):
    """For a text without tokens your arrays have another shape, or hold floats. What does NumPy make of an empty list?"""
    padded = [bos] * n + list(ids)
    return np.array([padded[t:t + n] for t in range(len(ids))]), np.array(ids)


def end_of_the_text_first(ids, n, bos):
    """Your first windows hold tokens from the end of the text. What does a list give for an index below 0?"""
    return (np.array([[ids[t - n + i] for i in range(n)] for t in range(len(ids))], int).reshape(-1, n), np.array(ids, int))


def text_in_a_circle(ids, n, bos):
    """Your text runs in a circle: before its start comes its end. Which id stands before the start of the text?"""
    rows = [[ids[(t - n + i) % len(ids)] for i in range(n)] for t in range(len(ids))]
    return np.array(rows, int).reshape(-1, n), np.array(ids, int)


windows = [nearest_first, only_full_windows, target_inside, one_too_early, zeros_in_front, filled_up_behind, one_window_more,
           last_target_missing, lists, careless_with_nothing, end_of_the_text_first, text_in_a_circle]


# Question 2: e

def summed(E, contexts):
    """You added up the vectors of a window. How many numbers has e, if its n vectors lie end to end?"""
    return E[contexts].sum(axis=1)


def averaged(E, contexts):
    """You took the mean of the vectors of a window. How many numbers has e, if its n vectors lie end to end?"""
    return E[contexts].mean(axis=1)


def interleaved(E, contexts):
    """You took the first numbers of all vectors first, then the second ones. Which d numbers belong together?"""
    return E[contexts].transpose(0, 2, 1).reshape(len(contexts), -1)


def columns_for_rows(E, contexts):
    """You looked the tokens up in the columns of E. Which axis of E counts the tokens?"""
    return E.T[contexts].reshape(len(contexts), -1)


def newest_first(E, contexts):
    """Your e begins with the newest word. In which order do the tokens stand in `contexts`, and in e?"""
    return E[contexts[:, ::-1]].reshape(len(contexts), -1)


def not_joined(E, contexts):
    """You have n vectors for every window. Should they not be one, with n·d numbers?"""
    return E[contexts]


def one_long_row(E, contexts):
    """You laid all windows end to end. How many rows should there be?"""
    return E[contexts].reshape(-1)


def slot_by_slot(E, contexts):
    """Your rows mix vectors of different windows. Which axis has to come first before you reshape?"""
    return E[contexts].transpose(1, 0, 2).reshape(len(contexts), -1)


embed_windows = [summed, averaged, interleaved, columns_for_rows, newest_first, not_joined, one_long_row, slot_by_slot]


# Question 3: forward

def weighted(E, contexts, W):
    return E[contexts].reshape(len(contexts), -1) @ W.T


def normalised(z, axis=1):
    z = z - z.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def no_tanh(E, W, U, contexts):
    """Two matrices one after the other are one matrix. What stands between W and U?"""
    return normalised(weighted(E, contexts, W) @ U.T)


def tanh_twice(E, W, U, contexts):
    """Your scores never leave the range from −1 to 1. Is there an activation after U?"""
    return normalised(np.tanh(np.tanh(weighted(E, contexts, W)) @ U.T))


def rectified(E, W, U, contexts):
    """Your h has no negative entries. Which activation does the question ask for?"""
    return normalised(np.maximum(weighted(E, contexts, W), 0) @ U.T)


def logistic(E, W, U, contexts):
    """Your h lies between 0 and 1. Which σ does this network have?"""
    return normalised(0.5 * (1 + np.tanh(weighted(E, contexts, W) / 2)) @ U.T)


def over_the_batch(E, W, U, contexts):
    """Your columns sum to 1. Among which numbers does a softmax share out its 1, the tokens or the windows?"""
    return normalised(np.tanh(weighted(E, contexts, W)) @ U.T, axis=0)


def over_everything(E, W, U, contexts):
    """The probabilities of all windows together sum to 1. Over which axis is yours to sum?"""
    return normalised(np.tanh(weighted(E, contexts, W)) @ U.T, axis=(0, 1))


def probabilities(E, W, U, contexts):
    """These are probabilities. What does the question ask for?"""
    return np.exp(normalised(np.tanh(weighted(E, contexts, W)) @ U.T))


def scores(E, W, U, contexts):
    """These are the scores z. Do their exponentials sum to 1?"""
    return np.tanh(E[contexts].reshape(len(contexts), -1) @ W.T) @ U.T


def in_bits(E, W, U, contexts):
    """Your logarithms are to base 2. Which ones are natural?"""
    return normalised(np.tanh(weighted(E, contexts, W)) @ U.T) / np.log(2)


def overflowing(E, W, U, contexts):
    """Your function is right for small scores. What is the exponential of 1200, and which shift changes no probability?"""
    with np.errstate(all="ignore"):
        e = np.exp(np.tanh(E[contexts].reshape(len(contexts), -1) @ W.T) @ U.T)
        return np.log(e / e.sum(axis=1, keepdims=True))


def overflowing_sum(E, W, U, contexts):
    """Your sum of exponentials is right for small scores. What is it for 1200, and what may be subtracted first?"""
    z = np.tanh(E[contexts].reshape(len(contexts), -1) @ W.T) @ U.T
    with np.errstate(all="ignore"):
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def shifted_then_logarithm(E, W, U, contexts):
    """Your largest scores are safe now. But what is the logarithm of a probability that is rounded to 0?"""
    z = np.tanh(E[contexts].reshape(len(contexts), -1) @ W.T) @ U.T
    e = np.exp(z - z.max(axis=1, keepdims=True))
    with np.errstate(divide="ignore"):
        return np.log(e / e.sum(axis=1, keepdims=True))


def one_largest_for_all(E, W, U, contexts):
    """You subtract the largest score of the whole batch. What is left of a window whose own scores are all much smaller?"""
    z = np.tanh(weighted(E, contexts, W)) @ U.T
    z = z - z.max()
    with np.errstate(divide="ignore"):
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


forward = [no_tanh, tanh_twice, rectified, logistic, over_the_batch, over_everything, probabilities, scores, in_bits,
           overflowing, overflowing_sum, shifted_then_logarithm, one_largest_for_all]


# Question 4: the loss

def entropy_of_the_prediction(log_p, targets):
    """This is the slide read word by word, −Σ p ln p. Where does your number look at the targets?"""
    with np.errstate(invalid="ignore"):
        return -float((np.exp(log_p) * log_p).sum(axis=1).mean())


def summed_over_the_batch(log_p, targets):
    """You added up the windows. Does the loss grow with the size of the batch?"""
    return -float(log_p[np.arange(len(targets)), targets].sum())


def loss_in_bits(log_p, targets):
    """Your loss is in bits. Which logarithm is meant?"""
    return -float(log_p[np.arange(len(targets)), targets].mean()) / np.log(2)


def log_likelihood(log_p, targets):
    """Your loss is at most 0. Which sign does −ln p have?"""
    return float(log_p[np.arange(len(targets)), targets].mean())


def logarithm_twice(log_p, targets):
    """You took the logarithm of a logarithm. What comes in, p or ln p?"""
    with np.errstate(invalid="ignore"):
        return -float(np.log(log_p[np.arange(len(targets)), targets]).mean())


def over_all_cells(log_p, targets):
    """Your loss is too small by the factor V. Over how many numbers is the mean, and over how many did you take it?"""
    return -float(log_p[np.arange(len(targets)), targets].sum() / log_p.size)


def every_target_in_every_row(log_p, targets):
    """You read the columns of all targets in every row. Which one target belongs to row b?"""
    return -float(log_p[:, targets].mean())


def best_guess(log_p, targets):
    """You took the highest probability of each row. Of which token does the loss want the probability?"""
    return -float(log_p.max(axis=1).mean())


def one_hot_times_infinity(log_p, targets):
    """One-hot rows times log-probabilities go wrong where a logarithm is −∞. What is 0 · ∞ to a computer?"""
    with np.errstate(invalid="ignore"):
        return -float((np.eye(log_p.shape[1])[targets] * log_p).sum() / len(targets))


nll = [entropy_of_the_prediction, summed_over_the_batch, loss_in_bits, log_likelihood, logarithm_twice, over_all_cells,
       every_target_in_every_row, best_guess, one_hot_times_infinity]


# Questions 5 and 6: gradients

def signals(E, W, U, contexts, targets):
    """e, h, p − y without the mean, and the same before the tanh."""
    e = E[contexts].reshape(len(contexts), -1)
    h = np.tanh(e @ W.T)
    wrong = np.exp(normalised(h @ U.T)) - np.eye(len(U))[targets]
    return e, h, wrong, wrong @ U * (1 - h**2)


def upper_summed(E, W, U, contexts, targets):
    """Your gradients grow with the batch. Is the loss a sum or a mean?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return da.T @ e, wrong.T @ h


def upper_averaged_twice(E, W, U, contexts, targets):
    """Your gradients shrink with the batch. How often did you divide by its size?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return da.T @ e / len(e) ** 2, wrong.T @ h / len(e) ** 2


def upper_lower_one_summed(E, W, U, contexts, targets):
    """dU is right, and dW too large by the size of the batch. Does the mean reach it?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return da.T @ e, wrong.T @ h / len(e)


def upper_uphill(E, W, U, contexts, targets):
    """Your gradients point downhill. Is the derivative of the loss y − p or p − y?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return -da.T @ e / len(e), -wrong.T @ h / len(e)


def upper_no_slope(E, W, U, contexts, targets):
    """dU is right, but on the way to W a factor is missing. What does the tanh do to a small change?"""
    e, h, wrong, _ = signals(E, W, U, contexts, targets)
    return (wrong @ U).T @ e / len(e), wrong.T @ h / len(e)


def upper_slope_of_the_input(E, W, U, contexts, targets):
    """The derivative of tanh is 1 − tanh². Did you square what went into the tanh, or what came out?"""
    e, h, wrong, _ = signals(E, W, U, contexts, targets)
    return (wrong @ U * (1 - (e @ W.T) ** 2)).T @ e / len(e), wrong.T @ h / len(e)


def upper_slope_not_squared(E, W, U, contexts, targets):
    """Is the derivative of the tanh really 1 − h? For negative h it would be greater than 1."""
    e, h, wrong, _ = signals(E, W, U, contexts, targets)
    return (wrong @ U * (1 - h)).T @ e / len(e), wrong.T @ h / len(e)


def upper_slope_of_a_sigmoid(E, W, U, contexts, targets):
    """h (1 − h) is the slope of another activation. Which one does this network have?"""
    e, h, wrong, _ = signals(E, W, U, contexts, targets)
    return (wrong @ U * h * (1 - h)).T @ e / len(e), wrong.T @ h / len(e)


def upper_without_truth(E, W, U, contexts, targets):
    """Your gradients do not depend on the targets. What is subtracted from p?"""
    e, h, wrong, _ = signals(E, W, U, contexts, targets)
    p = wrong + np.eye(len(U))[targets]
    return (p @ U * (1 - h**2)).T @ e / len(e), p.T @ h / len(e)


def upper_other_order(E, W, U, contexts, targets):
    """Your gradients come in the other order. Which one is to be first?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return wrong.T @ h / len(e), da.T @ e / len(e)


def upper_transposed(E, W, U, contexts, targets):
    """Your gradients lie on their side. Which shape does the gradient with respect to W have?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return e.T @ da / len(e), h.T @ wrong / len(e)


def upper_newest_slot_only(E, W, U, contexts, targets):
    """Only the last d columns of dW are not 0. Do the other words of the window go through W as well?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    dW = da.T @ e / len(e)
    dW[:, :-E.shape[1]] = 0
    return dW, wrong.T @ h / len(e)


def upper_upper_one_summed(E, W, U, contexts, targets):
    """dW is right, and dU too large by the size of the batch. Does the mean reach it?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return da.T @ e / len(e), wrong.T @ h


def upper_over_all_cells(E, W, U, contexts, targets):
    """Your gradients are too small by the factor V. Over how many numbers is the mean in the loss?"""
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    return da.T @ e / wrong.size, wrong.T @ h / wrong.size


def upper_from(E, W, U, contexts, wrong, slope):
    """dW and dU for other errors, (B, V), and another slope, (B, d_h)."""
    e = E[contexts].reshape(len(contexts), -1)
    return (wrong @ U * slope).T @ e / len(e), wrong.T @ np.tanh(e @ W.T) / len(e)


def upper_slope_twice_squashed(E, W, U, contexts, targets):
    """You took the tanh of h in the slope. Of what is h the tanh already?"""
    _, h, wrong, _ = signals(E, W, U, contexts, targets)
    return upper_from(E, W, U, contexts, wrong, 1 - np.tanh(h) ** 2)


def upper_logarithms(E, W, U, contexts, targets):
    """You subtracted the one-hot rows from log-probabilities. Is it ln p − y or p − y?"""
    h = signals(E, W, U, contexts, targets)[1]
    return upper_from(E, W, U, contexts, normalised(h @ U.T) - np.eye(len(U))[targets], 1 - h**2)


def upper_scores(E, W, U, contexts, targets):
    """You subtracted the one-hot rows from the scores. Is it z − y or p − y?"""
    h = signals(E, W, U, contexts, targets)[1]
    return upper_from(E, W, U, contexts, h @ U.T - np.eye(len(U))[targets], 1 - h**2)


def upper_every_target_in_every_row(E, W, U, contexts, targets):
    """You subtracted 1 in every row at the targets of all rows. Which one target belongs to row b?"""
    _, h, wrong, _ = signals(E, W, U, contexts, targets)
    wrong = wrong + np.eye(len(U))[targets]
    wrong[:, targets] -= 1
    return upper_from(E, W, U, contexts, wrong, 1 - h**2)


def upper_only_the_target(E, W, U, contexts, targets):
    """Your gradients know only the target's probability. What becomes of the other tokens, whose p should be smaller?"""
    _, h, wrong, _ = signals(E, W, U, contexts, targets)
    return upper_from(E, W, U, contexts, wrong * np.eye(len(U))[targets], 1 - h**2)


upper_gradients = [upper_summed, upper_averaged_twice, upper_lower_one_summed, upper_uphill, upper_no_slope,
                   upper_slope_of_the_input, upper_slope_not_squared, upper_slope_of_a_sigmoid, upper_without_truth,
                   upper_other_order, upper_transposed, upper_newest_slot_only, upper_upper_one_summed, upper_over_all_cells,
                   upper_slope_twice_squashed, upper_logarithms, upper_scores, upper_every_target_in_every_row,
                   upper_only_the_target]


def places(E, W, U, contexts, targets):
    """What comes back to every place, (B, n, d), with the mean over the batch."""
    da = signals(E, W, U, contexts, targets)[3]
    return (da @ W / len(contexts)).reshape(*contexts.shape, -1)


def spread(E, contexts, de):
    dE = np.zeros(E.shape)
    np.add.at(dE, contexts, de)
    return dE


def overwritten(E, W, U, contexts, targets):
    """A token in several places gets only what comes back to the last of them. What does `dE[contexts] += …` do where an id
    comes twice?"""
    dE = np.zeros(E.shape)
    dE[contexts] = places(E, W, U, contexts, targets)
    return dE


def overwritten_within_a_window(E, W, U, contexts, targets):
    """You add up over the windows, but a token that stands twice in one window counts only once. What does `+=` do with an
    index that comes twice?"""
    dE = np.zeros(E.shape)
    for window, de in zip(contexts, places(E, W, U, contexts, targets), strict=True):
        dE[window] += de
    return dE


def overwritten_between_windows(E, W, U, contexts, targets):
    """You add up over the slots, but a token that stands in one slot of two windows counts only once. What does `+=` do with an
    index that comes twice?"""
    dE, de = np.zeros(E.shape), places(E, W, U, contexts, targets)
    for j in range(contexts.shape[1]):
        dE[contexts[:, j]] += de[:, j]
    return dE


def slots_reversed(E, W, U, contexts, targets):
    """What comes back from the first block of W goes to your last word. Which token does a slot belong to?"""
    return spread(E, contexts, places(E, W, U, contexts, targets)[:, ::-1])


def embedding_summed(E, W, U, contexts, targets):
    """Your gradient grows with the batch. Is the loss a sum or a mean?"""
    return spread(E, contexts, places(E, W, U, contexts, targets) * len(contexts))


def embedding_averaged_over_places(E, W, U, contexts, targets):
    """You took the mean over the places of a token. Does a token that comes more often have more influence on the loss?"""
    dE = spread(E, contexts, places(E, W, U, contexts, targets))
    return dE / np.maximum(np.bincount(contexts.ravel(), minlength=len(E)), 1)[:, None]


def embedding_uphill(E, W, U, contexts, targets):
    """Your gradient points downhill. Is the derivative of the loss y − p or p − y?"""
    return spread(E, contexts, -places(E, W, U, contexts, targets))


def embedding_no_slope(E, W, U, contexts, targets):
    """On the way back from h to e a factor is missing. What does the tanh do to a small change?"""
    wrong = signals(E, W, U, contexts, targets)[2]
    return spread(E, contexts, (wrong @ U @ W / len(contexts)).reshape(*contexts.shape, -1))


def newest_word_only(E, W, U, contexts, targets):
    """Only the last word of each window gets a gradient. Do the others have no influence?"""
    return spread(E, contexts[:, -1], places(E, W, U, contexts, targets)[:, -1])


def a_row_for_each_place(E, W, U, contexts, targets):
    """Your answer has a vector for every place in the batch. Which shape does the gradient with respect to E have?"""
    return places(E, W, U, contexts, targets)


def rows_of_the_batch(E, W, U, contexts, targets):
    """Your answer has only the rows of tokens that occur. Which shape does the gradient with respect to E have?"""
    return spread(E, contexts, places(E, W, U, contexts, targets))[np.unique(contexts)]


def padding_left_out(E, W, U, contexts, targets):
    """The row of id 0 stays 0. Is it special in this question?"""
    dE = spread(E, contexts, places(E, W, U, contexts, targets))
    dE[0] = 0
    return dE


def targets_moved(E, W, U, contexts, targets):
    """You gave the gradient to the rows of the targets. Whose vectors went into the network?"""
    return spread(E, targets, places(E, W, U, contexts, targets).sum(axis=1))


embedding_gradient = [overwritten, overwritten_within_a_window, overwritten_between_windows, slots_reversed, embedding_summed,
                      embedding_averaged_over_places, embedding_uphill, embedding_no_slope, newest_word_only,
                      a_row_for_each_place, rows_of_the_batch, padding_left_out, targets_moved]


# Question 7: descent

def loss_and_gradients(E, W, U, contexts, targets):
    e, h, wrong, da = signals(E, W, U, contexts, targets)
    chosen = normalised(h @ U.T)[np.arange(len(targets)), targets]
    dE = spread(E, contexts, places(E, W, U, contexts, targets))
    return -float(chosen.mean()), dE, da.T @ e / len(e), wrong.T @ h / len(e)


def sgd_uphill(E, W, U, batches, step_size):
    """Your losses grow: you walk uphill. Is the gradient added or subtracted?"""
    losses = []
    for batch in batches:
        loss, dE, dW, dU = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        E, W, U = E + step_size * dE, W + step_size * dW, U + step_size * dU
    return losses, (E, W, U)


def one_after_the_other(E, W, U, batches, step_size):
    """One matrix had moved before the gradient of another was taken. At which θ are all three gradients to be taken?"""
    losses = []
    for batch in batches:
        loss, dE, _, _ = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        E = E - step_size * dE
        _, _, dW, dU = loss_and_gradients(E, W, U, *batch)
        W, U = W - step_size * dW, U - step_size * dU
    return losses, (E, W, U)


def embedding_after_the_others(E, W, U, batches, step_size):
    """W and U had moved before the gradient with respect to E was taken. At which θ are all three gradients to be taken?"""
    losses = []
    for batch in batches:
        loss, _, dW, dU = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        W, U = W - step_size * dW, U - step_size * dU
        E = E - step_size * loss_and_gradients(E, W, U, *batch)[1]
    return losses, (E, W, U)


def losses_after_the_step(E, W, U, batches, step_size):
    """The matrices are right, and the losses are those after each step. Which loss is asked for?"""
    losses = []
    for batch in batches:
        _, dE, dW, dU = loss_and_gradients(E, W, U, *batch)
        E, W, U = E - step_size * dE, W - step_size * dW, U - step_size * dU
        losses.append(loss_and_gradients(E, W, U, *batch)[0])
    return losses, (E, W, U)


def always_from_the_start(E, W, U, batches, step_size):
    """The second gradient is still taken at the first matrices. Where do you stand after one step?"""
    losses, now = [], (E, W, U)
    for batch in batches:
        loss, *changes = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        now = tuple(theta - step_size * change for theta, change in zip(now, changes, strict=True))
    return losses, now


def steps_of_one(E, W, U, batches, step_size):
    """Your steps have the length of the gradient. What is `step_size` for?"""
    losses = []
    for batch in batches:
        loss, dE, dW, dU = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        E, W, U = E - dE, W - dW, U - dU
    return losses, (E, W, U)


def words_do_not_move(E, W, U, batches, step_size):
    """E is what it was before. Of which matrices does θ consist?"""
    losses = []
    for batch in batches:
        loss, _, dW, dU = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        W, U = W - step_size * dW, U - step_size * dU
    return losses, (E, W, U)


def in_place(E, W, U, batches, step_size):
    """Your function changes the matrices of its caller: `-=` writes into the array that came in. What does `E = E - …` do?"""
    losses = []
    for batch in batches:
        loss, dE, dW, dU = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        E -= step_size * dE
        W -= step_size * dW
        U -= step_size * dU
    return losses, (E, W, U)


def matrices_first(E, W, U, batches, step_size):
    """Your matrices come first. In which order does the question ask for losses and matrices?"""
    losses = []
    for batch in batches:
        loss, dE, dW, dU = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        E, W, U = E - step_size * dE, W - step_size * dW, U - step_size * dU
    return (E, W, U), losses


def last_loss_only(E, W, U, batches, step_size):
    """Your answer has one loss. How many batches were there?"""
    loss = None
    for batch in batches:
        loss, dE, dW, dU = loss_and_gradients(E, W, U, *batch)
        E, W, U = E - step_size * dE, W - step_size * dW, U - step_size * dU
    return loss, (E, W, U)


def gradients_of_the_start(E, W, U, batches, step_size):
    """Your losses are right, but all gradients are those at the first matrices. Where do you stand after one step?"""
    losses, now = [], (E, W, U)
    for batch in batches:
        losses.append(loss_and_gradients(*now, *batch)[0])
        changes = loss_and_gradients(E, W, U, *batch)[1:]
        now = tuple(theta - step_size * change for theta, change in zip(now, changes, strict=True))
    return losses, now


def each_after_the_other(E, W, U, batches, step_size):
    """E had moved before the gradient of W was taken, and W before that of U. At which θ are all three to be taken?"""
    losses = []
    for batch in batches:
        loss, dE, _, _ = loss_and_gradients(E, W, U, *batch)
        losses.append(loss)
        E = E - step_size * dE
        W = W - step_size * loss_and_gradients(E, W, U, *batch)[2]
        U = U - step_size * loss_and_gradients(E, W, U, *batch)[3]
    return losses, (E, W, U)


def first_matrices_given_back(E, W, U, batches, step_size):
    """Your losses are right, and your matrices are those that came in. Which ones does the question ask for?"""
    losses, now = [], (E, W, U)
    for batch in batches:
        loss, *changes = loss_and_gradients(*now, *batch)
        losses.append(loss)
        now = tuple(theta - step_size * change for theta, change in zip(now, changes, strict=True))
    return losses, (E, W, U)


sgd = [sgd_uphill, one_after_the_other, embedding_after_the_others, losses_after_the_step, always_from_the_start, steps_of_one,
       words_do_not_move, in_place, matrices_first, last_loss_only, gradients_of_the_start, each_after_the_other,
       first_matrices_given_back]


# Question 8: counting parameters

def counted(V, d, n, d_h, biases, parts):
    counts = {"E": V * d, "W": d_h * n * d + d_h * biases, "U": V * d_h + V * biases} | parts
    return counts | {"total": sum(counts.values())}


def a_table_for_each_slot(V, d, n, d_h, biases):
    """You count E once for every slot. Does a word have another vector in another place?"""
    return counted(V, d, n, d_h, biases, {"E": n * V * d})


def narrow_output(V, d, n, d_h, biases):
    """You gave U as many columns as E has. What comes into U, e or h?"""
    return counted(V, d, n, d_h, biases, {"U": V * d + V * biases})


def window_forgotten(V, d, n, d_h, biases):
    """Your W does not grow with the window. How many numbers has e?"""
    return counted(V, d, n, d_h, biases, {"W": d_h * d + d_h * biases})


def order_for_window(V, d, n, d_h, biases):
    """Your W is one word too narrow. Is n here the order of an n-gram, or the number of words that the network sees?"""
    return counted(V, d, n, d_h, biases, {"W": d_h * (n - 1) * d + d_h * biases})


def no_biases(V, d, n, d_h, biases):
    """With biases you count as without. How many numbers do b and c have?"""
    return counted(V, d, n, d_h, False, {})


def hidden_biases_only(V, d, n, d_h, biases):
    """You count b, but not c. Which layers have a bias?"""
    return counted(V, d, n, d_h, biases, {"U": V * d_h})


def always_biases(V, d, n, d_h, biases):
    """You count biases where there are none. What does the last argument say?"""
    return counted(V, d, n, d_h, True, {})


def a_bias_for_each_slot(V, d, n, d_h, biases):
    """You count a bias for every slot. What shape has b in tanh(W e + b)?"""
    return counted(V, d, n, d_h, biases, {"W": d_h * n * d + d_h * n * biases})


def biases_exchanged(V, d, n, d_h, biases):
    """You count b where c belongs, and c where b belongs. Which of them is as long as h?"""
    return counted(V, d, n, d_h, biases, {"W": d_h * n * d + V * biases, "U": V * d_h + d_h * biases})


def no_total(V, d, n, d_h, biases):
    """Your parts are right, and one key is missing. Which?"""
    counts = counted(V, d, n, d_h, biases, {})
    return {name: counts[name] for name in ("E", "W", "U")}


parameter_count = [a_table_for_each_slot, narrow_output, window_forgotten, order_for_window, no_biases, hidden_biases_only,
                   always_biases, a_bias_for_each_slot, biases_exchanged, no_total]


# Question 9: the protocol

def after(E, W, U, window):
    return np.exp(normalised(np.tanh(weighted(E, np.array([window], int), W)) @ U.T))


def first_words(E, W, U, prefix, bos):
    """You look at the beginning of the prefix. Which tokens stand next to the one that is predicted?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, (prefix + [bos] * n)[:n] if len(prefix) >= n else [bos] * (n - len(prefix)) + prefix)[0]


def padded_on_the_right(E, W, U, prefix, bos):
    """Short prefixes get bos at their end. On which side is the start of the text?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, prefix[-n:] + [bos] * (n - len(prefix[-n:])))[0]


def one_row(E, W, U, prefix, bos):
    """Your answer has two axes. Which shape is asked for?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, ([bos] * n + prefix)[-n:])


def next_logarithms(E, W, U, prefix, bos):
    """These are log-probabilities. What does the question ask for?"""
    n = W.shape[1] // E.shape[1]
    return np.log(after(E, W, U, ([bos] * n + prefix)[-n:])[0])


def padded_with_zero(E, W, U, prefix, bos):
    """You filled short prefixes up with 0. Which id stands before the start of the text?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, ([0] * n + prefix)[-n:])[0]


def backwards(E, W, U, prefix, bos):
    """Your window runs backwards. Which token comes first in a window?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, ([bos] * n + prefix)[-n:][::-1])[0]


def not_padded(E, W, U, prefix, bos):
    """For prefixes that are shorter than the window your function fails. What stands before the start of the text?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, prefix[-n:])[0]


def one_bos(E, W, U, prefix, bos):
    """One bos is not always enough. What if the prefix is shorter than the window by two?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, [bos, *prefix][-n:])[0]


def without_the_last(E, W, U, prefix, bos):
    """Your window leaves out the last token of the prefix. Is that the one to be predicted?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, ([bos] * n + prefix[:-1])[-n:])[0]


def bos_alone(E, W, U, prefix, bos):
    """Your window holds bos alone, whatever the prefix is. At which end of `bos … bos prefix` are the tokens that you need?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, [bos] * n)[0]


def not_cut(E, W, U, prefix, bos):
    """For prefixes that are longer than the window your function fails. How many tokens does the network see?"""
    n = W.shape[1] // E.shape[1]
    return after(E, W, U, [bos] * (n - len(prefix)) + prefix)[0]


def columns_for_words(E, W, U, prefix, bos):
    """You took the number of columns of W for the number of words. How many columns does one word have?"""
    n = W.shape[1]
    return after(E, W, U, ([bos] * n + prefix)[-n:])[0]


def next_scores(E, W, U, prefix, bos):
    """These are the scores. What has to be done with them before they sum to 1?"""
    n = W.shape[1] // E.shape[1]
    return (np.tanh(weighted(E, np.array([([bos] * n + prefix)[-n:]]), W)) @ U.T)[0]


next_probabilities = [first_words, padded_on_the_right, one_row, next_logarithms, padded_with_zero, backwards, not_padded,
                      one_bos, without_the_last, bos_alone, not_cut, columns_for_words, next_scores]


# Question 10: the same in torch. The grader has no torch and calls these with arrays.

def of_tensors(mistake):
    """The mistake as it is on arrays; called with tensors, as a student's function is, it computes on arrays all the same."""
    @functools.wraps(mistake)
    def either(E, *others):
        if isinstance(E, np.ndarray):
            return mistake(E, *others)
        found = mistake(*(np.asarray(tensor) for tensor in (E, *others)))
        return tuple(None if part is None else E.new_tensor(part) for part in found)
    return either


def all_gradients(E, W, U, contexts, targets):
    return loss_and_gradients(E, W, U, contexts, targets)[1:]


def from_scores(E, W, U, contexts, dz, slope=True):
    """dE, dW, dU for a given derivative with respect to z."""
    e = E[contexts].reshape(len(contexts), -1)
    h = np.tanh(e @ W.T) if slope else e @ W.T
    da = dz @ U * (1 - h**2 if slope else 1)
    return spread(E, contexts, (da @ W).reshape(*contexts.shape, -1)), da.T @ e, dz.T @ h


@of_tensors
def softmax_twice(E, W, U, contexts, targets):
    """You gave probabilities to `cross_entropy`. What does it do with them first?"""
    p = np.exp(normalised(np.tanh(weighted(E, contexts, W)) @ U.T))
    dp = (np.exp(normalised(p)) - np.eye(len(U))[targets]) / len(targets)
    return from_scores(E, W, U, contexts, p * (dp - (p * dp).sum(axis=1, keepdims=True)))


@of_tensors
def torch_sum(E, W, U, contexts, targets):
    """Your gradients grow with the batch. Which `reduction` makes the loss a mean?"""
    return tuple(change * len(targets) for change in all_gradients(E, W, U, contexts, targets))


@of_tensors
def torch_uphill(E, W, U, contexts, targets):
    """Your gradients point downhill. Of which number did you ask for `backward()`, the loss or its negative?"""
    return tuple(-change for change in all_gradients(E, W, U, contexts, targets))


@of_tensors
def outside_the_graph(E, W, U, contexts, targets):
    """E has no gradient. Were the vectors looked up in the tensor that requires one?"""
    return (None, *all_gradients(E, W, U, contexts, targets)[1:])


@of_tensors
def detached(E, W, U, contexts, targets):
    """The gradient of E is 0 everywhere. Where did its vectors leave the graph?"""
    return (np.zeros(E.shape), *all_gradients(E, W, U, contexts, targets)[1:])


@of_tensors
def torch_other_order(E, W, U, contexts, targets):
    """Your gradients run from the last matrix to the first. Which one is to be first?"""
    return all_gradients(E, W, U, contexts, targets)[::-1]


@of_tensors
def torch_no_tanh(E, W, U, contexts, targets):
    """Two matrices one after the other are one matrix. What stands between W and U?"""
    p = np.exp(normalised(weighted(E, contexts, W) @ U.T))
    return from_scores(E, W, U, contexts, (p - np.eye(len(U))[targets]) / len(targets), slope=False)


@of_tensors
def padding_row(E, W, U, contexts, targets):
    """The row of id 0 gets no gradient. Did you give a `padding_idx`?"""
    dE, *others = all_gradients(E, W, U, contexts, targets)
    dE[0] = 0
    return (dE, *others)


def the_matrices(E, W, U, contexts, targets):
    """These are the matrices themselves. Where does `backward()` put what it finds?"""
    return E, W, U


@of_tensors
def called_twice(E, W, U, contexts, targets):
    """Your gradients are twice what they should be. What does a second `backward()` do with the gradients of the first?"""
    return tuple(2 * change for change in all_gradients(E, W, U, contexts, targets))


torch_gradients = [softmax_twice, torch_uphill, outside_the_graph, detached, torch_other_order, torch_no_tanh, padding_row,
                   the_matrices, torch_sum, called_twice]
