"""Read the grader's requests one page at a time, ever more slowly, so that it waits to send."""

CELL = '''
import fcntl, os, threading, time
read_fd, _, _ = pipes()
fcntl.fcntl(read_fd, 1031, 4096)

def sip():
    while True:
        os.read(read_fd, 1)
        time.sleep(0.3)

threading.Thread(target=sip, daemon=True).start()
def double(a):
    time.sleep(100)
'''
LIMITS = {"total": 6.0}
SECONDS = 20  # the grader waits ten seconds until it gives up sending
