"""Hoard children that have ended, and never wait for them."""

CELL = '''
import os

def double(a):
    try:
        while True:
            if os.fork() == 0:
                os._exit(0)
    except OSError:
        return a
greet = double
double([0])
'''
TELLS = "could not|no answer|failed|ended|expected"
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
