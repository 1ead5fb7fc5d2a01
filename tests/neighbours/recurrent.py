"""Wrong answers to unit 07 beside its known mistakes."""

import numpy as np

# Question 1

def half_of_the_old(x, h, W_xh, W_hh, b):
    return (h + np.tanh(x @ W_xh.T + h @ W_hh.T + b)) / 2


def half_as_steep(x, h, W_xh, W_hh, b):
    return 2 / (1 + np.exp(-(x @ W_xh.T + h @ W_hh.T + b))) - 1


def bias_twice(x, h, W_xh, W_hh, b):
    return np.tanh(x @ W_xh.T + b + h @ W_hh.T + b)


rnn_step = [half_of_the_old, half_as_steep, bias_twice]


# Question 2

def same_start_for_all(X, h0, W_xh, W_hh, b):
    h, states = np.repeat(h0[-1:], len(h0), axis=0), []
    for t in range(X.shape[1]):
        h = np.tanh(X[:, t] @ W_xh.T + h @ W_hh.T + b)
        states.append(h)
    return np.stack(states, axis=1)


def added_up(X, h0, W_xh, W_hh, b):
    h, states = h0, []
    for t in range(X.shape[1]):
        h = h + np.tanh(X[:, t] @ W_xh.T + h @ W_hh.T + b)
        states.append(h)
    return np.stack(states, axis=1)


def bias_at_first(X, h0, W_xh, W_hh, b):
    h, states = h0, []
    for t in range(X.shape[1]):
        h = np.tanh(X[:, t] @ W_xh.T + h @ W_hh.T + b * (t == 0))
        states.append(h)
    return np.stack(states, axis=1)


rnn = [same_start_for_all, added_up, bias_at_first]


# Question 3

def logarithm_of_the_sum(p, y, mask):
    return float(-np.log((p * y).sum(axis=-1)[mask].sum()))


def first_text(p, y, mask):
    return float(-np.log((p * y).sum(axis=-1)[0][mask[0]]).sum())


def squares(p, y, mask):
    return float(((p - y) ** 2).sum(axis=-1)[mask].sum())


tagging_loss = [logarithm_of_the_sum, first_text, squares]


# Question 4

def mean_of_tags(scores, tags, mask):
    predicted, right = scores.argmax(axis=-1)[mask], tags[mask]
    return float(np.mean([(predicted[right == tag] == tag).mean() for tag in np.unique(right)]))


def greatest_absolute_score(scores, tags, mask):
    return float((np.abs(scores).argmax(axis=-1) == tags)[mask].mean())



def whole_number(scores, tags, mask):
    return float(int((scores.argmax(axis=-1) == tags)[mask].mean()))


tagging_accuracy = [mean_of_tags, greatest_absolute_score, whole_number]


# Question 6

def slopes_on_both_sides(W_hh, H):
    product, norms = np.eye(len(W_hh)), []
    for h in H[::-1]:
        norms.append(np.linalg.norm(product, 2))
        product = product @ np.diag(1 - h**2) @ W_hh @ np.diag(1 - h**2)
    return np.array(norms[::-1])


def of_a_vector_of_ones(W_hh, H):
    vector, norms = np.ones(len(W_hh)), []
    for h in H[::-1]:
        norms.append(np.linalg.norm(vector))
        vector = ((1 - h**2)[:, None] * W_hh).T @ vector
    return np.array(norms[::-1])


gradient_norms = [slopes_on_both_sides, of_a_vector_of_ones]


# Question 7

def forgets_all_at_once(x, h, c, W_xh, W_hh, b):
    i, f, g, o = np.split(x @ W_xh.T + h @ W_hh.T + b, 4, axis=1)
    i, f, o = (0.5 * (1 + np.tanh(a / 2)) for a in (i, f, o))
    c = f * (c + i * np.tanh(g))
    return o * np.tanh(c), c


def bias_of_one(x, h, c, W_xh, W_hh, b):
    i, f, g, o = np.split(x @ W_xh.T + h @ W_hh.T + b, 4, axis=1)
    i, f, o = (0.5 * (1 + np.tanh(a / 2)) for a in (i, f + 1, o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


lstm_step = [forgets_all_at_once, bias_of_one]


# Question 9

def labels_of_the_last_text(log_p, labels, mask):
    found = np.take_along_axis(log_p, np.broadcast_to(labels[-1:], labels.shape)[:, :, None], axis=2)[:, :, 0]
    texts = np.where(mask, found, 0).sum(axis=1)
    return texts, float(texts.sum())


def first_step_left_out(log_p, labels, mask):
    found = np.take_along_axis(log_p, labels[:, :, None], axis=2)[:, :, 0]
    texts = np.where(mask, found, 0)[:, 1:].sum(axis=1)
    return texts, float(texts.sum())


batch_log_likelihood = [labels_of_the_last_text, first_step_left_out]


# Question 10

def last_array(gradients, limit):
    norm = float(np.sqrt((gradients[-1] ** 2).sum()))
    return [gradient * (limit / norm if norm > limit else 1.0) for gradient in gradients], norm


def root_of_the_factor(gradients, limit):
    norm = float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))
    return [gradient * (np.sqrt(limit / norm) if norm > limit else 1.0) for gradient in gradients], norm


clip_by_global_norm = [last_array, root_of_the_factor]


# Question 11

def written(h, E, W_xh, W_hh, b, U, bos, eos, max_length):
    words = [bos]
    while len(words) <= max_length:
        h = np.tanh(W_xh @ E[words[-1]] + W_hh @ h + b)
        words.append(int((U @ h).argmax()))
        if words[-1] == eos:
            break
    return words[1:]


def states(source, E, W_xh, W_hh, b):
    found = [np.zeros(len(b))]
    for word in source:
        found.append(np.tanh(W_xh @ E[word] + W_hh @ found[-1] + b))
    return found


def mean_of_the_states(source, encoder, decoder, bos, eos, max_length):
    return written(np.mean(states(source, *encoder), axis=0), *decoder, bos, eos, max_length)


def matrix_on_its_side(source, encoder, decoder, bos, eos, max_length):
    E, W_xh, W_hh, b, U = decoder
    return written(states(source, *encoder)[-1], E, W_xh, W_hh.T, b, U, bos, eos, max_length)


def bos_taken_out(source, encoder, decoder, bos, eos, max_length):
    return [word for word in written(states(source, *encoder)[-1], *decoder, bos, eos, max_length) if word != bos]


translate = [mean_of_the_states, matrix_on_its_side, bos_taken_out]
