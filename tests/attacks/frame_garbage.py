"""Send random bytes, bytes that mean nothing, floods of zeros."""

CELL = '''
import os, random, struct
_, write_fd, _ = pipes()
generator = random.Random(5)

def double(a):
    body = generator.randbytes(5000)
    os.write(write_fd, struct.pack(">I", len(body)) + body)
    return a

def greet(name):
    os.write(write_fd, bytes(10_000) if name == "Ada" else struct.pack(">I", 3) + b"\\xc1\\xc1\\xc1")
    return name
'''
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
