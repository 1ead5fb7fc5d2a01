# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 10_training
# config_file: assign.yml
# %% [markdown]
# # Unit 10: training
#
# You write what happens around a model while it learns: texts become rectangles and rows, losses are averaged, steps are taken
# and their size is chosen, work is shared out. Then pages that are there twice go, you find out whose pages go with them, and a
# training is stopped and goes on as if nothing had happened. Questions 1 to 11 are checked by the computer, question 12 is read
# by a person. About three hours in all; the first five minutes are easy.
#
# In every question
#
# - texts are lists or rows of **ids**, whole numbers from 0; an array of ids that you return has dtype int64. B texts of T ids
#   each are an array (B, T), one row a text. Sizes are different numbers in general, all at least 1, and you read them off the
#   shapes;
# - logarithms are natural, and losses are in nats;
# - **steps are counted from 0**, so after s steps the next one is step s. Only the t of AdamW is counted from 1, as in its
#   paper;
# - an array of floats has dtype float64, and where a float or a whole number is asked for, a NumPy number is one as well. Lists
#   and tuples are told apart. Arguments are NumPy arrays, plain numbers, strings, or lists and dictionaries of these. Your
#   function returns new objects and leaves its arguments as they were.
#
# Numbers are compared with a tolerance of one in a billion. You may call your own functions from earlier questions, and import
# NumPy and the standard library; nothing here needs torch. A mistake in an earlier question is inherited by what calls it, so
# mend that one first.
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

np.set_printoptions(precision=4, suppress=True)      # short numbers where you print an array
# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. A rectangle of texts** · 5 minutes · ★☆☆ · chapter section *Padding and truncation*
#
# A batch is a rectangle: each text gets one row of L cells. A text that is shorter is filled up with PAD; of a longer one the
# first L tokens stay, and the rest is lost. Write `pad_report(lengths, L)`, which says what that does to texts of these
# lengths.
#
# - `lengths`: a list of whole numbers, at least one, each at least 1. `L`: a whole number, at least 1. Nothing is added to the
#   texts, and no cell is kept free.
# - Returns a tuple `(real, pad, lost)` of three whole numbers: how many cells hold a token of a text, how many hold PAD, and
#   how many tokens are lost.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def pad_report(lengths, L):
    """Cells with a token, cells with PAD, and tokens that are lost, in rows of L cells."""
    # BEGIN SOLUTION
    real = sum(min(n, L) for n in lengths)
    return real, L * len(lengths) - real, sum(lengths) - real
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: six texts, four, three and two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(pad_report):
    from autograder.checks import expect
    from autograder.misconceptions.training import pad_report as mistakes
    # 48 cells; two texts are too short, by 3 and by 2, and two are too long, by 1 and by 2
    expect(pad_report, [5, 8, 9, 6, 10, 8], 8, want=(43, 5, 3), mistakes=mistakes)
    expect(pad_report, [3, 1, 7, 4], 4, want=(12, 4, 3), mistakes=mistakes)
    expect(pad_report, [12, 2, 3], 5, want=(10, 5, 7), mistakes=mistakes)
    expect(pad_report, [3, 1], 5, want=(4, 6, 0), mistakes=mistakes)
test_by_hand(pad_report)
# %%
""" # BEGIN TEST CONFIG
name: random lengths
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(pad_report):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import pad_report as mistakes
    random = rng()
    for S, L in [(6, 8), (1, 4), (9, 5), (4, 1), (12, 16)]:
        lengths = random.integers(1, 2 * L + 2, size=S).tolist()
        if S > 3:                                           # some too short, where there can be such, and two too long
            lengths[:3] = [max(L - 3, 1), L + 2, L + 5]
        real = int(np.minimum(lengths, L).sum())
        expect(pad_report, lengths, L, want=(real, S * L - real, sum(lengths) - real), mistakes=mistakes)
        short = random.integers(1, L + 1, size=S).tolist()
        expect(pad_report, short, L + 2, want=(sum(short), S * (L + 2) - sum(short), 0), mistakes=mistakes)
test_random(pad_report)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 3
# %% [markdown]
# **Question 2. Texts end to end** · 10 minutes · ★★☆ · chapter section *Texts end to end*
#
# No cell needs PAD if the texts stand one after the other in one long stream that is cut into rows. Write `pack(sequences, eos,
# T)`.
#
# - `sequences`: a list of texts, each a list of at least one id. In the stream each text, the last one too, is followed by the
#   id `eos`.
# - Row 0 of the inputs has the first T ids of the stream, row 1 the next T, and so on: no id is left out or read twice. The
#   **target** of a cell is the id that follows it **in the stream**, at the end of a row too.
# - There are as many rows as have all their T targets. What is left of the stream is dropped; nothing is filled up. There may
#   be no row at all: then both arrays have the shape (0, T).
# - Returns a tuple `(inputs, targets)` of two int64 arrays of shape (n, T).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def pack(sequences, eos, T):
    """Inputs and targets from one stream, in rows of T: two int64 arrays (n, T)."""
    # BEGIN SOLUTION
    stream = np.array([token for text in sequences for token in [*text, eos]], dtype=np.int64)
    n = (len(stream) - 1) // T                              # the last id is only a target
    return stream[:n * T].reshape(n, T), stream[1:n * T + 1].reshape(n, T)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three texts and two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(pack):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import pack as mistakes
    # The stream has nine ids, 5 6 1 7 8 9 1 4 1: two rows, because the ninth has no successor
    expect(pack, [[5, 6], [7, 8, 9], [4]], 1, 3, mistakes=mistakes,
           want=(np.array([[5, 6, 1], [7, 8, 9]]), np.array([[6, 1, 7], [8, 9, 1]])))
    # Eight ids, 3 8 2 6 0 9 5 0: three rows, and the last 0 is left
    expect(pack, [[3, 8, 2, 6], [9, 5]], 0, 2, mistakes=mistakes,
           want=(np.array([[3, 8], [2, 6], [0, 9]]), np.array([[8, 2], [6, 0], [9, 5]])))
    # Seven ids, 5 6 2 3 9 4 3: nothing is left
    expect(pack, [[5, 6, 2], [9, 4]], 3, 3, mistakes=mistakes,
           want=(np.array([[5, 6, 2], [3, 9, 4]]), np.array([[6, 2, 3], [9, 4, 3]])))
test_by_hand(pack)
# %%
""" # BEGIN TEST CONFIG
name: random texts, and rows of several lengths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(pack):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import pack as mistakes
    random = rng()
    for sizes, T in [([4, 2, 7], 5), ([3, 4, 2], 4), ([3, 4, 2], 11), ([3, 4, 2], 12), ([6, 5], 6), ([2, 3, 3], 2),
                     ([1, 2], 1)]:
        ids = (1 + random.permutation(sum(sizes) + 1)).tolist()           # all different, and none of them 0
        eos, stream, sequences = ids.pop(), [], []
        for size in sizes:
            sequences.append([ids.pop() for _ in range(size)])
            stream += [*sequences[-1], eos]
        starts = range(0, len(stream) - T, T)
        want = tuple(np.array([stream[s + k:s + k + T] for s in starts], dtype=np.int64).reshape(-1, T) for k in (0, 1))
        expect(pack, sequences, eos, T, want=want, mistakes=mistakes)
