"""Known mistakes in unit 03; each docstring is the hint."""

import numpy as np


def valley(x):
    return float(np.sum(x ** 3) / 3 + np.sum(x) ** 2)


def soft(z, axis, times):
    z = times * z
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def onehot(targets, size):
    return np.eye(size)[targets]


# Question 1: one parameter

def path_of(w, steps, move):
    path = [w]
    for _ in range(steps):
        path.append(move(path[-1]))
    return path


def uphill(w, step_size, steps):
    """Your walk gets further away from 3 at every step. In which direction does the slope point, up or down?"""
    return path_of(w, steps, lambda w: w + step_size * 2 * (w - 3))


def slope_without_two(w, step_size, steps):
    """Each of your steps is half as long as it should be. What is the derivative of (w − 3)²?"""
    return path_of(w, steps, lambda w: w - step_size * (w - 3))


def loss_as_slope(w, step_size, steps):
    """You moved by the step size times the loss. Which quantity says how the loss changes with w?"""
    return path_of(w, steps, lambda w: w - step_size * (w - 3) ** 2)


def slope_of_a_square(w, step_size, steps):
    """Your walk heads for 0. Where is the minimum of (w − 3)²?"""
    return path_of(w, steps, lambda w: w - step_size * 2 * w)


def around_minus_three(w, step_size, steps):
    """Your walk heads for −3. Where is (w − 3)² smallest?"""
    return path_of(w, steps, lambda w: w - step_size * 2 * (w + 3))


def stops_at_the_minimum(w, step_size, steps):
    """Your path ends where the minimum is reached. How many points does the question ask for, whatever they are?"""
    path = path_of(w, steps, lambda w: w - step_size * 2 * (w - 3))
    return path[:1 + next((k for k, at in enumerate(path) if k and abs(at - 3) < 1e-6), steps)]


def same_step_every_time(w, step_size, steps):
    """All of your steps are the same. When must the slope be computed again?"""
    return [w - k * step_size * 2 * (w - 3) for k in range(steps + 1)]


def start_missing(w, step_size, steps):
    """Your path begins after the first step. What does the question say stands first?"""
    return path_of(w, steps, lambda w: w - step_size * 2 * (w - 3))[1:]


def last_point_missing(w, step_size, steps):
    """Your path has as many points as steps. After n steps, at how many places have you been?"""
    return path_of(w, steps - 1, lambda w: w - step_size * 2 * (w - 3)) if steps else []


def only_the_end(w, step_size, steps):
    """Your answer is one point. The question asks for the whole way there; when should a point be put into the list?"""
    return path_of(w, steps, lambda w: w - step_size * 2 * (w - 3))[-1]


walk = [around_minus_three, stops_at_the_minimum, same_step_every_time, uphill, slope_without_two, slope_of_a_square,
        loss_as_slope, start_missing, last_point_missing, only_the_end]


# Question 2: two parameters

def summed_line(w, b, x, y):
    """Your numbers are N times too large. Is the loss the sum of the squares or their mean?"""
    error = w * x + b - y
    return 2 * np.sum(error * x), 2 * np.sum(error)


def divided_by_n_minus_one(w, b, x, y):
    """You divided by N − 1. How many squares is the loss the mean of?"""
    error = w * x + b - y
    with np.errstate(all="ignore"):
        return 2 * np.sum(error * x) / np.float64(len(x) - 1), 2 * np.sum(error) / np.float64(len(x) - 1)


def absolute_errors(w, b, x, y):
    """You differentiated the absolute value of the error: only its sign is left. What is the derivative of a square?"""
    error = np.sign(w * x + b - y)
    return np.mean(error * x), np.mean(error)


def root_of_the_loss(w, b, x, y):
    """Your gradient belongs to the root of the mean squared error. Has the loss of this question a root?"""
    error = w * x + b - y
    root = np.sqrt(np.mean(error ** 2))
    return np.mean(error * x) / root, np.mean(error) / root


def squares_inside(w, b, x, y):
    """The errors are still squared in your slopes. What is left of a square when it is differentiated?"""
    error = (w * x + b - y) ** 2
    return 2 * np.mean(error * x), 2 * np.mean(error)


def factor_two_missing(w, b, x, y):
    """Both numbers are half of what they should be. What does the square leave behind when you differentiate it?"""
    error = w * x + b - y
    return np.mean(error * x), np.mean(error)


def turned_error(w, b, x, y):
    """Both signs are turned round. If the line lies too high, does the loss grow or fall with b?"""
    error = y - (w * x + b)
    return 2 * np.mean(error * x), 2 * np.mean(error)


def exchanged(w, b, x, y):
    """Your two numbers are exchanged. With respect to which parameter does the inner derivative bring in x?"""
    error = w * x + b - y
    return 2 * np.mean(error), 2 * np.mean(error * x)


def x_in_both(w, b, x, y):
    """∂J/∂b holds an x. By how much does w x + b change when b grows by 1?"""
    error = w * x + b - y
    return 2 * np.mean(error * x), 2 * np.mean(error * x)


def x_in_neither(w, b, x, y):
    """∂J/∂w holds no x. By how much does w x + b change when w grows by 1?"""
    error = w * x + b - y
    return 2 * np.mean(error), 2 * np.mean(error)


def product_of_means(w, b, x, y):
    """You multiplied two means. Is the mean of a product the product of the means?"""
    error = w * x + b - y
    return 2 * np.mean(error) * np.mean(x), 2 * np.mean(error)


def b_forgotten(w, b, x, y):
    """Your error leaves b out. Where is the line at x = 0?"""
    error = w * x - y
    return 2 * np.mean(error * x), 2 * np.mean(error)


line_gradient = [root_of_the_loss, squares_inside, divided_by_n_minus_one, absolute_errors, summed_line, factor_two_missing,
                 turned_error, exchanged, x_in_both, x_in_neither, product_of_means, b_forgotten]


# Question 3: descent with a termination criterion

def slopes(w, b, x, y, factor):
    error = w * x + b - y
    return factor * float(np.mean(error * x)), factor * float(np.mean(error))


def line_loss(w, b, x, y):
    return float(np.mean((w * x + b - y) ** 2))


def length(w, b, x, y):
    return float(np.hypot(*slopes(w, b, x, y, 2)))


def descent(w, b, x, y, step_size, tolerance, max_steps, move=None, *, stop):
    """Descent with another way to move, or another reason to stop where one is given: stop gets the path so far."""
    move = move or (lambda w, b, gw, gb: (w - step_size * gw, b - step_size * gb))
    stop = stop or (lambda path: length(*path[-1], x, y) <= tolerance)
    path = [(w, b)]
    while len(path) <= max_steps and not stop(path):
        w, b = move(w, b, *slopes(w, b, x, y, 2))
        path.append((w, b))
    return path


