"""A loop that prints for ever, in a cell and in a function."""

CELL = ["while True:\n    print('x' * 10**6)",
        "def double(a):\n    for _ in range(300):\n        print('y' * 10**6)\n    return 2 * a"]
SCORE = 6
LIMITS = {"cell": 1.0, "call": 10.0, "total": 60.0}
SECONDS = 60
TELLS = "stopped with TimeLimit"
