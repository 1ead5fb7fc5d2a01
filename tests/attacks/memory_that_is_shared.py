"""Fill memory that belongs to no process: shared mappings, pipes' buffers, locked pages."""

CELL = '''
import ctypes, fcntl, mmap, os
libc = ctypes.CDLL(None, use_errno=True)

def shared():
    kept = [mmap.mmap(-1, 400_000_000) for _ in range(20)]
    return len(kept)

def pipes_full():
    held = 0
    try:
        while True:
            r, w = os.pipe()
            fcntl.fcntl(w, 1031, 1 << 20)
            os.set_blocking(w, False)
            try:
                held += os.write(w, bytes(1 << 20))
            except BlockingIOError:
                pass
    except OSError:
        return held < 100_000_000

attempt("shared", shared)
attempt("pipes", pipes_full)
attempt("lock", lambda: libc.mlockall(3))
attempt("memory file", os.memfd_create, "x")
attempt("secret memory", syscall, 447, 0)
attempt("huge pages", mmap.mmap, -1, 1 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)
'''
ATTEMPTS = {"shared": "OSError 12", "pipes": "got True", "lock": "got -1", "memory file": "PermissionError 1",
            "secret memory": "PermissionError 1|OSError 38", "huge pages": "OSError (12|22)"}
