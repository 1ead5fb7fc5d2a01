"""Carry the hidden inputs in the names of functions, attributes and handles that messages mention."""

CELL = '''
class Box:
    pass

def double(a):
    name = str(int(a[0]))
    box = type(name, (Box,), {"__qualname__": name, "__module__": "__main__", name: 1})()
    double.__name__ = double.__qualname__ = name
    return box

def greet(name):
    greet.__name__ = greet.__doc__ = name
    box = type("Box" + name, (Box,), {"__module__": "__main__"})
    return box()
'''
