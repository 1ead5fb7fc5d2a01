"""Send arrays whose dtype runs code or holds pointers, whose shape lies, whose bytes do not fit."""

CELL = '''
import gc, os, struct
import msgpack
worker = next(o for o in gc.get_objects() if type(o).__name__ == "Worker")
arrays = [("|O", [3], bytes(24)), ("<f8", [2**62, 2], b""), ("<f8", [3], bytes(8)), ("<f8", [-1, -3], bytes(24)),
          ("|V8", [3], bytes(24)), ("<M8[s]", [3], bytes(24)), ("<f8", [True, 3], bytes(24)), ("<f8,O", [1], bytes(16)),
          ("<U2", [3], bytes(24)), ("<f8", "3", bytes(24)), ([["a", "O"]], [1], bytes(8)), ("<f8", [0] * 100, b"")]
tried = 0

def lie(self, number, kind, body):
    global tried
    dtype, shape, data = arrays[tried % len(arrays)]
    tried += 1
    array = msgpack.ExtType(3, msgpack.packb([dtype, shape, data]))
    data = msgpack.packb([number, kind, array if kind == "value" and body is not None else body])
    os.write(self.write_fd, struct.pack(">I", len(data)) + data)

def double(a):
    type(worker.channel).send = lie
    return a
greet = double
'''
LIMITS = {"call": 0.5, "cell": 1.0, "total": 8.0}
