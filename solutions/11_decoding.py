# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---
# %% [raw]
# # ASSIGNMENT CONFIG
# name: 11_decoding
# config_file: assign.yml
# %% [markdown]
# # Unit 11: decoding
#
# A model says how probable each next token is; which text do you write down? You search a graph, greedily and exactly, decode
# a language model, bend and cut its distribution before you draw from it, keep a beam of texts, and keep what a transformer
# has already computed. Questions 1 to 13 are checked by the computer, question 14 is read by a person. About three and a half
# hours in all; the first five minutes are easy.
#
# In every question
#
# - V is the number of tokens; a **token** is an id, a whole number from 0 to V − 1. Of EOS, the token that ends a text, you
#   get the id, which may be any of them. It is a token as the others are: it is part of its text, and is counted;
# - a **table** `P` of shape (V + 1, V) is a language model that looks back one token: row v holds the probabilities of what
#   comes after token v, and the last row, V, those of the first token of a text. Each row sums to 1; some entries may be 0;
# - a **graph** is a dictionary of dictionaries: `edges[u][v]` is the weight, a float, of the edge from node u to node v. Nodes
#   are strings. A node from which no edge leaves is an **end**: it is missing in `edges`, or its dictionary is empty;
# - **logits** are scores whose softmax is the distribution of the next token, p = eᶻ/Σ eᶻ;
# - logarithms are natural, an array of floats has dtype float64, and where a float or an int is asked for, a NumPy number is
#   one as well. Lists and tuples are told apart. Nothing small is added "for safety" where the text does not say so;
# - your function returns new objects and leaves its arguments as they were.
#
# Numbers are compared with a tolerance of one in a billion. You may call your own functions from earlier questions, and import
# NumPy and the standard library.
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
import math
from itertools import pairwise

import numpy as np

np.set_printoptions(precision=4, suppress=True)      # short numbers where you print an array
# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2
# %% [markdown]
# **Question 1. The lightest edge** · 5 minutes · ★☆☆ · chapter section *The lightest edge*
#
# Write `greedy_path(edges, start)`: walk from `start` to an end, at each node along the **lightest** of its edges, whatever
# comes after it. Of equally light edges take the one that is listed first.
#
# - Weights are at least 0. No walk comes back to a node.
# - Returns a tuple `(nodes, weight)`: the list of all nodes on the way, from `start` to the end, and the sum of the weights of
#   the edges between them, a float. Where `start` is an end, that is `([start], 0.0)`.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def greedy_path(edges, start):
    """Along the lightest edge of each node: a tuple of a list of nodes and a float."""
    # BEGIN SOLUTION
    nodes, weight = [start], 0.0
    while edges.get(nodes[-1]):
        choices = edges[nodes[-1]]
        after = min(choices, key=choices.get)               # of equal ones the first
        nodes.append(after)
        weight += choices[after]
    return nodes, weight
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the chapter's graph, and one with equal weights
points: 1
""" # END TEST CONFIG
def test_by_hand(greedy_path):
    from autograder.checks import expect
    from autograder.misconceptions.decoding import greedy_path as mistakes
    edges = {"S": {"A": 1.0, "B": 2.0, "C": 4.0}, "A": {"A1": 7.0, "A2": 5.0}, "B": {"B1": 3.0, "B2": 6.0},
             "C": {"C1": 1.0, "C2": 2.0}, "A1": {"E": 9.0}, "A2": {"E": 8.0}, "B1": {"E": 4.0, "F": 1.0}, "B2": {"F": 3.0},
             "C1": {"F": 5.0}, "C2": {"E": 3.0}}
    expect(greedy_path, edges, "S", want=(["S", "A", "A2", "E"], 14.0), mistakes=mistakes)
    # From q both p and r weigh 2; p is listed first. From p both n and o weigh 3; o is listed first. t has an empty dictionary
    edges = {"n": {"t": 0.5}, "p": {"k": 5.0, "s": 6.0, "o": 3.0, "n": 3.0}, "q": {"p": 2.0, "a": 4.0, "r": 2.0},
             "k": {"t": 1.0}, "o": {"m": 8.0, "t": 2.5}, "t": {}, "r": {"u": 0.5}, "u": {"t": 9.0}, "s": {"t": 0.0},
             "a": {"t": 1.0}}
    expect(greedy_path, edges, "q", want=(["q", "p", "o", "t"], 7.5), mistakes=mistakes)
    expect(greedy_path, edges, "t", want=(["t"], 0.0), mistakes=mistakes)
test_by_hand(greedy_path)
# %%
""" # BEGIN TEST CONFIG
name: random graphs, among them long and wide ones
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(greedy_path):
    from itertools import pairwise

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import greedy_path as mistakes
    random = rng()
    for depth, width, empty in [(3, 3, True), (5, 2, False), (4, 4, True), (12, 5, False), (2, 3, False)]:
        names = [f"n{i}" for i in random.permutation(1000)[:1 + depth * width]]
        layers = [names[:1], *(names[1 + i * width:1 + (i + 1) * width] for i in range(depth))]
        edges, nodes, weight = {}, [names[0]], 0.0
        for here, after in pairwise(layers):
            for u in here:
                drawn = random.integers(3, 9, width) + random.random(width)
                best = sorted(random.permutation(width)[:2].tolist())              # two equal ones, the first is right
                drawn[best] = 1.5 + random.integers(0, 4) / 4
                ways = random.permutation(width)
                edges[u] = {after[j]: float(w) for j, w in zip(ways, drawn, strict=True)}
                if u == nodes[-1]:
                    following = after[ways[best[0]]]
                    step = float(drawn[best[0]])
            nodes, weight = [*nodes, following], weight + step
        if empty:
            edges |= {node: {} for node in layers[-1]}
        order = random.permutation(list(edges)).tolist()
        expect(greedy_path, {u: edges[u] for u in order}, names[0], want=(nodes, weight), mistakes=mistakes)
        expect(greedy_path, {u: edges[u] for u in order}, nodes[-1], want=([nodes[-1]], 0.0), mistakes=mistakes)
test_random(greedy_path)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 3
# %% [markdown]
# **Question 2. The lightest path** · 20 minutes · ★★☆ · chapter section *The lightest path*
#
# A light edge may lead to heavy ones. Write `best_path(edges, start)`, which finds the **lightest of all** paths from `start`
# to an end. Several ends may be reached; the path goes on until it stands at one of them.
#
# - Weights are at least 0. There are no cycles, a path passes up to 100 nodes, and there is only one lightest path.
# - There may be more paths than anybody can walk: 3³⁰ through 30 layers of 3 nodes. What is best *from a node on* does not
#   depend on how one came there, so find it out once for each node.
# - Returns a tuple `(nodes, weight)`, as question 1 does.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def best_path(edges, start):
    """The lightest of all paths to an end: a tuple of a list of nodes and a float."""
    # BEGIN SOLUTION
    found = {}                                              # node: (nodes, weight) of the best path from it

    def best(node):
        if node not in found:
            paths = [([node, *best(after)[0]], weight + best(after)[1]) for after, weight in edges.get(node, {}).items()]
            found[node] = min(paths, key=lambda path: path[1], default=([node], 0.0))
        return found[node]

    return best(start)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the chapter's graph, and one with ways of several lengths
