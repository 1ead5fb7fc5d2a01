"""Wrong answers that students really write for unit 11; each docstring is the hint they get."""

import math
from itertools import pairwise

import numpy as np

# Question 1: the lightest edge


def walked(edges, start, choose, total):
    """From node to node as choose(node, dictionary of its edges) says; total(list of weights) is the weight."""
    nodes, weights = [start], []
    while edges.get(nodes[-1]):
        after = choose(nodes[-1], edges[nodes[-1]])
        weights.append(edges[nodes[-1]][after])
        nodes.append(after)
    return nodes, float(total(weights))


def lightest(node, choices):
    return min(choices, key=choices.get)


def heaviest_edge(edges, start):
    """You went along the heaviest edge. Is a light edge a probable one or an improbable one?"""
    return walked(edges, start, lambda node, choices: max(choices, key=choices.get), sum)


def last_of_equal_edges(edges, start):
    """Of two equally light edges you took the one that is listed later. Which is to be taken?"""
    return walked(edges, start, lambda node, choices: min(reversed(choices), key=choices.get), sum)


def first_listed(edges, start):
    """You took the first edge of each node, whatever it weighs. What does `min` compare, and where is its key?"""
    return walked(edges, start, lambda node, choices: next(iter(choices)), sum)


def first_in_the_alphabet(edges, start):
    """You took the node whose name comes first. What does `min` compare when it is given a dictionary?"""
    return walked(edges, start, lambda node, choices: min(choices), sum)


def first_name_of_equal_edges(edges, start):
    """Of two equally light edges you took the one whose node comes first in the alphabet. Which is to be taken?"""
    return walked(edges, start, lambda node, choices: min(choices, key=lambda name: (choices[name], name)), sum)


def last_edge_only(edges, start):
    """Your weight is that of the last edge. Which edges does the weight of a path count?"""
    return walked(edges, start, lightest, lambda weights: weights[-1] if weights else 0.0)


def first_edge_only(edges, start):
    """Your weight is that of the first edge. Which edges does the weight of a path count?"""
    return walked(edges, start, lightest, lambda weights: weights[0] if weights else 0.0)


def weights_multiplied(edges, start):
    """You multiplied the weights. What does one do with −ln p, where probabilities are multiplied?"""
    return walked(edges, start, lightest, math.prod)


def weights_averaged(edges, start):
    """You took the mean of the weights. What is the weight of a path?"""
    return walked(edges, start, lightest, lambda weights: sum(weights) / max(len(weights), 1))


def edges_counted(edges, start):
    """Your weight is the number of edges. What is to be added up?"""
    return walked(edges, start, lightest, len)


def end_missing(edges, start):
    """The end is missing among your nodes, though its edge is counted. When is a node put into the list?"""
    nodes, weight = walked(edges, start, lightest, sum)
    return (nodes[:-1] or nodes), weight


def start_missing(edges, start):
    """The start is missing among your nodes. What does the list begin with?"""
    nodes, weight = walked(edges, start, lightest, sum)
    return nodes[1:], weight


def one_node_early(edges, start):
    """You stopped one node before the end, and its edge is not counted either. What has an end that the node before it has
    not?"""
    nodes, _ = walked(edges, start, lightest, sum)
    nodes = nodes[:-1] or nodes
    return nodes, float(sum(edges[u][v] for u, v in pairwise(nodes)))


def one_step(edges, start):
    """You took one step. Where does the walk end?"""
    nodes, _ = walked(edges, start, lightest, sum)
    return nodes[:2], float(sum(edges[u][v] for u, v in pairwise(nodes[:2])))


def best_of_all_paths(edges, start):
    """You found the lightest of all paths. Greedy search does not look ahead: which edge does it take at each node?"""
    rest = solved(edges, start, min, lambda weight, behind: weight + behind)
    return walked(edges, start, lambda node, choices: min(choices, key=lambda v: choices[v] + rest[v]), sum)


def all_edges_counted(edges, start):
    """Your weight counts edges that you looked at and did not take. Which ones lie on the path?"""
    nodes, _ = walked(edges, start, lightest, sum)
    return nodes, float(sum(sum(edges.get(node, {}).values()) for node in nodes))


def missing_node(edges, start):
    """An end may be missing in the dictionary. What does `edges[node]` do then, and what does `edges.get(node)`?"""
    nodes, weight = [start], 0.0
    while edges[nodes[-1]]:
        after = lightest(nodes[-1], edges[nodes[-1]])
        weight += edges[nodes[-1]][after]
        nodes.append(after)
    return nodes, weight


greedy_path = [heaviest_edge, last_of_equal_edges, first_listed, first_in_the_alphabet, first_name_of_equal_edges,
               last_edge_only, first_edge_only, weights_multiplied, weights_averaged, edges_counted, end_missing,
               start_missing, one_node_early, one_step, best_of_all_paths, all_edges_counted, missing_node]


# Question 2: the lightest path

def solved(edges, start, better, joined, end=0.0):
    """For each node that can be reached the better of joined(weight of an edge, what comes behind it)."""
    values, waiting = {}, [start]
    while waiting:
        node = waiting[-1]
        unknown = [after for after in edges.get(node, {}) if after not in values]
        if unknown:
            waiting += unknown
        else:
            values[waiting.pop()] = better((joined(w, values[v]) for v, w in edges.get(node, {}).items()), default=end)
    return values


def by_values(edges, start, better, joined, total, end=0.0):
    """The path along which those values come about, and total(weights)."""
    values = solved(edges, start, better, joined, end)
    return walked(edges, start, lambda node, choices: better(choices, key=lambda v: joined(choices[v], values[v])), total)


def added(weight, behind):
    return weight + behind


def greedily(edges, start):
    """Your path takes the lightest edge at each node. What does that cost later on?"""
    return walked(edges, start, lightest, sum)


def heaviest_path(edges, start):
    """You found the heaviest path. Which one is asked for?"""
    return by_values(edges, start, max, added, sum)


def fewest_edges(edges, start):
    """You found the path with the fewest edges. What makes a path light?"""
    return by_values(edges, start, min, lambda weight, behind: 1 + behind, sum)


def fewest_edges_counted(edges, start):
    """You counted edges. What makes a path light?"""
    return by_values(edges, start, min, lambda weight, behind: 1 + behind, len)


def lightest_first_edge(edges, start):
    """You took the lightest edge first and searched only from there on. What if the other ones lead to something better?"""
    if not edges.get(start):
        return [start], 0.0
    first = lightest(start, edges[start])
    nodes, weight = by_values(edges, first, min, added, sum)
    return [start, *nodes], edges[start][first] + weight


def multiplied(edges, start):
    """You multiplied the weights. What does one do with −ln p, where probabilities are multiplied?"""
    return by_values(edges, start, min, lambda weight, behind: weight * behind, math.prod, 1.0)


def two_edges_ahead(edges, start):
    """At each node you looked two edges ahead. Which parts of the path decide about its weight?"""
    def choose(node, choices):
        return min(choices, key=lambda v: choices[v] + min(edges.get(v, {}).values(), default=0.0))
    return walked(edges, start, choose, sum)


def heaviest_edge_as_light_as_possible(edges, start):
    """Your path avoids heavy edges: its heaviest one is as light as possible. What is to be as light as possible?"""
    return by_values(edges, start, min, max, sum)


def lightest_last_edge(edges, start):
    """With you, only the last edge counts. What is added up?"""
    return by_values(edges, start, min, lambda weight, behind: behind or weight, sum)


def best_of_last_edges(edges, start):
    """Your path is right, and its weight is that of the last edge. What is to be added up?"""
    return by_values(edges, start, min, added, lambda weights: weights[-1] if weights else 0.0)


def backwards(edges, start):
    """Your path runs from its end to the start. In which order are the nodes to be?"""
    nodes, weight = by_values(edges, start, min, added, sum)
    return nodes[::-1], weight


def without_the_start(edges, start):
    """The start is missing among your nodes. What does the list begin with?"""
    nodes, weight = by_values(edges, start, min, added, sum)
    return nodes[1:], weight


def without_the_end(edges, start):
    """The end is missing among your nodes. When is a node put into the list?"""
    nodes, weight = by_values(edges, start, min, added, sum)
    return (nodes[:-1] or nodes), weight


def the_start_is_light_enough(edges, start):
    """Your path stays at the start, as nothing is lighter. Where may a path end?"""
    return [start], 0.0


def first_way_kept(edges, start):
    """You kept the first way by which each node was reached. What if a later one is lighter?"""
    paths, waiting = {start: ([start], 0.0)}, [start]
    for node in waiting:
        for after, weight in edges.get(node, {}).items():
            if after not in paths:
                paths[after] = [*paths[node][0], after], paths[node][1] + weight
                waiting.append(after)
    return min((path for node, path in paths.items() if not edges.get(node)), key=lambda path: path[1])


def nearest_node(edges, start):
    """Your path ends at a node from which edges leave. Where does a path end?"""
    if not edges.get(start):
        return [start], 0.0
    first = lightest(start, edges[start])
    return [start, first], edges[start][first]


best_path = [greedily, heaviest_path, fewest_edges, fewest_edges_counted, lightest_first_edge, multiplied, two_edges_ahead,
             heaviest_edge_as_light_as_possible, lightest_last_edge, best_of_last_edges, backwards, without_the_start,
             without_the_end, the_start_is_light_enough, first_way_kept, nearest_node]


# Question 3: greedy decoding

def row_after(P, ids):
    return P[ids[-1] if ids else len(P) - 1]


def decoded(P, limit, over, choose, row):
    """Tokens as choose(row) says, until over(ids), and the list of their probabilities."""
    ids, probabilities = [], []
    while len(ids) < limit and not over(ids):
        p = row(P, ids)
        ids.append(int(choose(p)))
        probabilities.append(p[ids[-1]])
    return ids, probabilities


