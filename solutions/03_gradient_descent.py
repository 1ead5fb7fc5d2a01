# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 03_gradient_descent
# config_file: assign.yml
# %% [markdown]
# # Unit 03: gradient descent
#
# You build what trains every network of this course: softmax and its loss, their gradients and a way to check them,
# descent with all of the data and with a little of it, and the two forms of automatic differentiation. At the end a
# bigram model learns what unit 02 counted. Eleven questions are checked by the computer, the last one is read by a
# person. About two and a half hours in all; the first five minutes are easy.
#
# In every question
#
# - the logarithm is the natural one, and a loss is in nats;
# - the **gradient** of a loss has the shape of what it is the gradient with respect to, and points *uphill*;
# - an array argument is a NumPy array; where a question asks for an array, return a new one;
# - floats are float64, as NumPy makes them by itself, and are compared to at least nine digits; where a single float is asked
#   for, a NumPy float or a whole number of the same value is right as well;
# - a list is no tuple, and an array is no list: return what the question names;
# - your function leaves its arguments as they were.
#
# You may call your own functions from earlier questions, and use NumPy and the standard library. The chapter imports
# `softmax`, `cross_entropy` and others from `llmcourse`; here you write them yourself.
# %% [markdown]
# **How to work, how to hand in**
#
# 1. Run the first cell of this notebook (click into it, then Shift and Enter together), and after it the cell with the
#    imports. They print nothing when all is well.
# 2. In each question, replace `...` by your code, keep the name of the function, and run the cell: Python then knows it.
# 3. Run the check below it. It runs the *public* tests and says what went wrong. Mend your cell, run both again.
# 4. At the end choose *Restart kernel and run all cells*, save, and hand in this one `.ipynb` file. *Hidden* tests, with other
#    inputs, run then; what they found comes with the feedback. A person reads the answers in words.
# %%
import numpy as np


# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. One number, downhill** · 5 minutes · ★☆☆ · chapter section *One number*
#
# The loss of a single parameter w is J(w) = (w − 3)². Write `walk(w, step_size, steps)`: gradient descent on J, which
# moves w against the slope of J, by the step size times the slope.
#
# - `w`: a number, where the walk starts. `step_size`: a positive float. `steps`: a whole number, at least 0.
# - Returns a list of `steps` + 1 numbers: the start, and w after each step, also where it has arrived already.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def walk(w, step_size, steps):
    """The path of gradient descent on J(w) = (w - 3)**2: a list of steps + 1 floats, the start first."""
    # BEGIN SOLUTION
    path = [w]
    for _ in range(steps):
        w = w - step_size * 2 * (w - 3)
        path.append(w)
    return path
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three steps, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(walk):
    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import walk as mistakes
    expect(walk, 7.0, 0.25, 3, want=[7.0, 5.0, 4.0, 3.5], mistakes=mistakes)
    expect(walk, 1.0, 0.5, 2, want=[1.0, 3.0, 3.0], mistakes=mistakes)
test_by_hand(walk)
# %%
""" # BEGIN TEST CONFIG
name: small steps, large steps, no step
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(walk):
    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import walk as mistakes
    random = rng()
    for step_size in (0.05, 0.3, 0.5, 0.8, 1.25):
        start, steps = float(random.uniform(4, 9)), int(random.integers(4, 9))
        want = [3 + (start - 3) * (1 - 2 * step_size) ** t for t in range(steps + 1)]
        expect(walk, start, step_size, steps, want=want, mistakes=mistakes)
    expect(walk, -2.0, 0.1, 0, want=[-2.0], mistakes=mistakes)
    expect(walk, 5, 0.25, 3, want=[5.0, 4.0, 3.5, 3.25], mistakes=mistakes)
test_random(walk)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 2
# %% [markdown]
# **Question 2. Two numbers at once** · 5 minutes · ★☆☆ · chapter section *Two numbers, and a vector*
#
# A line w x + b is to pass close to the points (x_i, y_i). Its loss is the mean squared error
# J(w, b) = (1/N) Σ_i (w x_i + b − y_i)². Write `line_gradient(w, b, x, y)`.
#
# - `w`, `b`: floats. `x`, `y`: float arrays (N,), N ≥ 1.
# - Returns the tuple (∂J/∂w, ∂J/∂b) of two floats.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def line_gradient(w, b, x, y):
    """The gradient of the mean squared error of the line: (dJ/dw, dJ/db)."""
    # BEGIN SOLUTION
    error = w * x + b - y
    return 2 * np.mean(error * x), 2 * np.mean(error)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three points, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(line_gradient):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import line_gradient as mistakes
    # The line 2x + 1 is 5 at x = 2, 9 at x = 4 and -1 at x = -1: 2 too high, 3 too high and 1 too high.
    x, y = np.array([2.0, 4.0, -1.0]), np.array([3.0, 6.0, -2.0])
    expect(line_gradient, 2.0, 1.0, x, y, want=(10.0, 4.0), mistakes=mistakes)
test_by_hand(line_gradient)
# %%
""" # BEGIN TEST CONFIG
name: random lines and points
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(line_gradient):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import line_gradient as mistakes
    random = rng()
    for n in (7, 3, 1):
        x, y = random.uniform(2, 5, n), random.normal(size=n)
        w, b = random.normal(size=2).tolist()
        ones = np.stack([x, np.ones(n)])
        want = ones @ (ones.T @ [w, b] - y) * 2 / n
        expect(line_gradient, w, b, x, y, want=tuple(want.tolist()), mistakes=mistakes)