points: 1
""" # END TEST CONFIG
def test_by_hand(best_path):
    from autograder.checks import expect
    from autograder.misconceptions.decoding import best_path as mistakes
    edges = {"S": {"A": 1.0, "B": 2.0, "C": 4.0}, "A": {"A1": 7.0, "A2": 5.0}, "B": {"B1": 3.0, "B2": 6.0},
             "C": {"C1": 1.0, "C2": 2.0}, "A1": {"E": 9.0}, "A2": {"E": 8.0}, "B1": {"E": 4.0, "F": 1.0}, "B2": {"F": 3.0},
             "C1": {"F": 5.0}, "C2": {"E": 3.0}}
    expect(best_path, edges, "S", want=(["S", "B", "B1", "F"], 6.0), mistakes=mistakes)
    expect(best_path, edges, "C", want=(["C", "C2", "E"], 5.0), mistakes=mistakes)
    # To the end z: a-z 20, a-b-z 15, a-c-d-z 10, a-c-x-z 22, a-b-e-d-z 9, a-f-z 12; to the end y: a-f-y 11, a-f-g-y
    # 11½
    edges = {"f": {"z": 9.0, "y": 8.0, "g": 1.0}, "a": {"z": 20.0, "f": 3.0, "c": 1.0, "b": 2.0}, "d": {"z": 4.0},
             "c": {"d": 5.0, "x": 1.0}, "z": {}, "b": {"z": 13.0, "e": 2.0}, "e": {"d": 1.0}, "g": {"y": 7.5}, "x": {"z": 20.0}}
    expect(best_path, edges, "a", want=(["a", "b", "e", "d", "z"], 9.0), mistakes=mistakes)
    expect(best_path, edges, "f", want=(["f", "y"], 8.0), mistakes=mistakes)
    expect(best_path, edges, "z", want=(["z"], 0.0), mistakes=mistakes)
    # Other weights between the same nodes: 6 against 7 + 1, though their mean is 4
    edges = {"a": {"b": 7.0, "z": 6.0}, "b": {"z": 1.0}}
    expect(best_path, edges, "a", want=(["a", "z"], 6.0), mistakes=mistakes)
test_by_hand(best_path)
# %%
""" # BEGIN TEST CONFIG
name: random graphs, and 3³⁰ paths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(best_path):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import best_path as mistakes
    random = rng()

    def lightest(W):
        # W[i, j]: weight of the edge from node i to node j > i, inf where there is none. The nodes are solved from the last one
        n = len(W)
        rest, after = np.zeros(n), np.full(n, -1)
        for i in range(n - 1, -1, -1):
            if np.isfinite(W[i]).any():
                after[i] = np.argmin(W[i] + rest)
                rest[i] = W[i, after[i]] + rest[after[i]]
        path = [0]
        while after[path[-1]] >= 0:
            path.append(int(after[path[-1]]))
        return path, float(rest[0])

    def given(W, names, empty):
        edges = {}
        for i in random.permutation(len(W)).tolist():
            targets = [j for j in random.permutation(len(W)).tolist() if np.isfinite(W[i, j])]
            if targets or empty:
                edges[names[i]] = {names[j]: float(W[i, j]) for j in targets}
        return edges

    # In a trap the lightest first edge and the shortest way are both wrong
    for shape, empty in [("trap", True), ("trap", False), ("random", True), ("random", False), ("layers", False)]:
        if shape == "trap":
            W = np.full((9, 9), np.inf)
            for i, j, w in [(0, 1, 1), (0, 2, 3), (0, 8, 30), (1, 3, 9), (1, 4, 8), (2, 6, 6), (2, 5, 4), (2, 8, 14),
                            (3, 8, 12), (4, 8, 11), (5, 6, 1), (5, 7, 10), (5, 8, 9), (6, 7, 9), (6, 8, 3)]:
                W[i, j] = w + random.random() / 8
        elif shape == "random":
            n = 14
            W = np.where(np.triu(random.random((n, n)) < 0.5, 1), random.integers(1, 9, (n, n)) + random.random((n, n)), np.inf)
            W[0, 1:4], W[-3:] = random.uniform(1, 3, 3), np.inf
        else:
            W = np.full((92, 92), np.inf)
            W[0, 1:4] = random.uniform(1, 3, 3)
            for first in range(1, 88, 3):
                W[first:first + 3, first + 3:first + 6] = random.uniform(1, 9, (3, 3))
            W[88:91, 91] = random.uniform(1, 9, 3)
        names = [f"n{i}" for i in random.permutation(1000)[:len(W)]]
        path, weight = lightest(W)
        edges = given(W, names, empty)
        expect(best_path, edges, names[0], want=([names[i] for i in path], weight), mistakes=mistakes)
test_random(best_path)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3
# %% [markdown]
# **Question 3. Text as a path** · 10 minutes · ★★☆ · chapter section *Text as a path*
#
# With tokens as nodes and −ln p as weights, a text is a path, and greedy search takes the most probable next token again and
# again. Write `greedy_decode(P, eos, limit)`.
#
# - `P`: a table (V + 1, V). `eos`: the id of EOS. `limit`: the most tokens that are written, at least 1, EOS among them.
# - Of equally probable tokens take the lowest id. The text ends with EOS, or after `limit` tokens, whichever comes first.
# - Returns a tuple `(ids, log_p)`: the tokens as a list of ints, and ln p of all of them together, a float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def greedy_decode(P, eos, limit):
    """The most probable token again and again: a tuple of a list of ints and a float."""
    # BEGIN SOLUTION
    ids, log_p = [], 0.0
    while len(ids) < limit and ids[-1:] != [eos]:
        row = P[ids[-1] if ids else -1]                     # what comes next
        ids.append(int(row.argmax()))                       # of equal ones the first
        log_p += math.log(row[ids[-1]])
    return ids, log_p
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a text that ends, and two that are cut, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(greedy_decode):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import greedy_decode as mistakes
    # 3, 1, 0, 2; 2 ends. After 1 the tokens 0 and 3 are equally probable
    P = np.array([[0.1, 0.2, 0.6, 0.1], [0.35, 0.1, 0.2, 0.35], [0.1, 0.3, 0.2, 0.4], [0.1, 0.7, 0, 0.2],
                  [0.3, 0.15, 0.05, 0.5]])
    expect(greedy_decode, P, 2, 10, want=([3, 1, 0, 2], np.log(0.5 * 0.7 * 0.35 * 0.6)), mistakes=mistakes)
    expect(greedy_decode, P, 2, 3, want=([3, 1, 0], np.log(0.5 * 0.7 * 0.35)), mistakes=mistakes)
    # Without its EOS, 1, the text goes round: 2, 0, 2, 0, …
    P = np.array([[0.2, 0.2, 0.6], [0.7, 0.2, 0.1], [0.8, 0.15, 0.05], [0.1, 0.4, 0.5]])
    expect(greedy_decode, P, 1, 5, want=([2, 0, 2, 0, 2], np.log(0.5 * 0.8 * 0.6 * 0.8 * 0.6)), mistakes=mistakes)
