"""Code actions: the fixes of problems, all safe ones at once, and problems that are meant as they are.

What rewrites a recipe that has nothing wrong with it is `refactors.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lsprotocol import types

from recipedsl.compiler.fixing import fix_all
from recipedsl.diagnostics import Applicability, Diagnostic, Edit, Help
from recipedsl.diagnostics.codes.lints import AllowedError, AllowWithoutReason, UnknownAllow, UnusedAllow
from recipedsl.editor.analysis import Analysis, analyse_document
from recipedsl.editor.features.base import Feature
from recipedsl.editor.features.formatting import edits_between
from recipedsl.editor.features.refactors import refactors
from recipedsl.editor.positions import Positions
from recipedsl.editor.workspace import Workspace
from recipedsl.source import Source, Span
from recipedsl.syntax.scan import STRING

Kind = types.CodeActionKind

FIX_ALL = f"{Kind.SourceFixAll.value}.recipedsl"

#: What is said of a fix that may not be what is meant.
_CAUTIONS = {
    Applicability.SAFE: "",
    Applicability.UNSAFE: " (changes what the recipe means)",
    Applicability.PLACEHOLDER: " (to be filled in)",
}

#: Problems of such comments themselves, which none of them speaks of.
_OF_COMMENTS = (AllowedError, AllowWithoutReason, UnknownAllow, UnusedAllow)

#: Why, until somebody says it.
_REASON = "because …"

_ALLOW = re.compile(r"(?P<blanks>[ \t]*)#[ \t]*ftr[ \t]*:[ \t]*allow[ \t]*\((?P<names>[^()]*)\)[^\n]*")


@dataclass(frozen=True)
class Wanted:
    """What a client asks for.

    Attributes:
        span: of the document.
        problems: as the client has them.
        only: kinds that it asks for; None for all.
        is_asked: whether somebody asked, and not the editor by itself as the cursor moves.
    """

    span: Span
    problems: list[types.Diagnostic]
    only: list[str] | None
    is_asked: bool

    def wants(self, kind: types.CodeActionKind | str) -> bool:
        """Whether a kind is asked for, itself or one that it belongs to."""
        name = kind.value if isinstance(kind, types.CodeActionKind) else kind
        return self.only is None or any(not each or f"{name}.".startswith(f"{each}.") for each in self.only)


def actions(workspace: Workspace, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """What can be done at a range: fixes first."""
    analysis = workspace.analysis(params.text_document.uri)
    if analysis is None:
        return None
    context = params.context
    only = [str(getattr(each, "value", each)) for each in context.only] if context.only is not None else None
    asked = context.trigger_kind is not types.CodeActionTriggerKind.Automatic
    wanted = Wanted(analysis.positions.span(params.range), [*context.diagnostics], only, asked)
    return [*_all(workspace, analysis, wanted)]


def _all(workspace: Workspace, analysis: Analysis, wanted: Wanted) -> Iterator[types.CodeAction]:
    if wanted.wants(Kind.QuickFix):
        here = [each for each in workspace.shown(analysis) if _touches(analysis, each, wanted.span)]
        for problem in here:
            yield from _fixes(workspace, analysis, wanted, problem)
        for problem in here:
            yield from _silence(workspace, analysis, wanted, problem)
    if wanted.wants(FIX_ALL):
        yield from _fix_all(workspace, analysis, wanted)
    if wanted.wants(Kind.RefactorExtract) or wanted.wants(Kind.RefactorRewrite):
        found = refactors(workspace, analysis, wanted.span, is_asked=wanted.is_asked or bool(wanted.only))
        yield from (each for each in found if each.kind is not None and wanted.wants(each.kind))


def _touches(analysis: Analysis, problem: Diagnostic, span: Span) -> bool:
    """Whether a problem is shown at a range: on its lines, for a cursor rarely stands on the very word."""
    label = problem.primary
    if label is None:
        return analysis.positions.line_of(span.start) == 0
    if label.source.path != analysis.source.path:
        return False
    line_of = analysis.positions.line_of
    first, last = line_of(span.start), line_of(span.end)
    return line_of(label.span.start) <= last and first <= line_of(label.span.end)


# --- fixes -----------------------------------------------------------------------------------------------


def _fixes(
    workspace: Workspace, analysis: Analysis, wanted: Wanted, problem: Diagnostic
) -> Iterator[types.CodeAction]:
    """The fixes of one problem; a safe one is what the client applies when it is asked to fix."""
    fixes = [each for each in problem.helps if each.edits and each.applicability in _CAUTIONS]
    for each in fixes:
        title = f"{_sentence(each.text)}{_CAUTIONS[each.applicability]}"
        safe = each.applicability is Applicability.SAFE
        yield types.CodeAction(
            title,
            Kind.QuickFix,
            _matching(analysis, wanted, problem) or None,
            is_preferred=safe or None,
            edit=_edit(workspace, analysis, each.edits),
        )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _matching(analysis: Analysis, wanted: Wanted, problem: Diagnostic) -> list[types.Diagnostic]:
    """The problem as the client has it."""
    start = analysis.positions.position(problem.primary.span.start if problem.primary else 0)
    return [each for each in wanted.problems if each.code == problem.code and each.range.start == start]


def _edit(workspace: Workspace, analysis: Analysis, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    found: dict[str, list[types.TextEdit]] = {}
    for each in edits:
        own = each.source.path == analysis.source.path
        uri = analysis.document.uri
        if not own:
            uri = workspace.uri_in(analysis.document.root, each.source.path)
        positions = analysis.positions if own else Positions(each.source.text, workspace.encoding)
        found.setdefault(uri, []).append(types.TextEdit(positions.range(each.span), each.text))
    return types.WorkspaceEdit(changes=found)


def _fix_all(workspace: Workspace, analysis: Analysis, wanted: Wanted) -> Iterator[types.CodeAction]:
    """All safe fixes, as `recipedsl check --fix` makes them."""
    if not any(_is_safe(analysis, help_) for each in workspace.shown(analysis) for help_ in each.helps):
        return
    action = types.CodeAction("Fix all that is safe to fix", FIX_ALL, data=analysis.document.uri)
    # Many rounds of checking: worth it only for somebody who chose it.
    if wanted.only is not None:
        action.edit = _all_fixed(workspace, analysis)
    if wanted.only is None or action.edit is not None:
        yield action


def _is_safe(analysis: Analysis, help_: Help) -> bool:
    own = all(each.source.path == analysis.source.path for each in help_.edits)
    return bool(help_.edits) and own and help_.applicability is Applicability.SAFE


def _all_fixed(workspace: Workspace, analysis: Analysis) -> types.WorkspaceEdit | None:
    document, facts = analysis.document, analysis.facts
    shows = workspace.world.shows_of(document.file or document.root / document.path)

    def diagnose(source: Source) -> list[Diagnostic]:
        there = document.with_text(document.version, source.text)
        found = analyse_document(there, facts.memory, facts.opened, analysis.parse)
        return [each for each in found.problems if shows(each)]

    fixed = fix_all(analysis.source, diagnose, frozenset((Applicability.SAFE,)))
    if fixed.source.text == analysis.text:
        return None
    edits = edits_between(analysis, Span(0, len(analysis.text)), fixed.source.text)
    return types.WorkspaceEdit(changes={document.uri: edits})


def resolve(workspace: Workspace, action: types.CodeAction) -> types.CodeAction:
    """An action that was only named, with its edit."""
    analysis = workspace.analysis(action.data) if isinstance(action.data, str) else None
    if analysis is not None and action.edit is None and action.kind == FIX_ALL:
        action.edit = _all_fixed(workspace, analysis)
    return action


# --- what is meant as it is ------------------------------------------------------------------------------


def _silence(
    workspace: Workspace, analysis: Analysis, wanted: Wanted, problem: Diagnostic
) -> Iterator[types.CodeAction]:
    """A comment that allows a problem of which somebody can say why it is none."""
    if problem.is_error or problem.primary is None or problem.kind in _OF_COMMENTS:
        return
    edit = _allowing(analysis, problem.primary.span.start, problem.code)
    if edit is not None:
        yield types.CodeAction(
            f"Allow {problem.code} here, and say why",
            Kind.QuickFix,
            _matching(analysis, wanted, problem) or None,
            edit=_edit(workspace, analysis, [edit]),
        )


def _allowing(analysis: Analysis, offset: int, code: str) -> Edit | None:
    """The comment on a line of its own above an offset, or the code in the one that stands there."""
    positions, text = analysis.positions, analysis.text
    line = positions.line_of(offset)
    start = positions.starts[line]
    token = analysis.tokens[analysis.token_index(start)] if analysis.tokens else None
    if token is not None and token.kind == STRING and token.span.start < start:
        return None  # inside a text of several lines no comment can stand
    above = text[positions.starts[line - 1] : positions.end_of(line - 1)] if line else ""
    there = _ALLOW.fullmatch(above)
    if there is not None:
        end = positions.starts[line - 1] + there.end("names")
        names = ", " if there["names"].strip() else ""
        return Edit(analysis.source, Span(end, end), f"{names}{code}")
    rest = text[start : positions.end_of(line)]
    blanks = rest[: len(rest) - len(rest.lstrip())]
    return Edit(analysis.source, Span(start, start), f"{blanks}# ftr: allow({code}) {_REASON}\n")


FEATURES = (
    Feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        actions,
        types.CodeActionOptions(
            [Kind.QuickFix, FIX_ALL, Kind.RefactorExtract, Kind.RefactorRewrite], resolve_provider=True
        ),
        wide=True,
    ),
    Feature(types.CODE_ACTION_RESOLVE, resolve, wide=True),
)
