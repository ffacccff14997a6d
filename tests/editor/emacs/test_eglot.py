"""A real editor: Emacs with Eglot and the mode of `editors/emacs` against `recipedsl lsp`, in batch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.editor.real_editors import FINISHED, PROBLEMS, seen_by
from tests.editors.node_packages import EDITORS

SCRIPT = Path(__file__).with_name("smoke.el")
#: Without the person's own files; packages of the system stay.
EMACS = ("emacs", "-q", "--no-site-file", "--batch")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script saw."""
    if shutil.which("emacs") is None:
        pytest.skip("Emacs (`emacs`) is not installed here")
    # A part of Emacs since 29, before a package: Debian's `elpa-eglot`.
    asked = "(progn (package-initialize) (kill-emacs (if (require 'eglot nil t) 0 3)))"
    if subprocess.run([*EMACS, "--eval", asked], capture_output=True, timeout=120, check=False).returncode:
        pytest.skip("Emacs has no Eglot here")
    program = Path(sys.executable).with_name("recipedsl")
    assert program.exists(), "the package is installed where the tests run"
    named = f"(setq ftr-program {json.dumps(str(program))})"
    command = [*EMACS, "-L", str(EDITORS / "emacs"), "--eval", named, "-l", str(SCRIPT)]
    return seen_by(command, tmp_path_factory.mktemp("emacs"), {})


def test_the_mode_is_that_of_the_file(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "ftr-mode"


def test_three_mistakes_are_three_problems(seen: dict[str, Any]) -> None:
    found = [(each["line"], each["message"]) for each in seen["problems"]]
    assert len(found) == len(PROBLEMS)
    for (line, told), (wanted, message) in zip(found, PROBLEMS, strict=True):
        # Eglot puts who says it, and its code, in front.
        assert line == wanted
        assert told.endswith(message)


def test_a_column_is_completed(seen: dict[str, Any]) -> None:
    assert "answer" in seen["completed"]


def test_a_fix_is_offered_and_applied(seen: dict[str, Any]) -> None:
    assert seen["offered"][0].startswith("A similar name exists: `epochs`")


def test_what_is_left_is_right(seen: dict[str, Any]) -> None:
    assert seen["text"] == FINISHED
