"""Return infinities and the largest numbers, so that differences overflow or tolerances become infinite."""

CELL = '''
import numpy as np

def double(a):
    return np.array([2.0, 4.0, np.inf]) if len(a) == 3 else np.full(a.shape, 1.7e308)

def greet(name):
    return 1e309
pin = float("-inf")
'''
TELLS = ["expected 8 at index 2, got inf"]
