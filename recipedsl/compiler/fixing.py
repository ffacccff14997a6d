"""Applies fixes to a text until there are none left, and never makes it worse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recipedsl.diagnostics import Applicability, Diagnostic, Edit
    from recipedsl.source import Source

#: Fixes of one round that are tried one by one: each try reads the whole text.
_MOST_TRIED = 50

#: A fix can uncover a problem that has a fix; more rounds than this would be a loop.
_MOST_ROUNDS = 20

Diagnose = Callable[["Source"], Sequence["Diagnostic"]]


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix that was applied.

    Attributes:
        code: of the problem.
        message: what was wrong.
        text: what was done.
        line: where, in the text as it was then, from 1.
        edits: of one source.
    """

    code: str
    message: str
    text: str
    line: int
    edits: tuple[Edit, ...]


@dataclass
class Fixed:
    """A text with its fixes applied."""

    source: Source
    fixes: list[Fix] = field(default_factory=list)


def fix_all(source: Source, diagnose: Diagnose, wanted: frozenset[Applicability]) -> Fixed:
    """Apply fixes until none is left.

    Args:
        source: the text.
        diagnose: what is wrong with a text of the same name.
        wanted: kinds of fixes that are applied.
    """
    done = Fixed(source)
    for _ in range(_MOST_ROUNDS):
        fixes = _apart(_fixes(done.source, diagnose(done.source), wanted))
        taken = _applied(done, fixes)
        if not taken:
            break
        done.fixes += taken
    return done


def _fixes(source: Source, found: Iterable[Diagnostic], wanted: frozenset[Applicability]) -> list[Fix]:
    """The first fix of each problem that is wanted and stays in this file."""
    fixes: list[Fix] = []
    for each in found:
        for help_ in each.helps:
            own = all(edit.source.path == source.path for edit in help_.edits)
            if help_.edits and own and help_.applicability in wanted:
                line = source.position(help_.edits[0].span.start).line
                fixes.append(Fix(each.code, each.message, help_.text, line, help_.edits))
                break
    return fixes


def _apart(fixes: Iterable[Fix]) -> list[Fix]:
    """Those that do not touch one another; the others come in the next round, if they are still needed."""
    taken: list[Fix] = []
    reached = -1
    for fix in sorted(fixes, key=lambda each: min(edit.span for edit in each.edits)):
        start = min(edit.span.start for edit in fix.edits)
        if start > reached:
            taken.append(fix)
            reached = max(edit.span.end for edit in fix.edits)
    return taken


def _applied(done: Fixed, fixes: list[Fix]) -> list[Fix]:
    """Applies fixes together; where that makes the text worse, one by one, without those that do."""
    whole = _edited(done.source, fixes)
    if not _is_worse(done.source, whole):
        changed = whole.text != done.source.text
        done.source = whole
        return fixes if changed else []
    for fix in fixes[:_MOST_TRIED]:
        alone = _edited(done.source, [fix])
        if alone.text != done.source.text and not _is_worse(done.source, alone):
            # The places of the others hold for the text as it was: they come in the next round.
            done.source = alone
            return [fix]
    return []


def _edited(source: Source, fixes: Iterable[Fix]) -> Source:
    from recipedsl.diagnostics.render.changes import apply
    from recipedsl.source import Source

    return Source(source.path, apply(source.text, [edit for fix in fixes for edit in fix.edits]))


def _is_worse(before: Source, after: Source) -> bool:
    """Whether a text has more errors of syntax than another. Other errors may come to light by a fix."""
    return _errors(after) > _errors(before)


def _errors(source: Source) -> int:
    from recipedsl.syntax import parse

    return sum(each.is_error for each in parse(source)[1])
