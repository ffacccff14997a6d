"""Profiles and funnels that were made before, under `.recipedsl/cache`, by the content that they tell of."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from recipedsl.data.profiles.model import VERSION
from recipedsl.data.reading.whole import remember
from recipedsl.plan.model import Record

Found = TypeVar("Found", bound=Record)

#: Raised whenever what is counted changes, though its form does not.
_COUNTED = 1


def key_of(*parts: object) -> str:
    """The name under which something is kept; `parts` are all that it depends on."""
    return hashlib.sha256(repr((VERSION, _COUNTED, *parts)).encode()).hexdigest()


def kept(folder: Path, key: str, form: type[Found]) -> Found | None:
    """What is kept under a key; None where nothing is, or what is there cannot be read."""
    with suppress(OSError, ValidationError):
        return form.model_validate_json((folder / f"{key}.json").read_bytes())
    return None


def keep(folder: Path, key: str, record: Record) -> None:
    """Keeps a record."""
    remember(folder / f"{key}.json", record.model_dump_json())


def kept_or_made(folder: Path, key: str, form: type[Found], make: Callable[[], Found]) -> Found:
    """What is kept under a key, or else made now and kept."""
    found = kept(folder, key, form)
    if found is None:
        found = make()
        keep(folder, key, found)
    return found
