"""Functions of null and of choice."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import Function, Parameter, widest
from recipedsl.language.types import ANY, BOOL, Type

_VALUE = Parameter(name="value", type=ANY)


class IsNull(Function):
    """Whether a value is missing; `x == none` is the same.

    Null: true.

    Example: `score == none`
    """

    keyword: ClassVar[str] = "is_null"
    takes: ClassVar[tuple[Parameter, ...]] = (_VALUE,)
    gives: ClassVar[Type | None] = BOOL
    null: ClassVar[str] = "value"


class IsNotNull(Function):
    """Whether a value is there; `x != none` is the same.

    Null: false.

    Example: `score != none`
    """

    keyword: ClassVar[str] = "is_not_null"
    takes: ClassVar[tuple[Parameter, ...]] = (_VALUE,)
    gives: ClassVar[Type | None] = BOOL
    null: ClassVar[str] = "value"


class Coalesce(Function):
    """The first of several values that is not null.

    Null: null only when all are.

    Example: `coalesce(input, "")`
    """

    keyword: ClassVar[str] = "coalesce"
    takes: ClassVar[tuple[Parameter, ...]] = (_VALUE,)
    rest: ClassVar[Type | None] = ANY
    gives: ClassVar[Type | None] = None
    null: ClassVar[str] = "value"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        result = widest(types)
        all_nullable = all(each.nullable for each in types)
        return result and (result.or_null() if all_nullable else result.without_null())


class If(Function):
    """One of two values: `then` where the condition holds, else `otherwise`.

    Null: a null condition does not hold.

    Example: `if(input == "", question, question + input)`
    """

    keyword: ClassVar[str] = "if"
    takes: ClassVar[tuple[Parameter, ...]] = (
        Parameter(name="condition", type=BOOL),
        Parameter(name="then", type=ANY),
        Parameter(name="otherwise", type=ANY),
    )
    gives: ClassVar[Type | None] = None
    null: ClassVar[str] = "value"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return widest(types[1:])
