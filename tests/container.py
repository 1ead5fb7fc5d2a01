"""Run a command in what Docker gives a container by default: ``python tests/container.py COMMAND...`` (as root).

Root with 14 capabilities instead of all, a seccomp filter that refuses namespaces, mounts, tracing and kernel facilities, and
control groups that can only be read. No new user, no new privileges flag, the same files: what matters here is that nothing
may make a namespace, so that a worker is contained without.

Sources: Docker's documentation, "Runtime privilege and Linux capabilities" and "Seccomp security profiles for Docker".
"""

import contextlib
import ctypes
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUEST = Path(__file__).resolve().parent / "guest.py"

CAPABILITIES = ("chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw sys_chroot mknod "
                "audit_write setfcap").split()
CAPABILITY_BITS = 0xA80425FB  # the same as /proc/self/status shows them in a container
REFUSED = """
    acct add_key bpf clock_adjtime clock_settime delete_module finit_module fanotify_init fsconfig fsmount fsopen fspick
    get_mempolicy init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
    lookup_dcookie mbind mount mount_setattr move_mount move_pages nfsservctl open_by_handle_at open_tree perf_event_open
    pidfd_getfd pivot_root process_madvise process_vm_readv process_vm_writev quotactl quotactl_fd reboot request_key
    set_mempolicy setdomainname sethostname setns settimeofday swapoff swapon sysfs syslog umount umount2 unshare uselib
    userfaultfd ustat vhangup
""".split()
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # CLONE_NEW* flags
AF_VSOCK = 40
CLONE_NEWNS, MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 1, 32, 4096, 16384, 1 << 18
CONTROL_GROUPS = Path("/sys/fs/cgroup")


def command(*words: str) -> list[str]:
    """The command line that runs these words in the container."""
    return [sys.executable, str(Path(__file__).resolve()), *words]


ORDINARY = 54321  # a user that has no account and owns nothing


def as_ordinary_user(*words: str) -> list[str]:
    """The command line that runs these words as a user who is not root, outside the container."""
    return ["setpriv", "--reuid", str(ORDINARY), "--regid", str(ORDINARY), "--clear-groups", *words]


class SmallMachine:
    """A control group of so many bytes, as Gradescope's containers are in one; its ``command`` runs words in it and contained.

    Raises OSError where this process may make no control group. Use as a context manager.
    """

    def __init__(self, size: int):
        self.size = size
        if (CONTROL_GROUPS / "memory" / "memory.limit_in_bytes").exists():
            self.folder, limit = CONTROL_GROUPS / "memory" / f"llmcourse-{os.getpid()}", "memory.limit_in_bytes"
        else:
            self.folder, limit = CONTROL_GROUPS / f"llmcourse-{os.getpid()}", "memory.max"
        self.limit = self.folder / limit

    def __enter__(self) -> "SmallMachine":
        self.folder.mkdir()
        try:
            self.limit.write_text(str(self.size))
        except OSError:
            self.folder.rmdir()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        limit = time.monotonic() + 10
        while True:  # what has ended leaves the group a moment later
            with contextlib.suppress(OSError):
                return self.folder.rmdir()
            if time.monotonic() > limit:
                raise TimeoutError(f"{self.folder} is still in use")
            time.sleep(0.05)

    def ended(self) -> int:
        """How many processes the kernel has ended for want of memory."""
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError):
                lines = (self.folder / name).read_text().splitlines()
                return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        raise OSError(f"{self.folder} does not count")

    def command(self, *words: str) -> list[str]:
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *command(*words)]


class Guest:
    """A Python process inside the container that judges one case after another; it starts when it is first asked.

    folder: where its log goes. What can be asked is in ``guest.py``. enter: makes the command line that runs the guest
    elsewhere, as another user say; more: words for ``guest.py`` itself.
    """

    def __init__(self, folder: Path, enter: Callable[..., list[str]] = command, *more: str):
        self.log, self.process = folder / "guest.log", None
        self.words = enter(sys.executable, str(GUEST), *more)

    def ask(self, *question: str) -> object:
        """The answer to a question such as ("attack", "daemon"). Raises RuntimeError where the guest ended before it."""
        if self.process is None:
            with self.log.open("wb") as log:
                self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stderr=log,
                                                stdout=subprocess.PIPE, cwd=ROOT, text=True)
        try:
            print(json.dumps(question), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            self.close()
            raise RuntimeError(f"the guest ended:\n{self.log.read_text()[-3000:]}") from None

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def possible() -> str | None:
    """Why there can be no container here; None where there can."""
    if not sys.platform.startswith("linux"):
        return "not Linux"
    if os.geteuid() != 0:
        return "not root"
    if shutil.which("setpriv") is None:
        return "setpriv (util-linux) is not installed"
    return None


def enter(words: Sequence[str]) -> None:
    """Become the container and run the words in it; never returns."""
    if _has_admin():
        _control_groups_read_only()
        _filter()
    bounding = ",".join(["-all", *(f"+{name}" for name in CAPABILITIES)])
    os.execvp("setpriv", ["setpriv", "--bounding-set", bounding, "--inh-caps", "-all", "--ambient-caps", "-all", *words])


def _has_admin() -> bool:
    """Whether this process may still do what a container may not; where it may not, it is in a container already."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) & 1 << 21)
    return False


def _control_groups_read_only() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None):
        raise OSError(ctypes.get_errno(), "cannot make a namespace for mounts")
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for path in mounted:
        if Path(path).is_relative_to(CONTROL_GROUPS):
            flags = MS_REMOUNT | MS_BIND | MS_RDONLY
            if libc.mount(b"none", path.encode(), None, ctypes.c_ulong(flags), None):
                raise OSError(ctypes.get_errno(), f"cannot make {path} read-only")


def _filter() -> None:
    """Docker's filter, as a list of what it refuses; loaded without the no_new_privs flag, as Docker does."""
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.set_attr(pyseccomp.Attr.CTL_NNP, 0)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in REFUSED:
        try:
            rules.add_rule(refuse, name)
        except OSError as error:
            if error.errno not in (errno.EFAULT, errno.EDOM, errno.EINVAL):
                raise  # those three: no such call on this architecture or in this libseccomp
    for flag in NAMESPACES:
        rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(refuse, "socket", pyseccomp.Arg(0, pyseccomp.EQ, AF_VSOCK))
    rules.load()


if __name__ == "__main__":
    reason = possible()
    if reason:
        sys.exit(f"no container: {reason}")
    enter(sys.argv[1:])
