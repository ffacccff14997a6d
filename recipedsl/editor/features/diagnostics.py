"""Problems as the protocol has them; `pushing.py` and the pull requests send them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lsprotocol import types

from recipedsl.diagnostics import Code, Diagnostic, Label, Severity
from recipedsl.diagnostics.codes.lints import UnusedAllow
from recipedsl.editor.analysis import Analysis
from recipedsl.editor.positions import Positions
from recipedsl.editor.workspace import Workspace
from recipedsl.lint.rules.dead_setting import DeadSetting
from recipedsl.lint.rules.dead_step import DeadStep
from recipedsl.lint.rules.unused import Unused
from recipedsl.source import Span
from recipedsl.syntax import tree

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}

#: What stands there for nothing: editors show it faded.
_UNNECESSARY = (Unused, DeadSetting, DeadStep, UnusedAllow)

SOURCE = "recipedsl"

#: Problems of one document that are sent: a client that lists more is of no use to anybody.
MOST = 500


def problems_of(workspace: Workspace, analysis: Analysis) -> list[types.Diagnostic]:
    """What is wrong with a document, as the protocol has it; problems of imported files at their import."""
    shown = workspace.shown(analysis)[:MOST]
    own = [each for each in shown if _is_own(analysis, each)]
    converter = _Converter(workspace, analysis)
    return [
        *map(converter.problem, own),
        *_of_imports(converter, [each for each in shown if each not in own]),
    ]


def _is_own(analysis: Analysis, problem: Diagnostic) -> bool:
    return problem.primary is None or problem.primary.source.path == analysis.source.path


class _Converter:
    """Turns problems of one document into those of the protocol."""

    def __init__(self, workspace: Workspace, analysis: Analysis) -> None:
        self.workspace, self.analysis = workspace, analysis

    def problem(self, found: Diagnostic) -> types.Diagnostic:
        """One problem."""
        label = found.primary
        range_ = self.analysis.positions.range(label.span if label is not None else Span(0, 0))
        return types.Diagnostic(
            range_,
            message_of(found),
            severity=_SEVERITIES[found.severity],
            code=found.code,
            code_description=self.page(found.kind),
            source=SOURCE,
            tags=[types.DiagnosticTag.Unnecessary] if issubclass(found.kind, _UNNECESSARY) else None,
            related_information=[*map(self.related, found.secondary)] or None,
        )

    def page(self, kind: type[Code]) -> types.CodeDescription | None:
        """Where the page of a code can be read."""
        href = self.workspace.page_of(kind)
        return types.CodeDescription(href) if href else None

    def related(self, label: Label) -> types.DiagnosticRelatedInformation:
        """The other side of a problem, which may be in another file."""
        root = self.analysis.document.root
        own = label.source.path == self.analysis.source.path
        positions = self.analysis.positions if own else Positions(label.source.text, self.workspace.encoding)
        uri = self.analysis.document.uri if own else self.workspace.uri_in(root, label.source.path)
        return types.DiagnosticRelatedInformation(
            types.Location(uri, positions.range(label.span)), label.text or "here"
        )


def message_of(found: Diagnostic) -> str:
    """The message with what the label adds, notes and helps: an editor shows no more than this."""
    lines = [found.message]
    if found.primary is not None and found.primary.text and found.primary.text not in found.message:
        lines.append(found.primary.text)
    lines += [f"note: {each}" for each in found.notes]
    lines += [f"help: {each.text}" for each in found.helps]
    return "\n".join(lines)


# --- problems of imported files -----------------------------------------------------------------------


def _of_imports(converter: _Converter, problems: list[Diagnostic]) -> Iterator[types.Diagnostic]:
    """One problem for each import whose file, or one that it imports, has problems."""
    if not problems:
        return
    imports = [each for each in converter.analysis.tree.items if isinstance(each, tree.Import)]
    told: set[str] = set()
    for item in imports:
        inside = _paths_below(converter.analysis, item.name.text)
        here = [each for each in problems if each.primary and each.primary.source.path in inside - told]
        told |= inside
        if here:
            yield _of_import(converter, item, here)


def _paths_below(analysis: Analysis, name: str) -> set[str]:
    """Paths of the file that an import names, and of those that it imports."""
    module = analysis.module.imports.get(name)
    waiting = [module] if module is not None else []
    for each in waiting:
        waiting.extend(each.imports.values())
    return {each.source.path for each in waiting}


def _of_import(converter: _Converter, item: tree.Import, problems: list[Diagnostic]) -> types.Diagnostic:
    count, first = len(problems), problems[0]
    words = (
        f"`{item.path.value}` has a problem" if count == 1 else f"`{item.path.value}` has {count} problems"
    )
    severities = {each.severity for each in problems}
    worst = next(each for each in _SEVERITIES if each in severities)
    labels: Iterable[Label] = (
        Label(each.primary.source, each.primary.span, each.message) for each in problems if each.primary
    )
    return types.Diagnostic(
        converter.analysis.positions.range(item.path.span),
        f"{words}: {first.message}",
        severity=_SEVERITIES[worst],
        code=first.code,
        code_description=converter.page(first.kind),
        source=SOURCE,
        related_information=[*map(converter.related, labels)],
    )


#: What a document's problems are, for whoever sends them.
ProblemsOf = Callable[[Workspace, Analysis], list[types.Diagnostic]]
