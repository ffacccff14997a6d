"""The mode of Emacs: compiles without warnings, colours, and indents as the formatter does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.node_packages import EDITORS
from tests.editors.token_classes import formatted_recipes

_HERE = Path(__file__).parent

TEXT = '''\
ftr 1
## What it is.
# An aside.
data a: Row = read("x # y")
  | where chars(model) in 1..8k and true
stage b: sft { from = a, note = """
stage inside: text
""", data = 1 }
'''


def _emacs(folder: Path, *words: str | Path) -> str:
    command = ["emacs", "-Q", "--batch", "-L", str(folder), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + "".join(line for line in done.stderr.splitlines(True) if "arning" in line)


@pytest.fixture(scope="module")
def mode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mode, compiled."""
    if shutil.which("emacs") is None:
        pytest.skip("there is no `emacs`")
    folder = tmp_path_factory.mktemp("emacs")
    for each in (EDITORS / "emacs").glob("*.el"):
        shutil.copy(each, folder)
    strict = "(setq byte-compile-error-on-warn t)"
    told = _emacs(folder, "--eval", strict, "-f", "batch-byte-compile", *sorted(folder.glob("*.el")))
    assert "arning" not in told
    assert {each.stem for each in folder.glob("*.elc")} == {"ftr-mode", "ftr-words"}
    return folder


def _test(mode: Path, function: str, *files: Path) -> str:
    return _emacs(mode, "-l", "cl-lib", "-l", "ftr-mode", "-l", _HERE / "emacs.el", "-f", function, *files)


def test_it_colours(mode: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.ftr"
    file.write_text(TEXT, encoding="utf-8")
    faces = {
        (line.split(" ")[0], line.split(" ")[1]): line.split(" ", 2)[2]
        for line in _test(mode, "ftr-test-faces", file).splitlines()
    }
    wanted = {
        ("1", "ftr"): "font-lock-keyword-face",
        ("2", "What"): "font-lock-doc-face",
        ("3", "aside"): "font-lock-comment-face",
        ("4", "data"): "font-lock-keyword-face",
        ("4", "a"): "font-lock-variable-name-face",
        ("4", "read"): "font-lock-builtin-face",
        ("4", "y"): "font-lock-string-face",
        ("5", "where"): "font-lock-function-name-face",
        ("5", "model"): "nil",
        ("5", "and"): "font-lock-keyword-face",
        ("5", "true"): "font-lock-constant-face",
        ("6", "sft"): "font-lock-type-face",
        ("6", "from"): "font-lock-variable-name-face",
        ("7", "stage"): "font-lock-string-face",
        ("8", "data"): "font-lock-variable-name-face",
    }
    assert {place: faces.get(place) for place in wanted} == wanted


def test_it_indents_as_the_formatter_does(mode: Path, tmp_path: Path) -> None:
    files = formatted_recipes(tmp_path)
    assert _test(mode, "ftr-test-indent", *files) == ""


def test_a_wrong_indentation_would_be_seen(mode: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.ftr"
    file.write_text("run {\n      seed = 17\n}\n", encoding="utf-8")
    assert 'wanted "      seed = 17"' in _test(mode, "ftr-test-indent", file)