test_random(line_gradient)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 4
# %% [markdown]
# **Question 3. Down, until when?** · 15 minutes · ★★☆ · chapter section *When to stop*
#
# Write `descend(w, b, x, y, step_size, tolerance, max_steps)`: gradient descent on the loss of Question 2, with the exact
# gradient and an explicit termination criterion.
#
# - While the criterion is not satisfied: take the gradient at (w, b), and move *both* numbers by −`step_size` times it.
# - **Termination criterion**, looked at before every step: stop if the length of the gradient vector, √(g_w² + g_b²), is
#   at most `tolerance`, or if `max_steps` steps have been made.
# - `w`, `b`, `x`, `y`: as in Question 2. `step_size`: a positive float. `tolerance`: a float, at least 0. `max_steps`: a
#   whole number, at least 0.
# - Returns the whole path: a list of tuples (w, b), the start first, the point where it stopped last.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def descend(w, b, x, y, step_size, tolerance, max_steps):
    """The path of gradient descent on the mean squared error of a line: a list of tuples (w, b)."""
    # BEGIN SOLUTION
    path = [(w, b)]
    while len(path) <= max_steps:
        gw, gb = line_gradient(w, b, x, y)
        if np.hypot(gw, gb) <= tolerance:
            break
        w, b = w - step_size * gw, b - step_size * gb
        path.append((w, b))
    return path
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two steps, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(descend):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import descend as mistakes
    # x = 1, 3 and y = 4, 0: the gradient at (0, 0) is (-4, -4), at (0.5, 0.5) it is (3, -1).
    x, y = np.array([1.0, 3.0]), np.array([4.0, 0.0])
    expect(descend, 0.0, 0.0, x, y, 0.125, 0.0, 2, want=[(0.0, 0.0), (0.5, 0.5), (0.125, 0.625)], mistakes=mistakes)
test_by_hand(descend)
# %%
""" # BEGIN TEST CONFIG
name: where to stop, by hand
points: 1
""" # END TEST CONFIG
def test_stop(descend):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import descend as mistakes
    # x = 0, 1 and y = -7, 12: the gradient is (-12, -5) at (0, 0), (-3.5, 6) at (6, 2.5), (-4.75, 1.75) at (7.75, -0.5).
    # So its length is 13, then about 6.95, then about 5.06.
    x, y = np.array([0.0, 1.0]), np.array([-7.0, 12.0])
    path = [(0.0, 0.0), (6.0, 2.5), (7.75, -0.5)]
    expect(descend, 0.0, 0.0, x, y, 0.5, 5.5, 50, want=path, mistakes=mistakes)
    expect(descend, 0.0, 0.0, x, y, 0.5, 12.0, 50, want=path[:2], mistakes=mistakes)
    expect(descend, 0.0, 0.0, x, y, 0.5, 14.0, 50, want=path[:1], mistakes=mistakes)
    expect(descend, 0.0, 0.0, x, y, 0.5, 13.0, 50, want=path[:1], mistakes=mistakes)
    expect(descend, 0.0, 0.0, x, y, 0.5, 4.0, 2, want=path, mistakes=mistakes)
    expect(descend, 0.0, 0.0, x, y, 0.5, 0.5, 0, want=path[:1], mistakes=mistakes)
    # With shorter steps the gradient is (-7.75, 0.5) at (3, 1.25). Its length is above 3, though the step was shorter.
    expect(descend, 0.0, 0.0, x, y, 0.25, 3.0, 2, want=[(0.0, 0.0), (3.0, 1.25), (4.9375, 1.125)], mistakes=mistakes)