def ended(eos):
    return lambda ids: ids[-1:] == [eos]


def added_logs(probabilities):
    with np.errstate(divide="ignore"):
        return float(np.log(probabilities).sum())


def goes_on_after_eos(P, eos, limit):
    """Your text goes on after EOS. What does EOS mean?"""
    ids, p = decoded(P, limit, lambda ids: False, np.argmax, row_after)
    return ids, added_logs(p)


def eos_not_kept(P, eos, limit):
    """Your text lacks its EOS, though ln p counts it. Is EOS a part of the text?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return [i for i in ids if i != eos], added_logs(p)


def eos_not_counted(P, eos, limit):
    """Your ln p does not count EOS. How probable is it that the text stops here and does not go on?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, added_logs([one for i, one in zip(ids, p, strict=True) if i != eos])


def eos_left_out(P, eos, limit):
    """EOS is missing in your text and in your ln p. Is it a token as the others are?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return [i for i in ids if i != eos], added_logs([one for i, one in zip(ids, p, strict=True) if i != eos])


def one_token_too_many(P, eos, limit):
    """Without an EOS your text has one token more than the limit. Does your loop compare with < or with ≤?"""
    ids, p = decoded(P, limit + 1, ended(eos), np.argmax, row_after)
    return ids, added_logs(p)


def one_token_short(P, eos, limit):
    """Without an EOS your text has one token less than the limit. How many tokens does your loop write?"""
    ids, p = decoded(P, limit - 1, ended(eos), np.argmax, row_after)
    return ids, added_logs(p)


def least_probable(P, eos, limit):
    """You took the least probable token each time. The weights are −ln p: which token has the smallest one?"""
    ids, p = decoded(P, limit, ended(eos), np.argmin, row_after)
    return ids, added_logs(p)


def highest_id_of_equal(P, eos, limit):
    """Of equally probable tokens you took the highest id. Which is to be taken?"""
    ids, p = decoded(P, limit, ended(eos), lambda row: len(row) - 1 - np.argmax(row[::-1]), row_after)
    return ids, added_logs(p)


def starts_at_row_zero(P, eos, limit):
    """Your first token comes from row 0. Which row says how a text begins?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, lambda P, ids: P[ids[-1] if ids else 0])
    return ids, added_logs(p)


def starts_at_eos(P, eos, limit):
    """Your first token comes from the row of EOS. Which row says how a text begins?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, lambda P, ids: P[ids[-1] if ids else eos])
    return ids, added_logs(p)


def start_row_for_all(P, eos, limit):
    """All your tokens come from the row of the start. Which row says what comes after a token?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, lambda P, ids: P[-1])
    return ids, added_logs(p)


def row_of_the_place(P, eos, limit):
    """Token t of yours comes from row t, which belongs to the token with the id t. Which token was read last?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, lambda P, ids: P[(len(ids) - 1) % len(P)])
    return ids, added_logs(p)


def columns_for_rows(P, eos, limit):
    """After a token you look into its column. Is what comes next in a row or in a column?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, lambda P, ids: P[:-1, ids[-1]] if ids else P[-1])
    return ids, added_logs(p)


def as_a_weight(P, eos, limit):
    """Your ln p is positive: you returned −ln p. Which of the two is asked for?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, -added_logs(p)


def as_a_probability(P, eos, limit):
    """You returned p and not ln p. What is the logarithm of a product?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, float(np.prod(p))


def in_bits(P, eos, limit):
    """Your logarithms are to base 2. Which are asked for?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, added_logs(p) / math.log(2)


def last_token_scored(P, eos, limit):
    """Your ln p is that of the last token. Which ones make the text?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, added_logs(p[-1:])


def mean_of_the_logs(P, eos, limit):
    """You divided by the number of tokens. Is a mean asked for?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, added_logs(p) / len(ids)


def first_token_free(P, eos, limit):
    """Your ln p does not count the first token. How probable is it at the start?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, added_logs(p[1:])