def climbs(w, b, x, y, step_size, tolerance, max_steps):
    """Your loss grows from step to step. In which direction does the gradient point?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   lambda w, b, gw, gb: (w + step_size * gw, b + step_size * gb), stop=None)


def one_after_the_other(w, b, x, y, step_size, tolerance, max_steps):
    """You moved w first and then asked for the slope in b at the new w. At which point is the gradient to be taken?"""
    def move(w, b, gw, gb):
        w = w - step_size * gw
        return w, b - step_size * slopes(w, b, x, y, 2)[1]
    return descent(w, b, x, y, step_size, tolerance, max_steps, move, stop=None)


def half_of_the_gradient(w, b, x, y, step_size, tolerance, max_steps):
    """Each of your steps is half as long as it should be. Does your gradient pass the checks of Question 2?"""
    return descent(w, b, x, y, step_size / 2, tolerance, max_steps, stop=lambda path: length(*path[-1], x, y) / 2 <= tolerance)


def n_times_the_gradient(w, b, x, y, step_size, tolerance, max_steps):
    """Each of your steps is N times too long. Does your gradient pass the checks of Question 2?"""
    n = len(x)
    return descent(w, b, x, y, step_size * n, tolerance, max_steps, stop=lambda path: length(*path[-1], x, y) * n <= tolerance)


def gradient_at_the_start(w, b, x, y, step_size, tolerance, max_steps):
    """All of your steps are the same. When must the gradient be computed again?"""
    gw, gb = slopes(w, b, x, y, 2)
    if np.hypot(gw, gb) <= tolerance:
        return [(w, b)]
    return [(w - step_size * k * gw, b - step_size * k * gb) for k in range(max_steps + 1)]


def steps_of_one_length(w, b, x, y, step_size, tolerance, max_steps):
    """Every step of yours has the same length. Should a step be shorter where the ground is nearly flat?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   lambda w, b, gw, gb: (w - step_size * gw / np.hypot(gw, gb), b - step_size * gb / np.hypot(gw, gb)),
                   stop=None)


def only_w_moves(w, b, x, y, step_size, tolerance, max_steps):
    """b stays where it was. How many parameters does one step move?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps, lambda w, b, gw, gb: (w - step_size * gw, b), stop=None)


def path_without_start(w, b, x, y, step_size, tolerance, max_steps):
    """Your path lacks its first point. Where did the descent begin?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps, stop=None)[1:]


def end_alone(w, b, x, y, step_size, tolerance, max_steps):
    """Your answer is the last point alone. The question asks for the whole path."""
    return descent(w, b, x, y, step_size, tolerance, max_steps, stop=None)[-1]


def never_satisfied(w, b, x, y, step_size, tolerance, max_steps):
    """You made all of `max_steps` steps. What else may end the descent?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps, stop=lambda path: False)


def squared_length(w, b, x, y, step_size, tolerance, max_steps):
    """You compared the squared length of the gradient with the tolerance. Which function is missing?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps, stop=lambda path: length(*path[-1], x, y) ** 2 <= tolerance)


def sum_of_magnitudes(w, b, x, y, step_size, tolerance, max_steps):
    """You added the magnitudes of the two slopes. How long is an arrow that goes 3 to the right and 4 up?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: np.abs(slopes(*path[-1], x, y, 2)).sum() <= tolerance)


def slope_of_w_alone(w, b, x, y, step_size, tolerance, max_steps):
    """You compared the slope in w with the tolerance. The gradient has two entries; how long is it?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: abs(slopes(*path[-1], x, y, 2)[0]) <= tolerance)


def slope_of_b_alone(w, b, x, y, step_size, tolerance, max_steps):
    """You compared the slope in b with the tolerance. The gradient has two entries; how long is it?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: abs(slopes(*path[-1], x, y, 2)[1]) <= tolerance)


def without_magnitudes(w, b, x, y, step_size, tolerance, max_steps):
    """You compared the slopes with their signs. Is a slope of −12 small?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps, stop=lambda path: max(slopes(*path[-1], x, y, 2)) <= tolerance)


def smaller_magnitude(w, b, x, y, step_size, tolerance, max_steps):
    """You stopped where one of the two slopes is small. How long is an arrow that goes 12 to the right and 0 up?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: np.abs(slopes(*path[-1], x, y, 2)).min() <= tolerance)


def one_list_many_times(w, b, x, y, step_size, tolerance, max_steps):
    """All points of your path are the last one. If a list is changed after `append`, what becomes of the item appended?"""
    path = descent(w, b, x, y, step_size, tolerance, max_steps, stop=None)
    return path[-1:] * len(path)


def larger_magnitude(w, b, x, y, step_size, tolerance, max_steps):
    """You stopped where neither slope is larger than the tolerance. How long is an arrow that goes 3 to the right and 4 up?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: np.abs(slopes(*path[-1], x, y, 2)).max() <= tolerance)


def change_of_the_loss(w, b, x, y, step_size, tolerance, max_steps):
    """You stopped where the loss changed by no more than the tolerance. At which quantity does the question look?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: len(path) > 1 and abs(np.diff([line_loss(*p, x, y) for p in path[-2:]])[0]) <= tolerance)


def loss_itself(w, b, x, y, step_size, tolerance, max_steps):
    """You compared the loss with the tolerance. Need the loss be nearly 0 where the ground is flat?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps, stop=lambda path: line_loss(*path[-1], x, y) <= tolerance)


def length_of_the_step(w, b, x, y, step_size, tolerance, max_steps):
    """You compared the length of the step with the tolerance. If the steps are tiny, does that say that the ground is flat?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: step_size * length(*path[-1], x, y) <= tolerance)


def looked_at_afterwards(w, b, x, y, step_size, tolerance, max_steps):
    """You step first and then compare the gradient from before the step. What if the start already satisfies the criterion?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: len(path) > 1 and length(*path[-2], x, y) <= tolerance)


def first_step_unseen(w, b, x, y, step_size, tolerance, max_steps):
    """You make one step before you look at the criterion for the first time. What if the start already satisfies it?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps,
                   stop=lambda path: len(path) > 1 and length(*path[-1], x, y) <= tolerance)


def less_than_the_tolerance(w, b, x, y, step_size, tolerance, max_steps):
    """You went on where the length is exactly the tolerance. Does "at most" allow that?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps, stop=lambda path: length(*path[-1], x, y) < tolerance)


