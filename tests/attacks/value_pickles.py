"""Return pickles, and objects that run code when they are unpickled or copied."""

CELL = '''
import os, pickle

class Bomb:
    def __reduce__(self): return (os.system, ("touch /tmp/pickled",))
    def __deepcopy__(self, memo): raise SystemExit
    def __getstate__(self): raise SystemExit
    def __reduce_ex__(self, protocol): return (exec, ("import os; os._exit(0)",))

def double(a): return pickle.dumps(Bomb())
def greet(name): return Bomb()
pin = pickle.dumps("pin")
'''
