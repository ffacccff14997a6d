"""What a condition proves about nulls: rows for which it holds have values in the columns that it needs.

Null counts as false, so `where score > 0.5` leaves no row without a score.
"""

from __future__ import annotations

from recipedsl.language import catalogue
from recipedsl.language.expressions import Call, Column
from recipedsl.language.types import Kind, RowType
from recipedsl.semantics.recipe import RowExpression


def narrowed(row: RowType, condition: RowExpression) -> RowType:
    """The row type of the rows for which a condition holds."""
    proven = _held(condition)
    types = {each.name: each.type for each in row.columns if each.name in proven}
    # Of a column of unknown type nothing more is known by that.
    known = {name: type_.without_null() for name, type_ in types.items() if type_.kind is not Kind.ANY}
    return row.with_columns(known)


def _held(condition: RowExpression) -> frozenset[str]:
    """Columns that have a value where a condition holds."""
    if not isinstance(condition, Call):
        return _needed(condition)
    parts = [_held(each) for each in condition.arguments]
    if condition.function == "and":
        return frozenset().union(*parts)
    if condition.function == "or":
        return frozenset.intersection(*parts)
    inner = condition.arguments[0] if condition.arguments else None
    if condition.function == "is_not_null" and inner is not None:
        return _needed(inner)
    if condition.function == "not" and isinstance(inner, Call) and inner.function == "is_null":
        return _needed(inner.arguments[0])
    return _needed(condition)


def _needed(expression: RowExpression) -> frozenset[str]:
    """Columns that have a value wherever an expression has one."""
    if isinstance(expression, Column):
        return frozenset((expression.name,))
    if not isinstance(expression, Call) or expression.function in ("and", "or"):
        return frozenset()
    function = catalogue.function(expression.function)
    if function is None or function.null != "null" or function.aggregate:
        return frozenset()
    return frozenset().union(*(_needed(each) for each in expression.arguments))
