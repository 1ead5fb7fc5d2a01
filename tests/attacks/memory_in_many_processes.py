"""Fill the memory a little in each of many processes, so that none is over its own limit."""

CELL = '''
import os, signal

def double(a):
    signal.setitimer(signal.ITIMER_REAL, 0)
    for _ in range(20):
        if os.fork() == 0:
            break
    kept = bytearray(80_000_000)
    for i in range(0, len(kept), 4096):
        kept[i] = 1
    signal.pause()
greet = double
'''
LIMITS = {"call": 2.0, "total": 8.0}
SECONDS = 25
TELLS = "memory"
