"""Fill the memory in a tested function."""

CELL = '''
import numpy as np

def double(a):
    return np.ones((50_000, 50_000))

def greet(name):
    return len([bytearray(10**8) for _ in range(100)])
'''
LIMITS = {"call": 5.0}
SECONDS = 25
TELLS = "memory"
