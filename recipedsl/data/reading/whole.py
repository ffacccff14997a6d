"""Small files that others may read at any moment: written whole or not at all."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_whole(path: Path, text: str) -> None:
    """Writes beside and renames, so that nobody reads half a file. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{time.time_ns()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def remember(path: Path, text: str) -> None:
    """Writes a file of a cache; one that cannot be written is none."""
    with suppress(OSError):
        write_whole(path, text)


def remembered(path: Path) -> dict[str, Any] | None:
    """The JSON object that a file of a cache holds; None where nothing is there that can be read."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else None
    return None
