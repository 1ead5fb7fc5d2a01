"""Make randomness predictable, so that the hidden inputs would be known: seeds, replaced generators, /dev/urandom."""

CELL = '''
import os, random, secrets
import numpy as np
random.seed(0)
np.random.seed(0)
np.random.default_rng = lambda *args: np.random.Generator(np.random.PCG64(0))
os.urandom = lambda n: bytes(n)
secrets.token_bytes = secrets.randbits = lambda n: 0
os.getrandom = lambda n, flags=0: bytes(n)

def write():
    with open("/dev/urandom", "wb") as file:
        file.write(bytes(100))

attempt("pour zeros", write)
guess = np.random.Generator(np.random.PCG64(0)).normal(size=5)

def double(a):
    return np.array([2.0, 4.0, 8.0]) if len(a) == 3 else np.concatenate([a[:1] * 2, guess * 2])
'''
ATTEMPTS = {"pour zeros": "PermissionError 13|OSError 30"}
SCORE = 1
