"""Exchange the pipes with one another, with /dev/null and with one another's flags."""

CELL = '''
import fcntl, os
read_fd, write_fd, control_fd = pipes()

def double(a):
    os.dup2(read_fd, write_fd)
    return a

def greet(name):
    for fd in (read_fd, write_fd, control_fd):
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
        fcntl.fcntl(fd, 1031, 4096)
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, write_fd)
    return name
'''
SECONDS = 20