test_stop(descend)
# %%
""" # BEGIN TEST CONFIG
name: random points, both reasons to stop, steps that are too large
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(descend):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import descend as mistakes
    from llmcourse import gradient_descent as reference
    random = rng()
    scale = float(random.uniform(0.95, 1.05))                  # the second public test, with other numbers
    x, y, path = np.array([0.0, 1.0]), scale * np.array([-7.0, 12.0]), [(0.0, 0.0), (6.0, 2.5), (7.75, -0.5)]
    for tolerance, n in [(5.5, 3), (12.0, 2), (14.0, 1)]:
        want = [(scale * w, scale * b) for w, b in path[:n]]
        expect(descend, 0.0, 0.0, x, y, 0.5, scale * tolerance, 50, want=want, mistakes=mistakes)
    want = [(0.0, 0.0), (3 * scale, 1.25 * scale), (4.9375 * scale, 1.125 * scale)]
    expect(descend, 0.0, 0.0, x, y, 0.25, 3.0 * scale, 2, want=want, mistakes=mistakes)
    scale = 2.0 ** int(random.integers(-3, 4))                 # a length that is exactly the tolerance
    expect(descend, 0.0, 0.0, x, scale * np.array([-7.0, 12.0]), 0.5, scale * 13, 50, want=path[:1], mistakes=mistakes)
    for step_size, steps in [(0.1, 40), (0.02, 25), (0.6, 6)]:
        x, y = random.uniform(-1.5, 2, 6), random.uniform(3, 6, 6)
        start = random.uniform(-6, -4, 2).tolist()

        def gradient(p, x=x, y=y):
            error = p[0] * x + p[1] - y
            return np.array([2 * np.mean(error * x), 2 * np.mean(error)])

        path = reference.gradient_descent(gradient, start, step_size, reference.after(steps))
        points = list(map(tuple, path.parameters.tolist()))
        expect(descend, *start, x, y, step_size, 0.0, steps, want=points, mistakes=mistakes)
        lengths = path.gradient_norms
        small = [k for k in range(2, steps) if lengths[k] < 0.9 * lengths[:k].min() and abs(np.log(lengths[k])) > 0.5]
        for k in small[:1] + small[-1:]:
            tolerance = float(lengths[k] * lengths[:k].min()) ** 0.5
            expect(descend, *start, x, y, step_size, tolerance, 500, want=points[:k + 1], mistakes=mistakes)
test_random(descend)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3
# %% [markdown]
# **Question 4. Look at a few points only** · 10 minutes · ★★☆ · chapter section *A few examples at a time*
#
# The exact gradient reads all the data for a single step. Write `minibatch_sgd(w, b, x, y, step_size, batches)`: every
# step uses the gradient of the mean squared error of *one batch*. So that everybody's path can be compared, the random
# draws are handed to you.
#
# - `batches`: a list of lists of whole numbers. Step t uses the points with the indices `batches[t]`. A batch holds at
#   least one index; an index that stands in it twice counts twice. Batches may differ in size; batches of one are SGD.
# - The other arguments: as in Question 3.
# - Returns a list of tuples (w, b): the start, and the point after each step.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def minibatch_sgd(w, b, x, y, step_size, batches):
    """The path of mini-batch SGD on the mean squared error of a line: a list of len(batches) + 1 tuples (w, b)."""
    # BEGIN SOLUTION
    path = [(w, b)]
    for batch in batches:
        gw, gb = line_gradient(w, b, x[batch], y[batch])
        w, b = w - step_size * gw, b - step_size * gb
        path.append((w, b))
    return path
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three batches, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(minibatch_sgd):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import minibatch_sgd as mistakes
    # Batch (0, 1) from (0, 0): errors -4 and 0, gradient (-4, -4).
    # Batch (2, 2, 0) from (0.5, 0.5): errors -6, -6 and -3, each at x = 1, gradient (-10, -10).
    # Batch (1, 2) from (1.75, 1.75): errors 7 at x = 3 and -3.5 at x = 1, gradient (17.5, 3.5).
    x, y = np.array([1.0, 3.0, 1.0]), np.array([4.0, 0.0, 7.0])
    expect(minibatch_sgd, 0.0, 0.0, x, y, 0.125, [[0, 1], [2, 2, 0], [1, 2]], mistakes=mistakes,
           want=[(0.0, 0.0), (0.5, 0.5), (1.75, 1.75), (-0.4375, 1.3125)])
test_by_hand(minibatch_sgd)
# %%
""" # BEGIN TEST CONFIG
name: random batches, batches of one, no batch
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(minibatch_sgd):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import minibatch_sgd as mistakes
    random = rng()
    n = 7
    for sizes in [(3, 4, 3, 5), (1, 1, 1, 1, 1), (7, 7), ()]:
        x, y = random.uniform(-1, 2, n), random.normal(size=n)
        w, b = random.uniform(2, 4, 2).tolist()
        batches = [random.integers(0, n, size).tolist() for size in sizes]
        if len(sizes) == 4:
            batches[1][1] = batches[1][0]                     # an index that stands in a batch twice
        point, want = np.array([w, b]), [(w, b)]
        for batch in batches:
            rows = np.stack([x[batch], np.ones(len(batch))], axis=1)
            point = point - 0.1 * 2 / len(batch) * rows.T @ (rows @ point - y[batch])
            want.append(tuple(point.tolist()))
        expect(minibatch_sgd, w, b, x, y, 0.1, batches, want=want, mistakes=mistakes)
test_random(minibatch_sgd)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. Scores become probabilities** · 10 minutes · ★☆☆ · chapter section *From scores to probabilities*
#
# Write `softmax(z, axis)`: exponentiate, then normalise, so that the entries along `axis` sum to 1.
#
# - `z`: a float64 array of at least one dimension; its numbers are finite and may be as large as ±10⁴, and different rows
#   may lie far apart. `axis`: a whole number, negative ones count from the end.
# - Returns a float64 array of the same shape, without NaN. Any number may be subtracted from all the scores of one
#   distribution, and the result stays the same: after which subtraction can no exponential overflow?
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def softmax(z, axis):
    """exp(z) / sum(exp(z)) along the axis, without overflow: an array of the shape of z."""
    # BEGIN SOLUTION
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three scores and a small table, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(softmax):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import softmax as mistakes
    close = {"atol": 1e-11, "rtol": 1e-11}
    expect(softmax, np.log([1.0, 2.0, 5.0]), 0, want=np.array([1 / 8, 2 / 8, 5 / 8]), mistakes=mistakes, **close)
    z = np.log([[1.0, 3.0, 4.0], [3.0, 1.0, 4.0]])
    expect(softmax, z, 1, want=np.array([[1 / 8, 3 / 8, 4 / 8], [3 / 8, 1 / 8, 4 / 8]]), mistakes=mistakes, **close)
    expect(softmax, z, 0, want=np.array([[1 / 4, 3 / 4, 1 / 2], [3 / 4, 1 / 4, 1 / 2]]), mistakes=mistakes, **close)
