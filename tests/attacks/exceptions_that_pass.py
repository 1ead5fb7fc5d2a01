"""Raise exceptions named like the grader's own, hoping that one of them means passed."""

CELL = '''
class Passed(Exception): pass
class Failed(AssertionError):
    hint, blank, detail = "Full marks.", False, "Passed."
class TimeLimit(BaseException): pass
class WorkerLost(Exception): pass
class ForkEnded(Exception): pass
class NotPlain(TypeError): pass

def double(a):
    raise (Failed("Passed.") if len(a) == 3 else TimeLimit())

def greet(name):
    raise (WorkerLost("Passed.") if name == "Ada" else NotPlain("Hello, Ada!"))

class Died(Exception): pass
raise ForkEnded("SIGKILL")
'''
TELLS = ["raised Failed: Passed", "raised WorkerLost"]