def probabilities_added(P, eos, limit):
    """You added probabilities. Which numbers are added up?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids, float(sum(p))


def eos_is_zero(P, eos, limit):
    """Your text ends with token 0, whichever token EOS is. Which id has it?"""
    ids, p = decoded(P, limit, ended(0), np.argmax, row_after)
    return ids, added_logs(p)


def eos_is_the_last_id(P, eos, limit):
    """Your text ends with the highest id, whichever token EOS is. Which id has it?"""
    ids, p = decoded(P, limit, ended(P.shape[1] - 1), np.argmax, row_after)
    return ids, added_logs(p)


def eos_always_at_the_end(P, eos, limit):
    """Your text ends with EOS where it was cut, too. Has the model said so?"""
    ids, p = decoded(P, limit, ended(eos), np.argmax, row_after)
    return ids + [eos] * (ids[-1] != eos), added_logs(p)


greedy_decode = [goes_on_after_eos, eos_not_kept, eos_not_counted, eos_left_out, one_token_too_many, one_token_short,
                 least_probable, highest_id_of_equal, starts_at_row_zero, starts_at_eos, start_row_for_all, row_of_the_place,
                 columns_for_rows, as_a_weight, as_a_probability, in_bits, last_token_scored, mean_of_the_logs,
                 first_token_free, probabilities_added, eos_is_zero, eos_is_the_last_id, eos_always_at_the_end]


# Question 4: temperature

def shares(z):
    """softmax, of one row."""
    e = np.exp(z - z.max())
    return e / e.sum()


def hottest(logits, tau, p):
    """All on the first of the highest where the temperature is 0, p() elsewhere."""
    return np.eye(len(logits))[np.argmax(logits)] if tau == 0 else p()


def temperature_multiplied(logits, tau):
    """You multiplied the logits by τ. What does a small temperature do to their differences?"""
    return hottest(logits, tau, lambda: shares(logits * tau))


def divided_after_the_softmax(logits, tau):
    """You divided the probabilities by τ and by their sum, which undoes it. What is to be divided by τ?"""
    return hottest(logits, tau, lambda: shares(logits))


def divided_after_the_softmax_not_normalised(logits, tau):
    """You divided the probabilities by τ, and they no longer sum to 1. What is to be divided by τ?"""
    return hottest(logits, tau, lambda: shares(logits) / tau)


def power_of_tau(logits, tau):
    """You took probabilities to the power of τ, not normalised. What does p become when its logarithm is divided by τ?"""
    return hottest(logits, tau, lambda: shares(logits) ** tau)


def softmax_of_the_softmax(logits, tau):
    """You divided the probabilities by τ and took a softmax of that. Of what is the softmax taken?"""
    return hottest(logits, tau, lambda: shares(shares(logits) / tau))


def logarithms_again(logits, tau):
    """You returned ln p. What is asked for?"""
    with np.errstate(divide="ignore"):
        return np.log(hottest(logits, tau, lambda: shares(logits / tau)))


def logits_divided(logits, tau):
    """You returned the divided logits. What makes probabilities of them?"""
    return hottest(logits, tau, lambda: logits / tau)


def not_normalised(logits, tau):
    """Your probabilities do not sum to 1, as the highest is 1. What is missing behind the exponential?"""
    return hottest(logits, tau, lambda: np.exp((logits - logits.max()) / tau))


def zero_is_one(logits, tau):
    """At a temperature of 0 you left the logits as they are. What comes out as τ gets smaller and smaller?"""
    return shares(logits) if tau == 0 else shares(logits / tau)


def zero_shared(logits, tau):
    """At a temperature of 0 you shared the probability among all highest logits. Which of them is to have all of it?"""
    highest = logits == logits.max()
    return highest / highest.sum() if tau == 0 else shares(logits / tau)


def zero_to_the_last(logits, tau):
    """At a temperature of 0 you took the last of the highest logits. Which of equal ones is to be taken?"""
    last = np.eye(len(logits))[len(logits) - 1 - np.argmax(logits[::-1])]
    return last if tau == 0 else shares(logits / tau)


def zero_is_an_id(logits, tau):
    """At a temperature of 0 you returned an id. What is asked for in all cases?"""
    return int(np.argmax(logits)) if tau == 0 else shares(logits / tau)


def zero_divides(logits, tau):
    """You divided by a temperature of 0. What is to come out then?"""
    with np.errstate(all="ignore"):
        return shares(logits / np.float64(tau))


def zero_is_flat(logits, tau):
    """At a temperature of 0 all your tokens are equally probable. Is that the limit of small temperatures or of large ones?"""
    return np.full(len(logits), 1 / len(logits)) if tau == 0 else shares(logits / tau)


def overflow(logits, tau):
    """e to the power of a thousand is too large for a float, and e to the power of −1000 is 0. What may be subtracted from
    all logits without any effect on the softmax?"""
    def plainly():
        with np.errstate(all="ignore"):
            e = np.exp(logits / tau)
            return e / e.sum()
    return hottest(logits, tau, plainly)


def root_of_the_temperature(logits, tau):
    """You divided by √τ. By what is to be divided?"""
    return hottest(logits, tau, lambda: shares(logits / math.sqrt(tau)))


def divided_twice(logits, tau):
    """You divided by τ twice. Where is it done, in the exponent or before?"""
    return hottest(logits, tau, lambda: shares(logits / tau**2))


def sign_turned(logits, tau):
    """You make the highest logit the least probable. Which sign stands in the exponent?"""
    return hottest(logits, tau, lambda: shares(-logits / tau))


def small_is_zero(logits, tau):
    """You take a small temperature for 0. What should come out of two logits that are nearly equal?"""
    return hottest(logits, 0 if tau < 0.01 else tau, lambda: shares(logits / tau))


with_temperature = [temperature_multiplied, divided_after_the_softmax, divided_after_the_softmax_not_normalised, power_of_tau,
                    softmax_of_the_softmax, logarithms_again, logits_divided, not_normalised, zero_is_one, zero_shared,
                    zero_to_the_last, zero_is_an_id, zero_divides, zero_is_flat, overflow, root_of_the_temperature,
                    divided_twice, sign_turned, small_is_zero]


# Question 5: the k best

def best_ids(row, k):
    """The ids of the k highest of a row, of equal ones the lower ids first."""
    return np.argsort(-row, kind="stable")[:k]


def filtered(logits, k, ids, rest):
    """Each row with its logits at ids(row, k) and rest everywhere else."""
    out = np.full(logits.shape, rest, float)
    for row, new in zip(logits, out, strict=True):
        kept = ids(row, k)
        new[kept] = row[kept]
    return out


def zero_for_infinity(logits, k):
    """You gave the removed tokens a logit of 0. What does a softmax make of it?"""
    return filtered(logits, k, best_ids, 0.0)


def a_billion_below(logits, k):
    """You gave the removed tokens a very low logit. Which one is asked for?"""
    return filtered(logits, k, best_ids, -1e9)


def plus_infinity(logits, k):
    """You gave the removed tokens the logit +∞. What does a softmax make of it?"""
    return filtered(logits, k, best_ids, np.inf)


def not_a_number_for_infinity(logits, k):
    """You gave the removed tokens the logit NaN. Which number has the exponential 0?"""
    return filtered(logits, k, best_ids, np.nan)


def all_equal_kept(logits, k):
    """You keep all that are as good as the worst of the k best, which may be more than k. Which of equal ones are to go?"""
    return filtered(logits, k, lambda row, k: row >= np.sort(row)[::-1][min(k, len(row)) - 1], -np.inf)


def equal_removed(logits, k):
    """Where the logit behind the k best equals the worst of them, you removed both, so fewer than k are left. Which is to
    stay?"""
    def above(row, k):
        return row > np.sort(row)[::-1][k] if k < len(row) else np.full(len(row), True)
    return filtered(logits, k, above, -np.inf)


def higher_ids_of_equal(logits, k):
    """Of equal logits you kept those with higher ids. Which are to stay? In which order does a sort leave equal ones?"""
    return filtered(logits, k, lambda row, k: np.argsort(row, kind="stable")[::-1][:k], -np.inf)


def k_worst(logits, k):
    """You kept the lowest logits. In which direction does a sort go?"""
    return filtered(logits, k, lambda row, k: np.argsort(row, kind="stable")[:k], -np.inf)


def one_more_kept(logits, k):
    """You kept one token too many. How many are better than the k-th?"""
    return filtered(logits, k + 1, best_ids, -np.inf)


def one_fewer_kept(logits, k):
    """You kept one token too few. Is the k-th one of the k best?"""
    return filtered(logits, k - 1, best_ids, -np.inf)


def best_removed(logits, k):
    """You removed the k best and kept the others. Which are to be kept?"""
    return filtered(logits, k, lambda row, k: np.argsort(-row, kind="stable")[k:], -np.inf)


def first_k_ids(logits, k):
    """You kept the tokens with the k lowest ids. What decides which are kept?"""
    return filtered(logits, k, lambda row, k: np.arange(min(k, len(row))), -np.inf)


def one_set_for_all_rows(logits, k):
    """You compared the logits of all rows with one threshold. Are the rows distributions by themselves?"""
    limit = np.sort(logits, axis=None)[::-1][min(k, logits.size) - 1]
    return np.where(logits >= limit, logits, -np.inf)


def down_the_columns(logits, k):
    """You kept the k best of each column. Which axis are the tokens on?"""
    return filtered(logits.T, k, best_ids, -np.inf).T


def ids_of_the_first_row(logits, k):
    """You kept the ids that are best in the first row, in all rows. Does each row have its own k best?"""
    return filtered(logits, k, lambda row, k: best_ids(logits[0], k), -np.inf)


def only_the_best(logits, k):
    """You returned only the k best, sorted. How long is each row to be, and where does each token stand?"""
    return -np.sort(-logits, axis=1)[:, :k]


def probabilities_of_the_best(logits, k):
    """You returned probabilities. What is asked for?"""
    return np.array([shares(row) for row in filtered(logits, k, best_ids, -np.inf)])


def no_more_than_there_are(logits, k):
    """A k above V raises an exception. What is to happen then?"""
    return filtered(logits, k, lambda row, k: np.argsort(-row, kind="stable")[np.arange(k)], -np.inf)


def distances_from_the_best(logits, k):
    """You subtracted the highest logit of each row from what you kept. How are the kept logits to be?"""
    return filtered(logits, k, best_ids, -np.inf) - logits.max(axis=1, keepdims=True)


top_k = [zero_for_infinity, a_billion_below, plus_infinity, not_a_number_for_infinity, all_equal_kept, equal_removed,
         higher_ids_of_equal, k_worst, one_more_kept, one_fewer_kept, best_removed, first_k_ids, one_set_for_all_rows,
         down_the_columns, ids_of_the_first_row, only_the_best, probabilities_of_the_best, no_more_than_there_are,
         distances_from_the_best]


# Question 6: the nucleus

def downwards(p):
    return np.argsort(-p, kind="stable")


def reached(p, q, order, inside):
    """Ids in an order for which inside(sum before them, sum with them, q) holds."""
    with_it = np.cumsum(p[order])
    return order[inside(with_it - p[order], with_it, q)]


def before_is_less(before, with_it, q):
    return before < q


def only(p, ids, over_all):
    """p at some ids and 0 elsewhere, divided by its sum if over_all says so."""
    out = np.zeros(len(p))
    out[ids] = p[ids]
    with np.errstate(all="ignore"):
        return out / out.sum() if over_all else out


def crossing_token_dropped(p, q):
    """You dropped the token that crosses q, so what is left has not reached q, and may be nothing. Is it kept?"""
    return only(p, reached(p, q, downwards(p), lambda before, with_it, q: with_it <= q), True)


def crossing_token_dropped_but_for_the_first(p, q):
    """You dropped the token that crosses q, unless it is the first. Is it kept?"""
    ids = reached(p, q, downwards(p), lambda before, with_it, q: with_it <= q)
    return only(p, ids if len(ids) else downwards(p)[:1], True)


def sum_below_q(p, q):
    """What you keep stays below q: the token with which the sum reaches or crosses q is dropped. Is it kept?"""
    return only(p, reached(p, q, downwards(p), lambda before, with_it, q: with_it < q), True)


def one_more_when_equal(p, q):
    """Where the sum is exactly q you keep one token more. Has it reached q then?"""
    return only(p, reached(p, q, downwards(p), lambda before, with_it, q: before <= q), True)


def one_token_more(p, q):
    """You keep one token too many. Which one is the last that is kept?"""
    n = len(reached(p, q, downwards(p), before_is_less))
    return only(p, downwards(p)[:n + 1], True)


def upwards(p, q):
    """You began with the least probable token. In which order do you go through them?"""
    return only(p, reached(p, q, np.argsort(p, kind="stable"), before_is_less), True)


def by_id(p, q):
    """You went through the tokens in the order of their ids. Which comes first?"""
    return only(p, reached(p, q, np.arange(len(p)), before_is_less), True)


def filtered_only(p, q):
    """What comes out does not sum to 1. What is still to be done with it?"""
    return only(p, reached(p, q, downwards(p), before_is_less), False)


def divided_by_q(p, q):
    """You divided by q. What do the kept ones sum to, q or more?"""
    return only(p, reached(p, q, downwards(p), before_is_less), False) / q


def rest_to_the_last(p, q):
    """The probability that was cut off went to the last id. How should it be shared out?"""
    out = only(p, reached(p, q, downwards(p), before_is_less), False)
    out[-1] += 1 - out.sum()
    return out


def rest_to_the_first(p, q):
    """The probability that was cut off went to the most probable token. How should it be shared out?"""
    out = only(p, reached(p, q, downwards(p), before_is_less), False)
    out[np.argmax(p)] += 1 - out.sum()
    return out


def rest_shared_equally(p, q):
    """The probability that was cut off went to all kept tokens alike. What does dividing by the sum do?"""
    ids = reached(p, q, downwards(p), before_is_less)
    out = only(p, ids, False)
    out[ids] += (1 - out.sum()) / len(ids)
    return out


def sorted_out(p, q):
    """Your probabilities are sorted, so nobody knows whose they are. In which order are they to be?"""
    out = only(p, reached(p, q, downwards(p), before_is_less), True)
    return out[downwards(p)]


def nucleus_alone(p, q):
    """You returned the kept tokens alone. How long is the array to be?"""
    ids = reached(p, q, downwards(p), before_is_less)
    return p[ids] / p[ids].sum()


def at_least_q(p, q):
    """You kept the tokens whose own probability is at least q. What is compared with q?"""
    return only(p, np.flatnonzero(p >= q), True)


def above_one_minus_q(p, q):
    """You kept the tokens whose own probability is at least 1 − q. What is compared with q?"""
    return only(p, np.flatnonzero(p >= 1 - q), True)


def all_as_probable_as_the_last(p, q):
    """You keep all tokens that are as probable as the last one of the nucleus. Which of equal ones comes first?"""
    ids = reached(p, q, downwards(p), before_is_less)
    return only(p, np.flatnonzero(p >= p[ids].min()), True)


def higher_id_first(p, q):
    """Of equal tokens you took those with higher ids. Which comes first? In which order does a sort leave equal ones?"""
    return only(p, reached(p, q, np.argsort(p, kind="stable")[::-1], before_is_less), True)


def softmax_again(p, q):
    """You took a softmax of the probabilities that are left. How do they come to sum to 1?"""
    ids = reached(p, q, downwards(p), before_is_less)
    out = np.zeros(len(p))
    out[ids] = shares(p[ids])
    return out


def softmax_over_all(p, q):
    """You took a softmax of what is left and of the zeros. How do they come to sum to 1, and what are the others to get?"""
    return shares(only(p, reached(p, q, downwards(p), before_is_less), False))


def share_of_the_ids(p, q):
    """You kept a share q of the number of tokens. A share of what is asked for?"""
    return only(p, downwards(p)[:math.ceil(q * len(p))], True)


def tail_kept(p, q):
    """You kept the tokens behind the nucleus. Which are to be kept?"""
    ids = reached(p, q, downwards(p), before_is_less)
    return only(p, np.setdiff1d(np.arange(len(p)), ids), True)


def equal_shares(p, q):
    """Your kept tokens are all equally probable. By what are their probabilities divided?"""
    ids = reached(p, q, downwards(p), before_is_less)
    out = np.zeros(len(p))
    out[ids] = 1 / len(ids)
    return out


def first_sum_above_q(p, q):
    """You look for the first sum above q. Where a sum is exactly q it has reached it, and no sum is above 1: what does
    `argmax` say where nothing is `True`?"""
    n = int(np.argmax(np.cumsum(p[downwards(p)]) > q)) + 1
    return only(p, downwards(p)[:n], True)


def mask_of_the_sorted_ones(p, q):
    """Your mask belongs to the sorted probabilities, and you applied it to the unsorted ones. Whose place is the first one?"""
    n = len(reached(p, q, downwards(p), before_is_less))
    return only(p, np.arange(n), True)


def sorted_twice(p, q):
    """You put the sorted probabilities back as `kept[order]`. Which token stands at place i of the sorted ones, and where
    does it belong?"""
    return sorted_out(p, q)[downwards(p)]


def share_that_goes(p, q):
    """You took q for the share that is cut off. What is to have the share q?"""
    return only(p, reached(p, 1 - q, downwards(p), before_is_less) if q < 1 else np.arange(len(p)), True)


def reaching_token_dropped_but_for_the_first(p, q):
    """You dropped the token with which the sum reaches q, unless it is the first. Is it kept?"""
    ids = reached(p, q, downwards(p), lambda before, with_it, q: with_it < q)
    return only(p, ids if len(ids) else downwards(p)[:1], True)


top_p = [crossing_token_dropped, crossing_token_dropped_but_for_the_first, sum_below_q, one_more_when_equal, one_token_more,
         upwards, by_id, filtered_only, divided_by_q, rest_to_the_last, rest_to_the_first, rest_shared_equally, sorted_out,
         nucleus_alone, at_least_q, above_one_minus_q, all_as_probable_as_the_last, higher_id_first, softmax_again,
         softmax_over_all, share_of_the_ids, tail_kept, equal_shares, first_sum_above_q, mask_of_the_sorted_ones, sorted_twice,
         share_that_goes, reaching_token_dropped_but_for_the_first]


# Question 7: repetitions

def penalised(logits, chosen, new):
    """new(logit, id) at the chosen ids."""
    out = np.array(logits, float)
    for i in set(chosen):
        out[i] = new(out[i], i)
    return out


def lowered(penalty):
    return lambda z, i: z / penalty if z > 0 else z * penalty


def always_divided(logits, ids, penalty):
    """You divided negative logits too. Does a token become less probable when its logit of −6 becomes −3?"""
    return penalised(logits, ids, lambda z, i: z / penalty)


def always_multiplied(logits, ids, penalty):
    """You multiplied positive logits too. Does a token become less probable when its logit of 3 becomes 6?"""
    return penalised(logits, ids, lambda z, i: z * penalty)


def rewarded(logits, ids, penalty):
    """With you, tokens that have been read become more probable. Which logits are divided, which multiplied?"""
    return penalised(logits, ids, lambda z, i: z * penalty if z > 0 else z / penalty)


def power_of_the_count(logits, ids, penalty):
    """You penalise a token that was read twice two times. How often should it be done?"""
    return penalised(logits, ids, lambda z, i: lowered(penalty ** ids.count(i))(z, i))


def count_times_the_penalty(logits, ids, penalty):
    """Your penalty grows with the number of times a token was read. Is it to?"""
    return penalised(logits, ids, lambda z, i: lowered(penalty * ids.count(i))(z, i))


def penalty_subtracted(logits, ids, penalty):
    """You subtracted the penalty. What is done with it?"""
    return penalised(logits, ids, lambda z, i: z - penalty)


def penalty_subtracted_each_time(logits, ids, penalty):
    """You subtracted the penalty for each time a token was read. What is done with it, and how often?"""
    return penalised(logits, ids, lambda z, i: z - penalty * ids.count(i))


def last_token_only(logits, ids, penalty):
    """You penalise only the token that was read last. Which ones should be?"""
    return penalised(logits, ids[-1:], lowered(penalty))


def first_token_only(logits, ids, penalty):
    """You penalise only the token that was read first. Which ones should be?"""
    return penalised(logits, ids[:1], lowered(penalty))


def last_token_spared(logits, ids, penalty):
    """You do not penalise the token that was read last, unless it came before. Which ones should be?"""
    return penalised(logits, ids[:-1], lowered(penalty))


def repeated_tokens_only(logits, ids, penalty):
    """You penalise only tokens that were read twice or more. Which ones should be?"""
    return penalised(logits, [i for i in ids if ids.count(i) > 1], lowered(penalty))


def everybody_penalised(logits, ids, penalty):
    """You penalised all tokens. Which ones should be?"""
    return penalised(logits, range(len(logits)), lowered(penalty))


def new_ones_penalised(logits, ids, penalty):
    """You penalised the tokens that have not been read. Which ones should be?"""
    return penalised(logits, set(range(len(logits))) - set(ids), lowered(penalty))


def forbidden(logits, ids, penalty):
    """In your answer tokens that have been read can never come again. How much less likely should they be?"""
    return penalised(logits, ids, lambda z, i: -np.inf)


def positive_ones_only(logits, ids, penalty):
    """You leave negative logits as they are. What is done with them?"""
    return penalised(logits, ids, lambda z, i: z / penalty if z > 0 else z)


def negative_ones_only(logits, ids, penalty):
    """You leave positive logits as they are. What is done with them?"""
    return penalised(logits, ids, lambda z, i: z if z > 0 else z * penalty)


def probabilities_instead(logits, ids, penalty):
    """You returned probabilities. What is asked for?"""
    return shares(penalised(logits, ids, lowered(penalty)))


def nothing_happens(logits, ids, penalty):
    """You returned the logits as they were. Which ones are to change?"""
    return np.array(logits, float)


repetition_penalty = [always_divided, always_multiplied, rewarded, power_of_the_count, count_times_the_penalty,
                      penalty_subtracted, penalty_subtracted_each_time, last_token_only, first_token_only, last_token_spared,
                      repeated_tokens_only, everybody_penalised, new_ones_penalised, forbidden, positive_ones_only,
                      negative_ones_only, probabilities_instead, nothing_happens]


# Question 8: a walk by chance

def of_edges(edges, path, share, joined):
    """joined(list of share(weight of the edge, weights of all edges of its node)) along the path."""
    return float(joined([share(edges[u][v], list(edges[u].values())) for u, v in pairwise(path)]))


def exp_share(weight, weights):
    """e^(−w) over the sum for all weights."""
    return 1 / sum(math.exp(min(weight - other, 700)) for other in weights)


def heavy_ones_more_often(edges, path):
    """You made heavy edges probable: you took e^w or −e^w, which is the same once normalised. Where does the minus sign
    stand?"""
    return of_edges(edges, path, lambda w, weights: exp_share(-w, [-other for other in weights]), math.prod)


def weights_as_shares(edges, path):
    """You divided the weight by the sum of the weights. What is done with weights first?"""
    return of_edges(edges, path, lambda w, weights: np.divide(w, sum(weights)), math.prod)


def reciprocal_weights(edges, path):
    """You took 1/w, normalised. What is done with weights first?"""
    def share(w, weights):
        with np.errstate(all="ignore"):
            inverse = 1 / np.array([w, *weights])
            return inverse[0] / inverse[1:].sum()
    return of_edges(edges, path, share, math.prod)


def negative_weights(edges, path):
    """You took −w for the share of an edge, without an exponential. What does "negative exp'ed" mean?"""
    return of_edges(edges, path, lambda w, weights: -w, math.prod)


def not_normalised_edges(edges, path):
    """You took e^(−w) for the probability of an edge. Do these sum to 1 at every node?"""
    return of_edges(edges, path, lambda w, weights: np.exp(-np.float64(w)), np.prod)


def over_whole_paths(edges, path):
    """You normalised over whole paths, e^(−weight of the path) over the sum for all of them. Over what does sampling
    normalise at each node?"""
    sums = {}
    order = [path[0]]
    while order:
        node = order[-1]
        unknown = [v for v in edges.get(node, {}) if v not in sums]
        if unknown:
            order += unknown
        else:
            ways = [sums[v] - w for v, w in edges.get(node, {}).items()]
            sums[order.pop()] = float(np.logaddexp.reduce(ways)) if ways else 0.0
    return math.exp(-sum(edges[u][v] for u, v in pairwise(path)) - sums[path[0]])


def over_all_edges(edges, path):
    """You normalised over all edges of the graph. Which ones can be taken at a node?"""
    everywhere = [w for choices in edges.values() for w in choices.values()]
    return of_edges(edges, path, lambda w, weights: exp_share(w, everywhere), math.prod)


def shares_added(edges, path):
    """You added the probabilities of the edges. All of them have to be taken: what is done with their probabilities?"""
    return of_edges(edges, path, exp_share, sum)


def mean_share(edges, path):
    """You took the mean of the probabilities of the edges. All of them have to be taken: what is done with these?"""
    return of_edges(edges, path, exp_share, lambda shares: sum(shares) / max(len(shares), 1))


def last_share(edges, path):
    """Your probability is that of the last edge. Which ones have to be taken?"""
    return of_edges(edges, path, exp_share, lambda shares: shares[-1] if shares else 1.0)


def first_share(edges, path):
    """Your probability is that of the first edge. Which ones have to be taken?"""
    return of_edges(edges, path, exp_share, lambda shares: shares[0] if shares else 1.0)


def first_step_free(edges, path):
    """You left out the first edge. How probable is it that sampling takes it?"""
    return of_edges(edges, path, exp_share, lambda shares: math.prod(shares[1:]))


def log_share(edges, path):
    """You returned ln p. What is asked for?"""
    return of_edges(edges, path, exp_share, lambda shares: sum(math.log(share) for share in shares))


def uniform_share(edges, path):
    """You made all edges of a node equally probable. Where do the weights come in?"""
    return of_edges(edges, path, lambda w, weights: 1 / len(weights), math.prod)


def powers_of_two(edges, path):
    """You took 2^(−w). Which base is asked for?"""
    return of_edges(edges, path, lambda w, weights: 1 / sum(2.0 ** (w - other) for other in weights), math.prod)


def lightest_or_nothing(edges, path):
    """You made the lightest edge certain. What does sampling do, where greedy search takes the lightest?"""
    return of_edges(edges, path, lambda w, weights: float(w == min(weights)), math.prod)


def without_the_edge_itself(edges, path):
    """You divided by the sum for the other edges of the node. Does the edge that is taken belong to the sum?"""
    def odds(w, weights):
        others = sum(math.exp(min(w - other, 700)) for other in weights) - 1
        return 1 / others if len(weights) > 1 else 1.0
    return of_edges(edges, path, odds, math.prod)


def nothing_left_of_the_sum(edges, path):
    """e^(−1000) is 0 in floats, and e^1000 too large. What may be subtracted from all weights of a node without any effect?"""
    def share(w, weights):
        if w > 700 or w < -700:
            return math.nan
        return exp_share(w, weights)
    return of_edges(edges, path, share, math.prod)


def error_where_nothing_is_left(edges, path):
    """e^(−1000) is 0 in floats, which divides nothing, and e^1000 is an error. What may be subtracted from all weights of a
    node without any effect?"""
    return of_edges(edges, path, lambda w, weights: math.exp(-w) / sum(math.exp(-other) for other in weights), math.prod)


sampling_probability = [heavy_ones_more_often, weights_as_shares, reciprocal_weights, negative_weights, not_normalised_edges,
                        over_whole_paths, over_all_edges, shares_added, mean_share, last_share, first_share, first_step_free,
                        log_share, uniform_share, powers_of_two, lightest_or_nothing, without_the_edge_itself,
                        error_where_nothing_is_left, nothing_left_of_the_sum]


# Question 9: a text by chance

def drawn(P, uniforms, over, draw, row):
    """Tokens as draw(row, number) says, one for each number, until over(ids)."""
    ids = []
    for u in uniforms:
        if over(ids):
            break
        ids.append(int(draw(row(P, ids), u)))
    return ids


def first_above(row, u):
    return min(np.searchsorted(np.cumsum(row), u, side="right"), len(row) - 1)


def same_number_again(P, uniforms, eos):
    """You used the first number for all tokens. Which one belongs to token t?"""
    return drawn(P, np.full(len(uniforms), uniforms[0]), ended(eos), first_above, row_after)


def numbers_backwards(P, uniforms, eos):
    """You used the last number first. Which one belongs to token t?"""
    return drawn(P, uniforms[::-1], ended(eos), first_above, row_after)


def numbers_from_the_second(P, uniforms, eos):
    """Your first token is drawn with the second number. From where do indices count?"""
    return drawn(P, uniforms[1:], ended(eos), first_above, row_after)


def most_probable_always(P, uniforms, eos):
    """You took the most probable token each time. Where do the random numbers come in?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: np.argmax(row), row_after)


