"""Checked expressions as a person would write them, for what is told of rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from recipedsl.language.expressions import Call, Column, Constant, Expression
from recipedsl.language.functions.catalogue import BY_KEYWORD
from recipedsl.language.values import SUFFIXES

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: How strongly operators bind, weakest first; calls, names and numbers bind strongest.
_BINDING = (
    {"or"},
    {"and"},
    {"not"},
    {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "in", "not_in", "between"},
    {"add", "subtract"},
    {"multiply", "divide", "modulo"},
    {"negate"},
)
_LEVEL = {function: level for level, functions in enumerate(_BINDING) for function in functions}
_COMPARISON, _TIGHTEST = 3, len(_BINDING)

_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
_NUMBER = re.compile(r"(?<!\w)(?<!\w\.)(\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)([A-Za-z]+|%)?")
_FACTORS = {suffix: factor for each in SUFFIXES.values() for suffix, factor in each.items()}


def shown(value: Any) -> str:
    """A value that was computed from rows, as people read it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def spelled(expression: Expression, text: str = "") -> str:
    """An expression about as a person would write it.

    Args:
        expression: to be told.
        text: what was written: a number that stands in it is spelled as it is there (`8k`).
    """
    return _spelled(expression, _numbers(text))


def _spelled(expression: Expression, numbers: Mapping[float, str]) -> str:
    match expression:
        case Column(name=name):
            return name if _NAME.fullmatch(name) else f"`{name}`"
        case Constant(value=value):
            return _constant(value, numbers)
        case Call():
            return _call(expression, numbers)


def _call(call: Call, numbers: Mapping[float, str]) -> str:
    known = BY_KEYWORD.get(call.function)
    operator = known.operator if known else ""
    if call.function in _LEVEL:
        return _operation(call, operator, numbers)
    if operator == ".":
        return f"{_operand(call, 0, numbers)}.{call.settings['name']}"
    if operator == "[]":
        return f"{_operand(call, 0, numbers)}[{call.settings['index']}]"
    parts = [_spelled(each, numbers) for each in _given(call)]
    parts += [f"{name} = {_constant(value, numbers)}" for name, value in call.settings.items()]
    return f"{call.function}({', '.join(parts)})"


def _given(call: Call) -> tuple[Expression, ...]:
    """Its arguments without those at the end that nobody has to write."""
    takes = BY_KEYWORD[call.function].takes if call.function in BY_KEYWORD else ()
    given = call.arguments
    while given and len(given) <= len(takes) and takes[len(given) - 1].optional:
        if given[-1] != Constant(value=takes[len(given) - 1].default):
            break
        given = given[:-1]
    return given


def _operation(call: Call, operator: str, numbers: Mapping[float, str]) -> str:
    parts = [_operand(call, place, numbers) for place in range(len(call.arguments))]
    if operator == "..":
        return f"{parts[0]} in {parts[1]}..{parts[2]}"
    if len(parts) == 1:
        return f"{operator} {parts[0]}" if operator.isalpha() else f"{operator}{parts[0]}"
    return f" {operator} ".join(parts)


def _operand(call: Call, place: int, numbers: Mapping[float, str]) -> str:
    """An argument of an operator, in brackets where it binds less; an open end of a range is nothing."""
    each = call.arguments[place]
    if call.function == "between" and place and each == Constant(value=None):
        return ""
    own = _LEVEL.get(call.function, _TIGHTEST)
    # What stands behind an operator of the same strength, and comparisons, which do not chain.
    is_behind = place > 0 and call.function not in ("and", "or")
    level = _LEVEL.get(each.function, _TIGHTEST) if isinstance(each, Call) else _TIGHTEST
    needs = level < own or (level == own and (is_behind or own == _COMPARISON))
    return f"({_spelled(each, numbers)})" if needs else _spelled(each, numbers)


def _constant(value: Any, numbers: Mapping[float, str]) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_constant(each, numbers) for each in value) + "]"
    words = {None: "none", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    return _text(value) if isinstance(value, str) else numbers.get(value, str(value))


def _text(value: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(escapes.get(each, each) for each in value) + '"'


@lru_cache(maxsize=64)
def _numbers(text: str) -> Mapping[float, str]:
    """The numbers in a piece of a recipe by their value; of two spellings of one the first."""
    found: dict[float, str] = {}
    for each in _NUMBER.finditer(_STRING.sub('""', text)):
        factor = _FACTORS.get(each[2] or "")
        if factor is not None:
            found.setdefault(float(each[1]) * factor, each[0])
    return found
