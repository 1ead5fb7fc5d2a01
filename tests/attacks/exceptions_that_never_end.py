"""Catch the time limit, again and again, in every way there is."""

CELL = '''
import signal, sys, threading, time

def double(a):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
        finally:
            double(a)

def greet(name):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    sys.setswitchinterval(1000)
    while True:
        pass
'''
SECONDS = 20
TELLS = ["no answer within|Recursion|ended"]
LIMITS = {"call": 0.5, "cell": 1.0, "total": 10.0}
