"""A client that says what it is told to, over any transport, and may say it wrongly: pygls' own cannot."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from recipedsl.cli.main import main; main()", "lsp"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

#: Seconds after which something that should come is missed; a busy machine takes its time.
PATIENCE = 120.0

Message = dict[str, Any]


def framed(message: object) -> bytes:
    """A message as it goes over a stream; bytes are a body as it is."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@dataclass
class Server:
    """The server in a process of its own."""

    arguments: tuple[str, ...] = ()
    command: tuple[str, ...] = tuple(COMMAND)
    process: asyncio.subprocess.Process = field(init=False)

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(
            *self.command, *self.arguments, stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def port(self) -> int:
        """That it listens on."""
        assert self.process.stderr is not None
        line = (await asyncio.wait_for(self.process.stderr.readline(), PATIENCE)).decode()
        found = re.search(r"listening on port (\d+)", line)
        assert found is not None, line
        return int(found[1])

    async def ended(self) -> tuple[int, str]:
        """Its exit code, and what it printed where errors go."""
        assert self.process.stderr is not None
        told = await asyncio.wait_for(self.process.stderr.read(), PATIENCE)
        return await asyncio.wait_for(self.process.wait(), PATIENCE), told.decode()


class Talker:
    """Sends messages, and keeps all that come."""

    def __init__(self, write: Callable[[bytes], Any], read: Callable[[], Any]) -> None:
        self._write, self._read = write, read
        self.heard: list[Message] = []
        self._number = 0
        #: Answers to requests of the server, by method; null where it is not listed.
        self.answers: dict[str, Any] = {}

    async def say(self, message: object) -> None:
        """Sends bytes as they are, anything else as a message."""
        await self._write(message if isinstance(message, bytes) else framed(message))

    async def tell(self, method: str, params: Any) -> None:
        """A notification."""
        await self.say({"jsonrpc": "2.0", "method": method, "params": params})

    async def request(self, method: str, params: Any) -> int:
        """A request; its number."""
        self._number += 1
        await self.say({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    async def ask(self, method: str, params: Any) -> Message:
        """The answer to a request, with its `result` or `error`."""
        number = await self.request(method, params)
        return await self.answer(number)

    async def answer(self, number: int | None) -> Message:
        """The answer to a request that was made."""
        return await self.until(lambda each: "method" not in each and each.get("id") == number)

    async def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message that is wanted, of those that came and those that will."""
        place = 0
        async with asyncio.timeout(PATIENCE):
            while True:
                for each in self.heard[place:]:
                    if wanted(each):
                        return each
                place = len(self.heard)
                await self._hear()

    async def told(self, method: str, words: str = "") -> Message:
        """The first notification or request of the server with these words in it."""
        return await self.until(lambda each: each.get("method") == method and words in json.dumps(each))

    async def _hear(self) -> None:
        message = json.loads(await self._read())
        self.heard.append(message)
        if "id" in message and "method" in message:
            result = self.answers.get(message["method"])
            await self.say({"jsonrpc": "2.0", "id": message["id"], "result": result})

    async def start(self, root: Path, **capabilities: Any) -> Message:
        """What the server can do."""
        params = {"processId": None, "rootUri": root.as_uri(), "capabilities": capabilities}
        found: Message = (await self.ask("initialize", params))["result"]
        await self.tell("initialized", {})
        return found

    async def open(self, file: Path, text: str) -> str:
        """The address of a document that is open from now on."""
        item = {"uri": file.as_uri(), "languageId": "ftr", "version": 1, "text": text}
        await self.tell("textDocument/didOpen", {"textDocument": item})
        return file.as_uri()

    async def leave(self) -> None:
        """As a client should."""
        assert (await self.ask("shutdown", None))["result"] is None
        await self.tell("exit", None)


def over_streams(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Talker:
    """Over a pair of streams."""

    async def write(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    async def read() -> bytes:
        length = 0
        while (line := await reader.readline()) != b"\r\n":
            if not line:
                raise EOFError("the server says nothing more")
            name, _, value = line.partition(b":")
            length = int(value) if name == b"Content-Length" else length
        return await reader.readexactly(length)

    return Talker(write, read)


def over_pipes(server: Server) -> Talker:
    """Over the standard input and output of a server."""
    assert server.process.stdin is not None
    assert server.process.stdout is not None
    return over_streams(server.process.stdout, server.process.stdin)


def over_socket(socket: Any) -> Talker:
    """Over a WebSocket, which frames by itself."""

    async def write(data: bytes) -> None:
        await socket.send(data.partition(b"\r\n\r\n")[2].decode())

    return Talker(write, socket.recv)
