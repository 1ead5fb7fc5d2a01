"""Talk to the kernel: netlink, its cryptography, virtual machines, Bluetooth, and io_uring instead of sockets."""

CELL = '''
import ctypes, socket
for name, family, kind, protocol in (("netlink route", 16, 3, 0), ("netlink audit", 16, 3, 9), ("netlink event", 16, 2, 15),
                                     ("crypto", 38, 5, 0), ("vsock", 40, 1, 0), ("bluetooth", 31, 3, 1), ("key", 15, 3, 2),
                                     ("can", 29, 3, 1), ("tipc", 30, 1, 0), ("xdp", 44, 3, 0), ("smc", 43, 1, 0)):
    attempt(name, socket.socket, family, kind, protocol)
attempt("io_uring", syscall, 425, 8, ctypes.create_string_buffer(256))
attempt("io_uring enter", syscall, 426, 0, 1, 1, 0, 0, 0)
attempt("io_uring register", syscall, 427, 0, 0, 0, 0)
'''
ATTEMPTS = dict.fromkeys(["netlink route", "netlink audit", "netlink event", "crypto", "vsock", "bluetooth", "key", "can",
                          "tipc", "xdp", "smc", "io_uring", "io_uring enter", "io_uring register"], "PermissionError 1")
