"""Edits tried on paper: what a recipe would mean after them, before anybody is offered them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from lsprotocol import types

from recipedsl.diagnostics import Diagnostic
from recipedsl.editor.analysis import Analysis, analyse_document
from recipedsl.editor.workspace import Workspace
from recipedsl.source import Span


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Characters of one file that are replaced.

    Attributes:
        path: of the file, relative to the root.
    """

    path: str
    span: Span
    text: str


def changed(text: str, changes: Iterable[Change]) -> str:
    """A text with changes of it, none of which touch."""
    pieces, reached = [], 0
    for each in sorted(changes):
        pieces += [text[reached : each.span.start], each.text]
        reached = each.span.end
    return "".join([*pieces, text[reached:]])


def moved(offset: int, path: str, changes: Iterable[Change]) -> int:
    """Where an offset of a file that no change covers stands after them."""
    before = (each for each in changes if each.path == path and each.span.end <= offset)
    return offset + sum(len(each.text) - (each.span.end - each.span.start) for each in before)


def tried(analysis: Analysis, changes: Iterable[Change]) -> Analysis:
    """The analysis as it would be after changes of its own file and of others."""
    by_path = _by_path(changes)
    own = by_path.get(analysis.document.path, [])
    document = analysis.document.with_text(analysis.document.version, changed(analysis.text, own))
    before = analysis.facts.opened

    def opened(path: str) -> str | None:
        if path not in by_path:
            return before(path)
        text = before(path)
        text = analysis.facts.read_text(path) if text is None else text
        return None if text is None else changed(text, by_path[path])

    return analyse_document(document, analysis.facts.memory, opened, analysis.parse)


def _by_path(changes: Iterable[Change]) -> dict[str, list[Change]]:
    ordered = sorted(changes)
    return {path: list(found) for path, found in groupby(ordered, key=lambda each: each.path)}


def new_problems(before: Analysis, after: Analysis) -> list[Diagnostic]:
    """What is wrong after a change and was not before; messages may name other words now."""
    known = Counter(each.code for each in before.problems)
    found = []
    for each in after.problems:
        known[each.code] -= 1
        if known[each.code] < 0:
            found.append(each)
    return found


# --- for the client --------------------------------------------------------------------------------------


def workspace_edit(
    workspace: Workspace, analyses: Mapping[str, Analysis], changes: Iterable[Change]
) -> types.WorkspaceEdit:
    """Changes as the protocol has them."""
    edits: dict[str, list[types.TextEdit]] = {}
    for path, found in _by_path(changes).items():
        analysis = analyses[path]
        uri = workspace.uri_in(analysis.document.root, path)
        edits[uri] = [types.TextEdit(analysis.positions.range(each.span), each.text) for each in found]
    return types.WorkspaceEdit(changes=edits)
