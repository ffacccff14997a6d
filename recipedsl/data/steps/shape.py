"""`as`: rows in the columns that a stage trains on.

Every shape computes its columns and a reason: a text that says why a row cannot be brought into
the shape, null when it can. Rows with a reason are set aside, counted by reason, never dropped in
silence.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from recipedsl.data.expressions import lower
from recipedsl.data.flow import Context
from recipedsl.data.functions.code import is_json
from recipedsl.data.functions.rowwise import parsed
from recipedsl.data.problems import mistake
from recipedsl.data.reading.parquet import json_series
from recipedsl.data.steps import messages
from recipedsl.data.steps.messages import Turns, joined, none, one, pairs, turns
from recipedsl.diagnostics import Bug
from recipedsl.diagnostics.codes.data_run import NotShapable
from recipedsl.language.shapes import Shape
from recipedsl.plan.model import StepSpec

_NEW = "_recipedsl_new_"
_REASON = "_recipedsl_reason"


def as_shape(frame: pl.LazyFrame, step: StepSpec, context: Context) -> pl.LazyFrame:
    """Adds the columns of the shape `settings.shape`; other columns stay, one of the same name is replaced.

    Raises:
        RecipeError: when a column cannot take its place whatever the rows hold.
    """
    with context.refusals():
        given = Given(frame, step, context)
        columns, reason = SHAPES[Shape(step.settings["shape"])](given)
    made = frame.with_columns(
        *(value.alias(_NEW + name) for name, value in columns.items()), reason.alias(_REASON)
    )
    marked = context.set_aside(made, pl.col(_REASON))
    final = marked.with_columns(pl.col(_NEW + name).alias(name) for name in columns)
    return final.drop(_REASON, *(_NEW + name for name in columns))


Made = tuple[dict[str, pl.Expr], pl.Expr]


class Given:
    """What `as` was given: expressions by role, with their types."""

    def __init__(self, frame: pl.LazyFrame, step: StepSpec, context: Context) -> None:
        self._values = {name: lower(each, frame) for name, each in step.expressions.items()}
        chosen = frame.select(value.alias(name) for name, value in self._values.items())
        self._types = chosen.collect_schema()
        self._calls = self._probe(frame, context)

    def _probe(self, frame: pl.LazyFrame, context: Context) -> dict[str, bool]:
        """Which conversations have function calls: it decides whether their messages have `tool_calls`."""
        asked = {name: messages.has_calls(value, self._types[name]) for name, value in self._values.items()}
        found = {name: each.alias(name) for name, each in asked.items() if each is not None}
        if not found:
            return {}
        return context.probed(frame, found)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def value(self, name: str) -> pl.Expr:
        """The expression of a role. Raises Bug when it was not given."""
        if name not in self._values:
            raise Bug(f"`as` without `{name}`")
        return self._values[name]

    def dtype(self, name: str) -> pl.DataType:
        """Type of what was given for a role."""
        return self._types[name]

    def text(self, name: str) -> pl.Expr:
        """A text. Raises RecipeError when it is none."""
        value = self.value(name)
        if self.dtype(name) not in (pl.String, pl.Null):
            raise mistake(NotShapable, f"`{name}` must be text, it is {self.dtype(name)}")
        return value.cast(pl.String)

    def turns(self, name: str, role: str, what: str = "") -> Turns:
        """Messages of whatever was given for a role."""
        calls = bool(self._calls.get(name))
        return turns(self.value(name), self.dtype(name), what or name, role, calls=calls)

    def prompt(self, *parts: Turns) -> Turns:
        """The parts of a prompt behind one another, the system message before them where they have none."""
        if "system" not in self:
            return joined(parts)
        if parts[0].message is not None:
            return joined([one("system", self.text("system"), "system text", required=False), *parts])
        said = joined(parts)
        has_one = (said.value.list.first().struct.field("role") == "system").fill_null(False)
        text = pl.when(has_one.not_()).then(self.text("system"))
        return joined([one("system", text, "system text", required=False), said])


def _last_role(value: pl.Expr) -> pl.Expr:
    return value.list.last().struct.field("role")


def _unless(problem: pl.Expr, condition: pl.Expr, reason: str) -> pl.Expr:
    """The problem so far, else the reason where the condition holds."""
    return pl.coalesce(problem, pl.when(condition).then(pl.lit(reason)).otherwise(none()))


def _null_reason(**values: pl.Expr) -> pl.Expr:
    checks = [
        pl.when(value.is_null()).then(pl.lit(f"the {name} is null")).otherwise(none())
        for name, value in values.items()
    ]
    return pl.coalesce(checks)


def _text(given: Given) -> Made:
    text = given.text("text")
    return {"text": text}, _null_reason(text=text)


def _completion(given: Given) -> Made:
    prompt, completion = given.text("prompt"), given.text("completion")
    columns = {"prompt": prompt, "completion": completion}
    return columns, _null_reason(prompt=prompt, completion=completion)


def _chat(given: Given) -> Made:
    if "messages" in given:
        said = given.prompt(given.turns("messages", "user", "conversation"))
    else:
        asked = one("user", given.text("user"), "user")
        answered = one("assistant", given.text("assistant"), "assistant")
        said = given.prompt(*_history(given), asked, answered)
    reason = said.problem
    if "messages" in given:
        wrong_end = (_last_role(said.value) != "assistant").fill_null(True)
        reason = _unless(reason, wrong_end, "the last turn is not the assistant's")
    columns = {"messages": said.value}
    if "tools" in given:
        tools = columns["tools"] = _tools(given)
        reason = _unless(reason, parsed(tools, is_json).not_(), "the tools are not JSON")
    return columns, reason


def _history(given: Given) -> list[Turns]:
    if "history" not in given:
        return []
    dtype = given.dtype("history")
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.List):
        return [pairs(given.value("history"))]
    if isinstance(dtype, pl.List) and not isinstance(dtype.inner, pl.Struct):
        return []  # empty in every row: its items have no type
    said = given.turns("history", "user")
    missing = given.value("history").list.len().fill_null(0) == 0
    return [Turns(said.value, pl.when(missing.not_()).then(said.problem), said.optional)]


def _tools(given: Given) -> pl.Expr:
    """JSON text of the tools; null when there are none."""
    value = given.value("tools")
    if given.dtype("tools").is_nested():
        value = value.map_batches(json_series, return_dtype=pl.String(), is_elementwise=True)
    text = value.cast(pl.String).str.strip_chars()
    return pl.when(text.is_in(["", "[]", "null"]).not_()).then(text)


def _prompt(given: Given) -> Made:
    said = given.prompt(given.turns("prompt", "user"))
    reason = _unless(
        said.problem, _last_role(said.value) == "assistant", "the prompt ends with a turn of the assistant"
    )
    return {"prompt": said.value}, reason


def _preference(given: Given) -> Made:
    chosen = given.turns("chosen", "assistant", "chosen answer")
    rejected = given.turns("rejected", "assistant", "rejected answer")
    if "prompt" in given:
        prompt = given.prompt(given.turns("prompt", "user"))
        asked = given.turns("prompt", "user").value
        chosen, rejected = _behind(chosen, asked), _behind(rejected, asked)
    else:
        prompt, chosen, rejected = _common_prefix(given, chosen, rejected)
    wanted = tuple(
        name
        for name in messages.OPTIONAL
        if any(name in each.optional for each in (prompt, chosen, rejected))
    )
    prompt, chosen, rejected = (each.with_optional(wanted) for each in (prompt, chosen, rejected))
    reason = pl.coalesce(prompt.problem, chosen.problem, rejected.problem)
    reason = _unless(reason, prompt.value.list.len().fill_null(0) == 0, "the answers share no prompt")
    for each, what in ((chosen, "chosen"), (rejected, "rejected")):
        wrong = (_last_role(each.value) != "assistant").fill_null(True)
        reason = _unless(reason, wrong, f"the {what} answer does not end with a turn of the assistant")
    columns = {"prompt": prompt.value, "chosen": chosen.value, "rejected": rejected.value}
    if "margin" in given:
        columns["margin"] = given.value("margin").cast(pl.Float64)
        reason = _unless(reason, columns["margin"].is_null(), "the margin is null")
    return columns, reason


def _spoken(value: pl.Expr) -> pl.Expr:
    """Messages as texts that are equal when role and content are."""
    element = pl.element()
    return value.list.eval(
        pl.concat_str(
            element.struct.field("role"), pl.lit("\n"), element.struct.field("content"), ignore_nulls=True
        )
    )


def _behind(answer: Turns, prompt: pl.Expr) -> Turns:
    """An answer without the prompt that it repeats: many datasets give whole conversations."""
    length = prompt.list.len()
    repeats = _spoken(answer.value).list.head(length) == _spoken(prompt)
    rest = pl.when(repeats).then(answer.value.list.slice(length)).otherwise(answer.value)
    return Turns(rest, answer.problem, answer.optional)


def _common_prefix(given: Given, chosen: Turns, rejected: Turns) -> tuple[Turns, Turns, Turns]:
    """Prompt: the longest run of messages that both begin with; at least one is left to each."""
    sides = pl.struct(_spoken(chosen.value).alias("chosen"), _spoken(rejected.value).alias("rejected"))
    length = sides.map_batches(_shared, return_dtype=pl.Int64(), is_elementwise=True)
    start = Turns(chosen.value.list.head(length), none(), chosen.optional)
    prompt = given.prompt(start)
    return (
        prompt,
        Turns(chosen.value.list.slice(length), chosen.problem, chosen.optional),
        Turns(rejected.value.list.slice(length), rejected.problem, rejected.optional),
    )


def _shared(sides: pl.Series) -> pl.Series:
    chosen, rejected = (sides.struct.field(name).to_list() for name in ("chosen", "rejected"))
    lengths = [_shared_length(left or [], right or []) for left, right in zip(chosen, rejected, strict=True)]
    return pl.Series(sides.name, lengths, dtype=pl.Int64)


def _shared_length(left: list[str], right: list[str]) -> int:
    most = max(0, min(len(left), len(right)) - 1)
    return next((place for place in range(most) if left[place] != right[place]), most)


def _feedback(given: Given) -> Made:
    label = _label(given)
    if "messages" in given:
        said = given.prompt(given.turns("messages", "user", "conversation"))
        length = said.value.list.len().cast(pl.Int64)
        prompt = Turns(said.value.list.head(pl.max_horizontal(length - 1, 0)), said.problem, said.optional)
        completion = Turns(said.value.list.tail(1), none(), said.optional)
    else:
        prompt = given.prompt(given.turns("prompt", "user"))
        completion = given.turns("completion", "assistant")
    columns = {"prompt": prompt.value, "completion": completion.value, "label": label}
    reason = pl.coalesce(prompt.problem, completion.problem)
    wrong = (_last_role(completion.value) != "assistant").fill_null(True)
    reason = _unless(reason, wrong, "the last turn is not the assistant's")
    reason = _unless(reason, prompt.value.list.len().fill_null(0) == 0, "there is nothing before the answer")
    return columns, _unless(reason, label.is_null(), "the label is neither true nor false")


def _label(given: Given) -> pl.Expr:
    """True, 1 and "true" as true, their opposites as false, anything else as null."""
    spelled = given.value("label").cast(pl.String).str.to_lowercase().str.strip_chars()
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    return spelled.replace_strict(known, default=None, return_dtype=pl.Boolean)


SHAPES: dict[Shape, Callable[[Given], Made]] = {
    Shape.TEXT: _text,
    Shape.COMPLETION: _completion,
    Shape.CHAT: _chat,
    Shape.PREFERENCE: _preference,
    Shape.PROMPT: _prompt,
    Shape.FEEDBACK: _feedback,
}