test_random(pack)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3
# %% [markdown]
# **Question 3. PAD has no say** · 10 minutes · ★★☆ · chapter section *PAD has no say*
#
# Write `masked_loss(log_p, targets, mask)`: the mean of −log p(target) over the cells that count.
#
# - `log_p`: (B, T, V), the logarithms of the probabilities that a model gives to all ids in each cell. `targets`: (B, T), an id
#   for each cell, shifted already: the cell `[b, t]` is to predict `targets[b, t]`. `mask`: (B, T), `True` where a cell counts.
# - It is **one** mean, in which every cell that counts has the same weight, whatever text it is in. At least one cell counts;
#   there may be texts of which none does.
# - Whatever stands in the other cells makes no difference: their loss may be infinite, and their targets are PAD, an id like
#   any other. In the cells that count all losses are finite.
# - Returns a float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def masked_loss(log_p, targets, mask):
    """The mean of −log p(target) over the cells whose mask is True: a float."""
    # BEGIN SOLUTION
    losses = -np.take_along_axis(log_p, targets[:, :, None], axis=2)[:, :, 0]        # (B, T)
    return float(losses[mask].mean())
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: texts of three cells and one, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(masked_loss):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import masked_loss as mistakes
    half, quarter, eighth = np.log([1 / 2, 1 / 4, 1 / 8])
    # Losses of 1, 2, 3 times ln 2 in the first text, of 1 time ln 2 in the second; PAD, id 0, would have 3 times ln 2
    log_p = np.array([[[half, quarter, eighth, eighth], [eighth, quarter, half, eighth], [eighth, half, quarter, eighth]],
                      [[quarter, eighth, eighth, half], [eighth, eighth, half, quarter], [eighth, half, eighth, quarter]]])
    expect(masked_loss, log_p, np.array([[0, 1, 3], [3, 0, 0]]), np.array([[True, True, True], [True, False, False]]),
           want=float(7 / 4 * np.log(2)), mistakes=mistakes)
    # Losses of 3, 2 and 2 times ln 2; id 0 may also be one that counts
    expect(masked_loss, log_p, np.array([[2, 1, 0], [0, 3, 0]]), np.array([[True, True, False], [True, False, False]]),
           want=float(7 / 3 * np.log(2)), mistakes=mistakes)
test_by_hand(masked_loss)
# %%
""" # BEGIN TEST CONFIG
name: an infinite loss under PAD, by hand
points: 1
""" # END TEST CONFIG
def test_infinite(masked_loss):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import masked_loss as mistakes
    no, half, quarter, eighth = -np.inf, *np.log([1 / 2, 1 / 4, 1 / 8])
    # Losses of 2 and 1 times ln 2 in the first text, of 3 times ln 2 in the second; PAD, id 0, has the probability 0
    log_p = np.array([[[half, quarter, eighth, eighth], [eighth, quarter, half, eighth], [no, half, quarter, quarter]],
                      [[quarter, eighth, half, eighth], [no, quarter, half, quarter], [no, half, quarter, quarter]]])
    mask = np.array([[True, True, False], [True, False, False]])
    expect(masked_loss, log_p, np.array([[1, 2, 0], [3, 0, 0]]), mask, want=float(2 * np.log(2)), mistakes=mistakes)
    # The same without infinity, and with losses of 3, 1, 2 and 1 times ln 2
    log_p = np.where(np.isinf(log_p), eighth, log_p)
    mask = np.array([[True, True, True], [False, True, False]])
    expect(masked_loss, log_p, np.array([[2, 2, 3], [0, 2, 0]]), mask, want=float(7 / 4 * np.log(2)), mistakes=mistakes)