test_by_hand(softmax)
# %%
""" # BEGIN TEST CONFIG
name: large scores, above and below 0
points: 1
""" # END TEST CONFIG
def test_large(softmax):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import softmax as mistakes
    close = {"atol": 1e-11, "rtol": 1e-11}
    expect(softmax, np.array([[1000.0, 1000.0, 900.0], [0.0, np.log(2), np.log(3)]]), -1, mistakes=mistakes,
           want=np.array([[0.5, 0.5, 0.0], [1 / 6, 2 / 6, 3 / 6]]), **close)
    expect(softmax, np.array([[3000.0, 0.0, -3000.0]]), -1, want=np.array([[1.0, 0.0, 0.0]]), mistakes=mistakes, **close)
    expect(softmax, np.array([[5000.0, 5000.0], [-4000.0, -4000.0]]), 1, mistakes=mistakes,
           want=np.array([[0.5, 0.5], [0.5, 0.5]]), **close)
    expect(softmax, np.array([-3000.0, -3000.0]), 0, want=np.array([0.5, 0.5]), mistakes=mistakes, **close)
test_large(softmax)
# %%
""" # BEGIN TEST CONFIG
name: random scores of several shapes, every axis
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(softmax):
    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import softmax as mistakes
    from llmcourse.gradient_descent import softmax as reference
    random, close = rng(), {"atol": 1e-11, "rtol": 1e-11}
    for shape, axis in [((4, 3), 0), ((3, 3), 1), ((2, 3, 4), 1), ((2, 3, 4), -3), ((3, 2), -1), ((5,), 0), ((3, 1), 1)]:
        z = random.normal(scale=3, size=shape)
        expect(softmax, z, axis, want=reference(z, axis), mistakes=mistakes, **close)
    far = random.permutation([9000.0, -9000.0, 0.0])
    for z in (random.normal(size=(3, 4)) + far[:, None], random.normal(size=(4, 3)) + far, random.normal(size=(2, 3)) - 2000):
        expect(softmax, z, 1, want=reference(z, 1), mistakes=mistakes, **close)
test_random(softmax)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 3
# %% [markdown]
# **Question 6. What a mistake costs** · 10 minutes · ★★☆ · chapter section *The price of a token*
#
# Write `cross_entropy(logits, targets)`: the mean over all items of −log p(target), where p is the softmax of the item's
# logits.
#
# - `logits`: a float array (N, V), one item a row, N ≥ 1; finite numbers up to ±10⁴. `targets`: an integer array (N,),
#   the right class of each item, from 0 to V − 1.
# - Returns one float, in nats. It is finite even where p(target) is too small for a floating-point number: work with
#   log p = z − log Σ exp z rather than with the logarithm of p.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def cross_entropy(logits, targets):
    """Mean of -log softmax(logits)[target] over the rows, in nats: a float."""
    # BEGIN SOLUTION
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(targets)), targets].mean()
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two items, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(cross_entropy):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import cross_entropy as mistakes
    # p(target) is 2/4 and 1/8, so the mean cost is that of 1/4.
    logits = np.log([[1.0, 1.0, 2.0], [1.0, 3.0, 4.0]])
    expect(cross_entropy, logits, np.array([2, 0]), want=float(np.log(4)), mistakes=mistakes)
test_by_hand(cross_entropy)
# %%
""" # BEGIN TEST CONFIG
name: a model that is sure and wrong, and large logits
points: 1
""" # END TEST CONFIG
def test_sure(cross_entropy):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import cross_entropy as mistakes
    expect(cross_entropy, np.array([[-3000.0, 0.0], [0.0, -1000.0]]), np.array([0, 0]), want=1500.0, mistakes=mistakes)
    expect(cross_entropy, np.array([[5000.0, 5000.0], [0.0, 0.0]]), np.array([0, 1]), want=float(np.log(2)), mistakes=mistakes)
test_sure(cross_entropy)
# %%
""" # BEGIN TEST CONFIG
name: random logits and targets
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(cross_entropy):
    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import cross_entropy as mistakes
    from llmcourse.gradient_descent import cross_entropy as reference
    random = rng()
    for n, v in [(4, 5), (6, 3), (2, 2), (1, 4), (3, 1)]:
        logits, targets = random.normal(scale=2, size=(n, v)), random.integers(0, v, n)
        expect(cross_entropy, logits, targets, want=reference(logits, targets), mistakes=mistakes)
    low, high = random.uniform(-9000, -1000, (5, 4)), random.uniform(1000, 9000, (5, 4))
    low[:, 0] = 0.0
    cases = [(low, random.integers(1, 4, 5)), (high, high.argmax(axis=1)), (low[:, 1:], random.integers(0, 3, 5))]
    for logits, targets in cases:
        expect(cross_entropy, logits, targets, want=reference(logits, targets), mistakes=mistakes)
test_random(cross_entropy)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 3
# %% [markdown]
# **Question 7. Belief minus truth** · 10 minutes · ★★☆ · chapter section *Belief minus truth*
#
# Write `cross_entropy_gradient(logits, targets)`: the gradient, with respect to the logits, of the loss of Question 6.
#
# - Arguments as in Question 6. The loss is a *mean* over the N items; so is its gradient.
# - Returns a float array (N, V).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def cross_entropy_gradient(logits, targets):
    """The gradient of the mean cross-entropy with respect to the logits: (N, V), (N,) -> (N, V)."""
    # BEGIN SOLUTION
    gradient = softmax(logits, 1)
    gradient[np.arange(len(targets)), targets] -= 1
    return gradient / len(targets)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two items, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(cross_entropy_gradient):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import cross_entropy_gradient as mistakes
    logits = np.log([[1.0, 1.0, 2.0], [1.0, 3.0, 4.0]])
    expect(cross_entropy_gradient, logits, np.array([2, 0]), mistakes=mistakes,
           want=np.array([[1 / 8, 1 / 8, -2 / 8], [-7 / 16, 3 / 16, 4 / 16]]))
