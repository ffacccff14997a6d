"""Functions of lists."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import LIST, Function, Parameter
from recipedsl.language.types import ANY, BOOL, INT, Type, list_of

_LIST = Parameter(name="list", type=LIST)
_TRUTHS = Parameter(name="list", type=list_of(BOOL))


class Length(Function):
    """Number of items of a list.

    Null: null.

    Example: `length(tags) > 0`
    """

    keyword: ClassVar[str] = "length"
    takes: ClassVar[tuple[Parameter, ...]] = (_LIST,)
    gives: ClassVar[Type | None] = INT


class _Item(Function):
    """Base of functions that pick an item."""

    takes: ClassVar[tuple[Parameter, ...]] = (_LIST,)
    gives: ClassVar[Type | None] = None

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return (types[0].item or ANY).or_null()


class First(_Item):
    """The first item of a list.

    Null: null, also for the empty list.

    Example: `first(tags) == "math"`
    """

    keyword: ClassVar[str] = "first"


class Last(_Item):
    """The last item of a list.

    Null: null, also for the empty list.

    Example: `last(tags) == "math"`
    """

    keyword: ClassVar[str] = "last"


class AnyOf(Function):
    """Whether at least one item of a list of truth values holds.

    Null: null for a null list; a null item does not hold; the empty list gives false.

    Example: `any(checks)`
    """

    keyword: ClassVar[str] = "any"
    takes: ClassVar[tuple[Parameter, ...]] = (_TRUTHS,)
    gives: ClassVar[Type | None] = BOOL


class AllOf(Function):
    """Whether every item of a list of truth values holds.

    Null: null for a null list; a null item does not hold; the empty list gives true.

    Example: `all(checks)`
    """

    keyword: ClassVar[str] = "all"
    takes: ClassVar[tuple[Parameter, ...]] = (_TRUTHS,)
    gives: ClassVar[Type | None] = BOOL
