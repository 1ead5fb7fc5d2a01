"""Return the hidden inputs, plain, reversed, spelt out, as keys, as the name of a class, inside what cannot be sent."""

CELL = '''
def double(a):
    return {str(int(a[0])): [int(a[0])]}

calls = 0
def greet(name):
    global calls
    calls += 1
    return type(name, (), {"__repr__": lambda self: name, "__len__": lambda self: 3})() if calls == 1 else "-".join(name)
pin = [1]
'''
TELLS = ["object of type Ada"]
