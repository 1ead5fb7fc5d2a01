"""The function's name is used for something else before its check."""

CELL = "double = [2, 4, 8]"
SCORE = 3
TELLS = "Expected a function.*was the name used again for something else"
