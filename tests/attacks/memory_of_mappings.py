"""Fill the kernel's tables: tens of thousands of mappings in each of many processes, which count little as their own memory."""

CELL = '''
import ctypes, mmap, os, signal

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]

def double(a):
    if len(a) != 3:
        return a
    signal.setitimer(signal.ITIMER_REAL, 0)
    for i in range(65000):  # neighbours differ in what may be done with them, so that they stay apart
        libc.mmap(None, 4096, i % 2, 34, -1, 0)
    for _ in range(28):
        if os.fork() == 0:
            kept = b"x" * (18 << 20)  # far less than the grader has, which is the largest process then
            break
    signal.pause()
'''
LIMITS = {"call": 3.0}
SECONDS = 30
TELLS = "memory|no answer within"
