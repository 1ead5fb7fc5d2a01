"""Return objects whose __class__, __mro__ or metaclass says they are something else."""

CELL = '''
import numpy as np

class Meta(type):
    __instancecheck__ = lambda cls, other: True
    __subclasscheck__ = lambda cls, other: True
    __eq__ = lambda cls, other: True
    __hash__ = lambda cls: hash(np.ndarray)
    mro = lambda cls: [cls, object]

class Array(metaclass=Meta):
    __class__ = property(lambda self: np.ndarray)
    dtype = np.dtype(float)
    shape = (3,)
    ndim = 1

class Text(metaclass=Meta):
    __class__ = property(lambda self: str)

def double(a): return Array()
def greet(name): return Text()
pin = Text()
'''
