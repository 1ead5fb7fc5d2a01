"""Open files and pipes until there are no descriptors left."""

CELL = '''
import os

def hoard():
    opened = []
    try:
        while True:
            opened += os.pipe()
    except OSError as error:
        return len(opened) < 100, error.errno

attempt("pipes", hoard)

def double(a):
    return a
'''
ATTEMPTS = {"pipes": r"got \(True, 24\)"}
