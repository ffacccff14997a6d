"""The graph of a recipe as a call hierarchy: what a stage starts from and reads, and what starts from it.

A stage "calls" the model or stage that it starts from, the datasets that it reads, the judges that it asks;
a dataset those that it is made of; an evaluation what it judges.
"""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.documents import file_of
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.features.symbols import KINDS
from recipedsl.editor.names import Definition, Occurrence, Role
from recipedsl.editor.nodes import declarations
from recipedsl.editor.related import related, with_imports
from recipedsl.editor.workspace import Workspace
from recipedsl.semantics.scope import kind_of
from recipedsl.source import Span
from recipedsl.syntax import tree

#: Declarations that are nodes of the graph.
_NODES = ("model", "template", "data", "stage", "eval")

Item = types.CallHierarchyItem


def prepare(workspace: Workspace, params: types.CallHierarchyPrepareParams) -> list[Item] | None:
    """The node that the name at a position means; None where it means none."""
    analysis = workspace.analysis(params.text_document.uri)
    found = analysis.names.at(offset_of(analysis, params)) if analysis is not None else None
    if analysis is None or found is None or found.definition is None:
        return None
    for each in with_imports(workspace, analysis):
        node = _node_at(each, found.definition)
        if node is not None:
            return [_item(each, node)]
    return None


def outgoing(
    workspace: Workspace, params: types.CallHierarchyOutgoingCallsParams
) -> list[types.CallHierarchyOutgoingCall]:
    """What a node needs."""
    place = _find(workspace, params.item)
    if place is None:
        return []
    analysis, node = place
    analyses = with_imports(workspace, analysis)
    found: dict[tuple[str, int], tuple[Item, list[types.Range]]] = {}
    for each in _references(analysis, node):
        target = _target(analyses, each)
        if target is not None and target[1] is not node:
            key = target[0].document.path, target[1].span.start
            item = _item(*target)
            found.setdefault(key, (item, []))[1].append(analysis.positions.range(each.span))
    return [types.CallHierarchyOutgoingCall(item, ranges) for item, ranges in found.values()]


def incoming(
    workspace: Workspace, params: types.CallHierarchyIncomingCallsParams
) -> list[types.CallHierarchyIncomingCall]:
    """What needs a node."""
    place = _find(workspace, params.item)
    if place is None:
        return []
    calls: list[types.CallHierarchyIncomingCall] = []
    analyses = related(workspace, place[0])
    for analysis in analyses:
        for node in _nodes(analysis):
            if node is place[1]:
                continue
            ranges = [
                analysis.positions.range(each.span)
                for each in _references(analysis, node)
                if _means(each, place[0], place[1])
            ]
            if ranges:
                calls.append(types.CallHierarchyIncomingCall(_item(analysis, node), ranges))
    return calls


# --- nodes -----------------------------------------------------------------------------------------------


def _nodes(analysis: Analysis) -> Iterator[tree.Data | tree.Thing]:
    for item in declarations(analysis.tree.items):
        if isinstance(item, tree.Data | tree.Thing) and item.name is not None and kind_of(item) in _NODES:
            yield item


def _node_at(analysis: Analysis, definition: Definition) -> tree.Data | tree.Thing | None:
    """The node that declares a name, or a part of itself."""
    if analysis.document.path != definition.source.path or definition.kind not in (*_NODES, "part"):
        return None
    start = definition.span.start
    return next((each for each in _nodes(analysis) if each.span.start <= start < each.span.end), None)


def _item(analysis: Analysis, node: tree.Data | tree.Thing) -> Item:
    assert node.name is not None
    kind = kind_of(node)
    method = f": {node.method.text}" if isinstance(node, tree.Thing) and node.method is not None else ""
    whole, name = node.span.to(node.name.span), node.name.span
    position = analysis.positions.range
    uri = analysis.document.uri
    return Item(node.name.text, KINDS[kind], uri, position(whole), position(name), detail=f"{kind}{method}")


def _find(workspace: Workspace, item: Item) -> tuple[Analysis, tree.Data | tree.Thing] | None:
    """The node that the client was given, as it stands now."""
    file = file_of(item.uri)
    analysis = workspace.analysis(item.uri)
    # Addresses come from outside: no file is read that is not of the workspace.
    ours = [*workspace.folders, *(each.root for each in workspace.documents.values())]
    is_ours = file is not None and ".." not in file.parts and any(map(file.is_relative_to, ours))
    if analysis is None and file is not None and is_ours:
        analysis = workspace.analysis_of_file(file)
    if analysis is None:
        return None
    analysis = with_imports(workspace, analysis)[0]
    named = [each for each in _nodes(analysis) if each.name is not None and each.name.text == item.name]
    return (analysis, named[0]) if named else None


# --- edges -----------------------------------------------------------------------------------------------


def _references(analysis: Analysis, node: tree.Data | tree.Thing) -> Iterator[Occurrence]:
    """Names inside a node that mean declarations; of `solutions.train` and `common.base` the last word."""
    inside = [
        each for each in analysis.names.all
        if each.role is Role.REFERENCE and node.span.start <= each.span.start < node.span.end
    ]  # fmt: skip
    for index, each in enumerate(inside):
        behind = inside[index + 1].span if index + 1 < len(inside) else Span(-1, -1)
        if not (behind.start == each.span.end + 1 and analysis.text[each.span.end] == "."):
            yield each


def _target(analyses: list[Analysis], found: Occurrence) -> tuple[Analysis, tree.Data | tree.Thing] | None:
    if found.definition is None:
        return None
    for analysis in analyses:
        node = _node_at(analysis, found.definition)
        if node is not None:
            return analysis, node
    return None


def _means(found: Occurrence, analysis: Analysis, node: tree.Data | tree.Thing) -> bool:
    if found.definition is None or found.definition.source.path != analysis.document.path:
        return False
    target = _node_at(analysis, found.definition)
    return target is not None and target.span == node.span


FEATURES = (
    Feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, prepare, wide=True),
    Feature(types.CALL_HIERARCHY_OUTGOING_CALLS, outgoing, wide=True),
    Feature(types.CALL_HIERARCHY_INCOMING_CALLS, incoming, wide=True),
)
