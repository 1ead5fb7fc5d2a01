"""Wrong answers to unit 03 that are no known mistakes, though they look like some; no hint would be true of them."""

import numpy as np

# Question 1

def shrinking_steps(w, step_size, steps):
    path = [w]
    for t in range(steps):
        path.append(path[-1] - step_size / (t + 1) * 2 * (path[-1] - 3))
    return path


walk = [shrinking_steps]


# Question 3

def slopes(w, b, x, y):
    error = w * x + b - y
    return 2 * float(np.mean(error * x)), 2 * float(np.mean(error))


def mean_square_of_the_slopes(w, b, x, y, step_size, tolerance, max_steps):
    path = [(w, b)]
    while len(path) <= max_steps:
        gw, gb = slopes(*path[-1], x, y)
        if np.sqrt((gw ** 2 + gb ** 2) / 2) <= tolerance:
            break
        path.append((path[-1][0] - step_size * gw, path[-1][1] - step_size * gb))
    return path


descend = [mean_square_of_the_slopes]


# Question 4

def x_of_the_batch_y_from_the_front(w, b, x, y, step_size, batches):
    path = [(w, b)]
    for batch in batches:
        gw, gb = slopes(*path[-1], x[batch], y[:len(batch)])
        path.append((path[-1][0] - step_size * gw, path[-1][1] - step_size * gb))
    return path


minibatch_sgd = [x_of_the_batch_y_from_the_front]


# Question 5

def maximum_of_python(z, axis):
    e = np.exp(z - max(z))
    return e / e.sum(axis=axis, keepdims=True)


def single_precision(z, axis):
    e = np.exp((z - z.max(axis=axis, keepdims=True)).astype(np.float32))
    return e / e.sum(axis=axis, keepdims=True)


softmax = [maximum_of_python, single_precision]


# Question 6

def median_of_the_costs(logits, targets):
    costs = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(targets)), targets]
    return float(np.median(costs))


cross_entropy = [median_of_the_costs]


# Question 11

def softmax_of_rows(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def random_start(counts, step_size, steps):
    Z = np.random.default_rng(0).normal(size=counts.shape)
    for _ in range(steps):
        Z = Z - step_size * (counts.sum(axis=1, keepdims=True) * softmax_of_rows(Z) - counts) / counts.sum()
    return softmax_of_rows(Z)


def whole_number_logits(counts, step_size, steps):
    Z = np.zeros_like(counts)
    for _ in range(steps):
        Z -= step_size * (counts.sum(axis=1, keepdims=True) * softmax_of_rows(Z) - counts) / counts.sum()
    return softmax_of_rows(Z)


learn_bigram = [random_start, whole_number_logits]
