"""Walk up the stack from inside a tested function and collect everything that looks like an expected value."""

CELL = '''
import sys

def found():
    frame, seen = sys._getframe(), []
    while frame:
        for name, value in list(frame.f_locals.items()) + list(frame.f_globals.items()):
            if name in ("want", "expected", "mistakes", "case", "cases", "seed", "solution") or "pin" in str(value)[:3]:
                seen.append(name)
        frame = frame.f_back
    return seen

def greet(name):
    return "seen " + " ".join(n for n in found() if n not in ("name",))
pin = str(found())
'''
TELLS = "got 'seen '"
