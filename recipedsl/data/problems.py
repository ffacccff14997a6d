"""Raising a user's mistake from the data engine; the caller adds the place in the recipe."""

from __future__ import annotations

from recipedsl.diagnostics import Code, Diagnostic, Help, RecipeError


def mistake(kind: type[Code], message: str, *notes: str, helps: str = "") -> RecipeError:
    """The error to raise for one problem without a place."""
    offered = (Help(helps),) if helps else ()
    return RecipeError(Diagnostic(kind, message, None, notes=notes, helps=offered, severity=kind.severity))
