"""Attacks on the grader, one a file; README.md says how they are written and run."""
