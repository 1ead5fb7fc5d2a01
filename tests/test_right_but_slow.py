"""Answers that are right and would never come to an end: the tests of a unit contain an input that shows it."""

import math

import pytest
from units import run, solution_names

from autograder import checks


@pytest.fixture(autouse=True)
def little_time(monkeypatch):
    """As after a first endless loop, so that the test does not wait for five seconds each time."""
    monkeypatch.setattr(checks, "IMPATIENT", 0.5)
    monkeypatch.setattr(checks, "_endless", True)
    yield
    checks.seed()


def every_path_by_itself(nodes):
    """Unit 03, question 10: the share of each path is carried to its end, and there can be 2 ** 50 of them."""
    values = []
    for operation, *inputs in nodes:
        if operation == "value":
            values.append(inputs[0])
        else:
            before = [values[i] for i in inputs]
            values.append({"add": sum, "mul": math.prod, "tanh": lambda one: math.tanh(*one)}[operation](before))
    slopes, waiting = [0.0] * len(nodes), [(len(nodes) - 1, 1.0)]
    while waiting:
        k, slope = waiting.pop()
        slopes[k] += slope
        operation, *inputs = nodes[k]
        if operation == "add":
            waiting += [(i, slope) for i in inputs]
        elif operation == "mul":
            waiting += [(inputs[0], slope * values[inputs[1]]), (inputs[1], slope * values[inputs[0]])]
        elif operation == "tanh":
            waiting += [(inputs[0], slope * (1 - values[k] ** 2))]
    return slopes


def test_a_graph_with_more_paths_than_anybody_can_walk():
    checks.seed(1)
    names = solution_names("03_gradient_descent") | {"derivatives": every_path_by_itself}
    failed = {case.name: failure.kind for case, failure in run("03_gradient_descent", names, "derivatives") if failure}
    assert failed == {"paths that split and meet, a node without a use, a long chain, many paths": "slow",
                      "a chain of 10 000 nodes, and many paths": "slow"}


def every_way_by_itself(edges, start, end):
    """Unit 09, question 11: in a grid of 30 × 30 nodes there are 3·10¹⁶ of them."""
    if start == end:
        return 1
    ways = [every_way_by_itself(edges, v, end) for u, v in edges if u == start]
    return max(ways) + 1 if any(ways) else 0


def test_a_grid_with_more_ways_than_anybody_can_walk():
    checks.seed(1)
    names = solution_names("09_transformer") | {"longest_chain": every_way_by_itself}
    failed = {case.name: failure.kind for case, failure in run("09_transformer", names, "longest_chain") if failure}
    assert failed == {"random graphs, and a grid of 30 × 30 nodes": "slow"}


def every_path_to_an_end(edges, start):
    """Unit 11, question 2: through 30 layers of 3 nodes there are 3 ** 30 of them."""
    ways = [(weight + rest, [start, *nodes]) for after, weight in edges.get(start, {}).items()
            for nodes, rest in [every_path_to_an_end(edges, after)]]
    weight, nodes = min(ways, default=(0.0, [start]))
    return nodes, weight


def test_layers_with_more_paths_than_anybody_can_walk():
    checks.seed(1)
    names = solution_names("11_decoding") | {"best_path": every_path_to_an_end}
    failed = {case.name: failure.kind for case, failure in run("11_decoding", names, "best_path") if failure}
    assert failed == {"random graphs, and 3³⁰ paths": "slow"}
