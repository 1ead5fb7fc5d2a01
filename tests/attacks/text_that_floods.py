"""Make every message as long as can be."""

CELL = ["raise ValueError('x' * 10**7 + '\\n' * 10**6)"] * 8 + ['''
def double(a):
    raise ValueError("\\n" * 10**6 + "y" * 10**7)

def greet(name):
    return "z" * 10**7
''']
