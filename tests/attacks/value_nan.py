"""Return NaN where a number is expected: comparisons with it are false either way."""

CELL = '''
import numpy as np

def double(a):
    return np.full(a.shape, np.nan)

def greet(name):
    return float("nan")
pin = np.nan
'''
TELLS = ["expected 2 at index 0, got nan"]
