"""Conversations of every spelling as lists of `{ role, content, … }`.

A `Turns` is a column on the way to messages: an expression, its Polars type, and which optional
fields its messages bear. Fields beside `role` and `content` are there only where the source has
them: `tool_calls` (JSON text of a list of `{type, function: {name, arguments}}`), `tool_call_id`,
`name`, `thinking`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl

from recipedsl.data.problems import mistake
from recipedsl.data.reading.parquet import json_series
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
    "function_call": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
}
_CALL = "function_call"
OPTIONAL = ("tool_calls", "tool_call_id", "name", "thinking")
#: Other spellings of optional fields.
_SPELLINGS = {"thinking": ("thinking", "reasoning_content")}


@dataclass(frozen=True)
class Turns:
    """Messages of a row: a list of canonical messages, and what is wrong with them.

    Attributes:
        value: list of `{ role, content, *optional }`.
        problem: text saying what is wrong, null when nothing is.
        optional: optional fields that the messages have, in the order of `OPTIONAL`.
        message: the one message that it is, null for none; None when it may be several.
    """

    value: pl.Expr
    problem: pl.Expr
    optional: tuple[str, ...] = ()
    message: pl.Expr | None = None

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
        value = pl.concat_arr(single).arr.to_list().list.drop_nulls()
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
        return Turns(pl.concat_list(message), problem, message=message)
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
    return role.cast(pl.String).str.strip_chars().str.to_lowercase()


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
    optional = _optional(names, said, text, calls=calls)
    called = optional["tool_calls"].is_not_null() if "tool_calls" in optional else pl.lit(False)
    is_call = (said == _CALL) & called if calls else pl.lit(False)
    spoken = pl.when(is_call).then(pl.lit("")).when(called).then(text.fill_null("")).otherwise(text)
    message = pl.struct(
        said.replace_strict(ROLES, default=None, return_dtype=pl.String).alias("role"),
        spoken.alias("content"),
        *(each.alias(name) for name, each in optional.items()),
    )
    wrong = value.list.eval(_problem(element, said, text, called, calls=calls)).list.drop_nulls().list.first()
    problem = pl.when(empty).then(pl.lit(f"the {what} is empty or null")).otherwise(wrong)
    return Turns(value.list.eval(message), problem, tuple(optional))


def _problem(element: pl.Expr, said: pl.Expr, text: pl.Expr, called: pl.Expr, *, calls: bool) -> pl.Expr:
    unknown = said.is_in(list(ROLES)).not_()
    checked: Any = pl.when(element.is_null()).then(pl.lit("a message is null"))
    checked = checked.when(said.is_null()).then(pl.lit("a message has no role"))
    checked = checked.when(unknown).then(pl.format("unknown role `{}`", said))
    if calls:
        broken = (said == _CALL) & called.not_()
        checked = checked.when(broken).then(pl.lit("a function call is not JSON"))
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


def _optional(
    names: dict[str, pl.DataType], said: pl.Expr, text: pl.Expr, *, calls: bool
) -> dict[str, pl.Expr]:
    """The optional fields that messages of these records have."""
    found: dict[str, pl.Expr] = {}
    sources = [_as_json(name, names[name]) for name in ("tool_calls", "function_call") if name in names]
    if calls:
        sources.append(pl.when(said == _CALL).then(text))
    if sources:
        given = sources[0] if len(sources) == 1 else pl.coalesce(sources)
        found["tool_calls"] = given.map_batches(_calls_series, return_dtype=pl.String(), is_elementwise=True)
    for name in OPTIONAL[1:]:
        spelling = next((each for each in _SPELLINGS.get(name, (name,)) if each in names), "")
        if spelling and names[spelling] == pl.String:
            found[name] = pl.element().struct.field(spelling)
    return found


def _as_json(name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.element().struct.field(name)
    if dtype.is_nested():
        return value.map_batches(json_series, return_dtype=pl.String(), is_elementwise=True)
    return value.cast(pl.String)


def _calls_series(texts: pl.Series) -> pl.Series:
    if texts.null_count() == len(texts):
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.String)
    found = [None if text is None else canonical_calls(text) for text in texts]
    return pl.Series(texts.name, found, dtype=pl.String)


def canonical_calls(text: str) -> str | None:
    """Tool calls in one form: JSON list of `{id?, type, function: {name, arguments}}`.

    Arguments given as JSON text become what they say; a single call becomes a list of one.

    Returns:
        None when the text is no JSON, or holds no call at all.
    """
    try:
        given = json.loads(text)
    except ValueError:
        return None
    calls = [_call(each) for each in (given if isinstance(given, list) else [given])]
    if not calls or None in calls:
        return None
    return json.dumps(calls, ensure_ascii=False)


def _call(given: Any) -> dict[str, Any] | None:
    if not isinstance(given, dict):
        return None
    inner = given.get("function", given)
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        return None
    arguments = inner.get("arguments", inner.get("parameters", {}))
    named = {"id": given["id"]} if given.get("id") else {}
    call = {"name": inner["name"], "arguments": _arguments(arguments)}
    return {**named, "type": "function", "function": call}


def _arguments(given: Any) -> Any:
    if not isinstance(given, str):
        return {} if given is None else given
    try:
        return json.loads(given)
    except ValueError:
        return given  # what the model wrote is no JSON; it is kept as it is


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
