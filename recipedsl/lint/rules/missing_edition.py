"""L101: a recipe without its edition line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help
from recipedsl.lint.base import Rule, Subject
from recipedsl.semantics.recipe import Place
from recipedsl.source import Span
from recipedsl.syntax import tree


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
        # A text that was not read, as it is too large, says nothing.
        is_unread = len(file.items) == 1 and file.items[0].span == file.span
        if file.edition is not None or (is_unread and isinstance(file.items[0], tree.Broken)):
            return
        start = Span(0, 0)
        edit = Edit(file.source, start, "ftr 1\n\n")
        helps = (Help("write `ftr 1` on the first line", (edit,), Applicability.SAFE),)
        words = "the recipe does not say which edition it is written in"
        yield cls.at(Place(file.source, start), words, helps=helps)
