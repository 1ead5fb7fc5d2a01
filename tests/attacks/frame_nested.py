"""Send a message nested a hundred thousand deep, with lists and with extensions inside extensions."""

CELL = '''
import os, struct
_, write_fd, _ = pipes()

def send(body):
    os.write(write_fd, struct.pack(">I", len(body)) + body)

def double(a):
    send(b"\\x91" * 60_000 + b"\\xc0")
    return a

def greet(name):
    body = b"\\xc0"
    for _ in range(3000):
        body = b"\\xc9" + struct.pack(">I", len(body) + 1) + b"\\x01\\x91" + body
    send(body)
    return name
'''