def one_step_too_many(w, b, x, y, step_size, tolerance, max_steps):
    """You made one step more than `max_steps`. How many points does a path of n steps have?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps + 1, stop=None)


def one_step_too_few(w, b, x, y, step_size, tolerance, max_steps):
    """Your path has `max_steps` points. How many steps lie between them?"""
    return descent(w, b, x, y, step_size, tolerance, max_steps - 1, stop=None)


descend = [slope_of_w_alone, slope_of_b_alone, without_magnitudes, smaller_magnitude, one_list_many_times, climbs,
           one_after_the_other, only_w_moves, half_of_the_gradient, n_times_the_gradient, steps_of_one_length,
           gradient_at_the_start, path_without_start, end_alone, squared_length, sum_of_magnitudes, larger_magnitude,
           change_of_the_loss, loss_itself, length_of_the_step, looked_at_afterwards, first_step_unseen,
           less_than_the_tolerance, one_step_too_many, one_step_too_few, never_satisfied]


# Question 4: mini-batches

def batches_path(w, b, batches, step_size, gradient):
    path = [(w, b)]
    for batch in batches:
        gw, gb = gradient(w, b, batch)
        w, b = w - step_size * gw, b - step_size * gb
        path.append((w, b))
    return path


def all_the_data(w, b, x, y, step_size, batches):
    """Every step of yours looks at all the points. Which ones belong to the batch?"""
    return batches_path(w, b, batches, step_size, lambda w, b, batch: slopes(w, b, x, y, 2))


def batch_sum(w, b, x, y, step_size, batches):
    """Your steps grow with the batch. Is the gradient of a batch that of the sum of its losses, or of their mean?"""
    def gradient(w, b, batch):
        gw, gb = slopes(w, b, x[batch], y[batch], 2)
        return len(batch) * gw, len(batch) * gb
    return batches_path(w, b, batches, step_size, gradient)


def divided_by_n(w, b, x, y, step_size, batches):
    """You divided by the number of all points. How many of them has the batch?"""
    def gradient(w, b, batch):
        gw, gb = slopes(w, b, x[batch], y[batch], 2)
        return len(batch) * gw / len(x), len(batch) * gb / len(x)
    return batches_path(w, b, batches, step_size, gradient)


def as_many_from_the_front(w, b, x, y, step_size, batches):
    """You took as many points as the batch holds, from the front. Which ones do its indices name?"""
    return batches_path(w, b, batches, step_size, lambda w, b, batch: slopes(w, b, x[:len(batch)], y[:len(batch)], 2))


def size_of_the_first_batch(w, b, x, y, step_size, batches):
    """You divided by the size of the first batch every time. How large is the batch of this step?"""
    def gradient(w, b, batch):
        gw, gb = slopes(w, b, x[batch], y[batch], 2)
        return len(batch) * gw / len(batches[0]), len(batch) * gb / len(batches[0])
    return batches_path(w, b, batches, step_size, gradient)


def batch_as_set(w, b, x, y, step_size, batches):
    """An index that stands twice in a batch counts only once in yours. What does the question say about it?"""
    return batches_path(w, b, [sorted(set(batch)) for batch in batches], step_size,
                        lambda w, b, batch: slopes(w, b, x[batch], y[batch], 2))


def first_of_the_batch(w, b, x, y, step_size, batches):
    """You used one point of each batch. What about the others?"""
    return batches_path(w, b, batches, step_size, lambda w, b, batch: slopes(w, b, x[batch[:1]], y[batch[:1]], 2))


def a_step_for_every_point(w, b, x, y, step_size, batches):
    """You took a step for every point. How many steps does a batch of five points make?"""
    return batches_path(w, b, [[i] for batch in batches for i in batch], step_size,
                        lambda w, b, batch: slopes(w, b, x[batch], y[batch], 2))


def gradients_pile_up(w, b, x, y, step_size, batches):
    """Each of your steps repeats all those before it: the gradients pile up. When must they be set back to zero?"""
    total = np.zeros(2)

    def gradient(w, b, batch):
        total[:] += slopes(w, b, x[batch], y[batch], 2)
        return float(total[0]), float(total[1])
    return batches_path(w, b, batches, step_size, gradient)


def always_from_the_start(w, b, x, y, step_size, batches):
    """All your gradients are taken at the start. Where are you when the second batch arrives?"""
    return batches_path(w, b, batches, step_size, lambda _w, _b, batch: slopes(w, b, x[batch], y[batch], 2))


def batches_uphill(w, b, x, y, step_size, batches):
    """Your steps go up. In which direction does the gradient point?"""
    return batches_path(w, b, batches, -step_size, lambda w, b, batch: slopes(w, b, x[batch], y[batch], 2))


def batches_without_start(w, b, x, y, step_size, batches):
    """Your path begins after the first step. What does the question say stands first?"""
    return batches_path(w, b, batches, step_size, lambda w, b, batch: slopes(w, b, x[batch], y[batch], 2))[1:]


def w_before_b(w, b, x, y, step_size, batches):
    """You moved w first and then asked for the slope in b at the new w. At which point is the gradient to be taken?"""
    def gradient(w, b, batch):
        gw, _ = slopes(w, b, x[batch], y[batch], 2)
        return gw, slopes(w - step_size * gw, b, x[batch], y[batch], 2)[1]
    return batches_path(w, b, batches, step_size, gradient)


def half_of_every_step(w, b, x, y, step_size, batches):
    """Each of your steps is half as long as it should be. Does your gradient pass the checks of Question 2?"""
    return batches_path(w, b, batches, step_size / 2, lambda w, b, batch: slopes(w, b, x[batch], y[batch], 2))


def slice_of_the_data(w, b, x, y, step_size, batches):
    """You took all points from the smallest index of a batch to the largest. Which ones does it name, and how often?"""
    return batches_path(w, b, [range(min(batch), max(batch) + 1) for batch in batches], step_size,
                        lambda w, b, batch: slopes(w, b, x[batch], y[batch], 2))


minibatch_sgd = [as_many_from_the_front, size_of_the_first_batch, batches_uphill, half_of_every_step, w_before_b, all_the_data,
                 batch_sum, divided_by_n, batch_as_set, first_of_the_batch, a_step_for_every_point, gradients_pile_up,
                 always_from_the_start, batches_without_start, slice_of_the_data]


# Question 5: softmax

def overflows(z, axis):
    """Large scores gave NaN. What is e to the 1000 as a float, and after which shift is no exponent above 0?"""
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


def one_maximum_for_all(z, axis):
    """You subtracted the largest number of the whole array. What is left of a row that lies far below it?"""
    e = np.exp(z - z.max())
    return e / e.sum(axis=axis, keepdims=True)


def smallest_subtracted(z, axis):
    """You subtracted the smallest score, so no exponent is below 0. Which exponents overflow, small or large ones?"""
    e = np.exp(z - z.min(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def mean_subtracted(z, axis):
    """You subtracted the mean, and a score far above it still overflows. After which shift is no exponent above 0?"""
    e = np.exp(z - z.mean(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def shifted_only_where_large(z, axis):
    """Your entries are NaN where all scores lie far below 0. What is the sum of exponentials there?"""
    e = np.exp(z - (z.max(axis=axis, keepdims=True) if z.max() > 700 else 0))
    return e / e.sum(axis=axis, keepdims=True)


def last_axis_for_the_maximum(z, axis):
    """You subtracted the maxima along the last axis and summed along another. May one distribution be shifted unevenly?"""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def powers_of_two(z, axis):
    """You raised 2 to the scores. Which base has exp?"""
    e = np.exp2(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def divided_by_the_largest(z, axis):
    """The largest entry of each of your distributions is 1. What do the entries have to be divided by to sum to 1?"""
    return np.exp(z - z.max(axis=axis, keepdims=True))


def exponents_clipped(z, axis):
    """Large scores were cut off, so that different ones became equal. Which change of the scores keeps their differences?"""
    e = np.exp(np.clip(z, -700, 700))
    return e / e.sum(axis=axis, keepdims=True)


def nan_replaced(z, axis):
    """Where scores are large your entries are 0. What should the entries of every distribution sum to?"""
    e = np.exp(z)
    return np.nan_to_num(e / e.sum(axis=axis, keepdims=True))


def small_number_added(z, axis):
    """Your entries sum to a little less than 1: something was added to the sum of exponentials. When could that sum be 0?"""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / (e.sum(axis=axis, keepdims=True) + 1e-9)


def last_axis_always(z, axis):
    """You normalised along the last axis, whatever `axis` says. Where does your function use it?"""
    return soft(z, -1, 1)


def first_axis_always(z, axis):
    """You normalised along the first axis, whatever `axis` says. Where does your function use it?"""
    return soft(z, 0, 1)


def whole_array(z, axis):
    """All entries of your array sum to 1 together. How many distributions does the array hold?"""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum()


def no_keepdims(z, axis):
    """The sums lost an axis, so that the division lined up wrongly or not at all. Which option of `sum` keeps the axis?"""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis)


def not_exponentiated(z, axis):
    """You normalised the scores themselves. What happens to negative scores, and which step comes before normalising?"""
    return z / z.sum(axis=axis, keepdims=True)


def negative_exponent(z, axis):
    """Your largest scores get the smallest probabilities. What is the sign in the exponent?"""
    return soft(-z, axis, 1)


def logarithms(z, axis):
    """These are logarithms of probabilities, negative numbers. What should the entries sum to?"""
    shifted = z - z.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def shifts_its_input(z, axis):
    """After your function the scores have changed: `-=` writes into the array it was given. Who may still need it?"""
    z -= z.max(axis=axis, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


softmax = [powers_of_two, divided_by_the_largest, shifted_only_where_large, last_axis_for_the_maximum, not_exponentiated,
           negative_exponent, logarithms, no_keepdims, whole_array, small_number_added, overflows, one_maximum_for_all,
           smallest_subtracted, mean_subtracted, exponents_clipped, nan_replaced, last_axis_always, first_axis_always,
           shifts_its_input]


# Question 6: cross-entropy

def log_soft(z):
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def log_of_underflow(logits, targets):
    """Where the model is sure and wrong your loss is infinite. Can log p be computed from the logits, without p?"""
    return -np.log(soft(logits, -1, 1))[np.arange(len(targets)), targets].mean()


def exp_overflows(logits, targets):
    """Where logits are large your loss is infinite or NaN. What changes if you shift the logits of an item first?"""
    return (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(targets)), targets]).mean()


def tiny_number_in_the_logarithm(logits, targets):
    """A tiny number was added to p, or took its place. What is the cost of a token with the probability e to the −3000?"""
    return -np.log(soft(logits, -1, 1) + 1e-12)[np.arange(len(targets)), targets].mean()


def small_number_in_the_logarithm(logits, targets):
    """Where p underflows your cost stops growing: a small number came to p. What is the cost where p is e to the −3000?"""
    return -np.log(soft(logits, -1, 1) + 1e-9)[np.arange(len(targets)), targets].mean()


def smallest_float_in_the_logarithm(logits, targets):
    """Your cost never exceeds 690.8 nats, which is −ln of 10 to the −300. What is the cost where p is e to the −3000?"""
    return -np.log(np.maximum(soft(logits, -1, 1), 1e-300))[np.arange(len(targets)), targets].mean()


def softmax_twice(logits, targets):
    """You took the softmax of the softmax. Does your Question 6 call a function that normalises what is normalised already?"""
    return -log_soft(soft(logits, -1, 1))[np.arange(len(targets)), targets].mean()


def each_class_its_own_loss(logits, targets):
    """You added −ln(1 − p) for the classes that are no targets. Which classes appear in the loss?"""
    right, p = onehot(targets, logits.shape[1]), soft(logits, -1, 1)
    with np.errstate(all="ignore"):
        return -np.where(right > 0, np.log(p), np.log(1 - p)).sum(axis=1).mean()


def most_probable_class(logits, targets):
    """You took the cost of the most probable class. Which class does the target name?"""
    return -log_soft(logits).max(axis=1).mean()


def one_maximum_for_all_items(logits, targets):
    """You subtracted the largest logit of the whole table. What is left of an item whose logits lie far below it?"""
    shifted = logits - logits.max()
    return -(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))[np.arange(len(targets)), targets].mean()


def summed(logits, targets):
    """Your loss is N times too large. Is the loss of a batch the sum over its items, or their mean?"""
    return -log_soft(logits)[np.arange(len(targets)), targets].sum()


def in_bits(logits, targets):
    """Your loss is in bits. Which logarithm gives nats?"""
    return -log_soft(logits)[np.arange(len(targets)), targets].mean() / np.log(2)


def wrong_sign(logits, targets):
    """Your loss is negative. A log-probability is at most 0; what should a cost be?"""
    return log_soft(logits)[np.arange(len(targets)), targets].mean()


def every_pair(logits, targets):
    """You averaged over all pairs of a row and a target. Does `[:, targets]` pick one entry of each row?"""
    return -log_soft(logits)[:, targets].mean()


def logits_as_costs(logits, targets):
    """You took the logit of the target itself. What turns logits into log-probabilities?"""
    return -logits[np.arange(len(targets)), targets].mean()


def probability_as_cost(logits, targets):
    """You averaged the probabilities of the targets. Where did the logarithm go?"""
    return -soft(logits, -1, 1)[np.arange(len(targets)), targets].mean()


def over_classes_too(logits, targets):
    """Your loss is V times too small: the entries that are no targets were averaged in as zeros. What is the mean over?"""
    return -(log_soft(logits) * onehot(targets, logits.shape[1])).mean()


def columns_normalised(logits, targets):
    """You normalised down the columns, over the items. Which numbers compete with each other, those of one item?"""
    return -log_soft(logits.T).T[np.arange(len(targets)), targets].mean()


cross_entropy = [each_class_its_own_loss, softmax_twice, most_probable_class, smallest_float_in_the_logarithm, wrong_sign,
                 in_bits, over_classes_too, summed, every_pair, probability_as_cost, columns_normalised, logits_as_costs,
                 exp_overflows, log_of_underflow, tiny_number_in_the_logarithm, small_number_in_the_logarithm,
                 one_maximum_for_all_items]


# Question 7: the gradient of the cross-entropy

def gradient_of_the_sum(logits, targets):
    """Your gradient belongs to the sum of the losses. What did the mean divide by?"""
    return soft(logits, -1, 1) - onehot(targets, logits.shape[1])


def gradient_downhill(logits, targets):
    """All signs are turned round. If the model gives the target too little, should a larger logit lower or raise the loss?"""
    return (onehot(targets, logits.shape[1]) - soft(logits, -1, 1)) / len(targets)


def belief_alone(logits, targets):
    """Your rows do not sum to 0: they hold what the model believes. Where does the truth come in?"""
    return soft(logits, -1, 1) / len(targets)


def target_alone(logits, targets):
    """Only the target's entry of a row is not 0. If the logit of another class grows, what happens to p(target)?"""
    right = onehot(targets, logits.shape[1])
    return (soft(logits, -1, 1) - 1) * right / len(targets)


