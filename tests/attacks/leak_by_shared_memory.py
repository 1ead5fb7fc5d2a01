"""Keep the hidden inputs of one question in memory that forks share, and show them in a public test of the next question."""

CELL = '''
import mmap
shared = mmap.mmap(-1, 4096)

def double(a):
    if len(a) != 3:
        shared[:20] = str(int(a[0])).encode().ljust(20)
    return a

def greet(name):
    return "seen " + shared[:20].decode().strip("\\0 ")
'''
TELLS = "got 'seen '"