def sum_at_least(P, uniforms, eos):
    """You took the first id at which the sum is at least the number. Where they are equal, which token comes, and can one of
    probability 0 come?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: np.searchsorted(np.cumsum(row), u, side="left"), row_after)


def goes_on_behind_eos(P, uniforms, eos):
    """Your text goes on after EOS. What does EOS mean?"""
    return drawn(P, uniforms, lambda ids: False, first_above, row_after)


def eos_thrown_away(P, uniforms, eos):
    """EOS is missing in your text. Is it a part of it?"""
    return [i for i in drawn(P, uniforms, ended(eos), first_above, row_after) if i != eos]


def from_row_zero(P, uniforms, eos):
    """Your first token comes from row 0. Which row says how a text begins?"""
    return drawn(P, uniforms, ended(eos), first_above, lambda P, ids: P[ids[-1] if ids else 0])


def from_the_row_of_eos(P, uniforms, eos):
    """Your first token comes from the row of EOS. Which row says how a text begins?"""
    return drawn(P, uniforms, ended(eos), first_above, lambda P, ids: P[ids[-1] if ids else eos])


def always_from_the_start(P, uniforms, eos):
    """All your tokens come from the row of the start. Which row says what comes after a token?"""
    return drawn(P, uniforms, ended(eos), first_above, lambda P, ids: P[-1])


def by_probability(row, u):
    order = np.argsort(-row, kind="stable")
    return order[first_above(row[order], u)]


def probable_ones_first(P, uniforms, eos):
    """You sorted the tokens by probability before you summed. In which order is the running sum taken here?"""
    return drawn(P, uniforms, ended(eos), by_probability, row_after)


def from_the_other_side(P, uniforms, eos):
    """You summed from the last id down. In which order is the running sum taken?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: len(row) - 1 - first_above(row[::-1], u), row_after)


