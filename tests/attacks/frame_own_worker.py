"""Replace the worker's server by one's own that answers every question about every name with the same value."""

CELL = '''
import gc, os, struct, sys
import msgpack
worker = next(o for o in gc.get_objects() if type(o).__name__ == "Worker")
channel = worker.channel

def reply(number, kind, body):
    data = msgpack.packb([number, kind, body])
    os.write(channel.write_fd, struct.pack(">I", len(data)) + data)

def serve(number):
    fork = None
    reply(number, "value", None)
    while True:
        n = struct.unpack(">I", os.read(channel.read_fd, 4))[0]
        number, operation, body = msgpack.unpackb(os.read(channel.read_fd, n), ext_hook=lambda *a: None)
        if operation == "fork":
            fork = number
            reply(number, "value", None)
        elif operation == "end":
            reply(fork, "ended", "")
        elif operation == "get":
            reply(number, "value", ["value", "pin" + "0" * 16])
        else:
            reply(number, "value", True)

frame = sys._getframe()
while "number" not in frame.f_locals:
    frame = frame.f_back
serve(frame.f_locals["number"])
'''
TELLS = ["Expected a function"]
