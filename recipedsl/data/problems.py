"""Raising a user's mistake from the data engine; the caller adds the place in the recipe."""

from __future__ import annotations

import re

from recipedsl.diagnostics import Code, Diagnostic, Help, RecipeError

#: Absolute paths inside the words of a library: they belong to the machine, not to the recipe.
_MACHINE_PATH = re.compile(r"[:=]?\s*['\"`(]?(?:file://)?(?:/[\w.@+-]+){2,}/?['\"`)]?")


def mistake(kind: type[Code], message: str, *notes: str, helps: str = "") -> RecipeError:
    """The error to raise for one problem without a place."""
    offered = (Help(helps),) if helps else ()
    return RecipeError(Diagnostic(kind, message, None, notes=notes, helps=offered, severity=kind.severity))


def reason_of(error: BaseException) -> str:
    """Why something failed, in the words of the library: lower case, no full stop, no machine path."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    words = _MACHINE_PATH.sub("", words.split("\n", 1)[0]).strip().rstrip(".")
    return words[:1].lower() + words[1:]
