"""Reach a server on this machine or elsewhere by TCP, and be a server."""

CELL = '''
import socket, urllib.request
import http.client

def server():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()

attempt("connect", socket.create_connection, ("127.0.0.1", TARGETS["port"]), 1)
attempt("connect 6", socket.create_connection, ("::1", TARGETS["port"]), 1)
attempt("serve", server)
attempt("http", urllib.request.urlopen, "http://127.0.0.1:%d/" % TARGETS["port"], timeout=1)
attempt("raw call", syscall, 41, 2, 1, 0)
attempt("names", socket.gethostbyname, "localhost.example")
attempt("pair", lambda: [s.send(b"x") for s in socket.socketpair()])
'''
NO = "PermissionError 1|URLError|(gaierror|herror|OSError)( -?[0-9]+)?"
ATTEMPTS = dict.fromkeys(["connect", "connect 6", "serve", "http", "raw call", "names", "pair"], NO)
