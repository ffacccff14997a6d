"""The tool and the rewards of the recipe C48: questions about genes, answered from a database.

A conversation is a list of messages: those of the assistant may have `tool_calls`, whose results are
messages of the role `tool`.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from typing import Any

Turn = dict[str, Any]

_SECONDS = 5.0
#: Steps of the database's machine between looks at the clock.
_INSTRUCTIONS = 10_000
_STARRED = re.compile(r"\*(yes|no)\*")


def query_biogrid(sql_command: str) -> list[tuple[Any, ...]]:
    """Rows that a query of the BioGRID database gives; its table `interactions` can only be read.

    Args:
        sql_command: the query in SQL.

    Returns:
        The rows. Raises sqlite3.Error when the query is wrong or takes longer than five seconds.
    """
    last = time.monotonic() + _SECONDS
    with closing(sqlite3.connect("file:biogrid.db?mode=ro", uri=True)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > last, _INSTRUCTIONS)
        return connection.execute(sql_command).fetchall()


def correctness(turns: list[Turn], row: dict[str, Any]) -> float:
    """0.6 for the right word between stars, -1 for the wrong one, -0.5 for none."""
    found = _STARRED.search(str(turns[-1].get("content") or "").lower())
    if found is None:
        return -0.5
    return 0.6 if found[1] == row["answer"].lower() else -1.0


def structure(turns: list[Turn], row: dict[str, Any]) -> float:
    """0.1 for a call, its result and words, 0.05 without words, -0.15 for a call without its result."""
    if not any(each.get("tool_calls") for each in turns):
        return 0.0
    if not _results(turns):
        return -0.15
    return 0.1 if any(_speaks(each) for each in turns) else 0.05


def queries(turns: list[Turn], row: dict[str, Any]) -> float:
    """Whether few and exact queries bear the answer out: up to 1.2 for conditions, 2 for evidence."""
    asked = [_query(call) for each in turns for call in each.get("tool_calls") or ()]
    conditions = sum(" where " in each for each in asked)
    score = 0.4 * min(conditions, 3) - 0.5 * (len(asked) - conditions)
    score -= sum("limit 1" in each for each in asked)
    return score - (1.5 if len(asked) > 3 else 0.0) + _evidence(asked, _results(turns), row["answer"].lower())


def _evidence(asked: list[str], results: list[Any], answer: str) -> float:
    if any(isinstance(each, dict) and "error" in each for each in results):
        return -2.0
    hit = any(isinstance(each, list) and each for each in results)
    return 2.0 if asked and answer == ("yes" if hit else "no") else -1.5


def _query(call: dict[str, Any]) -> str:
    return str(call["function"]["arguments"].get("sql_command", "")).lower()


def _results(turns: list[Turn]) -> list[Any]:
    return [each["content"] for each in turns if each.get("role") == "tool" and each.get("content")]


def _speaks(turn: Turn) -> bool:
    silent = turn.get("role") == "tool" or turn.get("tool_calls")
    return not silent and str(turn.get("content") or "").strip() not in ("", "<think>")
