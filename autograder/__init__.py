"""Assign, check and grade the course's exercises."""

from autograder.desk import Notebook

__all__ = ["Notebook"]
