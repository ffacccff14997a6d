"""What tells that a file is as it was: for everything that is remembered about files."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

#: ns after which the time stamps of a file tell a change: some disks count in steps of two seconds.
SETTLED = 2_000_000_000


class FileState(NamedTuple):
    """What changes when a file does.

    The time of its content can be set (`cp -p`, `rsync -a`, `touch -d`), so that another content of the same
    size could pass for the one before. Its number on the disk and the time when anything about it changed
    cannot: after a copy, a checkout or a move a file is read once more, and that is all.

    Attributes:
        name: by which it is known.
        size: bytes.
        content_ns: when its content changed, as it says.
        number: of the inode.
        changed_ns: when anything about it changed.
    """

    name: str
    size: int
    content_ns: int
    number: int
    changed_ns: int


def state_of(file: Path, name: str) -> FileState:
    """How a file is now. Raises OSError."""
    found = file.stat()
    return FileState(name, found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns)


def are_settled(states: Iterable[FileState]) -> bool:
    """Whether no file is so fresh that a second change could leave its time stamps as they are."""
    now = time.time_ns()
    return all(now - max(each.content_ns, each.changed_ns) > SETTLED for each in states)
