"""Every place that means the same: references, and highlights in one document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lsprotocol import types

from recipedsl.editor.analysis import Analysis
from recipedsl.editor.columns import Columns
from recipedsl.editor.features.base import Feature, offset_of
from recipedsl.editor.names import Definition, Occurrence, Role
from recipedsl.editor.places import place_of
from recipedsl.editor.related import related
from recipedsl.editor.workspace import Workspace
from recipedsl.source import Span


@dataclass(frozen=True)
class Mention:
    """A place that names something.

    Attributes:
        is_new: whether the thing comes to be there.
    """

    analysis: Analysis
    span: Span
    is_new: bool

    def location(self) -> types.Location:
        """As the protocol has it."""
        return types.Location(self.analysis.document.uri, self.analysis.positions.range(self.span))


def of_definition(analyses: list[Analysis], definition: Definition) -> Iterator[Mention]:
    """Every place that names a declaration."""
    for analysis in analyses:
        for each in analysis.names.of(definition):
            yield Mention(analysis, each.span, each.role is Role.DECLARATION)


def of_column(analyses: list[Analysis], analysis: Analysis, found: Occurrence) -> Iterator[Mention]:
    """Every place that names a column; those of its name in its pipeline where its rows are not known."""
    at = place_of(analysis, found)
    if at is not None:
        yield from (Mention(each.analysis, each.span, each.is_new) for each in Columns(analyses).uses(at))
        return
    for each in analysis.names.all:
        same = each.role is found.role is Role.COLUMN and each.name == found.name
        if same and each.column and found.column and each.column.owner == found.column.owner:
            yield Mention(analysis, each.span, each.column.is_new)


def of_word(analysis: Analysis, found: Occurrence) -> Iterator[Mention]:
    """Other uses of the same word of the vocabulary, or of the same setting of it."""
    wanted = (found.role, found.name, found.word)
    if found.word is not None and found.role is not Role.CHOICE:
        for each in analysis.names.all:
            if (each.role, each.name, each.word) == wanted:
                yield Mention(analysis, each.span, is_new=False)


def mentions(analyses: list[Analysis], analysis: Analysis, found: Occurrence) -> list[Mention]:
    """Every place in some recipes that means the same as a name in one of them."""
    if found.definition is not None:
        return list(of_definition(analyses, found.definition))
    if found.role in (Role.COLUMN, Role.FIELD, Role.KEY):
        return list(of_column(analyses, analysis, found))
    return list(of_word(analysis, found))


def references(workspace: Workspace, params: types.ReferenceParams) -> list[types.Location] | None:
    """Every place that means the same as the name at a position; None where there is no name."""
    analysis = workspace.analysis(params.text_document.uri)
    found = analysis.names.at(offset_of(analysis, params)) if analysis is not None else None
    if analysis is None or found is None:
        return None
    is_wide = found.definition is not None or found.role in (Role.COLUMN, Role.FIELD)
    analyses = related(workspace, analysis) if is_wide else [analysis]
    with_new = params.context.include_declaration
    own = next((each for each in analyses if each.document.uri == analysis.document.uri), analysis)
    found = own.names.at(offset_of(own, params)) or found
    return [each.location() for each in mentions(analyses, own, found) if with_new or not each.is_new]


def highlight(
    analysis: Analysis, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight] | None:
    """The same in this document alone."""
    found = analysis.names.at(offset_of(analysis, params))
    if found is None:
        return None
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(
            analysis.positions.range(each.span), kinds.Write if each.is_new else kinds.Read
        )
        for each in mentions([analysis], analysis, found)
    ]


FEATURES = (
    Feature(types.TEXT_DOCUMENT_REFERENCES, references, wide=True),
    Feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, highlight),
)