test_infinite(masked_loss)
# %%
""" # BEGIN TEST CONFIG
name: random texts of several lengths
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(masked_loss):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import masked_loss as mistakes
    random = rng()
    for lengths, T, V, infinite in [([4, 2, 3], 4, 5, False), ([1, 3], 3, 3, True), ([2, 0, 5, 1], 5, 4, False),
                                    ([3], 3, 6, False), ([2, 4], 5, 2, True)]:
        logits = 2 * random.normal(size=(len(lengths), T, V))
        log_p = logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)
        targets = random.integers(V, size=(len(lengths), T))
        total, count, mask = 0.0, 0, np.zeros((len(lengths), T), dtype=bool)
        for b, length in enumerate(lengths):
            mask[b, :length], targets[b, length:] = True, 0
            for t in range(length):
                total, count = total - log_p[b, t, targets[b, t]], count + 1
        if infinite:
            log_p[~mask, 0] = -np.inf
        expect(masked_loss, log_p, targets, mask, want=float(total / count), mistakes=mistakes)
test_random(masked_loss)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3
# %% [markdown]
# **Question 4. One epoch** · 15 minutes · ★★☆ · chapter section *Mini-batches*
#
# Write `sgd_epoch(theta, X, keys, B, step_size)`: one pass over N examples in mini-batches. The loss of an example x is ½ ‖θ −
# x‖², whose gradient is θ − x, and the loss of a batch is the **mean** of those of its examples.
#
# - `theta`: (d,). `X`: the examples, (N, d). `keys`: (N,), a random number for each example, all different, between 0 and 1.
#   The examples are shuffled by sorting them by their keys, the smallest one first.
# - The first B examples of this order are the first batch, the next B the second, and so on; the last batch has what is left,
#   and may be smaller. Every example is in exactly one batch.
# - For each batch, in this order, one step: θ moves by `step_size` against the gradient of the batch's loss at the θ of that
#   moment.
# - Returns a tuple `(batches, theta)`: the batches, a list of lists of whole numbers (the rows of X, in the shuffled order),
#   and θ after the last step, a float array (d,).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def sgd_epoch(theta, X, keys, B, step_size):
    """The batches of an epoch, as lists of row numbers, and θ after a step for each of them."""
    # BEGIN SOLUTION
    order = np.argsort(keys)
    batches = [order[i:i + B].tolist() for i in range(0, len(order), B)]
    for batch in batches:
        theta = theta - step_size * (theta - X[batch].mean(axis=0))
    return batches, theta
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: batches of four and one, and of two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(sgd_epoch):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import sgd_epoch as mistakes
    # The means of the batches are (2, 2) and (2, -4): from (10, -2) to (6, 0), and on to (4, -2)
    X = np.array([[4.0, 0], [0, 2], [2, -4], [2, 4], [2, 2]])
    expect(sgd_epoch, np.array([10.0, -2]), X, np.array([.42, .05, .58, .37, .47]), 4, 0.5, mistakes=mistakes,
           want=([[1, 3, 0, 4], [2]], np.array([4.0, -2])))
    # The means are 4, 2 and 6: from 0 to 1, 1.25, 2.4375
    X = np.array([[8.0], [2], [1], [3], [6], [4]])
    expect(sgd_epoch, np.array([0.0]), X, np.array([.9, .1, .5, .3, .2, .6]), 2, 0.25, mistakes=mistakes,
           want=([[1, 4], [3, 2], [5, 0]], np.array([2.4375])))
test_by_hand(sgd_epoch)
# %%
""" # BEGIN TEST CONFIG
name: random examples and batches of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(sgd_epoch):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import sgd_epoch as mistakes
    random = rng()
    for N, d, B, step_size in [(7, 2, 3, 0.3), (8, 3, 4, 0.1), (5, 2, 8, 0.2), (9, 1, 2, 0.5), (3, 2, 1, 0.25),
                               (10, 4, 4, 0.4)]:
        theta, X = 3 * random.normal(size=d), random.normal(size=(N, d))
        order = np.roll(np.arange(N), 1)                    # never the order itself, nor its ranks, nor the reverse
        order[1:-1] = order[1:-1][random.permutation(N - 2)]
        keys = np.empty(N)
        keys[order] = np.sort(random.random(N)) ** 2 * 0.9
        batches, now = [], theta
        for first in range(0, N, B):
            batches.append([int(i) for i in order[first:first + B]])
            now = (1 - step_size) * now + step_size * sum(X[i] for i in batches[-1]) / len(batches[-1])
        expect(sgd_epoch, theta, X, keys, B, step_size, want=(batches, now), mistakes=mistakes)
test_random(sgd_epoch)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. AdamW** · 15 minutes · ★★☆ · chapter section *AdamW*
#
# Write `adamw(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay)`: one step of AdamW.
#
# - m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g², entry by entry: running means of the gradient and of its square.
# - Both began at 0, so they are too small at first. That is corrected for the step, and only there: m̂ = m/(1 − β₁ᵗ) and v̂ =
#   v/(1 − β₂ᵗ).
# - θ ← θ − η m̂/(√v̂ + ε) − η λ θ, with the θ from before the step in the last term too.
# - `theta`, `g`, `m`, `v`: arrays of one shape. `t`: the number of this step, counted **from 1**. `step_size` is η, `epsilon`
#   is ε > 0, and `decay` is λ.
# - Returns a tuple `(theta, m, v)` of three new arrays: what the next step goes on with.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def adamw(theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay):
    """One step of AdamW: the new θ, m and v."""
    # BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - step_size * (m_hat / (np.sqrt(v_hat) + epsilon) + decay * theta), m, v
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the first step and a second one, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(adamw):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import adamw as mistakes
    # Step 1: corrected, the means are (4, -1, 0) and (16, 1, 0). The quotients are 4/8, -1/5 and 0, and a twentieth decays
    expect(adamw, np.array([1.0, -2, 3]), np.array([4.0, -1, 0]), np.zeros(3), np.zeros(3), 1, 0.1, 0.5, 0.75, 4.0, 0.5,
           want=(np.array([.9, -1.88, 2.85]), np.array([2.0, -.5, 0]), np.array([4.0, .25, 0])), mistakes=mistakes)
    # Step 2: m is (3/2, -1/2) and v is (7, 7/4); divided by 3/4 and by 7/16 they are (2, -2/3) and (16, 4)
    expect(adamw, np.array([2.0, 1]), np.array([2.0, 1]), np.array([1.0, -2]), np.array([8.0, 2]), 2, 0.5, 0.5, 0.75, 1.0, 0.2,
           want=(np.array([1.6, 0.9 + 1 / 9]), np.array([1.5, -.5]), np.array([7.0, 1.75])), mistakes=mistakes)
