"""Return dictionaries, lists and tuples whose iteration, length and items change with every look."""

CELL = '''
class Shifting(dict):
    def items(self): return iter([("Hello", object())])
    def keys(self): return iter(lambda: 1, 0)
    def values(self): return iter(lambda: 1, 0)
    def __iter__(self): return iter(lambda: 1, 0)
    def __len__(self): return 10**18
    def __eq__(self, other): return True

class Endless(list):
    def __iter__(self): return iter(lambda: 1, 0)
    def __len__(self): return 10**18
    def __eq__(self, other): return True

def double(a): return Endless([1, 2])
def greet(name): return Shifting({"Hello": 1})
pin = Shifting(a=Endless([Shifting()]))
'''
TELLS = [r"got a list: \[1, 2\]", "got a dictionary|got {'Hello': 1}"]
