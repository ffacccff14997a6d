"""Aggregates: one value from the rows so far, for `expect`."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter, arithmetic
from recipedsl.language.types import ANY, BOOL, FLOAT, INT, Type

_NUMBER = Parameter(name="number", type=FLOAT)


class _Aggregate(Function):
    """Base of aggregates."""

    aggregate: ClassVar[bool] = True
    null: ClassVar[str] = "value"


class Count(_Aggregate):
    """Number of rows.

    Null: rows count whatever they hold.

    Example: `count() > 1k`
    """

    keyword: ClassVar[str] = "count"
    gives: ClassVar[Type | None] = INT


class Share(_Aggregate):
    """Share of rows for which something holds; 0 of no rows.

    Null: a null condition does not hold.

    Example: `share(language == "python") > 20%`
    """

    keyword: ClassVar[str] = "share"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="condition", type=BOOL),)
    gives: ClassVar[Type | None] = FLOAT


class Mean(_Aggregate):
    """Mean of a number over the rows.

    Null: nulls are left out; null when nothing is left.

    Example: `mean(score) > 0.5`
    """

    keyword: ClassVar[str] = "mean"
    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBER,)
    gives: ClassVar[Type | None] = FLOAT.or_null()


class Total(_Aggregate):
    """Sum of a number over the rows; 0 of no rows.

    Null: nulls are left out.

    Example: `total(chars(answer)) > 1M`
    """

    keyword: ClassVar[str] = "total"
    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBER,)

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        result = arithmetic(types)
        return result and result.without_null()


class _Extreme(_Aggregate):
    """Base of `minimum` and `maximum`."""

    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBER,)

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        result = arithmetic(types)
        return result and result.or_null()


class Minimum(_Extreme):
    """Least value of a number over the rows.

    Null: nulls are left out; null when nothing is left.

    Example: `minimum(score) >= 0`
    """

    keyword: ClassVar[str] = "minimum"


class Maximum(_Extreme):
    """Greatest value of a number over the rows.

    Null: nulls are left out; null when nothing is left.

    Example: `maximum(chars(answer)) < 8k`
    """

    keyword: ClassVar[str] = "maximum"


class Median(_Aggregate):
    """Middle value of a number over the rows; the mean of the two in the middle of an even number.

    Null: nulls are left out; null when nothing is left.

    Example: `median(words(answer)) > 20`
    """

    keyword: ClassVar[str] = "median"
    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBER,)
    gives: ClassVar[Type | None] = FLOAT.or_null()


class Distinct(_Aggregate):
    """Number of different values over the rows.

    Null: nulls are left out.

    Example: `distinct(question) == count()`
    """

    keyword: ClassVar[str] = "distinct"
    takes: ClassVar[tuple[Parameter, ...]] = (Parameter(name="value", type=ANY),)
    gives: ClassVar[Type | None] = INT