test_by_hand(adamw)
# %%
""" # BEGIN TEST CONFIG
name: random gradients in early and late steps
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(adamw):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import adamw as mistakes
    random = rng()
    for shape, t, step_size, beta1, beta2, epsilon, decay in [
            ((4,), 1, 0.01, 0.9, 0.999, 1e-8, 0.1), ((3, 2), 2, 0.1, 0.9, 0.95, 0.01, 0.5), ((5,), 9, 0.2, 0.8, 0.99, 0.5, 0.3),
            ((2, 3), 1000, 0.05, 0.9, 0.999, 0.1, 0.2), ((3,), 3, 0.1, 0.5, 0.9, 1e-3, 1.0)]:
        theta, g = 2 + random.random(size=shape), random.normal(size=shape)
        m, v = (random.normal(size=shape), random.random(size=shape) + 0.1) if t > 1 else (np.zeros(shape), np.zeros(shape))
        g.flat[0], m.flat[0], v.flat[0] = 0.0, 0.0, 0.0     # one that never had a gradient
        want = [np.empty(shape), np.empty(shape), np.empty(shape)]
        for i in np.ndindex(shape):
            mean, square = g[i] + beta1 * (m[i] - g[i]), g[i] ** 2 + beta2 * (v[i] - g[i] ** 2)
            length = np.sqrt(square / (1 - beta2 ** float(t))) + epsilon
            shrunk = theta[i] * (1 - step_size * decay)
            want[0][i], want[1][i], want[2][i] = shrunk - step_size * mean / (1 - beta1 ** float(t)) / length, mean, square
        expect(adamw, theta, g, m, v, t, step_size, beta1, beta2, epsilon, decay, want=tuple(want), mistakes=mistakes)
test_random(adamw)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 3
# %% [markdown]
# **Question 6. Up, and down in half a wave** · 15 minutes · ★★☆ · chapter section *Warm-up and decay*
#
# Write `learning_rate(step, warmup, total, peak, floor)`: the step size of a step.
#
# - In the steps 0 … `warmup` − 1 it climbs: peak · (step + 1)/(warmup + 1). So step 0 moves already, and with `warmup` 0 there
#   is no climb.
# - From step `warmup` on it falls from `peak` to `floor` in half a wave of the cosine. With d = (step − warmup)/(total −
#   warmup) for the share of the way down that is done, it is floor + (peak − floor) · (1 + cos πd)/2.
# - From step `total` on it stays at `floor`.
# - `step`: a whole number, at least 0. 0 ≤ `warmup` < `total`. `peak` and `floor`: floats.
# - Returns a float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def learning_rate(step, warmup, total, peak, floor):
    """The step size of step 0, 1, …: a climb to the peak, half a wave down to the floor."""
    # BEGIN SOLUTION
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    done = min((step - warmup) / (total - warmup), 1)
    return float(floor + (peak - floor) * (1 + np.cos(np.pi * done)) / 2)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: all steps of two short schedules, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(learning_rate):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import learning_rate as mistakes
    r = float(np.sqrt(1 / 2))                               # the cosine of an eighth of a turn
    for step, want in enumerate([1 / 3, 2 / 3, 1.0, .55 + .45 * r, .55, .55 - .45 * r, .1, .1, .1]):
        expect(learning_rate, step, 2, 6, 1.0, 0.1, want=want, mistakes=mistakes)
    # Without a climb; the cosine of a sixth of a turn is a half
    for step, want in enumerate([0.8, 0.65, 0.35, 0.2, 0.2]):
        expect(learning_rate, step, 0, 3, 0.8, 0.2, want=want, mistakes=mistakes)
test_by_hand(learning_rate)
# %%
""" # BEGIN TEST CONFIG
name: random schedules
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(learning_rate):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import learning_rate as mistakes
    random = rng()
    for warmup, total in [(3, 9), (1, 2), (0, 5), (5, 8), (10, 40)]:
        peak = float(random.uniform(0.5, 1))
        floor = float(random.uniform(0.1, 0.4)) * peak
        for step in [0, warmup - 1, warmup, warmup + 1, total - 1, total, total + 1, total + 3]:
            angle = min(max(step - warmup, 0), total - warmup) * 180 / (total - warmup)
            want = floor + (peak - floor) * math.cos(math.radians(angle / 2)) ** 2
            if step < warmup:
                want = peak / (warmup + 1) * (1 + step)
            expect(learning_rate, max(step, 0), warmup, total, peak, floor, want=want if step >= 0 else peak, mistakes=mistakes)
test_random(learning_rate)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 2
# %% [markdown]
# **Question 7. A batch in parts** · 10 minutes · ★☆☆ · chapter section *More text than memory holds*
#
# A batch is too large for the memory, or is shared out to several workers. Each part gives the gradient of the mean loss over
# **its own** tokens. Write `accumulate(gradients, counts)`: the gradient of the mean loss over the tokens of **all** parts.
#
# - `gradients`: a list of arrays of one shape. `counts`: a list of as many whole numbers: how many tokens each part has.
# - The result is what one pass over the whole batch would have given, so every token counts the same, whatever part it is in.
# - A part may have no token: its count is 0 and its gradient is NaN throughout, the mean of nothing. It has no influence. At
#   least one part has tokens.
# - Returns a float array of the gradients' shape.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def accumulate(gradients, counts):
    """The gradient of the mean over all tokens, from those of the parts."""
    # BEGIN SOLUTION
    total = sum(n * g for g, n in zip(gradients, counts, strict=True) if n > 0)
    return total / sum(counts)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two parts and three, one of them empty, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(accumulate):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import accumulate as mistakes
    # (2 · 1 + 6 · 3)/8
    expect(accumulate, [np.array([1.0]), np.array([3.0])], [2, 6], want=np.array([2.5]), mistakes=mistakes)
    # (8, 0), (0, 20) and (24, -4), divided by 8
    expect(accumulate, [np.array([8.0, 0]), np.array([0.0, 4]), np.array([12.0, -2])], [1, 5, 2], want=np.array([4.0, 2]),
           mistakes=mistakes)
    # (6, 12) and (6, 0), divided by 4; the part between them has no token
    expect(accumulate, [np.array([2.0, 4]), np.array([np.nan, np.nan]), np.array([6.0, 0])], [3, 0, 1], want=np.array([3.0, 3]),
           mistakes=mistakes)
