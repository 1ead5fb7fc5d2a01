"""Landlock: a process takes away its own access to files, and to TCP and signals where the kernel can.

These are its three system calls through ctypes (Linux 5.13 and later; https://docs.kernel.org/userspace-api/landlock.html).
Raises OSError where a call fails. PyPI has packages for them (landlock, py-landlock, landlockpy), all in their first releases:
what keeps the hidden tests hidden had better be these lines, which can be read at one sitting, than a young dependency whose
every update would have to be.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
PATH_BENEATH = 1
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
TCP_RIGHTS = 0b11  # bind, connect: from version 4
SCOPES = 0b11  # abstract Unix sockets and signals stay inside: from version 6

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def version() -> int:
    """Version of Landlock in this kernel; 0 where it is missing or switched off."""
    try:
        return _call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str] = (), listable: Iterable[str] = ()) -> None:
    """Allow reading below ``readable``, writing to the existing files ``writable`` and seeing the names in ``listable``.

    Everything else is refused for good.

    Paths that do not exist are passed over. The process must have no_new_privs set, or be root.
    """
    have = version()
    if not have:
        raise OSError("Landlock is not available")
    handled = FILE_RIGHTS[min(have, 5)]
    attributes = struct.pack("QQQ", handled, TCP_RIGHTS if have >= 4 else 0, SCOPES if have >= 6 else 0)
    size = 24 if have >= 6 else 16 if have >= 4 else 8
    ruleset = _call(CREATE_RULESET, ctypes.c_char_p(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(ruleset, path, (READ_FILE | READ_DIR) & handled)
        for path in listable:
            _allow(ruleset, path, READ_DIR)
        for path in writable:
            _allow(ruleset, path, (READ_FILE | WRITE_FILE) & handled)
        _call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= ~READ_DIR
        rule = struct.pack("=Qi", rights, fd)
        _call(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), ctypes.c_char_p(rule), ctypes.c_uint32(0))
    finally:
        os.close(fd)
