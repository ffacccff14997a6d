"""Evaluates a checked expression over one row, with the meaning that it has in the data engine.

Rewards and metrics read a few columns of a row, mostly as they are; this covers that and the common
functions, without loading the data engine beside a training. Null in gives null out, except where
the function's page says otherwise.
"""

from __future__ import annotations

import functools
import json
import math
import operator
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from recipedsl.diagnostics import Bug, Diagnostic, Help, RecipeError, nearest
from recipedsl.diagnostics.codes.run_scores import FunctionUnavailable, RowValueUnusable
from recipedsl.language.expressions import Call, Column, Constant
from recipedsl.runtime.scores.patterns import compile_pattern, search, substitute

Row = Mapping[str, Any]
AnyExpression = Column | Constant | Call

#: Python alone takes the separators of ASCII for spaces; words are not told by them.
_NO_SPACES = dict.fromkeys(range(0x1C, 0x20), "x")


def evaluate(expression: AnyExpression, row: Row) -> Any:
    """The value of an expression for a row; None is null.

    Raises:
        RecipeError: the expression calls a function that only the data engine has, or one that
            does not take the values of this row.
    """
    match expression:
        case Column(name=name):
            if name not in row:
                raise Bug(f"a row has no column `{name}`; it has {sorted(row)}")
            return row[name]
        case Constant(value=value, type=kind):
            return date.fromisoformat(str(value)) if kind == "date" else value
    return _call(expression, row)


def _call(call: Call, row: Row) -> Any:
    if call.function in _LAZY:
        return _LAZY[call.function](call, row)
    function = FUNCTIONS.get(call.function)
    if function is None:
        raise _unavailable(call.function)
    arguments = [evaluate(each, row) for each in call.arguments]
    if call.function not in _TAKES_NULL and any(each is None for each in arguments):
        return None
    try:
        return function(*arguments, **call.settings)
    except (TypeError, ValueError, AttributeError, ArithmeticError) as problem:
        raise _refused(call.function, problem) from None


def _unavailable(name: str) -> RecipeError:
    known = nearest(name, FUNCTIONS)
    help_ = f"`derive` in the pipeline can compute a column with `{name}`, which the score then reads"
    notes = (f"the nearest one that is available is `{known}`",) if known else ()
    message = f"`{name}` is not available inside a reward or metric"
    return RecipeError(Diagnostic(FunctionUnavailable, message, notes=notes, helps=(Help(help_),)))


def _refused(name: str, problem: Exception) -> RecipeError:
    message = f"`{name}` does not take the values of a row"
    return RecipeError(Diagnostic(RowValueUnusable, message, notes=(f"{type(problem).__name__}: {problem}",)))


# --- functions that do not need all their arguments -----------------------------------------------------


def _if(call: Call, row: Row) -> Any:
    condition, then, otherwise = call.arguments
    return evaluate(then if evaluate(condition, row) else otherwise, row)


def _coalesce(call: Call, row: Row) -> Any:
    values = (evaluate(each, row) for each in call.arguments)
    return next((each for each in values if each is not None), None)


def _and(call: Call, row: Row) -> bool | None:
    values = [evaluate(each, row) for each in call.arguments]
    return False if False in values else (None if None in values else True)


def _or(call: Call, row: Row) -> bool | None:
    values = [evaluate(each, row) for each in call.arguments]
    return True if True in values else (None if None in values else False)


_LAZY: dict[str, Callable[[Call, Row], Any]] = {"if": _if, "coalesce": _coalesce, "and": _and, "or": _or}
#: Functions that give a value for null; the rest give null.
_TAKES_NULL = frozenset({"is_null", "is_not_null", "between", "min", "max"})


# --- the others -----------------------------------------------------------------------------------------


def _between(value: Any, low: Any, high: Any) -> bool | None:
    if value is None:
        return None
    return (low is None or value >= low) and (high is None or value <= high)


def _is_in(value: Any, items: Any) -> bool:
    return any(each is not None and each == value for each in items)


def _divide(left: float, right: float) -> float | None:
    return left / right if right else None


