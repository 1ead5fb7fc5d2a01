"""Answer every look-up and call from a server of one's own, with handles, kinds and types that make no sense."""

CELL = '''
import gc, os, struct
import msgpack
worker = next(o for o in gc.get_objects() if type(o).__name__ == "Worker")
Channel = type(worker.channel)
send = Channel.send
handle = msgpack.ExtType(6, msgpack.packb([-(2**60), "str"]))
bodies = [["callable", handle], ["value", handle], ["missing", 1, 2], [handle], {"value": "callable"}, [["callable"]],
          "callable", ["callable", "pin"], [True, True], [handle, handle], 9999, None, [[[[]]]], [2**63, -1]]
count = 0

def lie(self, number, kind, body):
    global count
    count += 1
    data = msgpack.packb([number, kind, bodies[count % len(bodies)]])
    os.write(self.write_fd, struct.pack(">I", len(data)) + data)

Channel.send = lie
'''
SECONDS = 20
