"""Fork without end while a function is tested."""

CELL = '''
import os

def double(a):
    while True:
        try:
            os.fork()
        except OSError:
            pass

def greet(name):
    return "no"
'''
SECONDS = 25
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
