"""What a step is: what it is given, and what it makes of the columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from recipedsl.language.concept import Concept
from recipedsl.language.shapes import Shape
from recipedsl.language.types import ANY, Kind, RowType, Type

#: What `keep` is where a number tells which row stays, and the name of that number in a plan.
BEST = "best"

#: What the words of an n-gram are called elsewhere.
NGRAMS = ("n", "n_gram", "ngrams", "n_grams", "ngram_size", "shingle", "shingle_size")


class Takes(StrEnum):
    """What stands behind the keyword of a step."""

    CONDITION = "a condition on the row"
    NAMED = "new columns, `name = expression`"
    COLUMNS = "columns"
    RENAMES = "renamings, `new = old`"
    SETTINGS = "settings"
    SHARES = "named shares, `train = 95%`"
    SHAPE = "a shape, `chat(messages)`"
    DATASET = "another dataset"
    SCORES = "rewards, `quality = judge`"


@dataclass(frozen=True)
class StepUse:
    """A step as the semantics resolved it, for `flow`.

    Attributes:
        columns: columns named as arguments.
        by: columns after `by`.
        types: types of the expressions by name.
        settings: constants by name.
        other: row type of the other dataset.
    """

    columns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    types: dict[str, Type] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    other: RowType | None = None


class Step(Concept):
    """Base of steps; the fields are its named constant settings.

    Attributes:
        takes: what its arguments are.
        grouped: whether `by` may follow.
        least: fewest columns, names or shares that it needs.
        draws: whether it needs a seed.
        last: whether nothing may follow it.
        drops: whether rows may fall.
        joins: whether the columns of the other dataset are added.
        compares: whether the texts of its columns are held against those of the other dataset.
        by_texts: whether what stands behind `by` is compared as texts, and has to be there.
        library, extra: what has to be installed for it beside this package, and the extra that has it.
        bare_number: setting that a number among its columns is meant for.
        gives: shape that the rows have afterwards, where the step gives one.
    """

    takes: ClassVar[Takes]
    grouped: ClassVar[bool] = False
    least: ClassVar[int] = 0
    draws: ClassVar[bool] = False
    last: ClassVar[bool] = False
    drops: ClassVar[bool] = False
    joins: ClassVar[bool] = False
    compares: ClassVar[bool] = False
    by_texts: ClassVar[bool] = False
    library: ClassVar[str] = ""
    extra: ClassVar[str] = ""
    bare_number: ClassVar[str] = ""
    gives: ClassVar[Shape | None] = None

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:  # noqa: ARG003 - most steps keep the columns
        """Columns after the step."""
        return rows

    @classmethod
    def refuses(cls, rows: RowType, use: StepUse) -> str:  # noqa: ARG003 - most steps take any column
        """What is wrong with the columns that it was given, as words of a message; empty when nothing is."""
        return ""


def type_of(rows: RowType, name: str) -> Type:
    """Type of a column, `any` when there is none."""
    return rows.column(name) or ANY


def speaks(type_: Type) -> bool:
    """Whether a value is text, a list of texts or conversation (in the spellings of datasets), or may be."""
    record = type_.item if type_.kind is Kind.LIST and type_.item else type_
    names = {each.name for each in record.fields if each.type.is_text}
    is_message = bool(names & {"role", "from"} and names & {"content", "value"})
    return record.is_text or record.kind is Kind.ANY or is_message
