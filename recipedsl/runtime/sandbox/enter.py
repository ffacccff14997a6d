"""Enters fresh kernel namespaces and becomes `inside.py` there, where there is no bubblewrap.

Like `inside.py` this text is given to a fresh interpreter. It reads one frame from the socket:

    {inside, user_namespace, binds, links, folders, disk}

The parts: user (unless root), mount, network, pid, ipc and host name namespaces; a new root made of
read-only binds on a small tmpfs; `/tmp` as the one place to write; the old root detached. The
process that stays outside waits; the first one inside is init, the second one the program. When
init ends the kernel ends everything inside.
"""

import ctypes
import marshal
import os
import sys
from typing import Any

LIBRARY = ctypes.CDLL(None, use_errno=True)

NEW = {
    "mount": 0x20000,
    "cgroup": 0x2000000,
    "uts": 0x4000000,
    "ipc": 0x8000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
NEW_USER = 0x10000000
READ_ONLY, NO_SUID, NO_DEVICES, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
#: Somewhere to put the new root together; what lies there is hidden in this mount namespace alone.
STAGE = "/tmp"


def call(name: str, *arguments: Any) -> int:
    """A function of the C library. Raises OSError with its name."""
    result: int = getattr(LIBRARY, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode(),
    )


def read_frame(channel: int) -> dict[str, Any]:
    """One message, see `inside.py`."""
    size, content = int.from_bytes(os.read(channel, 8), "big"), b""
    while len(content) < size:
        piece = os.read(channel, size - len(content))
        if not piece:
            os._exit(70)
        content += piece
    frame: dict[str, Any] = marshal.loads(content)
    return frame


def write_text(path: str, text: str) -> None:
    """For files of /proc, which want one write."""
    handle = os.open(path, os.O_WRONLY)
    os.write(handle, text.encode())
    os.close(handle)


def die_with_parent() -> None:
    """SIGKILL when the process that made this one ends."""
    call("prctl", 1, ctypes.c_ulong(9))  # PR_SET_PDEATHSIG, SIGKILL


def unshare(user_namespace: bool) -> None:
    """Leaves the namespaces of the machine."""
    user, group = os.geteuid(), os.getegid()
    call("unshare", sum(NEW.values()) | (NEW_USER if user_namespace else 0))
    if user_namespace:
        write_text("/proc/self/setgroups", "deny")
        write_text("/proc/self/uid_map", f"65534 {user} 1")
        write_text("/proc/self/gid_map", f"65534 {group} 1")


def bind(handle: int, target: str) -> None:
    """Shows an open file or folder at `target`, read-only."""
    source = f"/proc/self/fd/{handle}"
    if os.path.isdir(source):  # noqa: PTH112 - pathlib takes milliseconds of every start
        os.makedirs(target, 0o755, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(source, target, flags=BIND | RECURSIVE)
    kept = os.statvfs(target).f_flag & (
        NO_SUID | 8 | 1024 | 2048
    )  # noexec, noatime, nodiratime may be locked
    devices = 0 if target.startswith(f"{STAGE}/dev/") else NO_DEVICES
    mount("none", target, flags=REMOUNT | BIND | READ_ONLY | NO_SUID | devices | kept)


def build_root(job: dict[str, Any]) -> None:
    """A root of the binds alone, and moves into it."""
    handles = [(os.open(each, os.O_PATH), each) for each in job["binds"]]
    mount("none", "/", flags=RECURSIVE | PRIVATE)
    mount("tmpfs", STAGE, "tmpfs", NO_SUID, "size=1m,mode=755")
    for handle, path in handles:
        bind(handle, STAGE + path)
        os.close(handle)
    for target, path in job["links"]:
        os.symlink(target, STAGE + path)  # noqa: PTH211
    os.mkdir(f"{STAGE}/tmp")  # noqa: PTH102
    mount("tmpfs", f"{STAGE}/tmp", "tmpfs", NO_SUID | NO_DEVICES, f"size={job['disk']},mode=1777")
    mount("none", STAGE, flags=REMOUNT | BIND | READ_ONLY | NO_SUID)
    os.chdir(STAGE)
    call("syscall", PIVOT_ROOT[os.uname().machine], b".", b".")
    call("umount2", b".", DETACH)
    os.chdir("/tmp")


def follow(child: int) -> None:
    """Waits for a child and ends as it ended, a signal as 128 and its number."""
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def main(channel: int) -> None:
    """Three processes: one outside, init, and the program."""
    job = read_frame(channel)
    die_with_parent()
    unshare(job["user_namespace"])
    init = os.fork()
    if init:
        os.close(channel)
        follow(init)
    die_with_parent()
    build_root(job)
    program = os.fork()
    if program:
        os.close(channel)
        follow(program)
    exec(compile(job["inside"], "inside", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main(int(sys.argv[-1]))
