"""A reward of the recipe C42: full marks for the right number, half of them for its mere mention."""

from __future__ import annotations

import re
from typing import Any

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


def right_number(answer: str, row: dict[str, Any]) -> float:
    """10 for the row's number between the tags, 5 where it stands elsewhere in the answer, else 0."""
    wanted = row["number_only"]
    tagged = _ANSWER.search(answer)
    if tagged is not None and _plain(tagged[1]) == _plain(wanted):
        return 10.0
    return 5.0 if wanted in answer else 0.0


def _plain(number: str) -> str:
    return number.strip().strip("$.").replace(",", "")
