"""Steps that change columns."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import setting
from recipedsl.language.steps.base import Step, StepUse, Takes, type_of
from recipedsl.language.types import ANY, RowType
from recipedsl.language.values import one_of


class Derive(Step):
    """Adds columns, or replaces those of the same name.

    All expressions see the row as it was before the step.

    Example: `| derive size = chars(answer), short = chars(answer) < 200`
    """

    keyword: ClassVar[str] = "derive"
    takes: ClassVar[Takes] = Takes.NAMED
    least: ClassVar[int] = 1

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        return rows.with_columns(use.types)


class Select(Step):
    """Keeps just these columns, in this order.

    Example: `| select question, answer`
    """

    keyword: ClassVar[str] = "select"
    takes: ClassVar[Takes] = Takes.COLUMNS
    least: ClassVar[int] = 1

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        return rows.only(use.columns)


class Drop(Step):
    """Leaves columns out.

    Example: `| drop id`
    """

    keyword: ClassVar[str] = "drop"
    takes: ClassVar[Takes] = Takes.COLUMNS
    least: ClassVar[int] = 1

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        return rows.without(use.columns)


class Rename(Step):
    """Gives columns new names.

    Example: ``| rename better = `Chosen Answer` ``
    """

    keyword: ClassVar[str] = "rename"
    takes: ClassVar[Takes] = Takes.RENAMES
    least: ClassVar[int] = 1

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        return rows.renamed(use.settings["names"])


class Explode(Step):
    """Gives a row for each item of a list; rows with an empty list or null fall.

    Example: `| explode answers`
    """

    keyword: ClassVar[str] = "explode"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.COLUMNS
    least: ClassVar[int] = 1

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        name = use.columns[0]
        return rows.with_columns({name: type_of(rows, name).item or ANY})


class Join(Step):
    """Adds the columns of another dataset's row with the same key.

    The key is unique in the other dataset, or the run stops and shows one that is not.
    `kind = left` keeps rows without a partner, their new columns null.

    Example: `| join topics, on = topic`
    """

    keyword: ClassVar[str] = "join"
    drops: ClassVar[bool] = True
    takes: ClassVar[Takes] = Takes.DATASET
    least: ClassVar[int] = 1
    joins: ClassVar[bool] = True

    kind: Any = setting(one_of("inner", "left"), "whether rows without a partner fall or stay", "inner")

    @classmethod
    def flow(cls, rows: RowType, use: StepUse) -> RowType:
        if use.other is None:
            return rows
        new = use.other.without(tuple(use.settings["on"]))
        types = {
            each.name: each.type.or_null() if use.settings["kind"] == "left" else each.type
            for each in new.columns
        }
        return rows.with_columns(types)
