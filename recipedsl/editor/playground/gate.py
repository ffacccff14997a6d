"""Which messages of the page reach the language server, and about which files.

The server trusts its editor, which has the rights of whoever started it. A page is trusted with less: the
methods listed here, on recipes below the project's root.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from recipedsl.editor.documents import file_of
from recipedsl.editor.playground.recipes import MOST_BYTES, SUFFIX
from recipedsl.editor.workspace import Workspace, uri_of
from recipedsl.source.paths import below

#: Bytes of a message. A text in it may be escaped, and the protocol's frame is around it.
MOST_MESSAGE = 2 * MOST_BYTES

#: Documents that one page has open.
_MOST_DOCUMENTS = 16

#: What the page may say. No command is carried out and nothing outside the page's documents is asked for.
METHODS = frozenset({
    "initialize",
    "initialized",
    "$/cancelRequest",
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "textDocument/codeAction",
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/documentHighlight",
    "textDocument/formatting",
    "textDocument/hover",
    "textDocument/rename",
    "textDocument/signatureHelp",
    "completionItem/resolve",
    "codeAction/resolve",
    "recipedsl/begin",
    "recipedsl/open",
    "recipedsl/save",
    "recipedsl/picture",
    "recipedsl/counts",
})  # fmt: skip

_NOT_FOUND, _INVALID = -32601, -32602


class Line(Protocol):
    """The socket, as pygls uses it."""

    async def recv(self, decode: bool | None = None) -> Any: ...

    async def send(self, message: Any) -> None: ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...


@dataclass(frozen=True)
class Gate:
    """A socket through which only what a page may say gets in.

    Attributes:
        line: the socket.
        root: of the project.
        recipes: what is open.
    """

    line: Line
    root: Path
    recipes: Callable[[], Workspace]

    async def recv(self, decode: bool | None = None) -> bytes:  # noqa: ARG002 - as the socket's
        """The next message that is let through, as bytes.

        Raises:
            websockets.ConnectionClosed: the page has gone.
        """
        while True:
            data = await self.line.recv(decode=False)
            message = _read(data)
            refusal = self._refusal(message)
            if refusal is None:
                return json.dumps(self._moderate(message)).encode()
            if isinstance(message, dict) and isinstance(message.get("id"), int | str) and "method" in message:
                code, words = refusal
                error = {"code": code, "message": words}
                await self.line.send(json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}))

    async def send(self, message: Any) -> None:
        """Whatever the server says, as text: browsers read it so."""
        with suppress(ConnectionClosed):  # nobody is there any more to hear it
            await self.line.send(message.decode() if isinstance(message, bytes) else message)

    async def close(self) -> None:
        """The server has ended."""
        await self.line.close()

    def _refusal(self, message: Any) -> tuple[int, str] | None:
        """Code and words of the answer to a message that is not let through; None for one that is."""
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            return _INVALID, "no message of the protocol"
        method = message.get("method")
        if method is None:
            return None if "id" in message else (_INVALID, "neither a request nor an answer")
        if method not in METHODS:
            return _NOT_FOUND, "a page may not ask for this"
        return self._document_refusal(method, message.get("params"))

    def _document_refusal(self, method: str, params: Any) -> tuple[int, str] | None:
        document = params.get("textDocument") if isinstance(params, dict) else None
        if document is None:
            return None
        uri = document.get("uri") if isinstance(document, dict) else None
        if not isinstance(uri, str) or not self._is_inside(uri):
            return _INVALID, "only recipes of this project can be open here"
        opened = self.recipes().documents
        if method == "textDocument/didOpen" and len(opened) >= _MOST_DOCUMENTS:
            return _INVALID, f"more than {_MOST_DOCUMENTS} recipes are open"
        if method == "textDocument/didChange" and not self._has_room(uri, params):
            return _INVALID, "the recipe is too large"
        return None

    def _is_inside(self, uri: str) -> bool:
        file = file_of(uri)
        place = below(self.root, str(file)) if file is not None else None
        return place is not None and place.suffix == SUFFIX and uri_of(place) == uri

    def _has_room(self, uri: str, params: dict[str, Any]) -> bool:
        before = self.recipes().documents.get(uri)
        changes = params.get("contentChanges")
        added = (
            [each.get("text") for each in changes if isinstance(each, dict)]
            if isinstance(changes, list)
            else []
        )
        size = sum(len(each) for each in added if isinstance(each, str))
        return size + (len(before.text) if before is not None else 0) <= MOST_MESSAGE

    def _moderate(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message; a page does not choose where the project is.

        Its client announces that it asks for problems and never does; so they are pushed.
        """
        if message.get("method") != "initialize" or not isinstance(message.get("params"), dict):
            return message
        params = {**message["params"], "rootUri": uri_of(self.root)}
        for each in ("rootPath", "workspaceFolders", "initializationOptions"):
            params.pop(each, None)
        capabilities = params.get("capabilities")
        document = capabilities.get("textDocument") if isinstance(capabilities, dict) else None
        if isinstance(document, dict):
            document.pop("diagnostic", None)
        return {**message, "params": {**params, "processId": None}}


def _read(data: bytes) -> Any:
    """The message; None where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
