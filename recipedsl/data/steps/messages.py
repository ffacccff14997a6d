"""Conversations of every spelling as lists of `{ role, content, … }`.

A `Turns` is a column on the way to messages: an expression, its Polars type, and which optional
fields its messages bear. Fields beside `role` and `content` are there only where the source has
them: `tool_calls` (JSON text of a list of `{type, function: {name, arguments}}`), `tool_call_id`,
`name`, `thinking`, and `train` (`true` or `false`: whether it is trained, whatever its role).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from recipedsl.data.problems import mistake
from recipedsl.data.reading.parquet import json_series
from recipedsl.data.reading.records import DEEPEST, is_too_deep, is_utf8
from recipedsl.diagnostics.codes.data_run import NotShapable

#: Who speaks, as datasets write it, and as it is called here.
ROLES: dict[str, str] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "claude": "assistant",
    "function_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "tool_response": "tool",
    "function_response": "tool",
    "ipython": "tool",
}
_CALL = "function_call"
OPTIONAL = ("tool_calls", "tool_call_id", "name", "thinking", "train")
#: Other spellings of optional fields.
_SPELLINGS = {"thinking": ("thinking", "reasoning_content")}
#: Tool calls as they were read: JSON text, or why they are none.
_READ = pl.Struct({"calls": pl.String, "problem": pl.String})


@dataclass(frozen=True)
class Turns:
    """Messages of a row: a list of canonical messages, and what is wrong with them.

    Attributes:
        value: list of `{ role, content, *optional }`.
        problem: text saying what is wrong, null when nothing is.
        optional: optional fields that the messages have, in the order of `OPTIONAL`.
        message: the one message that it is, null for none; None when it may be several.
        always: whether every row has that one message.
    """

    value: pl.Expr
    problem: pl.Expr
    optional: tuple[str, ...] = ()
    message: pl.Expr | None = None
    always: bool = False

    def with_optional(self, wanted: tuple[str, ...]) -> Turns:
        """The same with these optional fields, null where there were none."""
        if wanted == self.optional:
            return self
        element = pl.element()
        fields = [element.struct.field(name) for name in ("role", "content")]
        fields += [
            element.struct.field(name) if name in self.optional else pl.lit(None, pl.String).alias(name)
            for name in wanted
        ]
        return Turns(self.value.list.eval(pl.struct(fields)), self.problem, wanted)


def joined(parts: Iterable[Turns]) -> Turns:
    """Turns behind one another; a part that is null is left out, the first problem counts."""
    parts = list(parts)
    single = [each.message for each in parts if each.message is not None]
    if len(single) == len(parts):
        # Many times faster than putting lists together.
        value = pl.concat_arr(single).arr.to_list()
        value = value if all(each.always for each in parts) else value.list.drop_nulls()
        return Turns(value, pl.coalesce([each.problem for each in parts]))
    wanted = tuple(name for name in OPTIONAL if any(name in each.optional for each in parts))
    even = [each.with_optional(wanted) for each in parts]
    nothing = pl.lit(pl.Series([[]], dtype=turns_type(wanted))).first()
    lists = [each.value.fill_null(nothing) for each in even]
    value = lists[0] if len(lists) == 1 else pl.concat_list(lists)
    return Turns(value, pl.coalesce([each.problem for each in even]), wanted)


def turns_type(optional: tuple[str, ...] = ()) -> pl.List:
    """Polars type of canonical messages."""
    return pl.List(pl.Struct(dict.fromkeys(("role", "content", *optional), pl.String)))


def none(problem: str = "") -> pl.Expr:
    """A constant text, null when empty."""
    return pl.lit(problem or None, pl.String)


def one(role: str, text: pl.Expr, what: str, *, required: bool = True) -> Turns:
    """A message from a text. An optional one that is null or empty gives no message."""
    message = pl.struct(pl.lit(role).alias("role"), text.alias("content"))
    if required:
        problem = pl.when(text.is_null()).then(pl.lit(f"the {what} is null")).otherwise(none())
        return Turns(pl.concat_list(message), problem, message=message, always=True)
    there = text.fill_null("") != ""
    listed = pl.when(there).then(pl.concat_list(message))
    return Turns(listed, none(), message=pl.when(there).then(message))


def turns(value: pl.Expr, dtype: pl.DataType, what: str, role: str, *, calls: bool) -> Turns:
    """Messages from whatever a column holds: a text, a message, or a list of messages.

    Args:
        value: the column.
        dtype: its type.
        what: what it is, for problems: `chosen answer`.
        role: who says it when it is a text.
        calls: whether a message of it has the role `function_call`.
    """
    if dtype == pl.String:
        return one(role, value, what)
    if isinstance(dtype, pl.Struct):
        return _messages(pl.concat_list(value), value.is_null(), dtype, what, calls=calls)
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        return _messages(value, value.list.len().fill_null(0) == 0, dtype.inner, what, calls=calls)
    raise _not_shapable(what, dtype)


def has_calls(value: pl.Expr, dtype: pl.DataType) -> pl.Expr | None:
    """Whether any row has a message with the role `function_call`; None when it cannot."""
    record = dtype.inner if isinstance(dtype, pl.List) else dtype
    if not isinstance(record, pl.Struct):
        return None
    names = _names(record)
    role = "role" if "role" in names else "from"
    if role not in names:
        return None
    if dtype == record:
        return (_lowered(value.struct.field(role)) == _CALL).any()
    found = value.list.eval(_lowered(pl.element().struct.field(role)) == _CALL)
    return found.list.any().any()


def _lowered(role: pl.Expr) -> pl.Expr:
    return role.cast(pl.String).str.strip_chars().str.to_lowercase().replace({"tool_call": _CALL})


def _names(record: pl.Struct) -> dict[str, pl.DataType]:
    return {each.name: each.dtype for each in record.fields}  # type: ignore[misc]


def _not_shapable(what: str, dtype: pl.DataType) -> Exception:
    return mistake(
        NotShapable,
        f"the {what} is {dtype}, which is neither text nor messages",
        helps="messages are records with `role` and `content`, or `from` and `value`, or a list of such",
    )


def _messages(value: pl.Expr, empty: pl.Expr, record: pl.Struct, what: str, *, calls: bool) -> Turns:
    """A list of records as canonical messages."""
    names = _names(record)
    role, content = next(
        (pair for pair in (("role", "content"), ("from", "value")) if all(name in names for name in pair)),
        ("", ""),
    )
    if not role:
        raise _not_shapable(what, pl.List(record))
    element = pl.element()
    said = _lowered(element.struct.field(role))
    text = _text(element.struct.field(content), names[content], what)
    read = _calls(names, said, text, calls=calls)
    optional = _optional(names, read)
    called = optional["tool_calls"].is_not_null() if "tool_calls" in optional else pl.lit(False)
    is_call = (said == _CALL) & called if calls else pl.lit(False)
    spoken = pl.when(is_call).then(pl.lit("")).when(called).then(text.fill_null("")).otherwise(text)
    message = pl.struct(
        said.replace_strict(ROLES, default=None, return_dtype=pl.String).alias("role"),
        spoken.alias("content"),
        *(each.alias(name) for name, each in optional.items()),
    )
    other = _other_parts(element.struct.field(content), names[content])
    misread = none() if read is None else read.struct.field("problem")
    problems = _problem(element, said, text, other, called, misread, calls=calls)
    wrong = value.list.eval(problems).list.drop_nulls().list.first()
    problem = pl.when(empty).then(pl.lit(f"the {what} is empty or null")).otherwise(wrong)
    return Turns(value.list.eval(message), problem, tuple(optional))


def _problem(
    element: pl.Expr,
    said: pl.Expr,
    text: pl.Expr,
    other: pl.Expr,
    called: pl.Expr,
    misread: pl.Expr,
    *,
    calls: bool,
) -> pl.Expr:
    unknown = said.is_in(list(ROLES)).not_()
    checked: Any = pl.when(element.is_null()).then(pl.lit("a message is null"))
    checked = checked.when(said.is_null()).then(pl.lit("a message has no role"))
    checked = checked.when(unknown).then(pl.format("unknown role `{}`", said))
    checked = checked.when(other.is_not_null()).then(
        pl.format("a message has a part that is no text: `{}`", other)
    )
    checked = checked.when(misread.is_not_null()).then(misread)
    if calls:
        empty = (said == _CALL) & called.not_()
        checked = checked.when(empty).then(pl.lit("a function call is empty"))
    checked = checked.when(text.is_null() & called.not_()).then(pl.lit("a message has no content"))
    problem: pl.Expr = checked.otherwise(none())
    return problem


def _text(value: pl.Expr, dtype: pl.DataType, what: str) -> pl.Expr:
    """Content as text; of content in parts the text parts, one after another."""
    if dtype == pl.String:
        return value
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct) and "text" in _names(dtype.inner):
        return value.list.eval(pl.element().struct.field("text")).list.join("", ignore_nulls=True)
    if dtype == pl.Null:
        return value.cast(pl.String)
    raise _not_shapable(f"content of the {what}", dtype)


def _other_parts(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The kind of the first part of a content that is no text, an image say; null when all are text."""
    if not (isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct)):
        return none()
    kind = pl.element().struct.field("type") if "type" in _names(dtype.inner) else none()
    named = pl.coalesce(kind.cast(pl.String), pl.lit("a part without a type"))
    return (
        value.list.eval(pl.when(pl.element().struct.field("text").is_null()).then(named))
        .list.drop_nulls()
        .list.first()
    )


