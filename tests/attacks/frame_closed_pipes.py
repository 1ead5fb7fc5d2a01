"""Close the pipes, all of them or one, during a cell and during a call."""

CELL = ['''
import os
read_fd, write_fd, control_fd = pipes()

def double(a):
    os.close(write_fd)
    return 2 * a

def greet(name):
    os.close(read_fd)
    return f"Hello, {name}!"
''', '''
os.close(control_fd)
''', '''
os.closerange(0, 100)
''']
SCORE = 0
SECONDS = 20
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