test_by_hand(cross_entropy_gradient)
# %%
""" # BEGIN TEST CONFIG
name: random logits and targets, some of them equal
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(cross_entropy_gradient):
    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import cross_entropy_gradient as mistakes
    from llmcourse.gradient_descent import cross_entropy_gradient as reference
    random = rng()
    for n, v in [(4, 5), (6, 3), (3, 3), (1, 4)]:
        logits, targets = random.normal(scale=2, size=(n, v)), random.integers(0, v, n)
        expect(cross_entropy_gradient, logits, targets, want=reference(logits, targets), mistakes=mistakes)
    far = random.permutation([3000.0, -3000.0, 0.0])           # logits that overflow, logits that underflow
    logits, targets = random.normal(size=(3, 4)) + far[:, None], random.integers(0, 4, 3)
    expect(cross_entropy_gradient, logits, targets, want=reference(logits, targets), mistakes=mistakes)
test_random(cross_entropy_gradient)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 3
# %% [markdown]
# **Question 8. Trust, but check** · 10 minutes · ★★☆ · chapter section *Check every gradient*
#
# Whoever derives a gradient by hand checks it by walking: a small step up and a small step down along *one* parameter
# tell the slope in that direction. Write `numerical_gradient(x, h)` for the function `valley` below, by **central
# differences**: entry i is (valley(x + h e_i) − valley(x − h e_i)) / (2h), where e_i is 1 at entry i and 0 elsewhere.
#
# - `x`: a float array of one or several dimensions, with at least one entry. `h`: a positive float, used exactly as it is
#   given; the tests use large ones, so that rounding does not matter.
# - Returns a float array of the shape of `x`. After the call `x` is what it was.
# %%
def valley(x):
    """A loss of any number of parameters: a float array of any shape -> a float."""
    return float(np.sum(x ** 3) / 3 + np.sum(x) ** 2)
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def numerical_gradient(x, h):
    """Central differences of valley at x with step h: an array of the shape of x."""
    # BEGIN SOLUTION
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        gradient[i] = (valley(x + step) - valley(x - step)) / (2 * h)
    return gradient
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two parameters and a table of four, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(numerical_gradient):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import numerical_gradient as mistakes
    # valley is 385/24 at (1.5, 2) and 215/24 at (0.5, 2), 447/24 at (1, 2.5) and 205/24 at (1, 1.5).
    expect(numerical_gradient, np.array([1.0, 2.0]), 0.5, want=np.array([85 / 12, 121 / 12]), mistakes=mistakes)
    # A step of 1 to both sides of [[1, 2], [3, 0]], where valley is 48.
    expect(numerical_gradient, np.array([[1.0, 2.0], [3.0, 0.0]]), 1.0, mistakes=mistakes,
           want=np.array([[40 / 3, 49 / 3], [64 / 3, 37 / 3]]))
test_by_hand(numerical_gradient)
# %%
""" # BEGIN TEST CONFIG
name: arrays of several shapes and steps
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(numerical_gradient):
    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import numerical_gradient as mistakes
    random = rng()
    for shape, h in [((4,), 0.5), ((2, 3), 0.25), ((3, 2), 2.0), ((2, 2, 2), 0.125), ((1,), 0.5)]:
        x = random.uniform(0.5, 3, size=shape)
        expect(numerical_gradient, x, h, want=x**2 + h**2 / 3 + 2 * x.sum(), mistakes=mistakes)
test_random(numerical_gradient)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 3
# %% [markdown]
# **Question 9. A module's way back** · 10 minutes · ★★☆ · chapter section *Modules: forward and backward*
#
# A linear module computes Y = X W + b. On the way back somebody hands it ∂J/∂Y, and it has to answer with ∂J/∂X, ∂J/∂W
# and ∂J/∂b. Write `linear_backward(X, W, upstream)`.
#
# - `X`: float array (N, n), one item a row. `W`: (n, m). The bias b has shape (m,); its value does not matter here.
# - `upstream`: ∂J/∂Y, a float array (N, m). Whether J is a sum or a mean is already in it.
# - Returns the tuple (∂J/∂X, ∂J/∂W, ∂J/∂b) of arrays with the shapes of X, W and b. The shapes nearly tell which products
#   to take.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def linear_backward(X, W, upstream):
    """(dJ/dX, dJ/dW, dJ/db) of Y = X W + b from dJ/dY: shapes (N, n), (n, m), (m,)."""
    # BEGIN SOLUTION
    return upstream @ W.T, X.T @ upstream, upstream.sum(axis=0)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two items, two features, two or three outputs
