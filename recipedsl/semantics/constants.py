"""Expressions that are known before any row is read: params, lets, numbers with units, lists, maps."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from math import isclose, isfinite
from typing import Any

from recipedsl.diagnostics import Applicability, Help, nearest
from recipedsl.diagnostics.codes.names import DuplicateSetting
from recipedsl.diagnostics.codes.types import NotConstant, OutOfRange, WrongOperand, WrongUnit
from recipedsl.language.values import SUFFIXES, Unit
from recipedsl.semantics.context import Context, Declared, Module, fix
from recipedsl.semantics.params import param_value
from recipedsl.semantics.recipe import Place
from recipedsl.semantics.scope import lookup, names, unknown_reference
from recipedsl.semantics.values import (
    MOST_WEIGHT,
    NOTHING,
    UNKNOWN,
    Sort,
    Value,
    is_too_large,
    list_value,
    map_value,
    number_value,
    text_value,
)
from recipedsl.syntax import tree


def constant(context: Context, module: Module, expression: tree.Expression) -> Value:
    """Value of an expression without rows; `UNKNOWN` after a problem was reported."""
    match expression:
        case tree.Number():
            return _number(context, module, expression)
        case tree.Text():
            return text_value(expression.value, expression.raw)
        case tree.Flag():
            return Value(Sort.FLAG, expression.value)
        case tree.Nothing():
            return NOTHING
        case tree.Group():
            return constant(context, module, expression.inner)
        case tree.ListOf():
            return _list(context, module, expression)
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
            return _no_value(context, module, expression)


def _no_value(context: Context, module: Module, expression: tree.Expression) -> Value:
    """Report what stands where a value is wanted and is none."""
    words = _NO_VALUES.get(type(expression), "a value that is known beforehand is wanted here")
    helps: tuple[Help, ...] = ()
    if isinstance(expression, tree.Call) and module.source.slice(expression.function.span) == "env":
        words = "`env` gives a secret, and nothing else comes from the environment"
        helps = (Help('`param token: secret = env("HF_TOKEN")`, or a param that `--set` gives'),)
    context.report(NotConstant, words, module.place(expression), helps=helps)
    return UNKNOWN


_NO_VALUES: dict[type, str] = {
    tree.Range: "a range is no value; it stands behind `in`, as in `chars(answer) in 40..8k`",
    tree.Nested: "a pipeline gives rows, a single value is wanted here",
}


def _number(context: Context, module: Module, expression: tree.Number) -> Value:
    value = number_value(expression.text)
    place = module.place(expression)
    if value is not None:
        return value if _of_size(context, place, value) else UNKNOWN
    suffix = expression.text.lstrip("0123456789._")
    known = [each for suffixes in SUFFIXES.values() for each in suffixes if each]
    best = nearest(suffix, known)
    meant = f"{expression.text.removesuffix(suffix)}{best}"
    context.report(
        WrongUnit,
        f"`{expression.text}` has the unknown unit `{suffix}`",
        place,
        "no such unit",
        helps=(fix(place, meant, f"a similar unit exists: `{meant}`", Applicability.UNSAFE),) if best else (),
        notes=("units: " + " ".join(known),),
    )
    return UNKNOWN


def _of_size(context: Context, place: Place, value: Value) -> bool:
    """Whether a value is of a size that can be worked with; reports one that is not."""
    if value.sort is Sort.NUMBER and is_too_large(value.data):
        words = f"the number {_shortened(value.written)} is too large".replace("  ", " ")
    elif value.weight > MOST_WEIGHT:
        words = f"the value holds more than {MOST_WEIGHT:,} characters or items"
    else:
        return True
    context.report(OutOfRange, words, place, "too large")
    return False


def _shortened(written: str) -> str:
    return f"`{written}`" if 0 < len(written) <= 20 else ""


def _list(context: Context, module: Module, expression: tree.ListOf) -> Value:
    items = [constant(context, module, each) for each in expression.items]
    # What is wrong with an item was said there; nothing is to be said of the list.
    if any(each.sort is Sort.UNKNOWN for each in items):
        return UNKNOWN
    found = list_value(items)
    return found if _of_size(context, module.place(expression), found) else UNKNOWN


def _map(context: Context, module: Module, expression: tree.MapOf) -> Value:
    entries: dict[str, Value] = {}
    for entry in expression.entries:
        key = map_key(entry.key)
        if key in entries:
            context.report(
                DuplicateSetting, f"`{key}` is written twice", module.place(entry.key), "again here"
            )
        entries[key] = constant(context, module, entry.value)
    if any(each.sort is Sort.UNKNOWN for each in entries.values()):
        return UNKNOWN
    found = map_value(entries)
    return found if _of_size(context, module.place(expression), found) else UNKNOWN


def map_key(key: tree.Name | tree.Text | tree.Number) -> str:
    """The key of a map entry as text."""
    return key.value if isinstance(key, tree.Text) else key.text


# --- names ------------------------------------------------------------------------------------


def _named(context: Context, module: Module, expression: tree.Name | tree.Member) -> Value:
    found = lookup(module, expression)
    if found is None:
        unknown_reference(context, module, expression, names(module, "param", "let"))
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
    if name in context.looped:
        return UNKNOWN
    if name not in context.values:
        with context.computing(name):
            context.values[name] = _compute(context, declared)
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
        return replace(value, data=-value.data, written=f"-{value.written}" if value.written else "")
    if expression.operator.text == "not" and value.sort is Sort.FLAG:
        return Value(Sort.FLAG, not value.data)
    words = f"`{expression.operator.text}` does not work on {value.describe()}"
    context.report(WrongOperand, words, module.place(expression.operand))
    return UNKNOWN


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


def _binary(context: Context, module: Module, expression: tree.Binary) -> Value:
    left = constant(context, module, expression.left)
    right = constant(context, module, expression.right)
    if Sort.UNKNOWN in (left.sort, right.sort):
        return UNKNOWN
    sign = expression.operator.text
    if sign == "+" and left.sort is right.sort and left.sort in _JOINED:
        return _join(context, module, expression, left, right)
    if sign in _ARITHMETIC and left.sort is Sort.NUMBER and right.sort is Sort.NUMBER:
        return _compute_number(context, module, expression, left, right)
    words = f"`{sign}` does not work on {left.describe()} and {right.describe()}"
    if sign == "==":
        words = "`==` compares, and a value is wanted here; a setting is written with `=`"
    context.report(WrongOperand, words, module.place(expression))
    return UNKNOWN


_JOINED: dict[Sort, Callable[[Any], Value]] = {Sort.TEXT: text_value, Sort.LIST: list_value}


def _join(context: Context, module: Module, expression: tree.Binary, left: Value, right: Value) -> Value:
    """Two texts or two lists, one behind the other; looked at before it is made."""
    if left.weight + right.weight > MOST_WEIGHT:
        _of_size(context, module.place(expression), Value(left.sort, None, weight=left.weight + right.weight))
        return UNKNOWN
    return _JOINED[left.sort](left.data + right.data)


def _compute_number(
    context: Context, module: Module, expression: tree.Binary, left: Value, right: Value
) -> Value:
    sign = expression.operator.text
    unit, is_share = _unit_of(sign, left, right)
    if unit is None:
        _mixed_units(context, module, expression, left, right)
        return UNKNOWN
    if sign in "/%" and right.data == 0:
        context.report(WrongOperand, "division by zero", module.place(expression.right))
        return UNKNOWN
    result = _ARITHMETIC[sign](left.data, right.data)
    if is_share:
        result = _share_of(result)
    whole = isinstance(result, float) and result.is_integer() and _are_whole(left.data, right.data)
    found = Value(Sort.NUMBER, int(result) if whole else result, unit, is_share=is_share)
    return found if _of_size(context, module.place(expression), found) else UNKNOWN


def _are_whole(*numbers: float) -> bool:
    return all(isinstance(each, int) for each in numbers)


def _share_of(result: float) -> float:
    """The share of a number, whole where it is but for the rounding of the share: 7% of 100 is 7."""
    if not isfinite(result):
        return result
    return round(result) if isclose(result, round(result), rel_tol=1e-12) else result


def _mixed_units(
    context: Context, module: Module, expression: tree.Binary, left: Value, right: Value
) -> None:
    sign = expression.operator.text
    words = f"{left.describe()} and {right.describe()} do not go together with `{sign}`"
    secondary = [(module.place(expression.left), left.describe())]
    helps: tuple[Help, ...] = ()
    bare, other = (left, right) if left.unit is Unit.NONE else (right, left)
    if bare.unit is Unit.NONE and sign in "+-" and bare.written.isdigit():
        units = [each for each in SUFFIXES[other.unit] if other.written.endswith(each)]
        unit = max(units, key=len, default=next(iter(SUFFIXES[other.unit])))
        helps = (Help(f"a plain number measures nothing: `{bare.written}{unit}`?"),)
    place = module.place(expression.right)
    context.report(WrongUnit, words, place, right.describe(), secondary=secondary, helps=helps)


def _unit_of(sign: str, left: Value, right: Value) -> tuple[Unit | None, bool]:
    """Unit of a result, None when there is none, and whether it may be a share as well.

    A sum keeps the unit of both, and so does the rest of a division; a product has that of one of them,
    a ratio of equals has none. A share is a share of something: `50% * 80GB`, `10s / 50%`.
    """
    units = {left.unit, right.unit}
    one, other = _alike(left, right.unit), _alike(right, left.unit)
    if sign in "+-" or (sign == "%" and right.unit is not Unit.NONE):
        return (one if one is other else None), left.is_share and right.is_share
    if sign == "%":
        return left.unit, False
    if sign == "*" and units == {Unit.SHARE, Unit.NONE}:
        return Unit.NONE, True
    is_share = left.is_share or (sign == "*" and right.is_share)
    if sign == "*" and units & {Unit.SHARE, Unit.NONE}:
        plain = left.unit in (Unit.SHARE, Unit.NONE)
        return (right.unit if plain else left.unit), is_share and units == {Unit.NONE}
    if sign == "/" and one is other:
        return Unit.NONE, is_share and right.unit is Unit.NONE
    return (left.unit, False) if sign == "/" and right.unit in (Unit.NONE, Unit.SHARE) else (None, False)


def _alike(value: Value, other: Unit) -> Unit:
    """Unit of a value beside one of another: what may be a share is one beside a share."""
    return Unit.SHARE if value.is_share and other is Unit.SHARE else value.unit
