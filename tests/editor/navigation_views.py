"""Views of the features that go to places and that change texts; see `views.py`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.actions import FIX_ALL
from recipedsl.editor.features.semantic_tokens import painted
from recipedsl.source import Span
from tests.editor.asking import OPTIONS, answered
from tests.editor.views import Place


def _ask(place: Place, method: str, kind: Any, **more: Any) -> Any:
    return answered(place.workspace, place.analysis.document.uri, method, kind(**place.at, **more))


def _of_document(place: Place, method: str, kind: Any, **more: Any) -> Any:
    uri = place.analysis.document.uri
    document = types.TextDocumentIdentifier(uri)
    return answered(place.workspace, uri, method, kind(text_document=document, **more))


def _listed(lines: Iterable[str]) -> str:
    found = list(lines)
    return "".join(f"{each}\n" for each in found) if found else "nothing\n"


def _analysis(place: Place, uri: str) -> Analysis:
    found = place.workspace.analysis(uri)
    assert found is not None
    return found


def _here(place: Place, uri: str, range_: types.Range) -> str:
    """A place with its text: `a.ftr 3:5-9 name`."""
    analysis = _analysis(place, uri)
    span = analysis.positions.span(range_)
    text = analysis.text[span.start : span.end].split("\n")[0]
    return f"{uri.rpartition('/')[2]} {place.shown(range_)} {text}".rstrip()


def _text(analysis: Analysis, edits: Iterable[Any]) -> str:
    """The text of a document after edits, which must not touch one another."""
    text, reached = analysis.text, len(analysis.text) + 1
    for each in sorted(edits, key=lambda one: (one.range.start, one.range.end), reverse=True):
        span = analysis.positions.span(each.range)
        assert span.end <= reached
        text, reached = text[: span.start] + each.new_text + text[span.end :], span.start
    return text


def _changed(place: Place, edit: types.WorkspaceEdit | None) -> Iterator[str]:
    """The lines that an edit changes, file by file."""
    for uri, edits in (edit.changes or {} if edit is not None else {}).items():
        analysis = _analysis(place, uri)
        yield f"  {uri.rpartition('/')[2]}"
        rows = difflib.unified_diff(
            analysis.text.splitlines(), _text(analysis, edits).splitlines(), n=0, lineterm=""
        )
        yield from (
            f"  {each}".rstrip() for each in rows if each[:3] not in ("---", "+++") and each[0] != "@"
        )


# --- places ----------------------------------------------------------------------------------------------


def definition(place: Place) -> str:
    """Where a name is declared."""
    found = _ask(place, types.TEXT_DOCUMENT_DEFINITION, types.DefinitionParams)
    return _listed(_here(place, each.uri, each.range) for each in found or ())


def type_definition(place: Place) -> str:
    """Where its type is."""
    found = _ask(place, types.TEXT_DOCUMENT_TYPE_DEFINITION, types.TypeDefinitionParams)
    return _listed(_here(place, each.uri, each.range) for each in found or ())


def references(place: Place) -> str:
    """Every place that means the same."""
    context = types.ReferenceContext(include_declaration=True)
    found = _ask(place, types.TEXT_DOCUMENT_REFERENCES, types.ReferenceParams, context=context)
    return _listed(_here(place, each.uri, each.range) for each in found or ())


def highlight(place: Place) -> str:
    """The same in one document, with what writes it."""
    found = _ask(place, types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, types.DocumentHighlightParams)
    uri = place.analysis.document.uri
    return _listed(f"{each.kind.name.lower()} {_here(place, uri, each.range)}" for each in found or ())


def rename(place: Place) -> str:
    """What is renamed, and the lines that change when it is called `fresh`; or why not."""
    asked = _ask(place, types.TEXT_DOCUMENT_PREPARE_RENAME, types.PrepareRenameParams)
    found = _ask(place, types.TEXT_DOCUMENT_RENAME, types.RenameParams, new_name="fresh")
    if isinstance(asked, str) or isinstance(found, str):
        return f"refused: {asked if isinstance(asked, str) else found}\n"
    if asked is None:
        return "nothing\n"
    return _listed([f"{place.shown(asked.range)} {asked.placeholder}", *_changed(place, found)])


def linked(place: Place) -> str:
    """What is typed over together."""
    found = _ask(place, types.TEXT_DOCUMENT_LINKED_EDITING_RANGE, types.LinkedEditingRangeParams)
    uri = place.analysis.document.uri
    return _listed(_here(place, uri, each) for each in (found.ranges if found is not None else ()))


def calls(place: Place) -> str:
    """What a node needs, and what needs it."""
    items = _ask(place, types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, types.CallHierarchyPrepareParams)
    lines = []
    for item in items or ():
        lines.append(f"{item.name} ({item.detail})")
        needs = answered(
            place.workspace,
            item.uri,
            types.CALL_HIERARCHY_OUTGOING_CALLS,
            types.CallHierarchyOutgoingCallsParams(item),
        )
        lines += [f"  needs {each.to.name} ({each.to.detail})" for each in needs]
        users = answered(
            place.workspace,
            item.uri,
            types.CALL_HIERARCHY_INCOMING_CALLS,
            types.CallHierarchyIncomingCallsParams(item),
        )
        lines += [f"  is needed by {each.from_.name} ({each.from_.detail})" for each in users]
    return _listed(lines)


# --- the shape of a document -----------------------------------------------------------------------------


def symbols(place: Place) -> str:
    """The outline."""
    found = _of_document(place, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams)
    return _listed(_outline(place, found, 0))


def _outline(place: Place, found: Iterable[types.DocumentSymbol], depth: int) -> Iterator[str]:
    for each in found:
        detail = f"  ({each.detail})" if each.detail else ""
        yield f"{'  ' * depth}{each.name}  {each.kind.name}  {place.shown(each.range)}{detail}"
        yield from _outline(place, each.children or (), depth + 1)


def workspace_symbols(place: Place) -> str:
    """What the letters `st` find in all open recipes."""
    params = types.WorkspaceSymbolParams("st")
    found = answered(place.workspace, "", types.WORKSPACE_SYMBOL, params)
    return _listed(
        f"{each.name}  {each.kind.name}  {_here(place, each.location.uri, each.location.range)}"
        for each in found
    )


def folding(place: Place) -> str:
    """First and last lines, from 1."""
    found = _of_document(place, types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams)
    return _listed(
        f"{each.start_line + 1}-{each.end_line + 1} {each.kind.value if each.kind else ''}".rstrip()
        for each in found
    )


def selection(place: Place) -> str:
    """The ranges around a place, the smallest first."""
    positions = [place.analysis.positions.position(each) for each in place.offsets]
    found = _of_document(
        place, types.TEXT_DOCUMENT_SELECTION_RANGE, types.SelectionRangeParams, positions=positions
    )
    lines = []
    for first in found:
        each: types.SelectionRange | None = first
        while each is not None:
            span = place.analysis.positions.span(each.range)
            text = place.analysis.text[span.start : span.end].replace("\n", "⏎")
            lines.append(text if len(text) <= 60 else f"{text[:60]}…")
            each = each.parent
    return _listed(lines)


def tokens(place: Place) -> str:
    """Every coloured stretch."""
    analysis = place.analysis
    return _listed(
        " ".join(
            [
                place.shown(analysis.positions.range(each.span)),
                analysis.text[each.span.start : each.span.end],
                each.type,
                *each.modifiers,
            ]
        )
        for each in painted(analysis)
    )


def links(place: Place) -> str:
    """Texts that lead somewhere."""
    found = _of_document(place, types.TEXT_DOCUMENT_DOCUMENT_LINK, types.DocumentLinkParams)
    root = place.analysis.document.root
    lines = []
    for each in found:
        file = to_fs_path(each.target) if each.target.startswith("file:") else None
        where = file.removeprefix(f"{root}/") if file else each.target
        lines.append(f"{_here(place, place.analysis.document.uri, each.range)} -> {where}")
    return _listed(lines)


def lens(place: Place) -> str:
    """What can be done, by line."""
    found = _of_document(place, types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensParams)
    return _listed(
        f"{each.range.start.line + 1} {each.command.title}: {each.command.command} "
        f"{' '.join(str(one).rpartition('/')[2] for one in each.command.arguments)}"
        for each in found or ()
    )


# --- changes ---------------------------------------------------------------------------------------------


def _selected(place: Place) -> types.Range:
    first, last = place.offsets[0], place.offsets[-1]
    return place.analysis.positions.range(Span(first, last))


def actions(place: Place) -> str:
    """What is offered at the mark, or between two, with the lines that it changes."""
    context = types.CodeActionContext([])
    found = _of_document(
        place,
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionParams,
        range=_selected(place),
        context=context,
    )
    lines: list[str] = []
    for each in found:
        kind = each.kind.value if isinstance(each.kind, types.CodeActionKind) else each.kind
        lines.append(f"{each.title} [{kind}]{' preferred' if each.is_preferred else ''}")
        lines += _changed(place, each.edit)
    return _listed(lines)


def fix_all(place: Place) -> str:
    """The lines that all safe fixes change."""
    context = types.CodeActionContext([], only=[FIX_ALL])
    found = _of_document(
        place,
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionParams,
        range=_selected(place),
        context=context,
    )
    return _listed(line for each in found for line in _changed(place, each.edit))


def formatted(place: Place) -> str:
    """The lines that the formatter changes."""
    found = _of_document(
        place, types.TEXT_DOCUMENT_FORMATTING, types.DocumentFormattingParams, options=OPTIONS
    )
    return _edited(place, found)


def formatted_range(place: Place) -> str:
    """The lines that it changes of what two marks touch."""
    found = _of_document(
        place,
        types.TEXT_DOCUMENT_RANGE_FORMATTING,
        types.DocumentRangeFormattingParams,
        options=OPTIONS,
        range=_selected(place),
    )
    return _edited(place, found)


def formatted_on_type(place: Place) -> str:
    """The lines that it changes once what stands before the mark was typed."""
    letter = place.analysis.text[place.offsets[0] - 1]
    found = _ask(
        place,
        types.TEXT_DOCUMENT_ON_TYPE_FORMATTING,
        types.DocumentOnTypeFormattingParams,
        options=OPTIONS,
        ch=letter,
    )
    return _edited(place, found)


def _edited(place: Place, found: list[types.TextEdit] | None) -> str:
    edit = types.WorkspaceEdit(changes={place.analysis.document.uri: found}) if found else None
    return _listed(_changed(place, edit))


NAVIGATION: dict[str, Callable[[Place], str]] = {
    "definition": definition,
    "type definition": type_definition,
    "references": references,
    "highlight": highlight,
    "rename": rename,
    "linked": linked,
    "calls": calls,
    "symbols": symbols,
    "workspace symbols": workspace_symbols,
    "folding": folding,
    "selection": selection,
    "tokens": tokens,
    "links": links,
    "lens": lens,
    "actions": actions,
    "fix all": fix_all,
    "format": formatted,
    "format range": formatted_range,
    "format on type": formatted_on_type,
}