test_by_hand(greedy_decode)
# %%
""" # BEGIN TEST CONFIG
name: random tables, texts that end early, late and not at all
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(greedy_decode):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import greedy_decode as mistakes
    random = rng()
    for size, length, limit in [(5, 4, 9), (6, 3, 3), (7, 5, 4), (4, 1, 3), (9, 6, 7), (6, 4, 1)]:
        twins = length > 3                                  # whether the highest id is once as probable as the right one
        text = random.permutation(size - twins)[:length].tolist()                  # the greedy text; its last token is EOS
        P = random.uniform(0.2, 1, (size + 1, size))
        for before, token in zip([size, *text], text, strict=False):
            P[before, token] = 1.5
        P[text[-1], text[0]] = 1.5                          # whoever goes on goes round
        if twins:
            P[random.choice(text[:2]), size - 1] = 1.5
        P[range(size), range(size)] = 0
        P = P / P.sum(axis=1, keepdims=True)
        want = text[:limit]
        logs = [np.log(P[before, token]) for before, token in zip([size, *want], want, strict=False)]
        expect(greedy_decode, P, text[-1], limit, want=(want, float(sum(logs))), mistakes=mistakes)
test_random(greedy_decode)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3
# %% [markdown]
# **Question 4. Temperature** · 10 minutes · ★★☆ · chapter section *Temperature*
#
# Before a token is drawn, the logits may be divided by a temperature τ: p = softmax(z/τ). Below 1 the probable tokens become
# more probable, above 1 all become more alike. Write `with_temperature(logits, tau)`.
#
# - `logits`: (V,), on both sides of 0, possibly in the thousands. `tau`: a number, at least 0, possibly a small one.
# - A temperature of 0 is greedy decoding: the highest logit gets the probability 1, of equal ones that with the lowest id.
# - Returns a float array of shape (V,): probabilities.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def with_temperature(logits, tau):
    """softmax(z/τ), for τ = 0 all on the highest: a float array (V,)."""
    # BEGIN SOLUTION
    if tau == 0:
        return np.eye(len(logits))[logits.argmax()]
    p = np.exp((logits - logits.max()) / tau)
    return p / p.sum()
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: four tokens at several temperatures, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(with_temperature):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import with_temperature as mistakes
    z = np.log([4, 9, 1, 1 / 4])
    expect(with_temperature, z, 1.0, want=np.array([16, 36, 4, 1]) / 57, mistakes=mistakes)
    expect(with_temperature, z, 0.5, want=np.array([16, 81, 1, 1 / 16]) / (98 + 1 / 16), mistakes=mistakes)       # squares
    expect(with_temperature, z, 2, want=np.array([2, 3, 1, 1 / 2]) / 6.5, mistakes=mistakes)                      # roots
    expect(with_temperature, np.array([-3.0, 1, -2, 1]), 0, want=np.array([0.0, 1, 0, 0]), mistakes=mistakes)
test_by_hand(with_temperature)
# %%
""" # BEGIN TEST CONFIG
name: logits of a thousand, and a small temperature
points: 1
""" # END TEST CONFIG
def test_extremes(with_temperature):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import with_temperature as mistakes
    log2 = np.log(2)
    expect(with_temperature, np.array([1000 + log2, 1000, -1000]), 1.0, want=np.array([2, 1, 0]) / 3, mistakes=mistakes)
    expect(with_temperature, np.array([-1000, -1000 - log2]), 0.5, want=np.array([4, 1]) / 5, mistakes=mistakes)
    expect(with_temperature, np.array([-3, 2, 2 + log2 / 1000]), 0.001, want=np.array([0, 1, 2]) / 3, mistakes=mistakes)
test_extremes(with_temperature)
# %%
""" # BEGIN TEST CONFIG
name: random logits, temperatures from 0 to 5
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(with_temperature):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import with_temperature as mistakes
    random = rng()
    for size, tau, centre in [(5, 0.7, 0), (4, 1.0, 0), (7, 3.0, 0), (3, 0.4, 1000), (6, 0, 0), (5, 0.05, -1000), (1, 0.5, 3),
                              (4, float(random.uniform(1.5, 5)), 5), (5, 0, -1000)]:
        z = centre + random.normal(size=size) * (0.1 if tau == 0.05 else 1.5)
        if tau == 0:                                        # two highest ones, and not at the beginning
            z[[1, -1]] = z.max() + 1
            want = np.zeros(size)
            want[1] = 1
        else:
            want = np.array([1 / sum(np.exp((other - one) / tau) for other in z.tolist()) for one in z.tolist()])
        expect(with_temperature, z, tau, want=want, mistakes=mistakes)
test_random(with_temperature)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3
# %% [markdown]
# **Question 5. The k best** · 10 minutes · ★★☆ · chapter section *Cutting the tail*
#
# The thousands of tokens that are hardly probable are together probable enough to spoil a text. Write `top_k(logits, k)`,
# which leaves the k most probable tokens of each of several distributions. What is removed gets the **logit −∞**, so that a
# softmax makes 0 of it; a logit of 0 would still be a probability above 0.
#
# - `logits`: (B, V), B distributions, each with its own k best. `k`: a whole number, at least 1; a k of V or more removes
#   nothing.
# - Of equal logits those with lower ids are kept, so that never more than k are left.
# - Returns a float array of shape (B, V): the logits that are kept are as they were, in their places, and −∞ for the others.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def top_k(logits, k):
    """The k highest logits of each row, −∞ for the others: a float array (B, V)."""
    # BEGIN SOLUTION
    best = np.argsort(-logits, axis=1, kind="stable")[:, :k]                       # of equal ones the lower id first
    kept = np.full(logits.shape, -np.inf)
    np.put_along_axis(kept, best, np.take_along_axis(logits, best, axis=1), axis=1)
    return kept
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: two distributions over five tokens, and one over three
points: 1
""" # END TEST CONFIG
def test_by_hand(top_k):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import top_k as mistakes
    inf = np.inf
    z = np.array([[1.0, 4, -2, 3, 2], [-3, -6, -1, -5, -2]])
    expect(top_k, z, 2, want=np.array([[-inf, 4, -inf, 3, -inf], [-inf, -inf, -1, -inf, -2]]), mistakes=mistakes)
    expect(top_k, z, 5, want=z, mistakes=mistakes)
    expect(top_k, z, 8, want=z, mistakes=mistakes)
    # Three equal ones for two places, and two for one
    expect(top_k, np.array([[1.0, 2, 1, 3, 1], [7, 7, 0, -1, 9]]), 3, mistakes=mistakes,
           want=np.array([[1, 2, -inf, 3, -inf], [7, 7, -inf, -inf, 9]]))
    expect(top_k, np.array([[0.5, 2, 2], [-4, -1.5, -2]]), 1, want=np.array([[-inf, 2, -inf], [-inf, -1.5, -inf]]),
           mistakes=mistakes)
test_by_hand(top_k)
# %%
""" # BEGIN TEST CONFIG
name: random logits of several sizes, equal ones among them
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(top_k):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import top_k as mistakes
    random = rng()
    for batch, size, k, equal in [(3, 7, 3, False), (2, 6, 1, True), (1, 8, 4, True), (4, 5, 5, False), (2, 4, 9, True),
                                  (5, 9, 2, True), (3, 6, 2, False)]:
        z = np.array([random.permutation(size) for _ in range(batch)]) * 1.5 - random.uniform(2, 3)
        z = z + 4 * np.arange(batch)[:, None]               # rows of different height
        if equal and k < size:                              # one of those behind the k best is as good as the worst of these
            for row in z:
                order = np.argsort(-row)
                row[order[k:]] -= 3
                row[order[k]] = row[order[k - 1]]
        want = np.full(z.shape, -np.inf)
        for b in range(batch):
            for i in sorted(range(size), key=lambda i: (-z[b, i], i))[:k]:
                want[b, i] = z[b, i]
        expect(top_k, z, k, want=want, mistakes=mistakes)
