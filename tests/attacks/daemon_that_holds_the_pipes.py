"""Leave processes behind that keep the pipes open, so that nobody sees that the worker is gone."""

CELL = '''
import os, time

def double(a):
    for _ in range(3):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    os._exit(0)

def greet(name):
    if os.fork() == 0:
        time.sleep(60)
    os.kill(os.getppid(), 9)
    return f"Hello, {name}!"
'''
SECONDS = 20
