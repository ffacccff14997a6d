"""Names of things outside: what the hub and the package index call theirs.

They become parts of paths, addresses and command lines, so nothing else is let through.
"""

from __future__ import annotations

import re

_REPOSITORY = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*/)?[A-Za-z0-9_][A-Za-z0-9_.-]*")
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")
_PINNED = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?==[A-Za-z0-9][A-Za-z0-9.!+_-]*")


def is_repository(name: str, revision: str = "") -> bool:
    """Whether it is `owner/name` or `name` of the hub, and a commit, branch or tag (empty: none named)."""
    good = _REPOSITORY.fullmatch(name) and (not revision or _REVISION.fullmatch(revision))
    return bool(good) and ".." not in name + revision


def is_pinned(package: str) -> bool:
    """Whether it is `name==version` and nothing else: no option of pip, address, path or range.

    Source: PEP 508 (names), PEP 440 (versions).
    """
    return _PINNED.fullmatch(package) is not None
