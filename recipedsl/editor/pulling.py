"""Problems for clients that ask: of one document, and of all recipes of the workspace."""

from __future__ import annotations

import asyncio
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from recipedsl.editor.features.diagnostics import problems_of
from recipedsl.editor.workspace import uri_of

if TYPE_CHECKING:
    from recipedsl.editor.server import RecipeServer

#: Recipes of a workspace that are checked for one request.
_MOST = 1_000

Report = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport


def add_pulling(server: RecipeServer) -> None:
    """Answer requests for problems."""
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier="recipedsl"
    )

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def of_document(params: types.DocumentDiagnosticParams) -> Any:
        await asyncio.sleep(0)
        return server.guard.run(types.TEXT_DOCUMENT_DIAGNOSTIC, lambda: _of_document(server, params))

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def of_workspace(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        return await _of_workspace(server, params)


def _of_document(server: RecipeServer, params: types.DocumentDiagnosticParams) -> Any:
    if server.pusher.sends_instead:
        return types.RelatedFullDocumentDiagnosticReport([])
    analysis = server.recipes.analysis(params.text_document.uri)
    found = [] if analysis is None else problems_of(server.recipes, analysis)
    if analysis is not None:
        server.pusher.ask_for(analysis)
    name = _name_of(found)
    if params.previous_result_id == name:
        return types.RelatedUnchangedDocumentDiagnosticReport(name)
    return types.RelatedFullDocumentDiagnosticReport(found, result_id=name)


def _name_of(found: list[types.Diagnostic]) -> str:
    """A name that changes when the problems do."""
    return blake2b(repr(found).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


async def _of_workspace(
    server: RecipeServer, params: types.WorkspaceDiagnosticParams
) -> types.WorkspaceDiagnosticReport:
    """Of every recipe below the workspace's folders, one after another so that typing goes on meanwhile."""
    before = {each.uri: each.value for each in params.previous_result_ids}
    found = []
    files = await asyncio.to_thread(_recipes, server)
    try:
        for number, file in enumerate(files):
            _tell(server, params.work_done_token, number, len(files))
            await asyncio.sleep(0)
            report = server.guard.survive("workspace/diagnostic", partial(_report, server, file, before))
            if report is not None:
                found.append(report)
    finally:
        # Where the request is cancelled too: what has begun would go on for ever in the editor.
        if params.work_done_token is not None and files:
            server.end_progress(params.work_done_token)
    return types.WorkspaceDiagnosticReport(found)


def _recipes(server: RecipeServer) -> list[Path]:
    recipes = server.recipes
    found = {file: None for folder in recipes.folders for file in recipes.world.recipes_of(folder)}
    return list(found)[:_MOST]


def _tell(server: RecipeServer, token: int | str | None, number: int, count: int) -> None:
    if token is None:
        return
    if number == 0:
        server.work_done_progress.begin(
            token, types.WorkDoneProgressBegin(title="checking recipes", percentage=0)
        )
    server.work_done_progress.report(
        token,
        types.WorkDoneProgressReport(message=f"{number + 1} of {count}", percentage=100 * number // count),
    )


def _report(server: RecipeServer, file: Path, before: dict[str, str]) -> Report | None:
    analysis = server.recipes.analysis_of_file(file)
    if analysis is None:
        return None
    uri = uri_of(file)
    if server.pusher.sends_instead and uri in server.recipes.documents:
        return None
    found = problems_of(server.recipes, analysis)
    name = _name_of(found)
    version = analysis.document.version if uri in server.recipes.documents else None
    if before.get(uri) == name:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri, name, version)
    return types.WorkspaceFullDocumentDiagnosticReport(uri, found, version, result_id=name)
