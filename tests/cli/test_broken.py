"""Recipes as a new user would break them, with the very words that come back.

`RECIPEDSL_ACCEPT=1 pytest tests/cli/test_broken.py` writes the texts anew; the diff is the review.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from recipedsl.cli.main import group

FOLDER = Path(__file__).parents[1] / "cases" / "broken"
CASES = sorted(FOLDER.glob("*.ftr"))


def test_there_are_at_least_twenty() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_is_said(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "project"
    shutil.copytree(FOLDER, root)
    monkeypatch.chdir(root)
    result = CliRunner().invoke(group, ["check", case.name, "--root", str(root)])
    expected = case.with_suffix(".txt")
    if os.environ.get("RECIPEDSL_ACCEPT") and not os.environ.get("CI"):
        expected.write_text(result.output, encoding="utf-8")
    assert "Traceback" not in result.output
    assert result.output == expected.read_text(encoding="utf-8")
