"""L103: a recipe that trains without a written seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help, Severity
from recipedsl.lint.base import Rule, Subject
from recipedsl.source import Span
from recipedsl.syntax import tree


class NoSeed(Rule):
    """A recipe that trains without a written seed.

    What: The seed is 0 then; writing it says that it is meant.

    Why: Draws, shuffles and initial adapters hang on it; two recipes are compared under one seed.

    Bad:

        stage tuned: sft { from = base, data = lessons }
        run { save_every = 100 }

    Good:

        run { seed = 17, save_every = 100 }
    """

    code: ClassVar[str] = "L103"
    name: ClassVar[str] = "missing-seed"
    severity: ClassVar[Severity] = Severity.HINT

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at the block `run`, and at profiles in force."""
        recipe = subject.recipe
        if not recipe.stages or "seed" in recipe.run.get("written", ()):
            return
        first = next(iter(recipe.stages.values()))
        helps = (Help("write the seed that is in force", (_edit(subject),), Applicability.SAFE),)
        yield cls.at(first.place, "the recipe trains with seed 0, as none is written", helps=helps)


def _edit(subject: Subject) -> Edit:
    source = subject.root.source
    run = subject.root.declared.get("run ")
    if run is None or not isinstance(run.node, tree.Thing):
        end = len(source.text.rstrip())
        return Edit(source, Span(end, len(source.text)), "\n\nrun { seed = 0 }\n")
    block = run.node.block
    if block.entries:
        start = block.entries[0].span.start
        return Edit(source, Span(start, start), "seed = 0, ")
    start = source.text.index("{", block.span.start) + 1
    return Edit(source, Span(start, start), " seed = 0 ")