test_random(top_k)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 4
# %% [markdown]
# **Question 6. The nucleus** · 20 minutes · ★★☆ · chapter section *Cutting the tail*
#
# How many tokens make sense differs from place to place: after *the United* few, after *she saw a* many. Top-p leaves as many
# as it takes to have a share q of the probability. Write `top_p(p, q)`:
#
# 1. Go through the tokens from the most probable one down, of equal ones from the lower id up.
# 2. Keep tokens until their sum has **reached** q. The token with which it does is kept, so there is always one.
# 3. All others get 0, and what is left is divided by its sum.
#
# - `p`: probabilities (V,), which sum to 1; some may be 0. `q`: a number, greater than 0, at most 1. With q = 1 nothing
#   changes.
# - A sum that *is* q has reached it. In the tests that happens with halves, quarters, eighths, of which floats lose nothing;
#   all other sums stay away from q.
# - Returns a float array of shape (V,): probabilities, in the order of the ids.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def top_p(p, q):
    """The most probable tokens with a share of q, as a distribution: a float array (V,)."""
    # BEGIN SOLUTION
    order = np.argsort(-p, kind="stable")
    before = np.cumsum(p[order]) - p[order]                 # what the more probable ones have already
    kept = np.zeros(len(p))
    nucleus = order[before < q]
    kept[nucleus] = p[nucleus]
    return kept / kept.sum()
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the fish, sums that are q, and equal tokens
points: 2
""" # END TEST CONFIG
def test_by_hand(top_p):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import top_p as mistakes
    # 0.70 + 0.10 reach 0.75
    fish = np.array([0.05, 0.7, 0.03, 0.1, 0.02, 0.098, 0.002])
    expect(top_p, fish, 0.75, want=np.array([0, 7 / 8, 0, 1 / 8, 0, 0, 0]), mistakes=mistakes)
    expect(top_p, fish, 0.3, want=np.array([0.0, 1, 0, 0, 0, 0, 0]), mistakes=mistakes)
    # 1/2 + 1/4 is 3/4; then the first of two eighths comes in
    p = np.array([1 / 8, 1 / 4, 1 / 2, 1 / 8])
    expect(top_p, p, 0.75, want=np.array([0, 1 / 3, 2 / 3, 0]), mistakes=mistakes)
    expect(top_p, p, 0.8, want=np.array([1 / 7, 2 / 7, 4 / 7, 0]), mistakes=mistakes)
    expect(top_p, np.array([0.3, 0.0, 0.6, 0.1]), 0.95, want=np.array([0.3, 0, 0.6, 0.1]), mistakes=mistakes)
    expect(top_p, np.array([0.3, 0.0, 0.6, 0.1]), 1, want=np.array([0.3, 0, 0.6, 0.1]), mistakes=mistakes)
test_by_hand(top_p)
# %%
""" # BEGIN TEST CONFIG
name: random distributions, nuclei from one token to all
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(top_p):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import top_p as mistakes
    random = rng()
    for size, n in [(6, 1), (6, 3), (8, 5), (4, 4), (9, 2), (12, 7)]:
        p = np.sort(random.dirichlet(np.ones(size)) + random.uniform(0.02, 0.05, size))[::-1]
        p[0] *= 1.3
        p = p / p.sum()
        q = float(p[:n].sum() - random.uniform(0.2, 0.8) * p[n - 1])    # the nucleus has n tokens
        order = random.permutation(size)
        if order[0] < order[1] < order[-1]:                 # some of the likely ones have high ids
            order = order[::-1]
        shuffled, want = np.zeros(size), np.zeros(size)
        shuffled[order], want[order[:n]] = p, p[:n] / p[:n].sum()
        expect(top_p, shuffled, q, want=want, mistakes=mistakes)
        expect(top_p, shuffled, 1.0, want=shuffled, mistakes=mistakes)
    # Two equal tokens for one place, a sum that is q, and a token of probability 0
    parts = np.array([1 / 4, 1 / 4, 1 / 4, 1 / 8, 1 / 8, 0])[random.permutation(6)]
    quarters, eighths = np.flatnonzero(parts == 1 / 4), np.flatnonzero(parts == 1 / 8)
    for q, kept in [(0.5, quarters[:2]), (0.6, quarters), (0.75, quarters), (0.875, [*quarters, eighths[0]]),
                    (0.25, quarters[:1])]:
        want = np.zeros(6)
        want[kept] = parts[kept] / parts[kept].sum()
        expect(top_p, parts, q, want=want, mistakes=mistakes)
test_random(top_p)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 2
# %% [markdown]
# **Question 7. Not again** · 10 minutes · ★☆☆ · chapter section *Repetition*
#
# A model that has repeated itself once is likely to do so again. Write `repetition_penalty(logits, ids, penalty)`, which
# makes tokens that have been read less likely before the next one is drawn: a logit **above 0 is divided** by the penalty,
# one **below 0 is multiplied** by it. That is done **once** for a token, however often it was read.
#
# - `logits`: (V,). `ids`: a list of the tokens read so far, which may be empty. `penalty`: a number, at least 1.
# - Returns a float array of shape (V,): the new logits.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def repetition_penalty(logits, ids, penalty):
    """Lower logits for tokens that have been read: a float array (V,)."""
    # BEGIN SOLUTION
    z = logits.copy()
    for i in set(ids):
        z[i] = z[i] / penalty if z[i] > 0 else z[i] * penalty
    return z
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: six logits, texts with and without repetitions
points: 1
""" # END TEST CONFIG
def test_by_hand(repetition_penalty):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import repetition_penalty as mistakes
    z = np.array([3.0, -1, 8, -5, 0, 2])
    expect(repetition_penalty, z, [3, 0, 5, 4, 3, 1, 3, 0], 4, want=np.array([0.75, -4, 8, -20, 0, 0.5]), mistakes=mistakes)
    expect(repetition_penalty, z, [2, 2], 2.0, want=np.array([3.0, -1, 4, -5, 0, 2]), mistakes=mistakes)
    expect(repetition_penalty, z, [], 2.0, want=z, mistakes=mistakes)
    expect(repetition_penalty, z, [5, 1], 2.0, want=np.array([3.0, -2, 8, -5, 0, 1]), mistakes=mistakes)
test_by_hand(repetition_penalty)
# %%
""" # BEGIN TEST CONFIG
name: random logits and texts
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(repetition_penalty):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import repetition_penalty as mistakes
    random = rng()
    for size, n, penalty in [(7, 4, 1.5), (5, 3, 2), (8, 0, 1.2), (6, 6, 1.25), (9, 2, 3.0), (6, 4, 1.0)]:
        z = random.uniform(0.5, 4, size) * np.where(random.permutation(size) % 2 == 0, 1, -1)
        up, down = np.flatnonzero(z > 0), np.flatnonzero(z < 0)
        read = [int(up[0]), int(down[0]), *random.permutation([*up[1:-1], *down[1:]]).tolist()][:n]
        text = [*read[1::-1], *read[1::-1], *read[2:]]      # two of them twice, the others once
        want = z.tolist()
        for i in range(size):
            if i in read:
                want[i] = min(z[i] / penalty, z[i] * penalty)
        expect(repetition_penalty, z, text, penalty, want=np.array(want), mistakes=mistakes)
test_random(repetition_penalty)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 3
# %% [markdown]
# **Question 8. A walk by chance** · 10 minutes · ★★☆ · chapter section *Ancestral sampling*
#
# Instead of the lightest edge, **ancestral sampling** takes one by chance, light ones more often: from a node it goes along
# the edge of weight w with probability
#
# e^(−w)/Σ e^(−w′),  where w′ runs over the edges that leave **this node**.
#
# Write `sampling_probability(edges, path)`: how probable it is that sampling takes this path.
#
# - `path`: a list of nodes, from where sampling starts to an end, each with an edge to the next. It may consist of an end
#   alone; then it is certain.
# - Weights may be any numbers, also below 0, and around a thousand: the answer is finite there and no division by 0.
# - Returns a float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def sampling_probability(edges, path):
    """The product of the probabilities of the edges: a float."""
    # BEGIN SOLUTION
    p = 1.0
    for node, after in pairwise(path):
        chosen = edges[node][after]
        p /= sum(math.exp(chosen - w) for w in edges[node].values())
    return p
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a small graph by hand, and the paths of the chapter's
points: 1
""" # END TEST CONFIG
def test_by_hand(sampling_probability):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import sampling_probability as mistakes
    log2, log3, log5 = np.log([2, 3, 5])
    # From s the e^(−w) are 1/2, 1/3, 1/6: here they sum to 1. From a they are 1/5 and 3, from b 1/2, 2 and 1
    edges = {"s": {"a": log2, "b": log3, "c": log2 + log3}, "a": {"x": log5, "y": -log3}, "c": {"y": 5 * log2},
             "b": {"x": log2, "y": -log2, "c": 0.0}}
    expect(sampling_probability, edges, ["s", "a", "x"], want=1 / 2 * 1 / 16, mistakes=mistakes)
    expect(sampling_probability, edges, ["s", "b", "c", "y"], want=1 / 3 * 2 / 7, mistakes=mistakes)
    expect(sampling_probability, edges, ["y"], want=1.0, mistakes=mistakes)
    # The lightest path weighs 6, this one 14; but 8 from A2 to E is the only way on, and costs no probability
    edges = {"S": {"A": 1.0, "B": 2.0, "C": 4.0}, "A": {"A1": 7.0, "A2": 5.0}, "B": {"B1": 3.0, "B2": 6.0},
             "C": {"C1": 1.0, "C2": 2.0}, "A1": {"E": 9.0}, "A2": {"E": 8.0}, "B1": {"E": 4.0, "F": 1.0}, "B2": {"F": 3.0},
             "C1": {"F": 5.0}, "C2": {"E": 3.0}}
    expect(sampling_probability, edges, ["S", "A", "A2", "E"], mistakes=mistakes,
           want=1 / (1 + np.exp(-1) + np.exp(-3)) * 1 / (1 + np.exp(-2)))
    # Only differences of weights count
    edges = {"u": {"v": 1000 + log2, "w": 1000.0, "z": 1000 + log3}, "v": {"z": -1000 - log2, "w": -1000.0}}
    expect(sampling_probability, edges, ["u", "v", "w"], want=3 / 11 * 1 / 3, mistakes=mistakes)
test_by_hand(sampling_probability)
# %%
""" # BEGIN TEST CONFIG
name: random graphs and paths
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(sampling_probability):
    from itertools import pairwise

    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import sampling_probability as mistakes
    random = rng()
    for depth, width, centre in [(3, 3, 0), (5, 2, 0), (2, 4, 1000), (4, 3, 1), (3, 2, -800), (1, 5, 2)]:
        names = [f"n{i}" for i in random.permutation(1000)[:1 + (depth + 1) * width]]
        layers = [names[:1], *(names[1 + i * width:1 + (i + 1) * width] for i in range(depth + 1))]
        edges, path, want = {}, [names[0]], 1.0
        for level, (here, after) in enumerate(pairwise(layers)):
            for u in here:
                n = 1 if level == depth else width
                w = centre + random.normal(size=n) * 1.2 + (3 if level == depth else 0)
                edges[u] = {after[j]: float(x) for j, x in zip(random.permutation(width)[:n], w, strict=True)}
            chosen = int(random.integers(len(edges[path[-1]])))
            w = np.array(list(edges[path[-1]].values()))
            p = np.exp(-(w - w.min()))
            want *= p[chosen] / p.sum()
            path.append(list(edges[path[-1]])[chosen])
        expect(sampling_probability, edges, path, want=float(want), mistakes=mistakes)
        expect(sampling_probability, edges, path[-1:], want=1.0, mistakes=mistakes)
