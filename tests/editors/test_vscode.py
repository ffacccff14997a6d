"""The extension for Visual Studio Code: types, its bundle in a stand-in for the editor, and the package.

The extension's own test host is a download of the whole editor; `editors/vscode/test/standin.mjs` stands in for
it, with the real client library and the real language server.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from recipedsl.source import Source
from recipedsl.syntax import parse
from recipedsl.syntax.grammar import grammar_text
from tests.editors.node_packages import EDITORS, node

_HOME = EDITORS / "vscode"
_FEWEST_SNIPPETS = 8


def _npm(home: Path, *words: str, **environment: str) -> str:
    command = ["npm", "run", "--silent", *words]
    around = {**os.environ, **environment, "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=home, env=around, capture_output=True, text=True, timeout=540, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the package, so that what is built in it is of this test alone; its libraries installed."""
    given = node("vscode", "typescript", "esbuild", "vscode-languageclient", "@vscode/vsce", "@dagrejs/dagre")
    copy = tmp_path / "vscode"
    shutil.copytree(given, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "*.vsix"))
    (copy / "node_modules").symlink_to(given / "node_modules")
    return copy


@pytest.mark.slow
def test_the_bundle_in_a_stand_in_with_the_real_client_and_server(home: Path) -> None:
    program = Path(sys.executable).with_name("recipedsl")
    assert program.exists(), "the package is installed where the tests run"
    told = _npm(home, "test", RECIPEDSL=str(program))
    assert re.search(r"^# pass [1-9]", told, re.MULTILINE), told
    assert re.search(r"^# skipped 0$", told, re.MULTILINE), told


@pytest.mark.slow
def test_the_package(home: Path, tmp_path: Path) -> None:
    made = tmp_path / "recipedsl.vsix"
    _npm(home, "package", "--", "--out", str(made))
    with zipfile.ZipFile(made) as package:
        files = {each.removeprefix("extension/") for each in package.namelist()}
        manifest = json.loads(package.read("extension/package.json"))
    contributed = manifest["contributes"]
    named = [
        manifest["main"],
        manifest["icon"],
        *(each["configuration"] for each in contributed["languages"]),
        *(each["path"] for each in contributed["grammars"] + contributed["snippets"]),
    ]
    assert {each.removeprefix("./") for each in named} <= files
    assert not [each for each in files if "node_modules" in each or each.endswith(".ts") or "test" in each]


def test_every_snippet_is_a_recipe() -> None:
    snippets = json.loads((_HOME / "snippets.json").read_text(encoding="utf-8"))
    assert len(snippets) >= _FEWEST_SNIPPETS
    for name, each in snippets.items():
        body = each["body"] if isinstance(each["body"], str) else "\n".join(each["body"])
        text = _filled(body)
        text = f'data rows_ = read("x")\n  {text}\n' if text.startswith("|") else text
        assert [
            problem.message
            for problem in parse(Source(name, f"ftr 1\n{text.removeprefix('ftr 1')}\n"))[1].in_order()
        ] == []


def _filled(body: str) -> str:
    """A snippet as it stands when nothing is typed over it."""
    values: dict[str, str] = {}

    def value(found: re.Match[str]) -> str:
        number = found["named"] or found["chosen"] or found["bare"]
        given = found["text"] or (found["choices"] or "").split(",")[0]
        return values.setdefault(number, given)

    form = r"\$\{(?P<named>\d+):(?P<text>[^}]*)\}|\$\{(?P<chosen>\d+)\|(?P<choices>[^|]*)\|\}|\$(?P<bare>\d+)"
    return re.sub(form, value, body)


def test_the_manifest_says_what_is_run_and_when() -> None:
    manifest = json.loads((_HOME / "package.json").read_text(encoding="utf-8"))
    trust = manifest["capabilities"]["untrustedWorkspaces"]
    assert trust["supported"] == "limited"
    # A workspace's own settings could name any program.
    assert trust["restrictedConfigurations"] == ["recipedsl.path"]
    commands = {each["command"] for each in manifest["contributes"]["commands"]}
    hidden = {
        each["command"]
        for each in manifest["contributes"]["menus"]["commandPalette"]
        if "isWorkspaceTrusted" in each["when"]
    }
    assert hidden == commands


def test_brackets_are_those_of_the_grammar() -> None:
    configuration = json.loads((_HOME / "language-configuration.json").read_text(encoding="utf-8"))
    for opens, closes in configuration["brackets"]:
        assert f'"{opens}"' in grammar_text()
        assert f'"{closes}"' in grammar_text()
    more, less = (
        re.compile(configuration["indentationRules"][f"{each}IndentPattern"])
        for each in ("increase", "decrease")
    )
    assert more.search("stage tuned: sft {")
    assert more.search('data a = concat(  # "x')
    assert not more.search('data a = read("{")')
    assert not more.search("model base { from = x }")
    assert less.search("  }")
