"""Print gigabytes, through Python and past it."""

CELL = '''
import os, sys, warnings

def double(a):
    block = b"x" * 2**20
    for _ in range(3000):
        os.write(1, block)
        os.write(2, block)
    return a

def greet(name):
    for _ in range(1000):
        print("x" * 10**6)
        warnings.warn(name)
    return name
print("y" * 10**8, flush=True)
'''
