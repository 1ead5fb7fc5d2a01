"""Leave a daemon behind: forked twice, in a session of its own where it can, deaf to every signal that can be ignored."""

CELL = '''
import os, signal, time
report, tell = os.pipe()
if os.fork() == 0:
    try:
        os.setsid()
    except OSError:
        pass
    if os.fork() == 0:
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        os.write(tell, b"alive")
        time.sleep(60)
    os._exit(0)
attempt("daemon", lambda: os.read(report, 5))
'''
ATTEMPTS = {"daemon": "got b'alive'"}