def logits_minus_truth(logits, targets):
    """You subtracted the truth from the logits. What does the model believe, its logits or its probabilities?"""
    return (logits - onehot(targets, logits.shape[1])) / len(targets)


def with_respect_to_p(logits, targets):
    """−1/p is the slope with respect to the probability. The question asks for the logits; which step is missing?"""
    right = onehot(targets, logits.shape[1])
    return -right / soft(logits, -1, 1) / len(targets)


def every_row_every_target(logits, targets):
    """You subtracted 1 in the columns of all targets, in every row. How do you pick one entry of each row?"""
    gradient = soft(logits, -1, 1)
    gradient[:, targets] -= 1
    return gradient / len(targets)


def divided_by_all_entries(logits, targets):
    """Your gradient is V times too small. Over what is the loss a mean, the items or the entries?"""
    return (soft(logits, -1, 1) - onehot(targets, logits.shape[1])) / logits.size


def divided_by_classes(logits, targets):
    """You divided by the number of classes, V. Over what is the loss a mean, the items or the classes?"""
    return (soft(logits, -1, 1) - onehot(targets, logits.shape[1])) / logits.shape[1]


def gradient_overflows(logits, targets):
    """Your gradient holds NaN where logits are large. Which softmax of yours does not overflow?"""
    with np.errstate(all="ignore"):
        e = np.exp(logits)
        return (e / e.sum(axis=1, keepdims=True) - onehot(targets, logits.shape[1])) / len(targets)


