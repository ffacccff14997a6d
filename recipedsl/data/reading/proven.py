"""What a pass over a file proved, remembered as long as the file is as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from pydantic import TypeAdapter, ValidationError

from recipedsl.data.reading.states import are_settled, state_of
from recipedsl.data.reading.whole import remember

Proof = TypeVar("Proof")


def proven(
    file: Path, cache: Path | None, asked: list[Any], kind: type[Proof], prove: Callable[[], Proof]
) -> Proof:
    """A proof of a file; known at once when the same was asked of the file as it is.

    Args:
        file: what it is about.
        cache: folder in which proofs are remembered; None for no memory.
        asked: what else the proof depends on, as JSON.
        kind: a dataclass.
        prove: goes over the file.

    Raises:
        OSError: the file cannot be looked at.
    """
    if cache is None:
        return prove()
    adapter, state = TypeAdapter(kind), state_of(file, str(file))
    key = json.dumps([kind.__qualname__, pl.__version__, *state, *asked])
    kept = cache / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    with suppress(OSError, ValidationError):
        return adapter.validate_json(kept.read_bytes())
    fresh = prove()
    if are_settled([state]) and state == state_of(file, str(file)):
        remember(kept, adapter.dump_json(fresh).decode())
    return fresh
