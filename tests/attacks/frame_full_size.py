"""Send messages as large as they may be, full of what takes the most memory and time to decode."""

CELL = '''
import gc, os, struct
channel = next(o for o in gc.get_objects() if type(o).__name__ == "Channel")

def send(body):
    data = memoryview(struct.pack(">I", len(body)) + body)
    while data:
        data = data[os.write(channel.write_fd, data):]

def double(a):
    send(b"\\xdd" + struct.pack(">I", 2**26 - 5) + b"\\x90" * (2**26 - 5))
    return a

def greet(name):
    send(b"\\xdd" + struct.pack(">I", 13_000_000) + b"\\xa4\\xf0\\x9f\\x98\\x80" * 13_000_000)
    return name
'''
SECONDS = 20
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
