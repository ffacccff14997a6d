"""The first thing that runs inside a sandbox: takes the limits on, runs the program, then its tests.

This file is not imported by the package: its text is given to a fresh interpreter. It has the
standard library alone, and loads as little of it as it can, since every start pays for it.

It speaks over one socket, in frames of eight bytes of length and a marshalled dictionary:

    in:   {code, names, limits, user, filter}
    out:  S                 limits are in force, the program starts
    out:  A                 the program has come to its end
    in:   {tests, nonce}    sent only now, so that the program cannot read them from the socket
    out:  P + nonce         the tests have come to their end; M at any time: memory ran out

Nothing but the nonce counts as success. So `sys.exit(0)`, `os._exit(0)`, a raised SystemExit, a
changed exit status or a killed process never pass. What the program changed in `builtins`, import
machinery, trace functions and timers is put back before the tests run. What remains: program and
tests share one interpreter, so a program made against this very file can find the socket from a
stack frame while the tests call it. Files, network and limits do not depend on that.
"""

import _signal  # type: ignore[import-not-found]  # what `signal` wraps, faster to load
import builtins
import gc
import marshal
import os
import sys
import types
from typing import Any


def read_exactly(channel: int, size: int) -> bytes:
    """Bytes from the socket; ends the process when the other side is gone."""
    content = b""
    while len(content) < size:
        piece = os.read(channel, size - len(content))
        if not piece:
            os._exit(70)
        content += piece
    return content


def read_frame(channel: int) -> dict[str, Any]:
    """One message."""
    frame: dict[str, Any] = marshal.loads(
        read_exactly(channel, int.from_bytes(read_exactly(channel, 8), "big"))
    )
    return frame


def limit(limits: dict[str, int]) -> None:
    """Resource limits that cannot be raised again."""
    import resource

    wanted = {
        resource.RLIMIT_CPU: limits["cpu"],
        resource.RLIMIT_AS: limits["memory"],
        resource.RLIMIT_FSIZE: limits["file"],
        resource.RLIMIT_NOFILE: limits["handles"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: limits["processes"],
    }
    for kind, most in wanted.items():
        _, ceiling = resource.getrlimit(kind)
        value = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(kind, (value, value))


def become(user: int) -> None:
    """Another user for good. The kernel does not count the processes of root, so root never runs programs."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def close_doors(instructions: bytes) -> None:
    """No new privileges, no capabilities, and a filter of system calls (see `seccomp.py`)."""
    import ctypes

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    library = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if library.prctl(38, ctypes.c_ulong(1), zero, zero, zero):  # PR_SET_NO_NEW_PRIVS
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    library.capset(header, (ctypes.c_uint32 * 6)())
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    program = Filter(len(instructions) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if instructions and library.prctl(
        22, ctypes.c_ulong(2), ctypes.byref(program), zero, zero
    ):  # PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_SECCOMP)")


class Snapshot:
    """What a program may have bent that its tests rely on."""

    def __init__(self) -> None:
        self.table = vars(builtins)
        self.builtins = dict(self.table)
        self.lists = [(each, [*each]) for each in (sys.path, sys.meta_path, sys.path_hooks)]

    def restore(self) -> None:
        """Puts it back. Names that were added stay, they mislead nobody."""
        self.table.update(self.builtins)
        for each, content in self.lists:
            each[:] = content
        sys.settrace(None)
        sys.setprofile(None)
        gc.callbacks.clear()
        _signal.setitimer(_signal.ITIMER_REAL, 0)


def is_liar(value: Any, depth: int = 3) -> bool:
    """Whether a value made by the program says that it equals a thing it cannot know."""
    kind = type(value)
    if kind in (list, tuple) and depth:
        return any(is_liar(each, depth - 1) for each in value)
    if kind.__module__ != "__main__":
        return False
    try:
        return bool(value == object())
    except Exception:  # a comparison that needs more of the other side tells no lie
        return False


def same(left: Any, right: Any) -> Any:
    """`left == right` of the tests, but no for an object that is equal to everything."""
    result = left == right
    return False if is_liar(left) or is_liar(right) else result


def flush() -> None:
    """Writes out what the program printed; it may have put anything in the place of the streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # its own fault, and no one's loss
            continue


def run(channel: int) -> None:
    """Carries out one program. Never returns to a caller that could be told a lie."""
    job = read_frame(channel)
    limit(job["limits"])
    if job["user"]:
        become(job["user"])
    if sys.platform == "linux":
        close_doors(job["filter"])
    module = types.ModuleType("__main__")
    namespace = vars(module)
    namespace.update(job["names"])
    sys.modules["__main__"] = module
    sys.argv = [""]
    snapshot, execute, write, leave = Snapshot(), exec, os.write, os._exit
    write(channel, b"S")
    execute(compile(job["code"], "answer", "exec"), namespace)
    snapshot.restore()
    write(channel, b"A")
    rest = read_frame(channel)
    namespace["__same__"] = same
    execute(marshal.loads(rest["tests"]), namespace)
    flush()
    write(channel, b"P" + rest["nonce"])
    leave(0)


def main(channel: int) -> None:
    """Runs and tells why it failed, on standard error."""
    leave, write = os._exit, os.write
    try:
        run(channel)
    except MemoryError:
        write(channel, b"M")
        leave(1)
    except SystemExit as problem:
        write(2, f"SystemExit: {problem.code}\n".encode())
    except BaseException:
        sys.stderr = sys.__stderr__
        sys.__excepthook__(*sys.exc_info())
    finally:
        flush()
        leave(1)


if __name__ == "__main__":
    main(int(sys.argv[-1]))
