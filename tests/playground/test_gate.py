"""What a page may ask the language server, and about which files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recipedsl.editor.playground.door import Door
from recipedsl.editor.playground.gate import METHODS
from tests.playground.serving import RECIPE, Client, page


@pytest.mark.parametrize(
    "method",
    [
        "workspace/executeCommand",
        "workspace/diagnostic",
        "workspace/symbol",
        "textDocument/references",
        "shutdown",
        "exit",
        "recipedsl/run",
    ],
)
def test_what_a_page_may_not_ask(client: Client, method: str) -> None:
    assert method not in METHODS
    assert client.ask(method, {"command": "x"})["error"]["code"] == -32601
    client.tell(method, {})
    assert client.result("recipedsl/begin", {})["name"] == "project"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "[" * 100_000,
        "{}",
        '{"jsonrpc": "1.0"}',
        '{"jsonrpc": "2.0", "method": 5}',
        '{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": 5}',
        "\x00",
        "null",
    ],
)
def test_rubbish_is_survived(client: Client, text: str) -> None:
    client.line.send(text)
    client.line.send(text.encode())
    assert client.result("recipedsl/begin", {})["name"] == "project"


@pytest.mark.parametrize(
    "path", ["../secret.ftr", "%2e%2e/secret.ftr", "link.ftr", "rows.jsonl", "sub/../recipe.ftr"]
)
def test_other_files_are_no_documents(client: Client, root: Path, path: str) -> None:
    (root / "link.ftr").symlink_to(root.parent / "secret.ftr")
    client.open(path, RECIPE)
    assert client.result("recipedsl/picture", {"uri": client.uri(path)}) is None
    answer = client.ask(
        "textDocument/hover",
        {"textDocument": {"uri": client.uri(path)}, "position": {"line": 0, "character": 0}},
    )
    assert answer["error"]["code"] == -32602


@pytest.mark.parametrize(
    "uri", ["file:///etc/x.ftr", "untitled:x.ftr", "http://127.0.0.1/x.ftr", "", 5, None]
)
def test_other_addresses_are_no_documents(client: Client, uri: object) -> None:
    document = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    assert client.ask("textDocument/hover", document)["error"]["code"] == -32602


def test_rows_outside_are_refused_as_check_does(client: Client) -> None:
    client.open("new.ftr", RECIPE.replace("rows.jsonl", "../secret.jsonl"))
    (problem,) = [each for each in client.problems("new.ftr") if "secret" in each["message"]]
    assert "outside" in problem["message"]
    assert "hidden_column" not in json.dumps(client.told)
    assert client.result("recipedsl/counts", {"uri": client.uri("new.ftr")})["lines"] == []


def test_a_page_does_not_choose_the_project(root: Path, door: Door) -> None:
    outside = root.parent.as_uri()
    with page(door, root, begun=False) as client:
        folders = [{"uri": outside, "name": "x"}]
        client.result(
            "initialize",
            {"processId": 1, "rootUri": outside, "workspaceFolders": folders, "capabilities": {}},
        )
        client.tell("initialized", {})
        begun = client.result("recipedsl/begin", {})
        assert begun["root"] == root.resolve().as_uri()
        assert begun["paths"] == ["recipe.ftr"]


def test_a_text_does_not_grow_without_end(client: Client) -> None:
    client.open("new.ftr", "ftr 1\n")
    document = {"uri": client.uri("new.ftr"), "version": 1}
    for _ in range(4):
        client.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [
            {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "#" * 900_000 + "\n"},
        ]})  # fmt: skip
    picture = client.result("recipedsl/picture", {"uri": client.uri("new.ftr")})
    assert picture["version"] == 1
    refused = [each for each in client.told if "error" in each]
    assert refused == []  # it was a notification, which nobody answers


def test_problems_are_pushed_though_the_client_says_that_it_pulls(root: Path, door: Door) -> None:
    with page(door, root, begun=False) as client:
        client.result(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": {"textDocument": {"diagnostic": {}}}},
        )
        client.tell("initialized", {})
        client.open("new.ftr", RECIPE.replace("chars(answer)", "chars(anwser)"))
        assert [each["code"] for each in client.problems("new.ftr")] == ["D201"]