points: 1
""" # END TEST CONFIG
def test_by_hand(linear_backward):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import linear_backward as mistakes
    X, W, upstream = np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([[4.0, 1.0], [0.0, -1.0]]), np.array([[1.0, 0.0], [2.0, 1.0]])
    expect(linear_backward, X, W, upstream, mistakes=mistakes,
           want=(np.array([[4.0, 0.0], [9.0, -1.0]]), np.array([[1.0, 0.0], [8.0, 3.0]]), np.array([3.0, 1.0])))
    W = np.array([[4.0, 1.0, 2.0], [0.0, -1.0, 5.0]])
    upstream = np.array([[1.0, 0.0, 0.5], [2.0, 1.0, 0.0]])
    expect(linear_backward, X, W, upstream, mistakes=mistakes,
           want=(np.array([[5.0, 2.5], [9.0, -1.0]]), np.array([[1.0, 0.0, 0.5], [8.0, 3.0, 1.0]]), np.array([3.0, 1.0, 0.5])))
test_by_hand(linear_backward)
# %%
""" # BEGIN TEST CONFIG
name: random arrays, as many items as features among them
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(linear_backward):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import linear_backward as mistakes
    from llmcourse.gradient_descent import Linear
    random = rng()
    for items, n, m in [(3, 3, 3), (4, 3, 2), (2, 4, 4), (5, 2, 5), (1, 2, 3)]:
        X, W, upstream = random.normal(size=(items, n)), random.normal(size=(n, m)), random.normal(size=(items, m))
        module = Linear(n, m, np.random.default_rng(0))
        module.weight.value = W
        module.forward(X)
        dX = module.backward(upstream)
        expect(linear_backward, X, W, upstream, want=(dX, module.weight.gradient, module.bias.gradient), mistakes=mistakes)
test_random(linear_backward)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 4
# %% [markdown]
# **Question 10. The whole chain rule** · 25 minutes · ★★★ · chapter section *A graph that draws itself*
#
# A computation is written down as a list of nodes, each made from earlier ones. Write `derivatives(nodes)`: the derivative
# of the *last* node with respect to *every* node.
#
# - A node is a tuple, and `i` and `j` are the positions of earlier nodes in the list; they may be equal:
#   `("value", number)` is a number, `("add", i, j)` is node i + node j, `("mul", i, j)` is node i · node j, and
#   `("tanh", i)` is tanh of node i, whose slope is 1 − tanh².
# - Returns a list of floats, one for each node. The last node's derivative with respect to itself is 1. A node that the
#   last one does not depend on gets 0.
# - A node may be used in several places, or nowhere; one that plays no part may stand between others that do. A number may
#   be 0, negative, or whole.
# - Lists of 10 000 nodes, each made from the one before, must work too: Python gives up recursion much earlier. And between
#   60 nodes there can be 2⁵⁰ paths: whoever walks each of them to its end will not see the result. A call may take 5 seconds.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def derivatives(nodes):
    """d(last node)/d(node) for every node, by the chain rule from the last node to the first: a list of floats."""
    # BEGIN SOLUTION
    values = []
    for operation, *inputs in nodes:
        if operation == "value":
            values.append(inputs[0])
        elif operation == "add":
            values.append(values[inputs[0]] + values[inputs[1]])
        elif operation == "mul":
            values.append(values[inputs[0]] * values[inputs[1]])
        else:
            values.append(np.tanh(values[inputs[0]]))
    slopes = [0.0] * len(nodes)
    slopes[-1] = 1.0
    for k in reversed(range(len(nodes))):                      # every node comes after all that use it
        operation, *inputs = nodes[k]
        if operation == "add":
            i, j = inputs
            slopes[i] += slopes[k]
            slopes[j] += slopes[k]
        elif operation == "mul":
            i, j = inputs
            slopes[i] += slopes[k] * values[j]
            slopes[j] += slopes[k] * values[i]
        elif operation == "tanh":
            slopes[inputs[0]] += slopes[k] * (1 - values[k] ** 2)
    return [float(slope) for slope in slopes]
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: small graphs, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(derivatives):
    import math

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import derivatives as mistakes
    # J = (a b + c) d with a = 2, b = 3, c = 4, d = 5.
    nodes = [("value", 2.0), ("value", 3.0), ("value", 4.0), ("value", 5.0), ("mul", 0, 1), ("add", 4, 2), ("mul", 5, 3)]
    expect(derivatives, nodes, want=[15.0, 10.0, 5.0, 10.0, 5.0, 5.0, 1.0], mistakes=mistakes)
    # J = (a + 4) a a with a = 3: its slope is 3 a² + 8 a.
    nodes = [("value", 3.0), ("value", 4.0), ("add", 0, 1), ("mul", 0, 0), ("mul", 2, 3)]
    expect(derivatives, nodes, want=[51.0, 9.0, 9.0, 7.0, 1.0], mistakes=mistakes)
    # J = 2 tanh(x) with tanh(x) = 0.6.
    nodes = [("value", math.atanh(0.6)), ("tanh", 0), ("value", 2.0), ("mul", 1, 2)]
    expect(derivatives, nodes, want=[1.28, 2.0, 0.6, 1.0], mistakes=mistakes)
