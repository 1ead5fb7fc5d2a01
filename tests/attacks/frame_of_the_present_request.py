"""Find the number of the present request in the worker's frames, and answer it before the function has returned."""

CELL = '''
import os, struct, sys
import msgpack
_, write_fd, _ = pipes()

def say(body):
    frame = sys._getframe()
    while frame and "number" not in frame.f_locals:
        frame = frame.f_back
    data = msgpack.packb([frame.f_locals["number"], "value", body])
    os.write(write_fd, struct.pack(">I", len(data)) + data)

def greet(name):
    say(True)
    say("Hello, everybody!")
    return ""
'''
TELLS = "reply to no request"