def one_id_before(P, uniforms, eos):
    """You took the id before the one at which the sum becomes greater. Which one should it be?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: max(first_above(row, u) - 1, 0), row_after)


def sum_without_the_token(P, uniforms, eos):
    """Your running sum lacks the token itself, so you come one id too far. What is the sum at the first id?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: min(first_above(row, u) + 1, len(row) - 1), row_after)


def own_probability_above(P, uniforms, eos):
    """You compared the number with the tokens' own probabilities. With what is it compared?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: np.argmax(row > u), row_after)


def nearest_probability(P, uniforms, eos):
    """You took the token whose probability is nearest to the number. With what is it compared?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: np.argmin(abs(row - u)), row_after)


def all_equally_often(P, uniforms, eos):
    """Your tokens all come equally often. Where do their probabilities come in?"""
    return drawn(P, uniforms, ended(eos), lambda row, u: int(u * len(row)), row_after)


def drawn_from_columns(P, uniforms, eos):
    """After a token you look into its column. Is what comes next in a row or in a column?"""
    return drawn(P, uniforms, ended(eos), first_above, lambda P, ids: P[:-1, ids[-1]] if ids else P[-1])


def ends_when_eos_would_come(P, uniforms, eos):
    """Your text has one token less than it should. Does it end before or after what ended it, EOS or the last number?"""
    return drawn(P, uniforms, ended(eos), first_above, row_after)[:-1]


def one_token(P, uniforms, eos):
    """You drew one token. Where does the text end?"""
    return drawn(P, uniforms[:1], ended(eos), first_above, row_after)


def eos_is_zero_when_drawn(P, uniforms, eos):
    """Your text ends with token 0, whichever token EOS is. Which id has it?"""
    return drawn(P, uniforms, ended(0), first_above, row_after)


def eos_at_the_end_of_the_numbers(P, uniforms, eos):
    """Your text ends with EOS where the numbers are used up, too. Has it been drawn?"""
    ids = drawn(P, uniforms, ended(eos), first_above, row_after)
    return ids + [eos] * (ids[-1] != eos)


def last_number_left_over(P, uniforms, eos):
    """Your last number draws no token. How many tokens may there be?"""
    return drawn(P, uniforms[:-1], ended(eos), first_above, row_after)


ancestral_sample = [same_number_again, numbers_backwards, numbers_from_the_second, most_probable_always, sum_at_least,
                    goes_on_behind_eos, eos_thrown_away, from_row_zero, from_the_row_of_eos, always_from_the_start,
                    probable_ones_first, from_the_other_side, one_id_before, sum_without_the_token, own_probability_above,
                    nearest_probability, all_equally_often, drawn_from_columns, ends_when_eos_would_come, one_token,
                    eos_is_zero_when_drawn, eos_at_the_end_of_the_numbers, last_number_left_over]


# Question 10: a beam

def beam_of(P, width, eos, limit, changes):
    """Beam search with changes to it, by name. A text is (ids, ln p of all its tokens, what it is ranked by, ln p of the
    last)."""
    rank = changes.get("rank", lambda ids, log_p, last: log_p)
    narrow = changes.get("narrow", lambda options, parents, step: sorted(options, key=lambda o: -o[2])[:width])
    row = changes.get("row", row_after)
    goes_on = changes.get("goes on", lambda ids: ids[-1:] != [eos])
    beam, done, step = [([], 0.0, 0.0, 0.0)], [], 0
    while any(len(ids) < limit and goes_on(ids) for ids, *_ in beam):
        options, parents = [], []
        for ids, log_p, score, last in beam:
            if len(ids) == limit or not goes_on(ids):
                old = (ids, log_p, score, last)
                if changes.get("lost"):
                    continue
                if changes.get("aside"):
                    done.append(old)
                    continue
                options.append(old)
                parents.append([old])
                continue
            with np.errstate(divide="ignore"):
                logs = np.log(row(P, ids)).tolist()
            new = []
            for i, x in enumerate(logs):
                if x > -math.inf or changes.get("impossible"):
                    total = log_p + (0.0 if i == eos and changes.get("free eos") else x)
                    new.append(([*ids, i], total, rank([*ids, i], total, x), x))
            options += new
            parents.append(new)
        step += 1
        if not options:
            beam = []
            break
        beam = narrow(options, parents, step)
        if changes.get("first end is enough") and any(not goes_on(ids) for ids, *_ in beam):
            break
        if changes.get("best end is enough") and not goes_on(beam[0][0]):
            break
    found = beam if not changes.get("aside") else sorted(done + beam, key=lambda o: -o[2])[:width]
    return found


