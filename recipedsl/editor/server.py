"""The protocol's methods, wired to the workspace and the features."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import JsonRpcContentModified, JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter

from recipedsl.editor.commands import add_commands
from recipedsl.editor.documents import Document, file_of
from recipedsl.editor.features import every_feature
from recipedsl.editor.features.base import Feature
from recipedsl.editor.guard import Guard
from recipedsl.editor.pulling import add_pulling
from recipedsl.editor.pushing import Pusher
from recipedsl.editor.recounting import Recounter
from recipedsl.editor.workspace import Traits, Workspace
from recipedsl.editor.world import World

#: Seconds that a request may wait for files to be looked at.
PATIENCE = 0.3


class _Protocol(LanguageServerProtocol):
    """The protocol without pygls' own documents: it splits lines where the protocol has none."""

    def _register_builtin_features(self) -> None:
        super()._register_builtin_features()  # type: ignore[no-untyped-call]
        for method in (
            types.TEXT_DOCUMENT_DID_OPEN,
            types.TEXT_DOCUMENT_DID_CHANGE,
            types.TEXT_DOCUMENT_DID_CLOSE,
        ):
            self.fm.builtin_features.pop(method, None)


class RecipeServer(LanguageServer):
    """The language server.

    Attributes:
        recipes: the documents and what is known of them.
        guard: counts what went wrong.
        pusher: sends problems.
        recounter: has rows counted.
        is_initialized: whether the client has said who it is.
    """

    def __init__(self, world: World) -> None:
        super().__init__(
            "recipedsl", world.version, protocol_cls=_Protocol, converter_factory=default_converter
        )
        self.recipes = Workspace(world)
        self.guard = Guard(self.window_log_message, self.window_show_message)
        self.pusher = Pusher(self)
        self.recounter = Recounter(self)
        self.is_initialized = False
        _add_life_cycle(self)
        _add_documents(self)
        add_pulling(self)
        for feature in every_feature():
            add_feature(self, feature)
        add_commands(self)

    @property
    def was_shut_down(self) -> bool:
        """Whether the client said that it would leave before it left."""
        return bool(self.protocol._shutdown)

    def refresh_hints(self) -> None:
        """There is more to show than when hints were asked for."""
        if self.recipes.traits.refreshes_hints:
            self.workspace_inlay_hint_refresh(None)

    def end_progress(self, token: int | str) -> None:
        """Something that took long is done; its token is never used again."""
        self.work_done_progress.end(token, types.WorkDoneProgressEnd())
        self.work_done_progress.tokens.pop(token, None)

    def end(self) -> None:
        """The client has gone: nothing goes on."""
        self.pusher.end()
        self.recounter.end()

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002 - pygls' signature
        """What went wrong outside our handlers: a message that cannot be read."""
        if not isinstance(error, JsonRpcException):
            self.guard.note("reading a message", error)


# --- the beginning and the end --------------------------------------------------------------------------


def _add_life_cycle(server: RecipeServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.is_initialized = True
        encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
        server.recipes = Workspace(server.recipes.world, encoding)
        folders = [each.uri for each in params.workspace_folders or ()] or [params.root_uri or ""]
        server.recipes.folders = [file for file in map(file_of, folders) if file is not None]
        server.recipes.traits = _traits(params.capabilities)
        server.pusher.listen_to(params.capabilities)

    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        _watch_files(server)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.guard.survive("didChangeWorkspaceFolders", lambda: _change_folders(server, params.event))


def _change_folders(server: RecipeServer, event: types.WorkspaceFoldersChangeEvent) -> None:
    gone = {file_of(each.uri) for each in event.removed}
    added = [file for each in event.added if (file := file_of(each.uri)) is not None]
    server.recipes.folders = [each for each in server.recipes.folders if each not in gone] + added


def _traits(capabilities: types.ClientCapabilities) -> Traits:
    document = capabilities.text_document
    completion = document.completion if document else None
    item = completion.completion_item if completion else None
    hint = capabilities.workspace.inlay_hint if capabilities.workspace else None
    return Traits(
        snippets=bool(item and item.snippet_support),
        refreshes_hints=bool(hint and hint.refresh_support),
    )


def _watch_files(server: RecipeServer) -> None:
    """Asks the client to tell when files change, where it can."""
    workspace = server.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace else None
    if watching is None or not watching.dynamic_registration:
        return
    options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
    server.client_register_capability(
        types.RegistrationParams(
            [types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)]
        )
    )


#: What this program writes itself, as it looks at files and counts their rows; and the files of git.
OWN_FILES = re.compile(r"/\.(recipedsl|git)(/|$)")


# --- documents --------------------------------------------------------------------------------------------


def _add_documents(server: RecipeServer) -> None:
    guard = server.guard

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        guard.run("didOpen", lambda: server.recipes.open(document.uri, document.text, document.version))
        server.pusher.changed(document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        document = params.text_document
        guard.run(
            "didChange",
            lambda: server.recipes.change(document.uri, document.version, params.content_changes),
        )
        server.pusher.changed(document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        guard.run("didClose", lambda: server.recipes.close(params.text_document.uri))
        server.pusher.closed(params.text_document.uri)
        server.recounter.closed(params.text_document.uri)

    def look_again() -> None:
        guard.survive("looking at files", server.pusher.look_again)
        guard.survive("counting rows", server.recounter.files_changed)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: types.DidSaveTextDocumentParams) -> None:
        look_again()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        if any(not OWN_FILES.search(each.uri) for each in params.changes):
            look_again()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(_: types.DidChangeConfigurationParams) -> None:
        look_again()


# --- features ---------------------------------------------------------------------------------------------


def add_feature(server: RecipeServer, feature: Feature) -> None:
    """Answer a method by a feature, whatever happens in it."""

    async def answer(params: Any) -> Any:
        document = getattr(params, "text_document", None)
        uri = document.uri if document is not None else ""
        before = server.recipes.documents.get(uri)
        # A request that is cancelled right away, or that the next edit makes pointless, costs nothing.
        await asyncio.sleep(0)
        _check_unchanged(server, uri, before)
        found = server.guard.run(feature.method, lambda: _answer(server, feature, uri, params))
        if feature.counts:
            server.recounter.wanted(uri)
        if feature.waits and await server.pusher.wait_for_files(uri, PATIENCE):
            _check_unchanged(server, uri, before)
            return server.guard.run(feature.method, lambda: _answer(server, feature, uri, params))
        return found

    server.feature(feature.method, feature.options)(answer)


def _check_unchanged(server: RecipeServer, uri: str, before: Document | None) -> None:
    """Raises JsonRpcContentModified: the client asks anew if it still wants to know."""
    if before is not None and server.recipes.documents.get(uri) is not before:
        raise JsonRpcContentModified("the document has changed meanwhile")


def _answer(server: RecipeServer, feature: Feature, uri: str, params: Any) -> Any:
    if feature.wide:
        return feature.answer(server.recipes, params)
    analysis = server.recipes.analysis(uri)
    return None if analysis is None else feature.answer(analysis, params)
