"""Enter the kernel by its other doors, where calls have other numbers: 32 bit, x32."""

CELL = '''
import ctypes, mmap, os, platform, struct

def by_int80(number, *args):
    """The old entrance, in a child, since the filter may kill who uses it."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\\x53\\xb8" + struct.pack("<I", number) + b"\\xbb" + struct.pack("<I", args[0])
               + b"\\x31\\xc9\\x31\\xd2\\xcd\\x80\\x5b\\xc3")
    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()

def in_child(function, *args):
    if platform.machine() != "x86_64":
        return "no such door"
    pid = os.fork()
    if pid == 0:
        try:
            done = function(*args)
            os._exit(7 if done >= 0 else 1)
        except OSError:
            os._exit(1)
    status = os.waitpid(pid, 0)[1]
    return "open" if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 7 else "closed"

attempt("int80 setuid", in_child, by_int80, 23, 0)
attempt("int80 unshare", in_child, by_int80, 310, 0x10000000)
attempt("int80 pid", in_child, by_int80, 20, 0)
attempt("x32 socket", in_child, syscall, 0x40000000 + 41, 1, 1, 0)
attempt("x32 pid", in_child, syscall, 0x40000000 + 39)
attempt("x32 execve", in_child, syscall, 0x40000000 + 520, b"/bin/true", 0, 0)
'''
ATTEMPTS = dict.fromkeys(["int80 setuid", "int80 unshare", "int80 pid", "x32 socket", "x32 pid", "x32 execve"],
                         "got '(closed|no such door)'")
