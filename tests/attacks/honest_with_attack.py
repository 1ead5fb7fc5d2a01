"""Right answers in spite of a daemon, a patched NumPy and a broken pipe at exit: they keep their points and get no more."""

CELL = '''
import atexit, os, sys, time
if os.fork() == 0:
    time.sleep(60)
    os._exit(0)

def double(a):
    return 2 * a

def greet(name):
    return f"Hello, {name}!"
sys.stdout = sys.stderr = None
atexit.register(os._exit, 9)
'''
SCORE = 6
