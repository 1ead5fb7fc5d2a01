# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 07_recurrent
# config_file: assign.yml
# %% [markdown]
# # Unit 07: recurrent networks
#
# You write networks that read one word after the other and carry a state along: a tagger, a language model, an LSTM, a
# translator, and what their training needs. You see how little of a gradient comes back over many steps, and what is done about
# it. Questions 1 to 12 are checked by the computer, question 13 is read by a person. About three hours in all; the first five
# minutes are easy.
#
# In every question
#
# - B texts are worked on at once, and each has T steps. Arrays have the **texts on their first axis, the time on their
#   second**: `X` of shape (B, T, d) holds T inputs of d numbers for each of B texts. B, T, d and the other sizes are different
#   numbers in general, all at least 1, and you read them off the shapes;
# - an **RNN** has a state h of d_h numbers. One step makes a new one from the input x and the old h:
#
#   h ← tanh(W_xh x + W_hh h + b)
#
#   with `W_xh` of shape (d_h, d), `W_hh` of shape (d_h, d_h) and `b` of shape (d_h,). That is written for one text, whose x and
#   h are columns. In arrays, with one row for each text, it is tanh(x W_xhᵀ + h W_hhᵀ + b);
# - a **mask** is a Boolean array of shape (B, T), `True` where a text has a word and `False` where a short text was filled up.
#   In each row the words come first. What other arrays hold at the places that were filled up **means nothing**: any number,
#   0 and −∞ included, or any id of the vocabulary. It has no influence on a right answer;
# - a token or a tag is an id, a whole number from 0. Id 0 is an id like any other;
# - logarithms are natural, an array of floats has dtype float64, and where a float is asked for, a NumPy float is one as well.
#   Nothing small is added "for safety" where the text does not say so;
# - arguments are NumPy arrays where nothing else is said. Your function returns new objects and leaves its arguments as they
#   were (of tensors, the numbers).
#
# Numbers are compared with a tolerance of one in a billion (question 12: one in a million). You may call your own functions
# from earlier questions, and import NumPy and the standard library; torch only in question 12. A mistake in question 1 is
# inherited by what calls it, so mend the earlier question first.
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
# **Question 1. One step** · 5 minutes · ★☆☆ · chapter section *A state that is carried along*
#
# Write `rnn_step(x, h, W_xh, W_hh, b)`: the states of B texts after one more input.
#
# - `x`: the inputs, (B, d). `h`: the states so far, (B, d_h). The weights are as above.
# - Returns a float array of shape (B, d_h).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def rnn_step(x, h, W_xh, W_hh, b):
    """tanh(W_xh x + W_hh h + b) for every text: a float array (B, d_h)."""
    # BEGIN SOLUTION
    return np.tanh(x @ W_xh.T + h @ W_hh.T + b)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two texts, two numbers in each place, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(rnn_step):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import rnn_step as mistakes
    # tanh(k ln 2) = (4^k - 1)/(4^k + 1). In units of ln 2, W_xh x is (1, 0) and (4, -2), W_hh h is (-1, 3) and (1, -1),
    # b is (-1, 1); together (-1, 4) and (4, -2)
    log2 = np.log(2)
    x, h = np.array([[1.0, 0], [0, 2]]) * log2, np.array([[1.0, -1], [0, 1]]) * log2
    W_xh, W_hh, b = np.array([[1.0, 2], [0, -1]]), np.array([[0.0, 1], [2, -1]]), np.array([-1.0, 1]) * log2
    expect(rnn_step, x, h, W_xh, W_hh, b, mistakes=mistakes, want=np.array([[-3 / 5, 255 / 257], [255 / 257, -15 / 17]]))
test_by_hand(rnn_step)
# %%
""" # BEGIN TEST CONFIG
name: random texts and weights of several sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(rnn_step):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import rnn_step as mistakes
    from llmcourse.recurrent.cells import Weights
    from llmcourse.recurrent.cells import rnn_step as reference
    random = rng()
    for batch, d, d_h in [(4, 3, 3), (1, 2, 2), (3, 2, 4), (2, 5, 1), (3, 3, 3)]:
        x, h = random.normal(size=(batch, d)), random.uniform(-1, 1, (batch, d_h))
        W_xh, W_hh, b = random.normal(size=(d_h, d)), random.normal(size=(d_h, d_h)), random.normal(size=d_h)
        [want] = reference(x, (h,), Weights(W_xh, W_hh, b, np.zeros(d_h)))
        expect(rnn_step, x, h, W_xh, W_hh, b, want=want, mistakes=mistakes)
test_random(rnn_step)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 2
# %% [markdown]
# **Question 2. One step after the other** · 10 minutes · ★☆☆ · chapter section *Unrolled*
#
# Write `rnn(X, h0, W_xh, W_hh, b)`: all states of B texts.
#
# - `X`: the inputs, (B, T, d). `h0`: the states before the first input, (B, d_h), not 0 in general.
# - Step t reads input t and the state after step t − 1. Every step has the same weights.
# - Returns a float array of shape (B, T, d_h) with the T states after the inputs; `h0` is not among them.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def rnn(X, h0, W_xh, W_hh, b):
    """The state after each input: a float array (B, T, d_h)."""
    # BEGIN SOLUTION
    states, h = [], h0
    for t in range(X.shape[1]):
        h = rnn_step(X[:, t], h, W_xh, W_hh, b)             # (B, d_h)
        states.append(h)
    return np.stack(states, axis=1)                         # (B, T, d_h)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two texts of three steps, one number in each place, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(rnn):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import rnn as mistakes
    # W_xh = 1, W_hh = 5/3 ln 2 and b = ln 2; tanh(ln 2) = 3/5, tanh(2 ln 2) = 15/17. Before the tanh, in units of ln 2:
    # text 1: -1 + 1 + 1 = 1, then 0 + 1 + 1 = 2, then x + 25/17 + 1 = -2
    # text 2:  0 - 1 + 1 = 0, then 1 + 0 + 1 = 2, then x + 25/17 + 1 = -1
    log2 = np.log(2)
    X = np.array([[-1, 0, -3 - 25 / 17], [0, 1, -2 - 25 / 17]])[:, :, None] * log2
    expect(rnn, X, np.array([[3 / 5], [-3 / 5]]), np.array([[1.0]]), np.array([[5 / 3 * log2]]), np.array([log2]),
           mistakes=mistakes, want=np.array([[3 / 5, 15 / 17, -15 / 17], [0, 15 / 17, -3 / 5]])[:, :, None])
    # The first text alone
    expect(rnn, X[:1], np.array([[3 / 5]]), np.array([[1.0]]), np.array([[5 / 3 * log2]]), np.array([log2]),
           mistakes=mistakes, want=np.array([[3 / 5, 15 / 17, -15 / 17]])[:, :, None])
test_by_hand(rnn)
# %%
""" # BEGIN TEST CONFIG
name: random texts and weights of several sizes
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(rnn):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import rnn as mistakes
    from llmcourse.recurrent.cells import Weights, unroll
    random = rng()
    for batch, T, d, d_h in [(2, 4, 3, 3), (3, 2, 2, 4), (1, 5, 2, 2), (4, 1, 3, 2), (3, 3, 2, 5), (3, 2, 3, 3)]:
        X, h0 = random.normal(size=(batch, T, d)), random.uniform(-1, 1, (batch, d_h))
        W_xh, W_hh, b = random.normal(size=(d_h, d)), random.normal(size=(d_h, d_h)), random.normal(size=d_h)
        want, _ = unroll("rnn", X, Weights(W_xh, W_hh, b, np.zeros(d_h)), state=(h0,))
        expect(rnn, X, h0, W_xh, W_hh, b, want=want, mistakes=mistakes)
