"""Names against globs, for files that no folder of this machine lists."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from glob import has_magic

#: How often `**` may stand in a pattern: each is searched below the one before.
MOST_STARS = 3


def matching(names: Iterable[str], pattern: str) -> list[str]:
    """The names that a glob stands for, sorted; as of files: `*` ends at a `/`, and hidden names need a dot.

    A name that is written out in full counts as it stands, brackets and all.
    """
    known = sorted(set(names))
    if pattern in known:
        return [pattern]
    if not has_magic(pattern) or pattern.count("**") > MOST_STARS:
        return []
    parts = tuple(pattern.split("/"))
    return [name for name in known if _is_match(tuple(name.split("/")), parts)]


def fixed_part(pattern: str) -> str:
    """The folders that every name of a glob lies in, with a `/` at the end; empty for none."""
    folders = pattern.split("/")[:-1]
    fixed = next((number for number, each in enumerate(folders) if has_magic(each)), len(folders))
    return "".join(f"{each}/" for each in folders[:fixed])


def _is_match(names: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern or not names:
        return not pattern and not names
    if pattern[0] == "**":
        rest = pattern[1:] or ("*",)
        deepest = next((number for number, name in enumerate(names) if name.startswith(".")), len(names))
        return any(_is_match(names[start:], rest) for start in range(deepest + 1))
    hidden = names[0].startswith(".") and not pattern[0].startswith(".")
    return not hidden and fnmatchcase(names[0], pattern[0]) and _is_match(names[1:], pattern[1:])