def slope_of_one_probability(logits, targets):
    """Your entries are p (1 − p), the slope of a probability in its own logit. Where do the targets come in?"""
    return soft(logits, -1, 1) * (1 - soft(logits, -1, 1)) / len(targets)


def one_subtracted_everywhere(logits, targets):
    """You subtracted 1 from every entry. Which entries of a row are the truth's 1, and how many are there?"""
    return (soft(logits, -1, 1) - 1) / len(targets)


def gradient_down_columns(logits, targets):
    """Your softmax ran down the columns. Which numbers compete with each other, those of one item?"""
    return (soft(logits, 0, 1) - onehot(targets, logits.shape[1])) / len(targets)


cross_entropy_gradient = [slope_of_one_probability, gradient_overflows, one_subtracted_everywhere, gradient_downhill,
                          gradient_of_the_sum, divided_by_all_entries, divided_by_classes, belief_alone, target_alone,
                          logits_minus_truth, with_respect_to_p, every_row_every_target, gradient_down_columns]


# Question 8: finite differences

def differences(x, h, quotient):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        gradient[i] = quotient(x, step)
    return gradient


def forward_difference(x, h):
    """You compared the point itself with one step up. The question asks for one step up and one step down."""
    return differences(x, h, lambda x, step: (valley(x + step) - valley(x)) / h)


def backward_difference(x, h):
    """You compared the point itself with one step down. The question asks for one step up and one step down."""
    return differences(x, h, lambda x, step: (valley(x) - valley(x - step)) / h)


def divided_by_h(x, h):
    """Your slopes are twice too steep. How far apart are x + h and x − h?"""
    return differences(x, h, lambda x, step: (valley(x + step) - valley(x - step)) / h)


def multiplied_by_h(x, h):
    """Is `/ 2 * h` the same as a division by 2h? Look at the order in which Python works it out."""
    return differences(x, h, lambda x, step: (valley(x + step) - valley(x - step)) / 2 * h)


def all_at_once(x, h):
    """You moved all parameters together, so every entry got the same slope. Along which direction does entry i ask?"""
    return np.full(x.shape, (valley(x + h) - valley(x - h)) / (2 * h))


def not_put_back(x, h):
    """When you come to the second entry, the first one is no longer what it was in x. What undoes a step before the next?"""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = valley(x)
        x[i] -= 2 * h
        gradient[i] = (above - valley(x)) / (2 * h)
    return gradient


def formula(x, h):
    """That is the derivative by formula, or with a tiny step of your own. What does the quotient give for the given h?"""
    return x ** 2 + 2 * x.sum()


def second_difference(x, h):
    """You divided by h², and valley(x) came in: that is how the slope changes. What is the quotient for the slope itself?"""
    return differences(x, h, lambda x, step: (valley(x + step) - 2 * valley(x) + valley(x - step)) / h ** 2)


def half_a_step(x, h):
    """You went half a step to either side. How far are the two points of the question from x?"""
    return differences(x, h, lambda x, step: (valley(x + step / 2) - valley(x - step / 2)) / h)


def own_h(x, h):
    """You took a step of your own, 0.001. Which step does the question tell you to use?"""
    return differences(x, 1e-3, lambda x, step: (valley(x + step) - valley(x - step)) / 2e-3)


def turned_round(x, h):
    """All signs are turned round. If valley grows from x − h to x + h, is the slope positive or negative?"""
    return differences(x, h, lambda x, step: (valley(x - step) - valley(x + step)) / (2 * h))


def as_list(x, h):
    """Your gradient is a list. What should it be, and of which shape?"""
    return differences(x, h, lambda x, step: (valley(x + step) - valley(x - step)) / (2 * h)).tolist()


def flat(x, h):
    """Your gradient is flat, with one dimension, but x has more. Which shape does a gradient have?"""
    return differences(x, h, lambda x, step: (valley(x + step) - valley(x - step)) / (2 * h)).ravel()


def flat_index(x, h):
    """An index left the array: it has fewer rows than entries. How can a loop reach every entry, whatever the shape is?"""
    gradient = np.zeros(x.shape)
    for i in range(x.size):
        step = np.zeros(x.shape)
        step[i] = h
        gradient[i] = (valley(x + step) - valley(x - step)) / (2 * h)
    return gradient


def no_slope_at_all(x, h):
    """All your slopes are 0. Are x + h and x − h two different arrays in your function, or two names of one?"""
    return np.zeros(x.shape)