test_random(rnn)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3
# %% [markdown]
# **Question 3. The price of all tags** · 10 minutes · ★★☆ · chapter section *One tag a word*
#
# A tagger gives a probability to each of C tags at each place. Write `tagging_loss(p, y, mask)`, the lecture's
#
# J = Σ_t Σ_c −y_tc ln p_tc
#
# summed over the words of all texts. It is a **sum**: nothing is divided by the number of words or of texts.
#
# - `p`: probabilities, (B, T, C). A probability of 0 may occur, but never that of the right tag of a word; that one may be as
#   small as 10⁻²⁰.
# - `y`: (B, T, C), the right tags in one-hot rows of the whole numbers 0 and 1. `mask`: (B, T).
# - Returns a float, at least 0. A text may be filled up from its first place on; at least one text has a word.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def tagging_loss(p, y, mask):
    """Sum over all words of -ln p(right tag): a float."""
    # BEGIN SOLUTION
    words = mask[:, :, None] & (y == 1)                     # (B, T, C): True at the right tag of every word
    return -float(np.log(p[words]).sum())
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the five words of the lecture, and two texts of which one is filled up
points: 1
""" # END TEST CONFIG
def test_by_hand(tagging_loss):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import tagging_loss as mistakes
    p = np.array([[[.1, .2, .5, .2], [.1, .7, .1, .1], [.4, .4, .1, .1], [.2, .1, .1, .6], [.3, .1, .5, .1]]])
    y = np.eye(4, dtype=int)[[[2, 1, 1, 3, 2]]]
    expect(tagging_loss, p, y, np.ones((1, 5), bool), want=float(-np.log(.5 * .7 * .4 * .6 * .5)), mistakes=mistakes)
    p = np.array([[[.5, .3, .2], [.1, .2, .7], [.1, .6, .3]], [[.7, .25, .05], [.3, .3, .4], [.8, .1, .1]]])
    y, mask = np.eye(3, dtype=int)[[[0, 1, 1], [1, 0, 2]]], np.array([[True, True, True], [True, False, False]])
    expect(tagging_loss, p, y, mask, want=float(-np.log(.5 * .2 * .6 * .25)), mistakes=mistakes)
    word, no_word = p.copy(), p.copy()
    word[0, 1], no_word[1, 2] = [0, .2, .8], [.5, .5, 0]     # a 0 at a tag that is not the right one; one where no word is
    expect(tagging_loss, word, y, mask, want=float(-np.log(.5 * .2 * .6 * .25)), mistakes=mistakes)
    expect(tagging_loss, no_word, y, mask, want=float(-np.log(.5 * .2 * .6 * .25)), mistakes=mistakes)
test_by_hand(tagging_loss)
# %%
""" # BEGIN TEST CONFIG
name: random distributions, texts of several lengths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(tagging_loss):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import tagging_loss as mistakes
    random = rng()
    for tags, lengths, zeros in [(5, [4, 2, 3], ""), (3, [2, 0, 5, 1], ""), (4, [3], ""), (4, [2, 4], "at a word"),
                                 (4, [2, 4], "elsewhere")]:
        T = max(lengths)
        p = random.dirichlet(np.ones(tags), (len(lengths), T)) * 0.9 + 0.1 / tags
        right, mask = random.integers(0, tags, (len(lengths), T)), np.arange(T) < np.array(lengths)[:, None]
        right[0, 0], y = 0, np.eye(tags, dtype=int)
        y = y[right]
        p[0, 1, right[0, 1]] = 1e-20
        if zeros == "at a word":                             # none for a wrong tag, in one place for all wrong tags
            p[1, 1], p[1, 0, right[1, 0] - 1] = y[1, 1], 0
        p /= p.sum(axis=-1, keepdims=True)
        if zeros == "elsewhere":                             # none for the tag that y names, and a place where y names none
            p[0, 3], y[0, 2] = 1 - y[0, 3], 0
        want = -sum(math.log(p[b, t, right[b, t]]) for b, length in enumerate(lengths) for t in range(length))
        expect(tagging_loss, p, y, mask, want=want, mistakes=mistakes)
test_random(tagging_loss)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3
# %% [markdown]
# **Question 4. How many tags are right?** · 10 minutes · ★★☆ · chapter section *One tag a word*
#
# Write `tagging_accuracy(scores, tags, mask)`: the share of words whose predicted tag is the right one.
#
# - `scores`: a number for each tag at each place, (B, T, C), greater for better tags; they may all be negative. The predicted
#   tag is the one with the greatest score, and among tags with equal scores the one with the **lowest id**.
# - `tags`: the right tags, whole numbers, (B, T). `mask`: (B, T).
# - Every word counts the same, however long its text is. A text may have no word; at least one text has one.
# - Returns a float from 0 to 1.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def tagging_accuracy(scores, tags, mask):
    """The share of words with the right tag: a float."""
    # BEGIN SOLUTION
    right = scores.argmax(axis=-1) == tags                  # (B, T); argmax takes the first of equal scores
    return float(right[mask].mean())
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the five words of the lecture, and texts of five words, two and none
points: 1
""" # END TEST CONFIG
def test_by_hand(tagging_accuracy):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import tagging_accuracy as mistakes
    # The third word has equal scores for tags 0 and 1, so it gets tag 0, and that is wrong
    scores = np.array([[[.1, .2, .5, .2], [.1, .7, .1, .1], [.4, .4, .1, .1], [.2, .1, .1, .6], [.3, .1, .5, .1]]])
    expect(tagging_accuracy, scores, np.array([[2, 1, 1, 3, 2]]), np.ones((1, 5), bool), want=0.8, mistakes=mistakes)
    # Predicted are 1 2 0 3 1, then 4 0 0 1 3, where 0 is equal to 3 in the second place, and 2 1 0 4 3 where no word is.
    # Four of five and two of two are right; the fifth is the tag with the lowest score
    first = [[-4, -1, -5, -9, -7], [-3, -8, -2, -6, -4], [-1, -2, -5, -3, -8], [-5, -7, -6, -2, -9], [-9, -3, -4, -8, -6]]
    second = [[-6, -5, -8, -7, -1], [-3, -9, -4, -3, -6], [-2, -6, -7, -4, -5], [-7, -4, -9, -5, -8], [-5, -8, -7, -1, -3]]
    third = [[-3, -5, -1, -6, -8], [-2, -1, -4, -7, -9], [-1, -6, -3, -5, -4], [-8, -7, -9, -4, -2], [-6, -5, -8, -2, -7]]
    scores = np.array([first, second, third]) / 2
    tags = np.array([[1, 2, 0, 3, 0], [4, 0, 0, 2, 2], [3, 1, 4, 0, 2]])
    mask = np.array([[True] * 5, [True, True, False, False, False], [False] * 5])
    expect(tagging_accuracy, scores, tags, mask, want=6 / 7, mistakes=mistakes)
test_by_hand(tagging_accuracy)
# %%
""" # BEGIN TEST CONFIG
name: random scores, ties, texts of several lengths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(tagging_accuracy):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import tagging_accuracy as mistakes
    random = rng()
    for size, lengths, shift in [(9, [9, 5, 7, 8], -12), (8, [2, 0, 8, 6, 3], -12), (7, [7], 0), (10, [10, 1, 9, 4], -12),
                                 (11, [11, 11, 10, 9, 1, 8], 0)]:
        T = max(lengths)
        scores = np.stack([random.permutation(12)[:size] for _ in range(len(lengths) * T)]).reshape(len(lengths), T, size)
        scores = (scores + shift) / 4                                    # all of them negative, or none
        mask = np.arange(T) < np.array(lengths)[:, None]
        for b, t in [(-1, 0), (0, 1)]:                                   # a tie of the first tag and the last, twice
            scores[b, t, [0, size - 1]] = scores[b, t].max() + 0.25
        predicted = np.array([[row.tolist().index(max(row)) for row in text] for text in scores])
        # Right is every other word, the first tie among them, but not the last word of the first text; where the tie is not
        # right, its other tag would be, and the fourth word is the tag with the lowest score. Where no word is, the others are
        # right
        odd = np.arange(T) % 2 == 1
        tags = np.where(np.where(mask, odd, ~odd), (predicted + 1) % size, predicted)
        tags[0, -1], tags[0, 1], tags[:, 3] = (predicted[0, -1] + 1) % size, size - 1, scores[:, 3].argmin(axis=-1)
        right = [predicted[b, t] == tags[b, t] for b, length in enumerate(lengths) for t in range(length)]
        expect(tagging_accuracy, scores, tags, mask, want=sum(map(float, right)) / len(right), mistakes=mistakes)
