"""Announce a message of four gigabytes."""

CELL = '''
import os, struct
_, write_fd, _ = pipes()
def double(a):
    os.write(write_fd, struct.pack(">I", 2**32 - 1) + b"x" * 1000)
    return a

os.write(write_fd, struct.pack(">I", 2**31) + bytes(4096))
'''
TELLS = "stopped with a reply of 2147483648 bytes"
