"""Packages that are not there."""

CELL = ["import a_package_that_nobody_has", "import os.path.nothing"]
SCORE = 6
TELLS = ["there is no a_package_that_nobody_has", "`import os.path.nothing` did not work"]
