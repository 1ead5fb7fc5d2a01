"""A cell and a function that close every file, the pipes to the grader with them."""

CELL = ["import os\nos.closerange(0, 200)", "def double(a):\n    os.closerange(0, 200)\n    return 2 * a"]
SCORE = 3
TELLS = ["stopped with .* it was left out", "could not be tested|ended the Python process"]