def _modulo(left: float, right: float) -> float | None:
    return left % right if right else None


def _extract(text: str, pattern: str, group: int | None = None) -> str | None:
    found = search(pattern, text)
    if found is None:
        return None
    part: str | None = found[(1 if compile_pattern(pattern).groups else 0) if group is None else group]
    return part


def _slice_text(text: str, start: int, length: int | None = None) -> str:
    first = max(0, len(text) + start) if start < 0 else start
    return text[first:] if length is None else text[first : first + length]


def _contains_any(text: str, parts: tuple[str, ...], ignore_case: bool = False) -> bool:
    where = text.lower() if ignore_case else text
    return any((each.lower() if ignore_case else each) in where for each in parts)


def _round(value: float, digits: int = 0) -> float:
    """Halves away from zero, as the data engine does."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _number(text: Any) -> float | None:
    try:
        value = float(str(text).strip().replace("_", "x"))  # Python alone reads 1_000 as a number
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _extreme(best: Callable[..., Any]) -> Callable[..., Any]:
    def among(*values: Any) -> Any:
        there = [each for each in values if each is not None]
        return best(there) if there else None

    return among


def _item(place: int) -> Callable[[list[Any]], Any]:
    return lambda items: items[place] if items else None


def _of_message(key: str) -> Callable[[list[dict[str, Any]], int], Any]:
    def part(messages: list[dict[str, Any]], index: int) -> Any:
        return messages[index][key] if -len(messages) <= index < len(messages) else None

    return part


def _json_ok(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _text_of(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "not": operator.not_,
    "in": _is_in,
    "not_in": lambda value, items: not _is_in(value, items),
    "between": _between,
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _divide,
    "modulo": _modulo,
    "negate": operator.neg,
    "is_null": lambda value: value is None,
    "is_not_null": lambda value: value is not None,
    "chars": len,
    "words": lambda text: len(text.translate(_NO_SPACES).split()),
    "lines": lambda text: text.count("\n") + (not text.endswith("\n") if text else 0),
    "bytes": lambda text: len(text.encode()),
    "lower": str.lower,
    "upper": str.upper,
    "trim": str.strip,
    "contains": lambda text, part: part in text,
    "contains_any": _contains_any,
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
    "matches": lambda text, pattern: search(pattern, text) is not None,
    "replace": lambda text, pattern, new: substitute(pattern, new, text),
    "extract": _extract,
    "split": lambda text, separator: text.split(separator) if separator else list(text),
    "slice_text": _slice_text,
    "join": lambda items, separator="": separator.join(each for each in items if each is not None),
    "text": _text_of,
    "length": len,
    "first": _item(0),
    "last": _item(-1),
    "any": any,
    "all": all,
    "turns": len,
    "role": _of_message("role"),
    "content": _of_message("content"),
    "json_ok": _json_ok,
    "number": _number,
    "ratio": lambda part, whole: part / whole if whole else 0.0,
    "round": _round,
    "abs": abs,
    "floor": math.floor,
    "min": _extreme(min),
    "max": _extreme(max),
}


def require_available(expression: AnyExpression) -> None:
    """Refuses an expression with a function that is not available, before any answer is written.

    Raises:
        RecipeError: it has one.
    """
    if not isinstance(expression, Call):
        return
    if expression.function not in FUNCTIONS and expression.function not in _LAZY:
        raise _unavailable(expression.function)
    for each in expression.arguments:
        require_available(each)


@functools.singledispatch
def as_text(value: Any) -> str:
    """A row's value as text: texts and plain numbers.

    Raises:
        RecipeError: it is a list, a record or a date.
    """
    kind = type(value).__name__
    message = "a score needs a text and a row has something else"
    raise RecipeError(
        Diagnostic(RowValueUnusable, message, notes=(f"the value is a {kind}: {str(value)[:100]}",))
    )


as_text.register(str, lambda value: value)
as_text.register(bool, _text_of)
as_text.register(int, str)
as_text.register(float, lambda value: str(int(value)) if value.is_integer() else str(value))
