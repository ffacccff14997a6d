"""Commands answer with command lines: what a client runs in a terminal, and nothing that runs by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient

from recipedsl.editor.commands import COMMANDS, PREVIEW, RUN, command_line
from recipedsl.editor.features.semantic_tokens import LEGEND
from tests.compiling import write_rows
from tests.editor.editing import Editor

COMMAND = [sys.executable, "-c", "from recipedsl.cli.main import main; main(['lsp'])"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

RECIPE = """ftr 1
data rows = read("rows.jsonl") | where chars(answer) > 0
data few = rows | take 1
"""


def test_command_lines(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    (tmp_path / "a b.ftr").write_text(RECIPE)
    analysis = editor.open("a b.ftr", RECIPE)
    uri = analysis.document.uri
    found = {each: command_line(editor.workspace, each, [uri, "few"]) for each in COMMANDS}
    words = {each: answer["argv"] for each, answer in found.items()}
    assert words["recipedsl.check"][-2:] == ["check", "a b.ftr"]
    assert words["recipedsl.plan"][-2:] == ["plan", "a b.ftr"]
    assert words[PREVIEW][-5:] == ["data", "a b.ftr", "few", "--rows", "5"]
    assert words[RUN][-4:] == ["run", "a b.ftr", "--only", "few"]
    assert found[RUN]["line"].endswith("run 'a b.ftr' --only few")
    assert found[RUN]["cwd"] == str(tmp_path)
    assert not found[RUN]["unsaved"]
    editor.open("a b.ftr", RECIPE + "\n")
    assert command_line(editor.workspace, RUN, [uri])["unsaved"]


def test_a_name_is_no_option(tmp_path: Path) -> None:
    """A file whose name looks like an option is a file all the same."""
    editor = Editor(tmp_path)
    analysis = editor.open("--set.ftr", RECIPE)
    argv = command_line(editor.workspace, RUN, [analysis.document.uri])["argv"]
    assert argv[-2:] == ["run", "./--set.ftr"]


@pytest.mark.parametrize("arguments", [[], ["untitled:1"], [None], [7]])
def test_what_is_no_recipe(tmp_path: Path, arguments: list[Any]) -> None:
    with pytest.raises(JsonRpcException, match="takes the address of a recipe"):
        command_line(Editor(tmp_path).workspace, RUN, arguments)


# --- a session -------------------------------------------------------------------------------------------


@pytest_lsp.fixture(config=ClientServerConfig(server_command=COMMAND, server_env=ENVIRONMENT))
async def client(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    root = write_rows(tmp_path)
    document = types.TextDocumentClientCapabilities(
        rename=types.RenameClientCapabilities(prepare_support=True)
    )
    params = types.InitializeParams(
        types.ClientCapabilities(text_document=document),
        root_uri=root.as_uri(),
        workspace_folders=[types.WorkspaceFolder(root.as_uri(), "root")],
    )
    answer = await lsp_client.initialize_session(params)
    lsp_client.capabilities_of_server = answer.capabilities  # type: ignore[attr-defined]
    yield
    await lsp_client.shutdown_session()


def _open(client: LanguageClient, root: Path, text: str = RECIPE) -> str:
    (root / "a.ftr").write_text(text)
    uri = (root / "a.ftr").as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "ftr", 1, text))
    )
    return uri


@pytest.mark.asyncio
async def test_what_the_client_is_told(client: LanguageClient) -> None:
    """Everything with options says so when the server starts."""
    told: types.ServerCapabilities = client.capabilities_of_server  # type: ignore[attr-defined]
    assert told.execute_command_provider is not None
    assert told.execute_command_provider.commands == COMMANDS
    assert isinstance(told.rename_provider, types.RenameOptions)
    assert told.rename_provider.prepare_provider
    assert isinstance(told.semantic_tokens_provider, types.SemanticTokensOptions)
    assert list(told.semantic_tokens_provider.legend.token_types) == list(LEGEND.token_types)
    assert told.semantic_tokens_provider.full == types.SemanticTokensFullDelta(delta=True)
    assert told.semantic_tokens_provider.range
    assert isinstance(told.code_action_provider, types.CodeActionOptions)
    assert told.code_action_provider.resolve_provider
    assert told.document_on_type_formatting_provider is not None
    for each in (
        told.definition_provider, told.type_definition_provider, told.references_provider,
        told.document_highlight_provider, told.document_symbol_provider, told.workspace_symbol_provider,
        told.folding_range_provider, told.selection_range_provider, told.document_link_provider,
        told.call_hierarchy_provider, told.linked_editing_range_provider, told.code_lens_provider,
        told.document_formatting_provider, told.document_range_formatting_provider,
    ):  # fmt: skip
        assert each


@pytest.mark.asyncio
async def test_a_lens_leads_to_a_command_line_that_works(client: LanguageClient, tmp_path: Path) -> None:
    uri = _open(client, tmp_path)
    document = types.TextDocumentIdentifier(uri)
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
    assert lenses is not None
    commands = [each.command for each in lenses if each.command is not None]
    wanted = next(each for each in commands if each.command == PREVIEW and "few" in (each.arguments or ()))
    params = types.ExecuteCommandParams(wanted.command, wanted.arguments)
    answer: Any = await client.workspace_execute_command_async(params)
    argv, cwd = (
        answer[each] if isinstance(answer, dict) else getattr(answer, each) for each in ("argv", "cwd")
    )
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "answer" in done.stdout
    assert not (tmp_path / "runs").exists()


@pytest.mark.asyncio
async def test_colours_that_change(client: LanguageClient, tmp_path: Path) -> None:
    """What differs, put in, gives what the whole answer is."""
    uri = _open(client, tmp_path)
    document = types.TextDocumentIdentifier(uri)
    first = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    assert first is not None
    assert first.result_id is not None
    edit = types.TextDocumentContentChangePartial(
        types.Range(types.Position(1, 0), types.Position(1, 0)), "let one = 1\n"
    )
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, uri), [edit])
    )
    params = types.SemanticTokensDeltaParams(document, first.result_id)
    changes = await client.text_document_semantic_tokens_full_delta_async(params)
    assert isinstance(changes, types.SemanticTokensDelta)
    data = list(first.data)
    for each in changes.edits:
        data[each.start : each.start + each.delete_count] = each.data or ()
    whole = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    assert whole is not None
    assert data == list(whole.data)
    assert len(changes.edits[0].data or ()) < len(data)


@pytest.mark.asyncio
async def test_a_rename_that_is_refused(client: LanguageClient, tmp_path: Path) -> None:
    """The reason arrives as the words of the error, which editors show; it is no failure of the server."""
    uri = _open(client, tmp_path)
    position = types.Position(2, 6)
    params = types.RenameParams(types.TextDocumentIdentifier(uri), position, "rows")
    with pytest.raises(JsonRpcException, match="that would clash: ") as refused:
        await client.text_document_rename_async(params)
    assert refused.value.code == types.LSPErrorCodes.RequestFailed
    assert not client.log_messages
    fine = types.RenameParams(types.TextDocumentIdentifier(uri), position, "some")
    edit = await client.text_document_rename_async(fine)
    assert edit is not None
    assert len((edit.changes or {})[uri]) == 1
