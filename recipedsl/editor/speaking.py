"""Speaks with a client: over standard input and output, a socket or a WebSocket.

Whatever a client sends, the server lives: a message that cannot be read is answered with an error, and told.
Where nothing more can be read it ends, and says why. It is the server of one client; others are turned away.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.io_ import StdoutWriter, WebSocketWriter

from recipedsl.editor.framing import LARGEST, Unreadable, messages

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from recipedsl.editor.server import RecipeServer

#: Nobody outside this machine has business with a server that reads its files.
HOST = "127.0.0.1"

#: Bytes that are read of the input at once, and bytes of a head.
_CHUNK, _HEAD = 1 << 16, 1 << 16

#: Pages that may open a WebSocket: those of this machine, and programs, which name no origin.
_ORIGINS = (None, re.compile(r"https?://(localhost|127\.0\.0\.1)(:\d+)?"))

#: Why a second WebSocket is closed: "try again later".
_TAKEN = 1013

_BUSY = "recipedsl: this server has its client already; start another one"


# --- messages -------------------------------------------------------------------------------------------


class Conversation:
    """What one client says, answered.

    Attributes:
        is_over: whether the client has said that it leaves.
    """

    def __init__(self, server: RecipeServer) -> None:
        self._server = server
        self.is_over = False

    async def hear(self, body: bytes) -> None:
        """One message, whatever it is."""
        self._take(body)
        # A request begins before the next message is read: it knows which version it is about.
        await asyncio.sleep(0)

    def _take(self, body: bytes) -> None:
        protocol = self._server.protocol
        message = self._read(body)
        if message is None:
            return
        if message.get("method") == types.EXIT:
            self.is_over = True
            return
        try:
            self._refuse(message)
            understood = protocol.structure_message(message)
        except JsonRpcException as error:
            self._answer_error(message, error)
            return
        try:
            protocol.handle_message(understood)
        except Exception as error:
            self._server.guard.note("reading a message", error)

    def _read(self, body: bytes) -> dict[str, Any] | None:
        """The message as JSON; None for one that is none, which is answered."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._answer_error(_UNKNOWN, JsonRpcParseError(message=f"no JSON: {error}"))
            return None
        if isinstance(message, dict) and message.get("jsonrpc") == "2.0":
            return message
        words = 'a message is an object with `"jsonrpc": "2.0"`'
        self._answer_error(_UNKNOWN, JsonRpcInvalidRequest(message=words))
        return None

    def _refuse(self, message: dict[str, Any]) -> None:
        """Raises JsonRpcException: the message is a request that is not answered now, or ever."""
        method = message.get("method")
        if method is None or "id" not in message:
            return
        known = self._server.protocol.fm
        if not isinstance(method, str) or (
            method not in known.features and method not in known.builtin_features
        ):
            raise JsonRpcMethodNotFound(message=f"there is no method {str(method)[:100]!r}")
        if method != types.INITIALIZE and not self._server.is_initialized:
            raise JsonRpcServerNotInitialized(message="`initialize` comes first")
        if self._server.was_shut_down:
            raise JsonRpcInvalidRequest(message="the server was shut down; only `exit` is left")

    def _answer_error(self, message: dict[str, Any], error: JsonRpcException) -> None:
        """The error as an answer where one is waited for; in the log where nobody waits."""
        method, number = message.get("method"), message.get("id")
        if "id" in message and method is not None:
            answer = {"jsonrpc": "2.0", "id": number, "error": _error_form(error)}
            self._server.protocol._send_data(answer)
        known = isinstance(error, JsonRpcMethodNotFound | JsonRpcServerNotInitialized)
        if not known:
            self._server.guard.tell(f"a message cannot be read: {method or 'no method'}: {error.message}")


#: A message of which nothing is known; the answer says so with no number.
_UNKNOWN: dict[str, Any] = {"id": None, "method": ""}


def _error_form(error: JsonRpcException) -> dict[str, Any]:
    words = error.message
    if isinstance(error, JsonRpcInvalidParams) and error.__cause__ is not None:
        words = f"{words}: {_cause(error.__cause__)}"
    return {"code": error.code, "message": words}


