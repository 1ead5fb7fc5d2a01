"""Put a numpy.py, msgpack.py or autograder.py of one's own where Python looks first, or in sys.modules."""

CELL = '''
import os, sys, types

def write(folder, name):
    with open(os.path.join(folder, name), "w") as file:
        file.write("raise SystemExit")

for name in ("numpy.py", "msgpack.py", "autograder.py"):
    attempt(name + " here", write, os.getcwd(), name)
    attempt(name + " in tmp", write, "/tmp", name)

class Shadow(types.ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: True

for name in ("numpy", "msgpack", "autograder.values", "autograder.checks", "struct", "select", "math", "re"):
    sys.modules[name] = Shadow(name)
sys.path[:] = []
sys.meta_path[:] = []
'''
ATTEMPTS = {f"{name} {where}": "PermissionError 13|OSError 30|FileNotFoundError 2"
            for name in ("numpy.py", "msgpack.py", "autograder.py") for where in ("here", "in tmp")}
