"""Interrupts, exits of generators and warnings that were turned into errors."""

CELL = ["raise KeyboardInterrupt", "raise GeneratorExit",
        "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('hello')",
        "import signal, os\nos.kill(os.getpid(), signal.SIGINT)"]
SCORE = 6
TELLS = "stopped with KeyboardInterrupt"
