"""The reward of the recipe C78: letters that were counted."""

from __future__ import annotations

import re
from typing import Any

_BOXED = re.compile(r"\\boxed\{(-?\d+)\}")


def count_letters(answer: str, row: dict[str, Any]) -> float:
    """0 for the right number in a box, else minus the distance to it; 3 less without such a box."""
    found = _BOXED.findall(answer)
    if not found:
        numbers = re.findall(r"\d+", answer)
        return -3.0 - (abs(int(numbers[-1]) - row["letters"]) if numbers else row["letters"])
    return -float(abs(int(found[-1]) - row["letters"]))
