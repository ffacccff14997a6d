"""Real sessions: the server as editors start it, over its standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_type_hints

import attrs
import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient

from recipedsl.editor.documents import file_of
from recipedsl.editor.features import every_feature
from tests.compiling import write_rows

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from recipedsl.cli.main import main; main(['lsp'])"]
BUGGY = [sys.executable, "-m", "tests.editor.buggy_server"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

RECIPE = """ftr 1
model base { from = hub("example/tiny", revision = "7ae557604adf67be50417f59c2c2f167def9a775") }
data rows = read("rows.jsonl") | where langauge == "en" | as chat(user = question, assistant = answer)
stage tuned: sft { from = base, data = rows, epochs = 1 }
run { seed = 1 }
"""


def _config(command: list[str]) -> ClientServerConfig:
    return ClientServerConfig(server_command=command, server_env=ENVIRONMENT)


async def _start(
    client: LanguageClient, root: Path, *, pulls: bool = False, takes: bool = False, encoding: str = "utf-16"
) -> None:
    document = types.TextDocumentClientCapabilities(
        diagnostic=types.DiagnosticClientCapabilities() if pulls else None,
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities() if takes else None,
        completion=types.CompletionClientCapabilities(
            completion_item=types.ClientCompletionItemOptions(
                snippet_support=True, documentation_format=[types.MarkupKind.Markdown]
            )
        ),
    )
    general = types.GeneralClientCapabilities(position_encodings=[encoding])
    capabilities = types.ClientCapabilities(text_document=document, general=general)
    folder = types.WorkspaceFolder(root.as_uri(), "root")
    params = types.InitializeParams(capabilities, root_uri=root.as_uri(), workspace_folders=[folder])
    await client.initialize_session(params)


@pytest_lsp.fixture(config=_config(COMMAND))
async def client(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    await _start(lsp_client, write_rows(tmp_path))
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=_config(COMMAND))
async def pulling(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    await _start(lsp_client, write_rows(tmp_path), pulls=True, encoding="utf-8")
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=_config(COMMAND))
async def both(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    """Asks for problems, takes them unasked too, and cannot be told to ask anew, as Neovim 0.11."""
    await _start(lsp_client, write_rows(tmp_path), pulls=True, takes=True)
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=_config(BUGGY))
async def buggy(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    await _start(lsp_client, write_rows(tmp_path))
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=_config([*BUGGY, "diagnostics"]))
async def very_buggy(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    await _start(lsp_client, write_rows(tmp_path))
    yield
    await lsp_client.shutdown_session()


def _open(client: LanguageClient, file: Path, text: str) -> str:
    uri = file.as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "ftr", 1, text))
    )
    return uri


def _change(client: LanguageClient, uri: str, version: int, *changes: tuple[int, int, int, int, str]) -> None:
    edits = [
        types.TextDocumentContentChangePartial(types.Range(types.Position(a, b), types.Position(c, d)), text)
        for a, b, c, d, text in changes
    ]
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), edits)
    )


async def _codes(client: LanguageClient, uri: str, wanted: set[str]) -> set[str]:
    """Codes of a document once they are those, or after ten seconds."""
    until = time.monotonic() + 10
    found: set[str] = set()
    while time.monotonic() < until:
        found = {str(each.code) for each in client.diagnostics.get(uri, [])}
        if found == wanted and uri in client.diagnostics:
            break
        await asyncio.sleep(0.01)
    return found


async def _page(address: str, beginning: str) -> None:
    """Raises TimeoutError where no file of this address comes to begin so."""
    file = file_of(address)
    assert file is not None
    async with asyncio.timeout(60):
        while not (file.is_file() and file.read_text(encoding="utf-8").startswith(beginning)):
            await asyncio.sleep(0.01)


async def test_problems_come_and_go_with_edits(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.ftr", RECIPE)
    assert await _codes(client, uri, {"D201"}) == {"D201"}
    (problem,) = client.diagnostics[uri]
    assert problem.range == types.Range(types.Position(2, 39), types.Position(2, 47))
    assert problem.code_description is not None
    await _page(problem.code_description.href, "# D201 unknown-column")
    _change(client, uri, 2, (2, 39, 2, 55, "chars(question) > 1"))
    assert await _codes(client, uri, set()) == set()


async def test_an_unsaved_import_is_seen(client: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "common.ftr").write_text("ftr 1\nlet a = 1\n", encoding="utf-8")
    importer = _open(client, tmp_path / "a.ftr", 'ftr 1\nimport common = "common.ftr"\nlet b = common.c\n')
    assert await _codes(client, importer, {"N101"}) == {"N101"}
    common = _open(client, tmp_path / "common.ftr", "ftr 1\nlet a = 1\n")
    _change(client, common, 2, (1, 4, 1, 5, "c"))
    assert await _codes(client, importer, {"L102"}) == {"L102"}


async def test_completion_with_what_the_file_holds(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.ftr", 'ftr 1\ndata rows = read("rows.jsonl") | where \n')
    params = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(1, 40))
    found = await client.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    fields = {each.label for each in found.items if each.kind == types.CompletionItemKind.Field}
    assert fields == {"id", "question", "answer", "topic", "score"}
    function = next(each for each in found.items if each.label == "chars")
    resolved = await client.completion_item_resolve_async(function)
    assert "Number of characters" in str(resolved.documentation)


async def test_hover_looks_into_the_file(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path / "a.ftr", 'ftr 1\ndata rows = read("rows.jsonl") | where score > 0.5\n')
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, 41))
    found = await client.text_document_hover_async(params)
    assert found is not None
    for _ in range(100):  # the file is looked at beside; a busy machine takes its time
        if "Null in 50% of the first 2 rows" in str(found and found.contents):
            return
        await asyncio.sleep(0.1)
        found = await client.text_document_hover_async(params)
    raise AssertionError(found)


async def test_requests_about_what_is_not_open_are_answered(client: LanguageClient, tmp_path: Path) -> None:
    document = types.TextDocumentIdentifier((tmp_path / "none.ftr").as_uri())
    assert await client.text_document_hover_async(types.HoverParams(document, types.Position(0, 0))) is None


async def test_a_document_without_a_file(client: LanguageClient) -> None:
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem("untitled:1", "ftr", 1, "ftr 1\nlet a = q\n"))
    )
    assert await _codes(client, "untitled:1", {"N101"}) == {"N101"}


async def test_a_pipe_that_nobody_writes_to_delays_nothing(client: LanguageClient, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    text = 'ftr 1\ndata a = read("pipe.jsonl") | where x > 1\nlet b = q\n'
    uri = _open(client, tmp_path / "a.ftr", text)
    assert "N101" in await _codes(client, uri, {"N101"})
    start = time.monotonic()
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, 41))
    await client.text_document_hover_async(params)
    assert time.monotonic() - start < 30  # reading the pipe would never end


async def test_problems_on_request(pulling: LanguageClient, tmp_path: Path) -> None:
    uri = _open(pulling, tmp_path / "a.ftr", "ftr 1\nlet é = q\nlet b = q\n")
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
    first = await pulling.text_document_diagnostic_async(params)
    assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
    assert first.items
    params.previous_result_id = first.result_id
    again = await pulling.text_document_diagnostic_async(params)
    assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
    assert not pulling.diagnostics.get(uri)


async def test_problems_are_sent_where_nobody_can_be_told_to_ask_anew(
    both: LanguageClient, tmp_path: Path
) -> None:
    """What is learnt of a file comes later than any answer; and nothing is shown twice."""
    uri = _open(both, tmp_path / "a.ftr", 'ftr 1\ndata a = read("rows.jsonl") | where chars(answr) > 0\n')
    params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
    asked = await both.text_document_diagnostic_async(params)
    assert isinstance(asked, types.RelatedFullDocumentDiagnosticReport)
    assert not asked.items
    while not any("unknown column `answr`" in each.message for each in both.diagnostics.get(uri, ())):
        await both.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)


async def test_problems_of_all_recipes(pulling: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "one.ftr").write_text("ftr 1\nlet a = q\n", encoding="utf-8")
    (tmp_path / "two.ftr").write_text("ftr 1\nlet a = (\n", encoding="utf-8")
    report = await pulling.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
    found = {each.uri.rpartition("/")[2]: each for each in report.items}
    assert set(found) == {"one.ftr", "two.ftr"}
    first = found["one.ftr"]
    assert isinstance(first, types.WorkspaceFullDocumentDiagnosticReport)
    assert "N101" in {each.code for each in first.items}


async def test_every_feature_may_fail(buggy: LanguageClient, tmp_path: Path) -> None:
    uri = _open(buggy, tmp_path / "a.ftr", RECIPE)
    document, position = types.TextDocumentIdentifier(uri), types.Position(2, 6)
    for method in (each.method for each in every_feature()):
        with pytest.raises(JsonRpcException, match="injected"):
            await buggy.protocol.send_request_async(method, _params(method, document, position))
    told = [each for each in buggy.log_messages if each.type == types.MessageType.Error]
    assert len(told) == len(every_feature())
    assert all("ZeroDivisionError" in each.message for each in told)
    # The rest goes on.
    assert await _codes(buggy, uri, {"D201"}) == {"D201"}


def _params(method: str, document: types.TextDocumentIdentifier, position: types.Position) -> object:
    """Parameters of a request, whichever it is: what its class cannot do without."""
    here = types.Range(position, position)
    known = {
        "text_document": document,
        "position": position,
        "range": here,
        "query": "",
        "new_name": "x",
        "positions": [position],
        "ranges": [here],
        "options": types.FormattingOptions(2, insert_spaces=True),
        "ch": "\n",
        "previous_result_id": "",
        "item": types.CallHierarchyItem("x", types.SymbolKind.Class, document.uri, here, here),
        "label": "x",
        "target": document.uri,
        "command": "x",
        "title": "x",
        "context": types.CodeActionContext([])
        if method == types.TEXT_DOCUMENT_CODE_ACTION
        else types.ReferenceContext(include_declaration=True),
    }
    params = get_type_hints(types.METHOD_TO_TYPES[method][0])["params"]
    needed = [each.name for each in attrs.fields(params) if each.default is attrs.NOTHING]
    return params(**{name: known[name] for name in needed})


async def test_problems_may_fail_too(very_buggy: LanguageClient, tmp_path: Path) -> None:
    uri = _open(very_buggy, tmp_path / "a.ftr", RECIPE)
    for version in range(2, 6):
        _change(very_buggy, uri, version, (0, 0, 0, 0, " "))
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
    with pytest.raises(JsonRpcException, match="injected"):
        await very_buggy.text_document_hover_async(params)
    errors = [each.message for each in very_buggy.log_messages if each.type == types.MessageType.Error]
    assert any("diagnostics failed" in each for each in errors)
    # Somebody is told in a window, once.
    assert sum("diagnostics" in each.message for each in very_buggy.messages) == 1


def _frame(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(("shut_down", "code"), [(True, 0), (False, 1)])
async def test_the_process_ends_when_it_is_told_to(shut_down: bool, code: int) -> None:
    """Even where the client keeps the pipes open."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*COMMAND, stdin=pipe, stdout=pipe, env=ENVIRONMENT)
    assert process.stdin is not None
    start = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"processId": None, "rootUri": None, "capabilities": {}},
    }
    process.stdin.write(_frame(start))
    process.stdin.write(b"Content-Length: 9\r\n\r\nnot json!")
    if shut_down:
        process.stdin.write(_frame({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}))
    process.stdin.write(_frame({"jsonrpc": "2.0", "method": "exit"}))
    assert await asyncio.wait_for(process.wait(), 20) == code
