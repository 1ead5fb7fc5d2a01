"""Swallow the kill that the grader sends through its control pipe, and then never answer."""

CELL = '''
import os, threading, time
_, _, control_fd = pipes()

def swallow():
    while True:
        os.read(control_fd, 1)

threading.Thread(target=swallow, daemon=True).start()

def double(a):
    import signal
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        time.sleep(1)
greet = double
'''
SECONDS = 30
TELLS = "could not be stopped|no answer"
LIMITS = {"call": 0.5, "cell": 1.0, "total": 10.0}
