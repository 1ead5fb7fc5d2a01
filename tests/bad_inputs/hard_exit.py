"""`os._exit` in a cell and in a function."""

CELL = ["import os\nos._exit(0)", "def double(a):\n    os._exit(1)"]
SCORE = 3
TELLS = ["stopped with .* it was left out",
         r"ended the Python process \(exit, quit or os._exit\); let the function return"]
