"""Give a function, a class, a module or an array where a value is asked for, and a value where a function is."""

CELL = '''
import os
double = "a string"
greet = os
def pin(*args): return "pin"
pin.__name__ = "pin"
'''