def relative_step(x, h):
    """Your steps are h times the entry. Which step does the question tell you to use?"""
    return differences(x, h, lambda x, step: (valley(x + step * x) - valley(x - step * x)) / (2 * h * x[step > 0][0]))


def whole_rows(x, h):
    """In an array of several dimensions you moved whole rows. Does `range(len(x))` reach every single entry?"""
    gradient = np.zeros(x.shape)
    for i in range(len(x)):
        step = np.zeros(x.shape)
        step[i] = h
        gradient[i] = (valley(x + step) - valley(x - step)) / (2 * h)
    return gradient


def one_slope_a_row(x, h):
    """Your gradient has one slope for each row, and x has several entries in a row. Which shape does a gradient have?"""
    steps = [h * (np.arange(len(x)) == i).reshape(-1, *[1] * (x.ndim - 1)) for i in range(len(x))]
    return np.array([(valley(x + step) - valley(x - step)) / (2 * h) for step in steps])


numerical_gradient = [second_difference, half_a_step, no_slope_at_all, relative_step, forward_difference, backward_difference,
                      divided_by_h, multiplied_by_h, turned_round, formula, own_h, as_list, flat, flat_index, all_at_once,
                      not_put_back, whole_rows, one_slope_a_row]


# Question 9: the backward pass of a linear module

def bias_not_summed(X, W, upstream):
    """Your ∂J/∂b has a row for every item, but all items share one b. If b grows a little, how much does J change in all?"""
    return upstream @ W.T, X.T @ upstream, upstream.copy()


def bias_averaged(X, W, upstream):
    """You averaged ∂J/∂b over the items. Is a mean over items, if there was one, not in `upstream` already?"""
    return upstream @ W.T, X.T @ upstream, upstream.mean(axis=0)


def all_averaged(X, W, upstream):
    """You divided by the number of items. Is a mean over items, if there was one, not in `upstream` already?"""
    return upstream @ W.T, X.T @ upstream / len(X), upstream.mean(axis=0)


def weight_transposed(X, W, upstream):
    """Your ∂J/∂W is the transpose of what is asked. Which shape has W?"""
    return upstream @ W.T, upstream.T @ X, upstream.sum(axis=0)


def not_transposed(X, W, upstream):
    """For ∂J/∂X you multiplied by W itself. Entry k of a row of X reaches every entry of that row of Y: by which weights?"""
    return upstream @ W, X.T @ upstream, upstream.sum(axis=0)


def x_not_transposed(X, W, upstream):
    """For ∂J/∂W you multiplied by X itself. Entry (k, j) of W is used by every item: with which entry of X each time?"""
    return upstream @ W.T, X @ upstream, upstream.sum(axis=0)


def upstream_forgotten(X, W, upstream):
    """Your answer does not depend on `upstream`. What does the chain rule multiply the local slopes with?"""
    ones = np.ones(upstream.shape)
    return ones @ W.T, X.T @ ones, ones.sum(axis=0)


def dx_and_dw_exchanged(X, W, upstream):
    """Your first two arrays are exchanged. In which order are they asked for?"""
    return X.T @ upstream, upstream @ W.T, upstream.sum(axis=0)


def bias_across_features(X, W, upstream):
    """You summed ∂J/∂b over the features. Which axis of `upstream` counts the items?"""
    return upstream @ W.T, X.T @ upstream, upstream.sum(axis=1)


def bias_counted(X, W, upstream):
    """Your ∂J/∂b holds the number of items. What does the chain rule say about the rest of the way to J?"""
    return upstream @ W.T, X.T @ upstream, np.full(W.shape[1], float(len(X)))


def weight_averaged(X, W, upstream):
    """You divided ∂J/∂W by the number of items. Is a mean over items, if there was one, not in `upstream` already?"""
    return upstream @ W.T, X.T @ upstream / len(X), upstream.sum(axis=0)


def bias_summed_over_all(X, W, upstream):
    """Your ∂J/∂b is one number. How many entries has b?"""
    return upstream @ W.T, X.T @ upstream, upstream.sum()


def bias_slope_one(X, W, upstream):
    """The slope of Y in b is 1, but ∂J/∂b is asked for. What does the chain rule say about the rest of the way to J?"""
    return upstream @ W.T, X.T @ upstream, np.ones(W.shape[1])


linear_backward = [bias_counted, weight_averaged, bias_summed_over_all, upstream_forgotten, bias_slope_one, bias_not_summed,
                   all_averaged, bias_averaged, bias_across_features, weight_transposed, not_transposed, x_not_transposed,
                   dx_and_dw_exchanged]


# Question 10: reverse accumulation

def values_of(nodes):
    values = []
    for operation, *inputs in nodes:
        if operation == "value":
            values.append(inputs[0])
        elif operation == "add":
            values.append(values[inputs[0]] + values[inputs[1]])
        elif operation == "mul":
            values.append(values[inputs[0]] * values[inputs[1]])
        else:
            values.append(float(np.tanh(values[inputs[0]])))
    return values


def local_slopes(node, k, values):
    """(parent, local slope) pairs of node k."""
    operation, *inputs = node
    if operation == "add":
        return [(inputs[0], 1.0), (inputs[1], 1.0)]
    if operation == "mul":
        return [(inputs[0], values[inputs[1]]), (inputs[1], values[inputs[0]])]
    return [(inputs[0], 1 - values[k] ** 2)] if operation == "tanh" else []


def backward(nodes, local, combine=lambda old, upstream, slope: old + upstream * slope, seed=1.0, order=reversed):
    values = values_of(nodes)
    out = [0.0] * len(nodes)
    out[-1] = seed
    for k in order(range(len(nodes))):
        for parent, slope in local(nodes[k], k, values):
            out[parent] = combine(out[parent], out[k], slope)
    return out


def overwritten(nodes):
    """A node that is used in two places has the derivative of one of them only. What becomes of the other's share?"""
    return backward(nodes, local_slopes, combine=lambda old, upstream, slope: upstream * slope)


def upstream_dropped(nodes):
    """You add up local slopes only. What has the chain rule to multiply them with?"""
    return backward(nodes, local_slopes, combine=lambda old, upstream, slope: old + slope)


def own_factor(nodes):
    """In a product you gave each factor its own value. How fast does a · b grow with a?"""
    def local(node, k, values):
        if node[0] == "mul":
            return [(i, values[i]) for i in node[1:]]
        return local_slopes(node, k, values)
    return backward(nodes, local)


def product_as_slope(nodes):
    """In a product you passed on the value of the product. How fast does a · b grow with a?"""
    def local(node, k, values):
        return [(i, values[k]) for i in node[1:]] if node[0] == "mul" else local_slopes(node, k, values)
    return backward(nodes, local)


def tanh_of_the_input(nodes):
    """You wrote 1 − x² with the input of tanh. Of what is the square to be taken?"""
    def local(node, k, values):
        return [(node[1], 1 - values[node[1]] ** 2)] if node[0] == "tanh" else local_slopes(node, k, values)
    return backward(nodes, local)


