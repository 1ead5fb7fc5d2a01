"""Return dictionaries and sets whose keys all share a hash, so that rebuilding them takes for ever."""

CELL = '''
import sys
P = sys.hash_info.modulus

def double(a):
    return {i * P: 0 for i in range(1, 3)} | {(i * P,): 0 for i in range(1, 3)}

def collide(n):
    keys = [i * P for i in range(n)]
    class Fast(dict):
        pass
    return keys

def greet(name):
    import gc
    send = next(o for o in gc.get_objects() if type(o).__name__ == "Channel")
    import msgpack, struct
    keys = [i * P for i in range(8)] + [float(i * P) for i in range(60_000)]
    body = msgpack.packb([0, "value", {k: 0 for k in keys[:8]}])
    pairs = b"".join(msgpack.packb(k) + b"\\0" for k in keys)
    body = body[:1] + body[1:2] + msgpack.packb("value") + b"\\xdf" + struct.pack(">I", len(keys)) + pairs
    os.write(send.write_fd, struct.pack(">I", len(body)) + body)
    return ""
'''
SECONDS = 15
