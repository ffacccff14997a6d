"""Paths as recipes write them: relative to the recipe, with `/`, kept below the project root."""

from __future__ import annotations

from pathlib import Path


def beside(path: str, written: str) -> str:
    """What a path written in the file `path` means, relative to the project root.

    Addresses (`s3://…`) and absolute paths stay as they are. A path that leads above the root
    begins with `..`; whoever opens it refuses it.
    """
    if "://" in written or written.startswith("/"):
        return written
    folder = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
    parts: list[str] = []
    for part in (folder + written).split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if folder.startswith("/") else "") + "/".join(parts)


def below(root: Path, path: str) -> Path | None:
    """The place of a path relative to the root, links followed; None where that is not below the root.

    Nothing is read. What no file can be called has no place either.
    """
    try:
        place = (root / path).resolve()
    except (OSError, ValueError, RuntimeError):  # a name with a NUL; links that lead in a circle
        return None
    return place if place.is_relative_to(root.resolve()) else None


def file_below(root: Path, path: str) -> Path | None:
    """The same for a file: None for a folder, a pipe or a device too, which might never end."""
    place = below(root, path)
    try:
        return place if place is not None and place.is_file() else None
    except OSError:  # a name that is too long
        return None


def folder_below(root: Path, path: str) -> Path | None:
    """The same for a folder."""
    place = below(root, path)
    try:
        return place if place is not None and place.is_dir() else None
    except OSError:
        return None
