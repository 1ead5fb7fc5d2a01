"""The exercises as an nbgrader course: its notebooks, what their test cells call, what its feedback hides."""
