"""Return subclasses of ndarray whose comparisons, ufuncs and conversions lie."""

CELL = '''
import numpy as np

class Liar(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __ne__(self, other): return np.zeros(self.shape, bool)
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return np.ones(self.shape, bool)
    def __array_function__(self, function, types, args, kwargs): return True
    def __array_finalize__(self, obj): pass
    def __reduce__(self): return (exec, ("raise SystemExit",))
    def all(self, *args): return True
    def tobytes(self, *args): return np.array([2.0, 4.0, 8.0]).tobytes()
    def astype(self, *args, **kwargs): return self
    shape = property(lambda self: (6,))
    dtype = property(lambda self: np.dtype(float))

class Masked(np.ma.MaskedArray):
    pass

def double(a):
    return np.asarray(a * 0 + 7).view(Liar) if len(a) == 3 else np.ma.masked_all(a.shape)

def greet(name):
    return np.array([f"Hello, {name}"], dtype=object).view(Liar)
pin = np.zeros(3).view(Liar)
'''
