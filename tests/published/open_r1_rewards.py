"""Rewards of the recipes C64 and C65: for programs, which a Piston server on this machine runs, and for tags."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.request import Request, urlopen

SERVER = "http://localhost:2000/api/v2/execute"
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def code(answer: str, row: dict[str, Any]) -> float:
    """The share of the row's cases for which the program in the answer writes what it should."""
    written = row["cases"]
    cases: list[dict[str, str]] = written if isinstance(written, list) else json.loads(written)["test_cases"]
    blocks = FENCE.findall(answer)
    if not blocks or not cases:
        return 0.0
    program = blocks[-1][1]
    right = [_output(program, row["language"], case["input"]) == case["output"].strip() for case in cases]
    return sum(right) / len(right)


def binary_code(answer: str, row: dict[str, Any]) -> float:
    """1 when all cases are right, else 0."""
    return float(code(answer, row) == 1)


def code_format(answer: str, row: dict[str, Any]) -> float:
    """1 when thinking and answer have their tags, and the program its language."""
    parts = re.fullmatch(r"<think>\n.*?\n</think>\n<answer>\n(.*)\n</answer>", answer, re.DOTALL)
    blocks = FENCE.findall(parts[1]) if parts else []
    return float(bool(blocks) and blocks[-1][0] == row["language"])


def tag_count(answer: str, row: dict[str, Any]) -> float:
    """A quarter for each of the four tags that stands there once."""
    tags = ("<think>\n", "\n</think>\n", "\n<answer>\n", "\n</answer>")
    return sum(answer.count(tag) == 1 for tag in tags) / len(tags)


def _output(program: str, language: str, written: str) -> str | None:
    asked = {"language": language, "version": "*", "files": [{"content": program}], "stdin": written}
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(SERVER, json.dumps(asked).encode(), headers)) as reply:
        found = json.load(reply)["run"]
    return str(found["stdout"]).strip() if found["code"] == 0 else None