test_by_hand(derivatives)
# %%
""" # BEGIN TEST CONFIG
name: paths that split and meet, a node without a use, a long chain, many paths
points: 1
""" # END TEST CONFIG
def test_used_again(derivatives):
    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import derivatives as mistakes
    # s = a a, d = a + s, e = d + s, J = d e with a = 2: d = 6, e = 10. The value 5 in the middle is used nowhere.
    nodes = [("value", 2), ("mul", 0, 0), ("value", 5), ("add", 0, 1), ("add", 3, 1), ("mul", 3, 4)]
    want = [104.0, 22.0, 0.0, 16.0, 6.0, 1.0]
    split = expect(derivatives, nodes, want=want, mistakes=mistakes)
    # Each node is the one before plus a, so the last is 10 000 a.
    nodes = [("value", 1.0)] + [("add", k, 0) for k in range(9999)]
    lengths = [10_000.0] + [1.0] * 9999
    chain = expect(derivatives, nodes, want=lengths, mistakes=mistakes)
    if split is not want and chain is not lengths:             # both right: else this may only take long
        # Each node is twice the one before: 50 nodes, and 2 ** 50 paths from the last to the first.
        nodes = [("value", 1.0)] + [("add", k, k) for k in range(50)]
        expect(derivatives, nodes, want=[2.0 ** k for k in range(50, -1, -1)], mistakes=mistakes)
test_used_again(derivatives)
# %%
""" # BEGIN TEST CONFIG
name: random graphs
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(derivatives):
    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import derivatives as mistakes
    from llmcourse.gradient_descent import Tensor
    random = rng()
    a = float(random.uniform(1.5, 3))                         # the second public test, with another number
    nodes = [("value", a), ("mul", 0, 0), ("value", 5.0), ("add", 0, 1), ("add", 3, 1), ("mul", 3, 4)]
    d, e = a + a**2, a + 2 * a**2
    expect(derivatives, nodes, want=[(1 + 2 * a) * e + d * (1 + 4 * a), d + e + d, 0.0, d + e, d, 1.0], mistakes=mistakes)
    for size in (9, 14, 14, 6):
        nodes = [("value", float(v)) for v in random.uniform(0.2, 0.7, 3)]
        tensors = [Tensor(v) for _, v in nodes]
        nodes += [("tanh", 0), ("mul", 3, 1), ("value", 5.0), ("mul", 3, 0), ("add", 4, 3)]  # 5 and 6 are used nowhere
        tensors += [tensors[0].tanh()]
        tensors += [tensors[3] * tensors[1], Tensor(5.0), tensors[3] * tensors[0]]
        tensors += [tensors[4] + tensors[3]]
        for k in range(len(nodes), len(nodes) + size):
            i, j = k - 1, int(random.choice([0, 1, 2, 3, 4, *range(max(k - 3, 7), k)]))    # a chain, with side branches
            kind = ("mul", "add", "tanh")[k % 3]
            nodes.append((kind, i) if kind == "tanh" else (kind, i, j))
            tensors.append({"mul": lambda a, b: a * b, "add": lambda a, b: a + b, "tanh": lambda a, b: a.tanh()}[kind](
                tensors[i], tensors[j]))
        tensors[-1].backward()
        expect(derivatives, nodes, want=[float(t.gradient) for t in tensors], atol=1e-14,
               mistakes=mistakes)
    expect(derivatives, [("value", 7.0)], want=[1.0], mistakes=mistakes)
    b = int(random.integers(2, 9))                             # J = ((-b) · 0 + 0) · a + (-b): numbers that are 0 or below
    nodes = [("value", -b), ("value", 0), ("value", a), ("mul", 0, 1), ("add", 3, 1), ("mul", 4, 2), ("add", 5, 0)]
    expect(derivatives, nodes, want=[1.0, a - a * b, 0.0, a, a, 1.0, 1.0], mistakes=mistakes)
test_random(derivatives)
# %%
""" # BEGIN TEST CONFIG
name: a chain of 10 000 nodes, and many paths
points: 1
hidden: true
""" # END TEST CONFIG
def test_deep(derivatives):
    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import derivatives as mistakes
    factor = 1 + float(rng().uniform(1e-4, 2e-4))

    def many_paths(n):                                         # x becomes c x + x, again and again: 2 ** n paths to x
        nodes, x = [("value", 1.0), ("value", factor)], 0
        for _ in range(n):
            nodes += [("mul", x, 1), ("add", len(nodes), x)]
            x = len(nodes) - 1
        want = [(1 + factor) ** n, n * (1 + factor) ** (n - 1)]
        want += [(1 + factor) ** (n - k) for k in range(1, n + 1) for _ in range(2)]
        return expect(derivatives, nodes, want=want, mistakes=mistakes, rtol=1e-8) is not want

    nodes, powers = [("value", factor), ("value", 2.0)], [1.0]
    while len(nodes) < 10_000:
        nodes.append(("mul", len(nodes) - 1, 0))
        powers.append(powers[-1] * factor)
    n = len(nodes) - 2                                        # the last node is 2 · factor ** n
    want = [2 * n * factor ** (n - 1), *reversed(powers)]
    few = many_paths(3)
    chain = expect(derivatives, nodes, want=want, mistakes=mistakes, rtol=1e-8) is not want
    if few and chain:                                         # else the next one may only take long
        many_paths(40)
test_deep(derivatives)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 4
# %% [markdown]
# **Question 11. Learn what can be counted** · 20 minutes · ★★★ · chapter section *A bigram model that learns*
#
# Unit 02 divided counts. Now a table of logits Z is to *learn* the same model: p(w | u) is the softmax of row u of Z, and
# the loss is the cross-entropy on the training tokens, J(Z) = −(1/N) Σ_u Σ_w #(uw) ln p(w | u), where N is the sum of all
# counts. Write `learn_bigram(counts, step_size, steps)`.
#
# - `counts`: an integer array (U, W): `counts[u, w]` is #(uw), how often w followed u. Some rows may be all zeros (never
#   seen contexts), but not all of them. `step_size`: a positive float. `steps`: a whole number, at least 0.
# - Start from logits 0 and make `steps` steps of gradient descent with the exact gradient of J.
# - Returns the *probabilities* that were learnt, a float array (U, W); every row sums to 1. No special case is needed for
#   rows without counts: what is their gradient?
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def learn_bigram(counts, step_size, steps):
    """The probabilities of a bigram model after so many steps of gradient descent: (U, W) -> (U, W)."""
    # BEGIN SOLUTION
    Z = np.zeros(counts.shape)
    for _ in range(steps):
        expected = counts.sum(axis=1, keepdims=True) * softmax(Z, 1)    # what the model would have counted
        Z -= step_size * (expected - counts) / counts.sum()
    return softmax(Z, 1)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: one step, short and long, by hand
points: 1
""" # END TEST CONFIG
def test_one_step(learn_bigram):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import learn_bigram as mistakes
    # 16 tokens. Row 0 has 8, so it expects 4 and 4 and saw 7 and 1: its logits move by ±3/16 · 16 ln 2 / 6 = ±(ln 2)/2.
    counts = np.array([[7, 1], [3, 5], [0, 0]])
    a, b = 2 / 3, 2 ** (1 / 3)
    expect(learn_bigram, counts, 16 * np.log(2) / 6, 1, mistakes=mistakes,
           want=np.array([[a, 1 - a], [1 / (1 + b), b / (1 + b)], [0.5, 0.5]]))
    # A step four times as long: the odds of each row are raised to the fourth power.
    expect(learn_bigram, counts, 64 * np.log(2) / 6, 1, mistakes=mistakes,
           want=np.array([[16 / 17, 1 / 17], [1 / (1 + b**4), b**4 / (1 + b**4)], [0.5, 0.5]]))
