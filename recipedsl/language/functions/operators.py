"""Operators: functions with a spelling of their own."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.functions.base import LIST, RECORD, Function, Parameter, arithmetic, widest
from recipedsl.language.types import ANY, BOOL, FLOAT, Kind, Type, common
from recipedsl.language.values import text, whole

_LEFT = Parameter(name="left", type=ANY)
_RIGHT = Parameter(name="right", type=ANY)
_NUMBERS = (Parameter(name="left", type=FLOAT), Parameter(name="right", type=FLOAT))
_TRUTHS = (Parameter(name="left", type=BOOL), Parameter(name="right", type=BOOL))
_ORDERED = frozenset({Kind.TEXT, Kind.CHOICE, Kind.INT, Kind.FLOAT, Kind.DATE, Kind.ANY})


def _either(result: Type, types: tuple[Type, ...]) -> Type:
    """The result, null allowed when an argument may be null."""
    return result.or_null() if any(each.nullable for each in types) else result


class _Comparison(Function):
    """Base of comparisons: two values of one type."""

    takes: ClassVar[tuple[Parameter, ...]] = (_LEFT, _RIGHT)
    gives: ClassVar[Type | None] = BOOL

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return _either(BOOL, types) if widest(types) else None


class _Order(_Comparison):
    """Base of comparisons by order: numbers, dates, or texts by code point."""

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return super().result(types) if all(each.kind in _ORDERED for each in types) else None


class Equal(_Comparison):
    """Whether two values are the same.

    Null: null; compare with `none` to ask for null itself.

    Example: `language == "python"`
    """

    keyword: ClassVar[str] = "equal"
    operator: ClassVar[str] = "=="


class NotEqual(_Comparison):
    """Whether two values differ.

    Null: null; compare with `none` to ask for null itself.

    Example: `chosen != rejected`
    """

    keyword: ClassVar[str] = "not_equal"
    operator: ClassVar[str] = "!="


class Less(_Order):
    """Whether the left value comes before the right one.

    Null: null.

    Example: `score < 0.5`
    """

    keyword: ClassVar[str] = "less"
    operator: ClassVar[str] = "<"


class LessEqual(_Order):
    """Whether the left value comes before the right one or is the same.

    Null: null.

    Example: `score <= 0.5`
    """

    keyword: ClassVar[str] = "less_equal"
    operator: ClassVar[str] = "<="


class Greater(_Order):
    """Whether the left value comes after the right one.

    Null: null.

    Example: `score > 0.5`
    """

    keyword: ClassVar[str] = "greater"
    operator: ClassVar[str] = ">"


class GreaterEqual(_Order):
    """Whether the left value comes after the right one or is the same.

    Null: null.

    Example: `score >= 0.5`
    """

    keyword: ClassVar[str] = "greater_equal"
    operator: ClassVar[str] = ">="


class And(Function):
    """Whether both hold.

    Null: null, unless the other side is false.

    Example: `score > 0.5 and language == "python"`
    """

    keyword: ClassVar[str] = "and"
    takes: ClassVar[tuple[Parameter, ...]] = _TRUTHS
    gives: ClassVar[Type | None] = BOOL
    operator: ClassVar[str] = "and"


class Or(Function):
    """Whether at least one holds.

    Null: null, unless the other side is true.

    Example: `score > 0.5 or language == "python"`
    """

    keyword: ClassVar[str] = "or"
    takes: ClassVar[tuple[Parameter, ...]] = _TRUTHS
    gives: ClassVar[Type | None] = BOOL
    operator: ClassVar[str] = "or"


class Not(Function):
    """Whether something does not hold.

    Null: null.

    Example: `not contains(answer, "TODO")`
    """

    keyword: ClassVar[str] = "not"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="value", type=BOOL),)
    gives: ClassVar[Type | None] = BOOL
    operator: ClassVar[str] = "not"


class In(Function):
    """Whether a value is one of a list.

    Null: null for a null value or list; a null inside the list is never found.

    Example: `language in ["python", "sql"]`
    """

    keyword: ClassVar[str] = "in"
    takes: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="value", type=ANY),
        Parameter(name="list", type=Type(Kind.LIST)),
    )
    gives: ClassVar[Type | None] = BOOL
    operator: ClassVar[str] = "in"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        value, items = types
        fits = items.kind is Kind.ANY or common(value, items.item or ANY) is not None
        return _either(BOOL, types) if fits else None


class NotIn(In):
    """Whether a value is none of a list.

    Null: null for a null value or list; a null inside the list is never found.

    Example: `language not in ["python", "sql"]`
    """

    keyword: ClassVar[str] = "not_in"
    operator: ClassVar[str] = "not in"


class Between(Function):
    """Whether a value lies in a range, both ends included; an open end holds for all.

    Null: null for a null value.

    Example: `chars(answer) in 40..8k`
    """

    keyword: ClassVar[str] = "between"
    takes: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="value", type=ANY),
        Parameter(name="low", type=ANY),
        Parameter(name="high", type=ANY),
    )
    gives: ClassVar[Type | None] = BOOL
    operator: ClassVar[str] = ".."

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        comparable = all(each.kind in _ORDERED for each in types) and widest(types)
        return _either(BOOL, types[:1]) if comparable else None


class _Arithmetic(Function):
    """Base of arithmetic on two numbers."""

    takes: ClassVar[tuple[Parameter, ...]] = _NUMBERS

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return arithmetic(types)


class Add(_Arithmetic):
    """The sum of two numbers, or one text behind another.

    Null: null; `coalesce(input, "")` keeps the rest of a text.

    Example: `question + "\\n" + coalesce(input, "")`
    """

    keyword: ClassVar[str] = "add"
    takes: ClassVar[tuple[Parameter, ...]] = (_LEFT, _RIGHT)
    operator: ClassVar[str] = "+"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        if all(each.is_text or each.kind is Kind.ANY for each in types):
            return _either(Type(Kind.TEXT), types)
        return arithmetic(types)


class Subtract(_Arithmetic):
    """The difference of two numbers.

    Null: null.

    Example: `chosen_score - rejected_score > 0.2`
    """

    keyword: ClassVar[str] = "subtract"
    operator: ClassVar[str] = "-"


class Multiply(_Arithmetic):
    """The product of two numbers.

    Null: null.

    Example: `score * 10`
    """

    keyword: ClassVar[str] = "multiply"
    operator: ClassVar[str] = "*"


class Divide(_Arithmetic):
    """The quotient of two numbers, always with decimals.

    Null: null, also for division by zero; `ratio` gives 0 there.

    Example: `chars(answer) / chars(question) > 2`
    """

    keyword: ClassVar[str] = "divide"
    operator: ClassVar[str] = "/"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return FLOAT.or_null() if arithmetic(types) else None


class Modulo(_Arithmetic):
    """The rest of a division, with the sign of the right number.

    Null: null, also for division by zero.

    Example: `id % 10 == 0`
    """

    keyword: ClassVar[str] = "modulo"
    operator: ClassVar[str] = "%"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        result = arithmetic(types)
        return result.or_null() if result else None


class Negate(_Arithmetic):
    """A number with the other sign.

    Null: null.

    Example: `-score > 0.5`
    """

    keyword: ClassVar[str] = "negate"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="value", type=FLOAT),)
    operator: ClassVar[str] = "-"


class FieldOf(Function):
    """A part of a record.

    Of a value whose type is not known, which is kept as JSON text, the part of that name is taken.

    Null: null, also when the record has null there.

    Example: `source.license == "mit"`
    """

    keyword: ClassVar[str] = "field"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="record", type=RECORD),)
    gives: ClassVar[Type | None] = ANY  # the semantics know the record's parts, and narrow it
    operator: ClassVar[str] = "."

    name: str = setting(text(), "Name of the part.")


class ItemOf(Function):
    """An item of a list; 0 is the first, -1 the last.

    Of a value whose type is not known, which is kept as JSON text, the item at that place is taken.

    Null: null, also when the list is too short.

    Example: `tags[0] == "math"`
    """

    keyword: ClassVar[str] = "item"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="list", type=LIST),)
    gives: ClassVar[Type | None] = None
    operator: ClassVar[str] = "[]"

    index: int = setting(whole(), "Place of the item; negative places count from the end.")

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return (types[0].item or ANY).or_null()
