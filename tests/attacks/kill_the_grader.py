"""Send signals to the grader, to its group, its parent, and to everybody."""

CELL = '''
import ctypes, os, signal
pid = TARGETS["grader"]
attempt("grader", os.kill, pid, signal.SIGCONT)
attempt("group", os.killpg, pid, signal.SIGCONT)
attempt("thread", syscall, 234, pid, pid, int(signal.SIGCONT))
attempt("queue", syscall, 129, pid, int(signal.SIGCONT), ctypes.create_string_buffer(128))
attempt("by descriptor", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGCONT))
attempt("init", os.kill, 1, 0)
attempt("real-time timer", lambda: signal.setitimer(signal.ITIMER_REAL, 0))
attempt("scheduling", os.sched_setaffinity, pid, {0})
attempt("priority", os.setpriority, os.PRIO_PROCESS, pid, 19)
attempt("more priority", os.nice, -5)
attempt("limits", lambda: __import__("resource").prlimit(pid, 7, (3, 3)))
attempt("out-of-memory score", lambda: open("/proc/%d/oom_score_adj" % pid, "w").write("1000"))
attempt("own out-of-memory score", lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
'''
NO = "PermissionError (1|13)|ProcessLookupError 3|FileNotFoundError 2"
ATTEMPTS = dict.fromkeys(["grader", "group", "thread", "queue", "by descriptor", "scheduling", "priority", "more priority",
                          "limits", "out-of-memory score", "own out-of-memory score"], NO)
ATTEMPTS |= {"init": NO + "|got None", "real-time timer": r"got \(.*\)"}
