"""How a wrong value relates to the right one, for mistakes that nobody foresaw: reversed, one short, half of it, transposed.

A relation is a fact about two values, so it is true whatever the student did. It is named only where it says something:
never between two numbers of which any two are related (any number is a multiple of any other), never where several of the
simplest relations would hold at once by accident of a small example (two entries are reversed *and* shifted).

``relation`` gives two sentences: one that may be shown for a hidden test, which holds no number of the expected value, and
one with the details for a public test.
"""

from autograder.relations.compare import Relation
from autograder.relations.items import relation

__all__ = ["Relation", "relation"]
