"""Return an object that claims to be equal to everything, and close to it, and true."""

CELL = '''
class Agreeable:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 0
    def __bool__(self): return True
    def __len__(self): return 3
    def __getitem__(self, i): return self
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __float__(self): return 0.0
    def __array__(self, *args, **kwargs): raise AssertionError
    def __iter__(self): return iter(())

def double(a): return Agreeable()
def greet(name): return Agreeable()
pin = Agreeable()
'''
TELLS = ["expected a NumPy array", "expected a string"]