test_by_hand(accumulate)
# %%
""" # BEGIN TEST CONFIG
name: random parts, some without tokens
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(accumulate):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import accumulate as mistakes
    random = rng()
    for counts, shape in [([3, 0, 1, 4], (2,)), ([0, 2, 5, 0, 1], (2, 3)), ([7], (3,)), ([0, 3, 0], (2,)), ([4, 1, 2], (2, 1))]:
        gradients = [random.normal(size=shape) for _ in counts]
        whole = np.concatenate([[g] * n for g, n in zip(gradients, counts, strict=True) if n])             # one for each token
        given = [g if n else np.full(shape, np.nan) for g, n in zip(gradients, counts, strict=True)]
        expect(accumulate, given, counts, want=whole.mean(axis=0), mistakes=mistakes)
test_random(accumulate)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 4
# %% [markdown]
# **Question 8. A layer on several machines** · 20 minutes · ★★☆ · chapter section *A layer on several machines*
#
# The product X W + b is shared out to several machines, each of which holds a part of W. Write `split_linear(X, W, b, parts,
# by)`.
#
# - `X`: (N, d). `W`: (d, k). `b`: (k,). `parts`: the number of machines. `by` says what of W is cut into so many parts of the
#   same size, which stay in their order: its columns or its rows. What is cut can be divided by `parts`.
# - `by` is `"columns"`: each machine reads all of X, and computes some of the outputs, with the entries of b that belong to
#   them. Its piece has the shape (N, k/parts).
# - `by` is `"rows"`: each machine reads those columns of X that meet its rows of W, and computes a share of all outputs,
#   **without** b: its piece has the shape (N, k). b is added once, when the pieces are put together.
# - Returns a tuple `(pieces, whole)`: a list of the pieces, in the order of the machines, and what they make together, equal to
#   X W + b, a float array (N, k).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def split_linear(X, W, b, parts, by):
    """What each machine computes of X W + b, a list, and the whole, (N, k)."""
    # BEGIN SOLUTION
    if by == "columns":
        pieces = [X @ w + c for w, c in zip(np.split(W, parts, axis=1), np.split(b, parts), strict=True)]
        return pieces, np.concatenate(pieces, axis=1)                                    # (N, k/parts) side by side
    pieces = [x @ w for x, w in zip(np.split(X, parts, axis=1), np.split(W, parts), strict=True)]
    return pieces, sum(pieces) + b                                                       # (N, k) each, added
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three machines, by columns and by rows, by hand
points: 2
""" # END TEST CONFIG
def test_by_hand(split_linear):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import split_linear as mistakes
    X, b = np.array([[1.0, 2, 0], [0, 1, 1]]), np.array([10.0, 20, 30, 40, 50, 60])
    W = np.array([[1.0, 0, 2, 1, 0, 3], [0, 1, 1, 2, 1, 0], [3, 0, 1, 0, 2, 1]])
    # X W is (1, 2, 4, 5, 2, 3) and (3, 1, 2, 2, 3, 1)
    whole = np.array([[11.0, 22, 34, 45, 52, 63], [13, 21, 32, 42, 53, 61]])
    expect(split_linear, X, W, b, 3, "columns", mistakes=mistakes,
           want=([np.array([[11.0, 22], [13, 21]]), np.array([[34.0, 45], [32, 42]]), np.array([[52.0, 63], [53, 61]])], whole))
    # Rows 1 and 2 of W with the first two columns of X, and so on
    X, b = np.array([[1.0, 0, 2, 1, 0, 3], [0, 1, 1, 2, 1, 0]]), np.array([10.0, 20, 30])
    W = np.array([[1.0, 2, 0], [0, 1, 1], [2, 0, 1], [1, 1, 0], [0, 3, 1], [1, 0, 2]])
    pieces = [np.array([[1.0, 2, 0], [0, 1, 1]]), np.array([[5.0, 1, 2], [4, 2, 1]]), np.array([[3.0, 0, 6], [0, 3, 1]])]
    expect(split_linear, X, W, b, 3, "rows", want=(pieces, np.array([[19.0, 23, 38], [14, 26, 33]])), mistakes=mistakes)
