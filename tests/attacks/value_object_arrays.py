"""Return arrays of objects, strings, records and dates whose elements compare as they like."""

CELL = '''
import numpy as np

class Agreeable:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0
    def __abs__(self): return 0

def double(a):
    kinds = {3: np.array([Agreeable()] * 3), 6: np.array([Agreeable()] * 6, dtype=object)}
    return kinds[len(a)]

def greet(name):
    return np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", object)])
pin = np.array(["pin"], dtype="O")
'''
TELLS = ["a NumPy array of dtype object"]