test_random(sampling_probability)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 3
# %% [markdown]
# **Question 9. A text by chance** · 15 minutes · ★★☆ · chapter section *Ancestral sampling*
#
# For a language model the weights are −ln p, their e^(−w) sum to 1 at every node, and ancestral sampling draws each text as
# often as the model says. Write `ancestral_sample(P, uniforms, eos)`. So that the same text comes out for everybody, the
# random numbers are given: `uniforms`, each at least 0 and below 1.
#
# - `P`: a table (V + 1, V). `eos`: the id of EOS. `uniforms`: (n,), n at least 1.
# - Token t of the text (t from 0) is drawn with `uniforms[t]`: it is the first id at which the running sum of the row's
#   probabilities, p_0, p_0 + p_1, …, is **greater** than that number. So a token of probability 0 never comes. (Equal they
#   are in the tests only with halves, quarters, eighths, of which floats lose nothing.)
# - The text ends with EOS, or when there are no numbers left.
# - Returns the tokens as a list of ints.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def ancestral_sample(P, uniforms, eos):
    """Token after token by chance: a list of ints."""
    # BEGIN SOLUTION
    ids = []
    for u in uniforms:
        row = P[ids[-1] if ids else -1]
        ids.append(int(np.searchsorted(np.cumsum(row), u, side="right")))          # how many of the sums are at most u
        if ids[-1] == eos:
            break
    return ids
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: texts over four tokens, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(ancestral_sample):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import ancestral_sample as mistakes
    P = np.array([[1, 2, 1, 4], [4, 0, 2, 2], [2, 2, 2, 2], [0, 3, 4, 1], [2, 1, 1, 4]]) / 8
    # Running sums at the start: 1/4, 3/8, 1/2, 1. After 3: 0, 3/8, 7/8, 1. After 1: 1/2, 1/2, 3/4, 1. After 0: 1/8, 3/8, 1/2, 1
    expect(ancestral_sample, P, np.array([0.7, 0.2, 0.3, 0.45, 0.9, 0.1]), 2, want=[3, 1, 0, 2], mistakes=mistakes)
    expect(ancestral_sample, P, np.array([0.2, 0.9]), 2, want=[0, 3], mistakes=mistakes)
    expect(ancestral_sample, P, np.array([0.3, 0.9, 0.35]), 2, want=[1, 3, 1], mistakes=mistakes)
    expect(ancestral_sample, P, np.array([0.6, 0.95]), 0, want=[3, 3], mistakes=mistakes)
    # Numbers that are a running sum: 3/8 at the start, 0 after 2 and 0, 1/2 after 1
    expect(ancestral_sample, P, np.array([3 / 8, 0, 1 / 8, 1 / 2, 0.6]), 3, want=[2, 0, 1, 2, 2], mistakes=mistakes)
    expect(ancestral_sample, P, np.array([0.99, 0, 0.2]), 2, want=[3, 1, 0], mistakes=mistakes)
