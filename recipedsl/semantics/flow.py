"""The columns and the shape of rows on their way through a pipeline, and what every step asks of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from recipedsl.diagnostics import Code, Help
from recipedsl.diagnostics.codes.types import WrongArguments, WrongOperand
from recipedsl.language.shapes import Shape
from recipedsl.language.steps.base import Step
from recipedsl.language.types import RowType, Type
from recipedsl.semantics.context import Context, Module
from recipedsl.semantics.foreign_calls import help_with_column
from recipedsl.semantics.recipe import DataReference, Place, RowExpression, WeightedScore
from recipedsl.semantics.rows import Rows, column_name, type_expression
from recipedsl.semantics.settings import Settings, named_arguments, read_entries
from recipedsl.syntax import tree


class Inputs(Protocol):
    """Finds the datasets that a step names."""

    def __call__(self, module: Module, expression: tree.Expression) -> DataReference | None: ...

    def row(self, found: DataReference) -> RowType | None: ...


@dataclass(slots=True)
class Flow:
    """The columns and the shape as they stand after the steps so far."""

    context: Context
    module: Module
    name: str
    row: RowType | None
    shape: Shape
    inputs: Inputs
    parts: tuple[str, ...] = ()
    ended: Place | None = None

    def rows(self, *, aggregates: bool = False) -> Rows:
        """What expressions of the next step may refer to."""
        return Rows(self.context, self.module, self.row, f"`{self.name}`", aggregates)

    def report(
        self,
        kind: type[Code],
        words: str,
        node: Any,
        text: str = "",
        *,
        secondary: Iterable[tuple[Place, str]] = (),
        helps: tuple[Help, ...] = (),
    ) -> None:
        """Record a problem at a node of the pipeline."""
        self.context.report(kind, words, self.module.place(node), text, secondary=secondary, helps=helps)


@dataclass(slots=True)
class Parts:
    """What a step was given, while it is read."""

    columns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    expressions: dict[str, RowExpression] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, tuple[WeightedScore, ...]] = field(default_factory=dict)
    other: DataReference | None = None
    other_row: RowType | None = None
    failed: bool = False


def wanted_column(flow: Flow, expression: tree.Expression) -> str | None:
    """Name of a column that has to be there."""
    if not isinstance(expression, tree.Name):
        if not isinstance(expression, tree.Broken):
            words = "the name of a column is wanted here"
            helps = help_with_column(flow.module.place(expression), expression)
            flow.report(WrongOperand, words, expression, "not a column's name", helps=helps)
        return None
    name = column_name(expression)
    quoted = tree.Name(name, expression.span, quoted=True)
    return name if type_expression(flow.rows(), quoted) is not None else None


def too_few(flow: Flow, concept: type[Step], node: tree.Step, count: int) -> bool:
    """Whether a step was given less than it needs, which is reported."""
    if count >= concept.least:
        return False
    words = f"`{concept.keyword}` takes {concept.takes}"
    example = concept.page().split("Example:")[-1].strip()
    flow.report(
        WrongArguments,
        words,
        node.name,
        "nothing is given",
        helps=(Help(f"such as {example}"),),
    )
    return True


def only_one(flow: Flow, node: tree.Step, words: str) -> None:
    """Report a second argument."""
    if len(node.arguments) > 1:
        flow.report(WrongArguments, words, node.arguments[1], "a second one")


def has_no_name(flow: Flow, concept: type[Step], argument: tree.Argument, wanted: str = "name") -> None:
    """Report an argument that should say what it is for."""
    words = f"`{concept.keyword}` takes {concept.takes}"
    flow.report(WrongArguments, words, argument, f"has no {wanted}")


def step_settings(
    flow: Flow, concept: type[Step], node: tree.Step, arguments: list[tree.Argument]
) -> Settings:
    """The constant settings of a step."""
    entries = named_arguments(flow.context, flow.module, concept, arguments, concept.keyword)
    return read_entries(flow.context, concept, entries, flow.module.place(node.name), concept.keyword)
