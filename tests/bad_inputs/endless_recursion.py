"""A function that calls itself for ever."""

CELL = "import sys\nsys.setrecursionlimit(10**9)\ndef double(a):\n    return double(a)"
SCORE = 3
TELLS = "did a recursion never end|RecursionError|no answer within|used too much memory|more than 500 MB"
