"""Hold the interpreter inside C code, where no signal handler of Python's runs."""

CELL = '''
import re, time, threading

def double(a):
    return sum(range(10**14))

def greet(name):
    if name == "Ada":
        return bool(re.match(r"(a+)+$", "a" * 60 + "b"))
    threading.Lock().acquire() and threading.Lock()
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
'''
SECONDS = 25
LIMITS = {"call": 0.5, "cell": 1.0, "total": 10.0}
