"""What expressions cost, by which is decided in which order and for which rows they are asked."""

from __future__ import annotations

from recipedsl.language.expressions import Call, Expression

#: Functions by what they cost for a text of some hundred characters (measured: nanoseconds a row, their
#: decimal logarithm); what is not named costs as much as a search.
_COSTS: dict[str, int] = {
    **dict.fromkeys(("equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "between"), 0),
    **dict.fromkeys(("and", "or", "not", "in", "not_in", "is_null", "is_not_null", "coalesce", "if"), 0),
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "negate", "field", "item", "turns", "role"), 0),
    **dict.fromkeys(("bytes", "length"), 0),
    **dict.fromkeys(("chars", "contains", "starts_with", "ends_with"), 1),
    **dict.fromkeys(("matches", "trim"), 2),
    **dict.fromkeys(("share_of", "repeats", "hash", "json_ok"), 4),
}

_DEAR = 3  # from here on a function may be one in Python


def cost(expression: Expression) -> int:
    """About how long an expression takes, in steps of ten: what reads a text costs by its length."""
    if not isinstance(expression, Call):
        return 0
    own = _COSTS.get(expression.function, 3)
    return max(own, *map(cost, expression.arguments)) if expression.arguments else own


def is_dear(expression: Expression) -> bool:
    """Whether it pays to ask only for the rows that are needed, which costs some nanoseconds a row."""
    return cost(expression) >= _DEAR
