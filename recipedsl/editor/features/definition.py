"""Where a name is declared, where a column comes to be, and what type the rows of a dataset were given."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.columns import Columns, Use
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.names import Definition, Occurrence, Role, definitions_in
from recipedsl.editor.nodes import path_to
from recipedsl.editor.places import At, place_of
from recipedsl.editor.positions import Positions
from recipedsl.editor.related import with_imports
from recipedsl.editor.workspace import Workspace
from recipedsl.semantics.context import Module
from recipedsl.source import Source, Span
from recipedsl.source.paths import beside
from recipedsl.syntax import parse, tree

Locations = list[types.Location] | None


def definition(workspace: Workspace, params: types.DefinitionParams) -> Locations:
    """Where the name at a position is declared; None where nothing is known of it."""
    analysis = workspace.analysis(params.text_document.uri)
    if analysis is None:
        return None
    offset = offset_of(analysis, params)
    found = analysis.names.at(offset)
    if found is None:
        return _imported_file(workspace, analysis, offset)
    if found.definition is not None:
        return [_declared(workspace, analysis, found.definition)]
    return _origins(workspace, analysis, found)


def type_definition(workspace: Workspace, params: types.TypeDefinitionParams) -> Locations:
    """The row type that a dataset was annotated with, or the field of it that a column is."""
    analysis = workspace.analysis(params.text_document.uri)
    found = analysis.names.at(offset_of(analysis, params)) if analysis is not None else None
    if analysis is None or found is None:
        return None
    if found.definition is None:
        return _fields(workspace, analysis, found)
    target = _type_of(analysis, found.definition)
    return [_declared(workspace, analysis, target)] if target is not None else None


def _at(workspace: Workspace, analysis: Analysis, source: Source, span: Span) -> types.Location:
    """A place in this file or another one."""
    if source.path == analysis.source.path:
        return types.Location(analysis.document.uri, analysis.positions.range(span))
    uri = workspace.uri_in(analysis.document.root, source.path)
    return types.Location(uri, Positions(source.text, workspace.encoding).range(span))


def _declared(workspace: Workspace, analysis: Analysis, target: Definition) -> types.Location:
    return _at(workspace, analysis, target.source, target.span)


def _imported_file(workspace: Workspace, analysis: Analysis, offset: int) -> Locations:
    """The file that the path of an import names."""
    for item in analysis.path_at(offset):
        if isinstance(item, tree.Import) and item.path.span.start <= offset <= item.path.span.end:
            path = beside(analysis.document.path, item.path.value)
            # A file that nobody has looked at yet may well be there: an editor that goes there will see.
            if analysis.facts.missing(path) is not None:
                return None
            start = types.Position(0, 0)
            uri = workspace.uri_in(analysis.document.root, path)
            return [types.Location(uri, types.Range(start, start))]
    return None


# --- types -----------------------------------------------------------------------------------------------


def _type_of(analysis: Analysis, found: Definition) -> Definition | None:
    """The declared type of a dataset, or of one that is split."""
    dataset = _dataset_of(found)
    named = dataset.annotation if dataset is not None else None
    while isinstance(named, tree.RefinedType):
        named = named.base
    module = _module_of(analysis, found)
    if module is None or not isinstance(named, tree.NamedType):
        return None
    *prefixes, last = named.name.text.split(".")
    for prefix in prefixes:
        if prefix not in module.imports:
            return None
        module = module.imports[prefix]
    target = definitions_in(module).get(last)
    return target if target is not None and target.kind == "type" else None


def _dataset_of(found: Definition) -> tree.Data | None:
    """The dataset that is declared; that of a part is what the part belongs to."""
    if isinstance(found.node, tree.Data):
        return found.node
    if found.kind != "part":
        return None
    around = path_to(parse(found.source)[0], found.span.start)
    return next((each for each in around if isinstance(each, tree.Data)), None)


def _module_of(analysis: Analysis, found: Definition) -> Module | None:
    """The module of the file that a declaration stands in."""
    waiting = [analysis.module]
    for module in waiting:
        if module.source.path == found.source.path:
            return module
        waiting.extend(module.imports.values())
    return None


# --- columns ---------------------------------------------------------------------------------------------


def _origins(workspace: Workspace, analysis: Analysis, found: Occurrence) -> Locations:
    """Where a column comes to be: the step or row type that names it, else the source that has it."""
    at = place_of(analysis, found)
    if at is None:
        return None
    columns = Columns(with_imports(workspace, analysis))
    made = [each for each in columns.uses(at) if each.is_new]
    return _used(made) or [
        _at(workspace, analysis, source, span) for source, span in _sources(analysis, columns, at)
    ] or None  # fmt: skip


def _sources(analysis: Analysis, columns: Columns, at: At) -> list[tuple[Source, Span]]:
    """Sources of rows and steps that give a column without naming it."""
    root = columns.root(at)
    begins = [
        place for dataset in analysis.recipe.datasets.values()
        for place in (dataset.source.place, *(step.place for step in dataset.steps))
    ]  # fmt: skip
    found = {
        (each.source, each.span)
        for each in begins
        if (here := At(each.source.path, each.span, at.way)) in columns.fixed and columns.root(here) == root
    }
    return sorted(found, key=lambda each: (each[0].path, each[1]))


def _fields(workspace: Workspace, analysis: Analysis, found: Occurrence) -> Locations:
    """Where a row type declares a column."""
    at = place_of(analysis, found)
    if at is None or found.role not in (Role.COLUMN, Role.FIELD):
        return None
    uses = Columns(with_imports(workspace, analysis)).uses(at)
    return _used(each for each in uses if each.is_new and _is_field(each)) or None


def _used(uses: Iterable[Use]) -> list[types.Location]:
    return [
        types.Location(each.analysis.document.uri, each.analysis.positions.range(each.span)) for each in uses
    ]


def _is_field(use: Use) -> bool:
    around = path_to(use.analysis.tree, use.span.start)
    return any(isinstance(each, tree.TypeField) and each.name.span == use.span for each in around)


FEATURES = (
    Feature(types.TEXT_DOCUMENT_DEFINITION, definition, wide=True),
    Feature(types.TEXT_DOCUMENT_TYPE_DEFINITION, type_definition, wide=True),
)
