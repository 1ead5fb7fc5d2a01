"""Kill or stop the warm worker from a fork of it, hoping that the test in progress then counts as passed."""

CELL = '''
import os, signal

def double(a):
    os.kill(os.getppid(), signal.SIGKILL if len(a) == 3 else signal.SIGSTOP)
    return a

def greet(name):
    os.kill(-1, signal.SIGKILL)
'''
SECONDS = 20
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
