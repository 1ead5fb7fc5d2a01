"""Packages that are not there."""

CELL = ["import a_package_that_nobody_has", "import os.path.nothing"]
SCORE = 6
TELLS = "Cell 2 stopped with ModuleNotFoundError: No module named 'a_package_that_nobody_has'"
