"""Ten mistakes in one recipe: all are told in one go, `--fix` mends what is safe, and what remains.

`pytest tests/cli/test_recording.py --accept` writes the texts anew; the difference is the review.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.golden import agrees

FOLDER = Path(__file__).parents[1] / "cases" / "recording"
RECIPE = "ten-mistakes.ftr"

#: Line and code of each mistake, in the order in which they are told.
MISTAKES = [
    (9, "L104"),  # the newest revision of a model
    (19, "D201"),  # a column's name misspelt
    (26, "S024"),  # a step without `|`
    (32, "N103"),  # what another tool calls `rank`
    (33, "N103"),  # a setting misspelt
    (35, "L115"),  # three steps of warm-up, three percent meant
    (38, "L107"),  # 1204 for 1024
    (43, "D202"),  # solutions where preferences are wanted
    (50, "D210"),  # judged on the rows of training
    (51, "T102"),  # ten of which unit
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recipe and its data; the current folder."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def places(text: str) -> list[tuple[int, str]]:
    """Line and code of every problem in what `check` prints."""
    found = re.findall(r"^\w+\[(\w+)\]: .*\n +--> [\w.-]+:(\d+):", text, re.MULTILINE)
    return [(int(line), code) for code, line in found]


def test_ten_mistakes_are_told_in_one_go(folder: Path, call: Call) -> None:
    said = call("check", RECIPE)
    assert (said.code, said.err) == (1, "")
    assert places(said.out) == MISTAKES
    agrees(FOLDER / "before.txt", said.out)
    assert (folder / RECIPE).read_text() == (FOLDER / RECIPE).read_text()


def test_fixes_that_are_safe_are_made_and_the_others_remain(folder: Path, call: Call) -> None:
    said = call("check", "--fix", RECIPE)
    safe = {(19, "D201"), (26, "S024"), (32, "N103"), (33, "N103")}
    assert said.code == 1
    assert places(said.out) == [each for each in MISTAKES if each not in safe]
    agrees(FOLDER / "after.txt", said.err + "\n" + said.out)
    agrees(FOLDER / "fixed.ftr", (folder / RECIPE).read_text())


def test_unsafe_fixes_leave_what_only_its_author_knows(folder: Path, call: Call) -> None:
    said = call("check", "--fix", "--unsafe-fixes", RECIPE)
    assert places(said.out) == [(9, "L104")]
    text = (folder / RECIPE).read_text()
    for mended in ("data  = pairs", "data    = solutions.held", "warmup = 3%", "max_length    = 1024"):
        assert mended in text


def test_what_only_its_author_knows_is_all_that_was_wrong(folder: Path, call: Call) -> None:
    call("check", "--fix", "--unsafe-fixes", RECIPE)
    path = folder / RECIPE
    text = path.read_text()
    path.write_text(text.replace('Instruct")', f'Instruct", revision = "{"0" * 40}")'))
    said = call("check", RECIPE)
    assert (said.code, said.out) == (0, "1 recipe checked, nothing found\n")
