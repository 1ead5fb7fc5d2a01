"""Processes that fork anew and leave all the time, so that whoever goes through a list of them comes too late."""

CELL = '''
import os, signal

def run():
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        try:
            if os.fork():
                os._exit(0)
        except OSError:
            pass

def double(a):
    for _ in range(20):
        if os.fork() == 0:
            run()
    return a
greet = double
for _ in range(10):
    if os.fork() == 0:
        run()
'''
SECONDS = 25
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
