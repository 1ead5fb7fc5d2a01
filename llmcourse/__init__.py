"""The reference library of the course: one module per unit, read beside its chapter."""
