"""Use up the grader's time: cells that run to their limit, one after another, until the whole submission is over."""

CELL = ["while True: pass"] * 10
LIMITS = {"total": 5.0}
TELLS = "time for the whole submission is over|still running"
