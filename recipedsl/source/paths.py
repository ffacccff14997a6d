"""Paths as recipes write them: relative to the recipe, with `/`, kept below the project root."""

from __future__ import annotations


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
