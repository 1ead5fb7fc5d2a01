"""Raise exceptions that carry the hidden inputs: in the text, the name of the class, its bases, notes, causes, arguments."""

CELL = '''
def double(a):
    kind = type("E" + str(int(a[0])), (ValueError,), {})
    error = kind(f"the input was {a.tolist()}")
    error.add_note(str(a))
    raise error from KeyError(str(a))

def greet(name):
    raise type(name, (type(name + "Base", (Exception,), {}),), {})(name)
'''
TELLS = ["raised E1: the input was", "raised Ada: Ada"]