def _calls(names: dict[str, pl.DataType], said: pl.Expr, text: pl.Expr, *, calls: bool) -> pl.Expr | None:
    """The tool calls of messages of these records as `_READ`; None when they have none."""
    sources = [_as_json(name, names[name]) for name in ("tool_calls", "function_call") if name in names]
    if calls:
        sources.append(pl.when(said == _CALL).then(text))
    if not sources:
        return None
    given = sources[0] if len(sources) == 1 else pl.coalesce(sources)
    return given.map_batches(_read_series, return_dtype=_READ, is_elementwise=True)


def _optional(names: dict[str, pl.DataType], read: pl.Expr | None) -> dict[str, pl.Expr]:
    """The optional fields that messages of these records have."""
    found: dict[str, pl.Expr] = {}
    if read is not None:
        found["tool_calls"] = read.struct.field("calls")
    for name in OPTIONAL[1:]:
        spelling = next((each for each in _SPELLINGS.get(name, (name,)) if each in names), "")
        if spelling and names[spelling] == pl.String:
            found[name] = pl.element().struct.field(spelling)
    if trained := _trained(names):
        found["train"] = pl.coalesce(trained)
    return found


def _trained(names: dict[str, pl.DataType]) -> list[pl.Expr]:
    """Whether a message is trained, as it says itself: `train`, or a `weight` of 0 or 1.

    Another weight is refused later.
    """
    fields = [each for each in ("train", "weight") if each in names and not names[each].is_nested()]
    return [_flag(pl.element().struct.field(each)) for each in fields]


