"""Change the arguments in place, and hush the worker's comparison of what came with what is left."""

CELL = '''
import sys

def nothing(*args, **kwargs):
    return None

def hush():
    """Whatever the worker could compare with, in its modules, in the frames that call, and in what its functions refer to."""
    import gc
    for thing in gc.get_objects():
        names = thing if type(thing) is dict else {}
        for name in ("changed", "same", "difference"):
            if callable(names.get(name)):
                names[name] = (lambda *args, **kwargs: True) if name == "same" else nothing

hush()

def double(a):
    hush()
    a *= 2
    return a
'''
TELLS = "changes its input"
