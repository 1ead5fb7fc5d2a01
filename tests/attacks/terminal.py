"""Type into the instructor's terminal, or take it over."""

CELL = '''
import fcntl, os, termios

def type_into(path):
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    for c in b"touch /tmp/typed\\n":
        fcntl.ioctl(fd, termios.TIOCSTI, bytes([c]))

attempt("terminal", type_into, "/dev/tty")
attempt("console", type_into, "/dev/console")
attempt("new pair", os.openpty)
for fd in (0, 1, 2):
    attempt("type %d" % fd, fcntl.ioctl, fd, termios.TIOCSTI, b"x")
    attempt("wide type %d" % fd, syscall, 16, fd, 0x100005412, b"x")
    attempt("take %d" % fd, fcntl.ioctl, fd, termios.TIOCSCTTY, 0)
    attempt("selection %d" % fd, fcntl.ioctl, fd, 0x541C, b"\\x02")
attempt("session", lambda: os.getsid(0) != os.getsid(os.getppid()) or os.getsid(0) not in (0, TARGETS["grader"]))
'''
NO = "PermissionError (1|13)|FileNotFoundError 2|OSError (6|25|30|5)"
ATTEMPTS = dict.fromkeys(["terminal", "console", "new pair"], NO)
ATTEMPTS |= {f"{what} {fd}": "PermissionError 1" for what in ("type", "wide type", "take", "selection") for fd in (0, 1, 2)}
ATTEMPTS["session"] = "got True"