def _flag(value: pl.Expr) -> pl.Expr:
    number = value.cast(pl.Float64, strict=False)
    said = pl.when(number == 1).then(pl.lit("true")).when(number == 0).then(pl.lit("false"))
    return said.otherwise(value.cast(pl.String))


def _as_json(name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.element().struct.field(name)
    if dtype.is_nested():
        return value.map_batches(json_series, return_dtype=pl.String(), is_elementwise=True)
    return value.cast(pl.String)


def _read_series(texts: pl.Series) -> pl.Series:
    if texts.null_count() == len(texts):
        return pl.Series(texts.name, [None] * len(texts), dtype=_READ)
    found = [_read(text) for text in texts]
    # Twice as fast as a series of records.
    columns = {name: [each[place] for each in found] for place, name in enumerate(("calls", "problem"))}
    return pl.DataFrame(columns, schema=_READ.to_schema()).to_struct(texts.name)


class _NoCall(ValueError):
    """Why something is no tool call, as it is counted."""


def _read(text: str | None) -> tuple[str | None, str | None]:
    """Calls and problem. What cannot be read stays as it is, so that the example of its row shows it."""
    try:
        return canonical_calls(text or ""), None
    except _NoCall as error:
        return text, str(error)


def canonical_calls(text: str) -> str | None:
    """Tool calls in one form: JSON list of `{id?, type, function: {name, arguments}}`.

    Arguments are a record; given as JSON text they become what that says. A single call becomes a list of
    one.

    Returns:
        None when the text is blank or holds no call at all.

    Raises:
        ValueError: what it holds is no call; the message says why, in words that are counted.
    """
    if not text.strip():
        return None
    given = _json(text, "a tool call is not JSON")
    calls = [_call(each) for each in (given if isinstance(given, list) else [given]) if each is not None]
    if text.count("[") + text.count("{") > DEEPEST and is_too_deep(calls):
        raise _NoCall("a tool call is nested too deeply")
    written = json.dumps(calls, ensure_ascii=False)
    if not is_utf8(written):
        raise _NoCall("a tool call holds half a character (a lone surrogate)")
    return written if calls else None


def _call(given: Any) -> dict[str, Any]:
    inner = given.get("function", given) if isinstance(given, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise _NoCall("a tool call names no function")
    arguments = inner.get("arguments", inner.get("parameters"))
    named = {"id": given["id"]} if given.get("id") else {}
    call = {"name": inner["name"], "arguments": _arguments(arguments)}
    return {**named, "type": "function", "function": call}


def _arguments(given: Any) -> dict[str, Any]:
    """A record; text is read, also what was put into text twice. Without any there are none."""
    while isinstance(given, str) and given.strip():
        given = _json(given, "the arguments of a tool call are not JSON")
    if given is None or isinstance(given, str):
        return {}
    if not isinstance(given, dict):
        raise _NoCall("the arguments of a tool call are not a record")
    return given


def _json(text: str, otherwise: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _NoCall(otherwise) from None


def pairs(value: pl.Expr) -> Turns:
    """A history of `[user, assistant]` pairs as messages; null is an empty history."""
    first, second = pl.element().list.get(0, null_on_oob=True), pl.element().list.get(1, null_on_oob=True)
    user = pl.struct(pl.lit("user").alias("role"), first.alias("content"))
    assistant = pl.struct(pl.lit("assistant").alias("role"), second.alias("content"))
    # Each pair becomes a list of two messages, and the lists one.
    value_ = value.list.eval(pl.concat_list(user, assistant)).list.eval(pl.element().explode())
    broken = value.list.eval((pl.element().list.len() != 2) | first.is_null() | second.is_null()).list.any()
    problem = pl.when(broken).then(pl.lit("a pair of the history is not two texts")).otherwise(none())
    return Turns(value_, problem)
