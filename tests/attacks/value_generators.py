"""Return generators, endless iterators, coroutines and things to be called later."""

CELL = '''
import itertools

def double(a):
    return itertools.count() if len(a) == 3 else (x for x in itertools.repeat(1))

async def greet(name):
    return f"Hello, {name}!"
pin = lambda: "pin"
'''