test_by_hand(split_linear)
# %%
""" # BEGIN TEST CONFIG
name: random layers of several sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(split_linear):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import split_linear as mistakes
    random = rng()
    for N, d, k, parts, by in [(4, 3, 6, 3, "columns"), (4, 6, 3, 3, "rows"), (3, 4, 8, 2, "columns"), (2, 10, 4, 2, "rows"),
                               (5, 4, 4, 4, "columns"), (3, 4, 4, 4, "rows"), (2, 3, 5, 1, "columns"), (2, 3, 5, 1, "rows")]:
        X, W, b = random.normal(size=(N, d)), random.normal(size=(d, k)), 1 + random.random(size=k)
        pieces = []
        for i in range(parts):
            if by == "columns":
                mine = slice(i * k // parts, (i + 1) * k // parts)
                pieces.append(np.einsum("nd,dk->nk", X, W[:, mine]) + b[mine])
            else:
                mine = slice(i * d // parts, (i + 1) * d // parts)
                pieces.append(np.einsum("nd,dk->nk", X[:, mine], W[mine]))
        expect(split_linear, X, W, b, parts, by, want=(pieces, np.einsum("nd,dk->nk", X, W) + b), mistakes=mistakes)
test_random(split_linear)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 4
# %% [markdown]
# **Question 9. Pages that are there twice** · 20 minutes · ★★★ · chapter section *Pages that are there twice*
#
# Write `near_duplicates(documents, n, threshold)`: which texts stay if those that are nearly the same as an earlier one go.
#
# - `documents`: a list of strings. Their **words** are what `split()` makes of them; capitals and points count. None is empty.
# - The **shingles** of a text are the *set* of all runs of n words that follow each other in it: of "a b a b a" with n = 2 they
#   are "a b" and "b a". A text of fewer than n words has one shingle, all its words.
# - The similarity of two texts is that of Jaccard: the number of shingles that they have in common, divided by the number of
#   shingles that at least one of them has.
# - Go through the texts in their order. A text goes if its similarity to one that **has been kept** before is at least
#   `threshold`; else it is kept. `threshold` is above 0 and at most 1.
# - Returns the list of the numbers of the kept texts, counted from 0, in increasing order.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def near_duplicates(documents, n, threshold):
    """Numbers of the texts that are not nearly the same as an earlier kept one."""
    # BEGIN SOLUTION
    shingles, kept = [], []
    for number, text in enumerate(documents):
        words = text.split()
        new = {tuple(words[i:i + n]) for i in range(max(len(words) - n + 1, 1))}
        shingles.append(new)
        if all(len(new & shingles[old]) / len(new | shingles[old]) < threshold for old in kept):
            kept.append(number)
    return kept
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: short texts, by hand
points: 2
""" # END TEST CONFIG
def test_by_hand(near_duplicates):
    from autograder.checks import expect
    from autograder.misconceptions.training import near_duplicates as mistakes
    for documents, n, threshold, want in [
            # Similarities of the second, third and fourth text to the first: 3/5, 1/7 and 1
            (["a b c d e", "a b c d f", "g h i a b", "a b c d e"], 2, 0.5, [0, 2]),
            # 1/5: "b c" is not "c b", nor is "d" without "c" a shingle
            (["a b c d", "a c b d"], 2, 0.5, [0, 1]),
            # 2/4, which is the threshold
            (["a b c d", "a b c e"], 2, 0.5, [0]),
            # 2/6, as one text is so much longer, whichever comes first
            (["a b c", "a b c d e f g"], 2, 0.6, [0, 1]), (["a b c d e f g", "a b c"], 2, 0.6, [0, 1]),
            (["a b c", "a b c d e f g"], 2, 0.4, [0, 1]),
            # 1/3: the last words differ
            (["a b c", "a b d"], 2, 0.5, [0, 1]), (["a b c", "a b d"], 2, 0.25, [0]),
            # 3/5 of the second to the first and of the third to the second, which is gone; 2/6 of the third to the first
            (["a b c d e", "b c d e f", "c d e f g"], 2, 0.5, [0, 2]),
            # "a b" and "b a" in both
            (["a b a b a b a b", "a b a"], 2, 0.5, [0]),
            # 4/5 of the shingles of the third text are in the first two, but its similarity to each is 2/8
            (["a b c d e", "v w x y z", "a b c x y z"], 2, 0.5, [0, 1, 2]),
            # 2/4 as words are as they are written, and 3/3 were it not for capitals
            (["The cat purrs", "the cat purrs"], 1, 0.7, [0, 1]), (["a cat purrs.", "a cat purrs"], 1, 0.7, [0, 1]),
            # 0/2: "ab c" has other words than "a bc"
            (["ab c", "a bc"], 2, 0.5, [0, 1]),
            # 2/2, as `split()` splits at any space
            (["a b\nc", "a  b c"], 2, 0.9, [0]),
            # Each has one shingle
            (["a b", "c", "a b", "b a"], 3, 1.0, [0, 1, 3])]:
        expect(near_duplicates, documents, n, threshold, want=want, mistakes=mistakes)
test_by_hand(near_duplicates)
# %%
""" # BEGIN TEST CONFIG
name: texts of random words
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(near_duplicates):
    from autograder.checks import expect, rng
    from autograder.misconceptions.training import near_duplicates as mistakes
    random = rng()
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    for pattern, n, threshold, want in [
            (["abcdef", "abcdeg", "hijab", "abcdef", "hijab"], 2, 0.5, [0, 2]), (["abcdefgh", "abcdwxyz"], 3, 0.3, [0, 1]),
            (["abcde", "abcdf", "abcxy"], 1, 0.6, [0, 2]), (["abcd", "dcba", "badc"], 2, 0.25, [0, 1]),
            (["abcdefg", "bcdefgh", "cdefghi", "cdefghi"], 2, 0.6, [0, 2]), (["abcabcabcabc", "abca", "cabcab"], 2, 1.0, [0]),
            (["abc", "ab", "abcd", "ab", "cab"], 4, 0.5, [0, 1, 2, 4]), (["abcdefghi", "abc", "defghi"], 2, 0.6, [0, 1]),
            (["defghi", "abcdefghi", "xyz"], 2, 0.7, [0, 1, 2]), (["abcdefgh", "abcdefgz", "abcdefzh"], 5, 0.6, [0, 2]),
            (["abc", "abd", "abe"], 2, 0.4, [0, 1, 2]), (["abcd", "abce", "abcf"], 2, 0.5, [0]),
            (["abcde", "vwxyz", "abcxyz"], 2, 0.5, [0, 1, 2]), (["abc", "abcd", "Abc"], 2, 0.7, [0, 1, 2]),
            (["abc", "abcdefg"], 2, 0.4, [0, 1]), (["abc", "ab."], 1, 0.6, [0, 1]), (["12c", "21c"], 2, 0.3, [0, 1])]:
        # Each letter stands for a word; words have no letter but their own, and are of very different lengths
        names = dict(zip(letters, random.permutation(letters).tolist(), strict=True))
        words = {letter: names[letter] * int(random.integers(1, 9)) for letter in letters}
        words |= {"A": words["a"].upper(), ".": words["c"] + ".", "1": names["a"], "2": names["a"] * 2}
        documents = [" ".join(words[letter] for letter in text) for text in pattern]
        expect(near_duplicates, documents, n, threshold, want=want, mistakes=mistakes)
test_random(near_duplicates)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 2
# %% [markdown]
# **Question 10. Whose text goes** · 10 minutes · ★☆☆ · chapter section *Whose text goes*
#
# A filter has gone over texts of several sources. Write `removal_rates(groups, kept)`: for each source P(removed | source), the
# share of *its* texts that were removed.
#
# - `groups`: a list with the source of each text, a string; at least one text. `kept`: a list of as many Booleans, `True` where
#   the text stays.
# - Returns a dictionary with **every** source as a key and a float from 0 to 1 as its value, also for sources of which nothing,
#   or everything, was removed. The order of the keys makes no difference.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def removal_rates(groups, kept):
    """P(removed | group) for every group: a dictionary."""
    # BEGIN SOLUTION
    gone = {group: [] for group in groups}
    for group, stays in zip(groups, kept, strict=True):
        gone[group].append(not stays)
    return {group: sum(removed) / len(removed) for group, removed in gone.items()}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: nine texts of four sources, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(removal_rates):
    from autograder.checks import expect
    from autograder.misconceptions.training import removal_rates as mistakes
    groups = ["news", "forum", "news", "blog", "forum", "forum", "blog", "news", "poem"]
    expect(removal_rates, groups, [True, False, True, True, False, True, True, False, False], mistakes=mistakes,
           want={"news": 1 / 3, "forum": 2 / 3, "blog": 0.0, "poem": 1.0})
    expect(removal_rates, ["a", "b", "a", "a", "a"], [True, False, False, False, True], want={"a": 1 / 2, "b": 1.0},
           mistakes=mistakes)
test_by_hand(removal_rates)
# %%
""" # BEGIN TEST CONFIG
name: random verdicts
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(removal_rates):
    from autograder.checks import expect, rng
    from autograder.misconceptions.training import removal_rates as mistakes
    random = rng()
    for sizes, removed in [([4, 7, 3, 2], [1, 3, 0, 2]), ([5], [2]), ([3, 2], [0, 0]), ([2, 6], [2, 6]),
                           ([9, 3, 5], [4, 3, 1])]:
        names = [f"source {i}" for i in random.permutation(50)[:len(sizes)]]
        pairs = [(name, i >= gone) for name, size, gone in zip(names, sizes, removed, strict=True) for i in range(size)]
        pairs = [pairs[i] for i in random.permutation(len(pairs))]
        want = {name: gone / size for name, size, gone in zip(names, sizes, removed, strict=True)}
        expect(removal_rates, [name for name, _ in pairs], [stays for _, stays in pairs], want=want, mistakes=mistakes)
