"""Return arrays that take no memory here and all of it there: zero strides, gigantic empty shapes, many dimensions."""

CELL = '''
import numpy as np

def double(a):
    if len(a) == 3:
        return np.broadcast_to(np.float64(0), (10**6, 10**6))
    return np.lib.stride_tricks.as_strided(np.zeros(1), (2**40,), (0,))

def greet(name):
    return np.empty((2**62, 0)) if name == "Ada" else np.zeros((1,) * 64)
pin = np.empty((0, 2**60))
'''
