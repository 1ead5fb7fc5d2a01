"""Fork without end while a cell runs."""

CELL = '''
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
'''
SECONDS = 25
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
