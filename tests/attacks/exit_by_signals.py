"""Die of every signal."""

CELL = '''
import os, signal

def double(a):
    os.kill(os.getpid(), signal.SIGKILL if len(a) == 3 else signal.SIGABRT)

def greet(name):
    os.kill(os.getpid(), signal.SIGSEGV if name == "Ada" else signal.SIGSTOP)
'''
TELLS = ["too much memory or was stopped", "crashed Python"]
SECONDS = 15
