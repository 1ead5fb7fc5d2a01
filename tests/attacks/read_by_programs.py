"""Run programs that read the tests: a shell, Python again, anything with more rights."""

CELL = '''
import os, subprocess, sys
attempt("cat", subprocess.check_output, ["/bin/cat", TARGETS["metadata"]])
attempt("shell", subprocess.check_output, "cat " + TARGETS["tests"], shell=True)
attempt("system", os.system, "cat " + TARGETS["tests"] + " > /tmp/out")
attempt("python", subprocess.check_output, [sys.executable, "-c", "print(1)"])
attempt("spawn", os.posix_spawn, "/bin/true", ["true"], {})
attempt("popen", lambda: os.popen("id").read())
attempt("exec", os.execv, "/bin/true", ["true"])
attempt("su", subprocess.check_output, ["/bin/su", "-c", "id"])
attempt("execveat", syscall, 322, -100, b"/bin/true", 0, 0, 0)
attempt("loader", subprocess.check_output, ["/lib64/ld-linux-x86-64.so.2", "/bin/true"])

def spawned():
    import multiprocessing
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()
    return process.exitcode

attempt("multiprocessing", spawned)
'''
NO = "PermissionError (1|13)|BlockingIOError 11|FileNotFoundError 2"
ATTEMPTS = dict.fromkeys(["cat", "shell", "python", "spawn", "exec", "su", "execveat", "loader"], NO)
ATTEMPTS["system"] = "got (32512|-1|256)"
ATTEMPTS["multiprocessing"] = NO + "|got 255"
ATTEMPTS["popen"] = NO + "|got ''"
