"""L118: a number of rows of each group, where each row is likely a group of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help
from recipedsl.language.types import Kind
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Dataset, ResolvedStep


class RankedByGroup(Rule):
    """The best rows by a score are wanted, and some of each score are taken.

    What: `take` by a column of fractions alone.

    Why: `take 1k by score` keeps that many rows of every single value of `score`: of a score with many
    values that is every row, in no order. The best rows are those that come first when rows are sorted.

    Bad:

        data best = read("a.jsonl") | take 1k by score | as chat(messages)

    Good:

        data best = read("a.jsonl") | sort by score, descending = true | take 1k | as chat(messages)
    """

    code: ClassVar[str] = "L118"
    name: ClassVar[str] = "ranked-by-group"

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at every `take` whose columns are there to the end of the pipeline."""
        for dataset in subject.recipe.datasets.values():
            for step in dataset.steps:
                if step.keyword == "take" and len(step.by) == 1 and _is_fraction(dataset, step.by[0]):
                    yield cls._found(step)

    @classmethod
    def _found(cls, step: ResolvedStep) -> Diagnostic:
        (column,) = step.by
        words = f"`take` keeps rows of every single value of `{column}`, not those where it is largest"
        written = step.place.source.slice(step.place.span)
        amount = written.partition(" by ")[0]
        proper = f"sort by {column}, descending = true | {amount}"
        edits = (Edit(step.place.source, step.place.span, proper),) if amount != written else ()
        helps = (Help(f"for the largest write `{proper}`", edits, Applicability.UNSAFE),)
        return cls.at(step.place, words, "each value is a group of its own", helps=helps)


def _is_fraction(dataset: Dataset, column: str) -> bool:
    type_ = dataset.row.column(column) if dataset.row is not None else None
    return type_ is not None and type_.kind is Kind.FLOAT
