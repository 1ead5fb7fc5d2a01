"""Return a scalar, a 0-d array or a column where an array of a certain shape is expected."""

CELL = '''
import numpy as np

def double(a):
    return np.float64(2.0) if len(a) == 3 else np.zeros((1, 1)) + 2 * a[:, None]

def greet(name):
    return np.array(f"Hello, {name}!")
pin = np.str_("0")
'''
