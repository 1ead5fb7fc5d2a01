"""End the process from where no except clause is: a thread, a signal handler, a finalizer, a trace function, an exit hook."""

CELL = '''
import atexit, os, signal, sys, threading, weakref
atexit.register(os._exit, 0)

def double(a):
    if len(a) == 3:
        threading.Thread(target=os._exit, args=(0,)).start()
        threading.Event().wait(5)
    signal.signal(signal.SIGUSR1, lambda *args: os._exit(0))
    os.kill(os.getpid(), signal.SIGUSR1)

class Last:
    def __del__(self):
        os._exit(0)

def greet(name):
    if name == "Ada":
        sys.settrace(lambda *args: os._exit(0))
        return str(name)
    Last()
'''
TELLS = ["ended the Python process"]
