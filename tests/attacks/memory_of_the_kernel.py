"""Fill memory that no process is charged with: huge pages given to pipes, buffers of sockets, rings, splices, locks."""

CELL = '''
import ctypes, mmap, os, socket
libc = ctypes.CDLL(None, use_errno=True)

def gifts():
    """Huge pages that a pipe holds and no process maps any more."""
    held = 0
    for _ in range(20):
        area = mmap.mmap(-1, 4 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        area.madvise(14)
        area[:] = bytes(4 << 20)
        start = ctypes.addressof(ctypes.c_char.from_buffer(area))
        r, w = os.pipe()
        part = ctypes.create_string_buffer(start.to_bytes(8, "little") + (4096).to_bytes(8, "little"))
        held += syscall(278, w, part, 1, 0)
    return held

def splice(number):
    r, w = os.pipe()
    return syscall(number, os.open("/dev/zero", os.O_RDONLY), 0, w, 0, 4096, 0)

attempt("gifts", gifts)
attempt("splice", splice, 275)
attempt("tee", lambda: syscall(276, os.pipe()[0], os.pipe()[1], 4096, 0))
attempt("sendfile", lambda: os.sendfile(os.pipe()[1], os.open("/proc/meminfo", os.O_RDONLY), 0, 100))
attempt("pair", syscall, 53, 1, 1, 0, ctypes.create_string_buffer(8))
attempt("pair of datagrams", syscall, 53, 1, 2, 0, ctypes.create_string_buffer(8))
attempt("ring", syscall, 206, 1000, ctypes.create_string_buffer(8))
attempt("waiting signals", lambda: __import__("resource").getrlimit(11)[1] <= 256)
attempt("asyncio all the same", lambda: __import__("asyncio").run(__import__("asyncio").sleep(0.01, "done")))
'''
NO = "PermissionError 1"
ATTEMPTS = dict.fromkeys(["gifts", "splice", "tee", "sendfile", "pair", "pair of datagrams", "ring"], NO)
ATTEMPTS |= {"waiting signals": "got True", "asyncio all the same": "got 'done'"}
