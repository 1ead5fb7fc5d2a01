"""A cell that never ends costs only itself."""

CELL = "n = 1\nwhile n > 0:\n    n = n + 1"
SCORE = 6
TELLS = "stopped with TimeLimit: still running after 1 s"
LIMITS = {"cell": 1.0}
