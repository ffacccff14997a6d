"""A filter of system calls for programs: what no program needs and what would get round the limits.

Namespaces hide files and network; the filter closes what they leave open: memory that no limit
counts (memfd, System V), new namespaces with new rights, sockets to the hypervisor (AF_VSOCK is in
no network namespace), and rarely used corners of the kernel. Refused calls fail with EPERM.

Numbers: Linux `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`.
Form of the program: Linux `Documentation/userspace-api/seccomp_filter.rst`.
"""

from __future__ import annotations

import platform
import struct
from dataclasses import dataclass

# Same number on every architecture (calls since Linux 5.0).
_COMMON = {
    "io_uring_setup": 425,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "memfd_secret": 447,
}
_CLONE3 = 435

_X86_64 = {
    "shmget": 29, "msgget": 68, "ptrace": 101, "pivot_root": 155, "chroot": 161, "acct": 163, "mount": 165,
    "umount2": 166, "swapon": 167, "reboot": 169, "init_module": 175, "quotactl": 179, "mq_open": 240,
    "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
    "perf_event_open": 298, "name_to_handle_at": 303, "open_by_handle_at": 304, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
    "memfd_create": 319, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
_AARCH64 = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89, "unshare": 97,
    "kexec_load": 104, "init_module": 105, "ptrace": 117, "reboot": 142, "mq_open": 180, "msgget": 186,
    "shmget": 194, "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "perf_event_open": 241,
    "name_to_handle_at": 264, "open_by_handle_at": 265, "setns": 268, "process_vm_readv": 270,
    "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "memfd_create": 279, "bpf": 280,
    "userfaultfd": 282,
}  # fmt: skip

_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NEW_USER, _THREAD = 0x10000000, 0x00010000
_UNIX, _INET, _INET6 = 1, 2, 10


@dataclass(frozen=True)
class Architecture:
    """Numbers of a processor family: its mark in the filter's data and its system calls."""

    audit: int
    refused: dict[str, int]
    forks: dict[str, int]
    clone: int
    socket: int


ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, {**_X86_64, **_COMMON}, {"fork": 57, "vfork": 58}, 56, 41),
    "aarch64": Architecture(0xC00000B7, {**_AARCH64, **_COMMON}, {}, 220, 198),
}


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """`struct sock_filter`."""
    return struct.pack("=HBBI", code, yes, no, value)


def _refuse(number: int, error: int = _EPERM) -> bytes:
    """If the call is `number`, it fails."""
    return _instruction(_JUMP_EQUAL, number, 0, 1) + _instruction(_RETURN, _FAIL | error)


def _only_families(socket: int, families: tuple[int, ...]) -> bytes:
    """`socket` of any other family fails; the call's number is loaded when this begins."""
    tests = b"".join(
        _instruction(_JUMP_EQUAL, family, len(families) - place) for place, family in enumerate(families)
    )
    block = (
        _instruction(_LOAD, 16)
        + tests
        + _instruction(_RETURN, _FAIL | _EPERM)
        + _instruction(_RETURN, _ALLOW)
    )
    return _instruction(_JUMP_EQUAL, socket, 0, len(block) // 8) + block


def _no_new_user() -> bytes:
    """`clone` with a new namespace of users fails; its flags are loaded when this begins."""
    return _instruction(_JUMP_SET, _NEW_USER, 0, 1) + _instruction(_RETURN, _FAIL | _EPERM)


def _only_threads() -> bytes:
    """`clone` fails, unless it makes a thread; its flags are loaded when this begins."""
    return _instruction(_JUMP_SET, _THREAD, 1, 0) + _instruction(_RETURN, _FAIL | _EPERM)


def filter_of(*, network: bool, processes: bool = True, machine: str = "") -> bytes:
    """The filter as an array of `struct sock_filter`; empty for a processor that has no table here.

    Args:
        network: whether internet sockets may be made (inside a network namespace they lead nowhere).
        processes: whether processes may be started; threads always may.
        machine: as `platform.machine()` says; that of this machine if left out.
    """
    architecture = ARCHITECTURES.get(machine or platform.machine())
    if architecture is None:
        return b""
    families = (_UNIX, _INET, _INET6) if network else (_UNIX,)
    parts = [
        _instruction(_LOAD, 4),
        _instruction(_JUMP_EQUAL, architecture.audit, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, 0),
        # Numbers from here up are those of x32, a second table that the list below does not cover.
        _instruction(_JUMP_ABOVE, 0x40000000, 0, 1),
        _instruction(_RETURN, _FAIL | _EPERM),
        *(_refuse(number) for number in architecture.refused.values()),
        # Its flags lie in memory, where a filter cannot look; the C library then takes `clone`.
        _refuse(_CLONE3, _ENOSYS),
        _only_families(architecture.socket, families),
        *(b"" if processes else _refuse(number) for number in architecture.forks.values()),
        _instruction(_JUMP_EQUAL, architecture.clone, 0, 3 if processes else 5),
        _instruction(_LOAD, 16),
        _no_new_user(),
        b"" if processes else _only_threads(),
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(parts)
