"""The known mistakes, one module a unit.

A *mistake* is a wrong version of a graded function as students really write it; its docstring is the *hint* for whoever makes
it: a question, never the answer. A module lists them under the function's name, ``mle = [joint, by_occurrences, …]``, and a
test passes that list on as ``expect(..., mistakes=…)``. Mistakes in functions of tensors are written with NumPy, because the
grader has no torch.
"""
