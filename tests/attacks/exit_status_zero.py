"""End the process inside the tested function with status 0, as if all was well."""

CELL = '''
import os, sys

def double(a):
    os._exit(0)

def greet(name):
    sys.exit(0)
'''
TELLS = ["ended the Python process", "SystemExit"]