test_random(tagging_accuracy)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. What goes in, what shall come out** · 15 minutes · ★★☆ · chapter section *A recurrent language model*
#
# A language model reads SOS and the words, and at every step it shall predict what comes next; after the last word that is
# EOS. Write `inputs_and_labels(sequences, sos, eos, pad)`, which makes one block of several texts.
#
# - `sequences`: a list of at least one list of whole numbers, the words of each text. A text may be empty.
# - Let L be the number of words of the longest text. A text with n words has n + 1 inputs, n + 1 labels and n + 1 times `True`
#   in the mask; behind them its row is filled up to L + 1 places, with `pad` and with `False`.
# - `sos`, `eos`, `pad`: ids, not always different ones, and **they may be words, too**: the mask must not depend on which ids
#   stand in a text.
# - Returns a tuple `(inputs, labels, mask)` of three arrays of shape (B, L + 1): two of whole numbers, one of Booleans.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def inputs_and_labels(sequences, sos, eos, pad):
    """SOS in front of the words, EOS behind them, and where there is something: three arrays (B, L + 1)."""
    # BEGIN SOLUTION
    shape = len(sequences), max(map(len, sequences)) + 1
    inputs, labels, mask = np.full(shape, pad), np.full(shape, pad), np.zeros(shape, dtype=bool)
    for b, words in enumerate(sequences):
        n = len(words) + 1
        inputs[b, :n], labels[b, :n], mask[b, :n] = [sos, *words], [*words, eos], True
    return inputs, labels, mask
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: texts of three words, one and none, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(inputs_and_labels):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import inputs_and_labels as mistakes
    expect(inputs_and_labels, [[5, 6, 2], [7]], 1, 3, 4, mistakes=mistakes,
           want=(np.array([[1, 5, 6, 2], [1, 7, 4, 4]]), np.array([[5, 6, 2, 3], [7, 3, 4, 4]]),
                 np.array([[True] * 4, [True, True, False, False]])))
    # The id that fills up is a word here as well
    expect(inputs_and_labels, [[6, 4], []], 0, 2, 6, mistakes=mistakes,
           want=(np.array([[0, 6, 4], [0, 6, 6]]), np.array([[6, 4, 2], [2, 6, 6]]),
                 np.array([[True] * 3, [True, False, False]])))
test_by_hand(inputs_and_labels)
# %%
""" # BEGIN TEST CONFIG
name: random texts of several lengths, ids that are used twice
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(inputs_and_labels):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import inputs_and_labels as mistakes
    random = rng()
    for lengths, sos, eos, pad in [([2, 5, 3], 8, 9, 10), ([4, 1], 0, 0, 0), ([0, 3, 0, 6], 8, 9, 0), ([3], 1, 9, 2),
                                   ([0, 0], 5, 7, 3), ([3, 5], 7, 8, 8), ([1, 4, 2], 0, 2, 9)]:
        sequences = [random.permutation(8)[:length].tolist() for length in lengths]
        if pad < 8 and max(lengths):
            sequences[int(np.argmax(lengths))][1] = pad
        T = max(lengths) + 1
        want = (np.array([[sos, *words, *[pad] * (T - 1 - len(words))] for words in sequences]),
                np.array([[*words, eos, *[pad] * (T - 1 - len(words))] for words in sequences]),
                np.arange(T) <= np.array(lengths)[:, None])
        expect(inputs_and_labels, sequences, sos, eos, pad, want=want, mistakes=mistakes)
test_random(inputs_and_labels)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 4
# %% [markdown]
# **Question 6. What comes back over many steps** · 20 minutes · ★★★ · chapter section *What is left of a gradient*
#
# How strongly does the last state of an RNN depend on an early one? Write `gradient_norms(W_hh, H)`: the norms of the matrices
# ∂h_T/∂h_t for t = 1, 2, … T, where row i and column j of ∂h_T/∂h_t is the derivative of entry i of h_T with respect to entry j
# of h_t.
#
# - `H`: the T states of one text, (T, d_h), h_1 first. `W_hh`: (d_h, d_h), not symmetric in general.
# - One step: ∂h_{t+1}/∂h_t = diag(1 − h_{t+1}²) W_hh, where diag makes a diagonal matrix of a vector and the square is taken
#   entry by entry. Over several steps such matrices are multiplied, by the chain rule; ∂h_T/∂h_T is the identity.
# - The norm is the **spectral** norm, the greatest factor by which a matrix makes a vector longer: `np.linalg.norm(A, 2)`.
# - Returns a float array of shape (T,). The first number belongs to h_1, the last is 1.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def gradient_norms(W_hh, H):
    """Spectral norms of the derivatives of the last state with respect to each state: a float array (T,)."""
    # BEGIN SOLUTION
    product, norms = np.eye(len(W_hh)), []
    for h in H[::-1]:                                       # from h_T back to h_1
        norms.append(np.linalg.norm(product, 2))
        product = product @ ((1 - h**2)[:, None] * W_hh)    # the earlier step stands on the right
    return np.array(norms[::-1])
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: states of one and of two numbers, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(gradient_norms):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import gradient_norms as mistakes
    # 1 - h² is 16/25, 9/25 and 1
    expect(gradient_norms, np.array([[-2.0]]), np.array([[0.6], [0.8], [0], [-0.6]]), mistakes=mistakes,
           want=np.array([2 * 9 / 25 * 2 * 2 * 16 / 25, 2 * 2 * 16 / 25, 2 * 16 / 25, 1]))
    # All rows of W are multiples of (1, 1), so those of each product are, and its norm is √2 times the length of a column:
    # ∂h_3/∂h_2 has the column (3 · 16/25, 4 · 9/25), and ∂h_3/∂h_1 has this times 3 · 1 + 4 · 16/25
    last = np.sqrt(2) * np.hypot(3 * 16 / 25, 4 * 9 / 25)
    expect(gradient_norms, np.array([[3.0, 3], [4, 4]]), np.array([[0.8, 0], [0, -0.6], [0.6, 0.8]]), mistakes=mistakes,
           want=np.array([(3 + 4 * 16 / 25) * last, last, 1]))
    # A step that turns a vector and makes it longer: ∂h_2/∂h_1 = [[0, -2 · 16/25], [1/2, 0]]
    expect(gradient_norms, np.array([[0.0, -2], [0.5, 0]]), np.array([[0.6, 0.8], [0.6, 0]]), mistakes=mistakes,
           want=np.array([32 / 25, 1]))
test_by_hand(gradient_norms)
# %%
""" # BEGIN TEST CONFIG
name: random weights and states, also a text of one step
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(gradient_norms):
    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import gradient_norms as mistakes
    from llmcourse.recurrent.cells import jacobian_norms
    random = rng()
    for T, d_h, scale in [(5, 3, 0.8), (4, 4, 1.5), (1, 2, 1.0), (7, 2, 0.6), (3, 1, 1.2)]:
        W_hh, H = scale * random.normal(size=(d_h, d_h)), random.uniform(-0.9, 0.9, (T, d_h))
        expect(gradient_norms, W_hh, H, want=jacobian_norms(W_hh, H), mistakes=mistakes)
