"""Functions of lists."""

from __future__ import annotations

from typing import ClassVar

from recipedsl.language.functions.base import LIST, Function, Parameter, is_plain
from recipedsl.language.types import ANY, BOOL, FLOAT, INT, Type, list_of

_LIST = Parameter(name="list", type=LIST)
_TRUTHS = Parameter(name="list", type=list_of(BOOL))
_NUMBERS = Parameter(name="list", type=list_of(FLOAT))


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


class ItemAt(_Item):
    """The item of a list at a place that may differ from row to row; 0 is the first, -1 the last.

    `tags[0]` is the same for a place that is known beforehand.

    Null: null for a null list or place, also when there is no such item.

    Example: `item_at(completions, place_of_max(marks)) != ""`
    """

    keyword: ClassVar[str] = "item_at"
    takes: ClassVar[tuple[Parameter, ...]] = (_LIST, Parameter(name="place", type=INT))


class _OfNumbers(Function):
    """Base of functions of a list of numbers."""

    takes: ClassVar[tuple[Parameter, ...]] = (_NUMBERS,)
    gives: ClassVar[Type | None] = FLOAT.or_null()


class _ItemOfNumbers(_OfNumbers):
    """Base of functions whose result is an item, and of its type."""

    gives: ClassVar[Type | None] = None

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return (types[0].item or FLOAT).or_null()


class MaxOf(_ItemOfNumbers):
    """The greatest number of a list; `max` takes several values instead.

    Null: null, also for a list without a number; null items are left out.

    Example: `max_of(marks) >= 4`
    """

    keyword: ClassVar[str] = "max_of"


class MinOf(_ItemOfNumbers):
    """The least number of a list; `min` takes several values instead.

    Null: null, also for a list without a number; null items are left out.

    Example: `min_of(marks) > 1`
    """

    keyword: ClassVar[str] = "min_of"


class SumOf(_OfNumbers):
    """The sum of a list of numbers; 0 for a list without a number.

    Null: null; null items are left out.

    Example: `sum_of(marks) > 10`
    """

    keyword: ClassVar[str] = "sum_of"
    gives: ClassVar[Type | None] = FLOAT


class MeanOf(_OfNumbers):
    """The mean of a list of numbers.

    Null: null, also for a list without a number; null items are left out.

    Example: `mean_of(marks) > 3`
    """

    keyword: ClassVar[str] = "mean_of"


class SpreadOf(_ItemOfNumbers):
    """The greatest number of a list less the least: how far raters or answers lie apart.

    Null: null, also for a list without a number; null items are left out.

    Example: `spread_of(marks) >= 1`
    """

    keyword: ClassVar[str] = "spread_of"


class LeadOf(_ItemOfNumbers):
    """The greatest number of a list less the second greatest: by how much the best is ahead.

    0 when two share the first place.

    Null: null, also for a list with fewer than two numbers; null items are left out.

    Example: `lead_of(marks) >= 0.5`
    """

    keyword: ClassVar[str] = "lead_of"


class PlaceOfMax(_OfNumbers):
    """The place of the greatest number of a list, 0 for the first; of equal ones the earliest.

    Null: null, also for a list without a number; null items are passed over and keep their place.

    Example: `item_at(completions, place_of_max(marks)) != ""`
    """

    keyword: ClassVar[str] = "place_of_max"
    gives: ClassVar[Type | None] = INT.or_null()


class PlaceOfMin(_OfNumbers):
    """The place of the least number of a list, 0 for the first; of equal ones the earliest.

    Null: null, also for a list without a number; null items are passed over and keep their place.

    Example: `item_at(completions, place_of_min(marks)) != ""`
    """

    keyword: ClassVar[str] = "place_of_min"
    gives: ClassVar[Type | None] = INT.or_null()


class _OfVotes(Function):
    """Base of functions of a list of votes: texts, numbers or truth values."""

    takes: ClassVar[tuple[Parameter, ...]] = (_LIST,)
    gives: ClassVar[Type | None] = FLOAT.or_null()

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return super().result(types) if is_plain(types[0].item or ANY) else None


class Agreement(_OfVotes):
    """Share of the items of a list that are the most common one: 1 when all raters agree.

    Null: null, also for a list without items; null items are left out.

    Example: `agreement(votes) >= 2 / 3`
    """

    keyword: ClassVar[str] = "agreement"


class MostCommon(_OfVotes):
    """The most common item of a list; of equally common ones the earliest.

    Null: null, also for a list without items; null items are left out.

    Example: `most_common(votes) == "chosen"`
    """

    keyword: ClassVar[str] = "most_common"

    @classmethod
    def result(cls, types: tuple[Type, ...]) -> Type | None:
        return (types[0].item or ANY).or_null() if super().result(types) else None


class Different(_OfVotes):
    """Number of different items of a list.

    Null: null; null items are left out.

    Example: `different(votes) == 1`
    """

    keyword: ClassVar[str] = "different"
    gives: ClassVar[Type | None] = INT
