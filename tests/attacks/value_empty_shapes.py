"""Return empty arrays and shapes that broadcast to anything: `np.allclose` of nothing is true."""

CELL = '''
import numpy as np

def double(a):
    return np.empty((0,)) if len(a) == 3 else np.empty((0, 1))

def greet(name):
    return []
pin = ()
'''
TELLS = [r"expected shape \(3,\), got \(0,\)"]
