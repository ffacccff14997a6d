"""What follows `as`: which columns become the prompt, the answer, the conversation."""

from __future__ import annotations

from dataclasses import dataclass, field

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import NullInShape, ShapeArguments
from recipedsl.diagnostics.codes.names import DuplicateSetting, UnknownSetting
from recipedsl.language import catalogue
from recipedsl.language.foreign import SHAPES
from recipedsl.language.shapes import Shape
from recipedsl.language.steps.shaping import (
    AMOUNT,
    EXTRA_COLUMNS,
    MARK,
    PAIRS,
    SPEECH,
    TALK,
    WORDS,
    ShapeForm,
)
from recipedsl.language.types import Kind, Type
from recipedsl.semantics.context import did_you_mean, fix
from recipedsl.semantics.foreign import help_with
from recipedsl.semantics.recipe import RowExpression
from recipedsl.semantics.rows import Rows, Typed, type_expression
from recipedsl.semantics.settings import named_arguments
from recipedsl.syntax import tree


@dataclass(slots=True)
class Shaped:
    """A use of `as`.

    Attributes:
        expressions: what fills each argument of the shape.
        columns: columns that it adds, with their types.
        failed: whether a problem was reported about an argument.
    """

    shape: Shape
    expressions: dict[str, RowExpression] = field(default_factory=dict)
    columns: dict[str, Type] = field(default_factory=dict)
    failed: bool = False


def read_shape(rows: Rows, node: tree.Expression) -> Shaped | None:
    """Check what follows `as`; None when it names no shape."""
    head = node.function if isinstance(node, tree.Call) else node
    form = catalogue.find("shape", head.text) if isinstance(head, tree.Name) else None
    if form is None or not issubclass(form, ShapeForm):
        _unknown(rows, head)
        return None
    shaped = Shaped(form.shape, columns=dict(form.columns))
    arguments = node.arguments if isinstance(node, tree.Call) else ()
    given: set[str] = set()
    written = {each.name.text for each in arguments if each.name is not None}
    for name, place, _, expression in named_arguments(
        rows.context, rows.module, form, arguments, form.keyword
    ):
        if name not in form.accepts:
            words = f"`{form.keyword}` has no argument `{name}`"
            helps = help_with(place, name, expression, form.settings(), written)
            rows.context.report(UnknownSetting, words, place, "no such argument", helps=helps)
            shaped.failed = True
            continue
        if name in given:
            words = f"`{name}` is written twice"
            rows.context.report(DuplicateSetting, words, place, "again here")
            shaped.failed = True
        given.add(name)
        _fill(rows, form, shaped, name, expression)
    unknown = any(each.name is not None and each.name.text not in form.accepts for each in arguments)
    if not unknown and not any(way <= given for way in form.ways):
        _too_little(rows, form, node)
        shaped.failed = True
    return shaped


def _unknown(rows: Rows, head: tree.Expression) -> None:
    place = rows.module.place(head)
    known = catalogue.keywords("shape")
    written = rows.module.source.slice(head.span)
    ours = SHAPES.get(written.lower())
    meant = (fix(place, ours, f"what is called `{written}` elsewhere is `{ours}` here"),) if ours else ()
    rows.context.report(
        ShapeArguments,
        f"unknown shape `{written}`",
        place,
        "no such shape",
        helps=meant or did_you_mean(place, written, known),
    )


def _too_little(rows: Rows, form: type[ShapeForm], node: tree.Expression) -> None:
    ways = " or ".join(
        "(" + ", ".join(name for name in form.accepts if name in way) + ")" for way in form.ways
    )
    example = form.page().split("Example:")[-1].strip()
    rows.context.report(
        ShapeArguments,
        f"`as {form.keyword}` needs {ways}",
        rows.module.place(node),
        "arguments missing",
        helps=(Help(f"such as {example}"),),
    )


def _fill(rows: Rows, form: type[ShapeForm], shaped: Shaped, name: str, expression: tree.Expression) -> None:
    typed = type_expression(rows, expression)
    if typed is None:
        shaped.failed = True
        return
    if not suits(typed.type, form.accepts[name]):
        rows.context.report(
            ShapeArguments,
            f"`{name}` of `{form.keyword}` takes {form.accepts[name]}, found `{typed.type}`",
            rows.module.place(expression),
            f"of type `{typed.type}`",
            helps=_hint(typed, form.accepts[name]),
        )
        shaped.failed = True
        return
    _warn_of_nulls(rows, form, name, expression, typed)
    shaped.expressions[name] = typed.expression
    if name in EXTRA_COLUMNS:
        shaped.columns[name] = EXTRA_COLUMNS[name]


def _warn_of_nulls(
    rows: Rows, form: type[ShapeForm], name: str, expression: tree.Expression, typed: Typed
) -> None:
    """A row that lacks what the shape needs is set aside; one without a system message is not."""
    is_needed = name in frozenset().union(*form.ways) or name in EXTRA_COLUMNS
    if not is_needed or not typed.type.nullable or typed.type.kind is Kind.ANY:
        return
    written = rows.module.source.slice(expression.span)
    words = f"`{name}` of `{form.keyword}` is null in some rows, which are set aside"
    helps = (
        Help(f"`| where {written} != none` before drops them by intent"),
        Help(f"`{name} = coalesce({written}, …)` fills them"),
    )
    place = rows.module.place(expression)
    rows.context.report(NullInShape, words, place, f"of type `{typed.type}`", helps=helps)


def _hint(typed: Typed, wanted: str) -> tuple[Help, ...]:
    if wanted == TALK and typed.type.is_text:
        return (Help("text of one side each: `as chat(user = …, assistant = …)`"),)
    if wanted == WORDS and is_conversation(typed.type):
        return (Help("a column of messages: `as chat(messages)`"),)
    return ()


def suits(type_: Type, wanted: str) -> bool:
    """Whether a value of this type may fill an argument of a shape."""
    if type_.kind is Kind.ANY:
        return True
    if wanted == WORDS:
        return type_.is_text
    if wanted == AMOUNT:
        return type_.is_number
    if wanted == MARK:
        return type_.kind in (Kind.BOOL, Kind.INT) or type_.is_text
    if wanted == PAIRS:
        return type_.kind is Kind.LIST
    talk = is_conversation(type_) or is_message(type_)
    return talk or (wanted == SPEECH and type_.is_text)


def is_conversation(type_: Type) -> bool:
    """Whether it is a list of messages."""
    item = type_.item
    return type_.kind is Kind.LIST and (item is None or item.kind is Kind.ANY or is_message(item))


def is_message(type_: Type) -> bool:
    """Whether it is a record in OpenAI's or ShareGPT's form."""
    names = {each.name for each in type_.fields}
    return type_.kind is Kind.RECORD and ({"role", "content"} <= names or {"from", "value"} <= names)
