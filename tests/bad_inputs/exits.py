"""`exit()` in a cell and in a function."""

CELL = ["exit()", "import sys\nsys.exit('done')", "def double(a):\n    exit()"]
SCORE = 3
TELLS = ["stopped with SystemExit", "raised SystemExit"]
