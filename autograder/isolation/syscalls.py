"""Seccomp: the system calls that a student's code is refused, through pyseccomp and libseccomp."""

import ctypes.util
import errno
from typing import Any

REFUSED = """
    socket connect bind listen accept accept4 sendto sendmsg sendmmsg recvmmsg execve execveat ptrace process_vm_readv
    process_vm_writev process_madvise kcmp pidfd_getfd pidfd_send_signal unshare setns mount umount2 pivot_root chroot
    move_mount open_tree fsopen fsmount fsconfig fspick mount_setattr setuid setgid setreuid setregid setresuid
    setresgid setgroups setfsuid setfsgid capset io_uring_setup io_uring_enter io_uring_register bpf perf_event_open
    userfaultfd memfd_create memfd_secret add_key request_key keyctl shmget shmat shmctl shmdt msgget msgsnd msgrcv
    msgctl semget semop semctl semtimedop mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr mknod
    mknodat link linkat symlink symlinkat open_by_handle_at name_to_handle_at fanotify_init fanotify_mark inotify_init
    inotify_init1 acct swapon swapoff reboot kexec_load kexec_file_load init_module finit_module delete_module iopl
    ioperm settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname syslog quotactl quotactl_fd
    vhangup personality lookup_dcookie nfsservctl uselib ustat sysfs remap_file_pages move_pages migrate_pages mbind
    setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat utime utimes futimesat utimensat
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
    set_mempolicy landlock_create_ruleset landlock_add_rule landlock_restrict_self
    setsid setpgid get_robust_list flock
    vmsplice splice tee sendfile socketpair io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents
""".split()
# The last two lines: what would let a process out of the session by which it is found, look into others or lock files; and
# what keeps memory that no process is charged with (pages given to pipes, buffers of sockets, rings of the kernel's).
NEW = range(424, 548)  # numbers that are the same on every architecture; libseccomp may be older than the names of the last
NEW_ALLOWED = (434, 436, 437, 439, 441, 449)  # pidfd_open, close_range, openat2, faccessat2, epoll_pwait2, futex_waitv
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW* flags
# Calls that reach any process of the same user, the grader too where it is not root, by the argument that has to be 0 (me).
OWN = {"prlimit64": (0,), "sched_setaffinity": (0,), "sched_setscheduler": (0,), "sched_setparam": (0,), "sched_setattr": (0,),
       "setpriority": (0, 1)}  # its first 0 says that the second is a process, not a group or a user
IOPRIO_WHO_PROCESS = 1
LOCKS = (6, 7, 37, 38, 1024)  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE
OWNERS = (8, 10, 15, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY
HINTS = (1036, 1038)  # F_SET_RW_HINT, F_SET_FILE_RW_HINT: kept with the file, where another submission could read them
PR_SET_PDEATHSIG, PR_SCHED_CORE, SIGKILL = 1, 62, 9
TERMINAL = (0x5412, 0x541C, 0x5401 + 0x0D)  # TIOCSTI, TIOCLINUX, TIOCSCTTY: type into, or take over, a terminal
DESCRIPTORS = (0x8901, 0x8902, 0x5452)  # FIOSETOWN, SIOCSPGRP, FIOASYNC: signals to whoever is named, by a pipe's events


def restrict() -> None:
    """Refuse the calls above with EPERM, for good. Raises ImportError without libseccomp, OSError where loading fails.

    Call before Landlock: afterwards libseccomp cannot be read any more.
    """
    pyseccomp = _pyseccomp()
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse, unknown = pyseccomp.ERRNO(errno.EPERM), pyseccomp.ERRNO(errno.ENOSYS)

    def no(name: str, *arguments: object) -> None:
        try:
            rules.add_rule(refuse, name, *arguments)
        except OSError as error:
            if error.errno not in (errno.EFAULT, errno.EDOM, errno.EINVAL):
                raise  # those three: no such call on this architecture or in this libseccomp

    def is_(argument: int, value: int) -> object:
        return pyseccomp.Arg(argument, pyseccomp.MASKED_EQ, 0xFFFFFFFF, value)  # the kernel looks at 32 bits of these

    def is_not(argument: int, value: int) -> object:
        return pyseccomp.Arg(argument, pyseccomp.NE, value)

    named = {pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) for name in (*REFUSED, "clone3")}
    for number in NEW:
        if number not in named and number not in NEW_ALLOWED:
            rules.add_rule(unknown, number)
    for name in REFUSED:
        no(name)
    for name, arguments in OWN.items():
        for argument in arguments:
            no(name, is_not(argument, 0))
    no("ioprio_set", is_not(0, IOPRIO_WHO_PROCESS))
    no("ioprio_set", is_not(1, 0))
    for command in (*LOCKS, *OWNERS, *HINTS):
        no("fcntl", is_(1, command))
    no("prctl", is_(0, PR_SET_PDEATHSIG), is_not(1, SIGKILL))  # whoever dies with its parent goes on doing so
    no("prctl", is_(0, PR_SCHED_CORE))
    for flag in NAMESPACES:
        no("clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    rules.add_rule(unknown, "clone3")  # its flags cannot be seen; the C library then uses clone
    for request in (*TERMINAL, *DESCRIPTORS):
        no("ioctl", is_(1, request))
    rules.load()


def available() -> bool:
    """Whether pyseccomp and libseccomp are there; a module that imports but finds no library counts as missing."""
    try:
        return bool(_pyseccomp().get_api())
    except (ImportError, OSError, RuntimeError, AttributeError):
        return False


USUAL = {"c": "libc.so.6", "seccomp": "libseccomp.so.2"}


def _pyseccomp() -> Any:
    """The module, imported without the two programs that ``find_library`` would start to find libraries of the usual names."""
    def found(name: str) -> str | None:
        try:
            ctypes.CDLL(USUAL[name])
        except (KeyError, OSError):
            return search(name)
        return USUAL[name]

    search = ctypes.util.find_library
    vars(ctypes.util)["find_library"] = found
    try:
        import pyseccomp
    finally:
        vars(ctypes.util)["find_library"] = search
    return pyseccomp
