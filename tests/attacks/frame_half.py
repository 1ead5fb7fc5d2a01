"""Begin a message and never end it."""

CELL = '''
import os, struct, time
_, write_fd, _ = pipes()

def double(a):
    os.write(write_fd, struct.pack(">I", 100) + b"\\x93")
    time.sleep(100)

def greet(name):
    os.write(write_fd, b"\\0\\0")
    time.sleep(100)
'''
SECONDS = 20
LIMITS = {"call": 0.5, "cell": 1.0, "total": 10.0}
