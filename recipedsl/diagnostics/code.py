"""The kinds of diagnostics. A kind is a class; its docstring is its page."""

from __future__ import annotations

from enum import StrEnum
from inspect import getdoc
from typing import ClassVar


class Severity(StrEnum):
    """How much a diagnostic weighs: errors stop, the others inform."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"


class Code:
    """Base of every kind of diagnostic.

    A kind is a subclass in the module of its family under `diagnostics/codes/`, listed in that
    module's `CODES`. Its docstring is the page that `recipedsl explain` prints: the first line is
    the title, then `What`, `Why`, `Bad` and `Good` paragraphs.

    Attributes:
        code: stable identifier, family letter and three digits (`D201`).
        name: kebab-case name, reads well after "allow" (`unknown-column`).
        severity: default weight.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR

    @classmethod
    def page(cls) -> str:
        """The page of this kind, as Markdown."""
        return getdoc(cls) or ""
