"""Read the grader's memory, or attach to it as a debugger would."""

CELL = '''
import ctypes, os
pid = TARGETS["grader"]
buffer = ctypes.create_string_buffer(64)
local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
remote = (ctypes.c_void_p * 2)(0x400000, 64)
attempt("process_vm_readv", syscall, 310, pid, local, 1, remote, 1, 0)
attempt("process_vm_writev", syscall, 311, pid, local, 1, remote, 1, 0)
attempt("attach", syscall, 101, 16, pid, 0, 0)
attempt("seize", syscall, 101, 0x4206, pid, 0, 0)
attempt("traceme", syscall, 101, 0, 0, 0, 0)
attempt("attach to the worker", syscall, 101, 16, os.getppid(), 0, 0)
attempt("kcmp", syscall, 312, pid, os.getpid(), 0, 0, 0)
attempt("process_madvise", syscall, 440, 0, local, 1, 4, 0)
attempt("core dump", lambda: __import__("resource").setrlimit(4, (10**9, 10**9)))
'''
NO = "PermissionError 1"
ATTEMPTS = dict.fromkeys(["process_vm_readv", "process_vm_writev", "attach", "seize", "traceme", "attach to the worker", "kcmp",
                          "process_madvise"], NO)
ATTEMPTS["core dump"] = "ValueError"
