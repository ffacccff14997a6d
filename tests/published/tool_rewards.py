"""Rewards and tools of the recipes C58 and C87: arithmetic that a model may check before it answers, and search."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.request import Request, urlopen

SEARCH = "http://localhost:8000/retrieve"


def calc_gsm8k_reward(answer: str, ground_truth: str) -> float:
    """1 when the number is the expected one, else 0.

    Args:
        answer: The model's answer to the problem, in digits.
        ground_truth: The expected one, which the model is not shown.
    """
    return float(_plain(answer) == _plain(ground_truth))


def search(queries: list[str]) -> str:
    """Passages of an encyclopedia, the three nearest to each query.

    Args:
        queries: What is searched for.
    """
    asked = json.dumps({"queries": queries, "topk": 3}).encode()
    with urlopen(Request(SEARCH, asked, {"Content-Type": "application/json"})) as reply:
        return str(reply.read().decode())


def tool_call_shaping(answer: str, row: dict[str, Any]) -> float:
    """1 for the right number behind `####`, 0.1 for a wrong one there; and 0.1 for any call of a tool."""
    numbers = re.findall(r"#### (-?[0-9.,]+)", answer)
    right = bool(numbers) and _plain(numbers[-1]) == _plain(row["ground_truth"])
    return (1.0 if right else 0.1 * bool(numbers)) + 0.1 * ("<tool_call>" in answer)


def called(answer: str, row: dict[str, Any]) -> float:
    """The share of calls in the answer that are JSON with a name and arguments; 0 without any."""
    calls = re.findall(r"<tool_call>(.*?)</tool_call>", answer, re.DOTALL)
    return sum(_is_call(each) for each in calls) / len(calls) if calls else 0.0


def _is_call(text: str) -> bool:
    try:
        return {"name", "arguments"} <= json.loads(text).keys()
    except (ValueError, AttributeError):
        return False


def exact_match(answer: str, row: dict[str, Any]) -> float:
    """1 when the text between the last answer's tags is one of the expected ones, else 0."""
    answers = re.findall(r"<answer>(.*?)</answer>", answer, re.DOTALL)
    expected = {_folded(each) for each in row["targets"]}
    return float(bool(answers) and _folded(answers[-1]) in expected)


def _plain(number: str) -> str:
    return number.strip().rstrip(".").replace(",", "").replace("$", "")


def _folded(text: str) -> str:
    """Without case, articles and punctuation, as answers to questions are compared."""
    words = re.sub(r"[^\w\s]", "", text.lower()).split()
    return " ".join(each for each in words if each not in ("a", "an", "the"))