test_random(removal_rates)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 5
# %% [markdown]
# **Question 11. As if it had never been stopped** · 30 minutes · ★★★ · chapter section *Killed and resumed*
#
# A training is killed after five steps and goes on for five more. The result has to be **exactly** that of ten steps in one go,
# so whatever a step depends on has to be in the saved state. Write `train(state, batches, step_sizes, steps)` for a bigram
# model with a table of logits θ, (V, V), in which p(w | u) is the softmax of row u.
#
# - `state`: a dictionary with the keys `"theta"`, `"m"` and `"v"`, three arrays (V, V), and `"step"`, the number of steps that
#   have been done: the next one is step s = `state["step"]`.
# - `batches`: a list of pairs `(contexts, targets)` of two arrays of as many ids. Step s takes batch number s, and when all
#   have been taken begins again with the first: their index is s modulo their number.
# - `step_sizes`: a list of floats: step s has the size `step_sizes[s]`, and there are enough of them.
# - A step: the loss is the **mean** of −ln p(target | context) over the pairs of the batch, taken **before** the step. With its
#   gradient θ makes one step of AdamW as in question 5, with t = s + 1, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸ and no decay. A context
#   may come several times in a batch; all its pairs count.
# - `steps`: how many steps are to be done now, at least 1.
# - Returns a tuple `(state, losses)`: a new dictionary with the same four keys, from which another call goes on, and the list
#   of the losses of these steps, floats. The old state stays as it was.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def train(state, batches, step_sizes, steps):
    """The state after so many more steps, and the loss before each of them."""
    # BEGIN SOLUTION
    theta, m, v, first = state["theta"], state["m"], state["v"], state["step"]
    losses = []
    for s in range(first, first + steps):
        contexts, targets = batches[s % len(batches)]
        N = np.arange(len(targets))
        z = theta[contexts] - theta[contexts].max(axis=1, keepdims=True)                 # (N, V)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        losses.append(float(-log_p[N, targets].mean()))
        slope = np.exp(log_p)
        slope[N, targets] -= 1                                                           # ŷ − y for each pair
        g = np.zeros(theta.shape)
        np.add.at(g, contexts, slope / len(targets))                                     # a context may come again
        theta, m, v = adamw(theta, g, m, v, s + 1, step_sizes[s], 0.9, 0.999, 1e-8, 0.0)
    return {"theta": theta, "m": m, "v": v, "step": first + steps}, losses
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the first step, by hand
points: 1
""" # END TEST CONFIG
def test_first_step(train):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import train as mistakes
    # All probabilities are 1/2, so the loss is ln 2. Context 0 comes three times, twice before 1: its slopes are (3/2 - 1)/4
    # and (3/2 - 2)/4
    g = np.array([[1 / 8, -1 / 8], [-1 / 8, 1 / 8]])
    start = {"theta": np.zeros((2, 2)), "m": np.zeros((2, 2)), "v": np.zeros((2, 2)), "step": 0}
    new = {"theta": -0.3 * g / (abs(g) + 1e-8), "m": g / 10, "v": g * g / 1000, "step": 1}
    expect(train, start, [(np.array([0, 1, 0, 0]), np.array([1, 0, 1, 0]))], [0.3, 0.2], 1, want=(new, [float(np.log(2))]),
           mistakes=mistakes)
test_first_step(train)
# %%
""" # BEGIN TEST CONFIG
name: four steps in one go, and two and two
points: 2
""" # END TEST CONFIG
def test_resumed(train):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.training import train as mistakes
    # Step 4 takes the second batch: p(1 | 0) = 3/4 and p(0 | 1) = p(1 | 1) = 1/2, so the loss is (ln 4/3 + 2 ln 2)/3. The other
    # numbers were computed in two different ways
    batches = [(np.array([0, 0]), np.array([1, 0])), (np.array([0, 1, 1]), np.array([1, 0, 1])), (np.array([1]), np.array([0]))]
    sizes = [0.1, 0.2, 0.3, 0.4, 0.3, 0.25, 0.15, 0.05]
    start = {"theta": np.array([[0, np.log(3)], [0, 0]]), "m": np.array([[.02, -.02], [.01, -.01]]),
             "v": np.array([[.001, .001], [.002, .002]]), "step": 4}
    middle = {"theta": np.array([[-0.07382550868919, 1.172437797357], [0.02648478143323, -0.02648478143323]]),
              "m": np.array([[0.0237, -0.0237], [-0.04242096254378, 0.04242096254378]]),
              "v": np.array([[0.0010049385, 0.0010049385], [0.002251238765635, 0.002251238765635]]),
              "step": 6}
    end = {"theta": np.array([[-0.06962373974647, 1.168236028415], [0.0512516723374, -0.0512516723374]]),
           "m": np.array([[0.001796882198512, -0.001796882198512], [-0.03283464625787, 0.03283464625787]]),
           "v": np.array([[0.001085012505869, 0.001085012505869], [0.002246971508708, 0.002246971508708]]),
           "step": 8}
    losses = [0.5579921445239, 0.7036210918418, 0.8758941059864, 0.5477437016821]
    expect(train, start, batches, sizes, 4, want=(end, losses), mistakes=mistakes)
    expect(train, start, batches, sizes, 2, want=(middle, losses[:2]), mistakes=mistakes)
    expect(train, middle, batches, sizes, 2, want=(end, losses[2:]), mistakes=mistakes)
test_resumed(train)
# %%
""" # BEGIN TEST CONFIG
name: random trainings, stopped at random
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(train):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.training import train as mistakes
    random = rng()
    for V, sizes, before, steps in [(3, [4, 2, 5], 0, 7), (4, [3, 5], 3, 4), (2, [6, 3, 2, 4], 5, 6), (5, [4, 7, 3], 1, 1)]:
        batches = []
        for size in sizes:                                  # the first context comes again, before another id
            contexts, targets = random.integers(V, size=size), random.integers(V, size=size)
            contexts[-1], targets[-1] = contexts[0], (targets[0] + 1) % V
            batches.append((contexts, targets))
        step_sizes = (0.05 + 0.3 * random.permutation(before + 2 * steps + 1) / (before + 2 * steps + 1)).tolist()
        theta, m, v, step, losses = random.normal(size=(V, V)), np.zeros((V, V)), np.zeros((V, V)), 0, []
        states = []
        for step in range(before + 2 * steps):
            states.append({"theta": theta, "m": m, "v": v, "step": step})
            contexts, targets = batches[step % len(batches)]
            p = np.exp(theta) / np.exp(theta).sum(axis=1, keepdims=True)
            counts = np.zeros((V, V))
            for u, w in zip(contexts, targets, strict=True):
                counts[u, w] += 1 / len(targets)
            losses.append(float(-(counts * np.log(p)).sum()))
            g = counts.sum(axis=1, keepdims=True) * p - counts
            m, v = m + (g - m) / 10, v + (g * g - v) / 1000
            length = np.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8
            theta = theta - step_sizes[step] / (1 - 0.9 ** (step + 1)) * m / length
        states.append({"theta": theta, "m": m, "v": v, "step": before + 2 * steps})
        for first, last in [(before, before + 2 * steps), (before, before + steps), (before + steps, before + 2 * steps)]:
            expect(train, states[first], batches, step_sizes, last - first, want=(states[last], losses[first:last]),
                   mistakes=mistakes)
