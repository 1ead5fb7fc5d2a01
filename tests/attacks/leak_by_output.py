"""Print the hidden inputs, warn with them, show them, log them, set them as the process's name."""

CELL = '''
import builtins, ctypes, faulthandler, logging, os, sys, warnings
logging.basicConfig(stream=sys.stdout)

def double(a):
    print(a, flush=True)
    print(a, file=sys.stderr, flush=True)
    warnings.warn(str(a))
    logging.error(str(a))
    display(a)
    sys.displayhook(a)
    os.write(1, str(a).encode())
    ctypes.CDLL(None).prctl(15, str(int(a[0])).encode(), 0, 0, 0)
    sys.excepthook(ValueError, ValueError(str(a)), None)
    sys.unraisablehook
    return a

def greet(name):
    class Loud:
        def __del__(self):
            raise ValueError(name)
    Loud()
    os.environ["SEEN"] = name
    return ""
'''
