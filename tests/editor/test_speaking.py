"""Whatever a client sends, over whatever it speaks: the server lives, or ends and says why."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.compiling import write_rows
from tests.editor.talking import PATIENCE, Server, Talker, framed, over_pipes, over_socket, over_streams

pytestmark = pytest.mark.asyncio

READS = 'ftr 1\ndata a = read("rows.jsonl") | where langauge == "en"\n'
BROKEN = "ftr 1\nlet a = q\n"


@pytest_asyncio.fixture
async def talker(tmp_path: Path) -> AsyncIterator[Talker]:
    """A client that has started its server."""
    async with Server() as server:
        talker = over_pipes(server)
        await talker.start(write_rows(tmp_path))
        yield talker
        await talker.leave()
        assert (await server.ended())[0] == 0


async def lives(talker: Talker, root: Path) -> None:
    """Raises AssertionError where the server does no longer what it should."""
    uri = await talker.open(root / "lives.ftr", BROKEN)
    found = await talker.told("textDocument/publishDiagnostics", uri)
    assert found["params"]["diagnostics"][0]["code"] == "N101"


# --- messages that cannot be read -----------------------------------------------------------------------

MALFORMED: dict[str, tuple[bytes, int]] = {
    "no JSON": (b"not json!", -32700),
    "half of it": (b'{"jsonrpc": "2.0", "id": 7, ', -32700),
    "no UTF-8": (b'{"jsonrpc": "2.0", "method": "\xff"}', -32700),
    "nested without end": (b"[" * 100_000, -32700),
    "a list": (b"[]", -32600),
    "a number": (b"3", -32600),
    "no version": (b'{"id": 7, "method": "shutdown"}', -32600),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_no_message_is_answered_and_survived(name: str, talker: Talker, tmp_path: Path) -> None:
    body, code = MALFORMED[name]
    await talker.say(framed(body))
    assert (await talker.answer(None))["error"]["code"] == code
    await talker.told("window/logMessage", "a message cannot be read")
    await lives(talker, tmp_path)


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "an unknown method": ({"method": "recipedsl/nonsense", "params": {}}, -32601),
    "one without parameters": ({"method": "recipedsl/nonsense"}, -32601),
    "a method that is none": ({"method": 3, "params": {}}, -32601),
    "parameters of another kind": ({"method": "textDocument/hover", "params": [1]}, -32602),
    "a place that is none": (
        {"method": "textDocument/hover", "params": {"textDocument": {"uri": "file:///a"}, "position": "x"}},
        -32602,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_cannot_be_read_is_answered(name: str, talker: Talker, tmp_path: Path) -> None:
    message, code = REFUSED[name]
    await talker.say({"jsonrpc": "2.0", "id": 77, **message})
    assert (await talker.answer(77))["error"]["code"] == code
    await lives(talker, tmp_path)


async def test_notifications_that_cannot_be_read_are_told(talker: Talker, tmp_path: Path) -> None:
    await talker.tell("recipedsl/nonsense", {})
    await talker.tell("$/nonsense", None)
    await talker.tell("textDocument/didChange", {"textDocument": 3})
    await talker.told("window/logMessage", "textDocument/didChange")
    await talker.tell("textDocument/didClose", {"textDocument": {"uri": "file:///never/opened.ftr"}})
    await talker.tell("$/cancelRequest", {"id": 999})
    await talker.say({"jsonrpc": "2.0", "id": "never asked", "result": [1]})
    await talker.say({"jsonrpc": "2.0", "id": ["no", "id"], "result": None})
    await lives(talker, tmp_path)


@pytest.mark.parametrize("by", [-5, -1, 3, 40])
async def test_a_wrong_length_costs_one_message_or_two(by: int, talker: Talker, tmp_path: Path) -> None:
    body = json.dumps({"jsonrpc": "2.0", "method": "$/nothing", "params": {"text": "x" * 200}}).encode()
    await talker.say(b"Content-Length: %d\r\n\r\n%s" % (len(body) + by, body))
    for _ in range(2):
        await talker.tell("$/nothing", {"text": "y" * 60})
    await talker.told("window/logMessage", "belongs to no message")
    await lives(talker, tmp_path)


async def test_heads_as_other_clients_write_them(talker: Talker, tmp_path: Path) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 50, "method": "recipedsl/nonsense"}).encode()
    kind = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"
    await talker.say(b"%scontent-length:%d\r\n\r\n%s" % (kind, len(body), body))
    assert (await talker.answer(50))["error"]["code"] == -32601
    await lives(talker, tmp_path)


async def test_requests_before_and_after_their_time(tmp_path: Path) -> None:
    async with Server() as server:
        talker = over_pipes(server)
        early = await talker.ask("textDocument/hover", {})
        assert early["error"]["code"] == -32002
        await talker.start(tmp_path)
        await talker.ask("shutdown", None)
        late = await talker.ask("workspace/symbol", {"query": ""})
        assert late["error"]["code"] == -32600
        await talker.tell("exit", None)
        assert await server.ended() == (0, "")


# --- the end --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"Content-Length: 50\r\n\r\nhalf", "ends inside a message, 4 of 50 bytes"),
        (b"Content-Length: 99999999999999\r\n\r\n", "99,999,999,999,999 bytes was announced"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n{}", "a request of a browser"),
    ],
)
async def test_where_nothing_more_can_be_read_it_ends(said: bytes, why: str, tmp_path: Path) -> None:
    async with Server() as server:
        talker = over_pipes(server)
        await talker.start(tmp_path)
        await talker.say(said)
        assert server.process.stdin is not None
        server.process.stdin.close()
        await talker.told("window/showMessage", why)
        code, told = await server.ended()
        assert code == 1
        assert why in told
        assert "Traceback" not in told


async def test_a_client_that_reads_nothing_more(tmp_path: Path) -> None:
    """Its output is closed while the server still speaks, then its input."""
    async with Server() as server:
        talker = over_pipes(server)
        await talker.start(tmp_path)
        server.process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
        for number in range(20):
            await talker.open(tmp_path / f"{number}.ftr", BROKEN)
        assert server.process.stdin is not None
        server.process.stdin.close()
        code, told = await server.ended()
        assert (code, told) == (1, "")


# --- sockets --------------------------------------------------------------------------------------------


async def test_a_session_over_tcp(tmp_path: Path) -> None:
    async with Server(("--tcp", "0")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.port())
        talker = over_streams(reader, writer)
        await talker.start(tmp_path)
        await lives(talker, tmp_path)
        await talker.leave()
        assert await server.ended() == (0, "")


async def test_a_second_client_is_turned_away(tmp_path: Path) -> None:
    async with Server(("--tcp", "0")) as server:
        port = await server.port()
        first = over_streams(*await asyncio.open_connection("127.0.0.1", port))
        await first.start(tmp_path)
        second = over_streams(*await asyncio.open_connection("127.0.0.1", port))
        await second.told("window/showMessage", "has its client already")
        with pytest.raises(EOFError):
            await second.told("anything else")
        await lives(first, tmp_path)
        await first.leave()
        assert (await server.ended())[0] == 0


@pytest.mark.parametrize("said", [b"", b"Content-Length: 50\r\n\r\nhalf", b"Content-Le"])
async def test_a_socket_that_is_closed_in_the_middle(said: bytes, tmp_path: Path) -> None:
    async with Server(("--tcp", "0")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.port())
        talker = over_streams(reader, writer)
        await talker.start(tmp_path)
        await talker.open(tmp_path / "a.ftr", BROKEN)
        await talker.say(said)
        writer.close()
        code, told = await server.ended()
        assert code == 1
        assert "Traceback" not in told


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    async with Server(("--tcp", "0")) as first:
        port = await first.port()
        async with Server(("--tcp", str(port))) as second:
            code, told = await second.ended()
            assert code == 2
            assert f"port {port} cannot be listened on" in told


async def test_a_session_over_a_websocket(tmp_path: Path) -> None:
    async with Server(("--ws", "0")) as server:
        port = await server.port()
        async with connect(f"ws://127.0.0.1:{port}", max_size=None) as socket:
            talker = over_socket(socket)
            await talker.start(tmp_path)
            await socket.send("not json!")
            assert (await talker.answer(None))["error"]["code"] == -32700
            await lives(talker, tmp_path)
            large = "# " + "x" * (3 << 20) + "\n" + BROKEN
            uri = await talker.open(tmp_path / "large.ftr", large)
            await talker.told("textDocument/publishDiagnostics", uri)
            async with connect(f"ws://127.0.0.1:{port}") as other:
                assert "has its client already" in str(await other.recv())
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(other.recv(), PATIENCE)
            await talker.leave()
        assert await server.ended() == (0, "")


async def test_pages_of_elsewhere_open_no_websocket(tmp_path: Path) -> None:
    async with Server(("--ws", "0")) as server:
        port = await server.port()
        with pytest.raises(InvalidStatus):
            async with connect(f"ws://127.0.0.1:{port}", origin="https://example.com"):  # type: ignore[arg-type]
                pass
        async with connect(f"ws://127.0.0.1:{port}", origin="http://localhost:3000") as socket:  # type: ignore[arg-type]
            await over_socket(socket).start(tmp_path)
        assert (await server.ended())[0] == 1


# --- progress and cancelling ------------------------------------------------------------------------------


async def test_progress_of_checking_a_workspace(talker: Talker, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.ftr").write_text(BROKEN, encoding="utf-8")
    asked = {"previousResultIds": [], "workDoneToken": "mine"}
    assert len((await talker.ask("workspace/diagnostic", asked))["result"]["items"]) == 3
    told = [each["params"] for each in talker.heard if each.get("method") == "$/progress"]
    assert {each["token"] for each in told} == {"mine"}
    assert [each["value"]["kind"] for each in told] == ["begin", "report", "report", "report", "end"]
    assert [each["value"]["percentage"] for each in told[1:-1]] == sorted(
        each["value"]["percentage"] for each in told[1:-1]
    )


async def test_checking_a_workspace_can_be_cancelled(talker: Talker, tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}.ftr").write_text(BROKEN, encoding="utf-8")
    asked = {"previousResultIds": [], "workDoneToken": "mine"}
    number = await talker.request("workspace/diagnostic", asked)
    await talker.told("$/progress", '"begin"')
    await talker.tell("$/cancelRequest", {"id": number})
    assert (await talker.answer(number))["error"]["code"] == -32800
    await talker.told("$/progress", '"end"')  # or it would turn for ever in the editor
    await lives(talker, tmp_path)


SLOW = (sys.executable, "-m", "tests.editor.slow_server")


async def test_a_request_can_be_cancelled(tmp_path: Path) -> None:
    async with Server(command=SLOW) as server:
        talker = over_pipes(server)
        await talker.start(write_rows(tmp_path))
        uri = await talker.open(tmp_path / "a.ftr", READS)
        at = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 40}}
        first = framed({"jsonrpc": "2.0", "id": 60, "method": "textDocument/hover", "params": at})
        cancel = framed({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 60}})
        await talker.say(first + cancel)
        assert (await talker.answer(60))["error"]["code"] == -32800
        await talker.leave()
        assert await server.ended() == (0, "")


async def test_an_edit_makes_a_question_pointless(talker: Talker, tmp_path: Path) -> None:
    uri = await talker.open(tmp_path / "a.ftr", BROKEN)
    at = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 9}}
    change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": BROKEN + "\n"}]}
    ask = framed({"jsonrpc": "2.0", "id": 61, "method": "textDocument/hover", "params": at})
    edit = framed({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change})
    await talker.say(ask + edit)
    assert (await talker.answer(61))["error"]["code"] == -32801


async def test_progress_of_a_slow_look(tmp_path: Path) -> None:
    async with Server(command=SLOW) as server:
        talker = over_pipes(server)
        await talker.start(write_rows(tmp_path), window={"workDoneProgress": True})
        await talker.open(tmp_path / "a.ftr", READS)
        token = (await talker.told("window/workDoneProgress/create"))["params"]["token"]
        begun = await talker.told("$/progress", token)
        assert begun["params"]["value"] == {"kind": "begin", "title": "recipedsl: looking at data files"}
        # Somebody cancels what cannot be cancelled: nothing comes of it.
        await talker.tell("window/workDoneProgress/cancel", {"token": token})
        (tmp_path / "now").touch()
        await talker.told("$/progress", '"end"')
        await talker.told("textDocument/publishDiagnostics", "D201")
        await talker.leave()
        assert await server.ended() == (0, "")


async def test_a_client_that_shows_no_progress_is_told_of_none(tmp_path: Path) -> None:
    async with Server(command=SLOW) as server:
        talker = over_pipes(server)
        await talker.start(write_rows(tmp_path))
        await talker.open(tmp_path / "a.ftr", READS)
        (tmp_path / "now").touch()
        await talker.told("textDocument/publishDiagnostics", "D201")
        await talker.leave()
        assert not [each for each in talker.heard if "rogress" in each.get("method", "")]
