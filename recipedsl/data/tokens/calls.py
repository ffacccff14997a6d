"""Tool calls and definitions of tools as texts in a shape, so that rows that differ in them are still alike.

Of a call the texts are its id, the name of the function, and its arguments, which stay in one piece
as JSON text; of a list of tools each definition is one. What is left is the shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from recipedsl.data.tokens.conversations import calls_of

#: Marks in a shape where a text and a record were: keys of a record, which is never part of a shape itself.
_TEXT, _RECORD = "text", "record"

Replace = Callable[[str], Any]


@dataclass(frozen=True)
class Form:
    """What a template wants of calls and tools.

    Attributes:
        as_text: arguments are JSON text.
        opens_calls: it looks into arguments: their keys belong to the shape, their texts are texts.
        opens_tools: it looks into definitions of tools: they belong to the shape as they are.
    """

    as_text: bool = False
    opens_calls: bool = False
    opens_tools: bool = False


def apart(text: str | None, texts: list[str], form: Form) -> Hashable:
    """The shape of a message's tool calls.

    Args:
        text: of the calls as JSON, None for none.
        texts: those of the calls are put behind these.
        form: what the template wants.

    Raises:
        RecipeError, ValueError: they are no calls, or hold half a character.
    """
    calls = calls_of(text, 0, form.as_text) if text else None

    def put(mark: str) -> Replace:
        def keep(each: str) -> Any:
            each.encode()
            texts.append(each)
            return {mark: None}

        return keep

    return json.dumps(with_calls(calls, form, put(_TEXT), put(_RECORD))) if calls else None


def with_calls(calls: list[Any], form: Form, replace_text: Replace, replace_record: Replace) -> list[Any]:
    """The calls with their texts replaced in order; a record is given as JSON text."""

    def call(given: Any) -> Any:
        return {key: value(key, each) for key, each in given.items()} if isinstance(given, dict) else given

    def value(key: str, each: Any) -> Any:
        if key == "function":
            return call(each)
        if key == "arguments" and isinstance(each, dict):
            return {name: leaf(one) for name, one in each.items()} if form.opens_calls else leaf(each)
        return leaf(each) if key in {"id", "name", "arguments"} and isinstance(each, str) else each

    def leaf(each: Any) -> Any:
        if isinstance(each, str):
            return replace_text(each)
        return replace_record(json.dumps(each, ensure_ascii=False)) if isinstance(each, dict) else each

    return [call(each) for each in calls]


def tools_apart(text: str | None, texts: list[str]) -> Hashable:
    """The shape of a row's tools; the text of each is put behind these. Raises ValueError for no JSON."""
    if not text:
        return None
    found = _tools(text)
    if found is None:
        return text
    texts += found
    return len(found)


@lru_cache(maxsize=1024)
def _tools(text: str) -> tuple[str, ...] | None:
    found: list[str] = []
    tools = json.loads(text)

    def keep(each: str) -> str:
        each.encode()
        found.append(each)
        return _RECORD

    return tuple(found) if with_tools(tools, keep) is not tools else None


def with_tools(tools: Any, replace_record: Replace) -> Any:
    """The tools with each replaced, given as JSON text; themselves where they are no list of records."""
    if not isinstance(tools, list) or not tools or not all(isinstance(each, dict) for each in tools):
        return tools
    return [replace_record(json.dumps(each, ensure_ascii=False)) for each in tools]
