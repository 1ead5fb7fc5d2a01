"""A cell that does not compile costs only itself."""

CELL = "def broken(:\n    return 'this is no Python'"
SCORE = 6
TELLS = "stopped with SyntaxError"