def _cause(error: BaseException) -> str:
    """What does not fit, in the words of the innermost error."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:300]


async def _converse(server: RecipeServer, reader: asyncio.StreamReader) -> None:
    """Hears a client until it leaves."""
    conversation = Conversation(server)
    try:
        async for body in messages(reader, server.guard.tell):
            await conversation.hear(body)
            if conversation.is_over:
                break
    except (Unreadable, OSError) as error:
        server.guard.tell(str(error), in_window=True)
        print(f"recipedsl lsp: {error}", file=sys.stderr)
    finally:
        server.end()


# --- standard input and output ----------------------------------------------------------------------------


def serve_stdio(server: RecipeServer, source: BinaryIO, sink: BinaryIO) -> None:
    """Serves over two streams of this process, until the client leaves or closes its end."""
    server.protocol.set_writer(_Pipe(StdoutWriter(sink)))
    _run(_serve_input(server, source))


async def _serve_input(server: RecipeServer, source: BinaryIO) -> None:
    reader, loop = asyncio.StreamReader(limit=_HEAD), asyncio.get_running_loop()
    threading.Thread(target=_feed, args=(source.fileno(), reader, loop), name="input", daemon=True).start()
    await _converse(server, reader)


def _feed(file: int, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    """Hands on what comes in, read without a buffer: a thread that waits for one keeps a process alive."""
    with suppress(RuntimeError):  # the loop has ended meanwhile
        while data := _read(file):
            loop.call_soon_threadsafe(reader.feed_data, data)
        loop.call_soon_threadsafe(reader.feed_eof)


def _read(file: int) -> bytes:
    try:
        return os.read(file, _CHUNK)
    except OSError:
        return b""


class _Pipe:
    """A writer that survives that nobody reads any more: the end of the input will tell."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, data: bytes) -> Any:
        with suppress(OSError, ValueError):
            return self._writer.write(data)
        return None

    def close(self) -> Any:
        with suppress(OSError):
            return self._writer.close()
        return None


# --- sockets ------------------------------------------------------------------------------------------------

#: Told the port that is listened on.
Ready = Callable[[int], None]


def serve_tcp(server: RecipeServer, port: int, ready: Ready) -> None:
    """Serves one client on a port of this machine, and ends when it leaves.

    Args:
        server: the server.
        port: 0 takes one that is free.
        ready: told the port.

    Raises:
        OSError: the port cannot be listened on.
    """
    _run(_listen(server, port, ready))


async def _listen(server: RecipeServer, port: int, ready: Ready) -> None:
    over = asyncio.Event()
    is_taken = False

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal is_taken
        if is_taken:
            writer.write(_turned_away())
        else:
            is_taken = True
            server.protocol.set_writer(_Pipe(writer))
            await _converse(server, reader)
            over.set()
        with suppress(OSError):
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, HOST, port, limit=_HEAD) as listening:
        ready(listening.sockets[0].getsockname()[1])
        await over.wait()
        # Waiting for `wait_closed` would be waiting for those who were turned away.
        listening.close()


def _turned_away() -> bytes:
    body = json.dumps(_BUSY_MESSAGE).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


_BUSY_MESSAGE = {
    "jsonrpc": "2.0",
    "method": types.WINDOW_SHOW_MESSAGE,
    "params": {"type": types.MessageType.Error.value, "message": _BUSY},
}


def serve_websocket(server: RecipeServer, port: int, ready: Ready) -> None:
    """The same for a WebSocket."""
    _run(_listen_for_sockets(server, port, ready))


async def _listen_for_sockets(server: RecipeServer, port: int, ready: Ready) -> None:
    from websockets.asyncio.server import serve

    over = asyncio.Event()
    is_taken = False

    async def talk(socket: ServerConnection) -> None:
        nonlocal is_taken
        if is_taken:
            await socket.send(json.dumps(_BUSY_MESSAGE))
            await socket.close(_TAKEN, "the server has its client already")
            return
        is_taken = True
        await converse_over(server, socket)
        over.set()

    async with serve(talk, HOST, port, max_size=LARGEST, origins=_ORIGINS) as listening:
        ready(next(iter(listening.sockets)).getsockname()[1])
        await over.wait()


async def converse_over(server: RecipeServer, socket: Any) -> None:
    """Hears the client behind a WebSocket until it leaves."""
    from websockets.exceptions import ConnectionClosed

    server.protocol.set_writer(_Socket(socket), include_headers=False)
    conversation = Conversation(server)
    try:
        while not conversation.is_over:
            await conversation.hear(await socket.recv(decode=False))
    except ConnectionClosed:
        pass
    finally:
        server.end()
        await socket.close()


class _Socket(WebSocketWriter):
    """A WebSocket that may be closed by now, one message after another."""

    def write(self, data: bytes) -> Coroutine[Any, Any, None]:
        return self._write(data)

    async def _write(self, data: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            await self._ws.send(data.decode())  # as text: browsers read it so


def _run(serving: Coroutine[Any, Any, None]) -> None:
    # What goes wrong is told the client, in words; pygls would also print how it came about.
    logging.getLogger("pygls").addHandler(logging.NullHandler())
    with suppress(KeyboardInterrupt):
        asyncio.run(serving)
