"""A function that never ends costs only its own question."""

CELL = "def double(a):\n    while True:\n        a = a + 0"
SCORE = 3
TELLS = r"no answer within 1 s. Does a loop never end\?"
