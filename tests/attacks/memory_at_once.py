"""Take more memory than there is in one moment, between two looks: many processes wait for a sign and then write at once."""

CELL = '''
import mmap, os, signal

def double(a):
    if len(a) != 3:
        return a
    signal.setitimer(signal.ITIMER_REAL, 0)
    areas = [mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(30)]
    wait, go = os.pipe()
    for _ in range(28):
        if os.fork() == 0:
            os.close(go)
            os.read(wait, 1)
            for area in areas:
                area[:] = bytes(1 << 20)
            signal.pause()
    os.close(go)
    signal.pause()
'''
LIMITS = {"call": 2.0, "total": 8.0}
SECONDS = 25
TELLS = "memory|the worker ended"