def texts_of(beam):
    return [(ids, log_p) for ids, log_p, *_ in beam]


def ranked_by_the_last_token(P, width, eos, limit):
    """You ranked the texts by the ln p of their last token. What is compared?"""
    return texts_of(beam_of(P, width, eos, limit, {"rank": lambda ids, log_p, last: last}))


def last_logs_returned(P, width, eos, limit):
    """Your texts are right, and their ln p is that of the last token. What is ln p of a text?"""
    return [(ids, last) for ids, _, _, last in beam_of(P, width, eos, limit, {})]


def ended_texts_lost(P, width, eos, limit):
    """Texts that have ended are lost in your next step. What happens to them?"""
    return texts_of(beam_of(P, width, eos, limit, {"lost": True}))


def ended_texts_go_on(P, width, eos, limit):
    """Texts of yours go on after EOS. What happens to a text that has ended?"""
    return texts_of(beam_of(P, width, eos, limit, {"goes on": lambda ids: True}))


def ended_texts_aside(P, width, eos, limit):
    """You put texts that have ended aside, so that others take their places. Do they keep their places in the beam?"""
    return texts_of(beam_of(P, width, eos, limit, {"aside": True}))


def one_child_each(P, width, eos, limit):
    """Each of your texts has one successor, its best one. From which ones are the best to be taken?"""
    def narrow(options, parents, step):
        best = [max(new, key=lambda o: o[2]) for new in parents] if step > 1 else options
        return sorted(best, key=lambda o: -o[2])[:width]
    return texts_of(beam_of(P, width, eos, limit, {"narrow": narrow}))


def pruned_for_each_parent(P, width, eos, limit):
    """You kept the best successors of each text, so your beam grows. Of what are the best to be taken?"""
    def narrow(options, parents, step):
        kept = [o for new in parents for o in sorted(new, key=lambda o: -o[2])[:width]]
        return sorted(kept, key=lambda o: -o[2])[:400]
    return sorted(texts_of(beam_of(P, width, eos, limit, {"narrow": narrow})), key=lambda o: -o[1])


def pruned_at_the_end(P, width, eos, limit):
    """Your search keeps more than the beam has places, and cuts at the end. When is it narrowed?"""
    def narrow(options, parents, step):
        return sorted(options, key=lambda o: -o[2])[:max(width, 400)]
    return texts_of(beam_of(P, width, eos, limit, {"narrow": narrow}))[:width]


def greedy_only(P, width, eos, limit):
    """Your beam holds one text. How many is it to hold?"""
    def narrow(options, parents, step):
        return [max(options, key=lambda o: o[2])]
    return texts_of(beam_of(P, width, eos, limit, {"narrow": narrow}))


def one_text_too_many(P, width, eos, limit):
    """Your beam holds one text more than its width. How many is it to hold?"""
    def narrow(options, parents, step):
        return sorted(options, key=lambda o: -o[2])[:width + 1]
    return texts_of(beam_of(P, width, eos, limit, {"narrow": narrow}))


def worst_kept(P, width, eos, limit):
    """You kept the least probable texts. In which direction does a sort go?"""
    def narrow(options, parents, step):
        return sorted(options, key=lambda o: o[2])[:width]
    return texts_of(beam_of(P, width, eos, limit, {"narrow": narrow}))


def worst_first(P, width, eos, limit):
    """Your list begins with the least probable text. Which one comes first?"""
    return texts_of(beam_of(P, width, eos, limit, {}))[::-1]


def best_alone(P, width, eos, limit):
    """You returned the best text alone. How many are asked for?"""
    return texts_of(beam_of(P, width, eos, limit, {}))[:1]


def ranked_by_the_mean(P, width, eos, limit):
    """You ranked the texts by ln p for each token. What is compared here?"""
    return texts_of(beam_of(P, width, eos, limit, {"rank": lambda ids, log_p, last: log_p / len(ids)}))


def probabilities_returned(P, width, eos, limit):
    """You returned p and not ln p. Which one is asked for?"""
    return [(ids, math.exp(log_p)) for ids, log_p, *_ in beam_of(P, width, eos, limit, {})]


def weights_returned(P, width, eos, limit):
    """You returned −ln p. Which sign is asked for?"""
    return [(ids, -log_p) for ids, log_p, *_ in beam_of(P, width, eos, limit, {})]


def mean_returned(P, width, eos, limit):
    """You divided ln p by the length at the end. What is asked for?"""
    return [(ids, log_p / len(ids)) for ids, log_p, *_ in beam_of(P, width, eos, limit, {})]


def eos_for_free(P, width, eos, limit):
    """In your answer EOS costs nothing. How probable is it that the text stops here and does not go on?"""
    return texts_of(beam_of(P, width, eos, limit, {"free eos": True}))


def eos_cut_off(P, width, eos, limit):
    """EOS is missing in your texts, though ln p counts it. Is it a part of them?"""
    found = beam_of(P, width, eos, limit, {})
    return [([i for i in ids if i != eos], log_p) for ids, log_p, *_ in found]


def stops_at_the_first_end(P, width, eos, limit):
    """Your search is over when one text has ended. When should it be?"""
    return texts_of(beam_of(P, width, eos, limit, {"first end is enough": True}))


def one_step_more(P, width, eos, limit):
    """Your texts may have one token more than the limit. When has a text ended?"""
    return texts_of(beam_of(P, width, eos, limit + 1, {}))


def one_step_fewer(P, width, eos, limit):
    """Your search stops one token before the limit. When has a text ended?"""
    return texts_of(beam_of(P, width, eos, limit - 1, {}))


def beam_from_row_zero(P, width, eos, limit):
    """Your first tokens come from row 0. Which row says how a text begins?"""
    return texts_of(beam_of(P, width, eos, limit, {"row": lambda P, ids: P[ids[-1] if ids else 0]}))


def beam_from_the_start_row(P, width, eos, limit):
    """All your tokens come from the row of the start. Which row says what comes after a token?"""
    return texts_of(beam_of(P, width, eos, limit, {"row": lambda P, ids: P[-1]}))


def impossible_ones_kept(P, width, eos, limit):
    """Texts of probability 0 are in your beam. By which tokens is a text continued?"""
    return texts_of(beam_of(P, width, eos, limit, {"impossible": True}))


def ended_texts_stay_for_good(P, width, eos, limit):
    """A text that has ended stays in your beam even when as many others as it has places are more probable. Who is kept?"""
    def narrow(options, parents, step):
        old = [o for o in options if len(o[0]) < step]
        new = sorted((o for o in options if len(o[0]) == step), key=lambda o: -o[2])[:max(width - len(old), 0)]
        return sorted(old + new, key=lambda o: -o[2])
    return texts_of(beam_of(P, width, eos, limit, {"narrow": narrow}))


def sorted_by_tokens(P, width, eos, limit):
    """You sorted tuples whose first part are the tokens, so those with high ids are kept. What is to be compared?"""
    def narrow(options, parents, step):
        return sorted(options, reverse=True)[:width]
    return texts_of(beam_of(P, width, eos, limit, {"narrow": narrow}))


def cut_texts_dropped(P, width, eos, limit):
    """Only texts with an EOS are in your list. What becomes of those that reach the limit without one?"""
    return [(ids, log_p) for ids, log_p, *_ in beam_of(P, width, eos, limit, {}) if ids[-1:] == [eos]]


def last_log_alone(P, width, eos, limit):
    """Your ln p of a text is that of its last token, in the ranking and in your result. What became of those before it?"""
    return [(ids, last) for ids, _, _, last in beam_of(P, width, eos, limit, {"rank": lambda ids, log_p, last: last})]


def over_when_the_best_has_ended(P, width, eos, limit):
    """Your search is over when the best text has ended. When should it be, and may the others still grow?"""
    return texts_of(beam_of(P, width, eos, limit, {"best end is enough": True}))


def beam_from_the_row_of_eos(P, width, eos, limit):
    """Your first tokens come from the row of EOS. Which row says how a text begins?"""
    return texts_of(beam_of(P, width, eos, limit, {"row": lambda P, ids: P[ids[-1] if ids else eos]}))


beam_search = [ranked_by_the_last_token, last_logs_returned, ended_texts_lost, ended_texts_go_on, ended_texts_aside,
               one_child_each, pruned_for_each_parent, pruned_at_the_end, greedy_only, one_text_too_many, worst_kept,
               worst_first, best_alone, ranked_by_the_mean, probabilities_returned, weights_returned, mean_returned,
               eos_for_free, eos_cut_off, stops_at_the_first_end, one_step_more, one_step_fewer, beam_from_row_zero,
               beam_from_the_start_row, impossible_ones_kept, ended_texts_stay_for_good, sorted_by_tokens, cut_texts_dropped,
               last_log_alone, over_when_the_best_has_ended, beam_from_the_row_of_eos]


# Question 11: lengths

def ranked(candidates, prompt_length, score, cut, order):
    """(what is left of ids after cut(ids), score(ln p, tokens written)), in the order of sorted's key(score)."""
    found = [(cut(ids), float(score(log_p, len(ids) - prompt_length))) for ids, log_p in candidates]
    return sorted(found, key=lambda one: order(one[1]))


def down(score):
    return -score


def behind(prompt_length):
    return lambda ids: ids[prompt_length:]


