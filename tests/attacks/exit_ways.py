"""End the process in cells by every polite way there is."""

CELL = ["import sys\nsys.exit(0)", "exit()", "quit", "raise SystemExit(0)", "raise GeneratorExit", "raise KeyboardInterrupt",
        "raise BaseException('stop')", "import atexit\natexit.register(print, 'bye')\nraise StopIteration"]
TELLS = ["stopped with SystemExit", "stopped with SystemExit", "stopped with GeneratorExit"]
