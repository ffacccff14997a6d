"""Expressions over the columns of a row: names settled, types checked, operators turned into calls."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from recipedsl.diagnostics import Edit, Help
from recipedsl.diagnostics.codes.data import UnknownColumn, UnusualTag
from recipedsl.diagnostics.codes.names import AmbiguousName, UnknownFunction, WrongKind
from recipedsl.diagnostics.codes.types import (
    BadPattern,
    NeverTrue,
    NotAChoice,
    NotACondition,
    NotConstant,
    OutOfRange,
    WrongArguments,
    WrongOperand,
    WrongUnit,
)
from recipedsl.language import catalogue
from recipedsl.language.expressions import Call, Column, Constant, constant_date
from recipedsl.language.functions.base import Function, Parameter
from recipedsl.language.functions.catalogue import FUNCTIONS
from recipedsl.language.types import (
    ANY,
    BOOL,
    DATE,
    FLOAT,
    INT,
    TEXT,
    Kind,
    RowType,
    Type,
    common,
    list_of,
    listed_choices,
)
from recipedsl.language.values import Unit
from recipedsl.semantics.constants import constant, value_of
from recipedsl.semantics.context import Context, Module, did_you_mean, fix, nearest_one
from recipedsl.semantics.foreign_calls import (
    help_with_call,
    help_with_field,
    help_with_language,
    help_with_operand,
    help_with_part,
)
from recipedsl.semantics.recipe import RowExpression
from recipedsl.semantics.scope import lookup, names
from recipedsl.semantics.values import Sort, Value, number_value
from recipedsl.syntax import tree

#: Spelling of an operator to the keyword of its function.
OPERATORS = {each.operator: each.keyword for each in FUNCTIONS if each.operator}


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression with its type."""

    expression: RowExpression
    type: Type


@dataclass(frozen=True, slots=True)
class Rows:
    """What an expression may refer to.

    Attributes:
        context, module: where names are looked up.
        row: columns; None when they are not known, then every unknown name is taken for one.
        origin: what the rows are called in messages.
        aggregates: whether aggregates over all rows are allowed.
    """

    context: Context
    module: Module
    row: RowType | None
    origin: str
    aggregates: bool = False

    def column(self, name: str) -> Type | None:
        return ANY if self.row is None else self.row.column(name)


def type_expression(rows: Rows, expression: tree.Expression) -> Typed | None:
    """Check an expression over rows; None after a problem was reported."""
    match expression:
        case tree.Group():
            return type_expression(rows, expression.inner)
        case tree.Name():
            return _name(rows, expression)
        case tree.Member():
            return _member(rows, expression)
        case tree.Index():
            return _index(rows, expression)
        case tree.Call():
            return _call(rows, expression)
        case tree.Binary():
            return _binary(rows, expression)
        case tree.Unary():
            return _unary(rows, expression)
        case tree.Broken():
            return None
        case _:
            return _constant(rows, expression)


def type_condition(rows: Rows, expression: tree.Expression) -> Typed | None:
    """The same for an expression that has to be true or false."""
    typed = type_expression(rows, expression)
    if typed is None or typed.type.kind in (Kind.BOOL, Kind.ANY):
        return typed
    rows.context.report(
        NotACondition,
        f"a condition is true or false, this is a value of type `{typed.type}`",
        rows.module.place(expression),
        f"of type `{typed.type}`",
    )
    return None


# --- leaves -----------------------------------------------------------------------------------


def _name(rows: Rows, name: tree.Name) -> Typed | None:
    found = None if name.quoted else lookup(rows.module, name)
    is_value = found is not None and found.kind in ("param", "let")
    text = column_name(name)
    type_ = rows.column(text)
    if rows.row is not None and type_ is not None and is_value:
        _ambiguous(rows, name)
        return None
    if is_value and found is not None:
        return _value(rows, name, value_of(rows.context, found))
    if type_ is not None:
        return Typed(Column(name=text), type_)
    _unknown_column(rows, name, found.noun if found is not None else "")
    return None


