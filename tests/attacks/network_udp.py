"""Send datagrams, plain, raw and to groups; they need no connection."""

CELL = '''
import socket

def send(family, kind, protocol=0):
    with socket.socket(family, kind, protocol) as s:
        return s.sendto(b"hidden inputs", ("127.0.0.1", TARGETS["udp"]))

attempt("UDP", send, socket.AF_INET, socket.SOCK_DGRAM)
attempt("UDP 6", send, socket.AF_INET6, socket.SOCK_DGRAM)
attempt("raw", send, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
attempt("ping", send, socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
attempt("SCTP", send, socket.AF_INET, socket.SOCK_SEQPACKET, 132)
attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW, 3))
'''
ATTEMPTS = dict.fromkeys(["UDP", "UDP 6", "raw", "ping", "SCTP", "packet"], "PermissionError 1|OSError 9[0-9]")
