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
