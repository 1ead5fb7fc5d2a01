"""Start threads without end."""

CELL = '''
import threading, time

def started():
    n = 0
    try:
        for n in range(5000):
            threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
    except RuntimeError:
        return n < 200

def spin():
    while True:
        pass

attempt("threads", started)
def double(a):
    for _ in range(5):
        try:
            threading.Thread(target=spin).start()
        except RuntimeError:
            pass
    return a
greet = double
'''
ATTEMPTS = {"threads": "got True"}
SECONDS = 25
LIMITS = {"call": 0.5, "cell": 4.0, "total": 12.0}
