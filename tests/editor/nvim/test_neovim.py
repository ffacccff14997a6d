"""A real editor: Neovim's own language client against `recipedsl lsp`, headless."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.editor.real_editors import FINISHED, PROBLEMS, seen_by

NEOVIM = shutil.which("nvim")
SCRIPT = Path(__file__).with_name("smoke.lua")
SERVER = [sys.executable, "-c", "from recipedsl.cli.main import main; main()", "lsp"]

pytestmark = pytest.mark.skipif(NEOVIM is None, reason="Neovim (`nvim`) is not installed here")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script saw."""
    assert NEOVIM is not None
    command = [
        NEOVIM,
        "--headless",
        "-u",
        "NONE",
        "-i",
        "NONE",
        "-n",
        "recipe.ftr",
        "-c",
        f"luafile {SCRIPT}",
    ]
    return seen_by(command, tmp_path_factory.mktemp("neovim"), {"RECIPEDSL_SERVER": json.dumps(SERVER)})


def test_three_mistakes_are_three_problems(seen: dict[str, Any]) -> None:
    assert [(each["line"], each["message"]) for each in seen["problems"]] == PROBLEMS


def test_a_column_is_completed(seen: dict[str, Any]) -> None:
    assert "answer" in seen["completed"]


def test_a_fix_is_offered_and_applied(seen: dict[str, Any]) -> None:
    assert seen["offered"][0].startswith("A similar name exists: `epochs`")


def test_what_is_left_is_right(seen: dict[str, Any]) -> None:
    assert seen["text"] == FINISHED
    assert not [each for each in seen["left"] if each["code"][0] != "L"]
