"""Functions of numbers and dates."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter, arithmetic, is_plain
from recipedsl.language.types import ANY, DATE, FLOAT, INT, Kind, Type

_NUMBER = Parameter(name="number", type=FLOAT)
_DATE = Parameter(name="date", type=ANY)


class Ratio(Function):
    """A part divided by a whole; 0 where the whole is 0.

    Null: null.

    Example: `ratio(chars(answer), chars(question)) < 50`
    """

    keyword: ClassVar[str] = "ratio"
    takes: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="part", type=FLOAT),
        Parameter(name="whole", type=FLOAT),
    )
    gives: ClassVar[Type | None] = FLOAT


class Round(Function):
    """A number rounded to some decimals; halves go away from zero.

    Null: null.

    Example: `round(score, 1) == 0.5`
    """

    keyword: ClassVar[str] = "round"
    takes: ClassVar[tuple[Parameter, ...]] = (
        _NUMBER,
        Parameter(name="digits", type=INT, constant=True, optional=True, default=0),
    )
    gives: ClassVar[Type | None] = FLOAT


class Abs(Function):
    """A number without its sign.

    Null: null.

    Example: `abs(score) > 0.1`
    """

    keyword: ClassVar[str] = "abs"
    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBER,)

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return arithmetic(types)


class Floor(Function):
    """The greatest whole number that is not above a number.

    Null: null.

    Example: `floor(score * 10) == 4`
    """

    keyword: ClassVar[str] = "floor"
    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBER,)
    gives: ClassVar[Type | None] = INT


class _Extreme(Function):
    """Base of `min` and `max`."""

    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBER,)
    rest: ClassVar[Type | None] = FLOAT
    gives: ClassVar[Type | None] = None
    null: ClassVar[str] = "value"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        result = arithmetic(types)
        all_nullable = all(each.nullable for each in types)
        return result and (result.or_null() if all_nullable else result.without_null())


class Min(_Extreme):
    """The least of several numbers.

    Null: nulls are left out; null only when all are null.

    Example: `min(chosen_score, rejected_score) > 0`
    """

    keyword: ClassVar[str] = "min"


class Max(_Extreme):
    """The greatest of several numbers.

    Null: nulls are left out; null only when all are null.

    Example: `max(chosen_score, rejected_score) > 0.5`
    """

    keyword: ClassVar[str] = "max"


class Hash(Function):
    """A whole number from 0 to 2^63 - 1 that stands for a value, the same on every machine and version.

    The first eight bytes of BLAKE2b over the value as text in UTF-8, without the sign bit.

    Null: null.

    Example: `hash(question) % 100 < 5`
    """

    keyword: ClassVar[str] = "hash"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="value", type=ANY),)
    gives: ClassVar[Type | None] = INT

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return super().result(types) if is_plain(types[0]) else None


class Number(Function):
    """A text read as a number, such as `42`, `-1.5` or `2e3`; white space around it is ignored.

    Null: null, also when the text is no number.

    Example: `number(extract(answer, "#### (.+)")) > 0`
    """

    keyword: ClassVar[str] = "number"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="text", type=ANY),)
    gives: ClassVar[Type | None] = FLOAT.or_null()

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return super().result(types) if is_plain(types[0]) and types[0].kind is not Kind.DATE else None


class _PartOfDate(Function):
    """Base of parts of a date; a text in ISO form (`2024-05-31…`) is taken as one."""

    takes: ClassVar[tuple[Parameter, ...]] = (_DATE,)
    gives: ClassVar[Type | None] = INT

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        if types[0].is_text or types[0].kind is Kind.ANY:
            return INT.or_null()
        return super().result(types) if types[0].fits(DATE) else None


class Year(_PartOfDate):
    """The year of a date, or of a text that begins with one in ISO form.

    Null: null, also when the text does not begin with a date.

    Example: `year(created) >= 2023`
    """

    keyword: ClassVar[str] = "year"


class Month(_PartOfDate):
    """The month of a date from 1 to 12, or of a text that begins with one in ISO form.

    Null: null, also when the text does not begin with a date.

    Example: `month(created) in 6..8`
    """

    keyword: ClassVar[str] = "month"