def column_name(name: tree.Name) -> str:
    """What a name is called as a column: without the number that it has as a declaration of rounds."""
    return name.text if name.quoted else name.text.partition("[")[0]


def _ambiguous(rows: Rows, name: tree.Name) -> None:
    place = rows.module.place(name)
    rows.context.report(
        AmbiguousName,
        f"`{name.text}` is a column of {rows.origin} and also a value of the recipe",
        place,
        "which of the two is meant?",
        helps=(fix(place, f"`{name.text}`", "in backquotes it is the column"),),
    )


def _unknown_column(rows: Rows, name: tree.Name, noun: str) -> None:
    place = rows.module.place(name)
    key = (place.source.path, place.span.start, name.text)
    if key in rows.context.shown or name.text in rows.module.failed:
        return
    rows.context.shown.add(key)
    if noun:
        words = f"`{name.text}` is {noun}; a column is wanted here"
        rows.context.report(WrongKind, words, place, noun)
        return
    known = list(rows.row.names) if rows.row else []
    rows.context.report(
        UnknownColumn,
        f"unknown column `{name.text}` in {rows.origin}",
        place,
        "no such column",
        notes=("the columns here: " + ", ".join(f"`{each}`" for each in known),) if known else (),
        helps=nearest_one(place, name.text, known + names(rows.module, "param", "let")),
    )


def _member(rows: Rows, expression: tree.Member) -> Typed | None:
    found = lookup(rows.module, expression)
    if found is not None and found.kind in ("param", "let"):
        return _value(rows, expression, value_of(rows.context, found))
    target = type_expression(rows, expression.target)
    if target is None:
        return None
    name = expression.name.text
    type_ = ANY if target.type.kind is Kind.ANY else target.type.field(name)
    if target.type.kind not in (Kind.RECORD, Kind.ANY) or type_ is None:
        _no_part(rows, expression, target.type)
        return None
    nullable = type_.or_null() if target.type.nullable else type_
    return Typed(Call(function="field", arguments=(target.expression,), settings={"name": name}), nullable)


def _no_part(rows: Rows, expression: tree.Member, type_: Type) -> None:
    rows.context.report(
        UnknownColumn,
        f"a value of type `{type_}` has no part `{expression.name.text}`",
        rows.module.place(expression.name),
        "no such part",
        helps=help_with_part(rows.module, expression, type_),
    )


def _index(rows: Rows, expression: tree.Index) -> Typed | None:
    target = type_expression(rows, expression.target)
    index = constant(rows.context, rows.module, expression.index)
    if target is None or index.sort is Sort.UNKNOWN:
        return None
    if index.sort is not Sort.NUMBER or index.unit is not Unit.NONE or not isinstance(index.data, int):
        helps = help_with_field(rows.module, expression, target.type, index.data)
        rule = "a field is named behind a dot" if helps else "items of a list are numbered, 0 is the first"
        words = f"{rule}; found {index.describe()}"
        place = rows.module.place(expression.index)
        rows.context.report(WrongOperand, words, place, "not a whole number", helps=helps)
        return None
    if target.type.kind not in (Kind.LIST, Kind.ANY):
        words = f"`[{index.data}]` takes an item of a list, this is `{target.type}`"
        rows.context.report(WrongOperand, words, rows.module.place(expression))
        return None
    item = (target.type.item or ANY).or_null()
    return Typed(Call(function="item", arguments=(target.expression,), settings={"index": index.data}), item)


def _constant(rows: Rows, expression: tree.Expression) -> Typed | None:
    return _value(rows, expression, constant(rows.context, rows.module, expression))