def tanh_without_square(nodes):
    """You wrote 1 − tanh. Is there a square in the slope of tanh?"""
    def local(node, k, values):
        return [(node[1], 1 - values[k])] if node[0] == "tanh" else local_slopes(node, k, values)
    return backward(nodes, local)


def tanh_drops_upstream(nodes):
    """At tanh you passed on its own slope alone. What has the chain rule to multiply it with?"""
    values, out = values_of(nodes), [0.0] * len(nodes)
    out[-1] = 1.0
    for k in reversed(range(len(nodes))):
        for parent, slope in local_slopes(nodes[k], k, values):
            out[parent] += slope if nodes[k][0] == "tanh" else out[k] * slope
    return out


def tanh_passed_through(nodes):
    """At tanh you passed on what came from above, unchanged. How steep is tanh?"""
    def local(node, k, values):
        return [(node[1], 1.0)] if node[0] == "tanh" else local_slopes(node, k, values)
    return backward(nodes, local)


def stops_at_an_unused_node(nodes):
    """You stopped at the first node whose derivative is 0. May a node that plays no part stand between others that do?"""
    values, out = values_of(nodes), [0.0] * len(nodes)
    out[-1] = 1.0
    for k in reversed(range(len(nodes))):
        if out[k] == 0:
            break
        for parent, slope in local_slopes(nodes[k], k, values):
            out[parent] += out[k] * slope
    return out


def numbers_only(nodes):
    """You have the derivatives of the numbers alone. For which nodes are they asked?"""
    return [slope for slope, node in zip(backward(nodes, local_slopes), nodes, strict=True) if node[0] == "value"]


def last_node_first(nodes):
    """Your list begins with the last node. In which order do the nodes stand?"""
    return backward(nodes, local_slopes)[::-1]


def tanh_as_slope(nodes):
    """You passed on tanh itself as its slope. How steep is tanh where it is nearly 1?"""
    def local(node, k, values):
        return [(node[1], values[k])] if node[0] == "tanh" else local_slopes(node, k, values)
    return backward(nodes, local)


def seeded_with_value(nodes):
    """You started from the value of the last node. What is its derivative with respect to itself?"""
    return backward(nodes, local_slopes, seed=values_of(nodes)[-1])


def seeded_with_zero(nodes):
    """Every derivative is 0. What is the derivative of the last node with respect to itself?"""
    return backward(nodes, local_slopes, seed=0.0)


def from_the_front(nodes):
    """You passed gradients on from the first node to the last. Which node's derivative is known at the beginning?"""
    return backward(nodes, local_slopes, order=iter)


def second_summand_subtracted(nodes):
    """A sum passed its gradient to the second summand with a minus. If that summand grows by 1, what does the sum do?"""
    def local(node, k, values):
        return [(node[1], 1.0), (node[2], -1.0)] if node[0] == "add" else local_slopes(node, k, values)
    return backward(nodes, local)


def shared_among_summands(nodes):
    """A sum passed half of its gradient to each summand. If one summand grows by 1, by how much does the sum grow?"""
    def local(node, k, values):
        return [(i, 0.5) for i in node[1:]] if node[0] == "add" else local_slopes(node, k, values)
    return backward(nodes, local)


def same_node_once(nodes):
    """In a · a or a + a you passed the gradient on once. How often does a occur there?"""
    def local(node, k, values):
        pairs = local_slopes(node, k, values)
        return pairs[:1] if len(pairs) == 2 and pairs[0][0] == pairs[1][0] else pairs
    return backward(nodes, local)


def walk_back(nodes, place, again=False):
    """From the last node to those it was made from, in the order of a list of nodes still to visit."""
    values, out = values_of(nodes), [0.0] * len(nodes)
    out[-1] = 1.0
    waiting = [len(nodes) - 1]
    known = set(waiting)
    while waiting:
        k = waiting.pop(place)
        for parent, slope in local_slopes(nodes[k], k, values):
            out[parent] += out[k] * slope
            if again or parent not in known:
                known.add(parent)
                waiting.append(parent)
    return out


def walk_down(nodes, again=False):
    """Into each parent as soon as it has got its share: what recursion does, written so that it works for long chains too."""
    values, out, last = values_of(nodes), [0.0] * len(nodes), len(nodes) - 1
    out[last] = 1.0
    known, on_the_way = {last}, [(last, iter(local_slopes(nodes[last], last, values)))]
    while on_the_way:
        k, rest = on_the_way[-1]
        parent, slope = next(rest, (None, None))
        if parent is None:
            on_the_way.pop()
            continue
        out[parent] += out[k] * slope
        if again or parent not in known:
            known.add(parent)
            on_the_way.append((parent, iter(local_slopes(nodes[parent], parent, values))))
    return out


def first_come_first_served(nodes):
    """A node passed its derivative on, and more arrived for it later. Which nodes must come before it?"""
    return walk_back(nodes, 0)


def last_come_first_served(nodes):
    """A node passed its derivative on while another that uses it still waited. Which nodes must come before it?"""
    return walk_back(nodes, -1)


def depth_first(nodes):
    """A node passed its derivative on at the first visit, and not what came after. What has to arrive before it may?"""
    return walk_down(nodes)


def whole_sum_every_time(nodes):
    """A node that was visited twice passed its whole sum on twice. How often should it pass on what arrived first?"""
    return walk_back(nodes, 0, again=True)


def whole_sum_from_a_stack(nodes):
    """A node was visited several times, and its whole sum went down each time. What should it wait for instead?"""
    return walk_back(nodes, -1, again=True)


def whole_sum_depth_first(nodes):
    """Each visit to a node passed on all that had arrived, so the first part went down again. What should it wait for?"""
    return walk_down(nodes, again=True)


def none_for_unused(nodes):
    """You gave None to a node that the last one does not depend on. By how much does J change if that node does?"""
    used = {len(nodes) - 1}
    for k in reversed(range(len(nodes))):
        operation, *inputs = nodes[k]
        if k in used and operation != "value":
            used.update(inputs)
    return [slope if k in used else None for k, slope in enumerate(backward(nodes, local_slopes))]


def with_recursion(nodes):
    """Python gave up: your function calls itself for every node on the way. In which order can a loop visit the nodes?"""
    values, out = values_of(nodes), [0.0] * len(nodes)

    def visit(k, upstream):
        out[k] += upstream
        for parent, slope in local_slopes(nodes[k], k, values):
            visit(parent, upstream * slope)

    visit(len(nodes) - 1, 1.0)
    return out


