"""Seeds: every draw has its own, derived from the run's seed and from what draws."""

from __future__ import annotations

import hashlib


def derive(seed: int, *names: str | int) -> int:
    """A seed in 0..2^31-1 for something named, the same on every machine."""
    text = "\x1f".join([str(seed), *(str(each) for each in names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1
