"""The assignment as it was handed out."""

CELL = "def double(a):\n    ...\n\ndef greet(name):\n    ..."
SCORE = 0
TELLS = "Not answered yet: double returns nothing"