test_by_hand(ancestral_sample)
# %%
""" # BEGIN TEST CONFIG
name: random tables and numbers, texts that end early, late and not at all
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(ancestral_sample):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import ancestral_sample as mistakes
    random = rng()
    for size, n, length in [(5, 12, 4), (7, 9, 9), (4, 3, 8), (6, 20, 12), (8, 1, 1), (3, 15, 6)]:
        P = random.dirichlet(np.full(size, 2.0), size + 1)
        P[1, 0], P[2] = 0, np.roll(P[2], 1)
        P = P / P.sum(axis=1, keepdims=True)
        eos, uniforms, ids = int(random.integers(1, size - 1)), [], []
        while len(uniforms) < n:                            # somewhere inside the interval of a token that is drawn first
            row = P[ids[-1] if ids else size]
            if len(ids) < length - 1 or len(ids) >= length:
                p = np.where(np.arange(size) == eos, 0, row)
                token = int(random.choice(size, p=p / p.sum()))
            else:
                token = eos
            uniforms.append(row[:token].sum() + row[token] * random.uniform(0.05, 0.95))
            ids.append(token)
        expect(ancestral_sample, P, np.array(uniforms), eos, want=ids[:length], mistakes=mistakes)
    # Numbers that are a running sum, and tokens of probability 0
    P = np.array([[0, 4, 0, 2, 2], [2, 0, 4, 2, 0], [0, 1, 3, 4, 0], [4, 2, 0, 0, 2], [1, 1, 2, 0, 4], [0, 0, 2, 2, 4]]) / 8
    for _ in range(3):
        uniforms, ids = [0.0, 1 / 8, float(random.choice([1 / 4, 1 / 2, 3 / 4])), *random.integers(0, 8, 5) / 8], []
        for u in uniforms:
            row, total = P[ids[-1] if ids else 5], 0.0
            for token, p in enumerate(row.tolist()):
                total += p
                if total > u:
                    ids.append(token)
                    break
        expect(ancestral_sample, P, np.array(uniforms), 0, want=ids[:ids.index(0) + 1] if 0 in ids else ids, mistakes=mistakes)
test_random(ancestral_sample)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q10
# points: 5
# %% [markdown]
# **Question 10. A beam** · 30 minutes · ★★★ · chapter section *A beam*
#
# Between one text and all of them: **beam search** keeps a few texts at a time. Write `beam_search(P, width, eos, limit)`.
#
# - At the beginning there is one text, the empty one, whose ln p is 0.
# - In each step every text that has not ended is continued by **every** token of probability above 0. A text that has ended,
#   with EOS or with `limit` tokens, stays in the beam as it is and keeps its ln p. Of all of these together, old and new, the
#   `width` with the highest ln p are kept; ln p is that of the whole text.
# - The search is over when all texts in the beam have ended.
# - `P`: a table (V + 1, V). `eos`: the id of EOS. `width` and `limit`: at least 1. No two texts are equally probable.
# - Returns a list of at most `width` tuples `(ids, log_p)`, the most probable text first: its tokens as a list of ints, and a
#   float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def beam_search(P, width, eos, limit):
    """The best texts that a beam finds: a list of tuples of a list of ints and a float."""
    # BEGIN SOLUTION
    def has_ended(ids):
        return len(ids) == limit or ids[-1:] == [eos]

    beam = [([], 0.0)]
    while not all(has_ended(ids) for ids, _ in beam):
        options = []
        for ids, log_p in beam:
            if has_ended(ids):
                options.append((ids, log_p))
            else:
                row = P[ids[-1] if ids else -1].tolist()
                options += [([*ids, i], log_p + math.log(p)) for i, p in enumerate(row) if p > 0]
        beam = sorted(options, key=lambda option: -option[1])[:width]
    return beam
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the fish and a fish, and a longer search by hand
points: 2
""" # END TEST CONFIG
def test_by_hand(beam_search):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import beam_search as mistakes
    log = np.log
    # 0 the, 1 a, 2 fish, 3 love, 4 help, 5 EOS
    P = np.array([[0, 0, 0.4, 0.35, 0.25, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1.0], [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1],
                  [1, 0, 0, 0, 0, 0], [0.6, 0.4, 0, 0, 0, 0]])
    expect(beam_search, P, 1, 5, 4, want=[([0, 2, 5], log(0.24))], mistakes=mistakes)
    expect(beam_search, P, 2, 5, 4, want=[([1, 2, 5], log(0.4)), ([0, 2, 5], log(0.24))], mistakes=mistakes)
    expect(beam_search, P, 3, 5, 2, want=[([1, 2], log(0.4)), ([0, 2], log(0.24)), ([0, 3], log(0.21))], mistakes=mistakes)
    expect(beam_search, P, 6, 5, 2, mistakes=mistakes,
           want=[([1, 2], log(0.4)), ([0, 2], log(0.24)), ([0, 3], log(0.21)), ([0, 4], log(0.15))])
    # EOS, 3, is the second best text at first, and later the third
    P = np.array([[0, 0.52, 0.48, 0], [0, 0, 0, 1], [0, 0, 0, 1], [1, 0, 0, 0], [0.7, 0, 0, 0.3]])
    expect(beam_search, P, 2, 3, 4, want=[([0, 1, 3], log(0.364)), ([0, 2, 3], log(0.336))], mistakes=mistakes)
    # EOS is 1. Step 1 gives 0 (.5), 1 (.3) and 2 (.2), of which 1 has ended. Step 2 gives 1 (.3), 0 2 (.275), 0 0 (.14), and
    # then 2 2 (.13), 0 1 (.085). In step 3 three texts become 1 (.3), 0 2 2 (.17875), 0 0 2 (.077)
    P = np.array([[0.28, 0.17, 0.55], [0.2, 0.3, 0.5], [0.25, 0.1, 0.65], [0.5, 0.3, 0.2]])
    expect(beam_search, P, 3, 1, 2, want=[([1], log(0.3)), ([0, 2], log(0.275)), ([0, 0], log(0.14))], mistakes=mistakes)
    expect(beam_search, P, 5, 1, 2, mistakes=mistakes, want=[([1], log(0.3)), ([0, 2], log(0.275)), ([0, 0], log(0.14)),
                                                             ([2, 2], log(0.13)), ([0, 1], log(0.085))])
    expect(beam_search, P, 3, 1, 3, want=[([1], log(0.3)), ([0, 2, 2], log(0.17875)), ([0, 0, 2], log(0.077))],
           mistakes=mistakes)
    expect(beam_search, P, 4, 1, 1, want=[([0], log(0.5)), ([1], log(0.3)), ([2], log(0.2))], mistakes=mistakes)
