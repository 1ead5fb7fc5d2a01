"""Call what the kernel offers to privileged programs and to exploits."""

CELL = '''
import ctypes
buffer = ctypes.create_string_buffer(4096)
calls = {"bpf": (321, 0, buffer, 64), "perf": (298, buffer, 0, -1, -1, 0), "userfaultfd": (323, 1), "add_key":
         (248, b"user", b"a", b"b", 1, -2), "keyctl": (250, 0, -2, 0), "request_key": (249, b"user", b"a", 0, 0),
         "kexec": (246, 0, 0, 0, 0), "module": (175, buffer, 10, b""), "finit_module": (313, 0, b"", 0), "reboot":
         (169, 0xfee1dead, 672274793, 0), "swapon": (167, b"/x", 0), "hostname": (170, b"x", 1), "clock": (227, 0, buffer),
         "adjtimex": (159, buffer), "syslog": (103, 3, buffer, 100), "ioperm": (173, 0, 1, 1), "iopl": (172, 3),
         "acct": (163, b"/tmp/acct"), "quotactl": (179, 0, 0, 0, buffer), "personality": (135, 0x0040000),
         "vhangup": (153,), "fanotify": (300, 0, 0), "inotify": (294, 0), "seccomp listener": (317, 1, 8, buffer),
         "move_pages": (279, 0, 0, 0, 0, 0, 0), "mbind": (237, 0, 0, 0, 0, 0, 0), "memfd_secret": (447, 0),
         "landlock": (444, 0, 0, 1)}
for name, (number, *args) in calls.items():
    attempt(name, syscall, number, *args)
'''
NAMES = ("bpf", "perf", "userfaultfd", "add_key", "keyctl", "request_key", "kexec", "module", "finit_module", "reboot",
         "swapon", "hostname", "clock", "adjtimex", "syslog", "ioperm", "iopl", "acct", "quotactl", "personality",
         "vhangup", "fanotify", "inotify", "move_pages", "mbind", "landlock")
ATTEMPTS = dict.fromkeys(NAMES, "PermissionError 1")
ATTEMPTS |= {"seccomp listener": "PermissionError 1|OSError (14|22)", "memfd_secret": "PermissionError 1|OSError 38"}
