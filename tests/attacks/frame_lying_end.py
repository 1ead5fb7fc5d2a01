"""Tell the grader that the fork has ended while it goes on, and answer the next test's requests from the old one."""

CELL = '''
import gc, os, struct
import msgpack
worker = next(o for o in gc.get_objects() if type(o).__name__ == "Worker")

def say(*message):
    data = msgpack.packb(list(message))
    os.write(worker.channel.write_fd, struct.pack(">I", len(data)) + data)

def double(a):
    import sys
    frame = sys._getframe()
    while frame:
        if frame.f_code.co_name == "serve_fork":
            say(frame.f_locals["number"], "ended", "exit 0")
        frame = frame.f_back
    return a
'''
TELLS = "ended the Python process"
