"""What a document declares, with what is inside, and what all recipes of the workspace declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.features.base import Feature
from recipedsl.editor.nodes import declarations
from recipedsl.editor.workspace import Workspace
from recipedsl.semantics.scope import kind_of
from recipedsl.source import Span
from recipedsl.syntax import tree

_Kind = types.SymbolKind

#: The editor's pictures for kinds of declarations.
KINDS = {
    "import": _Kind.Module,
    "type": _Kind.Struct,
    "param": _Kind.Variable,
    "let": _Kind.Constant,
    "data": _Kind.Array,
    "model": _Kind.Object,
    "template": _Kind.String,
    "stage": _Kind.Function,
    "eval": _Kind.Event,
    "profile": _Kind.Namespace,
    "run": _Kind.Namespace,
}

#: Symbols that one search answers with.
_MOST = 500


def document_symbols(analysis: Analysis, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    """The declarations, each with its settings, columns or parts."""
    return [*_items(analysis, analysis.tree.items)]


def _items(analysis: Analysis, items: Iterable[tree.Item]) -> Iterator[types.DocumentSymbol]:
    for item in items:
        if not isinstance(item, tree.Broken):
            yield _item(analysis, item)


def _item(analysis: Analysis, item: tree.Item) -> types.DocumentSymbol:
    if isinstance(item, tree.Rounds):
        inside = [*_items(analysis, item.items)]
        head = Span(item.span.start, item.count.span.end)
        return _symbol(analysis, f"rounds {item.count.text}", _Kind.Namespace, item.span, head, inside)
    name = getattr(item, "name", None)
    kind = kind_of(item)
    named = name if name is not None else getattr(item, "kind", None)
    head = named.span if named is not None else item.span
    label = named.text if named is not None else kind
    picture, inside = KINDS.get(kind, _Kind.Null), [*_inside(analysis, item)]
    return _symbol(analysis, label, picture, item.span, head, inside, _detail(analysis, item))


def _symbol(
    analysis: Analysis,
    name: str,
    kind: types.SymbolKind,
    whole: Span,
    head: Span,
    inside: list[types.DocumentSymbol] | None = None,
    detail: str = "",
) -> types.DocumentSymbol:
    positions = analysis.positions
    # A name of blanks, which backquotes allow, is none for a client.
    shown = name if name.strip() else "` `"
    return types.DocumentSymbol(
        shown,
        kind,
        positions.range(whole.to(head)),
        positions.range(head),
        detail=detail or None,
        children=inside or None,
    )


def _detail(analysis: Analysis, item: tree.Item) -> str:
    """What stands behind the name, in a word or two."""
    text = analysis.text
    match item:
        case tree.Thing():
            method = f": {item.method.text}" if item.method is not None else ""
            return f"{item.kind.text}{method}"
        case tree.Data():
            noted = item.annotation
            return item.kind.text + (f": {_short(text, noted.span)}" if noted is not None else "")
        case tree.Param():
            return f"param: {_short(text, item.type.span)}"
        case tree.Let():
            return f"let = {_short(text, item.value.span)}"
        case tree.Import():
            return item.path.value
        case _:
            return kind_of(item)


def _short(text: str, span: Span, most: int = 60) -> str:
    line = " ".join(text[span.start : span.end].split())
    return line if len(line) <= most else f"{line[:most]}…"


def _inside(analysis: Analysis, item: tree.Item) -> Iterator[types.DocumentSymbol]:
    match item:
        case tree.Thing():
            for entry in item.block.entries:
                if isinstance(entry, tree.Attribute):
                    detail = _short(analysis.text, entry.value.span)
                    yield _symbol(
                        analysis, entry.key.text, _Kind.Property, entry.span, entry.key.span, None, detail
                    )
        case tree.TypeDeclaration(type=tree.RecordType(fields=fields)):
            for each in fields:
                detail = _short(analysis.text, each.type.span)
                yield _symbol(analysis, each.name.text, _Kind.Field, each.span, each.name.span, None, detail)
        case tree.Data():
            yield from _parts(analysis, item)


def _parts(analysis: Analysis, item: tree.Data) -> Iterator[types.DocumentSymbol]:
    """The parts that a dataset is split into."""
    for step in item.pipeline.steps:
        if isinstance(step, tree.Step) and step.name.text == "split":
            for each in step.arguments:
                if each.name is not None and each.name.text != "group":
                    detail = _short(analysis.text, each.value.span)
                    yield _symbol(
                        analysis, each.name.text, _Kind.Array, each.span, each.name.span, None, detail
                    )


# --- all recipes -----------------------------------------------------------------------------------------


def workspace_symbols(
    workspace: Workspace, params: types.WorkspaceSymbolParams
) -> list[types.SymbolInformation]:
    """Declarations of all recipes whose names have the letters of the query in this order."""
    found: list[types.SymbolInformation] = []
    for analysis in _all(workspace):
        for each in declarations(analysis.tree.items):
            name = getattr(each, "name", None)
            if name is None or not _matches(params.query, name.text):
                continue
            place = types.Location(analysis.document.uri, analysis.positions.range(name.span))
            kind = KINDS.get(kind_of(each), _Kind.Null)
            found.append(
                types.SymbolInformation(place, name.text, kind, container_name=analysis.document.path)
            )
            if len(found) == _MOST:
                return found
    return found


def _all(workspace: Workspace) -> Iterator[Analysis]:
    """Open documents, and the recipes below the workspace's folders."""
    for uri in workspace.documents:
        analysis = workspace.analysis(uri)
        if analysis is not None:
            yield analysis
    opened = {each.file for each in workspace.documents.values()}
    listed = dict.fromkeys(file for each in workspace.folders for file in workspace.world.recipes_of(each))
    for file in listed:
        analysis = workspace.analysis_of_file(file) if file not in opened else None
        if analysis is not None:
            yield analysis


def _matches(query: str, name: str) -> bool:
    letters = iter(name.lower())
    return all(each in letters for each in query.lower())


FEATURES = (
    Feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, document_symbols),
    Feature(types.WORKSPACE_SYMBOL, workspace_symbols, wide=True),
)
