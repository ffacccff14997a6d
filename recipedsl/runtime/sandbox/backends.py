"""The ways to isolate a program, best first, and which of them work here."""

from __future__ import annotations

import functools
import itertools
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run_scores import NothingIsolates
from recipedsl.runtime.sandbox.limits import Limits, Policy
from recipedsl.runtime.sandbox.seccomp import filter_of
from recipedsl.runtime.sandbox.view import View, find_view

_INSIDE = Path(__file__).with_name("inside.py")
_ENTER = Path(__file__).with_name("enter.py")
#: -s -S -P -B: no packages, no current folder, no byte code written. Not -E: the environment is
#: ours, and with it the hash seed, so that a program gives the same answer twice.
_FLAGS = ("-s", "-S", "-P", "-B")
_ENVIRONMENT = {
    "PATH": "/usr/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
}

#: Users that programs run as when we are root; no system gives these numbers to anybody.
_FIRST_USER, _USERS = 1_600_000_000, 1 << 28
_slots = itertools.count()


@dataclass(frozen=True)
class Start:
    """How a process of a sandbox is started.

    Attributes:
        command: without the number of the socket, which comes last.
        folder: working folder outside.
        environment: all of it.
        frames: first messages on the socket.
    """

    command: tuple[str, ...]
    folder: str
    environment: dict[str, str]
    frames: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Backend:
    """One way to run a program.

    Attributes:
        name: as records say it.
        isolates: whether it hides network and files.
        other_user: whether programs run as a user of their own; only root can do that, and root has
            to, because the kernel never limits the number of root's processes.
    """

    name: str
    isolates: bool = True
    other_user: bool = False
    filter: bytes = field(default=b"", repr=False)

    def user(self) -> int:
        """A user for one program, no two at once the same; 0 keeps the one that we are."""
        if not self.other_user:
            return 0
        first, number = _spare_users()
        return first + (os.getpid() * 64 + next(_slots) % 64) % number

    @contextmanager
    def start(self, limits: Limits, user: int) -> Iterator[Start]:
        """What to start for one program."""
        if self.name == "bubblewrap":
            yield Start(_bubblewrap(find_view(), limits, self.other_user), "/", {})
        elif self.name == "namespaces":
            yield _namespaces(find_view(), limits, self.other_user)
        else:
            with tempfile.TemporaryDirectory(prefix="program-", ignore_cleanup_errors=True) as folder:
                if user:
                    os.chown(folder, user, user)
                environment = {**_ENVIRONMENT, "HOME": folder, "TMPDIR": folder}
                command = (find_view().interpreter, *_FLAGS, "-c", _INSIDE.read_text("utf-8"))
                yield Start(command, folder, environment)


def _bubblewrap(view: View, limits: Limits, other_user: bool) -> tuple[str, ...]:
    """The command line; see bwrap(1). Without --proc there is no /proc at all."""
    binds = [part for each in view.binds for part in ("--ro-bind", each, each)]
    devices = [part for each in view.devices for part in ("--dev-bind", each, each)]
    links = [part for target, path in view.links for part in ("--symlink", target, path)]
    folders = [part for each in view.folders for part in ("--perms", "0755", "--dir", each)]
    environment = [part for key, value in _ENVIRONMENT.items() for part in ("--setenv", key, value)]
    namespaces = ["ipc", "pid", "net", "uts", "cgroup-try"]
    # Root keeps the two rights that it needs to become another user; others get a namespace of users.
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    mapped = ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    return (
        "bwrap",
        *(f"--unshare-{each}" for each in namespaces),
        *(rights if other_user else mapped),
        *("--die-with-parent", "--new-session", "--clearenv", *environment),
        *(*folders, *binds, *links, *devices),
        *("--perms", "1777", "--size", str(limits.disk), "--tmpfs", "/tmp"),
        *("--remount-ro", "/", "--chdir", "/tmp", "--hostname", "sandbox"),
        *("--", view.interpreter, *_FLAGS, "-c", _INSIDE.read_text("utf-8")),
    )


def _namespaces(view: View, limits: Limits, other_user: bool) -> Start:
    """The interpreter outside, which makes the namespaces itself."""
    job = {
        "inside": _INSIDE.read_text("utf-8"),
        "user_namespace": not other_user,
        "binds": [*view.binds, *view.devices],
        "links": list(view.links),
        "disk": limits.disk,
    }
    command = (view.interpreter, *_FLAGS, "-c", _ENTER.read_text("utf-8"))
    return Start(command, "/", dict(_ENVIRONMENT), (job,))


# --- which one --------------------------------------------------------------------------------------


def _spare_users() -> tuple[int, int]:
    """First and number of users that a program may run as: the upper part of what is mapped here.

    In a container with a user namespace of its own only some numbers exist.
    """
    for line in Path("/proc/self/uid_map").read_text("ascii").splitlines():
        inside, _, size = (int(part) for part in line.split())
        if inside + size > _FIRST_USER + _USERS:
            return _FIRST_USER, _USERS
        if size >= 65_536:
            return inside + 50_000, 10_000
    return 0, 0


def can_change_user() -> bool:
    """Whether this process may run programs as another user."""
    return sys.platform == "linux" and os.geteuid() == 0 and _spare_users()[1] > 0


def candidates(policy: Policy) -> list[Backend]:
    """Back ends to try, in order; those that isolate nothing only where that is allowed."""
    root = can_change_user()
    inner = filter_of(network=True)
    # No namespace ends what such a program leaves running, so it may start nothing.
    bare = filter_of(network=False, processes=False)
    found = []
    if sys.platform == "linux":
        found = [Backend("bubblewrap", True, root, inner), Backend("namespaces", True, root, inner)]
    if policy.allow_unsandboxed:
        found += [Backend("none", False, True, bare)] if root else []
        found += [Backend("none", False, False, bare)]
    return [each for each in found if policy.backend in ("", each.name)]


_lock = threading.Lock()


def find_backend(policy: Policy) -> Backend:
    """The first back end that a trial shows to work; tried once in a process.

    Raises:
        RecipeError: nothing isolates here, and running without was not allowed.
    """
    with _lock:
        return _find_backend(policy)


@functools.cache
def _find_backend(policy: Policy) -> Backend:
    from recipedsl.runtime.sandbox.trial import problem_of

    problems: list[str] = []
    for each in candidates(policy):
        problem = problem_of(each)
        if not problem:
            return each
        problems.append(f"{each.name}: {problem}")
    raise RecipeError(_nothing_isolates(problems))


def _nothing_isolates(problems: list[str]) -> Diagnostic:
    helps = [
        Help("bubblewrap isolates programs: `apt install bubblewrap`, `dnf install bubblewrap`"),
        Help("`--allow-unsandboxed` runs them under limits alone, with a view of files and network"),
    ]
    switch = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if switch.exists() and switch.read_text("ascii").strip() == "1":
        helps.insert(
            1,
            Help("AppArmor holds user namespaces back here: `kernel.apparmor_restrict_unprivileged_userns`"),
        )
    message = "nothing on this machine isolates programs that a model writes"
    return Diagnostic(NothingIsolates, message, notes=tuple(problems), helps=tuple(helps))