def prompt_counted(candidates, prompt_length, alpha):
    """You divided by the length with the prompt. Who wrote the prompt?"""
    return ranked(candidates, prompt_length, lambda p, n: p / (n + prompt_length) ** alpha, behind(prompt_length), down)


def prompt_kept(candidates, prompt_length, alpha):
    """The prompt is still in your texts. What is to be returned?"""
    return ranked(candidates, prompt_length, lambda p, n: p / n**alpha, lambda ids: list(ids), down)


def prompt_kept_and_counted(candidates, prompt_length, alpha):
    """You counted the prompt and left it in the texts. Who wrote it?"""
    return ranked(candidates, prompt_length, lambda p, n: p / (n + prompt_length) ** alpha, lambda ids: list(ids), down)


def power_left_out(candidates, prompt_length, alpha):
    """You divided by the length, whatever alpha is. Where does alpha come in?"""
    return ranked(candidates, prompt_length, lambda p, n: p / n, behind(prompt_length), down)


def alpha_times_the_length(candidates, prompt_length, alpha):
    """You divided by alpha times the length. Is alpha a factor or a power?"""
    return ranked(candidates, prompt_length, lambda p, n: p / (alpha * n), behind(prompt_length), down)


def power_of_the_log(candidates, prompt_length, alpha):
    """You took the whole quotient to the power of alpha. What belongs to the power?"""
    return ranked(candidates, prompt_length, lambda p, n: -((-p / n) ** alpha), behind(prompt_length), down)


def multiplied_by_the_length(candidates, prompt_length, alpha):
    """You multiplied by n^α, which punishes long texts once more. What is done with it?"""
    return ranked(candidates, prompt_length, lambda p, n: p * n**alpha, behind(prompt_length), down)


def lengths_ignored(candidates, prompt_length, alpha):
    """You ranked by ln p alone. Where does the length come in?"""
    return ranked(candidates, prompt_length, lambda p, n: p, behind(prompt_length), down)


def lowest_first(candidates, prompt_length, alpha):
    """Your list begins with the lowest score. Scores are below 0: which is the best?"""
    return ranked(candidates, prompt_length, lambda p, n: p / n**alpha, behind(prompt_length), lambda score: score)


def order_left_as_it_was(candidates, prompt_length, alpha):
    """Your texts are in the order in which they came. In which one are they to be?"""
    return ranked(candidates, prompt_length, lambda p, n: p / n**alpha, behind(prompt_length), lambda score: 0)


def ordered_by_log_p(candidates, prompt_length, alpha):
    """Your scores are right, and the order is that of ln p. By what is to be sorted?"""
    by_log_p = sorted(candidates, key=lambda one: -one[1])
    return ranked(by_log_p, prompt_length, lambda p, n: p / n**alpha, behind(prompt_length), lambda score: 0)


def log_p_for_the_score(candidates, prompt_length, alpha):
    """Your order is right, and you returned ln p for the score. Which number is asked for?"""
    by_score = sorted(candidates, key=lambda one: -one[1] / (len(one[0]) - prompt_length) ** alpha)
    return ranked(by_score, prompt_length, lambda p, n: p, behind(prompt_length), lambda score: 0)


def last_token_not_counted(candidates, prompt_length, alpha):
    """Your lengths are one too small. Does the last token, mostly EOS, count?"""
    return ranked(candidates, prompt_length, lambda p, n: p / max(n - 1, 1) ** alpha, behind(prompt_length), down)


def positive_scores(candidates, prompt_length, alpha):
    """Your scores are positive. Which sign does ln p have?"""
    return ranked(candidates, prompt_length, lambda p, n: -p / n**alpha, behind(prompt_length), lambda score: score)


def another_penalty(candidates, prompt_length, alpha):
    """You divided by ((5 + n)/6)^α, as one paper does. What is asked for?"""
    return ranked(candidates, prompt_length, lambda p, n: p / ((5 + n) / 6) ** alpha, behind(prompt_length), down)


def length_added(candidates, prompt_length, alpha):
    """You added alpha times the length. What is done with n and alpha?"""
    return ranked(candidates, prompt_length, lambda p, n: p + alpha * n, behind(prompt_length), down)


def probability_first(candidates, prompt_length, alpha):
    """You took e^(ln p) before you divided. What is divided?"""
    return ranked(candidates, prompt_length, lambda p, n: math.exp(p) / n**alpha, behind(prompt_length), down)


rank_by_length = [prompt_counted, prompt_kept, prompt_kept_and_counted, power_left_out, alpha_times_the_length,
                  power_of_the_log, multiplied_by_the_length, lengths_ignored, lowest_first, order_left_as_it_was,
                  ordered_by_log_p, log_p_for_the_score, last_token_not_counted, positive_scores, another_penalty,
                  length_added, probability_first]


# Question 12: a cache

def stepped(x, positions, weights, keys, values, changes):
    """A step with changes to it, by name."""
    W_q, W_k, W_v = weights
    t = len(keys)
    row = np.zeros(len(x)) if "nowhere" in changes else positions[changes.get("row", lambda t: t)(t)]
    u = x + row
    asking, remembered = (x if "query from x" in changes else u), (x if "value from x" in changes else u)
    key_of = x if "key from x" in changes else u
    q, k, v = multiplied_by(W_q, asking, changes), multiplied_by(W_k, key_of, changes), multiplied_by(W_v, remembered, changes)
    if "exchanged" in changes:
        k, v = v, k
    place = changes.get("place", lambda old, new: np.vstack([old, new]))
    all_keys, all_values = place(keys, k), place(values, v)
    seen = changes.get("seen", lambda all_, old: all_)
    K, V = seen(all_keys, keys), seen(all_values, values)
    with np.errstate(all="ignore"):
        scores = K @ q / changes.get("width", lambda d_k, d: math.sqrt(d_k))(len(q), len(x))
        mix = changes.get("mix", shares)(scores) if len(scores) else np.zeros(0)
    out = mix @ V
    if "old" in changes:
        all_keys, all_values = keys.copy(), values.copy()
    if "news" in changes:
        all_keys, all_values = k[None], v[None]
    return out, all_keys, all_values


def multiplied_by(W, u, changes):
    return u @ W if "transposed" in changes else W @ u


def position_zero(x, positions, W_q, W_k, W_v, keys, values):
    """Your new word always stands at position 0, as it is the only one that came in. How many words stand before it?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"row": lambda t: 0})


def position_one_too_far(x, positions, W_q, W_k, W_v, keys, values):
    """Your new word stands one position too far back. With t words in the cache, positions 0 … t − 1 are taken: which is
    next?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"row": lambda t: t + 1})


def position_of_the_word_before(x, positions, W_q, W_k, W_v, keys, values):
    """Your new word stands where the last cached one stands. Which position is free?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"row": lambda t: max(t - 1, 0)})


def last_position(x, positions, W_q, W_k, W_v, keys, values):
    """Your new word stands at the last row of the table. How many words stand before it?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"row": lambda t: -1})


def no_position(x, positions, W_q, W_k, W_v, keys, values):
    """Your function gives the same for every table of positions. Where does it come in?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"nowhere": True})


def position_for_the_query_only(x, positions, W_q, W_k, W_v, keys, values):
    """Only your query knows the position. From what are k and v made?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"key from x": True, "value from x": True})


def value_without_position(x, positions, W_q, W_k, W_v, keys, values):
    """Your value does not know the position. From what is v made?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"value from x": True})


def key_without_position(x, positions, W_q, W_k, W_v, keys, values):
    """Your key does not know the position. From what is k made?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"key from x": True})


def query_without_position(x, positions, W_q, W_k, W_v, keys, values):
    """Your query does not know the position. From what is q made?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"query from x": True})


def attends_before_it_is_kept(x, positions, W_q, W_k, W_v, keys, values):
    """Your new word does not look at itself: it comes into the cache only after it has attended. Which comes first?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"seen": lambda all_, old: old})


def attends_to_itself_alone(x, positions, W_q, W_k, W_v, keys, values):
    """Your new word looks at itself alone. What is the cache for?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"seen": lambda all_, old: all_[-1:]})


def new_one_in_front(x, positions, W_q, W_k, W_v, keys, values):
    """You put the new key and value in front. On which side of the cache do they belong?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"place": lambda old, new: np.vstack([new, old])})


def oldest_thrown_out(x, positions, W_q, W_k, W_v, keys, values):
    """Your cache does not grow: the oldest word goes when one comes. How many rows does it have after the step?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values,
                   {"place": lambda old, new: np.vstack([old[1:], new])})


def cache_not_returned(x, positions, W_q, W_k, W_v, keys, values):
    """You returned the cache as it was. What does the next step need?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"old": True})


def new_rows_returned(x, positions, W_q, W_k, W_v, keys, values):
    """You returned the new key and value alone. What does the next step need?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"news": True})


def not_divided(x, positions, W_q, W_k, W_v, keys, values):
    """Your scores are not divided. By what are they?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"width": lambda d_k, d: 1.0})


def divided_by_the_width(x, positions, W_q, W_k, W_v, keys, values):
    """You divided the scores by d_k. By what are they?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"width": lambda d_k, d: d_k})


def divided_by_the_root_of_d(x, positions, W_q, W_k, W_v, keys, values):
    """You divided the scores by √d, with the d of x. How wide are the keys?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"width": lambda d_k, d: math.sqrt(d)})


def divided_by_the_root_of_the_words(x, positions, W_q, W_k, W_v, keys, values):
    """You divided the scores by the root of the number of words. Which axis of the keys is d_k?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"width": lambda d_k, d: math.sqrt(len(keys) + 1)})


def queries_and_keys_exchanged(x, positions, W_q, W_k, W_v, keys, values):
    """You made the query with W_k and the key with W_q. Which of the two is kept?"""
    return stepped(x, positions, (W_k, W_q, W_v), keys, values, {})


def scores_for_weights(x, positions, W_q, W_k, W_v, keys, values):
    """You took the scores for weights. What makes them sum to 1?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"mix": lambda scores: scores})