test_by_hand(beam_search)
# %%
""" # BEGIN TEST CONFIG
name: random tables, beams from one text to all
points: 3
hidden: true
""" # END TEST CONFIG
def test_random(beam_search):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import beam_search as mistakes
    random = rng()

    def kept(P, width, eos, limit):
        # Texts as rows of an array, filled up with −1; a text that has ended has one continuation, itself. The second value is
        # the smallest distance between two ln p that are told apart
        size, apart = P.shape[1], 1.0
        texts, logs = np.full((1, limit), -1), np.zeros(1)
        for t in range(limit):
            scores, over = [], [t > 0 and text[t - 1] in (eos, -1) for text in texts]
            for text, log_p, is_over in zip(texts, logs, over, strict=True):
                with np.errstate(divide="ignore"):
                    row = np.log(P[text[t - 1] if t else size])
                scores.append(np.where(np.arange(size) == 0, log_p, -np.inf) if is_over else log_p + row)
            flat = np.concatenate(scores)
            order = np.argsort(-flat)[:np.isfinite(flat).sum()]
            apart = min(apart, *-np.diff(flat[order[:width + 1]]), 1.0)
            texts, logs = texts[order[:width] // size], flat[order[:width]]
            for row, i in zip(texts, order[:width].tolist(), strict=True):
                if not over[i // size]:
                    row[t] = i % size
        return [([i for i in text.tolist() if i >= 0], float(x)) for text, x in zip(texts, logs, strict=True)], apart

    for size, width, limit, ends in [(4, 3, 5, 0.25), (6, 2, 7, 0.1), (3, 4, 4, 0.3), (5, 1, 6, 0.2), (5, 5, 3, 0.35),
                                     (4, 100, 3, 0.2), (4, 2, 1, 0.3)]:
        apart = 0.0
        while apart < 1e-5:                                 # texts such as 0 0 1 0 and 0 1 0 0 may be equally probable
            eos = int(random.integers(size))
            P = random.dirichlet(np.full(size, 0.8), size + 1) + 0.01
            P[:, eos] = ends * random.uniform(0.7, 1.3, size + 1) * (P.sum(axis=1) - P[:, eos])
            P[eos, (eos + 1) % size] += 9                   # whoever goes on after EOS finds it easy
            P[range(size), range(size)] *= size < 5
            P[(eos + 1) % size, (eos + 1) % size] = 0
            P = P / P.sum(axis=1, keepdims=True)
            want, apart = kept(P, width, eos, limit)
        expect(beam_search, P, width, eos, limit, want=want, mistakes=mistakes)
    # What looks worse at first is better in the end; and a text that has ended is overtaken. The tokens are renamed by chance
    worse_first = [[0, 0.28, 0.26, 0.24, 0.22], [0.9, 0, 0.04, 0.03, 0.03], [0.1, 0.2, 0, 0.3, 0.4], [0.2, 0.1, 0.1, 0, 0.6],
                   [0.97, 0.01, 0.01, 0.01, 0], [0.4, 0.35, 0.15, 0.06, 0.04]]
    overtaken = [[0, 0.51, 0.49, 0], [0, 0, 0.1, 0.9], [0, 0.2, 0, 0.8], [0.5, 0.5, 0, 0], [0.7, 0, 0, 0.3]]
    for table, eos, asked in [(worse_first, 2, [(1, 4), (2, 4), (3, 4), (3, 3)]), (overtaken, 3, [(2, 2), (2, 3), (3, 4)])]:
        new = random.permutation(len(table) - 1)
        P, eos = np.zeros((len(new) + 1, len(new))), int(new[eos])
        P[np.ix_([*new, len(new)], new)] = table * random.uniform(0.99, 1.01, P.shape)
        P = P / P.sum(axis=1, keepdims=True)
        for width, limit in asked:
            expect(beam_search, P, width, eos, limit, want=kept(P, width, eos, limit)[0], mistakes=mistakes)
test_random(beam_search)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q11
# points: 2
# %% [markdown]
# **Question 11. Long texts are improbable** · 10 minutes · ★★☆ · chapter section *Short texts win*
#
# Each token makes a text less probable, so whoever ranks by ln p gets short texts. Write `rank_by_length(candidates,
# prompt_length, alpha)`, which ranks what a search has found by ln p/n^α, where n is how many tokens were **written**.
#
# - `candidates`: a list of tuples `(ids, log_p)`. `ids` is a list that begins with the prompt, `prompt_length` tokens that
#   were given and not written; at least one token follows, and all that follow count. `log_p` is ln p of what was written.
# - `alpha`: a number, at least 0; 0 leaves ln p as it is. No two candidates come out equal.
# - Returns a list of tuples `(ids, score)`, the highest score first: the tokens that were written, **without** the prompt,
#   and a float.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def rank_by_length(candidates, prompt_length, alpha):
    """What was written and ln p/n^α, the best first: a list of tuples of a list of ints and a float."""
    # BEGIN SOLUTION
    written = [(ids[prompt_length:], log_p) for ids, log_p in candidates]
    scored = [(ids, log_p / len(ids)**alpha) for ids, log_p in written]
    return sorted(scored, key=lambda one: one[1], reverse=True)
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: four texts after a prompt, by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(rank_by_length):
    from autograder.checks import expect
    from autograder.misconceptions.decoding import rank_by_length as mistakes
    texts = [([7, 7, 5, 1, 4, 2], -6.3), ([7, 7, 5, 2], -2.0), ([7, 7, 5, 3, 3, 1, 2], -5.2), ([7, 7, 5, 6, 2], -3.9)]
    expect(rank_by_length, texts, 3, 1, want=[([3, 3, 1, 2], -1.3), ([6, 2], -1.95), ([2], -2.0), ([1, 4, 2], -2.1)],
           mistakes=mistakes)
    expect(rank_by_length, texts, 3, 0, want=[([2], -2.0), ([6, 2], -3.9), ([3, 3, 1, 2], -5.2), ([1, 4, 2], -6.3)],
           mistakes=mistakes)
    # Roots of the lengths: 2, 1, 3
    texts = [([9, 8, 4, 4, 4, 0], -5.0), ([9, 8, 0], -2.6), ([9, 8, *range(9)], -7.2)]
    expect(rank_by_length, texts, 2, 0.5, want=[(list(range(9)), -2.4), ([4, 4, 4, 0], -2.5), ([0], -2.6)], mistakes=mistakes)
test_by_hand(rank_by_length)
# %%
""" # BEGIN TEST CONFIG
name: random texts, several powers
points: 1
hidden: true
""" # END TEST CONFIG
def test_random(rank_by_length):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import rank_by_length as mistakes
    random = rng()
    for n, prompt, alpha in [(5, 4, 1.0), (4, 2, 0.6), (6, 3, 0), (4, 0, 0.7), (1, 5, 2), (7, 1, 1.5)]:
        start = random.integers(0, 50, prompt).tolist()
        lengths = random.permutation(range(2, 12))[:n]
        logs = [-float(x) for x in lengths * random.uniform(0.9, 1.6, n)]
        texts = [random.integers(0, 50, length).tolist() for length in lengths]
        scores = np.array(logs) / np.exp(alpha * np.log(lengths))
        want = [(texts[i], float(scores[i])) for i in np.argsort(-scores)]
        expect(rank_by_length, [(start + text, log_p) for text, log_p in zip(texts, logs, strict=True)], prompt, alpha,
               want=want, mistakes=mistakes)
test_random(rank_by_length)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q12
# points: 4
# %% [markdown]
# **Question 12. Keys and values, kept** · 25 minutes · ★★★ · chapter section *Keys and values, kept*
#
# When a transformer with a causal mask writes, the keys and values of the words so far are the same in every step. A **cache**
# keeps them, and each step computes only what belongs to the new word. Write `cached_step(x, positions, W_q, W_k, W_v, keys,
# values)`, one step of one layer of self-attention with one head.
#
# 1. t words are in the cache, so the new word stands at position t (counted from 0): u = x + row t of `positions`.
# 2. q = W_q u, k = W_k u, v = W_v u. k and v come into the cache, behind the others.
# 3. The new word attends to all words in the cache, **itself among them**: scores q · k_j/√d_k, softmax over j, and the mean
#    of the values with these weights.
#
# - `x`: the embedding of the new word, (d,). `positions`: (N, d), N greater than t. A matrix of weights has a row for each
#   output: W_q and W_k are (d_k, d), W_v is (d_v, d). `keys`: (t, d_k), `values`: (t, d_v); t may be 0. In the cache is what
#   is to stay there: nothing is done to it again.
# - Returns a tuple `(out, keys, values)` of float arrays of shapes (d_v,), (t + 1, d_k) and (t + 1, d_v). The arrays that
#   came in stay as they were.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def cached_step(x, positions, W_q, W_k, W_v, keys, values):
    """Attention of one new word, with the cache before it: a tuple of float arrays (d_v,), (t + 1, d_k), (t + 1, d_v)."""
    # BEGIN SOLUTION
    u = x + positions[len(keys)]
    keys, values = np.vstack([keys, W_k @ u]), np.vstack([values, W_v @ u])
    scores = keys @ (W_q @ u) / np.sqrt(keys.shape[1])                             # (t + 1,)
    weights = np.exp(scores - scores.max())
    return weights @ values / weights.sum(), keys, values
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: a first word, and a third one, by hand
points: 2
""" # END TEST CONFIG
def test_by_hand(cached_step):
    import numpy as np

    from autograder.checks import expect
    from autograder.misconceptions.decoding import cached_step as mistakes
    log2 = np.log(2)
    # A first word: u = (2, 1, 1), k = (1, 2), v = (4, 2, 1, 2). It looks at itself alone
    positions = np.array([[1.0, -1, 2], [0, 2, 1], [3, 1, -3], [5, 0, 2], [2, 7, 1]])
    W_q, W_k = np.array([[1.0, 1, 0], [0, 0, 1]]), np.array([[0.0, 0, 1], [1, 0, 0]])
    W_v = np.array([[2.0, 0, 0], [0, 1, 1], [1, -1, 0], [1, 1, -1]])
    expect(cached_step, np.array([1.0, 2, -1]), positions, W_q, W_k, W_v, np.zeros((0, 2)), np.zeros((0, 4)), mistakes=mistakes,
           want=(np.array([4.0, 2, 1, 2]), np.array([[1.0, 2]]), np.array([[4.0, 2, 1, 2]])))
    # A third one: row 2 is (3, 1, −3), so u, k and v are the same. q · k_j/√2 are ln 2, 0 and 5 ln 2, the weights 2, 1 and 32
    scale = np.sqrt(2) * log2
    expect(cached_step, np.array([-1.0, 0, 4]), positions, scale * W_q, W_k, W_v, np.array([[0.0, 1], [-1, 3]]),
           np.array([[35.0, 0, 70, 0], [0, -35, 7, 35]]), mistakes=mistakes,
           want=(np.array([2 + 32 * 4 / 35, -1 + 32 * 2 / 35, 4.2 + 32 / 35, 1 + 32 * 2 / 35]),
                 np.array([[0.0, 1], [-1, 3], [1, 2]]), np.array([[35.0, 0, 70, 0], [0, -35, 7, 35], [4, 2, 1, 2]])))
    # As many numbers in a key as features and in a value: u is (3.5, 0.5), q is (4, 0.5)
    positions, W_q, W_v = positions[:, :2], np.array([[1.0, 1], [0, 1]]), np.array([[0.5, -1], [1, 0.25]])
    W_k, keys, values = W_v * [[1], [-1]], np.array([[1.0, 0.5], [-0.5, 1]]), np.array([[-1.0, 2], [2, 1]])
    k, v = np.array([1.25, -3.625]), np.array([1.25, 3.625])
    shares = np.exp(np.array([4.25, -1.5, 5 - 1.8125]) / np.sqrt(2))
    shares = shares / shares.sum()
    expect(cached_step, np.array([0.5, -0.5]), positions, W_q, W_k, W_v, keys, values, mistakes=mistakes,
           want=(shares @ np.vstack([values, v]), np.vstack([keys, k]), np.vstack([values, v])))
test_by_hand(cached_step)
# %%
""" # BEGIN TEST CONFIG
name: random words, one after the other, against all at once
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(cached_step):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import cached_step as mistakes
    random = rng()
    for T, d, d_k, d_v in [(5, 4, 3, 2), (4, 3, 3, 3), (6, 2, 4, 5), (3, 5, 2, 5), (4, 4, 4, 1)]:
        X, positions = random.normal(size=(T, d)), random.normal(size=(T + 2, d))
        W_q, W_k, W_v = random.normal(size=(d_k, d)), random.normal(size=(d_k, d)), random.normal(size=(d_v, d))
        # All T words at once: row t of the output has seen the words up to t
        U = X + positions[:T]
        K, V = np.einsum("ti,ki->tk", U, W_k), np.einsum("ti,vi->tv", U, W_v)
        S = np.einsum("ti,ki,sk->ts", U, W_q, K) / d_k**0.5
        A = np.where(np.tri(T, dtype=bool), np.exp(S - S.max(axis=1, keepdims=True)), 0)
        out = A @ V / A.sum(axis=1, keepdims=True)
        for t in range(T):
            expect(cached_step, X[t], positions, W_q, W_k, W_v, K[:t], V[:t], want=(out[t], K[:t + 1], V[:t + 1]),
                   mistakes=mistakes)
test_random(cached_step)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q13
# points: 3
# %% [markdown]
# **Question 13. What it costs and what it saves** · 15 minutes · ★★☆ · chapter section *What it costs*
#
# A transformer with `layers` layers writes T tokens, one after the other, from nothing. Write `cache_cost(T, layers, d, heads,
# size)`, which counts what a cache needs and what it saves.
#
# - `"bytes"`: how large the cache is when T words are in it. In each layer there is a key and a value for each word; all heads
#   together share the `d` features of each, and a feature takes `size` bytes.
# - `"with"`: how many **pairs** of a query and a key are compared with a cache, over all T steps and all layers. In step t (t
#   = 1, 2, … T) only the new word asks, and it is compared with the t words up to itself.
# - `"without"`: the same count without a cache. In step t all t words ask anew, the first is compared with 1 word, the second
#   with 2, and so on up to t.
# - A pair counts once in a layer, however many heads compare parts of it. All arguments are whole numbers, at least 1; d is a
#   multiple of `heads`.
# - Returns a dictionary with these three keys and exact ints.
# %% [raw]
# # BEGIN SOLUTION NO PROMPT
# %%
def cache_cost(T, layers, d, heads, size):
    """Bytes of a cache, pairs compared with it and without it: a dictionary of three ints."""
    # BEGIN SOLUTION
    steps = range(1, T + 1)
    pairs_with, pairs_without = sum(steps), sum(sum(range(1, t + 1)) for t in steps)       # of one layer
    return {"bytes": 2 * layers * T * d * size, "with": layers * pairs_with, "without": layers * pairs_without}
    # END SOLUTION
# %% [raw]
# # END SOLUTION
# %% [raw]
# # BEGIN TESTS
# %%
""" # BEGIN TEST CONFIG
name: the course's model and 256 tokens, and a small one by hand
points: 1
""" # END TEST CONFIG
def test_by_hand(cache_cost):
    from autograder.checks import expect
    from autograder.misconceptions.decoding import cache_cost as mistakes
    # With 1 + 2 + 3 and 1 + 3 + 6 pairs in a layer
    expect(cache_cost, 3, 5, 14, 2, 4, want={"bytes": 2 * 5 * 3 * 14 * 4, "with": 5 * 6, "without": 5 * 10}, mistakes=mistakes)
    expect(cache_cost, 256, 4, 128, 4, 4, want={"bytes": 1_048_576, "with": 4 * 32_896, "without": 4 * 2_829_056},
           mistakes=mistakes)
test_by_hand(cache_cost)
# %%
""" # BEGIN TEST CONFIG
name: random sizes
points: 2
hidden: true
""" # END TEST CONFIG
def test_random(cache_cost):
    import numpy as np

    from autograder.checks import expect, rng
    from autograder.misconceptions.decoding import cache_cost as mistakes
    random = rng()
    for T, layers, heads, size in [(7, 2, 3, 2), (20, 6, 4, 4), (1, 3, 2, 8), (53, 1, 5, 2), (300, 12, 2, 4)]:
        d = heads * int(random.integers(2, 20))
        pairs = np.tri(T).sum(axis=1)                       # of the word that is new in each step
        want = {"bytes": sum(2 * d * size for _ in range(T * layers)), "with": layers * int(pairs.sum()),
                "without": layers * int(pairs.cumsum().sum())}
        expect(cache_cost, T, layers, d, heads, size, want=want, mistakes=mistakes)
test_random(cache_cost)
# %% [raw]
# # END TESTS
# %% [raw]
# # END QUESTION
# %% [raw]
# # BEGIN QUESTION
# name: q14
# points: 4
# manual: true
# %% [markdown]
# **Question 14. The most probable, and what is typical** · 20 minutes · ★★☆ · chapter sections *Short texts win* and *Most
# probable, and typical* · read by a person
#
# A coin shows heads with probability 0.6. It is thrown 20 times; the sequence of heads and tails is a "text" of 20 tokens.
#
# In at most 250 words: (a) Which sequence is the most probable, and how probable is it? About how many heads has a sequence
# that was drawn, and how much less probable is one with 12 heads than the most probable one? How can it be that one
# practically never draws the most probable one? (b) Translate that into texts: why is what a wide beam finds dull and
# repetitive, although every token of it is a good choice? (c) Now let each token be EOS with probability 0.1, so that texts
# may be shorter. Which text is the most probable one now? What does dividing by the length change, and what does it not
# change? (d) Somebody samples with top-p 0.6 from the coin without EOS. What comes out, and what does this say about top-p on
# a flat distribution? When does a nucleus help?
# %% [raw]
# # BEGIN SOLUTION
# %% [markdown]
# **Model answer.** (a) Twenty heads, 0.6²⁰ ≈ 3.7·10⁻⁵. A drawn sequence has about 12 heads (standard deviation 2.2). One
# given sequence with 12 heads has 0.6¹² · 0.4⁸ ≈ 1.4·10⁻⁶, less by a factor of 1.5⁸ ≈ 26. But there are 125,970 of these and
# only one with 20 heads: together they have 0.18. Draws come from where there are many texts, not from where a single one is
# most probable. (b) Text by people is made like draws: here and there a token that is not the most probable one. The beam
# looks for the peak, which takes the most expected token everywhere; tokens that say nothing new are the most expected ones,
# and each repetition makes the next one more probable. So it is a text that hardly anybody would write. (c) The empty text,
# EOS alone, with 0.1: with one head before it, it would be 0.54 · 0.1, and each further throw costs a factor of 0.54. Divided
# by their lengths, long texts are no longer punished for being long, and the best one has many heads again; it is still the
# peak of each length, twenty heads in a row, and no typical text. (d) Heads alone reach 0.6, so every draw gives twenty
# heads: greedy decoding, tails have gone, with 0.4 of the probability. Where several tokens are all good, a nucleus that is
# too small cuts good ones away. It helps where a few good tokens stand before a long tail of thousands of bad ones, which are
# together probable.
#
# **Rubric (4 points).**
#
# - 1 point, (a): 3.7·10⁻⁵ and about 12 heads, and that there are many sequences of that kind; ½ without the number of them.
# - 1 point, (b): the search finds the peak while texts are like draws; the most expected token everywhere, or repetition that
#   feeds itself; ½ for one of the two.
# - 1 point, (c): EOS alone, 0.1, and what the length changes (no longer short) and does not change (still the peak); ½ if one
#   is missing.
# - 1 point, (d): only heads, 0.4 is lost; a nucleus helps against a long tail, not where the distribution is flat; ½ for one.
# %% [raw]
# # END SOLUTION
# %% [raw]
# # END QUESTION
