"""Leave a process behind that holds the pipe and answers, later, for the test that comes then."""

CELL = '''
import gc, os, struct, time
import msgpack
worker = next(o for o in gc.get_objects() if type(o).__name__ == "Worker")

def double(a):
    if os.fork() == 0:
        try:
            os.setsid()
        except OSError:
            pass
        for _ in range(200):
            data = msgpack.packb([0, "value", "Hello, Ada!"])
            os.write(worker.channel.write_fd, struct.pack(">I", len(data)) + data)
            time.sleep(0.01)
        os._exit(0)
    return a
'''
SECONDS = 20
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