def _value(rows: Rows, expression: tree.Expression, value: Value) -> Typed | None:
    if value.sort is Sort.UNKNOWN:
        return None
    if value.unit not in (Unit.NONE, Unit.SHARE):
        words = f"{value.describe()} does not go with values of rows"
        rows.context.report(WrongUnit, words, rows.module.place(expression), "a plain number is wanted here")
        return None
    type_ = type_of_value(value)
    nested = value.sort is Sort.LIST and any(each.sort is Sort.LIST for each in value.data)
    if type_ is None or nested:
        words = f"{value.describe()} cannot be part of this expression"
        rows.context.report(WrongOperand, words, rows.module.place(expression))
        return None
    data = tuple(each.plain for each in value.data) if value.sort is Sort.LIST else value.data
    return Typed(Constant(value=data), type_)


def type_of_value(value: Value) -> Type | None:
    """Type of a constant in expressions; None for maps, secrets and mixed lists."""
    if value.sort is Sort.NUMBER:
        return INT if isinstance(value.data, int) else FLOAT
    if value.sort is Sort.LIST:
        item: Type | None = ANY
        for each in value.data:
            type_ = type_of_value(each)
            item = common(item, type_) if item and type_ else None
        return list_of(item.without_null() if item != ANY else item) if item else None
    return {Sort.TEXT: TEXT, Sort.FLAG: BOOL, Sort.NOTHING: ANY}.get(value.sort)


# --- operators --------------------------------------------------------------------------------


def _unary(rows: Rows, expression: tree.Unary) -> Typed | None:
    operand = type_expression(rows, expression.operand)
    if operand is None:
        return None
    keyword = "not" if expression.operator.text == "not" else "negate"
    if keyword == "negate" and isinstance(operand.expression, Constant) and operand.type.is_number:
        return replace(operand, expression=Constant(value=-operand.expression.value))  # type: ignore[operator]
    return _apply(rows, keyword, (operand,), (expression.operand,), expression)


def _binary(rows: Rows, expression: tree.Binary) -> Typed | None:
    sign = expression.operator.text
    if sign in ("in", "not in") and isinstance(expression.right, tree.Range):
        return _between(rows, expression, expression.right, sign)
    left, right = type_expression(rows, expression.left), type_expression(rows, expression.right)
    if left is None or right is None:
        return None
    if sign in ("==", "!=") and isinstance(expression.right, tree.Nothing):
        return _null_test(rows, left, expression.left, expression)
    if sign in ("==", "!=") and isinstance(expression.left, tree.Nothing):
        return _null_test(rows, right, expression.right, expression)
    if sign in ("==", "!=", "in", "not in") and not _possible(rows, left, right, expression):
        return None
    if sign in _ORDERS:
        left, right = _dated(left, right.type), _dated(right, left.type)
    return _apply(rows, OPERATORS[sign], (left, right), (expression.left, expression.right), expression)


_ORDERS = ("==", "!=", "<", "<=", ">", ">=")


def _null_test(rows: Rows, side: Typed, node: tree.Expression, whole: tree.Binary) -> Typed | None:
    keyword = "is_null" if whole.operator.text == "==" else "is_not_null"
    return _apply(rows, keyword, (side,), (node,), whole)


def _dated(side: Typed, other: Type) -> Typed:
    """A text such as "2024-05-31" beside a date is a date."""
    value = side.expression.value if isinstance(side.expression, Constant) else None
    if other.kind is not Kind.DATE or not isinstance(value, str):
        return side
    try:
        return Typed(constant_date(date.fromisoformat(value)), DATE)
    except ValueError:
        return side


def _between(rows: Rows, expression: tree.Binary, bounds: tree.Range, sign: str) -> Typed | None:
    nothing = Typed(Constant(value=None), ANY)
    value = type_expression(rows, expression.left)
    low = type_expression(rows, bounds.low) if bounds.low is not None else nothing
    high = type_expression(rows, bounds.high) if bounds.high is not None else nothing
    if value is None or low is None or high is None:
        return None
    low, high = _dated(low, value.type), _dated(high, value.type)
    inside = _apply(rows, "between", (value, low, high), (expression.left, bounds, bounds), expression)
    if inside is None or sign == "in":
        return inside
    return Typed(Call(function="not", arguments=(inside.expression,)), inside.type)


