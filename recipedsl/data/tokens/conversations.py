"""Messages as they lie in Parquet, made into what chat templates read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from recipedsl.data.tokens.mask import Conversation
from recipedsl.data.tokens.template import Message
from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.models import BadConversation

#: Field of a message that says whether it is trained.
TRAIN = "train"


def conversation_of(
    messages: Sequence[Mapping[str, Any]] | None,
    tools: Any,
    row: int,
    *,
    variables: Any = None,
    arguments_as_text: bool = False,
) -> Conversation:
    """A row's conversation.

    Fields that are null are left out, tool calls and tools are read from their JSON text, thinking
    goes under both names that templates know (`thinking`, `reasoning_content`).

    Args:
        messages: structs `{role, content, …}`.
        tools: definitions of tools as JSON text, or None.
        row: number of the row, from 0.
        variables: what the row tells the template, a record as JSON text, or None.
        arguments_as_text: whether the template wants arguments of tool calls as JSON text.

    Raises:
        RecipeError: the row is no conversation.
    """
    if not messages:
        raise bad_row("has no messages", row, "drop empty conversations with `where`")
    turned = [_message(message, row, arguments_as_text) for message in messages]
    trains = tuple(_flag(message.get(TRAIN), row) for message in messages)
    told = _variables(variables, row)
    said = trains if any(each is not None for each in trains) else ()
    return Conversation(turned, _json(tools, "tools", row) or None, row, told, trains=said)


def _flag(given: Any, row: int) -> bool | None:
    """Whether a message is to be trained, as a row says it; texts come from `as chat`."""
    known = {None: None, True: True, False: False, "true": True, "false": False}
    if isinstance(given, bool | str | None) and given in known:
        return known[given]
    with suppress(TypeError, ValueError):
        raise _weighted(float(given), row)
    raise bad_row(f"has a message whose `{TRAIN}` is neither true nor false", row, "mend such rows")


def _weighted(weight: float, row: int) -> RecipeError:
    """The error for a weight that is neither 0 nor 1: TRL's loss takes a label or leaves it."""
    hint = "make it 0 or 1, or keep a share of such rows with `sample`"
    note = "a token bears a label or none; the loss of the trainer has no weights"
    return bad_row(f"has a message of the weight {weight:g}, which is neither 0 nor 1", row, hint, note)


def _variables(given: Any, row: int) -> dict[str, Any]:
    told = _json(given, "template variables", row) or {}
    if not isinstance(told, dict):
        raise bad_row("has template variables that are no record", row, 'write `{"enable_thinking": false}`')
    return told


def _message(given: Mapping[str, Any], row: int, arguments_as_text: bool) -> Message:
    message = {key: value for key, value in given.items() if value is not None and key != TRAIN}
    if not isinstance(message.get("role"), str):
        raise bad_row("has a message without a role", row, "give every message a `role`")
    message.setdefault("content", "")
    if calls := calls_of(message.pop("tool_calls", None), row, arguments_as_text):
        message["tool_calls"] = calls
    if thinking := message.get("thinking"):
        message.setdefault("reasoning_content", thinking)
    else:
        message.pop("thinking", None)
    return message


def calls_of(given: Any, row: int, arguments_as_text: bool) -> list[dict[str, Any]]:
    """A message's tool calls, given as JSON text. Raises RecipeError when they are none."""
    calls = _json(given, "tool calls", row)
    if not isinstance(calls, list | None):
        raise bad_row("has tool calls that are no list", row, "mend or drop such rows")
    return [_call(call, row, arguments_as_text) for call in calls or ()]


def _call(call: Any, row: int, arguments_as_text: bool) -> dict[str, Any]:
    """A tool call with arguments as the template wants them: a record, or JSON text."""
    if not isinstance(call, dict):
        raise bad_row("has a tool call that is no record", row, 'write `{"name": …, "arguments": {…}}`')
    if isinstance(call.get("function"), dict):
        return {**call, "function": _call(call["function"], row, arguments_as_text)}
    arguments = call.get("arguments", {})
    if arguments_as_text and not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    elif not arguments_as_text and isinstance(arguments, str):
        arguments = _json(arguments or "{}", "arguments of a tool call", row)
    return {**call, "arguments": arguments}


def _json(value: Any, what: str, row: int) -> Any:
    if not isinstance(value, str) or not value:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise bad_row(f"has {what} that are not JSON", row, "mend or drop such rows", str(error)) from error


def bad_row(message: str, row: int, hint: str, *notes: str) -> RecipeError:
    """The error for a row (counted from 0) that cannot be made into a conversation."""
    return RecipeError(
        Diagnostic(BadConversation, f"row {row + 1} {message}", notes=notes, helps=(Help(hint),))
    )
