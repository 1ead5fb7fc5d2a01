"""Raise exceptions whose text, name, bases and attributes are traps for whoever describes them."""

CELL = '''
class Meta(type):
    __name__ = property(lambda cls: 1 / 0)
    __mro__ = property(lambda cls: [1, 2])
    __instancecheck__ = lambda cls, other: 1 / 0

class Trap(Exception, metaclass=Meta):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
    __traceback__ = property(lambda self: 1 / 0)
    __class__ = property(lambda self: 1 / 0)
    args = property(lambda self: 1 / 0)

class Long(Exception):
    def __str__(self): return "x" * 10**8

Long.__name__ = "E" * 10**6

class Endless(Exception):
    def __str__(self):
        while True: pass

def double(a):
    raise (Trap() if len(a) == 3 else Long())

def greet(name):
    raise (Endless() if name == "Ada" else Trap())
'''
SECONDS = 20
