"""Rewards of the recipe C24: the form of an answer, and its number."""

from __future__ import annotations

import re
from typing import Any


def format_reward(answer: str, row: dict[str, Any]) -> float:
    """1 when the answer ends in a number behind `####`, else 0."""
    return float(re.search(r"####\s*-?[0-9][0-9.,]*\s*$", answer) is not None)


def correctness_reward(answer: str, row: dict[str, Any]) -> float:
    """1 when the last number of the answer is the row's `label`, else 0."""
    numbers = re.findall(r"-?\d+(?:\.\d+)?", answer.replace(",", ""))
    return float(bool(numbers) and numbers[-1] == row["label"])
