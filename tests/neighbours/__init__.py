"""Wrong answers beside the known mistakes, one module a unit: each is rejected, and no known mistake's hint fits it."""
