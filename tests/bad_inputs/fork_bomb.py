"""A function that forks without end."""

CELL = '''
import os

def double(a):
    while True:
        try:
            os.fork()
        except OSError:
            pass
'''
SCORE = 3
LIMITS = {"call": 1.5, "total": 60.0}
SECONDS = 60
TELLS = "no answer within|could not be tested|a reply to no request|could not be stopped"
AT_LEAST = 0
