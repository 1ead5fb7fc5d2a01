"""Write replies before they are asked for, with the request numbers that a counter would have."""

CELL = '''
import os, struct, fcntl
import msgpack
_, write_fd, _ = pipes()
os.set_blocking(write_fd, False)
try:
    for number in range(5000):
        data = msgpack.packb([number, "value", True])
        os.write(write_fd, struct.pack(">I", len(data)) + data)
except BlockingIOError:
    pass
'''
TELLS = "reply to no request|half a message|malformed|does not read|reply of"
