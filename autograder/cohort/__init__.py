"""A whole cohort: who handed in what, graded so that nothing is lost, and what the instructor gets out of it."""
