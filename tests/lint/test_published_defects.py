"""Defects that stand in published recipes, each as a small recipe, with the very words that come back.

`RECIPEDSL_ACCEPT=1 pytest tests/lint/test_published_defects.py` writes the texts anew; the diff is the review.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from recipedsl.cli.main import group
from recipedsl.cli.settings import forget_settings
from tests.golden import agrees

FOLDER = Path(__file__).parents[1] / "cases" / "published_defects"
CASES = sorted(FOLDER.glob("*.ftr"))

#: Which code finds which defect.
FINDS = {
    "01": "N103",
    "02": "T102",
    "03": "N103",
    "04": "T101",  # nothing is cut: what stands behind the comments is read, and found wrong
    "05": "L107",
    "06": "N101",
    "07": "L108",
    "08": "L102",
    "09": "T101",
    "10": "D205",
    "11": "D210",
}


def test_all_are_there() -> None:
    assert [case.stem[:2] for case in CASES] == list(FINDS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_is_said(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(case, tmp_path)
    (tmp_path / "recipedsl.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    forget_settings()
    said = CliRunner().invoke(group, ["check", case.name]).output
    agrees(case.with_suffix(".txt"), said)
    assert f"[{FINDS[case.stem[:2]]}]" in said
