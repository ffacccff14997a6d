"""L101: a recipe without its edition line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Place
from recipedsl.source import Span


class MissingEdition(Rule):
    """A recipe without its edition line.

    What: The first line says which edition of the language the recipe is written in.

    Why: A later version of recipedsl reads it by the rules that it was written for.

    Bad:

        model base { from = local("m") }

    Good:

        ftr 1
        model base { from = local("m") }
    """

    code: ClassVar[str] = "L101"
    name: ClassVar[str] = "missing-edition"
    despite_errors: ClassVar[bool] = True

    @classmethod
    def check(cls, subject: Subject) -> Iterator[Diagnostic]:
        """Looks at the first line."""
        file = subject.root.file
        if file.edition is not None:
            return
        start = Span(0, 0)
        edit = Edit(file.source, start, "ftr 1\n\n")
        helps = (Help("write `ftr 1` on the first line", (edit,), Applicability.SAFE),)
        words = "the recipe does not say which edition it is written in"
        yield cls.at(Place(file.source, start), words, helps=helps)
