"""A diagnostic as data: code, places, words, fixes. Nothing here prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from recipedsl.diagnostics.code import Code, Severity
from recipedsl.source import Location, Source, Span


class Applicability(StrEnum):
    """Whether a fix may be applied without a look: `safe` keeps the meaning that was intended."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    PLACEHOLDER = "placeholder"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of source and what is to be said of it. The primary label stands alone in an editor."""

    source: Source
    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` in `source` by `text`."""

    source: Source
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Help:
    """What may be done, in words and, where it can be, as edits."""

    text: str
    edits: tuple[Edit, ...] = ()
    applicability: Applicability = Applicability.DISPLAY


@dataclass(frozen=True, slots=True)
class Value:
    """The value that a sub-expression had, drawn below it (power assertion)."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what, where, why and how to mend it.

    Attributes:
        kind: the class of its code.
        message: stands alone; lower case, no full stop.
        primary: the smallest stretch that shows the problem; None for a problem of no file.
        secondary: the other side of a conflict, other files too.
        notes: facts that help to understand.
        helps: what can be done.
        values: values of sub-expressions of the primary label's line.
        severity: defaults to that of the kind.
    """

    kind: type[Code]
    message: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[Help, ...] = ()
    values: tuple[Value, ...] = ()
    severity: Severity = Severity.ERROR

    @property
    def code(self) -> str:
        return self.kind.code

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


@dataclass
class Problems:
    """Collects diagnostics while a stage of the compiler goes on. Order is source order at the end."""

    found: list[Diagnostic] = field(default_factory=list)

    def report(
        self,
        kind: type[Code],
        message: str,
        primary: Label | None,
        *,
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        helps: tuple[Help, ...] = (),
        values: tuple[Value, ...] = (),
    ) -> Diagnostic:
        """Record one problem with its kind's severity and return it."""
        diagnostic = Diagnostic(kind, message, primary, secondary, notes, helps, values, kind.severity)
        self.found.append(diagnostic)
        return diagnostic

    def extend(self, others: Problems) -> None:
        """Take over what another stage found."""
        self.found.extend(others.found)

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self.found)

    def in_order(self) -> list[Diagnostic]:
        """Sorted by file and place, each once."""
        unique = dict.fromkeys(self.found)
        return sorted(unique, key=_place)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


def _place(diagnostic: Diagnostic) -> tuple[str, int, str]:
    if diagnostic.primary is None:
        return ("", -1, diagnostic.code)
    return (diagnostic.primary.source.path, diagnostic.primary.span.start, diagnostic.code)


class RecipeError(Exception):
    """Carries diagnostics of a user's mistake out of code that cannot go on.

    The command line prints the diagnostics; it is never shown as a traceback.

    Attributes:
        diagnostics: at least one.
        at: where it arose, when whoever raises knows better than whoever catches. Values of diagnostics
            without a label count from there.
    """

    def __init__(self, *diagnostics: Diagnostic, at: Location | None = None) -> None:
        super().__init__("; ".join(f"[{each.code}] {each.message}" for each in diagnostics))
        self.diagnostics = diagnostics
        self.at = at


class Bug(AssertionError):
    """A broken invariant of ours: never the user's fault; the command line says what to send."""