def _possible(rows: Rows, left: Typed, right: Typed, expression: tree.Binary) -> bool:
    """Whether an enumeration is compared with members of it."""
    nodes = (expression.left, expression.right)
    for choices, other, column, node in ((left, right, *nodes), (right, left, *nodes[::-1])):
        if choices.type.kind is not Kind.CHOICE or not isinstance(other.expression, Constant):
            continue
        value = other.expression.value
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str) and each not in choices.type.choices:
                _never(rows, each, choices.type, node, rows.module.source.slice(column.span))
                return False
    return True


def _never(rows: Rows, value: str, type_: Type, node: tree.Expression, column: str) -> None:
    place = rows.module.place(node)
    for item in node.items if isinstance(node, tree.ListOf) else (node,):
        if isinstance(item, tree.Text) and item.value == value:
            place = rows.module.place(item)
    members = listed_choices(type_.choices)
    helps = help_with_language(place, value, type_.choices) or did_you_mean(place, value, type_.choices)
    helps = tuple(replace(each, edits=quoted(each)) for each in helps)
    words = f'`{column}` is never "{value}"'
    rows.context.report(
        NeverTrue, words, place, "none of its values", notes=(f"its values: {members}",), helps=helps
    )


# --- calls ------------------------------------------------------------------------------------


def _call(rows: Rows, expression: tree.Call) -> Typed | None:
    function = _function(rows, expression)
    if function is None:
        for argument in expression.arguments:
            type_expression(rows, argument.value)
        return None
    if function.aggregate and not rows.aggregates:
        words = f"`{function.keyword}` looks at all rows; it stands in `expect` only"
        rows.context.report(WrongOperand, words, rows.module.place(expression))
        return None
    order = _in_order(rows, function, expression)
    if order is None:
        return None
    inner = replace(rows, aggregates=False) if function.aggregate else rows
    typed = [_argument(inner, function, parameter, node) for parameter, node in order]
    if any(each is None for each in typed):
        return None
    nodes = tuple(node if node is not None else expression for _, node in order)
    return _apply(rows, function.keyword, tuple(each for each in typed if each), nodes, expression)


def _function(rows: Rows, call: tree.Call) -> type[Function] | None:
    name = call.function
    function = catalogue.function(name.text) if isinstance(name, tree.Name) else None
    if function is not None and not function.operator:
        return function
    place = rows.module.place(name)
    written = name.text if isinstance(name, tree.Name) else rows.module.source.slice(name.span)
    known = [each.keyword for each in FUNCTIONS if not each.operator]
    rows.context.report(
        UnknownFunction,
        f"unknown function `{written}`",
        place,
        "no such function",
        helps=help_with_call(rows.module, call, known),
    )
    return None


def _in_order(
    rows: Rows, function: type[Function], expression: tree.Call
) -> list[tuple[Parameter, tree.Expression | None]] | None:
    """Arguments by parameter; the last parameter is repeated for functions with a rest."""
    by_name = {argument.name.text: argument for argument in expression.arguments if argument.name}
    positional = [argument for argument in expression.arguments if not argument.name]
    order: list[tuple[Parameter, tree.Expression | None]] = []
    for parameter in function.takes:
        if positional:
            order.append((parameter, positional.pop(0).value))
        elif parameter.name in by_name:
            order.append((parameter, by_name.pop(parameter.name).value))
        elif parameter.optional:
            order.append((parameter, None))
        else:
            _wrong_count(rows, function, expression)
            return None
    if function.rest is not None:
        order += [(Parameter(name="value", type=function.rest), each.value) for each in positional]
        positional = []
    if positional or by_name:
        _wrong_count(rows, function, expression)
        return None
    return order


