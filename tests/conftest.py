"""Tests may import the modules beside them (``units``, ``alternatives``)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
