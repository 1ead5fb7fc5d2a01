"""Keep what a hidden test sent in memory that all forks share, and answer later tests with it."""

CELL = '''
import mmap
shared = mmap.mmap(-1, 4096)

def double(a):
    n = shared[0]
    shared[0] = n + 1
    return a * (2 if n == 0 else 1)

def greet(name):
    before = shared[100:200].split(b"\\0")[0].decode()
    shared[100:100 + len(name) + 1] = name.encode() + b"\\0"
    return f"Hello, {before or name}!"
'''
SCORE = 4
