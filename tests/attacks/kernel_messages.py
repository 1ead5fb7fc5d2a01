"""Leave messages in the kernel for the next submission: System V and POSIX memory and queues, file attributes."""

CELL = '''
import ctypes, os
attempt("shared memory", syscall, 29, 0x5ca1e, 4096, 0o1666)
attempt("message queue", syscall, 68, 0x5ca1e, 0o1666)
attempt("semaphores", syscall, 64, 0x5ca1e, 1, 0o1666)
attempt("POSIX queue", syscall, 240, b"inputs", os.O_CREAT | os.O_RDWR, 0o666, 0)
attempt("POSIX memory", lambda: __import__("multiprocessing.shared_memory").shared_memory.SharedMemory(create=True, size=10))
attempt("attribute of a folder", os.setxattr, TARGETS["drop"], "user.inputs", b"secret")
attempt("attribute of a file", os.setxattr, TARGETS["metadata"], "user.inputs", b"secret")
attempt("time of a folder", os.utime, TARGETS["drop"])
attempt("time of a device", os.utime, "/dev/null", (1, 1))
attempt("mode of a device", os.chmod, "/dev/null", 0o600)
'''
NO = "PermissionError (1|13)|FileNotFoundError 2|OSError 30"
ATTEMPTS = dict.fromkeys(["shared memory", "message queue", "semaphores", "POSIX queue", "POSIX memory",
                          "attribute of a folder", "attribute of a file", "time of a folder", "time of a device",
                          "mode of a device"], NO)
