"""Read the grader's requests in a thread, before the worker does, and answer all of them with what was asked."""

CELL = '''
import os, struct, threading
import msgpack
read_fd, write_fd, _ = pipes()

def serve():
    while True:
        try:
            n = struct.unpack(">I", os.read(read_fd, 4))[0]
            number, operation, body = msgpack.unpackb(os.read(read_fd, n))
            data = msgpack.packb([number, "value", body])
            os.write(write_fd, struct.pack(">I", len(data)) + data)
        except Exception:
            pass

threading.Thread(target=serve, daemon=True).start()
'''
SECONDS = 25
LIMITS = {"call": 0.5, "cell": 1.0, "total": 10.0}