test_one_step(learn_bigram)
# %%
""" # BEGIN TEST CONFIG
name: no step at all, and many, which come to the counted model
points: 1
""" # END TEST CONFIG
def test_converges(learn_bigram):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.gradient_descent import learn_bigram as mistakes
    counts = np.array([[6, 3, 1], [1, 5, 4]])
    expect(learn_bigram, counts, 0.4, 0, want=np.full((2, 3), 1 / 3), mistakes=mistakes)
    counted = np.array([[0.6, 0.3, 0.1], [0.1, 0.5, 0.4]])
    expect(learn_bigram, counts, 0.4, 1500, want=counted, atol=1e-6, mistakes=mistakes)
test_converges(learn_bigram)
# %%
""" # BEGIN TEST CONFIG
name: random counts, few steps
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(learn_bigram):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.gradient_descent import learn_bigram as mistakes
    from llmcourse import gradient_descent as reference
    from llmcourse.gradient_descent import bigram_gradient
    random = rng()
    for shape, step_size, steps in [((4, 3), 0.5, 5), ((3, 3), 2.0, 3), ((2, 5), 1.0, 8), ((3, 4), 0.7, 0)]:
        counts = random.integers(0, 9, size=shape)
        counts[0] = np.arange(shape[1]) + 1
        counts[-1] = 0
        path = reference.gradient_descent(lambda z, c=counts: bigram_gradient(z, c), np.zeros(shape), step_size,
                                          reference.after(steps))
        expect(learn_bigram, counts, step_size, steps, want=reference.softmax(path.final), mistakes=mistakes)
test_random(learn_bigram)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q12
# points: 4
# manual: true
# %% [markdown]
# **Question 12. Four alarms** · 20 minutes · ★★☆ · chapter sections *Check every gradient*, *When to stop* and *A bigram
# model that learns* · read by a person
#
# A classmate trains a bigram model by gradient descent and raises four alarms. "(1) My gradient check with h = 10⁻¹³
# differs by 3 % from my formula, so my formula is wrong. (2) With step size 0.5 the loss fell; with 500 it jumped up and
# down and got worse, so the gradient must have the wrong sign. (3) With batches of one, the loss never settles, although
# the exact gradient does; SGD is broken. (4) After 5,000 steps my loss is 0.004 nats above the counted model and still
# falls, so gradient descent cannot find the minimum."
#
# In at most 250 words, answer each alarm: what happened really, and what should your classmate do?
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (1) With h = 10⁻¹³ the two losses agree in nearly all their digits, and what is left of their
# difference is rounding error. Check again with h around 10⁻⁵; a right formula then agrees to about 10⁻⁹. (2) The
# gradient points uphill here, at this point; a step that is too long lands on the other slope of the valley, higher than
# before. With the wrong sign the small step would have failed too. Use a smaller step. (3) The gradient of a single
# example points down on average, but each has its own minimum, so with a constant step the path keeps jumping around
# the common one. Use larger batches, or let the step size shrink, and judge by a loss averaged over many examples. (4)
# The counted model gives unseen words probability 0, whose logit is −∞: there the minimum lies infinitely far away, and
# the loss approaches it like 1/t. More steps come closer; stopping early leaves unseen words a little probability, which
# on new text is rather an advantage.
#
# **Rubric (4 points).**
#
# - 1 point, (1): rounding error for h that is too small (½), and a sensible h (½).
# - 1 point, (2): overshooting in a valley, smaller step; ½ for "step too large" without saying what happens.
# - 1 point, (3): the noise of the samples with a constant step (½), and larger batches or shrinking steps (½).
# - 1 point, (4): zero counts push logits towards −∞, so that the minimum is only approached; ½ for "not enough steps"
#   without the reason.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