test_random(gradient_norms)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 4
# %% [markdown]
# **Question 7. Four gates and two states** · 15 minutes · ★★☆ · chapter section *The LSTM*
#
# Write `lstm_step(x, h, c, W_xh, W_hh, b)`: one step of an LSTM, which carries a hidden state h and a context state c.
#
# From a = W_xh x + W_hh h + b, a vector of 4·d_h numbers, come four vectors of d_h numbers each: the **first quarter** of a is
# a_i, then come a_f, a_g and a_o. That order, i, f, g, o, is torch's. Then
#
# i = σ(a_i),  f = σ(a_f),  g = tanh(a_g),  o = σ(a_o),  c′ = f ⊙ c + i ⊙ g,  h′ = o ⊙ tanh(c′)
#
# where σ(a) = 1/(1 + e^(−a)) and ⊙ multiplies entry by entry.
#
# - `x`: (B, d). `h` and `c`: (B, d_h). `W_xh`: (4·d_h, d), `W_hh`: (4·d_h, d_h), `b`: (4·d_h,).
# - Some tests have numbers around a thousand in a, on both sides of 0. The answer stays finite there.
# - Returns a tuple `(h′, c′)` of two float arrays of shape (B, d_h).
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def lstm_step(x, h, c, W_xh, W_hh, b):
    """The new hidden and the new context state: two float arrays (B, d_h)."""
    # BEGIN SOLUTION
    def sigmoid(a):
        return 0.5 * (1 + np.tanh(0.5 * a))                 # 1/(1 + e^(-a)), without an exponential that overflows

    i, f, g, o = np.split(x @ W_xh.T + h @ W_hh.T + b, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: one number and two numbers in each state, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(lstm_step):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import lstm_step as mistakes
    log2, log3, log4 = np.log([2, 3, 4])
    # σ(0) = 1/2, σ(ln 3) = 3/4, σ(-ln 3) = 1/4, σ(-ln 4) = 1/5; tanh(ln 2) = 3/5, tanh(-ln 3) = -4/5
    # Biases alone: i = 1/2, f = 3/4, g = 3/5, o = 1/4, so c' = 3/4 · 1 + 1/2 · 3/5
    expect(lstm_step, np.array([[0.0]]), np.array([[0.0]]), np.array([[1.0]]), np.zeros((4, 1)), np.zeros((4, 1)),
           np.array([0, log3, log2, -log3]), mistakes=mistakes, want=(np.array([[np.tanh(1.05) / 4]]), np.array([[1.05]])))
    # i = (1/2, 3/4), f = (3/4, 1/5), g = (3/5, -4/5), o = (1/4, 1/2) for the first text: half of a comes from b, a quarter
    # from x = 1 and a quarter from h = (1, 0). For the second one these two are -1, so a is 0 everywhere
    a = np.array([0, log3, log3, -log4, log2, -log3, -log3, 0])
    expect(lstm_step, np.array([[1.0], [-1.0]]), np.array([[1.0, 0], [-1.0, 0]]), np.array([[1.0, -2.0], [4, 6]]),
           a[:, None] / 4, np.stack([a / 4, np.arange(8.0)], axis=1), a / 2, mistakes=mistakes,
           want=(np.array([[np.tanh(1.05) / 4, np.tanh(-1) / 2], [np.tanh(2) / 2, np.tanh(3) / 2]]),
                 np.array([[1.05, -1], [2, 3]])))
    # i = (1, 0), f = (0, 1), g = (1, 0), o = (1, 1)
    expect(lstm_step, np.array([[1.0]]), np.array([[0.5, 0.5]]), np.array([[7.0, 0.25]]),
           np.array([[1000.0], [-1000], [-1200], [1200], [900], [0], [800], [1000]]), np.zeros((8, 2)), np.zeros(8),
           mistakes=mistakes, want=(np.tanh([[1, 0.25]]), np.array([[1, 0.25]])))
test_by_hand(lstm_step)
# %%
""" # BEGIN TEST CONFIG
name: random texts and weights of several sizes
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(lstm_step):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import lstm_step as mistakes
    from llmcourse.recurrent.cells import Weights
    from llmcourse.recurrent.cells import lstm_step as reference
    random = rng()
    for batch, d, d_h, scale in [(3, 2, 4, 1.0), (1, 3, 3, 1.0), (4, 4, 2, 1.0), (2, 3, 1, 1.0), (2, 2, 3, 2000.0)]:
        x, h, c = random.normal(size=(batch, d)), random.uniform(-1, 1, (batch, d_h)), 2 * random.normal(size=(batch, d_h))
        W_xh, W_hh, b = random.normal(size=(4 * d_h, d)), random.normal(size=(4 * d_h, d_h)), random.normal(size=4 * d_h)
        if scale > 1:                                                   # 2000 and -2000 in every gate, whatever is drawn
            W_xh[:], b[:] = 0, scale * np.tile([1, -1, 0.7], 4) * np.repeat([1, 1, -1, -1], 3)
        want = reference(x, (h, c), Weights(W_xh, W_hh, b, np.zeros(4 * d_h)))
        expect(lstm_step, x, h, c, W_xh, W_hh, b, want=want, mistakes=mistakes)
test_random(lstm_step)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 4
# %% [markdown]
# **Question 8. Back, but not too far** · 25 minutes · ★★★ · chapter section *Truncated backpropagation*
#
# An RNN whose inputs and states are single numbers: h_t = tanh(w x_t + u h_{t−1}), with h_0 = 0. Its loss is the sum of
# L_t = (h_t − y_t)² over all steps. Write `truncated_gradient(w, u, xs, ys, chunk)`: its gradient by **truncated**
# backpropagation.
#
# - The text is cut into chunks of `chunk` steps, from its start; the last chunk may be shorter. Going forward, nothing changes:
#   the state goes from the last step of a chunk into the next chunk. Going back, it counts as a **constant** there: the
#   gradient of each chunk is that of its own losses, and it ends at the chunk's first step. The gradients of all chunks are
#   added up.
# - `w`, `u`: floats. `xs`, `ys`: lists of T floats each. `chunk`: a whole number, at least 1, possibly greater than T.
# - Useful: with a_t, that of which h_t is the tanh, and δ_t, the derivative of the chunk's losses with respect to a_t, it is
#   δ_t = (2 (h_t − y_t) + u δ_{t+1}) (1 − h_t²); at the last step of a chunk there is no δ_{t+1}. A step adds δ_t x_t to the
#   one derivative and δ_t h_{t−1} to the other.
# - Returns a tuple `(dw, du)` of two floats.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def truncated_gradient(w, u, xs, ys, chunk):
    """The gradient of the summed squared errors, cut between chunks: (dw, du)."""
    # BEGIN SOLUTION
    states = [0.0]                                          # h_0, then h_t at place t
    for x in xs:
        states.append(float(np.tanh(w * x + u * states[-1])))
    dw = du = delta = 0.0
    for t in range(len(xs), 0, -1):
        if t % chunk == 0:                                  # step t is the last of its chunk: nothing comes from behind
            delta = 0.0
        delta = (2 * (states[t] - ys[t - 1]) + u * delta) * (1 - states[t] ** 2)
        dw += delta * xs[t - 1]
        du += delta * states[t - 1]
    return dw, du
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three steps in chunks of two, one and three, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(truncated_gradient):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import truncated_gradient as mistakes
    # h = 3/5, 4/5, -3/5, since w x + u h is ln 2, then 5/3 ln 3 · 3/5 = ln 3, then -ln 2; 1 - h² = 16/25, 9/25, 16/25;
    # 2 (h - y) = -4/5, 3/5, -6/5
    w, u = float(np.log(2)), float(5 / 3 * np.log(3))
    xs, ys = [1.0, 0.0, float(-1 - u * 4 / 5 / w)], [1.0, 0.5, 0.0]
    third = -6 / 5 * 16 / 25
    second = 3 / 5 * 9 / 25
    first = (-4 / 5 + u * second) * 16 / 25
    expect(truncated_gradient, w, u, xs, ys, 2, want=(first + third * xs[2], second * 3 / 5 + third * 4 / 5), mistakes=mistakes)
    first = -4 / 5 * 16 / 25
    expect(truncated_gradient, w, u, xs, ys, 1, want=(first + third * xs[2], second * 3 / 5 + third * 4 / 5), mistakes=mistakes)
    second = (3 / 5 + u * third) * 9 / 25
    first = (-4 / 5 + u * second) * 16 / 25
    expect(truncated_gradient, w, u, xs, ys, 3, want=(first + third * xs[2], second * 3 / 5 + third * 4 / 5), mistakes=mistakes)
test_by_hand(truncated_gradient)
# %%
""" # BEGIN TEST CONFIG
name: random texts, chunks of several lengths
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(truncated_gradient):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import truncated_gradient as mistakes
    from llmcourse.recurrent.cells import Weights, rnn_gradients, unroll
    random = rng()
    for T, chunk in [(7, 3), (6, 2), (5, 1), (4, 9), (1, 2), (8, 5)]:
        w, u = (float(sign * size) for sign, size in zip(random.choice([-1, 1], 2), random.uniform(0.5, 1.5, 2), strict=True))
        xs, ys = random.normal(size=T), random.normal(size=T)
        weights = Weights(np.array([[w]]), np.array([[u]]), np.zeros(1), np.zeros(1))
        X, y = xs[None, :, None], ys[None, :, None]
        _, gradient = rnn_gradients(X, 2 * (unroll("rnn", X, weights)[0] - y), weights, chunk=chunk)
        expect(truncated_gradient, w, u, xs.tolist(), ys.tolist(), chunk, mistakes=mistakes,
               want=(float(gradient.W_xh[0, 0]), float(gradient.W_hh[0, 0])))
test_random(truncated_gradient)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 2
# %% [markdown]
# **Question 9. How likely is a minibatch?** · 10 minutes · ★☆☆ · chapter section *Minibatches and J^(B)*
#
# Write `batch_log_likelihood(log_p, labels, mask)`: the log-likelihood of each text, Σ_t ln p(label_t), and of all together,
# the lecture's J^(B), which is their sum over b.
#
# - `log_p`: log-probabilities, (B, T, V); some are −∞, but never that of the label of a word. `labels`: whole numbers from 0 to
#   V − 1, (B, T), already shifted: the distribution at place t is the one for the label at place t. `mask`: (B, T).
# - Nothing is divided by anything. A text without a word has the log-likelihood 0.
# - Returns a tuple `(texts, J)` of a float array of shape (B,) and a float. Both are what the lecture *maximises*: at most 0.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def batch_log_likelihood(log_p, labels, mask):
    """The log-likelihood of each text, a float array (B,), and their sum, a float."""
    # BEGIN SOLUTION
    chosen = np.take_along_axis(log_p, labels[:, :, None], axis=2)[:, :, 0]        # (B, T)
    texts = np.where(mask, chosen, 0).sum(axis=1)                                  # (B,)
    return texts, float(texts.sum())
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two texts of which one is filled up, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(batch_log_likelihood):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import batch_log_likelihood as mistakes
    p = np.array([[[.5, .3, .2], [.1, .2, .7], [.1, .6, .3]], [[.7, .25, .05], [.3, .3, .4], [.8, .1, .1]]])
    labels, mask = np.array([[0, 1, 1], [1, 0, 2]]), np.array([[True, True, True], [True, False, False]])
    texts = np.log([.5 * .2 * .6, .25])
    expect(batch_log_likelihood, np.log(p), labels, mask, want=(texts, float(np.log(.5 * .2 * .6 * .25))), mistakes=mistakes)
    word, no_word = p.copy(), p.copy()
    word[0, 1], no_word[1, 2] = [0, .2, .8], [.5, .5, 0]     # a 0 at what is not the label; one where no word is
    with np.errstate(divide="ignore"):
        word, no_word = np.log(word), np.log(no_word)
    expect(batch_log_likelihood, word, labels, mask, want=(texts, float(texts.sum())), mistakes=mistakes)
    expect(batch_log_likelihood, no_word, labels, mask, want=(texts, float(texts.sum())), mistakes=mistakes)
test_by_hand(batch_log_likelihood)
# %%
""" # BEGIN TEST CONFIG
name: random distributions, texts of several lengths
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(batch_log_likelihood):
    import math

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import batch_log_likelihood as mistakes
    random = rng()
    for size, lengths, zeros in [(6, [4, 2, 3], ""), (3, [1, 0, 5, 2], ""), (5, [3], ""), (4, [2, 4], "at a word"),
                                 (4, [2, 4], "elsewhere")]:
        T = max(lengths)
        p = random.dirichlet(np.ones(size), (len(lengths), T)) * 0.9 + 0.1 / size
        labels, mask = random.integers(0, size, (len(lengths), T)), np.arange(T) < np.array(lengths)[:, None]
        labels[0, 0] = 0
        if zeros == "at a word":                             # no probability for what is not the label
            p[0, 1, labels[0, 1] - 1] = 0
            p[0, 1] /= p[0, 1].sum()
        if zeros == "elsewhere":
            p[0, 3] = 0
        with np.errstate(divide="ignore"):
            log_p = np.log(p)
        texts = [sum(math.log(p[b, t, labels[b, t]]) for t in range(length)) for b, length in enumerate(lengths)]
        expect(batch_log_likelihood, log_p, labels, mask, want=(np.array(texts, float), float(sum(texts))), mistakes=mistakes)
test_random(batch_log_likelihood)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 3
# %% [markdown]
# **Question 10. Not too long a step** · 10 minutes · ★★☆ · chapter section *Clipping*
#
# Write `clip_by_global_norm(gradients, limit)`. The gradients of all parameters together are one long vector. If its length is
# greater than `limit`, all of it is made shorter by one factor, so that its length becomes `limit` and its direction stays.
#
# - `gradients`: a list of at least one array of floats, of any shapes. They may all be 0. `limit`: a float greater than 0.
# - The length is the Euclidean norm of all numbers in all arrays, √Σ g². Gradients that are not longer than `limit` stay as
#   they are. The factor is exactly `limit` divided by the norm.
# - Returns a tuple `(clipped, norm)`: a list of arrays with the shapes of `gradients`, and the norm **before** clipping, a
#   float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def clip_by_global_norm(gradients, limit):
    """The gradients, shortened together where they are too long, and the norm that they had."""
    # BEGIN SOLUTION
    norm = float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))
    factor = limit / norm if norm > limit else 1.0
    return [gradient * factor for gradient in gradients], norm
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a norm of 9, above the limit and below it, and one of 0
points: 1
""" # END TEST CONFIG
def test_by_hand(clip_by_global_norm):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import clip_by_global_norm as mistakes
    gradients = [np.array([2.0]), np.array([[5.0], [-6]]), np.array([-4.0])]
    clipped = [np.array([.4]), np.array([[1.0], [-1.2]]), np.array([-.8])]
    expect(clip_by_global_norm, gradients, 1.8, want=(clipped, 9.0), mistakes=mistakes)
    expect(clip_by_global_norm, gradients, 20.0, want=(gradients, 9.0), mistakes=mistakes)
    matrix, further = np.array([[3.0, 0], [0, 4]]), np.array([12.0])                      # 3² + 4² + 12² = 13²
    expect(clip_by_global_norm, [matrix, further], 6.5, want=([matrix / 2, further / 2], 13.0), mistakes=mistakes)
    two_matrices = np.array([[[3.0, 0], [0, 4]], [[12, 0], [0, 0]]])                      # one array with three axes
    expect(clip_by_global_norm, [two_matrices], 26.0, want=([two_matrices], 13.0), mistakes=mistakes)
    nothing = [np.zeros(2), np.zeros((1, 3))]
    expect(clip_by_global_norm, nothing, 1.0, want=(nothing, 0.0), mistakes=mistakes)
test_by_hand(clip_by_global_norm)
# %%
""" # BEGIN TEST CONFIG
name: random gradients, long and short ones
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(clip_by_global_norm):
    import math

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import clip_by_global_norm as mistakes
    random = rng()
    for shapes, share in [([(3, 4), (5,), (2, 2, 2)], 0.3), ([(6,)], 0.5), ([(2, 3), (3,)], 1.7), ([(4, 2), (1,), (7,)], 0.01),
                          ([(3,), (3,)], 60.0)]:
        gradients = [random.normal(size=shape) for shape in shapes]
        if len(shapes) > 2:
            gradients[1] = gradients[1] / 1000                          # short by itself, whatever is drawn
        norm = math.sqrt(sum(x * x for gradient in gradients for x in gradient.ravel().tolist()))
        want = [gradient * min(1.0, share) for gradient in gradients]
        expect(clip_by_global_norm, gradients, share * norm, want=(want, norm), mistakes=mistakes)
    nothing = [0 * gradient for gradient in gradients]
    expect(clip_by_global_norm, nothing, 1.5, want=(nothing, 0.0), mistakes=mistakes)
test_random(clip_by_global_norm)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 4
# %% [markdown]
# **Question 11. Read, then write** · 20 minutes · ★★★ · chapter section *Two networks: translation*
#
# Write `translate(source, encoder, decoder, bos, eos, max_length)`: one RNN reads a text, another one writes its translation,
# always taking the most probable word. There is one text, so states are vectors of d_h numbers.
#
# - `encoder`: a tuple `(E, W_xh, W_hh, b)`; row w of E is the vector of word w. It begins with a state of zeros and reads
#   `source`, a list of ids of its own language, from left to right. If `source` is empty, the state stays 0.
# - `decoder`: a tuple `(E, W_xh, W_hh, b, U)` of other arrays, in the other language. Its first state is the encoder's last
#   one, and the first word that it reads is `bos`. At each step it reads a word, makes a new state h by the same formula as any
#   RNN, gives each word w the score z_w, entry w of z = U h, and writes the word with the greatest score; of words with equal
#   scores the one with the **lowest id**. What it wrote is what it reads next.
# - It stops when it has written `eos`, or `max_length` words (at least 1, `eos` counts). Any word may be written, `bos` too.
# - Returns a list of whole numbers: all that was written, with `eos` at the end if it was written.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def translate(source, encoder, decoder, bos, eos, max_length):
    """What the decoder writes after the encoder has read the source: a list of ids."""
    # BEGIN SOLUTION
    E, W_xh, W_hh, b = encoder
    h = np.zeros(len(b))
    for word in source:
        h = np.tanh(W_xh @ E[word] + W_hh @ h + b)
    E, W_xh, W_hh, b, U = decoder
    word, written = bos, []
    while len(written) < max_length:
        h = np.tanh(W_xh @ E[word] + W_hh @ h + b)
        word = int((U @ h).argmax())
        written.append(word)
        if word == eos:
            break
    return written
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: states of 1 and −1, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(translate):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.recurrent import translate as mistakes
    # Every number before a tanh is at least 20 or at most -20, so every entry of a state is 1 or -1 to the last digit
    encoder = (np.array([[1.0], [-1], [2]]), np.array([[40.0], [40]]), np.array([[40.0, -40], [40, 0]]), np.array([20.0, -20]))
    decoder = (np.array([[1.0], [-1], [2], [-2], [0]]), np.array([[40.0], [0]]), np.array([[-40.0, -40], [0, -80]]),
               np.array([20.0, 20]), np.array([[-1.0, -1], [-1, 1], [1, 1], [-1, -1], [1, -1]]))
    # The encoder goes from 0 to (-1, -1) and (1, -1). The decoder reads 1 and gets (-1, 1): word 1 has a score of 2, no other
    # has more than 0. It reads 1 and gets (-1, -1): words 0 and 3 have a score of 2, and 0 is eos
    expect(translate, [1, 0], encoder, decoder, 1, 0, 7, want=[1, 0], mistakes=mistakes)
    expect(translate, [1, 0], encoder, decoder, 1, 0, 1, want=[1], mistakes=mistakes)
    expect(translate, [0, 2, 1], encoder, decoder, 1, 0, 4, want=[2, 4, 2, 4], mistakes=mistakes)       # it would go on
    expect(translate, [2, 1], encoder, decoder, 1, 0, 6, want=[2, 4, 2, 4, 2, 4], mistakes=mistakes)
    expect(translate, [], encoder, decoder, 1, 0, 3, want=[1, 0], mistakes=mistakes)
    expect(translate, [2], encoder, decoder, 1, 0, 5, want=[0], mistakes=mistakes)
test_by_hand(translate)
# %%
""" # BEGIN TEST CONFIG
name: random networks, texts that end and texts that do not
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(translate):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.recurrent import translate as mistakes
    random = rng()

    def states(words, E, W_xh, W_hh, b, h):
        for word in words:
            h = np.tanh(E[word] @ W_xh.T + h @ W_hh.T + b)
        return h

    def draw(size, d, d_h):
        return [random.normal(size=(size, d)), 1.5 * random.normal(size=(d_h, d)),
                2 * random.normal(size=(d_h, d_h)) / d_h**0.5, 0.5 * random.normal(size=d_h)]

    def write(h, decoder, U, bos):
        written = []
        for _ in range(8):
            written.append(int(np.argmax(U @ states([bos, *written], *decoder, h))))
        return written

    # Eight words are written without an end, several of them different, and other ones if the source is read in another way.
    # Then one of them becomes eos: the first, the last that is new, or one that was not written at all
    for end, d, d_h, length in [("never", 3, 4, 3), ("last", 4, 4, 2), ("first", 2, 5, 4), ("last", 3, 4, 0),
                                ("never", 4, 6, 1), ("last", 5, 4, 5), ("never", 4, 5, 5), ("never", 3, 6, 4)]:
        written, others = [], [[]]
        while not 4 <= len(set(written)) <= 6 or written in others:
            encoder, decoder, source = draw(6, d, d_h), draw(7, d + 1, d_h), random.permutation(6)[:length].tolist()
            bos, U, zero = int(random.integers(7)), random.normal(size=(7, d_h)), np.zeros(d_h)
            written = write(states(source, *encoder, zero), decoder, U, bos)
            parts = [[], source[::-1], source[:-1], source[-1:]]
            others = [write(states(part, *encoder, zero), decoder, U, bos) for part in parts if part != source]
        firsts = {word: written.index(word) for word in written}
        if end == "never":
            eos = next(word for word in range(8) if word not in written)
        else:
            eos = written[0] if end == "first" else max(firsts, key=lambda word: firsts[word])
            written = written[:firsts[eos] + 1]
        expect(translate, source, tuple(encoder), (*decoder, U), bos, eos, 8, want=written, mistakes=mistakes)
        less = max(1, len(written) - 1)                      # no room for the last word, which may be eos
        expect(translate, source, tuple(encoder), (*decoder, U), bos, eos, less, want=written[:less], mistakes=mistakes)
test_random(translate)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [markdown]
# The last function is the only one that uses torch. If this cell fails, torch is missing in the Python that runs this notebook:
# `python -m pip install torch` there, and restart the kernel. Nothing above needs it.
# %%
import torch

torch.set_num_threads(1)                             # such small matrices need no more
# %% [raw]
# # BEGIN QUESTION
# name: q12
# points: 4
# %% [markdown]
# **Question 12. In chunks, with a framework** · 20 minutes · ★★★ · chapter section *Truncated backpropagation*
#
# A recurrent language model without biases: x_t = row `inputs[b, t]` of E, h_t = tanh(W_xh x_t + W_hh h_{t−1}) with h_0 = 0,
# and scores z_t = U h_t. Write `torch_gradients(E, W_xh, W_hh, U, inputs, labels, chunk)`: its gradients by truncated
# backpropagation, found by `backward()`.
#
# - The loss is the **mean** over all B·T places of −ln p(label), where p = softmax(z). The steps are cut into chunks of `chunk`
#   steps as in question 8, the last of which may be shorter: going forward, the state is handed on; going back, it is a
#   constant for the next chunk, which is what `h.detach()` makes of it. The gradients of all chunks are added up.
# - The arguments are torch tensors: E (V, d), W_xh (d_h, d), W_hh (d_h, d_h) and U (V, d_h) of dtype float64, `inputs` and
#   `labels` of dtype int64, both (B, T). `chunk` is a whole number, at least 1, possibly greater than T.
# - The weights do not require gradients when they come in; `E.clone().requires_grad_()` is a copy that does. A second
#   `backward()` adds to what the first one left in `.grad`. `torch.nn.functional.cross_entropy(z, labels, reduction="sum")`
#   takes **scores**, (N, V), and labels, (N,).
# - `torch.zeros(…)` has dtype float32; with `dtype=torch.float64` it fits the weights.
# - If torch complains that you go backward through a graph a second time, the state was not made a constant.
#   `retain_graph=True` would silence it, and give the whole gradient instead of the truncated one.
# - Returns a tuple `(dE, dW_xh, dW_hh, dU)` of four tensors of dtype float64.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def torch_gradients(E, W_xh, W_hh, U, inputs, labels, chunk):
    """Gradients of the mean loss with respect to E, W_xh, W_hh and U, cut between chunks: four float64 tensors."""
    # BEGIN SOLUTION
    E, W_xh, W_hh, U = theta = [weights.clone().requires_grad_() for weights in (E, W_xh, W_hh, U)]
    B, T = inputs.shape
    h = torch.zeros(B, len(W_hh), dtype=torch.float64)
    for first in range(0, T, chunk):
        h, loss = h.detach(), 0.0
        for t in range(first, min(first + chunk, T)):
            h = torch.tanh(E[inputs[:, t]] @ W_xh.T + h @ W_hh.T)                  # (B, d_h)
            loss = loss + torch.nn.functional.cross_entropy(h @ U.T, labels[:, t], reduction="sum")
        (loss / (B * T)).backward()
    return tuple(weights.grad for weights in theta)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: three texts of four steps and one of two, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(torch_gradients):
    import numpy as np

    from autograder.checks import expect, tensor
    from autograder.misconceptions.recurrent import torch_gradients as mistakes
    log2, log3 = np.log([2, 3])
    # W_xh = 1 and W_hh = 5/3 ln 2, and words 0, 1, 2, 3 are read as ln 2, ln 3 - ln 2, -7/3 ln 2, -ln 2. Before the tanh stand,
    # in the first text, ln 2, ln 3 - ln 2 + ln 2, -7/3 ln 2 + 4/3 ln 2 and ln 2 - ln 2
    x, u = np.array([log2, log3 - log2, -7 / 3 * log2, -log2]), 5 / 3 * log2
    inputs, labels = np.array([[0, 1, 2, 0], [3, 0, 3, 0], [0, 3, 0, 3]]), np.array([[1, 2, 2, 0], [0, 3, 1, 1], [2, 0, 3, 3]])
    h = np.array([[3, 4, -3, 0], [-3, 0, -3, 0], [3, 0, 3, 0]]) / 5
    U = np.array([0, log2, log3, -log2]) * 5 / 3
    wrong = np.exp(h[:, :, None] * U)
    wrong /= wrong.sum(axis=2, keepdims=True)                           # p
    wrong = (wrong - np.eye(4)[labels]) / 12                            # (p - y)/(B·T)
    slope, price = 1 - h**2, wrong @ U
    given = [tensor(part, "float64") for part in (x[:, None], [[1.0]], [[u]], U[:, None])]
    given += [tensor(inputs, "int64"), tensor(labels, "int64")]
    for chunk in (3, 1, 4):
        a = np.zeros((3, 5))                                            # from the last step to the first; there is no fifth
        for t in (3, 2, 1, 0):
            a[:, t] = (price[:, t] + (u * a[:, t + 1] if (t + 1) % chunk else 0)) * slope[:, t]
        dE = [a[:, :4][inputs == word].sum() for word in range(4)]
        want = (np.array(dE)[:, None], [[(a[:, :4] * x[inputs]).sum()]], [[(a[:, 1:4] * h[:, :3]).sum()]],
                np.einsum("btv,bt->v", wrong, h)[:, None])
        expect(torch_gradients, *given, chunk, mistakes=mistakes, atol=1e-6, rtol=1e-6,
               want=tuple(tensor(part, "float64") for part in want))
    # One text of two words, states of two numbers: (ln 2, -ln 2) before the first tanh, then W_hh h = (ln 2, 0) alone
    E, W_xh, W_hh = np.array([[log2], [0]]), np.array([[1.0], [-1]]), np.array([[0, -5 / 3 * log2], [0, 0]])
    U, first, second = np.array([[log2, 0], [0, log3]]) * 5 / 3, np.array([3, -3]) / 5, np.array([3, 0]) / 5
    wrong = np.array([[6 / 7, -6 / 7], [-1 / 3, 1 / 3]]) / 2            # z = (ln 2, -ln 3), label 1; z = (ln 2, 0), label 0
    later = wrong[1] @ U * (1 - second**2)
    early = (wrong[0] @ U + [0, later[0] * W_hh[0, 1]]) * (1 - first**2)
    want = (np.array([[early[0] - early[1]], [later[0] - later[1]]]), early[:, None] * log2, np.outer(later, first),
            np.outer(wrong[0], first) + np.outer(wrong[1], second))
    given = [tensor(part, "float64") for part in (E, W_xh, W_hh, U)] + [tensor([[0, 1]], "int64"), tensor([[1, 0]], "int64")]
    expect(torch_gradients, *given, 2, mistakes=mistakes, atol=1e-6, rtol=1e-6,
           want=tuple(tensor(part, "float64") for part in want))
test_by_hand(torch_gradients)
# %%
""" # BEGIN TEST CONFIG
name: random networks and texts, chunks of several lengths
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(torch_gradients):
    import numpy as np

    from autograder.checks import expect, rng, tensor
    from autograder.misconceptions.recurrent import torch_gradients as mistakes
    from llmcourse.gradient_descent import log_softmax
    from llmcourse.recurrent.cells import Weights, rnn_gradients, unroll
    random = rng()
    for size, d, d_h, batch, T, chunk in [(6, 2, 3, 4, 7, 3), (5, 3, 3, 1, 4, 2), (7, 3, 2, 3, 5, 1), (4, 2, 4, 2, 3, 8),
                                          (5, 2, 2, 3, 3, 2)]:
        E, U = random.normal(size=(size, d)), random.normal(size=(size, d_h))
        weights = Weights(random.normal(size=(d_h, d)), random.normal(size=(d_h, d_h)), np.zeros(d_h), np.zeros(d_h))
        inputs, labels = random.integers(0, size, (2, batch, T))
        inputs[0, 0], inputs[-1, -1], labels[0, 0] = 0, 0, 0
        H, _ = unroll("rnn", E[inputs], weights)
        dz = (np.exp(log_softmax(H @ U.T)) - np.eye(size)[labels]) / (batch * T)
        dX, gradient = rnn_gradients(E[inputs], dz @ U, weights, chunk=chunk)
        dE = np.zeros(E.shape)
        np.add.at(dE, inputs, dX)
        want = (dE, gradient.W_xh, gradient.W_hh, np.einsum("btv,bth->vh", dz, H))
        given = [tensor(part, "float64") for part in (E, weights.W_xh, weights.W_hh, U)]
        expect(torch_gradients, *given, tensor(inputs, "int64"), tensor(labels, "int64"), chunk, mistakes=mistakes,
               want=tuple(tensor(part, "float64") for part in want), atol=1e-6, rtol=1e-6)
test_random(torch_gradients)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q13
# points: 4
# manual: true
# %% [markdown]
# **Question 13. Three curves and a sign** · 20 minutes · ★★☆ · chapter sections *What is left of a gradient*, *The LSTM* and
# *Minibatches and J^(B)* · read by a person
#
# Three networks with d_h = 32 and random first weights read 21 random inputs. The table has the spectral norm of the derivative
# of the last state with respect to the state some steps earlier, as it was measured once; for the LSTM, "state" is h and c
# together.
#
# | steps back | 1 | 5 | 10 | 20 |
# |---|---|---|---|---|
# | RNN | 1.0 | 0.099 | 0.0033 | 4.3·10⁻⁶ |
# | LSTM, bias of the forget gate 0 | 0.81 | 0.15 | 0.018 | 1.8·10⁻⁴ |
# | LSTM, bias of the forget gate 2 | 1.1 | 1.1 | 1.1 | 1.1 |
#
# (They are other weights than in the chapter's figure, so the factors are others as well.)
#
# In at most 200 words: (a) By what factor, roughly, does the norm change with each step in each row, from the first column to
# the last? (b) Explain the first row from the derivative of one step of an RNN. (c) Explain how the other two differ from it
# and from each other, by the derivative of c′ with respect to c along the direct path, that is with h, and so the gates, held
# fixed. Why are the measured factors greater than this derivative alone would make them? (d) A slide calls J^(B), the
# log-likelihood of a minibatch, the objective, and gives the step θ ← θ − γ ∇J^(B). What happens if it is run as printed, and
# what is to be changed?
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) About 0.5 (from 1.0 to 4.3·10⁻⁶ in 19 steps), about 0.65, and about 1. (b) One step back multiplies by
# diag(1 − h²) W_hh: the slopes 1 − h² are at most 1 and mostly smaller, and random first weights of this size make most vectors
# shorter. The same kind of factor comes once for each step, so their product falls exponentially: after 20 steps an early word
# has next to no influence on what is learned. With larger weights it could grow exponentially instead. (c) In the LSTM, c′ = f
# ⊙ c + i ⊙ g, so along the direct path the derivative is the forget gate f alone: no matrix and no slope of a tanh. With bias 0
# the gates are around σ(0) = 0.5, which halves the state at every step; with bias 2 they are around σ(2) = 0.88. The rest, up
# to the measured 0.65 and 1, comes by the other path: c makes h, and h moves all gates of the next step. (d) The step goes
# downhill on a log-likelihood, so the texts of the batch become less likely with each step and the loss grows. Either add, θ +
# γ ∇J, or keep descent and take −J as the loss.
#
# **Rubric (4 points).**
#
# - 1 point, (a): all three factors (0.5 to 0.55, 0.6 to 0.7, 1.0); ½ for "exponential, exponential, constant" without numbers.
# - 1 point, (b): the product of diag(1 − h²) W_hh over the steps; ½ if only the slope or only the matrix is named.
# - 1 point, (c): ∂c′/∂c is f, near 0.5 with bias 0 and near 0.9 with bias 2, and more comes through h; ½ if the path through h
#   or the numbers are missing.
# - 1 point, (d): the likelihood falls, and the sign of the step or of J is turned; ½ for one of the two.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