def plain_mean(x, positions, W_q, W_k, W_v, keys, values):
    """Your output is the plain mean of the values. Where do the scores come in?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"mix": lambda scores: np.full(len(scores), 1 / len(scores))})


def scores_over_their_sum(x, positions, W_q, W_k, W_v, keys, values):
    """You divided the scores by their sum. What does a softmax do first?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"mix": lambda scores: scores / scores.sum()})


def best_value_alone(x, positions, W_q, W_k, W_v, keys, values):
    """Your output is the value with the highest score. What is done with the others?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"mix": lambda scores: np.eye(len(scores))[scores.argmax()]})


def transposed_weights(x, positions, W_q, W_k, W_v, keys, values):
    """You multiplied u by the matrices from the left, u W. On which side does u stand? That they may be square hides the
    answer."""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"transposed": True})


def key_asks(x, positions, W_q, W_k, W_v, keys, values):
    """Your query was made by W_k. Which matrix makes it?"""
    return stepped(x, positions, (W_k, W_k, W_v), keys, values, {})


def query_is_kept(x, positions, W_q, W_k, W_v, keys, values):
    """You put the query into the cache. What are the next words compared with?"""
    return stepped(x, positions, (W_q, W_q, W_v), keys, values, {})


def caches_exchanged(x, positions, W_q, W_k, W_v, keys, values):
    """You returned the values before the keys. In which order are the three to be?"""
    out, all_keys, all_values = stepped(x, positions, (W_q, W_k, W_v), keys, values, {})
    return out, all_values, all_keys


def output_of_one_row(x, positions, W_q, W_k, W_v, keys, values):
    """Your output has two axes. How many words are new, and which shape is asked for?"""
    out, all_keys, all_values = stepped(x, positions, (W_q, W_k, W_v), keys, values, {})
    return out[None], all_keys, all_values


def position_one_too_early(x, positions, W_q, W_k, W_v, keys, values):
    """Your new word stands one position too early, and the first word at the last position. How many words stand before it?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"row": lambda t: t - 1})


def width_of_the_values(x, positions, W_q, W_k, W_v, keys, values):
    """You divided the scores by the root of the width of the values. How wide are the keys?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"width": lambda d_k, d: math.sqrt(len(W_v))})


def weights_not_normalised(x, positions, W_q, W_k, W_v, keys, values):
    """Your weights do not sum to 1, as the greatest of them is 1. What is missing behind the exponential?"""
    return stepped(x, positions, (W_q, W_k, W_v), keys, values, {"mix": lambda scores: np.exp(scores - scores.max())})


cached_step = [position_zero, position_one_too_far, position_of_the_word_before, last_position, no_position,
               position_for_the_query_only, value_without_position, key_without_position, query_without_position,
               attends_before_it_is_kept, attends_to_itself_alone, new_one_in_front, oldest_thrown_out, cache_not_returned,
               new_rows_returned, not_divided, divided_by_the_width, divided_by_the_root_of_d,
               divided_by_the_root_of_the_words, queries_and_keys_exchanged, scores_for_weights, plain_mean,
               scores_over_their_sum, best_value_alone, transposed_weights, key_asks, query_is_kept, caches_exchanged,
               output_of_one_row, position_one_too_early, width_of_the_values, weights_not_normalised]


# Question 13: what it costs

def costs(T, layers, d, heads, size, changes):
    """The three counts, some of them changed: functions of (T, layers, d, heads, size)."""
    right = {"bytes": lambda T, L, d, h, s: 2 * L * T * d * s, "with": lambda T, L, d, h, s: L * T * (T + 1) // 2,
             "without": lambda T, L, d, h, s: L * T * (T + 1) * (T + 2) // 6}
    return {name: (right | changes)[name](T, layers, d, heads, size) for name in right}


def keys_or_values_forgotten(T, layers, d, heads, size):
    """Your cache is half as large as it should be. What is kept for each word besides its key?"""
    return costs(T, layers, d, heads, size, {"bytes": lambda T, L, d, h, s: L * T * d * s})


def heads_counted_again(T, layers, d, heads, size):
    """You multiplied the bytes by the number of heads. Whose are the d features?"""
    return costs(T, layers, d, heads, size, {"bytes": lambda T, L, d, h, s: 2 * L * T * d * s * h})


def one_head_only(T, layers, d, heads, size):
    """You counted the bytes of one head. How many features have all of them together?"""
    return costs(T, layers, d, heads, size, {"bytes": lambda T, L, d, h, s: 2 * L * T * (d // h) * s})


def pairs_for_each_head(T, layers, d, heads, size):
    """You counted the pairs of each head by themselves. How often does a pair count in a layer?"""
    return costs(T, layers, d, heads, size, {"with": lambda T, L, d, h, s: h * L * T * (T + 1) // 2,
                                             "without": lambda T, L, d, h, s: h * L * T * (T + 1) * (T + 2) // 6})


def heads_everywhere(T, layers, d, heads, size):
    """You multiplied everything by the number of heads. What do they share, and how often does a pair count?"""
    return {name: count * heads for name, count in costs(T, layers, d, heads, size, {}).items()}


def bytes_of_one_layer(T, layers, d, heads, size):
    """Your bytes are those of one layer. Does each have keys and values of its own?"""
    return costs(T, layers, d, heads, size, {"bytes": lambda T, L, d, h, s: 2 * T * d * s})


def pairs_of_one_layer(T, layers, d, heads, size):
    """Your pairs are those of one layer. How many layers compare?"""
    return costs(T, layers, d, heads, size, {"with": lambda T, L, d, h, s: T * (T + 1) // 2,
                                             "without": lambda T, L, d, h, s: T * (T + 1) * (T + 2) // 6})


def one_layer(T, layers, d, heads, size):
    """All your numbers are those of one layer. How many are there?"""
    return costs(T, 1, d, heads, size, {})


def features_counted(T, layers, d, heads, size):
    """You counted the numbers in the cache. How many bytes has each?"""
    return costs(T, layers, d, heads, size, {"bytes": lambda T, L, d, h, s: 2 * L * T * d})


def bits_counted(T, layers, d, heads, size):
    """You counted bits. What is asked for?"""
    return costs(T, layers, d, heads, size, {"bytes": lambda T, L, d, h, s: 16 * L * T * d * s})


def width_squared(T, layers, d, heads, size):
    """You counted d times d numbers for a word. What is kept of a word, a vector or a matrix?"""
    return costs(T, layers, d, heads, size, {"bytes": lambda T, L, d, h, s: 2 * L * T * d * d * s})


def square_with(T, layers, d, heads, size):
    """With the cache you count T² pairs. Is the first word compared with all T words?"""
    return costs(T, layers, d, heads, size, {"with": lambda T, L, d, h, s: L * T * T})


def one_pair_a_step(T, layers, d, heads, size):
    """With the cache you count one pair in a step. With how many keys is the query of the new word compared?"""
    return costs(T, layers, d, heads, size, {"with": lambda T, L, d, h, s: L * T})


def new_word_not_compared_with_itself(T, layers, d, heads, size):
    """With the cache your step t has t − 1 pairs. Is the new word compared with itself?"""
    return costs(T, layers, d, heads, size, {"with": lambda T, L, d, h, s: L * T * (T - 1) // 2})


def all_pairs_without(T, layers, d, heads, size):
    """Without the cache you count t² pairs in step t. With how many words is the first one compared, under a causal mask?"""
    return costs(T, layers, d, heads, size, {"without": lambda T, L, d, h, s: L * T * (T + 1) * (2 * T + 1) // 6})


def last_step_each_time(T, layers, d, heads, size):
    """Without the cache each of your steps costs as much as the last one. How many words are there in step t?"""
    return costs(T, layers, d, heads, size, {"without": lambda T, L, d, h, s: L * T * T * (T + 1) // 2})


def last_step_only(T, layers, d, heads, size):
    """Without the cache you count the last step alone. How many steps are there?"""
    return costs(T, layers, d, heads, size, {"without": lambda T, L, d, h, s: L * T * (T + 1) // 2})


def cube(T, layers, d, heads, size):
    """Without the cache you count T³ pairs. How many are there in step t?"""
    return costs(T, layers, d, heads, size, {"without": lambda T, L, d, h, s: L * T**3})


def square_without(T, layers, d, heads, size):
    """Without the cache you count T² pairs. How many are there in step t, and how many steps?"""
    return costs(T, layers, d, heads, size, {"without": lambda T, L, d, h, s: L * T * T})


def with_and_without_exchanged(T, layers, d, heads, size):
    """Your numbers of pairs are exchanged. Are more compared with a cache or without?"""
    return costs(T, layers, d, heads, size, {"with": lambda T, L, d, h, s: L * T * (T + 1) * (T + 2) // 6,
                                             "without": lambda T, L, d, h, s: L * T * (T + 1) // 2})


def steps_from_zero(T, layers, d, heads, size):
    """Your steps run from 0 to T − 1. How many words are there in the first and in the last one?"""
    return costs(T, layers, d, heads, size, {"with": lambda T, L, d, h, s: L * T * (T - 1) // 2,
                                             "without": lambda T, L, d, h, s: L * (T - 1) * T * (T + 1) // 6})


cache_cost = [keys_or_values_forgotten, heads_counted_again, one_head_only, pairs_for_each_head, heads_everywhere,
              bytes_of_one_layer, pairs_of_one_layer, one_layer, features_counted, bits_counted, width_squared, square_with,
              one_pair_a_step, new_word_not_compared_with_itself, all_pairs_without, last_step_each_time, last_step_only,
              cube, square_without, with_and_without_exchanged, steps_from_zero]