test_random(train)
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
# **Question 12. A filter report** · 20 minutes · ★★☆ · chapter section *Whose text goes* · read by a person
#
# The chapter's pipeline has gone over its small web. Blocked words are those of a list such as C4's; the quality filter was
# trained to tell the newspaper and the encyclopedia (good) from the forum and the shop (bad). P(removed at this step | source):
#
# | source | pages | rules for lines and pages | blocked words | copies | quality | kept |
# |---|---|---|---|---|---|---|
# | newspaper | 13 | 0 | 0 | 0.38 | 0 | 0.62 |
# | encyclopedia | 14 | 0 | 0 | 0.43 | 0 | 0.57 |
# | city school | 6 | 0 | 0 | 0 | 0 | 1.00 |
# | valley school | 6 | 0 | 0 | 0 | 1.00 | 0 |
# | dialect | 6 | 0 | 0 | 0 | 0.83 | 0.17 |
# | health advice | 6 | 0 | 1.00 | 0 | 0 | 0 |
# | student group | 6 | 0 | 0.67 | 0 | 0.17 | 0.17 |
# | forum | 6 | 0.50 | 0 | 0 | 0.50 | 0 |
# | shop | 12 | 0.67 | 0 | 0.17 | 0.17 | 0 |
#
# Both schools' pages are by pupils: those of the city school about a visit to the parliament or a theatre review, those of the
# valley school about the snow or the hens. A classmate concludes: "The filters remove low quality."
#
# (a) Read two numbers of the table that speak against this, as sentences of the form "Of …, … were removed, because …". (b)
# Whose text is missing in what is kept, and what will a model trained on it do worse? (c) Name one other explanation for one of
# your numbers, or one reason to trust it less, that has nothing to do with the people who wrote the pages. (d) Propose one
# change of one step, and say how you would test whether it helps: what you would measure, on which texts, and which result
# would speak against your change.
#
# In at most 200 words.
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) Of the health advice, all six pages were removed, because each has a word of the list: words that are
# needed there (*breast*, *sex*). Of the valley school's pages all six were removed, because they score low against a newspaper
# and an encyclopedia; of the city school's none. Both are by pupils. (b) Health advice and two of three student group pages are
# gone, and so are the valley school, nearly all dialect, the forum and the shop. A model will give such texts lower probability
# (more bits per token), answer worse about bodies and health, and write like a newspaper. (c) Six pages a source are few: one
# page is 17 points. The filter was also trained on the very newspaper and encyclopedia pages that it then keeps, and none of
# them is missing for quality. Topic or short sentences could explain the valley school's scores, too; and steps come in an
# order, so health advice never reached the quality filter: its 0 there says nothing. (d) Remove a page only if a share of its
# words is blocked, rather than for a single one. Measure the removal rates for each source again, on *new* pages whose quality
# people have judged without knowing the source, and the held-out bits per token for each source. If pages that people find bad
# come in, or bits on health pages do not fall, the change does not help.
#
# **Rubric (4 points).**
#
# - 1 point, (a): two right numbers in the right direction, P(removed | source), each with its step; ½ for one, or if a number
#   is read as the share of what was removed.
# - 1 point, (b): names at least two sources and an effect on a model; ½ for one of the two.
# - 1 point, (c): one explanation that holds (few pages, topic or length, trained on the same pages, order of the steps: a page
#   that is gone is not tested again); ½ if it is named without a link to a number.
# - 1 point, (d): a change of one step, a measurement on texts that were not used for the filter, and a result that would refute
#   it; ½ if one of the three is missing.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