derivatives = [second_summand_subtracted, numbers_only, last_node_first, tanh_drops_upstream, tanh_passed_through,
               stops_at_an_unused_node, seeded_with_zero, seeded_with_value, from_the_front, upstream_dropped, own_factor,
               product_as_slope, tanh_of_the_input, tanh_without_square, tanh_as_slope, shared_among_summands, same_node_once,
               overwritten, first_come_first_served, last_come_first_served, depth_first, whole_sum_every_time,
               whole_sum_from_a_stack, whole_sum_depth_first, none_for_unused, with_recursion]


# Question 11: a bigram model by descent

def learnt(counts, step_size, steps, gradient):
    Z = np.zeros(counts.shape)
    for _ in range(steps):
        Z = Z - step_size * gradient(Z)
    return soft(Z, -1, 1)


def counted(counts, step_size, steps):
    """You divided the counts. That is where the descent leads to; where is it after so many steps?"""
    return counts / counts.sum(axis=1, keepdims=True)


def not_divided_by_n(counts, step_size, steps):
    """Your steps are N times too long. Is the loss the sum over all tokens, or their mean?"""
    return learnt(counts, step_size, steps, lambda Z: counts.sum(axis=1, keepdims=True) * soft(Z, -1, 1) - counts)


def each_row_its_mean(counts, step_size, steps):
    """You gave every context the same weight. How much does a context that is seen twice as often count in the mean?"""
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return learnt(counts, step_size, steps,
                  lambda Z: (soft(Z, -1, 1) - counts / totals) * (counts.sum(axis=1, keepdims=True) > 0))


def contexts_averaged(counts, step_size, steps):
    """You took the mean over the contexts. Over what is J a mean, and how often does each context occur?"""
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return learnt(counts, step_size, steps,
                  lambda Z: (soft(Z, -1, 1) - counts / totals) * (counts.sum(axis=1, keepdims=True) > 0)
                  / len(counts))


def divided_by_contexts(counts, step_size, steps):
    """You divided by the number of contexts. The loss is the mean over what?"""
    return learnt(counts, step_size, steps,
                  lambda Z: (counts.sum(axis=1, keepdims=True) * soft(Z, -1, 1) - counts) / len(counts))


def divided_by_seen_contexts(counts, step_size, steps):
    """You divided by the number of contexts that were seen. The loss is the mean over what?"""
    return learnt(counts, step_size, steps, lambda Z: (counts.sum(axis=1, keepdims=True) * soft(Z, -1, 1) - counts)
                  / (counts.sum(axis=1) > 0).sum())


def learnt_as_often(counts, step_size, steps, more):
    counts = counts + more
    return learnt(counts, step_size, steps,
                  lambda Z: (counts.sum(axis=1, keepdims=True) * soft(Z, -1, 1) - counts) / counts.sum())


def one_step_more(counts, step_size, steps):
    """You made one step more than asked. What should come out after 0 steps?"""
    return learnt_as_often(counts, step_size, steps + 1, 0)


def one_step_less(counts, step_size, steps):
    """You made one step less than asked. Where does your loop begin to count?"""
    return learnt_as_often(counts, step_size, steps - 1, 0)


def one_added_to_the_counts(counts, step_size, steps):
    """You added 1 to every count. Which counts does the loss hold?"""
    return learnt_as_often(counts, step_size, steps, 1)


def unseen_contexts_at_zero(counts, step_size, steps):
    """The row of a context without counts is 0. What should every row sum to?"""
    return learnt_as_often(counts, step_size, steps, 0) * (counts.sum(axis=1, keepdims=True) > 0)


def empty_row_divided(counts, step_size, steps):
    """The row of a context without counts is NaN. Which division can your gradient do without?"""
    totals = counts.sum(axis=1, keepdims=True)
    return learnt(counts, step_size, steps, lambda Z: totals / counts.sum() * (soft(Z, -1, 1) - counts / totals))


def rows_alike_and_empty_row_divided(counts, step_size, steps):
    """A context without counts became 0/0, and the others weigh the same. How much should one that is seen twice as often?"""
    totals = counts.sum(axis=1, keepdims=True)
    return learnt(counts, step_size, steps, lambda Z: soft(Z, -1, 1) - counts / totals)


def row_totals_forgotten(counts, step_size, steps):
    """You subtracted counts from probabilities. How often would the model have expected w after a context seen 8 times?"""
    return learnt(counts, step_size, steps, lambda Z: (soft(Z, -1, 1) - counts) / counts.sum())


def softmax_down_columns(counts, step_size, steps):
    """Your columns sum to 1. Over which axis does one context's distribution run?"""
    Z = np.zeros(counts.shape)
    for _ in range(steps):
        Z = Z - step_size * (counts.sum(axis=1, keepdims=True) * soft(Z, 0, 1) - counts) / counts.sum()
    return soft(Z, 0, 1)


def softmax_over_everything(counts, step_size, steps):
    """All entries of your table sum to 1 together. How many distributions does it hold?"""
    Z = np.zeros(counts.shape)
    for _ in range(steps):
        p = soft(Z.ravel(), -1, 1).reshape(Z.shape)
        Z = Z - step_size * (p - counts / counts.sum())
    return soft(Z.ravel(), -1, 1).reshape(Z.shape)


def learns_uphill(counts, step_size, steps):
    """Frequent words become improbable. Is the gradient what was expected minus what was seen, or the reverse?"""
    return learnt(counts, step_size, steps,
                  lambda Z: (counts - counts.sum(axis=1, keepdims=True) * soft(Z, -1, 1)) / counts.sum())


def logits_returned(counts, step_size, steps):
    """These are the logits. Which function turns them into the probabilities that are asked for?"""
    Z = np.zeros(counts.shape)
    for _ in range(steps):
        Z = Z - step_size * (counts.sum(axis=1, keepdims=True) * soft(Z, -1, 1) - counts) / counts.sum()
    return Z


def gradient_never_renewed(counts, step_size, steps):
    """Every step moves your logits by the same amount. Does what the model itself expects not change as it learns?"""
    first = (counts.sum(axis=1, keepdims=True) * soft(np.zeros(counts.shape), -1, 1) - counts) / counts.sum()
    return learnt(counts, step_size, steps, lambda Z: first)


def logits_in_whole_numbers(counts, step_size, steps):
    """Your logits move in whole numbers or not at all. Which dtype has the table that you start from?"""
    Z = np.zeros_like(counts)
    for _ in range(steps):
        Z[:] = Z - step_size * (counts.sum(axis=1, keepdims=True) * soft(Z, -1, 1) - counts) / counts.sum()
    return soft(Z, -1, 1)


learn_bigram = [unseen_contexts_at_zero, one_step_more, one_step_less, contexts_averaged, divided_by_contexts,
                divided_by_seen_contexts, one_added_to_the_counts, logits_returned, softmax_over_everything,
                softmax_down_columns, learns_uphill, empty_row_divided, rows_alike_and_empty_row_divided, counted,
                not_divided_by_n, each_row_its_mean, row_totals_forgotten, gradient_never_renewed, logits_in_whole_numbers]
