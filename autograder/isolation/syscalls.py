"""Seccomp: the system calls that a student's code is refused, through pyseccomp and libseccomp."""

import errno

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
""".split()
NEW = range(424, 548)  # numbers that are the same on every architecture; libseccomp may be older than the names of the last
NEW_ALLOWED = (434, 436, 437, 439, 441, 449)  # pidfd_open, close_range, openat2, faccessat2, epoll_pwait2, futex_waitv
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW* flags
TERMINAL = (0x5412, 0x541C, 0x5401 + 0x0D)  # TIOCSTI, TIOCLINUX, TIOCSCTTY: type into, or take over, a terminal


def restrict() -> None:
    """Refuse the calls above with EPERM, for good. Raises ImportError without libseccomp, OSError where loading fails.

    Call before Landlock: afterwards libseccomp cannot be read any more.
    """
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    named = {pyseccomp.resolve_syscall(pyseccomp.system_arch(), name) for name in (*REFUSED, "clone3")}
    for number in NEW:
        if number not in named and number not in NEW_ALLOWED:
            rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), number)
    for name in REFUSED:
        try:
            rules.add_rule(refuse, name)
        except OSError as error:
            if error.errno not in (errno.EFAULT, errno.EDOM, errno.EINVAL):
                raise  # those three: no such call on this architecture or in this libseccomp
    for flag in NAMESPACES:
        rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen; the C library then uses clone
    for request in TERMINAL:
        rules.add_rule(refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    rules.load()


def available() -> bool:
    """Whether pyseccomp and libseccomp are there; a module that imports but finds no library counts as missing."""
    try:
        import pyseccomp
        return bool(pyseccomp.get_api())
    except (ImportError, OSError, RuntimeError, AttributeError):
        return False
