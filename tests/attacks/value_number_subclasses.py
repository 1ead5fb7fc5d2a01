"""Return subclasses of str, int and float that compare equal to everything."""

CELL = '''
class Text(str):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __str__(self): return "Hello, Ada!"
    def encode(self, *args): return b"Hello, Ada!"

class Whole(int):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    def __index__(self): return 8
    def __int__(self): return 8

def double(a): return Whole(3)
def greet(name): return Text("no")
pin = Text("no")
'''
TELLS = ["expected 'Hello, Ada!', got 'no'"]
