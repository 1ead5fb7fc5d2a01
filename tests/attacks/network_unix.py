"""Reach servers by Unix sockets: in files, with abstract names, the system's own."""

CELL = '''
import os, socket

def connect(address, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as s:
        s.connect(address)

def bind(address):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(address)

attempt("file", connect, TARGETS["unix"])
attempt("abstract", connect, "\\0" + TARGETS["abstract"])
attempt("log", connect, "/dev/log", socket.SOCK_DGRAM)
attempt("bus", connect, "/run/dbus/system_bus_socket")
attempt("docker", connect, "/var/run/docker.sock")
attempt("bind file", bind, os.path.join(TARGETS["drop"], "mine"))
attempt("bind abstract", bind, "\\0mine")
attempt("inherited", lambda: [socket.socket(fileno=fd).getsockname() for fd in range(3, 64) if fd not in pipes()][:0])
'''
NO = "PermissionError 1"
ATTEMPTS = dict.fromkeys(["file", "abstract", "log", "bus", "docker", "bind file", "bind abstract"], NO)
ATTEMPTS["inherited"] = "OSError 9"
