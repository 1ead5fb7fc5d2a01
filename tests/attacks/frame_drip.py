"""Send a message of allowed size one byte at a time, each well inside every time limit, for ever."""

CELL = '''
import os, struct, time
_, write_fd, _ = pipes()

def drip(*args):
    os.write(write_fd, struct.pack(">I", 2**26))
    while True:
        os.write(write_fd, b"x")
        time.sleep(0.01)

double = greet = drip
'''
SECONDS = 25
LIMITS = {"call": 0.5, "cell": 1.0, "total": 10.0}
