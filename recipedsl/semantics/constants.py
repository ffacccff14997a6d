"""Expressions that are known before any row is read: params, lets, numbers with units, lists, maps."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from recipedsl.diagnostics.codes.names import Cycle
from recipedsl.diagnostics.codes.types import NotConstant, WrongOperand, WrongUnit
from recipedsl.language.values import SUFFIXES, Unit
from recipedsl.semantics.context import Context, Declared, Module, did_you_mean
from recipedsl.semantics.params import param_value
from recipedsl.semantics.scope import lookup, names
from recipedsl.semantics.values import NOTHING, UNKNOWN, Sort, Value, number_value
from recipedsl.syntax import tree


def constant(context: Context, module: Module, expression: tree.Expression) -> Value:
    """Value of an expression without rows; `UNKNOWN` after a problem was reported."""
    match expression:
        case tree.Number():
            return _number(context, module, expression)
        case tree.Text():
            return Value(Sort.TEXT, expression.value, written=expression.raw)
        case tree.Flag():
            return Value(Sort.FLAG, expression.value)
        case tree.Nothing():
            return NOTHING
        case tree.Group():
            return constant(context, module, expression.inner)
        case tree.ListOf():
            return Value(Sort.LIST, tuple(constant(context, module, each) for each in expression.items))
        case tree.MapOf():
            return _map(context, module, expression)
        case tree.Unary():
            return _unary(context, module, expression)
        case tree.Binary():
            return _binary(context, module, expression)
        case tree.Name() | tree.Member():
            return _named(context, module, expression)
        case tree.Broken():
            return UNKNOWN
        case _:
            context.report(
                NotConstant, "a value that is known beforehand is wanted here", module.place(expression)
            )
            return UNKNOWN


def _number(context: Context, module: Module, expression: tree.Number) -> Value:
    value = number_value(expression.text)
    if value is not None:
        return value
    place = module.place(expression)
    suffix = expression.text.lstrip("0123456789._")
    known = [each for suffixes in SUFFIXES.values() for each in suffixes if each]
    context.report(
        WrongUnit,
        f"`{expression.text}` has the unknown unit `{suffix}`",
        place,
        "no such unit",
        helps=did_you_mean(place, suffix, ()) or (),
        notes=("units: " + " ".join(known),),
    )
    return UNKNOWN


def _map(context: Context, module: Module, expression: tree.MapOf) -> Value:
    entries = {map_key(entry.key): constant(context, module, entry.value) for entry in expression.entries}
    return Value(Sort.MAP, entries)


def map_key(key: tree.Name | tree.Text | tree.Number) -> str:
    """The key of a map entry as text."""
    return key.value if isinstance(key, tree.Text) else key.text


# --- names ------------------------------------------------------------------------------------


def _named(context: Context, module: Module, expression: tree.Name | tree.Member) -> Value:
    found = lookup(module, expression)
    if found is None:
        name = expression if isinstance(expression, tree.Name) else expression.name
        context.unknown_name(module, name, names(module, "param", "let"))
        return UNKNOWN
    if found.kind not in ("param", "let"):
        words = f"`{found.name}` is {found.noun}, not a value"
        context.report(NotConstant, words, module.place(expression), "a value is wanted here")
        return UNKNOWN
    return value_of(context, found)


def value_of(context: Context, declared: Declared) -> Value:
    """Value of a param or let, computed once."""
    name = declared.full_name
    context.used.add(name)
    if name in context.values:
        return context.values[name]
    if name in context.open:
        loop = " -> ".join([*context.open[context.open.index(name) :], name])
        context.report(Cycle, f"`{declared.name}` needs itself: {loop}", declared.name_place)
        return UNKNOWN
    context.open.append(name)
    context.values[name] = _compute(context, declared)
    context.open.pop()
    return context.values[name]


def _compute(context: Context, declared: Declared) -> Value:
    node = declared.node
    if isinstance(node, tree.Let):
        return constant(context, declared.module, node.value)
    if isinstance(node, tree.Param):
        return param_value(context, declared, node, constant)
    return UNKNOWN


# --- arithmetic ---------------------------------------------------------------------------------


def _unary(context: Context, module: Module, expression: tree.Unary) -> Value:
    value = constant(context, module, expression.operand)
    if value.sort is Sort.UNKNOWN:
        return UNKNOWN
    if expression.operator.text == "-" and value.sort is Sort.NUMBER:
        return Value(Sort.NUMBER, -value.data, value.unit)
    if expression.operator.text == "not" and value.sort is Sort.FLAG:
        return Value(Sort.FLAG, not value.data)
    words = f"`{expression.operator.text}` does not work on {value.describe()}"
    context.report(WrongOperand, words, module.place(expression.operand))
    return UNKNOWN


def _divide(left: float, right: float) -> float:
    return left / right


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": operator.mod,
}


def _binary(context: Context, module: Module, expression: tree.Binary) -> Value:
    left = constant(context, module, expression.left)
    right = constant(context, module, expression.right)
    if Sort.UNKNOWN in (left.sort, right.sort):
        return UNKNOWN
    sign = expression.operator.text
    if sign == "+" and left.sort is Sort.TEXT and right.sort is Sort.TEXT:
        return Value(Sort.TEXT, left.data + right.data)
    if sign == "+" and left.sort is Sort.LIST and right.sort is Sort.LIST:
        return Value(Sort.LIST, left.data + right.data)
    if sign in _ARITHMETIC and left.sort is Sort.NUMBER and right.sort is Sort.NUMBER:
        return _compute_number(context, module, expression, left, right)
    words = f"`{sign}` does not work on {left.describe()} and {right.describe()}"
    context.report(WrongOperand, words, module.place(expression))
    return UNKNOWN


def _compute_number(
    context: Context, module: Module, expression: tree.Binary, left: Value, right: Value
) -> Value:
    sign = expression.operator.text
    unit = _unit_of(sign, left.unit, right.unit)
    if unit is None:
        words = f"{left.describe()} and {right.describe()} do not go together with `{sign}`"
        context.report(WrongUnit, words, module.place(expression))
        return UNKNOWN
    if sign in "/%" and right.data == 0:
        context.report(WrongOperand, "division by zero", module.place(expression.right))
        return UNKNOWN
    result = _ARITHMETIC[sign](left.data, right.data)
    whole = (
        isinstance(result, float)
        and result.is_integer()
        and isinstance(left.data, int)
        and isinstance(right.data, int)
    )
    return Value(Sort.NUMBER, int(result) if whole else result, unit)


def _unit_of(sign: str, left: Unit, right: Unit) -> Unit | None:
    """Unit of a result: a sum keeps the unit of both, a product one of them, a ratio of equals has none."""
    if sign in "+-":
        return left if left is right else None
    if Unit.NONE in (left, right) and not (sign == "/" and left is Unit.NONE and right is not Unit.NONE):
        return right if left is Unit.NONE else left
    if sign == "*" and Unit.SHARE in (left, right):
        return right if left is Unit.SHARE else left
    return Unit.NONE if sign == "/" and left is right else None
