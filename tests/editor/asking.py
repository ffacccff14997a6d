"""Everything that a client may ask about a place in a document, answered whatever comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from recipedsl.editor.features import every_feature
from recipedsl.editor.workspace import Workspace

FEATURES = {each.method: each for each in every_feature()}

OPTIONS = types.FormattingOptions(tab_size=2, insert_spaces=True)

#: What a name may be given in a rename that nothing is called.
FRESH = "fresh_name"


def answered(workspace: Workspace, uri: str, method: str, params: Any) -> Any:
    """What a feature answers; the words of a request that it refuses."""
    feature = FEATURES[method]
    try:
        return feature.answer(workspace if feature.wide else workspace.analysis(uri), params)
    except JsonRpcException as refusal:
        return refusal.message


def of_place(workspace: Workspace, uri: str, offset: int) -> Iterator[tuple[str, Any]]:
    """What is asked about a place: its method and its parameters."""
    positions = workspace.documents[uri].positions
    position = positions.position(offset)
    document = types.TextDocumentIdentifier(uri)
    at: dict[str, Any] = {"text_document": document, "position": position}
    here = types.Range(position, positions.position(offset + 3))
    context = types.CodeActionContext([])
    yield types.TEXT_DOCUMENT_DEFINITION, types.DefinitionParams(**at)
    yield types.TEXT_DOCUMENT_TYPE_DEFINITION, types.TypeDefinitionParams(**at)
    yield types.TEXT_DOCUMENT_REFERENCES, types.ReferenceParams(context=types.ReferenceContext(True), **at)
    yield types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, types.DocumentHighlightParams(**at)
    yield types.TEXT_DOCUMENT_PREPARE_RENAME, types.PrepareRenameParams(**at)
    yield types.TEXT_DOCUMENT_RENAME, types.RenameParams(new_name=FRESH, **at)
    yield types.TEXT_DOCUMENT_SELECTION_RANGE, types.SelectionRangeParams(document, [position])
    yield types.TEXT_DOCUMENT_LINKED_EDITING_RANGE, types.LinkedEditingRangeParams(**at)
    yield types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY, types.CallHierarchyPrepareParams(**at)
    yield types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionParams(document, here, context)
    yield types.TEXT_DOCUMENT_RANGE_FORMATTING, types.DocumentRangeFormattingParams(document, here, OPTIONS)
    for letter in ("}", "\n"):
        params = types.DocumentOnTypeFormattingParams(document, position, letter, OPTIONS)
        yield types.TEXT_DOCUMENT_ON_TYPE_FORMATTING, params


def of_document(workspace: Workspace, uri: str) -> Iterator[tuple[str, Any]]:
    """What is asked about a whole document."""
    document = types.TextDocumentIdentifier(uri)
    yield types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams(document)
    yield types.WORKSPACE_SYMBOL, types.WorkspaceSymbolParams("r")
    yield types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams(document)
    yield types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, types.SemanticTokensParams(document)
    whole = workspace.documents[uri].positions.whole
    yield types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, types.SemanticTokensRangeParams(document, whole)
    yield types.TEXT_DOCUMENT_DOCUMENT_LINK, types.DocumentLinkParams(document)
    yield types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensParams(document)
    yield types.TEXT_DOCUMENT_FORMATTING, types.DocumentFormattingParams(document, OPTIONS)
