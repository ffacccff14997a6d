"""What a pipeline starts with: a source, and its rows held against the row type that was declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recipedsl.diagnostics import Help
from recipedsl.diagnostics.codes.data import TypeDiffers
from recipedsl.language.shapes import Shape
from recipedsl.language.types import Kind, RowType, Type
from recipedsl.semantics.context import Context, Module, did_you_mean
from recipedsl.semantics.flow import Inputs
from recipedsl.semantics.recipe import DataReference, Place, SourceUse


@dataclass(frozen=True, slots=True)
class Head:
    """A source with what is known of its rows."""

    use: SourceUse
    row: RowType | None
    shape: Shape = Shape.ROWS


@dataclass(frozen=True, slots=True)
class Start:
    """Where a source is read.

    Attributes:
        inputs: finds the datasets that it names.
        declared: the annotated row type; None when the recipe leaves it to the data.
    """

    context: Context
    module: Module
    inputs: Inputs
    declared: RowType | None

    def use(
        self,
        keyword: str,
        place: Place,
        settings: dict[str, Any] | None = None,
        inputs: tuple[DataReference, ...] = (),
        model: str = "",
    ) -> SourceUse:
        """A source as the recipe holds it."""
        return SourceUse(keyword, settings or {}, inputs, self.declared, place, model)

    def unknown(self, keyword: str, place: Place) -> Head:
        """A source of which nothing more can be said: its rows are those that were declared."""
        return Head(self.use(keyword, place), self.declared)

    def head(self, use: SourceUse, found: RowType | None, shape: Shape = Shape.ROWS) -> Head:
        """A source with the columns that it has, once they are held against the declared ones."""
        if found is not None:
            self.compare(use, found)
        return Head(use, found or self.declared, shape)

    def compare(self, use: SourceUse, found: RowType) -> None:
        """Report columns that are declared and not there, or there with another type."""
        for column in self.declared.columns if self.declared is not None else ():
            type_ = found.column(column.name)
            if type_ is None and not column.type.nullable:
                words = f"the rows have no column `{column.name}`, which the row type declares"
                helps = did_you_mean(use.place, column.name, found.names)
                shown = tuple(Help(each.text) for each in helps)
                self.context.report(TypeDiffers, words, use.place, "column missing here", helps=shown)
            elif type_ is not None and not (type_.fits(column.type) or _is_read_as(use, type_, column.type)):
                words = f"column `{column.name}` is declared `{column.type}`, the rows have `{type_}`"
                self.context.report(TypeDiffers, words, use.place, f"`{column.name}` is `{type_}` here")


def _is_read_as(use: SourceUse, found: Type, declared: Type) -> bool:
    """Whether rows as they are written become what is declared: a date is written as text."""
    return not use.inputs and found.kind is Kind.TEXT and declared.kind is Kind.DATE