def _wrong_count(rows: Rows, function: type[Function], expression: tree.Call) -> None:
    written = ", ".join(each.name + ("?" if each.optional else "") for each in function.takes)
    rows.context.report(
        WrongArguments,
        f"`{function.keyword}` takes ({written})",
        rows.module.place(expression),
        "other arguments are wanted",
        helps=(Help(function.page().split("Example:")[-1].strip()),) if "Example:" in function.page() else (),
    )


def _argument(
    rows: Rows, function: type[Function], parameter: Parameter, node: tree.Expression | None
) -> Typed | None:
    if node is None:
        return Typed(Constant(value=parameter.default), parameter.type)
    typed = type_expression(rows, node)
    if typed is None:
        return None
    if isinstance(typed.expression, Constant):
        fits = _good_constant(rows, function, parameter, node, typed.expression.value)
        return typed if fits else None
    if parameter.constant:
        words = f"`{parameter.name}` of `{function.keyword}` has to be known beforehand"
        rows.context.report(NotConstant, words, rows.module.place(node), "depends on the row")
        return None
    return typed


def _good_constant(
    rows: Rows, function: type[Function], parameter: Parameter, node: tree.Expression, value: Any
) -> bool:
    """Whether a constant is one that the function takes; a value of another type is told of later."""
    if parameter.name == "pattern":
        return _good_pattern(rows, node, value)
    if parameter.choices and isinstance(value, str):
        return _good_choice(rows, function, parameter, node, value)
    if parameter.usual and isinstance(value, str):
        _doubt(rows, function, parameter, node, value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _in_bounds(rows, function, parameter, node, value)
    return True


def _doubt(
    rows: Rows, function: type[Function], parameter: Parameter, node: tree.Expression, value: str
) -> None:
    """Warns of a constant that is nearly a usual one; any other is somebody's own."""
    place = rows.module.place(node)
    usual = set(parameter.usual)
    near = nearest_one(place, value, parameter.usual) if value and value.lower() not in usual else ()
    if near:
        words = f'`{parameter.name}` of `{function.keyword}` is "{value}", which looks mistyped'
        helps = tuple(replace(each, edits=quoted(each)) for each in near)
        rows.context.report(UnusualTag, words, place, "taken letter for letter", helps=helps)


def _good_choice(
    rows: Rows, function: type[Function], parameter: Parameter, node: tree.Expression, value: str
) -> bool:
    place = rows.module.place(node)
    if value in parameter.choices or (not value and parameter.default == ""):
        return True
    nearest = nearest_one(place, value, parameter.choices)
    near = tuple(replace(each, edits=quoted(each)) for each in nearest)
    if parameter.pattern and not (near and value.isalpha()):
        return _good_pattern(rows, node, value)
    words = f'`{parameter.name}` of `{function.keyword}` is never "{value}"'
    known = ", ".join(f'"{each}"' for each in parameter.choices)
    rows.context.report(
        NotAChoice, words, place, "none of the choices", notes=(f"the choices: {known}",), helps=near
    )
    return False


def quoted(help_: Help) -> tuple[Edit, ...]:
    """The edits of a help that writes a name, for a place where it is a text."""
    return tuple(replace(edit, text=f'"{edit.text}"') for edit in help_.edits)


def _in_bounds(
    rows: Rows, function: type[Function], parameter: Parameter, node: tree.Expression, value: float
) -> bool:
    low, high = parameter.low, parameter.high
    if (low is None or value >= low) and (high is None or value <= high):
        return True
    bounds = "..".join("" if each is None else f"{each:g}" for each in (low, high))
    words = f"`{parameter.name}` of `{function.keyword}` takes a number in {bounds}, found {value:g}"
    rows.context.report(OutOfRange, words, rows.module.place(node), "outside its range")
    return False


def _apply(
    rows: Rows,
    keyword: str,
    arguments: tuple[Typed, ...],
    nodes: tuple[tree.Expression, ...],
    whole: tree.Expression,
) -> Typed | None:
    function = catalogue.function(keyword)
    assert function is not None, keyword
    for parameter, argument, node in zip(function.takes, arguments, nodes, strict=False):
        if not argument.type.fits(parameter.type):
            _wrong_argument(rows, function, parameter, argument.type, node, whole)
            return None
    result = function.result(tuple(each.type for each in arguments))
    if result is None:
        _no_result(rows, function, arguments, whole)
        return None
    return Typed(Call(function=keyword, arguments=tuple(each.expression for each in arguments)), result)


def _wrong_argument(
    rows: Rows,
    function: type[Function],
    parameter: Parameter,
    found: Type,
    node: tree.Expression,
    whole: tree.Expression,
) -> None:
    written = rows.module.source.slice(node.span)
    title = f"`{function.operator or function.keyword}`"
    wanted = "a number" if parameter.type == FLOAT else f"`{parameter.type.without_null()}`"
    rows.context.report(
        WrongOperand,
        f"{title} takes {wanted}, `{written}` is of type `{found.without_null()}`",
        rows.module.place(node),
        f"of type `{found}`",
        helps=help_with_operand(rows.module, whole, node, function.keyword, found),
    )


def _no_result(
    rows: Rows, function: type[Function], arguments: tuple[Typed, ...], whole: tree.Expression
) -> None:
    types = " and ".join(f"`{each.type.without_null()}`" for each in arguments)
    rows.context.report(
        WrongOperand,
        f"`{function.operator or function.keyword}` does not work on {types}",
        rows.module.place(whole),
        f"{types} do not go together",
        helps=_literal_help(rows, arguments, whole),
    )


def _literal_help(rows: Rows, arguments: tuple[Typed, ...], whole: tree.Expression) -> tuple[Help, ...]:
    """What to write where a text stands beside a number or a date."""
    if not isinstance(whole, tree.Binary):
        return ()
    kinds = {each.type.kind for each in arguments}
    for node in (whole.left, whole.right):
        if isinstance(node, tree.Text) and kinds & {Kind.INT, Kind.FLOAT} and number_value(node.value):
            return (fix(rows.module.place(node), node.value, f"`{node.value}` without quotes is a number"),)
        if isinstance(node, tree.Text) and Kind.DATE in kinds:
            return (Help('a date is written `"2024-05-31"`, year, month, day'),)
    return ()


# --- patterns -----------------------------------------------------------------------------------

_LOOKS = re.compile(r"\(\?(?:[=!]|<[=!])")
_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")


def _good_pattern(rows: Rows, node: tree.Expression, pattern: Any) -> bool:
    problem = pattern_problem(pattern)
    if problem:
        rows.context.report(
            BadPattern, f"this pattern cannot run: {problem}", rows.module.place(node), problem
        )
    return not problem


def _stand_in(match: re.Match[str]) -> str:
    """What Python has in the place of a class or flag that only Rust has."""
    if match[0].startswith("[["):
        return "["
    return "" if match[0].startswith("(?") else r"\w"


def pattern_problem(pattern: Any) -> str:
    """What is wrong with a regular expression, empty when nothing is known to be.

    The engine is Rust's; Python's parser stands in for what both refuse.
    """
    if not isinstance(pattern, str):
        return "a pattern is text"
    if _LOOKS.search(pattern):
        return "look-ahead and look-behind are not in the syntax"
    if _BACK_REFERENCE.search(pattern):
        return "back-references are not in the syntax"
    try:
        re.compile(
            re.sub(
                r"\\[pP](\{\w+\}|\w)|\(\?[imsuxU-]+\)|\[\[:\^?\w+:\]",
                _stand_in,
                pattern,
            )
        )
    except (re.error, OverflowError) as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    except ValueError:  # a number of thousands of digits
        return "the repetition number is too large"
    return ""
